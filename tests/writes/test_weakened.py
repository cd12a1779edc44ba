"""What UPDATE and DELETE repeat on their target is never more than the whole condition asks.

The rows of an UPDATE are those of its subquery for which the repeated part holds too. So the repeated part
is too strong exactly where an UPDATE changes fewer rows than the same query selects, and one that is said
directly changes more where what it says alone is less than the whole.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import func, or_
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, F, FilteredRelation, Q, QuerySet
from tests.examples import examples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.writes.models import Job, Queue
from tests.writes.repositories import JobRepository

TEXTS = ["pending", "taken", "a", "b", "mail", "north", "read"]


comparisons = st.sampled_from(["exact", "ne", "lt", "gte"])
memberships = st.sampled_from(["in", "notin"])


def _lookups(path: str, values: list[Any]) -> st.SearchStrategy[Q]:
    """Lookups of one path, with NULL and with what is there."""
    value = st.sampled_from(values)
    return st.one_of(
        st.builds(lambda name, one: Q((f"{path}__{name}", one)), comparisons, value),
        st.builds(lambda name, several: Q((f"{path}__{name}", several)), memberships, st.lists(value)),
        st.builds(lambda absent: Q((f"{path}__isnull", absent)), st.booleans()),
        st.just(Q((path, None))),
    )


NUMBERS = [0, 1, 2, 3, 4]
DATES = [date(2026, 11, 22), date(2026, 11, 23)]
OWN: dict[str, list[Any]] = {
    "rank": NUMBERS,
    "queue_id": NUMBERS,
    "fallback_id": NUMBERS,
    "state": TEXTS,
    "code": TEXTS,
    "due": DATES,
}
TO_ONE: dict[str, list[Any]] = {
    "queue__name": TEXTS,
    "queue__region": TEXTS,
    "fallback__region": TEXTS,
    "fallback__id": NUMBERS,
    "fallback": NUMBERS,
    "nickname": TEXTS,
    "nickname__region": TEXTS,
    "parent__nickname__name": TEXTS,
    "parent__rank": NUMBERS,
    "parent__queue__region": TEXTS,
    "parent__fallback__region": TEXTS,
    "parent__parent__code": TEXTS,
}
TO_MANY: dict[str, list[Any]] = {
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
@example(calls=[("exclude", Q(nickname__region="north"))], join=None)
@example(calls=[("filter", Q(nickname__region=None))], join=None)
@example(calls=[("filter", ~Q(fallback__region="north"))], join=("outerjoin", "fallback"))
@examples(100)
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
        directly = await queryset.writing("direct").update(touched=2)
        assert sorted(directly.scalars()) == sorted(set(selected))


KEYS = "jobs.id IN (SELECT DISTINCT jobs.id FROM jobs"
NORTH = "EXISTS (SELECT 1 FROM queues AS queues_1 WHERE queues_1.id = jobs.queue_id AND queues_1.region = ?)"

REPEATED: list[tuple[Callable[[QuerySet[Job]], QuerySet[Job]], str | None]] = [
    (lambda jobs: jobs, None),
    (lambda jobs: jobs.filter(state="a"), "jobs.state = ?"),
    (lambda jobs: jobs.filter(state="a", rank__gt=1), "jobs.rank > ? AND jobs.state = ?"),
    (lambda jobs: jobs.filter(state="a").filter(rank=None), "jobs.state = ? AND jobs.rank IS NULL"),
    (lambda jobs: jobs.filter(Q(state="a") | Q(rank=1)), "(jobs.state = ? OR jobs.rank = ?)"),
    (lambda jobs: jobs.exclude(state="a"), "jobs.state != ?"),
    (lambda jobs: jobs.exclude(rank=1), "NOT (jobs.rank = ? AND jobs.rank IS NOT NULL)"),
    (lambda jobs: jobs.filter(queue=1), "jobs.queue_id = ?"),
    (lambda jobs: jobs.filter(queue__id=1), "jobs.queue_id = ?"),
    (lambda jobs: jobs.filter(fallback__isnull=True), "jobs.fallback_id IS NULL"),
    (lambda jobs: jobs.filter(rank=F("queue_id") + 1), "jobs.rank = jobs.queue_id + ?"),
    (lambda jobs: jobs.filter(Job.rank > 1, state="a"), "jobs.rank > ? AND jobs.state = ?"),
    # A related column takes the other columns of an AND as they are.
    (lambda jobs: jobs.filter(state="a", steps__name="x"), "jobs.state = ?"),
    (lambda jobs: jobs.filter(Q(state="a") & ~Q(steps__name="x")), "jobs.state = ?"),
    (lambda jobs: jobs.filter(state="a", labels__name="x"), "jobs.state = ?"),
    # What a foreign key of the row decides.
    (lambda jobs: jobs.filter(queue__region="n"), f"({NORTH})"),
    (lambda jobs: jobs.filter(Q(state="a") | Q(queue__region="n")), f"(jobs.state = ? OR ({NORTH}))"),
    (
        lambda jobs: jobs.filter(parent__queue__region="n"),
        "(EXISTS (SELECT 1 FROM jobs AS jobs_1 JOIN queues AS queues_1 ON queues_1.id = jobs_1.queue_id"
        " WHERE jobs_1.id = jobs.parent_id AND queues_1.region = ?))",
    ),
    # Nothing that is decided elsewhere, nor an OR with it.
    (lambda jobs: jobs.filter(steps__name="x"), None),
    (lambda jobs: jobs.filter(Q(state="a") | Q(steps__name="x")), None),
    (lambda jobs: jobs.exclude(state="a", steps__name="x"), None),
    (lambda jobs: jobs.filter(code__lt=F("queue__name")), None),
    (lambda jobs: jobs.filter(Job.steps.any()), None),
]


@pytest.mark.by_turns
@pytest.mark.parametrize(("chain", "repeated"), REPEATED)
@pytest.mark.parametrize("write", ["DELETE FROM jobs", "UPDATE jobs SET touched=?"], ids=["delete", "update"])
async def test_what_is_repeated(
    write: str,
    chain: Callable[[QuerySet[Job]], QuerySet[Job]],
    repeated: str | None,
    jobs: AsyncSession,
    sql: RecordedSQL,
) -> None:
    queryset = chain(JobRepository(jobs).objects.filter(id__lt=0))

    await (queryset.delete() if write.startswith("DELETE") else queryset.update(touched=1))

    ahead, keys, _ = sql.last.partition(f" AND {KEYS}")
    assert keys
    same_sql(ahead, f"{write} WHERE jobs.id < ?" + (f" AND {repeated}" if repeated else ""))


async def test_what_a_filtered_relation_leaves_out(jobs: AsyncSession) -> None:
    """Of the row at the end nothing is repeated: that it is left out is not said of it."""
    north = FilteredRelation("fallback", condition=Q(fallback__region="north"))
    near = JobRepository(jobs).objects.annotate(near=north)
    for queryset in (near.filter(near__name=None), near.exclude(near__name__in=["idle", "print"])):
        selected = set(await queryset.values_list("id", flat=True))
        assert selected >= {1, 2, 4, 5}
        assert set((await queryset.update(touched=1)).scalars()) == selected
        assert {job.id for job in await queryset.select_for_update()} == selected
