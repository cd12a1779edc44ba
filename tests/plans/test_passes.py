"""The passes: each leaves the outputs as they are, and a second run nothing to do; without those that may run
the rows are the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, Q, QuerySet, Window, passes
from django_like_repos import plans as planning
from django_like_repos.constructs.params import Params
from django_like_repos.passes import LAST, MAY, MUST, rewritten
from django_like_repos.query.functions.windows import RowNumber
from django_like_repos.rows import asking
from django_like_repos.rows.rows import Compound, Rows
from django_like_repos.rows.summary import summary
from django_like_repos.statements.nested import NESTED
from django_like_repos.statements.select import select_rows
from django_like_repos.tree.reader import read
from tests.examples import examples
from tests.plans.chains import chains
from tests.plans.computed_chains import computed_chains
from tests.plans.office import Office
from tests.plans.schema import Parcel, Stamp
from tests.plans.test_agreement import DIALECT, certain, counted, fetched, found, ran
from tests.plans.twins import Twins

PARCELS: Any = QuerySet(Parcel)
EVERY = (*MAY, *MUST, *LAST)


def asked(queryset: Any) -> Iterator[Rows]:
    """What is asked of a queryset in every kind of statement, before any pass."""
    query = queryset._query
    params = Params(DIALECT, query.params, bare=True)
    tree = read(query.shape, params, query.expressions, NESTED, foreign=query.foreign)
    yield asking.rows(tree)
    yield asking.number(tree)
    yield asking.any_row(tree)
    if query.frame.combined is None:
        yield asking.keys(tree)
    if query.frame.summary:
        yield summary(tree)


def within(rows: Rows) -> Iterator[Rows]:
    """Rows and all that they are selected from."""
    yield rows
    for derived in (rows.source, rows.keys):
        if derived is not None:
            inner = derived.rows
            for each in inner.members if isinstance(inner, Compound) else (inner,):
                yield from within(each)


@examples(100)
@given(twins=chains(alike=False) | computed_chains(alike=False) | computed_chains(alike=True, form="summary"))
def test_a_pass_changes_no_output_and_has_nothing_to_do_again(twins: Twins) -> None:
    for before in asked(twins[0]):
        rows = before
        for each in EVERY:
            after = each(rows)
            assert after.models == before.models
            assert len(after.outputs) == len(before.outputs)
            assert each(after) is after, each.__name__
            rows = after
        whole = rewritten(rows)
        for part in within(whole):
            assert all(each(part) is part for each in EVERY)


@examples(100)
@given(twins=chains(alike=False) | computed_chains(alike=False))
def test_names_and_types_are_the_same_with_and_without_what_may_run(twins: Twins) -> None:
    for rows in asked(twins[0]):
        with_all = select_rows(rewritten(rows)).selected_columns
        without = select_rows(rewritten(rows, may=False)).selected_columns
        assert [type(each.type) for each in with_all] == [type(each.type) for each in without]


@examples(60)
@given(twins=chains(alike=True) | computed_chains(alike=True))
async def test_rows_without_what_may_run(any_office: Office, twins: Twins) -> None:
    queryset = twins[0]

    async def ask(session: AsyncSession) -> list[Any]:
        copy = queryset.all()
        copy._session = session
        return [certain(queryset, await fetched(copy)), await counted(copy), await found(copy)]

    any_office.plans.clear()
    _, with_all = await ran(any_office, ask)
    any_office.plans.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "MAY", ())
        patch.setattr(passes, "LAST", ())
        _, without = await ran(any_office, ask)
    any_office.plans.clear()
    assert with_all == without


ACTING: dict[str, tuple[Any, list[str]]] = {
    "nothing": (PARCELS.filter(rank=1), []),
    "to one": (PARCELS.filter(depot__rank=1).order_by("depot__city")[:5], []),
    "to many": (PARCELS.filter(stamps__rank=1), ["semi_joins"]),
    "values of to many": (PARCELS.filter(stamps__rank=1).values("code"), ["semi_joins"]),
    "to many or not": (PARCELS.filter(Q(stamps__rank=1) | Q(rank=1)), ["keys_first"]),
    "a page of children": (PARCELS.outerjoin("stamps").options("stamps")[:2], ["page_as_table"]),
    "groups": (PARCELS.values("rank").annotate(n=Count("id")), ["say_groups"]),
    "a window": (
        PARCELS.annotate(n=Window(RowNumber(), partition_by="depot", order_by="id")).filter(n=1),
        ["models_by_rows", "windows_outside"],
    ),
    "values of a window": (
        PARCELS.annotate(n=Window(RowNumber(), order_by="id")).filter(n=1).values("n"),
        ["windows_outside"],
    ),
    "distinct fields": (
        PARCELS.distinct("depot").values("id"),
        ["windows_outside"],
    ),
    "different values": (PARCELS.values("code").distinct().order_by("rank"), ["distinct_in_order"]),
}


@pytest.mark.parametrize("name", ACTING)
def test_the_passes_that_act(name: str) -> None:
    queryset, acting = ACTING[name]
    assert queryset.passes() == acting
    assert queryset.passes() == queryset.passes()


def test_a_page_as_a_table() -> None:
    stamps: Any = QuerySet(Stamp)
    assert stamps.options("depot")[:3].passes() == []
    assert PARCELS.filter(Q(stamps__rank=1) | Q(rank=F("floor")))[:3].passes() == ["keys_first"]


def test_every_pass_has_a_name_of_its_own() -> None:
    names = [each.__name__ for each in EVERY]
    assert len(set(names)) == len(names)
    assert planning.passes_of(PARCELS._query, DIALECT, bare=True) == []
