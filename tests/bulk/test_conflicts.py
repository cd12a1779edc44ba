"""`bulk_create()` of what conflicts, `bulk_get_or_create()`, `existing_pks()`; what is refused, and hooks."""

import pickle
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    Database,
    F,
    InvalidLookupValueError,
    Proposed,
    Q,
    UnknownFieldError,
    UnsupportedOperationError,
    ViolationError,
)
from tests.bulk.stock import Depot, DogRepository, Item, ItemRepository, NameRepository, SeatRepository
from tests.recording import RecordedSQL


@pytest.fixture
def items(stock: AsyncSession) -> ItemRepository:
    return ItemRepository(stock)


async def stored(items: ItemRepository, *fields: str) -> list[Any]:
    return await items.objects.order_by("code").values_list(*(fields or ("code", "amount")))


# bulk_create


async def test_what_conflicts_is_ignored(items: ItemRepository) -> None:
    given: list[Any] = [
        Item(code="a", amount=7),
        {"code": "c", "amount": "8"},
        Item(code="d", nickname="bee"),
    ]
    found = await items.bulk_create(given, ignore_conflicts=True)

    assert (found[0], found[2]) == (given[0], given[2])
    assert [each.code for each in found] == ["a", "c", "d"]
    assert all(inspect(each).transient and vars(each).get("id") is None for each in found)
    assert await stored(items) == [("a", 1), ("b", 2), ("c", 8)]


async def test_of_ignored_rows_one_may_say_by_what_they_conflict(items: ItemRepository) -> None:
    await items.bulk_create([{"code": "a"}, {"code": "e"}], ignore_conflicts=True, unique_fields=["code"])
    with pytest.raises(ViolationError, match="another row has the same nickname"):
        await items.bulk_create(
            [{"code": "f"}, {"code": "g", "nickname": "bee"}], ignore_conflicts=True, unique_fields=["code"]
        )

    assert await stored(items) == [("a", 1), ("b", 2), ("e", 0)]


async def test_what_conflicts_is_updated(items: ItemRepository) -> None:
    held = await items.objects.get(code="a")
    new, there, other = (
        Item(code="z", amount=1),
        Item(code="b", amount=5),
        Item(code="a", amount=6, nickname="n"),
    )
    found = await items.bulk_create(
        [new, there, other, {"code": "y", "amount": 0}],
        update_conflicts=True,
        update_fields=["amount"],
        unique_fields=["code"],
    )

    # An instance stands for its row, where the session has no other that does.
    assert found[:3] == [new, there, held]
    assert (other.id, other in items._session, inspect(new).persistent) == (held.id, False, True)
    assert (held.amount, held.nickname, there.double, there.nickname, new.note) == (
        6,
        None,
        10,
        "bee",
        "none",
    )
    assert await stored(items) == [("a", 6), ("b", 5), ("y", 0), ("z", 1)]
    there.amount = 50
    await items._session.flush()
    assert (await stored(items))[1] == ("b", 50)


async def test_a_conflict_of_keys(stock: AsyncSession) -> None:
    seats = SeatRepository(stock)
    await seats.bulk_create(
        [{"row": "a", "number": 1, "state": "sold"}, {"row": "c", "number": 9, "state": "new"}],
        update_conflicts=True,
        update_fields=["state"],
        unique_fields=["pk"],
    )

    rows = await seats.objects.order_by("pk").values_list("row", "number", "state")
    assert rows == [("a", 1, "sold"), ("a", 2, "free"), ("c", 9, "new")]


async def test_conflicts_and_returning(items: ItemRepository) -> None:
    rows = [{"code": "a", "amount": 5}, {"code": "n", "amount": 6}]
    update: dict[str, Any] = {
        "update_conflicts": True,
        "update_fields": ["amount"],
        "unique_fields": ["code"],
    }
    told = await items.returning("code", "amount").bulk_create(rows, **update)
    assert (told.rowcount, [tuple(row) for row in told]) == (2, [("a", 5), ("n", 6)])
    assert await items.returning(None).bulk_create(rows, ignore_conflicts=True) == 0
    assert await items.returning(None).bulk_create(rows, **update) == 2
    keys = await items.returning().bulk_create([{"code": "o"}, *rows], ignore_conflicts=True)
    assert await items.objects.filter(pk__in=keys.scalars().all()).values_list("code", flat=True) == ["o"]


