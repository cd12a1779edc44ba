"""What `atomic()` costs around one update, against `async with session.begin()` written by hand."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.measuring import Comparison, compare_async
from django_like_repos import BaseRepository, Database, UnitOfWork, atomic, on_commit


class Base(DeclarativeBase):
    """The model of this benchmark."""


class Counter(Base):
    __tablename__ = "counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class CounterRepository(BaseRepository[Counter]): ...


async def _update(session: AsyncSession) -> None:
    await CounterRepository(session).objects.filter(id=1).update(number=2)


async def transactions(database: Database) -> list[Comparison]:
    """Every comparison, on one database."""
    await database.create_all(Base.metadata)
    async with database.session() as session:
        session.add(Counter(id=1, number=1))
        await session.commit()

    async def begin() -> None:
        async with database.session() as session, session.begin():
            await _update(session)

    async def begin_nested() -> None:
        async with database.session() as session, session.begin(), session.begin_nested():
            await _update(session)

    async def of_a_session() -> None:
        async with database.session() as session, atomic(session):
            await _update(session)

    async def of_a_database() -> None:
        async with atomic(database) as session:
            await _update(session)

    async def nested() -> None:
        async with database.session() as session, atomic(session), atomic(session):
            await _update(session)

    async def with_a_callback() -> None:
        async with database.session() as session, atomic(session):
            await _update(session)
            await on_commit(_nothing, session)

    async def unit_of_work() -> None:
        async with UnitOfWork(database) as work:
            await _update(work.session)
            await work.commit()

    ways: dict[str, tuple[Callable[[], Awaitable[Any]], Callable[[], Awaitable[Any]]]] = {
        "atomic(session)": (begin, of_a_session),
        "atomic(database)": (begin, of_a_database),
        "atomic(session), nested": (begin_nested, nested),
        "atomic(session) with on_commit()": (begin, with_a_callback),
        "UnitOfWork": (begin, unit_of_work),
    }
    return [await compare_async(name, by_hand, here) for name, (by_hand, here) in ways.items()]


def _nothing() -> None: ...
