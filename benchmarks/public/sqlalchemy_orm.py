"""SQLAlchemy's ORM as the public suite has it: one session for each workload."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from benchmarks.public.journal import LEVELS, OFFSETS, ONE_BY_ONE, ROWS, Entrant, Journal, Run, level, ready
from benchmarks.suite.hand import sessions

NAME: Final = "by hand"

Factory = async_sessionmaker[AsyncSession]


def inserting(factory: Factory) -> dict[str, Run]:
    async def single() -> None:
        async with factory() as session:
            for number in range(ONE_BY_ONE):
                session.add(Journal(level=level(number), text=f"A {number}"))
                await session.commit()

    async def batch() -> None:
        async with factory() as session:
            for number in range(ONE_BY_ONE):
                session.add(Journal(level=level(number), text=f"B {number}"))
                await session.flush()
            await session.commit()

    async def bulk() -> None:
        async with factory() as session:
            session.add_all([Journal(level=level(number), text=f"C {number}") for number in range(ROWS)])
            await session.commit()

    return {"A": single, "B": batch, "C": bulk}


def reading(factory: Factory) -> dict[str, Run]:
    async def large() -> list[Any]:
        async with factory() as session:
            return [
                row
                for each in LEVELS
                for row in await session.scalars(select(Journal).where(Journal.level == each))
            ]

    async def small() -> list[Any]:
        async with factory() as session:
            wanted = select(Journal).order_by(Journal.id).limit(20)
            return [
                row
                for each in LEVELS
                for offset in OFFSETS
                for row in await session.scalars(wanted.where(Journal.level == each).offset(offset))
            ]

    async def get() -> list[Any]:
        async with factory() as session:
            return [
                (await session.execute(select(Journal).where(Journal.id == number))).scalar_one()
                for number in range(1, ONE_BY_ONE + 1)
            ]

    async def dicts() -> list[Any]:
        async with factory() as session:
            rows = select(Journal.id, Journal.timestamp, Journal.level, Journal.text)
            return [
                dict(row)
                for each in LEVELS
                for row in (await session.execute(rows.where(Journal.level == each))).mappings()
            ]

    async def tuples() -> list[Any]:
        async with factory() as session:
            rows = select(Journal.id, Journal.level, Journal.text)
            return [
                tuple(row)
                for each in LEVELS
                for row in await session.execute(rows.where(Journal.level == each))
            ]

    return {"D": large, "E": small, "F": get, "G": dicts, "H": tuples}


async def some(session: AsyncSession) -> Sequence[Journal]:
    """The objects that are changed or deleted."""
    return (await session.scalars(select(Journal).order_by(Journal.id).limit(ONE_BY_ONE))).all()


def changing(factory: Factory) -> dict[str, Any]:
    @asynccontextmanager
    async def whole() -> AsyncIterator[Run]:
        async with factory() as session:
            rows = await some(session)

            async def run() -> None:
                for row in rows:
                    row.level = level(row.id + 1)
                    row.text = f"{row.text} Update"
                await session.commit()

            yield run

    @asynccontextmanager
    async def partly() -> AsyncIterator[Run]:
        async with factory() as session:
            rows = await some(session)

            async def run() -> None:
                for row in rows:
                    row.level = level(row.id + 1)
                await session.commit()

            yield run

    @asynccontextmanager
    async def deleted() -> AsyncIterator[Run]:
        async with factory() as session:
            rows = await some(session)

            async def run() -> None:
                for row in rows:
                    await session.delete(row)
                await session.commit()

            yield run

    return {"I": whole, "J": partly, "K": deleted}


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async with sessions(url) as made:
        plain = made["transaction"]
        ready_ways = {letter: ready(run) for letter, run in (inserting(plain) | reading(plain)).items()}
        yield Entrant(NAME, ready_ways | changing(plain))
