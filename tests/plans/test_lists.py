"""``in`` with lists of any length and type: one array on PostgreSQL, parameters or literals on SQLite."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, InvalidLookupValueError, Q, QueryError, QuerySet
from tests.plans.office import SQLITE_TAKES, Office, ids
from tests.plans.rows import SAMPLES
from tests.plans.schema import Crate, Parcel, Sample, Slot, Stamp

POSTGRESQL_TAKES = 32_767
# One of each family of types.
USUAL = ("text", "whole", "exactly", "truth", "moment", "data", "kind")


async def test_one_text_for_lists_of_every_length_on_postgresql(
    postgresql_session: AsyncSession, postgresql_office: Office
) -> None:
    parcels = QuerySet(Parcel, postgresql_session).order_by("id")
    for length in (1, 2, 1_000, 1_001, POSTGRESQL_TAKES + 1, 40_000):
        assert ids(await parcels.filter(rank__in=range(3, 3 + length))) == [3, 6]

    texts = {statement for statement, _ in postgresql_office.sql.statements}
    assert len(texts) == 1
    assert texts.pop().endswith("WHERE parcels.rank = ANY ($1::BIGINT[]) ORDER BY parcels.id ASC")


@pytest.mark.by_turns
@pytest.mark.parametrize(
    "column", [pytest.param(column, marks=() if column in USUAL else pytest.mark.long) for column in SAMPLES]
)
async def test_a_list_may_be_longer_than_a_database_takes_parameters(
    session: AsyncSession, column: str
) -> None:
    samples, value = QuerySet(Sample, session).order_by("id"), SAMPLES[column]
    # Few booleans and enums differ; the others do.
    members = [value(number) for number in (2, *range(3, POSTGRESQL_TAKES + 3))]
    if column in ("small", "truth"):
        members = members[:1] * len(members)

    assert ids(await samples.filter(**{f"{column}__in": members})) == [2]
    assert ids(await samples.filter(**{f"{column}__notin": members})) == [1]


async def test_a_list_of_keys_of_two_columns_may_be_long(session: AsyncSession) -> None:
    slots = QuerySet(Slot, session).order_by("aisle", "number")
    keys = [(1, 2), *((2, number) for number in range(2, 4_000))]

    assert [slot.name for slot in await slots.filter(pk__in=[(1, 2), (2, 1), (3, 3)])] == ["1/2", "2/1"]
    assert [slot.name for slot in await slots.filter(pk__in=keys)] == ["1/2", "2/2"]
    assert [slot.name for slot in await slots.exclude(pk__in=keys)] == ["1/1", "2/1"]


@pytest.mark.long
async def test_a_hundred_thousand_members(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(rank__in=[None, *range(3, 100_003)])) == [3, 6]
    assert ids(await parcels.filter(title__in=["é", "100%", *map(str, range(100_000))])) == [4]
    assert ids(await parcels.filter(stamps__rank__in=range(5, 100_005))) == [4]


async def test_a_long_list_with_an_expression_in_it(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(rank__in=[F("floor"), *range(3, 40_000)])) == [1, 3, 6, 8]
    assert ids(await parcels.exclude(rank__in=[F("floor"), *range(3, 40_000)])) == [2, 4, 5, 7]
    assert ids(await parcels.filter(stamps__rank__in=[F("floor"), *range(5, 40_000)])) == [1, 2, 4]


async def test_several_lists_that_are_long_together(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    lists = [[7, *range(100 * number, 100 * number + 999)] for number in range(1, 41)]
    assert sum(map(len, lists)) > SQLITE_TAKES > 1_000

    for members in lists:
        parcels = parcels.filter(id__in=members)

    assert ids(await parcels) == [7]
    assert await parcels.count() == 1
    assert ids(await QuerySet(Parcel, session).filter(Q(*[("id__in", each) for each in lists]))) == [7]


async def test_long_lists_on_both_sides_of_a_subquery(session: AsyncSession) -> None:
    stamps = QuerySet(Stamp, session).filter(rank__in=range(2, 40_000)).values_list("parcel_id")

    found = await QuerySet(Parcel, session).filter(id__in=range(2, 40_000), pk__in=stamps).order_by("id")

    assert ids(found) == [2, 4, 6]


@pytest.mark.parametrize("length", [3, 1_500])
async def test_members_are_text_and_nothing_more(session: AsyncSession, length: int) -> None:
    texts = ["'", "''", "a'b", "\\", "\\'", "%", "%s", "%%", "?", ":a", "$1", "', '", "--", "/*", "\n", "é"]
    texts += ["__[POSTCOMPILE_dlr_0]", "') OR 1=1 --", '"', "", " ", "null", "\U0001f4e6"]
    parcels = QuerySet(Parcel, session)
    for number, text in enumerate(texts):
        await parcels.filter(id=1).update(title=text)
        others = [f"{text}{filler}" for filler in range(length)]
        assert ids(await parcels.filter(id=1, title__in=others)) == [], text
        assert ids(await parcels.filter(id=1, title__in=[*others[number:], text])) == [1], text
        assert ids(await parcels.filter(id=1, title__notin=[*others, text])) == [], text


@pytest.mark.parametrize("length", [3, 1_500])
async def test_members_may_be_infinite(session: AsyncSession, length: int) -> None:
    samples = QuerySet(Sample, session)
    for number in (float("inf"), -float("inf"), 1e300, -5e-324):
        await samples.filter(id=1).update(double=number)
        others = [0.5 + filler for filler in range(length)]
        assert ids(await samples.filter(double__in=[*others, number])) == [1]
        assert ids(await samples.filter(double__in=[*others, -number])) == []


async def test_lists_of_different_lengths_share_a_plan(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    found = [ids(await parcels.filter(rank__in=members)) for members in ([3], [1, 2], [1, 2, 3, 9], [9])]

    assert found == [[3, 6], [1, 2, 7], [1, 2, 3, 6, 7], []]
    assert (office.plans.info().misses, office.plans.info().hits) == (1, 3)


async def test_arrays_among_arrays(postgresql_session: AsyncSession, postgresql_office: Office) -> None:
    crates = QuerySet(Crate, postgresql_session).order_by("id")

    assert ids(await crates.filter(slots=[1, 2])) == [1, 4]
    assert ids(await crates.filter(slots__in=[[1, 2], [7]])) == [1, 4]
    assert ids(await crates.exclude(slots__in=[[1, 2]])) == [2, 3]
    assert ids(await crates.filter(slots__in=[[3], [], [1]])) == [2, 3]
    assert postgresql_office.conditions == "crates.slots IN ([3], [], [1]) ORDER BY crates.id ASC"


async def test_json_has_no_equality(postgresql_session: AsyncSession) -> None:
    crates = QuerySet(Crate, postgresql_session)

    for lookup in ("manifest", "manifest__in", "manifest__ne", "manifest__notin"):
        with pytest.raises(QueryError, match="json"):
            crates.filter(**{lookup: [{"n": 1}]})
    assert await crates.filter(manifest__isnull=False).count() == 4


@pytest.mark.parametrize("value", ["abc", b"abc", 5, None, 1.5])
def test_what_is_no_list_is_refused(value: Any) -> None:
    with pytest.raises(InvalidLookupValueError, match="title__in"):
        QuerySet(Parcel).filter(title__in=value)
