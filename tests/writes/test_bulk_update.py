"""`bulk_update()`: rows of objects and dicts, each set to values of its own, in one statement."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    Case,
    Count,
    Database,
    F,
    InvalidLookupValueError,
    Subquery,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
    When,
)
from django_like_repos.functions import Upper
from tests.recording import RecordedSQL
from tests.sqltext import same_sql
from tests.writes.models import Job, Queue
from tests.writes.racing import started, two_sessions
from tests.writes.repositories import (
    JobRepository,
    LabelRepository,
    QueueRepository,
    SeatRepository,
    TicketRepository,
)
from tests.writes.results import tuples


async def jobs_with(jobs: AsyncSession, *fields: str) -> list[Any]:
    return await JobRepository(jobs).objects.order_by("id").values_list("id", *fields)


async def test_dicts(jobs: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    repo = JobRepository(jobs)
    rows = [{"id": 3, "rank": 30, "cost": "1.25"}, {"pk": 1, "rank": "10", "cost": None}]
    sql.clear()
    written = await repo.bulk_update(rows, ["rank", "cost"])
    assert (written.rowcount, tuples(written)) == (2, [(3,), (1,)])
    assert len(sql.statements) == 1
    assert await jobs_with(jobs, "rank", "cost") == [
        (1, 10, None),
        (2, None, None),
        (3, 30, Decimal("1.25")),
        (4, 4, None),
        (5, None, None),
    ]


async def test_the_statement(jobs: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    sql.clear()
    await JobRepository(jobs).bulk_update([{"id": 2, "rank": 7}, {"id": 1, "rank": 5}], ["rank"])
    statement, parameters = sql.statements[0]
    if backend == "sqlite":
        same_sql(statement, "UPDATE jobs SET rank=? WHERE jobs.id = ?")
        assert parameters == [(5, 1), (7, 2)]
        return
    same_sql(
        statement,
        """
        UPDATE jobs SET rank=dlr_fed.w0 FROM (
            SELECT anon_1.v0 AS k0, anon_1.v1 AS w0
            FROM unnest(CAST(CAST($1 AS TEXT) AS BIGINT[]), CAST(CAST($2 AS TEXT) AS BIGINT[]))
            WITH ORDINALITY AS anon_1(v0, v1, dlr_place)
            JOIN jobs AS dlr_locked ON dlr_locked.id = anon_1.v0
            ORDER BY anon_1.dlr_place - 1 FOR NO KEY UPDATE OF dlr_locked
        ) AS dlr_fed WHERE jobs.id = dlr_fed.k0
        """,
    )
    assert parameters == ("{1,2}", "{5,7}")


async def test_objects_are_current(jobs: AsyncSession, sql: RecordedSQL) -> None:
    repo = JobRepository(jobs)
    found = await repo.objects.order_by("id")
    for job in found:
        job.rank = job.id * 2
        job.state = "changed"
    # The rest of what is pending is written too, and first.
    found[0].touched = 9
    sql.clear()
    assert await repo.bulk_update(found, ["rank", "state"]) == 5
    assert [statement.split()[0] for statement, _ in sql.statements] == ["UPDATE", "UPDATE"]
    assert not jobs.dirty
    assert [(job.rank, job.state) for job in found] == [(job.id * 2, "changed") for job in found]
    sql.clear()
    await jobs.flush()
    assert not sql.statements
    assert await jobs_with(jobs, "rank", "state", "touched") == [
        (number, number * 2, "changed", 9 if number == 1 else 0) for number in range(1, 6)
    ]


async def test_objects_of_rows_that_dicts_are_for(jobs: AsyncSession) -> None:
    repo = JobRepository(jobs)
    held = await repo.objects.select_related("queue").get(id=1)
    assert held.queue.name == "mail"
    await repo.bulk_update([{"id": 1, "state": "x", "queue": 3}], ["state", "queue"])
    assert (held.state, held.queue_id) == ("x", 3)
    other = Job(id=1, state="y")
    await repo.bulk_update([other], ["state"])
    assert (held.state, other in jobs) == ("y", False)


async def test_expressions(jobs: AsyncSession, sql: RecordedSQL) -> None:
    repo = JobRepository(jobs)
    found: list[Any] = await repo.objects.order_by("id")
    for job in found:
        job.touched = F("touched") + job.id
        job.state = (
            Upper("state") if job.id % 2 else Case(When(rank__gt=3, then=Value("high")), default=Value("low"))
        )
    found[4].touched = 50
    assert await repo.bulk_update(found, ["touched", "state"]) == 5
    assert [(job.touched, job.state) for job in found] == [
        (1, "PENDING"),
        (2, "low"),
        (3, "TAKEN"),
        (4, "high"),
        (50, "PENDING"),
    ]
    assert await jobs_with(jobs, "touched") == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 50)]


async def test_one_statement_for_all_rows_of_which_the_same_is_computed(
    jobs: AsyncSession, sql: RecordedSQL, backend: str
) -> None:
    rows = [{"id": number, "touched": F("touched") + number, "state": f"s{number}"} for number in range(1, 6)]
    sql.clear()
    await JobRepository(jobs).bulk_update(rows, ["touched", "state"])
    assert len(sql.statements) == 1
    if backend == "sqlite":
        same_sql(sql.last, "UPDATE jobs SET state=?, touched=(jobs.touched + ?) WHERE jobs.id = ?")
    assert await jobs_with(jobs, "touched", "state") == [(n, n, f"s{n}") for n in range(1, 6)]


async def test_subqueries(jobs: AsyncSession) -> None:
    mail = QueueRepository(jobs).objects.filter(id=F("id"), name="mail").values("name")
    await JobRepository(jobs).bulk_update(
        [{"id": 1, "code": Subquery(mail[:1])}, {"id": 2, "code": "plain"}], ["code"]
    )
    assert (await jobs_with(jobs, "code"))[:2] == [(1, "mail"), (2, "plain")]


async def test_relations(jobs: AsyncSession) -> None:
    repo = JobRepository(jobs)
    queues = {queue.name: queue for queue in await QueueRepository(jobs).objects.all()}
    first, second, third = (await repo.objects.order_by("id"))[:3]
    first.queue = queues["idle"]
    second.queue_id = 3
    third.fallback = None
    assert await repo.bulk_update([first, second, third], ["queue", "fallback_id"]) == 3
    assert (await jobs_with(jobs, "queue_id", "fallback_id"))[:3] == [(1, 3, 2), (2, 3, None), (3, 2, None)]
    assert (first.queue, first.queue_id) == (queues["idle"], 3)
    await repo.bulk_update([{"id": 1, "queue": queues["mail"]}, {"id": 2, "queue": 1}], ["queue"])
    assert (first.queue_id, second.queue_id) == (1, 1)


async def test_composite_keys(jobs: AsyncSession) -> None:
    seats = SeatRepository(jobs)
    written = await seats.bulk_update(
        [{"pk": ("b", 2), "price": 1}, {"row": "a", "number": 1, "price": F("price") + 1}], ["price"]
    )
    assert tuples(written) == [("b", 2), ("a", 1)]
    assert await seats.objects.order_by("row", "number").values_list("price", flat=True) == [11, None, 30, 1]
    tickets = TicketRepository(jobs)
    seat = await seats.objects.get(row="a", number=2)
    await tickets.bulk_update([{"id": 1, "seat": seat}, {"id": 2, "seat": ("b", 1)}], ["seat"])
    found = await tickets.objects.order_by("id").values_list("seat_row", "seat_number")
    assert found == [("a", 2), ("b", 1)]


async def test_onupdate(jobs: AsyncSession) -> None:
    labels = LabelRepository(jobs)
    held = await labels.objects.get(id=1)
    await labels.bulk_update([{"id": 1, "uses": 5}, {"id": 2, "uses": 6}], ["uses"])
    assert (held.uses, held.edited, held.edit) == (5, True, "once")
    assert await labels.objects.filter(edited=True, edit="once").count() == 2


async def test_rows_that_are_not_there(jobs: AsyncSession) -> None:
    written = await JobRepository(jobs).bulk_update(
        [{"id": 1, "rank": 1}, {"id": 77, "rank": 1}, {"id": 2, "rank": 2}], ["rank"]
    )
    assert (written.rowcount, tuples(written)) == (2, [(1,), (2,)])
    assert await JobRepository(jobs).bulk_update([], ["rank"]) == 0


WRONG: list[tuple[Any, Any, type[Exception], str]] = [
    ([], [], UnsupportedOperationError, "bulk_update() was given no fields to set"),
    ([], "rank", UnsupportedOperationError, "bulk_update() takes a list of names of fields, not 'rank'"),
    ([], ["id"], UnsupportedOperationError, "cannot set Job.id: rows are found by it"),
    ([], ["pk"], UnsupportedOperationError, "cannot set Job.pk: rows are found by it"),
    ([], ["rnk"], UnknownFieldError, "rnk"),
    ([], ["queue__name"], UnsupportedOperationError, "own columns"),
    ([], ["steps"], UnsupportedOperationError, "own columns"),
    ([], ["queue", "queue_id"], UnsupportedOperationError, "sets Job.queue_id twice"),
    (None, ["rank"], UnsupportedOperationError, "takes a list of Job objects and dicts"),
    ({"id": 1}, ["rank"], UnsupportedOperationError, "takes a list of Job objects and dicts"),
    ([(1, 2)], ["rank"], UnsupportedOperationError, "row 0 is a tuple"),
    ([{"id": 1, "rank": 1}, Queue(id=1)], ["rank"], UnsupportedOperationError, "row 1 is a Queue"),
    ([{"rank": 1}], ["rank"], UnsupportedOperationError, "row 0: the dict has no 'id'"),
    ([{"id": 1}], ["rank"], UnsupportedOperationError, "row 0: the dict has no 'rank'"),
    ([{"id": None, "rank": 1}], ["rank"], UnsupportedOperationError, "row 0: a row is found by its key"),
    ([{"id": 1, "rank": 1, "code": "x"}], ["rank"], UnsupportedOperationError, "'code' would not be stored"),
    ([{"id": 1, "rank": 1, "cod": "x"}], ["rank"], UnknownFieldError, "cod"),
    ([{"id": 1, "rank": 1}, {"id": "1", "rank": 2}], ["rank"], UnsupportedOperationError, "rows 0 and 1"),
    ([{"id": 1, "rank": 1}, {"id": "x", "rank": 2}], ["rank"], InvalidLookupValueError, "row 1: "),
    ([{"id": 1, "rank": 1}, {"id": 2, "rank": "x"}], ["rank"], InvalidLookupValueError, "row 1: "),
    ([{"id": 1, "rank": 2**31}], ["rank"], InvalidLookupValueError, "row 0: "),
    ([{"id": 1, "rank": F("rnk")}], ["rank"], UnknownFieldError, "row 0: "),
    ([{"id": 1, "rank": F("queue__jobs")}], ["rank"], UnsupportedOperationError, "row 0: "),
    ([{"id": 1, "rank": Count("steps")}], ["rank"], UnsupportedOperationError, "row 0: "),
    ([{"id": 1, "rank": Upper("state")}], ["rank"], InvalidLookupValueError, "row 0: "),
    ([Job(rank=1)], ["rank"], UnsupportedOperationError, "row 0: this Job has no primary key"),
    ([Job(id=1)], ["rank"], UnsupportedOperationError, "row 0: this Job has no value of 'rank'"),
    ([{"id": 1, "queue": Queue(name="new")}], ["queue"], InvalidLookupValueError, "flush this Queue first"),
    ([Job(id=1, queue=Queue(name="new"))], ["queue"], UnsupportedOperationError, "has no key yet"),
]


@pytest.mark.parametrize(("rows", "fields", "error", "said"), WRONG, ids=[each[3] for each in WRONG])
async def test_what_is_wrong_is_refused_before_anything_is_written(
    rows: Any, fields: Any, error: type[Exception], said: str, jobs: AsyncSession, sql: RecordedSQL
) -> None:
    sql.clear()
    with pytest.raises(error) as raised:
        await JobRepository(jobs).bulk_update(rows, fields)
    assert said in str(raised.value)
    assert not sql.statements


async def test_objects_that_have_no_row(jobs: AsyncSession, shared_database: Database) -> None:
    repo = JobRepository(jobs)
    new = Job(id=70, rank=1, queue_id=1)
    jobs.add(new)
    with pytest.raises(UnsupportedOperationError, match="row 0: this Job is new and has no row yet"):
        await repo.bulk_update([new], ["rank"])
    jobs.expunge(new)
    gone = await repo.objects.get(id=5)
    await repo.delete(gone)
    with pytest.raises(UnsupportedOperationError, match="row 0: this Job was deleted"):
        await repo.bulk_update([gone], ["rank"])
    async with shared_database.session() as other:
        held = await JobRepository(other).objects.get(id=1)
        with pytest.raises(UnsupportedOperationError, match="in another session"):
            await repo.bulk_update([held], ["rank"])
    found = await repo.objects.only("id").get(id=1)
    with pytest.raises(UnsupportedOperationError, match="'rank': it was not set, or not loaded"):
        await repo.bulk_update([found], ["rank"])
    with pytest.raises(ValueError, match="batch_size must be a positive whole number"):
        await repo.bulk_update([], ["rank"], batch_size=0)


async def test_a_violation_undoes_the_call_alone(jobs: AsyncSession) -> None:
    repo = QueueRepository(jobs)
    await repo.objects.filter(id=3).update(region="kept")
    mail, printing, idle = await repo.objects.order_by("id")
    mail.name, printing.name, idle.name = "new", "idle2", "new"
    with pytest.raises(IntegrityError):
        await repo.bulk_update([mail, printing, idle], ["name"])
    # What was changed is pending still, and the transaction lives.
    assert {mail, printing, idle} == set(jobs.dirty)
    assert [each.name for each in (mail, printing, idle)] == ["new", "idle2", "new"]
    idle.name = "idle"
    assert await repo.bulk_update([mail, printing, idle], ["name"], batch_size=1) == 3
    found = await repo.objects.order_by("id").values_list("name", "region")
    assert found == [("new", "north"), ("idle2", None), ("idle", "kept")]


async def test_batches_and_progress(jobs: AsyncSession) -> None:
    told: list[tuple[int, int]] = []
    rows = [{"id": number, "rank": number} for number in (5, 4, 3, 2, 1)]

    async def tell(done: int, total: int) -> None:
        told.append((done, total))

    repo = JobRepository(jobs)
    assert await repo.bulk_update(rows, ["rank"], batch_size=2, on_progress=tell) == 5
    assert told == [(2, 5), (4, 5), (5, 5)]

    def stop(done: int, _: int) -> None:
        if done > 2:
            raise KeyError

    with pytest.raises(KeyError):
        await repo.bulk_update([{**row, "rank": 0} for row in rows], ["rank"], batch_size=2, on_progress=stop)
    assert await jobs_with(jobs, "rank") == [(number, number) for number in range(1, 6)]


async def test_commit_keeps_whole_batches(shared_database: Database) -> None:
    def stop(done: int, _: int) -> None:
        if done > 2:
            raise KeyError

    async with shared_database.session() as session:
        repo = JobRepository(session).commit()
        rows = [{"id": number, "touched": 7} for number in range(1, 6)]
        with pytest.raises(KeyError):
            await repo.bulk_update(rows, ["touched"], batch_size=2, on_progress=stop)
    async with shared_database.session() as session:
        assert await jobs_with(session, "touched") == [(1, 7), (2, 7), (3, 7), (4, 7), (5, 0)]


class HookedRepository(BaseRepository[Job]):
    seen: list[Any]

    def prepare_update(self, values: dict[str, Any]) -> dict[str, Any]:
        self.seen.append(dict(values))
        return {**values, "code": "hooked"} if values["rank"] != 2 else values

    async def after_update(self, written: Any) -> None:
        self.seen.append(written)


async def test_hooks(jobs: AsyncSession) -> None:
    repo = HookedRepository(jobs)
    repo.seen = []
    held = await repo.objects.get(id=1)
    held.rank = 8
    assert await repo.bulk_update([held, {"id": 2, "rank": 2}, {"id": 99, "rank": 3}], ["rank"]) == 2
    assert repo.seen == [{"rank": 8}, {"rank": 2}, {"rank": 3}, [1, 2]]
    assert (held.rank, held.code) == (8, "hooked")
    assert (await jobs_with(jobs, "rank", "code"))[:2] == [(1, 8, "hooked"), (2, 2, "b")]


async def test_listeners_have_it_flushed(jobs: AsyncSession) -> None:
    seen: list[int] = []

    def listen(_mapper: Any, _connection: Any, target: Job) -> None:
        seen.append(target.id)

    event.listen(Job, "before_update", listen)
    try:
        repo = JobRepository(jobs)
        held = await repo.objects.get(id=1)
        held.rank = 5
        rows: list[Any] = [held, {"id": 2, "rank": F("id") + 1}, {"id": 99, "rank": 1}]
        assert await repo.bulk_update(rows, ["rank"]) == 2
    finally:
        event.remove(Job, "before_update", listen)
    assert (seen, held.rank) == ([1, 2], 5)
    assert (await jobs_with(jobs, "rank"))[:2] == [(1, 5), (2, 3)]


async def test_opposite_orders_do_not_deadlock(shared_database: Database, backend: str) -> None:
    """Many at once, each of all rows, by turns from the one end and from the other."""
    if backend == "sqlite":
        pytest.skip("one writer at a time")
    started = asyncio.Barrier(6)

    async def work(number: int) -> None:
        async with shared_database.session() as session:
            repo = JobRepository(session).commit()
            rows = [{"id": key, "touched": F("touched") + 1} for key in range(1, 6)]
            await started.wait()
            for _ in range(5):
                await repo.bulk_update(rows[:: 1 if number % 2 else -1], ["touched"], batch_size=None)

    await asyncio.gather(*[work(number) for number in range(6)])
    async with shared_database.session() as session:
        assert {row[1] for row in await jobs_with(session, "touched")} == {30}


async def test_rows_are_locked_in_the_order_of_their_keys(shared_database: Database, backend: str) -> None:
    """Who waits for the first key holds none of the others."""
    if backend == "sqlite":
        pytest.skip("no locks of rows")
    async with two_sessions(shared_database) as (first, second):
        await JobRepository(first).objects.filter(id=1).update(touched=1)
        rows = [{"id": key, "touched": 2} for key in (5, 3, 1)]
        waiting = await started(
            shared_database, JobRepository(second).commit().bulk_update(rows, ["touched"])
        )
        free = await JobRepository(first).objects.filter(id__in=[3, 5]).select_for_update(nowait=True)
        assert len(free) == 2
        await first.commit()
        assert await waiting == 3


async def test_returning(jobs: AsyncSession) -> None:
    repo = JobRepository(jobs)
    rows: list[Any] = [{"id": 2, "rank": 7}, {"id": 1, "rank": F("id") + 5}, {"id": 99, "rank": 0}]
    assert tuples(await repo.returning("id", "rank").bulk_update(rows, ["rank"])) == [(2, 7), (1, 6)]
    assert tuples(await repo.returning().bulk_update(rows, ["rank"])) == [(2,), (1,)]
    number = await repo.returning(None).bulk_update(rows, ["rank"])
    assert (number.rowcount, tuples(number)) == (2, [])
