"""What is structure and what is value: which queries share a plan, which may not, and what a plan binds.

Every test of rows asks twice through one engine, the second time with what a wrong plan would confuse.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import BindParameter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.sql import visitors

from django_like_repos import F, Q, QuerySet
from django_like_repos.builder import plans
from tests.plans.conftest import Office, ids
from tests.plans.rows import TOKENS
from tests.plans.schema import Depot, Kind, Parcel, Stamp, Tag
from tests.sqltext import same_sql

Chain = Callable[[Any], Any]

PARCELS: Any = QuerySet(Parcel)
STAMPS: Any = QuerySet(Stamp)
ONE, OTHER = aliased(Stamp), aliased(Stamp)


def depots(rank: int) -> Any:
    return QuerySet(Depot).filter(rank__gte=rank).order_by("rank").values_list("id")


ONE_PLAN = {
    "a value": (PARCELS.filter(code="a"), PARCELS.filter(code="b")),
    "a value that is coerced": (PARCELS.filter(rank="5"), PARCELS.filter(rank=7)),
    "an instance and its key": (PARCELS.filter(depot=Depot(id=1)), PARCELS.filter(depot=2)),
    "another order of keywords": (PARCELS.filter(code="a", rank=1), PARCELS.filter(rank=2, code="b")),
    "names of one lookup": (PARCELS.filter(rank__exact=1), PARCELS.filter(rank=2)),
    "members of a list": (PARCELS.filter(rank__in=[1]), PARCELS.filter(rank__in=[1, 2, 3])),
    "None among them": (PARCELS.filter(rank__in=[1, 2]), PARCELS.filter(rank__in=[None, 3])),
    "ends of a range": (PARCELS.filter(rank__range=(1, 2)), PARCELS.filter(rank__range=(3, 4))),
    "bounds of a slice": (PARCELS.order_by("id")[0:5], PARCELS.order_by("id")[5:7]),
    "an operand": (PARCELS.filter(rank=F("floor") + 1), PARCELS.filter(rank=F("floor") + 2)),
    "values in a tree": (PARCELS.filter(~Q(rank=1) | Q(code="a")), PARCELS.filter(~Q(rank=2) | Q(code="b"))),
    "a value in a subquery": (PARCELS.filter(depot__in=depots(1)), PARCELS.filter(depot__in=depots(2))),
    "a slice of it": (PARCELS.filter(depot__in=depots(1)[:1]), PARCELS.filter(depot__in=depots(2)[1:3])),
    "a value in an expression": (PARCELS.filter(Parcel.rank == 1), PARCELS.filter(Parcel.rank == 2)),
    "what a row becomes": (PARCELS.values_list("id"), PARCELS.values("id")),
    "flags": (PARCELS, PARCELS.commit().flush()),
    "execution options": (PARCELS, PARCELS.execution_options(populate_existing=True)),
}
TWO_PLANS = {
    "a lookup": (PARCELS.filter(rank__gt=1), PARCELS.filter(rank__gte=1)),
    "a path": (PARCELS.filter(rank=1), PARCELS.filter(floor=1)),
    "None": (PARCELS.filter(rank=1), PARCELS.filter(rank=None)),
    "presence": (PARCELS.filter(rank__isnull=True), PARCELS.filter(rank__isnull=False)),
    "a field": (PARCELS.filter(rank=1), PARCELS.filter(rank=F("floor"))),
    "another field": (PARCELS.filter(rank=F("id")), PARCELS.filter(rank=F("floor"))),
    "an operator": (PARCELS.filter(rank=F("floor") + 1), PARCELS.filter(rank=F("floor") - 1)),
    "sides of it": (PARCELS.filter(rank=F("floor") - 1), PARCELS.filter(rank=1 - F("floor"))),
    "a type in it": (PARCELS.filter(rank=F("floor") + 1), PARCELS.filter(rank=F("floor") + 1.5)),
    "an end of a range": (PARCELS.filter(rank__range=(1, 2)), PARCELS.filter(rank__range=(F("floor"), 2))),
    "a list": (PARCELS.filter(rank__in=[1]), PARCELS.filter(rank=1)),
    "a subquery": (PARCELS.filter(depot__in=[1]), PARCELS.filter(depot__in=depots(1))),
    "its limit": (PARCELS.filter(depot__in=depots(1)), PARCELS.filter(depot__in=depots(1)[:2])),
    "a negation": (PARCELS.filter(rank=1), PARCELS.exclude(rank=1)),
    "a connector": (PARCELS.filter(Q(rank=1) | Q(floor=1)), PARCELS.filter(Q(rank=1) ^ Q(floor=1))),
    "an order of conditions": (
        PARCELS.filter(Q(rank=1), Q(floor=2)),
        PARCELS.filter(Q(floor=2), Q(rank=1)),
    ),
    "calls": (
        PARCELS.filter(stamps__rank=1, stamps__text="in"),
        PARCELS.filter(stamps__rank=1).filter(stamps__text="in"),
    ),
    "a limit": (PARCELS.order_by("id")[2:], PARCELS.order_by("id")[2:5]),
    "no slice": (PARCELS.order_by("id"), PARCELS.order_by("id")[0:]),
    "an order": (PARCELS.order_by("rank"), PARCELS.order_by("-rank")),
    "a reversal": (PARCELS.order_by("rank"), PARCELS.order_by("rank").reverse()),
    "distinctness": (PARCELS, PARCELS.distinct()),
    "a projection": (PARCELS, PARCELS.values_list("id")),
    "its fields": (PARCELS.values_list("id"), PARCELS.values_list("id", "rank")),
    "its place": (
        PARCELS.values_list("stamps__text").filter(stamps__rank=1),
        PARCELS.filter(stamps__rank=1).values_list("stamps__text"),
    ),
    "a join": (PARCELS.filter(depot__rank=1), PARCELS.outerjoin("depot").filter(depot__rank=1)),
    "its kind": (PARCELS.innerjoin("stamps"), PARCELS.outerjoin("stamps")),
    "what is loaded": (PARCELS.innerjoin("stamps"), PARCELS.innerjoin("stamps").options("stamps")),
    "a loader option": (PARCELS, PARCELS.options(selectinload(Parcel.tags))),
    "its strategy": (PARCELS.options(selectinload(Parcel.tags)), PARCELS.options(joinedload(Parcel.tags))),
    "an expression": (PARCELS.filter(Parcel.rank == 1), PARCELS.filter(Parcel.floor == 1)),
    "aliases": (
        STAMPS.filter(ONE.parcel_id == Stamp.parcel_id, ONE.rank > Stamp.rank),
        STAMPS.filter(ONE.parcel_id == Stamp.parcel_id, OTHER.rank > Stamp.rank),
    ),
    "a model": (PARCELS.filter(rank=1), QuerySet(Depot).filter(rank=1)),
}


@pytest.mark.parametrize(("first", "second"), ONE_PLAN.values(), ids=ONE_PLAN)
def test_queries_with_one_plan(office: Office, first: Any, second: Any) -> None:
    statements = [office.plans.prepare(plans.SELECT, each._query)[0] for each in (first, second)]

    assert statements[0] is statements[1]


@pytest.mark.parametrize(("first", "second"), TWO_PLANS.values(), ids=TWO_PLANS)
def test_queries_with_two_plans(office: Office, first: Any, second: Any) -> None:
    dialect = office.database.engine.dialect
    texts = [
        str(office.plans.prepare(plans.SELECT, each._query)[0].compile(dialect=dialect))
        for each in (first, second)
    ]

    assert office.plans.info().misses == 2
    if "its strategy" not in (first, second):
        assert texts[0] != texts[1] or first._query.loaders != second._query.loaders


def test_each_kind_of_statement_has_a_plan(office: Office) -> None:
    query = PARCELS.filter(rank=1)._query
    returning = PARCELS.filter(rank=1).returning("code")._query
    whole = PARCELS.filter(rank=1).returning(return_model=True)._query

    for kind in (plans.SELECT, plans.COUNT, plans.EXISTS):
        office.plans.prepare(kind, query)
    for each in (query, returning, whole):
        office.plans.prepare_write(plans.UPDATE, each)
        office.plans.prepare_write(plans.DELETE, each)

    assert (office.plans.info().hits, office.plans.info().currsize) == (0, 9)


@pytest.mark.parametrize("dialect_has_it", [True])
def test_exactly_the_params_of_the_plan(office: Office, dialect_has_it: bool) -> None:
    value = Parcel.floor == 10
    queryset = PARCELS.filter(
        value, Q(rank__range=(1, F("floor") * 2)) | ~Q(code__in=["a", "b"]), depot__in=depots(3)[4:6]
    ).order_by(Parcel.rank + 11, "id")[7:10]

    statement, params = office.plans.prepare(plans.SELECT, queryset._query)

    binds = [
        part for part in visitors.iterate(statement) if isinstance(part, BindParameter) and part.value is None
    ]
    assert {bind.key for bind in binds} == set(params)
    assert all(name.startswith("dlr_") for name in params)
    assert list(params.values()) == [10, 11, 3, 2, 4, 1, 2, ["a", "b"], 3, 7] or sorted(
        map(str, params.values())
    ) == sorted(map(str, [10, 11, 1, 2, ["a", "b"], 3, 2, 4, 3, 7]))


@pytest.mark.parametrize("value", [None, F("title"), "Ада"])
async def test_none_and_fields_are_structure(session: AsyncSession, office: Office, value: Any) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    found = {
        id(None): ([3], "parcels.title IS NULL"),
        id(value): ([1, 2, 4, 5, 6, 7, 8], "parcels.title = parcels.title"),
    }
    expected, condition = found[id(None)] if value is None else found[id(value)]
    if isinstance(value, str):
        expected, condition = [1, 7], "parcels.title = ?"

    await parcels.filter(title="é")
    assert ids(await parcels.filter(title=value)) == expected

    same_sql(office.sql.last.split(" WHERE ")[1], f"{condition} ORDER BY parcels.id ASC")
