"""What a chain with expressions costs whose plan is there, against `select()` written by hand.

Measured up to the key by which SQLAlchemy finds compiled SQL, as in `plan_hit`; values differ every time.
"""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from benchmarks.measuring import Comparison, compare
from django_like_repos import Case, Count, Database, Exists, F, OuterRef, Q, QuerySet, When
from django_like_repos.plans import SELECT, Plans
from django_like_repos.query.functions.comparison import Coalesce
from examples.help_center.models import Section, Subsection

EXPRESSIONS = (1, 2, 4, 8, 16)

Chain = Callable[[QuerySet[Section], int, int], Any]
ByHand = Callable[[int, int], Any]


def arithmetic(objects: QuerySet[Section], number: int, value: int) -> Any:
    return objects.annotate(**{f"x{each}": F("id") + value for each in range(number)})


def arithmetic_by_hand(number: int, value: int) -> Any:
    return select(Section, *[(Section.id + value).label(f"x{each}") for each in range(number)])


def functions(objects: QuerySet[Section], number: int, value: int) -> Any:
    return objects.annotate(**{f"x{each}": Coalesce("id", value) for each in range(number)})


def functions_by_hand(number: int, value: int) -> Any:
    return select(Section, *[func.coalesce(Section.id, value).label(f"x{each}") for each in range(number)])


def cases(objects: QuerySet[Section], number: int, value: int) -> Any:
    return objects.annotate(
        **{f"x{each}": Case(When(id__gt=value, then=value), default=0) for each in range(number)}
    )


def cases_by_hand(number: int, value: int) -> Any:
    return select(
        Section,
        *[case((Section.id > value, value), else_=0).label(f"x{each}") for each in range(number)],
    )


def groups(objects: QuerySet[Section], number: int, value: int) -> Any:
    counts = {f"x{each}": Count("subsections", filter=Q(subsections__id__gt=value)) for each in range(number)}
    return objects.values("name").annotate(**counts).filter(x0__gte=value).order_by("-x0")


def groups_by_hand(number: int, value: int) -> Any:
    child = aliased(Subsection)
    counts = [func.count(child.id).filter(child.id > value).label(f"x{each}") for each in range(number)]
    return (
        select(Section.name, *counts)
        .outerjoin(Section.subsections.of_type(child))
        .group_by(Section.name)
        .having(counts[0] >= value)
        .order_by(counts[0].desc())
    )


def subqueries(objects: QuerySet[Section], number: int, value: int) -> Any:
    children: QuerySet[Subsection] = QuerySet(Subsection)
    for _ in range(number):
        objects = objects.filter(Exists(children.filter(section=OuterRef("pk"), id__gt=value)))
    return objects


def subqueries_by_hand(number: int, value: int) -> Any:
    statement = select(Section)
    for _ in range(number):
        child = aliased(Subsection)
        found = select(child.id).where(child.section_id == Section.id, child.id > value).exists()
        statement = statement.where(found)
    return statement


_CHAINS: dict[str, tuple[Chain, ByHand]] = {
    "sums": (arithmetic, arithmetic_by_hand),
    "functions": (functions, functions_by_hand),
    "cases": (cases, cases_by_hand),
    "filtered counts of groups": (groups, groups_by_hand),
    "correlated subqueries": (subqueries, subqueries_by_hand),
}


def expressions(database: Database) -> list[Comparison]:
    """From the queryset to a statement and its values, nothing executed."""
    objects: QuerySet[Section] = QuerySet(Section, AsyncSession(database.engine))
    prepare = Plans(database.engine.dialect, 500).prepare
    values = cycle(range(1000))
    return [
        _compare(f"{number} {name}", prepare, objects, chain, by_hand, number, values)
        for name, (chain, by_hand) in _CHAINS.items()
        for number in EXPRESSIONS
    ]


def _compare(
    name: str,
    prepare: Callable[..., object],
    objects: QuerySet[Section],
    chain: Chain,
    by_hand: ByHand,
    number: int,
    values: Iterator[int],
) -> Comparison:
    return compare(
        name,
        lambda: by_hand(number, next(values))._generate_cache_key(),
        lambda: prepare(SELECT, chain(objects, number, next(values))._query),
        rounds=11,
        repeat=30,
    )
