"""Tables in schemas, and schemas that an execution option translates."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, ForeignKey, event, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.schema import CreateTable

from django_like_repos import BaseRepository, Database, F, QuerySet
from tests.mappings.conftest import rolled_back
from tests.mappings.reading import Chains, gives, tuples
from tests.postgres import new_database
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

SCHEMAS = ("shop", "tenant")


class Base(DeclarativeBase):
    """The models of this module."""


class Client(Base):
    """In the schema that is there anyway."""

    __tablename__ = "clients"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = {"schema": "shop"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"))

    client: Mapped[Client] = relationship()
    lines: Mapped[list["Line"]] = relationship(back_populates="order")


class Line(Base):
    __tablename__ = "lines"
    __table_args__ = {"schema": "shop"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop.orders.id"))

    order: Mapped[Order] = relationship(back_populates="lines")


class Page(Base):
    """In the default schema, or in another one by translation."""

    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column()

    children: Mapped[list["Page"]] = relationship(
        primaryjoin="Page.id == foreign(Page.parent_id)", viewonly=True
    )


@asynccontextmanager
async def _filled(database: Database) -> AsyncIterator[Database]:
    async with database:
        async with database.engine.begin() as connection:
            if database.engine.dialect.name == "postgresql":
                for schema in SCHEMAS:
                    await connection.execute(text(f"CREATE SCHEMA {schema}"))
                await connection.run_sync(Base.metadata.create_all)
            else:
                # Foreign keys do not leave their database there, so the tables have none.
                for table in Base.metadata.sorted_tables:
                    bare = CreateTable(table, include_foreign_key_constraints=[])
                    await connection.execute(bare)
            pages = await connection.execution_options(schema_translate_map={None: "tenant"})
            await pages.execute(CreateTable(Page.__table__))  # type: ignore[arg-type]
        async with database.session() as session:
            session.add_all([Client(id=1, name="Ann"), Client(id=2, name="Bob")])
            session.add_all([Page(id=1, title="home"), Page(id=2, title="news", parent_id=1)])
            await session.flush()
            session.add_all(
                [
                    Order(id=1, number=5, client_id=1),
                    Order(id=2, number=7, client_id=2),
                    Order(id=3, number=6, client_id=1),
                ]
            )
            await session.flush()
            session.add_all(
                [
                    Line(id=1, amount=3, order_id=1),
                    Line(id=2, amount=9, order_id=1),
                    Line(id=3, amount=4, order_id=2),
                ]
            )
            await session.execute(
                text("INSERT INTO tenant.pages (id, title, parent_id) VALUES (1, 'start', 7)")
            )
            await session.execute(
                text("INSERT INTO tenant.pages (id, title, parent_id) VALUES (7, 'top', NULL)")
            )
            await session.commit()
        yield database


def _attaching(directory: Path, **options: Any) -> Database:
    database = Database(URL.create("sqlite+aiosqlite", database=str(directory / "main.sqlite3")), **options)

    def attach(connection: Any, _record: object) -> None:
        for schema in SCHEMAS:
            connection.execute(f"ATTACH '{directory / schema}.sqlite3' AS {schema}")

    event.listen(database.engine.sync_engine, "connect", attach)
    return database


@pytest.fixture(scope="session")
async def sqlite_schemas(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    async with _filled(_attaching(tmp_path_factory.mktemp("schemas"))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_schemas(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, _filled(Database(url)) as database:
        yield database


@pytest.fixture(scope="session")
def schemas(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_schemas")
    return database


@pytest.fixture
async def session(schemas: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    async with rolled_back(schemas) as session:
        sql.clear()
        yield session


CHAINS: Chains = {
    "filter": (Order, lambda q: q.filter(number__gt=5).order_by("number"), [3, 2]),
    "across schemas": (Order, lambda q: q.filter(client__name="Ann").order_by("-id"), [3, 1]),
    "not across schemas": (Order, lambda q: q.exclude(client__name="Ann"), [2]),
    "to-many": (Order, lambda q: q.filter(lines__amount__gt=3).order_by("id"), [1, 2]),
    "not to-many": (Order, lambda q: q.exclude(lines__amount=9).order_by("id"), [2, 3]),
    "order by to-many": (Order, lambda q: q.filter(lines__isnull=False).order_by("-lines__amount"), [1, 2]),
    "distinct": (Order, lambda q: q.distinct().order_by("-number"), [2, 3, 1]),
    "values": (
        Line,
        lambda q: q.order_by("id").values_list("amount", "order__client__name"),
        [(3, "Ann"), (9, "Ann"), (4, "Bob")],
    ),
    "in": (Line, lambda q: q.filter(order__in=QuerySet(Order).filter(client=1)).order_by("id"), [1, 2]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_the_schema_is_named(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Line, session).filter(order__number=7).values_list("id") == [(3,)]
    same_sql(
        sql.last,
        "SELECT shop.lines.id FROM shop.lines "
        "JOIN shop.orders AS orders_1 ON orders_1.id = shop.lines.order_id "
        "WHERE orders_1.number = ?",
    )


async def test_a_page_with_children(session: AsyncSession, sql: RecordedSQL) -> None:
    orders = await QuerySet(Order, session).options("lines", "client").order_by("id")[:2]
    assert [(order.client.name, {line.amount for line in order.lines}) for order in orders] == [
        ("Ann", {3, 9}),
        ("Bob", {4}),
    ]
    assert len(sql) == 1


async def test_update_and_delete(session: AsyncSession) -> None:
    orders = QuerySet(Order, session)
    first = await orders.get(id=1)
    assert tuples(await orders.filter(client__name="Ann", number__lt=6).update(number=F("number") + 10)) == [
        (1,)
    ]
    assert first.number == 15
    assert tuples(await QuerySet(Line, session).filter(order__client__name="Bob").delete()) == [(3,)]
    await gives(orders.filter(lines=None).order_by("id"), [2, 3])


# Translation

TENANT = {"schema_translate_map": {None: "tenant"}}


async def test_a_chain_may_name_its_schema(session: AsyncSession, sql: RecordedSQL) -> None:
    pages = QuerySet(Page, session)
    await gives(pages.execution_options(**TENANT).order_by("-title"), [7, 1])
    await gives(pages.execution_options(**TENANT).filter(children__title="start"), [7])
    assert "tenant.pages AS pages_1" in sql.last
    await gives(
        pages.execution_options(**TENANT).exclude(children__title="start").values_list("title"), [("start",)]
    )
    await gives(pages.order_by("id").values_list("title"), [("home",), ("news",)])
    await gives(pages.execution_options(schema_translate_map={None: None}).order_by("id"), [1, 2])


async def test_a_chain_writes_in_its_schema(session: AsyncSession) -> None:
    pages = QuerySet(Page, session)
    tenant = pages.execution_options(**TENANT)
    page = await tenant.get(title="start")
    assert tuples(await tenant.filter(children=None).update(title=F("title") + "!")) == [(1,)]
    assert page.title == "start!"
    await gives(tenant.order_by("id").values_list("title"), [("start!",), ("top",)])
    await gives(pages.order_by("id").values_list("title"), [("home",), ("news",)])
    assert (await tenant.filter(title="home").delete()).rowcount == 0
    assert tuples(await tenant.filter(children__id=1).delete()) == [(7,)]
    await gives(pages.order_by("id"), [1, 2])


async def test_a_chain_creates_in_its_schema(session: AsyncSession) -> None:
    pages = QuerySet(Page, session)
    tenant = pages.execution_options(**TENANT)
    page, created = await tenant.get_or_create(title="home", defaults={"id": 9})
    assert (created, page.id) == (True, 9)
    assert await tenant.get_or_create(title="home") == (page, False)
    await gives(pages.order_by("id"), [1, 2])

    changed, created = await tenant.update_or_create({"title": "hall"}, id=9)
    assert (changed is page, created, page.title) == (True, False, "hall")
    await gives(tenant.filter(title="hall"), [9])
    # Only what the chain writes goes there.
    session.add(Page(id=11, title="own"))
    await session.flush()
    await gives(pages.order_by("id"), [1, 2, 11])


async def test_an_engine_may_translate(schemas: Database, sql: RecordedSQL) -> None:
    class Pages(BaseRepository[Page]): ...

    engine = schemas.engine.execution_options(**TENANT)
    async with engine.connect() as connection, AsyncSession(connection, expire_on_commit=False) as session:
        repo = Pages(session).flush()
        await gives(repo.objects.filter(children__id=1), [7])
        assert (await repo.objects.filter(id=1).update(title="a")).rowcount == 1
        made = await repo.create(id=8, title="new")
        assert await repo.get_by_pk(8) is made
        assert (await repo.objects.filter(title="new").delete()).rowcount == 1
        assert all("tenant.pages" in statement for statement, _ in sql.statements)
        await session.rollback()


class Namesake(Base):
    """A table of the name of another, in another schema."""

    __tablename__ = "orders"
    __table_args__ = {"schema": "tenant"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop.orders.id"))


def test_a_table_of_the_same_name_is_another_table() -> None:
    """What an SQLAlchemy expression brings from it repeats no row."""
    beside = QuerySet(Order).filter(Namesake.order_id == Order.id)
    assert beside.passes() == ["keys_first"]
    assert "JOIN (SELECT DISTINCT shop.orders.id AS id" in " ".join(beside.sql().split())
    assert QuerySet(Order).filter(Order.number == Order.id).passes() == []
