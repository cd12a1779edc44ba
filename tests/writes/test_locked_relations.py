"""Rows that are locked and read anew: loaded relations of their objects stay what they are, at both ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Column, ForeignKey, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, mapped_column, relationship
from sqlalchemy.orm.collections import attribute_keyed_dict

from django_like_repos import BaseRepository, Database
from tests.postgres import new_database


class Base(DeclarativeBase):
    """The models of this module."""


tagged = Table(
    "tagged",
    Base.metadata,
    Column("page_id", ForeignKey("pages.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    hits: Mapped[int] = mapped_column(default=0)

    tags: Mapped[list["Tag"]] = relationship(secondary=tagged, back_populates="pages", order_by="Tag.id")
    notes: Mapped[dict[str, "Note"]] = relationship(
        back_populates="page", collection_class=attribute_keyed_dict("text")
    )
    visits: DynamicMapped["Visit"] = relationship()


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    hits: Mapped[int] = mapped_column(default=0)

    pages: Mapped[list[Page]] = relationship(secondary=tagged, back_populates="tags", order_by=Page.id)


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id"))

    page: Mapped[Page | None] = relationship(back_populates="notes")


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))


class Pages(BaseRepository[Page]):
    pass


class Tags(BaseRepository[Tag]):
    pass


@pytest.fixture(scope="session")
async def sqlite_pages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path: Path = tmp_path_factory.mktemp("pages") / "pages.sqlite3"
    async with Database(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        await database.create_all(Base)
        yield database


@pytest.fixture(scope="session")
async def postgresql_pages(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, Database(url) as database:
        await database.create_all(Base)
        yield database


@pytest.fixture(scope="session")
def pages(backend: str, request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(f"{backend}_pages")
    return database


@pytest.fixture
async def session(pages: Database) -> AsyncIterator[AsyncSession]:
    """A session whose work is rolled back after the test."""
    async with (
        pages.engine.connect() as connection,
        connection.begin() as transaction,
        pages.session_factory(bind=connection, join_transaction_mode="create_savepoint") as session,
    ):
        yield session
        await session.close()
        await transaction.rollback()


async def created(session: AsyncSession) -> Page:
    page = Page(title="p", tags=[Tag(name="x"), Tag(name="y")], notes={"n": Note(text="n")})
    return await Pages(session).commit().add(page)


async def prefetched(session: AsyncSession) -> Page:
    await created(session)
    session.expunge_all()
    return await Pages(session).objects.prefetch_related("tags__pages", "notes").get()


async def joined(session: AsyncSession) -> Page:
    await created(session)
    session.expunge_all()
    pages = Pages(session).objects.outerjoin("tags__pages", "notes").options("tags__pages", "notes")
    return await pages.get()


async def locked_tags(session: AsyncSession) -> None:
    await Tags(session).objects.select_for_update()


async def locked_pages(session: AsyncSession) -> None:
    await Pages(session).objects.select_for_update()


async def one_page_of_tags(session: AsyncSession) -> None:
    await Tags(session).objects.order_by("id").select_for_update().page(size=5)


async def updated_tags(session: AsyncSession) -> None:
    for name in ("x", "y"):
        assert not (await Tags(session).objects.update_or_create(name=name, defaults={"hits": 3}))[1]


async def updated_pages(session: AsyncSession) -> None:
    assert not (await Pages(session).objects.update_or_create(title="p", defaults={"hits": 3}))[1]


async def updated_as_groups(session: AsyncSession) -> None:
    """Groups cannot be locked: the object is, when it is found."""
    found = Pages(session).objects.distinct()
    assert not (await found.update_or_create(title="p", defaults={"hits": 3}))[1]


LOADED = [created, prefetched, joined]
LOCKS = [locked_tags, locked_pages, one_page_of_tags, updated_tags, updated_pages, updated_as_groups]

Loads = Callable[[AsyncSession], Awaitable[Page]]
Locks = Callable[[AsyncSession], Awaitable[None]]


async def links(session: AsyncSession) -> list[tuple[str, str]]:
    """The rows between pages and tags, as they are stored."""
    statement = select(Page.title, Tag.name).select_from(tagged).join(Page).join(Tag)
    return sorted((title, name) for title, name in await session.execute(statement))


def both_ends(page: Page) -> tuple[list[str], list[list[str]]]:
    return [tag.name for tag in page.tags], [[each.title for each in tag.pages] for tag in page.tags]


@pytest.mark.parametrize("locks", LOCKS)
@pytest.mark.parametrize("loaded", LOADED)
async def test_both_ends_stay_and_are_written(loaded: Loads, locks: Locks, session: AsyncSession) -> None:
    page = await loaded(session)
    tags, first, second = page.tags, *page.tags
    assert both_ends(page) == (["x", "y"], [["p"], ["p"]])

    await locks(session)

    assert not session.sync_session.dirty
    assert page.tags is tags
    assert both_ends(page) == (["x", "y"], [["p"], ["p"]])
    assert list(page.notes) == ["n"]
    assert page.notes["n"].page is page
    # One end each: what is removed and put in there is written, and known at the other end.
    tags.remove(first)
    second.pages.append(Page(title="q"))
    assert first.pages == []
    await session.commit()
    assert await links(session) == [("p", "y"), ("q", "y")]

    await locks(session)
    second.pages.remove(page)
    page.tags.append(first)
    await session.commit()
    assert await links(session) == [("p", "x"), ("q", "y")]
    assert both_ends(page) == (["x"], [["p"]])


@pytest.mark.parametrize("locks", LOCKS)
@pytest.mark.parametrize("flushes", [True, False], ids=["autoflush", "no autoflush"])
async def test_what_is_not_flushed_is_neither_lost_nor_doubled(
    flushes: bool, locks: Locks, session: AsyncSession
) -> None:
    page = await prefetched(session)
    session.sync_session.autoflush = flushes
    first, second = page.tags
    first.pages.remove(page)
    second.pages.append(Page(title="q"))
    page.tags.append(Tag(name="z"))
    page.notes["m"] = Note(text="m")
    del page.notes["n"]

    await locks(session)

    assert [tag.name for tag in page.tags] == ["y", "z"]
    assert [each.title for each in second.pages] == ["p", "q"]
    assert (first.pages, list(page.notes)) == ([], ["m"])
    await session.commit()
    assert await links(session) == [("p", "y"), ("p", "z"), ("q", "y")]
    rows = await session.execute(select(Note.text, Note.page_id).order_by(Note.text))
    assert [tuple(row) for row in rows] == [("m", page.id), ("n", None)]


@pytest.mark.parametrize("locks", LOCKS)
async def test_an_object_whose_row_was_locked_is_deleted(locks: Locks, session: AsyncSession) -> None:
    page = await created(session)
    await locks(session)
    await session.delete(page)
    await session.commit()

    assert await links(session) == []


@pytest.mark.parametrize("locks", LOCKS)
async def test_a_relation_that_is_never_loaded(locks: Locks, session: AsyncSession) -> None:
    page = await created(session)
    page.visits.add(Visit())
    await locks(session)
    page.visits.add(Visit())
    await session.commit()

    rows: Any = await session.execute(select(Visit.page_id))
    assert rows.scalars().all() == [page.id, page.id]
