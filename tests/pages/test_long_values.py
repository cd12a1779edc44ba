"""Orders by what is too long for a cursor: the row that it was made of says where to go on."""

from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import (
    Count,
    Database,
    F,
    InvalidCursorError,
    QuerySet,
    UnsupportedOperationError,
    Window,
)
from django_like_repos.functions import Lower, RowNumber
from tests.pages.conftest import SECRET
from tests.pages.test_cursors import LONG
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase): ...


class Town(Base):
    __tablename__ = "long_towns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    part: Mapped[int]


NAMES = [f"b{LONG}", None, f"a{LONG}", "short", f"b{LONG}", f"c{LONG}"]


async def walked(queryset: QuerySet[Any, Any], size: int) -> tuple[list[int], list[int]]:
    """The keys of all pages, forth and back again."""
    page = await queryset.cursor_page(size=size, secret=SECRET)
    forth = [each.id for each in page.items]
    while page.next is not None:
        page = await queryset.cursor_page(after=page.next, size=size, secret=SECRET)
        forth += [each.id for each in page.items]
    back = [each.id for each in page.items]
    while page.previous is not None:
        page = await queryset.cursor_page(before=page.previous, size=size, secret=SECRET)
        back = [*[each.id for each in page.items], *back]
    return forth, back


async def test_long_values(fresh_database: Database, sql: RecordedSQL, backend: str) -> None:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        session.add_all([Town(id=n, name=name, part=n % 2) for n, name in enumerate(NAMES)])
        await session.flush()
        towns = QuerySet(Town, session)
        for queryset in (
            towns.order_by("name", "id"),
            towns.order_by("-name", "part", "-id"),
            towns.order_by("part", F("name").desc(nulls_last=True), "id"),
            towns.order_by(Lower("name"), "id"),
            towns.annotate(n=Window(RowNumber(), order_by="id")).order_by("name", "-n", "id"),
        ):
            wanted = [each.id for each in await queryset]
            for size in (1, 2):
                assert await walked(queryset, size) == (wanted, wanted)
        page = await towns.order_by("name").filter(name__isnull=False).cursor_page(size=1, secret=SECRET)
        assert page.next is not None
        assert len(page.next) < 100
        sql.clear()
        ordered = towns.order_by("name").filter(name__isnull=False)
        second = await ordered.cursor_page(after=page.next, size=1, secret=SECRET)
        assert [each.id for each in second.items] == [0]
        found, _ = [statement for statement, _ in sql.statements]
        one, limit = ("?", "? OFFSET ?") if backend == "sqlite" else ("$1", "$2::BIGINT")
        same_sql(
            found,
            "SELECT long_towns.id, long_towns.name, long_towns.part, long_towns.name AS dlr_place0, "
            "long_towns.id AS dlr_place1 FROM long_towns WHERE long_towns.name IS NOT NULL "
            f"AND long_towns.id = {one} ORDER BY long_towns.name ASC, long_towns.id ASC LIMIT {limit}",
        )
        # Where it is now.
        await towns.filter(id=2).update(name="c")
        third = await ordered.cursor_page(after=page.next, size=1, secret=SECRET)
        assert [each.id for each in third.items] == [5]
        await towns.filter(id=2).delete()
        with pytest.raises(InvalidCursorError, match="the row of this cursor is gone: begin again"):
            await ordered.cursor_page(after=page.next, size=1, secret=SECRET)
        groups = towns.values("name").annotate(n=Count("*")).order_by("name").filter(name__isnull=False)
        with pytest.raises(
            UnsupportedOperationError, match=r"a cursor of .* characters, and 4096 are the most"
        ):
            await groups.cursor_page(size=1, secret=SECRET)
