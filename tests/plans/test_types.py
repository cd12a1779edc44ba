"""Values are bound as their column's type, and a list of them without what would cut them."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet
from tests.plans.office import Office, ids
from tests.plans.rows import SAMPLES
from tests.plans.schema import Parcel, Sample


@pytest.mark.by_turns
@pytest.mark.parametrize("column", SAMPLES)
async def test_values_are_bound_as_the_column_is(session: AsyncSession, office: Office, column: str) -> None:
    samples, value = QuerySet(Sample, session).order_by("id"), SAMPLES[column]

    for wanted in (1, 2):
        other = 3 - wanted
        assert ids(await samples.filter(**{column: value(wanted)})) == [wanted]
        assert ids(await samples.filter(**{f"{column}__ne": value(wanted)})) == [other]
        assert ids(await samples.exclude(**{column: value(wanted)})) == [other]
        assert ids(await samples.filter(**{f"{column}__in": [value(wanted)]})) == [wanted]
        assert ids(await samples.filter(**{f"{column}__in": [value(wanted), value(other)]})) == [1, 2]
        assert ids(await samples.filter(**{f"{column}__notin": [value(wanted)]})) == [other]
        assert ids(await samples.exclude(**{f"{column}__in": [value(wanted)]})) == [other]
        assert ids(await samples.filter(**{f"{column}__range": (value(wanted), value(wanted))})) == [wanted]
    assert office.plans.info().misses == 7


async def test_json_values_are_bound_as_json(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)

    assert ids(await parcels.filter(labels={"number": 2})) == [2]
    assert ids(await parcels.filter(labels__in=[{"number": 3}])) == [3]
    assert ids(await parcels.filter(labels__in=[{"number": 3}, {"number": 2}]).order_by("id")) == [2, 3]


CUT = {
    "text with a length": ("short", ["ab1z", "ab2bc", "ab1" * 50]),
    "a decorated length": ("mirrored", ["zab1", "xyab2", "ab1" * 50]),
    "a scale": ("exactly", [Decimal("1.25"), Decimal("1.34"), Decimal("2.3000001")]),
    "more digits than the precision": ("exactly", [Decimal("1234567.3"), Decimal(10) ** 20]),
    "floats with a scale": ("roughly", [1.25, 1.34, 2.3001]),
    "floats beyond the precision": ("roughly", [1234567.3, 1e20]),
    "numbers beyond a small integer": ("small", [65537, 2**31, 2**63 - 1]),
    "numbers beyond an integer": ("whole", [2**32 + 1, 2**63 - 1]),
    "decorated numbers beyond an integer": ("cents", [Decimal(2**32), Decimal(2**55)]),
    "another UUID as text": ("token_text", ["80000000-0000-0000-0000-000000000099"]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("column", "values"), CUT.values(), ids=CUT)
async def test_no_value_is_cut_to_one_that_matches(
    session: AsyncSession, column: str, values: list[Any]
) -> None:
    samples = QuerySet(Sample, session).order_by("id")

    for value in values:
        assert ids(await samples.filter(**{column: value})) == []
        assert ids(await samples.exclude(**{column: value})) == [1, 2]
        assert ids(await samples.filter(**{f"{column}__range": (value, value)})) == []
    assert ids(await samples.filter(**{f"{column}__in": values})) == []
    assert ids(await samples.filter(**{f"{column}__notin": values})) == [1, 2]
    assert ids(await samples.filter(**{f"{column}__in": values * 500})) == []


async def test_a_scale_does_not_move_a_bound(session: AsyncSession) -> None:
    samples = QuerySet(Sample, session).order_by("id")
    below, above = Decimal("1.29"), Decimal("1.31")

    assert ids(await samples.filter(exactly__gt=below)) == [1, 2]
    assert ids(await samples.filter(exactly__gte=above)) == [2]
    assert ids(await samples.filter(exactly__lt=above)) == [1]
    assert ids(await samples.filter(exactly__lte=below)) == []
    assert ids(await samples.filter(exactly__range=(above, 5))) == [2]
