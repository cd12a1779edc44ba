"""Blocks of a session that end themselves: of ``begin_nested()``, of ``atomic()``, and writes with hooks.

Nobody else ends a transaction within one, and where a part of it has failed that has no savepoint of its own,
nothing is kept of the whole. A block ends before those around it; where tasks have interleaved theirs, so
that it does not, nothing is kept of them.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from django_like_repos.errors import RolledBackError, UnsupportedOperationError

ATOMIC: Final = "atomic()"
NESTED: Final = "begin_nested()"
WRITE: Final = "a write of several steps"

_HELD: Final = frozenset({ATOMIC, WRITE})
"""Those in which nobody rolls back by hand."""

_BLOCKS: Final = "django_like_repos.blocks"
_PROMISED: Final = "django_like_repos.promised"
SPOILED: Final = "django_like_repos.spoiled"


class Spoiled(NamedTuple):
    """What a transaction, or a savepoint, cannot keep any more, and why."""

    boundary: SessionTransaction
    error: BaseException


_ONE_TASK: Final = "a session serves one task at a time, so give each task a session of its own"


class OpenBlock:
    """One block of a session, and the task that has begun it."""

    __slots__ = ("lost", "name", "task")

    def __init__(self, name: str) -> None:
        self.name = name
        self.task = asyncio.current_task()
        self.lost: RolledBackError | None = None
        """Why nothing of it can be kept."""


_AROUND: Final[ContextVar[tuple[OpenBlock, ...]]] = ContextVar("django_like_repos.around", default=())
"""The blocks around the code that runs, also of a task that was begun in them."""


def check_own(session: Session) -> None:
    """Raises UnsupportedOperationError where a block would begin within one that another task is in.

    What runs within that block, as a task of a TaskGroup in it does, has its own there. So has what runs
    after the task that began it, as a test does whose fixture holds it open.
    """
    blocks: list[OpenBlock] | None = session.info.get(_BLOCKS)
    if not blocks:
        return
    mine, around = asyncio.current_task(), _AROUND.get()
    for block in blocks:
        done = block.task is None or block.task.done()
        if block.name != NESTED and block.task is not mine and not done and block not in around:
            raise UnsupportedOperationError(
                f"this session is in a block of {block.name} of another task, with whose end one within it "
                f"would end: {_ONE_TASK}"
            )


def open_block(session: Session, name: str) -> OpenBlock:
    """Says that a block is open. In one of ours nobody commits or rolls back by hand."""
    blocks: list[OpenBlock] = session.info.setdefault(_BLOCKS, [])
    if name in _HELD and _held(blocks) is None:
        # Of any session: one that the user made has no room for such a check.
        session.commit = partial(_refuse, session, check_commits_whole)  # type: ignore[method-assign]
        session.rollback = partial(_refuse, session, check_undoes_whole)  # type: ignore[method-assign]
    block = OpenBlock(name)
    blocks.append(block)
    _AROUND.set((*_AROUND.get(), block))
    return block


def close_block(session: Session, block: OpenBlock) -> RolledBackError | None:
    """Says that a block is over; why nothing of it is kept, where one of another task did not end before."""
    _AROUND.set(tuple(each for each in _AROUND.get() if each is not block))
    blocks: list[OpenBlock] = session.info.get(_BLOCKS, [])
    if block not in blocks:
        return block.lost
    at = blocks.index(block)
    within = blocks[at + 1 :]
    del blocks[at]
    if block.name in _HELD and _held(blocks) is None:
        del session.commit, session.rollback
    others = [each for each in within if each.task is not block.task]
    if others:
        block.lost = RolledBackError(
            f"this block of {block.name} has ended before one of {others[-1].name} of another task within "
            f"it, so that nothing of both is kept: {_ONE_TASK}"
        )
    for each in within if others else ():
        each.lost = RolledBackError(
            f"a block of {block.name} of another task around this one of {each.name} has ended before it, "
            f"so that nothing of both is kept: {_ONE_TASK}"
        )
    return block.lost


def forget_blocks(session: Session) -> None:
    """Says that no block is open any more whose task is over: the session begins anew."""
    blocks: list[OpenBlock] = session.info.get(_BLOCKS, [])
    left = [each for each in blocks if each.task is None or each.task.done()]
    for block in left[::-1]:
        close_block(session, block)
    if left and not blocks:
        session._trans_context_manager = None


def leave_context(session: Session, transaction: SessionTransaction) -> Callable[[], None]:
    """What has to be done after the end of a transaction that is a context manager.

    SQLAlchemy forgets one that is not the innermost only when it is told to; until then it lets nothing run.
    """
    outer = getattr(transaction, "_outer_trans_ctx", None)

    def left() -> None:
        inner: Any = session._trans_context_manager
        if inner is transaction:
            session._trans_context_manager = outer
        while inner is not None:
            if getattr(inner, "_outer_trans_ctx", None) is transaction:
                inner._outer_trans_ctx = outer
            inner = getattr(inner, "_outer_trans_ctx", None)

    return left


def first_of(*errors: BaseException | None) -> BaseException | None:
    """The first error that is one, whatever it says of its truth."""
    return next((each for each in errors if each is not None), None)


def _held(blocks: list[OpenBlock]) -> OpenBlock | None:
    """The innermost block in which nobody rolls back by hand."""
    return next((each for each in reversed(blocks) if each.name in _HELD), None)


def is_in_block(session: Session) -> bool:
    """Whether the session is in a block that ends itself."""
    return bool(session.info.get(_BLOCKS))


def promise(session: Session) -> None:
    """Says that somebody commits the session at the end of its work, a request say."""
    session.info[_PROMISED] = True


def is_promised(session: Session) -> bool:
    """Whether somebody commits the session at the end of its work."""
    return _PROMISED in session.info


def check_commits_whole(session: Session) -> None:
    """Raises UnsupportedOperationError where a commit would end more than the block that it stands in."""
    blocks = session.info.get(_BLOCKS)
    if blocks:
        raise UnsupportedOperationError(
            f"a commit would end the whole transaction, and not only this block of {blocks[-1].name}: "
            "the end of the block keeps its work; commit after it"
        )


def check_undoes_whole(session: Session) -> None:
    """Raises UnsupportedOperationError where a rollback would undo more than a block of ours."""
    block = _held(session.info.get(_BLOCKS, []))
    if block is not None:
        raise UnsupportedOperationError(
            f"a rollback would undo the whole transaction, and not only this block of {block.name}: "
            "an error that leaves the block undoes its work"
        )


def _refuse(session: Session, check: Callable[[Session], None]) -> NoReturn:
    check(session)
    raise AssertionError("the block is over")


def boundary_of(session: Session) -> SessionTransaction | None:
    """The innermost savepoint of a session, or else its transaction."""
    return session.get_nested_transaction() or session.get_transaction()


def spoil(session: Session, boundary: SessionTransaction | None, error: BaseException) -> None:
    """Says that what a savepoint, or the transaction, holds must not be kept.

    Until that is undone, its commit and every operation is refused.
    """
    if boundary is None or SPOILED in session.info:
        return
    session.info[SPOILED] = Spoiled(boundary, error)
    if not event.contains(session, "before_commit", _refuse_commit):
        event.listen(session, "before_commit", _refuse_commit)
        event.listen(session, "after_transaction_end", _forget)


def _refuse_commit(session: Session) -> None:
    if SPOILED in session.info:
        refuse_spoiled(session)


def _forget(session: Session, transaction: SessionTransaction) -> None:
    spoiled = session.info.get(SPOILED)
    if spoiled is not None and spoiled.boundary is transaction:
        del session.info[SPOILED]


def refuse_spoiled(session: Session) -> None:
    """Raises RolledBackError, since a part of the block has failed."""
    spoiled: Any = session.info[SPOILED]
    raise RolledBackError(
        f"an atomic(savepoint=False) within has failed with {type(spoiled.error).__name__}, "
        "so that nothing of this block is kept, and nothing more runs in it: let the error leave the block, "
        "or give what may fail a savepoint"
    ) from spoiled.error
