"""`subquery=True`: aggregates that nothing beside them multiplies, by their SQL and beside plain Python."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, Column, ForeignKey, Numeric, Table, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import (
    Avg,
    Count,
    Database,
    Exists,
    F,
    Max,
    Min,
    NameNotAllowedError,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    UnknownFieldError,
    UnsupportedOperationError,
    Window,
)
from tests.examples import examples
from tests.postgres import new_database
from tests.sqltext import same_sql


class Base(DeclarativeBase): ...


marks = Table(
    "marks",
    Base.metadata,
    Column("owner_id", ForeignKey("owners.id"), primary_key=True),
    Column("mark_id", ForeignKey("mark_names.id"), primary_key=True),
)


class Mark(Base):
    __tablename__ = "mark_names"

    id: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[int]


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    rate: Mapped[int]

    things: Mapped[list["Thing"]] = relationship(back_populates="owner")
    marks: Mapped[list[Mark]] = relationship(secondary=marks)


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    kind: Mapped[int]

    owner: Mapped[Owner | None] = relationship(back_populates="things")
    parts: Mapped[list["Part"]] = relationship(back_populates="thing")


class Part(Base):
    __tablename__ = "parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("things.id"))
    weight: Mapped[int | None]

    thing: Mapped[Thing] = relationship(back_populates="parts")


@asynccontextmanager
async def _made(url: URL) -> AsyncIterator[Database]:
    async with Database(url) as database:
        await database.create_all(Base.metadata)
        yield database


@pytest.fixture(scope="session")
async def sqlite_owners(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path = tmp_path_factory.mktemp("owners") / "owners.sqlite3"
    async with _made(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_owners(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _made(url) as database:
        yield database


@pytest.fixture(scope="session")
def owners(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_owners")
    return database


@pytest.fixture
async def owned(owners: Database) -> AsyncIterator[AsyncSession]:
    """A session of which nothing stays; of two owners the first has two things, three parts and two marks."""
    async with owners.session() as session:
        for table, rows in (
            (Owner, [{"id": 1, "rate": 2}, {"id": 2, "rate": 3}]),
            (Mark, [{"id": 1, "weight": 10}, {"id": 2, "weight": 20}]),
            (marks, [{"owner_id": 1, "mark_id": 1}, {"owner_id": 1, "mark_id": 2}]),
            (
                Thing,
                [
                    {"id": 1, "owner_id": 1, "price": Decimal(5), "kind": 1},
                    {"id": 2, "owner_id": 1, "price": Decimal(7), "kind": 2},
                ],
            ),
            (
                Part,
                [
                    {"id": 1, "thing_id": 1, "weight": 1},
                    {"id": 2, "thing_id": 1, "weight": 4},
                    {"id": 3, "thing_id": 2, "weight": 4},
                ],
            ),
        ):
            await session.execute(insert(table), rows)
        yield session
        await session.rollback()


def test_the_sql() -> None:
    things = QuerySet(Owner).annotate(n=Count("things", subquery=True)).values("id", "n")
    same_sql(
        things.sql(),
        "SELECT owners.id, coalesce((SELECT count(things_1.owner_id) AS __of FROM things AS things_1 "
        "WHERE things_1.owner_id = owners.id GROUP BY things_1.owner_id), 0) AS n FROM owners",
    )
    of_both = QuerySet(Owner).annotate(s=Sum(F("things__price") * F("rate"), subquery=True)).values("s")
    same_sql(
        of_both.sql(),
        "SELECT (SELECT sum(things_1.price * owners_1.rate) AS __of FROM owners AS owners_1 "
        "LEFT OUTER JOIN things AS things_1 ON owners_1.id = things_1.owner_id "
        "WHERE owners_1.id = owners.id GROUP BY owners_1.id) AS s FROM owners",
    )


async def test_nothing_multiplies(owned: AsyncSession) -> None:
    owners: Any = QuerySet(Owner, owned).order_by("id")
    found = owners.annotate(
        things_=Count("things", subquery=True),
        parts=Count("things__parts", subquery=True),
        weight=Sum("things__parts__weight", subquery=True),
        weights=Sum("things__parts__weight", subquery=True, distinct=True),
        marks_=Count("marks", subquery=True),
        heavy=Sum("marks__weight", filter=Q(marks__weight__gt=10), subquery=True, default=0),
        whole=Sum(F("things__price") * F("rate"), subquery=True),
    )
    assert await found.values_list("things_", "parts", "weight", "weights", "marks_", "heavy", "whole") == [
        (2, 3, 9, 5, 2, 20, 24),
        (0, 0, None, None, 0, 0, None),
    ]


async def test_wherever_a_value_may_stand(owned: AsyncSession) -> None:
    owners: Any = QuerySet(Owner, owned)
    n = Count("things", subquery=True)
    parts = Count("things__parts", subquery=True)
    assert await owners.annotate(n=n).filter(n__gt=1).values_list("id", flat=True) == [1]
    assert await owners.annotate(n=n).filter(n=0).count() == 1
    assert await owners.order_by(n.desc()).values_list("id", flat=True) == [1, 2]
    assert await owners.alias(n=n).order_by("n").values_list("id", flat=True) == [2, 1]
    assert await owners.annotate(per=parts * 1.0 / (n + 1)).order_by("id").values_list("per", flat=True) == [
        1,
        0,
    ]
    assert await owners.annotate(n=n).aggregate(s=Sum("n"), m=Max("n")) == {"s": 2, "m": 2}
    joined = owners.annotate(m=Count("marks"), n=n, p=parts).order_by("id").values_list("m", "n", "p")
    assert await joined == [(2, 2, 3), (0, 0, 0)]
    assert [(owner.id, owner.n) for owner in await owners.annotate(n=n).order_by("id")] == [(1, 2), (2, 0)]
    nested = Exists(QuerySet(Owner).annotate(n=n).filter(pk=OuterRef("owner"), n__gt=1))
    assert await QuerySet(Thing, owned).filter(nested).count() == 2


async def test_distinct_counts_what_a_further_filter_repeats(owned: AsyncSession) -> None:
    light = Count("things", filter=Q(things__parts__weight__lt=9), distinct=True, subquery=True)
    assert await QuerySet(Owner, owned).annotate(n=light).order_by("id").values_list("n", flat=True) == [2, 0]


def _refused(aggregate: Any, text: str, error: type[Exception] = UnsupportedOperationError) -> None:
    with pytest.raises(error, match=text):
        QuerySet(Owner).annotate(double=F("rate") * 2).annotate(n=aggregate)


def test_what_is_refused() -> None:
    _refused(Sum("rate", subquery=True), "it reads no to-many relation")
    _refused(Count("*", subquery=True), "it reads no to-many relation")
    _refused(Sum(F("things__price") * F("marks__weight"), subquery=True), "which multiply each other")
    deeper = Count("things", filter=Q(things__parts__weight=1), subquery=True)
    _refused(deeper, r"reads 'things__parts', .* several times: Exists\(\)")
    _refused(Sum("double", subquery=True), "'double' is one of this query's")
    _refused(Sum(Thing.price, subquery=True), "SQLAlchemy expression")
    _refused(Count("things", filter=Q(things__price=OuterRef("x")), subquery=True), "OuterRef")
    _refused(Sum("things__prise", subquery=True), "did you mean 'price'", UnknownFieldError)


async def test_in_aggregate_it_is_a_value_of_each_row(owned: AsyncSession) -> None:
    n = Count("things", subquery=True)
    with pytest.raises(UnsupportedOperationError, match="this is no aggregate"):
        await QuerySet(Owner, owned).aggregate(n=n)
    assert await QuerySet(Owner, owned).aggregate(n=Sum(n), m=Max(n)) == {"n": 2, "m": 2}


async def test_in_a_window_it_is_a_value_of_each_row(owned: AsyncSession) -> None:
    n = Count("things", subquery=True)
    with pytest.raises(UnsupportedOperationError, match="a value of each row"):
        QuerySet(Owner).annotate(w=Window(n))
    found: Any = QuerySet(Owner, owned).annotate(n=n).annotate(w=Window(Sum("n"))).order_by("id")
    assert await found.values_list("n", "w") == [(2, 2), (0, 2)]


def test_names_that_are_not_allowed() -> None:
    strict = QuerySet(Owner).strict_names(["id", "things", "n"])
    assert strict.annotate(n=Count("things", subquery=True)).values("id", "n") is not None
    with pytest.raises(NameNotAllowedError):
        strict.annotate(n=Count("marks", subquery=True))


PRICES = st.none() | st.integers(-400, 400).map(lambda cents: Decimal(cents) / 4)
THING = st.tuples(st.none() | st.integers(1, 3), PRICES, st.integers(0, 2))
PARTS = st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(-5, 5)), max_size=12)
MARKS = st.sets(st.tuples(st.integers(1, 3), st.integers(1, 3)))


@examples(60)
@given(things=st.lists(THING, max_size=8), parts=PARTS, marked=MARKS, kind=st.integers(0, 2))
async def test_as_plain_python_says_it(
    owners: Database, things: list[Any], parts: list[Any], marked: set[tuple[int, int]], kind: int
) -> None:
    parts = [(place % len(things) + 1, weight) for place, weight in parts] if things else []
    async with owners.session() as session:
        await _fill(session, things, parts, marked)
        found = await _asked(QuerySet(Owner, session), kind)
        await session.rollback()
    assert found == [_expected(owner, things, parts, marked, kind) for owner in (1, 2, 3)]


async def _fill(session: AsyncSession, things: list[Any], parts: list[Any], marked: Any) -> None:
    await session.execute(insert(Owner), [{"id": n, "rate": n} for n in (1, 2, 3)])
    await session.execute(insert(Mark), [{"id": n, "weight": 10 * n} for n in (1, 2, 3)])
    if marked:
        await session.execute(insert(marks), [{"owner_id": a, "mark_id": b} for a, b in marked])
    for n, (owner, price, of_kind) in enumerate(things, 1):
        await session.execute(insert(Thing).values(id=n, owner_id=owner, price=price, kind=of_kind))
    for n, (thing, weight) in enumerate(parts, 1):
        await session.execute(insert(Part).values(id=n, thing_id=thing, weight=weight))


async def _asked(owners: Any, kind: int) -> list[tuple[Any, ...]]:
    of_kind = Q(things__kind=kind)
    found = owners.annotate(
        a=Count("things", subquery=True),
        b=Count("things__price", filter=of_kind, subquery=True),
        c=Sum("things__price", subquery=True),
        d=Min("things__price", filter=~of_kind, subquery=True),
        e=Max("things__parts__weight", subquery=True),
        f=Sum("things__parts__weight", filter=of_kind, subquery=True, default=0),
        g=Count("things__parts__weight", distinct=True, subquery=True),
        h=Sum("marks__weight", subquery=True),
        i=Avg("things__parts__weight", subquery=True),
        j=Sum(F("things__price") * F("rate"), subquery=True),
    )
    rows: list[tuple[Any, ...]] = await found.order_by("id").values_list(*"abcdefghij")
    return rows


def _expected(owner: int, things: list[Any], parts: list[Any], marked: Any, kind: int) -> tuple[Any, ...]:
    mine = {n: (price, of_kind) for n, (whose, price, of_kind) in enumerate(things, 1) if whose == owner}
    prices = [price for price, _ in mine.values() if price is not None]
    of_kind = [price for price, each in mine.values() if price is not None and each == kind]
    others = [price for price, each in mine.values() if price is not None and each != kind]
    weights = [weight for thing, weight in parts if thing in mine and weight is not None]
    some = [
        weight for thing, weight in parts if thing in mine and weight is not None and mine[thing][1] == kind
    ]
    heavy = [10 * mark for whose, mark in marked if whose == owner]
    return (
        len(mine),
        len(of_kind),
        sum(prices) if prices else None,
        min(others, default=None),
        max(weights, default=None),
        sum(some),
        len({*weights}),
        sum(heavy) if heavy else None,
        pytest.approx(sum(weights) / len(weights)) if weights else None,
        sum(prices) * owner if prices else None,
    )
