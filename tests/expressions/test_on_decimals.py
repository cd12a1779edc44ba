"""Decimals computed: as exact as what they are computed of, on both databases."""

import operator
from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Numeric, TypeDecorator
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import (
    Avg,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    RowRange,
    StdDev,
    Subquery,
    Sum,
    Value,
    Variance,
    When,
    Window,
)
from django_like_repos.functions import (
    Abs,
    Cast,
    Ceil,
    Coalesce,
    Exp,
    Floor,
    Greatest,
    Lag,
    Least,
    Ln,
    Mod,
    NullIf,
    Power,
    Round,
    Sqrt,
)
from tests.expressions.asking import Answers, answer_of
from tests.mappings.reading import tuples

D = Decimal


class Doubled(TypeDecorator[Decimal]):
    """A decimal of which the database has the half."""

    impl = Numeric(10, 3)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Decimal | None:
        return None if value is None else D(value) / 2

    def process_result_value(self, value: Any, dialect: Any) -> Decimal | None:
        return None if value is None else D(value) * 2


class Base(DeclarativeBase):
    """The models of this module."""


class Sale(Base):
    __tablename__ = "decimal_sales"

    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    cost: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    tiny: Mapped[Decimal] = mapped_column(Numeric(20, 12))
    free: Mapped[Decimal | None] = mapped_column(Numeric)
    doubled: Mapped[Decimal | None] = mapped_column(Doubled)
    number: Mapped[int]
    of_id: Mapped[int | None] = mapped_column(ForeignKey("decimal_sales.id"))
    of: Mapped["Sale | None"] = relationship(remote_side=[id])


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [
        Sale(
            id=1,
            price=D("0.10"),
            cost=D("0.20"),
            total=D("0.30"),
            tiny=D("0.000000000123"),
            free=D("0.000000000005"),
            doubled=D("0.3"),
            number=3,
        )
    ]
    yield [
        Sale(
            id=2,
            price=D("1234567.89"),
            cost=D("0.07"),
            total=D("1234567.96"),
            tiny=D("2.5"),
            number=7,
            of_id=1,
        )
    ]
    yield [Sale(id=3, price=D("1093.03"), cost=D("-4.40"), total=D("5"), tiny=D("0"), number=-2, of_id=1)]


def is_(value: Any, *expected: str | None) -> tuple[Any, list[Any]]:
    """The value of each row."""
    return (
        lambda q: q(Sale).order_by("id").annotate(x=value).values_list("x", flat=True),
        [None if each is None else D(each) for each in expected],
    )


def sums(expected: str, value: Any) -> tuple[Any, Any]:
    return lambda q: q(Sale).aggregate(x=value), {"x": D(expected)}


def finds(expected: list[int], *args: Any, **kwargs: Any) -> tuple[Any, list[Any]]:
    return lambda q: q(Sale).filter(*args, **kwargs).order_by("id").values_list("pk", flat=True), expected


TENTHS = Case(When(id=1, then="price"), When(id=2, then=D("0.2")))
BOTH = F("price") + F("cost")

