"""`memory_database()`: a database of its own for each block, with the tables of models, for many sessions."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from glob import glob
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    Time,
    UniqueConstraint,
    func,
    inspect,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, Database, QuerySet, UnsupportedOperationError, atomic
from django_like_repos.testing import capture_queries, memory_database, new_database
from examples.help_center.models import Base, PublicationStatus, Section
from examples.help_center.repositories import PublicationStatusRepository


async def tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_each_is_new() -> None:
    async with memory_database(Base) as first, memory_database(Base) as second:
        async with atomic(first) as session:
            await PublicationStatusRepository(session).create(code="a", name="A")
        async with first.session() as one, second.session() as two:
            assert await PublicationStatusRepository(one).objects.count() == 1
            assert await PublicationStatusRepository(two).objects.count() == 0
        assert first.plans is second.plans
    async with memory_database(Base) as third, third.session() as session:
        assert await PublicationStatusRepository(session).objects.count() == 0
        assert await tables(third) == set(Base.metadata.tables)


async def test_nothing_is_left() -> None:
    async with memory_database(Base) as database:
        file = str(database.engine.url.database)
        async with database.session() as session:
            await PublicationStatusRepository(session).commit().create(code="a", name="A")
        assert glob(f"{file}*")
    assert not glob(f"{file}*")


async def test_sessions_see_what_is_committed_and_writers_take_turns() -> None:
    """As of a file: who reads does not wait for who writes, and writers wait for each other."""
    async with memory_database(Base) as database, database.session() as one, database.session() as two:
        first, second = PublicationStatusRepository(one), PublicationStatusRepository(two)
        await first.flush().create(code="a", name="A")
        assert await second.objects.count() == 0
        waiting = asyncio.create_task(second.flush().create(code="b", name="B"))
        await asyncio.sleep(0)
        assert not waiting.done()
        await one.commit()
        await waiting
        assert await second.objects.count() == 2
        assert await first.objects.count() == 1
        await two.rollback()
        assert await second.objects.count() == 1
        await asyncio.gather(*(_create(database, f"c{number}") for number in range(8)))
        assert await second.objects.count() == 9


async def _create(database: Database, code: str) -> None:
    async with database.session() as session:
        await PublicationStatusRepository(session).commit().create(code=code, name=code)


async def test_options_are_those_of_a_database() -> None:
    async with memory_database(Base, time_zone="Europe/Athens", show_values=True) as database:
        assert database.time_zone == "Europe/Athens"
        async with database.session() as session:
            assert "'x'" in repr(QuerySet(Section, session).filter(name="x"))


async def test_some_models_with_those_that_they_refer_to() -> None:
    async with memory_database(Section) as database:
        assert await tables(database) == {"sections", "publication_statuses"}
    async with memory_database(PublicationStatus) as database:
        assert await tables(database) == {"publication_statuses"}
    async with memory_database() as database:
        assert await tables(database) == set()


async def test_a_table_that_was_added_since() -> None:
    metadata = MetaData()
    Table("first", metadata, Column("id", Integer, primary_key=True))
    async with memory_database(metadata) as database:
        assert await tables(database) == {"first"}
    Table("second", metadata, Column("id", Integer, primary_key=True))
    async with memory_database(metadata) as database:
        assert await tables(database) == {"first", "second"}


async def test_what_listens_to_one_is_told_nothing_of_the_others() -> None:
    async with memory_database(Base) as first, memory_database(Base) as second:
        with capture_queries(first) as queries:
            async with second.session() as session:
                await session.execute(text("SELECT 1"))
        assert not queries


class Portable(DeclarativeBase):
    """What PostgreSQL's mappings have, and SQLite has not."""


