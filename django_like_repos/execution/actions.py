"""The executor: a plan's actions, done one after the other in a session."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import CursorResult, Result, Table, delete, select, tuple_, update
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapper, Session

from django_like_repos.clauses.returning import returned_columns
from django_like_repos.execution import objects
from django_like_repos.execution.direct.sending import values_of
from django_like_repos.execution.direct.writing import written_by
from django_like_repos.execution.models import Loading
from django_like_repos.execution.shards import bind_of, refuse_shards
from django_like_repos.execution.states import FAILED
from django_like_repos.execution.written import Counted, with_rowcount
from django_like_repos.mapping.fetch_modes import kept_mark
from django_like_repos.mapping.inheritance import returns_rows, shares_of
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.plans import (
    READING,
    DeleteByKey,
    DeleteObjects,
    Lock,
    Plan,
    Plans,
    ReadBack,
    Run,
    SetByKey,
    plans_of,
)
from django_like_repos.query import Query
from django_like_repos.statements.assignments import built


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
    rowcount: int | None = None
    """What the database counted, where it does not say which rows it has written."""
    rows: dict[Any, tuple[Any, ...]] = field(default_factory=dict)
    """What comes back of each."""
    tells_keys: bool = False
    """Whether the keys of what is written are asked for, whatever else comes back."""
    reads: bool = False
    """Whether it is a SELECT, whose rows may come from the driver itself."""
    alone: bool = False
    """Whether it is done in one action."""
    of_models: bool = False
    """Whether what is selected is models, so that the result is their ``Loading``."""
    result: Any = None


def plans_for(session: Session, query: Query) -> Plans:
    """The plans of the engine that the session asks for a query's model."""
    plans = plans_of(bind_of(session, mapper_of(query.names.model)))
    # As `is_watched()` says, at the cost of a call less.
    return plans.with_criteria if session.dispatch.do_orm_execute else plans


def perform(
    session: Session,
    kind: str,
    query: Query,
    *,
    values: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    tells_keys: bool = False,
) -> Any:
    """The result of the plan of that kind for a query."""
    plan, params = plans_for(session, query).prepare(kind, query)
    said = query.settings.execution_options if options is None else options
    work = Work(session, query, params, said, values or {}, tells_keys=tells_keys, reads=kind in READING)
    return do(work, plan)


def do(work: Work, plan: Plan) -> Any:
    """The result of a plan's actions."""
    work.alone = len(plan.actions) == 1
    for action in plan.actions:
        _DO[type(action)](work, action)
    return work.result


def _run(work: Work, action: Run) -> None:
    try:
        if work.of_models:
            work.result = Loading(work.session, action, work.params, work.options)
        elif work.reads:
            work.result = values_of(work.session, action, work.params, work.options)
        else:
            _write(work, action)
    except DBAPIError as error:
        if "RETURNING on relation" in str(error.orig):
            error.add_note(
                "A table with such a rule is written without, where its Table says so: "
                "__table_args__ = {'implicit_returning': False}"
            )
        if FAILED in str(error.orig):
            error.add_note(
                "A function that Python computes for SQLite has failed. With google-re2, patterns of regex "
                "and iregex have no backreferences, no lookaround, and no repetition beyond 1000"
            )
        raise


def _write(work: Work, action: Run) -> None:
    query, options = work.query, work.options
    returning = query.settings.returning
    if returning is not None and returning.counted:
        if not (work.tells_keys or len(work.session.identity_map) or work.session._new):
            # Nobody asks for the keys.
            options = {**options, "synchronize_session": False}
    elif returning is None or not (returning.model or work.tells_keys):
        commits = query.settings.commit and work.alone
        rows = written_by(
            work.session, action, work.params, work.values, query.settings.execution_options, commits
        )
        if rows is not None:
            work.result = with_rowcount(written_rows(query, rows), len(rows))
            return
    statement = action.statement.values(built(work.values)) if work.values else action.statement
    work.result = work.session.execute(statement, work.params, execution_options=options)


def _lock(work: Work, action: Lock) -> None:
    rows = work.session.execute(action.statement, work.params, execution_options=work.query.execution_options)
    # Rows that are locked cannot be told apart by DISTINCT.
    work.keys = list(dict.fromkeys(map(objects.key_in, rows)))


def _read_back(work: Work, _: ReadBack) -> None:
    query, returning = work.query, work.query.returning
    key: list[Any] = [getattr(query.model, each.key) for each in key_of(mapper_of(query.model))]
    read = [] if returning is None else [query.model]
    if returning is not None and not returning.model:
        read = returned_columns(query.names, returning.fields)
    marks = kept_mark(query.frame.fetch_mode) if read else ()
    width = len(key)
    for chunk in objects.chunks(work.keys):
        rows = work.session.execute(
            select(*key, *read).where(objects.key_column(query.model).in_(chunk)).options(*marks),
            execution_options=query.execution_options,
        )
        work.rows.update({objects.key_in(row[:width]): tuple(row[width:] if read else row) for row in rows})
    _give_back(work)


