"""``refresh_from_db()``: what of an object it is about."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Session

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import Hop, hop_of, key_of, mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import names


class Wanted(NamedTuple):
    """Attributes to reload, by their names in the mapping."""

    columns: tuple[str, ...]
    relations: tuple[str, ...]


def wanted(model: Any, fields: Iterable[str] | None) -> Wanted:
    """What is reloaded of an object: the columns that it has, or the fields and relations that are named.

    Raises UnknownFieldError and UnsupportedOperationError.
    """
    if fields is None:
        return Wanted(_known(inspect(model)), ())
    if isinstance(fields, str):
        raise UnsupportedOperationError(f"refresh_from_db() takes a list of names, not {fields!r}")
    columns: dict[str, None] = {}
    relations: dict[str, None] = {}
    for field in fields:
        relation = _relation(type(model), field)
        if relation is not None:
            relations[relation.key] = None
            # Whose key it is may have changed, too.
            columns.update(dict.fromkeys(relation.remote.values()))
        else:
            columns.update(dict.fromkeys(_columns(type(model), field)))
    return Wanted(tuple(columns), tuple(relations))


def _known(state: InstanceState[Any]) -> tuple[str, ...]:
    columns = state.mapper.column_attrs.keys()
    known = [key for key in columns if key in state.dict or key in state.expired_attributes]
    return tuple(known) or tuple(field.key for field in key_of(state.mapper))


def _relation(model: type[Any], name: Any) -> Hop | None:
    hop = hop_of(mapper_of(model), name) if isinstance(name, str) else None
    if hop is None or hop.relation is None:
        return None
    if hop.relation.lazy in ("write_only", "dynamic"):
        raise UnsupportedOperationError(
            f"refresh_from_db(): {hop!r} is {hop.relation.lazy} and never holds what was loaded; "
            "query it on its own"
        )
    return hop


def _columns(model: type[Any], name: Any) -> list[str]:
    if not isinstance(name, str):
        raise UnsupportedOperationError(f"refresh_from_db() takes names of fields, not {name!r}")
    path = field_path(names(model), name)
    keys = [field.key for field in path.fields if field.hybrid is None]
    if path.hops or path.transforms or not keys:
        beyond = "leads to another object" if path.hops else "is computed"
        raise UnsupportedOperationError(
            f"refresh_from_db() reloads columns and relations of the object itself, and {name!r} {beyond}"
        )
    return keys


def checked_object(model: type[Any], obj: Any, session: Session | None) -> Any:
    """The object. Raises UnsupportedOperationError for one that has no row to be read in this session."""
    if not isinstance(obj, model):
        raise UnsupportedOperationError(f"refresh_from_db() takes a {model.__name__} here, not {obj!r}")
    state: InstanceState[Any] = inspect(obj)
    name = type(obj).__name__
    if state.transient or state.pending:
        raise UnsupportedOperationError(
            f"refresh_from_db(): this {name} is new and has no row yet; flush() the session first"
        )
    if session is None or state.session is not session:
        where = "no session" if state.session is None else "another session"
        raise UnsupportedOperationError(
            f"refresh_from_db(): this {name} is in {where}; session.add() it to this one, or ask for it anew"
        )
    return obj
