"""What is long is answered, what is deep is refused with the limit: neither ends in Python's recursion."""

from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_, xor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import (
    Case,
    Database,
    Exists,
    F,
    Q,
    QuerySet,
    UnsupportedOperationError,
    Value,
    When,
)
from django_like_repos.clauses.combining import MOST_COMBINED
from django_like_repos.functions import Lower
from django_like_repos.query.depth import DEEPEST


class Base(DeclarativeBase):
    """The models of this module."""


class Stone(Base):
    __tablename__ = "stones"

    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    name: Mapped[str]


class Stay(Base):
    __tablename__ = "stays"

    day: Mapped[date] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(primary_key=True)
    guest: Mapped[UUID] = mapped_column(primary_key=True)
    nights: Mapped[int]


FIRST, GUEST = date(2026, 1, 1), UUID(int=7)


@pytest.fixture
async def session(fresh_database: Database) -> AsyncIterator[AsyncSession]:
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        session.add_all([Stone(id=number, n=number, name=f"S{number}") for number in (1, 2, 3)])
        session.add_all([Stay(day=FIRST, room=f"r{number}'", guest=GUEST, nights=1) for number in (1, 2)])
        await session.flush()
        yield session


def stones(session: AsyncSession) -> QuerySet[Stone]:
    return QuerySet(Stone, session).order_by("id")


def deep(make: Callable[[Any], Any], start: Any, times: int) -> Any:
    return reduce(lambda inner, _: make(inner), range(times), start)


LONG: dict[str, tuple[Callable[[QuerySet[Any]], QuerySet[Any]], list[int]]] = {
    "Qs by |": (lambda q: q.filter(reduce(or_, [Q(n=n) for n in range(2, 1002)])), [2, 3]),
    "Qs by &": (lambda q: q.filter(reduce(and_, [~Q(n=n) for n in range(2, 1002)])), [1]),
    "Qs by ^": (lambda q: q.filter(reduce(xor, [Q(n=n) for n in (2, *range(2, 302))])), [3]),
    "not Qs by |": (lambda q: q.exclude(reduce(or_, [Q(n=n) for n in range(2, 1002)])), [1]),
    "querysets by |": (lambda q: reduce(or_, [q.filter(n=n) for n in range(2, 502)]), [2, 3]),
    "querysets by &": (lambda q: reduce(and_, [q.exclude(n=n) for n in range(2, 502)]), [1]),
    "querysets by ^": (lambda q: reduce(xor, [q.filter(n=n) for n in range(2, 302)]), [2, 3]),
    "Qs in Qs": (lambda q: q.filter(reduce(lambda inner, _: Q(inner), range(1000), Q(n=2))), [2]),
    "calls": (lambda q: reduce(lambda rows, n: rows.exclude(n=n), range(2, 1010), q), [1]),
    "cases": (
        lambda q: q.annotate(x=Case(*[When(n=n, then=Value(n)) for n in range(400)], default=0)).filter(x=2),
        [2],
    ),
    "a sum": (lambda q: q.filter(n=deep(lambda left: left + 1, F("n"), 80) - 80), [1, 2, 3]),
}


async def test_long(session: AsyncSession) -> None:
    for name, (make, expected) in LONG.items():
        assert [stone.id for stone in await make(stones(session))] == expected, name


COMBINED: dict[str, tuple[Callable[[QuerySet[Any], QuerySet[Any]], QuerySet[Any]], list[int]]] = {
    "union": (lambda left, right: left.union(right), [1, 2, 3]),
    "union with repeats": (lambda left, right: left.union(right, all=True), [1, 2, 3, 3]),
    "difference": (lambda left, right: left.difference(right), [1]),
    "intersection": (lambda left, right: left.intersection(right.union(left)), [1]),
}


