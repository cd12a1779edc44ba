"""What models cost, beside `select()` written by hand: many and few of them, of many columns and of few."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import DeclarativeBase, Mapped, load_only, mapped_column

from benchmarks.measuring import Comparison, compare_async
from django_like_repos import BaseRepository, Database

MANY = 5_000
FEW = 20


class Base(DeclarativeBase):
    """The models of this benchmark."""


class Slim(Base):
    """Four columns."""

    __tablename__ = "slim"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    text: Mapped[str]
    other: Mapped[str]


class Wide(Base):
    """Twelve columns."""

    __tablename__ = "wide"

    id: Mapped[int] = mapped_column(primary_key=True)
    n1: Mapped[int]
    n2: Mapped[int]
    n3: Mapped[int]
    n4: Mapped[int]
    n5: Mapped[int]
    t1: Mapped[str]
    t2: Mapped[str]
    t3: Mapped[str]
    t4: Mapped[str]
    t5: Mapped[str]
    t6: Mapped[str]


class SlimRepository(BaseRepository[Slim]): ...


class WideRepository(BaseRepository[Wide]): ...


def _rows() -> list[Base]:
    rows: list[Base] = [
        Slim(id=number, number=number, text=f"text {number}", other="the same") for number in range(MANY)
    ]
    numbers, texts = [f"n{place}" for place in range(1, 6)], [f"t{place}" for place in range(1, 7)]
    for number in range(MANY):
        values: dict[str, Any] = dict.fromkeys(numbers, number) | dict.fromkeys(texts, f"{number}")
        rows.append(Wide(id=number, **values))
    return rows


@asynccontextmanager
async def filled(database: Database) -> AsyncIterator[None]:
    """The rows, while they are measured."""
    await database.create_all(Base.metadata)
    async with database.session() as session:
        session.add_all(_rows())
        await session.commit()
    yield
    await database.drop_all(Base.metadata)


async def models(database: Database) -> list[Comparison]:
    """Models awaited in a session of their own, written by hand and here."""
    found: list[Comparison] = []
    async with filled(database):
        for number, rounds, repeat in ((MANY, 15, 1), (FEW, 25, 20), (1, 25, 20)):
            for repository, model, columns in ((SlimRepository, Slim, 4), (WideRepository, Wide, 12)):
                name = f"{number} of {columns} columns"
                found.append(
                    await _compared(database, repository, select(model), name, number, rounds, repeat)
                )
        part = load_only(Wide.n1, Wide.t1)
        name = f"{MANY} of 3 of 12 columns"
        found.append(await _compared(database, WideRepository, select(Wide), name, MANY, 15, 1, part))
    return found


async def _compared(
    database: Database,
    repository: type[BaseRepository[Any]],
    statement: Select[Any],
    name: str,
    number: int,
    rounds: int,
    repeat: int,
    *options: Any,
) -> Comparison:
    statement = statement.options(*options).limit(number)

    async def by_hand() -> object:
        async with database.session() as session:
            return (await session.scalars(statement)).all()

    async def here() -> object:
        async with database.session() as session:
            return await repository(session).objects.options(*options)[:number]

    return await compare_async(name, by_hand, here, rounds=rounds, repeat=repeat)
