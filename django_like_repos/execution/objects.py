"""Objects that a session holds, kept as the rows that UPDATE and DELETE have changed under them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

from sqlalchemy import select, tuple_
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import InstanceState, Mapper, Session, SessionTransaction
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.collections import collection_adapter

from django_like_repos.execution.noting import Notes, note, watch
from django_like_repos.execution.shards import connections, is_sharded, translated
from django_like_repos.execution.transactions import begin
from django_like_repos.mapping.models import Hop, columns_of, hop_of, key_of, mapper_of
from django_like_repos.query import Query, names

BATCH: Final = 1000
"""Rows, or keys, of one statement."""


def loaded(session: Session, mapper: Mapper[Any], keys: list[Any] | None) -> list[InstanceState[Any]]:
    """The objects of these keys that the session holds; without keys all of the model."""
    kinds = mapper.self_and_descendants
    if keys is None:
        return [state for state in session.identity_map.all_states() if state.mapper in kinds]
    wanted = {key if isinstance(key, tuple) else (key,) for key in keys}
    if is_sharded(session) or len(wanted) > len(session.identity_map):
        states = session.identity_map.all_states()
        return [state for state in states if state.identity in wanted and state.mapper in kinds]
    # Not one by one: a session may hold very many others.
    identity, held = mapper._identity_class, cast("Any", session.identity_map)._dict
    found = [held[key] for parts in wanted if (key := (identity, parts, None)) in held]
    return [state for state in found if state.obj() is not None and state.mapper in kinds]


def altered(session: Session, states: Iterable[InstanceState[Any]]) -> None:
    """Says of objects that they know what was written: undone, they are read again, as those of a flush are.

    A savepoint that is rolled back expires them, and what has begun it loads what they had.
    """
    states = [*states]
    note(session, states)
    session._register_altered(states)


def forget(session: Session, state: InstanceState[Any], keys: Iterable[str]) -> None:
    """Makes an object load attributes again, now, and where what was written is undone."""
    altered(session, [state])
    session.expire(state.obj(), [*keys])


def expire_computed(session: Session, mapper: Mapper[Any]) -> None:
    """Makes loaded objects forget what the mapping computes from columns that may have changed."""
    computed = [field.key for field in columns_of(mapper) if field.column is None]
    for state in session.identity_map.all_states() if computed else ():
        known = [key for key in computed if key in state.dict]
        if known and state.mapper.isa(mapper):
            forget(session, state, known)


def expire_unset(session: Session, mapper: Mapper[Any], keys: Iterable[str]) -> None:
    """Makes objects load what they never had a value for, which SQLAlchemy takes for None for ever."""
    for state in session.identity_map.all_states():
        if not state.mapper.isa(mapper):
            continue
        held = state.dict
        unset = [key for key in keys if key not in held and _is_plain(state, key)]
        if unset:
            forget(session, state, unset)


def _is_plain(state: InstanceState[Any], key: str) -> bool:
    """Whether nothing loads an attribute when it is asked for, as something does for one that is deferred."""
    return (
        key in state.unloaded
        and key not in state.expired_attributes
        and key not in state.callables
        and state.manager[key].impl.callable_ is None
    )


def expire_rows(session: Session, mapper: Mapper[Any], keys: list[Any] | None, values: Iterable[str]) -> None:
    """Makes the objects of these keys forget their columns: some were set, and a trigger may set others."""
    own = {field.key for field in key_of(mapper)}
    if not own.isdisjoint(values):
        # The rows have other keys now, by which nothing finds them.
        return
    for state in loaded(session, mapper, keys):
        known = state.unmodified.intersection(state.dict, state.mapper.column_attrs.keys())
        if known - own:
            forget(session, state, known - own)


def reload_written(session: Session, query: Query, written: Iterable[InstanceState[Any]]) -> None:
    """Loads what a flush expired in objects, since the database or the mapping computes it."""
    stale: dict[Mapper[Any], dict[InstanceState[Any], set[str]]] = {}
    for state in written:
        if state.expired_attributes and state.persistent:
            stale.setdefault(state.mapper, {})[state] = set(state.expired_attributes)
    for mapper, states in stale.items():
        reload(session, query.evolve(names=names(mapper.class_, query.names.zone)), states, {})


@contextmanager
def savepoint(session: Session, mapper: Mapper[Any]) -> Iterator[SessionTransaction]:
    """Work that is undone as a whole where it fails, and costs the objects of the session nothing then.

    SQLAlchemy expires whatever was changed since a savepoint that is rolled back, so the parent that a new
    object was given too: it is loaded again.
    """
    for connection in connections(session, mapper):
        begin(connection)
    begun = session.begin_nested()
    before = watch(session, begun)
    try:
        with begun as transaction:
            yield transaction
    except Exception as error:
        load_again(session, before, error)
        raise
    finally:
        before.end()


def load_again(session: Session, before: Notes, error: Exception) -> None:
    """Loads what objects had ``before`` a savepoint that an error has rolled back, where that is possible."""
    if not session.is_active or getattr(error, "connection_invalidated", False):
        return
    for state, values, others in before:
        model = state.obj()
        lost = [key for key in {**values, **dict.fromkeys(others)} if _is_lost(state, key)]
        if not lost or not state.persistent or model is None:
            continue
        try:
            session.refresh(model, lost)
        except InvalidRequestError:
            # The row is gone meanwhile: its object is what was last known of it.
            for key in values.keys() & {*lost}:
                put_back(state, key, values[key])


def _is_lost(state: InstanceState[Any], key: str) -> bool:
    return key in state.manager and key not in state.dict


def put_back(state: InstanceState[Any], key: str, value: Any) -> None:
    """Gives an object what it had before SQLAlchemy expired it: of a relation the very same collection.

    Whoever holds the collection goes on with it, and nothing is told to the other ends of what is in it.
    """
    impl = state.manager[key].impl
    if not impl.supports_population:
        # A relation that is never loaded: what is there is a mark of SQLAlchemy's.
        return
    if not impl.collection:
        set_committed_value(state.obj(), key, value)
        return
    collection_adapter(value).invalidated = False
    state.dict[key] = value
    state._commit(state.dict, [key])


def moved(mapper: Mapper[Any], values: Mapping[str, Any]) -> list[Hop]:
    """The to-one relations whose foreign keys are among the values."""
    hops = [hop_of(mapper, relation.key) for relation in mapper.relationships]
    return [hop for hop in hops if hop is not None and set(hop.remote.values()) & set(values)]


def point_anew(session: Session, mapper: Mapper[Any], hop: Hop) -> None:
    """Makes loaded relations agree with foreign keys that an UPDATE changed in loaded objects."""
    for state in session.identity_map.all_states():
        if state.mapper.isa(mapper) and leads_elsewhere(state, hop):
            forget(session, state, [hop.key])


def leads_elsewhere(state: InstanceState[Any], hop: Hop) -> bool:
    """Whether a to-one relation that is loaded disagrees with its foreign key."""
    return hop.key in state.dict and leads_to_another(state, hop, state.dict[hop.key])


def leads_to_another(state: InstanceState[Any], hop: Hop, related: Any) -> bool:
    """Whether a to-one relation leads to another object than this one by its foreign key."""
    return any(
        getattr(related, remote, None) != state.dict.get(local) for remote, local in hop.remote.items()
    )


Attributes = Mapping[InstanceState[Any], set[str]]


def reload(session: Session, query: Query, stale: Attributes, before: Attributes) -> None:
    """Fills again what an UPDATE expired, so that no attribute is loaded lazily later.

    What was expired ``before`` is left as it was.
    """
    model, options = query.model, query.execution_options
    identities = [state.identity for state in stale if state not in before and state.identity is not None]
    for chunk in chunks([*map(key_in, identities)]):
        statement = select(model).where(key_column(model).in_(chunk))
        session.execute(statement, execution_options=options).unique().all()
    for state, keys in stale.items():
        # What the application hides from queries is loaded all the same, if it is where it is looked for.
        left = keys & state.expired_attributes & {*state.mapper.column_attrs.keys(), *_relations(state)}
        if left and state.obj() is not None:
            # A row whose key has changed is not there any more for its object.
            with suppress(InvalidRequestError), translated(session, mapper_of(model), query):
                session.refresh(state.obj(), list(left))


def _relations(state: InstanceState[Any]) -> Iterable[str]:
    return state.mapper.relationships.keys()


def key_column(model: type[Any]) -> Any:
    """The primary key, several columns as a row value."""
    key = [getattr(model, field.key) for field in key_of(mapper_of(model))]
    return key[0] if len(key) == 1 else tuple_(*key)


def key_in(row: Any) -> Any:
    """A key as it is compared with that: one column alone, several as a tuple."""
    return row[0] if len(row) == 1 else tuple(row)


def keys_in(rows: Sequence[Any]) -> list[Any]:
    """The same of many, which are all as long."""
    if not rows:
        return []
    return [row[0] for row in rows] if len(rows[0]) == 1 else [*map(tuple, rows)]


def chunks(values: list[Any]) -> Iterator[list[Any]]:
    """Lists that a statement can take as separate parameters."""
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
