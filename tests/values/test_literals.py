"""``sql()``: values written out, so that the text finds the same rows; and what it looks like."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet
from tests.values.kinds import KINDS
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values.schema import HAS_BITS, Exhibit, Treasure


async def found(session: AsyncSession, queryset: QuerySet[Any]) -> list[int]:
    connection = await session.connection()
    rows = await connection.exec_driver_sql(queryset.order_by("id").values_list("id").sql())
    return [number for (number,) in rows]


async def check(session: AsyncSession, rows: QuerySet[Any], column: str, low: Any, high: Any) -> None:
    assert await found(session, rows.filter(**{column: low})) == [1]
    assert await found(session, rows.exclude(**{column: low})) == [2, 3]
    assert await found(session, rows.filter(**{f"{column}__in": [low, high]})) == [1, 2]
    assert await found(session, rows.filter(**{f"{column}__in": [low] * 1_500})) == [1]
    assert await found(session, rows.filter(**{f"{column}__range": (low, low)})) == [1]


@pytest.mark.sampled
@pytest.mark.parametrize("column", KINDS)
async def test_the_text_finds_the_same(museum: AsyncSession, column: str) -> None:
    kind = KINDS[column]
    await check(museum, QuerySet(Exhibit, museum), column, kind.low, kind.high)


@pytest.mark.sampled
@pytest.mark.parametrize("column", POSTGRES_KINDS)
async def test_the_text_finds_the_same_on_postgresql(treasury: AsyncSession, column: str) -> None:
    kind = POSTGRES_KINDS[column]
    await check(treasury, QuerySet(Treasure, treasury), column, kind.low, kind.high)


async def test_infinity(museum: AsyncSession) -> None:
    rows = QuerySet(Exhibit, museum)
    for number in (float("inf"), -float("inf")):
        for column in ("double", "single"):
            await rows.filter(id=3).update({column: number})
            assert await found(museum, rows.filter(**{column: number})) == [3]
            assert await found(museum, rows.filter(**{f"{column}__in": [number, 5.5]})) == [3]


SAID = {
    "blob": (b"a\xff", "blob = X'61ff'", "blob = decode('61ff', 'hex')"),
    "span": (
        timedelta(seconds=5),
        "span = '1970-01-01 00:00:05.000000'",
        "span = make_interval(secs=>5.0)",
    ),
    "double": (float("inf"), "double = 9e999", "double = CAST('Infinity' AS DOUBLE PRECISION)"),
    "single": (0.1, "single = 0.1", "single = CAST(0.1 AS REAL)"),
    "cents": (5, "cents = 500", "cents = 500"),
    "string": ("it's 5%", "string = 'it''s 5%'", "string = 'it''s 5%'"),
}


@pytest.mark.parametrize("column", SAID)
def test_what_it_looks_like(column: str) -> None:
    value, on_sqlite, on_postgresql = SAID[column]
    rows = QuerySet(Exhibit).filter(**{column: value})

    assert rows.sql(sqlite.dialect()).endswith(f"exhibits.{on_sqlite}")
    assert rows.sql(postgresql.dialect()).endswith(f"exhibits.{on_postgresql}")  # type: ignore[no-untyped-call]


LOOKS: dict[str, tuple[Any, str]] = {
    "integers": ([1, None], "CAST(ARRAY[1, NULL] AS INTEGER[])"),
    "grid": ([[1], [2]], "CAST(ARRAY[ARRAY[1], ARRAY[2]] AS INTEGER[])"),
    "shorts": ([], "CAST(ARRAY[] AS VARCHAR[])"),
    "int4range": ((1, None), "CAST('[1,)' AS INT4RANGE)"),
    "multirange": ([(1, 2), (3, 4)], "CAST('{[1,2),[3,4)}' AS INT4MULTIRANGE)"),
    "inet": ("10.0.0.1", "CAST('10.0.0.1' AS INET)"),
}
if HAS_BITS:
    LOOKS["bits"] = ("1010", "CAST('1010' AS BIT VARYING)")


@pytest.mark.parametrize("column", LOOKS)
def test_what_it_looks_like_on_postgresql(column: str) -> None:
    value, said = LOOKS[column]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    assert QuerySet(Treasure).filter(**{column: value}).sql(dialect).endswith(f"treasures.{column} = {said}")
