"""Sessions that end while a task still runs a query in them: no connection is lost, a clear error is told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, UnsupportedOperationError, session_dependency
from tests.database.models import BookRepository, Shelf, ShelfRepository
from tests.database.test_fastapi import client_of

POOL = 10
BLOCKING = threading.Event()
"""Set, it lets SQLite's blocking function go on."""
STRAY: set[asyncio.Task[Any]] = set()
RequestSession = Annotated[AsyncSession, Depends(session_dependency, scope="function")]


@pytest.fixture
async def pooled(shelves: Database) -> AsyncIterator[Database]:
    """The shelves by a small pool, which whoever loses a connection soon empties."""
    url = shelves.engine.url
    async with Database(url, pool_size=POOL, max_overflow=0, pool_timeout=10, patience=60) as database:
        yield database


@pytest.fixture
async def impatient(shelves: Database) -> AsyncIterator[Database]:
    """The same, where no query has much time."""
    async with Database(shelves.engine.url, pool_size=POOL, max_overflow=0, patience=0.2) as database:
        yield database


def out(database: Database) -> int:
    """Connections that were not given back."""
    pool: Any = database.engine.pool
    checked_out: int = pool.checkedout()
    return checked_out


async def idle_in_transaction(database: Database) -> int:
    if database.engine.dialect.name == "sqlite":
        return 0
    async with database.engine.connect() as connection:
        idle = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state = 'idle in transaction' AND pid != pg_backend_pid()"
            )
        )
    return int(idle)


# Tasks of an endpoint.

app = FastAPI()


@app.exception_handler(UnsupportedOperationError)
async def _tell(request: Request, error: UnsupportedOperationError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=500)


@app.get("/gathered")
async def gathered(shelves: ShelfRepository = Depends(), books: BookRepository = Depends()) -> list[int]:
    return list(await asyncio.gather(shelves.objects.count(), books.objects.count()))


@app.get("/stray")
async def stray(shelves: ShelfRepository = Depends()) -> str:
    """A task that nobody awaits, and that is at its query when the endpoint returns."""
    STRAY.add(asyncio.create_task(shelves.objects.count()))
    await asyncio.sleep(0)
    return "answered"


@app.get("/stray-write")
async def stray_write(shelves: ShelfRepository = Depends()) -> str:
    STRAY.add(asyncio.create_task(shelves.flush().create(name="stray")))
    await asyncio.sleep(0)
    return "answered"


@app.get("/grouped")
async def grouped(shelves: ShelfRepository = Depends()) -> str:
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(shelves.objects.count())
    return "answered"


@app.get("/gathered-statements")
async def gathered_statements(own: RequestSession) -> None:
    """Without a repository: what SQLAlchemy's session sends itself."""
    await asyncio.gather(own.scalar(select(Shelf.id)), own.scalars(select(Shelf)))


@app.get("/stray-statement")
async def stray_statement(own: RequestSession) -> str:
    STRAY.add(asyncio.create_task(own.scalar(select(func.count(Shelf.id)))))
    await asyncio.sleep(0)
    return "answered"


@app.get("/count")
async def count(shelves: ShelfRepository = Depends()) -> int:
    return await shelves.objects.count()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/gathered", 500),
        ("/stray", 200),
        ("/grouped", 500),
        ("/gathered-statements", 500),
        ("/stray-statement", 200),
    ],
)
async def test_no_request_keeps_its_connection(pooled: Database, path: str, status: int) -> None:
    app.state.database = pooled
    async with client_of(app) as client:
        answers = [await client.get(path) for _ in range(POOL + 2)]
        answers += await asyncio.gather(*(client.get(path) for _ in range(POOL)))
        assert {answer.status_code for answer in answers} == {status}
        if path.startswith("/gathered"):
            assert all("one task at a time" in answer.json()["detail"] for answer in answers)
        assert (await client.get("/count")).json() == 2
    assert out(pooled) == 0
    assert await idle_in_transaction(pooled) == 0
    assert {task.result() for task in STRAY} <= {2}
    STRAY.clear()


async def test_what_a_stray_task_wrote_is_committed(pooled: Database) -> None:
    app.state.database = pooled
    async with client_of(app) as client:
        assert (await client.get("/stray-write")).status_code == 200
        assert (await client.get("/count")).json() == 3
    STRAY.clear()


# Sessions of a Database.


async def block(repo: ShelfRepository) -> Any:
    """A query that takes longer than anyone waits."""
    engine = repo._session.get_bind()
    forever = func.pg_sleep(60) if engine.dialect.name == "postgresql" else func.block()
    return await repo.objects.filter(forever.is_(None)).count()


def _blocking(database: Database) -> None:
    """SQLite's thread cannot be told to stop: its query ends only after the patience with it has."""
    BLOCKING.clear()
    asyncio.get_running_loop().call_later(0.6, BLOCKING.set)
    if database.engine.dialect.name == "sqlite":

        def add(connection: Any, _record: object) -> None:
            connection.create_function("block", 0, lambda: BLOCKING.wait() and None)

        event.listen(database.engine.sync_engine, "connect", add)


Ended = Callable[[Database], Awaitable[None]]


async def _gather(database: Database) -> None:
    async with database.session() as session:
        repo = ShelfRepository(session)
        await asyncio.gather(repo.objects.count(), repo.objects.count())


