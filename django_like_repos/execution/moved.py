"""Objects whose primary keys an UPDATE changes: they go on standing for their rows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.attributes import set_committed_value

from django_like_repos.clauses.checks import by_ourselves
from django_like_repos.clauses.filtering import filtered_by_key
from django_like_repos.clauses.locking import unlocked
from django_like_repos.clauses.projecting import projected
from django_like_repos.execution import objects
from django_like_repos.execution.reading import fetch
from django_like_repos.mapping.cascades import key_columns_of, references_of
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query


@contextmanager
def moving(session: Session, query: Query, values: Mapping[str, Any], written: list[Any]) -> Iterator[None]:
    """A block that sets values in rows, and puts the keys of these into ``written``.

    After it the session knows the objects by their new keys, and has their columns to be loaded again.
    """
    mapper = mapper_of(query.model)
    names = [field.key for field in key_of(mapper)]
    held = [] if set(names).isdisjoint(values) else _found(session, query)
    # While they are held here, none of them is collected.
    kept = [state.obj() for state in held]
    keys = _new_keys(session, query, values, held)
    yield
    changed = {*written}
    moved: set[tuple[Any, ...]] = set()
    for state, obj in zip(held, kept, strict=True):
        key = keys.get(objects.key_in(state.identity or ()))
        if (
            obj is not None
            and key is not None
            and not changed.isdisjoint([key, objects.key_in(state.identity)])
        ):
            moved.add(tuple(state.identity or ()))
            _move(session, state, dict(zip(names, key if len(names) > 1 else (key,), strict=True)))
    if moved:
        _follow(session, query, mapper, moved)


def _follow(session: Session, query: Query, mapper: Mapper[Any], moved: set[tuple[Any, ...]]) -> None:
    """Has objects know the keys that the database changed with those that they refer to."""
    own = {table: key_columns_of(table) for table in mapper.tables}
    stale: list[InstanceState[Any]] = []
    for state in session.identity_map.all_states():
        for reference in references_of(state.mapper):
            values = tuple([state.dict.get(key) for key in reference.keys])
            if reference.on_update and own.get(reference.table) == reference.referred and values in moved:
                objects.forget(session, state, reference.keys)
                stale.append(state)
    objects.reload_written(session, query, stale)


def _found(session: Session, query: Query) -> list[InstanceState[Any]]:
    """The session's objects that a query finds."""
    mapper = mapper_of(query.model)
    held = objects.loaded(session, mapper, None)
    if not held or query.never:
        return []

    def asked(free: Query) -> Query:
        among = filtered_by_key(free, [objects.key_in(state.identity or ()) for state in held], "__in")
        return projected(among, "values_list", tuple([field.key for field in key_of(mapper)]), "tuple")

    return objects.loaded(session, mapper, fetch(session, by_ourselves(unlocked(query), asked)))


def _new_keys(
    session: Session, query: Query, values: Mapping[str, Any], held: list[InstanceState[Any]]
) -> dict[Any, Any]:
    """What the keys of objects would be, by what they are: the database computes it of their rows."""
    fields = [field.key for field in key_of(mapper_of(query.model))]
    old = [getattr(query.model, name) for name in fields]
    new = [values.get(name, column) for name, column in zip(fields, old, strict=True)]
    said = [isinstance(each, ColumnElement) or hasattr(each, "__clause_element__") for each in new]
    computed = [each for each, sql in zip(new, said, strict=True) if sql]
    found: dict[Any, Any] = {}
    for chunk in objects.chunks([objects.key_in(state.identity) for state in held if state.identity]):
        if not computed:
            found.update({key: objects.key_in(tuple(new)) for key in chunk})
            continue
        statement = select(*old, *computed).where(objects.key_column(query.model).in_(chunk))
        for row in session.execute(statement, execution_options=query.execution_options):
            rest = iter(row[len(old) :])
            key = tuple([next(rest) if sql else each for each, sql in zip(new, said, strict=True)])
            found[objects.key_in(row[: len(old)])] = objects.key_in(key)
    return found


def _move(session: Session, state: InstanceState[Any], key: Mapping[str, Any]) -> None:
    for name, value in key.items():
        set_committed_value(state.obj(), name, value)
    session._register_persistent({state})
    known = state.unmodified.intersection(state.dict, state.mapper.column_attrs.keys())
    objects.forget(session, state, known - {*key})