class Account(Portable):
    __tablename__ = "accounts"
    __table_args__ = (
        Index("one_active", "email", unique=True, postgresql_where=text("active")),
        Index("by_labels", "labels", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[Any] = mapped_column(postgresql.UUID(as_uuid=False), default="1" * 32)
    email: Mapped[str]
    active: Mapped[bool]
    settings: Mapped[Any] = mapped_column(postgresql.JSONB, default=dict)
    labels: Mapped[Any] = mapped_column(postgresql.ARRAY(Text), default=list)
    photo: Mapped[Any] = mapped_column(postgresql.BYTEA, default=b"\0\1")
    more: Mapped[Any] = mapped_column(postgresql.HSTORE, default=dict)
    payments: Mapped[list["Payment"]] = relationship()


class Payment(Portable):
    __tablename__ = "payments"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    spent: Mapped[Any] = mapped_column(postgresql.ARRAY(postgresql.BYTEA), default=lambda: [b"\xff", None])


class Defaulted(Portable):
    __tablename__ = "defaulted"

    id: Mapped[Any] = mapped_column(
        postgresql.UUID, primary_key=True, server_default=text("gen_random_uuid()")
    )
    number: Mapped[int]
    code: Mapped[str] = mapped_column(server_default=text("gen_random_uuid()::text"))
    state: Mapped[str] = mapped_column(server_default=text("'new'::character varying"))
    made: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    noted: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    labels: Mapped[Any] = mapped_column(postgresql.ARRAY(Text), server_default=text("'{}'::text[]"))
    settings: Mapped[Any] = mapped_column(postgresql.JSONB, server_default=text("'{\"a\": [1]}'::jsonb"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    host: Mapped[Any] = mapped_column(postgresql.INET, server_default="127.0.0.1")


class Accounts(BaseRepository[Account]): ...


# SQLAlchemy 2.1.7 says of HSTORE that it has no equality, and has it all the same.
@pytest.mark.filterwarnings("ignore:Type object .*HSTORE:sqlalchemy.exc.SADeprecationWarning")
async def test_postgresql_s_mappings() -> None:
    async with memory_database(Portable) as database, database.session() as session:
        accounts = Accounts(session).commit()
        await accounts.create(
            email="a", active=True, settings={"theme": {"dark": True}}, more={"b": None, "a": "1"}
        )
        await accounts.create(email="a", active=False, payments=[Payment()])
        with pytest.raises(IntegrityError):
            await accounts.create(email="a", active=True)
        await session.rollback()
        first, second = await accounts.objects.order_by("id").prefetch_related("payments")
        assert (first.id, second.id, first.key.replace("-", "")) == (1, 2, "1" * 32)
        assert (first.more, second.more, first.photo) == ({"b": None, "a": "1"}, {}, b"\0\1")
        assert second.payments[0].spent == [b"\xff", None]
        assert await accounts.objects.filter(settings__theme__dark=True).get() is first
        assert await accounts.objects.filter(more={"a": "1", "b": None}).get() is first


async def test_what_postgresql_works_out() -> None:
    async with memory_database(Defaulted) as database, database.session() as session:
        session.add_all([Defaulted(number=1), Defaulted(number=2)])
        await session.commit()
        one, other = await QuerySet(Defaulted, session)
        assert one.id != other.id
        assert isinstance(one.id, UUID)
        assert str(UUID(one.code)) == one.code
        assert one.made.tzinfo is not None
        assert abs(one.made - one.noted) < timedelta(minutes=1)
        assert (one.state, one.labels, one.settings, one.active) == ("new", [], {"a": [1]}, True)
        assert str(one.host) == "127.0.0.1"
        assert await QuerySet(Defaulted, session).get(id=one.id) is one


class Lost(DeclarativeBase):
    """What has no stand-in."""


class Words(Lost):
    __tablename__ = "words"
    __table_args__ = (
        UniqueConstraint("price", name="prices", postgresql_nulls_not_distinct=True),
        postgresql.ExcludeConstraint(("price", "="), name="no_two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[Any] = mapped_column(postgresql.MONEY)
    vector: Mapped[Any] = mapped_column(postgresql.TSVECTOR)
    queries: Mapped[Any] = mapped_column(postgresql.ARRAY(postgresql.TSQUERY))
    hour: Mapped[Any] = mapped_column(Time(timezone=True))
    spans: Mapped[Any] = mapped_column(postgresql.INTERVAL, server_default="1 day")
    fine: Mapped[Any] = mapped_column(postgresql.TSVECTOR().with_variant(Text(), "sqlite"))


Table("elsewhere", Lost.metadata, Column("id", Integer, primary_key=True), schema="other")


async def test_what_has_no_stand_in_is_named() -> None:
    with pytest.raises(UnsupportedOperationError) as caught:
        async with memory_database(Lost):
            pass
    assert str(caught.value).splitlines() == [
        "memory_database() has nothing that stands in for",
        "  other.elsewhere: a table in a schema",
        "  words.price: MONEY()",
        "  words.vector: TSVECTOR()",
        "  words.queries: ARRAY(TSQUERY())",
        "  words.hour: Time(timezone=True) with a time zone",
        "  words.spans: its default, of INTERVAL()",
        "  words, no_two: EXCLUDE",
        "  words, prices: NULLS NOT DISTINCT",
        "Give it other models, or such a column a variant, type.with_variant(Text(), 'sqlite'); what needs "
        "PostgreSQL is tested on one, by new_database()",
    ]


async def test_ddl_of_postgresql_s_own() -> None:
    metadata = MetaData()
    Table("t", metadata, Column("price", Integer, CheckConstraint("price::text ~ '^1'")))
    told = r"(?s)SQLite, which refuses, with 'unrecognized .*CREATE TABLE t .*A CHECK, a default, .*ddl_if\("
    with pytest.raises(UnsupportedOperationError, match=told):
        async with memory_database(metadata):
            pass


async def test_a_constraint_of_postgresql_alone_is_left_out() -> None:
    metadata = MetaData()
    length = CheckConstraint("char_length(name) > 0").ddl_if(dialect="postgresql")
    Table("t", metadata, Column("name", Text), length)
    async with memory_database(metadata) as database:
        assert await tables(database) == {"t"}


async def test_what_counts_and_is_no_key_is_named() -> None:
    metadata = MetaData()
    Table(
        "t",
        metadata,
        Column("id", Integer, Identity(), primary_key=True),
        Column("number", Integer, Identity(start=5)),
        Column("ticket", BigInteger, Sequence("tickets", start=7)),
        Column("by_text", Integer, server_default=Sequence("texts").next_value()),
        Column("by_name", Integer, server_default=text("nextval('names')")),
        Column("asked", Integer, default=Sequence("asked").next_value()),
        Column("unused", Integer, Sequence("unused", optional=True)),
    )
    Table(
        "pairs",
        metadata,
        Column("a", Integer, Identity(), primary_key=True),
        Column("b", Integer, primary_key=True),
    )
    with pytest.raises(UnsupportedOperationError) as caught:
        async with memory_database(metadata):
            pass
    assert str(caught.value).splitlines()[1:-1] == [
        f"  {name}: Identity or Sequence, of what is no key of one column"
        for name in ("pairs.a", "t.number", "t.ticket", "t.by_text", "t.by_name", "t.asked")
    ]
    keyed = MetaData()
    for number, key in enumerate(
        (
            Column("id", Integer, Identity(), primary_key=True),
            Column("id", BigInteger, Sequence("keys"), primary_key=True),
            Column("id", Integer, server_default=Sequence("texts").next_value(), primary_key=True),
            Column("id", Integer, server_default=text("nextval('names')"), primary_key=True),
        )
    ):
        Table(f"t{number}", keyed, key, Column("other", Integer))
    async with memory_database(keyed) as database, database.session() as session:
        for each in keyed.tables.values():
            await session.execute(each.insert().values(other=1))
            assert await session.scalar(each.select()) == 1


@pytest.mark.parametrize("options", [{"echo": False}, {"pool_size": 5}, {"time_zone": "UTC", "pooler": None}])
async def test_options_of_an_engine(options: dict[str, Any]) -> None:
    for made in (memory_database(Base, **options), new_database("sqlite+aiosqlite://", Base, **options)):
        with pytest.raises(UnsupportedOperationError, match=r"of Database time_zone, .* and not (ec|pool)"):
            async with made:
                pass


@dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ((Point,), "a plain dataclass does not say what its key"),
        ((int,), "takes declarative bases, MetaData and mapped classes, not <class 'int'>"),
        ((Section, Account), "models of one MetaData, and these have several"),
        ((MetaData(),), "and these have no tables"),
    ],
)
async def test_what_has_no_tables_is_refused(models: tuple[Any, ...], told: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=told):
        async with memory_database(*models):
            pass


async def test_new_database_of_sqlite_touches_no_file(tmp_path: Path) -> None:
    async with new_database(f"sqlite+aiosqlite:///{tmp_path}/own.db", Base) as database:
        assert await tables(database) == set(Base.metadata.tables)
    assert glob(f"{tmp_path}/*") == []


async def test_new_database_of_postgresql(postgres: Any) -> None:
    url = postgres.set(database="postgres")
    async with new_database(url, Section, time_zone="Europe/Athens") as database:
        name = str(database.engine.url.database)
        assert name.startswith("test_postgres_")
        assert await tables(database) == {"sections", "publication_statuses"}
        async with Database(url) as server, server.session() as session:
            asked = text("SELECT count(*) FROM pg_database WHERE datname = :name")
            assert await session.scalar(asked, {"name": name}) == 1
    async with Database(url) as server, server.session() as session:
        assert await session.scalar(asked, {"name": name}) == 0
    # One that is not there is only what the new one is called after.
    async with new_database(url.set(database="shop"), Section) as database:
        assert str(database.engine.url.database).startswith("test_shop_")
        name = str(database.engine.url.database)
    async with Database(url) as server, server.session() as session:
        assert await session.scalar(asked, {"name": name}) == 0
    with pytest.raises(UnsupportedOperationError, match="not of mysql"):
        async with new_database("mysql+aiomysql://localhost/shop", Base):
            pass


@pytest.mark.parametrize("wrong", ["nope", "", None, 5, "secret@host/shop"])
async def test_what_is_no_url(wrong: Any) -> None:
    with pytest.raises(
        UnsupportedOperationError, match=r"takes the URL of a database, .* is none$"
    ) as caught:
        async with new_database(wrong, Base):
            pass
    assert "secret" not in str(caught.value)