async def test_progress_and_batches(items: ItemRepository) -> None:
    told: list[tuple[int, int | None]] = []
    rows = [{"code": f"p{n}"} for n in range(5)]
    await items.commit().bulk_create(
        rows, 2, ignore_conflicts=True, on_progress=lambda done, total: told.append((done, total))
    )

    assert told == [(2, 5), (4, 5), (5, 5)]
    with pytest.raises(ViolationError):
        # Without a commit nothing of the call stays.
        await items.bulk_create(
            [{"code": "q"}, {"code": "r", "amount": -1}], 1, ignore_conflicts=True, unique_fields=["code"]
        )
    assert not await items.objects.filter(code="q").exists()


DJANGO: list[tuple[dict[str, Any], str]] = [
    ({"ignore_conflicts": True, "update_conflicts": True}, "are mutually exclusive"),
    ({"update_conflicts": True, "unique_fields": ["code"]}, "will be updated when a row insertion fails"),
    (
        {"update_conflicts": True, "update_fields": ["amount"]},
        "Unique fields that can trigger the upsert must",
    ),
    (
        {"update_conflicts": True, "update_fields": ["id"], "unique_fields": ["code"]},
        "cannot be used with primary keys in update_fields",
    ),
    ({"update_fields": ["amount"]}, "update_fields are for update_conflicts=True"),
    ({"unique_fields": ["code"]}, "unique_fields are for"),
]


@pytest.mark.parametrize(("arguments", "message"), DJANGO, ids=[message for _, message in DJANGO])
async def test_arguments_that_do_not_go_together(
    arguments: dict[str, Any], message: str, items: ItemRepository, sql: RecordedSQL
) -> None:
    sql.clear()
    with pytest.raises(ValueError, match=message):
        await items.bulk_create([{"code": "x"}], **arguments)
    assert not sql.statements


# Whatever is wrong is refused before anything is sent.

REFUSED: dict[str, tuple[list[Any], dict[str, Any], type[Exception], str]] = {
    "not unique": (
        [{"code": "a"}],
        {"match_fields": ["amount"]},
        UnsupportedOperationError,
        r"unique by amount, .* What does: id \(primary key\); code; shelf, place \(one_place\); "
        r"nickname \(one_nickname\)$",
    ),
    "a part of what is unique": (
        [],
        {"match_fields": ["shelf"]},
        UnsupportedOperationError,
        "unique by shelf",
    ),
    "of some rows only": ([], {"match_fields": ["kind"]}, UnsupportedOperationError, "unique by kind"),
    "more than is unique": ([], {"match_fields": ["code", "id"]}, UnsupportedOperationError, "code, id"),
    "no field": ([], {"match_fields": ["cod"]}, UnknownFieldError, "did you mean 'code'"),
    "a text": ([], {"match_fields": "code"}, UnsupportedOperationError, "give a list of names of fields"),
    "none": ([], {"match_fields": []}, UnsupportedOperationError, "give a list of names of fields"),
    "a path": ([], {"update_fields": ["depot__name"]}, UnsupportedOperationError, "is no concrete field"),
    "computed": ([], {"update_fields": ["double"]}, UnsupportedOperationError, "is no concrete field"),
    "a key": ([], {"update_fields": {"id": 5}}, ValueError, "primary keys in update_fields"),
    "unknown change": ([], {"update_fields": {"amout": 5}}, UnknownFieldError, "did you mean 'amount'"),
    "wrong change": ([{"code": "a"}], {"update_fields": {"amount": "x"}}, InvalidLookupValueError, "amount"),
    "no condition": ([], {"where": {"amount": 5}}, UnsupportedOperationError, "give a Q"),
    "wrong condition": ([], {"where": Q(amount="x")}, InvalidLookupValueError, "'exact' takes an integer"),
    "related": ([{"code": "a"}], {"where": Q(depot__name="x")}, UnsupportedOperationError, "own fields"),
    "not proposed": (
        [{"code": "a"}],
        {"where": Q(amount=Proposed("weight"))},
        UnsupportedOperationError,
        r"upsert\(\), row 0: it has no weight, of which Proposed\(\) speaks",
    ),
    "no own column": (
        [],
        {"where": Q(amount=Proposed("depot__name"))},
        UnsupportedOperationError,
        "no column",
    ),
    "not brought": (
        [{"code": "a", "amount": 1}, {"code": "b"}],
        {"update_fields": ["amount"]},
        UnsupportedOperationError,
        r"upsert\(\), row 1: it has no amount, which update_fields names",
    ),
    "told apart by nothing": (
        [{"id": 7, "code": "a"}, {"code": "c"}],
        {"match_fields": ["id"]},
        UnsupportedOperationError,
        r"upsert\(\), row 1: it has no id, which rows are told apart by",
    ),
    "twice": (
        [{"code": "a"}, {"code": "b"}, {"code": "a", "amount": 1}],
        {},
        UnsupportedOperationError,
        r"upsert\(\), row 2: it is row 0 too, by code: <str>",
    ),
    "missing": (
        [{"code": "a"}, {"amount": 1}],
        {},
        UnsupportedOperationError,
        r"row 1: .* no value for code",
    ),
    "None": ([{"code": "a", "amount": None}], {}, UnsupportedOperationError, r"Item.amount takes no None"),
    "wrong value": (
        [{"code": "a", "amount": 1}, {"code": "b", "amount": "x"}],
        {},
        InvalidLookupValueError,
        r"Item: amount='x' does not fit: 'upsert' takes an integer.*\(row 1\)$",
    ),
    "unknown name": (
        [{"code": "a", "amonut": 1}],
        {},
        UnknownFieldError,
        r"did you mean 'amount'.*\(row 0\)$",
    ),
    "computed value": ([{"code": "a", "double": 1}], {}, UnsupportedOperationError, "double is computed"),
    "expression": ([{"code": F("code")}], {}, UnsupportedOperationError, "rows have plain values here"),
    "another class": ([Depot(name="x")], {}, UnsupportedOperationError, "takes dicts and instances of Item"),
    "a dict": ({"code": "a"}, {}, UnsupportedOperationError, "takes a list of dicts and instances"),  # type: ignore[dict-item]
    "comes along": (
        [Item(code="a", depot=Depot(name="new"))],
        {},
        UnsupportedOperationError,
        "has no id yet: flush it first",
    ),
}


