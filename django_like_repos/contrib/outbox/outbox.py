"""``Outbox``: messages written beside what they tell of, claimed by whoever delivers them, once at a time.

A claim is an UPDATE, committed at once, that says until when it lasts: nothing is locked while messages are
delivered, and what a claimer leaves undelivered when it dies is claimed again when that time has come.
"""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import ColumnElement, Interval, Table, Update, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.atomic import HasSession, atomic, session_of
from django_like_repos.contrib.outbox.model import Message, OutboxMessage
from django_like_repos.database import Database
from django_like_repos.errors import RepositoryError, UnsupportedOperationError
from django_like_repos.repository import BaseRepository

FIRST: Final = timedelta(seconds=5)
"""After the first failure of a delivery, the longest until the next; twice as long after each further one."""
LONGEST: Final = timedelta(hours=1)
MOST_OF_AN_ERROR: Final = 2000
"""Characters of an error that are kept."""
_DIED: Final = "its claim ended, and nobody had said how the delivery went"


class ClaimLostError(RepositoryError):
    """Somebody else has claimed messages meanwhile, since the claim had ended: they are delivered twice."""

    def __init__(self, ids: Collection[int]) -> None:
        self.ids = tuple(sorted(ids))
        super().__init__(
            f"the claim on {len(self.ids)} messages had ended before they were acknowledged, and somebody "
            "else delivers them, too: claim fewer at once, or for longer (lease=). Their ids: "
            f"{', '.join(map(str, self.ids[:10]))}{' …' if len(self.ids) > 10 else ''}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.ids,)


class Outbox:
    """The outbox of a database, in the table of a model that has the columns of ``OutboxMessage``.

    ``first`` and ``longest`` bound how long after a failed delivery a message is claimed again; each failure
    doubles it, and some of it is chance. ``give_up_after``: the number of claims after which a message that
    fails, or whose claimer dies, is claimed no more, its ``available_at`` being None; None for never.
    """

    def __init__(
        self,
        database: Database,
        model: type[OutboxMessage],
        *,
        first: timedelta = FIRST,
        longest: timedelta = LONGEST,
        give_up_after: int | None = None,
    ) -> None:
        if not (isinstance(model, type) and issubclass(model, OutboxMessage) and hasattr(model, "__table__")):
            raise UnsupportedOperationError(
                "an Outbox has a model of its columns: class Outgoing(OutboxMessage, Base), and not "
                f"{getattr(model, '__name__', model)!r}"
            )
        self._database = database
        self._repository: type[BaseRepository[Any]] = type(
            f"{model.__name__}Repository", (BaseRepository,), {"model_cls": model}
        )
        self._table: Table = vars(model)["__table__"]
        self._first = _positive("first", first)
        self._longest = _positive("longest", longest)
        if give_up_after is not None and (type(give_up_after) is not int or give_up_after < 1):
            raise UnsupportedOperationError(
                f"give_up_after= takes a whole number from 1 on, or None for never, and not {give_up_after!r}"
            )
        self._give_up_after = give_up_after

    async def add(
        self, where: HasSession, topic: str, payload: Any, *, delay: timedelta = timedelta()
    ) -> int:
        """Writes a message in the transaction of a session, or of a repository's; gives back its id.

        It is delivered if that is committed, and not before ``delay`` has passed. Raises
        InvalidLookupValueError for a payload that is no JSON.
        """
        session = session_of(where)
        moments = {"created_at": self._now(), "available_at": self._after(delay)}
        repository = self._repository(session).flush()
        message: Any = await repository.create(topic=topic, payload=payload, **moments)
        number: int = message.id
        # It is changed by claims, behind the back of this session.
        session.expunge(message)
        return number

    async def claim(
        self,
        size: int = 100,
        *,
        lease: timedelta = timedelta(minutes=1),
        topics: Collection[str] | None = None,
        poll: float | None = None,
    ) -> AsyncIterator["Batch"]:
        """Batches of up to ``size`` messages, the longest due first, which nobody else gets for ``lease``.

        Without ``poll`` until nothing is left to be claimed; with it for ever, asking again after so many
        seconds. ``topics``: those alone. What of a batch is neither acknowledged nor retried is claimed again
        when the lease is over.
        """
        if type(size) is not int or size < 1:
            raise UnsupportedOperationError(f"claim() takes a whole number from 1 on, and not {size!r}")
        _positive("lease", lease)
        if poll is not None and not _is_time(poll):
            raise UnsupportedOperationError(
                f"poll= takes seconds, a number of more than nothing, and not {poll!r}"
            )
        while True:
            batch = await self._claim(size, lease, topics)
            if batch:
                yield batch
            elif poll is None:
                return
            else:
                # Not all claimers at the same moment.
                await asyncio.sleep(poll * random.uniform(0.5, 1))

    async def _claim(self, size: int, lease: timedelta, topics: Collection[str] | None) -> "Batch":
        table, token = self._table, uuid4().hex
        due = [table.c.available_at <= self._now()]
        if topics is not None:
            due.append(table.c.topic.in_([*topics]))
        columns = [table.c[name] for name in Message._fields]
        claim = (
            self._update_first(size, due)
            .values(claim=token, available_at=self._after(lease), attempts=table.c.attempts + 1)
            .returning(*columns)
        )
        async with self._atomic() as session:
            if self._give_up_after is not None:
                await session.execute(self._give_up(self._give_up_after, due))
            rows = (await session.execute(claim)).all()
        return Batch(self, token, sorted((Message(*row) for row in rows), key=_number))

    def _give_up(self, after: int, due: list[ColumnElement[bool]]) -> Update:
        """Leaves those messages whose claimer has died with their last claim."""
        table = self._table
        died = [*due, table.c.claim.is_not(None), table.c.attempts >= after]
        return self._update_first(None, died).values(
            claim=None, available_at=None, error=func.coalesce(table.c.error, _DIED)
        )

    def _update_first(self, size: int | None, conditions: list[ColumnElement[bool]]) -> Update:
        """An UPDATE of messages, the longest due first, but of none that somebody else is at."""
        table = self._table
        found = select(table.c.id).where(*conditions).order_by(table.c.available_at, table.c.id)
        # Not as a plain subquery, which PostgreSQL may run more than once.
        chosen = found.limit(size).with_for_update(skip_locked=True).cte("due")
        return update(table).where(table.c.id.in_(select(chosen.c.id)))

    @asynccontextmanager
    async def _atomic(self) -> AsyncIterator[AsyncSession]:
        """A transaction that nobody's beside it makes fail, whatever the engine is set to."""
        async with atomic(self._database) as session:
            if self._is_postgresql():
                await session.connection(execution_options={"isolation_level": "READ COMMITTED"})
            yield session

    async def _acknowledge(self, token: str, ids: Collection[int]) -> set[int]:
        table = self._table
        done = delete(table).where(table.c.id.in_(ids), table.c.claim == token).returning(table.c.id)
        async with self._atomic() as session:
            return {*await session.scalars(done)}

    async def _retry(self, token: str, message: Message, error: BaseException | str | None) -> bool:
        table = self._table
        given_up = self._give_up_after is not None and message.attempts >= self._give_up_after
        again = (
            update(table)
            .where(table.c.id == message.id, table.c.claim == token)
            .values(
                claim=None,
                available_at=None if given_up else self._after(self._pause(message.attempts)),
                error=None if error is None else _told(error),
            )
            .returning(table.c.id)
        )
        async with self._atomic() as session:
            return (await session.scalar(again)) is not None

    def _pause(self, attempts: int) -> timedelta:
        # Beyond that, doubling overflows.
        longest: timedelta = min(self._first * 2 ** min(attempts - 1, 30), self._longest)
        return longest * random.uniform(0.5, 1)

    def _now(self) -> ColumnElement[Any]:
        """The moment by the clock that all claimers share: the server's, or of a file the machine's."""
        return self._after(timedelta())

    def _after(self, span: timedelta) -> ColumnElement[Any]:
        if not self._is_postgresql():
            return literal(datetime.now(UTC) + span, self._table.c.created_at.type)
        now: ColumnElement[Any] = func.now()
        return now + literal(span, Interval()) if span else now

    def _is_postgresql(self) -> bool:
        return self._database.engine.dialect.name == "postgresql"


class Batch:
    """Messages of one claim, to be delivered one after the other or together."""

    def __init__(self, outbox: Outbox, token: str, messages: list[Message]) -> None:
        self._outbox = outbox
        self._token = token
        self._open = {message.id: message for message in messages}
        self.messages = tuple(messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    def __repr__(self) -> str:
        return f"<Batch {self._token}: {len(self.messages)} messages, {len(self._open)} of them open>"

    async def acknowledge(self, *messages: Message) -> None:
        """Says that messages are delivered, all that are open where none is named: they are gone then.

        Raises ClaimLostError for those that somebody else has claimed meanwhile, UnsupportedOperationError
        for those that are not open in this batch.
        """
        self._check_open(messages)
        ids = [message.id for message in messages] or [*self._open]
        if not ids:
            return
        done = await self._outbox._acknowledge(self._token, ids)
        self._close(ids)
        if len(done) < len(ids):
            raise ClaimLostError({*ids} - done)

    async def retry(self, message: Message, error: BaseException | str | None = None) -> None:
        """Says that a delivery failed, and why: the message is claimed again after a while.

        Raises ClaimLostError and UnsupportedOperationError as ``acknowledge()`` does.
        """
        self._check_open([message])
        kept = await self._outbox._retry(self._token, message, error)
        self._close([message.id])
        if not kept:
            raise ClaimLostError([message.id])

    def _check_open(self, messages: Collection[Message]) -> None:
        for message in messages:
            if message.id not in self._open:
                raise UnsupportedOperationError(
                    f"message {message.id} is not open in this batch: it is of another, or was acknowledged "
                    "or retried already"
                )

    def _close(self, ids: Collection[int]) -> None:
        for each in ids:
            self._open.pop(each, None)


def _number(message: Message) -> int:
    return message.id


def _positive(name: str, span: timedelta) -> timedelta:
    if not isinstance(span, timedelta) or span <= timedelta():
        raise UnsupportedOperationError(f"{name}= takes a timedelta of more than nothing, and not {span!r}")
    return span


def _is_time(seconds: Any) -> bool:
    return type(seconds) in (int, float) and math.isfinite(seconds) and seconds > 0


def _told(error: BaseException | str) -> str:
    said = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return said[:MOST_OF_AN_ERROR].replace("\x00", "")
