"""Lists: empty, with None, with what no column holds, and of a hundred thousand values."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, InvalidLookupValueError, QuerySet
from tests.recording import RecordedSQL
from tests.values.kinds import KINDS
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values.schema import Exhibit, Metal, Treasure
from tests.values.test_accepted import found

HUNDRED_THOUSAND = 100_000

# A value for each number, the low one for none of them.
MANY: dict[str, Callable[[int], Any]] = {
    "integer": lambda number: number + 10,
    "string": lambda number: f"it's {number}",
    "metal": lambda number: Metal.GOLD,
    "word": lambda number: "high",
    "exact": lambda number: Decimal(number + 10) / 1000 + 1,
    "double": lambda number: number + 0.3,
    "day": lambda number: "2027-01-02",
    "naive": lambda number: datetime(2027, 1, 1) + timedelta(seconds=number),
    "aware": lambda number: datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
    "span": lambda number: timedelta(seconds=number),
    "blob": lambda number: b"'%d\xff" % number,
    "uuid": lambda number: UUID(int=number + 1000),
    "uuid_text": lambda number: str(UUID(int=number + 1000)),
    "cents": lambda number: Decimal(number) + 5,
    "places": lambda number: ["a", str(number)],
}
# The others are as long only when all is tested; some 1,500 of each are tested below.
USUAL = ("integer",)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    "column", [pytest.param(column, marks=() if column in USUAL else pytest.mark.long) for column in MANY]
)
async def test_a_hundred_thousand(museum: AsyncSession, column: str) -> None:
    rows, make, low = QuerySet(Exhibit, museum).exclude(id=2), MANY[column], KINDS[column].low
    others = [make(number) for number in range(HUNDRED_THOUSAND)]

    assert await found(rows.filter(**{f"{column}__in": others})) == []
    assert await found(rows.filter(**{f"{column}__in": [*others, low]})) == [1]
    assert await found(rows.filter(**{f"{column}__notin": others})) == [1]


@pytest.mark.sampled
@pytest.mark.parametrize("column", [*KINDS])
async def test_long_lists_of_each_type(museum: AsyncSession, column: str) -> None:
    rows, kind = QuerySet(Exhibit, museum), KINDS[column]

    assert await found(rows.filter(**{f"{column}__in": [kind.low] * 1_500})) == [1]
    assert await found(rows.exclude(**{f"{column}__in": [kind.high] * 1_500})) == [1, 3]


@pytest.mark.sampled
@pytest.mark.parametrize("column", POSTGRES_KINDS)
async def test_long_lists_of_each_type_of_postgresql(treasury: AsyncSession, column: str) -> None:
    rows, kind = QuerySet(Treasure, treasury), POSTGRES_KINDS[column]

    assert await found(rows.filter(**{f"{column}__in": [kind.low] * 1_500})) == [1]
    assert await found(rows.exclude(**{f"{column}__in": [kind.high] * 1_500})) == [1, 3]


@pytest.mark.by_turns
@pytest.mark.parametrize("column", KINDS)
async def test_none_in_a_list_is_left_out(museum: AsyncSession, column: str) -> None:
    rows, low = QuerySet(Exhibit, museum), KINDS[column].low

    assert await found(rows.filter(**{f"{column}__in": [None, low, None]})) == [1]
    assert await found(rows.exclude(**{f"{column}__in": [None, low]})) == [2, 3]
    assert await found(rows.filter(**{f"{column}__notin": (None, low)})) == [2]
    assert await found(rows.filter(**{f"{column}__in": {None}})) == []
    assert await found(rows.exclude(**{f"{column}__in": [None]})) == [1, 2, 3]


@pytest.mark.by_turns
@pytest.mark.parametrize("column", KINDS)
async def test_nothing_is_in_an_empty_list(museum: AsyncSession, sql: RecordedSQL, column: str) -> None:
    rows = QuerySet(Exhibit, museum)

    assert await found(rows.filter(**{f"{column}__in": []})) == []
    assert await found(rows.filter(**{f"{column}__in": iter(())})) == []
    assert len(sql) == 0
    assert await found(rows.exclude(**{f"{column}__in": []})) == [1, 2, 3]
    assert await found(rows.filter(**{f"{column}__notin": []})) == [1, 2, 3]


INTEGERS = ["integer", "small", "big", "varying"]
BEYOND: list[Any] = [2**15, 2**31, 2**63 - 1, 2**63, 2**100, 10**5000, Decimal("1e999999999"), 1e300]


@pytest.mark.parametrize("column", INTEGERS)
async def test_an_integer_beyond_the_column_matches_nothing(museum: AsyncSession, column: str) -> None:
    rows, low = QuerySet(Exhibit, museum), KINDS[column].low

    for large in BEYOND:
        small = large.copy_negate() if isinstance(large, Decimal) else -large
        for number in (large, small):
            assert await found(rows.filter(**{column: number})) == []
            assert await found(rows.filter(**{f"{column}__ne": number})) == [1, 2]
            assert await found(rows.exclude(**{column: number})) == [1, 2, 3]
            assert await found(rows.filter(**{f"{column}__in": [number]})) == []
            assert await found(rows.filter(**{f"{column}__in": [number, low, None]})) == [1]
            assert await found(rows.filter(**{f"{column}__notin": [number]})) == [1, 2]
        assert await found(rows.filter(**{f"{column}__lt": large})) == [1, 2]
        assert await found(rows.filter(**{f"{column}__gte": large})) == []
        assert await found(rows.filter(**{f"{column}__gt": small})) == [1, 2]
        assert await found(rows.filter(**{f"{column}__lte": small})) == []
        assert await found(rows.filter(**{f"{column}__range": (small, large)})) == [1, 2]
        assert await found(rows.filter(**{f"{column}__range": (low, large)})) == [1, 2]
        assert await found(rows.filter(**{f"{column}__range": (large, small)})) == []


@pytest.mark.parametrize("column", INTEGERS)
async def test_an_integer_beyond_the_column_in_arithmetic(museum: AsyncSession, column: str) -> None:
    rows = QuerySet(Exhibit, museum)

    for number in (2**15, 2**31, 2**62):
        assert await found(rows.filter(**{f"{column}__lt": F(column) + number})) == [1, 2]
        assert await found(rows.filter(**{column: F(column) - number})) == []
    with pytest.raises(InvalidLookupValueError, match="64 bits"):
        rows.filter(**{column: F(column) + 2**63})


@pytest.mark.parametrize("number", [2**63, -(10**5000), "9" * 100], ids=["large", "small", "text"])
async def test_an_integer_that_no_column_holds_is_not_set(
    museum: AsyncSession, sql: RecordedSQL, number: Any
) -> None:
    for column in INTEGERS:
        with pytest.raises(InvalidLookupValueError, match=f"{column}=.* bits"):
            await QuerySet(Exhibit, museum).update({column: number})

    assert len(sql) == 0


@pytest.mark.parametrize(("column", "bits"), [("small", 16), ("integer", 32), ("big", 64)])
async def test_an_integer_that_a_column_does_not_hold_is_not_set(
    museum: AsyncSession, sql: RecordedSQL, column: str, bits: int
) -> None:
    """SQLite would store it, and PostgreSQL's driver refuse it."""
    rows = QuerySet(Exhibit, museum).filter(id=1)
    for number in (2 ** (bits - 1), -(2 ** (bits - 1)) - 1):
        with pytest.raises(InvalidLookupValueError, match=f"{column}=.*{bits} bits"):
            await rows.update({column: number})
    assert len(sql) == 0
    for number in (2 ** (bits - 1) - 1, -(2 ** (bits - 1))):
        await rows.update({column: number})
        assert await rows.values_list(column, flat=True) == [number]
