"""What a constraint refuses of a bulk write is told, with its fields; and nothing of the call stays."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event, inspect
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, ViolationError
from tests.bulk.models import Book, Books, Shelf, Shelves


@pytest.fixture
async def session(bulky: Database) -> AsyncIterator[AsyncSession]:
    async with bulky.session() as session:
        await (
            Shelves(session)
            .returning(None)
            .bulk_create([{"id": 1_000_001, "name": "a"}, {"id": 1_000_002, "name": "b"}])
        )
        yield session
        await session.rollback()


class Hooked(Shelves):
    def prepare_create(self, values: dict[str, Any]) -> None:
        values["width"] = 1

    def prepare_update(self, values: dict[str, Any]) -> None:
        values["width"] = 1


async def _refused(session: AsyncSession, work: Any, backend: str, begins: str) -> None:
    """Does what makes a third shelf that is called "b", too."""
    with pytest.raises(ViolationError) as raised:
        await work
    assert await Shelves(session).objects.order_by("id").values_list("name", flat=True) == ["a", "b"]
    assert await Books(session).objects.count() == 0
    error, told = raised.value, backend == "postgresql"
    assert str(error).startswith(begins)
    assert (error.kind, error.table, error.fields) == ("unique", "bulk_shelves", ("name",))
    assert (error.constraint, error.columns) == ("bulk_shelves_name_key" if told else None, ("name",))
    assert error.values == ("Key (name)=(b) already exists." if told else None)


@pytest.mark.parametrize("way", ["values or unnest", "copy", "many", "flush", "hooks"])
async def test_bulk_create(session: AsyncSession, backend: str, way: str) -> None:
    rows = [*[{"name": f"n{at}"} for at in range(120)], {"name": "b"}]
    shelves: Any = (Hooked if way == "hooks" else Shelves)(session).flush()
    if way == "copy":
        shelves = shelves.returning(None)
    if way == "flush":
        event.listen(session.sync_session, "after_flush", lambda *_: None)
    if way == "many":
        rows = rows[-2:]
    if backend == "postgresql" and way in ("copy", "flush"):
        assert (await shelves.bulk_way(rows)).name == way
    work = shelves.bulk_create(rows, batch_size=50)
    await _refused(session, work, backend, "bulk_create() of Shelf: another row has the same name")


async def test_a_graph(session: AsyncSession, backend: str) -> None:
    """Of another table than the call is of."""
    book = Book(title="x", shelf=Shelf(name="b"))
    work = Books(session).flush().bulk_create([book, Book(title="y")])
    begins = "bulk_create() of Book: another row has the same name of bulk_shelves"
    await _refused(session, work, backend, begins)
    assert inspect(book).transient


@pytest.mark.parametrize("kind", [Shelves, Hooked])
async def test_bulk_update(session: AsyncSession, backend: str, kind: type[Shelves]) -> None:
    work = kind(session).bulk_update([{"id": 1_000_001, "name": "b"}], ["name"])
    await _refused(session, work, backend, "bulk_update() of Shelf: another row has the same name")


async def test_what_was_pending_before_is_not_told_as_of_the_call(session: AsyncSession) -> None:
    session.add(Shelf(name="b"))
    with pytest.raises(Exception, match=r"(?i)unique") as raised:
        await Shelves(session).flush().bulk_create([{"name": "c"}])
    assert not isinstance(raised.value, ViolationError)
