"""What it costs to write one row, against the same written by hand with SQLAlchemy's session.

Each way has a session, or a repository on one, for five of its operations, and both leave as many rows. By
hand it is what a careful author writes: the savepoint and the second look of a race included.
"""

from collections.abc import Awaitable, Callable
from itertools import count, cycle
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.measuring import AsyncWay, Comparison, compare_async
from django_like_repos import BaseRepository, Database

ROWS = 100
EACH = 5
"""Operations of a session."""


class Base(DeclarativeBase):
    """The model that is written."""


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    rank: Mapped[int] = mapped_column(default=0)


class NoteRepository(BaseRepository[Note]): ...


Ways = tuple[AsyncWay, AsyncWay]


async def writing(database: Database) -> list[Comparison]:
    """The costs of writing one row in its own transaction."""
    await database.create_all(Base.metadata)
    async with database.session() as session:
        session.add_all([Note(code=f"code {n}", title="x") for n in range(1, ROWS + 1)])
        await session.commit()
    made: dict[str, Callable[[Database], Ways]] = {
        "get_or_create of a row that is there": _found,
        "get_or_create of a new row": _new,
        "create, flush, commit": _created,
        "update of an object": _updated,
    }
    found = [await compare_async(name, *ways(database), rounds=31, repeat=4) for name, ways in made.items()]
    await database.drop_all(Base.metadata)
    return found


def _found(database: Database) -> Ways:
    numbers = cycle(range(1, ROWS + 1))

    async def by_hand(session: Any) -> None:
        code = f"code {next(numbers)}"
        note = (await session.scalars(select(Note).where(Note.code == code))).one_or_none()
        assert note is not None

    async def here(notes: NoteRepository) -> None:
        code = f"code {next(numbers)}"
        _, created = await notes.objects.get_or_create({"title": "x"}, code=code)
        assert not created

    return _in_sessions(database, by_hand), _in_sessions(database, here, NoteRepository)


def _new(database: Database) -> Ways:
    numbers = count(10_000)

    async def by_hand(session: Any) -> None:
        code = f"code {next(numbers)}"
        note = (await session.scalars(select(Note).where(Note.code == code))).one_or_none()
        if note is None:
            try:
                async with session.begin_nested():
                    note = Note(code=code, title="x")
                    session.add(note)
            except IntegrityError:
                note = (await session.scalars(select(Note).where(Note.code == code))).one()

    async def here(notes: NoteRepository) -> None:
        code = f"code {next(numbers)}"
        _, created = await notes.objects.get_or_create({"title": "x"}, code=code)
        assert created

    return _in_sessions(database, by_hand), _in_sessions(database, here, NoteRepository)


def _created(database: Database) -> Ways:
    numbers = count(1_000_000)

    async def by_hand(session: Any) -> None:
        session.add(Note(code=f"code {next(numbers)}", title="x"))
        await session.commit()

    async def here(notes: NoteRepository) -> None:
        await notes.commit().create(code=f"code {next(numbers)}", title="x")

    return _in_sessions(database, by_hand), _in_sessions(database, here, NoteRepository)


def _updated(database: Database) -> Ways:
    ranks = count(1)

    async def by_hand(session: Any) -> None:
        await session.merge(Note(id=7, title="x", rank=next(ranks)))
        await session.commit()

    async def here(notes: NoteRepository) -> None:
        await notes.commit().update(Note(id=7, title="x", rank=next(ranks)))

    return _in_sessions(database, by_hand), _in_sessions(database, here, NoteRepository)


def _in_sessions(
    database: Database,
    work: Callable[[Any], Awaitable[None]],
    given: Callable[[Any], Any] = lambda each: each,
) -> AsyncWay:
    async def way() -> None:
        async with database.session() as session:
            held = given(session)
            for _ in range(EACH):
                await work(held)

    return way
