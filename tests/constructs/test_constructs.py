"""What holds of every construct: it is adapted, cached, bound and written out as SQLAlchemy's own are."""

from typing import Any

import pytest
from sqlalchemy import ColumnElement, Integer, func, select, text
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.sql.visitors import cloned_traverse

from django_like_repos import Database
from django_like_repos.constructs import (
    date_of,
    date_part,
    json_compare,
    json_contains,
    json_has_any_keys,
    json_has_key,
    json_has_keys,
    json_order,
    json_path,
    json_text,
    time_of,
)
from tests.constructs.models import Visit
from tests.recording import RecordedSQL

Rows = list[tuple[Any, ...]]


def constructs(visit: Any) -> list[ColumnElement[Any]]:
    """Each of another SQL than every other."""
    return [
        date_part(visit.at, "year", "Europe/Berlin"),
        date_part(visit.at, "year", "UTC"),
        date_part(visit.at, "month", "UTC"),
        date_part(visit.noted, "second"),
        date_part(visit.noted, "week_day"),
        date_of(visit.at, "Europe/Berlin"),
        date_of(visit.at, "UTC"),
        date_of(visit.noted),
        time_of(visit.at, "Europe/Berlin"),
        time_of(visit.noted),
        json_path(visit.data, ()),
        json_path(visit.data, ("owner",)),
        json_path(visit.data, ("owner", "name")),
        json_path(visit.data, ("owner,name",)),
        json_path(visit.details, ("owner",)),
        json_text(visit.data, ()),
        json_text(visit.data, ("owner",)),
        json_text(visit.details, ("owner", "name")),
        json_contains(visit.data, {"owner": "Ann"}),
        json_contains(visit.details, visit.data),
        json_has_key(visit.details, "owner"),
        json_has_key(visit.details, visit.note),
        json_has_keys(visit.details, ["owner", "n"]),
        json_has_any_keys(visit.details, ["owner", "n"]),
        json_compare(json_path(visit.details, ("n",)), "=", 2),
        json_compare(json_path(visit.details, ("n",)), "<", 10),
        json_compare(visit.details, "!=", None),
        json_compare(json_path(visit.details, ("owner",)), "=", visit.note),
        json_path(visit.details, ("n",)).in_([2, None, "x"]),
        json_order(visit.details),
    ]


def cache_key(construct: ColumnElement[Any]) -> CacheKey:
    key = construct._generate_cache_key()
    assert key is not None
    return key


NUMBERS = range(len(constructs(Visit)))
WITHOUT_VALUES = [number for number in NUMBERS if not cache_key(constructs(Visit)[number]).bindparams]

each_number = pytest.mark.parametrize("number", NUMBERS)


def found(construct: ColumnElement[Any], visit: Any = Visit) -> Any:
    return select(visit.id, construct.label("found")).order_by(visit.id)


async def rows(connection: AsyncConnection, statement: Any) -> Rows:
    return [tuple(row) for row in await connection.execute(statement)]


def test_no_two_have_one_cache_key() -> None:
    keys = [cache_key(each).key for each in constructs(Visit)]
    assert len(set(keys)) == len(keys)


def test_equal_ones_have_one_cache_key() -> None:
    for one, other in zip(constructs(Visit), constructs(Visit), strict=True):
        assert cache_key(one).key == cache_key(other).key


async def test_what_is_cached_is_used_with_other_values(connection: AsyncConnection) -> None:
    for owner, wanted in [("Ann", [(4,)]), ("Bob", []), ("Ann", [(4,)])]:
        statement = select(Visit.id).where(json_contains(Visit.details, {"owner": owner}))
        assert await rows(connection, statement) == wanted
    for key, visits in [("owner", [(3,), (4,), (5,)]), ("nobody", [])]:
        statement = select(Visit.id).where(json_has_key(Visit.details, key)).order_by(Visit.id)
        assert await rows(connection, statement) == visits


