"""Each way to say a value finds the same rows, on both databases, whatever the lookup."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet
from tests.values.kinds import KINDS, Kind
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values.schema import Exhibit, Treasure


async def found(queryset: QuerySet[Any]) -> list[int]:
    return await queryset.order_by("id").values_list("id", flat=True)


async def check(rows: QuerySet[Any], column: str, kind: Kind) -> None:
    for value in (kind.low, *kind.spellings):
        wanted: dict[str, tuple[Any, list[int]]] = {
            column: (value, [1]),
            f"{column}__ne": (value, [2]),
            f"{column}__in": ([value], [1]),
            f"{column}__notin": ([value, None], [2]),
            f"{column}__range": ((value, value), [1]),
        }
        if kind.ordered:
            wanted |= {
                f"{column}__gt": (value, [2]),
                f"{column}__gte": (value, [1, 2]),
                f"{column}__lt": (value, []),
                f"{column}__lte": (value, [1]),
            }
        for lookup, (given, ids) in wanted.items():
            assert await found(rows.filter(**{lookup: given})) == ids, (lookup, value)
        assert await found(rows.filter(**{f"{column}__in": [value, kind.high, value]})) == [1, 2], value
        assert await found(rows.exclude(**{column: value})) == [2, 3], value
        assert await found(rows.exclude(**{f"{column}__in": [value, kind.high]})) == [3], value


@pytest.mark.parametrize("column", KINDS)
async def test_on_both(museum: AsyncSession, column: str) -> None:
    await check(QuerySet(Exhibit, museum), column, KINDS[column])


@pytest.mark.parametrize("column", POSTGRES_KINDS)
async def test_on_postgresql(treasury: AsyncSession, column: str) -> None:
    await check(QuerySet(Treasure, treasury), column, POSTGRES_KINDS[column])


@pytest.mark.sampled
@pytest.mark.parametrize("column", KINDS)
async def test_in_an_update(museum: AsyncSession, column: str) -> None:
    await check_update(QuerySet(Exhibit, museum), column, KINDS[column])


@pytest.mark.sampled
@pytest.mark.parametrize("column", POSTGRES_KINDS)
async def test_in_an_update_on_postgresql(treasury: AsyncSession, column: str) -> None:
    await check_update(QuerySet(Treasure, treasury), column, POSTGRES_KINDS[column])


async def check_update(rows: QuerySet[Any], column: str, kind: Kind) -> None:
    for value in (kind.low, *kind.spellings):
        await rows.filter(id=3).update({column: value})
        assert await found(rows.filter(**{column: kind.low})) == [1, 3], value
        await rows.filter(id=3).update({column: None})
        assert await found(rows.filter(**{column: kind.low})) == [1], value


def test_every_column_is_in_the_tables() -> None:
    assert set(KINDS) == set(Exhibit.__mapper__.columns.keys()) - {"id"}
    assert set(POSTGRES_KINDS) == set(Treasure.__mapper__.columns.keys()) - {"id"}
