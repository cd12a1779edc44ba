"""Statements about tables whose keys hold the tenant, and that are spread by it, are within Citus' limits."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Database, Exists, F, OuterRef, Q, QuerySet, Sum
from tests.distributed.layout import Reading
from tests.distributed.limits import CITUS, LIMITS
from tests.distributed.linter import met_by, read_statement
from tests.distributed.models import LAYOUT, Base, Kind, Line, LineRepository, Order, OrderRepository
from tests.postgres import new_database
from tests.recording import RecordedSQL


@pytest.fixture(scope="module")
async def shop(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, Database(url) as database:
        await database.create_all(Base)
        async with database.session() as session:
            session.add(Kind(id=1, code="new"))
            await session.flush()
            for tenant in (1, 2):
                session.add(Order(tenant_id=tenant, id=1, name="a", kind_id=1))
                session.add(Order(tenant_id=tenant, id=2, name="b"))
                await session.flush()
                session.add_all([Line(tenant_id=tenant, id=id, order_id=1, amount=id) for id in (1, 2, 3)])
            await session.commit()
        yield database


@pytest.fixture
async def session(shop: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    await shop.engine.dispose()
    async with shop.session() as session:
        yield session


Ask = Callable[[QuerySet[Order], QuerySet[Line]], Awaitable[Any]]
QUERIES: dict[str, Ask] = {
    "models": lambda orders, lines: orders.order_by("name")[:5],
    "to-one": lambda orders, lines: lines.filter(order__name="a", order__kind__code="new"),
    "select_related": lambda orders, lines: lines.select_related("order__kind"),
    "to-many": lambda orders, lines: orders.filter(lines__amount__gt=1).order_by("-name"),
    "page of to-many": lambda orders, lines: orders.filter(lines__amount__gt=1).order_by("name", "id")[:2],
    "ordered by to-many": lambda orders, lines: orders.order_by("lines__amount")[:2],
    "outer": lambda orders, lines: orders.outerjoin("lines").filter(lines__id=None),
    "exclude": lambda orders, lines: orders.exclude(lines__amount=1),
    "or": lambda orders, lines: orders.filter(Q(lines__amount=1) | Q(kind__code="new")),
    "count": lambda orders, lines: orders.filter(lines__amount__gt=0).count(),
    "exists": lambda orders, lines: orders.filter(lines__amount__gt=0).exists(),
    "aggregate": lambda orders, lines: orders.aggregate(n=Sum("lines__amount")),
    "annotate": lambda orders, lines: orders.annotate(n=Count("lines")).filter(n__gte=1),
    "groups": lambda orders, lines: orders.values("name").annotate(n=Sum("lines__amount")),
    "prefetch": lambda orders, lines: orders.prefetch_related("lines"),
    "correlated": lambda orders, lines: orders.filter(
        Exists(lines.filter(tenant_id=OuterRef("tenant_id"), order_id=OuterRef("id")))
    ),
    "in a subquery": lambda orders, lines: lines.filter(order__in=orders.filter(name="a")),
    "options": lambda orders, lines: orders.options("lines"),
    "update": lambda orders, lines: lines.filter(order__name="a").update(amount=F("amount") + 1),
    "update by to-many": lambda orders, lines: orders.filter(lines__amount=1).update(name="c"),
    "delete": lambda orders, lines: lines.filter(order__name="b").delete(),
    "get_or_create": lambda orders, lines: orders.get_or_create(tenant_id=1, id=1),
    "keys": lambda orders, lines: lines.in_bulk([(1, 1), (1, 2)]),
}


def met(statement: str) -> list[str]:
    return [limit.what for limit in met_by(read_statement(statement, LAYOUT)) if limit.system == CITUS]


@pytest.mark.parametrize("ask", QUERIES.values(), ids=QUERIES)
async def test_across_tenants(session: AsyncSession, sql: RecordedSQL, ask: Ask) -> None:
    await ask(OrderRepository(session).objects, LineRepository(session).objects)
    await session.rollback()
    assert sql.statements
    assert {statement: met(statement) for statement, _ in sql.statements if met(statement)} == {}


@pytest.mark.parametrize("ask", QUERIES.values(), ids=QUERIES)
async def test_of_one_tenant(session: AsyncSession, sql: RecordedSQL, ask: Ask) -> None:
    """A filter by the tenant is enough for all tables of a statement."""
    orders = OrderRepository(session).objects.filter(tenant_id=1)
    await ask(orders, LineRepository(session).objects.filter(tenant_id=1))
    await session.rollback()
    for statement, _ in sql.statements:
        reading: Reading = read_statement(statement, LAYOUT)
        # What is prefetched is asked for by the keys of its owners, each with its tenant.
        assert reading.is_of_one_place() or " IN ((" in statement, statement
        assert met(statement) == []


async def test_rows_are_locked_in_one_place(session: AsyncSession, sql: RecordedSQL) -> None:
    orders = OrderRepository(session).objects.filter(lines__amount__gt=0)
    for queryset, expected in ((orders, [LIMITS[0].what]), (orders.filter(tenant_id=1), [])):
        await session.scalars(queryset.as_select().with_for_update(of=Order))
        assert met(sql.last) == expected
    assert LIMITS[0].what == "SELECT FOR UPDATE of rows in several places"
