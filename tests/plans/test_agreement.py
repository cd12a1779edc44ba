"""The idea of the plan cache: whatever the chain, a kept plan says, binds and finds what a new one does.

A first queryset leaves a plan behind, a second uses it, and an ordinary statement made of the second alone is
the measure: the SQL that reaches the database, the values bound in it, and the rows.
"""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import event, given, note
from sqlalchemy import Dialect, Result, inspect
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_like_repos import F, execution, plans
from django_like_repos.execution import actions, reading, results
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.plans import Plans
from django_like_repos.statements.assignments import assignments
from tests.examples import examples
from tests.plans.chains import chains
from tests.plans.computed_chains import computed_chains
from tests.plans.office import Office, with_values
from tests.plans.twins import Twins, of_the_same_kinds

DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]

Work = Callable[[AsyncSession], Awaitable[Any]]
ORDERED = (plans.SELECT,)
"""What is asked for in the order of the queryset."""
ASSIGNED = {"rank": F("rank") + 1}


def dumped(value: Any, depth: int = 3) -> Any:
    """A row as plain values: of a model its key, and what its loaded relations hold."""
    state = inspect(value, raiseerr=False)
    if state is None or not hasattr(state, "identity"):
        return value
    relations = [key for key in state.mapper.relationships.keys() if key in state.dict]  # noqa: SIM118
    return state.identity, {
        key: sorted((dumped(each, depth - 1) for each in _members(state.dict[key])), key=repr)
        for key in relations
        if depth
    }


def _members(related: Any) -> list[Any]:
    return related if isinstance(related, list) else [] if related is None else [related]


async def ran(office: Office, work: Work) -> tuple[list[str], Any]:
    """What reached the database, and what came back, of work that is undone."""
    async with office.database.session() as session:
        office.sql.clear()
        result = await work(session)
        return [with_values(*statement) for statement in office.sql.statements], result


def rows_of(queryset: Any, result: Result[Any]) -> list[Any]:
    """Rows of a statement that was executed without the queryset, made into what the queryset gives."""
    query = queryset._query
    read: Any = SimpleNamespace(models=None, result=result) if query.row == "model" else result
    rows = results.rows_of(actions.Work(Session(), query, {}, {}, result=read))
    computed = outputs_of(query.shape) if query.row == "model" and query.names.annotations else ()
    return [(dumped(row), [getattr(row, name) for name in computed]) for row in rows]


def certain(queryset: Any, result: Any) -> Any:
    """What the same SQL must answer whenever it is asked: without a whole order, the rows are in any.

    PostgreSQL changes its mind about that as its tables and statistics do.
    """
    query = queryset._query
    if not isinstance(result, list) or (query.ordered and query.frame.projection is None):
        return result
    return len(result) if query.sliced else sorted(result, key=repr)


async def check(
    office: Office, twins: Twins, kind: str, work: Callable[[Any], Awaitable[Any]], alike: bool
) -> None:
    first, second = twins
    office.plans.clear()
    await ran(office, lambda session: work(_in(session, first)))
    before = office.plans.info()
    kept = await ran(office, lambda session: work(_in(session, second)))
    after = office.plans.info()

    async def without_plan(session: AsyncSession) -> Any:
        chooses = kind not in (plans.COUNT, plans.EXISTS)
        asked = second._query if kind in ORDERED else reading.unordered(second._query, chooses=chooses)
        # Nobody listens to its session, so what criteria of others would need is left out.
        statement = plans.build(kind, asked, office.database.engine.dialect, bare=True)
        note(str(statement))
        return await MEASURE[kind](session, second, statement)

    measure = await ran(office, without_plan)
    if second._query.never and kind != plans.SUMMARY:
        event("never asks")
        assert not kept[0]
        assert kept[1] == measure[1]
        return
    assert kept[0] == measure[0]
    assert certain(second, kept[1]) == certain(second, measure[1])
    if alike:
        event("uses the plan")
        assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)


def _in(session: AsyncSession, queryset: Any) -> Any:
    copy = queryset.all()
    copy._session = session
    return copy


async def _select(session: AsyncSession, queryset: Any, statement: Any) -> Any:
    return rows_of(queryset, await session.execute(statement))


async def _summary(session: AsyncSession, queryset: Any, statement: Any) -> Any:
    return list((await session.execute(statement)).one())


async def _count(session: AsyncSession, queryset: Any, statement: Any) -> Any:
    return await session.scalar(statement)


async def _exists(session: AsyncSession, queryset: Any, statement: Any) -> Any:
    return await session.scalar(statement) is not None


async def _update(session: AsyncSession, queryset: Any, statement: Any) -> Any:
    return await _delete(session, queryset, statement.values(assignments(queryset._query, ASSIGNED)))


async def _delete(session: AsyncSession, queryset: Any, statement: Any) -> Any:
    result = await session.execute(statement, execution_options={"synchronize_session": "fetch"})
    return sorted(result.all())


MEASURE = {
    plans.SELECT: _select,
    plans.COUNT: _count,
    plans.EXISTS: _exists,
    plans.SUMMARY: _summary,
    plans.UPDATE: _update,
    plans.DELETE: _delete,
    plans.UPDATE_DIRECTLY: _update,
    plans.DELETE_DIRECTLY: _delete,
}


