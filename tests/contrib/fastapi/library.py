"""The library of the tests of FastAPI's parts: tables with constraints of each kind, and repositories."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Numeric, String, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, Database, QuerySet


class Base(DeclarativeBase): ...


class Shelf(Base):
    __tablename__ = "library_shelves"
    __table_args__ = (CheckConstraint("width > 0", name="library_widths"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column("shelf_code", unique=True)
    width: Mapped[int] = mapped_column(default=1)

    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Base):
    __tablename__ = "library_books"
    __table_args__ = (UniqueConstraint("shelf_id", "title"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    shelf_id: Mapped[int] = mapped_column(ForeignKey("library_shelves.id"))

    shelf: Mapped[Shelf] = relationship(back_populates="books")


Index("library_titles", func.lower(Book.title), unique=True)


class Seat(Base):
    __tablename__ = "library_seats"

    room: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    taken: Mapped[bool] = mapped_column(default=False)


class Ticket(Base):
    __tablename__ = "library_tickets"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), unique=True)
    holder: Mapped[str] = mapped_column(String(5))
    price: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    number: Mapped[int] = mapped_column(default=1)
    lasts: Mapped[timedelta | None] = mapped_column(unique=True)


class ShelfRepository(BaseRepository[Shelf]):
    ordering = ("id",)


class TicketRepository(BaseRepository[Ticket]): ...


class BookRepository(BaseRepository[Book]): ...


class SeatRepository(BaseRepository[Seat]):
    def get_queryset(self) -> QuerySet[Seat]:
        return super().get_queryset().filter(taken=False)


@asynccontextmanager
async def client_of(app: FastAPI, *, raising: bool = False) -> AsyncIterator[AsyncClient]:
    """Without ``raising``, as at a server, an exception of the app becomes a response."""
    transport = ASGITransport(app, raise_app_exceptions=raising)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """The app's lifespan, as a server has it run, which is told of failures."""
    async with app.router.lifespan_context(app):
        yield


async def labels(database: Database) -> list[str]:
    """What is stored: the labels of the shelves."""
    async with database.session() as session:
        return await ShelfRepository(session).objects.values_list("label", flat=True)


def in_use(database: Database) -> int:
    """How many connections are not in the pool."""
    pool: Any = database.engine.pool
    number: int = pool.checkedout()
    return number
