"""Private, throw-away PostgreSQL and MariaDB servers, started from the installed binaries.

A server lives in one short folder under `/tmp` and listens only on a unix socket inside it, so it
cannot collide with, or be mistaken for, any other server of the machine.
"""

import atexit
import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

# What a machine takes that runs other tests meanwhile.
INSTALL_SECONDS = 240.0
START_SECONDS = 120.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02
LOG_TAIL_LINES = 30


class ServerError(RuntimeError):
    """A throw-away server could not be set up, started or used."""


class PostgresBinaries(NamedTuple):
    """What a PostgreSQL server is started from."""

    initdb: Path
    postgres: Path


class MariaDBBinaries(NamedTuple):
    """What a MariaDB server is started from."""

    install_db: Path
    mariadbd: Path


def find_postgres_binaries() -> PostgresBinaries | None:
    """Find one PostgreSQL release; both binaries come from one folder, so versions agree."""
    for folder in _binary_folders():
        binaries = PostgresBinaries(folder / "initdb", folder / "postgres")
        if all(os.access(binary, os.X_OK) for binary in binaries):
            return binaries
    return None


def find_mariadb_binaries() -> MariaDBBinaries | None:
    """Find MariaDB; distributions put its two binaries in different folders."""
    path = os.pathsep.join(map(str, _binary_folders()))
    install_db = shutil.which("mariadb-install-db", path=path)
    mariadbd = shutil.which("mariadbd", path=path)
    if install_db is None or mariadbd is None:
        return None
    return MariaDBBinaries(Path(install_db), Path(mariadbd))


def _binary_folders() -> list[Path]:
    """List PATH, then where packages put server binaries outside it, newest PostgreSQL first."""
    on_path = [Path(entry) for entry in os.get_exec_path() if entry]
    releases = sorted(
        (release for release in Path("/usr/lib/postgresql").glob("*") if release.name.isdigit()),
        key=lambda release: int(release.name),
        reverse=True,
    )
    usual = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin"]
    return [*on_path, *(release / "bin" for release in releases), *map(Path, usual)]


