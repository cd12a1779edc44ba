"""``to_arrow()`` and ``arrow_batches()``: which columns there are, of which types, by which statements."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, String, event, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState

from django_like_repos import Avg, Count, Database, F, QuerySet, RawSQL, Sum, UnsupportedOperationError
from django_like_repos.execution.export import tables
from tests.exports.samples import EXPORTED, NULLS, TRICKY, Color, Listed, Maker, OnPostgresql, Sample
from tests.postgres import new_database
from tests.recording import RecordedSQL

pa = pytest.importorskip("pyarrow")


def sorted_samples(session: AsyncSession) -> QuerySet[Sample]:
    return QuerySet(Sample, session).order_by("id")


def of_models(backend: str) -> dict[str, Any]:
    short, usual = (pa.int64(), pa.int64()) if backend == "sqlite" else (pa.int16(), pa.int32())
    return {
        "id": usual,
        "small": short,
        "big": pa.int64(),
        "name": pa.string(),
        "price": pa.decimal128(8, 2),
        "weight": pa.float64(),
        "ok": pa.bool_(),
        "day": pa.date32(),
        "at": pa.timestamp("us", tz="UTC"),
        "naive": pa.timestamp("us"),
        "clock": pa.time64("us"),
        "span": pa.duration("us"),
        "key": pa.uuid(),
        "color": pa.dictionary(pa.int32(), pa.string()),
        "data": pa.binary(),
        "doc": pa.string(),
        "shout": pa.string(),
        "maker_id": usual,
    }


PLAIN = ("id", "small", "big", "name", "price", "weight", "ok", "day", "at", "naive", "clock")
"""Those that Arrow's own reader knows in the text of COPY, with keys, enums, bytes and documents."""
COPIED = (*PLAIN, "key", "color", "data", "doc")


