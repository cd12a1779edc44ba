"""Many-to-many relations: by a table between, and by an association object, which share their join."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import F, Q, QuerySet
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


friendships = Table(
    "friendships",
    Base.metadata,
    Column("person_id", ForeignKey("persons.id"), primary_key=True),
    Column("friend_id", ForeignKey("persons.id"), primary_key=True),
)
likes = Table(
    "likes",
    Base.metadata,
    Column("person_id", ForeignKey("persons.id"), primary_key=True),
    Column("group_id", ForeignKey("groups.id"), primary_key=True),
)


class Person(Base):
    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")
    groups: Mapped[list["Group"]] = relationship(
        secondary="memberships", back_populates="members", viewonly=True, order_by="Group.name"
    )
    liked: Mapped[list["Group"]] = relationship(secondary=likes, back_populates="fans")
    friends: Mapped[list["Person"]] = relationship(
        secondary=friendships,
        primaryjoin=id == friendships.c.person_id,
        secondaryjoin=id == friendships.c.friend_id,
        back_populates="friend_of",
    )
    friend_of: Mapped[list["Person"]] = relationship(
        secondary=friendships,
        primaryjoin=id == friendships.c.friend_id,
        secondaryjoin=id == friendships.c.person_id,
        back_populates="friends",
    )


class Group(Base):
    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="group")
    members: Mapped[list[Person]] = relationship(
        secondary="memberships", back_populates="groups", viewonly=True
    )
    fans: Mapped[list[Person]] = relationship(secondary=likes, back_populates="liked")


class Membership(Base):
    __tablename__ = "memberships"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
    price: Mapped[int]

    person: Mapped[Person] = relationship(back_populates="memberships")
    group: Mapped[Group] = relationship(back_populates="memberships")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    chess, choir, empty = Group(id=1, name="chess"), Group(id=2, name="choir"), Group(id=3, name="empty")
    ann, bob, cid = Person(id=1, name="Ann"), Person(id=2, name="Bob"), Person(id=3, name="Cid")
    dee = Person(id=4, name="Dee")
    ann.liked, bob.liked, cid.liked = [chess, choir], [choir], [chess]
    ann.friends, bob.friends = [bob, cid], [cid]
    yield [chess, choir, empty]
    yield [ann, bob, cid, dee]
    yield [
        Membership(id=1, person=ann, group=chess, price=5),
        Membership(id=2, person=ann, group=choir, price=1),
        Membership(id=3, person=bob, group=choir, price=5),
        Membership(id=4, person=cid, group=chess, price=1),
    ]


CHAINS: Chains = {
    # A table between
    "key": (Person, lambda q: q.filter(liked=1).order_by("id"), [1, 3]),
    "keys": (Person, lambda q: q.filter(liked__in=[1, 2]).order_by("id"), [1, 2, 3]),
    "key by name": (Person, lambda q: q.filter(liked__id__gt=1).order_by("id"), [1, 2]),
    "behind": (Person, lambda q: q.filter(liked__name="choir").order_by("-name"), [2, 1]),
    "one row": (Person, lambda q: q.filter(liked__name="choir", liked__id=1), []),
    "two rows": (Person, lambda q: q.filter(liked__name="choir").filter(liked__id=1), [1]),
    "not": (Person, lambda q: q.exclude(liked__name="choir").order_by("id"), [3, 4]),
    "not key": (Person, lambda q: q.exclude(liked=2).order_by("id"), [3, 4]),
    "none": (Person, lambda q: q.filter(liked=None), [4]),
    "some": (Person, lambda q: q.filter(liked__isnull=False).order_by("id"), [1, 2, 3]),
    "any of": (Person, lambda q: q.filter(Q(liked__name="chess") | Q(name="Dee")).order_by("id"), [1, 3, 4]),
    "order": (Person, lambda q: q.filter(id__lt=4).order_by("liked__name", "-id"), [3, 1, 2]),
    "the other way": (Group, lambda q: q.filter(fans__name="Ann").order_by("id"), [1, 2]),
    "there and back": (Person, lambda q: q.filter(liked__fans__name="Bob").order_by("id"), [1, 2]),
    "F": (Person, lambda q: q.filter(liked__id=F("id")).order_by("id"), [1, 2]),
    "values": (
        Person,
        lambda q: q.order_by("id", "liked__name").values_list("name", "liked__name"),
        [("Ann", "chess"), ("Ann", "choir"), ("Bob", "choir"), ("Cid", "chess"), ("Dee", None)],
    ),
    "in a queryset": (
        Person,
        lambda q: q.filter(liked__in=QuerySet(Group).filter(name="chess")).order_by("id"),
        [1, 3],
    ),
    # Among the same
    "friends": (Person, lambda q: q.filter(friends__name="Cid").order_by("id"), [1, 2]),
    "friends the other way": (Person, lambda q: q.filter(friend_of=1).order_by("id"), [2, 3]),
    "friends of friends": (Person, lambda q: q.filter(friends__friends=3), [1]),
    "no friends": (Person, lambda q: q.filter(friends=None).order_by("id"), [3, 4]),
    "not friends": (Person, lambda q: q.exclude(friends__name="Bob").order_by("id"), [2, 3, 4]),
    "order by friends": (Person, lambda q: q.filter(id__lt=3).order_by("-friends__name", "-id"), [2, 1]),
    # An association object
    "through an object": (
        Person,
        lambda q: q.filter(memberships__group__name="chess").order_by("id"),
        [1, 3],
    ),
    "of an object": (Person, lambda q: q.filter(memberships__price=5).order_by("id"), [1, 2]),
    "across an object": (Person, lambda q: q.filter(groups__name="chess").order_by("id"), [1, 3]),
    "across and of one object": (Person, lambda q: q.filter(groups__name="choir", memberships__price=5), [2]),
    "key across and of one object": (Person, lambda q: q.filter(groups=1, memberships__price=1), [3]),
    "across and of two objects": (
        Person,
        lambda q: q.filter(groups__id=1).filter(memberships__price=1).order_by("id"),
        [1, 3],
    ),
    "any of one object": (
        Person,
        lambda q: q.filter(Q(groups__name="choir", memberships__price=5) | Q(name="Dee")).order_by("id"),
        [2, 4],
    ),
    "from the other side": (Group, lambda q: q.filter(members__name="Ann", memberships__price=5), [1]),
    "not across": (Person, lambda q: q.exclude(groups__name="chess").order_by("id"), [2, 4]),
    "none across": (Person, lambda q: q.filter(groups=None), [4]),
    "order across": (Person, lambda q: q.filter(id__lt=4).order_by("-groups__name", "id"), [1, 2, 3]),
    "values of one object": (
        Person,
        lambda q: (
            q.filter(id__lte=2)
            .order_by("id", "groups__id")
            .values_list("name", "groups__name", "memberships__price")
        ),
        [("Ann", "chess", 5), ("Ann", "choir", 1), ("Bob", "choir", 5)],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


def joins(sql: RecordedSQL) -> tuple[int, int]:
    """How often the last statement joins the association object, and what is behind it."""
    return sql.last.count("memberships AS"), sql.last.count("groups AS")


async def test_one_call_shares_the_join_of_the_object(session: AsyncSession, sql: RecordedSQL) -> None:
    persons = QuerySet(Person, session)
    await persons.filter(groups__id=1, memberships__price=5)
    assert joins(sql)[0] == 1
    await persons.filter(memberships__price=5, groups__name="chess", memberships__id__gt=0)
    assert joins(sql) == (1, 1)
    await persons.filter(Q(groups__name="chess") & Q(memberships__price=F("id")))
    assert joins(sql) == (1, 1)
    await persons.filter(memberships__group__name="chess", groups__id=1)
    assert joins(sql) == (1, 1)


async def test_two_calls_join_the_object_twice(session: AsyncSession, sql: RecordedSQL) -> None:
    persons = QuerySet(Person, session)
    await persons.filter(groups__name="chess").filter(memberships__price=5)
    assert joins(sql) == (2, 1)
    await persons.filter(memberships__price=5).filter(groups__name="chess").filter(groups__name="choir")
    assert joins(sql) == (3, 2)


async def test_the_join_of_the_object(session: AsyncSession, sql: RecordedSQL) -> None:
    """Of what is behind it only the key is asked for, and that the object has."""
    assert await QuerySet(Person, session).filter(groups__id=1, memberships__price=5).values_list("id") == [
        (1,)
    ]
    same_sql(
        sql.last,
        "SELECT persons.id FROM persons WHERE persons.id IN (SELECT memberships_1.person_id FROM memberships "
        "AS memberships_1 WHERE memberships_1.group_id = ? AND memberships_1.price = ?)",
    )


async def test_children(session: AsyncSession, sql: RecordedSQL) -> None:
    persons = await QuerySet(Person, session).options("groups", "liked").order_by("id")[:2]
    assert [
        ([group.name for group in person.groups], {group.name for group in person.liked})
        for person in persons
    ] == [(["chess", "choir"], {"chess", "choir"}), (["choir"], {"choir"})]
    assert len(sql) == 1


async def test_instances(session: AsyncSession) -> None:
    chess = await QuerySet(Group, session).get(name="chess")
    for name in ("liked", "groups", "memberships__group"):
        await gives(QuerySet(Person, session).filter(**{name: chess}).order_by("id"), [1, 3])


async def test_update(session: AsyncSession) -> None:
    persons = QuerySet(Person, session)
    assert tuples(await persons.filter(groups__name="choir", memberships__price=5).update(name="x")) == [(2,)]
    assert tuples(await persons.filter(liked__name="chess").update(name="y")) == [(1,), (3,)]
    await gives(persons.filter(name="y").order_by("id"), [1, 3])


async def test_delete(session: AsyncSession) -> None:
    assert tuples(await QuerySet(Membership, session).filter(group__members__name="Bob").delete()) == [
        (2,),
        (3,),
    ]
    assert tuples(await QuerySet(Group, session).filter(fans=None).delete()) == [(3,)]
    assert tuples(await QuerySet(Person, session).filter(liked=None, groups=None).delete()) == [(4,)]
