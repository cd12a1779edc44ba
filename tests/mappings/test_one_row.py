"""One row on a repository: `create`, `add`, `update`, `save`, `delete`."""

from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient
from sqlalchemy.orm.exc import StaleDataError

from django_like_repos import (
    Database,
    DoesNotExist,
    InvalidLookupValueError,
    StaleObjectError,
    UnsupportedOperationError,
)
from tests.mappings import orders as model
from tests.mappings.orders import (
    Buyer,
    BuyerRepository,
    Cell,
    CellRepository,
    Line,
    LineRepository,
    Order,
    OrderRepository,
)
from tests.mappings.reading import tuples
from tests.recording import RecordedSQL

METADATA, rows = model.METADATA, model.rows


def counted(order: Order) -> Any:
    return order.counted  # type: ignore[attr-defined]


# create


async def test_what_a_flush_leaves_to_the_database_is_loaded(session: AsyncSession) -> None:
    order = await OrderRepository(session).flush().create(code="c", size="4")

    assert (order.size, order.state, order.double, order.version) == (4, "new", 8, 1)
    assert (order.id is not None, counted(order)) == (True, 0)
    buyer = await BuyerRepository(session).commit().create(name=" Eve ")
    assert (buyer.name, buyer.shout) == ("Eve", "EVE")


async def test_a_graph_is_inserted_with_its_root(session: AsyncSession) -> None:
    order = await (
        OrderRepository(session)
        .flush()
        .create(
            code="c",
            buyer=Buyer(name=" Eve "),
            lines=[Line(count="2"), Line(count=3)],
        )
    )

    assert [(line.count, line.order_id, line.id is not None) for line in order.lines] == [
        (2, order.id, True),
        (3, order.id, True),
    ]
    assert order.buyer is not None
    assert (order.buyer.name, order.buyer.shout, order.buyer_id) == ("Eve", "EVE", order.buyer.id)
    assert counted(order) == 2


async def test_a_value_in_a_graph_is_refused_on_its_line(session: AsyncSession, sql: RecordedSQL) -> None:
    with pytest.raises(InvalidLookupValueError, match=r"Line: count='many'.*'create' takes an integer"):
        await OrderRepository(session).create(code="c", lines=[Line(count="many")])
    with pytest.raises(InvalidLookupValueError, match=r"Line: count='many'.*'add' takes an integer"):
        await OrderRepository(session).add(Order(code="c", lines=[Line(count="many")]))
    assert not session.new
    assert not sql.statements


# add


async def test_add(session: AsyncSession) -> None:
    orders = OrderRepository(session)
    order = Order(code="c", size="4", lines=[Line(count="2")])

    assert await orders.add(order) is order
    assert (order in session.new, order.size, order.lines[0].count) == (True, 4, 2)
    assert await orders.flush().add(order) is order
    assert (order.state, order.double, counted(order)) == ("new", 8, 1)


async def test_what_is_not_new_is_not_added(session: AsyncSession, tables: Database) -> None:
    orders = OrderRepository(session)
    order = await orders.objects.get(id=1)
    with pytest.raises(UnsupportedOperationError, match=r"add\(\): this Order has a row already: update\(\)"):
        await orders.add(order)
    async with tables.session() as other:
        elsewhere = await OrderRepository(other).add(Order(code="x"))
        for write in (orders.add, orders.update, orders.save, orders.delete):
            with pytest.raises(UnsupportedOperationError, match="in another session"):
                await write(elsewhere)
    for write in (orders.add, orders.update, orders.save, orders.delete):
        with pytest.raises(UnsupportedOperationError, match=r"takes an? (instance of )?Order"):
            await write(Buyer(name="x"))  # type: ignore[arg-type]


async def test_what_another_session_has_is_not_added(session: AsyncSession, tables: Database) -> None:
    orders, buyers = OrderRepository(session), BuyerRepository(session)
    ann = await buyers.objects.get(id=1)
    async with tables.session() as other:
        elsewhere = await BuyerRepository(other).objects.get(id=2)
        new = await BuyerRepository(other).add(Buyer(name="new"))
        for buyer in (elsewhere, new):
            for write in (
                buyers.bulk_create([Buyer(name="x"), buyer]),
                orders.create(code="c", buyer=buyer),
                orders.bulk_create([{"code": "c", "buyer": buyer}]),
                orders.bulk_create([Order(code="c", buyer=buyer)]),
                orders.add(Order(code="c", buyer=buyer)),
                orders.save(Order(code="c", lines=[Line(count=1)], buyer=buyer)),
                orders.objects.get_or_create({"buyer": buyer}, code="c"),
                orders.objects.update_or_create({"buyer": buyer}, code="a"),
                orders.objects.update_or_create({"buyer": buyer}, code="c"),
                LineRepository(session).objects.update_or_create(
                    {"order": Order(code="c", buyer=buyer)}, count=5
                ),
            ):
                with pytest.raises(UnsupportedOperationError, match="this Buyer is in another session: exp"):
                    await write
        assert not session.new
        with pytest.raises(UnsupportedOperationError, match="has a row already"):
            await buyers.flush().bulk_create([ann])


