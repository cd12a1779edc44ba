"""JSON documents: the SQL on each database, what it finds, and that no key of the user's becomes SQL."""

import json
import operator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, ColumnElement, bindparam, column, func, literal, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from django_like_repos import Database
from django_like_repos.constructs import (
    Document,
    Keys,
    json_compare,
    json_contains,
    json_has_any_keys,
    json_has_key,
    json_has_keys,
    json_order,
    json_path,
    json_text,
)
from tests.constructs.models import DOCUMENTS, Visit
from tests.examples import FEW
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

COLUMNS = [Visit.data, Visit.details]

both_columns = pytest.mark.parametrize("column", COLUMNS, ids=["json", "jsonb"])


async def ids(connection: AsyncConnection, condition: Any) -> list[int]:
    return list(await connection.scalars(select(Visit.id).where(condition).order_by(Visit.id)))


async def values(connection: AsyncConnection, construct: ColumnElement[Any]) -> list[Any]:
    """Of the visits that have documents."""
    return list(await connection.scalars(select(construct).where(Visit.id > 2).order_by(Visit.id)))


def on(backend: str, on_sqlite: str, on_postgresql: str) -> str:
    condition = on_sqlite if backend == "sqlite" else on_postgresql
    return f"SELECT visits.id FROM visits WHERE {condition} ORDER BY visits.id"


# Paths


@both_columns
async def test_paths(connection: AsyncConnection, column: Any) -> None:
    ann = {"name": "Ann", "age": 40}
    assert await values(connection, json_path(column, ("owner",))) == [
        ann,
        "Ann",
        {"name": None},
        None,
        None,
        None,
    ]
    assert await values(connection, json_path(column, ("owner", "age"))) == [40, *[None] * 5]
    assert await values(connection, json_path(column, ("n",))) == [10, 2, 2, None, None, None]
    assert await values(connection, json_path(column, ("0",))) == [*[None] * 3, "a", None, None]
    assert await values(connection, json_path(column, ("-2", "n"))) == [*[None] * 3, 1, None, None]
    assert await values(connection, json_path(column, ("tags", "-1"))) == ["b", None, "b", None, None, None]
    assert await values(connection, json_path(column, ())) == DOCUMENTS


async def test_the_sql_of_paths(connection: AsyncConnection, sql: RecordedSQL, backend: str) -> None:
    assert await ids(connection, json_path(Visit.details, ("owner", "name")).is_not(None)) == [3, 5]
    path = on(
        backend,
        'dlr_json_path(visits.details, \'["owner","name"]\') IS NOT NULL',
        "(visits.details #> ARRAY['owner', 'name']) IS NOT NULL",
    )
    assert sql.last == path

    assert await ids(connection, json_text(Visit.data, ("owner",)) == "Ann") == [4]
    same_sql(
        sql.last,
        on(
            backend,
            "dlr_json_text(visits.data, '[\"owner\"]') = ?",
            "(CAST(visits.data AS JSONB) #>> ARRAY['owner']) = ?",
        ),
    )


async def test_a_path_from_a_path_is_one(connection: AsyncConnection, sql: RecordedSQL, backend: str) -> None:
    owner = json_path(Visit.details, ("owner",))
    whole = json_path(json_path(Visit.details, ()), ("owner", "age"))
    assert await values(connection, json_path(owner, ("age",))) == [40, *[None] * 5]
    assert await values(connection, whole) == [40, *[None] * 5]
    (one, _), (other, _) = sql.statements
    assert one == other
    assert await ids(connection, json_text(owner, ("name",)) == "Ann") == [3]
    same_sql(
        sql.last,
        on(
            backend,
            'dlr_json_text(visits.details, \'["owner","name"]\') = ?',
            "(visits.details #>> ARRAY['owner', 'name']) = ?",
        ),
    )


async def test_null_at_a_path_is_not_nothing(connection: AsyncConnection) -> None:
    name = json_path(Visit.details, ("owner", "name"))
    assert await ids(connection, json_compare(name, "=", None)) == [5]
    assert await ids(connection, name.is_(None)) == [1, 2, 4, 6, 7, 8]
    assert await ids(connection, json_compare(Visit.details, "=", None)) == [8]


