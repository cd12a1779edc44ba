"""`add_handlers()`: what a client is answered where a repository raises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import uuid4

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from httpx import AsyncClient
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Database,
    DoesNotExist,
    F,
    InvalidCursorError,
    MultipleObjectsReturned,
    NameNotAllowedError,
    RolledBackError,
    StaleObjectError,
    Value,
    session_dependency,
)
from django_like_repos.contrib.fastapi import add_handlers, install
from django_like_repos.functions import Concat
from tests.contrib.fastapi.library import (
    BookRepository,
    Seat,
    Shelf,
    ShelfRepository,
    TicketRepository,
    client_of,
    in_use,
    labels,
)

Own = Annotated[AsyncSession, Depends(session_dependency, scope="function")]


@pytest.fixture
def app(library: Database) -> FastAPI:
    app = FastAPI()
    install(app, library, handlers=True)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with client_of(app) as client:
        yield client


async def unique(session: AsyncSession) -> None:
    await ShelfRepository(session).create(label="first")  # Refused by the commit.


async def unique_together(session: AsyncSession) -> None:
    books = BookRepository(session)
    for title in ("One", "one", "One"):
        # The index of expressions is not in the way of another title.
        await session.execute(text("DROP INDEX IF EXISTS library_titles"))
        await books.flush().create(id=uuid4(), title=title, shelf_id=1)


async def unique_expression(session: AsyncSession) -> None:
    for title in ("One", "one"):
        await BookRepository(session).flush().create(id=uuid4(), title=title, shelf_id=1)


async def composite_key(session: AsyncSession) -> None:
    for _ in range(2):
        await session.execute(insert(Seat).values(room="a", number=1))


async def foreign_key(session: AsyncSession) -> None:
    await BookRepository(session).create(id=uuid4(), title="Lost", shelf_id=77)


async def referred_to(session: AsyncSession) -> None:
    await BookRepository(session).flush().create(id=uuid4(), title="Found", shelf_id=1)
    await session.execute(text("DELETE FROM library_shelves"))


async def not_null(session: AsyncSession) -> None:
    await session.execute(text("UPDATE library_shelves SET shelf_code = NULL"))


async def check(session: AsyncSession) -> None:
    await ShelfRepository(session).flush().create(label="flat", width=0)


CONFLICTS: dict[Any, tuple[str, list[str], str]] = {
    unique: ("unique", ["label"], "there is one with the same label already"),
    unique_together: (
        "unique",
        ["shelf_id", "title"],
        "there is one with the same shelf_id and title already",
    ),
    unique_expression: ("unique", ["title"], "there is one with the same title already"),
    composite_key: (
        "unique",
        ["room", "number"],
        "there is one with the same room and number already",
    ),
    not_null: ("not_null", ["label"], "label is missing"),
    check: ("check", ["width"], "width is not allowed"),
}


@pytest.mark.parametrize("work", CONFLICTS, ids=lambda work: work.__name__)
async def test_conflicts_name_their_fields(
    work: Any, app: FastAPI, client: AsyncClient, library: Database
) -> None:
    @app.post("/")
    async def violating(session: Own) -> None:
        await work(session)

    kind, fields, detail = CONFLICTS[work]
    answer = await client.post("/")
    assert answer.status_code == 409, answer.text
    assert answer.json() == {"detail": detail, "type": kind, "fields": fields}
    assert await labels(library) == ["first"]


@pytest.mark.parametrize("work", [foreign_key, referred_to])
async def test_a_foreign_key_is_named_where_the_database_names_it(
    work: Any, app: FastAPI, client: AsyncClient, backend: str
) -> None:
    @app.post("/")
    async def violating(session: Own) -> None:
        await work(session)

    said = (await client.post("/")).json()
    assert said["type"] == "foreign_key"
    assert said["fields"] == ([] if backend == "sqlite" else ["shelf_id"])
    assert said["detail"].endswith(" refers to what is not there, or is referred to")


async def test_a_constraint_that_the_mapping_does_not_know(app: FastAPI, client: AsyncClient) -> None:
    @app.post("/")
    async def violating(session: Own) -> None:
        await session.execute(text("CREATE UNIQUE INDEX unknown ON library_shelves ((width * 2))"))
        await ShelfRepository(session).bulk_create([{"label": "a"}, {"label": "b"}])

    assert (await client.post("/")).json() == {
        "detail": "there is one with the same value already",
        "type": "unique",
        "fields": [],
    }


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (DoesNotExist("no Shelf.filter(secret=<str>)"), 404, "Not Found"),
        (StaleObjectError("x"), 409, "it was changed meanwhile: read it again"),
        (InvalidCursorError("this cursor is none"), 400, "this cursor is none"),
        (NameNotAllowedError("shelf__x"), 400, str(NameNotAllowedError("shelf__x"))),
    ],
)
async def test_errors_of_the_library(
    error: Exception, status: int, detail: str, app: FastAPI, client: AsyncClient
) -> None:
    @app.get("/")
    async def raising() -> None:
        raise error

    answer = await client.get("/")
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)


@pytest.mark.parametrize("value", ["\x00", "too wide"])
async def test_a_value_that_its_field_cannot_have(
    value: str, app: FastAPI, client: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer shows nothing of it; the log does."""

    @app.post("/")
    async def create(label: str, shelves: ShelfRepository = Depends()) -> None:
        untyped: Any = {"label": label} if label == "\x00" else {"label": "x", "width": label}
        await shelves.create(**untyped)

    with caplog.at_level("INFO", "django_like_repos.fastapi"):
        answer = await client.post("/", params={"label": value})
    assert (answer.status_code, answer.json()) == (422, {"detail": "a value does not fit its field"})
    assert "does not fit" in caplog.text


