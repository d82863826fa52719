"""A driver's connection whose statements are watched, whoever sends them.

What SQLAlchemy tells of statements leaves out those of a driver's own cursors, and it does not say
what a statement has returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flask_migrate_decl.databases.journal.readings import Answer
    from flask_migrate_decl.databases.journal.table import Entry


@dataclass(frozen=True)
class Skipped:
    """A statement that was run before, and is not run again."""

    entry: Entry
    answer: Answer


class Watcher(Protocol):
    """Who is told of each statement."""

    def begin(self, statement: str, parameters: object) -> Skipped | None:
        """Return what a statement has done that is not to be run."""

    def adapted(self, statement: str) -> str:
        """Return the statement to run instead of one."""

    def end(self, cursor: Any) -> Answer | None:
        """Note that a statement was run; return its rows, if they were taken from the cursor."""

    def fail(self, error: BaseException) -> None:
        """Note that it has failed."""

    def saw(self, rows: Sequence[object]) -> None:
        """Note what a script has read."""

    def verify_sending(self) -> None:
        """Find out that a statement goes past every cursor."""

    def after_move(self) -> None:
        """Note that another schema is the default one."""

    def before_commit(self) -> None:
        """Write down what is going to be committed."""

    def after_commit(self) -> None:
        """Note that it is."""

    def after_rollback(self) -> None:
        """Note that what was not committed is undone."""


def watch(driver: Any, watcher: Watcher) -> Callable[[], None]:
    """Let a driver's connection tell of its statements, and return what ends that.

    :param driver: a connection as PEP 249 has it.
    """
    make = driver.cursor
    # Those of some drivers: two commit too, one goes past every cursor, one is a ``USE``.
    before = {
        "commit": watcher.before_commit,
        "autocommit": watcher.before_commit,
        "begin": watcher.before_commit,
        "query": watcher.verify_sending,
    }
    after = {
        "commit": watcher.after_commit,
        "rollback": watcher.after_rollback,
        "select_db": watcher.after_move,
    }
    found = [name for name in before | after if callable(getattr(driver, name, None))]
    for name in found:
        call = getattr(driver, name)
        call = _before(before[name], call) if name in before else call
        setattr(driver, name, _after(after[name], call) if name in after else call)
    driver.cursor = lambda *args, **options: WatchedCursor(make(*args, **options), watcher)

    def end() -> None:
        for name in ("cursor", *found):
            delattr(driver, name)

    return end


def _before(tell: Callable[[], None], call: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **options: Any) -> Any:
        tell()
        return call(*args, **options)

    return watched


def _after(tell: Callable[[], None], call: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **options: Any) -> Any:
        result = call(*args, **options)
        tell()
        return result

    return watched


class WatchedCursor:
    """A cursor as PEP 249 has it, which tells of what it runs and of the rows that are read."""

    def __init__(self, cursor: Any, watcher: Watcher) -> None:
        self._cursor, self._watcher = cursor, watcher
        self._skipped: Skipped | None = None
        self._rows: Iterator[Any] | None = None
        self._description: Sequence[Any] | None = None

    def execute(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Run a statement, unless it was run before."""
        return self._run(self._cursor.execute, statement, args, options)

    def executemany(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Run a statement for each of several sets of values, unless it was run before."""
        return self._run(self._cursor.executemany, statement, args, options)

    def callproc(self, procedure: str, args: Any = ()) -> Any:
        """Call a procedure, unless it was called before."""
        # So drivers hand the arguments over, and the script may ask for what became of them.
        variables = ", ".join(f"@_{procedure}_{place}" for place, _ in enumerate(args))
        skipped = self._begin(f"CALL {procedure}({variables})", args)
        return args if skipped else self._perform(self._cursor.callproc, procedure, args)

    def close(self) -> Any:
        """Let go of the rows that are left."""
        return self._cursor.close()

    def _run(
        self, run: Callable[..., Any], statement: Any, args: Sequence[Any], options: dict[str, Any]
    ) -> Any:
        text = statement.decode() if isinstance(statement, bytes) else str(statement)
        values = (args, options)
        skipped = self._begin(_doubled(text, *values) if "%" in text else text, values)
        if skipped is not None:
            return skipped.entry.row_count
        adapted = self._watcher.adapted(text)
        return self._perform(run, statement if adapted is text else adapted, *args, **options)

    def _begin(self, statement: str, parameters: object) -> Skipped | None:
        self._rows = self._description = None
        self._skipped = skipped = self._watcher.begin(statement, parameters)
        if skipped is not None:
            self._serve(skipped.answer)
        return skipped

    def _perform(self, run: Callable[..., Any], *args: Any, **options: Any) -> Any:
        watcher = self._watcher
        try:
            result = run(*args, **options)
        except BaseException as error:
            watcher.fail(error)
            raise
        answer = watcher.end(self._cursor)
        if answer is not None:
            self._serve(answer)
        return result

    def _serve(self, answer: Answer) -> None:
        if answer.description is not None:
            self._description, self._rows = answer.description, iter(answer.rows)

    @property
    def description(self) -> Any:
        """What the columns of the rows are."""
        is_served = self._skipped is not None or self._rows is not None
        return self._description if is_served else self._cursor.description

    @property
    def rowcount(self) -> int:
        """How many rows the statement was about."""
        skipped = self._skipped
        return int(self._cursor.rowcount if skipped is None else skipped.entry.row_count)

    @property
    def lastrowid(self) -> Any:
        """The number that the database gave to a row."""
        skipped = self._skipped
        return self._cursor.lastrowid if skipped is None else skipped.entry.last_row_id

    def fetchone(self) -> Any:
        """Return the next row, or ``None``."""
        if self._rows is not None:
            return next(self._rows, None)
        row = self._cursor.fetchone()
        self._watcher.saw((row,))
        return row

    def fetchmany(self, *size: int, **options: int) -> Any:
        """Return the next rows."""
        if self._rows is not None:
            count = next(iter((*size, *options.values())), self._cursor.arraysize)
            return [row for _, row in zip(range(count), self._rows, strict=False)]
        rows = self._cursor.fetchmany(*size, **options)
        self._watcher.saw((*rows, len(rows)))
        return rows

    def fetchall(self) -> Any:
        """Return all rows that are left."""
        if self._rows is not None:
            return list(self._rows)
        rows = self._cursor.fetchall()
        self._watcher.saw((*rows, None))
        return rows

    def nextset(self) -> Any:
        """Go on with the next rows that a procedure has returned."""
        self._rows = self._description = None
        return None if self._skipped is not None else self._cursor.nextset()

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:
            yield row

    def __enter__(self) -> WatchedCursor:
        return self

    def __exit__(self, *_error: object) -> None:
        self._cursor.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _doubled(statement: str, args: Sequence[Any], options: Mapping[str, Any]) -> str:
    """Return a statement as it is with values; without them a driver leaves percent signs alone."""
    has_values = any(values is not None for values in (*args, *options.values()))
    return statement if has_values else statement.replace("%", "%%")
