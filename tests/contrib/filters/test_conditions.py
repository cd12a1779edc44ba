"""What is declared reaches the query, as ``filter()`` would have it, and the rows that it finds."""

from decimal import Decimal
from typing import Any, TypeVar, assert_type

import pytest
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Count, NameNotAllowedError, Q, QuerySet, UnsupportedOperationError
from django_like_repos.contrib.filters import FilterSet, Ordering, Search
from django_like_repos.plans import plans_of
from tests.contrib.filters.declared import SingerFilter, TrackFilter
from tests.pages.tracks import Kind, Play, Singer, Track
from tests.recording import RecordedSQL
from tests.sqltext import fold

Model = TypeVar("Model")
q: Any = QuerySet(Track)
MEANT: dict[str, tuple[dict[str, Any], Any]] = {
    "nothing": ({}, q),
    "a value": ({"title": "b"}, q.filter(title="b")),
    "None, which asks nothing": ({"title": None}, q),
    "a text": ({"title__icontains": "A%"}, q.filter(title__icontains="A%")),
    "a list": ({"id__in": ["1", "2"]}, q.filter(id__in=[1, 2])),
    "a range": ({"rank__range": [1, 2]}, q.filter(rank__range=(1, 2))),
    "NULL": ({"rank__isnull": "true"}, q.filter(rank__isnull=True)),
    "a part": ({"born__year__gte": "2026"}, q.filter(born__year__gte=2026)),
    "an enum": ({"kind": "2"}, q.filter(kind=Kind.LIVE)),
    "its member": ({"kind": Kind.LIVE}, q.filter(kind=Kind.LIVE)),
    "a list of an enum": ({"kind__in": [1, "3"]}, q.filter(kind__in=[Kind.ALBUM, Kind.STUDIO])),
    "an attribute": ({"min_price": "0.5"}, q.filter(price__gte="0.5")),
    "an alias": ({"the-code": "c3"}, q.filter(code="c3")),
    "an attribute named as its lookup": ({"born__lte": "2026-01-02"}, q.filter(born__lte="2026-01-02")),
    "several": ({"title": "b", "done": "0"}, q.filter(Q(title="b"), Q(done=False))),
    "nested": ({"singer__country": "at"}, q.filter(singer__country="at")),
    "to-many": ({"plays__place": "a"}, q.filter(plays__place="a")),
    "an order": ({"order": ["-price", "title"]}, q.order_by("-price", "title", "pk")),
    "an order turned round": ({"order": ["-newest"]}, q.order_by("born", "pk")),
    "an order that is total": ({"order": ["-id", "title"]}, q.order_by("-id", "title")),
    "no order": ({"order": []}, q),
    "a method that gives conditions": ({"good": "false"}, q.filter(~(Q(rank=2) & Q(price__lt=1)))),
    "a search for nothing": ({"q": "  "}, q),
}


@pytest.mark.parametrize("name", MEANT)
def test_meant(name: str) -> None:
    sent, meant = MEANT[name]
    assert q.filter_by(TrackFilter(**sent)).sql() == meant.sql()


async def test_the_rows_that_are_meant(session: AsyncSession) -> None:
    for name, (sent, meant) in MEANT.items():
        found = QuerySet(Track, session).filter_by(TrackFilter(**sent))
        assert [row.id for row in await found] == [row.id for row in await meant.in_session(session)], name


async def test_search(session: AsyncSession) -> None:
    rows: Any = QuerySet(Track, session).order_by("id").values_list("id", flat=True)
    for words, number in {"B": 11, "bOb": 1, "b a": 7, "zz": 0}.items():
        expected = rows
        for word in words.split():
            played = QuerySet(Play).filter(place__icontains=word).values_list("track_id")
            found = Q(title__icontains=word) | Q(singer__name__icontains=word) | Q(id__in=played)
            expected = expected.filter(found)
        assert await rows.filter_by(TrackFilter(q=words)) == await expected
        assert len(await expected) == number


