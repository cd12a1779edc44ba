"""What no column of integers can hold is compared as what it is: numbers beyond them all, and fractions."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import Integer
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, InvalidLookupValueError, Q, QuerySet, Value
from tests.plans.office import Office, ids
from tests.plans.schema import Parcel, Sample

ALL = [1, 2, 3, 4, 5, 6, 7, 8]
UNRANKED = [4]
RANKED = [1, 2, 3, 5, 6, 7, 8]

# What `rank` is compared with, and whom it finds.
TOO_LARGE = {
    "rank": [],
    "rank__ne": RANKED,
    "rank__gt": [],
    "rank__gte": [],
    "rank__lt": RANKED,
    "rank__lte": RANKED,
}
TOO_SMALL = {
    "rank": [],
    "rank__ne": RANKED,
    "rank__gt": RANKED,
    "rank__gte": RANKED,
    "rank__lt": [],
    "rank__lte": [],
}
# Just beyond the columns' 32 bits, the last of 64, just beyond those, far beyond.
LARGE = [2**31, 2**63 - 1, 2**63, 10**30]
SMALL = [-(2**31) - 1, -(2**63), -(2**63) - 1, -(10**30)]


@pytest.mark.by_turns
@pytest.mark.parametrize("number", [*LARGE, *SMALL])
async def test_comparisons(session: AsyncSession, number: int) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    for lookup, found in (TOO_LARGE if number > 0 else TOO_SMALL).items():
        assert ids(await parcels.filter(**{lookup: number})) == found, lookup
        # Django's NOT: a row without a rank is found by it.
        others = [number for number in ALL if number not in found]
        assert ids(await parcels.exclude(**{lookup: number})) == others, lookup
        assert ids(await parcels.filter(~~Q((lookup, number)))) == found, lookup
        assert await parcels.filter(**{lookup: number}).count() == len(found), lookup


@pytest.mark.by_turns
@pytest.mark.parametrize("number", [*LARGE, *SMALL])
async def test_members_of_lists(session: AsyncSession, number: int) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(rank__in=[number])) == []
    assert ids(await parcels.filter(rank__in=[3, number, -1])) == [3, 5, 6]
    assert ids(await parcels.exclude(rank__in=[number])) == ALL
    assert ids(await parcels.exclude(rank__in=[3, number])) == [1, 2, 4, 5, 7, 8]
    assert ids(await parcels.filter(rank__notin=[3, number])) == [1, 2, 5, 7, 8]
    assert ids(await parcels.filter(floor__in=[number, 3])) == [6]


@pytest.mark.by_turns
@pytest.mark.parametrize("number", [*LARGE, *SMALL])
async def test_a_list_of_nothing_else_is_like_any_list_without_matches(
    session: AsyncSession, number: int
) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(rank__notin=[99])) == RANKED
    assert ids(await parcels.filter(rank__notin=[number])) == RANKED


RANGES = [
    ((2, 10**30), [2, 3, 6]),
    ((-(10**30), 0), [5, 8]),
    ((-(10**30), 10**30), RANKED),
    ((10**30, 10**31), []),
    ((-(10**31), -(10**30)), []),
    ((2, -(10**30)), []),
    ((2**63 - 1, 2**63), []),
]


@pytest.mark.by_turns
@pytest.mark.parametrize(("ends", "found"), RANGES)
async def test_ends_of_ranges(session: AsyncSession, ends: tuple[int, int], found: list[int]) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(rank__range=ends)) == found
    assert ids(await parcels.exclude(rank__range=ends)) == [number for number in ALL if number not in found]


async def test_over_relations(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(depot__rank__lt=2**70)) == [1, 2, 5, 6, 8]
    assert ids(await parcels.filter(stamps__rank__lt=2**70)) == [1, 2, 4, 6, 8]
    assert ids(await parcels.exclude(stamps__rank__lt=2**70)) == [3, 5, 7]
    assert ids(await parcels.exclude(stamps__rank=2**70)) == ALL
    assert ids(await parcels.filter(depot=2**70)) == []


async def test_the_largest_that_a_column_holds_is_found(session: AsyncSession) -> None:
    samples = QuerySet(Sample, session)
    for number in (2**63 - 1, -(2**63)):
        await samples.filter(id=1).update(large=number)
        assert ids(await samples.filter(large=number)) == [1]
        assert ids(await samples.filter(large__in=[number, 5])) == [1]
        assert ids(await samples.filter(large__range=(number, number))) == [1]


@pytest.mark.parametrize("number", [2**63, 10**30, -(10**30)])
async def test_nothing_is_asked_where_nothing_can_match(
    session: AsyncSession, office: Office, number: int
) -> None:
    parcels = QuerySet(Parcel, session)

    assert await parcels.filter(rank=number) == []
    assert await parcels.filter(rank__in=[number]).count() == 0
    assert (await parcels.filter(rank=number).delete()).rowcount == 0
    assert len(office.sql) == 0


@pytest.mark.parametrize("number", [2**63, -(2**70)])
def test_operands_beyond_every_column_are_refused(number: int) -> None:
    """A sum is not a comparison: what it comes to cannot be known without the row."""
    for lookups in (
        {"rank": F("floor") + number},
        {"rank__gt": number - F("floor")},
        {"rank__range": (F("floor") * number, 5)},
    ):
        with pytest.raises(InvalidLookupValueError):
            QuerySet(Parcel).filter(**lookups)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    "bounds",
    [
        slice(0, 2**31),
        slice(2, 2**40),
        slice(2**40, None),
        slice(1, 2**63 - 1),
        slice(0, 2**63),
        slice(2**63, None),
        slice(2**63, 2**64),
        slice(2, 10**30),
    ],
)
async def test_bounds_of_slices(session: AsyncSession, bounds: slice) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels[bounds]) == ALL[bounds]
    assert await parcels[bounds].count() == len(ALL[bounds])


# `rank` is 3, 2, None, 3 … of these rows: what a fraction between two of them finds.
FRACTIONS: dict[str, Callable[[Any, Any], bool]] = {
    "rank": lambda rank, number: rank == number,
    "rank__ne": lambda rank, number: rank != number,
    "rank__gt": lambda rank, number: rank > number,
    "rank__gte": lambda rank, number: rank >= number,
    "rank__lt": lambda rank, number: rank < number,
    "rank__lte": lambda rank, number: rank <= number,
}


@pytest.mark.by_turns
@pytest.mark.parametrize("number", [2.5, -0.5, Decimal("2.000001"), Fraction(8, 3), 1e-300, -1e-300])
async def test_fractions_lie_between_integers(session: AsyncSession, number: Any) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    ranks = dict(await parcels.values_list("id", "rank"))

    for lookup, holds in FRACTIONS.items():
        found = [key for key, rank in ranks.items() if rank is not None and holds(rank, number)]
        others = [key for key in ALL if key not in found]
        assert ids(await parcels.filter(**{lookup: number})) == found, lookup
        assert ids(await parcels.exclude(**{lookup: number})) == others, lookup
        # Of a value that is computed, too.
        computed = parcels.annotate(n=F("rank") + 0).filter(**{lookup.replace("rank", "n"): number})
        assert ids(await computed) == found, lookup
    assert ids(await parcels.filter(rank__in=[number, 3])) == ids(await parcels.filter(rank=3))
    assert ids(await parcels.filter(rank__notin=[number])) == RANKED
    within = [key for key, rank in ranks.items() if rank is not None and -0.5 <= rank <= number]
    assert ids(await parcels.filter(rank__range=(-0.5, number))) == within


async def test_fractions_where_integers_are_not_columns(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    counted = parcels.annotate(n=Count("stamps"))

    assert ids(await counted.filter(n__gt=1.5)) == ids(await counted.filter(n__gte=2))
    assert ids(await parcels.filter(sent_on__year__gt=2019.5)) == ids(
        await parcels.filter(sent_on__year__gte=2020)
    )
    assert await parcels.filter(sent_on__year=2020.5) == []
    assert ids(await parcels.filter(sent_on__month__lt=1.5)) == ids(await parcels.filter(sent_on__month=1))
    assert ids(await parcels.filter(stamps__rank__gte=0.5)) == ids(await parcels.filter(stamps__rank__gte=1))
    assert await parcels.filter(depot=0.5) == []
    assert await parcels.filter(pk__in=[0.5]) == []


async def test_where_nothing_is_compared_a_fraction_is_refused(session: AsyncSession) -> None:
    with pytest.raises(InvalidLookupValueError, match="an integer"):
        await QuerySet(Parcel, session).update(rank=5.5)
    with pytest.raises(InvalidLookupValueError, match="an integer"):
        QuerySet(Parcel, session).filter(rank=Value(5.5, output_field=Integer()))
    with pytest.raises(InvalidLookupValueError, match="an integer"):
        QuerySet(Parcel, session).filter(rank="5.5")
