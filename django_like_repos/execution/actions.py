"""The executor: a plan's actions, done one after the other in a session."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import CursorResult, Result, Table, delete, select, tuple_, update
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import Mapper, Session

from django_like_repos.clauses.returning import returned_columns
from django_like_repos.execution import objects
from django_like_repos.mapping.inheritance import shares_of
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.plans import DeleteByKey, Lock, Plan, Plans, ReadBack, Run, SetByKey, plans_of
from django_like_repos.query import Query

if TYPE_CHECKING:

    class Written(Result[Any]):
        """The result of an UPDATE or DELETE: SQLAlchemy's, with the number of rows that were written."""

        rowcount: int


@dataclass(slots=True)
class Work:
    """A plan being done."""

    session: Session
    query: Query
    params: Mapping[str, Any]
    options: Mapping[str, Any]
    """SQLAlchemy's execution options of the statement that takes the params."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What an UPDATE sets."""
    keys: list[Any] = field(default_factory=list)
    """Of the rows that are written one table after the other."""
    result: Any = None


def plans_for(session: Session, query: Query) -> Plans:
    """The plans of the engine that the session asks for a query's model."""
    return plans_of(session.get_bind(mapper_of(query.model)))


def perform(
    session: Session,
    kind: str,
    query: Query,
    *,
    values: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """The result of the plan of that kind for a query."""
    plan, params = plans_for(session, query).prepare(kind, query)
    work = Work(session, query, params, query.execution_options if options is None else options, values or {})
    return do(work, plan)


def do(work: Work, plan: Plan) -> Any:
    """The result of a plan's actions."""
    for action in plan.actions:
        _DO[type(action)](work, action)
    return work.result


def _run(work: Work, action: Run) -> None:
    statement = action.statement.values(work.values) if work.values else action.statement
    work.result = work.session.execute(statement, work.params, execution_options=work.options)


def _lock(work: Work, action: Lock) -> None:
    rows = work.session.execute(action.statement, work.params, execution_options=work.query.execution_options)
    # Rows that are locked cannot be told apart by DISTINCT.
    work.keys = list(dict.fromkeys(row[0] if len(row) == 1 else tuple(row) for row in rows))


def _read_back(work: Work, _: ReadBack) -> None:
    query, returning = work.query, work.query.returning
    read: list[Any] = [getattr(query.model, each.key) for each in key_of(mapper_of(query.model))]
    if returning is not None:
        read = [query.model] if returning.model else returned_columns(query.names, returning.fields)
    rows = [
        tuple(row)
        for chunk in objects.chunks(work.keys)
        for row in work.session.execute(
            select(*read).where(objects.key_column(query.model).in_(chunk)),
            execution_options=query.execution_options,
        )
    ]
    work.result = with_rowcount(written_rows(query, rows), len(work.keys))


def _set_by_key(work: Work, _: SetByKey) -> None:
    mapper = mapper_of(work.query.model)
    for table, share in shares_of(mapper, work.values).items():
        _write_by_key(work, table, update(table).values(share))
    objects.expire_set(work.session, mapper, work.keys, work.values)


def _delete_by_key(work: Work, action: DeleteByKey) -> None:
    for table in action.tables:
        _write_by_key(work, table, delete(table))
    for state in objects.loaded(work.session, mapper_of(work.query.model), work.keys):
        work.session._remove_newly_deleted([state])


def _write_by_key(work: Work, table: Table, statement: Any) -> None:
    key = list(table.primary_key.columns)
    column = key[0] if len(key) == 1 else tuple_(*key)
    for chunk in objects.chunks(work.keys):
        work.session.execute(
            statement.where(column.in_(chunk)), execution_options=work.query.execution_options
        )


_DO: Final[dict[type[Any], Callable[[Work, Any], None]]] = {
    Run: _run,
    Lock: _lock,
    ReadBack: _read_back,
    SetByKey: _set_by_key,
    DeleteByKey: _delete_by_key,
}


def with_rowcount(result: Result[Any], rowcount: int) -> "Written":
    """A result that says how many rows were written."""
    written: Any = result
    written.rowcount = rowcount
    return cast("Written", written)


def rowcount_of(result: Result[Any]) -> int:
    """How many rows a statement has written."""
    # A RETURNING result of the ORM has no rowcount of its own; the cursor's is under it.
    raw = getattr(result, "raw", result)
    return raw.rowcount if isinstance(raw, CursorResult) else -1


def expire_computed_by_update(session: Session, mapper: Mapper[Any], result: Result[Any]) -> None:
    """Makes the objects of written rows forget what the database itself set in them.

    Until 2.0.54 SQLAlchemy does so for the first of them alone.
    """
    raw = getattr(result, "raw", result)
    if not isinstance(raw, CursorResult) or not (computed := raw.postfetch_cols()):
        return
    rows = [row._mapping for row in raw.returned_defaults_rows or ()]
    keys = [tuple(row[column] for column in mapper.primary_key) for row in rows]
    objects.expire_columns(session, mapper, keys, computed)


def written_rows(query: Query, rows: Sequence[Any]) -> Result[Any]:
    """Rows as the result of a statement that writes and returns."""
    if query.returning is not None and query.returning.model:
        names: tuple[str, ...] = (query.model.__name__,)
    elif query.returning is not None and query.returning.fields:
        names = query.returning.fields
    else:
        names = tuple(each.key for each in key_of(mapper_of(query.model)))
    return IteratorResult(SimpleResultMetaData(names), iter(rows))
