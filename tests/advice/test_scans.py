"""`advice()` of several scans of one table: each is looked at by itself, and names its own call."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Advice, Exists, OuterRef, QuerySet
from tests.advice.schema import Buyer, Shelf
from tests.advice.test_advice import scans

BOTH = ["CREATE INDEX ix_buyers_country ON buyers (country)", "CREATE INDEX ix_buyers_name ON buyers (name)"]
ALSO = "CREATE INDEX ix_buyers_name_country ON buyers (name, country)"
CHAINS: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "of a subquery and around it": (
        lambda buyers: buyers.filter(name="Buyer 3", id__in=buyers.filter(country="land 5").values("id")),
        BOTH,
    ),
    "of two subqueries": (
        lambda buyers: buyers.filter(id__in=buyers.filter(country="land 5").values("id")).filter(
            id__in=buyers.filter(name="Buyer 4").values("id")
        ),
        BOTH,
    ),
    "of one scan": (lambda buyers: buyers.filter(name="Buyer 3").filter(country="land 5"), [ALSO]),
    "that see those around them": (
        lambda buyers: buyers.filter(
            Exists(buyers.filter(country=OuterRef("country"), name="Buyer 7")), email="e7@x"
        ),
        BOTH,
    ),
}


async def made(session: AsyncSession, advice: Advice) -> None:
    for hint in advice.hints:
        await session.execute(text(hint.ddl.replace(":", r"\:")))
    await session.execute(text("ANALYZE"))


@pytest.mark.parametrize("operator", ["union", "intersection", "difference"])
async def test_each_side_of_a_combination(warehouse: AsyncSession, operator: str) -> None:
    buyers: Any = QuerySet(Buyer, warehouse)
    chain = getattr(buyers.filter(name="Buyer 3"), operator)(buyers.filter(country="land 5"))
    advice = await chain.advice()
    assert sorted(hint.ddl for hint in advice.hints) == BOTH
    assert scans(advice) == [
        "buyers: filter(name=…): no index on buyers.name",
        f"buyers: {operator}(…): no index on buyers.country",
    ]
    await made(warehouse, advice)
    again = await chain.advice()
    assert not again.hints + again.remarks


async def test_combinations_of_combinations(warehouse: AsyncSession) -> None:
    buyers: Any = QuerySet(Buyer, warehouse)
    chain = (
        buyers.filter(name="Buyer 3")
        .union(buyers.filter(country="land 5"))
        .difference(buyers.filter(email__gt="f"))
    )
    said = scans(await chain.advice())
    assert "buyers: filter(name=…): no index on buyers.name" in said
    assert "buyers: union(…): no index on buyers.country" in said


@pytest.mark.parametrize("case", CHAINS)
async def test_conditions_of_scans(warehouse: AsyncSession, case: str, backend: str) -> None:
    chain, expected = CHAINS[case]
    queryset = chain(QuerySet(Buyer, warehouse))
    advice = await queryset.advice()
    found = sorted(hint.ddl for hint in advice.hints)
    assert found == expected or (case.startswith("that see") and {*found} <= {*expected, ALSO})
    await made(warehouse, advice)
    assert not (await queryset.advice()).hints


async def test_names_that_are_no_words(warehouse: AsyncSession) -> None:
    shelves: Any = QuerySet(Shelf, warehouse)
    advice = await shelves.filter(hall=3).order_by("-place")[:5].advice()
    assert scans(advice) == ["my shelves: filter(hall=…): no index on my shelves.hall, my shelves.place"]
    (hint,) = advice.hints
    assert hint.ddl == 'CREATE INDEX "ix_my shelves_hall_place" ON "my shelves" (hall, place DESC)'
    await made(warehouse, advice)
    again = await shelves.filter(hall=3).order_by("-place")[:5].advice()
    assert not again.nodes + again.hints
