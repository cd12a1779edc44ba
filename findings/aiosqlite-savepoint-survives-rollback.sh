#!/usr/bin/env bash
# A savepoint that comes first in a session stays in the database when the session is rolled back.
#
# Versions: sqlalchemy 2.1.9, aiosqlite 0.22.1, greenlet 3.5.6, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: session.rollback() undoes everything since the last commit, and what was released from
# begin_nested() with it, whatever came before the savepoint.
#
# Instead: the driver begins a transaction only before INSERT, UPDATE, DELETE and REPLACE. With nothing
# written yet, SAVEPOINT opens the transaction itself, and its RELEASE commits: the rollback comes too late.
# The same savepoint after another write is undone.
#
# Output:
#   sent before the rollback: ['SAVEPOINT sa_savepoint_1', 'INSERT INTO note (id) VALUES (?)', 'RELEASE SAVEPOINT sa_savepoint_1']
#   kept of a session that begins with a savepoint: [1]
#   kept of a session that writes before it: []
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "sqlalchemy==2.1.9" "aiosqlite==0.22.1" "greenlet==3.5.6"

venv/bin/python -I - <<'PYTHON'
import asyncio
import sys

from sqlalchemy import delete, event, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)


async def kept(engine, write_first):
    async with AsyncSession(engine) as session:
        if write_first:
            session.add(Note(id=0))
            await session.flush()
        async with session.begin_nested():
            session.add(Note(id=1))
        await session.rollback()
    async with AsyncSession(engine) as session:
        ids = list(await session.scalars(select(Note.id).order_by(Note.id)))
        await session.execute(delete(Note))
        await session.commit()
    return ids


async def main():
    engine = create_async_engine("sqlite+aiosqlite:///notes.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sent = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    alone = await kept(engine, write_first=False)
    print("sent before the rollback:", sent[:3])
    after_a_write = await kept(engine, write_first=True)
    await engine.dispose()
    print("kept of a session that begins with a savepoint:", alone)
    print("kept of a session that writes before it:", after_a_write)
    return (alone, after_a_write) == ([1], [])


sys.exit(0 if asyncio.run(main()) else "changed")
PYTHON
