"""`use_database()`: a FastAPI app under test works with the test's database, rolled back or of its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Database,
    UnitOfWork,
    UnsupportedOperationError,
    on_commit,
    session_dependency,
    unit_of_work_dependency,
)
from django_like_repos.testing import (
    capture_on_commit_callbacks,
    capture_queries,
    memory_database,
    rolled_back,
    use_database,
)
from examples.help_center.models import Base
from examples.help_center.repositories import PublicationStatusRepository

app = FastAPI()
MAILED: list[str] = []


@app.post("/statuses/{code}")
async def create(code: str, statuses: PublicationStatusRepository = Depends()) -> int:
    status = await statuses.flush().create(code=code, name=code)
    await on_commit(lambda: MAILED.append(code), statuses)
    if code == "bad":
        raise ValueError(code)
    return status.id


@app.post("/work/{code}")
async def work(
    code: str, unit: Annotated[UnitOfWork, Depends(unit_of_work_dependency, scope="function")]
) -> None:
    async with unit:
        await unit.repository(PublicationStatusRepository).create(code=code, name=code)
        await unit.commit()


@app.get("/statuses")
async def codes(request: Request, statuses: PublicationStatusRepository = Depends()) -> list[str]:
    assert isinstance(request.app.state.database, Database)
    return await statuses.objects.filter(code__lt="d").order_by("code").values_list("code", flat=True)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    MAILED.clear()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        yield client


async def test_in_the_transaction_of_the_test(
    help_center_database: Database, client: httpx.AsyncClient
) -> None:
    async with rolled_back(help_center_database) as database, database.session() as session:
        with use_database(app, database):
            statuses = PublicationStatusRepository(session)
            await statuses.flush().create(code="a", name="A")
            assert (await client.post("/statuses/b")).status_code == 200
            assert (await client.post("/statuses/bad")).status_code == 500
            assert (await client.post("/work/c")).status_code == 200
            assert {"a", "b", "c"} <= {*(await client.get("/statuses")).json()}
            assert await statuses.objects.filter(code__in=["a", "b", "bad", "c"]).count() == 3
            assert MAILED == ["b"]
    async with help_center_database.session() as session:
        assert (
            not await PublicationStatusRepository(session).objects.filter(code__in=["a", "b", "c"]).exists()
        )


async def test_requests_at_once(help_center_database: Database, client: httpx.AsyncClient) -> None:
    async with rolled_back(help_center_database) as database:
        with use_database(app, database):
            answers = await asyncio.gather(*(client.post(f"/statuses/{code}") for code in ("a", "bad", "b")))
            assert [answer.status_code for answer in answers] == [200, 500, 200]
            async with database.session() as session:
                found = PublicationStatusRepository(session).objects.filter(code__in=["a", "b", "bad"])
                assert await found.count() == 2


async def test_what_a_request_sends_and_would_call(
    help_center_database: Database, client: httpx.AsyncClient
) -> None:
    async with rolled_back(help_center_database) as database:
        with use_database(app, database), capture_queries(database) as queries:
            async with capture_on_commit_callbacks(database) as callbacks:
                await client.post("/statuses/b")
    assert [query.sql.split()[0] for query in queries] == ["INSERT"]
    assert str(queries[0].line).startswith(create.__code__.co_filename)
    assert (MAILED, len(callbacks)) == ([], 1)


async def test_in_a_database_of_its_own(client: httpx.AsyncClient) -> None:
    async with memory_database(Base) as database:
        with use_database(app, database):
            await asyncio.gather(*(client.post(f"/statuses/{code}") for code in "abc"))
            assert (await client.get("/statuses")).json() == ["a", "b", "c"]


async def test_what_was_there_is_there_again(
    help_center_database: Database, fresh_database: Database
) -> None:
    async def own() -> AsyncIterator[AsyncSession]:
        yield  # type: ignore[misc]

    other = FastAPI()
    other.dependency_overrides[session_dependency] = own
    with use_database(other, help_center_database):
        with use_database(other, fresh_database):
            assert other.state.database is fresh_database
        assert other.state.database is help_center_database
    assert other.dependency_overrides == {session_dependency: own}
    assert not hasattr(other.state, "database")


@pytest.mark.parametrize("wrong", [None, Base, object()])
def test_no_app(wrong: Any, fresh_database: Database) -> None:
    with (
        pytest.raises(UnsupportedOperationError, match="takes a FastAPI app"),
        use_database(wrong, fresh_database),
    ):
        pass
