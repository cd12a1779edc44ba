"""Work done with a session, as one operation of it: the one place that awaits."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.renewing import renewed
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.turns import check_commits_whole, commit_known, take_turn
from django_like_repos.query import Query

T = TypeVar("T")


async def run(session: SomeSession | None, query: Query, work: Callable[[Session], T]) -> T:
    """Does ``work`` with the session, then flushes or commits if the query says so.

    Raises UnsupportedOperationError where there is no session, or it is in use by another task.
    """

    def whole(sync: Session) -> T:
        result = work(sync)
        if query.settings.commit:
            check_commits_whole(sync)
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
    try:
        return await asked.run_sync(renewed, whole)
    finally:
        turn.end()
