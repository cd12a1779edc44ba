"""Expressions on renamed and deferred columns, SQL expressions, hybrids, and keys of several columns."""

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    UnsupportedOperationError,
    Value,
    When,
    Window,
)
from django_like_repos.query.functions.text import Lower, Upper
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Answers, Make, answer_of
from tests.rows.mappings import Crate, Key, Label, Rack, Use

COLUMNS: Answers = {
    "read": (
        lambda q: (
            q(Rack)
            .annotate(n=Count("crates"))
            .order_by("code")
            .values_list("code", "n", "area", "perimeter", "shout", "name", "crate_count")
        ),
        [
            (1, 2, 10, 14, "LEFT", "left", 2),
            (2, 1, 9, 20, "RIGHT", "Right", 1),
            (3, 0, 7, 16, "EMPTY", "empty", 0),
        ],
    ),
    "a relation with a condition": (
        lambda q: q(Rack).annotate(n=Count("heavy_crates")).order_by("code").values_list("n", flat=True),
        [1, 1, 0],
    ),
    "a to-one relation with a condition": (
        lambda q: q(Crate).annotate(n=Count("wide_rack")).order_by("code").values_list("n", flat=True),
        [1, 1, 0, 0],
    ),
    "grouped by an SQL expression": (
        lambda q: (
            q(Rack).values("area").annotate(n=Count("crates")).order_by("area").values_list("area", "n")
        ),
        [(7, 0), (9, 1), (10, 2)],
    ),
    "grouped by a subquery of the mapping": (
        lambda q: (
            q(Rack).values("crate_count").annotate(n=Count("*")).order_by("crate_count").values_list("n")
        ),
        [(1,), (1,), (1,)],
    ),
    "grouped by a hybrid": (
        lambda q: (
            q(Rack).values("shout").annotate(n=Sum("crates__weight")).order_by("shout").values_list("n")
        ),
        [(None,), (20,), (20,)],
    ),
    "grouped by a hybrid that holds a value": (
        lambda q: (
            q(Rack)
            .values("perimeter")
            .annotate(n=Sum("crates__weight"))
            .order_by("perimeter")
            .values_list("n")
        ),
        [(20,), (None,), (20,)],
    ),
    "different values of a hybrid that holds a value": (
        lambda q: q(Rack).values_list("perimeter", flat=True).distinct().order_by("perimeter"),
        [14, 16, 20],
    ),
    "arithmetic of SQL expressions": (
        lambda q: (
            q(Rack)
            .annotate(x=F("area") - F("perimeter") + F("crate_count"))
            .order_by("code")
            .values_list("x")
        ),
        [(-2,), (-10,), (-9,)],
    ),
    "of a related row": (
        lambda q: (
            q(Crate).annotate(x=F("rack__perimeter") + F("rack__area")).order_by("code").values_list("x")
        ),
        [(24,), (24,), (29,), (None,)],
    ),
    "an attribute of the mapping": (
        lambda q: q(Rack).annotate(x=Rack.perimeter + Rack.area).order_by("code").values_list("x"),
        [(24,), (29,), (23,)],
    ),
    "a deferred column": (
        lambda q: q(Rack).annotate(x=Upper("remark")).order_by("code").values_list("x"),
        [("NEW",), (None,), ("OLD",)],
    ),
    "a synonym": (
        lambda q: q(Rack).annotate(x=Lower("name")).filter(x="right").values_list("code", "x"),
        [(2, "right")],
    ),
    "of its own table": (
        lambda q: (
            q(Crate)
            .annotate(n=Count("inner"), up=F("outer__outer__label"))
            .order_by("code")
            .values_list("n", "up")
        ),
        [(2, None), (1, None), (0, None), (0, "a")],
    ),
    "documents beside groups": (
        lambda q: q(Crate).annotate(n=Count("inner")).order_by("code").values_list("content", "n"),
        [({"x": 1}, 2), (None, 1), (None, 0), (None, 0)],
    ),
    "grouped by a part of a document": (
        lambda q: (
            q(Crate).values("content__x").annotate(n=Count("*")).order_by("n").values_list("content__x", "n")
        ),
        [(1, 1), (None, 3)],
    ),
    "models with documents, filtered by groups": (
        lambda q: q(Crate).annotate(n=Count("labels")).filter(n__gt=0).order_by("-n"),
        [1, 3],
    ),
    "eager children beside groups": (
        lambda q: q(Label).annotate(n=Count("stamps")).order_by("id").values_list("id", "n"),
        [(1, 0), (2, 2), (3, 0)],
    ),
    "models with eager children beside groups": (
        lambda q: q(Label).annotate(n=Count("stamps")).order_by("-n", "id"),
        [2, 1, 3],
    ),
    "the mapping's own function": (
        lambda q: (
            q(Rack)
            .annotate(x=func.lower(Rack.label))
            .annotate(n=Count("crates"))
            .order_by("x")
            .values_list("x", "n")
        ),
        [("empty", 0), ("left", 2), ("right", 1)],
    ),
    "an aggregate of SQLAlchemy's": (
        lambda q: (
            q(Rack)
            .values("label")
            .annotate(n=func.max(Rack.width))
            .order_by("label")
            .values_list("label", "n")
        ),
        [("Right", 1), ("empty", 7), ("left", 5)],
    ),
    "an aggregate of SQLAlchemy's, of models": (
        lambda q: q(Rack).annotate(n=func.max(Rack.width)).order_by("code").values_list("code", "n"),
        [(1, 5), (2, 1), (3, 7)],
    ),
    "a condition on an aggregate of SQLAlchemy's": (
        lambda q: q(Rack).annotate(n=func.max(Rack.width)).filter(n__gt=4).order_by("code"),
        [1, 3],
    ),
    "a summary of SQLAlchemy's aggregates": (
        lambda q: q(Rack).aggregate(n=func.max(Rack.width), m=func.max(Rack.width) + func.min(Rack.width)),
        {"n": 7, "m": 8},
    ),
}

