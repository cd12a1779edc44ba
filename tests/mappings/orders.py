"""Orders, of which the database and the mapping compute some columns, their lines, and who ordered."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Computed, ForeignKey, String, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship, validates

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The models of the tests of single rows."""


class Buyer(Base):
    __tablename__ = "buyers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    shout: Mapped[str] = column_property(func.upper(name))

    orders: Mapped[list["Order"]] = relationship(back_populates="buyer")

    @validates("name")
    def stripped(self, _key: str, name: str) -> str:
        return name.strip()


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    size: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(server_default="new")
    double: Mapped[int] = mapped_column(Computed("size * 2", persisted=True))
    buyer_id: Mapped[int | None] = mapped_column(ForeignKey("buyers.id"))
    version: Mapped[int] = mapped_column()

    buyer: Mapped[Buyer | None] = relationship(back_populates="orders")
    lines: Mapped[list["Line"]] = relationship(back_populates="order", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped[Order] = relationship(back_populates="lines")


class Cell(Base):
    """A composite key."""

    __tablename__ = "cells"

    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str | None]


Order.counted = column_property(
    select(func.count(Line.id)).where(Line.order_id == Order.id).correlate_except(Line).scalar_subquery()
)


class BuyerRepository(BaseRepository[Buyer]): ...


class OrderRepository(BaseRepository[Order]): ...


class LineRepository(BaseRepository[Line]): ...


class CellRepository(BaseRepository[Cell]): ...


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Buyer(id=1, name="Ann"), Buyer(id=2, name="Bob")]
    yield [Order(id=1, code="a", buyer_id=1, size=3), Order(id=2, code="b")]
    yield [Line(id=1, count=5, order_id=1), Line(id=2, count=6, order_id=1), Line(id=3, count=7, order_id=2)]
    yield [Cell(row=1, column="x", text="1x")]
