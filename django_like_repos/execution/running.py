"""Work done with a session, as one operation of it: the one place that awaits."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.asked import LISTENING, asking
from django_like_repos.execution.blocks import check_commits_whole
from django_like_repos.execution.committed import finished
from django_like_repos.execution.cursors import LEFT, close_left
from django_like_repos.execution.places import reads_from
from django_like_repos.execution.renewing import renewed
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.turns import commit_known, take_turn
from django_like_repos.query import Query
from django_like_repos.query.places import PRIMARY

T = TypeVar("T")


async def run(
    session: SomeSession | None, query: Query, work: Callable[[Session], T], place: str | None = None
) -> T:
    """Does ``work`` with the session, then flushes or commits if the query says so.

    It reads from ``place``, or where the query says. Raises UnsupportedOperationError where there is no
    session, or it is in use by another task.
    """

    def whole(sync: Session) -> T:
        if LEFT in sync.info:
            close_left(sync)
        if query.settings.commit:
            check_commits_whole(sync)
        if place is None and query.settings.reads is None:
            result = work(sync)
        else:
            with reads_from(sync, place or query.settings.reads):
                result = work(sync)
        if query.settings.commit:
            with commit_known(sync):
                sync.commit()
        elif query.settings.flush:
            sync.flush()
        return result

    if session is None:
        raise UnsupportedOperationError(
            "this queryset has no session to run in; it can only be looked at, or given one by in_session()"
        )
    asked = own(session)
    turn = take_turn(asked)
    run_sync = getattr(asked, "run_within_turn", asked.run_sync)
    done = run_sync(renewed, whole)
    return await finished(turn, asked.sync_session, asking(query, done) if LISTENING else done)


def write(session: SomeSession | None, query: Query, work: Callable[[Session], T]) -> Coroutine[Any, Any, T]:
    """The same of what writes: whatever it reads, it reads from the primary."""
    return run(session, query, work, PRIMARY)
