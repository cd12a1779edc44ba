"""Writers of one SQLite file: each waits for its turn, in the order of their coming, and nobody for ever."""

import asyncio
import gc
import pickle
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from django_like_repos import Database, DatabaseLockedError, F, RepositoryError
from tests.faults.sqlite_counters import (
    Base,
    Counter,
    CounterRepository,
    Figures,
    add,
    counted,
    counters,
    has_come,
    names,
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with counters(url) as database:
        yield database


async def count_up(session: AsyncSession) -> None:
    counter = CounterRepository(session).objects.filter(id=1)
    assert await counter.exists()
    await counter.update(n=F("n") + 1)
    await session.commit()


async def lock_and_count_up(session: AsyncSession) -> None:
    counter = await session.scalar(select(Counter).where(Counter.id == 1).with_for_update())
    assert counter is not None
    counter.n += 1
    await session.commit()


Work = Callable[[AsyncSession], Coroutine[Any, Any, None]]


@pytest.mark.parametrize("pool", [5, 50])
@pytest.mark.parametrize("work", [count_up, lock_and_count_up])
@pytest.mark.parametrize("whose", ["ours", "the user's engine"])
async def test_fifty_tasks_that_read_and_then_write(
    url: str, database: Database, pool: int, work: Work, whose: str
) -> None:
    figures = Figures()
    racing = Database(url, pool_size=pool)
    if whose != "ours":
        racing = Database(create_async_engine(url, pool_size=pool))
    async with racing:

        async def one() -> None:
            async with racing.session() as session:
                await work(session)

        await figures.run([one] * 50)
    figures.show(f"50 tasks, {work.__name__}, {whose}, pool of {pool}")
    assert not figures.errors
    assert await counted(database) == 50


async def test_two_hundred_requests(database: Database) -> None:
    app = FastAPI()
    app.state.database = database

    @app.post("/")
    async def post(name: str, repo: Annotated[CounterRepository, Depends()]) -> str:
        assert await repo.objects.filter(id=1).exists()
        await repo.objects.filter(id=1).update(n=F("n") + 1)
        _, created = await repo.objects.get_or_create(name=name)
        return "new" if created else "old"

    figures = Figures()
    answers: list[str] = []
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:

        def request(number: int) -> Callable[[], Coroutine[Any, Any, None]]:
            async def one() -> None:
                response = await client.post("/", params={"name": f"n{number // 2}"})
                assert response.status_code == 200, response.text
                answers.append(response.json())

            return one

        await figures.run([request(number) for number in range(200)])
    figures.show("200 requests that read and then write")
    assert not figures.errors
    assert await counted(database) == 200
    assert (answers.count("new"), answers.count("old")) == (100, 100)
    assert len(await names(database)) == 101


async def test_the_order_is_that_of_arrival(url: str, database: Database) -> None:
    """Of two `Database` of one file too."""
    async with Database(url) as other:
        async with database.session() as first:
            await CounterRepository(first).flush().create(name="first")
            waiting = []
            for number in range(10):
                whose = (database, other)[number % 2]

                async def one(whose: Database = whose, number: int = number) -> None:
                    async with whose.session() as session:
                        await add(session, f"{number}")

                waiting.append(await has_come(whose, one()))
            assert not any(task.done() for task in waiting)
            # Who reads waits for nobody.
            assert await names(other) == ["one"]
            await first.commit()
        await asyncio.gather(*waiting)
    assert await names(database) == ["one", "first", *map(str, range(10))]


@pytest.mark.parametrize(
    "way", ["rolled back", "committed", "closed", "cancelled", "failed", "dropped", "text"]
)
async def test_the_lock_is_given_back(database: Database, way: str) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.session() as session:
            await CounterRepository(session).flush().create(name="first")
            begun.set()
            await go.wait()
            if way == "rolled back":
                await session.rollback()
            elif way == "committed":
                await session.commit()
            elif way == "failed":
                await session.execute(text("SELECT nothing FROM nowhere"))
            elif way == "text":
                await session.execute(text("COMMIT"))

    async def one() -> None:
        async with database.session() as session:
            await add(session, "next")

    if way == "dropped":
        session = database.session_factory()
        await CounterRepository(session).flush().create(name="first")
        waiting = await has_come(database, one())
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            del session
            gc.collect()
        await waiting
    else:
        holding = asyncio.create_task(hold())
        await begun.wait()
        waiting = await has_come(database, one())
        if way == "cancelled":
            holding.cancel()
        go.set()
        await waiting
        await asyncio.gather(holding, return_exceptions=True)
    kept = way in ("committed", "text")
    assert await names(database) == ["one", *(["first"] if kept else []), "next"]


async def test_a_commit_as_text_lets_the_next_write(database: Database) -> None:
    async with database.session() as first:
        await CounterRepository(first).flush().create(name="first")
        await first.execute(text("COMMIT"))
        async with database.session() as second:
            await add(second, "second")
            # The first comes after it.
            await add(first, "third")
    assert await names(database) == ["one", "first", "second", "third"]


async def test_who_is_cancelled_in_line_leaves_it(database: Database) -> None:
    async with database.session() as first:
        await CounterRepository(first).flush().create(name="first")

        async def one(name: str) -> None:
            async with database.session() as session:
                await add(session, name)

        waiting = [await has_come(database, one(str(number))) for number in range(4)]
        for number in (0, 2):
            waiting[number].cancel()
        results = await asyncio.gather(waiting[0], waiting[2], return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError] * 2
        # One more, at the very moment in which it is its turn; it may have had that already.
        await first.commit()
        waiting[1].cancel()
    await asyncio.wait([waiting[1]])
    await waiting[3]
    found = await names(database)
    # Cancelled in its commit, it may have been kept.
    kept = [name for name in found if name == "1"]
    assert kept == ["1"] or (kept == [] and waiting[1].cancelled())
    assert found == ["one", "first", *kept, "3"]


async def test_a_task_that_waits_for_itself(database: Database) -> None:
    async with database.session() as first, database.session() as second:
        await CounterRepository(first).flush().create(name="first")
        await second.execute(text("PRAGMA busy_timeout = 1"))
        with pytest.raises(DatabaseLockedError) as refused:
            await CounterRepository(second).flush().create(name="second")
        assert str(refused.value).startswith(
            "database is locked: another session has written, by this very task, which so waits for itself, "
            "and did not end its transaction for 0.001 s: commit, roll back or close it sooner "
            "(PRAGMA busy_timeout says how long a writer waits)\n[SQL: INSERT INTO counters"
        )
        assert isinstance(refused.value, RepositoryError)
        assert isinstance(refused.value, OperationalError)
        again = pickle.loads(pickle.dumps(refused.value))
        assert (type(again), str(again)) == (DatabaseLockedError, str(refused.value))
        await second.rollback()
        await first.commit()
        await add(second, "second")
        await second.execute(text("PRAGMA busy_timeout = 5000"))
    assert await names(database) == ["one", "first", "second"]


async def test_a_writer_elsewhere(url: str, database: Database) -> None:
    """Another process has the lock, or as here an engine that stands in no line."""
    elsewhere = create_async_engine(url)
    async with elsewhere.connect() as connection, database.session() as session:
        await connection.execute(text("UPDATE counters SET n = 7"))
        await session.execute(text("PRAGMA busy_timeout = 1"))
        with pytest.raises(
            DatabaseLockedError, match="another process, or another event loop, has kept the write lock"
        ):
            await add(session, "second")
        await session.rollback()
        # The line is free again.
        await connection.rollback()
        await add(session, "second")
        await session.execute(text("PRAGMA busy_timeout = 5000"))
    await elsewhere.dispose()
    assert await names(database) == ["one", "second"]


async def test_who_has_read_what_another_has_changed(database: Database) -> None:
    async with database.session() as reader, database.session() as writer:
        await reader.execute(text("BEGIN"))
        assert await CounterRepository(reader).objects.count() == 1
        await add(writer, "second")
        with pytest.raises(
            DatabaseLockedError, match="this transaction has read already, and another has written"
        ) as (refused):
            await count_up(reader)
        assert "SQLITE_BUSY_SNAPSHOT" in str(refused.value)
        # The ways out that it names.
        await reader.rollback()
        await count_up(reader)
        async with reader.begin_nested():
            await count_twice(reader, writer)
        await reader.commit()
    assert await counted(database) == 2


async def test_who_streams_what_another_has_changed(database: Database) -> None:
    async with database.session() as reader, database.session() as writer:
        stream = await reader.stream(text("SELECT 1 UNION ALL SELECT n FROM counters"))
        assert await stream.fetchone()
        await add(writer, "second")
        with pytest.raises(DatabaseLockedError, match="SQLITE_BUSY_SNAPSHOT"):
            await count_up(reader)
        # The line is free already.
        await add(writer, "third")
        await stream.close()
        await reader.rollback()
        await count_up(reader)
    assert await counted(database) == 1


async def count_twice(reader: AsyncSession, writer: AsyncSession) -> None:
    assert await CounterRepository(reader).objects.count() == 2
    await CounterRepository(reader).objects.filter(id=1).update(n=F("n") + 1)


async def test_other_loops_wait_by_the_busy_timeout(url: str, database: Database) -> None:
    errors: list[BaseException] = []

    async def elsewhere() -> None:
        async with Database(url) as own:

            async def one() -> None:
                async with own.session() as session:
                    await count_up(session)

            await asyncio.gather(*(one() for _ in range(10)))

    def run() -> None:
        try:
            asyncio.run(elsewhere())
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    await elsewhere()
    await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in threads))
    assert not errors
    assert await counted(database) == 40


