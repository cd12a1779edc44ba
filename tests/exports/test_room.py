"""Types of Arrow that have no room for all of a value, which is an error; and what values are as text."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Numeric, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, QuerySet, UnsupportedOperationError
from django_like_repos.functions import Cast
from tests.exports.samples import FULL, Amount, Sample

pa = pytest.importorskip("pyarrow")


def first(session: AsyncSession) -> QuerySet[Sample]:
    return QuerySet(Sample, session).order_by("id")[:1]


async def value_of(rows: QuerySet[Any, Any], name: str, type_: Any) -> Any:
    table = await rows.values(name).to_arrow(types={name: type_})
    assert table.schema.field(name).type == type_
    return table.column(name).to_pylist()[0]


async def test_fractions_of_a_decorated_integer(session: AsyncSession, backend: str) -> None:
    session.add(Amount(id=1, cents=Decimal("19.99")))
    amounts = QuerySet(Amount, session).values("cents")
    with pytest.raises(
        UnsupportedOperationError, match=r"the column 'cents' is no int.*of Decimal\('19.99'\) it"
    ):
        await amounts.to_arrow()
    assert await value_of(amounts, "cents", pa.decimal128(10, 2)) == Decimal("19.99")
    assert await value_of(amounts, "cents", pa.float64()) == 19.99
    await amounts.update(cents=Decimal("19.00"))
    assert (await amounts.to_arrow()).to_pydict() == {"cents": [19]}
    await session.rollback()


async def test_fractions_in_columns_of_sqlite(session: AsyncSession, backend: str) -> None:
    if backend == "postgresql":
        pytest.skip("which has none")
    await session.execute(text("UPDATE export_samples SET small = 1.5, ok = 0.5 WHERE id = 1"))
    with pytest.raises(
        UnsupportedOperationError, match=r"a value of the column 'small' is no int64: of 1\.5 it"
    ):
        await first(session).values("small").to_arrow()
    ok = first(session).values_list("ok", flat=True)
    assert (await ok.to_arrow()).to_pydict() == {"ok": await ok}
    assert await value_of(first(session), "small", pa.float64()) == 1.5


LOSSY = [
    ("price", pa.int64()),
    ("weight", pa.int64()),
    ("at", pa.timestamp("s")),
    ("at", pa.date64()),
    ("clock", pa.time32("s")),
    ("span", pa.duration("s")),
    ("doc", pa.struct([("b", pa.int64())])),
    ("doc", pa.struct([("a", pa.int8()), ("b", pa.int8())])),
]


@pytest.mark.parametrize(("name", "type_"), LOSSY)
async def test_what_would_lose_something(session: AsyncSession, name: str, type_: Any, backend: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=f"a value of the column '{name}' is no"):
        await value_of(first(session), name, type_)


UTC_AT = FULL["at"].astimezone(UTC)
FITTING = [
    ("id", pa.uint8(), 1),
    ("id", pa.timestamp("s"), datetime(1970, 1, 1, 0, 0, 1)),
    ("price", pa.float32(), 12.5),
    ("weight", pa.float32(), pytest.approx(0.1)),
    ("at", pa.timestamp("ms", tz="UTC"), UTC_AT),
    ("at", pa.timestamp("us", tz="Asia/Kathmandu"), UTC_AT),
    ("at", pa.timestamp("ms"), UTC_AT.replace(tzinfo=None)),
    ("naive", pa.timestamp("s"), FULL["naive"]),
    ("naive", pa.timestamp("s", tz="UTC"), FULL["naive"].replace(tzinfo=UTC)),
    ("day", pa.date64(), date(2020, 1, 2)),
    ("clock", pa.time64("ns"), time(1, 2, 3, 40)),
    ("span", pa.duration("us"), timedelta(days=-2, seconds=3700, microseconds=5)),
    ("doc", pa.struct([("a", pa.list_(pa.int8())), ("b", pa.int8())]), {"a": [1, None], "b": None}),
    ("doc", pa.map_(pa.string(), pa.list_(pa.int8())), [("a", [1, None])]),
]


@pytest.mark.parametrize(("name", "type_", "held"), FITTING)
async def test_what_has_room(session: AsyncSession, name: str, type_: Any, held: Any, backend: str) -> None:
    assert await value_of(first(session), name, type_) == held


TEXTS = [
    ("color", pa.string(), "BLUE"),
    ("color", pa.large_string(), "BLUE"),
    ("color", pa.dictionary(pa.int8(), pa.string()), "BLUE"),
    ("doc", pa.string(), '{"a": [1, null]}'),
    ("doc", pa.large_string(), '{"a": [1, null]}'),
    ("price", pa.string(), "12.50"),
    ("at", pa.string(), "2020-01-02 01:04:05.600000+00:00"),
    ("key", pa.large_string(), "00000000-0000-0000-0000-000000000005"),
    ("shout", pa.string(), "LOW"),
]


@pytest.mark.parametrize(("name", "type_", "held"), TEXTS)
async def test_texts(session: AsyncSession, name: str, type_: Any, held: str, backend: str) -> None:
    assert await value_of(first(session), name, type_) == held


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()], ids=str)
async def test_bytes_are_no_text(session: AsyncSession, type_: Any, backend: str) -> None:
    await QuerySet(Sample, session).filter(id=1).update(data=b"abc")
    with pytest.raises(UnsupportedOperationError, match=r"there is no text for b'abc': Cast\(…, Text\(\)\)"):
        await value_of(first(session), "data", type_)


async def test_documents_that_are_numbers(session: AsyncSession, backend: str) -> None:
    """Which SQLite takes for such."""
    await QuerySet(Sample, session).filter(id=1).update(doc=5)
    assert (await first(session).values("doc").to_arrow()).to_pydict() == {"doc": ["5"]}
    assert await value_of(first(session), "doc", pa.int8()) == 5


async def test_quotients_of_many_places(session: AsyncSession, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("of PostgreSQL")
    session.add(Amount(id=1, free=Decimal("0.0001")))
    third = QuerySet(Amount, session).values("id").annotate(third=F("free") / 3).values("third")
    with pytest.raises(UnsupportedOperationError, match=r"Cast\('third', Numeric\(p, s\)\) rounds it"):
        await third.to_arrow()
    assert (await value_of(third, "third", pa.decimal256(76, 38))).as_tuple().exponent == -38
    assert await value_of(third, "third", pa.float64()) == pytest.approx(0.0001 / 3)
    rounded = await third.annotate(rounded=Cast(F("free") / 3, Numeric(20, 8))).values("rounded").to_arrow()
    assert rounded.to_pydict() == {"rounded": [Decimal("0.00003333")]}
    await session.rollback()
