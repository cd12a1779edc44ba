"""Finding or else creating a model, safely beside other transactions that do the same."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from django_like_repos.clauses.instances import instance, resolved, settable
from django_like_repos.clauses.locking import is_lockable, locked
from django_like_repos.clauses.storing import fit, read_in
from django_like_repos.execution import objects
from django_like_repos.execution.conflicts import is_taken
from django_like_repos.execution.graphs import check_related, read_related
from django_like_repos.execution.locking import is_in_transaction, lock_object
from django_like_repos.execution.reading import only
from django_like_repos.execution.shards import translated
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Names, Query, plain
from django_like_repos.statements.assignments import assigned, inserted

Values = Mapping[str, Any] | None
Attributes = Callable[[], Mapping[str, Any]]
"""What a new model gets of the lookups that found none: worked out if it is made."""


def made(names: Names, verb: str, attributes: Mapping[str, Any]) -> Any:
    """A new model, of values and of what the database computes without a row."""
    usual = fit(names, verb, attributes)
    return instance(names, verb, attributes if usual else inserted(names, verb, attributes), usual=usual)


def get_or_create(
    session: Session,
    query: Query,
    attributes: Attributes,
    defaults: Values,
    verb: str = "get_or_create",
) -> tuple[Any, bool]:
    """The only model of a query, or a new one of attributes and defaults; whether it is new."""
    found = only(session, query)
    if found is not None:
        return found, False
    return create_or_find(session, query, lambda: {**attributes(), **resolved(defaults)}, verb)


def create_or_find(
    session: Session, query: Query, values: Callable[[], Mapping[str, Any]], verb: str
) -> tuple[Any, bool]:
    """A new model, or the only one of a query where another transaction was first; whether it is new."""
    # What is pending is the caller's, and so is what is wrong with it.
    session.flush()
    try:
        with _saved(session, query):
            # Made only now: an instance that knows related ones belongs to the session at once, and beginning
            # a savepoint flushes.
            model = made(plain(query.names), verb, values())
            read_related(session, query.names.zone, verb, model)
            session.add(model)
    except IntegrityError as error:
        # Another transaction may have been first; if it was not that, the error is the caller's.
        found = only(session, query) if is_taken(error) else None
        if found is None:
            raise
        return found, False
    _load(session, query, model)
    return model, True


def update_or_create(
    session: Session, query: Query, attributes: Attributes, defaults: Values, changes: Values
) -> tuple[Any, bool]:
    """The only model of a query, changed, or a new one of attributes and defaults; whether it is new."""
    model = find_locked(session, query)
    if model is None:
        # Who was first may have it locked still.
        query, _ = _locking(session, query)
        model, created = create_or_find(
            session, query, lambda: {**attributes(), **resolved(defaults)}, "update_or_create"
        )
        if created:
            return model, True
    change(session, query, model, resolved(changes))
    return model, False


def find_locked(session: Session, query: Query) -> Any:
    """The only model of a query, its row locked; None where there is none."""
    looking, locks = _locking(session, query)
    model = only(session, looking)
    if model is not None and not locks:
        lock_object(session, model)
    return model


def change(session: Session, query: Query, model: Any, changes: Mapping[str, Any]) -> None:
    """Sets attributes of a model, and writes them."""
    session.flush()
    with _saved(session, query):
        given = settable(plain(query.names), "update_or_create", changes)
        check_related(session, "update_or_create", given.values())
        for name, value in assigned(query.names, given).items():
            setattr(model, name, value)
        read_in(plain(query.names), "update_or_create", model)
    _load(session, query, model)


def _load(session: Session, query: Query, model: Any) -> None:
    """Loads what a flush expired in a model, since the database or the mapping computes it."""
    state = instance_state(model)
    if state.expired_attributes:
        objects.reload_written(session, query, [state])


def _locking(session: Session, query: Query) -> tuple[Query, bool]:
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
