"""INSERT of one new object by the direct path, where a flush would do nothing else.

Nobody listens, nothing else is to be written, and of the row nothing is left to the mapping or the database
but its number. All else is SQLAlchemy's flush.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Table, insert
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.util import safe_reraise

from django_like_repos.caching import cached_by_class
from django_like_repos.execution.direct import sending
from django_like_repos.execution.direct.clearance import is_clear, lets_pass
from django_like_repos.execution.shards import bind_of
from django_like_repos.plans import Run, plans_of

_NO_OPTIONS: Final[Mapping[str, Any]] = {}


def inserted_by(session: Session, *, commits: bool = False) -> bool:
    """Whether all that a flush would do was the INSERT of one object, and is done. Raises what it would.

    ``commits``: whether the session is committed next.
    """
    if len(session._new) != 1 or session._deleted or session.identity_map._modified or session._flushing:
        return False
    (state,) = session._new
    mapper = state.mapper
    number = _number_of(mapper)
    if number is None or not is_clear(session, _NO_OPTIONS) or _is_heard(session, mapper):
        return False
    params = _params(mapper, state, number)
    if params is None:
        return False
    bind = bind_of(session, mapper)
    inserts = plans_of(bind).inserts
    if mapper not in inserts:
        inserts[mapper] = _insert(mapper, bind.dialect)
    run = inserts[mapper]
    return run is not None and _is_inserted(session, state, number, run, params, commits)


def _insert(mapper: Mapper[Any], dialect: Any) -> Run | None:
    table: Any = mapper.local_table
    (key,) = table.primary_key.columns
    if dialect.postfetch_lastrowid:
        # Virtual tables of SQLite return nothing.
        usual = key.type._cached_result_processor(dialect, None) is None
        return Run(insert(table), {}) if usual else None
    return Run(insert(table).returning(key), {}) if dialect.insert_returning else None


def _is_inserted(
    session: Session,
    state: InstanceState[Any],
    number: str,
    run: Run,
    params: Mapping[str, Any],
    commits: bool,
) -> bool:
    # As a flush does it: it begins a part of the transaction, whose failure is that of all of it.
    transaction = session._autobegin_t()._begin()
    session._flushing = True
    rows: Any = None
    try:
        rows = _rows(session, state.mapper, run, params, commits)
        if rows is not None:
            # A trigger may keep the row from being written, which is an error that is told next.
            state.dict[number] = rows[0][0] if rows else None
            for name, default in _defaults_of(state.mapper).items():
                if state.dict.get(name) is None:
                    state.dict[name] = default
                    state.committed_state.pop(name, None)
            session._register_persistent({state})
        transaction.commit()
    except BaseException:  # noqa: BLE001 - as a flush does
        with safe_reraise():
            transaction.rollback(_capture_exception=True)
    finally:
        session._flushing = False
    return rows is not None


def _rows(session: Session, mapper: Mapper[Any], run: Run, params: Mapping[str, Any], commits: bool) -> Any:
    """What the database says of the row; None where SQLAlchemy has to write it."""
    connection = session.connection({"mapper": mapper})
    assert run.known is not None
    if not lets_pass(connection):
        return None
    if connection.dialect in run.known:
        found = sending.read(session, run, params, _NO_OPTIONS, commits)
        return None if found is None else found.rows
    result = connection.execute(run.statement, params)
    sending.learn(session, run, params, _NO_OPTIONS, result)
    return result.all() if result.returns_rows else [result.inserted_primary_key]


def _is_heard(session: Session, mapper: Mapper[Any]) -> bool:
    of_session, of_mapper = session.dispatch, mapper.dispatch
    return bool(
        of_session.before_flush
        or of_session.after_flush
        or of_session.after_flush_postexec
        or of_mapper.before_insert
        or of_mapper.after_insert
        or mapper.class_manager.dispatch.refresh_flush
        or type(session)._flush is not Session._flush
        or type(session).flush is not Session.flush
        or session.connection_callable
    )


def _is_plain(default: Any) -> bool:
    return default is None or default.is_scalar


@cached_by_class(4096)
def _defaults_of(mapper: Mapper[Any]) -> Mapping[str, Any]:
    """The attributes that have a default, a plain value each; None is as nothing to a flush."""
    defaults: dict[str, Any] = {
        name: column.default for name, column in mapper._propkey_to_col[mapper.local_table].items()
    }
    return {name: default.arg for name, default in defaults.items() if default is not None}


@cached_by_class(4096)
def _number_of(mapper: Mapper[Any]) -> str | None:
    """The attribute of the key that the database numbers; None where more than that is left to it."""
    table = mapper.local_table
    if (
        not isinstance(table, Table)
        or [*mapper.tables] != [table]
        or mapper.persist_selectable is not table
        or not table.implicit_returning
    ):
        return None
    if mapper.inherits is not None or mapper.polymorphic_on is not None or mapper.polymorphic_map:
        return None
    if mapper._readonly_props or mapper._delete_orphans or mapper.version_id_col is not None:
        return None
    key, *others = table.primary_key.columns
    if others or key is not table._autoincrement_column or key.default is not None or len(table.columns) < 2:
        return None
    evaluating: Any = mapper._insert_cols_evaluating_none
    if evaluating[table] or getattr(mapper, "_insert_orm_defaults", {table: None})[table]:
        return None
    for column in table.columns:
        if column.server_default is not None or not _is_plain(column.default):
            return None
        if column.key not in table.columns or column not in mapper._columntoproperty:
            return None
        if len(mapper.get_property_by_column(column).columns) != 1:
            return None
    return mapper.get_property_by_column(key).key


def _params(mapper: Mapper[Any], state: InstanceState[Any], number: str) -> dict[str, Any] | None:
    """What is inserted, by the keys of the columns; None where that is SQL, or the object has more."""
    given, columns = state.dict, mapper._propkey_to_col[mapper.local_table]
    if given.get(number) is not None or any(each in mapper._props and each not in columns for each in given):
        return None
    params: dict[str, Any] = {}
    defaults = _defaults_of(mapper)
    for name, column in columns.items():
        if name == number:
            continue
        value = given.get(name)
        if value is None:
            value = defaults.get(name)
        if hasattr(value, "__clause_element__") or hasattr(value, "_compiler_dispatch"):
            return None
        params[str(column.key)] = value
    return params