class DatabaseServer(ABC):
    """The life of a throw-away server; a subclass says what differs between the products.

    The data outlives `kill` and `restart`, as a real server's would, and goes with `stop`.
    """

    product: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    @property
    def folder(self) -> Path:
        """The private folder: data, socket and log."""
        if self._folder is None:
            raise ServerError(f"{self.product} is not started")
        return self._folder

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server unless it runs, on the data it already has, if any."""
        if self.running:
            return
        try:
            if self._folder is None:
                self._create_folder()
                self._install()
            self._process = self._spawn(self._server_command())
            self._wait_until_ready()
        except BaseException:
            self.kill()
            self._delete_folder()
            raise

    def stop(self) -> None:
        """Stop the server and delete its data; harmless when it does not run."""
        self._shut_down()
        self._delete_folder()

    def restart(self) -> None:
        """Start again on the same data, after a clean shutdown or after `kill`."""
        if self._folder is None:
            raise ServerError(f"{self.product} has no data to restart on")
        self._shut_down()
        self.start()

    def kill(self) -> None:
        """Kill the server without warning, with all its processes; what is committed survives."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        _kill_children(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def new_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        name = f"fmd_{next(self._numbers)}"
        with self._connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Drop the URL's database, even if a test left connections to it open."""
        name = make_url(url).database
        if not name:
            raise ServerError("the URL names no database")
        with self._connect() as connection:
            self._drop(connection, name)

    @abstractmethod
    def _install_command(self) -> Sequence[str | Path]:
        """Build the command that creates the data folder."""

    @abstractmethod
    def _server_command(self) -> Sequence[str | Path]:
        """Build the command that runs the server in the foreground."""

    @property
    @abstractmethod
    def _socket(self) -> Path:
        """Say where the server listens."""

    @abstractmethod
    def _url(self, database: str) -> str:
        """Build a database's URL; an empty name gives the one to administer through."""

    @abstractmethod
    def _drop(self, connection: Connection, name: str) -> None:
        """Drop a database together with the connections to it."""

    def _account(self) -> pwd.struct_passwd | None:
        """Return the account to run as, when it is not the caller's."""
        return None

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _create_folder(self) -> None:
        """Create the folder in `/tmp` itself: a unix socket's path holds about 100 characters."""
        self._folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="fmd-"))
        atexit.register(self.stop)
        if account := self._account():
            os.chown(self._folder, account.pw_uid, account.pw_gid)

    def _delete_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        atexit.unregister(self.stop)

    def _install(self) -> None:
        self._process = self._spawn(self._install_command())
        try:
            code = self._process.wait(INSTALL_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise self._failure("took too long to set up") from error
        if code != 0:
            raise self._failure(f"could not be set up (exit code {code})")

    def _spawn(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Run in a process group of its own, which Ctrl-C does not reach and `kill` can end."""
        account = self._account()
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise self._failure("exited while starting")
            if self._listening():
                with contextlib.suppress(DBAPIError), self._connect():
                    return
            time.sleep(POLL_SECONDS)
        raise self._failure(f"accepted no connection within {START_SECONDS:.0f} seconds")

    def _listening(self) -> bool:
        """Tell whether the driver may try: PyMySQL leaks its socket when it finds no listener."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    def _shut_down(self) -> None:
        """Ask first, so that the data need no recovery; then make sure."""
        if self._process is not None and self.running:
            self._process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def _failure(self, what: str) -> ServerError:
        lines = self._log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return ServerError("\n".join([f"{self.product} {what}; its log ends with:", *lines]))

    @contextlib.contextmanager
    def _connect(self) -> Iterator[Connection]:
        engine = create_engine(
            self._url(""),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": 60},
        )
        with engine.connect() as connection:
            yield connection


class PostgresServer(DatabaseServer):
    """A throw-away PostgreSQL server.

    `fsync=off` gives the speed. `synchronous_commit` stays on: off, a commit waits in the memory of
    a process, and `kill` would lose it.

    :param settings: settings of the server besides.
    """

    product = "PostgreSQL"
    stop_signal = signal.SIGINT
    # A unix socket still has a port: in its name. Saying it keeps PGPORT from choosing another.
    port: ClassVar[int] = 54320

    def __init__(self, binaries: PostgresBinaries, **settings: str) -> None:
        super().__init__()
        self._binaries = binaries
        self._settings = settings

    def _account(self) -> pwd.struct_passwd | None:
        """PostgreSQL refuses to run as root."""
        return pwd.getpwnam("postgres") if os.geteuid() == 0 else None

    def _install_command(self) -> Sequence[str | Path]:
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        return [self._binaries.initdb, f"--pgdata={self._data}", "--no-sync", *options]

    def _server_command(self) -> Sequence[str | Path]:
        """Keep shared memory in files of the data folder: elsewhere, `kill` would leak it."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "port": str(self.port),
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",
            **self._settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [self._binaries.postgres, "-D", self._data, *options]

    @property
    def _socket(self) -> Path:
        return self.folder / f".s.PGSQL.{self.port}"

    def _url(self, database: str) -> str:
        name = database or "postgres"
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}&port={self.port}"

    def _drop(self, connection: Connection, name: str) -> None:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


class MariaDBServer(DatabaseServer):
    """A throw-away MariaDB server."""

    product = "MariaDB"
    # `nosync` gives the speed. `innodb-flush-log-at-trx-commit` is 2, not 0: at 0, a commit waits
    # up to a second in the process's memory, and `kill` would lose it.
    hurry: Sequence[str] = (
        "--innodb-flush-log-at-trx-commit=2",
        "--loose-innodb-flush-method=nosync",
        "--loose-debug-no-sync",
        "--innodb-buffer-pool-size=32M",
        "--innodb-log-file-size=16M",
    )
    stop_signal = signal.SIGTERM

    def __init__(self, binaries: MariaDBBinaries) -> None:
        super().__init__()
        self._binaries = binaries

    def _install_command(self) -> Sequence[str | Path]:
        options = [
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ]
        return [self._binaries.install_db, *self._options(), *options]

    def _server_command(self) -> Sequence[str | Path]:
        options = [
            "--skip-networking",
            "--skip-log-bin",
            f"--socket={self._socket}",
            f"--pid-file={self.folder / 'pid'}",
            "--character-set-server=utf8mb4",
        ]
        return [self._binaries.mariadbd, *self._options(), *options]

    def _options(self) -> list[str]:
        """Share what setting up and running must agree on; `--no-defaults` has to come first."""
        options = [
            "--no-defaults",
            f"--datadir={self._data}",
            f"--tmpdir={self.folder}",
            *self.hurry,
        ]
        return [*options, "--user=root"] if os.geteuid() == 0 else options

    @property
    def _socket(self) -> Path:
        return self.folder / "socket"

    def _url(self, database: str) -> str:
        return f"mariadb+pymysql://root@localhost/{database}?unix_socket={self._socket}"

    def _drop(self, connection: Connection, name: str) -> None:
        """End the connections first: an open transaction's lock would hold the drop for a day."""
        sessions = connection.exec_driver_sql(
            "SELECT id FROM information_schema.processlist WHERE db = %s", (name,)
        )
        for session in sessions.scalars().all():
            with contextlib.suppress(DBAPIError):
                connection.exec_driver_sql(f"KILL {session}")
        connection.exec_driver_sql(f"DROP DATABASE `{name}`")


class _Status(NamedTuple):
    pid: int
    state: str
    parent: int


def _kill_children(parent: int) -> None:
    """Kill what the process group does not reach: PostgreSQL gives every child its own session.

    One that outlived its parent would hold the shared memory, and keep the server from restarting.
    The parent is stopped meanwhile, so it starts no other child, and reuses no process id.
    """
    os.kill(parent, signal.SIGSTOP)
    os.waitid(os.P_PID, parent, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    for child in _living_children(parent):
        os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + STOP_SECONDS
    while _living_children(parent) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _living_children(parent: int) -> list[int]:
    statuses = filter(None, map(_status, Path("/proc").glob("[0-9]*/stat")))
    return [status.pid for status in statuses if status.parent == parent and status.state != "Z"]


def _status(stat: Path) -> _Status | None:
    """Read one process's status, unless it just ended; its name may hold blanks and brackets."""
    try:
        state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return _Status(int(stat.parent.name), state, int(parent))
