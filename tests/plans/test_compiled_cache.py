"""Plans meet in SQLAlchemy's compiled cache: what has one entry there is one SQL with one order of params.

A warm engine has compiled the chain before; a cleared one knows what a fresh process knows.
"""

from collections.abc import Awaitable, Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, literal
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Q, QuerySet, plans
from django_like_repos.plans import Plans
from tests.examples import examples
from tests.plans.chains import chains
from tests.plans.computed_chains import computed_chains
from tests.plans.office import Office
from tests.plans.schema import Parcel, Stamp
from tests.plans.test_agreement import (
    DIALECT,
    Work,
    counted,
    deleted,
    fetched,
    found,
    ran,
    updated,
)
from tests.plans.twins import Twins

Call = Callable[[Any, int], Any]

CALLS: dict[str, Call] = {
    "filter": lambda queryset, n: queryset.filter(Parcel.rank == n),
    "filter more": lambda queryset, n: queryset.filter(Parcel.floor > n - 3, Parcel.id != n),
    "filter any": lambda queryset, n: queryset.filter(Parcel.stamps.any(Stamp.rank >= n)),
    "filter either": lambda queryset, n: queryset.filter(Q(rank=n) | Q(Parcel.floor == n)),
    "filter lookup": lambda queryset, n: queryset.filter(id__gt=n - 2),
    "exclude": lambda queryset, n: queryset.exclude(Parcel.id == n + 4),
    "annotate": lambda queryset, n: queryset.annotate(more=Parcel.rank + n),
    "annotate another": lambda queryset, n: queryset.annotate(times=literal(n) * Parcel.id),
    "annotate expression": lambda queryset, n: queryset.annotate(less=F("id") - n),
    "order": lambda queryset, n: queryset.order_by(Parcel.rank + n, (Parcel.id * n).desc(), "id"),
}


def made(calls: list[tuple[str, int]]) -> Any:
    queryset: Any = QuerySet(Parcel)
    for name, value in calls:
        queryset = CALLS[name](queryset, value)
    return queryset


def in_session(queryset: Any, session: AsyncSession) -> Any:
    copy = queryset.all()
    copy._session = session
    return copy


@st.composite
def reordered(draw: st.DrawFn) -> tuple[Any, Any]:
    """The same calls in two orders, each with values of its own."""
    names = draw(st.lists(st.sampled_from(sorted(CALLS)), min_size=2, max_size=4, unique=True))
    numbers = st.lists(st.integers(1, 4), min_size=len(names), max_size=len(names))
    first, second = names, draw(st.permutations(names))
    return (
        made([*zip(first, draw(numbers), strict=True)]),
        made([*zip(second, draw(numbers), strict=True)]),
    )


@examples(60)
@given(twins=reordered())
async def test_a_warm_engine_answers_as_a_fresh_one(any_office: Office, twins: tuple[Any, Any]) -> None:
    first, second = twins

    async def ask(queryset: Any) -> Any:
        return [
            await ran(any_office, lambda session: fetched(in_session(queryset, session))),
            await ran(any_office, lambda session: in_session(queryset, session).count()),
        ]

    _forget(any_office)
    await ask(first)
    warm = await ask(second)
    _forget(any_office)
    assert warm == await ask(second)


def _forget(office: Office) -> None:
    office.plans.clear()
    office.database.engine.sync_engine.clear_compiled_cache()


@examples(150)
@given(twins=reordered() | chains(alike=False) | computed_chains(alike=False))
def test_what_shares_a_compiled_statement_is_the_same_sql(twins: Twins) -> None:
    """Before any database is asked, and so of many more chains."""
    compiled: list[tuple[Any, Any]] = []
    for queryset in twins:
        plan, _ = Plans(DIALECT, 2).prepare(plans.SELECT, queryset._query)
        statement = plan.statement
        key = statement._generate_cache_key()
        text = statement.compile(dialect=DIALECT)
        compiled.append((key and key.key, (str(text), text.positiontup)))
    (one, said), (other, also) = compiled
    if one is not None and one == other:
        event("share a compiled statement")
        assert said == also


ORDERS = [
    [("filter", 1), ("annotate", 5), ("annotate another", 3)],
    [("filter any", 1), ("filter", 2), ("annotate", 9)],
]
KINDS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "rows": fetched,
    "count": counted,
    "exists": found,
    "update": updated,
    "delete": deleted,
}


@pytest.mark.sampled
@pytest.mark.parametrize("calls", ORDERS)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_expressions_in_every_order(office: Office, kind: str, calls: Any) -> None:
    def work(queryset: Any) -> Work:
        return lambda session: KINDS[kind](in_session(queryset, session))

    orders = [
        made([(name, value + number) for name, value in order])
        for number, order in enumerate(permutations(calls))
    ]
    _forget(office)
    warm = [await ran(office, work(queryset)) for queryset in orders]
    for queryset, answer in zip(orders, warm, strict=True):
        _forget(office)
        assert answer == await ran(office, work(queryset))


async def test_a_delete_removes_what_it_was_asked_for(office: Office) -> None:
    def chain(session: AsyncSession, rank: int, by: int, *, filtered_first: bool) -> Any:
        condition: ColumnElement[bool] = Parcel.rank == rank
        parcels = QuerySet(Parcel, session)
        if filtered_first:
            return parcels.filter(condition).annotate(more=Parcel.id + by)
        return parcels.annotate(more=Parcel.id + by).filter(condition)

    async with office.database.session() as session:
        assert sorted((await chain(session, 1, 2, filtered_first=True).delete()).scalars()) == [1, 7]
        assert sorted((await chain(session, 2, 3, filtered_first=False).delete()).scalars()) == [2]
        kept = await chain(session, 3, 1, filtered_first=True).order_by("id")
        assert [(each.id, each.more) for each in kept] == [(3, 4), (6, 7)]
        assert sorted((await chain(session, 3, 2, filtered_first=False).delete()).scalars()) == [3, 6]
