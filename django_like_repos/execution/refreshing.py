"""``refresh_from_db()``: attributes of an object that is there, read again."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import InstanceState, LoaderCallableStatus, Session, load_only
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.collections import collection_adapter

from django_like_repos.clauses.refreshing import Wanted
from django_like_repos.errors import DoesNotExist
from django_like_repos.execution import objects
from django_like_repos.execution.peers import peers_of
from django_like_repos.mapping.models import key_of


def refresh(session: Session, model: Any, wanted: Wanted) -> None:
    """Reloads columns and relations, whose unsaved changes are lost; others are flushed, as by any query.

    Columns that the object does not have are loaded for its peers too. Raises DoesNotExist where the row is
    gone, and leaves the object as it was then.
    """
    state = inspect(model)
    if not state.persistent:
        raise _gone(state)
    columns, relations = wanted
    if not columns and not relations:
        # Without names SQLAlchemy means all.
        return
    peers = peers_of(model) if columns and not relations and _lacks(state, columns) else [model]
    if len(peers) > 1:
        load_columns(session, state.mapper.class_, peers, columns)
        if state.unloaded.intersection(columns):
            raise _gone(state)
        return
    hops = objects.moved(state.mapper, dict.fromkeys(columns))
    to_one = [*(hop.key for hop in hops), *(key for key in relations if not _is_collection(state, key))]
    unsaved = [key for key in dict.fromkeys(to_one) if key in state.committed_state]
    # The key says which row it is; expired, it would be asked for by the flush before.
    known = {field.key for field in key_of(state.mapper)}.intersection(state.dict).difference(
        state.committed_state
    )
    keys = [*(column for column in columns if column not in known), *relations] or list(columns)
    with _restored(state, dict.fromkeys([*keys, *unsaved])):
        for key in unsaved:
            _take_back(session, state, key)
        session.refresh(model, keys)
    elsewhere = [hop.key for hop in hops if objects.leads_elsewhere(state, hop)]
    if elsewhere:
        session.expire(model, elsewhere)


def _lacks(state: InstanceState[Any], columns: Iterable[str]) -> bool:
    return not state.expired and state.unloaded.issuperset(columns)


def load_columns(session: Session, model: type[Any], models: Iterable[Any], columns: Sequence[str]) -> None:
    """Loads columns for objects that lack them; SQLAlchemy leaves what an object has, or has changed."""
    states = [inspect(each) for each in models if isinstance(each, model)]
    keys = [objects.key_in(state.identity) for state in states if not state.unloaded.isdisjoint(columns)]
    read = load_only(*[getattr(model, column) for column in columns])
    for chunk in objects.chunks(keys):
        session.execute(
            select(model).options(read).where(objects.key_column(model).in_(chunk))
        ).unique().all()


@contextmanager
def _restored(state: InstanceState[Any], keys: Iterable[str]) -> Iterator[None]:
    """Work that expires attributes in order to load them; where there is no row, they are as before.

    Raises DoesNotExist then.
    """
    model = state.obj()
    before = {key: _contents(state, key, state.dict[key]) for key in keys if key in state.dict}
    saved = {key: state.committed_state[key] for key in before if key in state.committed_state}
    try:
        yield
    except InvalidRequestError as error:
        if type(error) is not InvalidRequestError:
            raise
        for key, value in before.items():
            known = saved.get(key, value)
            if not isinstance(known, LoaderCallableStatus):
                set_committed_value(model, key, known)
            if key in saved:
                setattr(model, key, value)
        raise _gone(state) from None


def _contents(state: InstanceState[Any], key: str, value: Any) -> Any:
    """A value that survives being expired: the members of a collection."""
    return [*collection_adapter(value)] if _is_collection(state, key) else value


def _is_collection(state: InstanceState[Any], key: str) -> bool:
    relation = state.mapper.relationships.get(key)
    return relation is not None and bool(relation.uselist)


def _take_back(session: Session, state: InstanceState[Any], key: str) -> None:
    """Undoes what a to-one relation was set to, at its other end too: collections write the key."""
    model, before = state.obj(), state.committed_state[key]
    known = not isinstance(before, LoaderCallableStatus)
    setattr(model, key, before if known else None)
    if not known:
        session.expire(model, [key])


def _gone(state: InstanceState[Any]) -> DoesNotExist:
    key = ", ".join(map(str, state.identity or ()))
    return DoesNotExist(f"refresh_from_db(): {state.mapper.class_.__name__} {key} has no row any more")
