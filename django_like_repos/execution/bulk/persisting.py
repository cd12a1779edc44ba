"""Objects of rows that were inserted past the flush, which the session has then as after a flush."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.state import InstanceState


def objects_of(mapper: Mapper[Any], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Instances with these attributes, made as a constructor that sets nothing else makes them."""
    model: Any = mapper.class_
    manager: Any = mapper.class_manager
    new, made = model.__new__, list[Any]()
    add = made.append
    for row in rows:
        obj = new(model)
        obj.__dict__ = {**row, "_sa_instance_state": InstanceState(obj, manager)}
        add(obj)
    return made


def give(objects: Sequence[Any], values: Mapping[str, Sequence[Any]]) -> None:
    """Gives objects what their rows got, by attributes."""
    for key, column in values.items():
        for obj, value in zip(objects, column, strict=True):
            obj.__dict__[key] = value


def persist(session: Session, mapper: Mapper[Any], objects: Sequence[Any]) -> None:
    """Makes objects, which have their keys, persistent ones of the session."""
    identity, identity_map = mapper._identity_class, cast("Any", session.identity_map)
    names = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    keys = zip(*[[obj.__dict__[name] for obj in objects] for name in names], strict=True)
    # With a rollback they are new again.
    begun: Any = session._transaction
    begun._new.update(dict.fromkeys([obj.__dict__["_sa_instance_state"] for obj in objects], True))
    held, number, known = identity_map._dict, session.hash_key, identity_map._wr
    for obj, parts in zip(objects, keys, strict=True):
        state = obj.__dict__["_sa_instance_state"]
        state.key = key = (identity, parts, None)
        state.session_id = number
        if state.modified:
            # Before the session has it, which would take it for one that is to be written.
            _settle(state)
        if key in held:
            identity_map.replace(state)
        else:
            held[key] = state
            state._instance_dict = known


def _settle(state: Any) -> None:
    """Has a state, of which attributes were set, forget so."""
    state.committed_state.clear()
    state.expired_attributes.clear()
    state.__dict__.pop("_pending_mutations", None)
    state.modified = state.expired = False
    state._strong_obj = None