# update


async def test_update_of_a_plain_object(session: AsyncSession, sql: RecordedSQL) -> None:
    cells = CellRepository(session).flush()
    cell = await cells.update(Cell(row=1, column="x", text="new"))

    assert cell in session
    assert (cell.text, len(sql)) == ("new", 2)
    session.expunge_all()
    assert (await cells.objects.get()).text == "new"


async def test_only_what_it_has_is_written(session: AsyncSession) -> None:
    order = await OrderRepository(session).flush().update(Order(id="1", size="9"))

    assert (order.id, order.code, order.size, order.double, order.buyer_id, order.version) == (
        1,
        "a",
        9,
        18,
        1,
        2,
    )
    assert counted(order) == 2


async def test_update_of_a_detached_object(session: AsyncSession) -> None:
    orders = OrderRepository(session)
    order = await orders.objects.get(id=1)
    session.expunge(order)
    order.size = 8

    stored = await orders.flush().update(order)
    assert (stored is order, stored.size, stored.double, stored.version) == (False, 8, 16, 2)


async def test_update_of_the_sessions_own(session: AsyncSession, sql: RecordedSQL) -> None:
    buyers = BuyerRepository(session)
    ann = await buyers.objects.get(id=1)
    ann.name = " Anna"
    sql.clear()

    assert await buyers.update(ann) is ann
    assert not sql.statements
    await buyers.flush().update(ann)
    assert (ann.name, ann.shout) == ("Anna", "ANNA")


async def test_update_into_what_the_session_holds(session: AsyncSession) -> None:
    buyers = BuyerRepository(session)
    ann = await buyers.objects.get(id=1)

    assert await buyers.flush().update(Buyer(id=1, name="Anna")) is ann
    assert ann.shout == "ANNA"


async def test_update_of_a_graph(session: AsyncSession) -> None:
    order = Order(id=1, lines=[Line(id=1, count=50), Line(count="60")])
    stored = await OrderRepository(session).flush().update(order)

    assert [line.count for line in stored.lines] == [50, 60]
    left = LineRepository(session).objects.filter(order_id=1).order_by("id")
    assert await left.values_list("count", flat=True) == [50, 60]


async def test_update_without_a_key_or_a_row(session: AsyncSession, sql: RecordedSQL) -> None:
    cells = CellRepository(session)
    for cell in (Cell(text="x"), Cell(row=1, text="x")):
        with pytest.raises(UnsupportedOperationError, match=r"this Cell has no primary key.*add"):
            await cells.update(cell)
    assert not sql.statements
    with pytest.raises(DoesNotExist, match=r"update\(\): no Cell <int>, <str>"):
        await cells.update(Cell(row=7, column="x"))
    assert await cells.objects.count() == 1
    pending = await cells.add(Cell(row=8, column="x"))
    with pytest.raises(UnsupportedOperationError, match="is new and has no row yet"):
        await cells.update(pending)


async def test_values_of_an_update_are_read(session: AsyncSession) -> None:
    with pytest.raises(InvalidLookupValueError, match=r"Order: size='big'.*'update' takes an integer"):
        await OrderRepository(session).update(Order(id=1, size="big"))
    own = await OrderRepository(session).objects.get(id=1)
    own.size = "big"  # type: ignore[assignment]
    with pytest.raises(InvalidLookupValueError, match="Order: size='big'"):
        await OrderRepository(session).update(own)


# save


async def test_save(session: AsyncSession) -> None:
    buyers = BuyerRepository(session).flush()
    new = Buyer(name=" Eve")
    assert await buyers.save(new) is new
    assert (new.id is not None, new.shout) == (True, "EVE")
    keyed = await buyers.save(Buyer(id=7, name="Dan"))
    assert (keyed.id, keyed.shout, await buyers.objects.count()) == (7, "DAN", 4)
    ann = await buyers.save(Buyer(id=1, name="Anna"))
    assert (ann.shout, await buyers.objects.count()) == ("ANNA", 4)
    ann.name = "Ann"
    assert await buyers.save(ann) is ann
    assert ann.shout == "ANN"


async def test_save_of_what_was_deleted(session: AsyncSession) -> None:
    buyers = BuyerRepository(session).flush()
    bob = await buyers.objects.get(id=2)
    session.expunge(bob)
    await buyers.objects.filter(id=2).delete()

    saved = await buyers.save(bob)
    assert (saved.id, saved.name, await buyers.objects.filter(id=2).exists()) == (2, "Bob", True)


async def test_what_was_deleted_in_the_transaction_is_not_added(session: AsyncSession) -> None:
    buyers, orders = BuyerRepository(session).flush(), OrderRepository(session)
    bob = await buyers.objects.get(id=2)
    await buyers.delete(bob)

    for write in (
        buyers.save(bob),
        buyers.add(bob),
        buyers.bulk_create([bob]),
        orders.create(code="c", buyer=bob),
        orders.save(Order(code="c", buyer=bob)),
    ):
        with pytest.raises(UnsupportedOperationError, match=r"this Buyer was deleted in .*make_transient"):
            await write
    for absent in (buyers.update, buyers.delete):
        with pytest.raises(DoesNotExist):
            await absent(bob)
    bob.orders.clear()
    make_transient(bob)
    assert await buyers.save(bob) is bob
    assert await buyers.objects.values_list("name", flat=True).order_by("id") == ["Ann", "Bob"]


