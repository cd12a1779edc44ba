"""A new object is inserted straight by the driver also where Python or the database gives of its values."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Computed, DateTime, Identity, MetaData, inspect, text
from sqlalchemy.exc import IntegrityError, SAWarning
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database
from tests.recording import RecordedSQL
from tests.routes import counted, noted_routes

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NUMBERS = count(1)


class Base(DeclarativeBase):
    """Tables of rows that are not all given."""

    metadata = MetaData()


class Note(Base):
    """As models of applications are: a key and a time of Python's, a time and a state of the database's."""

    __tablename__ = "notes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    title: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: NOW)
    stored_at: Mapped[datetime] = mapped_column(DateTime, server_default=text("'2026-01-02 00:00:00'"))
    state: Mapped[str] = mapped_column(server_default="new")


class Ticket(Base):
    """A number of the database's."""

    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str] = mapped_column(default=lambda: f"ticket {next(NUMBERS)}")
    places: Mapped[int] = mapped_column(server_default="1")


class Seat(Base):
    """A key of two columns."""

    __tablename__ = "seats"

    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[int] = mapped_column(default=7)


class Area(Base):
    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int]
    square: Mapped[int] = mapped_column(Computed("width * width"))


def _label(context: Any) -> str:
    return f"of {context.get_current_parameters()['name']}"


class Asking(Base):
    """A default that looks at the row."""

    __tablename__ = "asking"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    label: Mapped[str] = mapped_column(default=_label)


class NoteRepository(BaseRepository[Note]): ...


class TicketRepository(BaseRepository[Ticket]): ...


class SeatRepository(BaseRepository[Seat]): ...


class AreaRepository(BaseRepository[Area]): ...


class AskingRepository(BaseRepository[Asking]): ...


REPOSITORIES: dict[Any, Any] = {Note: NoteRepository, Ticket: TicketRepository, Seat: SeatRepository}


@pytest.fixture
async def notes(fresh_database: Database) -> Database:
    await fresh_database.create_all(Base)
    return fresh_database


@pytest.fixture
async def session(notes: Database) -> AsyncIterator[AsyncSession]:
    async with notes.session() as session:
        yield session


@pytest.fixture
def routes(notes: Database) -> Iterator[list[bool]]:
    with noted_routes() as found:
        yield found


def _held(obj: Any) -> dict[str, Any]:
    state = inspect(obj)
    assert (state.persistent, state.modified, state.expired_attributes) == (True, False, set())
    return {name: state.dict[name] for name in dict(state.mapper.column_attrs)}


async def _by_flush(session: AsyncSession, obj: Any) -> None:
    session.add(obj)
    await session.flush()


async def _here(session: AsyncSession, obj: Any) -> None:
    await REPOSITORIES[type(obj)](session).flush().add(obj)


NEW: dict[str, Callable[[int], Any]] = {
    "a key and times": lambda number: Note(id=UUID(int=number), title=str(number)),
    "some are given": lambda number: Note(id=UUID(int=number), title=str(number), state="old", made_at=NOW),
    "all are given": lambda number: Note(
        id=UUID(int=number), title=str(number), made_at=NOW, stored_at=NOW.replace(tzinfo=None), state="old"
    ),
    "None": lambda number: Note(id=UUID(int=number), title=str(number), made_at=None, state=None),
    "an identity": lambda number: Ticket(title=str(number)),
    "a number": lambda number: Ticket(id=number, title=str(number), places=2),
    "a key of two": lambda number: Seat(row=number, place="a"),
}


@pytest.mark.parametrize("name", NEW)
async def test_a_row_is_as_a_flush_leaves_it(
    session: AsyncSession, routes: list[bool], sql: RecordedSQL, name: str
) -> None:
    new = NEW[name]
    found: list[Any] = []
    for number, add in enumerate((_by_flush, _here, _here), start=1):
        sql.clear()
        obj = new(number)
        await add(session, obj)
        ((said, _),) = sql.statements
        held = _held(obj)
        await session.refresh(obj)
        assert _held(obj) == held
        varying = {"id", "title", "row"}
        found.append((said, {key: value for key, value in held.items() if key not in varying}))
    assert found[1:] == [found[0]] * 2
    assert routes == [True]


async def test_what_python_gives_is_given_once(session: AsyncSession, routes: list[bool]) -> None:
    repo = TicketRepository(session).flush()
    first = await repo.create()
    second = await repo.create()
    number = int(first.title.removeprefix("ticket "))
    assert second.title == f"ticket {number + 1}"
    assert next(NUMBERS) == number + 2
    assert routes == [True]


async def test_what_it_asks_of_the_driver(notes: Database) -> None:
    async def create(title: str) -> Note:
        async with notes.session() as session:
            return await NoteRepository(session).commit().create(title=title)

    await create("a")
    with counted() as found:
        note = await create("b")
    wanted = {"_execute": 2} if notes.engine.dialect.name == "sqlite" else {"fetch": 1}
    assert found == {"greenlet_spawn": 2, **wanted}
    assert (note.made_at, note.state) == (NOW, "new")


async def test_each_set_of_given_columns_has_its_own_statement(
    session: AsyncSession, routes: list[bool], sql: RecordedSQL
) -> None:
    repo = NoteRepository(session).flush()
    for number, given in enumerate([{}, {"state": "a"}, {}, {"state": "b"}]):
        await repo.create(title=str(number), **given)
    said = [text for text, _ in sql.statements]
    assert (said[0], said[1]) == (said[2], said[3])
    assert said[0] != said[1]
    assert routes == [True, True]
    assert await repo.objects.order_by("title").values_list("state", flat=True) == ["new", "a", "new", "b"]


async def test_a_taken_key_is_told_as_a_flush_tells_it(notes: Database) -> None:
    async with notes.session() as session:
        for number in (1, 2):
            await SeatRepository(session).commit().create(row=number, place="a")
    told: list[Any] = []
    for add in (_by_flush, _here):
        async with notes.session() as session:
            with pytest.raises(IntegrityError) as raised:
                await add(session, Seat(row=1, place="a"))
            told.append((str(raised.value.orig), raised.value.statement, raised.value.params))
    assert told[0] == told[1]


async def test_a_key_that_the_session_holds_is_left_to_a_flush(
    session: AsyncSession, routes: list[bool]
) -> None:
    repo = SeatRepository(session).flush()
    for number in (1, 2):
        await repo.create(row=number, place="a")
    held = await repo.objects.get(row=1)
    routes.clear()
    with pytest.warns(SAWarning, match="conflicts with persistent instance"), pytest.raises(IntegrityError):
        await repo.add(Seat(row=1, place="a"))
    assert routes == []
    assert inspect(held).persistent


OTHERWISE: dict[str, Callable[[AsyncSession, int], Any]] = {
    "what is computed": lambda session, number: AreaRepository(session).flush().create(width=number),
    "a default that looks at the row": lambda session, number: (
        AskingRepository(session).flush().create(name=str(number))
    ),
}


@pytest.mark.parametrize("name", OTHERWISE)
async def test_what_a_flush_does(session: AsyncSession, routes: list[bool], name: str) -> None:
    made = [await OTHERWISE[name](session, number) for number in (1, 2, 3)]
    assert routes == []
    assert [getattr(each, "square", None) or each.label for each in made] in (
        [1, 4, 9],
        ["of 1", "of 2", "of 3"],
    )
