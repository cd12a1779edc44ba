"""`advice()`: the indexes that lack, by both databases' plans; each is made, and then nothing lacks."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Advice, Count, Exists, OuterRef, Q, QuerySet
from tests.advice.schema import Buyer, Order

Chain = Callable[[Any, Any], Any]

HINTS: dict[str, tuple[Chain, list[str]]] = {
    "a related column": (
        lambda orders, _: orders.filter(buyer__country="land 7"),
        [
            "CREATE INDEX ix_orders_buyer_id ON orders (buyer_id)",
            "CREATE INDEX ix_buyers_country ON buyers (country)",
        ],
    ),
    "equality, then order": (
        lambda orders, _: orders.filter(buyer=7).order_by("-created", "id")[:20],
        ["CREATE INDEX ix_orders_buyer_id_created ON orders (buyer_id, created DESC)"],
    ),
    "equality, then a range": (
        lambda orders, _: orders.filter(created__date=date(2024, 5, 1), buyer=7),
        ["CREATE INDEX ix_orders_buyer_id_created ON orders (buyer_id, created)"],
    ),
    "a day": (
        lambda orders, _: orders.filter(created__date=date(2024, 5, 1)),
        ["CREATE INDEX ix_orders_created ON orders (created)"],
    ),
    "several of a list": (
        lambda _, buyers: buyers.filter(country__in=["land 7", "land 8"]),
        ["CREATE INDEX ix_buyers_country ON buyers (country)"],
    ),
    "first in an order": (
        lambda orders, _: orders.order_by("-created")[:10],
        ["CREATE INDEX ix_orders_created ON orders (created DESC)"],
    ),
    "a condition without a value": (
        lambda orders, _: orders.filter(paid__isnull=False),
        ["CREATE INDEX ix_orders_paid_295b25 ON orders (paid) WHERE paid IS NOT NULL"],
    ),
    "what the models declare": (
        lambda orders, _: orders.filter(total=5),
        ["CREATE INDEX ix_orders_total ON orders (total)"],
    ),
    "a foreign key that joins": (
        lambda _, buyers: buyers.annotate(n=Count("orders")).filter(n__gt=2),
        ["CREATE INDEX ix_orders_buyer_id ON orders (buyer_id)"],
    ),
    "either of two": (
        lambda orders, _: orders.filter(Q(buyer=3) | Q(created__date=date(2024, 5, 1))),
        [
            "CREATE INDEX ix_orders_buyer_id ON orders (buyer_id)",
            "CREATE INDEX ix_orders_created ON orders (created)",
        ],
    ),
    "a subquery": (
        lambda orders, buyers: buyers.filter(Exists(orders.filter(buyer=OuterRef("pk"), total=3))),
        ["CREATE INDEX ix_orders_total ON orders (total)"],
    ),
}
NONE: dict[str, Chain] = {
    "a unique column": lambda _, buyers: buyers.filter(email="e1@x"),
    "the primary key": lambda orders, _: orders.filter(pk__in=[1, 2]),
    "an index": lambda orders, _: orders.filter(kind=3),
    "a small table": lambda orders, _: orders.filter(kind__name="kind 3"),
    "everything": lambda orders, _: orders.all(),
}


def of(session: AsyncSession) -> tuple[Any, Any]:
    return QuerySet(Order, session), QuerySet(Buyer, session)


@pytest.mark.parametrize("case", HINTS)
async def test_hints(warehouse: AsyncSession, case: str) -> None:
    chain, expected = HINTS[case]
    queryset = chain(*of(warehouse))
    advice: Advice = await queryset.advice()
    assert sorted(hint.ddl for hint in advice.hints) == sorted(expected)
    assert not any(hint.possible for hint in advice.hints)
    assert advice.statement == queryset.sql()
    for hint in advice.hints:
        await warehouse.execute(text(hint.ddl))
    again = await queryset.advice()
    assert not again.hints


@pytest.mark.parametrize("case", NONE)
async def test_no_hints(warehouse: AsyncSession, case: str) -> None:
    assert not (await NONE[case](*of(warehouse)).advice()).hints
