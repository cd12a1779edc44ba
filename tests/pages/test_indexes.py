"""What an index can serve is served by it: the condition of a cursor is where the index is entered.

The databases say so themselves, of the statements that were sent.
"""

from typing import Any

import pytest
from sqlalchemy import Index, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import Database, F, QuerySet
from django_like_repos.functions import Lower
from tests.pages.conftest import SECRET
from tests.recording import RecordedSQL

ROWS = 4000


class Base(DeclarativeBase):
    """The model that has indexes."""


class Entry(Base):
    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    rank: Mapped[int | None]
    day: Mapped[int]
    hour: Mapped[int]

    __table_args__ = (
        Index("ix_rank", "rank", "id"),
        Index("ix_day", "day", "hour", "id"),
        Index("ix_mixed", "day", text("hour DESC"), "id"),
        Index("ix_lower", text("lower(name)"), "id"),
    )


FILL = {
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {rows}) "
    "INSERT INTO entries (id, name, rank, day, hour) "
    "SELECT n, 'n' || n, CASE WHEN n % 4 THEN n * 7 % 90 END, n * 7 % 200, n % 24 FROM g",
    "postgresql": "INSERT INTO entries (id, name, rank, day, hour) "
    "SELECT n, 'n' || n, CASE WHEN n % 4 <> 0 THEN n * 7 % 90 END, n * 7 % 200, n % 24 FROM "
    "generate_series(1, {rows}) AS n",
}

SERVED: dict[str, tuple[tuple[Any, ...], str, list[str], list[str]]] = {
    # The order, the index; what SQLite enters it by, and PostgreSQL, at the first stretch and the second.
    "the key": ((), "entries_pkey", ["(rowid>?)"], ["(id > "]),
    "one direction": (("day", "hour"), "ix_day", ["((day,hour)>(?,?))"], ["(ROW(day, hour, id) > "]),
    "descending": (("-day", "-hour"), "ix_day", ["((day,hour)<(?,?))"], ["(ROW(day, hour, id) < "]),
    "two directions": (("day", "-hour", "id"), "ix_mixed", ["(day>?)"], ["(day >= "]),
    "NULLs last": (
        (F("rank").asc(nulls_last=True),),
        "ix_rank",
        ["(rank>?)", "(rank=?)"],
        ["(ROW(rank, id) > ", "(rank IS NULL)"],
    ),
    "an expression": ((Lower("name"),), "ix_lower", ["(<expr>>?)"], ["(ROW(lower((name)::text), id) > "]),
}


async def explained(session: AsyncSession, statement: str, parameters: Any, *, sqlite: bool) -> str:
    prefix = (
        "EXPLAIN QUERY PLAN "
        if sqlite
        else "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) "
    )
    connection = await session.connection()
    rows = await connection.exec_driver_sql(prefix + statement, tuple(parameters))
    return "\n".join(" ".join(map(str, row)) for row in rows)


async def test_indexes(fresh_database: Database, sql: RecordedSQL, backend: str) -> None:
    sqlite = backend == "sqlite"
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        await session.execute(text(FILL[backend].format(rows=ROWS)))
        await session.execute(text("ANALYZE"))
        await session.commit()
        for name, (order, index, on_sqlite, on_postgresql) in SERVED.items():
            queryset = QuerySet(Entry, session).order_by(*order)
            # Up to the last rows that have a rank.
            passed = ROWS * 3 // 4 - 5
            page = await queryset.cursor_page(size=passed, max_size=ROWS, secret=SECRET)
            sql.clear()
            await queryset.cursor_page(after=page.next, size=10, secret=SECRET)
            statements = [*sql.statements]
            assert len(statements) == len(on_sqlite), name
            for (statement, parameters), entered in zip(
                statements, on_sqlite if sqlite else on_postgresql, strict=True
            ):
                plan = await explained(session, statement, parameters, sqlite=sqlite)
                where = (
                    "INTEGER PRIMARY KEY" if sqlite and not order else f"INDEX {index}" if sqlite else index
                )
                assert f"{where} {entered}" in plan if sqlite else f"Index Cond: {entered}" in plan, (
                    name,
                    plan,
                )
                assert where in plan, (name, plan)
                for wrong in ("SCAN", "TEMP B-TREE", "Seq Scan", "Sort", "MULTI-INDEX"):
                    assert wrong not in plan, (name, plan)
                # Rows of the same first value aside, nothing is read that is not given.
                assert "Filter:" not in plan or name == "two directions", (name, plan)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_late_page_reads_as_many_rows_as_the_first(
    fresh_database: Database, sql: RecordedSQL, backend: str
) -> None:
    """SQLite does not say how many rows it reads."""
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        await session.execute(text(FILL[backend].format(rows=ROWS)))
        await session.execute(text("ANALYZE"))
        queryset = QuerySet(Entry, session).order_by("day", "hour")
        for passed in (5, 500, 3900):
            page = await queryset.cursor_page(size=passed, max_size=ROWS, secret=SECRET)
            sql.clear()
            await queryset.cursor_page(after=page.next, size=5, secret=SECRET)
            plan = await explained(session, *sql.statements[-1], sqlite=False)
            assert plan.count("actual rows=6.00") == 2, plan
            assert "Removed" not in plan