def _give_back(work: Work) -> None:
    returning = work.query.returning
    told = [] if returning is not None and returning.counted else work.keys
    rows = [work.rows[key] for key in told if key in work.rows]
    counted = len(work.keys) if work.rowcount is None else work.rowcount
    work.result = with_rowcount(written_rows(work.query, rows), counted)
    work.result.of_keys = list(work.keys)


def read_back(session: Session, query: Query, keys: Sequence[Any]) -> list[Any]:
    """The rows of keys as ``returning()`` wants them, in the order of the keys; those that are there."""
    work = Work(session, query, {}, {}, keys=[*keys])
    _read_back(work, ReadBack())
    rows: list[Any] = work.result.all()
    return rows


def _set_by_key(work: Work, _: SetByKey) -> None:
    mapper = mapper_of(work.query.model)
    shares = shares_of(mapper, work.values)
    asked = work.keys
    _write_tables(work, [(table, update(table).values(share)) for table, share in shares.items()])
    objects.expire_rows(work.session, mapper, asked, work.values)


def _delete_by_key(work: Work, action: DeleteByKey) -> None:
    mapper, asked = mapper_of(work.query.model), work.keys
    _write_tables(work, [(table, delete(table)) for table in action.tables])
    for state in objects.loaded(work.session, mapper, work.keys):
        work.session._remove_newly_deleted([state])
    # A rule may have done something else with those that are there still.
    objects.expire_rows(work.session, mapper, asked, ())
    _give_back(work)


def _delete_objects(work: Work, _: DeleteObjects) -> None:
    query = work.query
    for chunk in objects.chunks(work.keys):
        found = select(query.model).where(objects.key_column(query.model).in_(chunk))
        for obj in work.session.scalars(found, execution_options=query.execution_options).unique().all():
            work.session.delete(obj)
        work.session.flush()
    _give_back(work)


class _Kept(Exception):
    """Rows whose parts in other tables are written already were kept by a trigger or a policy."""


def _write_tables(work: Work, steps: list[tuple[Table, Any]]) -> None:
    """Writes the rows of the keys, one table after the other; what is kept in one is kept in all."""
    refuse_shards(work.session, f"UPDATE and DELETE of {work.query.model.__name__}, table by table,")
    if len(steps) == 1:
        work.keys = _write_by_key(work, *steps[0])
        return
    while True:
        try:
            with objects.savepoint(work.session, mapper_of(work.query.model)):
                for number, step in enumerate(steps):
                    asked, work.keys = work.keys, _write_by_key(work, *step)
                    if number and len(work.keys) < len(asked):
                        raise _Kept
        except _Kept:
            continue
        return


def _write_by_key(work: Work, table: Table, statement: Any) -> list[Any]:
    """Writes the rows of the keys in one table; the keys without those whose rows were kept."""
    key = list(table.primary_key.columns)
    column = key[0] if len(key) == 1 else tuple_(*key)
    told = returns_rows(table) and table in mapper_of(work.query.model).tables
    if told:
        statement = statement.returning(*key)
    written: set[Any] = set()
    counted = 0
    for chunk in objects.chunks(work.keys):
        options = work.query.execution_options
        result = work.session.execute(statement.where(column.in_(chunk)), execution_options=options)
        if told:
            written.update(map(objects.key_in, result))
        elif statement.is_delete:
            # Of the rows of a class some have a part in the table of a subclass.
            left = work.session.execute(select(*key).where(column.in_(chunk)), execution_options=options)
            written.update(set(chunk).difference(map(objects.key_in, left)))
        else:
            written.update(chunk)
            counted += rowcount_of(result)
            work.rowcount = counted
    return [key for key in work.keys if key in written]


_DO: Final[dict[type[Any], Callable[[Work, Any], None]]] = {
    Run: _run,
    Lock: _lock,
    ReadBack: _read_back,
    SetByKey: _set_by_key,
    DeleteByKey: _delete_by_key,
    DeleteObjects: _delete_objects,
}


def rowcount_of(result: Result[Any]) -> int:
    """How many rows a statement has written; -1 where several databases have."""
    # A RETURNING result of the ORM has no rowcount of its own; the cursor's is under it.
    raw = getattr(result, "raw", result)
    return raw.rowcount if isinstance(raw, (CursorResult, Counted)) else -1


def written_keys(result: Result[Any], mapper: Mapper[Any]) -> list[Any] | None:
    """The keys of the rows that a statement of the ORM has written; None where the database does not say."""
    raw = getattr(result, "raw", result)
    if not isinstance(raw, CursorResult):
        return getattr(result, "of_keys", None)
    rows: Any = raw.returned_defaults_rows or ()
    keys = [[row._mapping[column] for column in mapper.primary_key] for row in rows]
    # Of a view, SQLite returns some columns as NULL.
    return None if any(None in key for key in keys) else [objects.key_in(key) for key in keys]


def written_rows(query: Query, rows: Sequence[Any]) -> Result[Any]:
    """Rows as the result of a statement that writes and returns."""
    returning = query.settings.returning
    if returning is not None and returning.model:
        names: tuple[str, ...] = (query.model.__name__,)
    elif returning is not None and returning.fields:
        names = returning.fields
    else:
        names = tuple([each.key for each in key_of(mapper_of(query.names.model))])
    return IteratorResult(SimpleResultMetaData(names), iter(rows))
