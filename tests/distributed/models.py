"""A shop whose tables are spread by the tenant, which is a part of every key, and one that is everywhere."""

from typing import Final

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The models of these tests only."""


class Kind(Base):
    __tablename__ = "kinds"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]


class Order(Base):
    __tablename__ = "orders"

    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("kinds.id"))

    kind: Mapped[Kind | None] = relationship()
    lines: Mapped[list["Line"]] = relationship(back_populates="order")


class Line(Base):
    __tablename__ = "lines"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"]),)

    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    amount: Mapped[int]

    order: Mapped[Order] = relationship(back_populates="lines")


class OrderRepository(BaseRepository[Order]): ...


class LineRepository(BaseRepository[Line]): ...


LAYOUT: Final = {"orders": "tenant_id", "lines": "tenant_id"}
