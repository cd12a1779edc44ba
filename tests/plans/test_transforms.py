"""Zones and keys of documents are structure: neither serves what another asked for.

Every chain is run twice, so that what was planned for one of them is there when the next one asks.
"""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, Database, F, QuerySet
from tests.plans.office import Office, ids
from tests.plans.schema import Parcel, Stamp

RIGA = "Europe/Riga"
ZONES = ["UTC", RIGA]

# Of stamps: lookups, and whom they find in UTC and in Riga.
STAMPED: dict[str, tuple[dict[str, Any], list[int], list[int]]] = {
    "a date": ({"made_at__date": date(2025, 1, 1)}, [3, 7], [1, 3, 7, 8]),
    "an hour": ({"made_at__hour": 0}, [3, 7], [1, 5, 8]),
    "a list of them": ({"made_at__hour__in": [0, 2]}, [3, 7], [1, 3, 5, 7, 8]),
    "a time": ({"made_at__time__gte": time(22)}, [1, 8], [2, 6]),
    "a month": ({"made_at__month__gt": 6}, [1, 2, 8], [2, 5]),
    "a year, which is a range": ({"made_at__year": 2025}, [3, 5, 6, 7], [1, 3, 5, 6, 7, 8]),
    "a year, which is not": ({"made_at__year__in": [2025]}, [3, 5, 6, 7], [1, 3, 5, 6, 7, 8]),
    "of a date": ({"made_at__date__year": 2024}, [1, 2, 8], [2]),
    "an operand": ({"rank": F("made_at__hour") + 1}, [3], [1, 8]),
    "a field beside it": ({"made_at__hour": F("rank") - 1}, [3], [1, 8]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("lookups", "in_utc", "in_riga"), STAMPED.values(), ids=STAMPED)
async def test_each_zone_has_its_plans(
    session: AsyncSession, office: Office, lookups: dict[str, Any], in_utc: list[int], in_riga: list[int]
) -> None:
    for zone, found in [*zip(ZONES, (in_utc, in_riga), strict=True)] * 2:
        stamps = QuerySet(Stamp, session, time_zone=zone).order_by("id")
        assert ids(await stamps.filter(**lookups)) == found
        others = {*range(1, 9)} - {*found}
        assert ids(await stamps.exclude(**lookups)) == sorted(others)
        assert await stamps.filter(**lookups).count() == len(found)
    assert (office.plans.info().misses, office.plans.info().hits) == (6, 6)


async def test_zones_over_relations_and_in_subqueries(session: AsyncSession) -> None:
    for zone, direct in [("UTC", [2, 6]), (RIGA, [1, 4, 8])] * 2:
        parcels = QuerySet(Parcel, session, time_zone=zone).order_by("id")
        assert ids(await parcels.filter(stamps__made_at__hour=0)) == direct
        assert ids(await parcels.exclude(stamps__made_at__hour=0)) == [
            number for number in range(1, 9) if number not in direct
        ]
        # What is nested has the zone that it was made in.
        for inner, nested in ((RIGA, [1, 4, 8]), ("UTC", [2, 6])):
            stamps = QuerySet(Stamp, time_zone=inner).filter(made_at__hour=0).values_list("parcel_id")
            assert ids(await parcels.filter(id__in=stamps)) == nested


async def test_zones_of_what_is_read_and_ordered(session: AsyncSession) -> None:
    for zone, hours, order in [
        ("UTC", [22, 21, 0], [3, 7, 6, 2, 5, 1, 8]),
        (RIGA, [0, 23, 2], [1, 5, 8, 3, 7, 2, 6]),
    ] * 2:
        stamps = QuerySet(Stamp, session, time_zone=zone).filter(made_at__isnull=False)
        assert await stamps.order_by("id").values_list("made_at__hour", flat=True)[:3] == hours
        assert ids(await stamps.order_by("made_at__time", "id")) == order
        assert len(await stamps.values_list("made_at__date", "made_at__hour").distinct()) == 5


async def test_zones_of_what_is_written(session: AsyncSession) -> None:
    for zone, written in [("UTC", [3, 7]), (RIGA, [1, 5, 8])] * 2:
        stamps = QuerySet(Stamp, session, time_zone=zone)
        assert sorted((await stamps.filter(made_at__hour=0).update(text="set")).scalars()) == written
        parcels = QuerySet(Parcel, session, time_zone=zone)
        assert (await parcels.filter(stamps__made_at__hour=0, code="none").delete()).rowcount == 0


class InRiga(BaseRepository[Stamp]):
    time_zone = RIGA
    ordering = ("id",)


class Anywhere(BaseRepository[Stamp]):
    ordering = ("id",)


async def test_zones_of_repositories_and_databases_on_one_engine(office: Office) -> None:
    there = Database(office.database.engine, time_zone="America/New_York")
    for _ in range(2):
        async with office.database.session() as session, there.session() as other:
            assert ids(await InRiga(session).objects.filter(made_at__hour=0)) == [1, 5, 8]
            assert ids(await Anywhere(session).objects.filter(made_at__hour=0)) == [3, 7]
            assert ids(await Anywhere(other).objects.filter(made_at__hour=17)) == [1, 5, 8]
            assert ids(await InRiga(other).objects.filter(made_at__hour=0)) == [1, 5, 8]
    assert (office.plans.info().misses, office.plans.info().hits) == (3, 5)


async def test_a_date_is_the_moments_in_the_zone_of_the_query(session: AsyncSession) -> None:
    moment = datetime(2024, 12, 31, 22, 30, tzinfo=UTC)
    for zone, found in [("UTC", [1, 2, 8]), (RIGA, [1, 3, 7, 8])] * 2:
        stamps = QuerySet(Stamp, session, time_zone=zone).order_by("id")
        assert ids(await stamps.filter(made_at=moment)) == [1, 8]
        assert ids(await stamps.filter(made_at__date=moment)) == found


# Keys of documents

DOCUMENTS: list[Any] = [
    {"a": 1, "b": 2},
    {"a": 2, "b": 1},
    {"a": {"b": 1, "a": 2}, "b": {"a": 3}},
    {"a": None, "b": "1"},
    [1, {"a": 1}, 2],
    {"0": 1, "it's %s ?": 1, "a.b": 2, "a b": 1},
    {"a__b": 1, "ab": 1, "А": 1},
    1,
]
KEYED: dict[str, list[int]] = {
    "a": [1],
    "b": [2],
    "ab": [7],
    "А": [7],
    "a__b": [3],
    "a__a": [],
    "b__a": [],
    "0": [5, 6],
    "-1": [],
    "-3": [5],
    "1__a": [5],
    "1": [],
    "it's %s ?": [6],
    "a.b": [],
    "a b": [6],
}


@pytest.fixture
async def parcels(session: AsyncSession) -> QuerySet[Parcel]:
    """Parcels with documents as labels."""
    parcels = QuerySet(Parcel, session)
    for number, document in enumerate(DOCUMENTS, start=1):
        await parcels.filter(id=number).update(labels=document)
    return parcels.order_by("id")


async def test_each_key_has_its_plan(parcels: QuerySet[Parcel], office: Office) -> None:
    office.plans.clear()
    for key, found in [*KEYED.items()] * 2:
        assert ids(await parcels.filter(**{f"labels__{key}": 1})) == found, key
    assert (office.plans.info().misses, office.plans.info().hits) == (len(KEYED), len(KEYED))


async def test_each_key_has_its_plan_wherever_it_stands(parcels: QuerySet[Parcel]) -> None:
    ones = parcels.filter(id__in=[1, 2])
    for key, other in [("a", "b"), ("b", "a")] * 2:
        first, second = (1, 2) if key == "a" else (2, 1)
        assert ids(await parcels.filter(depot__parcels__isnull=False, **{f"parent__labels__{key}": 1})) == (
            [2] if key == "a" else [5]
        )
        assert ids(await parcels.filter(**{f"children__labels__{key}": 1})) == ([] if key == "a" else [1])
        assert ids(await parcels.exclude(**{f"children__labels__{key}": 1})) == (
            [1, 2, 3, 4, 5, 6, 7, 8] if key == "a" else [2, 3, 4, 5, 6, 7, 8]
        )
        assert await ones.values_list(f"labels__{key}", flat=True) == [first, second]
        assert ids(await ones.order_by(f"labels__{key}")) == ([1, 2] if key == "a" else [2, 1])
        assert ids(await ones.filter(rank=F(f"labels__{key}"))) == ([1, 2] if key == "a" else [])
        assert ids(await ones.filter(**{f"labels__{key}__lt": F(f"labels__{other}")})) == [first]
        assert ids(await ones.filter(**{f"labels__{key}__icontains": "1"})) == [first]


async def test_distinct_values_of_one_key_in_the_order_of_another(parcels: QuerySet[Parcel]) -> None:
    ones = parcels.filter(id__in=[1, 2])
    for _ in range(2):
        assert await ones.order_by("labels__b").values_list("labels__a", flat=True).distinct() == [2, 1]
        assert await ones.order_by("labels__a").values_list("labels__a", flat=True).distinct() == [1, 2]
        stamped = ones.filter(stamps__rank__gte=1).order_by("labels__b")
        assert await stamped.values_list("labels__a", flat=True)[:3] == [2, 1]
