"""What is structure and what is value: which queries share a plan, which may not, and what a plan binds."""

from typing import Any

import pytest
from sqlalchemy import BindParameter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.sql import visitors

from django_like_repos import F, Q, QuerySet, plans
from tests.plans.office import Office, ids
from tests.plans.schema import Depot, Parcel, Slot, Stamp, Tag, Van

PARCELS: Any = QuerySet(Parcel)
STAMPS: Any = QuerySet(Stamp)
SLOTS: Any = QuerySet(Slot)
IN_RIGA: Any = QuerySet(Stamp, time_zone="Europe/Riga")
ONE, OTHER = aliased(Stamp), aliased(Stamp)


def depots(rank: int) -> Any:
    return QuerySet(Depot).filter(rank__gte=rank).order_by("rank").values_list("id")


ONE_PLAN = {
    "a value": (PARCELS.filter(code="a"), PARCELS.filter(code="b")),
    "a value that is coerced": (PARCELS.filter(rank="5"), PARCELS.filter(rank=7)),
    "an instance and its key": (PARCELS.filter(depot=Depot(id=1)), PARCELS.filter(depot=2)),
    "another order of keywords": (PARCELS.filter(code="a", rank=1), PARCELS.filter(rank=2, code="b")),
    "names of one lookup": (PARCELS.filter(rank__exact=1), PARCELS.filter(rank__eq=2)),
    "members of a list": (PARCELS.filter(rank__in=[1]), PARCELS.filter(rank__in=[1, 2, 3])),
    "members beside a field": (
        PARCELS.filter(rank__in=[F("id"), 1]),
        PARCELS.filter(rank__in=[None, 2, F("id"), 3]),
    ),
    "None among them": (PARCELS.filter(rank__in=[1, 2]), PARCELS.filter(rank__in=[None, 3])),
    "ends of a range": (PARCELS.filter(rank__range=(1, 2)), PARCELS.filter(rank__range=(3, 4))),
    "bounds of a slice": (PARCELS.order_by("id")[0:5], PARCELS.order_by("id")[5:7]),
    "an operand": (PARCELS.filter(rank=F("floor") + 1), PARCELS.filter(rank=F("floor") + 2)),
    "values in a tree": (PARCELS.filter(~Q(rank=1) | Q(code="a")), PARCELS.filter(~Q(rank=2) | Q(code="b"))),
    "a value in a subquery": (PARCELS.filter(depot__in=depots(1)), PARCELS.filter(depot__in=depots(2))),
    "a slice of it": (PARCELS.filter(depot__in=depots(1)[:1]), PARCELS.filter(depot__in=depots(2)[1:3])),
    "a value in an expression": (PARCELS.filter(Parcel.rank == 1), PARCELS.filter(Parcel.rank == 2)),
    "a part of a date": (STAMPS.filter(made_at__hour=1), STAMPS.filter(made_at__hour="2")),
    "a year": (IN_RIGA.filter(made_at__year=2024), IN_RIGA.filter(made_at__year=2025)),
    "a value in a document": (PARCELS.filter(labels__a__b=1), PARCELS.filter(labels__a__b=["x", {}])),
    "keys that are asked for": (
        PARCELS.filter(labels__has_keys=["a"]),
        PARCELS.filter(labels__has_keys=["b", "c"]),
    ),
    "a part of a key": (SLOTS.filter(pk=(F("number"), 1)), SLOTS.filter(pk=(F("number"), 2))),
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
    "an end of a range": (PARCELS.filter(rank__range=(1, 2)), PARCELS.filter(rank__range=(F("floor"), 2))),
    "a list": (PARCELS.filter(rank__in=[1]), PARCELS.filter(rank=1)),
    "a subquery": (PARCELS.filter(depot__in=[1]), PARCELS.filter(depot__in=depots(1))),
    "its limit": (PARCELS.filter(depot__in=depots(1)), PARCELS.filter(depot__in=depots(1)[:2])),
    "a negation": (PARCELS.filter(rank=1), PARCELS.exclude(rank=1)),
    "a connector": (PARCELS.filter(Q(rank=1) | Q(floor=1)), PARCELS.filter(Q(rank=1) ^ Q(floor=1))),
    "an order": (PARCELS.filter(Q(rank=1), Q(floor=2)), PARCELS.filter(Q(floor=2), Q(rank=1))),
    "calls": (
        PARCELS.filter(stamps__rank=1, stamps__text="in"),
        PARCELS.filter(stamps__rank=1).filter(stamps__text="in"),
    ),
    "a limit": (PARCELS.order_by("id")[2:], PARCELS.order_by("id")[2:5]),
    "a slice": (PARCELS.order_by("id"), PARCELS.order_by("id")[0:]),
    "a direction": (PARCELS.order_by("rank"), PARCELS.order_by("-rank")),
    "a reversal": (PARCELS.order_by("rank"), PARCELS.order_by("rank").reverse()),
    "distinctness": (PARCELS.values_list("code"), PARCELS.values_list("code").distinct()),
    "a projection": (PARCELS, PARCELS.values_list("id")),
    "its fields": (PARCELS.values_list("id"), PARCELS.values_list("id", "rank")),
    "its place": (
        PARCELS.values_list("stamps__text").filter(stamps__rank=1),
        PARCELS.filter(stamps__rank=1).values_list("stamps__text"),
    ),
    "a declared join": (PARCELS.filter(depot__rank=1), PARCELS.outerjoin("depot").filter(depot__rank=1)),
    "its kind": (PARCELS.innerjoin("stamps"), PARCELS.outerjoin("stamps")),
    "what is loaded": (PARCELS.innerjoin("stamps"), PARCELS.innerjoin("stamps").options("stamps")),
    "a loader option": (PARCELS, PARCELS.options(joinedload(Parcel.origin))),
    "an expression": (PARCELS.filter(Parcel.rank == 1), PARCELS.filter(Parcel.floor == 1)),
    "aliases": (
        STAMPS.filter(ONE.parcel_id == Stamp.parcel_id, ONE.rank > Stamp.rank),
        STAMPS.filter(ONE.parcel_id == Stamp.parcel_id, OTHER.rank > Stamp.rank),
    ),
    "a model": (PARCELS.filter(rank=1), QuerySet(Depot).filter(rank=1)),
    "a part of a key": (SLOTS.filter(pk=(F("number"), 1)), SLOTS.filter(pk=(1, F("aisle")))),
    "a member of a list": (PARCELS.filter(rank__in=[F("id"), 1]), PARCELS.filter(rank__in=[F("floor"), 1])),
    "a part of a date": (PARCELS.filter(sent_on__month=1), PARCELS.filter(sent_on__day=1)),
    "a time zone": (STAMPS.filter(made_at__hour=1), IN_RIGA.filter(made_at__hour=1)),
    "the zone of what is read": (STAMPS.values_list("made_at__date"), IN_RIGA.values_list("made_at__date")),
    "the zone of an order": (STAMPS.order_by("made_at__time"), IN_RIGA.order_by("made_at__time")),
    "the zone of an operand": (
        STAMPS.filter(rank=F("made_at__hour") + 1),
        IN_RIGA.filter(rank=F("made_at__hour") + 1),
    ),
    "the zone of a subquery": (
        PARCELS.filter(id__in=STAMPS.filter(made_at__hour=1).values_list("parcel_id")),
        PARCELS.filter(id__in=IN_RIGA.filter(made_at__hour=1).values_list("parcel_id")),
    ),
    "a key": (PARCELS.filter(labels__a=1), PARCELS.filter(labels__b=1)),
    "one key more": (PARCELS.filter(labels__a=1), PARCELS.filter(labels__a__a=1)),
    "an order of keys": (PARCELS.filter(labels__a__b=1), PARCELS.filter(labels__b__a=1)),
    "an index": (PARCELS.filter(labels__0=1), PARCELS.filter(**{"labels__-1": 1})),
    "a key of text": (PARCELS.filter(labels__a__contains=1), PARCELS.filter(labels__a__iexact=1)),
    "None at a key": (PARCELS.filter(labels__a=1), PARCELS.filter(labels__a=None)),
    "a key that is read": (PARCELS.values_list("labels__a"), PARCELS.values_list("labels__b")),
    "a key to order by": (PARCELS.order_by("labels__a"), PARCELS.order_by("labels__b")),
    "a key of an operand": (PARCELS.filter(labels=F("labels__a")), PARCELS.filter(labels=F("labels__b"))),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("first", "second"), ONE_PLAN.values(), ids=ONE_PLAN)