@both_columns
async def test_texts(connection: AsyncConnection, column: Any) -> None:
    owners = ['{"age": 40, "name": "Ann"}', "Ann", '{"name": null}', None, None, None]
    assert await values(connection, json_text(column, ("owner",))) == owners
    assert await values(connection, json_text(column, ("owner", "name"))) == ["Ann", *[None] * 5]
    assert await values(connection, json_text(column, ("tags",))) == [
        '["a", "b"]',
        "[]",
        '["b"]',
        None,
        None,
        None,
    ]
    assert await values(connection, json_text(column, ("n",))) == ["10", "2.0", "2", None, None, None]
    assert (await values(connection, json_text(column, ())))[3:] == ['["a", {"n": 1}, 10]', "a", None]


KEYS = [
    *(
        "'",
        "''",
        "'; DROP TABLE visits; --",
        "a') OR 1 = 1 --",
        '"',
        "\\",
        "\\'",
        "\\u0041",
        "{a}",
        "{}",
        "a,b",
        "",
    ),
    *(
        "%",
        "%%",
        "%(x)s",
        "%s",
        ":x",
        "?",
        "$1",
        "[POSTCOMPILE_x]",
        "__[POSTCOMPILE_x]",
        "$.a",
        "a.b",
        "NULL",
    ),
    *("\n", "\t", "\x01", "\x7f", "ключ", "😀", "é", "e\u0301", " ", "null", "0", "-1", "*", "#>", "$", "٣"),
]

keys = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


async def check_keys(connection: AsyncConnection, found: list[str]) -> None:
    document = literal({key: [{key: number}] for number, key in enumerate(found)}, Document())
    paths = [json_path(document, (key, "0", key)) for key in found]
    texts = [json_text(document, (key, "-1", key)) for key in found]
    result = await connection.execute(select(*paths, *texts))
    numbers = list(range(len(found)))
    assert list(result.one()) == [*numbers, *map(str, numbers)]


async def test_keys_are_no_sql(connection: AsyncConnection) -> None:
    await check_keys(connection, KEYS)


async def test_keys_are_no_sql_to_another_driver(psycopg: AsyncConnection) -> None:
    await check_keys(psycopg, KEYS)


