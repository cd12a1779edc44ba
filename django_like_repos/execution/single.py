"""One object: added, brought in from outside, deleted; and what the database made of it, loaded."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import InstanceState, Session, make_transient

from django_like_repos.clauses.filtering import filtered_by_key, whole
from django_like_repos.clauses.locking import locked
from django_like_repos.errors import DoesNotExist, StaleObjectError, UnsupportedOperationError
from django_like_repos.execution import objects
from django_like_repos.execution.actions import written_rows
from django_like_repos.execution.direct.inserting import inserted_by
from django_like_repos.execution.gone import forgetting
from django_like_repos.execution.graphs import (
    in_session,
    merged_with,
    read_merged,
    read_related,
    refuse_deleted,
)
from django_like_repos.execution.locking import is_in_transaction
from django_like_repos.execution.reading import by_key, only
from django_like_repos.execution.shards import translated
from django_like_repos.execution.written import with_rowcount
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query, names
from django_like_repos.query.telling import told_value

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written


def checked(query: Query, obj: Any, verb: str, session: Session) -> InstanceState[Any]:
    """The state of an object, whose values are read as those of a filter are.

    Raises InvalidLookupValueError, and UnsupportedOperationError for what is none of a model, or elsewhere.
    """
    if not isinstance(obj, query.model):
        raise UnsupportedOperationError(f"{verb}() takes a {query.model.__name__} here, not {obj!r}")
    state = in_session(session, obj, verb)
    with session.no_autoflush:
        read_merged(query.names.zone, verb, obj)
    return state


def add(session: Session, query: Query, models: Sequence[Any]) -> None:
    """Adds objects to the session; where the flags flush, what the database makes of them is loaded."""
    session.add_all(models)
    flush_if_told(session, query)


def flush_if_told(session: Session, query: Query) -> None:
    """Flushes the session where the flags of a query say so."""
    settings = query.settings
    if settings.flush or settings.commit:
        flush(session, query)


def flush(session: Session, query: Query) -> None:
    """Flushes the session, and loads what that expired: what the database or the mapping computes."""
    written: list[InstanceState[Any]] = [*session._new, *session._dirty_states]
    if query.settings.execution_options:
        with translated(session, mapper_of(query.model), query):
            session.flush()
    elif not inserted_by(session, commits=query.settings.commit):
        session.flush()
    stale = [state for state in written if state.expired_attributes]
    if stale:
        objects.reload_written(session, query, stale)


def updated(session: Session, query: Query, obj: Any) -> Any:
    """The session's object with what another one has, and its row, which must be there.

    Raises DoesNotExist and StaleObjectError, and UnsupportedOperationError for an object without a key.
    """
    return _updated(session, query, checked(query, obj, "update", session), "update")


def _updated(session: Session, query: Query, state: InstanceState[Any], verb: str) -> Any:
    obj: Any = state.obj()
    if state.pending:
        raise UnsupportedOperationError(
            f"{verb}(): this {type(obj).__name__} is new and has no row yet; it is inserted by the next flush"
        )
    query = _of_class(query, state)
    if state.persistent:
        if state.mapper.version_id_col is not None:
            _check_version(session, query, state)
        return obj
    key = key_held(state)
    if key is None:
        raise UnsupportedOperationError(
            f"{verb}(): this {type(obj).__name__} has no primary key, by which its row is found: add() it"
        )
    found = _row(session, query, state, key)
    if found is None:
        raise DoesNotExist(f"{verb}(): no {query.model.__name__} {shown_key(query, key)}")
    if state.mapper.version_id_col is not None:
        _refuse_no_version(query, state, found, verb)
    # Held, so that merge() asks for none of them again.
    stored = [_of_its_class(session, query, each, verb) for each in merged_with(state)]
    merged = session.merge(obj)
    del stored
    return merged


def _of_its_class(session: Session, query: Query, state: InstanceState[Any], verb: str) -> Any:
    """The session's object of one that is stored with another, where its row may be of a subclass.

    Raises UnsupportedOperationError where it is: SQLAlchemy would make the row one of the object's class.
    """
    mapper = state.mapper
    if mapper.polymorphic_on is None or len(mapper.self_and_descendants) == 1:
        return None
    found = row_of(session, query, state)
    if found is not None and type(found) is not mapper.class_:
        name, stored = mapper.class_.__name__, type(found).__name__
        raise UnsupportedOperationError(
            f"{verb}(): the row of this {name} is that of a {stored}, and would be no more: {verb} a "
            f"{stored}, change the object that is read, or the row by objects.update()"
        )
    return found


def saved(session: Session, query: Query, obj: Any) -> Any:
    """The same of an object that may have no row yet: it is added then."""
    state = checked(query, obj, "save", session)
    # Held, so that it is not asked for again.
    row = row_of(session, query, state)
    if row is not None:
        return _updated(session, query, state, "save")
    made_new(state)
    read_related(session, query.names.zone, "save", obj)
    session.add(obj)
    return obj


def made_new(state: InstanceState[Any]) -> None:
    """Makes an object whose row is gone as new.

    Raises UnsupportedOperationError for one that the session has deleted, and gives back if it rolls back.
    """
    refuse_deleted("save", state)
    if state.detached:
        make_transient(state.obj())


def row_of(session: Session, query: Query, state: InstanceState[Any]) -> Any:
    """The session's object of an object's key; None where there is no such row."""
    if state.persistent:
        return state.obj()
    key = None if state.pending else key_held(state)
    return None if key is None else by_key(session, _of_class(query, state), objects.key_in(key))


def deleted(session: Session, query: Query, obj: Any, keys: list[Any]) -> "Written":
    """Deletes the row of an object as SQLAlchemy does, cascades of the mapping included; its key goes into
    ``keys``.

    Raises DoesNotExist, StaleObjectError, and UnsupportedOperationError for an object without a key.
    """
    state = checked(query, obj, "delete", session)
    query = _of_class(query, state)
    key = None if state.pending else key_held(state)
    if key is None:
        raise UnsupportedOperationError(
            f"delete(): this {type(obj).__name__} has no row yet: session.expunge() takes it back"
            if state.pending
            else f"delete(): this {type(obj).__name__} has no primary key, by which its row is found"
        )
    found = _row(session, query, state, key, locks=True)
    if found is None:
        raise DoesNotExist(f"delete(): no {query.model.__name__} {shown_key(query, key)}")
    mapper = mapper_of(query.model)
    with forgetting(session, query, mapper, keys):
        session.delete(found)
        with translated(session, mapper, query):
            session.flush()
        keys.append(objects.key_in(key))
    return with_rowcount(written_rows(query.evolve(returning=None), [key]), 1)


def key_held(state: InstanceState[Any]) -> tuple[Any, ...] | None:
    """The primary key of an object; None where it has none, or not all of it."""
    if state.key is not None:
        return tuple(state.key[1])
    key = tuple([state.dict.get(field.key) for field in key_of(state.mapper)])
    return None if None in key else key


def shown_key(query: Query, key: Iterable[Any]) -> str:
    """A key as errors show it: its values where the session shows values."""
    return ", ".join([told_value(each, shown=query.settings.shown) for each in key])


def _of_class(query: Query, state: InstanceState[Any]) -> Query:
    """The query of an object's own class: its row may have parts that the others have not."""
    if state.mapper.class_ is query.model:
        return query
    return query.evolve(names=names(state.mapper.class_, query.names.zone))