@pytest.mark.parametrize(("rows", "arguments", "error", "message"), REFUSED.values(), ids=REFUSED)
async def test_refused(
    rows: list[Any],
    arguments: dict[str, Any],
    error: type[Exception],
    message: str,
    items: ItemRepository,
    sql: RecordedSQL,
) -> None:
    sql.clear()
    with pytest.raises(error, match=message):
        await items.upsert(rows, **{"match_fields": ["code"], **arguments})
    assert not sql.statements


async def test_proposed_has_no_meaning_elsewhere(items: ItemRepository) -> None:
    with pytest.raises(UnsupportedOperationError, match="is of the row that a bulk write brings"):
        items.objects.filter(amount=Proposed("amount"))
    with pytest.raises(UnsupportedOperationError, match="is of the row that a bulk write brings"):
        items.objects.annotate(n=Proposed("amount") + 1)
    assert repr(Proposed("amount")) == "Proposed('amount')"
    assert len({Proposed("amount"), Proposed("amount"), Proposed("id")}) == 2


async def test_rows_of_several_tables(stock: AsyncSession, sql: RecordedSQL) -> None:
    with pytest.raises(UnsupportedOperationError, match="lies in 2 tables"):
        await DogRepository(stock).upsert([{"name": "Rex"}], ["name"])


# bulk_get_or_create and existing_pks


async def test_many_are_got_or_created_in_their_order(items: ItemRepository) -> None:
    held = await items.objects.get(code="b")
    called: list[int] = []

    def default() -> int:
        called.append(1)
        return len(called)

    rows: list[dict[str, Any]] = [{"code": "z"}, {"code": "b", "amount": 77}, {"code": "c", "amount": 5}]
    found = await items.bulk_get_or_create(rows, ["code"], {"amount": default, "nickname": None})

    assert [(item.code, item.amount, new) for item, new in found] == [
        ("z", 1, True),
        ("b", 2, False),
        ("c", 5, True),
    ]
    assert found[1][0] is held
    assert await items.bulk_get_or_create([], ["code"]) == []
    with pytest.raises(UnsupportedOperationError, match="are for dicts"):
        await items.bulk_get_or_create([Item(code="q")], ["code"], {"amount": 1})


async def test_which_keys_are_there(items: ItemRepository, sql: RecordedSQL) -> None:
    sql.clear()
    assert await items.existing_pks(["1", 2, 77, *range(100, 5000)]) == {1, 2}
    assert len(sql.statements) == 1
    assert await items.existing_pks(iter([])) == set()
    with pytest.raises(InvalidLookupValueError):
        await items.existing_pks(["x"])
    with pytest.raises(UnsupportedOperationError, match="takes a list of primary keys"):
        await items.existing_pks("12")


# Violations


