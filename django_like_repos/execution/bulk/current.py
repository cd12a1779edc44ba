"""Objects of a session whose rows a bulk write has changed, made what is stored; and models of keys."""

from collections import namedtuple
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from django_like_repos.caching import cached
from django_like_repos.clauses.filtering import filtered_by_key, whole
from django_like_repos.clauses.projecting import projected
from django_like_repos.execution import objects
from django_like_repos.execution.reading import by_field, fetch
from django_like_repos.execution.shards import translated
from django_like_repos.execution.writing import read_again
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query


def make_current(session: Session, query: Query, keys: Collection[Any], changed: Iterable[str]) -> None:
    """Reads objects again whose rows have these keys, and of which attributes were set."""
    mapper = mapper_of(query.model)
    if not keys or not len(session.identity_map):
        return
    values = dict.fromkeys(changed)
    with read_again(session, query):
        objects.expire_rows(session, mapper, [*keys], values)
        objects.expire_computed(session, mapper)
        objects.expire_unset(session, mapper, [key for key in values if key in mapper.column_attrs])
    for relation in objects.moved(mapper, values):
        objects.point_anew(session, mapper, relation)


def make_new_current(session: Session, query: Query, keys: Collection[Any]) -> None:
    """Reads objects again of rows that were gone, and whose keys new rows have got: all that is loaded."""
    if not keys or not len(session.identity_map):
        return
    mapper = mapper_of(query.model)
    for state in objects.loaded(session, mapper, [*keys]):
        known = {*state.mapper.column_attrs.keys(), *state.mapper.relationships.keys()} & {*state.dict}
        left = known - {field.key for field in key_of(state.mapper)}
        if not left:
            continue
        # A criterion of the application's may hide it.
        with suppress(InvalidRequestError), translated(session, mapper, query):
            session.refresh(state.obj(), [*left])


def models_of(session: Session, query: Query, keys: Sequence[Any]) -> dict[Any, Any]:
    """The session's objects of rows, by their keys."""
    return by_field(session, _of_keys(query, keys), _key_names(query)) if keys else {}


def values_of(session: Session, query: Query, keys: Sequence[Any], fields: tuple[str, ...]) -> dict[Any, Any]:
    """Named tuples of the fields of rows, by their keys."""
    if not keys:
        return {}
    names = _key_names(query)
    rows = fetch(session, projected(_of_keys(query, keys), "values_list", (*names, *fields), "tuple"))
    width, row_of = len(names), _row_of(fields)
    return {objects.key_in(row[:width]): row_of(*row[width:]) for row in rows}


@cached(256)
def _row_of(fields: tuple[str, ...]) -> Any:
    return namedtuple("Row", fields)


def _key_names(query: Query) -> tuple[str, ...]:
    return tuple([field.key for field in key_of(mapper_of(query.model))])


def _of_keys(query: Query, keys: Sequence[Any]) -> Query:
    every = whole(query.model, query.names.zone).evolve(execution_options=query.execution_options)
    return filtered_by_key(every, keys, "__in")
