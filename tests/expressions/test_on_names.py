"""Annotations whose names mean something to SQL, to the tables or to SQLAlchemy."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

from django_like_repos import Count, F, Max, Value, Window
from django_like_repos.query.functions.windows import RowNumber
from tests.expressions.asking import Answers, answer_of
from tests.mappings.test_names import METADATA as METADATA
from tests.mappings.test_names import Depot, Parcel
from tests.mappings.test_names import rows as rows

LIKE_A_PARAM = "a param as SQLAlchemy itself writes one"

ANSWERS: Answers = {
    "columns by other names": (
        lambda q: q(Depot).annotate(n=Count("parcels")).order_by("number").values_list("number", "n"),
        [(1, 2), (2, 1), (3, 0)],
    ),
    "grouped by one that is a word": (
        lambda q: (
            q(Parcel).values("class_").annotate(n=Count("*")).order_by("class_").values_list("class_", "n")
        ),
        [("x", 2), ("y", 1), ("z", 1)],
    ),
    "grouped by one that is hidden": (
        lambda q: (
            q(Parcel).values("_hidden").annotate(n=Count("*")).order_by("n").values_list("_hidden", "n")
        ),
        [(True, 1), (False, 3)],
    ),
    "a field called pk": (
        lambda q: (
            q(Depot)
            .filter(parcels__key__gt=0)
            .values("pk")
            .annotate(n=Count("parcels"))
            .order_by("pk")
            .values_list("pk", "n")
        ),
        [(20, 1), (30, 2)],
    ),
    "named as a column": (
        lambda q: q(Parcel).annotate(hidden=F("width")).order_by("-hidden").values_list("key", "hidden"),
        [(4, 7), (3, 3), (2, 2), (1, 1)],
    ),
    "models, named as a column": (
        lambda q: q(Parcel).annotate(hidden=F("width")).order_by("-hidden"),
        [4, 3, 2, 1],
    ),
    "named as a column that is read": (
        lambda q: (
            q(Parcel)
            .annotate(select=F("width"))
            .filter(select__gt=1)
            .order_by("-select")
            .values_list("key", "select")
        ),
        [(4, 7), (3, 3), (2, 2)],
    ),
    "named as a column of its groups": (
        lambda q: (
            q(Parcel)
            .annotate(height_=F("height"))
            .values("height_")
            .annotate(n=Count("*"))
            .order_by("-height_")
            .values_list("height_", flat=True)
        ),
        [9, 8, 7, 3],
    ),
    "named as the ranks of a subquery": (
        lambda q: (
            q(Depot)
            .annotate(rank=F("parcels__width"))
            .order_by("number", "rank")
            .values_list("number", "rank")[:2]
        ),
        [(1, 1), (1, 2)],
    ),
    "named as the keys of a subquery": (
        lambda q: (
            q(Depot)
            .filter(parcels__width__gt=0)
            .annotate(keys=F("number"), k0=F("number"))
            .order_by("-k0")
            .values_list("keys", "k0")[:1]
        ),
        [(2, 2)],
    ),
    "named as a word of SQL": (
        lambda q: (
            q(Parcel)
            .annotate(**{"order": F("width"), "group": F("height"), "from": Value(1)})
            .order_by("-order")
            .values_list("order", "group", "from")[:1]
        ),
        [(7, 3, 1)],
    ),
    "grouped by a word of SQL": (
        lambda q: (
            q(Parcel).annotate(group=F("width")).values("group").annotate(n=Count("*")).order_by("-group")[:1]
        ),
        [{"group": 7, "n": 1}],
    ),
    "with signs that parameters have": (
        lambda q: (
            q(Parcel)
            .annotate(
                **{
                    "a%b": F("width"),
                    "a:b": F("width"),
                    "a?b": F("width"),
                    "a$1": F("width"),
                }
            )
            .filter(key=4)
            .values_list("a%b", "a:b", "a?b", "a$1")
        ),
        [(7, 7, 7, 7)],
    ),
    LIKE_A_PARAM: (
        lambda q: q(Parcel).annotate(**{"%(a)s": F("width")}).filter(key=4).values_list("%(a)s", flat=True),
        [7],
    ),
    "with signs that mean something in SQL": (
        lambda q: (
            q(Parcel)
            .annotate(
                **{
                    "a.b": F("width"),
                    "a,b": F("width"),
                    "a(b)": F("width"),
                    "a\\b": F("width"),
                    "ж": F("width"),
                }
            )
            .filter(key=4)
            .order_by("a.b", "ж")
            .values_list("a.b", "a,b", "a(b)", "a\\b", "ж")
        ),
        [(7, 7, 7, 7, 7)],
    ),
    "that differ in case only": (
        lambda q: (
            q(Parcel)
            .annotate(x=F("width"), X=F("height"))
            .filter(key=4)
            .order_by("x", "X")
            .values_list("x", "X")
        ),
        [(7, 3)],
    ),
    "longer than PostgreSQL takes": (
        lambda q: (
            q(Parcel)
            .annotate(**{"x" * 70 + "a": F("width"), "x" * 70 + "b": F("height")})
            .filter(key=4)
            .order_by("x" * 70 + "b")
            .values_list("x" * 70 + "a", "x" * 70 + "b")
        ),
        [(7, 3)],
    ),
    "numbers": (
        lambda q: q(Parcel).annotate(**{"1": F("width")}).order_by("-1").values_list("1", flat=True),
        [7, 3, 2, 1],
    ),
    "named as parameters": (
        lambda q: (
            q(Parcel)
            .annotate(dlr_0=F("width") + 1, param_1=F("width") + 2)
            .filter(dlr_0__gt=1, param_1__gt=1, key=4)
            .values_list("dlr_0", "param_1")
        ),
        [(8, 9)],
    ),
    "named as subqueries": (
        lambda q: (
            q(Parcel)
            .annotate(anon_1=F("sender__id"), sender_1=F("sender__id"))
            .filter(key=1)
            .order_by("anon_1")
            .values_list("anon_1", "sender_1")
        ),
        [("b", "b")],
    ),
    "windows named as subqueries": (
        lambda q: (
            q(Parcel)
            .annotate(anon_1=Window(RowNumber(), order_by="key"), anon_2=Window(RowNumber(), order_by="-key"))
            .filter(anon_1=1)
            .values_list("anon_1", "anon_2")
        ),
        [(1, 4)],
    ),
    "with a lookup in them": (
        lambda q: (
            q(Parcel)
            .annotate(a__gt=F("width"))
            .filter(a__gt__gt=2)
            .order_by("key")
            .values_list("a__gt", flat=True)
        ),
        [3, 7],
    ),
    "an aggregate with a dot": (
        lambda q: q(Parcel).aggregate(**{"a.b": Max("width"), "a%b": Max("width"), "x" * 70: Max("width")}),
        {"a.b": 7, "a%b": 7, "x" * 70: 7},
    ),
    "named as a schema": (
        lambda q: q(Depot).annotate(metadata=Value(1), registry=Value(2)).order_by("number"),
        [1, 2, 3],
    ),
    "deleted by groups": (lambda q: q(Depot).annotate(n=Count("parcels")).filter(n=0).delete(), [(3,)]),
    "exchanged columns": (
        lambda q: (
            q(Parcel)
            .filter(key=4)
            .annotate(w=F("width"))
            .returning("width", "height")
            .update(height=F("w"), width=F("height"))
        ),
        [(3, 7)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    if name == LIKE_A_PARAM and not hasattr(SQLCompiler, "_pct_escaped_pyformat_pattern"):
        pytest.skip("before 2.0.55 SQLAlchemy looks for a param of that name")
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected
