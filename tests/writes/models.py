"""The tables that the tests of writing change: jobs in queues, with steps and labels; seats with tickets.

Between them they have what a condition of UPDATE and DELETE can speak of: own columns with and without
NULL, to-one relations that may and that cannot be missing, one of them to a key that may be NULL itself,
to-many and many-to-many ones, a reference to the own table, and a composite key on both ends of a relation.
"""

from datetime import date
from decimal import Decimal
from enum import Enum

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The models of the tests of writing only."""


class Priority(Enum):
    LOW = "low"
    HIGH = "high"


class Queue(Base):
    __tablename__ = "queues"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    region: Mapped[str | None]
    nickname: Mapped[str | None] = mapped_column(unique=True)

    jobs: Mapped[list["Job"]] = relationship(back_populates="queue", foreign_keys="Job.queue_id")


job_labels = Table(
    "job_labels",
    Base.metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("label_id", ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True),
)


class Job(Base):
    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("queue_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20), default="pending")
    code: Mapped[str | None]
    rank: Mapped[int | None]
    cost: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    due: Mapped[date | None]
    priority: Mapped[Priority | None]
    touched: Mapped[int] = mapped_column(default=0)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id"))
    fallback_id: Mapped[int | None] = mapped_column(ForeignKey("queues.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    queue_nickname: Mapped[str | None] = mapped_column(ForeignKey("queues.nickname"))

    queue: Mapped[Queue] = relationship(back_populates="jobs", foreign_keys=[queue_id])
    fallback: Mapped[Queue | None] = relationship(foreign_keys=[fallback_id])
    nickname: Mapped[Queue | None] = relationship(foreign_keys=[queue_nickname])
    parent: Mapped["Job | None"] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list["Job"]] = relationship(back_populates="parent")
    steps: Mapped[list["Step"]] = relationship(back_populates="job", passive_deletes=True)
    labels: Mapped[list["Label"]] = relationship(back_populates="jobs", secondary=job_labels)


class Step(Base):
    __tablename__ = "steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    done: Mapped[bool | None]
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))

    job: Mapped[Job] = relationship(back_populates="steps")


class Label(Base):
    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    uses: Mapped[int] = mapped_column(default=0)
    edited: Mapped[bool] = mapped_column(default=False, onupdate=True)
    edit: Mapped[str | None] = mapped_column(onupdate=func.lower("ONCE"))

    jobs: Mapped[list[Job]] = relationship(back_populates="labels", secondary=job_labels)


class Seat(Base):
    """A composite primary key."""

    __tablename__ = "seats"

    row: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="free")
    price: Mapped[int | None] = mapped_column("price_in_cents")

    tickets: Mapped[list["Ticket"]] = relationship(back_populates="seat")


class Ticket(Base):
    """A composite foreign key."""

    __tablename__ = "tickets"
    __table_args__ = (ForeignKeyConstraint(["seat_row", "seat_number"], ["seats.row", "seats.number"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str | None]
    seat_row: Mapped[str | None]
    seat_number: Mapped[int | None]

    seat: Mapped[Seat | None] = relationship(back_populates="tickets")