async def too_long(tickets: TicketRepository) -> None:
    other = {"day": date(2026, 2, 1), "at": datetime(2026, 2, 1, tzinfo=UTC), "holder": "Nobody"}
    await tickets.flush().create(**TICKET | other)


async def too_long_an_update(tickets: TicketRepository) -> None:
    await tickets.objects.update(holder="Nobody")


async def stored_by_the_commit(tickets: TicketRepository) -> None:
    (await tickets.objects.get()).holder = "Nobody"


async def beyond_the_drivers_integers(tickets: TicketRepository) -> None:
    (await tickets.objects.get()).number = 2**40


async def too_great(tickets: TicketRepository) -> None:
    (await tickets.objects.get()).price = Decimal("100")


async def too_great_a_sum(tickets: TicketRepository) -> None:
    await tickets.objects.update(price=F("price") * 20)


async def divided_by_zero(tickets: TicketRepository) -> None:
    await tickets.objects.annotate(each=F("price") / (F("number") - 1)).values_list("each")


async def no_pattern(tickets: TicketRepository) -> None:
    await tickets.objects.filter(holder__like=Concat(Value("An"), Value("\\"))).count()


TICKET: Final[dict[str, Any]] = {
    "day": date(2026, 1, 31),
    "at": datetime(2026, 1, 31, tzinfo=UTC),
    "price": Decimal("9"),
    "holder": "Ann",
}


@pytest.mark.parametrize(
    "work",
    [
        too_long,
        too_long_an_update,
        stored_by_the_commit,
        beyond_the_drivers_integers,
        too_great,
        too_great_a_sum,
        divided_by_zero,
        no_pattern,
    ],
)
async def test_a_value_that_the_database_cannot_do_with(
    work: Any, app: FastAPI, client: AsyncClient, library: Database, backend: str
) -> None:
    """SQLite keeps whatever is sent, and computes NULL."""
    async with library.session() as session:
        await TicketRepository(session).create(**TICKET)
        await session.commit()

    @app.post("/")
    async def working(tickets: TicketRepository = Depends()) -> None:
        await work(tickets)

    answer = await client.post("/")
    said = (answer.status_code, answer.json())
    assert said == (
        (200, None) if backend == "sqlite" else (422, {"detail": "a value does not fit its field"})
    )


@pytest.mark.parametrize(
    "error",
    [
        MultipleObjectsReturned("more than one"),
        RolledBackError("caught"),
        DBAPIError("SELECT", None, Exception()),
        ValueError("a bug"),
    ],
)
async def test_errors_of_the_program_stay_errors(error: Exception, app: FastAPI) -> None:
    @app.get("/")
    async def raising() -> None:
        raise error

    async with client_of(app) as client:
        assert (await client.get("/")).status_code == 500
    async with client_of(app, raising=True) as client:
        with pytest.raises(type(error)):
            await client.get("/")


