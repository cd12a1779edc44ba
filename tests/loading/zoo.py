"""A mapping with every kind of attribute that may not be loaded."""

import gc
import warnings
from collections.abc import Callable

from sqlalchemy import ForeignKey, String, func
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    WriteOnlyMapped,
    column_property,
    mapped_column,
    relationship,
)

from django_like_repos import BaseRepository, Database, RepositoryError


class Base(DeclarativeBase):
    pass


class Keeper(Base):
    __tablename__ = "keepers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    animals: Mapped[list["Animal"]] = relationship(back_populates="keeper", order_by="Animal.id")
    refused: Mapped[list["Animal"]] = relationship(viewonly=True, lazy="raise")
    refused_on_sql: Mapped[list["Animal"]] = relationship(viewonly=True, lazy="raise_on_sql")
    loaded: Mapped[list["Animal"]] = relationship(viewonly=True, lazy="selectin", order_by="Animal.id")
    written: WriteOnlyMapped["Animal"] = relationship(viewonly=True)


class Animal(Base):
    __tablename__ = "animals"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name = mapped_column(String, nullable=False)
    notes: Mapped[str] = mapped_column(deferred=True, default="")
    diet: Mapped[str] = mapped_column(deferred_group="care", deferred=True, default="")
    medicine: Mapped[str] = mapped_column(deferred_group="care", deferred=True, default="")
    length: Mapped[int] = column_property(func.length(name), deferred=True)
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("keepers.id"))
    keeper: Mapped[Keeper | None] = relationship(back_populates="animals")

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012


class Dog(Animal):
    __tablename__ = "dogs"

    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    breed: Mapped[str]

    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class KeeperRepository(BaseRepository[Keeper]):
    pass


class AnimalRepository(BaseRepository[Animal]):
    pass


async def fill(database: Database) -> None:
    """Two keepers; the first has two animals, of which one is a dog, the second one."""
    await database.create_all(Base.metadata)
    async with database.session() as session:
        session.add_all([Keeper(id=1, name="Ann"), Keeper(id=2, name="Bob")])
        await session.flush()
        session.add_all(
            [
                Animal(id=1, kind="animal", name="Owl", notes="hoots", diet="mice", keeper_id=1),
                Dog(id=2, kind="dog", name="Rex", notes="barks", diet="meat", breed="collie", keeper_id=1),
                Animal(id=3, kind="animal", name="Cow", notes="moos", diet="hay", keeper_id=2),
            ]
        )
        await session.commit()


def is_left_to_sqlalchemy(read: Callable[[], object]) -> bool:
    """Whether reading something that is not loaded raises SQLAlchemy's own error, and none of ours."""
    with warnings.catch_warnings():
        # A coroutine that nobody awaits, on SQLite.
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            read()
        except SQLAlchemyError as error:
            own = "greenlet_spawn has not been called" in str(error)
            return own and not isinstance(error, RepositoryError)
        finally:
            gc.collect()
    return False
