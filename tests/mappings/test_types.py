"""Columns of types that are more than text and numbers: in filters, orders, values and updates."""

import enum
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Enum, ForeignKey, Integer, Interval, Numeric, String, TypeDecorator, Uuid
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, InvalidLookupValueError, QuerySet
from tests.mappings.reading import Chains, gives, tuples


class Colour(enum.Enum):
    red = "r"
    blue = "b"
    green = "g"


class Size(enum.IntEnum):
    small = 1
    large = 2


class Mood(enum.StrEnum):
    good = "fine"
    bad = "awful"


class Money(TypeDecorator[Decimal]):
    """Whole cents in the database, a Decimal outside."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: Any, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Folded(TypeDecorator[str]):
    """Text that is kept in lower case."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else str(value).lower()


class Words(TypeDecorator[frozenset[str]]):
    """A set in one column of text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else ",".join(sorted(value))

    def process_result_value(self, value: Any, dialect: Any) -> frozenset[str] | None:
        return None if value is None else frozenset(value.split(","))


class Base(DeclarativeBase):
    """The models of this module."""


class Box(Base):
    __tablename__ = "boxes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    native: Mapped[Colour | None] = mapped_column(Enum(Colour, name="colour"))
    by_value: Mapped[Colour | None] = mapped_column(
        Enum(Colour, name="colour_value", values_callable=lambda members: [each.value for each in members])
    )
    text: Mapped[Colour | None] = mapped_column(Enum(Colour, native_enum=False, length=10))
    size: Mapped[Size | None] = mapped_column(Enum(Size, native_enum=False))
    mood: Mapped[Mood | None] = mapped_column(Enum(Mood, name="mood"))
    state: Mapped[str | None] = mapped_column(Enum("open", "shut", name="state"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    span: Mapped[timedelta | None] = mapped_column(Interval)
    money: Mapped[Decimal | None] = mapped_column(Money)
    code: Mapped[str | None] = mapped_column(Folded)
    words: Mapped[frozenset[str] | None] = mapped_column(Words)
    plain_uuid: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))

    items: Mapped[list["Item"]] = relationship(back_populates="box")


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[UUID | None] = mapped_column(ForeignKey("boxes.id"))
    price: Mapped[Decimal] = mapped_column(Money)
    colour: Mapped[Colour | None] = mapped_column(Enum(Colour, name="colour"))

    box: Mapped[Box | None] = relationship(back_populates="items")


METADATA = Base.metadata
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
EUR = Decimal("1.50")


def rows() -> Iterable[list[Any]]:
    yield [
        Box(
            id=ONE,
            native=Colour.red,
            by_value=Colour.red,
            text=Colour.red,
            size=Size.small,
            mood=Mood.good,
            state="open",
            price=Decimal("1.10"),
            span=timedelta(hours=1),
            money=EUR,
            code="AbC",
            words=frozenset({"a", "b"}),
            plain_uuid=str(TWO),
        ),
        Box(
            id=TWO,
            native=Colour.blue,
            by_value=Colour.blue,
            text=Colour.blue,
            size=Size.large,
            mood=Mood.bad,
            state="shut",
            price=Decimal("20.00"),
            span=timedelta(days=2, microseconds=5),
            money=Decimal("10.00"),
            code="xyz",
            words=frozenset({"c"}),
            plain_uuid=str(ONE),
        ),
        Box(id=THREE),
    ]
    yield [
        Item(id=1, box_id=ONE, price=Decimal("0.99"), colour=Colour.red),
        Item(id=2, box_id=ONE, price=Decimal("3.00"), colour=Colour.green),
        Item(id=3, box_id=TWO, price=Decimal("1.50")),
    ]


CHAINS: Chains = {
    # UUIDs
    "uuid": (Box, lambda q: q.filter(id=TWO), [TWO]),
    "uuid as text": (Box, lambda q: q.filter(pk=str(TWO)), [TWO]),
    "uuid as other text": (Box, lambda q: q.filter(pk=TWO.hex.upper()), [TWO]),
    "uuids": (Box, lambda q: q.filter(pk__in=[ONE, str(THREE)]).order_by("-pk"), [THREE, ONE]),
    "not uuid": (Box, lambda q: q.exclude(pk=ONE).order_by("id"), [TWO, THREE]),
    "uuid as foreign key": (Item, lambda q: q.filter(box=ONE).order_by("id"), [1, 2]),
    "uuid that is text in Python": (Box, lambda q: q.filter(plain_uuid=ONE), [TWO]),
    "uuids that are text in Python": (
        Box,
        lambda q: q.filter(plain_uuid__in=[str(TWO), ONE]).order_by("id"),
        [ONE, TWO],
    ),
    "values of uuids": (Box, lambda q: q.filter(pk=ONE).values_list("id", "plain_uuid"), [(ONE, str(TWO))]),
    # Enums
    "member": (Box, lambda q: q.filter(native=Colour.red), [ONE]),
    "member by name": (Box, lambda q: q.filter(native="blue"), [TWO]),
    "member by value": (Box, lambda q: q.filter(native="b"), [TWO]),
    "members": (Box, lambda q: q.filter(native__in=[Colour.red, "b"]).order_by("id"), [ONE, TWO]),
    "not member": (Box, lambda q: q.exclude(native=Colour.red).order_by("id"), [TWO, THREE]),
    "no member": (Box, lambda q: q.filter(native=None), [THREE]),
    "kept by value": (Box, lambda q: q.filter(by_value=Colour.blue), [TWO]),
    "kept by value, many": (
        Box,
        lambda q: q.filter(by_value__in=[Colour.blue, "red", "g"]).order_by("id"),
        [ONE, TWO],
    ),
    "kept as text": (Box, lambda q: q.filter(text__in=[Colour.red]), [ONE]),
    "kept as text, in order": (Box, lambda q: q.filter(text__isnull=False).order_by("text"), [TWO, ONE]),
    "ints": (Box, lambda q: q.filter(size=Size.large), [TWO]),
    "ints by value": (Box, lambda q: q.filter(size__in=[1, "large"]).order_by("id"), [ONE, TWO]),
    "texts": (Box, lambda q: q.filter(mood=Mood.good), [ONE]),
    "texts by value": (Box, lambda q: q.filter(mood__in=["awful", "good"]).order_by("id"), [ONE, TWO]),
    "no class": (Box, lambda q: q.filter(state="shut"), [TWO]),
    "no class, many": (Box, lambda q: q.filter(state__in=["open", "shut"]).order_by("id"), [ONE, TWO]),
    "enum behind to-many": (Box, lambda q: q.filter(items__colour=Colour.green), [ONE]),
    "not enum behind to-many": (
        Box,
        lambda q: q.exclude(items__colour__in=[Colour.red, Colour.green]).order_by("id"),
        [TWO, THREE],
    ),
    "enums among themselves": (Item, lambda q: q.filter(colour=F("box__native")), [1]),
    "values of enums": (
        Box,
        lambda q: q.filter(id=ONE).values_list("native", "by_value", "text", "size", "mood", "state"),
        [(Colour.red, Colour.red, Colour.red, Size.small, Mood.good, "open")],
    ),
    # Decimals, intervals
    "decimal": (Box, lambda q: q.filter(price=Decimal("1.1")), [ONE]),
    "decimal as text": (Box, lambda q: q.filter(price__gte="1.10").order_by("-price"), [TWO, ONE]),
    "decimal as float": (Box, lambda q: q.filter(price=1.1), [ONE]),
    "decimals": (Box, lambda q: q.filter(price__in=[Decimal("1.10"), 20]).order_by("price"), [ONE, TWO]),
    "interval": (Box, lambda q: q.filter(span=timedelta(hours=1)), [ONE]),
    "intervals": (Box, lambda q: q.filter(span__in=[timedelta(days=2, microseconds=5)]), [TWO]),
    "greater interval": (
        Box,
        lambda q: q.filter(span__gt=timedelta(minutes=30)).order_by("-span"),
        [TWO, ONE],
    ),
    "interval range": (Box, lambda q: q.filter(span__range=(timedelta(0), timedelta(days=1))), [ONE]),
    "values of numbers": (
        Box,
        lambda q: q.filter(id=TWO).values_list("price", "span"),
        [(Decimal("20.00"), timedelta(days=2, microseconds=5))],
    ),
    # Decorators
    "decorated": (Box, lambda q: q.filter(money=EUR), [ONE]),
    "decorated, many": (Box, lambda q: q.filter(money__in=[EUR, Decimal(10)]).order_by("money"), [ONE, TWO]),
    "decorated, greater": (Box, lambda q: q.filter(money__gt=EUR), [TWO]),
    "decorated, range": (Box, lambda q: q.filter(money__range=(Decimal(1), Decimal(2))), [ONE]),
    "decorated, not": (Box, lambda q: q.exclude(money=EUR).order_by("id"), [TWO, THREE]),
    "decorated, none": (Box, lambda q: q.filter(money=None), [THREE]),
    "decorated behind to-many": (Box, lambda q: q.filter(items__price=Decimal("0.99")), [ONE]),
    "not decorated behind to-many": (
        Box,
        lambda q: q.exclude(items__price__lt=EUR).order_by("id"),
        [TWO, THREE],
    ),
    "order by decorated behind to-many": (
        Box,
        lambda q: q.filter(items__isnull=False).order_by("-items__price"),
        [ONE, TWO],
    ),
    "decorated among themselves": (
        Item,
        lambda q: q.filter(price__lt=F("box__money")).order_by("id"),
        [1, 3],
    ),
    "decorated text": (Box, lambda q: q.filter(code="ABC"), [ONE]),
    "decorated texts": (Box, lambda q: q.filter(code__in=["ABC", "XyZ"]).order_by("code"), [ONE, TWO]),
    "part of decorated text": (Box, lambda q: q.filter(code__icontains="B"), [ONE]),
    "decorated set": (Box, lambda q: q.filter(words={"b", "a"}), [ONE]),
    "decorated sets": (Box, lambda q: q.filter(words__in=[{"c"}, {"x"}]), [TWO]),
    "values of decorated": (
        Box,
        lambda q: q.filter(id=ONE).values_list("money", "code", "words"),
        [(EUR, "abc", frozenset("ab"))],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


NEW: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "enums": (
        {"native": Colour.green, "by_value": "g", "text": "green"},
        dict.fromkeys(["native", "by_value", "text"], Colour.green),
    ),
    "other enums": (
        {"size": 2, "mood": "bad", "state": "shut"},
        {"size": Size.large, "mood": Mood.bad, "state": "shut"},
    ),
    "decimal": ({"price": "7.25"}, {"price": Decimal("7.25")}),
    "interval": ({"span": timedelta(seconds=9)}, {"span": timedelta(seconds=9)}),
    "decorated": (
        {"money": Decimal("2.25"), "words": {"z"}},
        {"money": Decimal("2.25"), "words": frozenset("z")},
    ),
    "decorated text": ({"code": "NEW"}, {"code": "new"}),
    "uuid as text": ({"plain_uuid": THREE}, {"plain_uuid": str(THREE)}),
    "nothing": ({"native": None, "money": None, "span": None}, {"native": None, "money": None, "span": None}),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("given", "kept"), NEW.values(), ids=NEW)
async def test_update(session: AsyncSession, given: dict[str, Any], kept: dict[str, Any]) -> None:
    boxes = QuerySet(Box, session)
    loaded = await boxes.get(pk=ONE)
    updated = await boxes.filter(pk=ONE).returning(*kept).update(given)
    assert tuples(updated) == [tuple(kept.values())]
    session.expunge(loaded)
    await gives(boxes.filter(pk=ONE).values(*kept), [kept])


async def test_update_with_expressions(session: AsyncSession) -> None:
    boxes = QuerySet(Box, session)
    box = await boxes.get(pk=ONE)
    await boxes.filter(pk=ONE).update(price=F("price") * 2, native=F("text") if False else Colour.blue)
    await boxes.filter(pk=ONE).update(money=F("money") + F("money"), by_value=F("by_value"))
    await boxes.filter(pk=ONE).update(
        span=F("span") + timedelta(hours=1) if _adds(session) else timedelta(hours=2)
    )
    assert (box.price, box.native, box.money, box.span) == (
        Decimal("2.20"),
        Colour.blue,
        2 * EUR,
        timedelta(hours=2),
    )


def _adds(session: AsyncSession) -> bool:
    """SQLite keeps intervals as dates, to which nothing can be added."""
    return session.get_bind().dialect.name == "postgresql"


async def test_delete(session: AsyncSession) -> None:
    items = QuerySet(Item, session)
    assert tuples(await items.filter(box__native=Colour.red, price__lt=EUR).delete()) == [(1,)]
    assert tuples(
        await items.filter(box__span__gt=timedelta(days=1), box__money__in=[Decimal(10)]).delete()
    ) == [(3,)]
    assert (await items.filter(box=ONE, colour="green").delete()).rowcount == 1
    assert tuples(await QuerySet(Box, session).filter(code="ABC").delete()) == [(ONE,)]


async def test_create(session: AsyncSession) -> None:
    class Boxes(BaseRepository[Box]): ...

    repo = Boxes(session).flush()
    key = UUID(int=9)
    found, created = await repo.objects.get_or_create({"money": EUR}, id=str(key), native="green")
    assert (created, found.id, found.native, found.money) == (True, key, Colour.green, EUR)
    assert await repo.get_by_pk(str(key)) is found
    assert await repo.objects.in_bulk([str(key)]) == {key: found}


@pytest.mark.by_turns
@pytest.mark.parametrize(
    "wrong",
    [
        {"native": "pink"},
        {"size": 7},
        {"state": "ajar"},
        {"id": "12"},
        {"price": "x"},
        {"span": "1h"},
        {"mood": 3},
    ],
)
async def test_what_does_not_fit(session: AsyncSession, wrong: dict[str, Any]) -> None:
    boxes = QuerySet(Box, session)
    [(name, value)] = wrong.items()
    with pytest.raises(InvalidLookupValueError):
        boxes.filter(**wrong)
    with pytest.raises(InvalidLookupValueError):
        boxes.filter(**{f"{name}__in": [value]})
    with pytest.raises(InvalidLookupValueError):
        await boxes.update(wrong)