def test_one_plan_whatever(office: Office, first: Any, second: Any) -> None:
    statements = [office.plans.prepare(plans.SELECT, each._query)[0].statement for each in (first, second)]

    assert statements[0] is statements[1]


@pytest.mark.by_turns
@pytest.mark.parametrize(("first", "second"), TWO_PLANS.values(), ids=TWO_PLANS)
def test_two_plans_where_the_sql_differs_by(office: Office, first: Any, second: Any) -> None:
    dialect = office.database.engine.dialect
    statements = [office.plans.prepare(plans.SELECT, each._query)[0].statement for each in (first, second)]
    compiled = [statement.compile(dialect=dialect) for statement in statements]

    assert len({(str(each), *each.params) for each in compiled}) == 2


def test_two_plans_where_only_loading_differs(office: Office) -> None:
    for options in ((), (selectinload(Parcel.tags),), (selectinload(Parcel.stamps),)):
        office.plans.prepare(plans.SELECT, PARCELS.options(*options)._query)

    assert (office.plans.info().hits, office.plans.info().currsize) == (0, 3)


def test_two_plans_where_only_types_differ(office: Office) -> None:
    values = [1, 1.5, True]
    prepared = [
        office.plans.prepare(plans.SELECT, PARCELS.filter(ratio=F("ratio") + value)._query)
        for value in values
    ]

    assert office.plans.info().currsize == 3
    assert [repr(next(iter(params.values()))) for _, params in prepared] == ["1", "1.5", "True"]


