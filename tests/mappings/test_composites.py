"""Composite attributes: several columns as one value, and its parts by their names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from django_like_repos import (
    BaseRepository,
    F,
    InvalidLookupValueError,
    Q,
    QuerySet,
)
from django_like_repos.errors import QueryError
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


@dataclass(frozen=True, order=True)
class Point:
    x: int | None
    y: int | None


class Money:
    """A value that is no dataclass."""

    def __init__(self, amount: int, currency: str) -> None:
        self.amount = amount
        self.currency = currency

    def __composite_values__(self) -> tuple[Any, ...]:
        return self.amount, self.currency

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self.__composite_values__() == other.__composite_values__()

    __hash__ = None  # type: ignore[assignment]


class Base(DeclarativeBase):
    """The models of this module."""


class Route(Base):
    __tablename__ = "routes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    segments: Mapped[list["Segment"]] = relationship(back_populates="route")


class Segment(Base):
    __tablename__ = "segments"

    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
    end_x: Mapped[int | None] = mapped_column("x2")
    end_y: Mapped[int | None] = mapped_column("y2")
    end: Mapped[Point | None] = composite(Point, end_x, end_y)
    cost_amount: Mapped[int] = mapped_column(default=0)
    cost_currency: Mapped[str] = mapped_column(default="EUR")
    cost: Mapped[Money] = composite(Money, cost_amount, cost_currency)
    route_id: Mapped[int | None] = mapped_column(ForeignKey("routes.id"))
    route: Mapped[Route | None] = relationship(back_populates="segments")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Route(id=1, name="north"), Route(id=2, name="south")]
    yield [
        Segment(id=1, start=Point(1, 2), end=Point(3, 4), cost=Money(5, "EUR"), route_id=1),
        Segment(id=2, start=Point(1, 1), end=Point(1, 1), cost=Money(5, "USD"), route_id=1),
        Segment(id=3, start=Point(2, 0), end=Point(5, None), cost=Money(7, "EUR"), route_id=2),
        Segment(id=4, start=Point(0, 9), end=None, cost=Money(0, "EUR")),
    ]


CHAINS: Chains = {
    "equal": (Segment, lambda q: q.filter(start=Point(1, 2)), [1]),
    "a tuple": (Segment, lambda q: q.filter(start=(1, 2)), [1]),
    "not equal": (Segment, lambda q: q.exclude(start=Point(1, 2)).order_by("id"), [2, 3, 4]),
    "not equal where it may be missing": (
        Segment,
        lambda q: q.exclude(end=Point(3, 4)).order_by("id"),
        [2, 3, 4],
    ),
    "in": (Segment, lambda q: q.filter(start__in=[Point(1, 2), (0, 9), Point(8, 8)]).order_by("id"), [1, 4]),
    "not in": (Segment, lambda q: q.exclude(start__in=[Point(1, 2), Point(0, 9)]).order_by("id"), [2, 3]),
    "in nothing": (Segment, lambda q: q.filter(start__in=[]), []),
    "greater": (Segment, lambda q: q.filter(start__gt=Point(1, 1)).order_by("start"), [1, 3]),
    "missing": (Segment, lambda q: q.filter(end=None), [4]),
    "there": (Segment, lambda q: q.filter(end__isnull=False).order_by("id"), [1, 2, 3]),
    "a part": (Segment, lambda q: q.filter(start__x=1).order_by("id"), [1, 2]),
    "a part with a lookup": (
        Segment,
        lambda q: q.filter(start__x__gt=0, start__y__lt=2).order_by("id"),
        [2, 3],
    ),
    "a part is NULL": (Segment, lambda q: q.filter(end__y__isnull=True, end__x__isnull=False), [3]),
    "not a part": (Segment, lambda q: q.exclude(end__x=1).order_by("id"), [1, 3, 4]),
    "any of": (Segment, lambda q: q.filter(Q(start__y=9) | Q(start=Point(1, 2))).order_by("-id"), [4, 1]),
    "order": (Segment, lambda q: q.order_by("start"), [4, 2, 1, 3]),
    "order descending": (Segment, lambda q: q.order_by("-start"), [3, 1, 2, 4]),
    "order by a part": (Segment, lambda q: q.order_by("start__y", "id"), [3, 2, 1, 4]),
    "F of a part": (Segment, lambda q: q.filter(end__x=F("start__x") + 2), [1]),
    "F of the whole": (Segment, lambda q: q.filter(start=F("end")), [2]),
    "columns by their names": (Segment, lambda q: q.filter(x1=1, end_x=3), [1]),
    "no dataclass": (Segment, lambda q: q.filter(cost=Money(5, "EUR")), [1]),
    "no dataclass, in": (
        Segment,
        lambda q: q.filter(cost__in=[Money(5, "USD"), Money(7, "EUR")]).order_by("id"),
        [2, 3],
    ),
    "behind to-many": (Route, lambda q: q.filter(segments__start=Point(1, 2)), [1]),
    "a part behind to-many": (Route, lambda q: q.filter(segments__start__x__gt=1), [2]),
    "not behind to-many": (Route, lambda q: q.exclude(segments__start__x=2), [1]),
    "order behind to-many": (Route, lambda q: q.order_by("-segments__start"), [2, 1]),
    "value of a part": (
        Segment,
        lambda q: q.order_by("id").filter(id__lt=3).values("start__x", "end__y"),
        [{"start__x": 1, "end__y": 4}, {"start__x": 1, "end__y": 1}],
    ),
    "the whole as a value": (
        Segment,
        lambda q: q.order_by("id").filter(id__in=[1, 3]).values_list("id", "start", "end"),
        [(1, Point(1, 2), Point(3, 4)), (3, Point(2, 0), Point(5, None))],
    ),
    "the whole as the only value": (
        Segment,
        lambda q: q.order_by("-start").values_list("start", flat=True)[:2],
        [Point(2, 0), Point(1, 2)],
    ),
    "value of a part behind to-many": (
        Route,
        lambda q: q.order_by("segments__start__y").values_list("name", "segments__start__y"),
        [("south", 0), ("north", 1), ("north", 2)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_the_sql(session: AsyncSession, sql: RecordedSQL) -> None:
    segments = QuerySet(Segment, session)
    assert await segments.filter(start=Point(1, 2)).order_by("-start").values_list("id") == [(1,)]
    same_sql(
        sql.last,
        "SELECT segments.id FROM segments WHERE (segments.x1, segments.y1) = (?, ?) "
        "ORDER BY segments.x1 DESC, segments.y1 DESC",
    )
    assert await segments.filter(start__x__gt=1).count() == 1
    same_sql(sql.last, "SELECT count(*) AS count_1 FROM segments WHERE segments.x1 > ?")


async def test_update(session: AsyncSession) -> None:
    segments = QuerySet(Segment, session)
    first = await segments.get(id=1)
    assert tuples(await segments.filter(start=Point(1, 2)).update(start=Point(7, 8))) == [(1,)]
    assert (first.start, first.start.x) == (Point(7, 8), 7)
    await gives(segments.filter(start=Point(7, 8)), [1])
    await segments.filter(start__x=7).update(end=None, cost=Money(1, "GBP"))
    assert (first.end_x, first.end_y, first.cost) == (None, None, Money(1, "GBP"))
    await gives(segments.filter(end=None, cost=Money(1, "GBP")), [1])
    await segments.filter(id=1).update(x1=F("start__y") + 1)
    assert first.start == Point(9, 8)


async def test_delete(session: AsyncSession) -> None:
    segments = QuerySet(Segment, session)
    assert tuples(await segments.filter(start__in=[Point(1, 2), Point(1, 1)]).delete()) == [(1,), (2,)]
    assert (await segments.filter(end=None).delete()).rowcount == 1
    await gives(segments.all(), [3])


async def test_create(session: AsyncSession) -> None:
    class Segments(BaseRepository[Segment]): ...

    repo = Segments(session).flush()
    made = await repo.create(start=Point(5, 5), end=None)
    await gives(repo.objects.filter(start=Point(5, 5), end=None), [made.id])
    found, created = await repo.objects.get_or_create({"end": Point(2, 2)}, start=Point(6, 6))
    assert (created, found.start, found.end) == (True, Point(6, 6), Point(2, 2))
    assert await repo.objects.get_or_create(start=Point(6, 6)) == (found, False)
    assert await repo.objects.update_or_create({"start": Point(0, 0)}, start=Point(6, 6)) == (found, False)
    await gives(repo.objects.filter(start=Point(0, 0)), [found.id])


async def test_what_does_not_fit(session: AsyncSession) -> None:
    segments = QuerySet(Segment, session)
    for value in (5, (1, 2, 3), Money(1, "x"), "1,2"):
        with pytest.raises(InvalidLookupValueError):
            segments.filter(start=value)
    with pytest.raises(QueryError, match="'z'"):
        segments.order_by("start__z")
    with pytest.raises(QueryError, match="'z'"):
        segments.filter(start__z=1)
