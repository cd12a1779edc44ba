"""The contract's QueryBuilder: methods return None and rebind; what it builds is plain SQLAlchemy."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Delete, Select, Update
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, QueryBuilder, QueryError, UnknownFieldError
from examples.help_center.models import Section
from tests.contract.examples import (
    CONTRACT_JSON,
    JOIN_STATUS,
    JOIN_SUBSECTIONS,
    SELECT_LOADED,
    SELECT_SECTIONS,
    by_id,
    ids,
    returning,
    select_loaded_slice,
)
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

Call = tuple[str, tuple[Any, ...], dict[str, Any]]


def call(name: str, /, *args: Any, **kwargs: Any) -> Call:
    return name, args, kwargs


def built(*calls: Call) -> QueryBuilder[Section]:
    """A builder after the calls, each of which gave None."""
    builder = QueryBuilder(Section)
    for name, args, kwargs in calls:
        assert getattr(builder, name)(*args, **kwargs) is None
    return builder


@pytest.fixture
async def plain_session(help_center_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """SQLAlchemy's own session on the engine; closing it rolls everything back."""
    async with AsyncSession(help_center_database.engine) as session:
        yield session


async def test_a_new_builder_selects_everything(plain_session: AsyncSession, sql: RecordedSQL) -> None:
    rows = (await plain_session.scalars(built().build_select_stmt())).all()
    same_sql(sql.last, SELECT_SECTIONS)
    assert len(rows) == 7


SELECTS: dict[str, tuple[list[Call], str, set[int]]] = {
    "filter": (
        [call("filter", status__code="unpublished")],
        f"{SELECT_SECTIONS} {JOIN_STATUS} WHERE publication_statuses_1.code = ?",
        {2},
    ),
    "two filters": (
        [call("filter", status_id=2), call("filter", name="Настройки")],
        f"{SELECT_SECTIONS} WHERE sections.status_id = ? AND sections.name = ?",
        {7},
    ),
    "order_by": (
        [call("order_by", "name", "-status_id")],
        f"{SELECT_SECTIONS} ORDER BY sections.name ASC, sections.status_id DESC",
        set(CONTRACT_JSON),
    ),
    "options": ([call("options", "subsections")], f"{SELECT_LOADED} {JOIN_SUBSECTIONS}", {1}),
    "inner join": (
        [call("join", "subsections", isouter=False), call("options", "subsections")],
        f"{SELECT_LOADED} {JOIN_SUBSECTIONS}",
        {1},
    ),
    "outer join": (
        [call("options", "subsections"), call("join", "subsections", isouter=True)],
        f"{SELECT_LOADED} LEFT OUTER {JOIN_SUBSECTIONS}",
        set(CONTRACT_JSON),
    ),
    "distinct": (
        [call("distinct")],
        SELECT_SECTIONS.replace("SELECT", "SELECT DISTINCT"),
        set(CONTRACT_JSON),
    ),
    "limit and offset": (
        [call("order_by", "id"), call("limit", 2), call("offset", 3)],
        f"{SELECT_SECTIONS} ORDER BY sections.id ASC LIMIT ? OFFSET ?",
        {4, 5},
    ),
    "limited options": (
        [call("limit", 1), call("offset", 0), call("options", "subsections")],
        select_loaded_slice(),
        {1},
    ),
    "limit and offset taken back": (
        [call("limit", 2), call("offset", 3), call("limit", None), call("offset", None)],
        SELECT_SECTIONS,
        set(CONTRACT_JSON),
    ),
}


@pytest.mark.parametrize(("calls", "expected", "found"), SELECTS.values(), ids=SELECTS)
async def test_select(
    plain_session: AsyncSession, sql: RecordedSQL, calls: list[Call], expected: str, found: set[int]
) -> None:
    statement = built(*calls).build_select_stmt()
    assert isinstance(statement, Select)
    rows = list((await plain_session.scalars(statement)).unique())
    same_sql(sql.last, expected)
    assert set(ids(rows)) == found
    assert len(rows) == len(found)


async def test_options_are_loaded_for_a_plain_session(plain_session: AsyncSession, sql: RecordedSQL) -> None:
    builder = built(call("options", "subsections"), call("join", "subsections", isouter=True))
    rows = list((await plain_session.scalars(builder.build_select_stmt())).unique())
    assert by_id(rows) == CONTRACT_JSON
    assert len(sql) == 1


async def test_limit_alone_and_offset_alone(plain_session: AsyncSession) -> None:
    async def found(*calls: Call) -> list[int]:
        builder = built(call("order_by", "id"), *calls)
        return ids(list(await plain_session.scalars(builder.build_select_stmt())))

    assert await found(call("limit", 2)) == [1, 2]
    assert await found(call("offset", 5)) == [6, 7]
    assert await found(call("limit", 0)) == []