def _row(
    session: Session, query: Query, state: InstanceState[Any], key: tuple[Any, ...], *, locks: bool = False
) -> Any:
    """The session's object of a key as its row is now; None where there is none. Raises StaleObjectError."""
    if state.mapper.version_id_col is not None:
        stored = _check_version(session, query, state)
        found = by_key(session, query, objects.key_in(key))
        if found is not None:
            # What the session holds may be older than what is to be written.
            _compare(query, inspect(found), stored)
        return found
    if not locks:
        return by_key(session, query, objects.key_in(key))
    looking = filtered_by_key(whole(query.model), objects.key_in(key))
    looking = looking.evolve(execution_options=query.execution_options)
    return only(session, locked(looking) if is_in_transaction(session, query) else looking)


def _check_version(session: Session, query: Query, state: InstanceState[Any]) -> Any:
    """The version that the row of an object has, which is locked.

    Raises DoesNotExist, and StaleObjectError where the object has another one.
    """
    key = key_held(state)
    assert key is not None
    version = getattr(query.model, _version_of(state))
    statement = (
        select(version).where(objects.key_column(query.model).in_([objects.key_in(key)])).with_for_update()
    )
    with session.no_autoflush:
        rows = session.execute(statement, execution_options=query.execution_options).all()
    if not rows:
        raise DoesNotExist(f"no {query.model.__name__} {shown_key(query, key)}")
    _compare(query, state, rows[0][0])
    return rows[0][0]


def _compare(query: Query, state: InstanceState[Any], stored: Any) -> None:
    name, key = _version_of(state), key_held(state)
    assert key is not None
    mine = state.committed_state.get(name, state.dict.get(name)) if state.key else state.dict.get(name)
    if mine is not None and mine != stored:
        shown = [told_value(each, shown=query.settings.shown) for each in (mine, stored)]
        raise StaleObjectError(
            f"{query.model.__name__} {shown_key(query, key)} was changed meanwhile: the object has version "
            f"{shown[0]}, and the row {shown[1]}: read it again"
        )


def _refuse_no_version(query: Query, state: InstanceState[Any], found: Any, verb: str) -> None:
    """Raises StaleObjectError for an object that says it has no version: SQLAlchemy compares that too."""
    name = _version_of(state)
    stored = getattr(found, name)
    if state.dict.get(name, stored) is None and stored is not None:
        raise StaleObjectError(
            f"{verb}(): this {type(state.obj()).__name__} has {name}=None, and the row has version "
            f"{told_value(stored, shown=query.settings.shown)}: give it the version that was read, or leave "
            f"{name}= out to store it over any"
        )


def _version_of(state: InstanceState[Any]) -> str:
    column = state.mapper.version_id_col
    assert column is not None
    return state.mapper.get_property_by_column(column).key
