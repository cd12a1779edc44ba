"""Functions of PostgreSQL that make several rows of one: what is counted is what is read."""

from typing import Any

import pytest
from sqlalchemy import Integer, func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, Func, Q, QuerySet, RawSQL, Sum, Value
from tests.parity.schema import Country
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Series(Func):
    function = "generate_series"
    output_field = Integer()
    set_returning = True


class Absolute(Func):
    function = "abs"
    output_field = Integer()
    set_returning = False


THREE: dict[str, Any] = {
    "said to be so": Series(Value(1), Value(3)),
    "of which nothing is said": Func(Value(1), Value(3), function="generate_series", output_field=Integer()),
    "computed with": Series(Value(1), Value(3)) * 1,
    "as SQL": RawSQL("generate_series(1, 3)", (), Integer()),
    "of SQLAlchemy": func.generate_series(1, 3, type_=Integer()),
}


@pytest.mark.parametrize("name", THREE)
async def test_every_row_that_is_read_counts(shelf: AsyncSession, backend: str, name: str) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has no such functions")
    countries: Any = QuerySet(Country, shelf).filter(id__lte=2)
    rows = countries.values("id", x=THREE[name])
    assert sorted(await rows.values_list("id", "x")) == [(key, x) for key in (1, 2) for x in (1, 2, 3)]
    assert await rows.count() == await rows[:99].count() == await rows.distinct().count() == 6
    joined = rows.filter(Q(authors__id__gt=0) | Q(id__lt=0))
    assert await joined.count() == len(await joined) > 0
    assert await rows.aggregate(n=Count("id"), s=Sum("x")) == {"n": 6, "s": 12}
    unread = countries.annotate(x=THREE[name])
    assert await unread.values("id").count() == len(await unread.values("id")) == 2
    assert await unread.aggregate(n=Count("id")) == {"n": 6}


async def test_none_may_be_left(shelf: AsyncSession, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has no such functions")
    none = QuerySet(Country, shelf).values("id", x=Series(Value(1), Value(0)))
    assert await none == []
    assert not await none.exists()
    assert await none.count() == 0


async def test_what_is_known_to_make_none_is_counted_in_place(
    shelf: AsyncSession, backend: str, sql: RecordedSQL
) -> None:
    countries: Any = QuerySet(Country, shelf)
    known = "SELECT count(*) AS count_1 FROM countries"
    await countries.values("id", x=Absolute("id")).count()
    same_sql(sql.last, known)
    await countries.values("id", x=F("id") + 1).count()
    same_sql(sql.last, known)
    await countries.values("id", x=Func("id", function="abs", output_field=Integer())).count()
    table = (
        "SELECT count(*) AS count_1 FROM (SELECT countries.id AS id, abs(countries.id) AS x FROM countries)"
    )
    same_sql(sql.last, known if backend == "sqlite" else f"{table} AS anon_1")
