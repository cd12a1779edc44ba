"""Writing through what a mapping can say: inheritance, versions, validators, criteria, events."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from sqlalchemy import ForeignKey, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    validates,
    with_loader_criteria,
)
from sqlalchemy.orm.exc import StaleDataError

from django_like_repos import BaseRepository, Database, F, UnknownFieldError, UnsupportedOperationError
from tests.writes.results import tuples


class Base(DeclarativeBase):
    """The models of this module only."""


class Person(Base):
    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012


class Manager(Person):
    """A table of its own for what a manager has besides."""

    __tablename__ = "managers"

    id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    budget: Mapped[int | None]

    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Clerk(Person):
    """In the table of persons."""

    desk: Mapped[str | None]

    __mapper_args__ = {"polymorphic_identity": "clerk"}  # noqa: RUF012


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column("page_title", unique=True)
    hidden: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @validates("title")
    def strip(self, key: str, title: str) -> str:
        if not title:
            raise ValueError("a page needs a title")
        return title.strip()


class Stated(Base):
    """With a constructor of its own."""

    __tablename__ = "stated"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    def __init__(self, first: str, last: str = "") -> None:
        self.name = f"{first} {last}".strip()


class PersonRepository(BaseRepository[Person]): ...


class ManagerRepository(BaseRepository[Manager]): ...


class ClerkRepository(BaseRepository[Clerk]): ...


class PageRepository(BaseRepository[Page]): ...


class StatedRepository(BaseRepository[Stated]): ...


@pytest.fixture
async def session(fresh_database: Database) -> AsyncIterator[AsyncSession]:
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        for row in (
            Person(name="Ann"),
            Manager(name="Max", budget=1),
            Manager(name="Mia", budget=2),
            Clerk(name="Cay", desk="x"),
            Page(title="one"),
            Page(title="two", hidden=True),
        ):
            session.add(row)
            await session.flush()
        yield session


async def persons(session: AsyncSession) -> list[tuple[Any, ...]]:
    return await PersonRepository(session).objects.order_by("id").values_list("id", "kind", "name")


# Inheritance


async def test_the_base_of_a_hierarchy(session: AsyncSession) -> None:
    people = PersonRepository(session).objects

    assert (await people.filter(name__in=["Max", "Cay"]).update(name=F("name") + "!")).rowcount == 2
    assert [name for _, _, name in await persons(session)] == ["Ann", "Max!", "Mia", "Cay!"]
    assert (await people.filter(kind="person").delete()).rowcount == 1


async def test_a_subclass_in_the_same_table(session: AsyncSession) -> None:
    clerks = ClerkRepository(session).objects

    assert tuples(await clerks.update(desk="y", name="C")) == [(4,)]
    assert tuples(await clerks.filter(name="C", desk="y").update(desk="z")) == [(4,)]
    assert (await clerks.filter(name="Max").delete()).rowcount == 0
    assert tuples(await clerks.delete()) == [(4,)]
    assert len(await persons(session)) == 3


async def test_own_columns_of_a_subclass_with_a_table(session: AsyncSession) -> None:
    managers = ManagerRepository(session).objects

    assert tuples(await managers.filter(budget=1).update(budget=F("budget") + 10)) == [(2,)]
    assert await managers.order_by("id").values_list("budget", flat=True) == [11, 2]


async def test_a_subclass_filtered_by_what_it_inherits(session: AsyncSession) -> None:
    """The inherited column is in another table, so the target cannot repeat it."""
    managers = ManagerRepository(session).objects

    assert tuples(await managers.filter(name="Max").update(budget=5)) == [(2,)]
    assert tuples(await managers.filter(name="Mia", budget=2).update(budget=6)) == [(3,)]
    assert tuples(await managers.filter(Person.name == "Max").update(budget=7)) == [(2,)]
    assert await managers.order_by("id").values_list("budget", flat=True) == [7, 6]


async def is_refused(work: Awaitable[Any]) -> bool:
    try:
        await work
    except UnsupportedOperationError:
        return True
    return False


async def test_an_inherited_column_is_set_or_refused(session: AsyncSession) -> None:
    refused = await is_refused(ManagerRepository(session).objects.filter(budget=1).update(name="M"))

    assert (await persons(session))[1] == (2, "manager", "Max" if refused else "M")


async def test_a_subclass_with_a_table_is_never_deleted_by_half(session: AsyncSession) -> None:
    refused = await is_refused(ManagerRepository(session).objects.filter(budget=1).delete())

    assert len(await persons(session)) == (4 if refused else 3)
    halves = "SELECT count(*) FROM persons WHERE kind = 'manager' AND id NOT IN (SELECT id FROM managers)"
    assert await session.scalar(text(halves)) == 0


# Versions


async def test_what_changes_objects_counts_versions(session: AsyncSession) -> None:
    pages = PageRepository(session).objects
    page, _ = await pages.update_or_create({"hidden": True}, title="one")
    assert page.version == 2

    await session.execute(text("UPDATE pages SET version = 7 WHERE id = 1"))
    page.hidden = False
    with pytest.raises(StaleDataError):
        await session.flush()


async def test_update_or_create_changes_what_it_has_locked(session: AsyncSession) -> None:
    pages = PageRepository(session).objects
    page = await pages.get(title="one")
    await session.execute(text("UPDATE pages SET version = 7 WHERE id = 1"))

    await pages.update_or_create({"hidden": True}, title="one")
    assert (page.hidden, page.version) == (True, 8)


async def test_update_leaves_versions_in_step(session: AsyncSession) -> None:
    """An object that was loaded can be changed afterwards."""
    pages = PageRepository(session).objects
    page = await pages.get(title="one")
    await pages.filter(id=page.id).update(hidden=True)

    page.title = "three"
    await session.flush()
    assert await pages.filter(title="three", hidden=True).count() == 1


# Validators, constructors, other names of columns


async def test_validators_see_what_is_created(session: AsyncSession) -> None:
    repo = PageRepository(session).flush()

    assert (await repo.create(title="  three ")).title == "three"
    [four] = await repo.bulk_create([{"title": " four"}])
    five, _ = await repo.objects.get_or_create(title=" five")
    six, _ = await repo.objects.update_or_create({"title": " six"}, title="five")
    assert (four.title, five, six.title) == ("four", six, "six")
    with pytest.raises(ValueError, match="needs a title"):
        await repo.create(title="")
    with pytest.raises(ValueError, match="needs a title"):
        await repo.objects.update_or_create({"title": ""}, title="six")


async def test_a_column_goes_by_its_attribute(session: AsyncSession) -> None:
    pages = PageRepository(session).objects

    updated = await pages.filter(title="one").returning("title").update(title="three")
    assert tuples(updated) == [("three",)]
    assert list(updated.keys()) == ["title"]
    with pytest.raises(UnknownFieldError, match="'page_title'"):
        await pages.update(page_title="x")
    with pytest.raises(UnknownFieldError, match="'page_title'"):
        await PageRepository(session).create(page_title="x")


async def test_a_constructor_of_its_own(session: AsyncSession) -> None:
    repo = StatedRepository(session).flush()

    assert (await repo.create(first="Ann", last="Lee")).name == "Ann Lee"
    [made] = await repo.bulk_create([{"first": "Bo"}])
    assert made.name == "Bo"
    with pytest.raises(UnknownFieldError, match="'name'"):
        await repo.create(name="Ann")


# Criteria and events


async def test_criteria_limit_writes(session: AsyncSession) -> None:
    @event.listens_for(session.sync_session, "do_orm_execute")
    def only_shown(state: ORMExecuteState) -> None:
        state.statement = state.statement.options(with_loader_criteria(Page, Page.hidden.is_(False)))

    pages = PageRepository(session).objects
    assert (await pages.update(title=F("title") + "!")).rowcount == 1
    assert (await pages.filter(title="two").delete()).rowcount == 0
    assert (await pages.delete()).rowcount == 1

    event.remove(session.sync_session, "do_orm_execute", only_shown)
    assert await pages.values_list("title", flat=True) == ["two"]


async def test_events_see_every_write(session: AsyncSession) -> None:
    seen: list[str] = []

    @event.listens_for(session.sync_session, "do_orm_execute")
    def executed(state: ORMExecuteState) -> None:
        # SQLAlchemy asks here, too, about the SELECT that it would need without RETURNING.
        if not state.is_select:
            seen.append("update" if state.is_update else "delete" if state.is_delete else "other")

    @event.listens_for(session.sync_session, "before_flush")
    def flushed(session: Session, *_: Any) -> None:
        seen.append(f"flush {len(session.new)}")

    repo = PageRepository(session)
    await repo.objects.filter(id=1).update(hidden=True)
    await repo.objects.filter(id=2).delete()
    await repo.flush().create(title="three")

    assert seen == ["update", "delete", "flush 1"]


async def test_mapper_events_see_what_is_created(session: AsyncSession) -> None:
    inserted: list[str] = []

    def insert(_mapper: Any, _connection: Any, page: Page) -> None:
        inserted.append(page.title)

    event.listen(Page, "before_insert", insert)
    try:
        await PageRepository(session).objects.get_or_create(title="three")
        await PageRepository(session).flush().bulk_create([{"title": "four"}, Page(title="five")])
    finally:
        event.remove(Page, "before_insert", insert)
    assert inserted == ["three", "four", "five"]


async def test_a_unique_violation_in_a_batch(session: AsyncSession) -> None:
    with pytest.raises(IntegrityError):
        await PageRepository(session).commit().bulk_create([{"title": "six"}, {"title": "six"}], batch_size=1)
    await session.rollback()
