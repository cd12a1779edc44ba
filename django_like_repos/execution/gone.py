"""What a session holds of deleted rows: their objects, those that went with them, and who held them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.collections import collection_adapter

from django_like_repos.execution import objects
from django_like_repos.mapping.cascades import Reference, key_columns_of, references_of
from django_like_repos.query import Query


@contextmanager
def forgetting(session: Session, query: Query, mapper: Mapper[Any], keys: list[Any]) -> Iterator[None]:
    """A block that deletes rows of a mapper, whose keys it puts into ``keys``.

    After it the session holds nothing of them, nor of what the database deleted with them, and no collection
    that is loaded has them.
    """
    held = [*session.identity_map.all_states()]
    # While they are held here, none of them is collected.
    kept = [state.obj() for state in held]
    yield
    if not held:
        return
    _follow(session, query, _rows_of(mapper, keys))
    gone = {
        id(obj) for state, obj in zip(held, kept, strict=True) if obj is not None and _is_gone(session, state)
    }
    if gone:
        _take_out(session, gone)


Rows = dict[Any, dict[tuple[str, ...], set[tuple[Any, ...]]]]
"""Of tables, the values that deleted rows had in columns that are referred to."""


def _rows_of(mapper: Mapper[Any], keys: Iterable[Any]) -> Rows:
    """The keys of rows, in each of their tables."""
    values = {key if isinstance(key, tuple) else (key,) for key in keys}
    return {table: {key_columns_of(table): values} for table in mapper.tables}


def _follow(session: Session, query: Query, rows: Rows) -> None:
    """Has objects go whose rows the database deleted too, and reads those again whose keys it emptied."""
    emptied: dict[InstanceState[Any], set[str]] = {}
    while rows:
        gone: Rows = {}
        for state, reference in _referring(session, rows):
            if not reference.cascades:
                emptied.setdefault(state, set()).update(reference.keys)
                continue
            session._remove_newly_deleted([state])
            for table, columns in _rows_of(state.mapper, [state.identity]).items():
                for names, values in columns.items():
                    gone.setdefault(table, {}).setdefault(names, set()).update(values)
        rows = gone
    left = {state: keys for state, keys in emptied.items() if state.persistent}
    for state, keys in left.items():
        objects.forget(session, state, keys)
    objects.reload_written(session, query, list(left))


def _referring(session: Session, rows: Rows) -> list[tuple[InstanceState[Any], Reference]]:
    """The objects that refer to rows, each with the foreign key by which it does; first those that go."""
    found: dict[InstanceState[Any], Reference] = {}
    for state in session.identity_map.all_states():
        for reference in references_of(state.mapper):
            known = rows.get(reference.table, {}).get(reference.referred, set())
            values = tuple([state.dict.get(key) for key in reference.keys])
            if reference.on_delete and values in known and (reference.cascades or state not in found):
                found[state] = reference
    return list(found.items())


def _is_gone(session: Session, state: InstanceState[Any]) -> bool:
    return state.key is not None and not session.identity_map.contains_state(state)


def _take_out(session: Session, gone: set[int]) -> None:
    """Takes deleted objects out of what other objects have loaded."""
    for state in session.identity_map.all_states():
        for relation in state.mapper.relationships:
            related = state.dict.get(relation.key)
            if related is None:
                continue
            if not relation.uselist:
                if id(related) in gone:
                    objects.altered(session, [state])
                    set_committed_value(state.obj(), relation.key, None)
                continue
            adapter = collection_adapter(related)
            out = [each for each in adapter if id(each) in gone]
            if out:
                objects.altered(session, [state])
            for each in out:
                adapter.remove_without_event(each)
