"""Single-table inheritance: subclasses in the base's table, told apart by a column."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, Q, QuerySet, UnknownFieldError, UnsupportedOperationError
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Zoo(Base):
    __tablename__ = "zoos"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    animals: Mapped[list["Animal"]] = relationship(back_populates="zoo")
    birds: Mapped[list["Bird"]] = relationship(viewonly=True)


class Animal(Base):
    __tablename__ = "animals"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    legs: Mapped[int] = mapped_column(default=0)
    zoo_id: Mapped[int | None] = mapped_column(ForeignKey("zoos.id"))
    mate_id: Mapped[int | None] = mapped_column(ForeignKey("animals.id"))

    zoo: Mapped[Zoo | None] = relationship(back_populates="animals")


class Bird(Animal):
    __mapper_args__ = {"polymorphic_identity": "bird"}  # noqa: RUF012

    span: Mapped[int | None]

    mate: Mapped["Bird | None"] = relationship(remote_side=Animal.id, foreign_keys=Animal.mate_id)


class Owl(Bird):
    """Nothing of its own."""

    __mapper_args__ = {"polymorphic_identity": "owl"}  # noqa: RUF012


class Cat(Animal):
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012

    lives: Mapped[int | None]


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Zoo(id=1, name="east"), Zoo(id=2, name="west"), Zoo(id=3, name="empty")]
    yield [
        Animal(id=1, name="eel", zoo_id=1),
        Bird(id=2, name="hawk", legs=2, span=9, zoo_id=1),
        Owl(id=3, name="hoot", legs=2, span=5, zoo_id=2),
        Bird(id=4, name="kiwi", legs=2),
        Cat(id=5, name="tom", legs=4, lives=9, zoo_id=1),
        Cat(id=6, name="hex", legs=4, zoo_id=2),
    ]
    yield [Owl(id=7, name="who", legs=2, span=4, zoo_id=2, mate_id=3)]


CHAINS: Chains = {
    "the base": (Animal, lambda q: q.order_by("id"), [1, 2, 3, 4, 5, 6, 7]),
    "a subclass": (Bird, lambda q: q.order_by("-id"), [7, 4, 3, 2]),
    "a subclass of a subclass": (Owl, lambda q: q.filter(span=5), [3]),
    "another subclass's rows": (Cat, lambda q: q.filter(name="hawk"), []),
    "not": (Bird, lambda q: q.exclude(span__gt=4).order_by("id"), [4, 7]),
    "a relation of the base": (Bird, lambda q: q.filter(zoo__name="west").order_by("id"), [3, 7]),
    "a relation to a subclass": (Bird, lambda q: q.filter(mate__span=5), [7]),
    "not a relation to a subclass": (Bird, lambda q: q.exclude(mate__span=5).order_by("id"), [2, 3, 4]),
    "no relation to a subclass": (Owl, lambda q: q.filter(mate=None), [3]),
    "to-many of a subclass": (Zoo, lambda q: q.filter(birds__legs=2).order_by("id"), [1, 2]),
    "to-many of a subclass only": (Zoo, lambda q: q.filter(birds__name="tom"), []),
    "not to-many of a subclass": (Zoo, lambda q: q.exclude(birds__span=9).order_by("id"), [2, 3]),
    "no to-many of a subclass": (Zoo, lambda q: q.filter(birds=None), [3]),
    "values": (
        Owl,
        lambda q: q.order_by("id").values_list("name", "span", "zoo__name"),
        [("hoot", 5, "west"), ("who", 4, "west")],
    ),
    # A subclass by its name
    "by name": (Animal, lambda q: q.filter(bird__span__gt=4).order_by("id"), [2, 3]),
    "by name, not": (Animal, lambda q: q.exclude(bird__span__gt=4).order_by("id"), [1, 4, 5, 6, 7]),
    "by name, what it inherits": (
        Animal,
        lambda q: q.filter(bird__name__startswith="h").order_by("id"),
        [2, 3],
    ),
    "by name, not what it inherits": (
        Animal,
        lambda q: q.exclude(bird__name__startswith="h").order_by("id"),
        [1, 4, 5, 6, 7],
    ),
    "by name, some": (Animal, lambda q: q.filter(bird__isnull=False).order_by("id"), [2, 3, 4, 7]),
    "by name, none": (Animal, lambda q: q.filter(bird__isnull=True).order_by("id"), [1, 5, 6]),
    "by name, some with nothing of its own": (
        Animal,
        lambda q: q.filter(owl__isnull=False).order_by("id"),
        [3, 7],
    ),
    "by name, its key": (Animal, lambda q: q.filter(cat__in=[2, 5]), [5]),
    "by name, any of": (Animal, lambda q: q.filter(Q(cat__lives=9) | Q(owl__span=4)).order_by("id"), [5, 7]),
    "by name, a relation of its own": (Animal, lambda q: q.filter(bird__mate__span=5), [7]),
    "by name, from a subclass": (Bird, lambda q: q.filter(owl__span__gt=4), [3]),
    "by name, in order": (Animal, lambda q: q.filter(bird__span__gt=0).order_by("bird__span"), [7, 3, 2]),
    "by name, as a value": (
        Animal,
        lambda q: q.filter(legs=4).order_by("id").values_list("name", "cat__lives"),
        [("tom", 9), ("hex", None)],
    ),
    "by name, F": (Animal, lambda q: q.filter(bird__span=F("legs") + 3), [3]),
    "by name, through to-many": (Zoo, lambda q: q.filter(animals__bird__span__gt=4).order_by("id"), [1, 2]),
    "by name, one row through to-many": (
        Zoo,
        lambda q: q.filter(animals__bird__span__gt=4, animals__name="hoot"),
        [2],
    ),
    "by name, not through to-many": (Zoo, lambda q: q.exclude(animals__cat__lives=9).order_by("id"), [2, 3]),
    # An attribute that only one subclass has
    "only one has it": (Animal, lambda q: q.filter(span__gt=4).order_by("id"), [2, 3]),
    "only one has it, not": (Animal, lambda q: q.exclude(lives=9).order_by("id"), [1, 2, 3, 4, 6, 7]),
    "only one has it, through to-many": (Zoo, lambda q: q.filter(animals__lives=9), [1]),
    "only one has it, in order": (
        Animal,
        lambda q: q.filter(span__isnull=False).order_by("-span"),
        [2, 3, 7],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_a_subclass_has_only_its_rows(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Bird, session).filter(legs=2).count() == 4
    same_sql(
        sql.last,
        "SELECT count(*) AS count_1 FROM animals WHERE animals.legs = ? AND animals.kind IN (?, ?)",
    )
    assert await QuerySet(Bird, session).exists()
    assert "kind IN" in sql.last
    assert await QuerySet(Bird, session).order_by("id")[:1].count() == 1
    assert "kind IN" in sql.last


async def test_a_subclass_s_own_column_needs_no_join(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Animal, session).filter(bird__span__gt=4).count() == 2
    assert "JOIN" not in sql.last
    assert await QuerySet(Animal, session).filter(span__gt=4).count() == 2
    assert "JOIN" not in sql.last


async def test_models_are_of_their_own_class(session: AsyncSession) -> None:
    found = await QuerySet(Animal, session).order_by("id")
    assert [type(animal) for animal in found] == [Animal, Bird, Owl, Bird, Cat, Cat, Owl]
    [zoo] = await QuerySet(Zoo, session).filter(name="west").options("animals")
    assert {type(animal) for animal in zoo.animals} == {Owl, Cat}
    [zoo] = await QuerySet(Zoo, session).filter(name="east").options("birds")
    assert [bird.name for bird in zoo.birds] == ["hawk"]


async def test_finding_by_key(session: AsyncSession) -> None:
    class Birds(BaseRepository[Bird]): ...

    assert isinstance(await Birds(session).get_by_pk(3), Owl)
    assert await Birds(session).get_by_pk(5) is None
    assert (await Birds(session).objects.in_bulk([3, 5])).keys() == {3}


async def test_update(session: AsyncSession) -> None:
    hoot = await QuerySet(Owl, session).get(name="hoot")
    assert tuples(await QuerySet(Bird, session).filter(zoo__name="west").update(span=F("span") + 1)) == [
        (3,),
        (7,),
    ]
    assert hoot.span == 6
    assert tuples(await QuerySet(Animal, session).filter(bird__span__gt=5).update(legs=3)) == [(2,), (3,)]
    assert tuples(await QuerySet(Cat, session).update(lives=1, name="c")) == [(5,), (6,)]
    assert (await QuerySet(Cat, session).filter(name="hawk").update(lives=2)).rowcount == 0
    with pytest.raises(UnknownFieldError):
        await QuerySet(Cat, session).update(span=1)


async def test_delete(session: AsyncSession) -> None:
    assert tuples(await QuerySet(Owl, session).filter(mate__span=5).delete()) == [(7,)]
    assert tuples(await QuerySet(Bird, session).delete()) == [(2,), (3,), (4,)]
    assert tuples(await QuerySet(Animal, session).filter(cat__lives=9).delete()) == [(5,)]
    await gives(QuerySet(Animal, session).order_by("id"), [1, 6])


async def test_create(session: AsyncSession) -> None:
    class Owls(BaseRepository[Owl]): ...

    repo = Owls(session).flush()
    new = await repo.create(name="new", span=3)
    assert new.kind == "owl"
    tom, created = await repo.objects.get_or_create(name="tom")
    assert (created, tom.kind) == (True, "owl")
    await gives(QuerySet(Bird, session).filter(span=3), [new.id])


async def test_an_object_of_the_base_is_not_stored_in_the_row_of_a_subclass(
    session: AsyncSession, sql: RecordedSQL
) -> None:
    class Animals(BaseRepository[Animal]): ...

    class Zoos(BaseRepository[Zoo]): ...

    animals = Animals(session).flush()
    for key, name in ((2, "Bird"), (3, "Owl"), (5, "Cat")):
        for write in (animals.update, animals.save):
            with pytest.raises(UnsupportedOperationError, match=f"this Animal is that of a {name}, and"):
                await write(Animal(id=key, name="new"))
    with pytest.raises(UnsupportedOperationError, match="row of this Bird is that of a Owl, and"):
        await animals.update(Bird(id=3, name="new"))
    with pytest.raises(UnsupportedOperationError, match="this Animal is that of a Cat, and"):
        await Zoos(session).update(Zoo(id=1, name="new", animals=[Animal(id=5, name="new")]))
    assert not session.dirty
    assert not any(statement.startswith("UPDATE") for statement, _ in sql.statements)

    assert type(await animals.update(Animal(id=1, name="new"))) is Animal
    assert (await animals.update(Cat(id=5, name="new"))).name == "new"
    written = QuerySet(Animal, session).filter(name="new").order_by("id")
    assert await written.values_list("id", "kind") == [(1, "animal"), (5, "cat")]
