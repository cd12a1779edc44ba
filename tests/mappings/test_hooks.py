"""Hooks of a repository: on every way to write, in the transaction, and an error in one undoes all of it."""

import asyncio
import pickle
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, Database, F, RolledBackError, UnsupportedOperationError, atomic
from django_like_repos.execution.blocks import is_in_block
from tests.mappings import orders as model
from tests.mappings.orders import Buyer, BuyerRepository, Cell
from tests.recording import RecordedSQL

METADATA, rows = model.METADATA, model.rows

Told = list[tuple[str, Any]]


class Hooked(BaseRepository[Buyer]):
    """Tells what it was told, and fails where it is to."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.told: Told = []
        self.fails = ""

    def tell(self, hook: str, what: Any) -> None:
        self.told.append((hook, what))
        if hook == self.fails:
            raise RuntimeError(hook)

    def prepare_create(self, values: dict[str, Any]) -> dict[str, Any]:
        self.tell("prepare_create", {**values})
        return {**values, "name": f"{values['name']}!"}

    async def prepare_update(self, values: dict[str, Any]) -> None:
        self.tell("prepare_update", {**values})
        if isinstance(values.get("name"), str):
            values["name"] += "?"

    async def after_create(self, objs: Sequence[Buyer]) -> None:
        assert all(obj.id and obj.shout for obj in objs)
        # The session is free for it.
        assert await BuyerRepository(self._session).objects.filter(id__in=[obj.id for obj in objs]).exists()
        self.tell("after_create", [obj.name for obj in objs])

    def after_update(self, written: Sequence[Any]) -> None:
        self.tell("after_update", [getattr(each, "name", each) for each in written])

    def after_delete(self, keys: Sequence[Any]) -> None:
        self.tell("after_delete", [*keys])


Write = Callable[[Hooked], Awaitable[Any]]


async def updated(buyers: Hooked) -> None:
    ann = await BuyerRepository(buyers._session).objects.get(id=1)
    ann.name = "x"
    await buyers.update(ann)


WAYS: dict[str, tuple[Write, Told]] = {
    "create": (
        lambda buyers: buyers.create(name="x"),
        [("prepare_create", {"name": "x"}), ("after_create", ["x!"])],
    ),
    "add": (
        lambda buyers: buyers.add(Buyer(name="x")),
        [("prepare_create", {"name": "x"}), ("after_create", ["x!"])],
    ),
    "save, new": (
        lambda buyers: buyers.save(Buyer(name="x")),
        [("prepare_create", {"name": "x"}), ("after_create", ["x!"])],
    ),
    "save": (
        lambda buyers: buyers.save(Buyer(id=1, name="x")),
        [("prepare_update", {"id": 1, "name": "x"}), ("after_update", ["x?"])],
    ),
    "update of an object": (
        lambda buyers: buyers.update(Buyer(id=1, name="x")),
        [("prepare_update", {"id": 1, "name": "x"}), ("after_update", ["x?"])],
    ),
    "update of the session's object": (
        updated,
        [("prepare_update", {"name": "x"}), ("after_update", ["x?"])],
    ),
    "delete of an object": (lambda buyers: buyers.delete(Buyer(id=2)), [("after_delete", [2])]),
    "delete of lookups": (lambda buyers: buyers.delete(id=2), [("after_delete", [2])]),
    "delete of rows": (lambda buyers: buyers.objects.filter(id=2).delete(), [("after_delete", [2])]),
    "delete of rows, returning": (
        lambda buyers: buyers.objects.filter(id=2).returning("name").delete(),
        [("after_delete", [2])],
    ),
    "update of rows": (
        lambda buyers: buyers.objects.filter(id=1).update(name="x"),
        [("prepare_update", {"name": "x"}), ("after_update", [1])],
    ),
    "update of rows, returning": (
        lambda buyers: buyers.objects.filter(id=1).returning(return_model=True).update({"name": "x"}),
        [("prepare_update", {"name": "x"}), ("after_update", [1])],
    ),
    "update of rows by an expression": (
        lambda buyers: buyers.objects.filter(id=1).update(name=F("name")),
        [("prepare_update", {"name": F("name")}), ("after_update", [1])],
    ),
    "get_or_create, new": (
        lambda buyers: buyers.objects.get_or_create(name="x"),
        [("prepare_create", {"name": "x"}), ("after_create", ["x!"])],
    ),
    "update_or_create, new": (
        lambda buyers: buyers.objects.update_or_create({"name": lambda: "x"}, id=9),
        [("prepare_create", {"id": 9, "name": "x"}), ("after_create", ["x!"])],
    ),
    "update_or_create": (
        lambda buyers: buyers.objects.update_or_create({"name": "x"}, id=1),
        [("prepare_update", {"name": "x"}), ("after_update", ["x?"])],
    ),
    "bulk_create": (
        lambda buyers: buyers.bulk_create([{"name": "x"}, Buyer(name="y")]),
        [
            ("prepare_create", {"name": "x"}),
            ("prepare_create", {"name": "y"}),
            ("after_create", ["x!", "y!"]),
        ],
    ),
    "bulk_create, in batches": (
        lambda buyers: buyers.bulk_create([{"name": "x"}, {"name": "y"}], batch_size=1),
        [
            ("prepare_create", {"name": "x"}),
            ("after_create", ["x!"]),
            ("prepare_create", {"name": "y"}),
            ("after_create", ["y!"]),
        ],
    ),
}


async def stored(session: AsyncSession) -> list[tuple[Any, ...]]:
    session.expunge_all()
    return await BuyerRepository(session).objects.order_by("id").values_list("name")


@pytest.fixture
async def buyers(session: AsyncSession) -> Hooked:
    # Nobody refers to him.
    await model.OrderRepository(session).objects.update(buyer_id=None)
    return Hooked(session)


@pytest.mark.by_turns
@pytest.mark.parametrize(("write", "told"), WAYS.values(), ids=WAYS)
async def test_every_way_to_write(write: Write, told: Told, buyers: Hooked, session: AsyncSession) -> None:
    await write(buyers)

    assert buyers.told == told
    names = {name for (name,) in await stored(session)}
    for hook, what in told:
        if hook == "after_create" or (hook == "after_update" and what != [1]):
            assert names.issuperset(what)


@pytest.mark.by_turns
@pytest.mark.parametrize(("write", "told"), WAYS.values(), ids=WAYS)
async def test_an_error_in_a_hook_undoes_it(
    write: Write, told: Told, buyers: Hooked, session: AsyncSession
) -> None:
    before = await stored(session)
    pending = await BuyerRepository(session).create(name="pending")
    for buyers.fails in [hook for hook, _ in told]:
        with pytest.raises(RuntimeError, match=buyers.fails):
            await write(buyers)
        session.expunge_all()
        assert await stored(session) == [*before, ("pending",)]
        assert pending.id is not None
    assert session.is_active


async def test_what_is_there_already_is_not_written(buyers: Hooked, sql: RecordedSQL) -> None:
    ann, created = await buyers.objects.get_or_create(name="Ann")

    assert (ann.id, created, buyers.told) == (1, False, [])


async def test_the_flags_apply_when_all_is_done(tables: Database) -> None:
    async with tables.session() as session:
        buyers = Hooked(session).commit()
        buyers.fails = "after_create"
        with pytest.raises(RuntimeError):
            await buyers.create(name="x")
        await session.rollback()
    async with tables.session() as session:
        assert await stored(session) == [("Ann",), ("Bob",)]
        buyers = Hooked(session).commit()
        made = await buyers.create(name="x")
        assert not session.in_transaction()
        assert await buyers.delete(made) == 1
        assert not session.in_transaction()
        assert buyers.told[-1] == ("after_delete", [made.id])


async def test_a_hook_cannot_commit_half_of_it(session: AsyncSession) -> None:
    class Committing(BaseRepository[Buyer]):
        async def after_create(self, objs: Sequence[Buyer]) -> None:
            await self._session.commit()

    with pytest.raises(UnsupportedOperationError, match="a commit would end the whole transaction"):
        await Committing(session).create(name="x")
    assert await stored(session) == [("Ann",), ("Bob",)]


async def test_without_hooks_there_is_no_savepoint(session: AsyncSession) -> None:
    begun: list[Any] = []
    event.listen(session.sync_session, "after_transaction_create", lambda _, each: begun.append(each.nested))
    for repository, savepoints in ((BuyerRepository(session), 0), (Hooked(session), 1)):
        begun.clear()
        made = await repository.flush().create(name=f"{savepoints}")
        await repository.objects.filter(id=made.id).update(name="y")
        assert begun.count(True) == savepoints * 2


async def test_hooks_of_a_base_class(session: AsyncSession) -> None:
    class Stamped(BaseRepository[Any]):
        def prepare_create(self, values: dict[str, Any]) -> None:
            values.setdefault("text", "stamped")

    class Cells(Stamped):
        model_cls = Cell

    cell = await Cells(session).create(row=5, column="y")
    assert cell.text == "stamped"
    batch = await Cells(session).bulk_create([{"row": 6, "column": "y"}, Cell(row=7, column="y")])
    assert [each.text for each in batch] == ["stamped"] * 2


async def test_get_queryset_of_ones_own_keeps_them(session: AsyncSession) -> None:
    class Mine(Hooked):
        def get_queryset(self) -> Any:
            return BuyerRepository(self._session).objects.filter(id=1)

    mine = Mine(session)
    await mine.objects.update(name="x")
    assert [hook for hook, _ in mine.told] == ["prepare_update", "after_update"]


def _yields(self: Any, written: Any) -> Any:
    yield written


async def _yields_async(self: Any, written: Any) -> Any:
    yield written


@pytest.mark.parametrize("hook", [_yields, _yields_async])
@pytest.mark.parametrize("name", ["prepare_create", "after_delete"])
def test_a_hook_that_yields_would_never_run(name: str, hook: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=rf"^{name}\(\) of Yielding contains a yield"):
        type("Yielding", (BuyerRepository,), {name: hook})


@pytest.mark.by_turns
@pytest.mark.parametrize("yields", [_yields, _yields_async])
@pytest.mark.parametrize("name", ["prepare_create", "after_create", "after_update", "after_delete"])
async def test_a_hook_that_returns_a_generator_has_run_nothing(
    session: AsyncSession, name: str, yields: Any
) -> None:
    def hook(self: Any, written: Any) -> Any:
        return yields(self, written)

    buyers = type("Returning", (BuyerRepository,), {name: hook})(session)
    writes = {
        "after_update": partial(buyers.objects.filter(id=1).update, name="x"),
        "after_delete": partial(buyers.delete, id=2),
    }
    told = rf"^{name}\(\) of Returning returned a generator, {yields.__name__}\(\), of which nothing"
    with pytest.raises(UnsupportedOperationError, match=told):
        await writes.get(name, partial(buyers.create, name="x"))()
    assert await stored(session) == [("Ann",), ("Bob",)]


@pytest.mark.by_turns
@pytest.mark.parametrize("returned", [False, [("name", "x")], object(), "x"])
@pytest.mark.parametrize("name", ["prepare_create", "prepare_update"])
async def test_a_hook_that_returns_no_values(session: AsyncSession, name: str, returned: Any) -> None:
    returning: Any = type("Returning", (BuyerRepository,), {name: lambda self, values: returned})
    told = rf"^{name}\(\) of Returning returned what is of {type(returned).__name__}: it returns the val"
    buyers = returning(session)
    write = buyers.create if name == "prepare_create" else buyers.objects.update
    with pytest.raises(UnsupportedOperationError, match=told):
        await write(name="x")
    assert await stored(session) == [("Ann",), ("Bob",)]


async def test_a_queryset_from_a_pickle_has_lost_them(session: AsyncSession) -> None:
    queryset = pickle.loads(pickle.dumps(Hooked(session).objects.filter(id=1))).in_session(session)

    assert [buyer.name for buyer in await queryset] == ["Ann"]
    with pytest.raises(UnsupportedOperationError, match="came back from a pickle without its Hooked"):
        await queryset.update(name="x")
    assert await stored(session) == [("Ann",), ("Bob",)]


async def test_an_error_of_the_database_is_undone_too(buyers: Hooked, session: AsyncSession) -> None:
    with pytest.raises(IntegrityError):
        await buyers.create(id=1, name="x")
    assert await stored(session) == [("Ann",), ("Bob",)]


# Hooks that do not tell of what has failed in them.


async def _a_flush(session: AsyncSession) -> None:
    with suppress(IntegrityError):
        await BuyerRepository(session).flush().create(id=1, name="x")


async def _a_statement(session: AsyncSession) -> None:
    with suppress(IntegrityError):
        await session.execute(insert(Buyer).values(id=1, name="x"))


async def _a_rollback_of_the_savepoint(session: AsyncSession) -> None:
    nested = session.get_nested_transaction()
    assert nested is not None
    await nested.rollback()


async def _a_part_without_a_savepoint(session: AsyncSession) -> None:
    with suppress(RuntimeError):
        async with atomic(session, savepoint=False):
            raise RuntimeError


async def _a_task_that_is_left(session: AsyncSession) -> None:
    await asyncio.gather(*[BuyerRepository(session).objects.count() for _ in range(2)])


CAUGHT: dict[str, Callable[[AsyncSession], Awaitable[None]]] = {
    "a flush": _a_flush,
    "a statement": _a_statement,
    "rollback": _a_rollback_of_the_savepoint,
    "savepoint=False": _a_part_without_a_savepoint,
}


class Careless(BaseRepository[Buyer]):
    """Does something after each write."""

    def __init__(self, session: AsyncSession, does: Callable[[AsyncSession], Awaitable[None]]) -> None:
        super().__init__(session)
        self._does = does

    async def after_create(self, _: Sequence[Buyer]) -> None:
        await self._does(self._session)

    async def after_update(self, _: Sequence[Any]) -> None:
        await self._does(self._session)

    async def after_delete(self, _: Sequence[Any]) -> None:
        await self._does(self._session)


WRITES: dict[str, Callable[[Careless], Awaitable[Any]]] = {
    "create": lambda buyers: buyers.create(name="x"),
    "bulk_create": lambda buyers: buyers.bulk_create([{"name": "x"}]),
    "get_or_create": lambda buyers: buyers.objects.get_or_create(name="x"),
    "update_or_create": lambda buyers: buyers.objects.update_or_create(name="x"),
    "update": lambda buyers: buyers.objects.filter(id=2).update(name="y"),
    "delete": lambda buyers: buyers.objects.filter(id=2).delete(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("caught", CAUGHT.values(), ids=CAUGHT)
async def test_what_a_hook_has_undone_is_told(
    session: AsyncSession,
    caught: Callable[[AsyncSession], Awaitable[None]],
    write: Callable[[Careless], Awaitable[Any]],
) -> None:
    """On SQLite a statement that is no flush fails alone."""
    await model.OrderRepository(session).objects.update(buyer_id=None)
    await BuyerRepository(session).flush().create(name="before")
    if caught is _a_statement and session.get_bind().dialect.name == "sqlite":
        await write(Careless(session, caught))
    else:
        with pytest.raises(RolledBackError):
            await write(Careless(session, caught))
        assert await stored(session) == [("Ann",), ("Bob",), ("before",)]
    # The session goes on, and nothing is in its way.
    await BuyerRepository(session).flush().create(name="after")
    assert not is_in_block(session.sync_session)
    assert (await stored(session))[-1] == ("after",)


async def test_a_hook_cannot_undo_more_than_it(session: AsyncSession) -> None:
    await BuyerRepository(session).flush().create(name="before")
    refused = (
        "a rollback would undo the whole transaction, and not only this block of a write of several steps"
    )
    with pytest.raises(UnsupportedOperationError, match=refused):
        await Careless(session, AsyncSession.rollback).create(name="x")
    assert await stored(session) == [("Ann",), ("Bob",), ("before",)]
    await session.rollback()


async def test_a_hook_cannot_commit_or_undo_in_a_session_of_the_users(tables: Database) -> None:
    for end, told in ((AsyncSession.rollback, "would undo"), (AsyncSession.commit, "would end")):
        async with AsyncSession(tables.engine) as session:
            await BuyerRepository(session).flush().create(name="before")
            with pytest.raises(UnsupportedOperationError, match=told):
                await Careless(session, end).create(name="x")
            assert await stored(session) == [("Ann",), ("Bob",), ("before",)]
            await session.rollback()


async def test_a_hook_that_commits_by_the_savepoint_is_told_so(session: AsyncSession) -> None:
    async def commit(session: AsyncSession) -> None:
        nested = session.get_nested_transaction()
        assert nested is not None
        await nested.commit()

    with pytest.raises(UnsupportedOperationError, match="was committed within it by hand"):
        await Careless(session, commit).create(name="x")
    assert await stored(session) == [("Ann",), ("Bob",), ("x",)]


async def test_tasks_that_a_hook_has_left_are_waited_for(session: AsyncSession) -> None:
    """And the session is not lost by them."""
    with pytest.raises(UnsupportedOperationError, match="running another query"):
        await Careless(session, _a_task_that_is_left).create(name="x")
    assert await stored(session) == [("Ann",), ("Bob",)]
