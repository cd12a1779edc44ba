"""Which row is wrong, is told of each: of what came along by the way there, of two that are one by both."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import literal_column
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, Database
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from tests.bulk.models import Book, Books, Shelf, Shelves
from tests.bulk.stock import Animal, Cat, CatRepository
from tests.recording import RecordedSQL


@pytest.fixture
async def session(bulky: Database) -> AsyncIterator[AsyncSession]:
    async with bulky.session() as session:
        yield session
        await session.rollback()


def _graph(wrong: Book) -> list[Shelf]:
    books = [Book(title="0"), Book(title="1"), wrong]
    return [Shelf(name="a", books=[Book(title="x")]), Shelf(name="b", books=books)]


@pytest.mark.parametrize(
    ("values", "said"),
    [({"title": "2", "made": []}, "made="), ({}, "title=None")],
)
async def test_what_came_along_is_told_by_the_way_there(
    session: AsyncSession, sql: RecordedSQL, values: dict[str, Any], said: str
) -> None:
    sql.clear()
    with pytest.raises(InvalidLookupValueError, match=rf"{said}.*\(row 1, books\[2\]\)"):
        await Shelves(session).flush().bulk_create(_graph(Book(**values)))
    assert not [text for text, _ in sql.statements if text.startswith("INSERT")]


async def test_roots_are_told_by_their_own_places(session: AsyncSession) -> None:
    """The objects of a class are written wave by wave, in another order than they were given."""
    roots: list[Any] = [Book(title="a", shelf=Shelf(name="s")), Book(title="b"), Book()]
    with pytest.raises(InvalidLookupValueError, match=r"title=None.*\(row 2\)"):
        await Books(session).flush().bulk_create(roots)


class AnimalRepository(BaseRepository[Animal]): ...


class Hooked(BaseRepository[Shelf]):
    def prepare_create(self, values: dict[str, Any]) -> None:
        """Rows are written by a flush."""


TWICE: list[Any] = [{"name": "a", "id": 7}, {"name": "b"}, {"name": "c", "id": "7"}]


@pytest.mark.parametrize("how", ["flush", "batches", "add", "hooks", "bare", "mixed", "graph", "sql"])
async def test_keys_that_are_there_twice(session: AsyncSession, sql: RecordedSQL, how: str) -> None:
    shelves: Any = Hooked(session) if how == "hooks" else Shelves(session)
    rows, given = [*TWICE], {"batch_size": 2} if how == "batches" else {}
    if how == "mixed":
        rows[0] = Shelf(**rows[0])
    elif how == "graph":
        rows = [Shelf(**{**row, "id": row.get("id") and 7}, books=[Book(title="x")]) for row in rows]
    elif how == "sql":
        rows[1] = {"name": "b", "width": literal_column("1 + 1")}
    repository = {"add": shelves, "bare": shelves.returning(None)}.get(how, shelves.flush())
    sql.clear()
    with pytest.raises(UnsupportedOperationError, match=r"row 2: the key is that of row 0 too"):
        await repository.bulk_create(rows, **given)
    assert not [text for text, _ in sql.statements if text.startswith("INSERT")]
    assert not session.new


async def test_an_instance_that_is_given_twice(session: AsyncSession, sql: RecordedSQL) -> None:
    one = Shelf(name="a")
    sql.clear()
    for options in ({"ignore_conflicts": True}, {"update_conflicts": True, "update_fields": ["width"]}):
        unique: dict[str, Any] = {"unique_fields": ["name"]} if "update_conflicts" in options else {}
        with pytest.raises(UnsupportedOperationError, match="row 2: this Shelf is row 0 too"):
            await Shelves(session).bulk_create([one, {"name": "b"}, one], **options, **unique)
    assert not [text for text, _ in sql.statements if text.startswith("INSERT")]


@pytest.mark.parametrize(
    "verb", ["create", "bulk_create", "an instance", "upsert", "ignoring", "of the parent"]
)
async def test_a_row_of_another_class(stock: AsyncSession, sql: RecordedSQL, verb: str) -> None:
    cats: Any = CatRepository(stock).flush()
    rows = [{"name": "Tom"}, {"name": "Rex", "kind": "animal"}]
    of_parent = AnimalRepository(stock).flush()
    work: dict[str, Any] = {
        "create": lambda: cats.create(**rows[1]),
        "bulk_create": lambda: cats.bulk_create(rows),
        "an instance": lambda: cats.bulk_create([rows[0], Cat(**rows[1])]),
        "upsert": lambda: cats.upsert([{**rows[0], "kind": "cat"}, rows[1]], ["name"]),
        "ignoring": lambda: cats.bulk_create(rows, ignore_conflicts=True),
        "of the parent": lambda: of_parent.bulk_create([rows[1], {**rows[0], "kind": "x"}]),
    }
    sql.clear()
    where = "" if verb == "create" else r".*\(row 1\)"
    with pytest.raises(InvalidLookupValueError, match=rf"kind=.*that is no \w+, which has .*there{where}"):
        await work[verb]()
    assert not [text for text, _ in sql.statements if text.startswith("INSERT")]


async def test_a_row_of_a_subclass_in_its_table(stock: AsyncSession) -> None:
    made = await CatRepository(stock).flush().bulk_create([{"name": "Tom", "kind": "cat"}])
    assert [each.kind for each in made] == ["cat"]
    await AnimalRepository(stock).returning(None).bulk_create([{"name": "Kit", "kind": "cat"}])
    assert [each.name for each in await CatRepository(stock).objects.order_by("name")] == ["Kit", "Tom"]
