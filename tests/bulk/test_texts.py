"""Arrays written as texts: PostgreSQL reads of them what was given, and what fits nothing is refused."""

import enum
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import pytest
import sqlalchemy as sa

from django_like_repos import Database
from django_like_repos.execution.bulk.texts import writer_of


class Level(enum.IntEnum):
    HIGH = 3


class Word(str, enum.Enum):  # noqa: UP042 - what its str() says is no value
    FIRST = 'a"b'


EAST: Final = timezone(timedelta(hours=3, seconds=7))
NOW: Final = datetime(2024, 2, 29, 1, 2, 3, 4)
HARD: Final = ["", "NULL", "null", 'a"b', "\\", '\\"', "{,}", " x ", "\t\n\r", "ünï😀", ",", "'", "\\N"]
GIVEN: Final[list[tuple[sa.types.TypeEngine[Any], list[Any], list[Any]]]] = [
    (sa.BigInteger(), [1, -(2**63), None, Level.HIGH], [1, -(2**63), None, 3]),
    (sa.BigInteger(), [5, 2**63 - 1], [5, 2**63 - 1]),
    (sa.Double(), [0.1, 5e-324, float("inf"), 1], [0.1, 5e-324, float("inf"), 1.0]),
    (sa.Double(), [None, Decimal("1.5"), 2.5], [None, 1.5, 2.5]),
    (sa.Boolean(), [True, False], [True, False]),
    (sa.Boolean(), [True, None], [True, None]),
    (sa.String(), HARD, HARD),
    (sa.String(), [*HARD, None, Word.FIRST], [*HARD, None, 'a"b']),
    (sa.DateTime(), [NOW, datetime(2, 1, 2)], [NOW, datetime(2, 1, 2)]),
    (sa.DateTime(), [None, date(2024, 1, 2)], [None, datetime(2024, 1, 2)]),
    (sa.DateTime(timezone=True), [NOW.replace(tzinfo=UTC)], [NOW.replace(tzinfo=UTC)]),
    (sa.DateTime(timezone=True), [NOW.replace(tzinfo=EAST), None], [NOW.replace(tzinfo=EAST), None]),
    (sa.DateTime(timezone=True), [NOW], [NOW.astimezone(UTC)]),
    (sa.String(), [], []),
]


async def test_what_is_read_is_what_was_given(stock_database: Database, backend: str) -> None:
    if backend == "sqlite":
        return
    async with stock_database.engine.connect() as connection:
        for type_, values, wanted in GIVEN:
            write = writer_of(type_)
            assert write is not None
            array = sa.cast(sa.cast(sa.bindparam("given", type_=sa.Text()), sa.Text()), sa.ARRAY(type_))
            found = await connection.scalar(sa.select(array), {"given": write(values)})
            assert found == wanted


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (sa.BigInteger(), "1"),
        (sa.Boolean(), 1),
        (sa.String(), b"a"),
        (sa.String(), 5),
        (sa.DateTime(), NOW.replace(tzinfo=UTC)),
        (sa.DateTime(timezone=True), "2024-01-01"),
    ],
)
def test_what_fits_nothing_is_refused(type_: Any, value: Any) -> None:
    write = writer_of(type_)
    assert write is not None
    with pytest.raises(TypeError):
        write([value])


async def test_a_nul_does_not_divide_a_text(stock_database: Database, backend: str) -> None:
    if backend == "sqlite":
        return
    write = writer_of(sa.String())
    assert write is not None
    async with stock_database.engine.connect() as connection:
        array = sa.cast(sa.cast(sa.bindparam("given", type_=sa.Text()), sa.Text()), sa.ARRAY(sa.String()))
        with pytest.raises(sa.exc.DBAPIError):
            await connection.scalar(sa.select(array), {"given": write(["a\x00b", "c"])})
