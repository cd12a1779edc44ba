"""Which server a statement goes to, seen by the rows: two databases stand for a primary and its replica."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import selectinload

from django_like_repos import (
    Count,
    Database,
    Exists,
    Prefetch,
    QuerySet,
    RawSQL,
    UnsupportedOperationError,
)
from tests.database.models import Book, BookRepository, Shelf, ShelfRepository
from tests.recording import RecordedSQL
from tests.replicas.conftest import Pair


class FarShelfRepository(ShelfRepository):
    reads = "replica"


class NearShelfRepository(ShelfRepository):
    reads = "primary"


def shelves(session: AsyncSession, repository: type[ShelfRepository] = ShelfRepository) -> QuerySet[Shelf]:
    return repository(session).objects.filter(id=1)


def names(queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return queryset.values_list("name", flat=True)


# What is declared.


async def test_a_queryset_says_where_it_is_read(two: Database, sql: RecordedSQL) -> None:
    async with two.session() as session:
        assert await names(shelves(session)) == ["primary"]
        assert await names(shelves(session).using("replica")) == ["replica"]
        assert await names(shelves(session).using("replica").using("primary")) == ["primary"]
    assert sql.last == "SELECT shelves.name FROM shelves WHERE shelves.id = $1::BIGINT"


async def test_a_session_says_where_it_reads(two: Database) -> None:
    async with two.session(reads="replica") as session:
        assert await names(shelves(session)) == ["replica"]
        assert await names(shelves(session).using("primary")) == ["primary"]
        assert await names(shelves(session, NearShelfRepository)) == ["primary"]
    async with two.session_factory(reads="replica") as session:
        assert await names(shelves(session)) == ["replica"]


async def test_a_repository_says_where_it_reads(two: Database) -> None:
    async with two.session() as session:
        assert await names(shelves(session, FarShelfRepository)) == ["replica"]
        assert await names(shelves(session, FarShelfRepository).using("primary")) == ["primary"]
        assert await names(ShelfRepository(session).using("replica").objects.filter(id=1)) == ["replica"]
        assert await names(FarShelfRepository(session).using("primary").objects.filter(id=1)) == ["primary"]


async def _name(queryset: QuerySet[Shelf]) -> str:
    (shelf,) = await queryset
    return shelf.name


Read = Callable[[QuerySet[Any]], Awaitable[Any]]
TERMINALS: dict[str, Read] = {
    "await": lambda far: names(far)._one(),
    "first": lambda far: names(far).first(),
    "get": lambda far: names(far).get(id=1),
    "earliest": lambda far: names(far).earliest("id"),
    "count": lambda far: far.filter(name="replica").count(),
    "exists": lambda far: far.filter(name="replica").exists(),
    "aggregate": lambda far: far.filter(name="replica").aggregate(n=Count("id")),
    "union": lambda far: names(far.filter(name="replica").union(far))._one(),
    "union of models": lambda far: _name(far.filter(name="replica").union(far)),
    "slice": lambda far: names(far)[:1]._one(),
    "or": lambda far: names(far | far.filter(name="x"))._one(),
    "subquery": lambda far: far.filter(Exists(far.filter(name="replica"))).count(),
    "in": lambda far: far.filter(id__in=far.filter(name="replica").values("id")).count(),
}


@pytest.mark.parametrize("read", TERMINALS.values(), ids=TERMINALS)
async def test_every_terminal_method_goes_there(two: Database, read: Read) -> None:
    async with two.session() as session:
        assert await read(shelves(session).using("replica")) in ("replica", 1, True, {"n": 1})
        far = FarShelfRepository(session).objects.filter(id=1)
        assert await read(far) in ("replica", 1, True, {"n": 1})


async def test_models_of_both_places_are_of_one_session(two: Database) -> None:
    async with two.session() as session:
        near = await shelves(session).get()
        far = await shelves(session).using("replica").get()
        assert far is near
        # As of any query: what is loaded is not overwritten.
        assert far.name == "primary"
        await ShelfRepository(session).using("replica").refresh_from_db(far)
        assert far.name == "replica"
        await ShelfRepository(session).refresh_from_db(far)
        assert far.name == "primary"


async def test_a_key_is_read_where_the_repository_reads(two: Database) -> None:
    async with two.session() as session:
        found = await FarShelfRepository(session).get_by_pk(1)
        assert found is not None
        assert found.name == "replica"
    async with two.session() as session:
        assert (await session.get_one(Shelf, 1)).name == "primary"
    async with two.session() as session:
        assert await FarShelfRepository(session).get_by_pk(2**40) is None
        assert session.sync_session._reading is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", ["nope", "default", None, 1, ["replica"]])
async def test_other_names_are_refused_where_they_are_written(two: Database, place: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"using\(\) takes 'primary' or 'replica', not "):
        QuerySet(Shelf).using(place)
    with pytest.raises(UnsupportedOperationError, match="another database is another session"):
        ShelfRepository(two.session_factory()).using(place)
    if place is not None:
        with pytest.raises(UnsupportedOperationError, match=r"session\(reads=…\) takes 'primary' or"):
            async with two.session(reads=place):
                pass

        class WrongRepository(ShelfRepository):
            reads = place

        with pytest.raises(UnsupportedOperationError, match=r"WrongRepository\.reads takes 'primary'"):
            WrongRepository(two.session_factory())


def test_it_is_told() -> None:
    assert repr(QuerySet(Shelf).using("replica")) == "<QuerySet Shelf.using('replica')>"


# Statements that belong together.


@pytest.fixture
async def books(pair: Pair) -> None:
    for url, place in ((pair.primary, "primary"), (pair.replica, "replica")):
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM books"))
            await connection.execute(insert(Book).values(id=1, title=place, shelf_id=1))
        await engine.dispose()


@pytest.mark.usefixtures("books")
async def test_what_is_prefetched_is_read_there_too(two: Database) -> None:
    async with two.session() as session:
        far = await shelves(session).using("replica").prefetch_related("books").get()
        assert [book.title for book in far.books] == ["replica"]
    async with two.session() as session:
        loaded = await shelves(session).using("replica").options(selectinload(Shelf.books)).get()
        assert [book.title for book in loaded.books] == ["replica"]
    async with two.session(reads="replica") as session:
        near = await shelves(session).using("primary").prefetch_related("books").get()
        assert [book.title for book in near.books] == ["primary"]


@pytest.mark.usefixtures("books")
async def test_a_prefetch_of_its_own_place(two: Database) -> None:
    async with two.session() as session:
        fresh = Prefetch("books", BookRepository(session).objects.using("primary"))
        far = await shelves(session).using("replica").prefetch_related(fresh).get()
        assert (far.name, [book.title for book in far.books]) == ("replica", ["primary"])


@pytest.mark.usefixtures("books")
async def test_what_is_loaded_later_is_read_where_the_repository_reads(two: Database) -> None:
    async with two.session() as session:
        shelf = await shelves(session).get()
        await FarShelfRepository(session).fetch_related(shelf, "books")
        assert [book.title for book in shelf.books] == ["replica"]


# The session's own statements.


async def test_the_sessions_own_selects(two: Database) -> None:
    one = select(Shelf.name).where(Shelf.id == 1)
    async with two.session(reads="replica") as session:
        assert await session.scalar(one) == "replica"
        assert (await session.execute(one)).scalar_one() == "replica"
        assert (await session.scalars(one)).one() == "replica"
        assert await session.scalar(one.union(one)) == "replica"
        shelf = await session.get_one(Shelf, 1)
        assert shelf.name == "replica"
        await session.refresh(shelf)
        assert shelf.name == "replica"
        assert await session.run_sync(lambda sync: sync.scalar(one)) == "replica"
        assert await session.scalar(one, bind_arguments={"reads": "primary"}) == "primary"
    async with two.session() as session:
        assert await session.scalar(one) == "primary"
        assert await session.scalar(one, bind_arguments={"reads": "replica"}) == "replica"


async def test_a_stream_is_read_on_the_primary(two: Database) -> None:
    async with two.session(reads="replica") as session:
        stream = await session.stream_scalars(select(Shelf.name))
        assert [name async for name in stream] == ["primary"]


async def test_explain_asks_there(two: Database) -> None:
    async with two.session() as session:
        assert "Scan" in await shelves(session).filter(name="x").using("replica").explain(analyze=True)
        assert await names(shelves(session).using("replica")) == ["replica"]


async def test_advice_asks_there(two: Database) -> None:
    async with two.session() as session:
        assert (await shelves(session).filter(name="x").using("replica").advice()).plan
        assert await names(shelves(session).using("replica")) == ["replica"]


# What keeps a transaction on the primary.

Step = Callable[[AsyncSession], Awaitable[Any]]


async def _savepoint(session: AsyncSession) -> None:
    async with session.begin_nested():
        pass


async def _flush(session: AsyncSession) -> None:
    session.add(Shelf(name="new"))
    await session.flush()


async def _pending(session: AsyncSession) -> None:
    session.add(Shelf(name="new"))


async def _inserting_cte(session: AsyncSession) -> None:
    new = insert(Shelf).values(name="new").returning(Shelf.id).cte()
    await session.scalar(select(new.c.id))


async def _independent_cte(session: AsyncSession) -> None:
    new = insert(Shelf).values(name="new").returning(Shelf.id).cte()
    await session.scalar(select(func.count(Shelf.id)).add_cte(new))


STEPS: dict[str, Step] = {
    "update": lambda own: ShelfRepository(own).objects.filter(id=1).update(name="primary"),
    "update of nothing": lambda own: ShelfRepository(own).objects.filter(id=0).update(name="x"),
    "delete": lambda own: FarShelfRepository(own).objects.filter(id=0).delete(),
    "create": lambda own: FarShelfRepository(own).flush().create(name="new"),
    "bulk_create": lambda own: FarShelfRepository(own).flush().bulk_create([{"name": "new"}]),
    "get_or_create": lambda own: FarShelfRepository(own).objects.get_or_create(name="new"),
    "update_or_create": lambda own: FarShelfRepository(own).objects.update_or_create(name="new"),
    "flush": _flush,
    "pending": _pending,
    "savepoint": _savepoint,
    "for update": lambda own: own.scalar(select(Shelf.id).with_for_update()),
    "for share, nested": lambda own: own.scalar(
        select(select(Shelf.id).with_for_update(read=True).subquery())
    ),
    "insert": lambda own: own.execute(insert(Shelf).values(name="new")),
    "own update": lambda own: own.execute(update(Shelf).where(Shelf.id == 1).values(name="primary")),
    "inserting cte": _inserting_cte,
    "independent cte": _independent_cte,
    "text": lambda own: own.execute(text("INSERT INTO shelves (name) VALUES ('new')")),
    "columns of a text": lambda own: own.execute(
        text("INSERT INTO shelves (name) VALUES ('new') RETURNING id").columns(Shelf.id)
    ),
    "connection": lambda own: own.connection(),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
async def test_what_writes_or_locks_keeps_its_transaction_on_the_primary(two: Database, step: Step) -> None:
    async with two.session(reads="replica") as session:
        assert await names(shelves(session)) == ["replica"]
        await step(session)
        assert await names(shelves(session)) == ["primary"]
        assert await names(shelves(session).using("replica")) == ["primary"]
        assert await session.scalar(select(Shelf.name).where(Shelf.id == 1)) == "primary"
        await session.rollback()
        assert await names(shelves(session)) == ["replica"]


async def test_what_only_reads_keeps_nothing(two: Database) -> None:
    async with two.session() as session:
        assert await names(shelves(session)) == ["primary"]
        assert await names(shelves(session).using("replica")) == ["replica"]
        with session.no_autoflush:
            session.add(Shelf(name="pending"))
            assert await names(shelves(session).using("replica")) == ["replica"]
        session.expunge_all()


async def test_what_is_found_in_order_to_write_is_found_on_the_primary(two: Database) -> None:
    async with two.session(reads="replica") as session:
        found, new = await FarShelfRepository(session).objects.get_or_create(name="primary")
        assert (found.id, new) == (1, False)
    async with two.session(reads="replica") as session:
        await session.merge(Shelf(id=1, name="replica"))
        await session.commit()
        # Compared with the row of the replica there would have been nothing to write.
        assert await names(shelves(session).using("primary")) == ["replica"]


async def test_an_update_of_objects_that_a_replica_gave(two: Database) -> None:
    async with two.session() as session:
        shelf = await shelves(session, FarShelfRepository).get()
        assert (await shelves(session, FarShelfRepository).update(name="changed")).rowcount == 1
        assert shelf.name == "changed"
        await session.commit()
        assert await names(shelves(session)) == ["changed"]
    async with two.session() as session:
        assert await names(shelves(session, FarShelfRepository)) == ["replica"]


# Beside it.


async def test_without_replicas_all_is_read_on_the_primary(urls: Any) -> None:
    async with Database(urls[0]) as database, database.session(reads="replica") as session:
        assert await names(shelves(session, FarShelfRepository).using("replica")) == ["primary"]
        assert database.replicas == await database.check_replicas() == ()
        assert await database.position(session) is None
    async with Database(urls[0]) as database, database.session(after="0/00000001") as session:
        assert await names(shelves(session)) == ["primary"]
    engine = create_async_engine(urls[0])
    async with AsyncSession(engine) as plain:
        assert await names(shelves(plain, FarShelfRepository)) == ["primary"]
    await engine.dispose()


async def test_a_session_of_one_connection_stays_there(two: Database) -> None:
    async with (
        two.engine.connect() as connection,
        two.session_factory(bind=connection, reads="replica") as session,
    ):
        assert await names(shelves(session)) == ["primary"]


async def test_plans_are_shared(two: Database) -> None:
    two.plans.clear()
    async with two.session() as session:
        for place in ("primary", "replica"):
            await names(shelves(session).using(place))
    assert two.plans.info().misses == 1


async def test_tables_are_made_on_the_primary_alone(pair: Pair, two: Database) -> None:
    sent: list[str] = []
    for replica in two.replicas:
        event.listen(replica.engine.sync_engine, "before_cursor_execute", lambda *all: sent.append(all[2]))
    await two.create_all(Shelf)
    assert sent == []


async def test_nothing_is_written_to_a_replica(two: Database) -> None:
    async with two.replicas[0].engine.connect() as connection:
        with pytest.raises(Exception, match="cannot execute DELETE in a read-only transaction"):
            await connection.execute(text("DELETE FROM shelves"))


async def test_what_a_replica_may_not_do_is_done_on_the_primary(two: Database) -> None:
    async with two.session() as session:
        writes = shelves(session).annotate(n=RawSQL("nextval('shelves_id_seq')"))
        assert (await writes.using("replica").get()).name == "primary"


@pytest.mark.usefixtures("books")
async def test_what_a_flush_loads_is_loaded_on_the_primary(two: Database) -> None:
    loaded: list[str] = []

    def hear(book: Book, _context: object) -> None:
        loaded.append(book.title)

    event.listen(Book, "load", hear)
    try:
        async with two.session(reads="replica") as session:
            await session.delete(await session.get_one(Shelf, 1))
            # Its books would have no shelf, so they are looked for before anything is written.
            with pytest.raises(IntegrityError):
                await session.flush()
    finally:
        event.remove(Book, "load", hear)
    assert loaded == ["primary"]
