"""`install()`: which database an app has, that it is closed at the end, and apps within each other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy import URL

from django_like_repos import Database, RepositoryError, UnsupportedOperationError, session_dependency
from django_like_repos.contrib.fastapi import add_handlers, install, provide, session_of, session_scope
from tests.contrib.fastapi.library import Base, ShelfRepository, client_of, in_use, labels, running

Reports = Annotated[ShelfRepository, Depends(provide(ShelfRepository, database="reports"))]


async def count(shelves: ShelfRepository = Depends()) -> int:
    return await shelves.objects.count()


@pytest.fixture
def closed(library: Database, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Which databases were closed, and what else happened, in its order."""
    happened: list[object] = []
    close = Database.close

    async def noted(database: Database) -> None:
        happened.append(database)
        await close(database)

    monkeypatch.setattr(Database, "close", noted)
    return happened


async def test_the_database_outlives_the_lifespans_of_app_and_routers(
    library: Database, closed: list[object]
) -> None:
    def lifespan_of(name: str) -> Any:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
            closed.append(f"{name} begins")
            async with session_scope(app) as session:
                assert await ShelfRepository(session).objects.count() == 1
            yield {name: "state"}
            async with session_scope(app) as session:
                assert await ShelfRepository(session).objects.count() == 1
            closed.append(f"{name} ends")

        return lifespan

    app = FastAPI(lifespan=lifespan_of("app"))
    app.include_router(APIRouter(lifespan=lifespan_of("before")))
    install(app, library)
    app.include_router(APIRouter(lifespan=lifespan_of("after")))
    app.get("/")(count)

    async with app.router.lifespan_context(app) as state, client_of(app) as client:
        assert state == {"app": "state", "before": "state", "after": "state"}
        assert (await client.get("/")).json() == 1
        assert library not in closed
    begins = ["app begins", "before begins", "after begins"]
    assert closed == [*begins, "after ends", "before ends", "app ends", library]
    assert in_use(library) == 0


@pytest.mark.filterwarnings("ignore:.*on_event:DeprecationWarning")
async def test_an_app_that_fails_to_begin_closes_it_too(library: Database, closed: list[object]) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise ValueError
        yield

    app = FastAPI(lifespan=lifespan)
    install(app, library)
    with pytest.raises(ValueError):  # noqa: PT011
        async with running(app):
            pass
    assert closed == [library]


async def test_an_app_runs_twice(library: Database, closed: list[object]) -> None:
    app = FastAPI()
    install(app, library)
    app.get("/")(count)
    for _ in range(2):
        async with running(app), client_of(app) as client:
            assert (await client.get("/")).json() == 1
    assert closed == [library, library]


async def test_mounted_apps_find_the_database_of_those_around_them(library: Database) -> None:
    outer, middle, inner = FastAPI(), FastAPI(), FastAPI()
    outer.mount("/middle", middle)
    middle.mount("/inner", inner)
    install(outer, library)
    inner.get("/count")(count)

    @inner.get("/scoped")
    async def scoped(shelves: ShelfRepository = Depends()) -> bool:
        return await shelves.objects.exists()

    async with client_of(outer) as client:
        assert (await client.get("/middle/inner/count")).json() == 1
        assert (await client.get("/middle/inner/scoped")).json() is True


async def test_a_mounted_app_may_have_its_own(library: Database, tmp_path: Any) -> None:
    url = URL.create("sqlite+aiosqlite", database=str(tmp_path / "inner.sqlite3"))
    outer, inner = FastAPI(), FastAPI()
    async with Database(url) as own:
        await own.create_all(Base.metadata)
        install(outer, library)
        install(inner, own)
        outer.mount("/inner", inner)
        outer.get("/count")(count)
        inner.get("/count")(count)
        async with running(outer), client_of(outer) as client:
            assert (await client.get("/inner/count")).json() == 0
            assert (await client.get("/count")).json() == 1


async def test_several_databases(library: Database, closed: list[object], tmp_path: Any) -> None:
    reports = Database(URL.create("sqlite+aiosqlite", database=str(tmp_path / "reports.sqlite3")))
    await reports.create_all(Base.metadata)
    app = FastAPI()
    install(app, library, reports=reports)

    @app.post("/both")
    async def both(first: Reports, second: Reports, shelves: ShelfRepository = Depends()) -> list[bool]:
        await first.create(label="report")
        await shelves.create(label="shelf")
        return [first._session is second._session, first._session is shelves._session]

    async with running(app), client_of(app) as client:
        assert (await client.post("/both")).json() == [True, False]
        async with session_scope(app, database="reports") as session:
            assert await ShelfRepository(session).objects.values_list("label", flat=True) == ["report"]
        assert sorted(await labels(library)) == ["first", "shelf"]
    assert closed == [reports, library]
    assert session_of() is session_dependency
    assert session_of("reports") is session_of("reports") is not session_dependency


async def test_names_that_no_database_has(library: Database) -> None:
    app = FastAPI()

    @app.get("/")
    async def named(shelves: Reports) -> None: ...

    install(app, library)
    said = r"no Database called 'reports'.*install\(app, database, reports=Database\(…\)\)"
    async with client_of(app, raising=True) as client:
        with pytest.raises(RepositoryError, match=said):
            await client.get("/")
    with pytest.raises(RepositoryError, match=said):
        async with session_scope(app, database="reports"):
            pass


def refusals() -> dict[str, Any]:
    def started(app: FastAPI, database: Database) -> None:
        app.middleware_stack = app.build_middleware_stack()
        install(app, database)

    def twice(app: FastAPI, database: Database) -> None:
        for _ in range(2):
            install(app, database)

    def late(app: FastAPI, _: Database) -> None:
        app.middleware_stack = app.build_middleware_stack()
        add_handlers(app)

    untyped: Any = install
    return {
        r"APIRouter.* is no FastAPI app": lambda app, database: untyped(APIRouter(), database),
        r"database is a Database, not 'sqlite://'": lambda app, database: untyped(app, "sqlite://"),
        r"reports is a Database, not None": lambda app, database: untyped(app, database, reports=None),
        r"handlers is True or False, not 'yes'": lambda app, database: untyped(app, database, handlers="yes"),
        r"app.state.database is Database": twice,
        r"install\(\): this app has begun already": started,
        r"add_handlers\(\): this app has begun already": late,
    }


@pytest.mark.parametrize("said", refusals())
def test_what_cannot_be_installed(said: str) -> None:
    app = FastAPI()
    with pytest.raises(UnsupportedOperationError, match=said):
        refusals()[said](app, Database("sqlite+aiosqlite://"))


def test_a_constructor_says_the_type_of_its_session() -> None:
    """FastAPI would let the client set it."""

    class Untyped(ShelfRepository):
        def __init__(self, session) -> None:  # type: ignore[no-untyped-def]
            super().__init__(session)

    app = FastAPI()
    said = r"Untyped.__init__\(\) does not say what 'session' is.*session: AsyncSession"
    with pytest.raises(UnsupportedOperationError, match=said):

        @app.get("/")
        async def handler(shelves: Untyped = Depends()) -> None: ...
