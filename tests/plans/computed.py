"""Expressions of the library itself, as twins: values in every place that a value can have.

Paths to many are in aggregates only, where the rows that they multiply are added up again.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st
from sqlalchemy import BigInteger, Double, Integer, Numeric, SmallInteger, String

from django_like_repos import (
    Case,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    RawSQL,
    Subquery,
    Sum,
    Value,
    When,
)
from django_like_repos.query.functions.comparison import Cast, Coalesce, Greatest, Least, NullIf
from django_like_repos.query.functions.dates import ExtractMonth, ExtractYear, TruncMonth, TruncYear
from django_like_repos.query.functions.math import Abs, Mod
from django_like_repos.query.functions.text import (
    Concat,
    Left,
    Length,
    Lower,
    LPad,
    Repeat,
    Replace,
    StrIndex,
    Substr,
    Upper,
)
from tests.plans.schema import Depot, Parcel, Stamp
from tests.plans.twins import NUMBERS, TEXTS, Twins, both, either, pairs_of, twins_of

Draws = st.SearchStrategy[Twins]


class Paths(NamedTuple):
    """Where the columns of a kind are, from a model."""

    numbers: list[str]
    texts: list[str]
    dates: list[str]
    many_numbers: list[str]
    many_texts: list[str]


PATHS: Final[dict[type[Any], Paths]] = {
    Parcel: Paths(
        ["rank", "floor", "depot__rank", "parent__rank", "parent__depot__rank"],
        ["code", "title", "depot__city", "origin__city"],
        ["sent_on", "parent__sent_on"],
        ["stamps__rank", "children__floor", "children__stamps__rank", "tags__value"],
        ["stamps__text", "tags__name"],
    ),
    Depot: Paths(
        ["rank", "id"],
        ["city"],
        [],
        ["parcels__rank", "parcels__stamps__rank", "parcels__tags__opaque"],
        ["parcels__title", "parcels__stamps__text"],
    ),
    Stamp: Paths(
        ["rank", "depot__rank", "parcel__rank", "parcel__depot__rank"],
        ["text", "parcel__title", "depot__city"],
        ["made_at", "parcel__sent_on"],
        ["parcel__stamps__rank", "parcel__children__rank"],
        ["parcel__tags__name"],
    ),
}


class Number(Func):
    """A function that the library knows nothing of."""

    function = "ABS"
    arity = 1


POSITIVE = st.integers(1, 4)
SHORT = st.sampled_from(["", "a", "b%", "Ада", "'"])
WHOLE: Final[list[Callable[[int], Any]]] = [
    Value,
    Value,
    lambda number: Value(number, Integer()),
    lambda number: Value(number, BigInteger()),
    lambda number: ExpressionWrapper(Value(number), Integer()),
    lambda number: Cast(number, Integer()),
    lambda number: RawSQL("(%s + %s)", (number, 1), Integer()),
]
KINDS: Final[list[Callable[[int], Any]]] = [
    Value,
    float,
    Decimal,
    lambda number: number,
    lambda number: Value(number, output_field=Numeric(8, 2)),
    lambda number: Value(number, Double()),
    lambda number: Value(number, SmallInteger()),
    lambda number: Cast(number, Numeric(8, 2)),
    lambda number: ExpressionWrapper(Value(number), Double()),
]
"""Numbers that are equal in Python, and of several types in SQL."""


@cache
def number_values(alike: bool) -> Draws:
    """Values that are whole numbers; not alike, one may be None."""
    wholes = either(WHOLE, alike, pairs_of(NUMBERS))
    if alike:
        return wholes
    nones = NUMBERS.map(lambda number: (Value(number), Value(None, Integer())))
    return wholes | nones | nones.map(lambda twins: (twins[1], twins[0]))


@cache
def names(paths: tuple[str, ...], alike: bool) -> Draws:
    return twins_of([F(path) for path in paths], alike)


ARITHMETIC: Final[list[Callable[[Any, Any], Any]]] = [
    lambda left, right: left + right,
    lambda left, right: left - right,
    lambda left, right: right - left,
    lambda left, right: left * right,
]
OF_TWO_NUMBERS: Final[list[Callable[[Any, Any], Any]]] = [
    *ARITHMETIC,
    *ARITHMETIC,
    Coalesce,
    lambda left, right: Coalesce(right, left),
    Greatest,
    Least,
    NullIf,
]
OF_A_NUMBER_AND_AN_INTEGER: Final[list[Callable[[Any, int], Any]]] = [
    lambda number, given: number + given,
    lambda number, given: given - number,
    Coalesce,
    lambda number, given: Cast(Mod(number, Value(given + 10)), Integer()),
    lambda number, given: Number(number) * given,
    lambda number, given: Abs(number) + Value(given),
]
OF_A_TEXT: Final[list[Callable[[Any, str, int], Any]]] = [
    lambda path, text, number: Concat(path, Value(text), path),
    lambda path, text, number: Concat(Value(text), F(path), Value(number, String())),
    lambda path, text, number: Coalesce(path, Value(text)),
    lambda path, text, number: Replace(path, Value(text), Value("/")),
    lambda path, text, number: LPad(path, number + 2, Value(text or "*")),
    lambda path, text, number: Substr(path, number, number + 1),
    lambda path, text, number: F(path)[number : number + 2],
    lambda path, text, number: F(path)[number:],
    lambda path, text, number: Left(Upper(path), number),
    lambda path, text, number: Repeat(Lower(F(path)), number),
    lambda path, text, number: F(path) + Value(text),
    lambda path, text, number: Value(text) + Lower(path),
    lambda path, text, number: Coalesce(NullIf(F(path), Value(text)), Value("none")),
]
OF_A_TEXT_A_NUMBER: Final[list[Callable[[Any, str], Any]]] = [
    lambda path, text: StrIndex(path, Value(text)),
    lambda path, text: Length(Concat(path, Value(text))),
]


@cache
def texts(model: Any, alike: bool) -> Draws:
    paths = PATHS[model].texts
    made = either(OF_A_TEXT, alike, twins_of(paths, alike), pairs_of(SHORT), pairs_of(POSITIVE))
    chosen = both(
        lambda condition, path, text: Case(When(condition, then=path), default=Value(text)),
        conditions(model, alike),
        twins_of(paths, alike),
        pairs_of(SHORT),
    )
    return made | made | chosen | names(tuple(paths), alike)


@cache
def dates(model: Any, alike: bool) -> Draws:
    """Numbers made of dates, and dates moved by spans of time."""
    makes: list[Callable[[str, int], Any]] = [
        lambda path, number: ExtractYear(path) + number,
        lambda path, number: ExtractMonth(F(path) + timedelta(days=number * 20)),
        lambda path, number: ExtractMonth(TruncYear(path)) * Value(number),
        lambda path, number: ExtractYear(TruncMonth(path) - Value(timedelta(days=number))),
        lambda path, number: Case(When(**{f"{path}__gt": _day(path, number)}, then=1), default=number),
    ]
    return either(makes, alike, twins_of(PATHS[model].dates, alike), pairs_of(POSITIVE))


def _day(path: str, number: int) -> Any:
    if path == "made_at":
        return datetime(2024, 12, 31, 20 + number % 4, tzinfo=UTC)
    return date(2024, 1, number)


@cache
def numbers(model: Any, alike: bool) -> Draws:
    """Numbers of a row, of any type."""
    parts = wholes(model, alike), either(KINDS, alike, pairs_of(NUMBERS))
    return wholes(model, alike) | wholes(model, alike) | either(ARITHMETIC, alike, *parts)


@cache
def wholes(model: Any, alike: bool) -> Draws:
    """Whole numbers of a row."""
    paths, also = PATHS[model], [False] if alike else [True, False]
    leaves = [
        names(tuple(paths.numbers), alike),
        names(tuple(paths.numbers), alike),
        number_values(alike),
        either(OF_A_TEXT_A_NUMBER, alike, twins_of(paths.texts, alike), pairs_of(SHORT)),
        *([dates(model, alike)] if paths.dates else []),
        either(SUBQUERIES[model], alike, pairs_of(NUMBERS)),
        either(SQLALCHEMY[model], alike, pairs_of(NUMBERS)),
    ]
    return st.recursive(
        st.one_of(leaves),
        lambda inner: (
            either(OF_TWO_NUMBERS, alike, inner, inner)
            | either(OF_A_NUMBER_AND_AN_INTEGER, alike, inner, pairs_of(NUMBERS))
            | both(_case, conditions(model, alike), pairs_of(NUMBERS), inner, twins_of(also, alike))
        ),
        max_leaves=3,
    )


def _case(condition: Any, number: int, other: Any, turned: bool) -> Any:
    """A number by a condition; of two, where it is turned."""
    first = When(condition, then=number)
    second = When(rank__gt=number, then=other)
    return Case(second, first, default=None) if turned else Case(first, second, default=number)


SUBQUERIES: Final[dict[type[Any], list[Callable[[int], Any]]]] = {
    Parcel: [
        lambda rank: Subquery(_stamps(rank).order_by("rank", "id").values("rank")[:1]),
        lambda rank: Subquery(_stamps(rank).order_by("rank", "id").values("rank")[1:2]),
        lambda rank: Subquery(
            _stamps(rank).order_by().values("parcel_id").annotate(n=Sum("rank") + rank).values("n")
        ),
        lambda rank: Subquery(
            QuerySet(Depot)
            .annotate(m=F("rank") + rank)
            .filter(
                Exists(QuerySet(Stamp).filter(depot=OuterRef("id"), rank__gt=OuterRef(OuterRef("rank")))),
                id=OuterRef("depot_id"),
                m__gt=rank,
            )
            .values("m")
        ),
    ],
    Depot: [
        lambda rank: Subquery(
            QuerySet(Parcel)
            .filter(depot=OuterRef("id"), stamps__rank__gt=rank)
            .order_by("-rank", "id")
            .values_list("rank")[: abs(rank) + 1][:1]
        ),
    ],
    Stamp: [
        lambda rank: Subquery(
            QuerySet(Depot).filter(id=OuterRef("depot_id")).values(r=F("rank") * 2 + rank + OuterRef("rank"))
        ),
    ],
}


def _stamps(rank: int) -> Any:
    return QuerySet(Stamp).filter(parcel_id=OuterRef("id"), rank__gte=rank)


SQLALCHEMY: Final[dict[type[Any], list[Callable[[int], Any]]]] = {
    Parcel: [
        lambda number: ExpressionWrapper(Parcel.rank + number, Integer()),
        lambda number: ExpressionWrapper(Parcel.floor - number, Integer()),
    ],
    Depot: [lambda number: ExpressionWrapper(number * Depot.rank, Integer())],
    Stamp: [lambda number: ExpressionWrapper(Stamp.rank % (number + 9), Integer())],
}


@cache
def conditions(model: Any, alike: bool, opaque: bool = True) -> Draws:
    """Conditions that look at the row itself, or at one related row; ``opaque`` ones are SQLAlchemy's."""
    paths = PATHS[model]
    leaves = [
        _looked_up(paths.numbers, ["exact", "ne", "gt", "lte"], NUMBERS, alike),
        _looked_up(paths.numbers, ["in", "notin"], st.lists(NUMBERS, min_size=1, max_size=3), alike),
        _looked_up(paths.numbers, ["range"], st.tuples(NUMBERS, NUMBERS), alike),
        _looked_up(paths.texts, ["exact", "icontains", "startswith", "lt"], TEXTS, alike),
        _looked_up(paths.texts, ["exact"], st.none(), alike),
        _looked_up(paths.numbers, ["isnull"], st.just(True), alike),
        either(COMPUTED[model], alike, pairs_of(NUMBERS)),
        either(RELATED[model], alike, pairs_of(NUMBERS)),
        *([either(OPAQUE[model], alike, pairs_of(NUMBERS))] if opaque else []),
    ]
    if not alike:
        leaves.append(
            st.tuples(NUMBERS, st.none() | NUMBERS.map(lambda by: F("rank") + by)).map(
                lambda values: (Q(rank=values[0]), Q(rank=values[1]))
            )
        )
    leaf = st.one_of(leaves)
    pair = either([Q.__and__, Q.__or__, Q.__xor__], alike, leaf, leaf)
    return leaf | leaf | pair | both(Q.__invert__, pair)


