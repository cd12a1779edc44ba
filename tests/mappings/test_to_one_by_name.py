"""Relations that are to-one by name only, and models that are different by what is annotated on them."""

import warnings
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from django_like_repos import Database, F, QuerySet
from django_like_repos.mapping.models import hop_of, mapper_of


class Hotel(DeclarativeBase):
    pass


class Guest(Hotel):
    __tablename__ = "guests"

    id: Mapped[int] = mapped_column(primary_key=True)
    newest: Mapped["Stay"] = relationship(uselist=False, order_by="Stay.value.desc()", viewonly=True)
    card: Mapped["Card"] = relationship(back_populates="guest")


class Stay(Hotel):
    __tablename__ = "stays"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]
    code: Mapped[str]
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))
    guest: Mapped[Guest] = relationship(viewonly=True)


class Card(Hotel):
    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"), unique=True)
    code: Mapped[str]
    guest: Mapped[Guest] = relationship(back_populates="card")
    stay: Mapped[Stay] = relationship(primaryjoin=lambda: foreign(Card.code) == Stay.code, viewonly=True)


@pytest.fixture
async def hotel(fresh_database: Database) -> AsyncIterator[AsyncSession]:
    await fresh_database.create_all(Hotel.metadata)
    async with fresh_database.session() as session:
        session.add_all([Guest(id=1), Guest(id=2), Guest(id=3)])
        await session.flush()
        session.add_all(
            [Stay(id=1, value=1, code="a", guest_id=1), Stay(id=2, value=2, code="a", guest_id=1)]
        )
        session.add(Stay(id=3, value=3, code="b", guest_id=2))
        session.add_all([Card(id=1, guest_id=1, code="a"), Card(id=2, guest_id=2, code="b")])
        await session.flush()
        session.expunge_all()
        yield session


@pytest.mark.parametrize(
    ("model", "name", "many"),
    [
        (Guest, "newest", True),
        (Guest, "card", False),
        (Stay, "guest", False),
        (Card, "guest", False),
        (Card, "stay", True),
    ],
)
def test_what_the_database_guarantees(model: type[Any], name: str, many: bool) -> None:
    hop = hop_of(mapper_of(model), name)
    assert hop is not None
    assert hop.to_many is many


Chain = Callable[[QuerySet[Any]], QuerySet[Any]]
FOUND: dict[str, tuple[type[Any], Chain, list[int]]] = {
    "filtered": (Guest, lambda guests: guests.filter(newest__value__gt=0), [1, 2]),
    "filtered twice": (Guest, lambda guests: guests.filter(newest__value=1).filter(newest__value=2), [1]),
    "excluded": (Guest, lambda guests: guests.exclude(newest__value=1), [2, 3]),
    "a slice": (Guest, lambda guests: guests.filter(newest__value__gt=0).order_by("id")[1:2], [2]),
    "by what is not unique": (Card, lambda cards: cards.filter(stay__value__gt=0), [1, 2]),
    "not by what is not unique": (Card, lambda cards: cards.exclude(stay__value=2), [2]),
    "different with what is related": (
        Guest,
        lambda guests: guests.annotate(x=F("newest__value") * 0).distinct(),
        [1, 2, 3],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", FOUND)
async def test_a_name_is_no_promise(hotel: AsyncSession, name: str) -> None:
    model, chain, expected = FOUND[name]
    queryset = chain(QuerySet(model, hotel).order_by("id"))
    found = await queryset
    assert [each.id for each in found] == expected
    assert await queryset.count() == len(expected)


async def test_the_first_in_its_order_is_loaded(hotel: AsyncSession) -> None:
    with warnings.catch_warnings():
        # SQLAlchemy says that there are several, as it does of its own joins.
        warnings.simplefilter("ignore", SAWarning)
        found = await QuerySet(Guest, hotel).options("newest").order_by("id")
    assert [(guest.id, guest.newest.value) for guest in found] == [(1, 2), (2, 3)]
