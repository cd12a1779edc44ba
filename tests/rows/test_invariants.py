"""What holds of the rows of every chain, on both databases."""
from typing import Any

from hypothesis import given, settings, assume, strategies as st
from sqlalchemy import inspect

from django_like_repos import Database, MultipleObjectsReturned
from tests.rows.chains import LOADABLE, Chain, chains, slices

import os
EXAMPLES = int(os.environ.get("EX", "60"))
some = settings(max_examples=EXAMPLES, print_blob=False)


def key(model: Any) -> Any:
    return inspect(model).identity[0]


@some
@given(chain=chains(), part=st.none() | slices())
async def test_count_and_exists_agree_with_the_rows(shelves: Database, chain: Chain, part: slice | None) -> None:
    async with shelves.session() as session:
        queryset = chain.but(part=part).on(session)
        rows = await queryset
        assert await queryset.count() == len(rows)
        assert await queryset.exists() == bool(rows)
        keys = [key(row) for row in rows]
        assert len(set(keys)) == len(keys)


@some
@given(chain=chains(fields=True, loads=False), part=st.none() | slices())
async def test_count_and_exists_agree_with_the_values(shelves: Database, chain: Chain, part: slice | None) -> None:
    async with shelves.session() as session:
        queryset = chain.but(part=part).on(session)
        rows = await queryset
        assert await queryset.count() == len(rows)
        assert await queryset.exists() == bool(rows)


def children(model: Any, hops: list[str]) -> Any:
    if not hops or model is None:
        return model and key(model)
    name, *rest = hops
    assert name not in inspect(model).unloaded
    value = getattr(model, name)
    related = value if isinstance(value, list) else [value]
    return key(model), sorted((repr(children(each, rest)) for each in related))


@some
@given(chain=chains(roots=LOADABLE.__contains__, total=True), part=slices())
async def test_a_slice_is_a_page(shelves: Database, chain: Chain, part: slice) -> None:
    loads = [p for n, p in chain.declared if n == "options"]
    inner = [p for n, p in chain.declared if n == "innerjoin"]
    assume(not any(i.startswith(l.split("__")[0]+"__") for i in inner for l in loads))
    async with shelves.session() as session:
        whole = await chain.on(session)
        expected = [[children(m, p.split("__")) for n, p in chain.declared if n == "options"] + [key(m)] for m in whole]
    async with shelves.session() as session:
        page = await chain.but(part=part).on(session)
        got = [[children(m, p.split("__")) for n, p in chain.declared if n == "options"] + [key(m)] for m in page]
    assert got == expected[part]


@some
@given(chain=chains(), part=st.none() | slices())
async def test_in(shelves: Database, chain: Chain, part: slice | None) -> None:
    chain = chain.but(distinct=False)
    async with shelves.session() as session:
        if part is not None: chain = chain.but(part=part, ordering=(*chain.ordering, "pk"))
        queryset = chain.on(session)
        rows = await queryset
        keys = sorted(key(row) for row in rows)
        all_ = Chain(chain.root).on(session)
        for inner in [queryset, queryset.values_list("pk"), queryset.values_list("pk", flat=True)]:
            assert sorted(map(key, await all_.filter(pk__in=inner))) == keys
        assert len(await all_.exclude(pk__in=queryset)) == await all_.count() - len(keys)


@some
@given(chain=chains())
async def test_swapped(shelves: Database, chain: Chain) -> None:
    async with shelves.session() as session:
        a = await chain.but(declared_first=True).on(session)
        b = await chain.but(declared_first=False).on(session)
        assert sorted(map(key, a)) == sorted(map(key, b))


@some
@given(chain=chains(total=True))
async def test_ends(shelves: Database, chain: Chain) -> None:
    async with shelves.session() as session:
        qs = chain.on(session)
        rows = await qs
        first, last = await qs.first(), await qs.last()
        assert first is (rows[0] if rows else None)
        # last: best-ranked of reverse
        assert (last is None) == (not rows)
        try:
            assert await qs.get_one_or_none() is (rows[0] if rows else None)
            assert len(rows) < 2
        except MultipleObjectsReturned:
            assert len(rows) > 1
