"""Version columns: an UPDATE of many rows counts them as a flush does."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import ForeignKey, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from django_like_repos import (
    BaseRepository,
    F,
    QuerySet,
    StaleObjectError,
    UnsupportedOperationError,
)
from tests.mappings.reading import gives, tuples


class Base(DeclarativeBase):
    """The models of this module."""


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    version: Mapped[int] = mapped_column("v")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


_tokens = count(1)


class Draft(Base):
    """Its versions are texts that a function makes."""

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    token: Mapped[str] = mapped_column()

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": token,
        "version_id_generator": lambda _version: f"token {next(_tokens)}",
    }


class Manual(Base):
    """Its versions are the application's own affair."""

    __tablename__ = "manuals"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    edited: Mapped[datetime] = mapped_column()

    __mapper_args__ = {"version_id_col": edited, "version_id_generator": False}  # noqa: RUF012


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column()
    name: Mapped[str]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "polymorphic_on": kind,
        "polymorphic_identity": "item",
    }


class Tool(Item):
    __tablename__ = "tools"
    __mapper_args__ = {"polymorphic_identity": "tool"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    weight: Mapped[int]


METADATA = Base.metadata
LONG_AGO, LATER = datetime(2020, 1, 1), datetime(2021, 1, 1)


def rows() -> Iterable[list[Any]]:
    yield [Page(id=1, title="one"), Page(id=2, title="two")]
    yield [Draft(id=1, title="one"), Draft(id=2, title="two")]
    yield [Manual(id=1, title="one", edited=LONG_AGO)]
    yield [Item(id=1, name="a"), Tool(id=2, name="b", weight=5)]


async def test_an_update_counts_versions(session: AsyncSession) -> None:
    pages = QuerySet(Page, session)
    page = await pages.get(id=1)
    updated = await pages.filter(id=1).returning("version").update(title="x")
    assert tuples(updated) == [(2,)]
    assert (page.title, page.version) == ("x", 2)
    await pages.update(title=F("title") + "!")
    await gives(pages.order_by("id").values_list("title", "version"), [("x!", 3), ("two!", 2)])
    assert page.version == 3


async def test_an_object_from_before_is_stale(session: AsyncSession) -> None:
    """Another session's object, which knows nothing of the update."""
    pages = QuerySet(Page, session)
    page = await pages.get(id=1)
    session.expunge(page)
    await pages.filter(id=1).update(title="theirs")
    session.add(page)
    page.title = "mine"
    with pytest.raises(StaleDataError):
        await session.flush()


async def test_an_object_of_this_session_is_not(session: AsyncSession) -> None:
    pages = QuerySet(Page, session)
    page = await pages.get(id=1)
    await pages.filter(id=1).update(title="theirs")
    page.title = "mine"
    await session.flush()
    await gives(pages.filter(id=1).values_list("title", "version"), [("mine", 3)])


async def test_a_version_that_is_set_is_set(session: AsyncSession) -> None:
    pages = QuerySet(Page, session)
    await pages.filter(id=1).update(version=40)
    await gives(pages.filter(id=1).values_list("version", flat=True), [40])
    await pages.filter(id=1).update({"title": "x", "version": F("version") + 10})
    await gives(pages.filter(id=1).values_list("version", flat=True), [50])


async def test_a_generator_is_asked(session: AsyncSession) -> None:
    drafts = QuerySet(Draft, session)
    draft = await drafts.get(id=1)
    before = draft.token
    await drafts.update(title="x")
    tokens = await drafts.order_by("id").values_list("token", flat=True)
    assert before not in tokens
    assert draft.token == tokens[0]
    draft.title = "y"
    await session.flush()
    await drafts.filter(id=1).update(token="mine")
    await gives(drafts.filter(token="mine"), [1])


async def test_versions_of_the_application(session: AsyncSession) -> None:
    manuals = QuerySet(Manual, session)
    await manuals.update(title="x")
    await gives(manuals.values_list("edited", flat=True), [LONG_AGO])
    await manuals.update(title="y", edited=LATER)
    await gives(manuals.filter(edited=LATER), [1])


async def test_a_version_in_the_table_of_the_base(session: AsyncSession) -> None:
    tools = QuerySet(Tool, session)
    tool = await tools.get(id=2)
    await tools.update(weight=6)
    assert (tool.weight, tool.version) == (6, 2)
    await tools.update(weight=7, name="c")
    await gives(QuerySet(Item, session).order_by("id").values_list("version", flat=True), [1, 3])
    tool.weight = 8
    await session.flush()


async def test_what_changes_an_object_checks_its_version(session: AsyncSession) -> None:
    class Pages(BaseRepository[Page]): ...

    pages = Pages(session).objects
    page, created = await pages.update_or_create({"title": "x"}, id=1)
    assert (created, page.version) == (False, 2)
    made, created = await pages.get_or_create(title="new")
    assert (created, made.version) == (True, 1)
    await session.execute(text("UPDATE pages SET v = 7 WHERE id = 1"))
    page.title = "y"
    with pytest.raises(StaleDataError):
        await session.flush()


async def test_update_or_create_changes_the_row_that_it_has_locked(session: AsyncSession) -> None:
    class Pages(BaseRepository[Page]): ...

    pages = Pages(session).objects
    page = await pages.get(id=1)
    await session.execute(text("UPDATE pages SET v = 7 WHERE id = 1"))

    assert await pages.update_or_create({"title": "y"}, id=1) == (page, False)
    assert page.version == 8


async def test_delete(session: AsyncSession) -> None:
    pages = QuerySet(Page, session)
    assert tuples(await pages.filter(version=1, id=2).delete()) == [(2,)]
    await gives(pages.filter(version=1), [1])


async def test_bulk_updates_count_versions(session: AsyncSession, backend: str) -> None:
    class Pages(BaseRepository[Page]): ...

    pages = Pages(session)
    page = await pages.objects.get(id=1)
    page.title = "x"
    assert await pages.bulk_update([page, {"id": 2, "title": "y"}], ["title"]) == 2
    assert (page.title, page.version) == ("x", 2)
    stale, other = Page(id=1, title="z", version=1), Page(id=2, title="z", version=2)
    with pytest.raises(StaleObjectError, match=r"bulk_update\(\), row 1: Page <int> was changed meanwhile"):
        await pages.bulk_update([other, stale], ["title"])
    with pytest.raises(StaleObjectError, match="row 0"):
        await pages.bulk_update([{"id": 1, "title": "z", "version": 1}], ["title"])
    assert await pages.objects.order_by("id").values_list("title", "version") == [("x", 2), ("y", 2)]
    with pytest.raises(UnsupportedOperationError, match="counts the changes by itself"):
        await pages.bulk_update([], ["version"])


async def test_bulk_updates_ask_the_generator(session: AsyncSession) -> None:
    class Drafts(BaseRepository[Draft]): ...

    drafts = Drafts(session)
    draft = await drafts.objects.get(id=1)
    before = draft.token
    await drafts.bulk_update([{"id": 1, "title": "x"}, {"id": 2, "title": "y"}], ["title"])
    tokens = await drafts.objects.order_by("id").values_list("token", flat=True)
    assert draft.token == tokens[0]
    assert len({before, *tokens}) == 3


async def test_bulk_updates_of_versions_of_the_application(session: AsyncSession) -> None:
    class Manuals(BaseRepository[Manual]): ...

    manuals = Manuals(session)
    manual = await manuals.objects.get(id=1)
    await manuals.bulk_update([{"id": 1, "title": "x", "edited": LATER}], ["title", "edited"])
    assert (manual.title, manual.edited) == ("x", LATER)


async def test_bulk_updates_of_several_tables(session: AsyncSession) -> None:
    class Tools(BaseRepository[Tool]): ...

    class Items(BaseRepository[Item]): ...

    tool = await QuerySet(Tool, session).get(id=2)
    # The first is no tool.
    rows = [{"id": 1, "name": "x", "weight": 1}, {"id": 2, "name": "y", "weight": F("weight") + 1}]
    assert await Tools(session).bulk_update(rows, ["name", "weight"]) == 1
    assert (tool.name, tool.weight, tool.version) == ("y", 6, 2)
    assert await Tools(session).bulk_update([{"id": 2, "weight": 9}], ["weight"]) == 1
    tool.name = "z"
    assert await Items(session).bulk_update([tool, {"id": 1, "name": "w"}], ["name"]) == 2
    assert (tool.name, tool.weight, tool.version) == ("z", 9, 4)
    await gives(QuerySet(Item, session).order_by("id").values_list("name", "version"), [("w", 2), ("z", 4)])
