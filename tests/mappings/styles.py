"""The same two models, teams and heroes, in every style that SQLAlchemy maps classes by."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    Mapped,
    MappedAsDataclass,
    declarative_base,
    mapped_column,
    registry,
    relationship,
)
from sqlmodel import Field, Relationship, SQLModel


class Style(NamedTuple):
    team: type[Any]
    hero: type[Any]
    metadata: MetaData


def _tables(metadata: MetaData, prefix: str) -> tuple[Table, Table]:
    teams = Table(
        f"{prefix}_teams",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20), nullable=False),
        Column("size", Integer, nullable=False, default=1),
    )
    heroes = Table(
        f"{prefix}_heroes",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20), nullable=False),
        Column("age", Integer),
        Column("team_id", ForeignKey(f"{prefix}_teams.id")),
    )
    return teams, heroes


# Declarative


class Base(DeclarativeBase):
    """Of the declarative models."""


class Team(Base):
    __tablename__ = "plain_teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(default=1)
    heroes: Mapped[list["Hero"]] = relationship(back_populates="team")


class Hero(Base):
    __tablename__ = "plain_heroes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int | None]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("plain_teams.id"))
    team: Mapped[Team | None] = relationship(back_populates="heroes")


# Declarative without a metaclass, from tables


class NoMetaBase(DeclarativeBaseNoMeta):
    """Of the models that a table is given to."""


class TableTeam(NoMetaBase):
    __table__, _heroes_table = _tables(NoMetaBase.metadata, "table")

    heroes: Mapped[list["TableHero"]] = relationship(back_populates="team")


class TableHero(NoMetaBase):
    __table__ = TableTeam._heroes_table

    team: Mapped[TableTeam | None] = relationship(back_populates="heroes")


# Declarative as before SQLAlchemy 2.0

OldBase: Any = declarative_base()


class OldTeam(OldBase):  # type: ignore[misc]
    __tablename__ = "old_teams"

    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    size = Column(Integer, nullable=False, default=1)
    heroes = relationship("OldHero", back_populates="team")


class OldHero(OldBase):  # type: ignore[misc]
    __tablename__ = "old_heroes"

    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    age = Column(Integer)
    team_id: Any = Column(ForeignKey("old_teams.id"))
    team = relationship("OldTeam", back_populates="heroes")


# Dataclasses that SQLAlchemy makes


class DataclassBase(MappedAsDataclass, DeclarativeBase):
    """Of the dataclasses."""


class DataclassTeam(DataclassBase, kw_only=True):
    __tablename__ = "dataclass_teams"

    id: Mapped[int | None] = mapped_column(primary_key=True, default=None)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(default=1)
    heroes: Mapped[list["DataclassHero"]] = relationship(
        back_populates="team", default_factory=list, repr=False
    )


class DataclassHero(DataclassBase, kw_only=True):
    __tablename__ = "dataclass_heroes"

    id: Mapped[int | None] = mapped_column(primary_key=True, default=None)
    name: Mapped[str]
    age: Mapped[int | None] = mapped_column(default=None)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("dataclass_teams.id"), default=None)
    team: Mapped[DataclassTeam | None] = relationship(back_populates="heroes", default=None, repr=False)


# Imperative, on plain classes


class PlainTeam:
    def __init__(self, name: str, id: int | None = None, size: int | None = None) -> None:
        self.name = name
        if id is not None:
            self.id = id
        if size is not None:
            self.size = size


class PlainHero:
    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


# Imperative, on dataclasses of the standard library


@dataclass
class StandardTeam:
    name: str
    id: int | None = None
    size: int = 1
    heroes: list["StandardHero"] = field(init=False, repr=False)


@dataclass
class StandardHero:
    name: str
    id: int | None = None
    age: int | None = None
    team_id: int | None = None
    team: StandardTeam | None = field(init=False, repr=False)


def _imperative(prefix: str, team: type[Any], hero: type[Any]) -> MetaData:
    mapped = registry()
    teams, heroes = _tables(mapped.metadata, prefix)
    mapped.map_imperatively(team, teams, properties={"heroes": relationship(hero, back_populates="team")})
    mapped.map_imperatively(hero, heroes, properties={"team": relationship(team, back_populates="heroes")})
    return mapped.metadata


# SQLModel


class ModelBase(SQLModel, registry=registry()):
    """Of the models that are Pydantic's too."""


class ModelTeam(ModelBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    size: int = 1
    heroes: list["ModelHero"] = Relationship(back_populates="team")


class ModelHero(ModelBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    age: int | None = None
    team_id: int | None = Field(default=None, foreign_key="modelteam.id")
    team: ModelTeam | None = Relationship(back_populates="heroes")


STYLES = {
    "declarative": Style(Team, Hero, Base.metadata),
    "tables": Style(TableTeam, TableHero, NoMetaBase.metadata),
    "declarative_base()": Style(OldTeam, OldHero, OldBase.metadata),
    "MappedAsDataclass": Style(DataclassTeam, DataclassHero, DataclassBase.metadata),
    "imperative": Style(PlainTeam, PlainHero, _imperative("imperative", PlainTeam, PlainHero)),
    "imperative dataclass": Style(
        StandardTeam, StandardHero, _imperative("standard", StandardTeam, StandardHero)
    ),
    "SQLModel": Style(ModelTeam, ModelHero, ModelBase.metadata),
}