def test_the_sql_of_a_search() -> None:
    where = fold(q.filter_by(TrackFilter(q="x")).sql()).partition("WHERE ")[2]
    assert where == (
        "lower(tracks.title) LIKE lower('%x%') ESCAPE '/' "
        "OR lower(singers_1.name) LIKE lower('%x%') ESCAPE '/' "
        "OR (EXISTS (SELECT 1 FROM tracks AS tracks_1 "
        "JOIN plays AS plays_1 ON tracks_1.id = plays_1.track_id "
        "WHERE tracks_1.id = tracks.id AND lower(plays_1.place) LIKE lower('%x%') ESCAPE '/'))"
    )
    nested = fold(q.filter_by(TrackFilter(singer__text="a b")).sql()).partition("WHERE ")[2]
    assert nested.count(" OR ") == 2
    assert nested.count("lower(singers_1.country)") == 2


class Grouped(TrackFilter):
    groups = [["plays__place__startswith", "plays__id__lt"]]


async def test_one_related_row_where_it_is_declared(session: AsyncSession) -> None:
    """The plays are 1: track 2, b; 2: track 3, a; 3: track 1, b; 4: track 2, a; 5: track 3, b."""
    rows: Any = QuerySet(Track, session).order_by("id")
    sent = {"plays__place__startswith": "b", "plays__id__lt": 3}
    apart = rows.filter(plays__place__startswith="b").filter(plays__id__lt=3)
    together = rows.filter(Q(plays__place__startswith="b"), Q(plays__id__lt=3))
    assert rows.filter_by(TrackFilter(**sent)).sql() == apart.sql()
    assert rows.filter_by(Grouped(**sent)).sql() == together.sql()
    assert [track.id for track in await rows.filter_by(TrackFilter(**sent))] == [2, 3]
    assert [track.id for track in await rows.filter_by(Grouped(**sent))] == [2]
    # What is nested along a to-many relation is a group by itself.
    nested = rows.filter_by(TrackFilter(plays__place="b", plays__id__gte=4))
    assert [track.id for track in await nested] == [3]
    searched = rows.filter_by(TrackFilter(plays__where="b", plays__id__gte=4))
    assert searched.sql() == rows.filter(Q(plays__id__gte=4), Q(plays__place__icontains="b")).sql()
    assert [track.id for track in await searched] == [3]


async def test_a_method(session: AsyncSession) -> None:
    found = QuerySet(Track, session).filter_by(TrackFilter(popular=2))
    assert [track.id for track in await found.order_by("id")] == [2, 3]
    assert "HAVING count(plays_1.id) >= 2" in found.sql()


async def test_one_plan_for_the_same_parameters(session: AsyncSession, sql: RecordedSQL) -> None:
    plans = plans_of(session.sync_session.get_bind())
    sent: list[dict[str, Any]] = [
        {"title__icontains": "a", "kind__in": [1, 2], "q": "x y", "order": ["title"]},
        {"order": ["title"], "kind__in": [3, 1], "q": "b a", "title__icontains": "b"},
    ]
    await QuerySet(Track, session).filter_by(TrackFilter(**sent[0]))
    before = plans.info()
    await QuerySet(Track, session).filter_by(TrackFilter(**sent[1]))
    after = plans.info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)
    (first, _), (second, _) = sql.statements
    assert first == second


async def test_groups(session: AsyncSession) -> None:
    groups = QuerySet(Track, session).values("title").annotate(n=Count("id"))
    found = await groups.filter_by(TrackFilter(order=["-title"], done=False))
    assert {group["title"]: group["n"] for group in found} == {"A": 3, "ab": 3, "b": 3}
    assert len(found) == 3


def test_what_cannot_be_filtered() -> None:
    with pytest.raises(UnsupportedOperationError, match="TrackFilter filters querysets of Track, not"):
        QuerySet(Singer).filter_by(TrackFilter())
    with pytest.raises(UnsupportedOperationError, match="TrackFilter filters querysets of Track, not 5"):
        TrackFilter().apply(5)  # type: ignore[arg-type]
    for wrong in (TrackFilter, None, {"title": "x"}):
        with pytest.raises(UnsupportedOperationError, match=r"an object with apply\(queryset\)"):
            q.filter_by(wrong)
    with pytest.raises(UnsupportedOperationError, match=r"conditions are given to filter\(…\)"):
        q.filter_by(title="x")
    with pytest.raises(UnsupportedOperationError, match="cannot follow a slice"):
        q[:5].filter_by(TrackFilter(title="x"))


