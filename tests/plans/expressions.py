"""SQLAlchemy's own expressions and loader options with one value in each, for the chains of the tests.

Every function makes its objects anew, aliases too, as an application does on every request.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import String, and_, bindparam, case, exists, func, literal, not_, or_, select, tuple_
from sqlalchemy.orm import aliased, defer, joinedload, raiseload, selectinload, with_loader_criteria

from django_like_repos import QuerySet
from tests.plans.schema import Depot, Parcel, Stamp

Make = Callable[[Any], Any]


class Condition(NamedTuple):
    make: Make
    of_text: bool = False


def largest_rank(rank: int) -> Any:
    """The right side of a lookup."""
    return select(func.max(Stamp.rank)).where(Stamp.rank <= rank).scalar_subquery()


def ranks_of_stamps(text: str) -> Any:
    """A queryset that holds an SQLAlchemy expression."""
    from_text = QuerySet(Stamp).filter(Stamp.text != text)
    return from_text.values_list("rank")


def two_aliases(rank: int) -> Any:
    one, other = aliased(Stamp), aliased(Stamp)
    return exists().where(
        one.parcel_id == Parcel.id, other.parcel_id == Parcel.id, one.rank < other.rank, other.rank > rank
    )


def common_table(rank: int) -> Any:
    chosen = select(Stamp.parcel_id).where(Stamp.rank == rank).cte()
    return Parcel.id.in_(select(chosen.c.parcel_id))


def derived_entity(rank: int) -> Any:
    chosen = aliased(Stamp, select(Stamp).where(Stamp.rank >= rank).subquery())
    return exists().where(chosen.parcel_id == Parcel.id)


def one_bind_twice(rank: int) -> Any:
    value: Any = bindparam(None, rank)
    return or_(Parcel.rank == value, Parcel.floor == value)


CONDITIONS: dict[type[Any], list[Condition]] = {
    Parcel: [
        Condition(lambda rank: Parcel.rank == rank),
        Condition(lambda rank: Parcel.rank.in_([rank, rank + 1])),
        Condition(lambda rank: not_(Parcel.rank.between(rank, rank + 1))),
        Condition(lambda rank: and_(Parcel.rank > rank, Parcel.title.is_(None) | (Parcel.floor != rank))),
        Condition(lambda rank: func.coalesce(Parcel.rank, rank) == 2),
        Condition(lambda rank: case((Parcel.rank == rank, Parcel.fragile), else_=Parcel.kind.is_(None))),
        Condition(lambda rank: tuple_(Parcel.rank, Parcel.floor).in_([(rank, 1), (rank, 2)])),
        Condition(lambda rank: Parcel.stamps.any(Stamp.rank == rank)),
        Condition(lambda rank: ~Parcel.stamps.any(Stamp.depot.has(Depot.rank == rank))),
        Condition(lambda rank: Parcel.depot.has(rank=rank)),
        Condition(lambda text: Parcel.tags.any(name=text), of_text=True),
        Condition(lambda rank: Parcel.id.in_(select(Stamp.parcel_id).where(Stamp.rank > rank))),
        Condition(lambda rank: largest_rank(rank) == Parcel.rank),
        Condition(lambda rank: Parcel.id.in_(select(Stamp.parcel_id).order_by(Stamp.id).limit(abs(rank)))),
        Condition(lambda text: Parcel.title.icontains(text, autoescape=True), of_text=True),
        Condition(lambda text: func.lower(Parcel.code) + literal(text, String()) == "abc", of_text=True),
        Condition(two_aliases),
        Condition(common_table),
        Condition(derived_entity),
        Condition(one_bind_twice),
    ],
    Depot: [
        Condition(lambda rank: Depot.rank >= rank),
        Condition(lambda text: Depot.parcels.any(Parcel.title == text), of_text=True),
        Condition(lambda rank: exists().where(Parcel.depot_id == Depot.id, Parcel.floor == rank)),
    ],
    Stamp: [
        Condition(lambda rank: Stamp.rank - rank == 1),
        Condition(lambda text: Stamp.parcel.has(Parcel.code.startswith(text)), of_text=True),
    ],
}

ORDERINGS: dict[type[Any], list[Make]] = {
    Parcel: [
        lambda rank: Parcel.rank,
        lambda rank: Parcel.weight.desc().nulls_last(),
        lambda rank: func.abs(func.coalesce(Parcel.rank, 0) - rank).desc(),
        lambda rank: case((Parcel.floor == rank, 0), else_=1),
        lambda rank: (
            select(func.count()).where(Stamp.parcel_id == Parcel.id, Stamp.rank > rank).scalar_subquery()
        ),
    ],
    Depot: [lambda rank: func.coalesce(Depot.rank, rank), lambda rank: Depot.city.desc()],
    Stamp: [lambda rank: func.nullif(Stamp.rank, rank).nulls_first()],
}

LOADERS: dict[type[Any], list[Make]] = {
    Parcel: [
        lambda rank: selectinload(Parcel.tags),
        lambda rank: joinedload(Parcel.origin),
        lambda rank: selectinload(Parcel.children.and_(Parcel.rank >= rank)),
        lambda rank: joinedload(Parcel.origin.and_(Depot.rank == rank)).selectinload(Depot.parcels),
    ],
    Depot: [
        lambda rank: defer(Depot.city),
        lambda rank: with_loader_criteria(Depot, Depot.rank >= rank),
    ],
    Stamp: [
        lambda rank: raiseload(Stamp.depot),
        lambda rank: joinedload(Stamp.depot.and_(Depot.rank == rank)),
    ],
}