@settings(max_examples=max(2 * FEW, settings().max_examples // 4))
@given(found=st.lists(keys, min_size=1, max_size=20, unique=True))
async def test_any_keys_are_no_sql(visited: Database, found: list[str]) -> None:
    async with visited.engine.connect() as connection:
        await check_keys(connection, found)


@pytest.mark.parametrize("key", ["a\0", "\ud800"])
@pytest.mark.parametrize("construct", [json_path, json_text])
def test_keys_that_no_document_has(construct: Any, key: str) -> None:
    with pytest.raises(ValueError, match="is no key of a document: it takes text of UTF-8 without NUL"):
        construct(Visit.data, ("a", key))


# Conditions


@both_columns
async def test_containment(connection: AsyncConnection, column: Any) -> None:
    assert await ids(connection, json_contains(column, {"owner": {"name": "Ann"}})) == [3]
    assert await ids(connection, json_contains(column, {"n": 2})) == [4, 5]
    assert await ids(connection, json_contains(column, {"tags": ["b"]})) == [3, 5]
    assert await ids(connection, json_contains(column, "a")) == [6, 7]
    assert await ids(connection, json_contains(column, ["a"])) == [6]
    assert await ids(connection, json_contains(column, None)) == [8]
    assert await ids(connection, ~json_contains(column, {})) == [6, 7, 8]
    assert await ids(connection, json_contains(literal({"n": 2.0, "x": [1]}, Document()), column)) == []
    assert await ids(connection, json_contains(json_path(column, ("tags",)), "a")) == [3]
    assert await ids(connection, json_contains(Visit.data, Visit.details)) == [3, 4, 5, 6, 7, 8]


@both_columns
async def test_having_keys(connection: AsyncConnection, column: Any) -> None:
    assert await ids(connection, json_has_key(column, "owner")) == [3, 4, 5]
    assert await ids(connection, json_has_key(column, "a")) == [6, 7]
    assert await ids(connection, json_has_key(json_path(column, ("owner",)), Visit.note)) == [4]
    assert await ids(connection, json_has_keys(column, ["owner", "owner,name"])) == [5]
    assert await ids(connection, json_has_keys(column, [])) == [3, 4, 5, 6, 7, 8]
    assert await ids(connection, json_has_any_keys(column, ["a", "owner,name"])) == [5, 6, 7]
    assert await ids(connection, ~json_has_any_keys(column, ["a", "n"])) == [8]
    assert await ids(connection, json_has_any_keys(column, [])) == []


async def test_the_sql_of_conditions(connection: AsyncConnection, sql: RecordedSQL, backend: str) -> None:
    for condition, on_sqlite, on_postgresql in [
        (
            json_contains(Visit.data, {}),
            "dlr_json_contains(visits.data, ?) = 1",
            "(CAST(visits.data AS JSONB) @> ?)",
        ),
        (
            ~json_contains(Visit.details, 1),
            "dlr_json_contains(visits.details, ?) = 0",
            "NOT (visits.details @> ?)",
        ),
        (json_has_key(Visit.details, "a"), "dlr_json_has_key(visits.details, ?) = 1", "(visits.details ? ?)"),
        (
            json_has_keys(Visit.details, []),
            "dlr_json_has_keys(visits.details, ?) = 1",
            "(visits.details ?& ?)",
        ),
        (
            json_has_any_keys(Visit.details, []),
            "dlr_json_has_any_keys(visits.details, ?) = 1",
            "(visits.details ?| ?)",
        ),
        (
            json_compare(Visit.details, "=", 1),
            "dlr_json_path(visits.details, '[]') = ?",
            "visits.details = ?",
        ),
        (
            json_compare(json_path(Visit.details, ("n",)), ">=", 1),
            "dlr_json_order(dlr_json_path(visits.details, '[\"n\"]')) >= dlr_json_order(?)",
            "(visits.details #> ARRAY['n']) >= ?",
        ),
        (
            json_path(Visit.details, ("n",)).in_([1, 2]),
            "dlr_json_path(visits.details, '[\"n\"]') IN (?, ?)",
            "(visits.details #> ARRAY['n']) IN (?, ?)",
        ),
    ]:
        await ids(connection, condition)
        same_sql(sql.last, on(backend, on_sqlite, on_postgresql))


N = json_path(Visit.details, ("n",))


@pytest.mark.parametrize(
    ("sign", "function", "visits"),
    [
        ("=", operator.eq, [4, 5]),
        ("!=", operator.ne, [3]),
        ("<", operator.lt, []),
        ("<=", operator.le, [4, 5]),
        (">", operator.gt, [3]),
        (">=", operator.ge, [3, 4, 5]),
    ],
)
async def test_comparison(connection: AsyncConnection, sign: str, function: Any, visits: list[int]) -> None:
    assert await ids(connection, json_compare(N, sign, 2)) == visits
    assert await ids(connection, json_compare(N, function, 2)) == visits
    assert await ids(connection, json_compare(N, sign, bindparam("n", 2, type_=Document()))) == visits


@both_columns
async def test_comparison_of_whole_documents(connection: AsyncConnection, column: Any) -> None:
    for number, document in enumerate(DOCUMENTS, start=3):
        assert await ids(connection, json_compare(column, "=", document)) == [number]
    assert await ids(connection, json_compare(column, "<", ["a"])) == [7, 8]
    assert await ids(connection, json_compare(Visit.data, "=", Visit.details)) == [3, 4, 5, 6, 7, 8]
    assert await ids(connection, json_compare(Visit.data, "<", json_path(Visit.data, ("tags",)))) == []


async def test_comparison_with_other_columns(connection: AsyncConnection) -> None:
    """What is no document becomes one: text a string, NULL nothing."""
    assert await ids(connection, json_compare(json_path(Visit.details, ("owner",)), "=", Visit.note)) == [4]
    assert await ids(
        connection, json_compare(json_path(literal({"n": 3}, Document()), ("n",)), "=", Visit.id)
    ) == [3]
    assert await ids(connection, json_compare(literal(True, Document()), "=", Visit.done)) == [1]
    assert await ids(connection, json_compare(literal(None, Document()), "=", Visit.done)) == []
    assert await ids(connection, json_compare(literal("n", Document()), "!=", Visit.note)) == [1, 4, 6, 8]


async def test_lists(connection: AsyncConnection) -> None:
    owner = json_path(Visit.details, ("owner",))
    assert await ids(connection, owner.in_(["Ann", 1])) == [4]
    assert await ids(connection, owner.in_([{"name": None}, {"age": 40, "name": "Ann"}])) == [3, 5]
    assert await ids(connection, json_path(Visit.data, ("owner", "name")).in_([None, 5])) == [5]
    assert await ids(connection, N.in_([2.0, "2", [2]])) == [4, 5]
    assert await ids(connection, N.not_in([2])) == [3]
    assert await ids(connection, N.in_(select(json_path(Visit.data, ("n",))).where(Visit.id == 4))) == [4, 5]


async def test_order(connection: AsyncConnection, sql: RecordedSQL, backend: str) -> None:
    by_document = select(Visit.id).where(Visit.id > 2).order_by(json_order(Visit.data).desc(), Visit.id)
    assert list(await connection.scalars(by_document)) == [5, 3, 4, 6, 7, 8]
    order = "dlr_json_order(visits.data)" if backend == "sqlite" else "CAST(visits.data AS JSONB)"
    assert sql.last.endswith(f"ORDER BY {order} DESC, visits.id")

    # Ten comes after two.
    by_number = select(Visit.id).where(N.is_not(None)).order_by(json_order(N), Visit.id)
    assert list(await connection.scalars(by_number)) == [4, 5, 3]
    assert await ids(connection, json_order(N).between(json_order(2), json_order(9))) == [4, 5]


async def test_distinct_numbers(connection: AsyncConnection) -> None:
    numbers = select(N, func.count()).where(N.is_not(None)).group_by(N).order_by(json_order(N))
    assert [tuple(row) for row in await connection.execute(numbers)] == [(2, 2), (10, 1)]


# Values


@pytest.mark.parametrize(
    "value", [None, JSON.NULL, True, 0, 1.5, 10**25, "", "it's", [], [None, {"a": "é😀"}], {"b": 1}]
)
async def test_a_document_there_and_back(connection: AsyncConnection, visited: Database, value: Any) -> None:
    wanted = None if value is JSON.NULL else value
    named = bindparam("value", type_=Document())
    for bound, params in [(literal(value, Document()), {}), (named, {"value": value})]:
        for document in (bound, json_path(bound, ())):
            found = await connection.execute(select(document, document.is_not(None)), params)
            assert tuple(found.one()) == (wanted, True)


async def test_null_written_out(connection: AsyncConnection, visited: Database) -> None:
    """SQLAlchemy writes NULL for a parameter that is None; a comparison brings JSON's null."""
    condition = json_compare(Visit.details, "=", None)
    statement = select(Visit.id).where(condition)
    written = statement.compile(visited.engine.sync_engine, compile_kwargs={"literal_binds": True})
    assert [row[0] for row in await connection.exec_driver_sql(str(written))] == [8]


async def test_what_json_cannot_say(connection: AsyncConnection) -> None:
    for value in (float("nan"), {1, 2}):
        with pytest.raises(StatementError):
            await ids(connection, json_compare(Visit.details, "=", value))


async def test_keys_as_a_parameter(connection: AsyncConnection) -> None:
    condition = json_has_keys(Visit.details, bindparam("keys", type_=Keys()))
    statement = select(Visit.id).where(condition).order_by(Visit.id)
    for keys, visits in [(["owner", "tags"], [3, 4, 5]), (["a"], [6, 7]), (["owner,name"], [5])]:
        assert list(await connection.scalars(statement, {"keys": keys})) == visits


async def test_the_json_of_the_engine(visited: Database) -> None:
    """What the user gave ``create_engine()`` makes documents of values, and values of documents."""

    def serialize(value: Any) -> str:
        return json.dumps(value, default=lambda each: each.isoformat())

    def deserialize(value: Any) -> Any:
        return ("read", json.loads(value))

    options: dict[str, Any] = {"json_serializer": serialize, "json_deserializer": deserialize}
    async with Database(visited.engine.url, **options) as own, own.engine.connect() as connection:
        document = literal({"day": date(2026, 1, 2)}, Document())
        assert await connection.scalar(select(json_path(document, ("day",)))) == ("read", "2026-01-02")
        assert await connection.scalar(select(json_text(document, ("day",)))) == "2026-01-02"


@pytest.mark.skipif(not hasattr(sqlite, "JSONB"), reason="SQLAlchemy 2.0 has none")
def test_the_binary_json_of_sqlite() -> None:
    """It is read as text; SQLite itself has it from 3.45 on only."""
    binary = column("data", sqlite.JSONB())
    said = str(json_contains(json_path(binary, ("a",)), binary).compile(dialect=sqlite.dialect()))
    assert said == "dlr_json_contains(dlr_json_path(json(data), '[\"a\"]'), json(data))"
