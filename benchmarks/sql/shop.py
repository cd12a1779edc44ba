"""A shop: its customers, their invoices, and the lines of these; as large as is asked for."""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import Column, DateTime, ForeignKey, Numeric, Table, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Database


class Sizes(NamedTuple):
    """How many rows there are."""

    customers: int = 30_000
    invoices: int = 400_000
    lines: int = 2_000_000
    products: int = 2_000


class Base(DeclarativeBase):
    """The models of the shop."""


customer_tags: Final = Table(
    "customer_tags",
    Base.metadata,
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True, index=True),
)


class Region(Base):
    __tablename__ = "regions"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id"), index=True)

    region: Mapped[Region] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=customer_tags, backref="customers")
    invoices: Mapped[list["Invoice"]] = relationship(back_populates="customer")


class Status(Base):
    __tablename__ = "statuses"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Invoice(Base):
    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    status_id: Mapped[int] = mapped_column(ForeignKey("statuses.id"), index=True)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    total: Mapped[Decimal] = mapped_column(Numeric(10, 2))

    customer: Mapped[Customer] = relationship(back_populates="invoices")
    status: Mapped[Status] = relationship()
    lines: Mapped[list["Line"]] = relationship(back_populates="invoice")


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()


# Primes spread what belongs together; nothing is random, so that each run has the same rows.
_ROWS: Final = (
    ("regions", "{n}, 'region ' || {n}", lambda sizes: 40),
    ("tags", "{n}, 'tag ' || {n}", lambda sizes: 50),
    ("statuses", "{n}, 'status ' || {n}", lambda sizes: 6),
    ("products", "{n}, 'product ' || {n}, 'kind ' || ({n} * 7919 % 20)", lambda sizes: sizes.products),
    (
        "customers",
        "{n}, 'Customer ' || ({n} * 7919 % {customers}), {n} * 31 % 40 + 1",
        lambda sizes: sizes.customers,
    ),
    (
        "customer_tags",
        "({n} - 1) / 3 + 1, ({n} * 17 + ({n} - 1) / 3) % 50 + 1",
        lambda sizes: sizes.customers * 3 // 2,
    ),
    (
        "invoices",
        "{n}, {n} * 7919 % {customers} + 1, {n} * 31 % 6 + 1, {created}, {n} * 104729 % 99991 / 100.0",
        lambda sizes: sizes.invoices,
    ),
    (
        "lines",
        "{n}, {n} * 7919 % {invoices} + 1, {n} * 31 % {products} + 1, {n} % 9 + 1",
        lambda sizes: sizes.lines,
    ),
)
_CREATED: Final = {
    "postgresql": "timestamptz '2024-01-01 00:00+00' + ({n} * 7919 % 1051200) * interval '1 minute'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', '2024-01-01', ({n} * 7919 % 1051200) || ' minutes')",
}
_INTO: Final = {
    "postgresql": "INSERT INTO {table} SELECT {values} FROM generate_series(1::bigint, {rows}) AS n "
    "ON CONFLICT DO NOTHING",
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {rows}) "
    "INSERT OR IGNORE INTO {table} SELECT {values} FROM g",
}


async def fill(database: Database, sizes: Sizes) -> None:
    """Makes the tables and their rows in an empty database, and has it count them."""
    dialect = database.engine.dialect.name
    await database.create_all(Base.metadata)
    async with database.engine.begin() as connection:
        if dialect == "postgresql":
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
        for table, values, rows in _ROWS:
            said = values.replace("{created}", _CREATED[dialect]).format(n="n", **sizes._asdict())
            await connection.execute(text(_INTO[dialect].format(table=table, values=said, rows=rows(sizes))))
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
