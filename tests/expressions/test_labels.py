"""Names that a database takes for one: by case on SQLite, by their first 63 bytes on PostgreSQL."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Count, F, Max, OuterRef, QuerySet, Subquery, Sum, Window
from django_like_repos.functions import RowNumber
from tests.expressions.asking import Answers, answer_of
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Bill(Base):
    __tablename__ = "label_bills"

    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int]
    k: Mapped[int]
    marks: Mapped[list["Mark"]] = relationship(back_populates="bill")


class Mark(Base):
    __tablename__ = "label_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("label_bills.id"))
    TOTAL: Mapped[int]
    bill: Mapped[Bill] = relationship(back_populates="marks")


METADATA = Base.metadata
LONG = "a" * 63
ONE, TWO = f"{LONG}_1", f"{LONG}_2"


def rows() -> Iterable[list[Any]]:
    yield [Bill(id=1, total=1, k=5), Bill(id=2, total=2, k=5), Bill(id=3, total=3, k=6)]
    yield [Mark(id=1, bill_id=1, TOTAL=7), Mark(id=2, bill_id=1, TOTAL=8), Mark(id=3, bill_id=3, TOTAL=9)]


def total(queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset.annotate(Total=F("total") * 100)


def long(queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset.annotate(**{ONE: F("total") * 10, TWO: F("total") * 100})


WINDOW = Window(RowNumber(), order_by="-id")

ANSWERS: Answers = {
    "a union": (
        lambda q: (
            total(q(Bill).filter(pk=1))
            .values_list("total", "Total")
            .union(total(q(Bill).filter(pk=2)).values_list("total", "Total"))
            .order_by("Total")
        ),
        [(1, 100), (2, 200)],
    ),
    "a union, ordered by the other": (
        lambda q: (
            total(q(Bill))
            .values("Total", "total")
            .union(total(q(Bill)).values("Total", "total"))
            .order_by("-total")
        ),
        [{"Total": each * 100, "total": each} for each in (3, 2, 1)],
    ),
    "a union of models": (
        lambda q: total(q(Bill)).union(total(q(Bill))).order_by("-Total").values_list("pk", "Total"),
        [(3, 300), (2, 200), (1, 100)],
    ),
    "a union of unions": (
        lambda q: (
            total(q(Bill).filter(pk=1))
            .values_list("total", "Total")
            .union(
                total(q(Bill).filter(pk=1))
                .values_list("total", "Total")
                .union(total(q(Bill)).values_list("total", "Total"))
                .order_by("-Total")[:2]
            )
            .order_by("-Total")
        ),
        [(3, 300), (2, 200), (1, 100)],
    ),
    "a union, summed up": (
        lambda q: (
            total(q(Bill))
            .values("total", "Total")
            .union(total(q(Bill)).values("total", "Total"))
            .aggregate(a=Sum("Total"), b=Sum("total"))
        ),
        {"a": 600, "b": 6},
    ),
    "a condition on a window": (
        lambda q: (
            total(q(Bill))
            .annotate(N=WINDOW, n=F("total"))
            .filter(N__lte=2)
            .order_by("-Total")
            .values_list("total", "Total", "N", "n")
        ),
        [(3, 300, 1, 3), (2, 200, 2, 2)],
    ),
    "a condition on a window, a slice": (
        lambda q: (
            total(q(Bill)).annotate(K=WINDOW).filter(K__gt=1).order_by("Total").values("K", "k", "Total")[:1]
        ),
        [{"K": 3, "k": 5, "Total": 100}],
    ),
    "ordered by the later": (
        lambda q: q(Bill).annotate(A=F("total") * -1, a=F("total") * 1).order_by("a").values_list("A", "a"),
        [(-1, 1), (-2, 2), (-3, 3)],
    ),
    "groups ordered by the later": (
        lambda q: q(Bill).values("k").annotate(N=Max("total") * -1, n=Max("total")).order_by("n"),
        [{"k": 5, "N": -2, "n": 2}, {"k": 6, "N": -3, "n": 3}],
    ),
    "the first of those alike": (
        lambda q: total(q(Bill)).order_by("k", "-Total").values_list("total", "Total", "k").distinct("k"),
        [(2, 200, 5), (3, 300, 6)],
    ),
    "groups, summed up": (
        lambda q: q(Bill).values("k").annotate(K=Sum("total")).aggregate(a=Max("K"), b=Max("k")),
        {"a": 3, "b": 6},
    ),
    "groups, counted": (lambda q: q(Bill).values("k").annotate(K=Count("id")).filter(K=2).count(), 1),
    "groups, in order": (
        lambda q: q(Bill).values("k").annotate(K=Sum("total")).order_by("-K", "k").values_list("k", "K"),
        [(5, 3), (6, 3)],
    ),
    "different ones": (
        lambda q: total(q(Bill)).values("k", "Total").distinct().order_by("-total").values_list("Total"),
        [(300,), (200,), (100,)],
    ),
    "different ones, summed up": (
        lambda q: (
            q(Bill).annotate(K=F("total")).values("k", "K").distinct().aggregate(a=Sum("K"), b=Sum("k"))
        ),
        {"a": 6, "b": 16},
    ),
    "a slice, summed up": (
        lambda q: total(q(Bill)).order_by("Total")[:2].aggregate(a=Sum("Total"), b=Sum("total")),
        {"a": 300, "b": 3},
    ),
    "filtered by many": (
        lambda q: total(q(Bill).filter(marks__TOTAL__gt=0)).order_by("-Total").values_list("total", "Total"),
        [(3, 300), (1, 100)],
    ),
    "two columns": (
        lambda q: (
            q(Mark)
            .order_by("id")
            .values_list("TOTAL", "bill__total")
            .union(q(Mark).values_list("TOTAL", "bill__total"))
            .order_by("TOTAL")
        ),
        [(7, 1), (8, 1), (9, 3)],
    ),
    "two columns, the first of those alike": (
        lambda q: q(Mark).order_by("bill", "-id").distinct("bill").values_list("bill__total", "TOTAL"),
        [(1, 8), (3, 9)],
    ),
    "grouped by one, having the other": (
        lambda q: q(Bill).annotate(K=F("total") % 2).values("K").annotate(n=Count("id")).order_by("K"),
        [{"K": 0, "n": 1}, {"K": 1, "n": 2}],
    ),
    "within another query": (
        lambda q: (
            q(Mark)
            .order_by("id")
            .annotate(
                x=Subquery(
                    total(q(Bill))
                    .annotate(n=WINDOW)
                    .filter(n__lte=3, pk=OuterRef("bill"))
                    .values("Total")[:1]
                )
            )
            .values_list("x", flat=True)
        ),
        [100, 100, 300],
    ),
    "among those of a union": (
        lambda q: (
            q(Bill)
            .filter(
                total__in=q(Bill).annotate(Total=F("total") + 2).values("Total").union(q(Bill).values("k"))
            )
            .values_list("pk", flat=True)
        ),
        [3],
    ),
    "written": (
        lambda q: total(q(Bill)).annotate(K=WINDOW).filter(K=1).returning("id").update(total=F("Total") + 1),
        [(3,)],
    ),
    "long names, a union": (
        lambda q: (
            long(q(Bill)).values_list(ONE, TWO).union(long(q(Bill)).values_list(ONE, TWO)).order_by(TWO)
        ),
        [(10, 100), (20, 200), (30, 300)],
    ),
    "long names, a condition on a window": (
        lambda q: long(q(Bill)).annotate(n=WINDOW).filter(n=1).values(TWO, ONE),
        [{TWO: 300, ONE: 30}],
    ),
    "long names, the first of those alike": (
        lambda q: long(q(Bill)).order_by("k", f"-{TWO}").distinct("k").values_list(ONE, TWO),
        [(20, 200), (30, 300)],
    ),
    "long names, summed up": (
        lambda q: long(q(Bill)).order_by("id")[:2].aggregate(**{ONE: Sum(ONE), TWO: Sum(TWO)}),
        {ONE: 30, TWO: 300},
    ),
    "long names, in groups": (
        lambda q: (
            q(Bill)
            .values("k")
            .annotate(**{ONE: Sum("total"), TWO: Count("id")})
            .order_by("k")
            .values_list(ONE, TWO)
        ),
        [(3, 2), (3, 1)],
    ),
    "a name that SQLAlchemy would make": (
        lambda q: (
            q(Mark)
            .annotate(id_1=F("TOTAL"))
            .order_by("id")
            .values_list("id", "bill__id", "id_1")
            .union(q(Mark).annotate(id_1=F("TOTAL")).values_list("id", "bill__id", "id_1"))
            .order_by("id_1")
        ),
        [(1, 1, 7), (2, 1, 8), (3, 3, 9)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected


async def test_models_carry_them(mapped: AsyncSession) -> None:
    bills = total(QuerySet(Bill, mapped)).annotate(K=WINDOW)
    assert [(each.total, each.Total, each.K) for each in await bills.filter(K=2)] == [(2, 200, 2)]
    mapped.expunge_all()
    both = total(QuerySet(Bill, mapped)).union(total(QuerySet(Bill, mapped))).order_by("-Total")
    assert [(each.total, each.Total) for each in await both] == [(3, 300), (2, 200), (1, 100)]


async def test_only_names_that_meet_are_ours(mapped: AsyncSession, sql: RecordedSQL) -> None:
    bills = QuerySet(Bill, mapped)
    await total(bills).values("total", "Total").union(bills.values("total", "k"))
    same_sql(
        sql.last,
        'SELECT anon_1.total, anon_1.__as0 AS "Total" FROM ('
        "SELECT label_bills.total AS total, label_bills.total * 100 AS __as0 FROM label_bills "
        "UNION SELECT label_bills.total AS total, label_bills.k AS k FROM label_bills) AS anon_1",
    )
    await bills.annotate(more=F("total") * 100).values("total", "more").union(bills.values("total", "k"))
    same_sql(
        sql.last,
        "SELECT anon_1.total, anon_1.more FROM ("
        "SELECT label_bills.total AS total, label_bills.total * 100 AS more FROM label_bills "
        "UNION SELECT label_bills.total AS total, label_bills.k AS k FROM label_bills) AS anon_1",
    )
    await total(bills).order_by("Total").values("Total")
    same_sql(
        sql.last,
        'SELECT label_bills.total * 100 AS "Total" FROM label_bills ORDER BY label_bills.total * 100 ASC',
    )
