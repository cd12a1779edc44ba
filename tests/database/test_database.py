"""`Database`: what it is made of, its sessions, and the tables it makes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, event, inspect, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from django_like_repos import Database
from tests.database.models import Base, BookRepository, Shelf, ShelfRepository


def table_names(connection: Any) -> set[str]:
    return set(inspect(connection).get_table_names())


async def tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return await connection.run_sync(table_names)


async def test_of_a_url_as_text(tmp_path: Path) -> None:
    async with Database(
        f"sqlite+aiosqlite:///{tmp_path}/x.sqlite3", echo=False, pool_pre_ping=True
    ) as database:
        assert isinstance(database.engine, AsyncEngine)
        assert database.engine.url.database == f"{tmp_path}/x.sqlite3"
        await database.create_all(Base.metadata)
    assert (tmp_path / "x.sqlite3").exists()


async def test_of_a_url(fresh_database: Database) -> None:
    url: URL = fresh_database.engine.url
    async with Database(url, pool_size=1) as database:
        await database.create_all(Base.metadata)
        assert await tables(fresh_database) == {"books", "shelves"}


async def test_of_an_engine(fresh_database: Database) -> None:
    engine = create_async_engine(fresh_database.engine.url)
    database = Database(engine)

    assert database.engine is engine
    await database.create_all(Base.metadata)
    async with database.session() as session:
        shelf = await ShelfRepository(session).commit().create(name="Проза")
        assert await ShelfRepository(session).objects.get(name__icontains="ПРО") is shelf
    await database.close()


async def test_options_go_with_a_url(fresh_database: Database) -> None:
    with pytest.raises(TypeError, match="engine options go with a URL"):
        Database(fresh_database.engine, echo=True)


@pytest.mark.parametrize("wrong", [None, 5, "", "no url"])
def test_of_what_is_neither(wrong: Any) -> None:
    with pytest.raises(Exception, match=r"[Uu][Rr][Ll]"):
        Database(wrong)


def test_a_password_is_not_shown() -> None:
    url = make_url("postgresql+asyncpg://me:secret@localhost/x")

    assert "secret" not in repr(Database(url))
    assert "localhost" in repr(Database(url))


async def test_tables_are_created_and_dropped(fresh_database: Database) -> None:
    await fresh_database.create_all(Base.metadata)
    assert await tables(fresh_database) == {"books", "shelves"}
    await fresh_database.create_all(Base)
    await fresh_database.drop_all(Base)
    assert await tables(fresh_database) == set()
    await fresh_database.drop_all(Base.metadata)


async def test_a_session_commits_nothing_by_itself(shelves: Database) -> None:
    async with shelves.session() as session:
        assert isinstance(session, AsyncSession)
        await ShelfRepository(session).flush().create(name="Новости")

    async with shelves.session() as session:
        assert await ShelfRepository(session).objects.count() == 2
        await ShelfRepository(session).create(name="Новости")
        await session.commit()
    async with shelves.session() as session:
        assert await ShelfRepository(session).objects.count() == 3


async def test_a_session_rolls_back_what_fails(shelves: Database) -> None:
    async def fail() -> None:
        async with shelves.session() as session:
            await ShelfRepository(session).flush().create(name="Новости")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await fail()
    async with shelves.session() as session:
        assert await ShelfRepository(session).objects.count() == 2


async def test_a_session_gives_its_connection_back(shelves: Database) -> None:
    async with shelves.session() as session:
        await ShelfRepository(session).objects.count()
        assert shelves.engine.pool.checkedout() == 1  # type: ignore[attr-defined]
    assert shelves.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_objects_stay_readable_after_a_commit(shelves: Database) -> None:
    async with shelves.session() as session:
        shelf = await ShelfRepository(session).objects.get(id=1)
        await session.commit()
        assert inspect(shelf).expired_attributes == set()
    assert shelf.name == "Проза"


async def test_sessions_of_the_factory(shelves: Database) -> None:
    async with shelves.session_factory() as session, session.begin():
        await ShelfRepository(session).create(name="Новости")

    async with shelves.session() as session:
        assert await ShelfRepository(session).objects.count() == 3


async def test_foreign_keys_are_enforced(shelves: Database) -> None:
    async with shelves.session() as session:
        with pytest.raises(IntegrityError):
            await BookRepository(session).commit().create(title="x", shelf_id=77)


async def test_every_alphabet_folds(shelves: Database) -> None:
    async with shelves.session() as session:
        names = ShelfRepository(session).objects.values_list("name", flat=True)
        assert await names.filter(name__icontains="РОЗ") == ["Проза"]
        assert await names.filter(name__iexact="ПРОЗА") == ["Проза"]
        assert await names.filter(name__istartswith="POÉ") == ["Poésie"]
        assert await names.filter(name__iendswith="ÉSIE") == ["Poésie"]
        assert await names.filter(name__contains="роз") == ["Проза"]
        assert await names.filter(name__contains="РОЗ") == []
        assert await session.scalar(text("SELECT lower('ÄÖ') || upper('äö')")) == "äöÄÖ"
        assert await session.scalar(text("SELECT lower(NULL)")) is None


async def test_what_a_savepoint_kept_is_rolled_back_with_the_rest(shelves: Database) -> None:
    async with shelves.session() as session:
        await ShelfRepository(session).objects.count()
        async with session.begin_nested():
            await ShelfRepository(session).create(name="Новости")
        await session.rollback()

    async with shelves.session() as session:
        assert await ShelfRepository(session).objects.filter(name="Новости").count() == 0


async def test_a_savepoint_that_fails_takes_only_its_own(shelves: Database) -> None:
    async with shelves.session() as session:
        repo = ShelfRepository(session).flush()
        await repo.create(name="before")

        async def fail() -> None:
            async with session.begin_nested():
                await repo.create(name="within")
                await repo.create(name="Проза")

        with pytest.raises(IntegrityError):
            await fail()
        await repo.create(name="after")
        await session.commit()

    async with shelves.session() as session:
        names = await ShelfRepository(session).objects.filter(id__gt=2).values_list("name", flat=True)
        assert sorted(names) == ["after", "before"]


async def test_a_second_database_on_one_engine(shelves: Database) -> None:
    """What is set up twice must still work."""
    again = Database(shelves.engine)
    async with again.session() as session:
        assert await ShelfRepository(session).objects.filter(name__icontains="ПРО").count() == 1
        await session.rollback()
        assert await ShelfRepository(session).objects.order_by("id").values_list("id", flat=True) == [1, 2]


async def test_closing_lets_it_be_used_again(shelves: Database) -> None:
    await shelves.close()

    async with shelves.session() as session:
        assert isinstance(await ShelfRepository(session).get_by_pk(1), Shelf)


async def test_closing_closes_what_is_in_use_when_it_comes_back(shelves: Database) -> None:
    """Its pool is not the engine's any more, and nothing would ever close it there."""
    closed: list[object] = []
    async with shelves.session() as session:
        await ShelfRepository(session).objects.count()
        event.listen(shelves.engine.sync_engine, "close", lambda *of: closed.append(of))
        await shelves.close()
        assert await ShelfRepository(session).objects.count() == 2
        assert closed == []
    assert len(closed) == 1


async def test_cancelled_while_it_is_made_a_connection_is_ended(fresh_database: Database) -> None:
    """By SQLAlchemy before 2.0.56 it would be left to garbage collection, and its thread with it."""
    made: list[Any] = []

    def cancel(connection: Any, _record: object) -> None:
        made.append(connection)
        raise asyncio.CancelledError

    async with Database(fresh_database.engine.url) as database:
        event.listen(database.engine.sync_engine, "connect", cancel)
        with pytest.raises(asyncio.CancelledError):
            async with database.session() as session:
                await session.execute(text("SELECT 1"))
        pool: Any = database.engine.pool
        assert pool.checkedout() == 0
        event.remove(database.engine.sync_engine, "connect", cancel)
        async with database.session() as session:
            assert await session.scalar(text("SELECT 1")) == 1
    (connection,) = made
    driver = connection.driver_connection
    assert driver.is_closed() if database.engine.dialect.name == "postgresql" else driver._connection is None
