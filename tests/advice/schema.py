"""A warehouse that lacks indexes, of some thousand rows."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, Numeric, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase): ...


class Kind(Base):
    __tablename__ = "kinds"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Buyer(Base):
    __tablename__ = "buyers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)

    orders: Mapped[list["Order"]] = relationship(back_populates="buyer")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    buyer_id: Mapped[int] = mapped_column(ForeignKey("buyers.id"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("kinds.id"), index=True)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    paid: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    total: Mapped[int] = mapped_column(Numeric(10, 2))

    buyer: Mapped[Buyer] = relationship(back_populates="orders")
    kind: Mapped[Kind] = relationship()

    __table_args__ = (Index("ix_orders_total", "total"),)


class Shelf(Base):
    """Of a table whose name is no word."""

    __tablename__ = "my shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[int]
    place: Mapped[int]


class Views(DeclarativeBase):
    """What is there and no table."""


class Unpaid(Views):
    __tablename__ = "unpaid"

    id: Mapped[int] = mapped_column(primary_key=True)
    buyer_id: Mapped[int]


_ROWS = (
    ("kinds", "n, 'kind ' || n", 5),
    ("buyers", "n, 'Buyer ' || n, 'land ' || (n % 100), 'e' || n || '@x'", 3_000),
    ('"my shelves"', "n, n % 700, n % 900", 2_000),
    ("orders", "n, n % 3000 + 1, n % 5 + 1, {created}, NULL, n % 997", 9_000),
)
_SERIES = {
    "postgresql": "INSERT INTO {table} SELECT {values} FROM generate_series(1, {rows}) AS n",
    "sqlite": "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {rows}) "
    "INSERT INTO {table} SELECT {values} FROM g",
}
_CREATED = {
    "postgresql": "timestamptz '2024-01-01 00:00+00' + n * interval '1 hour'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', '2024-01-01', n || ' hours')",
}


async def fill(connection: AsyncConnection) -> None:
    """Rows in tables that are empty; one index of the models is gone."""
    dialect = connection.dialect.name
    for table, values, rows in _ROWS:
        said = values.replace("{created}", _CREATED[dialect])
        await connection.execute(text(_SERIES[dialect].format(table=table, values=said, rows=rows)))
    await connection.execute(text("DROP INDEX ix_orders_total"))
    await connection.execute(text("CREATE VIEW unpaid AS SELECT id, buyer_id FROM orders WHERE paid IS NULL"))
