"""Blocks of a session that end themselves: of ``begin_nested()``, of ``atomic()``, and writes with hooks.

Nobody else ends a transaction within one, and where a part of it has failed that has no savepoint of its own,
nothing is kept of the whole.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from django_like_repos.errors import RolledBackError, UnsupportedOperationError

ATOMIC: Final = "atomic()"
NESTED: Final = "begin_nested()"
WRITE: Final = "a write with hooks"

_HELD: Final = frozenset({ATOMIC, WRITE})
"""Those in which nobody rolls back by hand."""

_BLOCKS: Final = "django_like_repos.blocks"
_PROMISED: Final = "django_like_repos.promised"
SPOILED: Final = "django_like_repos.spoiled"


class Spoiled(NamedTuple):
    """What a transaction, or a savepoint, cannot keep any more, and why."""

    boundary: SessionTransaction
    error: BaseException


def open_block(session: Session, name: str) -> None:
    """Says that a block is open. In one of ours nobody commits or rolls back by hand."""
    blocks = session.info.setdefault(_BLOCKS, [])
    if name in _HELD and _HELD.isdisjoint(blocks):
        # Of any session: one that the user made has no room for such a check.
        session.commit = partial(_refuse, session, check_commits_whole)  # type: ignore[method-assign]
        session.rollback = partial(_refuse, session, check_undoes_whole)  # type: ignore[method-assign]
    blocks.append(name)


def close_block(session: Session) -> None:
    """Says that the innermost block is over."""
    blocks = session.info[_BLOCKS]
    if blocks.pop() in _HELD and _HELD.isdisjoint(blocks):
        del session.commit, session.rollback


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
            f"a commit would end the whole transaction, and not only this block of {blocks[-1]}: "
            "the end of the block keeps its work; commit after it"
        )


def check_undoes_whole(session: Session) -> None:
    """Raises UnsupportedOperationError where a rollback would undo more than a block of ours."""
    block = next((each for each in reversed(session.info.get(_BLOCKS, ())) if each in _HELD), None)
    if block is not None:
        raise UnsupportedOperationError(
            f"a rollback would undo the whole transaction, and not only this block of {block}: "
            "an error that leaves the block undoes its work"
        )


def _refuse(session: Session, check: Callable[[Session], None]) -> NoReturn:
    check(session)
    raise AssertionError("the block is over")


def boundary_of(session: Session) -> SessionTransaction | None:
    """The innermost savepoint of a session, or else its transaction."""
    return session.get_nested_transaction() or session.get_transaction()


def spoil(session: Session, error: BaseException) -> None:
    """Says that what the innermost savepoint, or else the transaction, holds must not be kept.

    Until that is undone, its commit and every operation is refused.
    """
    boundary = boundary_of(session)
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
