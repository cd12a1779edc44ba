"""The contract's `repository: SectionRepository = Depends()` in a small app, asked over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, session_dependency
from examples.help_center.models import Base, PublicationStatus
from tests.contract.examples import CONTRACT_JSON, SectionRepository, StatusRepository, as_json


async def read_sections(repository: SectionRepository = Depends()) -> list[dict[str, Any]]:
    return [as_json(section) for section in await repository.objects.options("subsections")]


async def count_published(repository: Annotated[SectionRepository, Depends()]) -> int:
    return await repository.published.count()


async def create_status(
    code: str,
    statuses: StatusRepository = Depends(),
    sections: SectionRepository = Depends(),
) -> int:
    status = await statuses.create(code=code, name="имя")
    if code == "refused":
        await statuses.flush().create(code="also refused", name="имя")
        raise HTTPException(409)
    # Found only in the session that has just been given it: both repositories share one.
    return await sections.objects.filter(status__code=status.code).count()


def application(database: Database | None) -> FastAPI:
    app = FastAPI()
    app.get("/sections")(read_sections)
    app.get("/published")(count_published)
    app.post("/statuses/{code}", status_code=201)(create_status)
    if database is not None:
        app.state.database = database
    return app


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
async def own_database(fresh_database: Database) -> Database:
    """A database whose rows a request may commit: one status, no sections."""
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        await StatusRepository(session).commit().create(code="published", name="Опубликовано")
    return fresh_database


async def codes(database: Database) -> set[str]:
    async with database.session() as session:
        return set(await StatusRepository(session).objects.values_list("code", flat=True))


async def test_reading_through_depends(help_center_database: Database) -> None:
    async with client_of(application(help_center_database)) as client:
        sections = await client.get("/sections")
        published = await client.get("/published")
    assert (sections.status_code, sections.json()) == (200, [CONTRACT_JSON[1]])
    assert (published.status_code, published.json()) == (200, 6)


async def test_a_finished_request_is_committed(own_database: Database) -> None:
    async with client_of(application(own_database)) as client:
        response = await client.post("/statuses/draft")
    assert response.status_code == 201
    assert await codes(own_database) == {"published", "draft"}


async def test_a_failed_request_is_rolled_back(own_database: Database) -> None:
    async with client_of(application(own_database)) as client:
        response = await client.post("/statuses/refused")
    assert response.status_code == 409
    assert await codes(own_database) == {"published"}


async def test_a_failed_commit_is_no_success(own_database: Database) -> None:
    async def create_twice(statuses: StatusRepository = Depends()) -> str:
        # Nothing reaches the database before the commit, which refuses the second one.
        await statuses.create(code="twice", name="имя")
        await statuses.create(code="twice", name="имя")
        return "created"

    app = application(own_database)
    app.post("/twice", status_code=201)(create_twice)
    async with client_of(app) as client:
        response = await client.post("/twice")
    assert response.status_code == 500
    assert await codes(own_database) == {"published"}


async def test_the_session_is_there_before_the_response(own_database: Database) -> None:
    """What a client reads at once after its write was answered is what it wrote."""
    async with client_of(application(own_database)) as client:
        for code in ("draft", "review"):
            await client.post(f"/statuses/{code}")
            assert code in await codes(own_database)


async def test_one_override_moves_every_repository(
    help_center_database: Database, session: AsyncSession
) -> None:
    session.add(PublicationStatus(code="only here", name="имя"))
    await session.flush()
    app = application(None)
    app.dependency_overrides[session_dependency] = lambda: session
    async with client_of(app) as client:
        published = await client.get("/published")
        created = await client.post("/statuses/draft")
    assert (published.json(), created.status_code) == (6, 201)
    statuses = await StatusRepository(session).objects.in_bulk(field_name="code")
    assert {"only here", "draft"} <= set(statuses)
    assert "draft" not in await codes(help_center_database)


async def test_a_subclass_may_have_its_own_init(help_center_database: Database) -> None:
    class Limited(SectionRepository):
        def __init__(self, session: AsyncSession, limit: int = 2) -> None:
            super().__init__(session)
            self.limit = limit

    async def read_some(repository: Annotated[Limited, Depends()]) -> list[int]:
        rows = await repository.objects.order_by("id")[: repository.limit]
        return [row.id for row in rows]

    app = application(help_center_database)
    app.get("/some")(read_some)
    async with client_of(app) as client:
        assert (await client.get("/some")).json() == [1, 2]
        assert (await client.get("/some?limit=3")).json() == [1, 2, 3]


async def test_openapi_does_not_show_the_session() -> None:
    paths = application(None).openapi()["paths"]
    assert "parameters" not in paths["/sections"]["get"]
    assert "parameters" not in paths["/published"]["get"]
    assert [each["name"] for each in paths["/statuses/{code}"]["post"]["parameters"]] == ["code"]
    assert "requestBody" not in paths["/statuses/{code}"]["post"]
