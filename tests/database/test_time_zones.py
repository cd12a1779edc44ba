"""The zone of a `Database`, and aware datetimes, which SQLite keeps as PostgreSQL does."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import TIMESTAMP, DateTime, TypeDecorator, func, insert, literal, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database
from django_like_repos.execution.sessions import TIME_ZONE


class Base(DeclarativeBase):
    """The models of the tests of time zones only."""


class Local(TypeDecorator[datetime]):
    """A type of a user's own, which is an aware datetime below."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value and value.replace(tzinfo=BERLIN)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value and value.astimezone(BERLIN).replace(tzinfo=None)


class Meeting(Base):
    __tablename__ = "meetings"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    noted: Mapped[datetime | None]
    local: Mapped[datetime | None] = mapped_column(Local)
    made: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.current_timestamp())


class MeetingRepository(BaseRepository[Meeting]): ...


BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 7, 1, 0, 30, tzinfo=BERLIN)
IN_UTC = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)


@pytest.fixture
async def meetings(fresh_database: Database) -> Database:
    await fresh_database.create_all(Base)
    return fresh_database


@pytest.fixture
async def session(meetings: Database) -> AsyncIterator[AsyncSession]:
    async with meetings.session() as session:
        yield session


async def stored(session: AsyncSession, column: str) -> str:
    """The text in SQLite's column."""
    return str(await session.scalar(text(f"SELECT {column} || '' FROM meetings")))


# The zone of a database


@pytest.mark.parametrize(
    ("options", "zone"),
    [
        ({}, "UTC"),
        ({"time_zone": "Europe/Berlin"}, "Europe/Berlin"),
        ({"time_zone": BERLIN}, "Europe/Berlin"),
        ({"time_zone": ZoneInfo("UTC")}, "UTC"),
    ],
)
async def test_its_name(options: Any, zone: str) -> None:
    async with Database("sqlite+aiosqlite://", **options) as database:
        assert database.time_zone == zone
        async with database.session() as session:
            assert session.info == {TIME_ZONE: zone}
        async with database.session_factory(info={"mine": 1}) as session:
            assert session.info == {TIME_ZONE: zone, "mine": 1}


async def test_with_an_engine() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with Database(engine, time_zone="Asia/Tokyo") as database, database.session() as session:
        assert session.info[TIME_ZONE] == "Asia/Tokyo"


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "+02:00"])
def test_a_zone_that_does_not_exist(zone: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone") as raised:
        Database("sqlite+aiosqlite://", time_zone=zone)
    assert repr(zone) in str(raised.value)


def test_what_is_no_zone() -> None:
    wrong: Any = UTC
    with pytest.raises(ValueError, match="is no time zone with a name"):
        Database("sqlite+aiosqlite://", time_zone=wrong)


# Aware datetimes


@pytest.mark.parametrize(
    "moment",
    [MOMENT, IN_UTC, MOMENT.astimezone(timezone(timedelta(hours=-3))), IN_UTC + timedelta(microseconds=1)],
)
async def test_there_and_back(session: AsyncSession, moment: datetime) -> None:
    meeting = Meeting(at=moment, until=moment)
    session.add(meeting)
    await session.flush()
    await session.refresh(meeting)

    assert (meeting.at, meeting.until) == (moment, moment)
    for found in (meeting.at, meeting.until):
        assert found is not None
        assert found.utcoffset() == timedelta(0)
    row = (await session.execute(select(Meeting.at, func.max(Meeting.until)).group_by(Meeting.at))).one()
    assert tuple(row) == (moment, moment)


async def test_what_is_stored(session: AsyncSession, backend: str) -> None:
    """In SQLite UTC, as text that sorts as the moments do."""
    session.add(Meeting(at=MOMENT, until=MOMENT, local=datetime(2026, 7, 1, 0, 30)))
    await session.flush()
    if backend == "sqlite":
        for column in ("at", "until", "local"):
            assert await stored(session, column) == "2026-06-30 22:30:00.000000"


async def test_without_a_zone_nothing_changes(session: AsyncSession) -> None:
    naive = datetime(2026, 7, 1, 0, 30)
    session.add(Meeting(noted=naive))
    await session.flush()
    assert await session.scalar(select(Meeting.noted)) == naive
    assert await session.scalar(select(Meeting.at)) is None


async def test_a_type_of_the_users_own(session: AsyncSession) -> None:
    local = datetime(2026, 7, 1, 0, 30)
    session.add(Meeting(local=local))
    await session.flush()
    assert await session.scalar(select(Meeting.local).where(Meeting.local == local)) == local


async def test_comparison(session: AsyncSession) -> None:
    session.add(Meeting(id=1, at=MOMENT))
    await session.flush()
    meetings = MeetingRepository(session).objects.values_list("id", flat=True)
    assert await meetings.filter(at=MOMENT) == [1]
    assert await meetings.filter(at=IN_UTC) == [1]
    assert await meetings.filter(at__in=[IN_UTC, MOMENT]) == [1]
    assert await meetings.filter(at__in=[IN_UTC + timedelta(days=day) for day in range(300)]) == [1]
    assert await meetings.filter(at__lt=IN_UTC + timedelta(seconds=1)) == [1]
    assert await meetings.filter(at__range=(IN_UTC - timedelta(hours=1), MOMENT)) == [1]
    assert await meetings.filter(at__gt=MOMENT) == []


@pytest.mark.parametrize("value", [datetime(2026, 7, 1), date(2026, 7, 1)])
async def test_a_naive_value_is_refused(session: AsyncSession, backend: str, value: Any) -> None:
    if backend == "sqlite":
        with pytest.raises(StatementError, match="has no time zone, and the column stores moments in time"):
            await session.execute(insert(Meeting).values(at=value))


async def test_a_default_of_the_server(session: AsyncSession) -> None:
    """SQLite's has no microseconds."""
    meeting = await MeetingRepository(session).flush().create()
    await session.refresh(meeting)
    assert meeting.made.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - meeting.made) < timedelta(minutes=10)


