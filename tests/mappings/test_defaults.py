"""Values that the mapping or the database gives: defaults, what an UPDATE sets, what is computed."""

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Computed, FetchedValue, ForeignKey, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, QuerySet, UnsupportedOperationError
from django_like_repos.execution import objects
from tests.mappings.reading import gives, tuples
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


_ticks = count(1)


def tick() -> str:
    return f"tick {next(_ticks)}"


class Entry(Base):
    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column("sz", default=3)
    mark: Mapped[str] = mapped_column(default=tick, onupdate=tick)
    """Python's, of inserts and updates."""
    length: Mapped[int | None] = mapped_column(default=func.length("four"), onupdate=func.length("sixsix"))
    """SQL's, of inserts and updates."""
    state: Mapped[str] = mapped_column(server_default="new")
    number: Mapped[int] = mapped_column(server_default=text("7"), server_onupdate=FetchedValue())
    double: Mapped[int] = mapped_column(Computed("sz * 2", persisted=True))
    """The database computes it."""


class Eager(Base):
    __tablename__ = "eager_entries"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="new")
    length: Mapped[int | None] = mapped_column(onupdate=func.length("sixsix"))


class Parent(Base):
    """The database deletes its children, or lets them go."""

    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    children: Mapped[list["Child"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    guests: Mapped[list["Guest"]] = relationship(passive_deletes="all")


class Guardian(Base):
    """The database knows nothing of what goes with it."""

    __tablename__ = "guardians"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    wards: Mapped[list["Ward"]] = relationship(cascade="all, delete-orphan")


class Child(Base):
    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id", ondelete="CASCADE"))


class Guest(Base):
    __tablename__ = "guests"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("parents.id", ondelete="SET NULL", onupdate="CASCADE")
    )


class Ward(Base):
    """Only the ORM knows that it goes with its guardian."""

    __tablename__ = "wards"

    id: Mapped[int] = mapped_column(primary_key=True)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardians.id"))


class EntryRepository(BaseRepository[Entry]): ...


class EagerRepository(BaseRepository[Eager]): ...


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Entry(id=1, name="a", mark="-", length=1), Entry(id=2, name="b", size=5, mark="-", length=1)]
    yield [Eager(id=1, name="a")]
    yield [Parent(id=1, name="a"), Parent(id=2, name="b"), Guardian(id=2, name="b")]
    yield [
        Child(id=1, parent_id=1),
        Child(id=2, parent_id=1),
        Guest(id=1, parent_id=1),
        Ward(id=1, guardian_id=2),
    ]


async def test_defaults_of_what_is_created(session: AsyncSession) -> None:
    repo = EntryRepository(session).flush()
    made = await repo.create(name="new")
    [of_many] = await repo.bulk_create([{"name": "new"}])
    found, _ = await repo.objects.get_or_create(name="newer")
    for entry in (made, of_many, found):
        # Nothing of it is loaded lazily, which would be an error here.
        assert (entry.size, entry.length, entry.state, entry.number, entry.double) == (3, 4, "new", 7, 6)
        assert entry.mark.startswith("tick")
    assert len({made.mark, of_many.mark, found.mark}) == 3
    await gives(repo.objects.filter(state="new", number=7, double=6, name="newer"), [found.id])


async def test_an_update_sets_what_the_mapping_says(session: AsyncSession) -> None:
    entries = QuerySet(Entry, session)
    await entries.filter(name="a").update(size=10)
    [(mark, length, double)] = await entries.filter(id=1).values_list("mark", "length", "double")
    assert (mark.startswith("tick"), length, double) == (True, 6, 20)
    await gives(entries.filter(id=2).values_list("mark", "length", "double"), [("-", 1, 10)])


async def test_an_update_may_say_otherwise(session: AsyncSession) -> None:
    entries = QuerySet(Entry, session)
    await entries.filter(id=1).update(mark="mine", length=F("length") + 1)
    await gives(entries.filter(id=1).values_list("mark", "length"), [("mine", 2)])


async def test_loaded_objects_have_what_an_update_set(session: AsyncSession) -> None:
    """Also what it was not told to set, but set all the same."""
    entries = QuerySet(Entry, session)
    entry = await entries.get(id=1)
    await entries.filter(id=1).update(size=10)
    assert (entry.size, entry.double, entry.length) == (10, 20, 6)
    assert entry.mark.startswith("tick")


async def test_returning_has_what_an_update_set(session: AsyncSession) -> None:
    entries = QuerySet(Entry, session).filter(id=1)
    assert tuples(await entries.returning("length", "double").update(size=10)) == [(6, 20)]
    [(entry,)] = await entries.returning(return_model=True).update(size=11)
    assert (entry.double, entry.length) == (22, 6)