WRITES = (plans.UPDATE, plans.DELETE, plans.UPDATE_DIRECTLY, plans.DELETE_DIRECTLY)


def test_each_kind_of_statement_has_a_plan(office: Office) -> None:
    parcels = PARCELS.filter(rank=1)
    for kind in (plans.SELECT, plans.COUNT, plans.EXISTS):
        office.plans.prepare(kind, parcels._query)
    for each in (parcels, parcels.returning("code"), parcels.returning(return_model=True)):
        for kind in WRITES:
            office.plans.prepare(kind, each._query)

    assert (office.plans.info().hits, office.plans.info().currsize) == (0, 3 + 3 * len(WRITES))


@pytest.mark.by_turns
@pytest.mark.parametrize("conditions", [(), (Parcel.rank > 1,)], ids=["lookups", "an expression too"])
@pytest.mark.parametrize("kind", [plans.SELECT, plans.COUNT, plans.EXISTS, *WRITES])
def test_params_are_the_plans_own_and_no_others(office: Office, kind: str, conditions: Any) -> None:
    parcels = PARCELS.filter(*conditions, code="a", floor__in=[2, 3], weight__range=(4, 5))
    writes = kind in WRITES

    plan, params = office.plans.prepare(kind, (parcels if writes else parcels[6:7])._query)

    binds = [part for part in visitors.iterate(plan.statement) if isinstance(part, BindParameter)]
    # EXISTS has a LIMIT 1 of its own.
    empty = {bind.key for bind in binds if bind.value is None}
    assert empty == set(params)
    assert all(bind.value == 1 for bind in binds if bind.key not in empty)
    assert not {column.key for column in Parcel.__table__.columns} & set(params)
    assert all(name.startswith("dlr_") for name in params)


async def test_every_value_stands_at_its_place(session: AsyncSession, office: Office) -> None:
    def chain(a: int) -> Any:
        depots = QuerySet(Depot).filter(rank__lt=a, city__contains=a + 1).order_by("id").values_list("id")
        return (
            QuerySet(Parcel, session)
            .filter(Q(rank__range=(a + 2, F("floor") * (a + 3))) | Q(floor__in=[a + 4, a + 5]))
            .filter(Parcel.id > a + 6, Q(depot__in=depots[a + 7 : a + 9], floor=a + 10) | Q(title=a + 11))
            .filter(origin__rank__lt=F("rank") + (a + 12))
            .order_by(Parcel.ratio + (a + 13), "id")[a + 14 : a + 16]
        )

    await chain(50)
    await chain(10)

    assert office.plans.info().hits == 1
    members = "parcels.floor = ANY ([14, 15])" if postgresql(office) else "parcels.floor IN (14, 15)"
    assert office.conditions == (
        f"(parcels.rank BETWEEN 12 AND parcels.floor * 13 OR {members}) "
        "AND parcels.id > 16 AND (parcels.depot_id IN (SELECT depots.id FROM depots "
        "WHERE depots.city LIKE '%11%' ESCAPE '/' AND depots.rank < 10 "
        "ORDER BY depots.id ASC LIMIT 2 OFFSET 17) "
        "AND parcels.floor = 20 OR parcels.title = '21') "
        "AND depots_0.rank < parcels.rank + 22 "
        "ORDER BY parcels.ratio + 23, parcels.id ASC LIMIT 2 OFFSET 24"
    )


