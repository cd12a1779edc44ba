"""Values of every size, and text that would be SQL: as values they do nothing, as names they are refused."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import JSON, Integer, LargeBinary
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Func,
    InvalidLookupValueError,
    Max,
    OuterRef,
    Q,
    QueryError,
    QuerySet,
    RawSQL,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django_like_repos.query.functions.comparison import Cast, Coalesce
from django_like_repos.query.functions.dates import Extract, Trunc
from django_like_repos.query.functions.text import Concat, Replace
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Make, Objects, answer_of
from tests.parity.schema import Author, Book, Country, Edition, Tag
from tests.recording import RecordedSQL

INJECTIONS = [
    "'; DROP TABLE tags; --",
    'name" FROM tags; --',
    "1) OR (1=1",
    "%s %(x)s :x $1 ? %% {x}",
    "\\'; --",
    "/* */ --",
    "ж\u202e'\"`",
]
TEXTS = [*INJECTIONS, "", " ", "x" * 100_000, "100% _", "🙂"]
NUMBERS = [0, 1, -1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)]


@pytest.mark.by_turns
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_texts_are_values_everywhere(shelf: AsyncSession, text: str) -> None:
    tag = QuerySet(Tag, shelf).filter(pk=1)
    chain = (
        tag.annotate(
            a=Value(text),
            b=Case(When(name=text, then=Value("x")), default=Value(text)),
            c=Concat("name", Value(text)),
            d=Replace("name", Value("classic"), Value(text)),
            e=Coalesce(Value(text), "name"),
            f=RawSQL("%s", [text]),
            g=Func(Value(text), function="upper"),
        )
        .filter(a=text)
        .exclude(b="y")
        .order_by("a", "c")
    )
    found = await chain.values_list("a", "b", "c", "d", "e", "g")
    assert found == [(text, text, "classic" + text, text, text, text.upper())]
    assert await chain.aggregate(n=Max("a"), m=Count("pk", filter=Q(b=text))) == {"n": text, "m": 1}
    assert await chain.annotate(w=Window(Max("a"))).values_list("w", flat=True) == [text]


@pytest.mark.by_turns
@pytest.mark.parametrize("number", NUMBERS)
async def test_numbers_of_every_size(shelf: AsyncSession, number: int) -> None:
    tags = QuerySet(Tag, shelf).filter(pk=1)
    found = await tags.annotate(x=Value(number), y=F("id") * 0 + number).values_list("x", "y")
    assert found == [(number, number)]
    assert await tags.annotate(x=Value(number)).filter(x=number).count() == 1
    assert await tags.annotate(x=Value(number)).filter(x__in=[number, 5]).count() == 1
    assert await tags.annotate(x=F("id") * 0 + number).aggregate(n=Max("x")) == {"n": number}


@pytest.mark.by_turns
@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, 10**30, float("nan"), "a\x00b", "\ud800", object(), [1], {"a": 1}, {1}]
)
async def test_values_that_no_column_has(shelf: AsyncSession, sql: RecordedSQL, value: Any) -> None:
    sql.clear()
    tags = QuerySet(Tag, shelf)
    with pytest.raises(QueryError):
        await tags.annotate(x=Value(value))
    with pytest.raises(QueryError):
        await tags.filter(weight__gt=Value(value))
    with pytest.raises(QueryError):
        await tags.annotate(x=F("weight") + value)
    assert not sql.statements


async def test_values_of_other_kinds(shelf: AsyncSession) -> None:
    tags = QuerySet(Tag, shelf).filter(pk=1)
    found = await tags.annotate(
        a=Value(b"\x00\xff'"),
        b=Value(True),
        c=Value(float("inf")),
        d=Value({"a": ["'"]}, output_field=JSON()),
        e=Cast(Value("5"), Integer()),
        f=Value(b"x", output_field=LargeBinary()),
    ).values_list("a", "b", "c", "d", "e", "f")
    assert found == [(b"\x00\xff'", True, float("inf"), {"a": ["'"]}, 5, b"x")]


async def test_what_an_integer_field_never_has(shelf: AsyncSession) -> None:
    """Beyond its own size it matches nothing, also through an annotation."""
    tags = QuerySet(Tag, shelf).annotate(x=F("weight"))
    assert await tags.filter(x=2**40).count() == 0
    assert await tags.filter(x__lt=2**40).count() == 5
    assert await tags.filter(x=10**30).count() == 0
    assert await tags.filter(x__lt=10**30).count() == 5
    with pytest.raises(InvalidLookupValueError):
        tags.filter(x="three")


NAMES = [*INJECTIONS, "x y", "x\ny", "x\ty", "x;y", "x--y", "x#y", "x'y", 'x"y', "x`y", "x[0]", "x\x00y", ""]
NAMED: dict[str, Any] = {
    "annotate": lambda q, name: q(Tag).annotate(**{name: F("weight")}),
    "alias": lambda q, name: q(Tag).alias(**{name: F("weight")}),
    "values": lambda q, name: q(Tag).values(**{name: F("weight")}),
    "an aggregate": lambda q, name: q(Tag).annotate(**{name: Count("books")}),
    "aggregate": lambda q, name: q(Tag).aggregate(**{name: Count("books")}),
    "a relation": lambda q, name: q(Tag).annotate(**{name: FilteredRelation("books")}),
    "a window": lambda q, name: q(Tag).annotate(**{name: Window(RowNumber())}),
}
PATHS: dict[str, Any] = {
    "F": lambda q, name: q(Tag).annotate(x=F(name)),
    "F of an annotation": lambda q, name: q(Tag).annotate(y=F("weight")).annotate(x=F(name) + 1),
    "order_by": lambda q, name: q(Tag).order_by(name),
    "order_by an expression": lambda q, name: q(Tag).order_by(F(name).desc()),
    "values": lambda q, name: q(Tag).values(name),
    "values_list": lambda q, name: q(Tag).values_list(name),
    "distinct": lambda q, name: q(Tag).distinct(name),
    "Count": lambda q, name: q(Tag).annotate(x=Count(name)),
    "Sum": lambda q, name: q(Tag).aggregate(x=Sum(name)),
    "a filter": lambda q, name: q(Tag).filter(**{name: 1}),
    "a filter on an annotation": lambda q, name: q(Tag).annotate(y=F("weight")).filter(**{f"y__{name}": 1}),
    "When": lambda q, name: q(Tag).annotate(x=Case(When(**{name: 1}, then=1))),
    "then": lambda q, name: q(Tag).annotate(x=Case(When(pk=1, then=name))),
    "OuterRef": lambda q, name: q(Tag).filter(Exists(q(Book).filter(pk=OuterRef(name)))),
    "Subquery": lambda q, name: q(Tag).annotate(x=Subquery(q(Book).values(name)[:1])),
    "partition_by": lambda q, name: q(Tag).annotate(x=Window(RowNumber(), partition_by=name)),
    "order_by of a window": lambda q, name: q(Tag).annotate(x=Window(RowNumber(), order_by=name)),
    "FilteredRelation": lambda q, name: q(Tag).annotate(x=FilteredRelation(name or "?")),
    "its condition": lambda q, name: q(Tag).annotate(x=FilteredRelation("books", condition=Q((name, 1)))),
    "Func": lambda q, name: q(Tag).annotate(x=Coalesce(name, "weight")),
    "dates": lambda q, name: q(Book).dates(name, "year"),
    "the kind of dates": lambda q, name: q(Book).dates("published_on", name),
    "the order of dates": lambda q, name: q(Book).dates("published_on", "year", name),
    "earliest": lambda q, name: q(Book).earliest(name),
    "in_bulk": lambda q, name: q(Country).annotate(n=Count("authors")).in_bulk(field_name=name),
    "update": lambda q, name: q(Tag).annotate(n=F("weight")).update(**{name: 1}),
    "update to": lambda q, name: q(Tag).update(weight=F(name)),
    "returning": lambda q, name: q(Tag).annotate(n=F("weight")).returning(name).delete(),
    "Extract": lambda q, name: q(Edition).annotate(x=Extract("released_at", name)),
    "Trunc": lambda q, name: q(Edition).annotate(x=Trunc("released_at", name)),
    "options": lambda q, name: q(Author).annotate(n=Count("books")).options(name),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("where", NAMED)
async def test_names_that_would_be_sql(shelf: AsyncSession, sql: RecordedSQL, where: str) -> None:
    await _refused(shelf, sql, NAMED[where])


@pytest.mark.by_turns
@pytest.mark.parametrize("where", PATHS)
async def test_paths_that_would_be_sql(shelf: AsyncSession, sql: RecordedSQL, where: str) -> None:
    await _refused(shelf, sql, PATHS[where])


def _named(make: Any, name: str, q: Objects) -> Any:
    return make(q, name)


async def _refused(shelf: AsyncSession, sql: RecordedSQL, make: Any) -> None:
    for name in NAMES:
        sql.clear()
        with pytest.raises((QueryError, TypeError, ValueError)):
            await answer_of(shelf, partial(_named, make, name))
        assert not sql.statements, name


async def test_names_that_would_break_objects(shelf: AsyncSession) -> None:
    for name in ("_sa_instance_state", "__class__", "__dict__", "name", "books", "id", "pk"):
        with pytest.raises(QueryError):
            QuerySet(Tag, shelf).annotate(**{name: Value(1)})


CLASHES: dict[str, Make] = {
    "with a field": lambda q: q(Tag).annotate(weight=Value(1)),
    "with a relation": lambda q: q(Tag).annotate(books=Count("books")),
    "with a value": lambda q: q(Tag).values("weight").annotate(weight=Value(1)),
    "within a call": lambda q: q(Tag).annotate(Count("books"), books__count=Value(1)),
    "of values": lambda q: q(Tag).values("name", name=Value(1)),
    "of an alias": lambda q: q(Tag).alias(name=Value(1)),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CLASHES)
async def test_names_that_are_taken(shelf: AsyncSession, name: str) -> None:
    with pytest.raises(QueryError):
        await answer_of(shelf, CLASHES[name])