async def fetched(queryset: Any) -> Any:
    computed = outputs_of(queryset._query.shape) if queryset._query.row == "model" else ()
    return [(dumped(row), [getattr(row, name) for name in computed]) for row in await queryset]


async def summed(queryset: Any) -> Any:
    return list((await execution.aggregate(queryset._session, queryset._query)).values())


async def counted(queryset: Any) -> Any:
    return await queryset.count()


async def found(queryset: Any) -> Any:
    return await queryset.exists()


async def updated(queryset: Any) -> Any:
    return sorted((await queryset.update(ASSIGNED)).all())


async def deleted(queryset: Any) -> Any:
    return sorted((await queryset.delete()).all())


@examples(45)
@given(twins=chains(alike=True))
async def test_rows_of_a_kept_plan(any_office: Office, twins: Twins) -> None:
    await check(any_office, twins, plans.SELECT, fetched, alike=True)


@examples(45)
@given(twins=computed_chains(alike=True))
async def test_computed_rows_of_a_kept_plan(any_office: Office, twins: Twins) -> None:
    await check(any_office, twins, plans.SELECT, fetched, alike=True)


@examples(60)
@given(twins=chains(alike=False) | computed_chains(alike=False))
async def test_rows_beside_a_plan_for_something_similar(any_office: Office, twins: Twins) -> None:
    await check(any_office, twins, plans.SELECT, fetched, alike=False)


@examples(30)
@given(twins=computed_chains(alike=True, form="summary"))
async def test_summaries_of_a_kept_plan(any_office: Office, twins: Twins) -> None:
    await check(any_office, twins, plans.SUMMARY, summed, alike=True)


@examples(150)
@given(twins=computed_chains(alike=True) | computed_chains(alike=True, form="summary"))
def test_no_value_is_structure(twins: Twins) -> None:
    """The same before any database is asked, and so of many more chains."""
    first, second = twins
    assert first._query.shape == second._query.shape
    assert len(first._query.params) == len(second._query.params)


@examples(150)
@given(twins=chains(alike=False))
def test_no_plan_serves_what_is_only_similar(twins: Twins) -> None:
    compare(twins, plans.SELECT)


@examples(150)
@given(twins=computed_chains(alike=False))
def test_no_plan_serves_what_is_computed_only_similarly(twins: Twins) -> None:
    compare(twins, plans.SELECT)


@examples(75)
@given(twins=computed_chains(alike=False, form="summary"))
def test_no_plan_serves_a_summary_that_is_only_similar(twins: Twins) -> None:
    compare(twins, plans.SUMMARY)


def compare(twins: Twins, kind: str) -> None:
    """Asserts that a plan which serves both says the same as one that is made for the second."""
    first, second = twins
    if first._query.shape != second._query.shape:
        return
    assert of_the_same_kinds(first._query.shape, second._query.shape)
    kept = Plans(DIALECT, 2)
    kept.prepare(kind, first._query)
    plan, params = kept.prepare(kind, second._query)
    statement = plan.statement
    if kept.info().hits:
        event("uses the plan")
        plan, same_params = Plans(DIALECT, 0).prepare(kind, second._query)
        measure = plan.statement
        assert str(statement.compile(dialect=DIALECT)) == str(measure.compile(dialect=DIALECT))
        assert params == same_params


@pytest.mark.parametrize(("kind", "work"), [(plans.COUNT, counted), (plans.EXISTS, found)])
@examples(25)
@given(twins=chains(alike=True, models=True) | computed_chains(alike=True))
async def test_numbers_of_a_kept_plan(
    any_office: Office, kind: str, work: Callable[[Any], Awaitable[Any]], twins: Twins
) -> None:
    await check(any_office, twins, kind, work, alike=True)


async def updated_directly(queryset: Any) -> Any:
    return await updated(queryset.writing("direct"))


async def deleted_directly(queryset: Any) -> Any:
    return await deleted(queryset.writing("direct"))


WRITES = [
    (plans.UPDATE, updated),
    (plans.DELETE, deleted),
    (plans.UPDATE_DIRECTLY, updated_directly),
    (plans.DELETE_DIRECTLY, deleted_directly),
]


@pytest.mark.parametrize(("kind", "work"), WRITES)
@examples(20)
@given(twins=chains(alike=True, models=True) | computed_chains(alike=True, form="models"))
async def test_writes_of_a_kept_plan(
    any_office: Office, kind: str, work: Callable[[Any], Awaitable[Any]], twins: Twins
) -> None:
    await check(any_office, twins, kind, work, alike=True)


@pytest.mark.parametrize("work", [updated, deleted])
@examples(20)
@given(twins=chains(alike=False, models=True) | computed_chains(alike=False, form="models"))
async def test_what_is_written_directly_is_what_keys_choose(
    any_office: Office, work: Callable[[Any], Awaitable[Any]], twins: Twins
) -> None:
    for queryset in twins:
        keys, direct = queryset.writing("keys"), queryset.writing("direct")
        _, wanted = await ran(any_office, lambda session: work(_in(session, keys)))  # noqa: B023
        said, found = await ran(any_office, lambda session: work(_in(session, direct)))  # noqa: B023
        note(str(said))
        assert found == wanted
