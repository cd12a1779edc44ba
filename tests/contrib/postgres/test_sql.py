"""The SQL, also of what the tests' server cannot run; and the rows that Django cannot be asked for."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Lookup, Q, QuerySet, Value
from django_like_repos.contrib.postgres import (
    ArrayAgg,
    RandomUUID,
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVector,
    StringAgg,
    TransactionNow,
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordDistance,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
    Unaccent,
)
from django_like_repos.contrib.postgres import search as search_module
from django_like_repos.contrib.postgres.lookups import (
    AdjacentTo,
    ArrayAny,
    FullyLessThan,
    Overlap,
    SearchLookup,
)
from django_like_repos.lookups import ContainedBy, Contains, GreaterThan, StartsWith
from django_like_repos.plans import plans_of
from tests.contrib.postgres.conftest import Halls
from tests.contrib.postgres.schema import Event, Hall
from tests.recording import RecordedSQL
from tests.sqltext import fold

CONDITIONS: dict[str, tuple[dict[str, Any], str]] = {
    "array": ({"tags__contains": ["a"]}, "(halls.tags @> CAST(ARRAY['a'] AS VARCHAR[]))"),
    "array of a field": (
        {"tags__overlap": [F("name"), "x"]},
        "(halls.tags && CAST(ARRAY[halls.name, 'x'] AS VARCHAR[]))",
    ),
    "element": ({"tags__0": "a"}, "(halls.tags)[1] = 'a'"),
    "element of an element": ({"grid__0__1": 5}, "(halls.grid)[1][2] = 5"),
    "elements": ({"tags__0_2__len": 1}, "CASE WHEN ((halls.tags)[1:2] IS NOT NULL) THEN "),
    "any": ({"tags__any": "a"}, "('a' = ANY (halls.tags))"),
    "range": ({"seats__overlap": (1, 5)}, "(halls.seats && CAST('[1,5)' AS INT4RANGE))"),
    "number in a range": ({"seats__contains": 5}, "(halls.seats @> CAST(5 AS INTEGER))"),
    "end": ({"seats__startswith": 5}, "lower(halls.seats) = 5"),
    "end compared": ({"seats__endswith__gt": 5}, "upper(halls.seats) > 5"),
    "short number": (
        {"rank__contained_by": (1, 5)},
        "(CAST(halls.rank AS INTEGER) <@ CAST('[1,5)' AS INT4RANGE))",
    ),
    "search": (
        {"about__search": "cat"},
        "(to_tsvector(coalesce(halls.about, '')) @@ plainto_tsquery('cat'))",
    ),
    "search with a configuration": (
        {"about__search": ~SearchQuery("cat", config="pg_catalog.english", search_type="websearch")},
        "(to_tsvector(CAST('pg_catalog.english' AS REGCONFIG), coalesce(halls.about, '')) @@ "
        "tsquery_not(websearch_to_tsquery(CAST('pg_catalog.english' AS REGCONFIG), 'cat')))",
    ),
    "vector": (
        {"words": SearchQuery("cat") & SearchQuery("dog")},
        "(halls.words @@ (plainto_tsquery('cat') && plainto_tsquery('dog')))",
    ),
    "similar": ({"name__trigram_similar": "x"}, "(halls.name % 'x')"),
    "similar word": ({"name__trigram_word_similar": "x"}, "(halls.name %> 'x')"),
    "similar strict word": (
        {"name__trigram_strict_word_similar": F("about")},
        "(halls.name %>> halls.about)",
    ),
    "unaccent": ({"name__unaccent": "x"}, "unaccent(halls.name) = unaccent('x')"),
    "unaccent of null": ({"name__unaccent": None}, "unaccent(halls.name) IS NULL"),
    "unaccent and contains": (
        {"name__unaccent__contains": "x%"},
        "unaccent(halls.name) LIKE ('%' || replace(replace(replace(unaccent('x%'), '/', '//'), '%', '/%'), "
        "'_', '/_') || '%') ESCAPE '/'",
    ),
    "unaccent and similar": (
        {"name__unaccent__trigram_similar": "x"},
        "(unaccent(halls.name) % unaccent('x'))",
    ),
}


@pytest.mark.parametrize(("condition", "text"), CONDITIONS.values(), ids=CONDITIONS)
async def test_condition(session: AsyncSession, condition: dict[str, Any], text: str) -> None:
    said = fold(QuerySet(Hall, session).filter(**condition).sql())
    assert said.partition(" WHERE ")[2].startswith(text), said


ANNOTATIONS: dict[str, tuple[Any, str]] = {
    "TrigramSimilarity": (TrigramSimilarity("name", "x"), "similarity(halls.name, 'x')"),
    "TrigramWordSimilarity": (TrigramWordSimilarity("x", "name"), "word_similarity('x', halls.name)"),
    "TrigramStrictWordSimilarity": (
        TrigramStrictWordSimilarity(F("about"), "name"),
        "strict_word_similarity(halls.about, halls.name)",
    ),
    "TrigramDistance": (TrigramDistance("name", "x"), "(halls.name <-> 'x')"),
    "TrigramWordDistance": (TrigramWordDistance("x", "name"), "('x' <<-> halls.name)"),
    "TrigramStrictWordDistance": (TrigramStrictWordDistance("x", "name"), "('x' <<<-> halls.name)"),
    "Unaccent": (Unaccent("name"), "unaccent(halls.name)"),
    "SearchVector": (
        SearchVector("name", "rank", config="english", weight="B"),
        "setweight(to_tsvector(CAST('english' AS REGCONFIG), coalesce(halls.name, '') || ' ' || "
        "coalesce(CAST(halls.rank AS VARCHAR), '')), 'B')",
    ),
    "weight of a field": (
        SearchVector("name", weight=F("language")),
        "setweight(to_tsvector(coalesce(halls.name, '')), CAST(halls.language AS \"char\"))",
    ),
    "configuration that is quoted": (
        SearchVector("name", config="o'neill"),
        "to_tsvector(CAST('o''neill' AS REGCONFIG), coalesce(halls.name, ''))",
    ),
    "SearchRank": (
        SearchRank("name", "x", normalization=2, cover_density=True),
        "ts_rank_cd(to_tsvector(coalesce(halls.name, '')), plainto_tsquery('x'), CAST(2 AS INTEGER))",
    ),
    "SearchHeadline": (
        SearchHeadline("name", "x", config="english", start_sel="'\\", max_words=5, highlight_all=False),
        "ts_headline(CAST('english' AS REGCONFIG), halls.name, plainto_tsquery('x'), "
        r"'StartSel=''''''\\'', MaxWords=5, HighlightAll=false')",
    ),
    "StringAgg": (
        StringAgg("events__title", "-", distinct=True, filter=Q(events__id=1), order_by="events__title"),
        "string_agg(DISTINCT events_1.title, '-' ORDER BY events_1.title ASC) FILTER (WHERE events_1.id = 1)",
    ),
    "TransactionNow": (TransactionNow(), "CURRENT_TIMESTAMP"),
    "RandomUUID": (RandomUUID(), "gen_random_uuid()"),
}


@pytest.mark.parametrize(("expression", "text"), ANNOTATIONS.values(), ids=ANNOTATIONS)
async def test_annotation(session: AsyncSession, expression: Any, text: str) -> None:
    said = fold(QuerySet(Hall, session).annotate(found=expression).values("found").sql())
    assert f"SELECT {text} AS found " in said, said


ROWS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "any": ({"tags__any": "dark"}, [1, 2]),
    "any of numbers": ({"numbers__any": "3"}, [1, 2]),
    "any of an array in an array": ({"grid__any": 6}, [2]),
    "a part of a grid": ({"grid__contains": [4, 1]}, [1]),
    "a decimal in a range": ({"costs__contains": Decimal("9.5")}, [1, 2]),
    "a number in a range of decimals": ({"costs__contains": 1}, [3]),
    "a pair as a range": ({"rank__contained_by": (4, None)}, [2, 3, 4]),
    "a range around a column": ({"seats__contains": F("seats__startswith")}, [1, 2]),
    "an empty range is in every range": ({"seats__contained_by": Range(60, 70)}, [3]),
    "not both": ({"words": ~(SearchQuery("mat") | SearchQuery("bird"))}, [2]),
    "query of a column": ({"about__search": SearchQuery(F("language"), config="simple")}, []),
}


@pytest.mark.parametrize(("condition", "found"), ROWS.values(), ids=ROWS)
async def test_rows(session: AsyncSession, condition: dict[str, Any], found: list[int]) -> None:
    halls = QuerySet(Hall, session).filter(**condition).order_by("id")
    assert [hall.id for hall in await halls] == found


async def test_values_of_functions(session: AsyncSession) -> None:
    halls = QuerySet(Hall, session).annotate(token=RandomUUID(), began=TransactionNow())
    rows = await halls.values_list("token", "began")
    assert len({token for token, _ in rows}) == 4
    assert {token.version for token, _ in rows} == {4}
    (began,) = {began for _, began in rows}
    assert began.utcoffset() is not None


async def test_vectors_are_stored(session: AsyncSession) -> None:
    halls = QuerySet(Hall, session)
    await halls.filter(id=4).update(words=SearchVector("name", weight="A", config="english"))
    assert [hall.id for hall in await halls.filter(words=SearchQuery("roofs", config="english"))] == [4]


async def test_documents_in_arrays(session: AsyncSession) -> None:
    first = await QuerySet(Event, session).aggregate(found=ArrayAgg("data", order_by="id"))
    assert first["found"][:2] == [{"n": 1}, {"n": 2}]
    halls = QuerySet(Hall, session).annotate(found=ArrayAgg("events__data", order_by="events__id"))
    assert [hall.id for hall in await halls.filter(found__0__n=4)] == [2]


@pytest.mark.parametrize(
    "make",
    [
        lambda q, value: q.filter(tags__contains=[value]),
        lambda q, value: q.filter(tags__contains=[F("name"), value]),
        lambda q, value: q.filter(tags__0=value),
        lambda q, value: q.filter(about__search=value),
        lambda q, value: q.filter(about__search=SearchQuery(value, config="english")),
        lambda q, value: q.annotate(s=SearchVector("about", config="english")).filter(s=value),
        lambda q, value: q.annotate(s=SearchVector("about", config=F("language"))).filter(s=value),
        lambda q, value: q.annotate(r=SearchRank("about", value)).order_by("r"),
        lambda q, value: q.annotate(h=SearchHeadline("about", value, start_sel=value)),
        lambda q, value: q.annotate(t=ArrayAgg("events__title")).filter(t__contains=[value]),
        lambda q, value: q.annotate(t=ArrayAgg("tags", filter=Q(name=value))).filter(t__len=1),
        lambda q, value: q.annotate(t=StringAgg("events__title", value)).filter(t=value),
        lambda q, value: q.filter(seats__contains=len(value)),
        lambda q, value: q.filter(rank__contained_by=(0, len(value))),
    ],
)
async def test_one_plan_for_all_values(halls: Halls, session: AsyncSession, make: Any) -> None:
    plans = plans_of(halls.database.engine.sync_engine)
    plans.clear()
    for value in ("mats", "birds", "o'neill"):
        await make(QuerySet(Hall, session), value)
    assert plans.info().currsize == 1


async def test_one_statement_for_all_values(session: AsyncSession, sql: RecordedSQL) -> None:
    for value in (["dark"], ["dark", "old"], []):
        await QuerySet(Hall, session).filter(tags__contains=value)
    assert len({statement for statement, _ in sql.statements}) == 1


def test_names_are_where_django_has_them() -> None:
    assert search_module.TrigramSimilarity is TrigramSimilarity
    assert search_module.SearchVector is SearchVector


def test_how_expressions_look() -> None:
    query = ~SearchQuery("a") & SearchQuery(Value("b"), config="english")
    assert repr(query) == "(~SearchQuery(Value('a')) && SearchQuery(SearchConfig('english'), Value('b')))"
    assert repr(~query) == f"~{query!r}"


EXPRESSIONS: dict[str, tuple[Lookup, dict[str, Any]]] = {
    "an array": (Overlap(F("tags"), ["old", F("name")]), {"tags__overlap": ["old", F("name")]}),
    "an element": (ArrayAny(F("tags"), "dark"), {"tags__any": "dark"}),
    "part of an array": (Contains(F("tags__0_2"), ["dark"]), {"tags__0_2__contains": ["dark"]}),
    "a length": (GreaterThan(F("tags__len"), 1), {"tags__len__gt": 1}),
    "a number in a range": (Contains(F("seats"), 5), {"seats__contains": 5}),
    "a number by a range": (ContainedBy(F("rank"), (1, 6)), {"rank__contained_by": (1, 6)}),
    "the start of a range": (StartsWith(F("seats"), 1), {"seats__startswith": 1}),
    "ranges beside each other": (AdjacentTo(F("seats"), (50, None)), {"seats__adjacent_to": (50, None)}),
    "ranges one after another": (FullyLessThan(F("seats"), (90, 99)), {"seats__fully_lt": (90, 99)}),
    "a search": (SearchLookup(F("about"), "dream"), {"about__search": "dream"}),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
async def test_lookups_as_expressions(session: AsyncSession, sql: RecordedSQL, name: str) -> None:
    condition, lookup = EXPRESSIONS[name]
    halls = QuerySet(Hall, session).order_by("id").values_list("id", flat=True)
    found = await halls.filter(**lookup)
    by_keyword = sql.last
    assert found
    assert (await halls.filter(condition), sql.last) == (found, by_keyword)
    valued = QuerySet(Hall, session).annotate(x=condition).order_by("id").values_list("id", "x")
    assert [key for key, holds in await valued if holds] == found