def rows_of(table: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


async def test_models(session: AsyncSession, backend: str) -> None:
    table = await sorted_samples(session).to_arrow()
    assert {field.name: field.type for field in table.schema} == of_models(backend)
    assert rows_of(table) == EXPORTED


async def test_what_copy_gives(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    table = await sorted_samples(session).values(*COPIED).filter(id__in=[1, 2, 3]).to_arrow()
    kinds = of_models(backend)
    assert {field.name: field.type for field in table.schema} == {name: kinds[name] for name in COPIED}
    assert rows_of(table) == [{name: row[name] for name in COPIED} for row in EXPORTED]
    asked = [statement for statement, _ in sql.statements]
    assert any(statement.startswith("COPY (SELECT") for statement in asked) == (backend == "postgresql")


async def test_values_are_no_part_of_the_text(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    names = sorted_samples(session).values_list("id", "name")
    for name in (TRICKY, "$1", "$2", "'; DROP TABLE export_samples; --", "\\", "E'\\''", "%(name)s"):
        table = await names.annotate(said=F("name")).filter(name=name).exclude(name="$1 '").to_arrow()
        assert rows_of(table) == [row for row in rows_of(table) if row["name"] == name]
        assert table.num_rows == (name == TRICKY)
    # What looks like a parameter, in a text of SQL's own, is none.
    odd = RawSQL("'costs $1'", (), String())
    table = await names.annotate(odd=odd).filter(name=TRICKY).to_arrow()
    assert [row["odd"] for row in rows_of(table)] == ["costs $1"]
    if backend == "postgresql":
        assert sql.last.startswith("COPY (SELECT")


async def test_chains(session: AsyncSession, backend: str) -> None:
    samples = sorted_samples(session)
    flat = await samples.values_list("price", flat=True).to_arrow()
    assert flat.to_pydict() == {"price": [Decimal("12.50"), None, None]}
    named = await samples.values_list("maker__name", "id")[:2].to_arrow()
    assert named.to_pydict() == {"maker__name": ["maker", None], "id": [1, 2]}
    groups = samples.order_by("ok").values("ok").annotate(n=Count("*"), whole=Sum("big"), mean=Avg("price"))
    table = await groups.filter(ok=True).to_arrow()
    assert table.schema.names == ["ok", "n", "whole", "mean"]
    assert [field.type for field in table.schema][1:3] == [pa.int64(), pa.int64()]
    assert rows_of(table)[0] == {"ok": True, "n": 1, "whole": 2**40, "mean": Decimal("12.5")}
    some = await samples.only("name").annotate(twice=F("small") * 2).filter(id=1).to_arrow()
    assert some.to_pydict() == {"id": [1], "name": [TRICKY], "twice": [-6]}
    left = await samples.defer(*[name for name in of_models(backend) if name not in ("id", "ok")]).to_arrow()
    assert left.schema.names == ["id", "ok"]
    both = await samples.values("id").union(samples.values("id"), all=True).to_arrow()
    assert sorted(both.column("id").to_pylist()) == [1, 1, 2, 2, 3, 3]
    related = await samples.select_related("maker").prefetch_related("maker").values("id").to_arrow()
    assert related.schema.names == ["id"]
    assert (await samples.values_list("ok").distinct().order_by("ok").to_arrow()).num_rows == 3


async def test_no_rows_have_their_columns(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    for rows in (sorted_samples(session).filter(id=0), sorted_samples(session).none()):
        sql.clear()
        table = await rows.to_arrow()
        assert table.num_rows == 0
        assert {field.name: field.type for field in table.schema} == of_models(backend)
        (batch,) = [each async for each in rows.arrow_batches()]
        assert batch.num_rows == 0
        assert batch.schema == table.schema
    assert not sql.statements


async def test_batches(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    rows = sorted_samples(session)
    whole = await rows.to_arrow()
    for size, lengths in ((1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (10**12, [3])):
        sql.clear()
        batches = [batch async for batch in rows.arrow_batches(size)]
        assert [batch.num_rows for batch in batches] == lengths
        assert pa.Table.from_batches(batches).equals(whole)
        assert len(sql.statements) == 1


async def test_the_session_goes_on_between_batches(session: AsyncSession, backend: str) -> None:
    found = []
    async for batch in sorted_samples(session).values("id").arrow_batches(1):
        found += batch.column(0).to_pylist()
        assert await QuerySet(Sample, session).count() == 3
        inner = QuerySet(Maker, session).arrow_batches(1)
        assert [each.num_rows async for each in inner] == [1]
    assert found == [1, 2, 3]
    rows = sorted_samples(session).arrow_batches(1)
    await anext(rows)
    await session.commit()
    with pytest.raises(UnsupportedOperationError, match="the transaction that this stream"):
        await anext(rows)


async def test_types_of_ones_own(session: AsyncSession, backend: str) -> None:
    rows = sorted_samples(session).values("id", "price")
    table = await rows.to_arrow(types={"id": pa.int8(), "price": pa.decimal128(20, 6)})
    assert [field.type for field in table.schema] == [pa.int8(), pa.decimal128(20, 6)]
    with pytest.raises(UnsupportedOperationError, match="a value of the column 'big' is no int8"):
        await rows.values("big").to_arrow(types={"big": pa.int8()})


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        (lambda rows: rows.values_list("id", "both"), "'both' is made of several columns"),
        (lambda rows: rows.values_list("id", "id"), "there are several columns 'id'"),
        (lambda rows: rows.using("replica"), "replicas are read without"),
    ],
)
async def test_refused(session: AsyncSession, chain: Any, told: str, backend: str) -> None:
    for call in ("to_arrow", "arrow_batches"):
        with pytest.raises(UnsupportedOperationError) as refused:
            await _asked(getattr(chain(sorted_samples(session)), call)())
        assert told in str(refused.value)
        assert str(refused.value).startswith(f"{call}()")


async def _asked(export: Any) -> None:
    if isinstance(export, AsyncIterator):
        await anext(export)
    else:
        await export


def test_refused_where_it_is_written() -> None:
    rows = QuerySet(Sample)
    with pytest.raises(UnsupportedOperationError, match="size is 0, and 1 is the least"):
        rows.arrow_batches(0)
    with pytest.raises(UnsupportedOperationError, match="size is a whole number, not None"):
        rows.arrow_batches(None)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOperationError, match="is of no column; there are id, small"):
        rows.arrow_batches(types={"nmae": pa.string()})
    with pytest.raises(UnsupportedOperationError, match="types is a dict of names and Arrow types"):
        rows.arrow_batches(types=[pa.string()])  # type: ignore[arg-type]


async def test_what_fails_leaves_the_session_as_it_was(session: AsyncSession, backend: str) -> None:
    strange = QuerySet(Sample, session).values("name")
    with pytest.raises(UnsupportedOperationError, match="is no int64"):
        await strange.to_arrow(types={"name": pa.int64()})
    assert await QuerySet(Sample, session).count() == 3
    if backend == "postgresql":
        opened = text("SELECT count(*) FROM pg_cursors WHERE name LIKE '%portal%'")
        assert await session.scalar(opened) == 0


async def test_what_arrow_reads_otherwise_is_left_to_the_driver(session: AsyncSession, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has no such dates")
    await session.execute(text("SET LOCAL DateStyle TO 'SQL, DMY'"))
    table = await sorted_samples(session).values("id", "at").to_arrow()
    assert table.column("at").to_pylist()[0] == EXPORTED[0]["at"]
    await session.execute(text("SET LOCAL DateStyle TO 'ISO'"))
    await session.execute(text("SET LOCAL TimeZone TO 'Asia/Kathmandu'"))
    table = await sorted_samples(session).values("id", "at", "naive").to_arrow()
    assert table.column("at").to_pylist()[0] == EXPORTED[0]["at"]
    await session.execute(text("UPDATE export_samples SET naive = 'infinity' WHERE id = 1"))
    naive = sorted_samples(session).values_list("naive", flat=True)
    assert (await naive.to_arrow()).column("naive").to_pylist() == await naive


async def test_criteria_of_listeners_hold(session: AsyncSession, backend: str) -> None:
    def hide(state: ORMExecuteState) -> None:
        state.statement = state.statement.where(Sample.id > 1)  # type: ignore[attr-defined]

    event.listen(session.sync_session, "do_orm_execute", hide)
    table = await sorted_samples(session).values("id", "name").to_arrow()
    assert table.column("id").to_pylist() == [2, 3]


async def test_many_rows(session: AsyncSession, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    """More than are read at a time, by each way."""
    monkeypatch.setattr(tables, "CHUNK", 2)
    monkeypatch.setattr("django_like_repos.execution.export.blocks._BLOCK", 10)
    for columns in (COPIED, (*COPIED, "span")):
        table = await sorted_samples(session).values(*columns).to_arrow()
        assert rows_of(table) == [{name: row[name] for name in columns} for row in EXPORTED]


async def test_autocommit(samples: Database, backend: str) -> None:
    engine = samples.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with AsyncSession(engine) as session:
        for columns in (COPIED, (*COPIED, "span")):
            assert (await sorted_samples(session).values(*columns).to_arrow()).num_rows == 3
        rows = sorted_samples(session).arrow_batches(1)
        if backend == "postgresql":
            with pytest.raises(
                UnsupportedOperationError, match=r"a cursor needs a transaction.*to_arrow\(\)"
            ):
                await anext(rows)
        else:
            assert len([batch async for batch in rows]) == 3


async def test_one_column_of_nulls(session: AsyncSession, backend: str) -> None:
    """An empty line is a row."""
    assert (await sorted_samples(session).values("small").to_arrow()).to_pydict() == {
        "small": [-3, None, None]
    }
    assert (await sorted_samples(session).values("name").to_arrow()).to_pydict() == {
        "name": [TRICKY, "", None]
    }
    assert NULLS["name"] is None


async def test_two_tasks(session: AsyncSession, backend: str) -> None:
    counting = asyncio.create_task(QuerySet(Sample, session).count())
    await asyncio.sleep(0)
    with pytest.raises(UnsupportedOperationError, match="one task at a time"):
        await sorted_samples(session).to_arrow()
    assert await counting == 3


async def test_lists(postgres: URL) -> None:
    async with new_database(postgres) as url, Database(url) as database:
        await database.create_all(OnPostgresql.metadata)
        async with database.session() as session:
            session.add(
                Listed(
                    id=1,
                    numbers=[1, 2],
                    keys=[UUID(int=1), None],
                    grid=[["a"], ["b"]],
                    colors=[Color.BLUE, None],
                    object_id=2**32 - 1,
                )
            )
            await session.flush()
            session.add(Listed(id=2, numbers=[], host="10.0.0.1"))
            await session.flush()
            lists = QuerySet(Listed, session).order_by("id").defer("host")
            table = await lists.to_arrow()
            assert [field.type for field in table.schema][1:] == [
                pa.list_(pa.int32()),
                pa.list_(pa.uuid()),
                pa.list_(pa.list_(pa.string())),
                pa.list_(pa.dictionary(pa.int32(), pa.string())),
                pa.int64(),
            ]
            assert table.column("colors").to_pylist() == [["BLUE", None], None]
            assert table.column("object_id").to_pylist() == [2**32 - 1, None]
            assert table.column("numbers").to_pylist() == [[1, 2], []]
            assert table.column("keys").to_pylist() == [[UUID(int=1), None], None]
            assert table.column("grid").to_pylist() == [[["a"], ["b"]], None]
            with pytest.raises(
                UnsupportedOperationError, match=r"the column 'host' is of INET\(\), which Arrow"
            ):
                await QuerySet(Listed, session).to_arrow()
            hosts = await QuerySet(Listed, session).values("host").to_arrow(types={"host": pa.string()})
            assert hosts.column("host").to_pylist()[1:] == ["10.0.0.1"]
