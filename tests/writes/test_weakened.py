"""What UPDATE and DELETE repeat on their target is never more than the whole condition asks.

The rows of an UPDATE are those of its subquery for which the repeated part holds too. So the repeated part
is too strong exactly where an UPDATE changes fewer rows than the same query selects.
"""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, or_

from django_like_repos import Database, F, Q, QuerySet
from tests.writes.models import Job, Queue
from tests.writes.repositories import JobRepository

TEXTS = ["pending", "taken", "a", "b", "mail", "north", "read"]


def _lookups(path: str, values: list[Any]) -> st.SearchStrategy[Q]:
    """Lookups of one path, with NULL and with what is there."""
    value = st.sampled_from(values)
    return st.one_of(
        st.builds(lambda name, v: Q((f"{path}__{name}", v)), st.sampled_from(["exact", "ne", "lt", "gte"]), value),
        st.builds(lambda name, v: Q((f"{path}__{name}", v)), st.sampled_from(["in", "notin"]), st.lists(value)),
        st.builds(lambda absent: Q((f"{path}__isnull", absent)), st.booleans()),
        st.just(Q((path, None))),
    )


NUMBERS = [0, 1, 2, 3, 4]
DATES = [date(2026, 11, 22), date(2026, 11, 23)]
OWN = {"rank": NUMBERS, "queue_id": NUMBERS, "fallback_id": NUMBERS, "state": TEXTS, "code": TEXTS, "due": DATES}
TO_ONE = {
    "queue__name": TEXTS,
    "queue__region": TEXTS,
    "fallback__region": TEXTS,
    "fallback__id": NUMBERS,
    "fallback": NUMBERS,
    "parent__rank": NUMBERS,
    "parent__queue__region": TEXTS,
    "parent__fallback__region": TEXTS,
    "parent__parent__code": TEXTS,
}
TO_MANY = {
    "steps__name": TEXTS,
    "steps__done": [True, False],
    "labels__name": TEXTS,
    "children__rank": NUMBERS,
    "children__queue__region": TEXTS,
    "queue__jobs__rank": NUMBERS,
    "steps": NUMBERS,
}
PAIRS = [
    Q(rank=F("queue_id")),
    Q(rank__gt=F("parent__rank")),
    Q(parent__rank=F("rank")),
    Q(fallback__region=F("queue__region")),
    Q(queue__region__ne=F("fallback__region")),
    Q(code=F("parent__code")),
    Q(rank=F("steps__id")),
    Q(children__rank=F("rank")),
    Q(rank__range=(1, F("queue_id"))),
    Q(queue__in=QuerySet(Queue).filter(region="north")),
    Q(parent__in=QuerySet(Job).filter(rank__gt=0).values_list("parent_id")),
    Q(Job.rank > 2),
    Q(or_(Job.code == "a", Job.rank.is_(None))),
    Q(func.coalesce(Job.rank, 7) == 7),
]

atoms = st.one_of(
    *(_lookups(path, values) for fields in (OWN, TO_ONE, TO_MANY) for path, values in fields.items()),
    st.sampled_from(PAIRS),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda q: ~q, inner),
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a, b: a ^ b, inner, inner),
    ),
    max_leaves=6,
)
calls = st.lists(st.tuples(st.sampled_from(["filter", "exclude"]), conditions), min_size=1, max_size=3)
joins = st.sampled_from([None, ("innerjoin", "queue"), ("outerjoin", "fallback"), ("outerjoin", "steps")])


@given(calls=calls, join=joins)
@settings(max_examples=10 * settings.default.max_examples)
async def test_an_update_changes_what_the_query_selects(
    calls: list[tuple[str, Q]], join: tuple[str, str] | None, jobs_database: Database
) -> None:
    async with jobs_database.session() as session:
        queryset = JobRepository(session).objects
        for name, argument in [*calls, *([join] if join else [])]:
            queryset = getattr(queryset, name)(argument)

        selected = await queryset.values_list("id", flat=True)
        updated = await queryset.update(touched=1)

        assert sorted(updated.scalars()) == sorted(set(selected))
        assert updated.rowcount == len(set(selected))