async def test_a_violation_names_the_constraint_and_its_fields(
    items: ItemRepository, backend: str, stock_database: Database
) -> None:
    cases: list[tuple[dict[str, Any], str, str | None, tuple[str, ...]]] = [
        ({"code": "x", "nickname": "bee"}, "unique", "one_nickname", ("nickname",)),
        ({"code": "x", "amount": -1}, "check", "not_less_than_nothing", ("amount",)),
        ({"code": "x", "shelf": "s", "place": 1}, "unique", "one_place", ("shelf", "place")),
    ]
    await items.upsert([{"code": "there", "shelf": "s", "place": 1}], ["code"])
    for row, kind, constraint, fields in cases:
        with pytest.raises(ViolationError) as raised:
            await items.upsert([{"code": "fine"}, row], ["code"])
        error = raised.value
        assert (error.kind, error.fields) == (kind, fields)
        assert isinstance(error, IntegrityError)
        told = error.constraint
        assert told == constraint if backend == "postgresql" or kind == "check" else told is None
        assert (error.values is not None) is (backend == "postgresql")
        assert str(error).startswith("upsert() of Item: ")
        again = pickle.loads(pickle.dumps(error)) if backend == "sqlite" else error
        assert (again.kind, again.fields, str(again)) == (error.kind, error.fields, str(error))
    # Nothing of the calls stays, and the session goes on.
    assert await stored(items, "code") == [("a",), ("b",), ("there",)]


async def test_hidden_parameters_stay_hidden(stock_database: Database) -> None:
    engine = stock_database.engine.sync_engine
    before, engine.hide_parameters = engine.hide_parameters, True
    try:
        async with stock_database.session() as session:
            with pytest.raises(ViolationError) as raised:
                await ItemRepository(session).upsert([{"code": "x", "nickname": "bee"}], ["code"])
            assert raised.value.values is None
            assert "bee" not in str(raised.value)
            await session.rollback()
    finally:
        engine.hide_parameters = before


async def test_a_violation_of_an_update_undoes_the_inserts(items: ItemRepository) -> None:
    with pytest.raises(ViolationError, match="another row has the same nickname"):
        await items.upsert([{"code": "new"}, {"code": "a", "nickname": "bee"}], ["code"])
    assert await stored(items) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("backend", ["sqlite"], scope="session")
async def test_what_a_collation_takes_for_one_row_is_an_error(stock: AsyncSession) -> None:
    await stock.execute(text("DROP TABLE names"))
    columns = "id INTEGER PRIMARY KEY, name VARCHAR UNIQUE COLLATE NOCASE, size INTEGER"
    await stock.execute(text(f"CREATE TABLE names ({columns})"))
    names = NameRepository(stock)
    await names.upsert([{"name": "y", "size": 1}], ["name"])
    for rows in (["x", "X"], ["y", "Y", "z"]):
        with pytest.raises(UnsupportedOperationError, match="are one row to the database"):
            await names.upsert([{"name": name, "size": 2} for name in rows], ["name"])
    assert await names.objects.values_list("name", "size") == [("y", 1)]


# Hooks


class HookedItems(BaseRepository[Item]):
    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self.seen: list[Any] = []

    async def prepare_create(self, values: dict[str, Any]) -> None:
        values["code"] = values["code"].lower()

    def after_create(self, objs: Sequence[Item]) -> None:
        self.seen.append(("created", sorted(item.code for item in objs)))
        if any(item.amount == 66 for item in objs):
            raise RuntimeError("no")

    async def after_update(self, written: Sequence[Any]) -> None:
        self.seen.append(("updated", [*written]))


async def test_hooks_see_what_is_written(stock: AsyncSession) -> None:
    items = HookedItems(stock)
    found = await items.upsert([{"code": "A", "amount": 5}, {"code": "N"}, Item(code="M")], ["code"])

    assert found.counts == (2, 1, 0)
    assert items.seen == [("created", ["m", "n"]), ("updated", [1])]
    items.seen.clear()
    await items.bulk_get_or_create([{"code": "A"}, {"code": "O"}], ["code"])
    await items.bulk_create([{"code": "B"}, {"code": "P"}], ignore_conflicts=True)
    assert items.seen == [("created", ["o"]), ("created", ["p"])]
    items.seen.clear()
    made = await items.bulk_create(
        [{"code": "B", "amount": 9}], update_conflicts=True, update_fields=["amount"], unique_fields=["code"]
    )
    assert ([item.amount for item in made], items.seen) == ([9], [("updated", [2])])


async def test_a_hook_that_fails_undoes_all(stock: AsyncSession) -> None:
    items = HookedItems(stock)
    with pytest.raises(RuntimeError):
        await items.upsert([{"code": "a", "amount": 5}, {"code": "n", "amount": 66}], ["code"])

    assert await items.objects.order_by("code").values_list("code", "amount") == [("a", 1), ("b", 2)]
