"""PgBouncer in transaction mode, before the tests' server, where it is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL

PATHS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
PORT = 6432
"""Names the socket; nothing listens on it."""


def installed() -> str | None:
    return shutil.which("pgbouncer", path=PATHS)


@contextmanager
def pooled(url: URL, servers: int) -> Iterator[URL]:
    """The same database by a pooler with so many connections, each lent for a transaction."""
    program = installed()
    assert program
    directory = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir="/tmp"))
    host = url.query.get("host") or url.host
    settings = directory / "pgbouncer.ini"
    users = directory / "users"
    users.write_text(f'"{url.username}" "{url.password or ""}"\n')
    settings.write_text(
        f"""[databases]
{url.database} = host={host} port={url.port} dbname={url.database} user={url.username}
[pgbouncer]
listen_addr =
listen_port = {PORT}
unix_socket_dir = {directory}
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 200
server_round_robin = 1
"""
    )
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
        for path in (directory, users, settings):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([program, settings], stdout=log, stderr=log, **identity)
    try:
        while not (directory / f".s.PGSQL.{PORT}").exists():
            assert process.poll() is None, (directory / "log").read_text()
            time.sleep(0.01)
        yield url.set(port=PORT, query={"host": str(directory)})
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(directory)
