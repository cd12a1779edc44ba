"""`use_database()`: a FastAPI app under test works with the test's database, rolled back or of its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Database,
    UnitOfWork,
    UnsupportedOperationError,
    on_commit,
    session_dependency,
    unit_of_work_dependency,
)
from django_like_repos.contrib.fastapi import install, provide, session_scope
from django_like_repos.injection import SessionDependency
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


@app.post("/jobs/{code}")
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
            assert (await client.post("/jobs/c")).status_code == 200
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


async def codes_of(database: Database) -> list[str]:
    async with database.session() as session:
        found = PublicationStatusRepository(session).objects.filter(code__lt="e").order_by("code")
        return await found.values_list("code", flat=True)


async def test_what_outlives_a_request(help_center_database: Database, client: httpx.AsyncClient) -> None:
    async def later(source: Any, code: str) -> None:
        async with session_scope(source) as session:
            await PublicationStatusRepository(session).create(code=code, name=code)

    other = FastAPI()

    @other.post("/")
    async def stream(request: Request, tasks: BackgroundTasks) -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            async with session_scope(request) as session:
                yield ",".join(await codes_of(database))
                await PublicationStatusRepository(session).create(code="a", name="A")

        tasks.add_task(later, request, "b")
        tasks.add_task(later, other, "c")
        return StreamingResponse(lines(), background=tasks)

    before = await codes_of(help_center_database)
    async with rolled_back(help_center_database) as database:
        with use_database(other, database):
            transport = httpx.ASGITransport(other)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as asking:
                assert (await asking.post("/")).text == ",".join(before)
        assert await codes_of(database) == sorted([*before, "a", "b", "c"])
    assert await codes_of(help_center_database) == before


async def test_a_dependency_that_overrides_is_asked_for_what_outlives_a_request(
    help_center_database: Database,
) -> None:
    other = FastAPI()
    async with rolled_back(help_center_database) as database:
        other.dependency_overrides[session_dependency] = SessionDependency(database=database)
        async with session_scope(other) as session:
            await PublicationStatusRepository(session).create(code="a", name="A")
        assert "a" in await codes_of(database)


Archived = Annotated[
    PublicationStatusRepository, Depends(provide(PublicationStatusRepository, database="archive"))
]


async def test_databases_with_names(help_center_database: Database, fresh_database: Database) -> None:
    other = FastAPI()
    own = SessionDependency(database=fresh_database)

    @other.post("/archive")
    async def archive(statuses: Archived) -> None:
        await statuses.create(code="a", name="A")

    @other.post("/own")
    async def of_its_own(session: AsyncSession = Depends(own)) -> None:
        await PublicationStatusRepository(session).create(code="b", name="B")

    install(other, help_center_database, archive=fresh_database)
    transport = httpx.ASGITransport(other)
    async with (
        rolled_back(help_center_database) as database,
        memory_database(Base) as given,
        httpx.AsyncClient(transport=transport, base_url="http://app") as asking,
    ):
        with use_database(other, database):
            with pytest.raises(
                UnsupportedOperationError, match="asks for its database archive, and use_data"
            ):
                await asking.post("/archive")
            with pytest.raises(UnsupportedOperationError, match=r"asks for its database Database\("):
                await asking.post("/own")
            with pytest.raises(UnsupportedOperationError, match="asks for its database archive"):
                async with session_scope(other, database="archive"):
                    pass
            with pytest.raises(UnsupportedOperationError, match="asks for its database archive"):
                other.state.archive.session()
        with use_database(other, database, archive=given):
            assert (await asking.post("/archive")).status_code == 200
            async with session_scope(other, database="archive") as session:
                await PublicationStatusRepository(session).create(code="c", name="C")
            assert other.state.archive is given
        assert await codes_of(given) == ["a", "c"]
        assert other.state.archive is fresh_database


async def test_apps_that_are_mounted(help_center_database: Database, fresh_database: Database) -> None:
    inner, alone, outer = FastAPI(), FastAPI(), FastAPI()
    for each in (inner, alone):
        each.add_api_route("/statuses/{code}", create, methods=["POST"])
        outer.mount("/inner" if each is inner else "/alone", each)
    install(outer, fresh_database)
    install(alone, fresh_database)
    transport = httpx.ASGITransport(outer)
    async with (
        rolled_back(help_center_database) as database,
        memory_database(Base) as given,
        httpx.AsyncClient(transport=transport, base_url="http://app") as asking,
    ):
        with use_database(outer, given), use_database(outer, database):
            await asking.post("/inner/statuses/a")
            assert "a" in await codes_of(database)
            with pytest.raises(UnsupportedOperationError, match="has its own database database, and stands"):
                await asking.post("/alone/statuses/b")
            with use_database(alone, given):
                await asking.post("/alone/statuses/b")
        with use_database(alone, given), use_database(outer, database):
            await asking.post("/alone/statuses/c")
        assert await codes_of(given) == ["b", "c"]
    assert [vars(each.state)["_state"].keys() for each in (inner, alone)] == [set(), {"database"}]


@pytest.mark.parametrize("wrong", [None, "sqlite://", 5])
def test_no_database(wrong: Any, fresh_database: Database) -> None:
    for given in ({"database": wrong}, {"database": fresh_database, "archive": wrong}):
        first = given.pop("database")
        with (
            pytest.raises(UnsupportedOperationError, match=r"use_database\(\): \w+ is a Database, not"),
            use_database(FastAPI(), first, **given),
        ):
            pass
