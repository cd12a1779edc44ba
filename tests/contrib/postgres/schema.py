"""Halls that are hired, with columns of the types that only PostgreSQL has, mapped once by each side."""

# Django has no type annotations.
# mypy: disable-error-code="misc"

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.apps import AppConfig
from django.apps.registry import Apps
from django.contrib.postgres.fields import (
    ArrayField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    IntegerRangeField,
)
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from sqlalchemy import Date, DateTime, Float, ForeignKey, Integer, Numeric, SmallInteger, String, Text, func
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    DATERANGE,
    INT4RANGE,
    JSONB,
    NUMRANGE,
    TSTZRANGE,
    TSVECTOR,
    Range,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# Importing it sets Django up, which can be done once; these models know only each other.
from tests.parity import django_schema as django_schema


class Base(DeclarativeBase):
    """Our models, whose texts are as long as Django's."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text}


class Hall(Base):
    __tablename__ = "halls"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    about: Mapped[str | None]
    language: Mapped[str]
    rank: Mapped[int] = mapped_column(SmallInteger)
    open: Mapped[bool]
    tags: Mapped[list[str] | None] = mapped_column(ARRAY(String(20)))
    numbers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    grid: Mapped[list[list[int]] | None] = mapped_column(ARRAY(Integer, dimensions=2))
    seats: Mapped[Range[int] | None] = mapped_column(INT4RANGE)
    days: Mapped[Range[date] | None] = mapped_column(DATERANGE)
    hours: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
    costs: Mapped[Range[Decimal] | None] = mapped_column(NUMRANGE)
    words: Mapped[str | None] = mapped_column(TSVECTOR)
    events: Mapped[list["Event"]] = relationship(back_populates="hall")


class Event(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey(Hall.id))
    title: Mapped[str]
    guests: Mapped[int | None]
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    length: Mapped[float] = mapped_column(Float)
    on_day: Mapped[date] = mapped_column(Date)
    starts: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    data: Mapped[Any] = mapped_column(JSONB)
    hall: Mapped[Hall] = relationship(back_populates="events")


def day(number: int, month: int = 5) -> date:
    return date(2026, month, number)


def moment(hour: int, number: int = 1) -> datetime:
    return datetime(2026, 5, number, hour, tzinfo=UTC)


def rows() -> Iterator[list[Base]]:
    yield [
        Hall(
            id=1,
            name="Cellar",
            about="The cats were sitting on the old mats",
            language="english",
            rank=3,
            open=True,
            tags=["Cellar", "dark", "old"],
            numbers=[1, 2, 3],
            grid=[[1, 2], [3, 4]],
            seats=Range(1, 50),
            days=Range(day(1), day(11)),
            hours=Range(moment(8), moment(20)),
            costs=Range(Decimal("1.5"), Decimal("9.5"), bounds="[]"),
            words=func.to_tsvector("english", "The cats were sitting on the old mats"),
        ),
        Hall(
            id=2,
            name="Attic",
            about="A cat's naïve dream; dogs & birds",
            language="simple",
            rank=5,
            open=False,
            tags=["dark"],
            numbers=[3, None],
            grid=[[5, 6]],
            seats=Range(50, None),
            days=Range(day(11), day(21)),
            hours=Range(moment(20), None),
            costs=Range(Decimal("9.5"), None),
            words=func.to_tsvector("simple", "birds and dogs"),
        ),
        Hall(
            id=3,
            name="Garden",
            about="",
            language="english",
            rank=5,
            open=True,
            tags=[],
            numbers=[],
            seats=Range(empty=True),
            days=Range(None, day(1)),
            costs=Range(Decimal(0), Decimal("1.5")),
        ),
        Hall(id=4, name="Roof", language="french", rank=6, open=False),
    ]
    for number, hall, title, guests, price in (
        (1, 1, "Concert", 40, "10.00"),
        (2, 1, "Ball", 60, "25.50"),
        (3, 1, "Concert", None, "9.99"),
        (4, 2, "Dinner", 12, "80.00"),
        (5, 3, "Ball", 7, "25.50"),
    ):
        yield [
            Event(
                id=number,
                hall_id=hall,
                title=title,
                guests=guests,
                price=Decimal(price),
                length=number * 1.5,
                on_day=day(number * 4),
                starts=moment(number * 4),
                data={"n": number},
            )
        ]


REGISTRY = Apps([AppConfig("halls", sys.modules[__name__])])


class Model(models.Model):
    class Meta:
        abstract = True
        app_label = "halls"
        apps = REGISTRY
        managed = False


class DjangoHall(Model):
    name = models.TextField()
    about = models.TextField(null=True)
    language = models.TextField()
    rank = models.SmallIntegerField()
    open = models.BooleanField()
    tags = ArrayField(models.CharField(max_length=20), null=True)
    numbers = ArrayField(models.IntegerField(), null=True)
    grid = ArrayField(ArrayField(models.IntegerField()), null=True)
    seats = IntegerRangeField(null=True)
    days = DateRangeField(null=True)
    hours = DateTimeRangeField(null=True)
    costs = DecimalRangeField(null=True)
    words = SearchVectorField(null=True)

    class Meta(Model.Meta):
        db_table = "halls"


class DjangoEvent(Model):
    hall = models.ForeignKey(DjangoHall, models.CASCADE, related_name="events")
    title = models.TextField()
    guests = models.IntegerField(null=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    length = models.FloatField()
    on_day = models.DateField()
    starts = models.DateTimeField()
    data = models.JSONField()

    class Meta(Model.Meta):
        db_table = "events"
