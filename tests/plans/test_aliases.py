"""Aliases belong to a level of a statement: what is nested speaks of rows of its own.

Plans use the aliases of other plans again. A statement that stands alone has its own: it may become a part of
another one.
"""

from typing import Any

from sqlalchemy import Alias
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import visitors

from django_like_repos import Q, QuerySet, plans
from tests.plans.office import Office, ids
from tests.plans.schema import Parcel

PARCELS: Any = QuerySet(Parcel)


def aliases(statement: Any) -> list[int]:
    """Every alias in a statement, at whatever level."""
    return [id(part) for part in visitors.iterate(statement) if isinstance(part, Alias)]


def test_plans_use_aliases_again_but_each_once(office: Office) -> None:
    parcels = PARCELS.exclude(stamps__rank=5).exclude(stamps__rank=6, depot__city="Riga")
    nested = PARCELS.filter(stamps__rank=1, id__in=parcels)
    queries = [(kind, parcels._query) for kind in (plans.SELECT, plans.COUNT, plans.UPDATE)]
    queries += [(plans.SELECT, nested._query)]
    statements = [office.plans.prepare(*each)[0].statement for each in queries]

    found = [set(aliases(statement)) for statement in statements]

    assert [len(each) for each in found] == [3, 3, 3, 4]
    assert len(set().union(*found)) == 5


def test_a_statement_that_stands_alone_shares_no_alias(office: Office) -> None:
    parcels = PARCELS.exclude(stamps__rank=5)
    statements = [
        office.plans.prepare(plans.SELECT, parcels._query)[0].statement,
        parcels.query,
        parcels.query,
    ]

    found = [set(aliases(statement)) for statement in statements]

    assert all(found)
    assert sum(map(len, found)) == len(set().union(*found))


async def test_a_negation_in_a_call_speaks_of_the_row_at_hand(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(Q(stamps__rank=2), ~Q(stamps__text="out"))) == [6]
    assert "stamps_1.text = 'out' AND stamps_1.id = stamps_0.id" in office.conditions
    assert ids(await parcels.filter(stamps__rank=2).exclude(stamps__text="out")) == []


async def test_a_queryset_within_one_of_the_same_model(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(id__in=PARCELS.filter(rank=1))) == [1, 7]
    assert office.conditions == (
        "parcels.id IN (SELECT parcels.id FROM parcels WHERE parcels.rank = 1) ORDER BY parcels.id ASC"
    )
    assert ids(await parcels.filter(parent__in=PARCELS.filter(rank=1), rank=3)) == [3]
    assert ids(await parcels.exclude(id__in=PARCELS.filter(id__in=PARCELS.filter(rank__gte=1)))) == [4, 5, 8]
    assert ids(await parcels.filter(parent__rank=1, parent__in=PARCELS.filter(parent__rank=None))) == [
        2,
        3,
        8,
    ]


async def test_joins_within_joins(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session)
    nested = PARCELS.filter(depot__rank=1, id__in=PARCELS.filter(depot__rank__lt=2))

    found = await parcels.filter(depot__rank=1, id__in=nested).order_by("depot__rank", "id")

    assert ids(found) == [1, 5, 8]
    assert office.conditions == (
        "depots_0.rank = 1 AND parcels.id IN (SELECT parcels.id FROM parcels "
        "JOIN depots AS depots_1 ON depots_1.id = parcels.depot_id WHERE depots_1.rank = 1 "
        "AND parcels.id IN (SELECT parcels.id FROM parcels JOIN depots AS depots_2 "
        "ON depots_2.id = parcels.depot_id WHERE depots_2.rank < 2)) "
        "ORDER BY depots_0.rank ASC, parcels.id ASC"
    )
    both = parcels.filter(stamps__rank=1, id__in=PARCELS.filter(stamps__rank=2)).order_by("id")
    assert ids(await both) == [1]
    assert ids(await parcels.exclude(id__in=PARCELS.exclude(stamps__rank=1)).order_by("id")) == [1, 2, 8]


async def test_a_queryset_within_what_is_written(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    stamped = PARCELS.filter(stamps__rank=2, id__in=PARCELS.filter(stamps__rank=1))

    assert sorted((await parcels.filter(stamps__rank=2, id__in=stamped).update(rank=9)).scalars()) == [1]
    assert sorted((await parcels.filter(id__in=PARCELS.filter(rank=9)).update(rank=8)).scalars()) == [1]
    assert sorted((await parcels.exclude(id__in=PARCELS.filter(rank=8)).delete()).scalars()) == [*range(2, 9)]
    assert ids(await parcels.filter(rank=8)) == [1]
