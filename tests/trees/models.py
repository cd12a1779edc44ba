"""Models that lead to themselves: by a foreign key, a table or a class between, by keys of two columns."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The tables of these tests."""


class Owner(Base):
    __tablename__ = "tree_owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


links = Table(
    "tree_links",
    Base.metadata,
    Column("source_id", ForeignKey("tree_nodes.id"), primary_key=True),
    Column("target_id", ForeignKey("tree_nodes.id"), primary_key=True),
)


class Node(Base):
    """One parent, two children by name, links to any others, steps of some weight."""

    __tablename__ = "tree_nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    rank: Mapped[int] = mapped_column(default=0)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tree_nodes.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("tree_owners.id"))
    child_a_id: Mapped[int | None] = mapped_column(ForeignKey("tree_nodes.id"))
    child_b_id: Mapped[int | None] = mapped_column(ForeignKey("tree_nodes.id"))

    owner: Mapped[Owner | None] = relationship()
    parent: Mapped["Node | None"] = relationship(
        foreign_keys=[parent_id], remote_side=[id], back_populates="children"
    )
    children: Mapped[list["Node"]] = relationship(
        foreign_keys=[parent_id], back_populates="parent", order_by="Node.rank, Node.id"
    )
    child_a: Mapped["Node | None"] = relationship(foreign_keys=[child_a_id], remote_side=[id])
    child_b: Mapped["Node | None"] = relationship(foreign_keys=[child_b_id], remote_side=[id])
    linked: Mapped[list["Node"]] = relationship(
        secondary=links, primaryjoin=id == links.c.source_id, secondaryjoin=id == links.c.target_id
    )
    steps: Mapped[list["Step"]] = relationship(foreign_keys="Step.from_id", back_populates="source")


class Step(Base):
    """From one node to another: a class between."""

    __tablename__ = "tree_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("tree_nodes.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("tree_nodes.id"))
    weight: Mapped[int] = mapped_column(default=1)

    source: Mapped[Node] = relationship(foreign_keys=[from_id], back_populates="steps")
    target: Mapped[Node] = relationship(foreign_keys=[to_id])


class Cell(Base):
    """A key of two columns."""

    __tablename__ = "tree_cells"
    __table_args__ = (ForeignKeyConstraint(["up_row", "up_column"], ["tree_cells.row", "tree_cells.column"]),)

    row: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[str] = mapped_column(primary_key=True)
    up_row: Mapped[int | None]
    up_column: Mapped[str | None]

    up: Mapped["Cell | None"] = relationship(remote_side=[row, column], back_populates="below")
    below: Mapped[list["Cell"]] = relationship(back_populates="up")


class Unit(Base):
    """A class with others below it, which lead to any of it."""

    __tablename__ = "tree_units"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    within_id: Mapped[int | None] = mapped_column(ForeignKey("tree_units.id"))

    within: Mapped["Unit | None"] = relationship(remote_side=[id], back_populates="units")
    units: Mapped[list["Unit"]] = relationship(back_populates="within")

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "unit"}  # noqa: RUF012


class Team(Unit):
    """In a table of its own."""

    __tablename__ = "tree_teams"

    id: Mapped[int] = mapped_column(ForeignKey("tree_units.id"), primary_key=True)
    size: Mapped[int]

    __mapper_args__ = {"polymorphic_identity": "team"}  # noqa: RUF012


class NodeRepository(BaseRepository[Node]): ...


class CellRepository(BaseRepository[Cell]): ...


class UnitRepository(BaseRepository[Unit]): ...


class TeamRepository(BaseRepository[Team]): ...
