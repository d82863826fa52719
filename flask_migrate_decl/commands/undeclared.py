"""What is said of likely renames, and the hints that come of it.

Nothing is written before everything is answered: until then the hints are in a configuration
that is kept in memory, and with which models and databases are compared anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from flask_migrate_decl.commands.adding import edit_adding, worded_write_errors
from flask_migrate_decl.config import NewHint, configuration_of, edit_with_hint, source_in
from flask_migrate_decl.errors import (
    AnswerError,
    ConfigChangedError,
    HintProblem,
    RenameHintsError,
    UndeclaredRenamesError,
)
from flask_migrate_decl.renames import (
    Kind,
    Refusals,
    State,
    TableRename,
    key_ends,
    read_dropped,
    read_rename,
)
from flask_migrate_decl.results import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flask_migrate_decl.config import Configuration, Edit, Source
    from flask_migrate_decl.renames import Candidate, Hint, HintReport, SaidRename
    from flask_migrate_decl.results import AddedHint

Ask = Callable[[Suggestion, int, int], bool]
"""Asks whether a suggestion, by its number and of how many, is a rename; raises to stop."""

_Read = TypeVar("_Read")
_NAME = 'a name such as "account.name"'
_RENAME = '"old=new", such as "account.name=full_name" or "user=account"'


@dataclass
class Answers:
    """The answers of one command, and what they make of the configuration.

    :param said: the renames of the command line that are not hints yet.
    :param ask: asks somebody; ``None`` where nobody can be asked.
    :param configuration: with the hints that were agreed on; ``None`` as long as there are none.
    """

    said: tuple[SaidRename, ...]
    refusals: Refusals
    ask: Ask | None
    configuration: Configuration | None = None
    suggestions: list[Suggestion] = field(default_factory=list)
    added: list[AddedHint] = field(default_factory=list)
    _edit: Edit | None = None
    _unfounded: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, rename: Sequence[str], not_renamed: Sequence[str], ask: Ask | None) -> Answers:
        """Read what the command line says.

        :raises AnswerError: something of it can't be read.
        """
        said = [_read(text, "--rename", read_rename, _RENAME) for text in rename]
        refused = [_read(text, "--not-renamed", read_dropped, _NAME) for text in not_renamed]
        return cls(tuple(said), Refusals(frozenset(refused)), ask)

    def take(self, configuration: Configuration, candidates: Sequence[Candidate]) -> bool:
        """Answer what a comparison offers, and tell whether to compare again with the answers.

        :raises UndeclaredRenamesError: nobody can be asked, and the configuration wants that.
        """
        self.configuration = configuration
        if self.said:
            self._take_said(candidates)
            return True
        undeclared = configuration.settings.renames.undeclared
        if not candidates or undeclared == "ignore":
            return False
        found = list(suggestions(configuration.source, candidates))
        if self.ask is None:
            if undeclared == "error":
                raise UndeclaredRenamesError(tuple(found))
            self.suggestions += found
            return False
        for number, suggestion in enumerate(found, start=1):
            self._take_answer(suggestion, self.ask(suggestion, number, len(found)))
        return True

    def _take_said(self, candidates: Sequence[Candidate]) -> None:
        """Make hints of what the command line says, of a candidate's kind where one is meant."""
        assert self.configuration is not None
        for said in self.said:
            meant = [candidate for candidate in candidates if said.is_of(candidate)]
            for suggestion in suggestions(self.configuration.source, meant):
                self._take_answer(suggestion, is_rename=True)
            if not meant:
                known = len(self.added)
                self._add(new_hint(said.hint))
                self._unfounded |= {added.key for added in self.added[known:]}
        self.said = ()

    def _take_answer(self, suggestion: Suggestion, is_rename: bool) -> None:
        self.suggestions.append(replace(suggestion, answer=is_rename))
        if is_rename:
            self._add(new_hint(suggestion.candidate.hint))
        else:
            self.refusals.answered.add(suggestion.candidate.dropped)

    def _add(self, hint: NewHint) -> None:
        """Add a hint to the configuration in memory, unless it is there already."""
        assert self.configuration is not None
        if _has(self.configuration.source, hint):
            return
        before = self._edit
        with worded_write_errors(self.configuration.source):
            edit, added = edit_adding(self.configuration.source, hint)
        self._edit = replace(edit, before=before.before) if before else edit
        assert edit.document is not None
        source = source_in(edit.document)
        assert source is not None
        self.configuration = configuration_of(source)
        self.added.append(added)

    @property
    def unmet(self) -> tuple[str, ...]:
        """What the command line calls no rename, and is not dropped either."""
        return tuple(".".join(parts) for parts in self.refusals.unmet)

    def verify(self, reports: Iterable[HintReport]) -> None:
        """Find out before a script is written that the hints can't be.

        :param reports: what becomes of the hints.
        :raises RenameHintsError: the command line says a rename that there is nothing of.
        :raises ConfigChangedError: somebody else changed the file meanwhile.
        """
        idle = [
            report
            for report in reports
            if report.hint.place in self._unfounded and report.state is not State.PENDING
        ]
        if idle:
            raise RenameHintsError(tuple(map(_idle, idle)))
        if self._edit is not None and not self._edit.is_current:
            raise ConfigChangedError(self._edit.path)

    def write(self) -> None:
        """Put the hints into the file.

        :raises ConfigError: it can't be done; the file is as it was.
        """
        if self._edit is not None and self.configuration is not None:
            with worded_write_errors(self.configuration.source):
                self._edit.write()


def _read(text: str, option: str, read: Callable[[str], _Read | None], form: str) -> _Read:
    found = read(text)
    if found is None:
        raise AnswerError(option, text, form)
    return found


def _has(source: Source, hint: NewHint) -> bool:
    """Tell whether a section, which is valid, has a hint already, be it under an id."""
    hints = source.section.get("renames", {}).get(hint.kind, ())
    return any({**found, "id": None} == {**hint.values, "id": None} for found in hints)


def _idle(report: HintReport) -> HintProblem:
    hint, help_ = report.hint, "leave the --rename out, or name what is in the database"
    return HintProblem(hint.place, str(hint), str(report.state), report.message, help_)


def suggestions(source: Source, candidates: Iterable[Candidate]) -> Iterator[Suggestion]:
    """Give candidates together with what declares them in a file."""
    for candidate in candidates:
        hint = new_hint(candidate.hint)
        yield Suggestion(
            candidate, f"renames.{hint.kind}", hint.values, edit_with_hint(source, hint).added_lines
        )


def new_hint(hint: Hint) -> NewHint:
    """Return a hint as it is written."""
    (schema, old), (new_schema, new) = key_ends(hint)
    moves = isinstance(hint, TableRename) and new_schema != schema
    owner = "enum" if hint.kind is Kind.ENUM_VALUE else "table"
    values = {
        owner: hint.owner,
        "from": old,
        "to": new,
        "schema": schema,
        "to_schema": new_schema if moves else None,
        "bind": hint.bind,
    }
    return NewHint(hint.kind.value, {key: value for key, value in values.items() if value})
