"""SQLAlchemy's expressions and loader options among the rest: keyed together, values taken out, none kept."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    TypeDecorator,
    bindparam,
    exists,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased, joinedload, selectinload, with_loader_criteria

from django_like_repos import Exists, F, OuterRef, Q, QuerySet, Subquery
from tests.plans.expressions import CONDITIONS, ORDERINGS, largest_rank
from tests.plans.office import Office, ids
from tests.plans.schema import Depot, Parcel, Stamp

MAKERS = [(model, made) for model, conditions in CONDITIONS.items() for made in conditions]


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "condition"), MAKERS)
async def test_each_call_has_its_own_value(
    session: AsyncSession, office: Office, model: Any, condition: Any
) -> None:
    """Also of conditions that SQLAlchemy wants left alone, as those inside `any()` and `has()`."""
    values = ["abc", "slow", "Ада"] if condition.of_text else [1, 2, 3]
    found, plain = [], []
    for value in values:
        made = condition.make(value)
        found.append(ids(await QuerySet(model, session).filter(made).order_by("id")))
        plain.append(ids((await session.scalars(select(model).where(made).order_by(model.id))).unique()))

    assert found == plain


async def test_conditions_that_are_the_same_but_for_values_share_a_plan(
    session: AsyncSession, office: Office
) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    found = [ids(await parcels.filter(Parcel.stamps.any(Stamp.rank == rank))) for rank in (1, 2, 5, 9)]

    assert found == [[1, 2, 8], [1, 6], [4], []]
    assert (office.plans.info().misses, office.plans.info().hits) == (1, 3)


@pytest.mark.parametrize("kind", ["count", "exists", "delete", "update"])
async def test_values_of_expressions_in_every_kind_of_statement(session: AsyncSession, kind: str) -> None:
    results = []
    for text in ("nothing", "lost", "in"):
        queryset = QuerySet(Parcel, session).filter(
            Parcel.stamps.any(Stamp.text == text), Parcel.rank.is_not(None)
        )
        call: Callable[..., Any] = getattr(queryset, kind)
        result = await (call(title="marked") if kind == "update" else call())
        results.append(getattr(result, "rowcount", result))

    assert results == ([False, False, True] if kind == "exists" else [0, 0, 4])


async def test_values_of_expressions_in_orderings(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    for make in ORDERINGS[Parcel]:
        for rank in (0, 2):
            plain = await session.scalars(select(Parcel).order_by(make(rank), Parcel.id))
            assert ids(await parcels.order_by(make(rank), "id")) == ids(plain)


async def test_two_aliases_of_one_table_are_told_apart(session: AsyncSession, office: Office) -> None:
    """The conditions are equal one by one: only together do they say which alias is which."""
    one, other = aliased(Stamp), aliased(Stamp)
    stamps = QuerySet(Stamp, session).order_by("id")
    mine = [one.parcel_id == Stamp.parcel_id, other.parcel_id == Stamp.parcel_id]

    same = await stamps.filter(*mine, one.rank > Stamp.rank, one.text == "out").values_list("id", flat=True)
    mixed = await stamps.filter(*mine, one.rank > Stamp.rank, other.text == "out").values_list(
        "id", flat=True
    )

    assert office.plans.info().misses == 2
    assert sorted(set(same)) == [1]
    assert sorted(set(mixed)) == [1]
    assert (len(same), len(mixed)) == (1, 1)


async def test_an_alias_is_one_in_filter_and_in_order(session: AsyncSession) -> None:
    for _ in range(2):
        largest = aliased(Stamp)
        stamps = QuerySet(Stamp, session).filter(largest.parcel_id == Stamp.parcel_id, largest.text == "out")
        assert await stamps.order_by(largest.rank, "-id").values_list("id", flat=True) == [7, 6, 2, 1]


async def test_one_value_at_several_places(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    for number, found in ((1, [1, 2, 7]), (3, [3, 6]), (0, [8])):
        value: Any = bindparam(None, number)
        assert ids(await parcels.filter((Parcel.rank == value) | (Parcel.floor == value))) == found
        assert await parcels.filter((Parcel.rank == value) | (Parcel.floor == value)).count() == len(found)
        condition = Parcel.rank == number
        assert (
            ids(await parcels.filter(condition | (Parcel.floor == number), ~(condition & ~condition)))
            == found
        )


async def test_values_that_have_names(session: AsyncSession) -> None:
    """Also names of columns, which mean SET to an UPDATE."""
    parcels = QuerySet(Parcel, session)
    for rank, found in ((1, 2), (3, 2), (9, 0)):
        queryset = parcels.filter(Parcel.rank == bindparam("rank", rank), Parcel.id > bindparam("dlr_0", 0))
        assert len(await queryset) == found
        result: Any = await queryset.update(floor=5)
        assert result.rowcount == found


async def test_values_that_are_computed_when_they_are_bound(session: AsyncSession) -> None:
    ranks = iter([1, 3])
    parcels = QuerySet(Parcel, session).filter(Parcel.rank == bindparam("now", callable_=lambda: next(ranks)))

    assert [sorted(ids(await parcels)) for _ in range(2)] == [[1, 7], [3, 6]]


async def test_values_of_expressions_and_of_lookups_together(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    async def found(rank: int, code: str, least: int, text: str) -> list[int]:
        stamps = QuerySet(Stamp).filter(Stamp.text != text, rank__gte=least).values_list("parcel_id")
        conditions = (
            Q(code=code) | Q(rank__lte=largest_rank(rank)),
            Q(id__in=stamps),
            Parcel.floor + literal(1) > rank,
        )
        return ids(await parcels.filter(*conditions)[0:rank])

    assert await found(1, "abc", 1, "in") == [1]
    assert await found(2, "z", 2, "lost") == [6]
    assert await found(1, "a_c", 1, "out") == [1]


class Unkeyed(ColumnElement[bool]):
    """An expression that SQLAlchemy cannot tell from another of its class."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, rank: int) -> None:
        self.rank = rank