# The driver's thread may find the loop closed to which it wants to answer.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_loop_that_ended_with_the_lock(url: str, database: Database) -> None:
    """It is a closed connection's, so nobody's, once that is collected."""

    async def forget() -> None:
        other = Database(url)
        session = other.session_factory()
        await CounterRepository(session).flush().create(name="lost")
        await (await session.connection()).invalidate()

    def run() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asyncio.run(forget())
            gc.collect()

    await asyncio.to_thread(run)
    async with database.session() as session:
        await add(session, "next")
    assert await names(database) == ["one", "next"]


@pytest.mark.parametrize("work", ["create", "update", "get_or_create", "bulk_create"])
async def test_autocommit_means_it(url: str, database: Database, work: str) -> None:
    async with Database(url, isolation_level="AUTOCOMMIT") as other, other.session() as session:
        repo = CounterRepository(session)
        if work == "create":
            await repo.flush().create(name="second")
        elif work == "update":
            await repo.objects.filter(id=1).update(name="second")
        elif work == "get_or_create":
            await repo.objects.get_or_create(name="second")
        else:
            await repo.flush().bulk_create([Counter(name="second")])
        assert not (await session.connection()).sync_connection.connection.driver_connection.in_transaction  # type: ignore[union-attr]
        # Nothing holds the lock, and nothing is undone.
        async with database.session() as third:
            await add(third, "third")
        await session.rollback()
    assert await names(database) == (["second", "third"] if work == "update" else ["one", "second", "third"])


async def test_in_memory_each_database_is_its_own() -> None:
    async with Database("sqlite+aiosqlite://") as one, Database("sqlite+aiosqlite://") as other:
        for database in (one, other):
            await database.create_all(Base)
        async with one.session() as first, other.session() as second:
            await CounterRepository(first).flush().create(name="a")
            await CounterRepository(second).flush().create(name="b")
            await second.commit()
            await first.commit()
        assert (await names(one), await names(other)) == (["a"], ["b"])
