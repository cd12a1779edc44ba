"""Expressions keep the types of the mapping: enums, UUIDs, decimals, intervals, types of the user's own."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import String
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    F,
    InvalidLookupValueError,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    UnsupportedOperationError,
    Value,
    When,
    Window,
)
from django_like_repos.query.functions.comparison import Cast, Coalesce, NullIf
from django_like_repos.query.functions.text import Concat, Upper
from django_like_repos.query.functions.windows import Lag
from tests.expressions.asking import Answers, Make, answer_of
from tests.mappings.test_types import METADATA as METADATA
from tests.mappings.test_types import Box, Colour, Item, Mood, Size
from tests.mappings.test_types import rows as rows

NATIVE = Box.__table__.c.native.type
MONEY = Box.__table__.c.money.type
A, B, C = (UUID(int=number) for number in (1, 2, 3))

ANSWERS: Answers = {
    "enums, read": (
        lambda q: q(Box).annotate(x=F("native")).order_by("id").values_list("x", flat=True),
        [Colour.red, Colour.blue, None],
    ),
    "enums, grouped by": (
        lambda q: (
            q(Box)
            .filter(native__isnull=False)
            .values("native")
            .annotate(n=Count("*"))
            .order_by("native")
            .values_list("n")
        ),
        [(1,), (1,)],
    ),
    "enums, an aggregate": (
        lambda q: (
            q(Box).filter(pk=A).aggregate(x=Max("native"), y=Max("size"), z=Max("mood"), w=Max("state"))
        ),
        {"x": Colour.red, "y": Size.small, "z": Mood.good, "w": "open"},
    ),
    "enums, filtered by": (
        lambda q: (
            q(Box)
            .annotate(x=F("native"))
            .filter(x__in=[Colour.red, Colour.blue])
            .order_by("id")
            .values_list("pk", flat=True)
        ),
        [A, B],
    ),
    "enums, the row before": (
        lambda q: (
            q(Box).annotate(x=Window(Lag("native"), order_by="id")).order_by("id").values_list("x", flat=True)
        ),
        [None, Colour.red, Colour.blue],
    ),
    "enums, a value of another row": (
        lambda q: (
            q(Box)
            .annotate(x=Subquery(q(Item).filter(box=OuterRef("pk")).order_by("id").values("colour")[:1]))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [Colour.red, None, None],
    ),
    "enums, a default": (
        lambda q: (
            q(Box)
            .annotate(x=Coalesce("native", Value(Colour.green, NATIVE)))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [Colour.red, Colour.blue, Colour.green],
    ),
    "enums, NULL for one": (
        lambda q: (
            q(Box)
            .annotate(x=NullIf("native", Value("red", NATIVE)))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [None, Colour.blue, None],
    ),
    "enums, cases": (
        lambda q: (
            q(Box)
            .annotate(x=Case(When(native=Colour.red, then=Value(Colour.green, NATIVE)), default="native"))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [Colour.green, Colour.blue, None],
    ),
    "enums of their own": (
        lambda q: (
            q(Box)
            .annotate(x=Case(When(native=Colour.red, then="by_value"), default="by_value"))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [Colour.red, Colour.blue, None],
    ),
    "enums as text": (
        lambda q: (
            q(Box)
            .annotate(x=Cast("native", String()), y=Upper("state"), z=Concat("state", Value("!")))
            .filter(pk=A)
            .values_list("x", "y", "z")
        ),
        [("red", "OPEN", "open!")],
    ),
    "a condition, grouped by": (
        lambda q: (
            q(Box)
            .filter(native__isnull=False)
            .annotate(x=Q(native=Colour.red))
            .values("x")
            .annotate(n=Count("*"))
            .order_by("x")
            .values_list("x", "n")
        ),
        [(False, 1), (True, 1)],
    ),
    "decimals": (
        lambda q: (
            q(Box)
            .filter(pk=A)
            .annotate(x=F("price") * 2, y=F("price") + Decimal("0.9"))
            .values_list("x", "y")
        ),
        [(Decimal("2.20"), Decimal("2.00"))],
    ),
    "intervals": (
        lambda q: (
            q(Box)
            .filter(pk=A)
            .annotate(x=F("span") * 2, y=F("span") + timedelta(hours=1))
            .values_list("x", "y")
        ),
        [(timedelta(hours=2), timedelta(hours=2))],
    ),
    "intervals, summed up": (
        lambda q: q(Box).aggregate(x=Sum("span")),
        {"x": timedelta(days=2, hours=1, microseconds=5)},
    ),
    "types of one's own, read": (
        lambda q: (
            q(Box).annotate(x=F("words"), y=F("money"), z=F("code")).filter(pk=A).values_list("x", "y", "z")
        ),
        [(frozenset({"a", "b"}), Decimal("1.5"), "abc")],
    ),
    "types of one's own, filtered by": (
        lambda q: (
            q(Box)
            .annotate(x=F("money"), z=F("code"))
            .filter(x=Decimal("1.5"), z="ABC")
            .values_list("pk", flat=True)
        ),
        [A],
    ),
    "types of one's own, an aggregate": (
        lambda q: q(Box).annotate(x=Max("items__price")).order_by("id").values_list("x", flat=True),
        [Decimal("3"), Decimal("1.5"), None],
    ),
    "types of one's own, a condition on an aggregate": (
        lambda q: (
            q(Box).annotate(x=Max("items__price")).filter(x__gt=Decimal(2)).values_list("pk", flat=True)
        ),
        [A],
    ),
    "types of one's own, summed up": (lambda q: q(Box).aggregate(x=Sum("money")), {"x": Decimal("11.50")}),
    "types of one's own, summed up by group": (
        lambda q: q(Box).annotate(x=Sum("items__price")).order_by("id").values_list("x", flat=True),
        [Decimal("3.99"), Decimal("1.5"), None],
    ),
    "types of one's own, a value": (
        lambda q: (
            q(Box)
            .filter(pk=A)
            .annotate(x=Value(Decimal("1.25"), output_field=MONEY))
            .values_list("x", flat=True)
        ),
        [Decimal("1.25")],
    ),
    "keys, read": (
        lambda q: (
            q(Box).annotate(x=Case(When(price__gt=1, then="id"))).order_by("id").values_list("x", flat=True)
        ),
        [A, B, None],
    ),
    "keys, grouped by": (
        lambda q: (
            q(Item)
            .filter(box__isnull=False)
            .values("box")
            .annotate(n=Count("*"))
            .order_by("box")
            .values_list("box", "n")
        ),
        [(A, 2), (B, 1)],
    ),
    "put together": (
        lambda q: (
            q(Box)
            .filter(pk=A)
            .values_list("native", flat=True)
            .union(q(Item).values_list("colour", flat=True).filter(colour=Colour.red))
        ),
        [Colour.red],
    ),
    "set by cases": (
        lambda q: (
            q(Box)
            .filter(pk=A)
            .returning("native", "money")
            .update(
                native=Case(When(native=Colour.red, then=Value(Colour.blue, NATIVE)), default="native"),
                money=Value(Decimal("2.5"), MONEY),
            )
        ),
        [(Colour.blue, Decimal("2.5"))],
    ),
    "set to arithmetic": (
        lambda q: (
            q(Box)
            .filter(pk=A)
            .returning("span", "price")
            .update(span=F("span") + timedelta(days=1), price=F("price") * 2)
        ),
        [(timedelta(days=1, hours=1), Decimal("2.20"))],
    ),
    "deleted by groups": (lambda q: q(Box).annotate(n=Count("items")).filter(n=0).delete(), [(C,)]),
}

REFUSED: dict[str, tuple[Make, type[Exception]]] = {
    "no value of the enum": (
        lambda q: q(Box).annotate(x=Value("nonsense", output_field=NATIVE)),
        InvalidLookupValueError,
    ),
    "compared with no value of the enum": (
        lambda q: q(Box).annotate(x=F("native")).filter(x="nonsense"),
        InvalidLookupValueError,
    ),
    "decimals and floats": (lambda q: q(Box).annotate(x=F("price") * 1.5), UnsupportedOperationError),
    "texts and numbers": (lambda q: q(Box).annotate(x=F("state") + 1), UnsupportedOperationError),
    "cases of several types": (
        lambda q: q(Box).annotate(x=Case(When(price=1, then="state"), default="price")),
        UnsupportedOperationError,
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(mapped: AsyncSession, name: str) -> None:
    make, error = REFUSED[name]
    with pytest.raises(error):
        await answer_of(mapped, make)