async def _by_factory(database: Database) -> None:
    async with database.session_factory() as session:
        repo = ShelfRepository(session)
        await asyncio.gather(repo.objects.first(), repo.objects.exists(), repo.objects.count())


async def _closed_by_hand(database: Database) -> None:
    session = database.session_factory()
    repo = ShelfRepository(session)
    try:
        await asyncio.gather(repo.objects.filter(id=1).update(name="x"), repo.objects.filter(id=2).delete())
    finally:
        await session.close()


async def _of_sqlalchemy(database: Database) -> None:
    async with database.session() as session:
        shelf = await session.get_one(Shelf, 1)
        await asyncio.gather(session.refresh(shelf), session.scalars(select(Shelf)))


@pytest.mark.parametrize("end", [_gather, _by_factory, _closed_by_hand, _of_sqlalchemy])
async def test_the_clear_error_is_the_one_that_is_raised(pooled: Database, end: Ended) -> None:
    for _ in range(POOL + 1):
        with pytest.raises(UnsupportedOperationError, match="one task at a time") as raised:
            await end(pooled)
        assert raised.value.__cause__ is None
    assert out(pooled) == 0
    async with pooled.session() as session:
        assert await ShelfRepository(session).objects.count() == 2


async def test_what_takes_too_long_is_cancelled(impatient: Database) -> None:
    _blocking(impatient)
    async with impatient.session() as session:
        task = asyncio.create_task(block(ShelfRepository(session)))
        await asyncio.sleep(0)
    assert task.cancelled()
    assert out(impatient) == 0
    async with impatient.session() as session:
        assert await ShelfRepository(session).objects.count() == 2


async def test_cancelled_while_it_waits(impatient: Database) -> None:
    """Whoever closes is cancelled himself, as an endpoint is whose client has gone: the session is closed."""
    _blocking(impatient)
    started = asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []

    async def handler() -> None:
        async with impatient.session() as session:
            tasks.append(asyncio.create_task(block(ShelfRepository(session))))
            await asyncio.sleep(0)
            started.set()

    closing = asyncio.create_task(handler())
    await started.wait()
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await asyncio.wait(tasks)
    assert tasks[0].cancelled()
    # What closes goes on in a task of SQLAlchemy's.
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 10)
    assert out(impatient) == 0
    assert await idle_in_transaction(impatient) == 0


async def test_nobody_begins_while_it_is_closed(pooled: Database) -> None:
    """A task that asks while the session is being closed is refused, as beside any other operation."""
    refused: list[Exception] = []

    async def ask(repo: ShelfRepository) -> None:
        try:
            await repo.objects.count()
        except UnsupportedOperationError as error:
            refused.append(error)

    async with pooled.session() as session:
        repo = ShelfRepository(session)
        await repo.objects.count()
        closing = asyncio.create_task(session.close())
        await asyncio.sleep(0)
        await ask(repo)
        await closing
    assert len(refused) == 1
    assert out(pooled) == 0


async def test_a_session_is_closed_by_the_task_that_uses_it(pooled: Database) -> None:
    async with pooled.session() as session:
        repo = ShelfRepository(session)
        assert await repo.objects.count() == 2
        await session.close()
        await session.close()
    assert out(pooled) == 0


# The ends of transactions.


async def _in_a_transaction(database: Database) -> None:
    async with database.session() as session, session.begin():
        await two_at_once(session)


async def _in_a_transaction_of_the_factory(database: Database) -> None:
    async with database.session_factory.begin() as session:
        await two_at_once(session)


async def _in_a_savepoint(database: Database) -> None:
    async with database.session() as session, session.begin_nested():
        await two_at_once(session)


async def _rolled_back_by_hand(database: Database) -> None:
    async with database.session() as session:
        try:
            await two_at_once(session)
        except UnsupportedOperationError:
            await session.rollback()
            raise


async def two_at_once(session: AsyncSession) -> None:
    repo = ShelfRepository(session)
    await repo.objects.count()
    await asyncio.gather(repo.objects.count(), repo.objects.count())


@pytest.mark.parametrize(
    "end",
    [_in_a_transaction, _in_a_transaction_of_the_factory, _in_a_savepoint, _rolled_back_by_hand],
)
async def test_a_transaction_ends_after_its_queries(pooled: Database, end: Ended) -> None:
    """Ended under one, the connection would go back to the pool within a transaction."""
    for _ in range(POOL + 1):
        with pytest.raises(UnsupportedOperationError, match="one task at a time"):
            await end(pooled)
    assert out(pooled) == 0
    assert await idle_in_transaction(pooled) == 0
    async with pooled.session() as session:
        assert await ShelfRepository(session).objects.count() == 2


async def test_a_commit_waits_for_a_stray_write(pooled: Database) -> None:
    async with pooled.session() as session:
        task = asyncio.create_task(ShelfRepository(session).flush().create(name="stray"))
        await asyncio.sleep(0)
        await session.commit()
        await task
    async with pooled.session() as session:
        assert await ShelfRepository(session).objects.count() == 3


async def test_patience_is_for_all_that_a_task_asks(impatient: Database) -> None:
    async def poll(repo: ShelfRepository) -> None:
        while True:
            await repo.objects.count()

    async with impatient.session() as session:
        task = asyncio.create_task(poll(ShelfRepository(session)))
        await asyncio.sleep(0)
    await asyncio.wait([task])
    assert task.cancelled()
    assert out(impatient) == 0
