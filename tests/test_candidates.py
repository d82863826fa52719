"""Likely renames: how they are scored and paired, and how well that finds real ones."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_migrate_decl.renames import (
    FLOOR,
    Candidate,
    ColumnTraits,
    Dropped,
    Kind,
    Refusals,
    TableTraits,
    candidates_of_columns,
    candidates_of_definitions,
    candidates_of_enums,
    candidates_of_labels,
    candidates_of_tables,
    read_dropped,
    read_rename,
)
from flask_migrate_decl.renames.likeness import NamePair, name_likeness

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def column(name: str, type_: str = "VARCHAR(20)", place: int = 0) -> ColumnTraits:
    families = {"VARCHAR": "text", "INTEGER": "integer", "BOOLEAN": "boolean"}
    return ColumnTraits(name, type_, families[type_.partition("(")[0]], place)


def names(candidates: object) -> list[tuple[str, str]]:
    assert isinstance(candidates, list | tuple)
    return [(found.old, found.new) for found in candidates]


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("desc", "description"),
        ("qty", "quantity"),
        ("pwd", "password"),
        ("created", "created_at"),
        ("owner", "owner_id"),
        ("createdAt", "created_at"),
        ("HTTPStatus", "http_status"),
        ("user", "users"),
        ("category", "categories"),
        ("tbl_user", "user"),
        ("date_start", "start_date"),
        ("recieved", "received"),
        ("adresse", "address"),
        ("Straße", "straße"),
    ],
)
def test_names_of_one_habit_are_alike(old: str, new: str) -> None:
    assert name_likeness(old, new) >= 0.6
    assert not NamePair.of(old, new).are_counterparts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("start_date", "end_date"),
        ("min_price", "max_price"),
        ("first_name", "last_name"),
        ("is_active", "is_inactive"),
        ("address1", "address2"),
        ("created_by", "updated_by"),
    ],
)
def test_counterparts_are_known(old: str, new: str) -> None:
    assert NamePair.of(old, new).are_counterparts
    assert NamePair.of(new, old).are_counterparts


@given(st.text(), st.text())
def test_any_names_have_a_likeness(old: str, new: str) -> None:
    assert 0 <= name_likeness(old, new) <= 1
    assert name_likeness(old, old) == 1


# --- pairs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), [("+", "-"), ("<", ">"), ("_", "__")])
def test_names_without_words_are_compared_as_they_are(old: str, new: str) -> None:
    assert name_likeness(old, new) < 0.8
    assert name_likeness(old, old) == 1


def test_the_best_pairs_go_first_and_nothing_is_in_two() -> None:
    dropped = [column("name"), column("names")]
    added = [column("full_name"), column("name_of_all")]
    found = list(candidates_of_columns((None, "t"), dropped, added))
    assert len(found) == 2
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


def test_another_type_is_no_rename() -> None:
    found = candidates_of_columns(
        (None, "t"), [column("legacy", "BOOLEAN")], [column("url", "VARCHAR(9)")]
    )
    assert list(found) == []


def test_a_type_of_ones_own_may_be_read_back_as_another() -> None:
    own = ColumnTraits("position", "GEOMETRY", "")
    found = candidates_of_columns((None, "t"), [column("pos", "INTEGER")], [own])
    assert names(list(found)) == [("pos", "position")]


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.lists(st.sampled_from("ijklmnop"), unique=True),
    st.data(),
)
def test_each_is_offered_once_above_the_floor(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    types = st.sampled_from(["VARCHAR(20)", "VARCHAR(80)", "INTEGER", "BOOLEAN"])
    dropped = [column(name, data.draw(types), place) for place, name in enumerate(old)]
    added = [column(name, data.draw(types), place) for place, name in enumerate(new)]
    found = list(candidates_of_columns((None, "t"), dropped, added))
    assert len({c.old for c in found}) == len({c.new for c in found}) == len(found)
    assert all(FLOOR <= c.score <= 1 for c in found)
    reordered = list(candidates_of_columns((None, "t"), dropped, added))
    assert found == reordered


def test_a_table_goes_to_the_schema_where_its_name_comes() -> None:
    columns = (column("id", "INTEGER"), column("name"))
    found = list(
        candidates_of_tables(
            [TableTraits("user", columns)],
            [TableTraits("user", columns, "crm"), TableTraits("users", columns, "sales")],
        )
    )
    assert [str(c) for c in found] == ["table user → crm.user"]


def test_an_enum_type_is_known_by_its_labels() -> None:
    found = list(
        candidates_of_enums(
            None,
            {"colour": ["red", "blue", "green"]},
            {"shade": ["red", "blue", "green"], "size": ["s", "m"]},
        )
    )
    assert names(found) == [("colour", "shade")]
    assert found[0].reasons == ("100% of the labels the same",)


def test_a_label_is_known_by_its_name_or_its_place() -> None:
    found = list(
        candidates_of_labels((None, "colour"), ["rde", "blue", "x"], ["red", "navy", "x", "y"])
    )
    assert names(found) == [("rde", "red"), ("blue", "navy")]


def test_an_index_is_known_by_all_but_its_name() -> None:
    found = candidates_of_definitions(
        Kind.INDEX, (None, "t"), {"a": (1,), "b": (2,)}, {"c": (2,), "d": (3,)}
    )
    assert names(list(found)) == [("b", "c")]


# --- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("user=account", "table user → account"),
        ("account.name=full_name", "column account.name → full_name"),
        ("crm.account.name=full_name", "column crm.account.name → full_name"),
        ('"a.b"."c=d"="e""f"', 'column a.b.c=d → e"f'),
    ],
)
def test_a_rename_is_read(text: str, hint: str) -> None:
    said = read_rename(text)
    assert said is not None
    assert str(said.hint) == hint


@pytest.mark.parametrize("text", ["", "user", "a=b=c", "a.b.c.d=e", "=b", "a=", 'a="', ".a=b"])
def test_what_is_no_rename_is_not_read(text: str) -> None:
    assert read_rename(text) is None


@pytest.mark.parametrize("text", ["", "a.", "a..b", "a.b.c.d", "a=b"])
def test_what_is_no_name_is_not_read(text: str) -> None:
    assert read_dropped(text) is None


def test_a_refusal_may_leave_the_schema_out() -> None:
    refusals = Refusals(frozenset({("account", "name"), ("post",)}))
    assert refusals.cover(Dropped(Kind.COLUMN, "name", None, "account"))
    assert refusals.cover(Dropped(Kind.COLUMN, "name", "crm", "account"))
    assert not refusals.cover(Dropped(Kind.COLUMN, "mail", None, "account"))
    assert refusals.unmet == (("post",),)
    refusals.answered.add(Dropped(Kind.TABLE, "user"))
    assert refusals.cover(Candidate(Kind.TABLE, "user", "users", 1.0).dropped)


# --- how well it finds renames -------------------------------------------------------------------


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = BENCHMARKS / "suggestions.py"
    spec = importlib.util.spec_from_file_location("suggestions", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["suggestions"] = module
    spec.loader.exec_module(module)
    return module


def test_nearly_all_renames_of_the_pairs_are_offered(benchmark: ModuleType) -> None:
    cases = benchmark.all_cases()
    precision, recall = benchmark.rates(cases, FLOOR)
    assert len(cases) >= 150
    assert recall >= 0.95
    assert precision >= 0.8
