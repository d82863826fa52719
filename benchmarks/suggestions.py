"""How well likely renames are found, on pairs of tables before and after a migration.

For each floor of the score it prints the precision (how many of the candidates are renames) and
the recall (how many of the renames are among the candidates).
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask_migrate_decl.renames import (
    FLOOR,
    Candidate,
    ColumnTraits,
    TableTraits,
    candidates_of_columns,
    candidates_of_tables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIRS = Path(__file__).with_name("rename_pairs.toml")
FLOORS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_COLUMN = re.compile(
    r"(?P<name>\S+) (?P<type>\w+(?:\([^)]*\))?)"
    r"(?P<words>(?: (?:null|key|unique|index|default=\S+))*)(?: -> (?P<reference>\S+))?"
)
_FAMILIES = {
    "integer": "integer bigint smallint",
    "number": "numeric float",
    "text": "varchar text",
    "moment": "timestamp",
    "bytes": "binary",
}
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names.split()}

Names = set[tuple[str, str]]


@dataclass(frozen=True)
class Case:
    """What goes and comes in one migration, and which of it is renamed."""

    habit: str
    renamed: Names
    candidates: tuple[Candidate, ...]


def column(text: str, place: int) -> ColumnTraits:
    """Read a column as the file of pairs writes it."""
    match = _COLUMN.fullmatch(text)
    assert match, text
    words = match["words"].split()
    default = next((w.removeprefix("default=") for w in words if w.startswith("default=")), None)
    base = match["type"].partition("(")[0]
    keys = {"key": "primary key", "unique": "unique", "index": "index"}
    return ColumnTraits(
        match["name"],
        match["type"],
        _FAMILY.get(base, base),
        place,
        "null" in words,
        default,
        frozenset(keys[word] for word in words if word in keys),
        frozenset([match["reference"]] if match["reference"] else []),
    )


def table(name: str, columns: list[str]) -> TableTraits:
    """Read a table."""
    return TableTraits(name, tuple(column(text, place) for place, text in enumerate(columns)))


def among(columns: list[str], kept: set[str]) -> list[ColumnTraits]:
    """Return the columns that go or come, with the number of those before them that stay."""
    found, place = [], 0
    for text in columns:
        one = column(text, place)
        if one.name in kept:
            place += 1
        else:
            found.append(one)
    return found


def case(values: dict[str, Any]) -> Case:
    """Read a case and look for candidates in it."""
    if "table" not in values:
        dropped, created = (
            [table(name, columns) for name, columns in values[key].items()]
            for key in ("tables_dropped", "tables_created")
        )
        found = tuple(candidates_of_tables(dropped, created))
        return Case(values["habit"], set(values["tables_renamed"].items()), found)
    kept = values.get("kept", [])
    before = values.get("before") or [*kept, *values["dropped"]]
    after = values.get("after") or [*kept, *values["added"]]
    names = {column(text, 0).name for text in before} & {column(text, 0).name for text in after}
    found = tuple(
        candidates_of_columns((None, values["table"]), among(before, names), among(after, names))
    )
    return Case(values["habit"], set(values["renamed"].items()), found)


def names_of(case: Case, floor: float) -> Names:
    """Return what is offered in a case."""
    return {(found.old, found.new) for found in case.candidates if found.score >= floor}


def rates(cases: list[Case], floor: float) -> tuple[float, float]:
    """Return precision and recall."""
    offered = sum(len(names_of(case, floor)) for case in cases)
    renamed = sum(len(case.renamed) for case in cases)
    right = sum(len(names_of(case, floor) & case.renamed) for case in cases)
    return right / (offered or 1), right / (renamed or 1)


def all_cases() -> list[Case]:
    """Read the pairs, and look for candidates in each."""
    return [case(values) for values in tomllib.loads(PAIRS.read_text())["case"]]


def by_habit(cases: list[Case]) -> Iterator[str]:
    """Word for each habit how many renames were offered, of how many, and what else was."""
    habits: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in cases:
        offered = names_of(one, FLOOR)
        habits[one.habit]["right"] += len(offered & one.renamed)
        habits[one.habit]["renamed"] += len(one.renamed)
        habits[one.habit]["wrong"] += len(offered - one.renamed)
    for habit, counts in habits.items():
        yield f"{habit:<45} {counts['right']:>3} of {counts['renamed']:>3}, and {counts['wrong']}"


def main() -> None:
    """Print the rates at each floor, and by habit at the one that is used."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    cases = all_cases()
    print(f"{len(cases)} cases, {sum(len(one.renamed) for one in cases)} renames in them")
    print(f"{'floor':>6} {'precision':>10} {'recall':>7}")
    for floor in FLOORS:
        precision, recall = rates(cases, floor)
        mark = "  the floor" if floor == FLOOR else ""
        print(f"{floor:>6} {precision:>10.3f} {recall:>7.3f}{mark}")
    print(*by_habit(cases), sep="\n")


if __name__ == "__main__":
    main()
