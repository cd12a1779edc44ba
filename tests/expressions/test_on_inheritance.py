"""Expressions on joined-table and single-table inheritance: groups, windows, and what is written by them."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Exists, F, FilteredRelation, OuterRef, Q, Subquery, Sum, Value, Window
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.functions.text import Upper
from django_like_repos.query.functions.windows import Rank, RowNumber
from tests.expressions.asking import Answers, answer_of
from tests.rows.mappings import Animal, Bird, Cat, Egg, Keeper

JOINED: Answers = {
    "models of a subclass with an aggregate": (
        lambda q: q(Bird).annotate(n=Count("eggs")).order_by("-n"),
        [2, 3],
    ),
    "values of both tables with an aggregate": (
        lambda q: q(Bird).annotate(n=Count("eggs")).order_by("-n").values_list("name", "span", "kind", "n"),
        [("owl", 3, "bird", 2), ("hawk", 9, "bird", 1)],
    ),
    "how many": (lambda q: q(Bird).annotate(n=Count("eggs")).filter(n__gt=1).count(), 1),
    "aggregates": (lambda q: q(Bird).aggregate(m=Sum("span"), n=Count("name")), {"m": 12, "n": 2}),
    "aggregates of what to-many paths choose": (
        lambda q: q(Bird).filter(eggs__size__gt=0).aggregate(s=Sum("span"), n=Count("*")),
        {"s": 12, "n": 2},
    ),
    "aggregates over a slice": (
        lambda q: q(Bird).order_by("-id")[:1].aggregate(s=Sum("span"), n=Count("*"), m=Count("name")),
        {"s": 9, "n": 1, "m": 1},
    ),
    "a subclass's column": (
        lambda q: q(Animal).annotate(x=F("bird__span") * 2).order_by("id").values_list("x", flat=True),
        [None, 6, 18, None],
    ),
    "a subclass's column, filtered by": (
        lambda q: q(Animal).annotate(x=Coalesce("bird__span", 5)).filter(x__lte=5).order_by("id"),
        [1, 2, 4],
    ),
    "a subclass's children": (
        lambda q: q(Animal).annotate(n=Count("bird__eggs")).order_by("id").values_list("n", flat=True),
        [0, 2, 1, 0],
    ),
    "grouped by a subclass's column": (
        lambda q: (
            q(Animal)
            .filter(bird__span__gt=0)
            .values("bird__span")
            .annotate(n=Count("*"))
            .order_by("bird__span")
        ),
        [{"bird__span": 3, "n": 1}, {"bird__span": 9, "n": 1}],
    ),
    "grouped by the kind": (
        lambda q: q(Animal).values("kind").annotate(n=Count("*")).order_by("kind").values_list("kind", "n"),
        [("animal", 1), ("bird", 2), ("cat", 1)],
    ),
    "aggregates of related subclasses": (
        lambda q: (
            q(Keeper).annotate(s=Sum("birds__span"), n=Count("birds")).order_by("id").values_list("s", "n")
        ),
        [(3, 1), (9, 1)],
    ),
    "aggregates of a subclass of related rows": (
        lambda q: (
            q(Keeper).annotate(s=Sum("animals__bird__eggs__size")).order_by("id").values_list("s", flat=True)
        ),
        [8, 4],
    ),
    "an aggregate with a condition on a subclass": (
        lambda q: (
            q(Keeper)
            .annotate(s=Sum("animals__bird__eggs__size", filter=Q(animals__bird__span__gt=5)))
            .order_by("id")
            .values_list("s", flat=True)
        ),
        [None, 4],
    ),
    "a filtered relation to a subclass": (
        lambda q: (
            q(Keeper)
            .annotate(wide=FilteredRelation("birds", condition=Q(birds__span__gt=5, birds__name="hawk")))
            .order_by("id")
            .values_list("wide__name", "wide__span")
        ),
        [(None, None), ("hawk", 9)],
    ),
    "a subquery of a subclass": (
        lambda q: (
            q(Keeper)
            .annotate(x=Subquery(q(Bird).filter(keeper=OuterRef("pk")).order_by("-span").values("name")[:1]))
            .order_by("id")
            .values_list("x", flat=True)
        ),
        ["owl", "hawk"],
    ),
    "whether a subclass's row is there": (
        lambda q: q(Animal).filter(Exists(q(Bird).filter(pk=OuterRef("pk"), span__gt=5))),
        [3],
    ),
    "whether another of the subclass is wider": (
        lambda q: q(Bird).filter(Exists(q(Bird).filter(span__gt=OuterRef("span")))),
        [2],
    ),
    "windows": (
        lambda q: q(Bird).annotate(w=Window(Rank(), order_by="-span")).order_by("w").values_list("name", "w"),
        [("hawk", 1), ("owl", 2)],
    ),
    "rows chosen by windows": (
        lambda q: q(Bird).annotate(w=Window(Rank(), order_by="-span")).filter(w=1),
        [3],
    ),
    "a union": (
        lambda q: q(Bird).filter(span__gt=5).union(q(Bird).filter(name="owl")).order_by("-span"),
        [3, 2],
    ),
    "a union of the base": (
        lambda q: q(Animal).filter(kind="bird").union(q(Animal).filter(name="tom")).order_by("id"),
        [2, 3, 4],
    ),
    "the first of each kind": (lambda q: q(Animal).order_by("kind", "-id").distinct("kind"), [1, 3, 4]),
    "or": (lambda q: (q(Bird).filter(span=3) | q(Bird).filter(name="hawk")).order_by("id"), [2, 3]),
}
SINGLE: Answers = {
    "models with an aggregate": (
        lambda q: q(Cat).annotate(n=Count("keeper__animals")).values_list("pk", "n"),
        [(4, 3)],
    ),
    "aggregates": (lambda q: q(Cat).aggregate(n=Count("*")), {"n": 1}),
    "a window sees the class only": (
        lambda q: q(Cat).annotate(w=Window(RowNumber(), order_by="id")).values_list("w", flat=True),
        [1],
    ),
    "rows chosen by windows": (
        lambda q: q(Cat).annotate(w=Window(RowNumber(), order_by="id")).filter(w=1),
        [4],
    ),
    "whether any is there": (lambda q: q(Keeper).filter(Exists(q(Cat).filter(keeper=OuterRef("pk")))), [1]),
    "a union": (lambda q: q(Cat).union(q(Cat).all()), [4]),
}
WRITTEN: Answers = {
    "deleted by groups": (lambda q: q(Bird).annotate(n=Count("eggs")).filter(n=9).delete(), []),
    "the base's column, by groups": (
        lambda q: q(Bird).annotate(n=Count("eggs")).filter(n__gt=1).update(name="many"),
        [(2,)],
    ),
    "the subclass's column, by groups": (
        lambda q: q(Bird).annotate(n=Count("eggs")).filter(n__gt=1).update(span=100),
        [(2,)],
    ),
    "both, by windows": (
        lambda q: q(Bird).annotate(w=Window(Rank(), order_by="-span")).filter(w=1).update(span=100, name="x"),
        [(3,)],
    ),
    "what is given back": (
        lambda q: (
            q(Bird)
            .annotate(n=Sum("eggs__size"))
            .filter(n__gt=5)
            .returning("id", "name", "span")
            .update(span=F("span") + 1)
        ),
        [(2, "owl", 4)],
    ),
    "the first of each": (lambda q: q(Bird).distinct("keeper").filter(pk__gt=2).update(name="x"), [(3,)]),
    "a subclass in the base's table": (
        lambda q: q(Cat).annotate(n=Count("keeper")).filter(n=1).update(name=Upper("name")),
        [(4,)],
    ),
    "deleted in the base's table": (lambda q: q(Cat).alias(n=Count("keeper")).filter(n=1).delete(), [(4,)]),
    "to an annotation": (
        lambda q: q(Bird).annotate(x=F("span") + 1).filter(pk=2).update(span=F("x")),
        [(2,)],
    ),
    "to a value of another row": (
        lambda q: q(Bird).filter(pk=2).update(span=Subquery(q(Bird).order_by("-span").values("span")[:1])),
        [(2,)],
    ),
    "to a value": (lambda q: q(Bird).filter(pk=2).update(span=Value(1) + 1), [(2,)]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", JOINED)
async def test_joined_tables(shelf: AsyncSession, name: str) -> None:
    make, expected = JOINED[name]
    assert await answer_of(shelf, make) == expected


@pytest.mark.by_turns
@pytest.mark.parametrize("name", SINGLE)
async def test_a_single_table(shelf: AsyncSession, name: str) -> None:
    make, expected = SINGLE[name]
    assert await answer_of(shelf, make) == expected


@pytest.mark.by_turns
@pytest.mark.parametrize("name", WRITTEN)
async def test_what_is_written(shelf: AsyncSession, name: str) -> None:
    """No row beside those that the conditions on groups and windows choose."""
    make, expected = WRITTEN[name]
    everything = Animal.__table__.select().order_by(Animal.id)
    before = {row.id: tuple(row) for row in await shelf.execute(everything)}
    spans = {row.id: row.span for row in await shelf.execute(Bird.__table__.select())}

    assert await answer_of(shelf, make) == expected

    after = {row.id: tuple(row) for row in await shelf.execute(everything)}
    spans_after = {row.id: row.span for row in await shelf.execute(Bird.__table__.select())}
    changed = {
        key for key in before if before[key] != after.get(key) or spans.get(key) != spans_after.get(key)
    }
    assert changed == {row[0] for row in expected}


async def test_deleted_by_windows(shelf: AsyncSession) -> None:
    await answer_of(shelf, lambda q: q(Egg).delete())
    best = Window(Rank(), order_by="-span")

    deleted = await answer_of(shelf, lambda q: q(Bird).annotate(w=best).filter(w=1).delete())

    assert deleted == [(3,)]
    assert await answer_of(shelf, lambda q: q(Animal).order_by("id")) == [1, 2, 4]


async def test_deleted_by_groups(shelf: AsyncSession) -> None:
    await answer_of(shelf, lambda q: q(Egg).filter(bird=3).delete())

    deleted = await answer_of(shelf, lambda q: q(Bird).annotate(n=Count("eggs")).filter(n=0).delete())

    assert deleted == [(3,)]
    assert await answer_of(shelf, lambda q: q(Animal).order_by("id")) == [1, 2, 4]
