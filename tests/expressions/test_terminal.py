"""What ends a chain: `get`, `contains`, `explain`, the a-prefixed names; and that chains never change."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    Count,
    DoesNotExist,
    F,
    FilteredRelation,
    Max,
    MultipleObjectsReturned,
    Q,
    QuerySet,
    Sum,
    UnsupportedOperationError,
    Value,
    Window,
)
from django_like_repos.query.functions.text import Lower, Upper
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Make, answer_of
from tests.parity.schema import Author, Book, Country, Review, Tag
from tests.recording import RecordedSQL


def countries(session: AsyncSession) -> QuerySet[Any]:
    return QuerySet(Country, session).annotate(n=Count("authors"))


async def test_get(shelf: AsyncSession) -> None:
    assert (await countries(shelf).get(n=3)).id == 2
    assert (await countries(shelf).get(Q(n=2), name="Peru")).id == 3
    assert (await countries(shelf).filter(n=2).get(~Q(code=None))).id == 1
    assert await countries(shelf).values("pk", "n").get(n=0) == {"pk": 4, "n": 0}
    assert await countries(shelf).values_list("n", flat=True).get(pk=1) == 2
    assert (await countries(shelf).order_by("-n")[:1].get()).id == 2


async def test_errors_of_get_carry_the_query(shelf: AsyncSession) -> None:
    with pytest.raises(DoesNotExist, match=r"Country\.annotate\(n=Count\('authors'\)\)\.filter\(n=<int>\)"):
        await countries(shelf).get(n=9)
    with pytest.raises(
        MultipleObjectsReturned, match=r"Country\.annotate\(n=Count\('authors'\)\)\.filter\(n=<int>\)"
    ):
        await countries(shelf).get(n=2)
    with pytest.raises(MultipleObjectsReturned):
        await countries(shelf).get_or_none(n=2)
    assert await countries(shelf).get_or_none(n=9) is None


async def test_none_is_a_value_that_rows_may_have(shelf: AsyncSession) -> None:
    codes = QuerySet(Country, shelf).values_list("code", flat=True)
    assert [await codes.get(pk=3), await codes.get(pk=4)] == [None, "AX"]
    assert [await codes.filter(pk__gt=2).earliest("pk"), await codes.filter(pk__lt=4).latest("pk")] == [
        None,
        None,
    ]
    assert await codes.order_by("pk")[2:3].get() is None
    assert [await codes.get_or_none(pk=3), await codes.get_or_none(pk=9)] == [None, None]
    for absent in (codes.get(pk=9), codes.filter(pk=9).latest("pk"), codes.order_by("pk")[9:10].get()):
        with pytest.raises(DoesNotExist):
            await absent


async def test_first_and_last(shelf: AsyncSession) -> None:
    first, last = await countries(shelf).first(), await countries(shelf).last()
    assert first is not None
    assert last is not None
    assert (first.id, first.n, last.id, last.n) == (1, 2, 4, 0)
    best = await countries(shelf).order_by("-n", "pk").first()
    assert best is not None
    assert best.id == 2
    assert await countries(shelf).values_list("n", flat=True).order_by("n", "pk").last() == 3
    assert await countries(shelf).order_by("-n", "pk")[1] is first
    assert await countries(shelf).order_by("-n", "pk")[9] is None


async def test_contains(shelf: AsyncSession) -> None:
    france = await QuerySet(Country, shelf).get(pk=1)
    author = await QuerySet(Author, shelf).get(pk=1)
    assert await countries(shelf).contains(france)
    assert await countries(shelf).filter(n=2).contains(france)
    assert not await countries(shelf).filter(n=3).contains(france)
    assert not await countries(shelf).contains(author)
    assert not await countries(shelf).none().contains(france)
    assert await countries(shelf).order_by("pk")[:1].contains(france)
    assert not await countries(shelf).order_by("pk")[1:].contains(france)
    assert await QuerySet(Country, shelf).filter(authors__name="Ada").contains(france)
    assert not await QuerySet(Country, shelf).filter(authors__name="Hal").contains(france)
    for wrong in (None, 1, "France", Country):
        with pytest.raises(UnsupportedOperationError):
            await countries(shelf).contains(wrong)
    for wrong_chain in (countries(shelf).values("pk"), countries(shelf).union(countries(shelf))):
        with pytest.raises(UnsupportedOperationError):
            await wrong_chain.contains(france)


async def test_in_bulk(shelf: AsyncSession) -> None:
    found = await countries(shelf).in_bulk()
    assert {key: country.n for key, country in found.items()} == {1: 2, 2: 3, 3: 2, 4: 0}
    found = await countries(shelf).filter(n=2).in_bulk([1, 2, 9])
    assert [*found] == [1]
    tags = QuerySet(Tag, shelf).annotate(up=Upper("name"))
    named = await tags.order_by("name", "pk").distinct("name").in_bulk(["war", "love"], field_name="name")
    assert {name: tag.id for name, tag in named.items()} == {"war": 2, "love": 3}
    with pytest.raises(UnsupportedOperationError):
        await tags.in_bulk(["war"], field_name="name")
    with pytest.raises(UnsupportedOperationError):
        await tags.in_bulk(["WAR"], field_name="up")
    with pytest.raises(UnsupportedOperationError):
        await tags[:3].in_bulk()


async def test_named_rows(shelf: AsyncSession) -> None:
    rows = await countries(shelf).order_by("pk").values_list("name", "n", Lower("name"), named=True)
    assert rows[0]._fields == ("name", "n", "lower1")
    assert (rows[0].name, rows[0].n, rows[0].lower1) == ("France", 2, "france")
    every = await countries(shelf).order_by("pk").values_list(named=True)
    assert every[0]._fields == ("id", "name", "code", "n")
    for wrong in ("a.b", "class", "_x", "1"):
        with pytest.raises(UnsupportedOperationError):
            countries(shelf).annotate(**{wrong: Value(1)}).values_list(wrong, named=True)


ALIASES = [
    "aget", "afirst", "alast", "aearliest", "alatest", "acount", "aexists", "aaggregate", "acontains",
    "aexplain", "aadvice", "ain_bulk", "aget_or_create", "aupdate_or_create", "aupdate", "adelete",
]  # fmt: skip


@pytest.mark.parametrize("name", ALIASES)
def test_a_prefixed_names_are_the_same_methods(name: str) -> None:
    assert getattr(QuerySet, name) is getattr(QuerySet, name.removeprefix("a"))


async def test_a_prefixed_names_answer(shelf: AsyncSession) -> None:
    france = await countries(shelf).aget(pk=1)
    assert await countries(shelf).acount() == 4
    assert await countries(shelf).aexists()
    assert await countries(shelf).acontains(france)
    assert await countries(shelf).aaggregate(m=Max("n")) == {"m": 3}
    assert await countries(shelf).alatest("n") is await countries(shelf).get(pk=2)
    assert (await countries(shelf).afirst(), await countries(shelf).aearliest("pk")) == (france, france)
    assert (await countries(shelf).filter(n=0).aupdate(code="XX")).rowcount == 1
    assert (await countries(shelf).filter(n=0).adelete()).rowcount == 1


async def test_explain(shelf: AsyncSession, sql: RecordedSQL) -> None:
    sql.clear()
    text = await countries(shelf).filter(n__gt=1, name="it's").explain()
    assert sql.last.startswith("EXPLAIN ")
    assert "countries" in text


async def test_explain_on_sqlite(sqlite_shelves: Any) -> None:
    async with sqlite_shelves.session() as session:
        assert "SCAN" in await countries(session).explain()
        wrong: list[dict[str, Any]] = [{"format": "json"}, {"analyze": True}, {"nothing": 1}]
        for options in wrong:
            with pytest.raises(UnsupportedOperationError, match="SQLite"):
                await countries(session).explain(**options)


async def test_explain_on_postgresql(postgresql_shelves: Any, sql: RecordedSQL) -> None:
    async with postgresql_shelves.session() as session:
        parsed = json.loads(await countries(session).explain(format="json"))
        assert parsed[0]["Plan"]["Node Type"]
        assert "actual" in await countries(session).explain(analyze=True)
        assert "cost" not in await countries(session).explain(costs=False, format="text")
        assert "<explain" in await countries(session).explain(format="xml")
        assert "Plan:" in await countries(session).explain(format="YAML", verbose=True)
        sql.clear()
        wrong: list[dict[str, Any]] = [
            {"format": "nonsense"},
            {"format": "json; DROP TABLE tags"},
            {"nothing": True},
            {"analyze) SELECT 1; --": True},
        ]
        for options in wrong:
            with pytest.raises(UnsupportedOperationError):
                await countries(session).explain(**options)
        assert not sql.statements


async def test_explain_analyze_runs_no_write(postgresql_shelves: Any) -> None:
    async with postgresql_shelves.session() as session:
        before = await countries(session).count()
        assert await countries(session).filter(n=0).explain(analyze=True)
        assert await countries(session).count() == before


def _kept(kept: list[QuerySet[Any, Any]], queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    kept.append(queryset)
    return queryset


TWICE: dict[str, Make] = {
    "expressions": lambda q: (
        q(Tag).annotate(w=F("weight") * 2).filter(w__gt=2).order_by("pk").values_list("pk", "w")
    ),
    "groups": lambda q: q(Country).annotate(n=Count("authors")).filter(n__gt=1).order_by("-n", "pk"),
    "windows": lambda q: q(Tag).annotate(w=Window(RowNumber(), order_by="name")).filter(w=1),
    "unions": lambda q: q(Tag).filter(pk=1).union(q(Tag).filter(pk=2)).order_by("pk"),
    "slices": lambda q: q(Country).annotate(n=Count("authors")).order_by("-n", "pk")[1:3],
    "dates": lambda q: q(Book).dates("published_on", "year"),
    "what both call": lambda q: q(Tag).filter(pk=1) | q(Tag).filter(weight=3),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", TWICE)
async def test_awaiting_twice_asks_twice(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    kept: list[QuerySet[Any, Any]] = []
    first = await answer_of(shelf, lambda q: _kept(kept, TWICE[name](q)))
    sql.clear()
    again = await answer_of(shelf, lambda _: kept[0])
    assert again == first
    assert len(sql) == 1


CHAINED: dict[str, Any] = {
    "annotate": lambda q: q.annotate(x=Value(1)),
    "alias": lambda q: q.alias(x=Value(1)),
    "filter": lambda q: q.filter(n=1),
    "exclude": lambda q: q.exclude(n=1),
    "order_by": lambda q: q.order_by(F("n").desc()),
    "reverse": lambda q: q.reverse(),
    "values": lambda q: q.values("n", up=Upper("name")),
    "values_list": lambda q: q.values_list(Lower("name"), flat=True),
    "distinct": lambda q: q.distinct("name"),
    "a slice": lambda q: q[1:2],
    "union": lambda q: q.union(q),
    "or": lambda q: q | q.filter(pk=1),
    "and": lambda q: q & q.filter(pk=1),
    "a relation": lambda q: q.annotate(b=FilteredRelation("authors", condition=Q(authors__pk=1))),
    "complex_filter": lambda q: q.complex_filter({"pk": 1}),
    "none": lambda q: q.none(),
    "options": lambda q: q.options("authors"),
    "returning": lambda q: q.returning("name"),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CHAINED)
async def test_chaining_changes_no_queryset(shelf: AsyncSession, name: str) -> None:
    base = countries(shelf).order_by("pk")
    text, rows = repr(base), await base.values_list("pk", "n")
    CHAINED[name](base)
    assert repr(base) == text
    assert await base.values_list("pk", "n") == rows


async def test_one_base_many_branches(shelf: AsyncSession) -> None:
    """Branches of one queryset do not meet, and may be asked in any order."""
    base = QuerySet(Author, shelf).annotate(n=Count("books"))
    many, none = base.filter(n__gt=1), base.filter(n=0)
    doubled = many.annotate(twice=F("n") * 2)
    other = many.annotate(twice=F("n") * 3)

    assert await none.values_list("pk", flat=True) == [7]
    assert await other.order_by("pk").values_list("twice", flat=True) == [9, 9, 6, 6]
    assert await doubled.order_by("pk").values_list("twice", flat=True) == [6, 6, 4, 4]
    assert await many.count() == 4
    assert await base.count() == 9


class CountryRepository(BaseRepository[Country]):
    """Ordered without being asked."""

    ordering = ("-name",)


async def test_the_ordering_of_a_repository(shelf: AsyncSession, sql: RecordedSQL) -> None:
    """It orders rows, and makes no groups; an order that was asked for counts."""
    objects = CountryRepository(shelf).objects
    assert [country.id for country in await objects] == [2, 4, 3, 1]
    assert await objects.annotate(up=Upper("name")).values_list("pk", flat=True) == [2, 4, 3, 1]
    assert sorted(await objects.annotate(n=Count("authors")).values_list("n", flat=True)) == [0, 2, 2, 3]
    groups = await objects.values(known=Q(code=None)).annotate(n=Count("*"))
    assert sorted(groups, key=lambda each: each["n"]) == [{"known": True, "n": 1}, {"known": False, "n": 3}]
    assert await objects.aggregate(n=Count("*")) == {"n": 4}
    assert await objects[:2].aggregate(n=Sum("id")) == {"n": 6}
    assert (await objects.first(), await objects.last()) == tuple(
        [await objects.get(pk=key) for key in (2, 1)]
    )
    assert (await objects.latest("pk")).id == 4
    assert await objects.order_by("pk").values_list("pk", flat=True) == [1, 2, 3, 4]
    assert await objects.annotate(w=Window(RowNumber(), order_by="pk")).filter(w=2).count() == 1


async def test_tasks_with_sessions_of_their_own(shelves: Any) -> None:
    async def ask(rating: int) -> dict[str, Any]:
        async with shelves.session() as session:
            reviews = QuerySet(Review, session)
            return await reviews.filter(rating__gte=rating).aggregate(n=Count("*"), m=Max("rating"))

    alone = [await ask(rating) for rating in range(1, 6)]
    assert await asyncio.gather(*[ask(rating) for rating in [1, 2, 3, 4, 5] * 3]) == alone * 3
