"""INSERT of one new object by the direct path, where a flush would do nothing else.

Nobody listens, nothing else is to be written, and of the row nothing is left to the mapping; what is left to
the database, such as its number, comes back with the INSERT. All else is SQLAlchemy's flush.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Table, insert
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.util import safe_reraise

from django_like_repos.caching import cached_by_class
from django_like_repos.clauses.defaults import NeedsContextError, value_of
from django_like_repos.execution.direct import sending
from django_like_repos.execution.direct.clearance import flush_is_heard, is_clear, lets_pass
from django_like_repos.execution.shards import bind_of
from django_like_repos.plans import Run, plans_of

_NO_OPTIONS: Final[Mapping[str, Any]] = {}

_MOST: Final = 512
"""INSERTs of an engine that are kept: each set of columns that are left to the database has its own."""


class _Target(NamedTuple):
    """Who says what of a row of a mapper, by the names of the attributes."""

    columns: Mapping[str, Column[Any]]
    key: tuple[str, ...]
    defaults: Mapping[str, Any]
    """What Python gives where nothing is given."""
    left: frozenset[str]
    """What the database gives where nothing is given."""


class _Row(NamedTuple):
    """An object that is to be inserted, and how."""

    state: InstanceState[Any]
    target: _Target
    run: Run
    left: tuple[str, ...]
    """What comes back with the INSERT."""


def inserted_by(session: Session, *, commits: bool = False) -> bool:
    """Whether all that a flush would do was the INSERT of one object, and is done. Raises what it would.

    ``commits``: whether the session is committed next.
    """
    if len(session._new) != 1 or session._deleted or session.identity_map._modified or session._flushing:
        return False
    (state,) = session._new
    mapper = state.mapper
    target = _target_of(mapper)
    if target is None or session.connection_callable or not is_clear(session, _NO_OPTIONS):
        return False
    if flush_is_heard(session, mapper):
        return False
    left = _left(mapper, target, state)
    if left is None:
        return False
    bind = bind_of(session, mapper)
    inserts = plans_of(bind).inserts
    if (mapper, left) not in inserts:
        if len(inserts) >= _MOST:
            inserts.clear()
        inserts[mapper, left] = _insert(mapper, target, left, bind.dialect)
    run = inserts[mapper, left]
    return run is not None and _is_inserted(session, _Row(state, target, run, left), commits)


def _insert(mapper: Mapper[Any], target: _Target, left: tuple[str, ...], dialect: Any) -> Run | None:
    table: Any = mapper.local_table
    if not left:
        return Run(insert(table), {})
    if [*left] == [*target.key] and dialect.postfetch_lastrowid:
        # Virtual tables of SQLite return nothing.
        (key,) = left
        usual = target.columns[key].type._cached_result_processor(dialect, None) is None
        return Run(insert(table), {}) if usual else None
    if not dialect.insert_executemany_returning:
        return None
    return Run(insert(table).returning(*[target.columns[name] for name in left]), {})


def _is_inserted(session: Session, row: _Row, commits: bool) -> bool:
    # As a flush does it: it begins a part of the transaction, whose failure is that of all of it.
    transaction = session._autobegin_t()._begin()
    session._flushing = True
    values: dict[str, Any] | None = None
    try:
        values = _stored(session, row, commits)
        if values is not None:
            state = row.state
            for name, value in values.items():
                state.dict[name] = value
                state.committed_state.pop(name, None)
            session._register_persistent({state})
        transaction.commit()
    except BaseException:  # noqa: BLE001 - as a flush does
        with safe_reraise():
            transaction.rollback(_capture_exception=True)
    finally:
        session._flushing = False
    return values is not None


def _stored(session: Session, row: _Row, commits: bool) -> dict[str, Any] | None:
    """What an object has not of its row, which is written; None where SQLAlchemy has to write it."""
    connection = session.connection({"mapper": row.state.mapper})
    if not lets_pass(connection):
        return None
    values = _values(row)
    if values is None or _is_held(session, row, values):
        return None
    given = row.state.dict
    params = {
        str(column.key): values[name] if name in values else given.get(name)
        for name, column in row.target.columns.items()
        if name not in row.left
    }
    rows = _rows(session, connection, row.run, params, commits)
    if rows is None:
        return None
    # A trigger may keep the row from being written, which is an error that is told next.
    came = rows[0] if rows else [None] * len(row.left)
    return {**values, **dict(zip(row.left, came, strict=False))}


def _rows(session: Session, connection: Any, run: Run, params: Mapping[str, Any], commits: bool) -> Any:
    """What the database says of the row; None where SQLAlchemy has to write it."""
    assert run.known is not None
    if connection.dialect in run.known:
        found = sending.read(session, run, params, _NO_OPTIONS, commits)
        return None if found is None else found.rows
    result = connection.execute(run.statement, params)
    sending.learn(session, run, params, _NO_OPTIONS, result)
    return result.all() if result.returns_rows else [result.inserted_primary_key]


@cached_by_class(4096)
def _target_of(mapper: Mapper[Any]) -> _Target | None:
    """None where of the rows of a mapper more is left to it than columns of one table."""
    table = mapper.local_table
    if not isinstance(table, Table) or not _is_plain(mapper, table):
        return None
    attributes: dict[str, Any] = {**mapper._propkey_to_col[table]}
    if {*attributes.values()} != {*table.columns} or len(attributes) < 2:
        return None
    number = table._autoincrement_column
    defaults: dict[str, Any] = {}
    left: set[str] = set()
    for name, column in attributes.items():
        if column.key not in table.columns or column.computed is not None:
            return None
        default: Any = column.default
        if column.server_default is not None or (default is None and column is number):
            left.add(name)
        elif default is not None and (default.is_clause_element or default.is_sequence):
            return None
        elif default is not None:
            defaults[name] = default
    key = tuple([mapper.get_property_by_column(column).key for column in table.primary_key.columns])
    return _Target(attributes, key, defaults, frozenset(left))


def _is_plain(mapper: Mapper[Any], table: Table) -> bool:
    """Whether an object of a mapper is a row of a table, and each of its attributes a column."""
    evaluating: Any = mapper._insert_cols_evaluating_none
    own: Any = getattr(mapper, "_insert_orm_defaults", {table: None})
    return (
        [*mapper.tables] == [table]
        and mapper.persist_selectable is table
        and table.implicit_returning
        and mapper.inherits is None
        and mapper.polymorphic_on is None
        and not mapper.polymorphic_map
        and not mapper._readonly_props
        and not mapper._delete_orphans
        and mapper.version_id_col is None
        and mapper.eager_defaults in ("auto", True)
        and not evaluating[table]
        and not own[table]
        and all(len(prop.columns) == 1 for prop in mapper.column_attrs)
    )


def _left(mapper: Mapper[Any], target: _Target, state: InstanceState[Any]) -> tuple[str, ...] | None:
    """What an object leaves to the database, the key first; None where it has SQL, or more than columns."""
    given = state.dict
    if any(each in mapper._props and each not in target.columns for each in given):
        return None
    left: list[str] = []
    for name in target.columns:
        value = given.get(name)
        if value is None:
            if name in target.left:
                left.append(name)
            elif name in target.key and name not in target.defaults:
                return None
        elif hasattr(value, "__clause_element__") or hasattr(value, "_compiler_dispatch"):
            return None
    left.sort(key=lambda name: name not in target.key)
    return tuple(left)


def _values(row: _Row) -> dict[str, Any] | None:
    """What Python gives where an object has nothing; None where only SQLAlchemy can tell."""
    given = row.state.dict
    try:
        values = {
            name: value_of(default)
            for name, default in row.target.defaults.items()
            if given.get(name) is None
        }
    except NeedsContextError:
        return None
    said = any(hasattr(each, "__clause_element__") for each in values.values())
    return None if said or any(values.get(name, name) is None for name in row.target.key) else values


def _is_held(session: Session, row: _Row, values: Mapping[str, Any]) -> bool:
    """Whether the session has an object of the key, of which a flush says what is wrong."""
    if any(name in row.left for name in row.target.key):
        return False
    key = [values[name] if name in values else row.state.dict[name] for name in row.target.key]
    return row.state.mapper.identity_key_from_primary_key(tuple(key)) in session.identity_map
