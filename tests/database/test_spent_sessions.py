"""Sessions that take no more: those that are closed, those whose commit was cancelled, and savepoints."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse
from httpx import ASGITransport, AsyncClient
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, UnsupportedOperationError, session_dependency
from tests.database.models import Shelf, ShelfRepository

Operation = Callable[[AsyncSession], Awaitable[Any]]
RequestSession = Annotated[AsyncSession, Depends(session_dependency, scope="function")]


def out(database: Database) -> int:
    pool: Any = database.engine.pool
    checked_out: int = pool.checkedout()
    return checked_out


async def stored(database: Database) -> list[str]:
    async with database.session() as session:
        return await ShelfRepository(session).objects.order_by("id").values_list("name", flat=True)


# Closed.

OPERATIONS: dict[str, Operation] = {
    "fetch": lambda session: ShelfRepository(session).objects.first(),
    "create": lambda session: ShelfRepository(session).create(name="lost"),
    "get": lambda session: ShelfRepository(session).get_by_pk(1),
    "update": lambda session: ShelfRepository(session).objects.commit().update(name="lost"),
    "execute": lambda session: session.execute(select(Shelf)),
    "scalars": lambda session: session.scalars(select(Shelf)),
    "get of SQLAlchemy": lambda session: session.get(Shelf, 1),
    "connection": lambda session: session.connection(),
    "begin": lambda session: session.begin().start(),
    "begin_nested": lambda session: session.begin_nested().start(),
    "commit": lambda session: session.commit(),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_a_closed_session_says_what_to_use(shelves: Database, operation: Operation) -> None:
    async with shelves.session() as session:
        assert await ShelfRepository(session).objects.count() == 2
    with pytest.raises(UnsupportedOperationError, match=r"this session is closed.*database\.session\(\)"):
        await operation(session)
    await session.rollback()
    await session.close()
    assert out(shelves) == 0
    assert await stored(shelves) == ["Проза", "Poésie"]


async def test_a_session_that_is_reset_goes_on(shelves: Database) -> None:
    """What SQLAlchemy has for who wants to use a session again."""
    async with shelves.session() as session:
        repo = ShelfRepository(session)
        await repo.flush().create(name="undone")
        await session.reset()
        assert await repo.objects.count() == 2


# What outlives an endpoint.

app = FastAPI()
REFUSED: list[Exception] = []


async def _tell(work: Awaitable[Any]) -> None:
    try:
        await work
    except UnsupportedOperationError as error:
        REFUSED.append(error)


@app.post("/background")
async def background(tasks: BackgroundTasks, shelves: ShelfRepository = Depends()) -> str:
    async def later() -> None:
        await _tell(shelves.commit().create(name="lost"))

    tasks.add_task(later)
    return "answered"


@app.post("/task")
async def task(tasks: BackgroundTasks, own: RequestSession) -> str:
    async def later() -> None:
        await _tell(own.scalar(select(Shelf.id)))

    tasks.add_task(later)
    return "answered"


@app.post("/streamed")
async def streamed(shelves: ShelfRepository = Depends()) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        await _tell(shelves.objects.count())
        yield "answered"

    return StreamingResponse(lines())


@app.post("/yielded")
async def yielded(shelves: ShelfRepository = Depends()) -> AsyncIterator[str]:
    await _tell(shelves.create(name="lost"))
    yield "answered"


@app.post("/yielded-own")
async def yielded_own() -> AsyncIterator[str]:
    """What the documentation says to use."""
    database: Database = app.state.database
    async with database.session() as session:
        await ShelfRepository(session).commit().create(name="kept")
        yield "answered"


@pytest.mark.parametrize("path", ["/background", "/task", "/streamed", "/yielded"])
async def test_what_outlives_an_endpoint_is_told(shelves: Database, path: str) -> None:
    app.state.database = shelves
    REFUSED.clear()
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        response = await client.post(path)
    assert "answered" in response.text
    (error,) = REFUSED
    assert "endpoints that yield take one of their own" in str(error)
    assert out(shelves) == 0
    assert await stored(shelves) == ["Проза", "Poésie"]


async def test_an_endpoint_that_yields_with_a_session_of_its_own(shelves: Database) -> None:
    app.state.database = shelves
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        assert "answered" in (await client.post("/yielded-own")).text
    assert await stored(shelves) == ["Проза", "Poésie", "kept"]


# Savepoints.


@pytest.mark.parametrize(
    "commit",
    [
        lambda session: session.commit(),
        lambda session: ShelfRepository(session).commit().create(name="within"),
        lambda session: ShelfRepository(session).objects.commit().filter(id=1).update(name="within"),
    ],
)
async def test_a_commit_within_a_savepoint_is_refused(shelves: Database, commit: Operation) -> None:
    """It would end the outermost transaction, with what was written before the savepoint."""
    async with shelves.session() as session:
        repo = ShelfRepository(session).flush()
        await repo.create(name="before")

        async def in_a_block() -> None:
            async with session.begin_nested():
                await repo.create(name="in the block")
                await commit(session)

        with pytest.raises(UnsupportedOperationError, match=r"not only this block.*commit after it"):
            await in_a_block()
        async with session.begin_nested():
            await repo.create(name="kept")
        await session.commit()
    assert await stored(shelves) == ["Проза", "Poésie", "before", "kept"]


async def test_a_savepoint_commits_itself(shelves: Database) -> None:
    async with shelves.session() as session:
        savepoint = await session.begin_nested()
        await ShelfRepository(session).flush().create(name="kept")
        await savepoint.commit()
        await session.rollback()
    assert await stored(shelves) == ["Проза", "Poésie"]


async def test_a_savepoint_that_is_no_block_is_committed_with_the_rest(shelves: Database) -> None:
    async with shelves.session() as session:
        await session.begin_nested()
        await ShelfRepository(session).flush().create(name="kept")
        await session.commit()
    assert await stored(shelves) == ["Проза", "Poésie", "kept"]


# Commits that are cancelled.


@pytest.fixture
def held(shelves: Database) -> Any:
    """Cancels who commits, when the COMMIT is being sent."""
    committing: list[asyncio.Task[Any]] = []

    def cancel(_connection: object) -> None:
        task = asyncio.current_task()
        if task in committing:
            task.cancel()

    event.listen(shelves.engine.sync_engine, "commit", cancel)
    yield committing
    event.remove(shelves.engine.sync_engine, "commit", cancel)


COMMITS: dict[str, Operation] = {
    "commit": lambda session: session.commit(),
    "flagged": lambda session: ShelfRepository(session).commit().create(name="with"),
}


@pytest.mark.parametrize("commit", COMMITS.values(), ids=COMMITS)
async def test_after_a_cancelled_commit(shelves: Database, held: Any, commit: Operation) -> None:
    unknown = "the commit of this session was cancelled, and whether the database kept it is not known"
    async with shelves.session() as session:
        repo = ShelfRepository(session).flush()
        await repo.create(name="unknown")
        committing = asyncio.ensure_future(commit(session))
        held.append(committing)
        await asyncio.wait([committing])
        assert committing.cancelled()
        for again in (
            repo.objects.count,
            lambda: session.execute(text("SELECT 1")),
            session.commit,
        ):
            with pytest.raises(UnsupportedOperationError, match=unknown):
                await again()
        await session.rollback()
        kept = await stored(shelves)
        await repo.create(name="after")
        await session.commit()
    assert out(shelves) == 0
    names = await stored(shelves)
    if shelves.engine.dialect.name == "postgresql":
        # The server may take its time to decide.
        kept = names[:-1]
    # All of the transaction, or nothing.
    written = ["unknown", "with"] if commit is COMMITS["flagged"] else ["unknown"]
    assert kept in (["Проза", "Poésie"], ["Проза", "Poésie", *written])
    assert names == [*kept, "after"]


async def test_a_block_whose_commit_is_cancelled_is_over(shelves: Database, held: Any) -> None:
    async def work(session: AsyncSession) -> None:
        async with session.begin():
            await ShelfRepository(session).create(name="unknown")

    async with shelves.session() as session:
        committing = asyncio.create_task(work(session))
        held.append(committing)
        await asyncio.wait([committing])
        assert committing.cancelled()
        assert await ShelfRepository(session).objects.count() in {2, 3}
    assert out(shelves) == 0
