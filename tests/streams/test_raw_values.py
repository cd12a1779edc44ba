"""``raw()``: values are bound, and columns read, as the columns of models are."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import column
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, InvalidLookupValueError, QuerySet, UnsupportedOperationError
from tests.streams.books import Binding, BookRepository, Copy, CopyRepository

EAST = timezone(timedelta(hours=5))
NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)
SOME: dict[str, Any] = {
    "id": 1,
    "secret": "abc",
    "paid": Decimal("1.25"),
    "owed": Decimal(3),
    "lent_at": NOON,
    "made_at": datetime(2020, 1, 1, 12, 30),
    "opens": time(9, 30),
    "lasts": timedelta(hours=36),
    "day": date(2020, 1, 2),
    "weight": Decimal("0.75"),
    "mark": UUID(int=7),
    "whole": True,
    "binding": Binding.HARD,
    "pages": [1, 2],
}
BOUND = ("id", "lent_at", "made_at", "opens", "lasts", "day", "weight", "mark", "whole")


@pytest.fixture
async def copies(session: AsyncSession) -> CopyRepository:
    session.add(Copy(**SOME))
    await session.flush()
    return CopyRepository(session)


@dataclass
class Typed:
    id: int
    secret: str
    paid: Decimal
    owed: float
    lent_at: datetime
    made_at: datetime
    opens: time
    lasts: timedelta
    day: date
    weight: Decimal
    mark: UUID
    whole: bool
    binding: str
    pages: list[int]


async def test_columns_are_those_of_into(copies: CopyRepository, backend: str) -> None:
    """Of a type that decorates another too, whatever the field is of."""
    expected = await copies.objects.into(Typed)
    assert await copies.raw("SELECT * FROM stream_copies", into=Typed) == expected
    assert [row async for row in copies.raw("SELECT * FROM stream_copies", into=Typed)] == expected
    (found,) = expected
    assert (found.secret, found.paid, found.pages) == ("abc", Decimal("1.25"), [1, 2])


class Computed(NamedTuple):
    paid: Decimal
    exact: Decimal
    rough: float
    made_at: date
    pages: int
    whole: bool | None


async def test_columns_of_other_kinds_are_of_their_fields(copies: CopyRepository, backend: str) -> None:
    sql = (
        "SELECT paid, count(*) AS exact, avg(weight) AS rough, date(made_at) AS made_at, "
        "count(pages) AS pages, 1 = 1 AS whole FROM stream_copies GROUP BY paid, made_at"
    )
    (found,) = await copies.raw(sql, into=Computed)
    assert found == (Decimal("1.25"), Decimal(1), 0.75, date(2020, 1, 1), 1, True)
    assert [type(value) for value in found] == [Decimal, Decimal, float, date, int, bool]


@pytest.mark.parametrize("name", BOUND)
async def test_values_are_bound_as_those_of_conditions(
    copies: CopyRepository, name: str, backend: str
) -> None:
    """By themselves, in a list, and beside None and others."""
    value = SOME[name]
    for condition, given in {
        f"{name} = :v": value,
        f"{name} IN :v": [value],
        f"{name} NOT IN :v OR {name} IN :v": {value},
    }.items():
        found = await copies.raw(f"SELECT * FROM stream_copies WHERE {condition}", {"v": given})
        assert [copy.id for copy in found] == [1], condition
    for empty, least in {"IN :v": 0, "not in :v": 1}.items():
        found = await copies.raw(f"SELECT * FROM stream_copies WHERE {name} {empty}", {"v": []})
        assert len(found) == least
    beside = await copies.raw(f"SELECT * FROM stream_copies WHERE {name} IN :v", {"v": (None, value)})
    assert len(beside) == 1


async def test_members_of_several_columns(copies: CopyRepository, backend: str) -> None:
    sql = "SELECT * FROM stream_copies WHERE (day, mark) IN :v"
    for pairs in ([(SOME["day"], SOME["mark"])], {(SOME["day"], SOME["mark"]), (date.min, UUID(int=1))}):
        (found,) = await copies.raw(sql, {"v": pairs})
        assert found.id == 1
    assert await copies.raw(sql, {"v": []}) == []
    assert len(await copies.raw(sql.replace("IN", "NOT IN"), {"v": ()})) == 1


@pytest.mark.parametrize("given", ["= :v", "IN :v"])
async def test_moments_of_other_zones(copies: CopyRepository, given: str, backend: str) -> None:
    moment = NOON.astimezone(EAST)
    value = [moment] if given == "IN :v" else moment
    (found,) = await copies.raw(f"SELECT * FROM stream_copies WHERE lent_at {given}", {"v": value})
    assert found.id == (await copies.objects.get(lent_at=moment)).id


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Colour.RED, "<Colour.RED: 'red'> is stored as its .value or its .name"),
        (Binding.HARD, "is stored as its .value or its .name"),
        (2**70, "is beyond integers of 64 bits: a Decimal holds it"),
        (object(), "is none"),
        (Colour, "is none"),
        (F("id"), "is SQL to be"),
        (column("id"), "is SQL to be"),
        (QuerySet(Copy), "is SQL to be"),
        (Copy(id=1), "Copy is mapped: give its key"),
    ],
)
def test_what_is_no_value(value: Any, told: str) -> None:
    rows = BookRepository(AsyncSession())
    for operator, given in {"= :v": value, "IN :v": [1, value], "= ANY(:v)": (value,)}.items():
        with pytest.raises(UnsupportedOperationError) as refused:
            rows.raw(f"SELECT * FROM stream_books WHERE id {operator}", {"v": given})
        assert ":v is bound to a value, and" in str(refused.value)
        assert told in str(refused.value)


@pytest.mark.parametrize("inside", [":v", "1, :v", ":v , 2", "\n:v\n"])
def test_brackets_of_a_list_are_its_own(inside: str) -> None:
    rows = BookRepository(AsyncSession())
    with pytest.raises(UnsupportedOperationError, match=r"brings its own brackets: … IN :v, not IN \(:v\)"):
        rows.raw(f"SELECT * FROM stream_books WHERE id in ({inside})", {"v": [1, 2]})
    rows.raw(f"SELECT * FROM stream_books WHERE id IN ({inside})", {"v": 1})
    rows.raw("SELECT * FROM stream_books WHERE id IN (SELECT 1, :v)", {"v": [1]})


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", ";SELECT 2;", "SELECT ';';\nDELETE FROM a --;"])
def test_several_statements(sql: str) -> None:
    with pytest.raises(UnsupportedOperationError, match="takes one statement, and here are several"):
        BookRepository(AsyncSession()).raw(sql)


async def test_what_sqlite_has_no_values_of(session: AsyncSession, backend: str) -> None:
    rows = BookRepository(session)
    if backend == "sqlite":
        for value in ({"a": 1}, 1j, range(3)):
            for operator, given in {"=": value, "IN": [value]}.items():
                with pytest.raises(UnsupportedOperationError, match=r"SQLite has no values of .*which :v is"):
                    await rows.raw(f"SELECT * FROM stream_books WHERE id {operator} :v", {"v": given})
        for beyond in (Decimal("NaN"), datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))):
            with pytest.raises(InvalidLookupValueError, match=r"raw\(\): :v takes"):
                await rows.raw("SELECT * FROM stream_books WHERE id = :v", {"v": beyond})


class Said(NamedTuple):
    name: str


@pytest.mark.parametrize(
    ("sql", "gives"),
    [
        ("SELECT 'a :q b' AS name /* :r */ -- :s ;\n", "a :q b"),
        ("SELECT ':q :q:r ::s \"t' AS name ;", ':q :q:r ::s "t'),
        ("SELECT ':ab:c at 12:30' AS \"name\"", ":ab:c at 12:30"),
        (r"SELECT ' \:q' AS name", " :q"),
        ("SELECT 'it''s ; :q' AS name", "it's ; :q"),
    ],
)
async def test_colons_of_texts_and_comments(
    session: AsyncSession, sql: str, gives: str, backend: str
) -> None:
    rows = BookRepository(session)
    assert await rows.raw(sql, into=Said) == [(gives,)]
    with pytest.raises(UnsupportedOperationError, match="the SQL has no :q"):
        rows.raw(sql, {"q": 1})


async def test_other_quotations(session: AsyncSession, backend: str) -> None:
    if backend == "postgresql":
        rows = BookRepository(session)
        assert await rows.raw("SELECT $a$:q ; '$a$ || E'\\':r' AS name", into=Said) == [(":q ; '':r",)]


async def test_rows_without_a_key(session: AsyncSession, backend: str) -> None:
    sql = (
        "SELECT b.* FROM stream_authors a LEFT JOIN stream_books b ON b.author_id = a.id AND b.id = 3 "
        "WHERE a.id IN :ids"
    )
    rows = BookRepository(session).raw(sql, {"ids": [3, 4]})
    with pytest.raises(UnsupportedOperationError, match="a row has no id, and is no Book: leave it out"):
        await rows
    with pytest.raises(UnsupportedOperationError, match="a row has no id"):
        _ = [book async for book in rows]
    found = await BookRepository(session).raw(f"{sql} AND b.id IS NOT NULL", {"ids": [3, 4]})
    assert [book.id for book in found] == [3]