@compiles(Unkeyed)
def _said(element: Unkeyed, *_: Any, **__: Any) -> str:
    return f"parcels.rank = {element.rank}"


class UnkeyedText(TypeDecorator[str]):
    impl = String
    cache_ok = False


@pytest.mark.parametrize(
    "make",
    [
        Unkeyed,
        lambda rank: Parcel.fragile.is_not(None) & Unkeyed(rank),
        lambda rank: (Parcel.rank == rank) & (type_coerce("a", UnkeyedText) != Parcel.title + "?"),
    ],
)
async def test_what_has_no_key_has_no_plan(session: AsyncSession, office: Office, make: Any) -> None:
    parcels = QuerySet(Parcel, session).filter(title__isnull=False).order_by("id")

    assert [ids(await parcels.filter(make(rank))) for rank in (1, 2, 3)] == [[1, 7], [2], [6]]
    assert await parcels.filter(make(2)).count() == 1
    assert office.plans.info().currsize == 0


async def test_a_loader_option_serves_its_own_value(session: AsyncSession, office: Office) -> None:
    parcels = (
        QuerySet(Parcel, session)
        .filter(id__in=[1, 2])
        .order_by("id")
        .execution_options(populate_existing=True)
    )
    for text, found in (("in", [[1], [3]]), ("out", [[2], []]), (None, [[], [4]])):
        option = selectinload(Parcel.stamps.and_(Stamp.text == text if text else Stamp.text.is_(None)))
        assert [ids(parcel.stamps) for parcel in await parcels.options(option)] == found
        sliced = await parcels.options("depot", option)[0:1]
        assert [ids(parcel.stamps) for parcel in sliced] == found[:1]
        first = await parcels.options(option).first()
        assert first is not None
        assert ids(first.stamps) == found[0]


@pytest.mark.parametrize("load", [selectinload, joinedload])
async def test_loader_options_with_values_share_the_plan_of_their_query(
    session: AsyncSession, office: Office, load: Any
) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    kept = parcels.execution_options(populate_existing=True).options(load(Parcel.origin))
    for rank in (1, 2, 3):
        loaded = await kept.options(load(Parcel.stamps.and_(Stamp.rank == rank)))
        assert {stamp.rank for parcel in loaded for stamp in parcel.stamps} == {rank}
        assert loaded[0].origin.city == "Riga"

    assert (office.plans.info().misses, office.plans.info().hits) == (1, 2)


