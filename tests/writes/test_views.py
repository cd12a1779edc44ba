"""UPDATE and DELETE of views: written where the database writes, refused where it does not."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import Database, QuerySet, UnsupportedOperationError
from tests.recording import RecordedSQL

REFUSED = (UnsupportedOperationError, DBAPIError)


class Base(DeclarativeBase):
    pass


class Coin(Base):
    __tablename__ = "coins"

    id: Mapped[int] = mapped_column(primary_key=True)
    worth: Mapped[int]


class Views(DeclarativeBase):
    pass


class Seen(Views):
    __tablename__ = "seen"

    id: Mapped[int] = mapped_column(primary_key=True)
    worth: Mapped[int]


class Kept(Views):
    __tablename__ = "kept"

    id: Mapped[int] = mapped_column(primary_key=True)
    worth: Mapped[int]


@pytest.fixture
async def session(fresh_database: Database) -> AsyncIterator[AsyncSession]:
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        session.add_all([Coin(id=1, worth=1), Coin(id=2, worth=2)])
        await session.flush()
        # What groups rows is written by no database without a trigger.
        await session.execute(
            text("CREATE VIEW seen AS SELECT id, sum(worth) AS worth FROM coins GROUP BY id")
        )
        await session.commit()
        yield session


async def _worths(session: AsyncSession) -> list[tuple[int, int]]:
    return await QuerySet(Coin, session).order_by("id").values_list("id", "worth")


async def test_what_nothing_writes_is_refused(session: AsyncSession, backend: str) -> None:
    seen = QuerySet(Seen, session)
    message = "is a view, and nothing was written" if backend == "sqlite" else "view"
    for found in (seen.filter(id=1), seen.returning("worth")):
        with pytest.raises(REFUSED, match=message):
            await found.update(worth=5)
        await session.rollback()
        with pytest.raises(REFUSED, match=message):
            await found.delete()
        await session.rollback()
    assert await _worths(session) == [(1, 1), (2, 2)]


async def test_objects_know_what_a_trigger_wrote(session: AsyncSession, backend: str) -> None:
    """SQLite returns the keys of a view's rows as NULL where they are those of a table."""
    await session.execute(text("CREATE VIEW kept AS SELECT * FROM coins"))
    if backend == "sqlite":
        body = "UPDATE coins SET worth = new.worth + 1 WHERE id = old.id;"
        await session.execute(text(f"CREATE TRIGGER up INSTEAD OF UPDATE ON kept BEGIN {body} END"))
    found = await QuerySet(Kept, session).order_by("id")
    result = await QuerySet(Kept, session).filter(id=1).update(worth=5)
    assert result.rowcount == 1
    assert [each.worth for each in found] == [6 if backend == "sqlite" else 5, 2]


async def test_a_trigger_writes(session: AsyncSession, backend: str, sql: RecordedSQL) -> None:
    body = "UPDATE coins SET worth = new.worth WHERE id = old.id;"
    trigger = "CREATE TRIGGER seen_update INSTEAD OF UPDATE ON seen FOR EACH ROW"
    if backend == "sqlite":
        await session.execute(text(f"{trigger} BEGIN {body} END"))
    else:
        said = f"AS $$ BEGIN {body} RETURN new; END $$ LANGUAGE plpgsql"
        await session.execute(text(f"CREATE FUNCTION written() RETURNS trigger {said}"))
        await session.execute(text(f"{trigger} EXECUTE FUNCTION written()"))
    sql.clear()
    result = await QuerySet(Seen, session).filter(id=1).update(worth=5)
    assert (result.rowcount, len(sql.statements)) == (1, 1)
    assert await _worths(session) == [(1, 5), (2, 2)]
    with pytest.raises(REFUSED, match="view"):
        await QuerySet(Seen, session).delete()
