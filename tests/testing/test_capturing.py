"""`capture_queries()` and `assert_num_queries()`: every statement, its chain, and the line of it."""

from typing import Any

import pytest
from sqlalchemy import insert, select, text

from django_like_repos import Database, UnsupportedOperationError
from django_like_repos.testing import (
    assert_num_queries,
    capture_on_commit_callbacks,
    capture_queries,
    rolled_back,
)
from examples.help_center.models import PublicationStatus, Section
from examples.help_center.repositories import PublicationStatusRepository, SectionRepository
from tests.routes import noted_routes
from tests.sqltext import same_sql


def here() -> str:
    code = test_chain_and_line.__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


async def test_chain_and_line(help_center_database: Database) -> None:
    async with help_center_database.session() as session:
        sections = SectionRepository(session)
        # The connection is open before anybody listens.
        await sections.objects.filter(name="x").values_list("id")
        with capture_queries(help_center_database) as queries:
            await sections.objects.filter(name="x").values_list("id")
            await session.scalar(select(PublicationStatus.id).limit(1))
            async with session.begin_nested():
                await sections.objects.filter(id=-1).update(name="y")
        await sections.objects.count()
    assert len(queries) == 3
    first, second, third = queries
    placeholder = "?" if help_center_database.engine.dialect.name == "sqlite" else "$1::VARCHAR"
    same_sql(first.sql, f"SELECT sections.id FROM sections WHERE sections.name = {placeholder}")
    assert [*first.params] == ["x"]
    assert (first.chain, second.chain) == ("Section.filter(name='x').values_list('id')", None)
    assert third.sql.startswith("UPDATE")
    file, _, number = here().rpartition(":")
    lines = [f"{file}:{int(number) + offset}" for offset in (6, 7, 9)]
    assert [query.line for query in queries] == lines
    assert str(queries).startswith("1. SELECT sections.id FROM sections WHERE")
    assert f"for {first.chain}\n    at {lines[0]}" in str(queries)
    queries.clear()
    assert not queries


async def test_the_direct_path_stays(help_center_database: Database) -> None:
    async with help_center_database.session() as session:
        named = SectionRepository(session).objects.filter(name="direct").values_list("id", "name")
        await named
        with capture_queries(session) as queries, noted_routes() as direct:
            await named
    assert (direct, len(queries)) == ([True], 1)


async def test_what_is_not_of_this_database(help_center_database: Database, fresh_database: Database) -> None:
    async with help_center_database.session() as session, fresh_database.session() as other:
        for where in (help_center_database, help_center_database.engine, session, SectionRepository(session)):
            with capture_queries(where) as queries, capture_queries(fresh_database) as others:
                await session.execute(text("SELECT 1"))
                await other.execute(text("SELECT 2"))
            assert ([each.sql for each in queries], [each.sql for each in others]) == (
                ["SELECT 1"],
                ["SELECT 2"],
            )


async def test_several_rows_and_streams(help_center_database: Database) -> None:
    async with rolled_back(help_center_database) as database, database.session() as session:
        with capture_queries(database) as queries:
            session.add_all([PublicationStatus(code=code, name=code) for code in "abc"])
            await session.flush()
            async for _ in await session.stream(select(Section.id)):
                pass
            await session.connection(execution_options={})
            await session.execute(
                insert(Section), [{"name": "a", "status_id": 1}, {"name": "b", "status_id": 1}]
            )
        verbs = [query.sql.split()[0] for query in queries]
        # SQLAlchemy may write rows in one statement, or in several.
        assert [verb for verb, before in zip(verbs, ["", *verbs], strict=False) if verb != before] == [
            "INSERT",
            "SELECT",
            "INSERT",
        ]
        assert queries[-1].params[0][0] == "a"


async def test_what_prefetching_sends(help_center_database: Database) -> None:
    async with help_center_database.session() as session:
        with assert_num_queries(session, 2) as queries:
            await SectionRepository(session).objects.prefetch_related("subsections")
        assert [query.chain for query in queries] == ["Section.prefetch_related('subsections')"] * 2


async def test_the_failure_lists_them(help_center_database: Database) -> None:
    async with help_center_database.session() as session:
        statuses = PublicationStatusRepository(session)

        async def send_two() -> None:
            with assert_num_queries(help_center_database, 1):
                await statuses.objects.filter(code="published").exists()
                await statuses.objects.count()

        with pytest.raises(AssertionError) as caught:
            await send_two()
    told = str(caught.value)
    assert told.startswith("2 queries were sent, and 1 were expected:\n1. SELECT")
    assert "\n2. SELECT count(*)" in told
    assert "for PublicationStatus.filter(code='published')" in told
    with pytest.raises(AssertionError, match=r"^0 queries were sent, and 3 were expected$"):  # noqa: SIM117
        with assert_num_queries(help_center_database, 3):
            pass


async def test_an_error_in_the_block_is_told(help_center_database: Database) -> None:
    with pytest.raises(ZeroDivisionError), assert_num_queries(help_center_database, 3):
        raise ZeroDivisionError


@pytest.mark.parametrize("number", [-1, True, "2", None])
async def test_wrong_numbers(help_center_database: Database, number: Any) -> None:
    with (
        pytest.raises(UnsupportedOperationError, match="how many"),
        assert_num_queries(help_center_database, number),
    ):
        pass


@pytest.mark.parametrize("wrong", [None, "sqlite://", 5, Database])
async def test_what_has_no_statements(wrong: Any) -> None:
    told = r"^{}\(\) takes the Database whose statements are meant, or an engine, a session or"
    with (
        pytest.raises(UnsupportedOperationError, match=told.format("capture_queries")),
        capture_queries(wrong),
    ):
        pass
    with (
        pytest.raises(UnsupportedOperationError, match=told.format("assert_num_queries")),
        assert_num_queries(wrong, 1),
    ):
        pass
    with pytest.raises(UnsupportedOperationError, match=told.format("capture_on_commit_callbacks")):
        async with capture_on_commit_callbacks(wrong):
            pass
