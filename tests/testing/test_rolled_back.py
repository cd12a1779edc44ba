"""`rolled_back()`: sessions commit and roll back, and nothing is left."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, event, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, Database, UnsupportedOperationError, atomic, on_commit
from django_like_repos.testing import rolled_back
from examples.help_center.models import PublicationStatus


class Statuses(BaseRepository[PublicationStatus]): ...


async def codes(session: AsyncSession) -> list[str]:
    return await Statuses(session).objects.order_by("code").values_list("code", flat=True)


@pytest.fixture
async def before(help_center_database: Database) -> list[str]:
    async with help_center_database.session() as session:
        return await codes(session)


async def test_nothing_is_left(help_center_database: Database, before: list[str]) -> None:
    called: list[str] = []
    async with rolled_back(help_center_database) as database:
        async with database.session() as session:
            await Statuses(session).commit().create(code="a", name="A")
            await Statuses(session).flush().create(code="b", name="B")
            await on_commit(lambda: called.append("never"), session)
            await session.rollback()
            await Statuses(session).flush().create(code="c", name="C")
        async with atomic(database) as own:
            await Statuses(own).create(code="d", name="D")
            await on_commit(lambda: called.append("d"), own)
        async with database.session() as session:
            assert await codes(session) == sorted([*before, "a", "d"])
    assert called == ["d"]
    async with help_center_database.session() as session:
        assert await codes(session) == before


async def test_an_error_of_the_database_is_undone_with_its_savepoint(help_center_database: Database) -> None:
    async with rolled_back(help_center_database) as database, database.session() as session:
        await Statuses(session).commit().create(code="a", name="A")
        with pytest.raises(Exception, match=r"(?i)syntax"):
            await session.execute(text("SELEC"))
        await session.rollback()
        assert "a" in await codes(session)


async def test_sessions_of_tasks_wait_for_each_other(
    help_center_database: Database, before: list[str]
) -> None:
    async def create(database: Database, code: str) -> None:
        async with database.session() as session:
            await Statuses(session).flush().create(code=code, name=code)
            await codes(session)
            if code == "b":
                raise ValueError(code)
            await session.commit()

    # One that is open around them is theirs, too.
    async with rolled_back(help_center_database) as database, database.session() as around:
        await Statuses(around).flush().create(code="around", name="")
        results = await asyncio.gather(*(create(database, code) for code in "abcd"), return_exceptions=True)
        assert [type(each) for each in results] == [type(None), ValueError, type(None), type(None)]
        assert await codes(around) == sorted([*before, "a", "c", "d", "around"])
        await around.commit()


async def test_who_waits_in_vain_is_told(
    help_center_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(help_center_database, "patience", 0.01)
    begun, over = asyncio.Event(), asyncio.Event()

    async def hold(database: Database) -> None:
        async with database.session() as session:
            await codes(session)
            begun.set()
            await over.wait()

    async with rolled_back(help_center_database) as database:
        task = asyncio.create_task(hold(database))
        await begun.wait()
        async with database.session() as session:
            with pytest.raises(UnsupportedOperationError, match=r"has not ended for 0\.01 s: in rolled_back"):
                await codes(session)
        over.set()
        await task
        async with database.session() as session:
            await codes(session)


async def test_what_would_end_with_another_is_refused(help_center_database: Database) -> None:
    async with rolled_back(help_center_database) as database, database.session() as outer:
        kept = await Statuses(outer).flush().create(code="outer", name="")
        async with database.session() as inner:
            await Statuses(inner).flush().create(code="inner", name="")
            assert "inner" in await codes(outer)
            kept.name = "changed"
            with pytest.raises(UnsupportedOperationError, match="this session writes while"):
                await outer.flush()
            outer.expire(kept)
            with pytest.raises(UnsupportedOperationError, match="this session writes while"):
                await Statuses(outer).objects.filter(code="outer").update(name="changed")
            with pytest.raises(UnsupportedOperationError, match="this session writes while"):
                async with outer.begin_nested():
                    await codes(outer)
            with pytest.raises(UnsupportedOperationError, match="this session commits while"):
                await outer.commit()
            async with database.session() as third:
                # It has begun nothing.
                await third.commit()
            await inner.commit()
        await outer.rollback()
        await outer.execute(select(1))
        await outer.commit()


async def test_an_outer_one_that_is_undone_undoes_the_inner_one(help_center_database: Database) -> None:
    async with rolled_back(help_center_database) as database:
        async with database.session() as outer, database.session() as inner:
            await codes(outer)
            await Statuses(inner).flush().create(code="inner", name="")
            await outer.rollback()
            with pytest.raises(Exception, match="inactive"):
                await inner.commit()
        async with database.session() as session:
            assert "inner" not in await codes(session)


async def test_tables_too(help_center_database: Database) -> None:
    metadata = MetaData()
    table = Table("rolled_back", metadata, Column("id", Integer, primary_key=True))
    async with rolled_back(help_center_database) as database:
        await database.create_all(metadata)
        await database.close()
        async with database.session() as session:
            await session.execute(table.insert().values(id=1))
            await session.commit()
    async with help_center_database.engine.connect() as connection:
        assert not await connection.run_sync(lambda sync: inspect(sync).has_table("rolled_back"))


async def cancel_a_query(session: AsyncSession) -> None:
    """As a timeout does: the connection is lost."""
    engine = session.get_bind().engine
    slow = "SELECT pg_sleep(60)"
    if engine.dialect.name == "sqlite":
        slow = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    sent = asyncio.Event()
    event.listen(engine, "before_cursor_execute", lambda *_: sent.set(), once=True)
    task = asyncio.create_task(session.execute(text(slow)))
    await sent.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_transaction_that_is_lost_says_so(help_center_database: Database, before: list[str]) -> None:
    async with rolled_back(help_center_database) as database:
        lost = r"the transaction of rolled_back\(\) was lost with its connection, .* by memory_database\(\)"
        async with database.session() as session:
            await Statuses(session).flush().create(code="a", name="A")
            await cancel_a_query(session)
            for work in (codes, AsyncSession.commit, codes):
                with pytest.raises(UnsupportedOperationError, match=lost):
                    await work(session)
            await session.rollback()
            with pytest.raises(UnsupportedOperationError, match=lost):
                await codes(session)
        async with database.session() as session:
            # Nothing was asked in it.
            await session.commit()
        with pytest.raises(UnsupportedOperationError, match=lost):
            async with atomic(database) as own:
                await Statuses(own).create(code="b", name="B")
        with pytest.raises(UnsupportedOperationError, match=lost):
            await database.create_all(PublicationStatus)
    async with help_center_database.session() as session:
        assert await codes(session) == before


async def test_after_the_block(help_center_database: Database, before: list[str]) -> None:
    async with rolled_back(help_center_database) as database:
        left = database.session_factory()
        await Statuses(left).flush().create(code="a", name="A")
    over = r"the block of rolled_back\(\) is over, and its transaction rolled back: ask within it"
    async with database.session() as session:
        for work, of in ((codes, left), (AsyncSession.commit, left), (codes, session)):
            with pytest.raises(UnsupportedOperationError, match=over):
                await work(of)
    await left.close()
    for tables in (database.create_all, database.drop_all):
        with pytest.raises(UnsupportedOperationError, match=over):
            await tables(PublicationStatus)
    async with help_center_database.session() as session:
        assert await codes(session) == before


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_replicas_are_not_read(help_center_database: Database) -> None:
    url = help_center_database.engine.url
    async with Database(url, replicas=[url], reads="autocommit") as opened, rolled_back(opened) as database:
        async with database.session() as session:
            await Statuses(session).commit().create(code="a", name="A")
        async with database.session(reads="replica") as session:
            assert await Statuses(session).using("replica").objects.filter(code="a").exists()
        assert database.replicas == ()


async def test_wrong_ones_are_refused(help_center_database: Database) -> None:
    wrong: Any = help_center_database.engine
    with pytest.raises(UnsupportedOperationError, match="takes a Database, not AsyncEngine"):
        async with rolled_back(wrong):
            pass
    async with rolled_back(help_center_database) as database:
        with pytest.raises(UnsupportedOperationError, match="already"):
            async with rolled_back(database):
                pass


def test_of_another_loop(tmp_path: Path) -> None:
    async def elsewhere(database: Database) -> None:
        async with database.session() as session:
            await session.execute(select(1))

    async def whole() -> None:
        async with (
            Database(f"sqlite+aiosqlite:///{tmp_path}/a.db") as opened,
            rolled_back(opened) as database,
        ):
            with pytest.raises(UnsupportedOperationError, match="as that of a TestClient"):
                await asyncio.to_thread(asyncio.run, elsewhere(database))

    asyncio.run(whole())
