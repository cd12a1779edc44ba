"""`provide`: repositories whose session lives as long as the endpoint, or as the request."""

import threading
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_like_repos import Database
from django_like_repos.contrib.fastapi import provide
from examples.help_center.repositories import SectionRepository


class NamedRepository(SectionRepository):
    """A repository with a parameter of its own."""

    def __init__(self, session: AsyncSession, name: str) -> None:
        super().__init__(session)
        self.name = name


async def asked(app: FastAPI, database: Database, path: str) -> tuple[httpx.Response, list[str]]:
    """The answer, and in their order what happened: the commit of the session, the start of the response."""
    happened: list[str] = []
    app.state.database = database

    def committed(_: Session) -> None:
        happened.append("commit")

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def send_watched(message: Any) -> None:
            if message["type"] == "http.response.start":
                happened.append("response")
            await send(message)

        await app(scope, receive, send_watched)

    event.listen(Session, "before_commit", committed)
    try:
        transport = httpx.ASGITransport(app=watched)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path), happened
    finally:
        event.remove(Session, "before_commit", committed)


@pytest.mark.parametrize(
    ("provided", "order"),
    [
        (provide(SectionRepository), ["commit", "response"]),
        (provide(SectionRepository, scope="function"), ["commit", "response"]),
        (provide(SectionRepository, scope="request"), ["response", "commit"]),
    ],
)
async def test_the_session_is_committed_at_the_end_of_its_scope(
    help_center_database: Database, provided: Any, order: list[str]
) -> None:
    app = FastAPI()

    @app.get("/")
    async def count(sections: Annotated[SectionRepository, Depends(provided)]) -> int:
        return await sections.objects.count()

    response, happened = await asked(app, help_center_database, "/")
    assert (response.json(), happened) == (7, order)


async def test_a_dependency_of_the_request_may_have_one_of_its_scope(help_center_database: Database) -> None:
    app = FastAPI()
    counted: list[int] = []

    async def counting(
        sections: Annotated[SectionRepository, Depends(provide(SectionRepository, scope="request"))],
    ) -> AsyncIterator[SectionRepository]:
        yield sections
        counted.append(await sections.objects.count())

    @app.get("/")
    async def name(sections: Annotated[SectionRepository, Depends(counting)]) -> str:
        return type(sections).__name__

    response, happened = await asked(app, help_center_database, "/")
    assert (response.json(), counted) == ("SectionRepository", [7])
    assert happened == ["response", "commit"]


async def test_parameters_of_the_constructor_stay_those_of_the_endpoint(
    help_center_database: Database,
) -> None:
    app = FastAPI()

    @app.get("/")
    async def name(sections: Annotated[NamedRepository, Depends(provide(NamedRepository))]) -> str:
        return sections.name

    response, _ = await asked(app, help_center_database, "/?name=given")
    assert response.json() == "given"
    assert [each["name"] for each in app.openapi()["paths"]["/"]["get"]["parameters"]] == ["name"]


async def test_it_is_made_in_the_thread_of_the_event_loop(help_center_database: Database) -> None:
    app = FastAPI()
    threads: list[int] = []

    class WatchedRepository(SectionRepository):
        def __init__(self, session: AsyncSession) -> None:
            threads.append(threading.get_ident())
            super().__init__(session)

    @app.get("/watched")
    async def watched(sections: Annotated[WatchedRepository, Depends(provide(WatchedRepository))]) -> int:
        return await sections.objects.count()

    await asked(app, help_center_database, "/watched")
    assert threads == [threading.get_ident()]
