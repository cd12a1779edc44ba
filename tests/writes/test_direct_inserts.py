"""A new object is inserted straight by the driver where a flush would do nothing else: what, and when not."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import JSON, ForeignKey, event, func, inspect, text
from sqlalchemy.exc import IntegrityError, PendingRollbackError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from django_like_repos import BaseRepository, Database
from tests.recording import RecordedSQL
from tests.routes import counted, noted_routes


class Base(DeclarativeBase):
    """Tables of which the database leaves little to be known, and others."""


class Box(Base):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column("name", unique=True)
    weight: Mapped[int | None]

    things: Mapped[list["Thing"]] = relationship(back_populates="box")


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="thing")
    box_id: Mapped[int | None] = mapped_column(ForeignKey("boxes.id"))

    box: Mapped[Box | None] = relationship(back_populates="things")


class Paper(Base):
    __tablename__ = "papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    pages: Mapped[Any | None] = mapped_column(JSON)


class BoxRepository(BaseRepository[Box]): ...


class ThingRepository(BaseRepository[Thing]): ...


class PaperRepository(BaseRepository[Paper]): ...


@pytest.fixture
async def boxes(fresh_database: Database) -> Database:
    await fresh_database.create_all(Base)
    return fresh_database


@pytest.fixture
async def session(boxes: Database) -> AsyncIterator[AsyncSession]:
    async with boxes.session() as session:
        yield session


@pytest.fixture
def routes(boxes: Database) -> Iterator[list[bool]]:
    with noted_routes() as found:
        yield found


async def test_a_new_object(session: AsyncSession, routes: list[bool], sql: RecordedSQL) -> None:
    repo = BoxRepository(session).flush()
    first, second = await repo.create(label="a"), await repo.create(label="b", weight=2)
    # The first is executed by SQLAlchemy.
    assert routes == [True]
    assert len(sql.statements) == 2
    assert sql.statements[0][0] == sql.statements[1][0]
    assert [first.id, first.weight, second.id, second.weight] == [1, None, 2, 2]
    state = inspect(second)
    assert (state.persistent, state.modified, state.identity, second in session) == (True, False, (2,), True)
    assert await session.get(Box, 2) is second
    second.weight = 3
    await session.commit()
    assert await repo.objects.order_by("id").values_list("label", "weight") == [("a", None), ("b", 3)]


async def test_what_it_asks_of_the_driver(boxes: Database) -> None:
    async def create(label: str) -> None:
        async with boxes.session() as session:
            await BoxRepository(session).commit().create(label=label)

    await create("a")
    with counted() as found:
        await create("b")
    wanted = {"_execute": 2} if boxes.engine.dialect.name == "sqlite" else {"fetch": 1}
    assert found == {"greenlet_spawn": 2, **wanted}


async def test_what_is_rolled_back_is_as_it_was(session: AsyncSession) -> None:
    repo = BoxRepository(session).flush()
    await repo.create(label="a")
    await session.commit()
    box = await repo.create(label="b")
    await session.rollback()
    assert box not in session
    assert inspect(box).transient
    assert await repo.objects.count() == 1
    async with session.begin_nested() as savepoint:
        box = await repo.create(label="c")
        await savepoint.rollback()
    assert inspect(box).transient
    assert await repo.objects.count() == 1


async def _by_flush(session: AsyncSession, label: str) -> None:
    session.add(Box(label=label))
    await session.flush()


async def _here(session: AsyncSession, label: str) -> None:
    await BoxRepository(session).flush().create(label=label)


async def test_errors(boxes: Database) -> None:
    """Words, values, and what is left of the session are those of a flush."""
    told: list[Any] = []
    async with boxes.session() as session:
        await BoxRepository(session).commit().create(label="a")
    for create in (_by_flush, _here):
        async with boxes.session() as session:
            await create(session, "b")
            with pytest.raises(IntegrityError) as raised:
                await create(session, "a")
            error = raised.value
            with pytest.raises(PendingRollbackError):
                await session.execute(text("SELECT 1"))
            await session.rollback()
            told.append((str(error.orig), error.statement, error.params, len(session.new), [*session]))
    assert told[0] == told[1]


async def test_a_value_that_the_database_refuses(session: AsyncSession) -> None:
    repo = BoxRepository(session).flush()
    await repo.create(label="a")
    box = Box(label="b", weight=1)
    session.add(box)
    box.weight = object()  # type: ignore[assignment]
    with pytest.raises(StatementError):
        await repo.flush().objects.count()


OTHERWISE: dict[str, Callable[[AsyncSession], Any]] = {
    "a key": lambda session: BoxRepository(session).flush().create(id=77, label="x"),
    "SQL": lambda session: BoxRepository(session).flush().create(label=func.upper("x")),
    "a default": lambda session: ThingRepository(session).flush().create(),
    "a relation": lambda session: BoxRepository(session).flush().add(Box(label="x", things=[])),
    "new ones that it leads to": lambda session: (
        BoxRepository(session).flush().add(Box(label="x", things=[Thing()]))
    ),
    "a type that tells None": lambda session: PaperRepository(session).flush().create(pages=None),
    "several": lambda session: BoxRepository(session).flush().bulk_create([{"label": "x"}, {"label": "y"}]),
}


@pytest.mark.parametrize("name", OTHERWISE)
async def test_what_a_flush_does(session: AsyncSession, routes: list[bool], name: str) -> None:
    for label in ("a", "b"):
        await BoxRepository(session).flush().create(label=label)
    assert routes == [True]
    await OTHERWISE[name](session)
    assert routes == [True]
    await session.commit()


async def test_other_work_of_the_session_is_flushed_with_it(
    session: AsyncSession, routes: list[bool]
) -> None:
    repo = BoxRepository(session).flush()
    box = await repo.create(label="a")
    box.weight = 5
    await repo.create(label="b")
    session.add(Box(label="c"))
    await repo.create(label="d")
    assert routes == []
    assert await repo.objects.order_by("label").values_list("label", "weight") == [
        ("a", 5),
        ("b", None),
        ("c", None),
        ("d", None),
    ]


@pytest.mark.parametrize("name", ["before_flush", "after_flush", "after_flush_postexec"])
async def test_listeners_of_the_session(session: AsyncSession, routes: list[bool], name: str) -> None:
    heard: list[Any] = []
    repo = BoxRepository(session).flush()
    await repo.create(label="a")
    event.listen(session.sync_session, name, lambda *_: heard.append(name))
    await repo.create(label="b")
    assert heard == [name]
    assert routes == []


async def test_a_listener_of_new_objects_hears(session: AsyncSession, routes: list[bool]) -> None:
    heard: list[Any] = []
    event.listen(session.sync_session, "pending_to_persistent", lambda _, obj: heard.append(obj.label))
    repo = BoxRepository(session).flush()
    for label in ("a", "b"):
        await repo.create(label=label)
    assert heard == ["a", "b"]
    assert routes == [True]


@pytest.mark.parametrize("name", ["before_insert", "after_insert"])
async def test_listeners_of_the_model(session: AsyncSession, routes: list[bool], name: str) -> None:
    heard: list[Any] = []

    def hear(_mapper: Any, _connection: Any, box: Box) -> None:
        heard.append(box.label)

    repo = BoxRepository(session).flush()
    event.listen(Box, name, hear)
    try:
        for label in ("a", "b"):
            await repo.create(label=label)
    finally:
        event.remove(Box, name, hear)
    assert heard == ["a", "b"]
    assert routes == []


async def test_a_session_class_with_a_flush_of_its_own(boxes: Database, routes: list[bool]) -> None:
    class Own(Session):
        def _flush(self, *given: Any, **options: Any) -> None:
            super()._flush(*given, **options)

    async with AsyncSession(boxes.engine, sync_session_class=Own) as session:
        for label in ("a", "b"):
            await BoxRepository(session).flush().create(label=label)
        assert routes == []