def postgresql(office: Office) -> bool:
    return office.database.engine.dialect.name == "postgresql"


async def test_none_is_structure(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    for lookup in ("title", "title__exact", "title__iexact"):
        assert ids(await parcels.filter(**{lookup: "Ада"})) != [3]
        assert ids(await parcels.filter(**{lookup: None})) == [3]
        assert office.conditions == "parcels.title IS NULL ORDER BY parcels.id ASC"
    assert ids(await parcels.filter(title__ne="Ада")) == [2, 4, 5, 6, 8]
    assert ids(await parcels.filter(title__ne=None)) == [1, 2, 4, 5, 6, 7, 8]
    assert office.conditions == "parcels.title IS NOT NULL ORDER BY parcels.id ASC"


async def test_a_bool_for_isnull_is_structure(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(depot__rank__isnull=False)) == [1, 2, 5, 6, 8]
    assert ids(await parcels.filter(depot__rank__isnull=True)) == [3, 4, 7]
    assert not office.sql.statements[-1][1]


async def test_fields_are_structure(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(rank=1)) == [1, 7]
    assert ids(await parcels.filter(rank=F("floor"))) == [1, 6, 8]
    assert ids(await parcels.filter(rank=F("floor") + 1)) == [2, 3, 5]
    assert ids(await parcels.filter(rank=F("depot__rank"))) == [1, 2]
    assert office.conditions == "parcels.rank = depots_0.rank ORDER BY parcels.id ASC"


async def test_a_list_may_hold_none(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    expected = await parcels.filter(rank__in=[3, -1]), office.conditions

    assert (await parcels.filter(rank__in=[None, 3, None, -1]), office.conditions) == expected
    assert office.plans.info().hits == 1
    assert ids(expected[0]) == [3, 5, 6]
    assert ids(await parcels.exclude(rank__in=[1, None])) == [2, 3, 4, 5, 6, 8]


NOBODY = {
    "an empty list": {"rank__in": []},
    "a list of None": {"rank__in": [None]},
    "an empty set": {"stamps__rank__in": set()},
    "nothing of a generator": {"depot__city__in": iter(())},
    "a condition of two": {"rank__in": [], "code": "abc"},
}


@pytest.mark.parametrize("lookups", NOBODY.values(), ids=NOBODY)
async def test_an_empty_list_never_reaches_the_database(
    session: AsyncSession, office: Office, lookups: dict[str, Any]
) -> None:
    parcels = QuerySet(Parcel, session).filter(**lookups)
    narrowed = parcels.filter(Q(code="abc") | Q(rank=1)).order_by("depot__city")

    for queryset in (parcels, narrowed):
        assert await queryset == []
        assert await queryset.values_list("id", flat=True) == []
        assert await queryset[:2] == []
        assert (await queryset.count(), await queryset.exists(), await queryset.first()) == (0, False, None)
        assert (await queryset.update(rank=1)).all() == []
        assert (await queryset.delete()).rowcount == 0
    assert len(office.sql) == 0


async def test_an_empty_list_of_rows_in_several_tables(session: AsyncSession, office: Office) -> None:
    vans = QuerySet(Van, session).filter(plate__in=[])

    assert await vans == []
    assert (await vans.update(name="none", plate="none")).all() == []
    assert (await vans.delete()).rowcount == 0
    assert len(office.sql) == 0


async def test_an_empty_list_leaves_no_condition(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    for queryset in (
        parcels.filter(Q(rank__in=[]) | Q(code="abc")),
        parcels.filter(~Q(rank__in=[]), code="abc"),
        parcels.filter(Q(rank__notin=[]), code="abc"),
        parcels.filter(code="abc").exclude(rank__in=[], floor=2),
    ):
        assert ids(await queryset) == [1, 7]
        assert office.conditions == "parcels.code = 'abc' ORDER BY parcels.id ASC"
    assert ids(await parcels.exclude(stamps__rank__in=[])) == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_columns_may_be_called_like_parts_of_a_shape(session: AsyncSession) -> None:
    tags = QuerySet(Tag, session)

    assert ids(await tags.order_by("opaque")) == [2, 3, 1]
    assert ids(await tags.order_by(Tag.opaque.desc())) == [1, 3, 2]
    assert ids(await tags.order_by("opaque", Tag.name)) == [2, 3, 1]
    assert ids(await tags.filter(value=F("opaque") + 1)) == [2]
    assert ids(await tags.filter(value=2, opaque__in=[2, 3])) == [3]
