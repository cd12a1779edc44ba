"""The outbox: messages come with their transaction, are claimed by one at a time, stay until delivered."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from django_like_repos import (
    Database,
    InvalidLookupValueError,
    UnsupportedOperationError,
    atomic,
)
from django_like_repos.contrib.outbox import Batch, ClaimLostError, Message, Outbox, OutboxMessage
from tests.contrib.outbox.conftest import Base, Outgoing, OutgoingRepository
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

HOUR = timedelta(hours=1)


async def fill(outbox: Outbox, database: Database, count: int, topic: str = "mail") -> None:
    async with atomic(database) as session:
        for number in range(count):
            await outbox.add(session, topic, {"number": number})


async def claimed(outbox: Outbox, size: int = 100, **options: Any) -> Batch:
    """The first batch; an empty one, where there is none."""
    async for batch in outbox.claim(size, **options):
        return batch
    return Batch(outbox, "", [])


async def make_due(database: Database, *messages: Message) -> None:
    """Lets the time pass until claims, or pauses, are over."""
    past = datetime.now(UTC) - HOUR
    async with database.engine.begin() as connection:
        ids = [message.id for message in messages]
        await connection.execute(update(Outgoing).where(Outgoing.id.in_(ids)).values(available_at=past))


async def left(database: Database) -> list[Outgoing]:
    async with database.session() as session:
        return await OutgoingRepository(session).objects.order_by("id")


# Written.


async def test_a_message_comes_with_its_transaction(outbox: Outbox, database: Database) -> None:
    async with database.session() as session:
        first = await outbox.add(session, "mail", {"to": "a"})
        await session.rollback()
        assert len(await claimed(outbox)) == 0
        await outbox.add(OutgoingRepository(session), "mail", [1, None, "б"])
        await session.commit()
    batch = await claimed(outbox)
    (message,) = batch
    assert (message.topic, message.payload, message.attempts) == ("mail", [1, None, "б"], 1)
    assert message.created_at.tzinfo is not None
    assert abs(datetime.now(UTC) - message.created_at) < HOUR
    assert isinstance(first, int)
    await batch.acknowledge()
    assert await left(database) == []


async def test_in_a_session_of_the_users(outbox: Outbox, database: Database) -> None:
    engine = create_async_engine(database.engine.url)
    async with async_sessionmaker(engine)() as session:
        await outbox.add(session, "mail", "a")
        await session.commit()
    await engine.dispose()
    (message,) = await claimed(outbox)
    assert message.payload == "a"


async def test_not_before_its_time(outbox: Outbox, database: Database) -> None:
    async with atomic(database) as session:
        await outbox.add(session, "mail", "later", delay=HOUR)
        await outbox.add(session, "mail", "now")
    assert [message.payload for message in await claimed(outbox)] == ["now"]


async def test_what_is_no_message(outbox: Outbox, database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(InvalidLookupValueError):
            await outbox.add(session, "mail", object())
        with pytest.raises(UnsupportedOperationError, match="this is of Database"):
            await outbox.add(database, "mail", 1)  # type: ignore[arg-type]


# Claimed.


CLAIM = """
WITH due AS (
    SELECT outbox.id AS id FROM outbox
    WHERE outbox.available_at <= {now} AND outbox.topic IN ('mail')
    ORDER BY outbox.available_at, outbox.id LIMIT 10 {end}
)
UPDATE outbox SET available_at={then}, attempts=(outbox.attempts + 1), claim='x'
WHERE outbox.id IN (SELECT due.id FROM due)
RETURNING {table}id, {table}topic, {table}payload, {table}created_at, {table}attempts
"""


async def test_a_claim_is_one_statement(outbox: Outbox, database: Database, sql: RecordedSQL) -> None:
    await fill(outbox, database, 1)
    sql.clear()
    await claimed(outbox, 10, topics=["mail"])
    (statement,) = [statement for statement, _ in sql.statements if "UPDATE" in statement]
    postgresql = database.engine.dialect.name == "postgresql"
    parts = {"now": "?", "then": "?", "end": "OFFSET ?", "table": ""}
    if postgresql:
        parts = {"now": "now()", "then": "(now() + ?)", "end": "FOR UPDATE SKIP LOCKED", "table": "outbox."}
    same_sql(statement, CLAIM.format(**parts))


async def test_nobody_is_given_what_is_claimed(outbox: Outbox, database: Database) -> None:
    await fill(outbox, database, 5)
    first, second, third = [await claimed(outbox, 2) for _ in range(3)]
    numbers = [[message.payload["number"] for message in batch] for batch in (first, second, third)]
    assert numbers == [[0, 1], [2, 3], [4]]
    assert len(await claimed(outbox)) == 0


async def test_until_nothing_is_left(outbox: Outbox, database: Database) -> None:
    await fill(outbox, database, 25)
    sizes = []
    async for batch in outbox.claim(10):
        sizes.append(len(batch))
        await batch.acknowledge()
    assert sizes == [10, 10, 5]
    assert await left(database) == []


async def test_by_topics(outbox: Outbox, database: Database) -> None:
    await fill(outbox, database, 2, "mail")
    await fill(outbox, database, 2, "push")
    batch = await claimed(outbox, topics=["push", "sms"])
    assert {message.topic for message in batch} == {"push"}
    assert len(await claimed(outbox, topics=["push"])) == 0
    assert len(await claimed(outbox)) == 2


async def test_who_polls_hears_of_what_comes(outbox: Outbox, database: Database) -> None:
    heard: list[Any] = []

    async def worker() -> None:
        async for batch in outbox.claim(poll=0.01):
            heard.extend(message.payload for message in batch)
            await batch.acknowledge()
            if "last" in heard:
                return

    task = asyncio.create_task(worker())
    for payload in ("first", "last"):
        async with atomic(database) as session:
            await outbox.add(session, "mail", payload)
    await task
    assert heard == ["first", "last"]


@pytest.mark.parametrize(("size", "lease"), [(0, HOUR), (True, HOUR), (1, timedelta()), (1, 5)])
async def test_what_is_no_claim(outbox: Outbox, size: Any, lease: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match="takes a"):
        await claimed(outbox, size, lease=lease)


# Delivered, or not.


async def test_acknowledged_one_by_one(outbox: Outbox, database: Database) -> None:
    await fill(outbox, database, 3)
    batch = await claimed(outbox)
    first, second, third = batch
    await batch.acknowledge(second)
    assert [message.id for message in await left(database)] == [first.id, third.id]
    with pytest.raises(UnsupportedOperationError, match=f"message {second.id} is not open in this batch"):
        await batch.acknowledge(second)
    await batch.acknowledge()
    await batch.acknowledge()
    assert await left(database) == []


async def test_what_is_left_is_claimed_again_when_the_lease_is_over(
    outbox: Outbox, database: Database
) -> None:
    """As it is when a claimer dies."""
    await fill(outbox, database, 2)
    lost = await claimed(outbox, lease=HOUR)
    (row, _) = await left(database)
    assert row.available_at is not None
    assert timedelta(minutes=50) < row.available_at - datetime.now(UTC) <= HOUR
    assert len(await claimed(outbox)) == 0
    await make_due(database, *lost)
    again = await claimed(outbox)
    assert [message.id for message in again] == [message.id for message in lost]
    assert {message.attempts for message in again} == {2}
    # Who was thought dead is told, and takes nothing away.
    with pytest.raises(ClaimLostError, match="the claim on 2 messages had ended") as raised:
        await lost.acknowledge()
    assert raised.value.ids == tuple(message.id for message in lost)
    assert len(await left(database)) == 2
    await again.acknowledge()
    assert await left(database) == []


async def test_a_claim_that_ended_and_that_nobody_took(outbox: Outbox, database: Database) -> None:
    await fill(outbox, database, 1)
    batch = await claimed(outbox)
    await make_due(database, *batch)
    await batch.acknowledge()
    assert await left(database) == []


async def test_a_retry_waits_longer_each_time(database: Database) -> None:
    outbox = Outbox(database, Outgoing, first=timedelta(minutes=4), longest=timedelta(minutes=30))
    await fill(outbox, database, 1)
    pauses: list[timedelta] = []
    for _ in range(6):
        batch = await claimed(outbox)
        (message,) = batch
        await batch.retry(message, ConnectionError("no\x00 server"))
        (row,) = await left(database)
        assert row.error == "ConnectionError: no server"
        assert row.available_at is not None
        pauses.append(row.available_at - datetime.now(UTC))
        assert len(await claimed(outbox)) == 0
        await make_due(database, message)
    # Half of each is chance.
    for pause, longest in zip(pauses, (4, 8, 16, 30, 30, 30), strict=True):
        assert timedelta(minutes=longest / 2 - 1) < pause <= timedelta(minutes=longest)


async def test_a_retry_of_a_claim_that_is_lost(outbox: Outbox, database: Database) -> None:
    await fill(outbox, database, 1)
    lost = await claimed(outbox)
    await make_due(database, *lost)
    again = await claimed(outbox)
    with pytest.raises(ClaimLostError):
        await lost.retry(lost.messages[0])
    await again.acknowledge()


async def test_given_up(database: Database) -> None:
    """It is claimed no more, and stays to be looked at, and to be made due again."""
    outbox = Outbox(database, Outgoing, give_up_after=2)
    await fill(outbox, database, 1)
    first = await claimed(outbox)
    (message,) = first
    await first.retry(message, "no")
    await make_due(database, message)
    second = await claimed(outbox)
    await second.retry(second.messages[0], "no")
    async with database.session() as session:
        (row,) = await OutgoingRepository(session).objects.filter(available_at=None)
    assert (row.attempts, row.error) == (2, "no")
    assert len(await claimed(outbox)) == 0
    await make_due(database, message)
    assert len(await claimed(outbox)) == 1


async def test_given_up_where_its_claimers_die(database: Database) -> None:
    """Nobody says that a delivery failed which killed who delivered."""
    outbox = Outbox(database, Outgoing, give_up_after=2)
    await fill(outbox, database, 2)
    (poison, _) = await claimed(outbox)
    await make_due(database, poison)
    (again,) = await claimed(outbox)
    assert (again.id, again.attempts) == (poison.id, 2)
    await make_due(database, poison)
    assert len(await claimed(outbox)) == 0
    async with database.session() as session:
        row = await OutgoingRepository(session).objects.get(available_at=None)
    assert (row.id, row.attempts, row.claim) == (poison.id, 2, None)
    assert row.error == "its claim ended, and nobody had said how the delivery went"
    await make_due(database, poison)
    assert len(await claimed(outbox)) == 1


@pytest.mark.parametrize("after", [0, -1, True, 1.0, "x"])
def test_what_is_no_number_of_claims(fresh_database: Database, after: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match="give_up_after= takes a whole number from 1 on"):
        Outbox(fresh_database, Outgoing, give_up_after=after)


@pytest.mark.by_turns
@pytest.mark.parametrize("poll", [0, -1, True, float("nan"), float("inf"), "x"])
async def test_what_is_no_time_to_wait(outbox: Outbox, poll: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match="poll= takes seconds"):
        await anext(outbox.claim(poll=poll))


# The table.


class Plain(OutboxMessage):
    """No model."""


@pytest.mark.parametrize("model", [Plain, OutboxMessage, Message, "outbox"])
def test_of_which_models(model: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"class Outgoing\(OutboxMessage, Base\)"):
        Outbox(None, model)  # type: ignore[arg-type]


async def test_a_migration_of_it(fresh_database: Database) -> None:
    """As the docs show it: alembic finds nothing to add."""
    docs: dict[str, Any] = {}

    def migrate(connection: Connection) -> None:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            docs["op"] = Operations(context)
            exec(MIGRATION, docs)
            docs["upgrade"]()
        assert compare_metadata(context, Base.metadata) == []

    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(migrate)
    outbox = Outbox(fresh_database, Outgoing)
    await fill(outbox, fresh_database, 2)
    assert len(await claimed(outbox)) == 2


MIGRATION = """
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


def upgrade():
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("topic", sa.String(255), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(32)),
        sa.Column("error", sa.Text()),
    )
    op.create_index("ix_outbox_available_at_id", "outbox", ["available_at", "id"])
"""
