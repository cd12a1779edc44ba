"""Finding or else creating a model, safely beside other transactions that do the same."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from django_like_repos.clauses.instances import instance, resolved, settable
from django_like_repos.clauses.locking import is_lockable, locked
from django_like_repos.clauses.storing import fit, read_in
from django_like_repos.execution import objects
from django_like_repos.execution.conflicts import is_taken
from django_like_repos.execution.locking import is_in_transaction, lock_object
from django_like_repos.execution.reading import only
from django_like_repos.execution.shards import translated
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Names, Query, plain
from django_like_repos.statements.assignments import assigned, inserted

Values = Mapping[str, Any] | None


def made(names: Names, verb: str, attributes: Mapping[str, Any]) -> Any:
    """A new model, of values and of what the database computes without a row."""
    usual = fit(names, verb, attributes)
    return instance(names, verb, attributes if usual else inserted(names, verb, attributes), usual=usual)


def get_or_create(
    session: Session,
    query: Query,
    attributes: Mapping[str, Any],
    defaults: Values,
    verb: str = "get_or_create",
) -> tuple[Any, bool]:
    """The only model of a query, or a new one of attributes and defaults; whether it is new."""
    found = only(session, query)
    if found is not None:
        return found, False
    # What is pending is the caller's, and so is what is wrong with it.
    session.flush()
    try:
        with _saved(session, query):
            # Made only now: an instance that knows related ones belongs to the session at once, and beginning
            # a savepoint flushes.
            model = made(plain(query.names), verb, {**attributes, **resolved(defaults)})
            session.add(model)
    except IntegrityError as error:
        # Another transaction may have been first; if it was not that, the error is the caller's.
        found = only(session, query) if is_taken(error) else None
        if found is None:
            raise
        return found, False
    return model, True


def update_or_create(
    session: Session, query: Query, attributes: Mapping[str, Any], defaults: Values, changes: Values
) -> tuple[Any, bool]:
    """The only model of a query, changed, or a new one of attributes and defaults; whether it is new."""
    looking, locks = _locked(session, query)
    model, created = get_or_create(session, looking, attributes, defaults, "update_or_create")
    if not created:
        if not locks:
            lock_object(session, model)
        session.flush()
        with _saved(session, query):
            given = settable(plain(query.names), "update_or_create", resolved(changes))
            for name, value in assigned(query.names, given).items():
                setattr(model, name, value)
            read_in(plain(query.names), "update_or_create", model)
        with translated(session, mapper_of(query.model), query):
            objects.refresh(session, inspect(model))
    return model, created


def _locked(session: Session, query: Query) -> tuple[Query, bool]:
    """A query that locks the row that it finds, and whether it does: groups, say, have none to be locked."""
    # The caller's flags are for what is written.
    query = query.evolve(commit=False, flush=False)
    if not is_in_transaction(session, query):
        return query, True
    if not is_lockable(query):
        return query, False
    return (query if query.frame.locked else locked(query)), True


@contextmanager
def _saved(session: Session, query: Query) -> Iterator[None]:
    """Work that is undone as a whole where it fails, in the schema in which the query looks."""
    mapper = mapper_of(query.model)
    with translated(session, mapper, query), objects.savepoint(session, mapper):
        yield
