"""All that a session knows of an object, as plain values: what two ways of loading it must agree on."""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.state import InstanceState

STATE = "_sa_instance_state"


def told(session: AsyncSession, model: Any) -> dict[str, Any]:
    """What SQLAlchemy's state of an object says, and what the object holds, in its order."""
    if model is None:
        return {}
    state: Any = inspect(model)
    held = vars(model)
    assert held[STATE] is state
    assert state.obj() is model
    return {
        "class": (type(model), state.class_, state.manager is type(model)._sa_class_manager),
        "key": state.key,
        "token": state.identity_token,
        "values": [(name, _plain(value)) for name, value in held.items() if name != STATE],
        "committed": {name: _plain(value) for name, value in state.committed_state.items()},
        "unloaded": sorted(state.unloaded),
        "expired": (state.expired, sorted(state.expired_attributes)),
        "modified": (state.modified, state in session.sync_session.identity_map._modified),
        "callables": [(name, type(call), vars(call)) for name, call in sorted(state.callables.items())],
        "options": [type(option) for option in state.load_options],
        "path": str(state.load_path),
        "own": sorted(set(vars(state)) - {"modified", "expired"}),
        "of the session": (
            state.session is session.sync_session,
            state.session_id == session.sync_session.hash_key,
            state._instance_dict() is session.sync_session.identity_map,
            session.sync_session.identity_map.get(state.key) is model,
        ),
        "persistent": (state.persistent, state.deleted, state._deleted, model in session.deleted),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    state = inspect(value, raiseerr=False)
    return state.key if isinstance(state, InstanceState) else value
