
import os
from typing import Any
from hypothesis import given, settings, assume, strategies as st
from django_like_repos import Database
from tests.rows.chains import LOADABLE, Chain, plain_chains, slices
from tests.rows.oracle import Reading

EXAMPLES = int(os.environ.get("EX", "60"))
some = settings(max_examples=EXAMPLES, print_blob=False)
roots = st.sampled_from(sorted(LOADABLE.keys() - {"Country"}))

def walked(model, hops):
    if not hops: return {()}
    name, *rest = hops
    value = model.__dict__[name]
    related = value if isinstance(value, list) else [value] if value is not None else []
    return {(each.id, *chain) for each in related for chain in walked(each, rest)} or {()}

@some
@given(chain=roots.flatmap(lambda r: plain_chains(r, False)), part=st.none() | slices())
async def test_models(shelves: Database, backend: str, chain: Chain, part) -> None:
    if os.environ.get("AVOID"):
        loads = [p for n, p in chain.declared if n == "options"]
        inner = [p for n, p in chain.declared if n == "innerjoin"]
        assume(not any(i.startswith(l.split("__")[0]+"__") for i in inner for l in loads))
    chain = chain.but(ordering=(*chain.ordering, "pk"))
    reading = Reading(chain)
    models = reading.models(nulls_last=backend == "postgresql")
    if part is not None:
        models = models[part]
    async with shelves.session() as session:
        qs = chain.but(part=part).on(session)
        rows = await qs
        assert [row.id for row in rows] == models
        assert await qs.count() == len(models)
        for number, path in enumerate(p for n, p in chain.declared if n == "options"):
            children = reading.children(number)
            assert {row.id: walked(row, path.split("__")) for row in rows} == {k: children[k] for k in models}

@some
@given(chain=roots.flatmap(lambda r: plain_chains(r, True)), part=st.none() | slices())
async def test_values(shelves: Database, backend: str, chain: Chain, part) -> None:
    chain = chain.but(ordering=(chain.fields if chain.distinct else (*chain.ordering, *chain.fields)))
    reading = Reading(chain)
    values = reading.values(distinct=chain.distinct, nulls_last=backend == "postgresql")
    if part is not None:
        values = values[part]
    async with shelves.session() as session:
        qs = chain.but(part=part).on(session)
        rows = await qs
        assert rows == values
        assert await qs.count() == len(values)