@pytest.mark.by_turns
async def test_many_combined(session: AsyncSession) -> None:
    q = stones(session)
    parts = [q.filter(n=n) for n in (*range(2, 50), 3)]

    for name, (combine, expected) in COMBINED.items():
        first = q if name == "difference" else q.filter(n=1)
        some = parts if name != "intersection" else parts[:2]
        rows = reduce(combine, some, first)
        assert [stone.id for stone in await rows.order_by("id")] == expected, name
        assert await rows.count() == len(expected), name
        values = reduce(combine, [part.values_list("n") for part in some], first.values_list("n"))
        assert await values.order_by("n") == [(number,) for number in expected], name


async def test_combined_otherwise_stays_apart(session: AsyncSession) -> None:
    q = stones(session)
    one, two = q.filter(n=1), q.filter(n=2)

    assert await one.union(one, all=True).union(two).count() == 2
    assert await one.union(one).union(one, all=True).count() == 2
    assert await one.union(two).order_by("-id")[:1].union(one).count() == 2
    assert await q.all().difference(one.difference(one)).count() == 3
    titles = q.filter(n__lt=3).union(q.filter(n=3)).values_list("n")
    assert sorted(await titles.union(q.filter(n=1).values_list("n"))) == [(1,), (2,), (3,)]


async def test_long_lists_of_keys_of_several_columns(session: AsyncSession) -> None:
    stays = QuerySet(Stay, session)
    keys = [(FIRST + timedelta(number), f"r{number + 1}'", GUEST) for number in range(12_000)]
    some = keys[:300]

    assert await stays.filter(pk__in=keys).values_list("room", flat=True) == ["r1'"]
    assert await stays.exclude(pk__in=some).values_list("room", flat=True) == ["r2'"]
    assert await stays.filter(pk__notin=some).count() == 1
    assert list(await stays.in_bulk(some)) == [(FIRST, "r1'", GUEST)]
    assert (await stays.filter(pk__in=some).update(nights=2)).rowcount == 1
    assert (await stays.filter(pk__in=some).delete()).rowcount == 1


DEEP: dict[str, Callable[[QuerySet[Any], int], Any]] = {
    "arithmetic": lambda q, times: q.annotate(x=deep(lambda x: x + 1, F("n"), times)),
    "arithmetic, turned": lambda q, times: q.filter(n__lt=deep(lambda x: 1 + x, F("n"), times)),
    "arithmetic, ordered by": lambda q, times: q.order_by(deep(lambda x: x * 1, F("n"), times)),
    "functions": lambda q, times: q.annotate(x=deep(Lower, F("name"), times)),
    "conditions": lambda q, times: q.filter(deep(lambda x: ~Q(x, n=9), Q(n=1), times)),
    "conditions of two kinds": lambda q, times: q.filter(
        deep(lambda x: (x | Q(n=8)) & Q(n=9), Q(n=1), times)
    ),
    "queries": lambda q, times: deep(lambda x: q.filter(id__in=x), q, times),
    "Exists": lambda q, times: deep(lambda x: q.filter(Exists(x)), q, times),
    "combinations": lambda q, times: deep(lambda x: x.union(q).difference(q), q, times),
}


async def test_deep(session: AsyncSession) -> None:
    for name, make in DEEP.items():
        for times in (DEEPEST, 500):
            with pytest.raises(UnsupportedOperationError, match=f"nested deeper than {DEEPEST} levels"):
                make(stones(session), times)
        assert await make(stones(session), 3).count() in (0, 1, 2, 3), name


async def test_deep_updates(session: AsyncSession) -> None:
    q = stones(session)

    assert (await q.update(n=deep(lambda x: x + 0, F("n"), DEEPEST - 5))).rowcount == 3
    with pytest.raises(UnsupportedOperationError, match="nested deeper"):
        await q.update(n=deep(lambda x: x + 0, F("n"), 500))


def test_too_many_combined() -> None:
    q = QuerySet(Stone)
    parts = [q.filter(n=n) for n in range(MOST_COMBINED)]

    with pytest.raises(
        UnsupportedOperationError, match=f"at most {MOST_COMBINED} querysets, and these are 501"
    ):
        q.union(*parts)
