"""`Q.from_conditions()` and `OrderBy.from_sort()`: what plain data means, and what says nothing."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import JSON
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import (
    F,
    FilteredRelation,
    InvalidConditionError,
    InvalidLookupValueError,
    NameNotAllowedError,
    OrderBy,
    Q,
    QuerySet,
    UnknownFieldError,
    UnknownLookupError,
)
from django_like_repos.query.data import DEEPEST, Bounds, read_conditions
from tests.pages.tracks import Singer, Track
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    pass


class Paper(Base):
    __tablename__ = "papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))


SQL: dict[str, tuple[Any, str, str]] = {
    "equality": ({"title": "v"}, "tracks.title = ?", ""),
    "a list": ({"title": ["a", "b"]}, "tracks.title IN (?, ?)", "tracks.title = ANY (?)"),
    "not": ({"title": {"not": "v"}}, "tracks.title != ?", ""),
    "not a list": ({"title": {"not": ["a", "b"]}}, "(tracks.title NOT IN (?, ?))", "tracks.title != ALL (?)"),
    "operators": (
        {"rank": {"gt": 1, "lt": 2, "ge": 1, "le": 2}},
        "tracks.rank >= ? AND tracks.rank > ? AND tracks.rank <= ? AND tracks.rank < ?",
        "",
    ),
    "like": ({"title": {"like": "%sht%"}}, "tracks.title LIKE ?", ""),
    "columns": ({"title": "x", "rank": {"gt": 1}}, "tracks.rank > ? AND tracks.title = ?", ""),
    "any of a list": (
        [{"rank": {"gt": 3}, "title": "x"}, {"id": 3}],
        "tracks.rank > ? AND tracks.title = ? OR tracks.id = ?",
        "",
    ),
    "null": ({"rank": None}, "tracks.rank IS NULL", ""),
    "not null": ({"rank": {"not": None}}, "tracks.rank IS NOT NULL", ""),
    "a list with null": (
        {"rank": [1, None]},
        "tracks.rank IN (?) OR tracks.rank IS NULL",
        "tracks.rank = ANY (?) OR tracks.rank IS NULL",
    ),
    "not a list with null": (
        {"rank": {"notin": [1, None]}},
        "(tracks.rank NOT IN (?)) AND tracks.rank IS NOT NULL",
        "tracks.rank != ALL (?) AND tracks.rank IS NOT NULL",
    ),
    "and, or, not": (
        {"id": 1, "or": [{"title": "a"}, {"and": [{"rank": 1}, {"title": "b"}]}], "not": {"rank": 2}},
        "tracks.id = ? AND NOT (tracks.rank = ? AND tracks.rank IS NOT NULL) "
        "AND (tracks.title = ? OR tracks.rank = ? AND tracks.title = ?)",
        "",
    ),
    "none of a list": ({"not": [{"id": 1}, {"title": "a"}]}, "NOT (tracks.id = ? OR tracks.title = ?)", ""),
    "a lookup in the name": ({"title__icontains": "a", "born__year": [1999]}, "", ""),
}


@pytest.mark.parametrize("name", [name for name, (_, sqlite, _) in SQL.items() if sqlite])
async def test_sql(name: str, session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    data, on_sqlite, on_postgresql = SQL[name]
    await QuerySet(Track, session).filter(Q.from_conditions(data)).values_list("id", flat=True)
    said = on_postgresql or on_sqlite if backend == "postgresql" else on_sqlite
    same_sql(sql.last, f"SELECT tracks.id FROM tracks WHERE {said}")


async def test_the_order_of_keys_makes_no_other_plan(session: AsyncSession) -> None:
    one: dict[str, Any] = {"title": "x", "not": {"id": 1}, "rank": {"gt": 1, "lt": 5}}
    other: dict[str, Any] = {"rank": {"lt": 5, "gt": 1}, "not": {"id": 1}, "title": "x"}
    first, second = (QuerySet(Track, session).filter(Q.from_conditions(data)) for data in (one, other))
    assert first._query.shape == second._query.shape
    assert repr(Q.from_conditions(one)) == repr(Q.from_conditions(other))


SAME: list[tuple[Any, Q]] = [
    ({}, Q()),
    ({"title": []}, Q(title__in=[])),
    ({"title": {"not": []}}, Q(title__notin=[])),
    ({"rank": [None]}, Q(rank=None)),
    ({"rank": {"in": (1, None)}}, Q(rank=1) | Q(rank=None)),
    ({"title__icontains": "A", "born__year": [1999]}, Q(title__icontains="a", born__year=1999)),
    ({"singer__name": {"startswith": "A", "iexact": "ada"}}, Q(singer__name="Ada")),
    ({"plays__place": "a", "plays__id": {"gt": 10}}, Q(plays__place="a", plays__id__gt=10)),
    ({"not": {"plays__place": "a"}}, ~Q(plays__place="a")),
    ({"rank": {"lt": F("id")}}, Q(rank__lt=F("id"))),
    ({"rank": {"between": [1, 2], "isnull": False}}, Q(rank__range=(1, 2))),
]


@pytest.mark.by_turns
@pytest.mark.parametrize(("data", "condition"), SAME, ids=[str(data) for data, _ in SAME])
async def test_rows(data: Any, condition: Q, session: AsyncSession) -> None:
    tracks = QuerySet(Track, session).order_by("id").values_list("id", flat=True)
    assert await tracks.filter(Q.from_conditions(data)) == await tracks.filter(condition)


def test_a_column_and_an_operator_of_the_same_name() -> None:
    """Words after a column are lookups, whatever is called so."""
    papers = QuerySet(Paper)
    assert "city" in papers.filter(Q.from_conditions({"data__city": "Riga"})).sql()
    assert papers.filter(Q.from_conditions({"data": {"contains": {"a": [1]}}})).sql()
    assert papers.filter(Q.from_conditions({"data": {"eq": {"a": 1}, "ne": {"b": 1}}})).sql()
    unknown: list[Any] = [{"data": {"city": "Riga"}}, {"data": {"0": 1}}, {"data": {"contain": 1}}]
    for data in unknown:
        with pytest.raises(UnknownLookupError, match=r"is no lookup of Paper\.data"):
            papers.filter(Q.from_conditions(data))
    tracks = QuerySet(Track)
    others: list[Any] = [{"born": {"year": 1999}}, {"singer": {"id": 1}}, {"singer": {"name": {"eq": "x"}}}]
    for data in others:
        with pytest.raises(UnknownLookupError, match=r"is no lookup of Track\.(born|singer) "):
            tracks.filter(Q.from_conditions(data))
        with pytest.raises(NameNotAllowedError):
            tracks.strict_names(lambda name: True).filter(Q.from_conditions(data))
    with pytest.raises(UnknownLookupError):
        QuerySet(Singer).annotate(
            t=FilteredRelation("tracks", condition=Q.from_conditions({"tracks__born": {"year": 1999}}))
        )
    with pytest.raises(UnknownFieldError):
        tracks.filter(Q.from_conditions({"rang": 1}))
    with pytest.raises(InvalidLookupValueError):
        tracks.filter(Q.from_conditions({"rank": {"gt": {"a": 1}}}))


def nested(levels: int, key: str) -> dict[str, Any]:
    data: dict[str, Any] = {"rank": [1, None]}
    for _ in range(levels):
        data = {"title": "x", key: data if key == "not" else [data, {"id": 1}]}
    return data


@pytest.mark.parametrize("key", ["and", "or", "not"])
async def test_as_deep_as_may_be(key: str, session: AsyncSession) -> None:
    tracks = QuerySet(Track, session)
    assert await tracks.filter(Q.from_conditions(nested(DEEPEST, key))).count() >= 0
    for levels in (DEEPEST + 1, 5_000):
        with pytest.raises(InvalidConditionError, match="at most 10 deep"):
            Q.from_conditions(nested(levels, key))
    with pytest.raises(InvalidConditionError, match="at most 2 deep"):
        Q.from_conditions([nested(2, key)], depth=2)


def test_as_many_as_may_be() -> None:
    data = [{"id": number, "title": "x"} for number in range(250)]
    assert len(Q.from_conditions(data).children) == 250
    data.pop()
    for more in (
        [*data, {"id": 1, "title": 2, "rank": 3}],
        {"id": {str(n): n for n in range(501)}},
        [1] * 501,
    ):
        with pytest.raises(InvalidConditionError, match="at most 500 conditions"):
            read_conditions(more, Bounds(), refuse=lambda *_: None)
    with pytest.raises(InvalidConditionError, match="at most 3 conditions"):
        Q.from_conditions({"id": {"gt": 1, "lt": 5}, "title": {"like": "x", "not": "y"}}, most=3)
    with pytest.raises(InvalidConditionError, match=r"conditions\.id: at most 10000 values, not 10001"):
        Q.from_conditions({"id": list(range(10_001))})


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "nothing": (lambda: Q.from_conditions(None), "conditions: a list of objects is wanted here, not null"),
    "a text": (lambda: Q.from_conditions("x"), "conditions: a list of objects is wanted here, not str"),
    "an empty list": (lambda: Q.from_conditions([]), "conditions: an empty list says neither all rows nor"),
    "an empty object": (lambda: Q.from_conditions([{}]), "conditions.0: an empty object says nothing"),
    "a list of lists": (
        lambda: Q.from_conditions([[{}]]),
        "conditions.0: an object is wanted here, not list",
    ),
    "not nothing": (lambda: Q.from_conditions({"not": {}}), "conditions.not: an empty object says nothing"),
    "or of an object": (lambda: Q.from_conditions({"or": {"a": 1}}), "conditions.or: a list of objects"),
    "and of texts": (lambda: Q.from_conditions({"and": ["a"]}), "conditions.and.0: an object is wanted"),
    "no operator": (lambda: Q.from_conditions({"a": {}}), "conditions.a: an empty object says nothing: give"),
    "not operators": (
        lambda: Q.from_conditions({"or": [{"a": {"not": {"gt": 1}}}]}),
        'conditions.or.0.a.not: not takes a value or a list here: write {"not": {"a": …}}',
    ),
    "a path": (lambda: Q.from_conditions({"a": {"b__gt": 1}}), "conditions.a.b__gt: an operator is one word"),
    "no word": (lambda: Q.from_conditions({"a": {"": 1}}), "conditions.a.: an operator is one word"),
    "a number": (lambda: Q.from_conditions({1: 2}), "conditions.1: a column is named by text, not by int"),
    "too deep": (lambda: Q.from_conditions({}, depth=11), "depth is at most 10, not 11"),
    "a depth that is none": (lambda: Q.from_conditions({}, depth=-1), "depth is a whole number from 0 on"),
    "a bound of text": (
        lambda: Q.from_conditions({}, most="x"),  # type: ignore[arg-type]
        "most is a whole number from 0 on, not 'x'",
    ),
    "an order of text": (lambda: OrderBy.from_sort("name"), "sort: an order is a list, as in"),
    "an order of numbers": (lambda: OrderBy.from_sort([1]), "sort.0: a name or an object is wanted here"),
    "both ways": (lambda: OrderBy.from_sort([{"asc": "a", "desc": "b"}]), "sort.0: asc or desc is wanted"),
    "neither way": (lambda: OrderBy.from_sort([{"nulls": "last"}]), "sort.0: asc or desc is wanted"),
    "a way of its own": (lambda: OrderBy.from_sort([{"asc": "a", "x": 1}]), "sort.0: asc or desc is wanted"),
    "twice": (lambda: OrderBy.from_sort(["a", {"desc": "a"}]), "sort.1.desc: 'a' orders already"),
    "by chance": (lambda: OrderBy.from_sort(["?"]), "sort.0: an order names a column, not '?'"),
    "no name": (lambda: OrderBy.from_sort([{"asc": ""}]), "sort.0.asc: an order names a column, not ''"),
    "two ways": (lambda: OrderBy.from_sort([{"asc": "-a"}]), "sort.0.asc: an order names a column, not '-a'"),
    "nulls": (
        lambda: OrderBy.from_sort([{"asc": "a", "nulls": []}]),
        "sort.0.nulls: NULLs come first or last",
    ),
    "nulls of none": (lambda: OrderBy.from_sort([{"asc": "a", "nulls": None}]), "sort.0.nulls: NULLs come"),
    "a long order": (lambda: OrderBy.from_sort(["a"] * 33), "sort: at most 32 terms, not 33"),
}


@pytest.mark.parametrize(("call", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(InvalidLookupValueError) as caught:
        call()
    assert str(caught.value).startswith(said)


def test_an_error_says_where() -> None:
    with pytest.raises(InvalidConditionError) as caught:
        Q.from_conditions({"or": [{"a": 1}, {"b" * 300: {}}]})
    assert caught.value.place == ("conditions", "or", 1, "b" * 200 + "…")
    assert len(str(caught.value)) < 400
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.place, again.why) == (caught.value.place, caught.value.why)


async def test_orders(session: AsyncSession, sql: RecordedSQL) -> None:
    terms = OrderBy.from_sort(["-title", {"desc": "rank", "nulls": "last"}, {"asc": "singer__name"}, "id"])
    await QuerySet(Track, session).order_by(*terms).values_list("id", flat=True)
    assert sql.last.endswith(
        "ORDER BY tracks.title DESC, tracks.rank DESC NULLS LAST, singers_1.name ASC, tracks.id ASC"
    )
    assert OrderBy.from_sort([]) == ()
    first = OrderBy.from_sort([{"asc": "rank", "nulls": "first"}, "id"])
    ranks = await QuerySet(Track, session).order_by(*first).values_list("rank", flat=True)
    assert ranks == sorted(ranks, key=lambda rank: (rank is not None, rank))
