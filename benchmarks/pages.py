"""What a late page costs: by its cursor, against by its number, on a million rows.

The bare driver asks the same, and the database alone: what is left of ours is no work of the database's.
"""

import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import Any, Final, NamedTuple

from sqlalchemy import URL, Index, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.measuring import OURS, AsyncWay, Comparison, Extent, Rounds, frozen, timed
from benchmarks.places import reading_in_autocommit
from benchmarks.results import DATABASES, Run, add, begin, finish
from benchmarks.suite import driver
from benchmarks.suite.entrant import Entrant
from django_like_repos import Database, F, QuerySet

ROWS, SIZE, NUMBER = 1_000_000, 20, 5_000
SECRET: Final = "a secret of the benchmarks"
TARGET: Final = 0.05
BY_NUMBER: Final = "by number"
"""``page()`` without a total, which is one statement with OFFSET."""
FIRST: Final = "page 1 by cursor"
ONE_ROW: Final = "ours, one id by key"
"""What any read of ours costs, a session included: no page can cost less."""


class Base(DeclarativeBase):
    """The model whose pages are turned."""


class Event(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    day: Mapped[int]
    rank: Mapped[int | None]

    __table_args__ = (Index("ix_events_day", "day", "id"), Index("ix_events_rank", "rank", "id"))


_FILL = {
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {rows}) "
    "INSERT INTO events (id, name, day, rank) "
    "SELECT n, 'event ' || n, n * 7919 % 3650, CASE WHEN n % 10 THEN n * 31 % 9973 END FROM g",
    "postgresql": "INSERT INTO events (id, name, day, rank) "
    "SELECT n, 'event ' || n, n * 7919 % 3650, CASE WHEN n % 10 <> 0 THEN n * 31 % 9973 END "
    "FROM generate_series(1::bigint, {rows}) AS n",
}


class Order(NamedTuple):
    """An order of the pages, to us and in SQL."""

    name: str
    terms: Sequence[Any]
    sql: str
    columns: Sequence[str]
    """Those of the cursor; none where one may be NULL, which no hand-written row value passes."""


ORDERS: Final = (
    Order("the key", ("id",), "id", ("id",)),
    Order("a day and the key", ("day", "id"), "day, id", ("day", "id")),
    Order("what may be NULL", (F("rank").asc(nulls_last=True), "id"), "rank ASC NULLS LAST, id", ()),
)


async def pages(url: URL, run: Run, extent: Extent) -> None:
    """A section of pages by number and by cursor, on one database."""
    name = DATABASES[url.get_backend_name()]
    if not extent.has(title := f"Late pages on {name}"):
        return
    async with Database(url) as database, driver.entrant(url) as bare:
        await _fill(database)
        frozen()
        mode = (
            f"page {NUMBER:,} of {SIZE}, of {ROWS:,} rows; a session each; the driver without a transaction"
        )
        section = begin(run, "pages", title, mode)
        section["notes"] = []
        for order in ORDERS:
            add(section, await _page(database, bare, order, extent.rounds))
            section["notes"].append(await _alone(database, bare, order))
            print(f"    {section['notes'][-1]}", flush=True)
        add(section, await _first(database, ORDERS[1], extent.rounds))
    finish(run, section)


async def _fill(database: Database) -> None:
    await database.create_all(Base)
    async with database.session() as session:
        await session.execute(text(_FILL[database.engine.dialect.name].format(rows=ROWS)))
        await session.commit()
        await session.execute(text("ANALYZE"))
        await session.commit()


def _ids(rows: Any) -> list[int]:
    return [row.id if isinstance(row, Event) else row["id"] for row in rows]


