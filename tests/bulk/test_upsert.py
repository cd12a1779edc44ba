"""`upsert()`: what it writes, what it tells of it, and what the session knows afterwards."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database, F, Proposed, Q, UnsupportedOperationError
from django_like_repos.errors import QueryError
from django_like_repos.execution.upserted import Counts
from tests.bulk.stock import (
    CatRepository,
    Depot,
    Item,
    ItemRepository,
    Kind,
    Name,
    NameRepository,
    Seat,
    SeatRepository,
    rolled_back,
)
from tests.examples import examples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


@pytest.fixture
def items(stock: AsyncSession) -> ItemRepository:
    return ItemRepository(stock)


async def stored(items: ItemRepository, *fields: str) -> list[Any]:
    return await items.objects.order_by("code").values_list(*(fields or ("code", "amount")))


async def test_it_tells_what_was_created_and_what_updated(items: ItemRepository) -> None:
    found = await items.upsert([{"code": "c", "amount": 3}, {"code": "a", "amount": 4}], ["code"])

    assert found.counts == Counts(created=1, updated=1, untouched=0)
    assert (found.rowcount, bool(found), found.updated, found.untouched) == (2, True, [1], [])
    assert await items.objects.filter(pk__in=found.created).values_list("code", flat=True) == ["c"]
    assert await stored(items) == [("a", 4), ("b", 2), ("c", 3)]
    assert repr(found) == "<Upserted created=1, updated=1, untouched=0>"


async def test_a_condition_leaves_rows_untouched(items: ItemRepository) -> None:
    values = [{"code": code, "amount": amount} for code, amount in [("a", 0), ("b", 9), ("c", 0)]]
    found = await items.upsert(values, ["code"], where=Q(amount__lt=Proposed("amount")))

    assert (found.updated, found.untouched, found.counts) == ([2], [1], Counts(1, 1, 1))
    assert await stored(items) == [("a", 1), ("b", 9), ("c", 0)]


@pytest.mark.parametrize(
    ("where", "untouched"),
    [
        (Q(amount=1), [2]),
        (~Q(amount=1), [1]),
        (Q(nickname=None), [2]),
        (Q(nickname=Proposed("nickname")) | Q(nickname=None), [2]),
        (Item.amount == 2, [1]),
        (Q(amount=F("amount")) & Q(code__in=["a", "b"]), []),
        (Q(amount__gt=77), [1, 2]),
        (Q(), []),
    ],
    ids=str,
)
async def test_conditions(where: Any, untouched: list[int], items: ItemRepository) -> None:
    values = [{"code": code, "nickname": f"new {code}"} for code in "ab"]

    assert (await items.upsert(values, ["code"], ["nickname"], where)).untouched == untouched


async def test_what_is_set_may_be_computed_of_both_rows(items: ItemRepository) -> None:
    values = [{"code": "b", "amount": 5}, {"code": "c", "amount": 6}]
    changes = {"amount": F("amount") + Proposed("amount"), "nickname": "met"}
    await items.upsert(values, ["code"], changes)

    assert await stored(items, "code", "amount", "nickname") == [
        ("a", 1, None),
        ("b", 7, "met"),
        ("c", 6, None),
    ]


async def test_nothing_to_set_leaves_all_that_are_there(items: ItemRepository, sql: RecordedSQL) -> None:
    found = await items.upsert([{"code": "a", "amount": 9}], ["code"], [])

    assert (found.untouched, bool(found)) == ([1], False)
    assert await items.upsert([{"id": 2, "code": "b"}], update_fields=["code"], where=Q(pk=1)) is not None
    assert (await items.upsert([{"code": "a"}], ["code"])).untouched == [1]
    assert not any(statement.startswith("UPDATE") for statement, _ in sql.statements)
    assert (await items.upsert([])).counts == Counts(0, 0, 0)


async def test_the_statements(items: ItemRepository, sql: RecordedSQL, backend: str) -> None:
    sql.clear()
    await SeatRepository(items._session).upsert(
        [{"row": "z", "number": 1, "state": "new"}, {"row": "a", "number": 1, "state": "sold"}]
    )
    told = [statement for statement, _ in sql.statements]

    verbs = [statement.split(maxsplit=1)[0] for statement in told]
    if backend == "sqlite":
        assert verbs == ["SELECT", "INSERT", "UPDATE"]
        same_sql(
            told[1],
            'INSERT INTO seats ("row", number, state) SELECT fed.column2, fed.column3, fed.column4'
            " FROM (VALUES (0, ?, ?, ?)) AS fed WHERE 1 = 1"
            ' ON CONFLICT ("row", number) DO NOTHING RETURNING "row", number',
        )
        same_sql(
            told[2],
            "UPDATE seats SET state=fed.column2 FROM (VALUES (0, ?, ?, ?)) AS fed"
            ' WHERE seats."row" = fed.column3 AND seats.number = fed.column4',
        )
    else:
        # Rows are locked when nothing is to be inserted any more, in the order of their keys.
        assert verbs == ["SELECT", "INSERT", "WITH"]
        assert "ORDER BY anon_1.dlr_place - 1 FOR NO KEY UPDATE OF seats), changed AS (UPDATE" in told[2]
        assert "ON CONFLICT (row, number) DO NOTHING" in told[1].replace('"', "")


async def test_values_are_those_of_filters(items: ItemRepository) -> None:
    """Texts for numbers, objects for keys, members of enums, what a type makes of values."""
    depot = await items._session.get_one(Depot, 1)
    seen = datetime(2026, 12, 1, 12, tzinfo=UTC)
    values = {
        "code": "a",
        "amount": "7",
        "price": Decimal("1.50"),
        "weight": "2.25",
        "kind": "MADE",
        "seen": seen.isoformat(),
        "depot": depot,
    }
    await items.upsert([values, {**values, "code": "n"}], ["code"])

    fields = "code", "amount", "price", "weight", "kind", "seen", "depot_id"
    expected = (7, Decimal("1.50"), Decimal("2.25"), Kind.MADE, seen, 1)
    assert await stored(items, *fields) == [
        ("a", *expected),
        ("b", 2, None, None, None, None, None),
        ("n", *expected),
    ]


async def test_defaults_are_of_new_rows_alone(items: ItemRepository) -> None:
    await items.upsert([{"code": "new", "amount": 1}, {"code": "a", "amount": 1}], ["code"])

    fields = "code", "length", "note", "loud", "edited", "edit", "double", "version"
    assert await stored(items, *fields) == [
        ("a", 1, "none", "MADE", 1, "once", 2, 2),
        ("b", 1, "none", "MADE", 0, None, 4, 1),
        ("new", 3, "none", "MADE", 0, None, 2, 1),
    ]


async def test_objects_of_the_session_are_what_is_stored(items: ItemRepository) -> None:
    known = await items.objects.get(code="a")
    other = await items.objects.get(code="b")
    other.amount = 50
    values = [{"code": "a", "amount": 8}, {"code": "b", "amount": 9}]
    await items.upsert(values, ["code"], {"amount": F("amount") + Proposed("amount")})

    # What was pending was older, and was flushed.
    assert (known.amount, known.double, known.edited, known.edit, known.version) == (9, 18, 1, "once", 2)
    assert (other.amount, other.double) == (59, 118)
    assert not inspect(known).expired_attributes
    known.amount = 10
    await items._session.flush()
    assert await stored(items, "amount", "version") == [(10, 3), (59, 3)]


async def test_relations_that_are_loaded_lead_where_the_keys_do(items: ItemRepository) -> None:
    known = await items.objects.select_related("depot").get(code="a")
    assert known.depot is None
    await items.upsert([{"code": "a", "depot_id": 1}], ["code"])

    assert known.depot_id == 1
    assert "depot" not in vars(known)


async def test_models_and_fields_are_given_back(items: ItemRepository) -> None:
    known = await items.objects.get(code="a")
    values = [{"code": "a", "amount": 5}, {"code": "b", "amount": 0}, {"code": "c", "amount": 6}]
    where = Q(amount__lt=Proposed("amount"))
    found = await items.returning(return_model=True).upsert(values, ["code"], where=where)

    assert (found.updated, known.amount) == ([known], 5)
    assert [each.code for each in (*found.created, *found.untouched)] == ["c", "b"]
    told = await items.returning("code", "amount").upsert(values, ["code"], where=where)
    assert (told.created, told.updated) == ([], [])
    assert sorted(told.untouched) == [("a", 5), ("b", 2), ("c", 6)]
    assert told.untouched[0].code == "a"
    bare = await items.returning(None).upsert([{"code": "d", "amount": 1}], ["code"])
    assert bare.counts == Counts(1, 0, 0)
    with pytest.raises(TypeError, match="keeps nothing of the rows but their number"):
        _ = bare.created


async def test_rows_with_different_fields(items: ItemRepository) -> None:
    """Of each row what it has is set, and nothing else."""
    values: list[dict[str, Any]] = [
        {"code": "a", "nickname": "ann"},
        {"code": "b", "amount": 7},
        {"code": "c", "nickname": "cat"},
    ]
    found = await items.upsert([*values, {"code": "d"}], ["code"])

    assert found.counts == Counts(2, 2, 0)
    fields = "code", "amount", "nickname"
    assert await stored(items, *fields) == [("a", 1, "ann"), ("b", 7, "bee"), ("c", 0, "cat"), ("d", 0, None)]


async def test_instances_are_read(items: ItemRepository) -> None:
    depot = await items._session.get_one(Depot, 1)
    with items._session.no_autoflush:
        given = [Item(code="a", amount="6", depot_id=depot.id), Item(code="x")]
    found = await items.upsert(given, ["code"])

    assert found.counts == Counts(1, 1, 0)
    assert given[1] not in items._session
    assert await stored(items) == [("a", 6), ("b", 2), ("x", 0)]


async def test_python_of_the_mapping_sees_the_values(stock: AsyncSession) -> None:
    found = await NameRepository(stock).upsert([{"name": "  there ", "size": 3}, {"name": " new"}], ["name"])

    assert found.counts == Counts(1, 1, 0)
    names = await NameRepository(stock).objects.order_by("name").values_list("name", "size")
    assert names == [("new", None), ("there", 3)]


async def test_composite_keys(stock: AsyncSession) -> None:
    seats = SeatRepository(stock)
    held = await seats.objects.get(pk=("a", 1))
    found = await seats.upsert(
        [
            {"row": "b", "number": 1},
            {"row": "a", "number": 1, "state": "sold"},
            {"row": "a", "number": 2, "state": "gone"},
        ]
    )

    assert (found.created, found.updated) == ([("b", 1)], [("a", 1), ("a", 2)])
    assert held.state == "sold"
    assert await seats.existing_pks([("a", "1"), ["b", 1], ("c", 1)]) == {("a", 1), ("b", 1)}


async def test_a_subclass_in_the_table_of_its_parent(stock: AsyncSession) -> None:
    cats = CatRepository(stock)
    await cats.upsert([{"name": "Tom", "lives": 9}], ["name"])
    await cats.upsert([{"name": "Tom", "lives": 8}], ["name"])

    assert [(cat.kind, cat.lives) for cat in await cats.objects] == [("cat", 8)]


async def test_keys_without_a_value_conflict_with_nothing(items: ItemRepository) -> None:
    values = [{"code": code, "shelf": None, "place": 1, "amount": 1} for code in "xyz"]
    found = await items.upsert(
        [*values, {"code": "w", "shelf": "s", "place": 1, "amount": 1}], ["shelf", "place"]
    )

    assert found.counts == Counts(4, 0, 0)
    again = await items.upsert([{"code": "v", "shelf": "s", "place": 1, "amount": 5}], ["place", "shelf"])
    assert again.counts == Counts(0, 1, 0)
    assert await items.objects.filter(shelf="s").values_list("code", "amount") == [("v", 5)]


async def test_more_rows_than_one_statement_takes(items: ItemRepository) -> None:
    values = [{"code": f"c{n}", "amount": n} for n in range(3000)]
    first = await items.upsert(values[::2], ["code"])
    found = await items.upsert(values, ["code"], where=Q(amount__ne=4))

    assert first.counts == Counts(1500, 0, 0)
    assert found.counts == Counts(1500, 1499, 1)
    assert set(found.updated) | set(found.untouched) == set(first.created)
    assert await items.objects.filter(code__startswith="c").count() == 3000


async def test_flags(stock_database: Database) -> None:
    async with rolled_back(stock_database) as session:
        await ItemRepository(session).commit().upsert([{"code": "kept", "amount": 1}], ["code"])
        await session.rollback()
        await ItemRepository(session).upsert([{"code": "lost", "amount": 1}], ["code"])
        await session.rollback()

        codes = await ItemRepository(session).objects.order_by("code").values_list("code", flat=True)
        assert codes == ["a", "b", "kept"]


async def test_pending_objects_are_older(items: ItemRepository) -> None:
    pending = await items.create(code="p", amount=1)
    found = await items.upsert([{"code": "p", "amount": 2}], ["code"])

    assert (found.counts, pending.amount) == (Counts(0, 1, 0), 2)
    assert (await items._session.scalars(select(Seat.state).where(Seat.number == 2))).one() == "free"
    assert (await items._session.scalars(select(Name.size))).all() == [1]


async def test_random_upserts_do_what_a_dict_does(items: ItemRepository) -> None:
    session = items._session
    for seed in range(examples(60).max_examples):
        random = Random(seed)
        async with session.begin_nested() as undone:
            known: dict[str, dict[str, Any]] = {
                code: {"amount": amount, "shelf": None} for code, amount in [("a", 1), ("b", 2)]
            }
            for _ in range(4):
                codes = random.sample("abcdefgh", random.randint(0, 6))
                choices = {"amount": random.randint(0, 9), "shelf": random.choice(["x", None])}
                rows: list[dict[str, Any]] = [
                    {"code": code} | {name: each for name, each in choices.items() if random.random() < 0.7}
                    for code in codes
                ]
                bound = random.choice([None, random.randint(0, 9)])
                where = None if bound is None else Q(amount__lt=bound)
                found = await items.upsert(rows, ["code"], where=where)

                counts = Counter[str]()
                for row in rows:
                    held = known.get(row["code"])
                    given = {name: each for name, each in row.items() if name != "code"}
                    if held is None:
                        known[row["code"]] = {"amount": 0, "shelf": None} | given
                    elif given and (bound is None or held["amount"] < bound):
                        held.update(given)
                    else:
                        counts["untouched"] += 1
                        continue
                    counts["created" if held is None else "updated"] += 1
                assert found.counts == (counts["created"], counts["updated"], counts["untouched"])
                rows_now = await stored(items, "code", "amount", "shelf")
                assert rows_now == [(code, *known[code].values()) for code in sorted(known)]
            await undone.rollback()


async def test_batches_are_committed_and_told(items: ItemRepository) -> None:
    told: list[Any] = []
    rows = [{"code": code, "amount": 5} for code in "abcde"]
    found = await items.commit().upsert(
        rows, ["code"], batch_size=2, on_progress=lambda done, total: told.append((done, total))
    )
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert (found.counts, len(found.created), found.updated) == (Counts(3, 2, 0), 3, [1, 2])
    counted = await items.commit().returning(None).upsert(rows, ["code"], batch_size=3)
    assert counted.counts == Counts(0, 5, 0)
    assert (await items.upsert([], ["code"], batch_size=3)).counts == Counts(0, 0, 0)
    with pytest.raises(ValueError, match="batch_size"):
        await items.upsert(rows, ["code"], batch_size=0)


@pytest.mark.parametrize("verb", ["upsert", "update_conflicts", "ignore_conflicts"])
async def test_what_is_wrong_in_a_later_batch_is_told_before_any_is_written(
    items: ItemRepository, sql: RecordedSQL, verb: str
) -> None:
    rows: list[dict[str, Any]] = [{"code": code, "amount": 5} for code in "cdec"]
    said = "row 3: it is row 0 too"
    if verb == "ignore_conflicts":
        rows[3], said = {"code": "x", "amount": "y"}, r"\(row 3\)"
    given: dict[str, Any] = {"match_fields": ["code"]} if verb == "upsert" else {verb: True}
    if verb == "update_conflicts":
        given |= {"update_fields": ["amount"], "unique_fields": ["code"]}
    work: Any = items.commit().upsert if verb == "upsert" else items.commit().bulk_create
    sql.clear()
    with pytest.raises(QueryError, match=said):
        await work(rows, batch_size=2, **given)
    assert len(sql) == 0


@pytest.mark.parametrize("verb", ["create", "add", "save", "update", "delete", "bulk_get_or_create"])
async def test_returning_is_not_for_objects(items: ItemRepository, verb: str) -> None:
    repository: Any = items.returning("code")
    given: dict[str, Any] = {"create": {"code": "new"}}.get(verb, {})
    args = {"create": [], "bulk_get_or_create": [[{"code": "a"}], ["code"]]}.get(verb, [Item(id=1, code="a")])
    with pytest.raises(UnsupportedOperationError, match=rf"{verb}\(\) does not give what returning\(\)"):
        await getattr(repository, verb)(*args, **given)
    assert await stored(items) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("verb", ["bulk_get_or_create", "update_conflicts"])
async def test_rows_that_nothing_matches_are_new(items: ItemRepository, verb: str) -> None:
    """Since NULL is like nothing; each comes back in its place."""
    places = enumerate([None, 3, None])
    rows: list[Any] = [{"code": f"c{at}", "shelf": "s", "place": place} for at, place in places]
    match = ["shelf", "place"]
    if verb == "bulk_get_or_create":
        found = [obj for obj, new in await items.bulk_get_or_create(rows, match) if new]
    else:
        rows = [{**row, "amount": 1} for row in rows]
        found = await items.bulk_create(
            rows, update_conflicts=True, update_fields=["amount"], unique_fields=match
        )
    assert [obj.code for obj in found] == ["c0", "c1", "c2"]


async def test_an_object_of_a_row_that_is_new_again(items: ItemRepository, stock: AsyncSession) -> None:
    """Deleted elsewhere, and written anew under the same key."""
    old = await items.objects.get(code="a")
    await stock.execute(text("DELETE FROM items WHERE item_code = 'a'"))
    ((obj, new),) = await items.bulk_get_or_create([{"id": old.id, "code": "again"}], ["id"])
    assert (new, obj.code, old.code) == (True, "again", "again")


async def test_a_row_that_is_new_again_with_a_validator(stock: AsyncSession) -> None:
    names = NameRepository(stock)
    old = await names.objects.get(name="there")
    key = old.id
    await stock.execute(text("DELETE FROM names"))
    stock.expire(old)
    (made,) = await names.flush().bulk_create([{"id": key, "name": " new "}])
    await stock.flush()
    assert await names.objects.values_list("id", "name") == [(key, "new")]
    assert made.name == "new"


async def test_an_onupdate_that_looks_at_its_row(stock: AsyncSession) -> None:
    """There is one statement for many rows, and nothing to look at."""

    class Base(DeclarativeBase): ...

    class Told(Base):
        __tablename__ = "items"

        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str] = mapped_column(unique=True)
        amount: Mapped[int] = mapped_column(
            onupdate=lambda context: context.get_current_parameters()["amount"]
        )
        other: Mapped[int | None]

    class ToldRepository(BaseRepository[Told]): ...

    with pytest.raises(UnsupportedOperationError, match="an onupdate= of it looks at the statement"):
        await ToldRepository(stock).upsert([{"code": "a", "amount": 1}], ["code"], {"other": 5})
