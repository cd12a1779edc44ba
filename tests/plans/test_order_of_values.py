"""Every value stands where it was written: marks are handed out in the order of the SQL, and found in it."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Dialect, Integer, String
from sqlalchemy.dialects.postgresql import asyncpg

from django_like_repos import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    RawSQL,
    Subquery,
    Sum,
    Value,
    When,
    Window,
    plans,
)
from django_like_repos.clauses import annotating as annotations
from django_like_repos.plans import Plans
from django_like_repos.query.functions.comparison import Cast, Coalesce
from django_like_repos.query.functions.math import Round
from django_like_repos.query.functions.text import Concat, Length, LPad
from django_like_repos.query.functions.windows import Lag, NthValue
from tests.plans.schema import Parcel, Stamp

DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]
MARKER = re.compile(r"\$(\d+)")

TEXTS = ("x", "y")

Next = Callable[[], int]
Make = Callable[[], Any]


def marks_in(queryset: Any, kind: str = plans.SELECT) -> list[Any]:
    """The values that a plan binds, in the order in which they are first met in its SQL."""
    plan, params = Plans(DIALECT, 1).prepare(kind, queryset._query)
    statement = plan.statement
    compiled = statement.compile(dialect=DIALECT)
    numbers = dict.fromkeys(int(number) for number in MARKER.findall(str(compiled)))
    names: Any = compiled.positiontup
    assert len(numbers) == len(names) == len(params)
    values = [params[names[number - 1]] for number in numbers]
    return [value for value in values if value not in TEXTS]


def parcels() -> Any:
    return QuerySet(Parcel)


def subquery(mark: Next, inner: Make) -> Any:
    read, above, limit, offset = inner(), mark(), mark(), mark()
    related = parcels().filter(parent=OuterRef("id"), rank__gt=above).order_by("id")
    return Subquery(related.values(read=read)[offset : offset + limit])


def part(mark: Next, inner: Make) -> Any:
    start, length = mark() - 1, mark()
    return Length(F("code")[start : start + length]) + inner()


def over_groups(mark: Next, inner: Make) -> Any:
    """A subquery of groups."""
    read, condition, having = Sum(F("rank") * mark()), mark(), mark()
    groups = QuerySet(Stamp).filter(rank__gt=condition).order_by().values("parcel_id").annotate(n=read)
    return Coalesce(Subquery(groups.filter(n__lt=having).values("n")), inner())


NESTED: dict[str, Callable[[Next, Make], Any]] = {
    "arithmetic": lambda mark, inner: F("rank") * mark() + inner() - mark(),
    "arithmetic from the left": lambda mark, inner: mark() - (inner() * mark()),
    "bits": lambda mark, inner: Cast(inner(), Integer()).bitand(mark()),
    "a function": lambda mark, inner: Coalesce("rank", mark(), inner(), mark()),
    "an unknown function": lambda mark, inner: Func(
        "rank", mark(), inner(), mark(), function="f", output_field=Integer()
    ),
    "cases": lambda mark, inner: Case(
        When(Q(rank=mark()) & ~Q(id__gt=mark()), then=inner()),
        When(Q(id__range=(mark(), mark())) | Q(rank__lt=F("id") + mark()), then=mark()),
        default=mark(),
    ),
    "a default": lambda mark, inner: Case(When(rank=mark(), then=mark()), default=inner()),
    "a condition": lambda mark, inner: Case(When(rank__gt=inner(), then=mark()), default=mark()),
    "a wrapper": lambda mark, inner: ExpressionWrapper(mark() + inner(), Integer()),
    "SQL": lambda mark, inner: RawSQL("(%s + %s * %s)", (mark(), inner(), mark()), Integer()),
    "texts": lambda mark, inner: Length(
        LPad(Concat(Cast(inner(), String()), Value("x")), mark(), Value("y"))
    ),
    "digits": lambda mark, inner: Cast(Round(inner(), mark()), Integer()),
    "a part": part,
    "a subquery": subquery,
    "groups": over_groups,
    "presence": lambda mark, inner: Case(
        When(Exists(QuerySet(Stamp).filter(Q(rank=mark()), id__lt=OuterRef("id") - mark())), then=inner()),
        default=mark(),
    ),
}
OVER_ROWS: dict[str, Callable[[Next, Make], Any]] = {
    "a row before": lambda mark, inner: Window(
        Lag(inner(), mark(), mark()), F("rank") + mark(), (F("id") * mark()).desc()
    ),
    "a row": lambda mark, inner: Window(
        NthValue("rank", mark()), [F("rank") + mark(), inner()], [F("id") - mark(), "id"]
    ),
    "a sum": lambda mark, inner: Window(
        Sum(F("rank") * mark(), filter=Q(rank=inner())), order_by=Case(When(rank=mark(), then=mark()))
    ),
}
OF_ROWS: dict[str, Callable[[Next, Make], Any]] = {
    "a sum": lambda mark, inner: Sum(F("rank") * mark() + inner(), filter=Q(rank=mark()), default=mark()),
    "a number": lambda mark, inner: Count(inner(), filter=Q(rank=mark()) | Q(id=mark())) + mark(),
    "a largest": lambda mark, inner: Max(Case(When(rank=mark(), then=inner()), default=mark())) * mark(),
    "a function": lambda mark, inner: Coalesce(Sum(inner()), Sum(F("rank") + mark()), mark()),
}


def marked(make: Callable[[Next, Make], Any], inside: Callable[[Next, Make], Any]) -> tuple[Any, Next]:
    """An expression within another, and what gives the marks after theirs."""
    numbers = count(1001)

    def mark() -> int:
        return next(numbers)

    return make(mark, lambda: inside(mark, lambda: Value(mark()))), mark


def handed_out(mark: Next) -> list[int]:
    return list(range(1001, mark()))


@pytest.mark.sampled
@pytest.mark.parametrize("outer", NESTED)
@pytest.mark.parametrize("inside", NESTED)
def test_expressions(outer: str, inside: str) -> None:
    expression, mark = marked(NESTED[outer], NESTED[inside])
    queryset = parcels().annotate(it=expression)
    queryset = queryset.filter(Q(rank__in=[F("id"), F("rank") + mark()]), floor=mark())
    queryset = queryset.order_by(F("rank") + mark())

    assert marks_in(queryset) == handed_out(mark)


@pytest.mark.sampled
@pytest.mark.parametrize("name", NESTED)
def test_expressions_in_other_places(name: str) -> None:
    for place in PLACES:
        expression, mark = marked(NESTED[name], NESTED["arithmetic"])
        assert marks_in(place(expression, mark)) == handed_out(mark)


PLACES: list[Callable[[Any, Next], Any]] = [
    lambda it, mark: parcels().filter(rank__gt=it).filter(floor=mark()),
    lambda it, mark: parcels().filter(~Q(rank__range=(it, mark()))),
    lambda it, mark: parcels().alias(it=it).filter(it__lt=mark(), rank=mark()),
    lambda it, mark: parcels().values(it=it).filter(rank=mark()),
    lambda it, mark: parcels().order_by(it, F("rank") * mark()),
    lambda it, mark: parcels().values(it=it).annotate(n=Count("id") + mark()).filter(n=mark()),
    lambda it, mark: parcels().filter(depot__in=parcels().filter(Q(rank=it), floor=mark()).values("depot")),
    lambda it, mark: parcels().filter(rank=it).union(parcels().filter(floor=mark()), all=True),
    lambda it, mark: parcels().filter(rank=it) | parcels().filter(floor=mark()),
    lambda it, mark: (
        parcels().annotate(s=FilteredRelation("stamps", condition=Q(stamps__rank=it))).filter(s__rank=mark())
    ),
]


@pytest.mark.parametrize("name", OVER_ROWS)
@pytest.mark.parametrize("inside", ["arithmetic", "cases", "a subquery"])
def test_windows(name: str, inside: str) -> None:
    expression, mark = marked(OVER_ROWS[name], NESTED[inside])

    assert marks_in(parcels().annotate(it=expression).filter(floor=mark())) == handed_out(mark)


@pytest.mark.parametrize("name", OF_ROWS)
@pytest.mark.parametrize("inside", ["arithmetic", "cases", "texts", "SQL"])
def test_aggregates(name: str, inside: str) -> None:
    expression, mark = marked(OF_ROWS[name], NESTED[inside])
    groups = parcels().values("code").annotate(it=expression).filter(floor=mark()).filter(it__gt=mark())
    assert marks_in(groups) == handed_out(mark)

    expression, mark = marked(OF_ROWS[name], NESTED[inside])
    more = Sum(F("floor") + mark(), default=mark())
    summed = annotations.summarise(
        parcels().filter(floor=mark())._query, (), {"it": expression, "more": more}
    )
    assert marks_in(parcels()._with(summed), plans.SUMMARY) == handed_out(mark)


def test_a_whole_chain() -> None:
    mark = count(1001).__next__
    annotated = parcels().annotate(a=F("rank") + mark(), b=Coalesce("floor", mark()))
    chosen = annotated.filter(Q(rank=mark()) | Q(Exists(QuerySet(Stamp).filter(rank=mark()))))
    ordered = chosen.exclude(floor=mark()).order_by((F("rank") * mark()).desc(), "id")
    limit, offset = mark(), mark()

    assert marks_in(ordered[offset : offset + limit]) == handed_out(mark)
