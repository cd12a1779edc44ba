"""Statements sent to the driver by what was learned of them, and learned where they are not yet."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, CursorResult, Result
from sqlalchemy.orm import Session

from django_like_repos.execution.direct.alone import is_alone, note_failure
from django_like_repos.execution.direct.clearance import AUTOCOMMIT, READS, is_clear, lets_pass
from django_like_repos.execution.direct.drivers import send
from django_like_repos.execution.direct.learning import learned
from django_like_repos.execution.direct.routes import Route
from django_like_repos.plans import Run

_LOG: Final = logging.getLogger("django_like_repos.direct")

_BIND: Final = "bind"
"""Under which a statement's memory has what a session asks for its connection."""


def values_of(
    session: Session, run: Run, params: Mapping[str, Any], options: Mapping[str, Any]
) -> Iterable[Sequence[Any]]:
    """The rows of a SELECT of values, from the driver or from SQLAlchemy."""
    found = read(session, run, params, options)
    if found is not None:
        return found.rows
    result = session.execute(run.statement, params, execution_options=options)
    learn(session, run, params, options, result)
    return result


class Found(NamedTuple):
    """The rows of a statement, and how they were got."""

    rows: Sequence[Any]
    route: Route


def _aside(run: Run, why: str) -> Found | None:
    if _LOG.isEnabledFor(logging.DEBUG):
        _LOG.debug("SQLAlchemy executes a statement because %s: %s", why, run.statement)
    return None


def read(
    session: Session,
    run: Run,
    params: Mapping[str, Any],
    options: Mapping[str, Any],
    commits: bool = False,
) -> Found | None:
    """The rows of a statement from the driver; None where SQLAlchemy has to execute it.

    ``commits``: whether the session is committed next, and nothing done before.
    """
    known = run.known
    if not known:
        return _aside(run, "its plan is not kept" if known is None else "nothing is learned of it yet")
    if not is_clear(session, options):
        return _aside(run, "of the session's listeners, of an execute() of its own, or of execution options")
    # As SQLAlchemy does it, before it asks for a connection.
    session._autoflush()
    connection = session.connection({**known[_BIND], "clause": run.statement})
    route: Route | None = known.get(connection.dialect)
    if route is None:
        return _aside(run, "more is done for it than to send a text and values")
    if not lets_pass(connection):
        return _aside(run, "of what listens to its engine or connection, of a log, or of their options")
    if not route.is_open():
        return _aside(run, "of what listens to its models")
    sent = route.filled(params)
    if sent is None:
        return _aside(run, "of its values")
    if commits and is_alone(session, connection, route):
        try:
            return Found(route.made(send(connection, route, params, *sent, begins=False)), route)
        except BaseException as error:
            note_failure(session, connection, error)
            raise
    begins = not route.only_reads or session.info.get(READS) != AUTOCOMMIT
    return Found(route.made(send(connection, route, params, *sent, begins=begins)), route)


def learn(
    session: Session,
    run: Run,
    params: Mapping[str, Any],
    options: Mapping[str, Any],
    result: Result[Any],
    loader: Any = None,
) -> None:
    """Remembers how SQLAlchemy has executed a SELECT, if the next may go to the driver.

    ``loader`` is how models are made of its rows, where they are.
    """
    cursor: Any = getattr(result, "raw", result)
    if run.known is None or type(cursor) is not CursorResult or not is_clear(session, options):
        return
    connection: Connection = cursor.connection
    if connection.dialect in run.known or not lets_pass(connection):
        return
    is_write = cursor.context.is_crud
    if cursor.context.invoked_statement is not run.statement and not is_write:
        # Somebody who has listened to it has made something else of it, this time.
        return
    statement: Any = run.statement
    said = statement._propagate_attrs
    subject = said.get("plugin_subject") if said.get("compile_state_plugin") == "orm" else None
    # First of all, since another thread may look.
    run.known[_BIND] = {} if subject is None else {"mapper": subject.mapper}
    run.known[connection.dialect] = learned(statement, params, cursor, loader)
