"""A ten-revision upgrade of a database with rows, which is killed, and looked at afterwards."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import Connection, Inspector, create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from tests.kill_scripts import APP, script
from tests.servers import DatabaseServer
from tests.site import LONGEST_WAIT

Snapshot = dict[str, dict[str, list[str]]]

# What takes long to import is imported once: each process is a fork, and one of its own.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "flask.cli",
        "flask_sqlalchemy",
        "psycopg",
        "pymysql",
        "sqlalchemy.dialects.postgresql",
        "sqlalchemy.dialects.sqlite",
        "flask_migrate_decl.cli.revisions",
        "flask_migrate_decl.cli.trying",
        "flask_migrate_decl.commands",
        "flask_migrate_decl.environment",
    ]
)


def _flask(folder: str, urls: dict[str, str], args: tuple[str, ...]) -> None:
    """Run ``flask …`` in a folder, as the process that this is the only work of."""
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ.update(urls)
    output = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    warnings.simplefilter("error")
    from app import app  # type: ignore[import-not-found]

    app.cli.main(args=args, prog_name="flask")


@dataclass
class Databases:
    """Where the databases of a test are.

    :param server: none for SQLite.
    """

    folder: Path
    server: DatabaseServer | None = None

    def new(self, name: str) -> str:
        """Make an empty database."""
        if self.server is None:
            return f"sqlite:///{self.folder}/{name}.db"
        self.server.start()
        return self.server.new_database()

    def drop(self, url: str) -> None:
        """Drop one."""
        if self.server is not None:
            self.server.start()
            self.server.drop_database(url)
            return
        for path in _files(url):
            path.unlink()

    @contextmanager
    def seen(self, url: str) -> Iterator[Connection]:
        """Connect to what a killed process has left, without mending it.

        Whoever opens an SQLite file first rolls back what its journal holds: so it is a copy that
        is looked at. A server may need a moment to see that a client is gone.
        """
        if self.server is None:
            url = self._copied(url)
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            if self.server is not None:
                _wait_until_alone(connection)
            yield connection

    def has_journal(self, url: str) -> bool:
        """Tell whether an SQLite file is half written."""
        return any(path.name.endswith("-journal") and path.stat().st_size for path in _files(url))

    def _copied(self, url: str) -> str:
        copies = self.folder / "copies"
        shutil.rmtree(copies, ignore_errors=True)
        copies.mkdir()
        for path in _files(url):
            shutil.copy(path, copies)
        return f"sqlite:///{copies / Path(make_url(url).database or '').name}"


def _files(url: str) -> list[Path]:
    """Return an SQLite file and what lies beside it."""
    path = Path(make_url(url).database or "")
    return list(path.parent.glob(f"{path.name}*")) if url.startswith("sqlite") else []


_OTHERS = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE()"
    " AND id <> CONNECTION_ID()",
}
_OTHERS["mariadb"] = _OTHERS["mysql"]


def _wait_until_alone(connection: Connection) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while connection.scalar(text(_OTHERS[connection.dialect.name])):
        assert time.monotonic() < deadline
        connection.rollback()
        time.sleep(0.01)
    connection.rollback()


def snapshot(connection: Connection) -> Snapshot:
    """Return all there is: columns, keys, indexes, and every row as often as it is there."""
    inspector = inspect(connection)
    return {name: _table(connection, inspector, name) for name in inspector.get_table_names()}


def _table(connection: Connection, inspector: Inspector, name: str) -> dict[str, list[str]]:
    columns = [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)]
    keys = [
        (k["constrained_columns"], k["referred_table"], k["options"])
        for k in inspector.get_foreign_keys(name)
    ]
    indexes = [(i["name"], i["column_names"], i["unique"]) for i in inspector.get_indexes(name)]
    rows = connection.execute(text(f"SELECT * FROM {name}"))
    found: dict[str, Iterable[object]] = {
        "columns": columns,
        "keys": keys,
        "indexes": indexes,
        "rows": rows,
    }
    return {what: sorted(map(repr, values)) for what, values in found.items()}


class Victim:
    """A project on one database or several, whose upgrade can be killed.

    :param keys: of the binds besides the default database.
    """

    def __init__(self, databases: Databases, section: str, keys: tuple[str, ...] = ()) -> None:
        self.databases, self.folder = databases, databases.folder
        self.versions = self.folder / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        self.names = ("default", *keys)
        binds = "".join(f"\n[binds.{key}]" for key in keys)
        (self.folder / "migrate.toml").write_text(f"{section}\n{binds}\n")
        (self.folder / "app.py").write_text(APP.format(binds=keys))
        self.urls: dict[str, str] = {}

    def write(self, *bodies: str) -> None:
        """Write a revision for each body, ``r00`` and so on."""
        for number, body in enumerate(bodies):
            (self.versions / f"r{number:02}.py").write_text(script(number, body, self.names))

    def start(self, *args: str) -> ForkServerProcess:
        (self.folder / "marks").unlink(missing_ok=True)
        urls = {f"URL_{name}": url for name, url in self.urls.items()}
        process = _FORKS.Process(target=_flask, args=(str(self.folder), urls, ("db", *args)))
        process.start()
        return process

    def run(self, *args: str, exit_code: int = 0) -> str:
        return self.end(self.start(*args), exit_code)

    def end(self, process: ForkServerProcess, *exit_codes: int) -> str:
        """Wait until a process has ended, and return what it said."""
        process.join(LONGEST_WAIT)
        assert process.exitcode in exit_codes, self.output
        return self.output

    @property
    def output(self) -> str:
        """What the last process has said."""
        return (self.folder / "output").read_text()

    def begin(self) -> None:
        """Make all databases anew, with the rows that were there before."""
        self.drop()
        self.urls = {name: self.databases.new(name) for name in self.names}
        self.run("upgrade", "r00")

    def drop(self) -> None:
        for url in self.urls.values():
            self.databases.drop(url)
        self.urls = {}

    def marks(self) -> dict[str, float]:
        """Return what the last process has come by, and when: ``begun``, then each revision."""
        path = self.folder / "marks"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        whole = [line.split() for line in lines if line.endswith("\n")]
        return {name: float(at) for name, at in whole}

    def wait_for(self, mark: str, process: ForkServerProcess) -> None:
        deadline = time.monotonic() + LONGEST_WAIT
        while mark not in self.marks():
            assert process.is_alive(), self.output
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def seen(self, name: str) -> Snapshot:
        with self.databases.seen(self.urls[name]) as connection:
            return snapshot(connection)

    def boundaries(self, revisions: Sequence[str]) -> dict[str, Snapshot]:
        """Return what a database is like at revisions that nobody has killed."""
        self.begin()
        found = {}
        for revision in revisions:
            self.run("upgrade", revision)
            found[revision] = self.seen("default")
        return found


@dataclass(frozen=True)
class Course:
    """How an upgrade goes that nobody kills, so that it is known when to kill another.

    :param times: when it came by each mark, the last one being its end.
    """

    times: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, victim: Victim) -> Course:
        """Watch one."""
        victim.begin()
        victim.run("upgrade")
        return cls((*victim.marks().items(), ("end", time.monotonic())))

    def wait(self, victim: Victim, process: ForkServerProcess, part: float) -> None:
        """Wait until a part of the upgrade is over: of its marks, and not of its time.

        A machine that has much to do may have taken most of that for one of them. The mark before
        is waited for, however slow it is meanwhile.
        """
        number, rest = divmod(part * (len(self.times) - 1), 1)
        (mark, at), (_, following) = self.times[int(number) : int(number) + 2]
        victim.wait_for(mark, process)
        time.sleep(rest * (following - at))


def phase(victim: Victim, process: ForkServerProcess) -> str:
    """Say where an upgrade was when it was killed."""
    marks = list(victim.marks())
    if process.exitcode == 0:
        return "ended"
    if marks[-1] == "begun":
        return "before"
    return "after" if marks[-1] == f"{victim.names[-1]}:10-done" else marks[-1].split(":")[1]