ANSWERS: Answers = {
    # Aggregates
    "a sum": sums("1235661.02", Sum("price")),
    "a sum of little": sums("2.500000000123", Sum("tiny")),
    "a sum of no known places": sums("0.000000000005", Sum("free")),
    "a sum of different ones": sums("1235661.02", Sum("price", distinct=True)),
    "a sum of some": sums("0.1", Sum("price", filter=Q(id=1))),
    "a sum of none": sums("0.005", Sum("price", filter=Q(id=0), default=D("0.005"))),
    "a sum of sums": sums("1235656.89", Sum(BOTH)),
    "a sum of products": sums("8639789.47", Sum(F("price") * F("number"))),
    "sums computed": sums("1235656.89", Sum("price") + Sum("cost")),
    "the least": sums("0", Min("tiny")),
    "the least of no known places": sums("0.000000000005", Min("free")),
    "the greatest": sums("1234567.96", Max(BOTH)),
    "a mean": sums("2", Avg(F("number") * D("0.75"))),
    "a mean of cents": sums("0.15", Avg(BOTH / 2, filter=Q(id=1))),
    "a deviation": sums("0.05", StdDev(TENTHS)),
    "a variance": sums("0.0025", Variance(TENTHS)),
    # Arithmetic
    "added": is_(BOTH, "0.30", "1234567.96", "1088.63"),
    "added to little": is_(F("cost") + F("tiny"), "0.200000000123", "2.57", "-4.4"),
    "taken away": is_(F("price") - F("cost"), "-0.1", "1234567.82", "1097.43"),
    "a number taken away": is_(F("price") - 1, "-0.9", "1234566.89", "1092.03"),
    "a decimal added": is_(F("price") + D("0.005"), "0.105", "1234567.895", "1093.035"),
    "multiplied": is_(F("cost") * F("price"), "0.02", "86419.7523", "-4809.332"),
    "multiplied by a number": is_(F("price") * 3, "0.3", "3703703.67", "3279.09"),
    "turned round": is_(-F("cost"), "-0.2", "-0.07", "4.4"),
    "divided": is_(F("price") / 4, "0.025", "308641.9725", "273.2575"),
    "divided by decimals": is_(F("cost") / D("0.4"), "0.5", "0.175", "-11"),
    "the rest": is_(F("price") % D("0.07"), "0.03", "0.01", "0.05"),
    "the rest of a negative one": is_(F("cost") % F("number"), "0.2", "0.07", "-0.4"),
    "the rest by its function": is_(Mod("price", D("0.07")), "0.03", "0.01", "0.05"),
    "nested": is_((BOTH - F("total")) * 100, "0", "0", "108363"),
    "values alone": is_(Value(D("0.1")) + D("0.2"), "0.3", "0.3", "0.3"),
    "a value": is_(Value(D("0.000000000123")), *["0.000000000123"] * 3),
    "with NULL": is_(F("free") + 1, "1.000000000005", None, None),
    # Functions
    "the first of two": is_(Coalesce("free", "price"), "0.000000000005", "1234567.89", "1093.03"),
    "the first of two, of known places": is_(
        Coalesce(NullIf("tiny", D("2.5")), "price"), "0.000000000123", "1234567.89", "0"
    ),
    "the first of a value": is_(Coalesce("free", D("0.25")), "0.000000000005", "0.25", "0.25"),
    "cases": is_(Case(When(id=1, then="tiny"), default="price"), "0.000000000123", "1234567.89", "1093.03"),
    "a greater one": is_(Greatest("price", "tiny"), "0.1", "1234567.89", "1093.03"),
    "a smaller one": is_(Least("cost", "tiny"), "0.000000000123", "0.07", "-4.4"),
    "as another type": is_(Cast(F("price") / 3, Numeric(12, 3)), "0.033", "411522.63", "364.343"),
    "as a type without places": is_(Cast("tiny", Numeric()), "0.000000000123", "2.5", "0"),
    "with a type without places": is_(
        ExpressionWrapper(F("tiny") * 2, Numeric()), "0.000000000246", "5", "0"
    ),
    "of a number": is_(Cast(F("number"), Numeric(5, 2)) / 2, "1.5", "3.5", "-1"),
    "rounded": is_(Round(F("price") * D("1.5"), 1), "0.2", "1851851.8", "1639.5"),
    "rounded at a half": is_(Round(F("price") + D("0.005"), 2), "0.11", "1234567.9", "1093.04"),
    "rounded to tens": is_(Round("price", -2), "0", "1234600", "1100"),
    "without a sign": is_(Abs(F("cost") - F("price")), "0.1", "1234567.82", "1097.43"),
    "up": is_(Ceil(F("price") * 10 - F("cost") * 5), "0", "12345679", "10953"),
    "down": is_(Floor(F("price") * 3 / D("0.3")), "1", "12345678", "10930"),
    "its own type": is_(Coalesce("doubled", "doubled"), "0.3", None, None),
    # Windows
    "running sums": is_(Window(Sum("cost"), order_by="id"), "0.2", "0.27", "-4.13"),
    "sums of two": is_(
        Window(Sum(BOTH), order_by="id", frame=RowRange(-1, 0)), "0.3", "1234568.26", "1235656.59"
    ),
    "the row before": is_(Window(Lag(BOTH, default=D("0.001")), order_by="id"), "0.001", "0.3", "1234567.96"),
    # Queries within, and unions
    "of another row": is_(F("of__price") + F("price"), None, "1234567.99", "1093.13"),
    "a union": (
        lambda q: (
            q(Sale)
            .filter(pk=1)
            .values_list("price")
            .union(q(Sale).filter(pk=1).values_list("tiny"))
            .order_by("price")
        ),
        [(D("0.000000000123"),), (D("0.1"),)],
    ),
    "a union of computed ones": (
        lambda q: (
            q(Sale)
            .annotate(x=BOTH)
            .filter(pk=1)
            .values_list("x")
            .union(q(Sale).filter(pk=1).values_list("total"), q(Sale).filter(pk=1).values_list("number"))
            .order_by("x")
        ),
        [(D("0.3"),), (D(3),)],
    ),
    "a union of numbers and decimals": (
        lambda q: (
            q(Sale).filter(pk=1).values_list("number").union(q(Sale).filter(pk=1).values_list("price"))
        ).order_by("number"),
        [(D("0.1"),), (D(3),)],
    ),
    "groups": (
        lambda q: (
            q(Sale)
            .values("of")
            .annotate(x=Sum("price"), y=Sum(F("price") - F("cost")))
            .filter(x__gte=D("0.1"))
            .order_by("x")
            .values_list("x", "y")
        ),
        [(D("0.1"), D("-0.1")), (D("1235660.92"), D("1235665.25"))],
    ),
    "groups, found by a sum": (
        lambda q: (
            q(Sale)
            .values("of")
            .annotate(x=Sum("price"))
            .filter(x=D("1235660.92"))
            .values_list("of", flat=True)
        ),
        [1],
    ),
    "groups of sums": (
        lambda q: (
            q(Sale)
            .annotate(x=BOTH - F("total"))
            .values("x")
            .annotate(n=Count("*"))
            .order_by("x")
            .values_list("x", "n")
        ),
        [(D(0), 2), (D("1083.63"), 1)],
    ),
    "groups, summed up": (
        lambda q: q(Sale).values("of").annotate(x=Sum("price")).aggregate(y=Sum("x"), z=Max("x")),
        {"y": D("1235661.02"), "z": D("1235660.92")},
    ),
    "different ones": (
        lambda q: q(Sale).annotate(x=BOTH - F("total")).values_list("x").distinct().order_by("x"),
        [(D(0),), (D("1083.63"),)],
    ),
    # Conditions
    "equal to a sum": finds([1, 2], total=BOTH),
    "a sum equal to it": (
        lambda q: q(Sale).annotate(x=BOTH).filter(x=F("total")).order_by("id").values_list("pk", flat=True),
        [1, 2],
    ),
    "a sum equal to a value": (
        lambda q: q(Sale).annotate(x=BOTH).filter(x=D("0.3")).values_list("pk", flat=True),
        [1],
    ),
    "not more than a sum": finds([1, 2, 3], total__lte=BOTH),
    "less than a sum": finds([3], total__lt=BOTH),
    "not a sum": finds([3], ~Q(total=BOTH)),
    "among sums": finds([1, 2], total__in=[BOTH, F("price")]),
    "between sums": finds([1, 2], total__range=(BOTH, BOTH)),
    "among those of a query": (
        lambda q: (
            q(Sale)
            .filter(total__in=q(Sale).annotate(x=BOTH).values("x"))
            .order_by("id")
            .values_list("pk", flat=True)
        ),
        [1, 2],
    ),
    "where another is": (
        lambda q: (
            q(Sale)
            .filter(Exists(q(Sale).annotate(x=BOTH).filter(x=OuterRef("total"))))
            .order_by("id")
            .values_list("pk", flat=True)
        ),
        [1, 2],
    ),
    "a value of another row": (
        lambda q: (
            q(Sale)
            .annotate(x=Subquery(q(Sale).filter(pk=OuterRef("of")).annotate(x=BOTH * 3).values("x")[:1]) / 3)
            .filter(x=D("0.3"))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        [D("0.3"), D("0.3")],
    ),
    "with the row around": (
        lambda q: (
            q(Sale)
            .order_by("id")
            .annotate(x=Subquery(q(Sale).filter(pk=3).annotate(y=F("price") + OuterRef("tiny")).values("y")))
            .values_list("x", flat=True)
        ),
        [D("1093.030000000123"), D("1095.53"), D("1093.03")],
    ),
    "with an expression of SQLAlchemy's": is_(
        Coalesce(F("price") + Sale.tiny, "cost"), "0.100000000123", "1234570.39", "1093.03"
    ),
    "counted": (lambda q: q(Sale).filter(total=BOTH).count(), 2),
    "in order": (
        lambda q: q(Sale).order_by(BOTH - F("total"), "-id").values_list("pk", flat=True),
        [2, 1, 3],
    ),
    # Written
    "set to a sum": (
        lambda q: q(Sale).filter(pk=1).returning("price").update(price=BOTH),
        [(D("0.30"),)],
    ),
    "set to what its places round": (
        lambda q: q(Sale).returning("id", "price").update(price=F("price") / 3 + D("0.005")),
        [(1, D("0.04")), (2, D("411522.64")), (3, D("364.35"))],
    ),
    "removed by a sum": (lambda q: q(Sale).filter(total=BOTH, of=1).returning("id").delete(), [(2,)]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected


async def test_places_follow_from_the_parts(mapped: AsyncSession) -> None:
    sales = QuerySet(Sale, mapped)
    found = await sales.filter(pk=3).aggregate(
        a=Sum("price"), b=Sum(F("price") + F("cost")), c=Sum(F("price") * F("cost")), d=Sum(F("cost") * 2)
    )
    assert {name: str(value) for name, value in found.items()} == {
        "a": "1093.03",
        "b": "1088.63",
        "c": "-4809.3320",
        "d": "-8.80",
    }


REAL: dict[str, tuple[Any, str]] = {
    "a third": (F("price") / 3, "364.343333333333"),
    "a third of a product": (F("price") * F("cost") / 3, "-1603.11066666667"),
    "an exponential": (Exp("tiny"), "1"),
    "a root": (Sqrt("price"), "33.0610042194728"),
    "a power": (Power("cost", 2), "19.36"),
    "a logarithm": (Ln("price"), "6.99670893519236"),
    "a mean": (Window(Avg("price")), "411887.006666667"),
}


@pytest.mark.parametrize("name", REAL)
async def test_real_numbers(mapped: AsyncSession, backend: str, name: str) -> None:
    expression, expected = REAL[name]
    sales = QuerySet(Sale, mapped).annotate(x=expression).order_by("-id").values_list("x", flat=True)
    (found, *_) = await sales
    assert Context(prec=15).plus(found) == D(expected)
    if backend == "sqlite":
        assert len(found.as_tuple().digits) <= 15


async def test_what_was_rounded_is_stored(mapped: AsyncSession) -> None:
    sales = QuerySet(Sale, mapped)
    await sales.update(price=F("price") / 3)
    assert await sales.filter(price=D("364.34")).count() == 1
    await sales.filter(pk=3).update(price=F("price") * D("1.001"), cost=Sqrt(Value(2)))
    assert tuples(await sales.filter(pk=3, price=D("364.70"), cost=D("1.41")).values_list("pk")) == [(3,)]


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def reckoned(tree: Any, leaf: Callable[[Decimal], Any]) -> Any:
    """The value, or the expression, of a random tree."""
    if isinstance(tree, Decimal):
        return leaf(tree)
    symbol, left, right = tree
    return OPERATORS[symbol](reckoned(left, leaf), reckoned(right, leaf))


def grown(chance: Random, depth: int) -> Any:
    if not depth or chance.random() < 0.3:
        return D(chance.randint(-(10**6), 10**6)).scaleb(-chance.randint(0, 4))
    return chance.choice("+-*"), grown(chance, depth - 1), grown(chance, depth - 1)


async def test_as_python_computes(mapped: AsyncSession) -> None:
    chance = Random(7)
    trees = {f"x{number}": grown(chance, 3) for number in range(60)}
    computed = {name: reckoned(tree, Value) + F("price") for name, tree in trees.items()}
    (found,) = await QuerySet(Sale, mapped).filter(pk=1).annotate(**computed).values(*trees)
    expected = {name: reckoned(tree, D) + D("0.10") for name, tree in trees.items()}
    # SQLite's numbers have some fifteen digits.
    short = Context(prec=14).plus
    assert {name: short(value) for name, value in found.items()} == {
        name: short(value) for name, value in expected.items()
    }
    exact = {name for name, value in expected.items() if len(value.normalize().as_tuple().digits) <= 15}
    assert len(exact) > 20
    assert {name: found[name] for name in exact} == {name: expected[name] for name in exact}
