"""What objects of a session have changed, taken from the next flush: something else writes it."""

from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.base import NO_VALUE, PASSIVE_NO_INITIALIZE


class Taken(NamedTuple):
    """What was changed in an object."""

    state: InstanceState[Any]
    before: dict[str, Any]
    """What the attributes were, as SQLAlchemy remembers it."""
    values: dict[str, Any]
    """What they are."""


def take_changes(session: Session, objects: Iterable[Any], names: Collection[str]) -> list[Taken]:
    """Has the next flush write nothing of attributes of objects; what they have stays."""
    taken: list[Taken] = []
    for obj in objects:
        state = None if obj is None else instance_state(obj)
        if state is None or not state.committed_state or state.key is None or state.session is not session:
            continue
        changed, held = state.committed_state, state.dict
        before = {name: changed.pop(name) for name in names if name in changed and name in held}
        if before:
            taken.append(Taken(state, before, {name: held[name] for name in before}))
        if not changed and "_pending_mutations" not in state.__dict__:
            _keep_clean(session, state)
    return taken


def _keep_clean(session: Session, state: InstanceState[Any]) -> None:
    """Has SQLAlchemy take an object for one that nobody has changed."""
    session.identity_map._modified.discard(state)
    state.modified = False
    state._strong_obj = None


def give_back(taken: Iterable[Taken]) -> None:
    """Has the next flush write what was taken from it."""
    for state, before, values in taken:
        if state.obj() is None or not state.persistent:
            continue
        state.dict.update(values)
        for name, each in before.items():
            state._modified_event(state.dict, state.manager[name].impl, each)


class TakenRelation(NamedTuple):
    """What a relation was, as SQLAlchemy remembers it."""

    state: InstanceState[Any]
    name: str
    before: Any
    pending: Any
    """What was added to a collection that is not loaded."""


_NOTHING: Final = object()


def take_relations(session: Session, obj: Any, new: Collection[int]) -> list[TakenRelation]:
    """Has the next flush overlook relations of an object that have got new objects, of these ids, alone."""
    state = instance_state(obj)
    taken: list[TakenRelation] = []
    pending = state.__dict__.get("_pending_mutations", {})
    for name in {*state.mapper.relationships.keys()} & {*state.committed_state, *pending}:
        history = state.get_history(name, PASSIVE_NO_INITIALIZE)
        if history.deleted or any(id(each) not in new for each in history.added):
            continue
        before = state.committed_state.pop(name, _NOTHING)
        taken.append(TakenRelation(state, name, before, pending.pop(name, _NOTHING)))
    if taken and not state.committed_state and not pending:
        _keep_clean(session, state)
    return taken


def give_relations_back(taken: Iterable[TakenRelation]) -> None:
    """Undoes ``take_relations()``."""
    for state, name, before, pending in taken:
        obj = state.obj()
        if obj is None or not state.persistent:
            continue
        if pending is not _NOTHING:
            state._pending_mutations[name] = pending
        state._modified_event(state.dict, state.manager[name].impl, NO_VALUE)
        if before is not _NOTHING:
            state.committed_state[name] = before