def failure(state: str) -> DBAPIError:
    error: Any = Exception()
    error.sqlstate = state
    return OperationalError("SELECT", None, error)


async def test_what_is_busy_is_to_be_asked_again(app: FastAPI, client: AsyncClient) -> None:
    lost = RolledBackError("caught")
    lost.__cause__ = failure("40P01")
    errors = [*map(failure, ["40001", "40P01", "55P03", "53300", "57P03"]), lost]

    @app.get("/{number}")
    async def raising(number: int) -> None:
        raise errors[number]

    for number in range(len(errors)):
        answer = await client.get(f"/{number}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json() == {"detail": "the database is busy: try again"}


async def test_a_lock_that_is_not_to_be_had(app: FastAPI, client: AsyncClient, library: Database) -> None:
    @app.post("/")
    async def writing(session: Own) -> None:
        shelves = ShelfRepository(session)
        if library.engine.dialect.name == "sqlite":
            await session.execute(text("PRAGMA busy_timeout = 1"))
        else:
            await shelves.objects.select_for_update(nowait=True).get(id=1)
        await shelves.objects.filter(id=1).update(width=3)

    async with library.session() as other:
        await ShelfRepository(other).objects.filter(id=1).update(width=2)
        # In a task of its own: nobody waits for himself.
        answer = await asyncio.create_task(client.post("/"))
    # Its busy timeout is not for the next test.
    await library.close()
    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "1")


async def test_a_pool_that_is_empty(library: Database) -> None:
    app = FastAPI()
    async with Database(library.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.01) as small:
        install(app, small, handlers=True)

        @app.get("/")
        async def waiting(shelves: ShelfRepository = Depends()) -> int:
            async with small.engine.connect():
                return await shelves.objects.count()

        async with client_of(app) as client:
            answer = await client.get("/")
        assert in_use(small) == 0
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_stale_object(app: FastAPI, client: AsyncClient, library: Database) -> None:
    """What SQLAlchemy itself says of one, in a flush."""

    @app.post("/")
    async def late(session: Own) -> None:
        shelf = await session.scalar(select(Shelf))
        assert shelf is not None
        await session.execute(text("DELETE FROM library_shelves"))
        shelf.width = 5

    answer = await client.post("/")
    assert (answer.status_code, answer.json()["type"]) == (409, "stale")
    assert await labels(library) == ["first"]


async def test_the_apps_own_handlers_go_before(library: Database) -> None:
    app = FastAPI()

    @app.exception_handler(IntegrityError)
    async def own(request: Request, error: IntegrityError) -> PlainTextResponse:
        return PlainTextResponse("own", 422)

    install(app, library, handlers=True)

    @app.exception_handler(SQLAlchemyError)
    def wider(request: Request, error: SQLAlchemyError) -> PlainTextResponse:
        return PlainTextResponse("wider", 502)

    @app.post("/conflict")
    async def conflicting(session: Own) -> None:
        await unique(session)

    @app.get("/other")
    async def other() -> None:
        raise failure("XX000")

    async with client_of(app) as client:
        answers = [await client.post("/conflict"), await client.get("/other")]
    assert [(each.status_code, each.text) for each in answers] == [(422, "own"), (502, "wider")]


async def test_without_them_nothing_is_answered(library: Database) -> None:
    app = FastAPI()
    install(app, library)

    @app.post("/")
    async def conflicting(session: Own) -> None:
        await unique(session)

    async with client_of(app) as client:
        assert (await client.post("/")).status_code == 500
    add_handlers(other := FastAPI())
    other.state.database = library
    other.post("/")(conflicting)
    async with client_of(other) as client:
        assert (await client.post("/")).status_code == 409


async def test_what_the_endpoint_says_itself(app: FastAPI, client: AsyncClient) -> None:
    @app.get("/")
    async def own(shelves: ShelfRepository = Depends()) -> None:
        raise HTTPException(418)

    assert (await client.get("/")).status_code == 418


async def test_two_who_write_the_same(app: FastAPI, client: AsyncClient, library: Database) -> None:
    """One is answered 200, the other one 409, whoever it is."""

    @app.post("/{label}")
    async def create(label: str, shelves: ShelfRepository = Depends()) -> None:
        await shelves.create(label=label)

    answers = await asyncio.gather(*[client.post("/same") for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert await labels(library) == ["first", "same"]
