"""An object and those that it brings along: where they belong, and the values that the new ones have."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.attributes import instance_state

from django_like_repos.caching import cached_by_class
from django_like_repos.clauses.storing import read_in
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import names


def in_session(session: Session, obj: Any, verb: str) -> InstanceState[Any]:
    """The state of an object. Raises UnsupportedOperationError for one that is in another session."""
    state: InstanceState[Any] = inspect(obj)
    _check_session(session, verb, state)
    return state


def check_new(session: Session, obj: Any) -> None:
    """Raises UnsupportedOperationError for an object that has a row, or is in another session."""
    state = in_session(session, obj, "add")
    refuse_deleted("add", state)
    if state.key is not None:
        raise UnsupportedOperationError(
            f"add(): this {type(obj).__name__} has a row already: update() stores what it has in that"
        )


def check_related(session: Session, verb: str, values: Iterable[Any]) -> None:
    """Raises UnsupportedOperationError where relations get what this session cannot take."""
    for value in values:
        for each in value if isinstance(value, (list, tuple, set, frozenset)) else (value,):
            state: Any = inspect(each, raiseerr=False)
            if isinstance(state, InstanceState):
                _check_addable(session, verb, state)
                for _ in _added(session, verb, state):
                    pass


def read_graph(session: Session, zone: str, verb: str, obj: Any) -> None:
    """Reads the values of an object that is to be added, and of the new ones that it brings along, as those
    of a filter are.

    Raises InvalidLookupValueError, and UnsupportedOperationError where one cannot be in this session.
    """
    _check_addable(session, verb, instance_state(obj))
    read_in(names(type(obj), zone), verb, obj)
    read_related(session, zone, verb, obj)


def read_related(session: Session, zone: str, verb: str, obj: Any) -> None:
    """The same of those that an object brings along alone."""
    for related in _added(session, verb, instance_state(obj)):
        if related.key is None:
            read_in(names(related.mapper.class_, zone), verb, related.obj())


def read_merged(zone: str, verb: str, obj: Any) -> None:
    """Reads the values of an object whose copy is stored, and of the new ones that it brings along."""
    read_in(names(type(obj), zone), verb, obj)
    for related in _brought("save-update", instance_state(obj), _has_row):
        read_in(names(related.mapper.class_, zone), verb, related.obj())


def merged_with(state: InstanceState[Any]) -> list[InstanceState[Any]]:
    """An object and those that SQLAlchemy's ``merge()`` stores with it."""
    return [state, *_brought("merge", state, None)]


def _added(session: Session, verb: str, state: InstanceState[Any]) -> Iterator[InstanceState[Any]]:
    """Those that SQLAlchemy adds to the session with an object."""

    def halts(related: InstanceState[Any]) -> bool:
        _check_addable(session, verb, related)
        return related.key is not None and related.session is session

    return _brought("save-update", state, halts)


def _brought(cascade: str, state: InstanceState[Any], halts: Any) -> Iterator[InstanceState[Any]]:
    if not _relations_of(state.mapper).isdisjoint(state.dict):
        for _, _, related, _ in state.mapper.cascade_iterator(cascade, state, halts):
            yield related


@cached_by_class(4096)
def _relations_of(mapper: Mapper[Any]) -> frozenset[str]:
    return frozenset(mapper.relationships.keys())


def _has_row(state: InstanceState[Any]) -> bool:
    return state.key is not None


def _check_addable(session: Session, verb: str, state: InstanceState[Any]) -> None:
    _check_session(session, verb, state)
    refuse_deleted(verb, state)


def _check_session(session: Session, verb: str, state: InstanceState[Any]) -> None:
    if state.session is not None and state.session is not session:
        raise UnsupportedOperationError(
            f"{verb}(): this {state.class_.__name__} is in another session: expunge() it there first, or "
            "take the one that this session reads"
        )


def refuse_deleted(verb: str, state: InstanceState[Any]) -> None:
    """Raises UnsupportedOperationError for an object that was deleted in the transaction."""
    if state.deleted:
        name = state.class_.__name__
        raise UnsupportedOperationError(
            f"{verb}(): this {name} was deleted in this transaction, and has no row any more: make a new one "
            "of what it has, or make this one new by make_transient() of sqlalchemy.orm"
        )