async def test_criteria_belong_to_their_call(session: AsyncSession) -> None:
    def late(rank: int) -> Any:
        return with_loader_criteria(Depot, lambda depot: depot.rank >= rank)

    depots = QuerySet(Depot, session).order_by("id")
    for rank, found in ((1, [1, 2]), (2, [2]), (3, [])):
        assert ids(await depots.options(with_loader_criteria(Depot, Depot.rank >= rank))) == found
        assert ids(await depots.options(late(rank))) == found
    assert ids(await depots) == [1, 2, 3]


async def test_criteria_count_what_they_fetch(session: AsyncSession) -> None:
    depots = QuerySet(Depot, session)
    for rank, number in ((1, 2), (2, 1), (3, 0)):
        filtered = depots.options(with_loader_criteria(Depot, Depot.rank >= rank))
        assert len(await filtered) == number
        assert await filtered.count() == number
        assert await filtered.exists() == bool(number)


async def test_expressions_inside_querysets_inside_lookups(session: AsyncSession) -> None:
    for rank, found in ((1, [1, 2, 8]), (5, [4])):
        stamps = (
            QuerySet(Stamp).filter(exists().where(Depot.id == 1, Stamp.rank == rank)).values_list("parcel_id")
        )
        assert ids(await QuerySet(Parcel, session).filter(id__in=stamps).order_by("id")) == found
        negated = QuerySet(Parcel, session).exclude(id__in=stamps.filter(rank=F("rank") * func.abs(1)))
        assert sorted(ids(await negated)) == [number for number in range(1, 9) if number not in found]


# Within a subquery of one row the model has an alias, and the expressions speak of that.

OF_PARCEL = QuerySet(Stamp).filter(Stamp.rank > 1, parcel=OuterRef("pk"))
CHILDREN = QuerySet(Parcel).filter(Parcel.rank == 3, parent=OuterRef("pk"))
CORRELATED: dict[str, tuple[Any, list[int]]] = {
    "Exists": (lambda q: q.filter(Exists(OF_PARCEL)), [1, 2, 4, 6]),
    "not Exists": (lambda q: q.exclude(Exists(OF_PARCEL)), [3, 5, 7, 8]),
    "of the model itself": (lambda q: q.filter(Exists(CHILDREN)), [1, 5]),
    "of the model itself, excluded": (lambda q: q.exclude(Exists(CHILDREN)), [2, 3, 4, 6, 7, 8]),
    "a value": (
        lambda q: q.filter(
            id=Subquery(QuerySet(Parcel).filter(Parcel.rank < 3, pk=OuterRef("pk")).values("pk")[:1])
        ),
        [1, 2, 5, 7, 8],
    ),
    "an annotation": (
        lambda q: q.annotate(
            twice=Subquery(
                QuerySet(Parcel).filter(pk=OuterRef("pk")).annotate(x=Parcel.rank * 2).values("x")[:1]
            )
        ).filter(twice=6),
        [3, 6],
    ),
    "in order": (
        lambda q: q.filter(
            id=Subquery(
                QuerySet(Parcel).filter(depot=OuterRef("depot")).order_by(Parcel.id.desc()).values("pk")[:1]
            )
        ),
        [4, 6, 8],
    ),
    "with a subquery of its own": (
        lambda q: q.filter(
            Exists(
                QuerySet(Parcel).filter(
                    Parcel.rank == select(func.max(Parcel.rank)).scalar_subquery(), pk=OuterRef("pk")
                )
            )
        ),
        [3, 6],
    ),
    "with what is related": (
        lambda q: q.filter(
            Exists(QuerySet(Parcel).filter(Parcel.stamps.any(Stamp.rank == 5), pk=OuterRef("pk")))
        ),
        [4],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CORRELATED)
async def test_expressions_within_a_subquery_of_one_row(
    session: AsyncSession, office: Office, name: str
) -> None:
    chain, found = CORRELATED[name]
    for _ in range(2):
        assert sorted(ids(await chain(QuerySet(Parcel, session)))) == found
        assert await chain(QuerySet(Parcel, session)).count() == len(found)
    assert sorted((await chain(QuerySet(Parcel, session)).update(floor=9)).scalars()) == found
