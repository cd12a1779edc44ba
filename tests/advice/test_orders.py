"""`advice()` of what is computed and of orders: what may be indexed, and its direction."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    F,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    UnsupportedOperationError,
    When,
    Window,
)
from django_like_repos.functions import Lower, Rank
from tests.advice.schema import Buyer, Order, Shelf
from tests.advice.test_scans import made

Chain = Callable[[Any, Any], Any]
PYTHON = "SQLite has no index of what Python computes"
VALUED = "SQLite finds by no index what is computed with a value of the query's"

NOT_OF_ROWS: dict[str, Chain] = {
    "a count": lambda shelves, _: shelves.values("hall").annotate(n=Count("id")).order_by("-n")[:5],
    "a maximum": lambda shelves, _: shelves.values("hall").annotate(n=Max("place")).order_by("n")[:5],
    "a sum of them": lambda shelves, _: (
        shelves.values("hall").annotate(n=F("hall") + Max("id")).order_by("n")[:5]
    ),
    "a window": lambda shelves, _: shelves.annotate(n=Window(Rank(), order_by="place")).order_by("n")[:5],
    "a subquery": lambda shelves, _: shelves.annotate(
        n=Subquery(shelves.filter(id=OuterRef("place")).values("hall")[:1])
    ).order_by("n")[:5],
}
LAST, FIRST = {"nulls_last": True}, {"nulls_first": True}
# The chain, and what of PostgreSQL's and SQLite's indexes is written between brackets.
ORDERS: dict[str, tuple[Chain, str, str]] = {
    "groups": (
        lambda shelves, _: shelves.values("hall").annotate(n=Count("id")).order_by("-hall")[:5],
        "hall DESC",
        "hall DESC",
    ),
    "down, last": (lambda _, o: o.order_by(F("paid").desc(**LAST))[:3], "paid DESC NULLS LAST", "paid DESC"),
    "up, first": (lambda _, o: o.order_by(F("paid").asc(**FIRST))[:3], "paid NULLS FIRST", "paid"),
    "down, first": (lambda _, o: o.order_by(F("paid").desc(**FIRST))[:3], "paid DESC", "paid DESC"),
    "up, last": (lambda _, o: o.order_by(F("paid").asc(**LAST))[:3], "paid", "paid"),
    "after what is equal": (
        lambda _, o: o.filter(buyer=7).order_by(F("created").desc(**LAST))[:3],
        "buyer_id, created DESC NULLS LAST",
        "buyer_id, created DESC",
    ),
    "both ways": (lambda s, _: s.order_by("-hall", "place")[:3], "hall DESC, place", "hall DESC, place"),
    "sums": (
        lambda shelves, _: shelves.annotate(k=F("hall") + F("place")).filter(k=4),
        "(hall + place)",
        "(hall + place)",
    ),
    "order of sums": (
        lambda shelves, _: shelves.annotate(k=F("hall") + F("place")).order_by("-k")[:3],
        "(hall + place) DESC",
        "(hall + place) DESC",
    ),
    "products": (
        lambda shelves, _: shelves.annotate(k=F("hall") * 2).filter(k=4),
        "(hall * '2'::bigint)",
        VALUED,
    ),
}
NAMED: dict[str, tuple[Chain, str]] = {
    "found and ordered": (
        lambda buyers, k: buyers.annotate(k=k).filter(k="buyer 3").order_by("k")[:3],
        "(lower(name))",
    ),
    "down": (lambda buyers, k: buyers.annotate(k=k).order_by("-k")[:3], "(lower(name)) DESC"),
    "down, last": (
        lambda buyers, k: buyers.annotate(k=k).order_by(F("k").desc(nulls_last=True))[:3],
        "(lower(name)) DESC NULLS LAST",
    ),
    "after what is equal": (
        lambda buyers, k: buyers.annotate(k=k).filter(country="land 7").order_by("-k", "-name")[:3],
        "country, (lower(name)) DESC, name DESC",
    ),
}


@pytest.mark.parametrize("case", NOT_OF_ROWS)
async def test_what_is_of_no_row_is_not_indexed(warehouse: AsyncSession, case: str) -> None:
    advice = await NOT_OF_ROWS[case](QuerySet(Shelf, warehouse), None).advice()
    assert not advice.hints + advice.remarks
    assert not any("computed" in node.why for node in advice.nodes)


@pytest.mark.parametrize("case", ORDERS)
async def test_directions(warehouse: AsyncSession, case: str, backend: str) -> None:
    chain, *expected = ORDERS[case]
    queryset = chain(QuerySet(Shelf, warehouse), QuerySet(Order, warehouse))
    advice = await queryset.advice()
    said = expected[backend == "sqlite"]
    if said == VALUED:
        assert advice.remarks == (f"my shelves: {VALUED}",)
        assert not advice.hints
        return
    (hint,) = advice.hints
    assert hint.ddl.endswith(f" ({said})")
    await made(warehouse, advice)
    again = await queryset.advice()
    assert not again.hints + again.remarks


@pytest.mark.parametrize("case", NAMED)
async def test_named_annotations(warehouse: AsyncSession, case: str, backend: str) -> None:
    chain, said = NAMED[case]
    queryset = chain(QuerySet(Buyer, warehouse), Lower("name"))
    advice = await queryset.advice()
    if backend == "sqlite":
        assert advice.remarks == (f"buyers: {PYTHON}",)
        return
    (hint,) = advice.hints
    assert hint.ddl.endswith(f" ON buyers ({said})")
    await made(warehouse, advice)
    again = await queryset.advice()
    assert not again.hints + again.remarks


async def test_an_index_of_another_direction_is_none(warehouse: AsyncSession, backend: str) -> None:
    await warehouse.execute(text('CREATE INDEX "ix_my shelves_hall_place" ON "my shelves" (hall, place)'))
    shelves: Any = QuerySet(Shelf, warehouse)
    queryset = shelves.order_by("hall", F("place").desc(nulls_last=True))[:2000]
    advice = await queryset.advice()
    for hint in advice.hints:
        assert hint.ddl.endswith(
            "(hall, place DESC NULLS LAST)" if backend != "sqlite" else "(hall, place DESC)"
        )
    await made(warehouse, advice)
    assert not (await queryset.advice()).hints


async def test_odd_nulls_after_others_are_in_no_index_of_sqlite(
    warehouse: AsyncSession, backend: str
) -> None:
    shelves: Any = QuerySet(Shelf, warehouse)
    queryset = shelves.order_by("hall", F("place").asc(nulls_last=True))[:3]
    advice = await queryset.advice()
    assert len(advice.hints) == (backend != "sqlite")
    await made(warehouse, advice)
    assert not (await queryset.advice()).hints


async def test_analyze_is_a_bool(warehouse: AsyncSession) -> None:
    given: Any = "yes"
    with pytest.raises(UnsupportedOperationError, match=r"^advice\(\): analyze is True or False, not 'yes'"):
        await QuerySet(Order, warehouse).advice(analyze=given)


async def test_values_in_lists(warehouse: AsyncSession, backend: str) -> None:
    shelves: Any = QuerySet(Shelf, warehouse)
    number = Case(When(hall__in=[1, 2], then=F("place")), default=F("hall"))
    advice = await shelves.annotate(number=number).filter(number=3).advice()
    if backend == "sqlite":
        assert advice.remarks == (f"my shelves: {VALUED}",)
    await made(warehouse, advice)


async def test_plans_have_no_types_of_columns(warehouse: AsyncSession) -> None:
    shelves: Any = QuerySet(Shelf, warehouse)
    queryset = shelves.values("hall", "place", "id").annotate(total=Sum("hall"))
    assert "my shelves" in await queryset.explain()
    assert (await queryset.advice()).nodes
