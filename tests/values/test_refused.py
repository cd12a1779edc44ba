"""What a column does not take is one error on its own line, and the database is not asked."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import InvalidLookupValueError, QuerySet
from tests.recording import RecordedSQL
from tests.values.kinds import KINDS, Kind
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values.schema import Exhibit, Treasure


async def check(rows: QuerySet[Any], column: str, kind: Kind) -> None:
    for value in kind.refused:
        given = {
            column: value,
            f"{column}__ne": value,
            f"{column}__gt": value,
            f"{column}__lte": value,
            f"{column}__in": [kind.low, value],
            f"{column}__notin": [value],
            f"{column}__range": (value, kind.high),
        }
        for lookup, right in given.items():
            with pytest.raises(InvalidLookupValueError) as caught:
                rows.filter(**{lookup: right})
            said = str(caught.value)
            assert f": {lookup}=" in said, said
            assert kind.says in said, said
            assert len(said) < 400, said
        with pytest.raises(InvalidLookupValueError, match=rf": {column}=.*'update' takes"):
            await rows.update({column: value})


@pytest.mark.by_turns
@pytest.mark.parametrize("column", KINDS)
async def test_on_both(museum: AsyncSession, sql: RecordedSQL, column: str) -> None:
    await check(QuerySet(Exhibit, museum), column, KINDS[column])

    assert len(sql) == 0


@pytest.mark.parametrize("column", POSTGRES_KINDS)
async def test_on_postgresql(treasury: AsyncSession, sql: RecordedSQL, column: str) -> None:
    await check(QuerySet(Treasure, treasury), column, POSTGRES_KINDS[column])

    assert len(sql) == 0


@pytest.mark.by_turns
@pytest.mark.parametrize("column", KINDS)
async def test_none_has_no_order(museum: AsyncSession, sql: RecordedSQL, column: str) -> None:
    rows = QuerySet(Exhibit, museum)
    wrong = {"gt": None, "gte": None, "lt": None, "lte": None, "range": (KINDS[column].low, None), "in": None}
    for lookup, value in wrong.items():
        with pytest.raises(InvalidLookupValueError, match=rf"{column}__{lookup}="):
            rows.filter(**{f"{column}__{lookup}": value})

    assert len(sql) == 0


@pytest.mark.parametrize("column", KINDS)
def test_a_queryset_is_no_value(column: str) -> None:
    with pytest.raises(InvalidLookupValueError, match=rf"{column}=.*'in'"):
        QuerySet(Exhibit).filter(**{column: QuerySet(Exhibit)})


MESSAGES = {
    "aware": (
        KINDS["naive"].low,
        "a datetime with a time zone (.replace(tzinfo=…) gives it one; datetime.now(UTC) has one) here",
    ),
    "naive": (
        KINDS["aware"].low,
        "a datetime without a time zone (.astimezone(…).replace(tzinfo=None) takes it off; "
        "a column of DateTime(timezone=True) keeps it) here",
    ),
    "hour": ("25:00", "a time without an offset from UTC, or its ISO text such as '14:30' here, not str"),
    "span": (5, "a timedelta, or its text such as '3 days 04:05:06' here, not int"),
    "double": ("nan", "a number other than NaN here"),
    "cents": ("1", "what Cents binds (TypeError: money is a number) here, not str"),
    "document": ({"a": {1}}, "JSON, and a set is none, here, not dict"),
    "metal": ("zinc", "one of Metal: IRON, GOLD here, not str"),
    "uuid": (5, "a UUID, or its text here, not int"),
    "string": ("a\0", "text without NUL characters here"),
}


@pytest.mark.parametrize("column", MESSAGES)
def test_the_way_out_is_said(column: str) -> None:
    value, says = MESSAGES[column]
    with pytest.raises(InvalidLookupValueError) as caught:
        QuerySet(Exhibit).filter(**{column: value})

    assert f"'exact' takes {says}" in str(caught.value)
