"""One case of the laws: models before and after, rows and hints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tests.laws.databases import Traits
from tests.laws.edits import Edits
from tests.laws.making import Maker
from tests.laws.renaming import Declaring, Hints, Renaming
from tests.laws.rows import Rows, rows_of
from tests.laws.shapes import Schema


@dataclass(frozen=True)
class Case:
    """What is tried.

    :param edited: the models after, but under the names before: what Alembic alone would do.
    :param shuffled: the hints in an order of kinds and scopes that says the same.
    """

    before: Schema
    edited: Schema
    after: Schema
    hints: Hints
    shuffled: Hints
    settings: Mapping[str, Any]

    @property
    def rows(self) -> Rows:
        """The rows before."""
        return rows_of(self.before)

    @property
    def only_renames(self) -> bool:
        """Whether nothing is changed but names."""
        return self.before == self.edited

    @property
    def without_renames(self) -> Case:
        """The same edits, under the names before."""
        return replace(self, after=self.edited, hints=Hints(), shuffled=Hints())

    def explained(self) -> Iterator[str]:
        """Word the case, for the report of a failure."""
        yield "MODELS BEFORE"
        yield from self.before.explained()
        yield "MODELS AFTER"
        yield from self.after.explained()
        yield f"CONVENTION {self.before.convention}"
        yield "HINTS"
        yield self.hints.toml(**self.settings)


@st.composite
def cases(draw: st.DrawFn, traits: Traits) -> Case:
    """Make up a case."""
    maker = Maker(draw, traits)
    before = maker.schema()
    edited = Edits(maker, before).edited()
    after = Renaming(maker, before, edited).after()
    declaring = Declaring(maker, before, after)
    hints = declaring.hints()
    settings = {"compare_server_default": draw(st.booleans())}
    return Case(before, edited, after, hints, declaring.shuffled(hints), settings)
