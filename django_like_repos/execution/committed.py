"""What is to be done when a transaction is committed: callbacks, and who calls them when.

A callback belongs to the savepoint that it was registered in, goes over to what is around it when that is
released, and is forgotten when it is rolled back. It is called when the outermost commit is done and the
session free again, whoever commits.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.util import await_only

from django_like_repos.errors import OnCommitError
from django_like_repos.execution.blocks import boundary_of, is_promised
from django_like_repos.execution.calling import outcome
from django_like_repos.execution.direct.alone import sends_nothing
from django_like_repos.execution.turns import Turn, is_at_work

T = TypeVar("T")
OnCommit = Callable[[], Awaitable[Any] | Any]

DUE: Final = "django_like_repos.due"
"""Where a session's ``info`` has the callbacks of a transaction that is committed."""
_WAITING: Final = "django_like_repos.waiting"
_CALLING: Final = "django_like_repos.calling"
_LOG: Final = logging.getLogger("django_like_repos.on_commit")


class HeardSession(Session):
    """SQLAlchemy's session, of whose commits is heard without a listener for each."""


class Callback(NamedTuple):
    """One callback, and the savepoint or transaction whose end decides about it."""

    call: OnCommit
    robust: bool
    owner: SessionTransaction | None
    """None where the transaction has not begun yet."""


class Keeping(NamedTuple):
    """Callbacks that are kept, when they are due, and not called."""

    takes: Callable[[Session], bool]
    """Of which sessions."""
    kept: list[Callback]


KEEPING: Final[list[Keeping]] = []
"""Those who want callbacks kept, the last one first."""


def _are_kept(session: Session, due: list[Callback]) -> bool:
    """Whether somebody has kept what is due."""
    for each in reversed(KEEPING):
        if each.takes(session):
            each.kept.extend(due)
            return True
    return False


async def register(session: Session, call: OnCommit, *, robust: bool) -> None:
    """Has a callback called after the commit; at once, where nothing is to be committed."""
    info = session.info
    if not session.in_transaction() and (not is_promised(session) or _CALLING in info):
        callback = Callback(call, robust, None)
        if not (KEEPING and _are_kept(session, [callback])):
            await run_callback(callback, committed=False)
        return
    if _WAITING not in info:
        info[_WAITING] = []
        if not isinstance(session, HeardSession):
            _hear(session)
    info[_WAITING].append(Callback(call, robust, boundary_of(session)))


def _hear(sessions: Session | type[Session]) -> None:
    event.listen(sessions, "after_commit", _committed)
    event.listen(sessions, "after_transaction_end", _ended)


@sends_nothing
def _committed(session: Session) -> None:
    waiting: list[Callback] = session.info.get(_WAITING, [])
    ended = boundary_of(session)
    if not waiting or ended is None:
        return
    outer = _around(ended)
    if outer is None:
        session.info.setdefault(DUE, []).extend(waiting)
        waiting.clear()
    else:
        waiting[:] = [each._replace(owner=outer) if each.owner is ended else each for each in waiting]


def _around(transaction: SessionTransaction) -> SessionTransaction | None:
    outer = transaction.parent
    while outer is not None and not outer.nested and outer.parent is not None:
        outer = outer.parent
    return outer


def _ended(session: Session, transaction: SessionTransaction) -> None:
    waiting: list[Callback] | None = session.info.get(_WAITING)
    if waiting is None:
        return
    if transaction.parent is None:
        # What was committed is due already.
        waiting.clear()
        if DUE in session.info and not is_at_work(session):
            # A session that the user made, of which nobody else hears.
            _call_here(session)
    elif waiting and transaction.nested:
        waiting[:] = [each for each in waiting if each.owner is not transaction]


_hear(HeardSession)


def _call_here(session: Session) -> None:
    calling = call_due(session)
    try:
        await_only(calling)
    except MissingGreenlet:
        # Not by SQLAlchemy's asyncio: they are called after the next operation that is.
        calling.close()


@asynccontextmanager
async def calling_due(session: Session) -> AsyncIterator[None]:
    """A block that may commit, and after it the callbacks that are due then."""
    try:
        yield
    except BaseException:
        if DUE in session.info:
            await call_due(session, tells=False)
        raise
    if DUE in session.info:
        await call_due(session)


async def finished(turn: Turn, session: Session, work: Awaitable[T]) -> T:
    """The result of an operation, whose turn ends with it, and after it the callbacks that are due then."""
    tells = False
    try:
        result = await work
        tells = True
    finally:
        turn.end()
        if DUE in session.info:
            await call_due(session, tells=tells)
    return result


async def call_due(session: Session, *, tells: bool = True) -> None:
    """Calls the callbacks of what is committed, in the order in which they came.

    Raises OnCommitError for one that is not robust, and leaves out those after it; where it shall not tell,
    because another error is on its way, it logs that.
    """
    due: list[Callback] = session.info.pop(DUE, [])
    if KEEPING and _are_kept(session, due):
        return
    outermost = session.info.setdefault(_CALLING, due) is due
    done = 0
    try:
        for each in due:
            done += 1
            await run_callback(each, committed=True)
    except OnCommitError:
        if tells:
            raise
        _LOG.exception("a callback of on_commit() failed; what was committed is kept")
    finally:
        if outermost:
            del session.info[_CALLING]
        for left in due[done:]:
            _LOG.error(
                "%s was not called by on_commit(): one before it failed, or was cancelled", _name(left)
            )


async def run_callback(callback: Callback, *, committed: bool) -> None:
    """Calls one. An error of one that is robust is logged; of another it is raised, after a commit as an
    OnCommitError.
    """
    try:
        await outcome(callback.call(), f"{_name(callback)} in on_commit()")
    except Exception as error:
        if callback.robust:
            _LOG.exception("%s failed in on_commit(); what was committed is kept", _name(callback))
        elif committed:
            raise OnCommitError(
                f"the transaction is committed, and what it wrote is kept, but {_name(callback)} failed "
                f"in on_commit(): {type(error).__name__}: {error}"
            ) from error
        else:
            raise


def _name(callback: Callback) -> str:
    return str(getattr(callback.call, "__qualname__", repr(callback.call)))
