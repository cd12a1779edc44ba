"""Writing: UPDATE and DELETE, of one table or of several, and what they give back."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import CursorResult, Result, Table, select, tuple_
from sqlalchemy import delete as delete_of
from sqlalchemy import update as update_of
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.execution import objects
from django_like_repos.execution.reading import plans_for
from django_like_repos.mapping.inheritance import (
    is_deleted_at_once,
    is_updated_at_once,
    shares_of,
    tables_of,
)
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.write import returned_columns

if TYPE_CHECKING:

    class Written(Result[Any]):
        """The result of an UPDATE or DELETE: SQLAlchemy's, with the number of rows that were written."""

        rowcount: int


_PREBUFFER: Final = {"prebuffer_rows": True}


def delete(session: Session, query: Query) -> "Written":
    """Deletes the rows of a query."""
    mapper = mapper_of(query.model)
    if is_deleted_at_once(mapper):
        return _write(session, plans.DELETE, query, {})
    keys = _locked(session, query)
    rows = _returned(session, query, keys)
    for table in tables_of(mapper):
        _write_by_key(session, query, delete_of(table), table, keys)
    for state in objects.loaded(session, mapper, keys):
        session._remove_newly_deleted([state])
    return rows


def update(session: Session, query: Query, values: Mapping[str, Any]) -> "Written":
    """Sets values in the rows of a query, and in the objects loaded from them."""
    mapper = mapper_of(query.model)
    states = session.identity_map.all_states()
    before = {state: set(state.expired_attributes) for state in states if state.expired_attributes}
    result = _change(session, query, values)
    objects.expire_computed(session, mapper)
    objects.expire_unset(session, mapper, [key for key in values if key in mapper.column_attrs])
    stale = {
        state: state.expired_attributes - before.get(state, set())
        for state in session.identity_map.all_states()
        if state.mapper.isa(mapper)
    }
    objects.reload(session, query, {state: keys for state, keys in stale.items() if keys}, before)
    for relation in objects.moved(mapper, values):
        objects.point_anew(session, mapper, relation)
    return result


def _change(session: Session, query: Query, values: Mapping[str, Any]) -> "Written":
    mapper = mapper_of(query.model)
    if is_updated_at_once(mapper, values):
        return _write(session, plans.UPDATE, query, values)
    shares = shares_of(mapper, values)
    keys = _locked(session, query)
    for table, share in shares.items():
        _write_by_key(session, query, update_of(table).values(share), table, keys)
    objects.expire_set(session, mapper, keys, values)
    return _returned(session, query, keys)


def _locked(session: Session, query: Query) -> list[Any]:
    """The keys of a query's rows, which no other transaction can change from here on."""
    if query.never:
        return []
    statement, params = plans_for(session, query).prepare_write(plans.KEYS, query)
    rows = session.execute(statement, params, execution_options=query.execution_options)
    # Rows that are locked cannot be told apart by DISTINCT.
    return list(dict.fromkeys(row[0] if len(row) == 1 else tuple(row) for row in rows))


def _write_by_key(session: Session, query: Query, statement: Any, table: Table, keys: list[Any]) -> None:
    key = list(table.primary_key.columns)
    column = key[0] if len(key) == 1 else tuple_(*key)
    for chunk in objects.chunks(keys):
        session.execute(statement.where(column.in_(chunk)), execution_options=query.execution_options)


def _returned(session: Session, query: Query, keys: list[Any]) -> "Written":
    """What ``returning()`` asks for of rows in several tables."""
    model, returning = query.model, query.returning
    read: list[Any] = [getattr(model, field.key) for field in key_of(mapper_of(model))]
    if returning is not None:
        read = [model] if returning.model else returned_columns(query.names, returning.fields)
    rows = [
        tuple(row)
        for chunk in objects.chunks(keys)
        for row in session.execute(
            select(*read).where(objects.key_column(model).in_(chunk)),
            execution_options=query.execution_options,
        )
    ]
    return _with_rowcount(_rows(query, rows), len(keys))


def _write(session: Session, kind: str, query: Query, values: Mapping[str, Any]) -> "Written":
    options: dict[str, Any] = {"synchronize_session": "fetch", **_PREBUFFER, **query.execution_options}
    if query.returning is not None and query.returning.model and kind == plans.UPDATE:
        # What comes back is the new row, also for objects that are loaded already.
        options.setdefault("populate_existing", True)
    if query.never:
        return _with_rowcount(_rows(query, ()), 0)
    statement, params = plans_for(session, query).prepare_write(kind, query)
    if values:
        statement = statement.values(values)
    result = session.execute(statement, params, execution_options=options)
    return _with_rowcount(result, _rowcount(result))


def _rowcount(result: Result[Any]) -> int:
    # A RETURNING result of the ORM has no rowcount of its own; the cursor's is under it.
    raw = getattr(result, "raw", result)
    return raw.rowcount if isinstance(raw, CursorResult) else -1


def _with_rowcount(result: Result[Any], rowcount: int) -> "Written":
    written: Any = result
    written.rowcount = rowcount
    return cast("Written", written)


def _rows(query: Query, rows: Sequence[Any]) -> Result[Any]:
    if query.returning is not None and query.returning.model:
        names: tuple[str, ...] = (query.model.__name__,)
    elif query.returning is not None and query.returning.fields:
        names = query.returning.fields
    else:
        names = tuple(field.key for field in key_of(mapper_of(query.model)))
    return IteratorResult(SimpleResultMetaData(names), iter(rows))
