"""What bulk writes leave in the session: objects as their rows are, and of what is refused nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, F, UnsupportedOperationError, ViolationError, atomic
from django_like_repos.functions import Length
from tests.bulk.models import Book, Shelf, Shelves
from tests.bulk.stock import DogRepository, Item, ItemRepository, Name, NameRepository, rolled_back
from tests.recording import RecordedSQL


@pytest.fixture
async def session(bulky: Database) -> AsyncIterator[AsyncSession]:
    async with rolled_back(bulky) as session:
        yield session


class HookedShelves(Shelves):
    async def after_create(self, objs: Sequence[Shelf]) -> None: ...

    async def after_update(self, keys: Sequence[Any]) -> None: ...


Call = Callable[[Shelves, Shelf], Awaitable[Any]]
ROW: dict[str, Any] = {"name": "new", "width": 3}
SET: dict[str, Any] = {"update_conflicts": True, "update_fields": ["width"], "unique_fields": ["name"]}
CALLS: dict[str, Call] = {
    "create": lambda shelves, _: shelves.create(**ROW),
    "bulk_create": lambda shelves, _: shelves.bulk_create([ROW]),
    "bulk_create in batches": lambda shelves, _: shelves.bulk_create([ROW, {"name": "b"}], 1),
    "bulk_create of trees": lambda shelves, _: shelves.bulk_create(
        [Shelf(name="t", books=[Book(title="x")])]
    ),
    "bulk_create of rows": lambda shelves, _: shelves.returning(None).bulk_create([ROW]),
    "ignore_conflicts": lambda shelves, _: shelves.bulk_create([ROW], ignore_conflicts=True),
    "update_conflicts": lambda shelves, _: shelves.bulk_create([ROW], **SET),
    "upsert": lambda shelves, _: shelves.upsert([ROW], ["name"]),
    "bulk_get_or_create": lambda shelves, _: shelves.bulk_get_or_create([ROW], ["name"]),
    "bulk_update": lambda shelves, shelf: shelves.bulk_update([{"id": shelf.id, "width": 4}], ["width"]),
    "in_batches": lambda shelves, _: shelves.objects.in_batches(1).update(width=5),
    "in_batches of deletes": lambda shelves, _: shelves.objects.in_batches(1).delete(),
    "related": lambda shelves, shelf: shelves.related(shelf, "books").bulk_create([{"title": "x"}]),
}


@pytest.mark.parametrize("repository", [Shelves, HookedShelves])
async def test_what_may_not_commit_writes_nothing(
    repository: type[Shelves], session: AsyncSession, sql: RecordedSQL
) -> None:
    shelf = await Shelves(session).flush().create(name="there", width=1)
    async with atomic(session):
        for name, call in CALLS.items():
            sql.clear()
            with pytest.raises(UnsupportedOperationError, match="a commit would end the whole transaction"):
                await call(repository(session).commit(), shelf)
            written = [
                each for each, _ in sql.statements if each.split()[0] in ("INSERT", "UPDATE", "DELETE")
            ]
            assert written == [], name
    assert [*await session.execute(select(Shelf.name, Shelf.width))] == [("there", 1)]
    assert [*await session.scalars(select(Book.id))] == []


async def test_what_is_pending_is_not_committed_with_what_fails(stock_database: Database) -> None:
    async with stock_database.session() as session:
        names = NameRepository(session)
        for name in ("one", "two"):
            # The first is how the other becomes an INSERT that goes past SQLAlchemy.
            session.add(Name(name=name))
            with pytest.raises(ViolationError):
                await names.commit().upsert([{"id": 99, "name": "there"}])
            await session.rollback()
        assert await names.objects.values_list("name", flat=True) == ["there"]


async def test_expressions_of_other_tables_are_refused(stock: AsyncSession) -> None:
    dogs = DogRepository(stock)
    one, two = await dogs.flush().bulk_create([{"name": "a", "bite": 1}, {"name": "two", "bite": 2}])
    with pytest.raises(UnsupportedOperationError, match=r"row 1: .* dogs\.bite can be set to what dogs"):
        await dogs.bulk_update(
            [{"id": one.id, "bite": F("bite") + 1}, {"id": two.id, "bite": Length("name")}], ["bite"]
        )
    with pytest.raises(UnsupportedOperationError, match=r"dogs\.bite can be set to what dogs has"):
        await dogs.objects.update_or_create({"bite": Length("name")}, id=two.id)
    await dogs.bulk_update([{"id": one.id, "bite": F("bite") + 1, "name": F("name")}], ["bite", "name"])
    assert await dogs.objects.order_by("id").values_list("name", "bite") == [("a", 2), ("two", 2)]


@pytest.mark.parametrize("hooked", [False, True])
async def test_rows_without_a_value_to_be_told_apart_by(stock: AsyncSession, hooked: bool) -> None:
    class Hooked(ItemRepository):
        async def after_create(self, objs: Sequence[Item]) -> None: ...

    items = (Hooked if hooked else ItemRepository)(stock)
    there = await items.flush().create(code="there", shelf="s", place=1)
    rows: list[dict[str, Any]] = [
        {"code": "y", "shelf": None, "place": 1},
        {"code": "there again", "shelf": "s", "place": 1},
        {"code": "x", "shelf": None, "place": 1},
        {"code": "z", "shelf": "s", "place": None, "amount": 3},
        {"code": "w", "shelf": "s", "place": 2},
    ]
    found = await items.bulk_get_or_create(rows, ["shelf", "place"])
    assert [(item.code, new) for item, new in found] == [
        ("y", True),
        ("there", False),
        ("x", True),
        ("z", True),
        ("w", True),
    ]
    assert found[1][0] is there
    more: list[Any] = [
        Item(code="v", place=1, shelf=None),
        {"code": "t", "shelf": "s", "place": 1, "amount": 9},
    ]
    for row in more:
        if isinstance(row, Item):
            row.amount = 8
    conflict: dict[str, Any] = {"update_fields": ["amount"], "unique_fields": ["shelf", "place"]}
    new, old = await items.bulk_create(more, update_conflicts=True, **conflict)
    assert (new is more[0], new.code, new.amount, old is there, there.amount) == (True, "v", 8, True, 9)
    assert await items.objects.filter(shelf=None, place=1).order_by("id").values_list("code", flat=True) == [
        "y",
        "x",
        "v",
    ]


async def test_a_new_row_with_the_key_of_an_expired_object(stock: AsyncSession) -> None:
    names = NameRepository(stock)
    old = await names.flush().create(id=70, name="old")
    await stock.commit()
    await stock.execute(text("DELETE FROM names WHERE id = 70"))
    stock.expire(old)
    (new,) = await names.flush().bulk_create([{"id": 70, "name": "new"}])
    assert (inspect(new).persistent, inspect(new).modified, await stock.get(Name, 70)) == (True, False, new)
    new.size = 5
    # Each of them begins a savepoint, for which everything is flushed until nothing is left.
    await names.flush().bulk_create([{"name": "another"}])
    assert await names.objects.filter(name="new").values_list("size", flat=True) == [5]
    await stock.rollback()
    assert inspect(new).transient
    assert await names.objects.filter(name="new").count() == 0


async def _conflict(shelves: Shelves, how: str) -> Any:
    row = {"id": 70, "name": "new"}
    if how == "upsert":
        await shelves.upsert([row])
    elif how == "bulk_get_or_create":
        return (await shelves.bulk_get_or_create([row]))[0][0]
    elif how == "ignore_conflicts":
        await shelves.bulk_create([row], ignore_conflicts=True)
    elif how == "returning":
        assert await shelves.returning("id", "kind").bulk_create([row]) == 1
    elif how == "returning(None)":
        assert await shelves.returning(None).bulk_create([row]) == 1
    else:
        update: dict[str, Any] = {"update_fields": ["name"], "unique_fields": ["id"]}
        return (await shelves.bulk_create([row], update_conflicts=True, **update))[0]
    return await shelves.objects.get(id=70)


@pytest.mark.parametrize(
    "how",
    [
        "upsert",
        "bulk_get_or_create",
        "ignore_conflicts",
        "update_conflicts",
        "returning",
        "returning(None)",
    ],
)
async def test_an_object_of_a_row_that_is_gone_is_that_of_a_new_one(how: str, session: AsyncSession) -> None:
    shelves = Shelves(session)
    old = await shelves.flush().create(id=70, name="old", width=4)
    (book,) = await shelves.related(old, "books").bulk_create([{"title": "x"}])
    await session.refresh(old)
    await session.refresh(old, ["books"])
    assert old.books == [book]
    await session.execute(text("DELETE FROM bulk_books"))
    await session.execute(text("DELETE FROM bulk_shelves"))
    shelf = await _conflict(shelves, how)
    assert (shelf is old, old.name, old.width, old.kind, old.uses, old.books) == (
        True,
        "new",
        None,
        "plain",
        7,
        [],
    )


async def test_what_is_pending_leaves_computed_columns_loaded(stock: AsyncSession) -> None:
    items = ItemRepository(stock)
    held = await items.objects.get(code="a")
    held.amount, held.nickname = 33, "n"
    await items.bulk_update([held], ["nickname"])
    assert (held.double, held.edited) == (66, 1)
    held.amount = 34
    await items.flush().bulk_create([{"code": "new"}])
    assert held.double == 68
    held.amount = 35
    await items.upsert([{"code": "new", "amount": 1}], ["code"])
    assert held.double == 70
