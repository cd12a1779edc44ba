"""Association proxies in paths: a relation and an attribute behind it, by one name."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, Q, QuerySet, UnsupportedOperationError
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Address(Base):
    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    taggings: Mapped[list["Tagging"]] = relationship(back_populates="tag")

    towns: AssociationProxy[list[str | None]] = association_proxy("taggings", "person_town")
    """A proxy to a proxy to a proxy."""


class Person(Base):
    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    address_id: Mapped[int | None] = mapped_column(ForeignKey("addresses.id"))

    address: Mapped[Address | None] = relationship()
    taggings: Mapped[list["Tagging"]] = relationship(back_populates="person")

    town: AssociationProxy[str | None] = association_proxy(
        "address", "city", creator=lambda city: Address(city=city)
    )
    """A scalar of a scalar."""
    tags: AssociationProxy[list[Tag]] = association_proxy("taggings", "tag")
    """A relation of a relation."""
    weights: AssociationProxy[list[int]] = association_proxy("taggings", "weight")
    """A scalar of a collection."""
    tag_names: AssociationProxy[list[str]] = association_proxy("taggings", "tag_name")
    """A proxy to a proxy."""


class Tagging(Base):
    __tablename__ = "taggings"

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    weight: Mapped[int]

    person: Mapped[Person] = relationship(back_populates="taggings")
    tag: Mapped[Tag] = relationship(back_populates="taggings")
    tag_name: AssociationProxy[str] = association_proxy("tag", "name")
    person_town: AssociationProxy[str | None] = association_proxy("person", "town")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Address(id=1, city="Ulm"), Address(id=2, city="Bonn")]
    yield [Tag(id=1, name="red"), Tag(id=2, name="blue"), Tag(id=3, name="grey")]
    yield [
        Person(id=1, name="Ann", address_id=1),
        Person(id=2, name="Bob", address_id=2),
        Person(id=3, name="Cid"),
    ]
    yield [
        Tagging(person_id=1, tag_id=1, weight=5),
        Tagging(person_id=1, tag_id=2, weight=1),
        Tagging(person_id=2, tag_id=2, weight=7),
    ]


CHAINS: Chains = {
    "a scalar": (Person, lambda q: q.filter(town="Ulm"), [1]),
    "a scalar with a lookup": (Person, lambda q: q.filter(town__iendswith="N"), [2]),
    "a scalar, in": (Person, lambda q: q.filter(town__in=["Ulm", "Bonn"]).order_by("id"), [1, 2]),
    "no scalar": (Person, lambda q: q.filter(town=None), [3]),
    "not a scalar": (Person, lambda q: q.exclude(town="Ulm").order_by("id"), [2, 3]),
    "any of": (Person, lambda q: q.filter(Q(town="Ulm") | Q(tag_names="blue")).order_by("id"), [1, 2]),
    "order by a scalar": (Person, lambda q: q.filter(town__isnull=False).order_by("town"), [2, 1]),
    "F of a scalar": (Person, lambda q: q.filter(town__gt=F("name")).order_by("id"), [1, 2]),
    "a scalar of many": (Person, lambda q: q.filter(weights=1), [1]),
    "a scalar of many, compared": (Person, lambda q: q.filter(weights__gte=5).order_by("id"), [1, 2]),
    "not a scalar of many": (Person, lambda q: q.exclude(weights=1).order_by("id"), [2, 3]),
    "order by a scalar of many": (Person, lambda q: q.filter(id__lt=3).order_by("-weights"), [2, 1]),
    "a relation": (Person, lambda q: q.filter(tags=2).order_by("id"), [1, 2]),
    "a relation, in": (Person, lambda q: q.filter(tags__in=[1, 3]), [1]),
    "through a relation": (Person, lambda q: q.filter(tags__name="red"), [1]),
    "no relation": (Person, lambda q: q.filter(tags=None), [3]),
    "not through a relation": (Person, lambda q: q.exclude(tags__name="red").order_by("id"), [2, 3]),
    "order through a relation": (Person, lambda q: q.filter(id__lt=3).order_by("-tags__name"), [1, 2]),
    "chained": (Person, lambda q: q.filter(tag_names="red"), [1]),
    "chained with a lookup": (Person, lambda q: q.filter(tag_names__startswith="bl").order_by("-id"), [2, 1]),
    "not chained": (Person, lambda q: q.exclude(tag_names="red").order_by("id"), [2, 3]),
    "chained twice": (Tag, lambda q: q.filter(towns="Ulm").order_by("id"), [1, 2]),
    "chained twice, not": (Tag, lambda q: q.exclude(towns="Ulm"), [3]),
    "chained twice, in order": (Tag, lambda q: q.filter(id__lt=3).order_by("towns"), [2, 1]),
    "chained to a scalar": (Tagging, lambda q: q.filter(person_town="Bonn"), [(2, 2)]),
    "behind a relation": (
        Tagging,
        lambda q: q.filter(person__town="Ulm").order_by("tag_name"),
        [(1, 2), (1, 1)],
    ),
    "behind a relation and one more": (
        Tagging,
        lambda q: q.filter(person__tags__name="red").order_by("tag_id"),
        [(1, 1), (1, 2)],
    ),
    "values": (
        Person,
        lambda q: q.order_by("id").values("name", "town"),
        [{"name": "Ann", "town": "Ulm"}, {"name": "Bob", "town": "Bonn"}, {"name": "Cid", "town": None}],
    ),
    "values of many": (
        Person,
        lambda q: (
            q.filter(tags__isnull=False)
            .order_by("id", "tag_names")
            .values_list("name", "tag_names", "weights")
        ),
        [("Ann", "blue", 1), ("Ann", "red", 5), ("Bob", "blue", 7)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_the_sql_is_that_of_the_whole_path(session: AsyncSession, sql: RecordedSQL) -> None:
    persons = QuerySet(Person, session)
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"town": "Ulm"}, {"address__city": "Ulm"}),
        ({"tags__name": "red"}, {"taggings__tag__name": "red"}),
        ({"tag_names__in": ["red"]}, {"taggings__tag__name__in": ["red"]}),
        ({"tags": 1}, {"taggings__tag": 1}),
    ]
    for short, long in pairs:
        same_sql(persons.filter(**short).sql(), persons.filter(**long).sql())
        same_sql(persons.exclude(**short).sql(), persons.exclude(**long).sql())


async def test_within_a_call_it_is_the_join_of_its_relation(session: AsyncSession, sql: RecordedSQL) -> None:
    persons = QuerySet(Person, session)
    await gives(persons.filter(tags__name="blue", taggings__weight__gt=3), [2])
    assert sql.last.count("taggings AS") == 1
    await gives(persons.filter(tags__name="blue").filter(taggings__weight__gt=3).order_by("id"), [1, 2])
    await gives(persons.filter(tag_names="blue", weights__lt=5, tags__id=2), [1])
    assert sql.last.count("taggings AS") == 1


async def test_instances(session: AsyncSession) -> None:
    red = await QuerySet(Tag, session).get(name="red")
    await gives(QuerySet(Person, session).filter(tags=red), [1])
    await gives(QuerySet(Person, session).filter(tags__in=QuerySet(Tag).filter(name="red")), [1])


async def test_a_proxy_to_a_relation_is_loaded(session: AsyncSession, sql: RecordedSQL) -> None:
    persons = await QuerySet(Person, session).options("tags", "address").order_by("id")
    assert [(person.town, {tag.name for tag in person.tags}) for person in persons] == [
        ("Ulm", {"red", "blue"}),
        ("Bonn", {"blue"}),
    ]
    assert len(sql) == 1


async def test_update(session: AsyncSession) -> None:
    persons = QuerySet(Person, session)
    assert tuples(await persons.filter(town="Ulm", tag_names="red").update(name="x")) == [(1,)]
    await gives(persons.filter(name="x"), [1])
    with pytest.raises(UnsupportedOperationError):
        await persons.update(town="Rome")


async def test_delete(session: AsyncSession) -> None:
    assert tuples(await QuerySet(Tagging, session).filter(person_town="Ulm", tag_name="red").delete()) == [
        (1, 1)
    ]
    assert tuples(await QuerySet(Person, session).filter(tags=None).delete()) == [(3,)]


async def test_create(session: AsyncSession) -> None:
    class Persons(BaseRepository[Person]): ...

    repo = Persons(session).flush()
    made = await repo.create(name="Dee", town="Oslo")
    await gives(repo.objects.filter(address__city="Oslo"), [made.id])
    found, created = await repo.objects.get_or_create(name="Eve", town="Rome")
    assert (created, found.town) == (True, "Rome")
    assert await repo.objects.get_or_create(name="Eve", town="Rome") == (found, False)
