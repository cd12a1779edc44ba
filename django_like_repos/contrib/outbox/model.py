"""The table of an outbox: columns for a model of the application's, so that its migrations make it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, DateTime, Index, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column


class OutboxMessage:
    """The columns of an outbox: ``class Outgoing(OutboxMessage, Base): __tablename__ = "outbox"``."""

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(255))
    payload: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    available_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """From when on it may be claimed, which is when the claim that it is in ends; None of one given up."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was claimed."""
    claim: Mapped[str | None] = mapped_column(String(32))
    """The claim that it is in, or was in last."""
    error: Mapped[str | None] = mapped_column(Text)
    """Why the last delivery failed."""

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        name: str = cls.__tablename__  # type: ignore[attr-defined]
        return (Index(f"ix_{name}_available_at_id", "available_at", "id"),)


class Message(NamedTuple):
    """A message as it is claimed."""

    id: int
    topic: str
    payload: Any
    created_at: datetime
    attempts: int
    """How often it was claimed, this time too."""