async def _page(database: Database, bare: Entrant, order: Order, rounds: int) -> Comparison:
    token = await _token(database, order)
    autocommit = reading_in_autocommit(database)

    async def by_number() -> Any:
        async with database.session() as session:
            page = QuerySet(Event, session).order_by(*order.terms)
            return (await page.page(NUMBER, SIZE, total="none")).items

    async def by_cursor() -> Any:
        async with database.session() as session:
            page = QuerySet(Event, session).order_by(*order.terms)
            return (await page.cursor_page(after=token, size=SIZE, secret=SECRET)).items

    async def one_row() -> Any:
        async with database.session() as session:
            return await QuerySet(Event, session).filter(id=NUMBER).values_list("id", flat=True)

    async def in_autocommit() -> Any:
        async with autocommit.session() as session:
            page = QuerySet(Event, session).order_by(*order.terms)
            return (await page.cursor_page(after=token, size=SIZE, secret=SECRET)).items

    ways: dict[str, AsyncWay] = {BY_NUMBER: by_number, OURS: by_cursor}
    if database.engine.dialect.name == "postgresql":
        ways["ours, in autocommit"] = in_autocommit
    for name, (statement, values) in (await _statements(bare, order)).items():
        ways[f"driver, {name}"] = _driven(bare, statement, values)
    expected = _ids(await by_number())
    for name, way in ways.items():
        found: Any = await way()
        assert _ids(found)[:SIZE] == expected, name
    ways[ONE_ROW] = one_row
    return Comparison(f"by {order.name}", await timed(ways, Rounds(rounds, 2)), BY_NUMBER, TARGET)


def _driven(bare: Entrant, statement: str, values: Sequence[object]) -> Callable[[], Awaitable[Any]]:
    async def run() -> Any:
        async with bare.scope("autocommit") as connection:
            return await connection.rows(statement, *values)

    return run


async def _statements(bare: Entrant, order: Order) -> Mapping[str, tuple[str, Sequence[object]]]:
    """What the driver is sent, by number and by cursor, with one row more than is shown."""
    columns = "SELECT id, name, day, rank FROM events"
    skipped = (NUMBER - 1) * SIZE
    by_number = f"{columns} ORDER BY {order.sql} LIMIT {SIZE + 1} OFFSET {skipped}"
    found: dict[str, tuple[str, Sequence[object]]] = {BY_NUMBER: (by_number, ())}
    if order.columns:
        before = f"SELECT {order.sql} FROM events ORDER BY {order.sql} LIMIT 1 OFFSET {skipped - 1}"
        last = (await _driven(bare, before, ())())[0]
        places = ", ".join(f"${place}" for place in range(1, len(order.columns) + 1))
        after = f"{columns} WHERE ({order.sql}) > ({places}) ORDER BY {order.sql} LIMIT {SIZE + 1}"
        found["by cursor"] = after, [last[column] for column in order.columns]
    return found


async def _alone(database: Database, bare: Entrant, order: Order) -> str:
    """What the database does, without a way to it: PostgreSQL's own clock, or SQLite in this thread."""
    told = []
    for name, (statement, values) in (await _statements(bare, order)).items():
        if database.engine.dialect.name == "sqlite":
            seconds = _in_this_thread(database.engine.url.database or "", statement, values)
        else:
            seconds = await _by_its_clock(bare, statement, values)
        told.append(f"{name} {seconds * 1e6:,.0f} µs")
    return f"by {order.name}, the database alone: {', '.join(told)}"


def _in_this_thread(path: str, statement: str, values: Sequence[object]) -> float:
    connection = sqlite3.connect(path)
    try:
        times = []
        for _ in range(11):
            began = perf_counter()
            connection.execute(*driver.for_sqlite(statement, values)).fetchall()
            times.append(perf_counter() - began)
        return median(times)
    finally:
        connection.close()


async def _by_its_clock(bare: Entrant, statement: str, values: Sequence[object]) -> float:
    explained = _driven(bare, f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
    times: list[float] = []
    for _ in range(11):
        (plan,) = json.loads((await explained())[0][0])
        times.append((plan["Planning Time"] + plan["Execution Time"]) / 1_000)
    return median(times)


async def _first(database: Database, order: Order, rounds: int) -> Comparison:
    token = await _token(database, order)

    def turned(after: str | None) -> AsyncWay:
        async def page() -> object:
            async with database.session() as session:
                events = QuerySet(Event, session).order_by(*order.terms)
                return await events.cursor_page(after=after, size=SIZE, secret=SECRET)

        return page

    ways = {FIRST: turned(None), OURS: turned(token)}
    return Comparison("beside page 1, by a day", await timed(ways, Rounds(rounds, 10)), FIRST)


async def _token(database: Database, order: Order) -> str | None:
    """The cursor of the page before, which one large page has too."""
    before = (NUMBER - 1) * SIZE
    async with database.session() as session:
        keys = QuerySet(Event, session).order_by(*order.terms).values_list("id", flat=True)
        return (await keys.cursor_page(size=before, max_size=before, secret=SECRET)).next
