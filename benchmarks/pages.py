"""What a late page costs: by its cursor, against by its number, on a million rows."""

from sqlalchemy import Index, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.measuring import Comparison, compare_async
from django_like_repos import Database, F, QuerySet

ROWS, SIZE, NUMBER = 1_000_000, 20, 5_000
SECRET = "a secret of the benchmarks"


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


async def pages(database: Database) -> list[Comparison]:
    """Every comparison, on one database: the page of a number by hand, that of its cursor here."""
    await database.create_all(Base)
    async with database.session() as session:
        await session.execute(text(_FILL[database.engine.dialect.name].format(rows=ROWS)))
        await session.commit()
        await session.execute(text("ANALYZE"))
        await session.commit()
    return [
        await _page(database, f"page {NUMBER} by the key, beside OFFSET", "id"),
        await _page(database, f"page {NUMBER} by a day and the key", "day", "id"),
        await _page(database, f"page {NUMBER} by what may be NULL", F("rank").asc(nulls_last=True), "id"),
        await _first(database, f"page {NUMBER}, beside page 1", "day", "id"),
    ]


async def _page(database: Database, name: str, *order: object) -> Comparison:
    token = await _token(database, *order)

    async def by_number() -> object:
        async with database.session() as session:
            return await QuerySet(Event, session).order_by(*order)[(NUMBER - 1) * SIZE : NUMBER * SIZE]

    async def by_cursor() -> object:
        async with database.session() as session:
            page = QuerySet(Event, session).order_by(*order)
            return await page.cursor_page(after=token, size=SIZE, secret=SECRET)

    numbered, turned = await by_number(), await by_cursor()
    assert [each.id for each in numbered] == [each.id for each in turned.items]  # type: ignore[attr-defined]
    return await compare_async(name, by_number, by_cursor, rounds=11, repeat=1)


async def _first(database: Database, name: str, *order: object) -> Comparison:
    token = await _token(database, *order)

    async def first() -> object:
        async with database.session() as session:
            return await QuerySet(Event, session).order_by(*order).cursor_page(size=SIZE, secret=SECRET)

    async def late() -> object:
        async with database.session() as session:
            page = QuerySet(Event, session).order_by(*order)
            return await page.cursor_page(after=token, size=SIZE, secret=SECRET)

    return await compare_async(name, first, late, rounds=41, repeat=5)


async def _token(database: Database, *order: object) -> str | None:
    """The cursor of the page before, which one large page has too."""
    before = (NUMBER - 1) * SIZE
    async with database.session() as session:
        keys = QuerySet(Event, session).order_by(*order).values_list("id", flat=True)
        return (await keys.cursor_page(size=before, max_size=before, secret=SECRET)).next
