"""What is refused: on SQLite all of it, by name; values that do not fit; uses that Django refuses too."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    F,
    InvalidLookupValueError,
    Q,
    QuerySet,
    UnknownLookupError,
    UnsupportedOperationError,
    Value,
)
from django_like_repos.contrib.postgres import (
    ArrayAgg,
    ArraySubquery,
    BitAnd,
    BitOr,
    BitXor,
    BoolAnd,
    BoolOr,
    Corr,
    CovarPop,
    JSONBAgg,
    RandomUUID,
    RegrCount,
    RegrSlope,
    SearchConfig,
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVector,
    StringAgg,
    TransactionNow,
    TrigramDistance,
    TrigramSimilarity,
    TrigramWordSimilarity,
    Unaccent,
)
from examples.help_center.models import Section
from tests.contrib.postgres.schema import Event, Hall
from tests.recording import RecordedSQL

EXPRESSIONS: list[Any] = [
    ArrayAgg("name"),
    JSONBAgg("name"),
    StringAgg("name", ","),
    BitAnd("id"),
    BitOr("id"),
    BitXor("id"),
    BoolAnd(Q(id__gt=1)),
    BoolOr(Q(id__gt=1)),
    Corr("id", "id"),
    CovarPop("id", "id"),
    RegrCount("id", "id"),
    RegrSlope("id", "id"),
    SearchVector("name"),
    SearchVector("name") + SearchVector("name"),
    SearchQuery("x"),
    ~SearchQuery("x", config="english"),
    SearchQuery("x") | SearchQuery("y"),
    SearchRank("name", "x"),
    SearchHeadline("name", "x"),
    TrigramSimilarity("name", "x"),
    TrigramWordSimilarity("x", "name"),
    TrigramDistance("name", "x"),
    Unaccent("name"),
    RandomUUID(),
    TransactionNow(),
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=repr)
async def test_expressions_on_sqlite(sqlite_session: AsyncSession, sql: RecordedSQL, expression: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"\w+\(\) needs PostgreSQL"):
        await QuerySet(Section, sqlite_session).annotate(found=expression).values("found")
    assert not sql.statements


async def test_array_subquery_on_sqlite(sqlite_session: AsyncSession) -> None:
    sections = QuerySet(Section, sqlite_session)
    with pytest.raises(UnsupportedOperationError, match=r"ArraySubquery\(\) needs PostgreSQL"):
        await sections.annotate(found=ArraySubquery(sections.values("name")))


CONDITIONS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "the lookup 'search'": (Section, {"name__search": "x"}),
    "the lookup 'trigram_similar'": (Section, {"name__trigram_similar": "x"}),
    "the lookup 'trigram_word_similar'": (Section, {"name__trigram_word_similar": "x"}),
    "Unaccent()": (Section, {"name__unaccent__icontains": "x"}),
    "the lookup 'contains' of arrays": (Hall, {"tags__contains": ["a"]}),
    "the lookup 'overlap' of arrays": (Hall, {"tags__overlap": ["a"]}),
    "the lookup 'any' of arrays": (Hall, {"tags__any": "a"}),
    "the transform 'len' of arrays": (Hall, {"tags__len": 1}),
    "an index of an array": (Hall, {"tags__0": "a"}),
    "the lookup 'contains' of ranges": (Hall, {"seats__contains": 1}),
    "the lookup 'contained_by' of ranges": (Hall, {"rank__contained_by": (1, 2)}),
    "the lookup 'not_gt' of ranges": (Hall, {"seats__not_gt": (1, 2)}),
    "the transform 'startswith' of ranges": (Hall, {"seats__startswith": 1}),
    "the transform 'isempty' of ranges": (Hall, {"seats__isempty": True}),
    "the lookup 'exact' of vectors": (Hall, {"words": "x"}),
}


@pytest.mark.parametrize(("what", "of"), CONDITIONS.items(), ids=CONDITIONS)
async def test_conditions_on_sqlite(
    sqlite_session: AsyncSession, sql: RecordedSQL, what: str, of: tuple[type[Any], dict[str, Any]]
) -> None:
    model, condition = of
    with pytest.raises(UnsupportedOperationError) as refused:
        await QuerySet(model, sqlite_session).filter(**condition).values("id")
    assert str(refused.value) == f"{what} needs PostgreSQL: SQLite has nothing like it"
    assert not sql.statements


VALUES: dict[str, tuple[type[Any], dict[str, Any], str]] = {
    "text for a list": (Hall, {"tags__contains": "dark"}, "takes a list here, not str"),
    "element of another type": (Hall, {"numbers__overlap": ["x"]}, "takes an integer here"),
    "element of another type beside a field": (
        Hall,
        {"numbers__overlap": [F("rank"), "x"]},
        "takes an integer",
    ),
    "None": (Hall, {"tags__overlap": None}, "NULL is asked for by isnull"),
    "list for any": (Hall, {"tags__any": ["x"]}, "takes text here, not list"),
    "None for any": (Hall, {"tags__any": None}, "NULL is asked for by isnull"),
    "length that is no number": (Hall, {"tags__len": "x"}, "takes an integer here"),
    "element at an index": (Hall, {"numbers__0": "x"}, "takes an integer here"),
    "text for a range": (Hall, {"seats__contains": "x"}, "takes a range, or an integer here, not str"),
    "number beyond the range's": (Hall, {"seats__contains": 2**31}, "integers of 32 bits"),
    "number for a range": (Hall, {"seats__overlap": 5}, "takes a Range of PostgreSQL's, or a pair"),
    "range that ends before it begins": (Hall, {"seats__overlap": (5, 1)}, "does not end before it begins"),
    "end of another type": (Hall, {"seats__startswith": "x"}, "takes an integer here"),
    "no boolean": (Hall, {"seats__isempty": "x"}, "takes True or False here"),
    "pair of texts": (Hall, {"rank__contained_by": ("a", "b")}, "takes an integer here"),
    "number for contained_by": (Event, {"on_day__contained_by": 5}, "takes a Range of PostgreSQL's"),
    "nothing to search for": (Hall, {"about__search": None}, "NULL is asked for by isnull"),
    "list to search for": (Hall, {"about__search": ["x"]}, "takes text here, not list"),
    "list to search in a vector for": (Hall, {"words": ["x"]}, "takes text here, not list"),
    "nothing alike": (Hall, {"name__trigram_similar": None}, "NULL is asked for by isnull"),
}


@pytest.mark.parametrize(("model", "condition", "why"), VALUES.values(), ids=VALUES)
def test_values(session: AsyncSession, model: type[Any], condition: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidLookupValueError) as refused:
        QuerySet(model, session).filter(**condition)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    "name", ["tags__first", "tags__-1", "tags__1_x", "tags__2147483647", "tags__0__0", "rank__overlap"]
)
def test_names(session: AsyncSession, name: str) -> None:
    with pytest.raises(UnknownLookupError):
        QuerySet(Hall, session).filter(**{name: 1})


@pytest.mark.parametrize(
    ("make", "error", "why"),
    [
        (lambda: SearchVector("a") + F("b"), TypeError, "SearchVector can only be combined"),
        (lambda: SearchQuery("a") & Q(b=1), TypeError, "SearchQuery can only be combined"),
        (lambda: SearchQuery("a") ^ SearchQuery("b"), TypeError, "SearchQuery"),
        (SearchVector, TypeError, "needs an expression"),
        (lambda: SearchQuery("a", search_type="fuzzy"), ValueError, "Unknown search_type argument 'fuzzy'."),
        (lambda: Corr("a", ""), ValueError, "Both y and x must be provided."),
        (lambda: Corr(None, "a"), ValueError, "Both y and x must be provided."),
        (lambda: BoolAnd("a", distinct=True), TypeError, "BoolAnd does not allow distinct."),
        (lambda: BitAnd("a", order_by="a"), TypeError, "BitAnd does not allow order_by."),
        (lambda: RegrCount("a", "b", default=1), TypeError, "RegrCount does not allow default."),
        (lambda: ArraySubquery([1]), TypeError, "takes a queryset"),
        (lambda: RandomUUID("a"), TypeError, "takes exactly 0 arguments"),
    ],
)
def test_uses(make: Callable[[], Any], error: type[Exception], why: str) -> None:
    with pytest.raises(error) as refused:
        make()
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (StringAgg("rank", ","), "argument 1 is of the type integer and should be text"),
        (BoolOr("rank"), "should be boolean"),
        (BitXor("name"), "should be integer"),
        (TrigramSimilarity("rank", "x"), "should be text"),
        (Unaccent("rank"), "should be text"),
        (SearchVector("name", weight="E"), "the weights are A, B, C, D, not 'E'"),
        (SearchVector("name", config=""), "a configuration is named by text"),
        (SearchVector("name", config=SearchConfig(5)), "a configuration is named by text"),
        (ArrayAgg(ArrayAgg("name")), "an aggregate cannot be computed of an aggregate"),
    ],
    ids=repr,
)
def test_annotations(session: AsyncSession, expression: Any, why: str) -> None:
    with pytest.raises(UnsupportedOperationError) as refused:
        QuerySet(Hall, session).annotate(found=expression)
    assert why in str(refused.value)


def test_ordering_is_order_by_once_more() -> None:
    with pytest.warns(DeprecationWarning, match="Use order_by instead"):
        aggregate = ArrayAgg("name", ordering="-name")
    assert aggregate.order_by == ("-name",)
    with (
        pytest.warns(DeprecationWarning, match="Use order_by instead"),
        pytest.raises(TypeError, match="Cannot specify both order_by and ordering"),
    ):
        StringAgg("name", Value(","), ordering="name", order_by="name")
