"""Sessions that a user made in other ways, sessions that several tasks use, and none at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, func
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)

from django_like_repos import Database, QuerySet, RolledBackError, UnsupportedOperationError
from tests.database.models import Base, Book, BookRepository, Shelf, ShelfRepository

Operation = Callable[[ShelfRepository], Awaitable[Any]]


async def titles(repo: ShelfRepository) -> list[str]:
    return await repo.objects.order_by("id").values_list("name", flat=True)


# Whose session it is.


async def test_a_session_made_alone(shelves: Database) -> None:
    engine = create_async_engine(shelves.engine.url)
    async with AsyncSession(engine) as session:
        shelf = await ShelfRepository(session).flush().create(name="Новости")
        assert await ShelfRepository(session).objects.filter(id=shelf.id).update(name="Вести") is not None
        await session.commit()
    async with AsyncSession(engine) as session:
        assert await titles(ShelfRepository(session)) == ["Проза", "Poésie", "Вести"]
    await engine.dispose()


async def test_a_session_that_begins_its_transaction(shelves: Database) -> None:
    async with shelves.session_factory.begin() as session:
        await ShelfRepository(session).create(name="Новости")

    async with shelves.session() as session:
        assert await ShelfRepository(session).objects.count() == 3


async def test_a_session_without_autobegin_says_so_itself(shelves: Database) -> None:
    async with AsyncSession(shelves.engine, autobegin=False) as session:
        with pytest.raises(InvalidRequestError, match=r"[Aa]utobegin"):
            await ShelfRepository(session).objects.count()
        await session.begin()
        assert await ShelfRepository(session).objects.count() == 2


async def test_a_session_bound_to_a_connection(shelves: Database) -> None:
    async with shelves.engine.connect() as connection:
        await connection.begin()
        async with AsyncSession(connection, join_transaction_mode="create_savepoint") as session:
            repo = ShelfRepository(session)
            await repo.commit().create(name="Новости")
            assert await repo.objects.filter(name__icontains="НОВ").exists()
            assert (await repo.objects.commit().filter(id=1).update(name="Стихи")).rowcount == 1
        await connection.rollback()

    async with shelves.session() as session:
        assert await titles(ShelfRepository(session)) == ["Проза", "Poésie"]


async def test_a_database_for_each_model(shelves: Database) -> None:
    """The plan and the dialect are those of the engine that the session asks for the model."""
    async with Database("sqlite+aiosqlite://") as books:
        await books.create_all(Base.metadata)
        sessions = async_sessionmaker(binds={Shelf: shelves.engine, Book: books.engine})
        async with books.session() as session:
            await ShelfRepository(session).commit().create(id=1, name="for the foreign key")
        async with sessions() as session:
            shelf, book = ShelfRepository(session), BookRepository(session)
            await book.flush().create(title="Идиот", shelf_id=1)
            assert await shelf.objects.filter(id__in=[1, 2], name__icontains="роз").count() == 1
            assert await book.objects.filter(id__in=[1, 2], title__icontains="ИДИ").count() == 1
            assert ("ANY" in str(shelf.objects.filter(id__in=[1]).query)) == (
                shelves.engine.dialect.name == "postgresql"
            )
            assert "ANY" not in str(book.objects.filter(id__in=[1]).query)


async def test_a_scoped_session(shelves: Database) -> None:
    scoped = async_scoped_session(shelves.session_factory, scopefunc=asyncio.current_task)
    assert await titles(ShelfRepository(scoped())) == ["Проза", "Poésie"]
    await scoped.remove()


async def test_no_session() -> None:
    queryset = QuerySet(Shelf).filter(name="x")

    assert "WHERE shelves.name = 'x'" in queryset.sql()
    for work in (queryset.count, queryset.delete, queryset.first):
        with pytest.raises(UnsupportedOperationError, match="no session"):
            await work()
    with pytest.raises(UnsupportedOperationError, match="no session"):
        await queryset


async def test_a_closed_session_of_a_user_begins_anew(shelves: Database) -> None:
    """As SQLAlchemy's own do."""
    async with AsyncSession(shelves.engine) as session:
        repo = ShelfRepository(session)
        await repo.objects.count()
    assert await repo.objects.count() == 2
    await session.close()


# One session, several tasks.

OPERATIONS: dict[str, Operation] = {
    "fetch": titles,
    "count": lambda repo: repo.objects.count(),
    "exists": lambda repo: repo.objects.exists(),
    "get": lambda repo: repo.objects.get(id=1),
    "first": lambda repo: repo.objects.first(),
    "in_bulk": lambda repo: repo.objects.in_bulk(),
    "get_by_pk": lambda repo: repo.get_by_pk(1),
    "create": lambda repo: repo.flush().create(name="x"),
    "bulk_create": lambda repo: repo.flush().bulk_create([{"name": "x"}]),
    "get_or_create": lambda repo: repo.objects.get_or_create(name="x"),
    "update_or_create": lambda repo: repo.objects.update_or_create(name="x"),
    "update": lambda repo: repo.objects.filter(id=1).update(name="x"),
    "delete": lambda repo: repo.objects.filter(id=77).delete(),
}


async def test_a_second_task_is_refused_every_time(shelves: Database) -> None:
    async with shelves.session() as session:
        for name, operation in OPERATIONS.items():
            first, *others = await asyncio.gather(
                titles(ShelfRepository(session)),
                operation(ShelfRepository(session)),
                operation(ShelfRepository(session)),
                return_exceptions=True,
            )
            assert first == ["Проза", "Poésie"], name
            for refused in others:
                assert isinstance(refused, UnsupportedOperationError), name
                assert "one task at a time" in str(refused)
            assert await titles(ShelfRepository(session)) == ["Проза", "Poésie"], name


async def test_a_failing_query_lets_others_follow(shelves: Database) -> None:
    async with shelves.session() as session:
        with pytest.raises(Exception, match="no_such_function"):
            await ShelfRepository(session).objects.filter(func.no_such_function() == 1).count()
        await session.rollback()
        assert await ShelfRepository(session).objects.count() == 2


async def test_sessions_of_their_own_run_at_once(shelves: Database) -> None:
    async def count() -> int:
        async with shelves.session() as session:
            return await ShelfRepository(session).objects.count()

    assert await asyncio.gather(*(count() for _ in range(4))) == [2, 2, 2, 2]


async def test_tasks_that_take_turns(shelves: Database) -> None:
    async with shelves.session() as session:
        lock = asyncio.Lock()

        async def count() -> int:
            async with lock:
                return await ShelfRepository(session).objects.count()

        assert await asyncio.gather(*(count() for _ in range(4))) == [2, 2, 2, 2]


async def test_a_cancelled_query(shelves: Database) -> None:
    """Its connection is given up, as SQLAlchemy does; the session goes on after a rollback."""
    async with shelves.session() as session:
        repo = ShelfRepository(session)
        await repo.objects.count()
        sent = asyncio.Event()
        event.listen(shelves.engine.sync_engine, "before_cursor_execute", lambda *_: sent.set(), once=True)
        task = asyncio.create_task(repo.objects.count())
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        with pytest.raises(
            RolledBackError, match=r"lost, in a query that was cancelled .* session\.rollback"
        ):
            await session.commit()
        await session.rollback()
        assert await repo.objects.count() == 2