def test_strict_names() -> None:
    filters = TrackFilter(title="x")
    assert q.strict_names(["title"]).filter_by(filters).sql() == q.filter(title="x").sql()
    with pytest.raises(NameNotAllowedError):
        q.strict_names(["title"]).filter_by(TrackFilter(rank=1))


def test_anything_that_does_the_same() -> None:
    class Own:
        def apply(self, queryset: QuerySet[Track]) -> QuerySet[Track]:
            return queryset.filter(done=True)

    class Broken:
        def apply(self, queryset: QuerySet[Track]) -> None:
            queryset.filter(done=True)

    found = q.filter_by(Own(), TrackFilter(title="b"))
    assert found.sql() == q.filter(done=True).filter(title="b").sql()
    with pytest.raises(UnsupportedOperationError, match=r"Broken.apply\(\) gives a QuerySet, not None"):
        q.filter_by(Broken())


class Base(FilterSet[Model]):
    most_values = 3


class Wide(Base[Track]):
    fields = {"id": ["in"], "title": ["exact"]}
    required = ["title"]
    defaults = {"id__in": [1, 2]}
    order = Ordering("title")


class Narrow(Wide):
    required = []
    defaults = {"order": ["-title"]}
    rank: int = 1


def test_inherited() -> None:
    assert q.filter_by(Wide(title="x")).sql() == q.filter(Q(id__in=[1, 2]), Q(title="x")).sql()
    assert q.filter_by(Narrow()).sql() == q.filter(rank=1).order_by("-title", "pk").sql()
    assert q.filter_by(Narrow(rank=2).model_copy(update={"order": None})).sql() == q.filter(rank=2).sql()
    assert SingerFilter.model_fields.keys() == {
        "name__istartswith",
        "name__isnull",
        "country",
        "order",
        "text",
    }


def test_what_type_checkers_see() -> None:
    filters = TrackFilter(order=["title"], ranked="1.5", q="x", min_price="2", title="b")
    assert_type(filters.order, list[str] | None)
    assert_type(filters.ranked, float | None)
    assert_type(filters.q, str | None)
    assert_type(filters.min_price, Decimal)
    assert_type(QuerySet(Track).filter_by(filters), QuerySet[Track])
    assert (filters.order, filters.ranked, filters.q) == (["title"], 1.5, "x")
    assert (filters.min_price, filters.title) == (Decimal(2), "b")


class Own(DeclarativeBase):
    """Models whose keys are not called ``pk``, or not one column."""


class Parcel(Own):
    __tablename__ = "parcels"

    depot: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    pk: Mapped[str]
    stamps: Mapped[list["Stamp"]] = relationship(back_populates="parcel")


class Stamp(Own):
    __tablename__ = "stamps"
    __table_args__ = (ForeignKeyConstraint(["depot", "number"], ["parcels.depot", "parcels.number"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    depot: Mapped[int]
    number: Mapped[int]
    text: Mapped[str]
    parcel: Mapped[Parcel] = relationship(back_populates="stamps")


class ParcelFilter(FilterSet[Parcel]):
    q = Search("pk", "stamps__text")
    order = Ordering("pk", "number")


def test_keys_of_several_columns() -> None:
    found = QuerySet(Parcel).filter_by(ParcelFilter(q="x", order=["pk", "-number"]))
    same = "WHERE parcels_1.depot = parcels.depot AND parcels_1.number = parcels.number AND lower("
    assert same in fold(found.sql())
    assert found.sql().endswith("ORDER BY parcels.pk ASC, parcels.number DESC, parcels.depot ASC")
    with pytest.raises(UnsupportedOperationError, match="has 2 columns, which no parameter can name"):

        class Wrong(FilterSet[Stamp]):
            fields = {"parcel": ["exact"]}
