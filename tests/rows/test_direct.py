"""Rows come from the driver or by SQLAlchemy, and nobody can tell which: random chains, types, states."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import event as tell
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from django_like_repos import Count, Database, F, QuerySet
from tests.parity.schema import MODELS
from tests.routes import noted_routes
from tests.rows.chains import ROOTS, Chain, chains, slices
from tests.rows.mappings import Animal, Bird, Crate, Key, Label, Place, Rack
from tests.rows.test_models import BEFORE, Before, _all, _expired, _nothing, _partial, states

few = settings(max_examples=max(2, settings().max_examples // 2))

Make = Callable[[AsyncSession], Any]


async def _three_ways(ask: Callable[[bool], Any]) -> list[bool]:
    """Asks SQLAlchemy, so that it is learned, by the driver, and SQLAlchemy alone; which way went where."""
    with noted_routes() as routes:
        learned = await ask(True)
        here = await ask(True)
        there = await ask(False)
    assert learned == here == there
    return routes[1:]


@few
@given(
    chain=ROOTS.flatmap(lambda root: chains(root, models=True)),
    part=st.none() | slices(),
    before=st.sampled_from(BEFORE),
)
@example(Chain("Book"), None, _expired)
@example(Chain("Tag", (".filter(Q(books__pages__gt=0))",)), slice(0, 5), _partial)
async def test_models(shelves: Database, chain: Chain, part: slice | None, before: Before) -> None:
    def make(session: AsyncSession) -> Any:
        queryset = chain.but(ordering=(*chain.ordering, "pk")).on(session)
        return queryset if part is None else queryset[part]

    routes = await _three_ways(lambda direct: states(shelves, make, before, direct=direct))
    tell("by the driver" if routes[:1] == [True] else "by SQLAlchemy")


@few
@given(chain=ROOTS.flatmap(lambda root: chains(root, models=False)), part=st.none() | slices())
async def test_values(shelves: Database, chain: Chain, part: slice | None) -> None:
    async def ask(direct: bool) -> Any:
        async with shelves.session() as session:
            queryset = chain.on(session).execution_options(direct=direct)
            queryset = queryset if part is None else queryset[part]
            rows = await queryset
            found = rows, await queryset.exists(), await queryset.count()
            return _typed(rows), found[1:], sorted(map(repr, rows))

    routes = await _three_ways(ask)
    tell("by the driver" if any(routes) else "by SQLAlchemy")


def _typed(rows: Any) -> Any:
    return sorted({(type(row), *map(type, row)) for row in rows if isinstance(row, tuple)}, key=repr)


@pytest.mark.by_turns
@pytest.mark.parametrize("model", [*MODELS, Rack, Crate, Key], ids=lambda each: each.__name__)
@pytest.mark.parametrize("row", ["tuples", "named", "dicts"])
async def test_values_of_every_type(shelves: Database, model: type[Any], row: str) -> None:
    names = [each.key for each in inspect(model).column_attrs if each.columns[0].table is not None]

    async def ask(direct: bool) -> Any:
        async with shelves.session() as session:
            rows = QuerySet(model, session).order_by("pk").execution_options(direct=direct)
            if row == "dicts":
                return [(each, [*map(type, each.values())]) for each in await rows.values(*names)]
            listed: Any = rows.values_list
            found = await listed(*names, named=row == "named")
            return [(each, type(each), [*map(type, each)]) for each in found]

    assert await _three_ways(ask) == [True, False]


LOADED: dict[str, tuple[type[Any], Callable[[Any], Any]]] = {
    "other names, synonyms, SQL expressions, a deferred column": (Rack, lambda q: q),
    "raising relations": (Crate, lambda q: q),
    "a key of several columns": (Key, lambda q: q),
    "a dataclass": (Place, lambda q: q),
    "joined by the mapping": (Label, lambda q: q),
    "inheritance": (Animal, lambda q: q),
    "a subclass": (Bird, lambda q: q),
    "joined": (Key, lambda q: q.options("uses")),
    "joined by SQLAlchemy": (Key, lambda q: q.options(joinedload(Key.uses))),
    "by SELECTs of their own": (Key, lambda q: q.options(selectinload(Key.uses))),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("before", [_nothing, _all, _expired, _partial], ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", LOADED)
async def test_states_of_odd_mappings(shelves: Database, name: str, before: Before) -> None:
    model, chain = LOADED[name]

    def make(session: AsyncSession) -> Any:
        return chain(QuerySet(model, session).order_by("pk"))

    routes = await _three_ways(lambda direct: states(shelves, make, before, direct=direct))
    assert routes == [True, False]


async def test_values_beside_models(shelves: Database) -> None:
    async def ask(direct: bool) -> Any:
        async with shelves.session() as session:
            books: Any = QuerySet(MODELS[0], session).order_by("pk").execution_options(direct=direct)
            return [
                (each.id, each.n, each.more) for each in await books.annotate(n=Count("pk"), more=F("pk"))
            ]

    assert await _three_ways(ask) == [True, False]


@pytest.mark.parametrize("number", [1, 3, 300])
async def test_lists(shelves: Database, number: int) -> None:
    async def ask(direct: bool) -> Any:
        async with shelves.session() as session:
            keys: Any = QuerySet(Key, session).order_by("pk").execution_options(direct=direct)
            return await keys.filter(rank__in=range(number), k0__in=[*range(number)]).values_list(
                "rank", "k0"
            )

    assert await _three_ways(ask) == [True, False]