async def test_what_the_database_computes_cannot_be_set(session: AsyncSession) -> None:
    message = r"update\(\) cannot set Entry.double: the database computes it"
    with pytest.raises(UnsupportedOperationError, match=message):
        await QuerySet(Entry, session).update(double=3)


async def test_an_object_that_is_changed_can_be_read(session: AsyncSession) -> None:
    entry, created = await EntryRepository(session).objects.update_or_create({"size": 10}, name="a")
    assert (created, entry.size) == (False, 10)
    assert entry.mark.startswith("tick")
    await gives(QuerySet(Entry, session).filter(id=1).values_list("length", "double"), [(6, 20)])


async def test_what_a_change_left_to_the_database_can_be_read(session: AsyncSession) -> None:
    """Without a lazy load, that is: the object was asked for, and is given whole."""
    entry, _ = await EntryRepository(session).objects.update_or_create({"size": 10}, name="a")
    loaded = [vars(entry).get(name, "expired") for name in ("length", "double", "number")]
    assert loaded == [6, 20, 7]


async def test_eager_defaults(session: AsyncSession, sql: RecordedSQL) -> None:
    repo = EagerRepository(session).flush()
    made = await repo.create(name="new")
    assert made.state == "new"
    entry, _ = await repo.objects.update_or_create({"name": "c"}, id=1)
    assert entry.length == 6


async def test_cascades_are_the_database_s(session: AsyncSession) -> None:
    parents = QuerySet(Parent, session)
    assert tuples(await parents.filter(name="a").delete()) == [(1,)]
    assert await QuerySet(Child, session).count() == 0
    await gives(QuerySet(Guest, session).values_list("id", "parent_id"), [(1, None)])


async def test_cascades_of_the_mapping_alone_are_refused(session: AsyncSession, sql: RecordedSQL) -> None:
    """A DELETE of many rows loads none of them, so nothing tells SQLAlchemy of their children."""
    with pytest.raises(
        UnsupportedOperationError, match=r"Guardian\.wards.*cascade='orm'.*passive_deletes=True"
    ):
        await QuerySet(Guardian, session).filter(name="b").delete()
    with pytest.raises(UnsupportedOperationError, match=r"cascade='all'\): 'orm' or nothing"):
        await QuerySet(Guardian, session).delete(cascade="all")  # type: ignore[arg-type]
    assert not sql.statements


async def test_cascades_of_the_mapping_if_it_is_asked(session: AsyncSession) -> None:
    session.add_all([Guardian(id=number, name="many", wards=[Ward(), Ward()]) for number in range(10, 16)])
    await session.flush()
    session.expunge_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects, "BATCH", 4)
        result = await QuerySet(Guardian, session).filter(name="many").delete(cascade="orm")

    assert (result.rowcount, tuples(result)) == (6, [(number,) for number in range(10, 16)])
    assert await QuerySet(Ward, session).count() == 1
    returned = await QuerySet(Guardian, session).filter(name="b").returning("name").delete(cascade="orm")
    assert (tuples(returned), await QuerySet(Ward, session).count()) == ([("b",)], 0)
    assert await QuerySet(Guardian, session).none().delete(cascade="orm") == 0


async def test_what_the_database_deletes_or_empties_the_session_forgets(session: AsyncSession) -> None:
    parent = (
        await QuerySet(Parent, session)
        .outerjoin("children", "guests")
        .options("children", "guests")
        .get(id=1)
    )
    [child, _], [guest] = parent.children, parent.guests
    other = await QuerySet(Parent, session).get(id=2)

    await QuerySet(Parent, session).filter(name="a").delete()

    assert (parent in session, child in session, guest in session, other in session) == (
        False,
        False,
        True,
        True,
    )
    assert guest.parent_id is None


async def test_what_the_database_changes_with_a_key_the_session_knows(session: AsyncSession) -> None:
    parent = await QuerySet(Parent, session).get(id=1)
    await QuerySet(Child, session).delete()
    guest = await QuerySet(Guest, session).get(id=1)

    await QuerySet(Parent, session).filter(id=1).update(id=50)
    assert (parent.id, guest.parent_id) == (50, 50)
    await session.flush()


async def test_an_object_that_is_deleted_takes_its_own_along(session: AsyncSession) -> None:
    [guardian] = await QuerySet(Guardian, session).options("wards").filter(name="b")
    await session.delete(guardian)
    await session.flush()
    assert await QuerySet(Ward, session).count() == 0
