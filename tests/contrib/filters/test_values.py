"""What a client may send for each type of column, and what is too much."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import DateTime, Float, Integer, Numeric, String, TypeDecorator, func
from sqlalchemy import Enum as EnumType
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.schema import ForeignKey

from django_like_repos import InvalidLookupValueError, Lookup, QuerySet, register_lookup
from django_like_repos.contrib.filters import FilterSet
from django_like_repos.language.lookups.membership import In
from django_like_repos.mapping.registry import LOOKUPS
from tests.contrib.filters.declared import TrackFilter
from tests.pages.tracks import Track


class Base(DeclarativeBase):
    """Columns of many types."""


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Shape(Enum):
    ROUND = (1, 2)
    FLAT = (3, 4)


class Cents(TypeDecorator[int]):
    """Money that is stored in cents."""

    impl = Numeric
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value * 100


class Thing(Base):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    truth: Mapped[bool]
    ratio: Mapped[float]
    share: Mapped[Decimal] = mapped_column(Float(asdecimal=True))
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    weight: Mapped[float] = mapped_column(Numeric(10, 2, asdecimal=False))
    day: Mapped[date]
    seen: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    made: Mapped[datetime]
    hour: Mapped[time]
    span: Mapped[timedelta]
    uid: Mapped[UUID]
    colour: Mapped[Colour]
    shape: Mapped[Shape]
    word: Mapped[str] = mapped_column(EnumType("a", "b", name="words"))
    cents: Mapped[Decimal] = mapped_column(Cents)
    of_id: Mapped[int | None] = mapped_column(ForeignKey("things.id"))
    of: Mapped["Thing | None"] = relationship(remote_side=[id])


NAMES = [each.key for each in Thing.__mapper__.column_attrs]


class ThingFilter(FilterSet[Thing]):
    fields = {
        **{name: ["exact", "in", "isnull"] for name in NAMES},
        "of": ["exact", "in"],
        "name": ["exact", "regex", "in"],
        "seen": ["exact", "date__lte", "hour"],
    }
    most_values = 3
    longest_text = 10
    most_conditions = 4


ACCEPTED: dict[str, tuple[Any, Any]] = {
    "id": ("5", 5),
    "name": ("Ж", "Ж"),
    "truth": ("true", True),
    "ratio": ("0.5", 0.5),
    "share": ("0.1", Decimal("0.1")),
    "price": ("1.50", Decimal("1.50")),
    "weight": ("1.5", 1.5),
    "day": ("2026-01-31", date(2026, 1, 31)),
    "seen": ("2026-01-31T12:30:00+02:00", datetime(2026, 1, 31, 10, 30, tzinfo=UTC)),
    "made": ("2026-01-31T12:30:00", datetime(2026, 1, 31, 12, 30)),
    "hour": ("12:30", time(12, 30)),
    "span": ("P1DT1H", timedelta(days=1, hours=1)),
    "uid": ("12345678-1234-5678-1234-567812345678", UUID("12345678-1234-5678-1234-567812345678")),
    "colour": ("green", Colour.GREEN),
    "shape": ("FLAT", Shape.FLAT),
    "word": ("b", "b"),
    "cents": ("2", Decimal(2)),
    "of_id": ("7", 7),
    "of": ("7", 7),
    "seen__date__lte": ("2026-01-31", date(2026, 1, 31)),
    "seen__hour": ("5", 5),
    "name__regex": ("^a|b$", "^a|b$"),
    "name__in": (["a", "b"], ["a", "b"]),
    "colour__in": (["red"], [Colour.RED]),
    "shape__in": (["FLAT", "ROUND"], [Shape.FLAT, Shape.ROUND]),
    "price__isnull": ("false", False),
    # What no column holds is no error: nothing equals it.
    "id__in": ([str(10**40)], [10**40]),
}
REFUSED: dict[str, list[Any]] = {
    "id": ["", "x", "1.5", "1e3", "9" * 5000, "0x1", " ", "٣a", "1;2", "None", "null", [1]],
    "name": ["a\0", "\ud800", "x" * 11, ["a"], {"a": 1}, 5],
    "truth": ["2", "", "maybe"],
    "ratio": ["nan", "NaN", "1,5", ""],
    "price": ["NaN", "Infinity", "sNaN", "1,5", ""],
    "weight": ["nan", ""],
    "day": ["5", "2026-02-30", "20260131", "1700000000", 5, "2026", "today"],
    "seen": ["2026-01-31T12:30:00", "5", 5, 1.5, "1700000000.5", "0001-01-01T00:00:00+14:00", "now"],
    "made": ["2026-01-31T12:30:00Z", "5", ""],
    "hour": ["25:00", "5", "12:30Z"],
    "span": ["5", "P1000000000D", "x"],
    "uid": ["5", "z" * 36],
    "colour": ["blue", "RED", "Red", "", "red "],
    "shape": ["1", "round", "(1, 2)"],
    "word": ["c", "A", ""],
    "of": ["x", ""],
    "seen__hour": ["x"],
    "name__regex": ["(", "a" * 11, "[", "a\0", "a{256}", "(?P<n>a)"],
    "name__in": [["a"] * 4, ["x" * 11], ["\0"], "a"],
    "price__isnull": ["maybe", ""],
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    sent, read = ACCEPTED[name]
    filters = ThingFilter(**{name: sent})
    assert filters.model_dump()[name] == read
    meant = QuerySet(Thing).filter(**{name: read})
    assert str(QuerySet(Thing).filter_by(filters).query) == str(meant.query)
    assert ThingFilter.model_validate({name: read}) == filters


@pytest.mark.parametrize(("name", "value"), [(name, each) for name, sent in REFUSED.items() for each in sent])
def test_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        ThingFilter(**{name: value})
    first, *_ = caught.value.errors()
    assert first["loc"][0] == name
    assert "Thing" not in first["msg"]


def test_too_much() -> None:
    four = {"id": 1, "name": "a", "truth": 1, "day": "2026-01-01"}
    ThingFilter(**four)
    with pytest.raises(ValidationError, match="There should be at most 4 conditions"):
        ThingFilter(**four, price=1)
    TrackFilter(q="a b c d e f g h")
    with pytest.raises(ValidationError, match="There should be at most 8 words"):
        TrackFilter(q="a b c d e f g h i")
    with pytest.raises(ValidationError, match="at most 200 characters"):
        TrackFilter(q="a" * 201)
    with pytest.raises(ValidationError, match="a regular expression that Python can read"):
        TrackFilter(title__regex="(")


@pytest.mark.parametrize(
    "order", ["title", ["title", "-title"], ["TITLE"], ["--title"], ["title,id"], ["?"], [""]]
)
def test_orders_that_are_none(order: Any) -> None:
    with pytest.raises(ValidationError):
        TrackFilter(order=order)


def test_what_a_method_is_given() -> None:
    """Bounded as what lookups take is; what only the method knows to be wrong, its caller is told."""
    for value in (["x" * 201], ["a"] * 101, ["a\0"], ["\ud800"]):
        with pytest.raises(ValidationError):
            TrackFilter(called=value)
    assert TrackFilter(called=["a", "b"]).called == ["a", "b"]
    with pytest.raises(InvalidLookupValueError, match="rank=nan does not fit"):
        QuerySet(Track).filter_by(TrackFilter(ranked="nan"))


def test_lookups_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOOKUPS, "_items", dict(LOOKUPS._items))

    @register_lookup(of=String)
    class LongerThan(Lookup):
        name = "longer_than"
        takes = Integer()

        def sql(self, left: Any, right: Any) -> Any:
            return func.length(left) > right

    @register_lookup(of=String)
    class Among(In):
        name = "among"

    class OwnFilter(FilterSet[Thing]):
        fields = {"name": ["longer_than", "among"]}

    found = QuerySet(Thing).filter_by(OwnFilter(name__longer_than="3", name__among=["a"]))
    assert found.sql().endswith("length(things.name) > 3 AND things.name IN ('a')")
    with pytest.raises(ValidationError):
        OwnFilter(name__longer_than="x")
