"""An outbox on each backend, in a database of its own."""

import pytest
from sqlalchemy.orm import DeclarativeBase

from django_like_repos import BaseRepository, Database
from django_like_repos.contrib.outbox import Outbox, OutboxMessage


class Base(DeclarativeBase):
    """The models of these tests only."""


class Outgoing(OutboxMessage, Base):
    __tablename__ = "outbox"


class OutgoingRepository(BaseRepository[Outgoing]): ...


@pytest.fixture
async def database(fresh_database: Database) -> Database:
    await fresh_database.create_all(Base)
    return fresh_database


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database, Outgoing)
