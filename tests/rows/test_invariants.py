"""What holds of the rows of every chain, on both databases: nothing multiplies, a slice is a page, …

Each chain has conditions on relations of every kind, declared joins, loads, and an order. A plain reading
of it in Python says what it must find; where negation takes part, the chain is held against itself.
"""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from django_like_repos import Database, MultipleObjectsReturned, QuerySet
from tests.parity.schema import Book
from tests.rows.chains import MODEL_NAMED, ROOTS, Chain, chains, plain_chains, slices
from tests.rows.oracle import Reading

# An example asks the database several times, so fewer than the default do.
enough = settings(max_examples=max(2, settings().max_examples // 2))
few = settings(max_examples=max(1, settings().max_examples // 4))

some_models = ROOTS.flatmap(lambda root: chains(root, models=True))
some_values = ROOTS.flatmap(lambda root: chains(root, models=False))
plain_models = ROOTS.flatmap(lambda root: plain_chains(root, models=True))
plain_values = ROOTS.flatmap(lambda root: plain_chains(root, models=False))
parts = st.none() | slices()


def keys(models: list[Any]) -> list[int]:
    return [model.id for model in models]


def cut(rows: Any, part: slice | None) -> Any:
    return rows if part is None else rows[part]


def loaded(model: Any, hops: list[str]) -> set[tuple[int, ...]]:
    """The chains of keys that a path leads through in what was loaded, and nothing else."""
    if not hops:
        return {()}
    name, *others = hops
    value = vars(model)[name]
    children = value if isinstance(value, list) else [] if value is None else [value]
    return {(child.id, *chain) for child in children for chain in loaded(child, others)} or {()}


# A plain reading


@enough
@given(chain=plain_models, part=parts)
@example(
    chain=Chain("Book", declared=(("options", "reviews"), ("innerjoin", "reviews__reviewer"))),
    part=slice(20),
)
@example(
    chain=Chain("Book", declared=(("options", "tags"), ("innerjoin", "reviews"), ("outerjoin", "tags"))),
    part=slice(1, 5),
)
@example(chain=Chain("Author", ordering=("-books__reviews__rating", "books__price")), part=slice(2, 7))
@example(
    chain=Chain(
        "Tag", declared=(("options", "books"),), ordering=("books__reviews__rating", "-books__pages")
    ),
    part=None,
)
async def test_models_come_in_order_with_their_children(
    shelves: Database, backend: str, chain: Chain, part: slice | None
) -> None:
    chain = chain.but(ordering=(*chain.ordering, "pk"))
    reading = Reading(chain, nulls_last=backend == "postgresql")
    expected = cut(reading.models(), part)
    async with shelves.session() as session:
        queryset = cut(chain.on(session), part)
        models = await queryset
        assert keys(models) == expected
        assert await queryset.count() == len(expected)
    for path in chain.loads:
        children = reading.children(path)
        assert {model.id: loaded(model, path.split("__")) for model in models} == {
            key: children[key] for key in expected
        }


@enough
@given(chain=plain_values, part=parts)
@example(chain=Chain("Book", (".filter(Q(reviews__rating__gt=0))",), fields=("tags__weight",)), part=slice(9))
@example(chain=Chain("Book", (".filter(Q(tags__weight__gt=0))",), fields=("pages",)), part=None)
async def test_values_are_multiplied_by_what_they_read_alone(
    shelves: Database, backend: str, chain: Chain, part: slice | None
) -> None:
    # Rows that are equal may come in any order; DISTINCT ones are ordered by what they show.
    ordering = chain.fields if chain.distinct else (*chain.ordering, *chain.fields)
    chain = chain.but(ordering=ordering)
    expected = cut(Reading(chain, nulls_last=backend == "postgresql").values(), part)
    async with shelves.session() as session:
        queryset = cut(chain.on(session), part)
        assert await queryset == expected
        assert await queryset.count() == len(expected)
        assert await queryset.exists() == bool(expected)


# With negation


@enough
@given(chain=some_models | some_values, part=parts)
@example(chain=Chain("Book", ordering=("pk",), fields=("tags__weight",), distinct=True), part=slice(3, None))
async def test_count_and_exists_agree_with_the_rows(
    shelves: Database, chain: Chain, part: slice | None
) -> None:
    async with shelves.session() as session:
        queryset = cut(chain.on(session), part)
        rows = await queryset
        assert await queryset.count() == len(rows)
        assert await queryset.exists() == bool(rows)
        if not chain.fields:
            assert len(set(keys(rows))) == len(rows)


@enough
@given(chain=some_models, part=slices())
async def test_a_slice_is_a_page(shelves: Database, chain: Chain, part: slice) -> None:
    chain = chain.but(ordering=(*chain.ordering, "pk"))

    async def found(queryset: QuerySet[Any]) -> list[Any]:
        return [
            (model.id, *[loaded(model, path.split("__")) for path in chain.loads]) for model in await queryset
        ]

    async with shelves.session() as session:
        rows = await found(chain.on(session))
    async with shelves.session() as session:
        assert await found(chain.on(session)[part]) == rows[part]


@few
@given(chain=some_models)
async def test_filters_multiply_no_values(shelves: Database, chain: Chain) -> None:
    async with shelves.session() as session:
        models = await chain.on(session)
        values = await chain.but(distinct=False, fields=("pk",)).on(session)
        assert sorted(key for (key,) in values) == sorted(keys(models))


@few
@given(chain=some_models, part=parts)
@example(chain=Chain("Author", ordering=("name",), distinct=True), part=slice(2))
@example(chain=Chain("Publisher", ordering=("city", "books__price"), distinct=True), part=slice(2))
async def test_in_takes_a_queryset_as_it_takes_its_keys(
    shelves: Database, chain: Chain, part: slice | None
) -> None:
    chain = chain.but(ordering=(*chain.ordering, "pk"))
    async with shelves.session() as session:
        queryset = cut(chain.on(session), part)
        expected = sorted(keys(await queryset))
        everything = QuerySet(MODEL_NAMED[chain.root], session)
        # DISTINCT values differ in what they are ordered by, too, and so would be other rows.
        values = cut(chain.but(distinct=False, fields=("pk",)).on(session), part)
        for operand in (queryset, values, expected):
            assert sorted(keys(await everything.filter(pk__in=operand))) == expected
            assert await everything.exclude(pk__in=operand).count() == await everything.count() - len(
                expected
            )


@few
@given(chain=some_models)
async def test_a_declared_join_may_come_before_or_after_filters(shelves: Database, chain: Chain) -> None:
    async with shelves.session() as session:
        before = await chain.but(declared_first=True).on(session)
        after = await chain.but(declared_first=False).on(session)
        assert sorted(keys(before)) == sorted(keys(after))


@few
@given(chain=some_models)
async def test_the_ends_agree_with_the_rows(shelves: Database, chain: Chain) -> None:
    chain = chain.but(ordering=(*chain.ordering, "pk"))
    async with shelves.session() as session:
        queryset = chain.on(session)
        rows, turned = await queryset, await queryset.reverse()
        assert await queryset.first() is (rows[0] if rows else None)
        assert await queryset.last() is (turned[0] if turned else None)
        if len(rows) > 1:
            with pytest.raises(MultipleObjectsReturned):
                await queryset.get()
        else:
            assert await queryset.get_one_or_none() is (rows[0] if rows else None)


async def test_every_slice_of_an_order_of_best_rows(shelves: Database) -> None:
    async with shelves.session() as session:
        queryset = QuerySet(Book, session).order_by("-reviews__rating", "tags__weight", "-pk")
        rows = keys(await queryset)
        assert len(rows) == 14
        for start in range(0, 16, 3):
            for stop in range(start, 17, 4):
                assert keys(await queryset[start:stop]) == rows[start:stop]
