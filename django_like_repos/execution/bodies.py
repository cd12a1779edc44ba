"""Rows as JSON: by the database, in one statement of one row, or else loaded, and written by Python."""

import logging
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.clauses.bodies import ToWrite
from django_like_repos.constructs.bodies import UNSAID
from django_like_repos.execution import reading
from django_like_repos.execution.actions import Work, do, plans_for
from django_like_repos.execution.dumping import dumped
from django_like_repos.execution.sessions import is_watched
from django_like_repos.execution.shards import is_sharded

_LOG: Final = logging.getLogger("django_like_repos.json")


class Text(NamedTuple):
    """Rows as a JSON array."""

    body: bytes
    rows: int
    """How many there are."""


def text(session: Session, asked: ToWrite) -> Text:
    """The rows of a query as text."""
    if asked.read.never:
        return Text(b"[]", 0)
    plan, params, why = _plan(session, asked)
    if plan is not None:
        query = asked.written
        assert query is not None
        work = Work(session, query, params, query.execution_options, reads=True)
        ((said, number),) = do(work, plan)
        if UNSAID not in said:
            return Text(said.encode(), number)
        why = "there is a value that the database cannot write: no member of its enum, or beyond Python's"
    _LOG.debug("Python writes JSON of %r because %s", asked.read, why)
    rows = reading.fetch(session, asked.read)
    return Text(dumped(rows, asked.by_alias, asked.names), len(rows))


def why_python(session: Session, asked: ToWrite) -> str:
    """Why Python writes the rows; nothing where the database does."""
    _, _, why = _plan(session, asked)
    return why


def _plan(session: Session, asked: ToWrite) -> tuple[plans.Plan | None, Any, str]:
    """The plan by which the database writes, and its params; or why it does not."""
    why = asked.why
    if not why and is_sharded(session):
        why = "the session asks several databases"
    if not why and is_watched(session):
        why = "somebody listens to what the session executes, and may change it"
    if why:
        return None, {}, why
    assert asked.written is not None
    plan, params = plans_for(session, asked.written).prepare(plans.BODY, asked.written)
    return (None, {}, plan.by_python) if plan.by_python else (plan, params, "")
