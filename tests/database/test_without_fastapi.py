"""`import django_like_repos` neither needs FastAPI nor imports it."""

import subprocess
import sys

BLOCKED = """
import sys

for name in ("fastapi", "starlette", "pydantic", "asyncpg", "alembic"):
    sys.modules[name] = None
"""

WORKS = """
import asyncio
import inspect

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database, session_dependency


class Base(DeclarativeBase): ...


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class ShelfRepository(BaseRepository[Shelf]): ...


async def main():
    async with Database("sqlite+aiosqlite://") as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            await ShelfRepository(session).commit().create(name="x")
            assert await ShelfRepository(session).objects.filter(name__icontains="X").count() == 1


asyncio.run(main())
assert inspect.signature(ShelfRepository).parameters["session"].annotation is AsyncSession
assert callable(session_dependency)
"""


def run(source: str) -> str:
    completed = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_it_works_where_there_is_none() -> None:
    run(BLOCKED + WORKS)


def test_it_imports_none() -> None:
    source = 'import sys, django_like_repos; print(*sorted({name.partition(".")[0] for name in sys.modules}))'

    assert {"django_like_repos", "sqlalchemy"} <= set(run(source).split())
    assert not {"fastapi", "starlette", "pydantic", "alembic"} & set(run(source).split())


def test_fastapi_may_come_later() -> None:
    run(
        WORKS
        + """
import fastapi

session = inspect.signature(ShelfRepository).parameters["session"]
[depends] = session.annotation.__metadata__
assert depends.dependency is session_dependency and depends.scope == "function"
"""
    )
