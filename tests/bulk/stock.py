"""The models that the tests of conflicts write, and their rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    String,
    TypeDecorator,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, validates

from django_like_repos import BaseRepository, Database


class Base(DeclarativeBase):
    """The models of these tests."""


class Kind(Enum):
    RAW = "raw"
    MADE = "made"


class Cents(TypeDecorator[Decimal]):
    """Stored as a whole number."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else f"{value:.2f} €"

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Decimal(value[:-2])


def length_of_code(context: Any) -> int:
    return len(context.get_current_parameters()["item_code"])


class Depot(Base):
    __tablename__ = "depots"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Item(Base):
    """What a row of has of each kind: defaults, types, what is counted up, what the database computes."""

    __tablename__ = "items"
    __table_args__ = (
        UniqueConstraint("shelf", "place", name="one_place"),
        Index("one_nickname", "nickname", unique=True),
        Index(
            "one_kind",
            "kind",
            unique=True,
            sqlite_where=text("amount = 77"),
            postgresql_where=text("amount = 77"),
        ),
        CheckConstraint("amount >= 0", name="not_less_than_nothing"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column("item_code", unique=True)
    amount: Mapped[int] = mapped_column(default=0)
    length: Mapped[int] = mapped_column(default=length_of_code)
    price: Mapped[Decimal | None] = mapped_column(Cents)
    weight: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    kind: Mapped[Kind | None]
    seen: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(server_default="none")
    loud: Mapped[str | None] = mapped_column(default=func.upper("made"))
    edited: Mapped[int] = mapped_column(default=0, onupdate=1)
    edit: Mapped[str | None] = mapped_column(onupdate=func.lower("ONCE"))
    shelf: Mapped[str | None]
    place: Mapped[int | None]
    nickname: Mapped[str | None]
    double: Mapped[int | None] = mapped_column(Computed("amount * 2"))
    version: Mapped[int] = mapped_column()
    depot_id: Mapped[int | None] = mapped_column(ForeignKey("depots.id"))

    depot: Mapped[Depot | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Seat(Base):
    """A composite primary key."""

    __tablename__ = "seats"

    row: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="free")


class Name(Base):
    """Whose values Python code of the mapping sees."""

    __tablename__ = "names"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    size: Mapped[int | None]

    @validates("name")
    def strip(self, _: str, value: str) -> str:
        return value.strip()


class Animal(Base):
    __tablename__ = "animals"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012


class Cat(Animal):
    """In the table of its parent."""

    lives: Mapped[int | None] = mapped_column(use_existing_column=True)

    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Dog(Animal):
    """In a table of its own."""

    __tablename__ = "dogs"

    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    bite: Mapped[int | None]

    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class ItemRepository(BaseRepository[Item]): ...


class SeatRepository(BaseRepository[Seat]): ...


class NameRepository(BaseRepository[Name]): ...


class CatRepository(BaseRepository[Cat]): ...


class DogRepository(BaseRepository[Dog]): ...


async def fill(session: AsyncSession) -> None:
    session.add_all(
        [Depot(id=1, name="north"), Item(code="a", amount=1), Item(code="b", amount=2, nickname="bee")]
    )
    session.add_all([Seat(row="a", number=1), Seat(row="a", number=2), Name(name="there", size=1)])
    await session.commit()


@asynccontextmanager
async def rolled_back(database: Database) -> AsyncIterator[AsyncSession]:
    """A session whose commits too are undone at the end."""
    async with (
        database.engine.connect() as connection,
        connection.begin() as transaction,
        database.session_factory(bind=connection, join_transaction_mode="create_savepoint") as session,
    ):
        yield session
        await session.close()
        await transaction.rollback()
