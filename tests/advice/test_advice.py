"""`advice()`: dear steps with the calls they are due to, what is remarked, how it prints, what is refused."""

import json
from dataclasses import FrozenInstanceError
from typing import Any, assert_type

import pytest
from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Advice, F, Hint, Q, QuerySet, UnsupportedOperationError, Value
from tests.advice.schema import Buyer, Order, Unpaid
from tests.recording import RecordedSQL


def scans(advice: Advice) -> list[str]:
    """What is said of whole tables, but for figures."""
    return [
        f"{node.table}: {', '.join(node.calls)}: {node.why}"
        for node in advice.nodes
        if node.kind in ("Seq Scan", "SCAN")
    ]


async def test_what_a_scan_is_due_to(warehouse: AsyncSession, backend: str) -> None:
    orders: Any = QuerySet(Order, warehouse)
    advice = await orders.filter(buyer__country="land 7").exclude(kind=2).advice()
    assert_type(await QuerySet(Order, warehouse).advice(), Advice)
    on_orders = "orders: filter(buyer__country=…): no index on orders.buyer_id"
    on_buyers = "buyers: filter(buyer__country=…): no index on buyers.country"
    assert on_buyers in scans(advice) or backend == "sqlite"
    if backend == "sqlite":
        assert "orders: exclude(kind=…)" in scans(advice)[0]
    else:
        assert "9,000 rows" in str(advice)
    assert on_orders in [*scans(await orders.filter(buyer__country="land 7").advice())]


async def test_calls_of_all_kinds(warehouse: AsyncSession) -> None:
    orders: Any = QuerySet(Order, warehouse)
    created = orders.filter(Q(created__year=2023) | Q(created__year=2022))
    assert "filter(created__year=…)" in scans(await created.advice())[0]
    by_expression = orders.filter(func.abs(Order.total) == 5)
    assert "filter(abs(orders.total) = " in scans(await by_expression.advice())[0]
    of_annotation = orders.annotate(twice=F("total") * 2).filter(twice=Value(8))
    assert "annotate(twice=(F('total') * <int>)), filter(twice=…)" in scans(await of_annotation.advice())[0]


async def test_what_is_remarked(warehouse: AsyncSession, backend: str) -> None:
    orders: Any = QuerySet(Order, warehouse)
    small = await orders.filter(kind__name="kind 3").advice()
    counted = "by the planner's count" if backend == "postgresql" else "in all"
    assert f"kinds has 5 rows {counted}: too few for an index to matter" in small.remarks
    if backend == "postgresql":
        most = await orders.filter(created__year=2024).advice()
        assert most.remarks == ("orders: 98% of its rows are asked for, which no index finds faster",)


async def test_what_the_models_declare_is_made_as_they_declare_it(warehouse: AsyncSession) -> None:
    (hint,) = (await QuerySet(Order, warehouse).filter(total=5).advice()).hints
    assert hint.because.startswith(
        "the models declare ix_orders_total, and the database has none: filter(total=…)"
    )
    assert str(hint) == f"{hint.ddl};\n-- {hint.because}"


async def test_parts_of_texts(warehouse: AsyncSession, backend: str) -> None:
    buyers: Any = QuerySet(Buyer, warehouse)
    inside, begins, same = [
        await buyers.filter(**condition).advice()
        for condition in (
            {"name__icontains": "12"},
            {"name__startswith": "Buyer 12"},
            {"name__iexact": "BUYER 7"},
        )
    ]
    if backend == "sqlite":
        assert not inside.hints + begins.hints + same.hints
        assert inside.remarks == ("buyers: no index of SQLite's finds a part of a text; FTS5 does",)
        assert same.remarks == ("buyers: SQLite has no index of what Python computes",)
        return
    found = [hint for advice in (inside, begins, same) for hint in advice.hints]
    assert all(hint.possible for hint in found)
    assert [hint.ddl.partition(" ON ")[2] for hint in found] == [
        "buyers USING gin (name gin_trgm_ops)",
        "buyers (name text_pattern_ops)",
        "buyers ((lower(name)))",
    ]
    for hint in found[1:]:
        await warehouse.execute(text(hint.ddl))
    assert not (await buyers.filter(name__startswith="Buyer 12").advice()).hints
    # Of what is computed there are numbers once it has been counted.
    await warehouse.execute(text("ANALYZE buyers"))
    assert not (await buyers.filter(name__iexact="BUYER 7").advice()).hints


async def test_it_asks_and_changes_nothing(warehouse: AsyncSession, sql: RecordedSQL) -> None:
    sql.clear()
    advice = await QuerySet(Order, warehouse).filter(buyer=3).advice()
    assert sql.statements
    first_words = {statement.split()[0] for statement, _ in sql.statements}
    assert first_words <= {"EXPLAIN", "SELECT", "PRAGMA", "BEGIN"}
    assert not warehouse.new
    with pytest.raises(FrozenInstanceError):
        advice.plan = ""  # type: ignore[misc]


async def test_analyze(warehouse: AsyncSession, backend: str) -> None:
    orders: Any = QuerySet(Order, warehouse).filter(buyer=7)
    if backend == "sqlite":
        with pytest.raises(UnsupportedOperationError, match=r"^advice\(\): SQLite takes no options"):
            await orders.advice(analyze=True)
        return
    advice = await orders.aadvice(analyze=True)
    assert "Actual Rows" in advice.plan
    assert json.loads(advice.plan)
    assert advice.nodes[0].rows == 3
    assert [hint.ddl for hint in advice.hints] == ["CREATE INDEX ix_orders_buyer_id ON orders (buyer_id)"]


async def test_what_never_asks_is_refused(warehouse: AsyncSession) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"^advice\(\): this queryset never asks"):
        await QuerySet(Order, warehouse).none().advice()
    with pytest.raises(UnsupportedOperationError, match="no session"):
        await QuerySet(Order).advice()


async def test_how_it_prints(warehouse: AsyncSession) -> None:
    advice = await QuerySet(Order, warehouse).filter(buyer=3).advice()
    parts = str(advice).split("\n\n")
    assert parts[0] == advice.statement
    assert parts[-1] == str(advice.hints[0])
    calm = Advice("SELECT 1", "", (), ())
    assert str(calm) == "SELECT 1\n\nNo step of the plan is dear.\n\nNo index lacks."
    assert str(Hint("CREATE INDEX i ON t (a)", "it", possible=True)).endswith("-- possibly, it")


async def test_of_a_view_it_knows_no_indexes(warehouse: AsyncSession) -> None:
    assert not (await QuerySet(Unpaid, warehouse).filter(buyer_id=3).advice()).hints