async def test_save_of_a_key_that_another_has_taken(session: AsyncSession) -> None:
    async def clash() -> None:
        async with session.begin_nested():
            await BuyerRepository(session).flush().save(Buyer(name="Ann"))

    with pytest.raises(IntegrityError):
        await clash()


# delete


async def test_delete_of_an_object(session: AsyncSession) -> None:
    orders = OrderRepository(session)
    order = await orders.objects.get(id=1)

    result = await orders.delete(order)
    assert (result.rowcount, tuples(result), order in session) == (1, [(1,)], False)
    assert await LineRepository(session).objects.values_list("id", flat=True) == [3]


async def test_delete_of_a_plain_or_detached_object(session: AsyncSession) -> None:
    cells, orders = CellRepository(session), OrderRepository(session)
    assert await cells.delete(Cell(row=1, column="x"))
    assert await cells.objects.count() == 0
    order = await orders.objects.get(id=2)
    session.expunge(order)
    await orders.delete(order)
    assert await orders.objects.values_list("id", flat=True) == [1]


async def test_delete_of_what_is_not_there(session: AsyncSession) -> None:
    cells, buyers = CellRepository(session), BuyerRepository(session)
    with pytest.raises(DoesNotExist, match=r"delete\(\): no Cell"):
        await cells.delete(Cell(row=9, column="x"))
    with pytest.raises(UnsupportedOperationError, match="has no primary key"):
        await cells.delete(Cell(text="x"))
    with pytest.raises(UnsupportedOperationError, match=r"has no row yet: session.expunge"):
        await cells.delete(await cells.add(Cell(row=9, column="x")))
    bob = await buyers.objects.get(id=2)
    await session.execute(text("DELETE FROM buyers WHERE id = 2"))
    with pytest.raises(DoesNotExist, match=r"delete\(\): no Buyer"):
        await buyers.delete(bob)


async def test_delete_of_lookups(session: AsyncSession) -> None:
    lines = LineRepository(session)
    assert await lines.delete(order__code="a", count__gt=5) == 1
    assert await lines.objects.order_by("id").values_list("id", flat=True) == [1, 3]
    for wrong in (lines.delete(), lines.delete(Line(id=1), id=1)):
        with pytest.raises(
            UnsupportedOperationError, match=r"takes an object, or lookups.*objects\.delete\(\)"
        ):
            await wrong


# Versions


STALE = r"Order <int> was changed meanwhile: the object has version <int>, and the row <int>"


async def test_a_stale_object(session: AsyncSession) -> None:
    orders = OrderRepository(session).flush()
    detached = await orders.objects.get(id=1)
    session.expunge(detached)
    own = await orders.objects.get(id=1)
    await session.execute(text("UPDATE orders SET version = 7, state = 'x' WHERE id = 1"))
    own.size = detached.size = 9

    for write in (orders.update, orders.save, orders.delete):
        for stale in (detached, own):
            with session.no_autoflush, pytest.raises(StaleObjectError, match=STALE) as raised:
                await write(stale)
            assert isinstance(raised.value, StaleDataError)
    # The transaction lives on.
    await session.refresh(own)
    assert (own.version, own.state, own.size) == (7, "x", 3)
    fresh = await orders.update(Order(id=1, size=5, version=7))
    assert (fresh.version, fresh.size) == (8, 5)
    unversioned = await orders.update(Order(id=1, size=6))
    assert (unversioned.version, unversioned.size) == (9, 6)


async def test_an_object_that_says_it_has_no_version(session: AsyncSession) -> None:
    orders = OrderRepository(session).flush()
    for write in (orders.update, orders.save):
        with pytest.raises(StaleObjectError, match=r"Order has version=None, and the row .*version= out"):
            await write(Order(id=1, size=9, version=None))
    assert await orders.objects.filter(id=1, size=9).count() == 0
    other = await orders.create(code="z")
    assert await orders.delete(Order(id=other.id, version=None)) == 1


async def test_versions_are_shown_where_values_are(tables: Database) -> None:
    async with Database(tables.engine.url, show_values=True) as showing, showing.session() as session:
        with pytest.raises(StaleObjectError, match=r"Order 1 was changed.*has version 6, and the row 1:"):
            await OrderRepository(session).update(Order(id=1, version=6))
        with pytest.raises(DoesNotExist, match=r"no Order 99"):
            await OrderRepository(session).update(Order(id=99))


async def test_a_commit_keeps_it(tables: Database) -> None:
    async with tables.session() as session:
        buyer = await BuyerRepository(session).commit().save(Buyer(name="Zoe"))
        assert inspect(buyer).persistent
        assert not session.in_transaction()
    async with tables.session() as session:
        buyers = BuyerRepository(session).commit()
        found = await buyers.objects.get(name="Zoe")
        assert await buyers.delete(found) == 1
        assert not session.in_transaction()
