"""Values at the edge of what a column takes: taken on both databases, and meant the same on both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, F, InvalidLookupValueError, QuerySet, Value
from tests.errors.models import (
    Base,
    Cabinet,
    Colour,
    Drawer,
    DrawerRepository,
    Specimen,
    SpecimenRepository,
)
from tests.postgres import new_database

HUGE = 2**70
FULL = {
    "integer": 5,
    "small": 5,
    "big": 2**40,
    "string": "Abc",
    "text": "Abc",
    "real": 1.5,
    "decimal": Decimal("1.56"),
    "boolean": True,
    "day": date(2026, 11, 22),
    "moment": datetime(2026, 11, 22, 14, 30),
    "instant": datetime(2026, 11, 22, 14, 30, tzinfo=UTC),
    "clock": time(14, 30),
    "span": timedelta(days=1, seconds=5),
    "blob": b"abc",
    "uuid": UUID(int=1),
    "colour": Colour.RED,
    "size": "small",
    "document": {"a": 1},
    "lowered": "abc",
    "cabinet_id": 1,
}


@asynccontextmanager
async def _filled(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add_all([Cabinet(id=1, name="x"), Drawer(row=1, column=2), Drawer(row=1, column=3)])
            await session.flush()
            session.add_all([Specimen(id=1, **FULL), Specimen(id=2)])
            await session.commit()
        yield database


@pytest.fixture(scope="module")
async def sqlite_specimens(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("specimens") / "specimens.sqlite3"
    async with _filled(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="module")
async def postgresql_specimens(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _filled(url) as database:
        yield database


@pytest.fixture
def specimens_database(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_specimens")
    return database


@pytest.fixture
async def session(specimens_database: Database) -> AsyncIterator[AsyncSession]:
    """Specimen 1 has every value of `FULL`, specimen 2 none; drawers (1, 2) and (1, 3). For reading."""
    async with specimens_database.session() as session:
        yield session


async def keys(queryset: QuerySet[Any]) -> list[int]:
    return sorted(await queryset.values_list("id", flat=True))


async def test_other_spellings_of_a_value(session: AsyncSession) -> None:
    spellings: dict[str, list[Any]] = {
        "integer": [5, "5", " 5 ", 5.0, Decimal("5"), Decimal("5.00")],
        "small": ["5"],
        "big": [str(2**40), float(2**40)],
        "string": ["Abc"],
        "real": [1.5, "1.5", Decimal("1.5")],
        "decimal": [Decimal("1.56"), "1.56", 1.56, "1.560"],
        "boolean": [True, 1, "true", "TRUE", "t", "1"],
        "day": [date(2026, 11, 22), "2026-11-22", "20261122", datetime(2026, 11, 22, 23)],
        "moment": [datetime(2026, 11, 22, 14, 30), "2026-11-22T14:30:00", "2026-11-22 14:30"],
        "instant": [
            datetime(2026, 11, 22, 14, 30, tzinfo=UTC),
            "2026-11-22T14:30:00Z",
        ],
        "clock": [time(14, 30), "14:30", "14:30:00"],
        "span": [timedelta(days=1, seconds=5)],
        "blob": [b"abc", bytearray(b"abc"), memoryview(b"abc")],
        "uuid": [UUID(int=1), str(UUID(int=1)), UUID(int=1).hex],
        "colour": [Colour.RED, "RED", "r"],
        "size": ["small"],
        "lowered": ["abc", "ABC"],
        "cabinet": [1, "1", Cabinet(id=1)],
        "cabinet_id": [1, "1", Cabinet(id=1)],
    }
    specimens = SpecimenRepository(session).objects
    for field, values in spellings.items():
        for value in values:
            assert await keys(specimens.filter(**{field: value})) == [1], (field, value)
            assert await keys(specimens.filter(**{f"{field}__in": [value]})) == [1], (field, value)
            assert await keys(specimens.exclude(**{field: value})) == [2], (field, value)
            assert await keys(specimens.filter(**{f"{field}__ne": value})) == [], (field, value)


async def test_an_instant_is_the_same_in_every_zone(session: AsyncSession, backend: str) -> None:
    elsewhere = datetime(2026, 11, 22, 17, 30, tzinfo=timezone(timedelta(hours=3)))

    if backend == "postgresql":  # SQLite stores the text of the time, without its zone
        assert await keys(SpecimenRepository(session).objects.filter(instant=elsewhere)) == [1]


async def test_none_is_null(session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects
    for field in (*FULL, "cabinet"):
        if field != "document":
            assert await keys(specimens.filter(**{field: None})) == [2], field
            assert await keys(specimens.exclude(**{field: None})) == [1], field
            assert await keys(specimens.filter(**{f"{field}__ne": None})) == [1], field
        assert await keys(specimens.filter(**{f"{field}__isnull": True})) == [2], field
        assert await keys(specimens.filter(**{f"{field}__isnull": False})) == [1], field


async def test_none_in_lists_is_left_out(session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects

    assert await keys(specimens.filter(integer__in=[None, 5])) == [1]
    assert await keys(specimens.filter(integer__in=[None])) == []
    assert await keys(specimens.exclude(integer__in=[None, 5])) == [2]
    assert await keys(specimens.filter(integer__notin=[])) == [1, 2]


@pytest.mark.by_turns
@pytest.mark.parametrize("field", ["integer", "small", "big", "pk", "cabinet", "cabinet__id"])
async def test_integers_beyond_every_column_match_nothing(field: str, session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects
    there = [1, 2] if field == "pk" else [1]

    for number in (HUGE, -HUGE, 2**63, -(2**63) - 1, 2**40 + 1, str(HUGE), 1e300):
        assert await keys(specimens.filter(**{field: number})) == [], number
        assert await keys(specimens.exclude(**{field: number})) == [1, 2], number
        assert await keys(specimens.filter(**{f"{field}__in": [number]})) == [], number
        assert await keys(specimens.filter(**{f"{field}__ne": number})) == there, number
    assert await keys(specimens.filter(**{f"{field}__lt": HUGE})) == there
    assert await keys(specimens.filter(**{f"{field}__gte": -HUGE})) == there
    assert await keys(specimens.filter(**{f"{field}__gt": HUGE})) == []
    assert await keys(specimens.filter(**{f"{field}__range": (-HUGE, HUGE)})) == there
    assert await keys(specimens.filter(**{f"{field}__range": (HUGE, HUGE + 1)})) == []


async def test_integers_beyond_every_column_in_composite_keys(session: AsyncSession) -> None:
    drawers = DrawerRepository(session).objects

    assert await drawers.filter(pk=(1, HUGE)).count() == 0
    assert await drawers.filter(pk=(HUGE, 2)).exists() is False
    assert await drawers.exclude(pk=(1, HUGE)).count() == 2
    assert await drawers.filter(pk__in=[(1, HUGE), (1, 2)]).count() == 1
    assert await DrawerRepository(session).get_by_pk((1, HUGE)) is None
    assert await DrawerRepository(session).get_by_pk((1, 2**40)) is None
    assert await SpecimenRepository(session).get_by_pk(HUGE) is None
    assert await SpecimenRepository(session).get_by_pk(2**40) is None
    assert await SpecimenRepository(session).get_by_pk(-HUGE) is None


async def test_slices_beyond_every_table(session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects.order_by("id")

    assert [specimen.id for specimen in await specimens[:HUGE]] == [1, 2]
    assert [specimen.id for specimen in await specimens[1:HUGE]] == [2]
    assert await specimens[HUGE:] == []
    assert await specimens[2**63 :] == []
    assert await specimens[HUGE] is None
    assert await specimens[:HUGE].count() == 2


async def test_decimals_are_not_rounded_to_the_column(session: AsyncSession) -> None:
    """The column has two places; a third says that nothing is equal, not that it is cut off."""
    specimens = SpecimenRepository(session).objects

    assert await keys(specimens.filter(decimal="1.555")) == []
    assert await keys(specimens.filter(decimal=Decimal("1.564"))) == []
    assert await keys(specimens.filter(decimal__in=["1.555", "1.564"])) == []
    assert await keys(specimens.filter(decimal__gt="1.555")) == [1]
    assert await keys(specimens.filter(decimal__gte="1.564")) == []
    assert await keys(specimens.filter(decimal__range=("1.555", "1.564"))) == [1]
    assert await keys(specimens.filter(decimal__lt="1.564")) == [1]


async def test_decimals_beyond_the_column_match_nothing(session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects

    for number in (Decimal("1e30"), "-1e30", 10**20, 1e30):
        assert await keys(specimens.filter(decimal=number)) == []
        assert await keys(specimens.filter(decimal__in=[number])) == []
        assert await keys(specimens.exclude(decimal=number)) == [1, 2]
    assert await keys(specimens.filter(decimal__lt=Decimal("1e30"))) == [1]


async def test_text_beyond_the_column_matches_nothing(session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects

    assert await keys(specimens.filter(string="Abc" + "x" * 50)) == []
    assert await keys(specimens.filter(string__in=["Abc" + " " * 50, "Abcdefghijkl"])) == []
    assert await keys(specimens.filter(string__startswith="Abc" + "x" * 50)) == []


async def test_dates_beyond_every_calendar(session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects

    assert await keys(specimens.filter(day__lt=date.max)) == [1]
    assert await keys(specimens.filter(day__gt=date.min)) == [1]
    assert await keys(specimens.filter(moment__range=(datetime.min, datetime.max))) == [1]


async def test_values_within_expressions(session: AsyncSession) -> None:
    specimens = SpecimenRepository(session).objects
    aware, naive = FULL["instant"], FULL["moment"]

    assert await keys(specimens.filter(integer=F("small") + 0)) == [1]
    assert await keys(specimens.filter(big=Value(2**40))) == [1]
    assert await keys(specimens.filter(string=F("text"))) == [1]
    assert await keys(specimens.filter(moment=Value(naive))) == [1]
    assert await keys(specimens.filter(instant=Value(aware))) == [1]
    assert await keys(specimens.filter(instant__lte=Value(aware))) == [1]


async def test_time_added_to_a_moment(session: AsyncSession, backend: str) -> None:
    specimens = SpecimenRepository(session).objects

    if backend == "postgresql":  # SQLite has no arithmetic of time
        assert await keys(specimens.filter(moment__lt=F("moment") + timedelta(1))) == [1]
        assert await keys(specimens.filter(instant__lt=F("instant") + timedelta(1))) == [1]


async def test_an_order_by_composite_key(session: AsyncSession) -> None:
    drawers = DrawerRepository(session).objects

    assert await drawers.order_by("pk").values_list("column", flat=True) == [2, 3]
    assert await drawers.order_by("-pk").values_list("column", flat=True) == [3, 2]
    first = await drawers.order_by("-pk").first()
    assert first is not None
    assert first.column == 3


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ["contains", "icontains", "startswith", "iexact", "like", "ilike"])
async def test_text_lookups_of_every_type(name: str, session: AsyncSession) -> None:
    """They compare the column's text, and no type that has one makes the database refuse."""
    specimens = SpecimenRepository(session).objects
    with pytest.raises(InvalidLookupValueError, match="bytes"):
        specimens.filter(**{f"blob__{name}": "zzz"})
    for field in (*({*FULL} - {"blob"}), "pk"):
        assert await keys(specimens.filter(**{f"{field}__{name}": "zzz"})) == [], field
    assert await keys(specimens.filter(integer__contains=5)) == [1]
    assert await keys(specimens.filter(colour__icontains="re")) == [1]