async def test_texts_of_other_tools(session: AsyncSession, backend: str) -> None:
    for number, written in enumerate(
        ["2026-06-30 22:30:00", "2026-06-30T22:30:00Z", "2026-07-01 00:30+02:00"]
    ):
        zone = "" if backend == "sqlite" or number else "+00"
        await session.execute(text(f"INSERT INTO meetings (id, at) VALUES ({number}, '{written}{zone}')"))
    found = (await session.scalars(select(Meeting.at))).all()
    assert [each and (each, each.utcoffset()) for each in found] == [(IN_UTC, timedelta(0))] * 3


async def test_written_out(session: AsyncSession, backend: str) -> None:
    session.add(Meeting(id=1, at=MOMENT))
    await session.flush()
    meetings = MeetingRepository(session).objects.filter(at=MOMENT)
    said = meetings.sql()
    assert [row[0] for row in await session.execute(text(said.replace(":", r"\:")))] == [1]
    if backend == "sqlite":
        assert said.endswith("meetings.at = '2026-06-30 22:30:00.000000'")


async def test_update_and_returning(session: AsyncSession) -> None:
    meeting = await MeetingRepository(session).flush().create(at=MOMENT + timedelta(days=1))
    updated = await MeetingRepository(session).objects.filter(id=meeting.id).returning("at").update(at=MOMENT)
    assert updated.scalars().all() == [IN_UTC]
    assert meeting.at == IN_UTC


# Engines


@pytest.fixture
async def plain_engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine as SQLAlchemy alone makes it."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}")
    yield engine
    await engine.dispose()


BOUND = select(literal(MOMENT, DateTime(timezone=True)))


async def test_an_engine_that_was_used_before(plain_engine: AsyncEngine) -> None:
    """Its statements and types were prepared without zones; they must not be used again."""
    async with plain_engine.connect() as connection:
        assert await connection.scalar(BOUND) == MOMENT.replace(tzinfo=None)

    for _ in range(2):  # A second time does nothing.
        async with Database(plain_engine).engine.connect() as connection:
            assert await connection.scalar(BOUND) == MOMENT


async def test_engines_of_others_stay_as_they_are(plain_engine: AsyncEngine) -> None:
    async with Database("sqlite+aiosqlite://"), plain_engine.connect() as connection:
        assert await connection.scalar(BOUND) == MOMENT.replace(tzinfo=None)


async def test_a_format_of_the_users_own() -> None:
    """SQLAlchemy's SQLite type keeps what it was told."""
    sqlite_type: Any = sqlite.DATETIME
    own = sqlite_type(timezone=True, truncate_microseconds=True)
    async with Database("sqlite+aiosqlite://") as database, database.engine.connect() as connection:
        assert await connection.scalar(select(literal(MOMENT, own))) == MOMENT
        assert await connection.scalar(select(func.length(literal(MOMENT, own)))) == len(
            "2026-06-30 22:30:00"
        )
