"""`bulk_create()` that is executed: what it refuses, what objects have, batches, progress, cancelling."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import event, func, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, Database
from django_like_repos.errors import (
    InvalidLookupValueError,
    QueryError,
    UnknownFieldError,
    UnsupportedOperationError,
)
from django_like_repos.execution.conflicts import violation_of
from tests.bulk.models import Book, Books, Shelf, Shelves
from tests.recording import RecordedSQL


@pytest.fixture
async def session(bulky: Database) -> AsyncIterator[AsyncSession]:
    async with bulky.session() as session:
        yield session
        await session.rollback()


def _rows(count: int) -> Iterator[dict[str, Any]]:
    for at in range(count):
        yield {"name": f"n{at}", "width": at}


async def test_objects_are_as_after_a_flush(session: AsyncSession) -> None:
    flushed = Shelf(name="flushed", width=1)
    session.add(flushed)
    await session.flush()
    await session.refresh(flushed, ["kind"])
    one, two, three = (
        await Shelves(session)
        .flush()
        .bulk_create([{"name": "a", "width": 1}, Shelf(name="b", width=None), {"name": "c"}])
    )
    assert [one.id, two.id, three.id] == [flushed.id + 1, flushed.id + 2, flushed.id + 3]
    assert (one.kind, one.uses, one.width, two.width, three.width) == ("plain", 7, 1, None, None)
    assert vars(one).keys() == vars(flushed).keys()
    assert inspect(one).persistent
    assert not session.dirty
    assert await session.get(Shelf, two.id) is two
    one.width = 5
    await session.flush()
    assert await session.scalar(select(Shelf.width).where(Shelf.id == one.id)) == 5
    await session.rollback()
    assert inspect(one).transient


async def test_few_rows_cost_few_statements(session: AsyncSession, sql: RecordedSQL) -> None:
    """No more than a savepoint besides: what fails leaves nothing, and the session goes on."""
    await session.connection()
    sql.clear()
    await Shelves(session).flush().bulk_create([Shelf(name="a")])
    said = [statement.split(" (")[0] for statement, _ in sql.statements if "SAVEPOINT" not in statement]
    assert said == ["INSERT INTO bulk_shelves"]
    assert len(sql) <= 3
    sql.clear()
    await Shelves(session).flush().bulk_create([{"name": "b"}, {"name": "c"}])
    assert len(sql) <= 4


async def test_keys_of_python_and_versions(session: AsyncSession) -> None:
    given = [{"title": f"t{at}"} for at in range(30)]
    assert (await Books(session).flush().bulk_way(given)).name in ("unnest", "values")
    books = await Books(session).flush().bulk_create(given)
    assert [book.title for book in books] == [each["title"] for each in given]
    assert {(book.made, book.version) for book in books} == {("here", 1)}
    assert len({book.id for book in books}) == 30
    assert given[0] == {"title": "t0"}


async def test_relations_are_a_graph(session: AsyncSession) -> None:
    shelf = Shelf(name="s")
    given: list[Any] = [Book(title="x", shelf=shelf), {"title": "y"}]
    way = await Books(session).flush().bulk_way(given)
    assert (way.name, way.why) == ("graph", "")
    one, two = await Books(session).flush().bulk_create(given)
    assert (one.shelf_id, two.shelf_id) == (shelf.id, None)
    assert shelf.books == [one]


async def test_returning(session: AsyncSession) -> None:
    shelves = Shelves(session)
    written = await shelves.returning("name", "kind").bulk_create(_rows(3))
    assert (written.rowcount, [tuple(row) for row in written]) == (3, [(f"n{n}", "plain") for n in range(3)])
    keys = (await shelves.returning().bulk_create([{"name": "x"}, Shelf(name="y")])).scalars().all()
    assert [*keys] == [
        *await shelves.objects.filter(name__in=["x", "y"]).order_by("name").values_list("id", flat=True)
    ]
    number = await shelves.returning(None).bulk_create([{"name": "z"}])
    assert (number == 1, number.all()) == (True, [])
    assert (await shelves.returning(None).bulk_create([])).rowcount == 0
    assert await shelves.objects.count() == 6


@pytest.mark.parametrize("names", [("nme",), ("books",), ("name", None)])
async def test_what_returning_refuses(session: AsyncSession, names: Any) -> None:
    with pytest.raises(QueryError):
        Shelves(session).returning(*names)


async def test_mixed_rows(session: AsyncSession) -> None:
    """Those that have a key or a value the database would give, and those that have none."""
    rows: list[Any] = [{"name": f"a{n}"} for n in range(20)]
    rows += [{"name": f"b{n}", "kind": "odd", "id": 1000 + n} for n in range(20)]
    made = await Shelves(session).flush().bulk_create(rows)
    assert [shelf.name for shelf in made] == [row["name"] for row in rows]
    assert [shelf.kind for shelf in made] == ["plain"] * 20 + ["odd"] * 20
    assert [shelf.id for shelf in made[20:]] == [*range(1000, 1020)]
    few = await Shelves(session).flush().bulk_create([{"name": "c"}, {"name": "d", "kind": "odd"}])
    assert [shelf.kind for shelf in few] == ["plain", "odd"]


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "a name": ([{"name": "a"}, {"nme": 1}], UnknownFieldError, r"\(row 1\)"),
    "a type": ([{"name": "a"}, {"name": "b", "width": "x"}], InvalidLookupValueError, r"width=.*\(row 1\)"),
    "nothing": ([{"name": "a"}, {"width": 1}], InvalidLookupValueError, r"name=None.*no default \(row 1\)"),
    "None": ([{"name": None}], InvalidLookupValueError, r"name=None.*\(row 0\)"),
    "a key twice": (
        [{"name": "a", "id": 7}, {"name": "b", "id": 7}],
        UnsupportedOperationError,
        "row 1: the key",
    ),
    "no row": (
        [{"name": "a"}, None],
        UnsupportedOperationError,
        "row 1: it takes dicts and instances of Shelf",
    ),
    "another class": ([Book(title="x")], UnsupportedOperationError, "row 0"),
    "a text": ("ab", UnsupportedOperationError, "takes a list"),
    "a dict": ({"name": "a"}, UnsupportedOperationError, "takes a list"),
    "no list": (None, UnsupportedOperationError, "takes a list"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("bare", [True, False])
async def test_what_is_refused(session: AsyncSession, kind: str, bare: bool) -> None:
    given, error, said = WRONG[kind]
    shelves: Any = Shelves(session)
    with pytest.raises(error, match=said):
        await (shelves.returning(None) if bare else shelves.flush()).bulk_create(given)
    assert await shelves.objects.count() == 0


async def test_instances_that_are_refused(bulky: Database, session: AsyncSession) -> None:
    shelves = Shelves(session).flush()
    one = Shelf(name="a")
    with pytest.raises(UnsupportedOperationError, match="row 1: this Shelf is row 0 too"):
        await shelves.bulk_create([one, one])
    async with bulky.session() as other:
        other.add(one)
        with pytest.raises(UnsupportedOperationError, match="in another session"):
            await shelves.bulk_create([{"name": "b"}, one])
        other.expunge(one)
    await shelves.bulk_create([one])
    with pytest.raises(UnsupportedOperationError, match="has a row already"):
        await shelves.bulk_create([one])


async def test_nothing_stays_of_a_call_that_fails(session: AsyncSession) -> None:
    shelves = Shelves(session)
    kept = (await shelves.flush().bulk_create([{"name": "n3"}]))[0]
    new = [Shelf(name=f"n{n}") for n in range(5)]
    with pytest.raises(IntegrityError) as error:
        await shelves.flush().bulk_create(new, batch_size=2)
    assert violation_of(error.value).kind == "unique"
    assert all(inspect(each).transient for each in new)
    assert await shelves.objects.values_list("name", flat=True) == [kept.name]


async def test_a_generator_is_taken_batch_by_batch(session: AsyncSession) -> None:
    told: list[Any] = []
    taken: list[int] = []

    def given() -> Iterator[dict[str, Any]]:
        for row in _rows(5):
            taken.append(len(told))
            yield row

    async def on_progress(done: int, total: int | None) -> None:
        told.append((done, total))

    await Shelves(session).returning(None).bulk_create(given(), 2, on_progress=on_progress)
    assert (told, taken) == ([(2, None), (4, None), (5, None)], [0, 0, 1, 1, 2])
    told.clear()
    await (
        Shelves(session)
        .flush()
        .bulk_create([{"name": "x"}, {"name": "y"}], on_progress=lambda *each: told.append(each))
    )
    assert told == [(2, 2)]


@pytest.mark.parametrize("commits", [True, False])
async def test_cancelled_between_batches(bulky: Database, commits: bool) -> None:
    """Whole batches stay, or nothing."""
    reached = asyncio.Event()

    async def on_progress(done: int, _: int | None) -> None:
        if done == 4:
            reached.set()
            await asyncio.Event().wait()

    async with bulky.session() as session:
        shelves: Any = Shelves(session)
        shelves = shelves.commit() if commits else shelves.flush()
        task = asyncio.create_task(shelves.bulk_create([*_rows(6)], 2, on_progress=on_progress))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await session.commit()
    async with bulky.session() as session:
        assert await Shelves(session).objects.count() == (4 if commits else 0)
        await Shelves(session).commit().objects.delete()


async def test_what_is_pending_is_older(session: AsyncSession) -> None:
    first = Shelf(name="first")
    session.add(first)
    (second,) = await Shelves(session).flush().bulk_create([{"name": "second"}])
    assert first.id < second.id


async def test_listeners_are_heard(session: AsyncSession) -> None:
    heard: list[Any] = []

    def listen(_mapper: Any, _connection: Any, target: Any) -> None:
        heard.append(target.name)

    event.listen(Shelf, "before_insert", listen)
    try:
        way = await Shelves(session).returning(None).bulk_way([{"name": "a"}])
        assert (way.name, way.why) == ("flush", "somebody listens to what is inserted")
        await Shelves(session).returning(None).bulk_create([{"name": "a"}])
    finally:
        event.remove(Shelf, "before_insert", listen)
    assert heard == ["a"]


async def test_hooks_see_each_row(session: AsyncSession) -> None:
    seen: list[Any] = []

    class Hooked(BaseRepository[Shelf]):
        def prepare_create(self, values: dict[str, Any], /) -> Any:
            values["name"] += "!"

        async def after_create(self, objs: Any, /) -> None:
            seen.append([each.name for each in objs])

    assert (await Hooked(session).returning(None).bulk_create(_rows(3), 2)).rowcount == 3
    assert seen == [["n0!", "n1!"], ["n2!"]]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_copy(session: AsyncSession) -> None:
    shelves = Shelves(session)
    way = await shelves.returning(None).bulk_way([*_rows(200)])
    assert (way.name, way.why) == ("copy", "")
    assert await shelves.returning(None).bulk_create(_rows(200)) == 200
    assert await session.scalar(select(func.sum(Shelf.width))) == sum(range(200))
    with pytest.raises(IntegrityError) as error:
        await shelves.returning(None).bulk_create(_rows(200))
    assert violation_of(error.value).constraint == "bulk_shelves_name_key"
    assert await shelves.objects.count() == 200


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_copy_by_psycopg(bulky: Database) -> None:
    url = bulky.engine.url.set(drivername="postgresql+psycopg")
    async with Database(url) as database, database.session() as session:
        shelves = Shelves(session)
        way = await shelves.returning(None).bulk_way([*_rows(200)])
        assert (way.name, way.why) == ("copy", "")
        assert await shelves.returning(None).bulk_create(_rows(200)) == 200
        assert await session.scalar(select(func.sum(Shelf.width))) == sum(range(200))
        with pytest.raises(IntegrityError):
            await shelves.returning(None).bulk_create(_rows(200))
        made = await shelves.flush().bulk_create([{"name": "a"}, {"name": "b"}])
        assert [(each.kind, each.uses) for each in made] == [("plain", 7), ("plain", 7)]
        await session.rollback()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_copy_that_is_cancelled(bulky: Database) -> None:
    """Nothing stays of it, and its connection is given up."""
    begun = asyncio.Event()

    async def locked(session: AsyncSession) -> None:
        begun.set()
        await Shelves(session).returning(None).bulk_create(_rows(200))

    async with bulky.session() as holder:
        await holder.execute(text("LOCK TABLE bulk_shelves IN EXCLUSIVE MODE"))
        async with bulky.session() as session:
            task = asyncio.create_task(locked(session))
            await begun.wait()
            waits = 0
            while not waits:
                waits = await holder.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) or 0
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await holder.rollback()
        assert await Shelves(holder).objects.count() == 0
