"""Rows that are locked as they are read: what a session must have for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import InstanceState, Session

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.objects import leads_to_another, put_back
from django_like_repos.execution.shards import connections, is_sqlite
from django_like_repos.execution.transactions import begin
from django_like_repos.mapping.models import hop_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.tree.locking import refuse_on_sqlite


def check_supported(session: Session, query: Query) -> None:
    """Raises UnsupportedOperationError where the database of a session cannot lock as a query wants."""
    locked = query.frame.locked
    if locked is not None and is_sqlite(session, mapper_of(query.model)):
        refuse_on_sqlite(locked)


def lock_object(session: Session, model: Any) -> None:
    """Locks the row of an object, and reads it as it is then."""
    # What is read anew would overwrite it.
    session.flush()
    with relations_kept(session):
        session.refresh(model, with_for_update=True)


def is_in_transaction(session: Session, query: Query) -> bool:
    """Whether what a session locks stays locked until its transaction ends."""
    used = connections(session, mapper_of(query.model))
    return not any(each._is_autocommit_isolation() for each in used)


@contextmanager
def relations_kept(session: Session) -> Iterator[None]:
    """A block that reads objects anew, after which they have the relations that they had.

    SQLAlchemy would load them when they are asked for, which cannot be awaited. One that leads to another
    object now is not loaded. A collection is the same one afterwards: a copy of it would tell the other ends
    of what is put into it.
    """
    before = {state: _relations(state) for state in session.identity_map.all_states()}
    yield
    for state, relations in before.items():
        for key, related in relations.items() if state.obj() is not None else ():
            if key not in state.dict and not _has_moved(state, key, related):
                put_back(state, key, related)


def _relations(state: InstanceState[Any]) -> dict[str, Any]:
    """The relations of an object that are loaded."""
    keys = [relation.key for relation in state.mapper.relationships]
    return {key: state.dict[key] for key in keys if key in state.dict}


def _has_moved(state: InstanceState[Any], key: str, related: Any) -> bool:
    hop = hop_of(state.mapper, key)
    return hop is not None and leads_to_another(state, hop, related)


def prepare(session: Session, query: Query) -> None:
    """Makes a session ready to lock the rows of a query, and to read them anew.

    Raises UnsupportedOperationError where the locks would be gone at once.
    """
    if query.frame.locked is None or query.never:
        return
    if query.settings.commit:
        raise UnsupportedOperationError(
            "select_for_update() locks rows until the transaction ends, and commit() ends it at once: "
            "leave it out, and commit when the rows are written"
        )
    if not is_in_transaction(session, query):
        raise UnsupportedOperationError(
            "select_for_update() locks rows until the transaction ends, and this session is in none: "
            "its isolation level is AUTOCOMMIT, by which each statement is a transaction of its own"
        )
    # An engine of the user's own does not begin by itself, on SQLite.
    for connection in connections(session, mapper_of(query.model)):
        begin(connection)
    # What is read anew would overwrite it.
    session.flush()
