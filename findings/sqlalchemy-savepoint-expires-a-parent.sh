#!/usr/bin/env bash
# A savepoint that fails expires a parent that was only pointed at, and reading its name is an error.
#
# Versions: sqlalchemy 2.1.9, aiosqlite 0.22.1, greenlet 3.5.6, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: a child that the database refuses costs the child. The parent was loaded before the savepoint
# and no column of it was set, so its name is still known; the savepoint is there to go on after the error.
#
# Instead: Child(parent=parent) also appends to parent.children, which counts as a change of the parent, and
# the rollback of the savepoint expires all of its attributes. The next parent.name wants to ask the database
# outside of an await and raises. Child(parent_id=parent.id) leaves the parent as it was.
#
# Output:
#   by key: IntegrityError, expired []
#   parent.name: ann
#   by relation: IntegrityError, expired ['children', 'id', 'name']
#   parent.name: raises StatementError of MissingGreenlet
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "sqlalchemy==2.1.9" "aiosqlite==0.22.1" "greenlet==3.5.6"

# Without warnings: the cursor that is never opened makes one.
venv/bin/python -I -W ignore - <<'PYTHON'
import asyncio
import sys

from sqlalchemy import ForeignKey, inspect
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parent"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    children: Mapped[list["Child"]] = relationship(back_populates="parent")


class Child(Base):
    __tablename__ = "child"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))
    parent: Mapped[Parent] = relationship(back_populates="children")


async def lose(session, parent, how, given):
    try:
        async with session.begin_nested():
            session.add(Child(name="taken", **given))
    except IntegrityError as error:
        print(f"{how}: {type(error).__name__}, expired {sorted(inspect(parent).expired_attributes)}")
    try:
        name = parent.name
    except StatementError as error:
        name = f"raises {type(error).__name__} of {type(error.orig).__name__}"
    print("parent.name:", name)
    return name


async def main():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add_all([parent := Parent(id=1, name="ann"), Child(name="taken", parent_id=1)])
        await session.commit()
        by_key = await lose(session, parent, "by key", {"parent_id": 1})
        by_relation = await lose(session, parent, "by relation", {"parent": parent})
    await engine.dispose()
    return (by_key, by_relation) == ("ann", "raises StatementError of MissingGreenlet")


sys.exit(0 if asyncio.run(main()) else "changed")
PYTHON