async def test_values_list(plain_session: AsyncSession, sql: RecordedSQL) -> None:
    builder = built(call("filter", id=2), call("values_list", "name", "status__code"))
    rows = (await plain_session.execute(builder.build_select_stmt())).all()
    same_sql(
        sql.last,
        f"SELECT sections.name, publication_statuses_1.code FROM sections {JOIN_STATUS}"
        " WHERE sections.id = ?",
    )
    assert rows == [("Управление доступом", "unpublished")]


async def test_execution_options() -> None:
    builder = built(call("execution_options", first=1), call("execution_options", second=2))
    options = builder.build_select_stmt().get_execution_options()
    assert (options["first"], options["second"]) == (1, 2)


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([], 7),
        ([call("filter", status__code="published")], 6),
        ([call("options", "subsections")], 1),
        ([call("order_by", "name"), call("limit", 5), call("offset", 4)], 3),
    ],
    ids=["everything", "filter", "options", "slice"],
)
async def test_count(plain_session: AsyncSession, calls: list[Call], expected: int) -> None:
    statement: Select[Any] = built(*calls).build_count_stmt()
    assert isinstance(statement, Select)
    assert (await plain_session.execute(statement)).all() == [(expected,)]


OWN_CONDITION = (
    "WHERE sections.status_id = ? AND sections.id IN "
    "(SELECT DISTINCT sections.id FROM sections WHERE sections.status_id = ?)"
)


RETURNED: dict[str, tuple[list[Call], tuple[str, ...]]] = {
    "key": ([], ("id",)),
    "fields": ([call("returning", "id", "name")], ("id", "name")),
    "model": ([call("returning", return_model=True)], ("id", "name", "status_id")),
}


@pytest.mark.parametrize(("calls", "columns"), RETURNED.values(), ids=RETURNED)
async def test_update(
    plain_session: AsyncSession,
    backend: str,
    sql: RecordedSQL,
    calls: list[Call],
    columns: tuple[str, ...],
) -> None:
    statement = built(call("filter", status_id=1), *calls).build_update_stmt({"status_id": 3})
    assert isinstance(statement, Update)
    [row] = (await plain_session.execute(statement)).all()
    same_sql(sql.last, f"UPDATE sections SET status_id=? {OWN_CONDITION} {returning(backend, *columns)}")
    assert (row[0].id if columns == RETURNED["model"][1] else row[0]) == 2
    assert await status_ids(plain_session) == [2, 3, 2, 2, 2, 2, 2]


@pytest.mark.parametrize(("calls", "columns"), RETURNED.values(), ids=RETURNED)
async def test_delete(
    plain_session: AsyncSession,
    backend: str,
    sql: RecordedSQL,
    calls: list[Call],
    columns: tuple[str, ...],
) -> None:
    statement = built(call("filter", status_id=1), *calls).build_delete_stmt()
    assert isinstance(statement, Delete)
    [row] = (await plain_session.execute(statement)).all()
    same_sql(sql.last, f"DELETE FROM sections {OWN_CONDITION} {returning(backend, *columns)}")
    assert (row[0].id if columns == RETURNED["model"][1] else row[0]) == 2
    assert await status_ids(plain_session) == [2] * 6


async def status_ids(session: AsyncSession) -> list[int]:
    builder = built(call("order_by", "id"), call("values_list", "status_id"))
    return list(await session.scalars(builder.build_select_stmt()))


async def test_a_built_statement_stays_as_it_was(plain_session: AsyncSession) -> None:
    builder = built(call("filter", status_id=2))
    before = builder.build_select_stmt()
    builder.filter(name="Настройки")
    after = builder.build_select_stmt()
    assert len((await plain_session.scalars(before)).all()) == 6
    assert len((await plain_session.scalars(after)).all()) == 1


async def test_builders_share_nothing(plain_session: AsyncSession) -> None:
    first, second = built(call("filter", status_id=1)), built(call("filter", status_id=2))
    found = [(await plain_session.scalars(each.build_select_stmt())).all() for each in (first, second)]
    assert list(map(len, found)) == [1, 6]


@pytest.mark.parametrize(
    "wrong",
    [
        call("filter", state="x"),
        call("order_by", "state"),
        call("options", "state"),
        call("returning", "state"),
        call("values_list", "state"),
        call("join", "state", isouter=True),
    ],
    ids=lambda wrong: wrong[0],
)
def test_wrong_names_fail_where_they_are_written(wrong: Call) -> None:
    name, args, kwargs = wrong
    with pytest.raises(UnknownFieldError, match="state"):
        getattr(QueryBuilder(Section), name)(*args, **kwargs)


@pytest.mark.parametrize("column", ["name", "status_id"])
def test_a_join_needs_a_relation(column: str) -> None:
    with pytest.raises(QueryError, match=column):
        QueryBuilder(Section).join(column, isouter=False)
