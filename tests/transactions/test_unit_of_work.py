"""The unit of work: what it keeps and undoes, by block and by hand, and as a dependency of FastAPI."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from httpx import AsyncClient
from sqlalchemy.exc import IntegrityError

from django_like_repos import (
    Database,
    UnitOfWork,
    UnsupportedOperationError,
    atomic,
    unit_of_work_dependency,
)
from tests.database.models import BookRepository, Shelf, ShelfRepository
from tests.database.test_fastapi import client_of
from tests.transactions.conftest import BoomError, added, leaves, out


async def test_what_is_committed_is_kept(database: Database) -> None:
    async with UnitOfWork(database) as work:
        shelves, books = work.repository(ShelfRepository), work.repository(BookRepository)
        assert shelves._session is books._session is work.session
        shelf = await shelves.create(name="a")
        await books.create(title="x", shelf=shelf)
        await work.commit()
        await shelves.create(name="b")
        await work.rollback()
        await shelves.create(name="c")
        await work.commit()
        await shelves.flush().create(name="d")
    assert await added(database) == ["a", "c"]
    assert out(database) == 0


async def test_an_error_undoes_it(database: Database) -> None:
    with leaves(BoomError):
        async with UnitOfWork(database) as work:
            await work.repository(ShelfRepository).flush().create(name="a")
            raise BoomError
    with leaves(IntegrityError):
        async with UnitOfWork(database) as work:
            await work.repository(ShelfRepository).create(name="Проза")
            await work.commit()
    assert await added(database) == []


async def test_by_hand(database: Database) -> None:
    work = UnitOfWork(database)
    assert await work.begin() is work
    shelves = work.repository(ShelfRepository)
    await shelves.create(name="a")
    await work.commit()
    await shelves.flush().create(name="b")
    await work.close()
    await work.close()
    assert await added(database) == ["a"]
    with pytest.raises(UnsupportedOperationError, match="this session is closed"):
        await shelves.objects.count()
    # And once more.
    async with work:
        await work.repository(ShelfRepository).create(name="c")
        await work.commit()
    assert await added(database) == ["a", "c"]


async def test_what_comes_too_early_or_late(database: Database) -> None:
    work = UnitOfWork(database)
    not_begun = "has not begun, or has ended: async with work, or await work.begin"
    for _ in range(2):
        with pytest.raises(UnsupportedOperationError, match=not_begun):
            work.repository(ShelfRepository)
        for operation in (work.commit, work.rollback):
            with pytest.raises(UnsupportedOperationError, match=not_begun):
                await operation()
        async with work:
            with pytest.raises(UnsupportedOperationError, match="has begun: commit"):
                await work.begin()
            with pytest.raises(UnsupportedOperationError, match="has begun: commit"):
                await work.__aenter__()


@pytest.mark.parametrize("given", ["sqlite://", None])
def test_of_what_it_is_made(given: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"made of a Database, UnitOfWork\(database\)"):
        UnitOfWork(given)


async def test_what_is_no_class_of_repositories(database: Database) -> None:
    async with UnitOfWork(database) as work:
        others: list[Any] = [None, "x", ShelfRepository(work.session), Shelf]
        for other in others:
            with pytest.raises(UnsupportedOperationError, match=r"repository\(\) takes a class of repositor"):
                work.repository(other)


async def test_blocks_are_a_part_of_it(database: Database) -> None:
    called: list[str] = []
    async with UnitOfWork(database) as work:
        # Before anything has begun.
        await work.on_commit(lambda: called.append("a"))
        async with atomic(work.session):
            await work.repository(ShelfRepository).create(name="a")
            with pytest.raises(UnsupportedOperationError, match="not only this block"):
                await work.commit()
        assert await added(database) == []
        assert called == []
        await work.commit()
        assert called == ["a"]
        await work.on_commit(lambda: called.append("b"))
        async with atomic(work.session):
            await work.repository(ShelfRepository).create(name="b")
    assert called == ["a"]
    assert await added(database) == ["a"]


async def test_one_that_is_cancelled(database: Database) -> None:
    begun = asyncio.Event()

    async def work_on() -> None:
        async with UnitOfWork(database) as work:
            await work.repository(ShelfRepository).flush().create(name="a")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work_on())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert out(database) == 0
    assert await added(database) == []


async def test_fifty_at_once(database: Database) -> None:
    async def one(number: int) -> None:
        async with UnitOfWork(database) as work:
            await work.repository(ShelfRepository).create(name=f"{number:02}")
            if number % 2:
                await work.commit()

    await asyncio.gather(*(one(number) for number in range(50)))
    assert sorted(await added(database)) == [f"{number:02}" for number in range(1, 50, 2)]


# In FastAPI.

app = FastAPI()
Work = Annotated[UnitOfWork, Depends(unit_of_work_dependency, scope="function")]


@app.post("/shelves")
async def create(work: Work, name: str, fails: bool = False) -> str:
    async with work:
        await work.repository(ShelfRepository).flush().create(name=name)
        if fails:
            raise HTTPException(409)
        await work.commit()
    return name


@app.post("/forgotten")
async def forgotten(work: Work) -> None:
    """Begun by hand, and left to the dependency."""
    await work.begin()
    await work.repository(ShelfRepository).flush().create(name="forgotten")


@app.post("/unused")
async def unused(work: Work) -> None: ...


@pytest.fixture
async def client(database: Database) -> AsyncIterator[AsyncClient]:
    app.state.database = database
    async with client_of(app) as client:
        yield client


async def test_in_fastapi(client: AsyncClient, database: Database) -> None:
    assert (await client.post("/shelves", params={"name": "a"})).status_code == 200
    assert (await client.post("/shelves", params={"name": "b", "fails": True})).status_code == 409
    assert (await client.post("/shelves", params={"name": "Проза"})).status_code == 500
    assert (await client.post("/forgotten")).status_code == 200
    assert (await client.post("/unused")).status_code == 200
    assert out(database) == 0
    assert await added(database) == ["a"]


async def test_requests_have_one_each(client: AsyncClient, database: Database) -> None:
    names = [f"{number:02}" for number in range(30)]
    answers = await asyncio.gather(*(client.post("/shelves", params={"name": name}) for name in names))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(await added(database)) == names
    described = (await client.get("/openapi.json")).json()["paths"]["/shelves"]["post"]["parameters"]
    assert [parameter["name"] for parameter in described] == ["name", "fails"]
