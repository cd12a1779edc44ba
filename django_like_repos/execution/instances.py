"""Instances of a model made of rows of its columns: a loop that is generated for the places of the columns.

For each row it does what SQLAlchemy's loader does where only columns are loaded, in the same order. The row
of an instance that the session holds, and that lacks something, it leaves to that loader. Whether a model may
be loaded so is decided elsewhere: see ``models``.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, cast
from weakref import ref

from sqlalchemy.orm import Mapper
from sqlalchemy.orm.state import InstanceState

from django_like_repos.caching import cached


class Places(NamedTuple):
    """Where the parts of a row are."""

    columns: tuple[tuple[str, int], ...]
    """The attributes that are filled, in SQLAlchemy's order, and the columns they are filled from."""
    key: tuple[int, ...]
    """The columns of the primary key."""
    values: tuple[int, ...] = ()
    """Those of the values beside the model."""


class Owner(NamedTuple):
    """What new instances belong to."""

    states: dict[Any, Any]
    """The states of the session's identity map, by their keys."""
    instance_dict: Any
    """What a state calls to reach that map."""
    session_id: int | None
    run: int
    """The number of this load, which tells instances that it has made already."""
    load_options: tuple[Any, ...]
    load_path: Any


Make = Callable[[Sequence[Any], Owner, Callable[[Any], Any]], list[Any]]
"""From rows to models, or to tuples of a model and values; the rows' owner; who does single rows."""

_LOOP: Final = """
def make(rows, owner, leave):
    states, instance_dict, session_id, run, load_options, load_path = owner
    held_of = states.get
    made = []
    add = made.append
    for row in rows:
        key = (identity, ({key},), None)
        held = held_of(key)
        instance = None if held is None else held.obj()
        if instance is not None:
            if held.runid != run and (held.expired or not held_all(instance.__dict__)):
                instance = leave(row)
        elif {missing}:
            instance = None
        else:
            instance = new(model)
            values = instance.__dict__
            {begin}
            {install}
            state.key = key
            state.identity_token = None
            state.session_id = session_id
            states[key] = state
            state._instance_dict = instance_dict
            state.load_options = load_options
            state.load_path = load_path
            state.runid = run
            {fill}
        add({result})
    return made
"""


_SLOTS: Final = ("class_", "manager", "obj", "committed_state", "expired_attributes")

_BEGIN: Final = """state = new_state(State)
            state.class_ = model
            state.manager = manager
            state.obj = ref(instance, state._cleanup)
            state.committed_state = {}
            state.expired_attributes = set()"""
"""What the constructor of a state does, without the call."""


def maker_of(mapper: Mapper[Any], places: Places, callables: dict[str, Any]) -> Make:
    """The loop for a mapper's rows; ``callables`` load what they leave out."""
    manager: Any = mapper.class_manager
    key = [f"row[{place}]" for place in places.key]
    # SQLAlchemy: a key with NULL in each column is no row at all; one in any column, if the mapping says so.
    missing = (" and " if mapper.allow_partial_pks else " or ").join(f"{part} is None" for part in key)
    plain = cast("Any", mapper.class_).__setattr__ is object.__setattr__
    fill = [f"values[{name!r}] = row[{place}]" for name, place in places.columns]
    if callables:
        fill.insert(0, "state.callables = callables.copy()")
    values = "".join(f", row[{place}]" for place in places.values)
    code = _LOOP.format(
        key=", ".join(key),
        missing=missing,
        begin=_BEGIN if _is_known(manager) else "state = State(instance, manager)",
        install='values["_sa_instance_state"] = state' if plain else "set_state(instance, state)",
        fill="\n            ".join(fill),
        result=f"(instance{values})" if values else "instance",
    )
    names = frozenset([*dict(places.columns), *callables])
    environment = {
        "identity": mapper._identity_class,
        "held_all": names.issubset,
        "new": mapper.class_.__new__,
        "model": mapper.class_,
        "new_state": InstanceState.__new__,
        "State": manager._state_constructor,
        "manager": manager,
        "ref": ref,
        "set_state": manager._state_setter,
        "callables": callables,
    }
    exec(_compiled(code), environment)
    return cast("Make", environment["make"])


def _is_known(manager: Any) -> bool:
    """Whether the constructor of a model's states sets what it is known to set, and nothing else."""
    state = manager._state_constructor(manager.class_.__new__(manager.class_), manager)
    slots = {*type(state).__slots__} - {"__dict__", "__weakref__"}
    return slots == {*_SLOTS} and not vars(state)


@cached(512)
def _compiled(code: str) -> Any:
    return compile(code, "<the loop of a model>", "exec")
