"""Expressions are written, combined and subclassed without a word to the checkers."""

from typing import Any, assert_type

from sqlalchemy import Float, Integer, String
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Aggregate,
    Avg,
    Case,
    Count,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Func,
    Max,
    OrderBy,
    OuterRef,
    Q,
    QuerySet,
    RawSQL,
    RowRange,
    StdDev,
    Subquery,
    Sum,
    Value,
    ValueRange,
    When,
    Window,
    WindowFrameExclusion,
)
from django_like_repos.query import Combined, Sliced
from django_like_repos.query.functions.comparison import Cast, Coalesce
from django_like_repos.query.functions.dates import TruncYear
from django_like_repos.query.functions.text import Concat, Lower, Substr, Upper
from django_like_repos.query.functions.windows import Lag, RowNumber
from examples.help_center.models import Section, Subsection


class Shout(Func):
    function = "UPPER"
    arity = 1
    output_field = String()


class Between(Func):
    template = "(%(expressions)s)"
    arg_joiner = " || "


class Longest(Aggregate):
    function = "MAX"
    allow_distinct = True

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, output_field=String(), **extra)


class Place(Func):
    function = "ROW_NUMBER"
    window_compatible = True
    output_field = Integer()


def test_arithmetic() -> None:
    field = F("id")
    computed = [
        assert_type(field + 1, Combined),
        assert_type(1 + field, Combined),
        assert_type(field - field, Combined),
        assert_type(1.5 - field, Combined),
        assert_type(field * 2 / 3 % 4, Combined),
        assert_type(2**field**2, Combined),
        assert_type(-field, Combined),
        assert_type((field + 1).bitand(1).bitor(field).bitxor(2), Combined),
        assert_type(field.bitleftshift(1).bitrightshift(1), Combined),
        assert_type(Lower("name") + Value("x"), Combined),
        assert_type(Count("id") * Value(2, output_field=Integer()), Combined),
    ]
    assert {type(each) for each in computed} == {Combined}
    assert type(assert_type(F("name")[1:3], Sliced)) is Sliced
    assert type(assert_type(F("name")[0], Sliced)) is Sliced
    assert type(assert_type(field.asc(), OrderBy)) is OrderBy
    assert type(assert_type((field + 1).desc(nulls_first=True), OrderBy)) is OrderBy


def test_conditions(session: AsyncSession) -> None:
    condition = Q(name="x") & Q(("id__gt", 1)) | ~Q(Section.id == 1) ^ Q()
    assert type(assert_type(condition, Q)) is Q
    exists = Exists(QuerySet(Subsection, session).filter(section_id=OuterRef("pk")))
    conditions = [
        assert_type(Q(name="x") & exists, Q),
        assert_type(exists | Q(name="x"), Q),
        assert_type(exists ^ exists, Q),
    ]
    assert {type(each) for each in conditions} == {Q}


def test_kinds(session: AsyncSession) -> None:
    sections = QuerySet(Section, session)
    subsections = QuerySet(Subsection, session).filter(section=OuterRef("pk"))
    expressions: list[Expression] = [
        Case(
            When(name="x", then=Value(1)),
            When(Q(name="y") & Q(id=1), then=F("id")),
            When(Section.id == 1, then=2),
            default=None,
            output_field=Integer(),
        ),
        Subquery(subsections.values("name")[:1], output_field=String()),
        Subquery(sections.filter(status=OuterRef(OuterRef("pk"))).values_list("id", flat=True)),
        Window(RowNumber(), partition_by=["status", F("id")], order_by="-name"),
        Window(Lag("name", offset=2, default=Value("")), order_by=[F("id").desc()]),
        Window(Avg("id"), F("status"), OrderBy(F("id")), RowRange(-1, 0, WindowFrameExclusion.TIES), Float()),
        Window(Place(), order_by="id", frame=ValueRange(start=None, end=0)),
        ExpressionWrapper(F("id") / 2.0, output_field=Float()),
        ExpressionWrapper(Q(id=1), Integer),
        RawSQL("%s + 1", [1], Integer()),
        Func(F("name"), Value("x"), function="REPLACE", output_field=String()),
        Coalesce("name", Value("")),
        Cast("id", String()),
        Concat("name", Value(" "), Upper("name"), output_field=String()),
        Substr("name", 1, 2),
        TruncYear("name"),
        Count("*"),
        Count("subsections", distinct=True, filter=Q(subsections__name="x")),
        Sum("id", default=0, output_field=Integer()),
        StdDev("id", sample=True),
        Longest("name", filter=Q(id=1), default=Value("")),
        Between("name", Value("-"), "name", output_field=String()),
    ]
    assert assert_type(Max("name").default_alias, str) == "name__max"
    assert all(repr(each) for each in expressions)
    assert repr(FilteredRelation("subsections", condition=Q(subsections__name="x")))


async def test_functions_of_ones_own(session: AsyncSession) -> None:
    sections = QuerySet(Section, session).filter(id=7)
    shouted = sections.annotate(loud=Shout("name"), twice=Between("name", Value("-"), output_field=String()))
    rows = assert_type(await shouted.values("loud", "twice"), list[dict[str, Any]])
    assert rows == [{"loud": "НАСТРОЙКИ", "twice": "Настройки-"}]
    assert await sections.aggregate(longest=Longest("name")) == {"longest": "Настройки"}
    assert await sections.values_list(Window(Place(), order_by="id"), flat=True) == [1]
