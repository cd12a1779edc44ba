"""What objects of a session have changed, taken from the next flush: something else writes it."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.orm.attributes import instance_state


class Taken(NamedTuple):
    """An attribute that was changed, and what it was before."""

    state: InstanceState[Any]
    name: str
    before: Any
    value: Any


def take_changes(session: Session, objects: Iterable[Any], names: Collection[str]) -> list[Taken]:
    """Has the next flush write nothing of attributes of objects; what they have stays."""
    taken: list[Taken] = []
    for obj in objects:
        if obj is None:
            continue
        state = instance_state(obj)
        if not state.committed_state or not state.persistent or state.session is not session:
            continue
        taken += [
            Taken(state, each, state.committed_state.pop(each), state.dict[each])
            for each in names
            if each in state.committed_state and each in state.dict
        ]
        if not state.committed_state and "_pending_mutations" not in state.__dict__:
            _keep_clean(session, state)
    return taken


def _keep_clean(session: Session, state: InstanceState[Any]) -> None:
    """Has SQLAlchemy take an object for one that nobody has changed."""
    session.identity_map._modified.discard(state)
    state.modified = False
    state._strong_obj = None


def give_back(taken: Iterable[Taken]) -> None:
    """Has the next flush write what was taken from it."""
    for state, name, before, value in taken:
        if state.obj() is not None and state.persistent:
            state.dict[name] = value
            state._modified_event(state.dict, state.manager[name].impl, before)
