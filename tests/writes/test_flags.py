"""`flush()` and `commit()`: flags of the clone that carries them, heeded by each of its operations.

What another connection sees says whether something was committed; what SQLAlchemy holds back says whether
it was flushed.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, MultipleObjectsReturned
from tests.writes.models import Label
from tests.writes.repositories import LabelRepository

Writing = Callable[[LabelRepository], Awaitable[Any]]

WRITES: dict[str, Writing] = {
    "create": lambda repo: repo.create(name="new"),
    "bulk_create": lambda repo: repo.bulk_create([{"name": "new"}]),
    "get_or_create": lambda repo: repo.objects.get_or_create(name="new"),
    "update_or_create, new": lambda repo: repo.objects.update_or_create(name="new"),
    "update_or_create": lambda repo: repo.objects.update_or_create({"name": "new"}, name="slow"),
    "update": lambda repo: repo.objects.filter(name="slow").update(name="new"),
}


async def names(database: Database) -> set[str]:
    async with database.session() as session:
        return set(await LabelRepository(session).objects.values_list("name", flat=True))


@pytest.mark.by_turns
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_without_flags_nothing_is_committed(write: Writing, shared_database: Database) -> None:
    async with shared_database.session() as session:
        await write(LabelRepository(session))
        await session.rollback()

        left = await LabelRepository(session).objects.values_list("name", flat=True)
        assert set(left) == {"urgent", "slow"}


@pytest.mark.by_turns
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_commit(write: Writing, shared_database: Database) -> None:
    async with shared_database.session() as session:
        await write(LabelRepository(session).commit())

        assert not session.in_transaction()
    assert "new" in await names(shared_database)

    async with shared_database.session() as session:
        labels = LabelRepository(session).objects.filter(name="new")
        await labels.commit().delete()
        await session.rollback()
    assert "new" not in await names(shared_database)


async def test_create_is_held_back_until_a_flush(jobs: AsyncSession) -> None:
    repo = LabelRepository(jobs)

    held_back = await repo.create(name="a")
    assert held_back in jobs.new
    flushed = await repo.flush().create(name="b")
    assert None not in (flushed.id, held_back.id)
    later = await repo.flush().flush(False).create(name="c")
    assert later.id is None


async def test_flush_after_a_read(jobs: AsyncSession) -> None:
    """Without autoflush, a flag is all that writes."""
    label = await LabelRepository(jobs).create(name="new")
    with jobs.no_autoflush:
        assert await LabelRepository(jobs).objects.count() == 2
        assert await LabelRepository(jobs).objects.flush().count() == 2

    assert label.id is not None


def test_flags_belong_to_the_copy(jobs_database: Database) -> None:
    session = jobs_database.session_factory()
    repo = LabelRepository(session)

    assert repo.commit() is not repo
    assert type(repo.commit()) is LabelRepository
    for flagged in (repo.commit().flush(), repo.flush().commit()):
        query = flagged.objects.filter(name="x").order_by("id")[:3]._query
        assert (query.flush, query.commit) == (True, True)
    query = repo.commit().commit(False).objects._query
    assert (query.flush, query.commit) == (False, False)
    query = repo.objects._query
    assert (query.flush, query.commit) == (False, False)
    queryset = repo.objects
    assert (queryset.commit()._query.commit, queryset._query.commit) == (True, False)
    assert repo.commit().objects.commit(False)._query.commit is False


async def test_flags_are_not_used_up(shared_database: Database) -> None:
    async with shared_database.session() as session:
        repo = LabelRepository(session).commit()
        labels = repo.objects.filter(name="slow")
        for uses in (1, 2):
            await labels.update(uses=uses)
            await repo.create(name=f"n{uses}")
            assert not session.in_transaction()

    assert await names(shared_database) == {"urgent", "slow", "n1", "n2"}


async def test_a_repository_keeps_what_a_subclass_put_on_it(jobs: AsyncSession) -> None:
    class Tagged(LabelRepository):
        def __init__(self, session: AsyncSession, tag: str) -> None:
            super().__init__(session)
            self.tag = tag

    assert (Tagged(jobs, "x").commit().tag, Tagged(jobs, "x").flush().commit().tag) == ("x", "x")


async def test_a_failing_commit_raises(shared_database: Database) -> None:
    async with shared_database.session() as session:
        await LabelRepository(session).create(name="slow")

        with pytest.raises(IntegrityError):
            await LabelRepository(session).objects.commit().filter(name="urgent").update(uses=1)
        await session.rollback()
        assert await LabelRepository(session).objects.filter(uses=1).count() == 0


async def test_a_failing_operation_does_not_commit(shared_database: Database) -> None:
    async with shared_database.session() as session:
        await LabelRepository(session).create(name="a")

        with pytest.raises(MultipleObjectsReturned):
            await LabelRepository(session).objects.commit().update_or_create({"uses": 1}, uses=0)

    assert await names(shared_database) == {"urgent", "slow"}


async def test_objects_stay_readable_after_a_commit(shared_database: Database) -> None:
    async with shared_database.session() as session:
        label = await LabelRepository(session).commit().create(name="new")
        assert (label.id, label.name, label.uses) == (3, "new", 0)
        found = await LabelRepository(session).objects.commit().order_by("id")
        assert [each.name for each in found] == ["urgent", "slow", "new"]


async def test_a_result_is_readable_after_its_commit(shared_database: Database) -> None:
    async with shared_database.session() as session:
        labels = LabelRepository(session).objects.commit().order_by("id")
        updated = await labels.update(uses=1)
        returned = await labels.returning("name").update(uses=2)
        models = await labels.returning(return_model=True).update(uses=3)
        deleted = await labels.filter(jobs=None).delete()

        assert (updated.rowcount, sorted(updated.scalars())) == (2, [1, 2])
        assert sorted(returned.scalars()) == ["slow", "urgent"]
        assert [label.uses for label in models.scalars()] == [3, 3]
        assert (deleted.rowcount, deleted.all()) == (0, [])


async def test_one_commit_an_operation(shared_database: Database) -> None:
    async with shared_database.session() as session:
        commits: list[object] = []
        event.listen(shared_database.engine.sync_engine, "commit", commits.append)

        await (
            LabelRepository(session)
            .commit()
            .bulk_create([Label(name=f"n{number}") for number in range(5)], batch_size=2)
        )
        assert len(commits) == 3
        await LabelRepository(session).commit().objects.get_or_create(name="n9")
        assert len(commits) == 4
