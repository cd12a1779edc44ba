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
    labels: Mapped[list["Label"]] = relationship(back_populates="crate")


Rack.crate_count = column_property(
    select(func.count(Crate.code))
    .where(Crate.rack_code == Rack.code)
    .correlate_except(Crate)
    .scalar_subquery()
)


class Label(Base):
    """Its stamps are loaded with it, always."""

    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    crate_code: Mapped[int] = mapped_column(ForeignKey("crates.id"))

    crate: Mapped[Crate] = relationship(back_populates="labels")
    stamps: Mapped[list["Stamp"]] = relationship(lazy="joined", order_by="Stamp.id")


class Stamp(Base):
    __tablename__ = "stamps"

    id: Mapped[int] = mapped_column(primary_key=True)
    ink: Mapped[str]
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"))


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
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("keepers.id"))

    keeper: Mapped["Keeper | None"] = relationship(back_populates="animals")


class Bird(Animal):
    __tablename__ = "birds"
    __mapper_args__ = {"polymorphic_identity": "bird"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    span: Mapped[int]

    eggs: Mapped[list["Egg"]] = relationship(back_populates="bird")


class Cat(Animal):
    """Single-table inheritance: of the same tables."""

    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


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


def mapped_rows() -> list[list[Base]]:
    """New instances, each list after those that it refers to."""
    return [
        [
            Rack(code=1, label="left", width=5, height=2, remark="new"),
            Rack(code=2, label="Right", width=1, height=9),
            Rack(code=3, label="empty", width=7, height=1, remark="old"),
        ],
        [
            Crate(code=1, label="a", weight=5, rack_code=1, content={"x": 1}),
            Crate(code=2, label="b", weight=15, rack_code=1, outer_code=1),
            Crate(code=3, label="c", weight=20, rack_code=2, outer_code=1),
            Crate(code=4, label="d", outer_code=2),
        ],
        [
            Label(id=1, text="fragile", crate_code=1),
            Label(id=2, text="heavy", crate_code=1),
            Label(id=3, text="heavy", crate_code=3),
        ],
        [Stamp(id=1, ink="red", label_id=2), Stamp(id=2, ink="blue", label_id=2)],
        [Key(k0=1, rank=1, note="x"), Key(k0=1, rank=2), Key(k0=2, rank=1)],
        [
            Use(id=1, size=5, key_k0=1, key_rank=1),
            Use(id=2, size=1, key_k0=1, key_rank=1),
            Use(id=3, size=3, key_k0=2, key_rank=1),
            Use(id=4, size=9),
        ],
        [Keeper(id=1, name="Kim"), Keeper(id=2, name="Lee")],
        [
            Animal(id=1, name="any", keeper_id=1),
            Bird(id=2, name="owl", span=3, keeper_id=1),
            Bird(id=3, name="hawk", span=9, keeper_id=2),
            Cat(id=4, name="tom", keeper_id=1),
        ],
        [Egg(id=1, size=1, bird_id=2), Egg(id=2, size=7, bird_id=2), Egg(id=3, size=4, bird_id=3)],
    ]