KEYS: Answers = {
    "models": (lambda q: q(Key).annotate(n=Count("uses")).order_by("n", "pk"), [(1, 2), (2, 1), (1, 1)]),
    "values": (
        lambda q: q(Key).annotate(n=Count("uses")).order_by("pk").values_list("pk", "n"),
        [((1, 1), 2), ((1, 2), 0), ((2, 1), 1)],
    ),
    "grouped by the key": (
        lambda q: q(Key).values("pk").annotate(n=Count("uses")).order_by("pk").values_list("pk", "n"),
        [((1, 1), 2), ((1, 2), 0), ((2, 1), 1)],
    ),
    "grouped by a foreign key": (
        lambda q: (
            q(Use)
            .filter(key_k0__gt=0)
            .values("key")
            .annotate(s=Sum("size"))
            .order_by("key")
            .values_list("key", "s")
        ),
        [((1, 1), 6), ((2, 1), 3)],
    ),
    "how many": (lambda q: q(Key).annotate(n=Count("uses")).filter(n__gt=0).count(), 2),
    "how many keys": (lambda q: q(Key).aggregate(n=Count("pk")), {"n": 3}),
    "how many foreign keys": (lambda q: q(Use).aggregate(n=Count("key")), {"n": 3}),
    "a slice": (lambda q: q(Key).annotate(n=Count("uses")).order_by("n", "pk")[1:], [(2, 1), (1, 1)]),
    "aggregates": (
        lambda q: q(Key).aggregate(n=Count("uses"), s=Sum("uses__size"), m=Max("rank")),
        {"n": 3, "s": 9, "m": 2},
    ),
    "aggregates of what to-many paths choose": (
        lambda q: q(Key).filter(uses__size__gte=1).aggregate(n=Count("*"), s=Sum("rank")),
        {"n": 2, "s": 2},
    ),
    "aggregates over a slice": (
        lambda q: q(Key).order_by("pk")[:2].aggregate(n=Count("*"), s=Sum("rank")),
        {"n": 2, "s": 3},
    ),
    "a subquery for each": (
        lambda q: (
            q(Key)
            .annotate(
                x=Subquery(
                    q(Use)
                    .filter(key_k0=OuterRef("k0"), key_rank=OuterRef("rank"))
                    .order_by("-size")
                    .values("size")[:1]
                )
            )
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        [5, None, 3],
    ),
    "whether any is there": (
        lambda q: (
            q(Key)
            .filter(Exists(q(Use).filter(key__k0=OuterRef("k0"), key__rank=OuterRef("rank"))))
            .order_by("pk")
        ),
        [(1, 1), (2, 1)],
    ),
    "in a queryset that speaks of the row": (
        lambda q: q(Use).filter(key__in=q(Key).filter(k0=OuterRef("key_k0"))).order_by("id"),
        [1, 2, 3],
    ),
    "in a union": (
        lambda q: q(Use).filter(key__in=q(Key).filter(k0=1).union(q(Key).filter(rank=2))).order_by("id"),
        [1, 2],
    ),
    "windows": (
        lambda q: (
            q(Key)
            .annotate(w=Window(RowNumber(), partition_by="k0", order_by="-rank"))
            .filter(w=1)
            .order_by("pk")
        ),
        [(1, 2), (2, 1)],
    ),
    "a filtered relation": (
        lambda q: (
            q(Key)
            .annotate(big=FilteredRelation("uses", condition=Q(uses__size__gt=2)))
            .annotate(n=Count("big"))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        [1, 0, 1],
    ),
    "cases": (
        lambda q: (
            q(Key)
            .annotate(c=Case(When(pk=(1, 1), then=Value("a")), default=Value("b")))
            .order_by("pk")
            .values_list("c")
        ),
        [("a",), ("b",), ("b",)],
    ),
    "a union of models": (
        lambda q: q(Key).filter(k0=1).union(q(Key).filter(rank=1)).order_by("pk"),
        [(1, 1), (1, 2), (2, 1)],
    ),
    "a union of models, its keys": (
        lambda q: q(Key).filter(k0=1).union(q(Key).filter(rank=1)).order_by("pk").values_list("pk"),
        [((1, 1),), ((1, 2),), ((2, 1),)],
    ),
    "a union of keys": (
        lambda q: (
            q(Key)
            .filter(k0=1)
            .values_list("pk", "note")
            .union(q(Key).filter(rank=1).values_list("pk", "note"))
            .order_by("pk")
        ),
        [((1, 1), "x"), ((1, 2), None), ((2, 1), None)],
    ),
    "or": (lambda q: (q(Key).filter(k0=2) | q(Key).filter(rank=2)).order_by("pk"), [(1, 2), (2, 1)]),
    "the first of each": (lambda q: q(Key).order_by("k0", "-rank").distinct("k0"), [(1, 2), (2, 1)]),
    "the first of each key": (lambda q: q(Key).distinct("pk").order_by("pk"), [(1, 1), (1, 2), (2, 1)]),
    "the first of each foreign key": (
        lambda q: q(Use).filter(key_k0__gt=0).order_by("key", "-id").distinct("key"),
        [2, 3],
    ),
    "the earliest": (lambda q: q(Key).earliest("-pk"), (2, 1)),
    "the latest of groups": (lambda q: q(Key).annotate(n=Count("uses")).latest("n"), (1, 1)),
    "one": (lambda q: q(Key).annotate(n=Count("uses")).get(pk=(1, 2)), (1, 2)),
    "one by its group": (lambda q: q(Key).annotate(n=Count("uses")).get(n=1), (2, 1)),
    "deleted": (lambda q: q(Key).annotate(n=Count("uses")).filter(n=0).delete(), [(1, 2)]),
    "updated": (lambda q: q(Key).annotate(n=Sum("uses__size")).filter(n__gt=3).update(note="big"), [(1, 1)]),
    "updated to an annotation": (
        lambda q: q(Key).alias(n=F("k0") * 0).filter(k0=2).update(note=Value("n")),
        [(2, 1)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", COLUMNS)
async def test_columns(shelf: AsyncSession, name: str) -> None:
    make, expected = COLUMNS[name]
    assert await answer_of(shelf, make) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda q: q(Crate).values("content").annotate(n=Count("*")),
        lambda q: q(Crate).distinct("content"),
        lambda q: q(Crate).filter(code=1).union(q(Crate).filter(code=2)),
        lambda q: q(Crate).values("content").union(q(Crate).values("content")),
    ],
)
async def test_documents_that_cannot_be_compared(shelf: AsyncSession, make: Make) -> None:
    """PostgreSQL compares jsonb and not json; said before it is asked, on both."""
    with pytest.raises(UnsupportedOperationError, match="json"):
        await answer_of(shelf, make)


@pytest.mark.by_turns
@pytest.mark.parametrize("name", KEYS)
async def test_keys_of_several_columns(shelf: AsyncSession, name: str) -> None:
    make, expected = KEYS[name]
    assert await answer_of(shelf, make) == expected
