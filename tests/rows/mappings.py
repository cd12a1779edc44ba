"""Models that are mapped in every way but the plain one, for the tests of rows only."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, ForeignKeyConstraint, and_, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    column_property,
    foreign,
    mapped_column,
    relationship,
    synonym,
)


class Base(DeclarativeBase):
    """The models of the tests of rows only."""


class Rack(Base):
    """Attributes named otherwise than columns; a synonym, SQL expressions, hybrids, a deferred column."""

    __tablename__ = "racks"

    code: Mapped[int] = mapped_column("rack_no", primary_key=True)
    label: Mapped[str] = mapped_column("txt")
    width: Mapped[int] = mapped_column("w")
    height: Mapped[int] = mapped_column("h")
    remark: Mapped[str | None] = mapped_column(deferred=True)

    name = synonym("label")
    area: Mapped[int] = column_property(width * height)

    crates: Mapped[list["Crate"]] = relationship(back_populates="rack")
    heavy_crates: Mapped[list["Crate"]] = relationship(
        primaryjoin=lambda: and_(foreign(Crate.rack_code) == Rack.code, Crate.weight >= 10), viewonly=True
    )

    @hybrid_property
    def perimeter(self) -> int:
        return 2 * (self.width + self.height)

    @hybrid_property
    def shout(self) -> str:
        return self.label.upper()

    @shout.inplace.expression
    @classmethod
    def _shout(cls) -> ColumnElement[str]:
        return func.upper(cls.label)


class Crate(Base):
    """Relations that must not be loaded lazily, a JSON column, and a condition in a relation's join."""

    __tablename__ = "crates"

    code: Mapped[int] = mapped_column("id", primary_key=True)
    label: Mapped[str]
    weight: Mapped[int | None]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    rack_code: Mapped[int | None] = mapped_column("rack", ForeignKey("racks.rack_no"))
    outer_code: Mapped[int | None] = mapped_column("outer_id", ForeignKey("crates.id"))

    rack: Mapped[Rack | None] = relationship(back_populates="crates", lazy="raise")
    wide_rack: Mapped[Rack | None] = relationship(
        primaryjoin=lambda: and_(foreign(Crate.rack_code) == Rack.code, Rack.width >= 5),
        viewonly=True,
        lazy="raise",
    )
    outer: Mapped["Crate | None"] = relationship(back_populates="inner", remote_side=[code], lazy="raise")
    inner: Mapped[list["Crate"]] = relationship(back_populates="outer", lazy="raise")
    labels: Mapped[list["Label"]] = relationship(back_populates="crate", lazy="joined", order_by="Label.id")


Rack.crate_count = column_property(
    select(func.count(Crate.code)).where(Crate.rack_code == Rack.code).correlate_except(Crate).scalar_subquery()
)


class Label(Base):
    """Loaded with its crate, always."""

    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    crate_code: Mapped[int] = mapped_column(ForeignKey("crates.id"))

    crate: Mapped[Crate] = relationship(back_populates="labels")


class Key(Base):
    """A table and columns with names that a statement could want for itself."""

    __tablename__ = "keys"

    k0: Mapped[int] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str | None]

    uses: Mapped[list["Use"]] = relationship(back_populates="key")


class Use(Base):
    """A composite foreign key that may be missing."""

    __tablename__ = "ranked"
    __table_args__ = (ForeignKeyConstraint(["key_k0", "key_rank"], ["keys.k0", "keys.rank"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    key_k0: Mapped[int | None]
    key_rank: Mapped[int | None]

    key: Mapped[Key | None] = relationship(back_populates="uses")


class Place(MappedAsDataclass, Base, kw_only=True):
    """A dataclass."""

    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(default=1)
    whole_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), default=None)
    parts: Mapped[list["Place"]] = relationship(default_factory=list)


class Animal(Base):
    """Joined-table inheritance: some have a table more."""

    __tablename__ = "animals"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("keepers.id"))

    keeper: Mapped["Keeper | None"] = relationship(back_populates="animals")


class Bird(Animal):
    __tablename__ = "birds"
    __mapper_args__ = {"polymorphic_identity": "bird"}

    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    span: Mapped[int]

    eggs: Mapped[list["Egg"]] = relationship(back_populates="bird")


class Cat(Animal):
    """Single-table inheritance: of the same tables."""

    __mapper_args__ = {"polymorphic_identity": "cat"}


class Egg(Base):
    __tablename__ = "eggs"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    bird_id: Mapped[int] = mapped_column(ForeignKey("birds.id"))

    bird: Mapped[Bird] = relationship(back_populates="eggs")


class Keeper(Base):
    __tablename__ = "keepers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    animals: Mapped[list[Animal]] = relationship(back_populates="keeper")
    birds: Mapped[list[Bird]] = relationship(viewonly=True)
