"""Collections that a query has filled with some of their rows: no later query takes them for the whole."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy.orm import InstanceState, Session

from django_like_repos.mapping.models import Hop

PARTIAL: Final = "django_like_repos.partial"
"""Where a session's ``info`` has the collections that hold some of their rows."""

Marks = WeakKeyDictionary[InstanceState[Any], set[str]]


@contextmanager
def filled_anew(session: Session, partial: tuple[Hop, ...], *, every: bool) -> Iterator[None]:
    """A query that fills what it loads, also where an earlier one has left a part; what it leaves out stays.

    It fills ``partial`` with some of the rows, in ``every`` object or in those that have no collection yet.
    """
    marks: Marks = session.info.get(PARTIAL) or WeakKeyDictionary()
    kept = [*_taken_out(marks)]
    whole = set() if every else {*_filled(session, partial)}
    try:
        yield
    finally:
        for state, key, collection in kept:
            if key in state.dict:
                marks[state].discard(key)
            else:
                state.dict[key] = collection
    for state, key in {*_filled(session, partial)} - whole:
        marks.setdefault(state, set()).add(key)
    session.info[PARTIAL] = marks


def mark(session: Session, states: Iterable[InstanceState[Any]], key: str, *, partial: bool) -> None:
    """Notes that a relation of objects has some of its rows, or all of them."""
    marks: Marks = session.info.get(PARTIAL) or WeakKeyDictionary()
    if partial:
        session.info[PARTIAL] = marks
        for state in states:
            marks.setdefault(state, set()).add(key)
    elif marks:
        for state in states:
            marks.get(state, set()).discard(key)


def is_partial(session: Session, state: InstanceState[Any], key: str) -> bool:
    """Whether a relation of an object has some of its rows only."""
    return key in session.info.get(PARTIAL, {}).get(state, ())


def _taken_out(marks: Marks) -> Iterator[tuple[InstanceState[Any], str, Any]]:
    for state, keys in list(marks.items()):
        for key in keys:
            # What the application has put into one is not to be lost.
            if key in state.dict and key not in state.committed_state:
                yield state, key, state.dict.pop(key)


def _filled(session: Session, relations: tuple[Hop, ...]) -> Iterator[tuple[InstanceState[Any], str]]:
    """The objects of a session that have something in one of the relations."""
    for state in session.identity_map.all_states() if relations else ():
        for hop in relations:
            if hop.key in state.dict and state.mapper.isa(hop.parent):
                yield state, hop.key