@pytest.mark.by_turns
@each_number
async def test_of_an_alias_a_subquery_and_a_copy(connection: AsyncConnection, number: int) -> None:
    wanted = await rows(connection, found(constructs(Visit)[number]))
    assert any(row[1] is not None for row in wanted)

    alias = aliased(Visit)
    assert await rows(connection, found(constructs(alias)[number], alias)) == wanted
    derived = aliased(Visit, select(Visit).subquery())
    assert await rows(connection, found(constructs(derived)[number], derived)) == wanted
    copy = cloned_traverse(constructs(Visit)[number], {}, {})
    assert await rows(connection, found(copy)) == wanted


@each_number
async def test_selected_from_a_subquery(connection: AsyncConnection, number: int) -> None:
    """A bare expression has a name, by which it is found again, and a type."""
    construct = constructs(Visit)[number]
    wanted = await rows(connection, found(construct))

    inner = select(Visit.id, construct).subquery()
    assert await rows(connection, select(*inner.c).order_by(inner.c.id)) == wanted


async def test_adapted_to_an_alias_by_the_mapping(connection: AsyncConnection, sql: RecordedSQL) -> None:
    """As the criteria of a relationship are, when it is joined with an alias."""
    previous = aliased(Visit)
    criteria = date_part(Visit.at, "year", "Europe/Berlin") == 2027
    statement = select(Visit.id).join(Visit.previous.of_type(previous).and_(criteria)).order_by(Visit.id)

    assert await rows(connection, statement) == [(number,) for number in range(2, 9)]
    assert "visits_1.at" in sql.last
    assert sql.last.count("visits.at") == 0


@each_number
async def test_written_out(connection: AsyncConnection, visited: Database, number: int) -> None:
    """With its values in it, the text is a statement that a database takes as it is."""
    construct = constructs(Visit)[number]
    statement = found(construct)
    compiled = statement.compile(visited.engine.sync_engine, compile_kwargs={"literal_binds": True})

    written = text(str(compiled)).columns(id=Integer, found=construct.type)
    assert await rows(connection, written) == await rows(connection, statement)


@pytest.mark.parametrize("number", WITHOUT_VALUES)
async def test_grouped_and_ordered_by(connection: AsyncConnection, number: int) -> None:
    """Two of one kind are one expression to the database."""
    construct, again = constructs(Visit)[number], constructs(Visit)[number]
    found = await rows(connection, select(construct, func.count()).group_by(again).order_by(again))
    assert sum(row[1] for row in found) == 8


@each_number
async def test_joined_to_other_conditions(connection: AsyncConnection, number: int) -> None:
    """It stands in a larger expression as one operand."""
    construct = constructs(Visit)[number]
    absent = select(Visit.id).where(construct.is_(None) | ~(construct == construct))
    present = select(Visit.id).where(construct == construct, construct.is_not(None))
    both = await rows(connection, absent), await rows(connection, present)
    assert sorted([*both[0], *both[1]]) == [(each,) for each in range(1, 9)]


@each_number
def test_other_databases_have_none(number: int) -> None:
    with pytest.raises(CompileError, match=r"_\w+\(\) is there on SQLite and PostgreSQL only; mysql has no"):
        constructs(Visit)[number].compile(dialect=mysql.dialect())


def test_as_text_without_a_database() -> None:
    assert str(date_part(Visit.at, "month")) == "CAST(EXTRACT(month FROM visits.at) AS INTEGER)"
    assert str(json_path(Visit.data, ("a",))) == "(CAST(visits.data AS JSONB) #> ARRAY['a'])"


async def test_another_driver(psycopg: AsyncConnection, postgresql_visits: Database) -> None:
    async with postgresql_visits.engine.connect() as connection:
        for number in NUMBERS:
            statement = found(constructs(Visit)[number])
            assert await rows(psycopg, statement) == await rows(connection, statement)
