"""What `create()` and its kin are given for relations, refused where SQLAlchemy cannot take it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, mapped_column, relationship, validates
from sqlalchemy.orm.collections import attribute_keyed_dict

from django_like_repos import BaseRepository, Database, InvalidLookupValueError


class Base(DeclarativeBase):
    """The models of this module."""


class Part(Base):
    __tablename__ = "parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    whole_id: Mapped[int | None] = mapped_column(ForeignKey("wholes.id"))


OTHERS = "listed,bag,named,later,only,read"


class Whole(Base):
    __tablename__ = "wholes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")

    listed: Mapped[list[Part]] = relationship(overlaps=OTHERS)
    bag: Mapped[set[Part]] = relationship(overlaps=OTHERS)
    named: Mapped[dict[str, Part]] = relationship(
        collection_class=attribute_keyed_dict("name"), overlaps=OTHERS
    )
    later: DynamicMapped[Part] = relationship(overlaps=OTHERS)
    only: Mapped[Part | None] = relationship(overlaps=OTHERS)
    read: Mapped[list[Part]] = relationship(overlaps=OTHERS)

    @validates("read")
    def _part_of(self, _: str, value: Any) -> Part:
        return value if isinstance(value, Part) else Part(name=value)


class Parts(BaseRepository[Part]):
    pass


class Wholes(BaseRepository[Whole]):
    pass


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    async with Database("sqlite+aiosqlite://") as database:
        await database.create_all(Base)
        async with database.session() as session:
            yield session


WRONG: dict[str, tuple[str, list[Any]]] = {
    "listed": (
        "a list of Part objects",
        [None, "abc", 1, {}, (), {1}, Part(), iter([]), [1], [None], [Whole()]],
    ),
    "bag": ("a set of Part objects", [[], None, {1}]),
    "named": ("a dict of Part objects", [[], None, {"a": 1}]),
    "later": ("a list of Part objects", [None, "abc", 5, [1]]),
    "only": ("a Part object or None", [5, [Part()], Whole()]),
}
CASES = [(name, value, takes) for name, (takes, values) in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value", "takes"), CASES, ids=lambda value: type(value).__name__)
async def test_what_a_relation_cannot_be_set_to(
    name: str, value: Any, takes: str, session: AsyncSession
) -> None:
    wholes = Wholes(session).flush()
    given: dict[str, Any] = {name: value}
    for verb, writes in (
        ("create", lambda: wholes.create(**given)),
        ("bulk_create", lambda: wholes.bulk_create([{"name": "a"}, given])),
        ("get_or_create", lambda: wholes.objects.get_or_create(name="b", defaults=given)),
        ("update_or_create", lambda: wholes.objects.update_or_create(name="c", defaults=given)),
    ):
        with pytest.raises(InvalidLookupValueError, match=rf"Whole: {name}=.*'{verb}' takes {takes} here"):
            await writes()
    assert not session.new
    assert await wholes.objects.count() == 0


async def test_what_it_can_be_set_to(session: AsyncSession) -> None:
    made = (
        await Wholes(session)
        .commit()
        .create(
            listed=[Part()],
            bag={Part()},
            named={"a": Part(name="a")},
            later=(Part(),),
            only=Part(),
            read=["b"],
        )
    )

    assert [type(made.listed), type(made.bag), list(made.named)] == [
        type(Whole().listed),
        type(Whole().bag),
        ["a"],
    ]
    assert [part.name for part in made.read] == ["b"]
    assert {each.name async for each in Parts(session).objects} == {"", "a", "b"}
    assert await Parts(session).objects.filter(whole_id=made.id).count() == 6