def _looked_up(paths: list[str], lookups: list[str], values: Any, alike: bool) -> Draws:
    return both(
        lambda path, lookup, value: where(f"{path}__{lookup}", value),
        twins_of(paths, alike),
        twins_of(lookups, alike),
        pairs_of(values),
    )


def where(lookup: str, value: Any) -> Q:
    """One lookup, by its name."""
    return Q(**{lookup: value})


def _computed(number: str, text: str) -> list[Callable[[int], Q]]:
    return [
        lambda by: where(f"{number}__gt", F("id") - by),
        lambda by: where(f"{number}__lt", Coalesce(F("id"), by) + by),
        lambda by: where(f"{number}__in", [F("id"), by, Value(by) + F("id")]),
        lambda by: where(f"{text}__contains", Left(text, abs(by) + 1)),
        lambda by: where(text, Case(When(id=by, then=text), default=Value("abc"))),
    ]


COMPUTED: Final = {model: _computed(paths.numbers[0], paths.texts[0]) for model, paths in PATHS.items()}
RELATED: Final[dict[type[Any], list[Callable[[int], Q]]]] = {
    Parcel: [
        lambda rank: Q(Exists(_stamps(rank))),
        lambda rank: ~Exists(QuerySet(Parcel).filter(parent=OuterRef("id"), stamps__rank__gt=rank)),
        lambda rank: Q(rank__in=QuerySet(Stamp).filter(rank__gt=rank).values("rank")),
        lambda rank: Q(rank__lt=Subquery(_stamps(rank).order_by("-id").values("rank")[:1])),
        lambda rank: Q(
            id__in=QuerySet(Parcel).filter(rank__gt=rank).order_by("-rank", "id")[: abs(rank) + 1]
        ),
        lambda rank: Q(
            id__in=QuerySet(Stamp)
            .values("parcel")
            .annotate(n=Sum("rank"))
            .filter(n__gt=rank)
            .values("parcel")
        ),
        lambda rank: (
            ~Exists(
                QuerySet(Stamp).filter(
                    Exists(
                        QuerySet(Depot).filter(
                            id=OuterRef("depot_id"), rank__gt=OuterRef(OuterRef("rank")) + rank
                        )
                    ),
                    parcel=OuterRef("id"),
                )
            )
        ),
    ],
    Depot: [
        lambda rank: Q(Exists(QuerySet(Parcel).filter(depot=OuterRef("pk"), rank=rank))),
        lambda rank: Q(Exists(QuerySet(Parcel).filter(origin=OuterRef("pk"), rank=rank))),
    ],
    Stamp: [
        lambda rank: Q(Exists(QuerySet(Depot).filter(id=OuterRef("depot_id"), rank__gt=rank))),
    ],
}
OPAQUE: Final[dict[type[Any], list[Callable[[int], Q]]]] = {
    Parcel: [lambda rank: Q(Parcel.rank > rank), lambda rank: ~Q(Parcel.floor == rank, code="abc")],
    Depot: [lambda rank: Q(Depot.rank < rank) | Q(city="")],
    Stamp: [lambda rank: Q(Stamp.rank != rank)],
}
