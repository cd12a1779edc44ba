"""Members put into collections, and taken out, of which SQLAlchemy's unit of work hears nothing."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy.orm import InstanceState
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.collections import (
    InstrumentedDict,
    InstrumentedList,
    InstrumentedSet,
    KeyFuncDict,
    collection_adapter,
)

_PLAIN: Final = frozenset({InstrumentedList, InstrumentedSet, InstrumentedDict, KeyFuncDict})
"""Collections that do nothing but hold their members; others, ``ordering_list`` for one, write them."""


def change(state: InstanceState[Any], key: str, gone: Iterable[Any], new: Iterable[Any]) -> None:
    """Takes objects out of a collection, and puts others at its end, each once."""
    adapter: Any = collection_adapter(state.dict[key])
    there = {id(member) for member in adapter}
    out = {id(obj): obj for obj in gone if id(obj) in there}
    if out:
        _take_out(adapter, out)
    for obj in new:
        if id(obj) not in there or id(obj) in out:
            there.add(id(obj))
            out.pop(id(obj), None)
            adapter.append_without_event(obj)
    state._commit(state.dict, [key])


def _take_out(adapter: Any, out: dict[int, Any]) -> None:
    collection: Any = adapter.data
    if type(collection) is InstrumentedList:
        # Not one by one: each would be looked for.
        list.__setitem__(collection, slice(None), [each for each in collection if id(each) not in out])
        return
    for obj in out.values():
        adapter.remove_without_event(obj)


def put(state: InstanceState[Any], key: str, found: Sequence[Any]) -> None:
    """Has a collection hold just these, in this order.

    One that has its members know their places says itself where new ones are.
    """
    adapter: Any = collection_adapter(state.dict[key])
    wanted = {id(obj) for obj in found}
    change(state, key, [each for each in adapter if id(each) not in wanted], found)
    if [*map(id, adapter)] == [*map(id, found)]:
        return
    if type(adapter.data) in _PLAIN or not _are_written(found):
        adapter.clear_without_event()
        adapter.append_multiple_without_event(found)
        state._commit(state.dict, [key])


def _are_written(members: Collection[Any]) -> bool:
    return any(instance_state(each).modified for each in members)
