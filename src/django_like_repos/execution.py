"""The one place that awaits a session for a query: statements run here, and rows become results here.

One operation is one ``run_sync``, and so one greenlet, however many statements it takes.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import CursorResult, Dialect, Result, Table, inspect, select, tuple_
from sqlalchemy import delete as delete_of
from sqlalchemy import update as update_of
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, Mapper, Session

from django_like_repos.builder import plans
from django_like_repos.builder.caching import cached
from django_like_repos.builder.dml import assignments
from django_like_repos.builder.inheritance import (
    is_deleted_at_once,
    is_updated_at_once,
    shares_of,
    tables_of,
)
from django_like_repos.builder.instances import instance, resolved
from django_like_repos.builder.mapping import Hop, columns_of, hop_of, key_of, mapper_of
from django_like_repos.builder.rows import Maker, maker_of
from django_like_repos.errors import MultipleObjectsReturned, UnsupportedOperationError
from django_like_repos.query import UTC, Query

T = TypeVar("T")
Values = Mapping[str, Any] | None

if TYPE_CHECKING:

    class Written(Result[Any]):
        """The result of an UPDATE or DELETE: SQLAlchemy's, with the number of rows that were written."""

        rowcount: int


TIME_ZONE: Final = "django_like_repos.time_zone"
"""Where a session's ``info`` names the zone in which aware datetimes are read."""
_RUNNING: Final = "django_like_repos.running"
_PREBUFFER: Final = {"prebuffer_rows": True}


async def fetch(session: AsyncSession | None, query: Query) -> list[Any]:
    """The rows of a query: models, tuples, named tuples, scalars or dicts, as the query says."""
    return await run(session, query, lambda sync: _fetch(sync, query))


async def count(session: AsyncSession | None, query: Query) -> int:
    """How many rows ``fetch`` would give."""
    query = _unordered(query)
    return int(await run(session, query, lambda sync: _scalar(sync, plans.COUNT, query)) or 0)


async def exists(session: AsyncSession | None, query: Query) -> bool:
    """Whether ``fetch`` would give any row."""
    query = _unordered(query)
    return await run(session, query, lambda sync: _scalar(sync, plans.EXISTS, query)) is not None


async def update(session: AsyncSession | None, query: Query, values: Mapping[str, Any]) -> "Written":
    """Runs the UPDATE; the result has a ``rowcount``."""
    assigned = assignments(query.names, values)
    query = _unordered(query)
    return await run(session, query, lambda sync: _update(sync, query, assigned))


async def delete(session: AsyncSession | None, query: Query) -> "Written":
    """Runs the DELETE; the result has a ``rowcount``."""
    query = _unordered(query)
    return await run(session, query, lambda sync: _delete(sync, query))


async def get_or_create(
    session: AsyncSession | None, query: Query, attributes: Mapping[str, Any], defaults: Values
) -> tuple[Any, bool]:
    """The only model of a query, or a new one of attributes and defaults; whether it is new."""
    return await run(session, query, lambda sync: _get_or_create(sync, query, attributes, defaults))


async def update_or_create(
    session: AsyncSession | None,
    query: Query,
    attributes: Mapping[str, Any],
    defaults: Values,
    changes: Values,
) -> tuple[Any, bool]:
    """The only model of a query, changed, or a new one of attributes and defaults; whether it is new."""

    def work(sync: Session) -> tuple[Any, bool]:
        model, created = _get_or_create(sync, query, attributes, defaults)
        if not created:
            for name, value in resolved(changes).items():
                setattr(model, name, value)
            sync.flush()
            _refresh(sync, inspect(model))
        return model, created

    return await run(session, query, work)


async def add(session: AsyncSession | None, query: Query, models: Sequence[Any]) -> None:
    """Adds models to the session, and no more than the query's flags say."""
    await run(session, query, lambda sync: sync.add_all(models))


async def get(session: AsyncSession | None, query: Query, key: Any) -> Any:
    """The model of a primary key, from the session if it is there; None if there is none."""
    return await run(session, query, lambda sync: sync.get(query.model, key))


def zone_of(session: AsyncSession | None) -> str:
    """The zone in which a session's database is read."""
    zone: str = UTC if session is None else session.sync_session.info.get(TIME_ZONE, UTC)
    return zone


def dialect_of(session: AsyncSession, model: type[Any]) -> Dialect:
    """The dialect of the database that the session asks for a model."""
    return session.sync_session.get_bind(mapper_of(model)).dialect


async def run(session: AsyncSession | None, query: Query, work: Callable[[Session], T]) -> T:
    """Does ``work`` with the session, then flushes or commits if the query says so.

    Raises UnsupportedOperationError where there is no session, or it is in use by another task: SQLAlchemy
    itself notices that only sometimes.
    """

    def whole(sync: Session) -> T:
        result = work(sync)
        if query.commit:
            sync.commit()
        elif query.flush:
            sync.flush()
        return result

    if session is None:
        raise UnsupportedOperationError("this queryset has no session to run in; it can only be looked at")
    info = session.sync_session.info
    if _RUNNING in info:
        raise UnsupportedOperationError(
            "this session is running another query: a session serves one task at a time, "
            "so give each task a session of its own"
        )
    info[_RUNNING] = True
    try:
        return await session.run_sync(whole)
    finally:
        del info[_RUNNING]


def _unordered(query: Query) -> Query:
    # What DISTINCT values are ordered by counts among them, so there the order decides how many there are.
    if not query.ordered or (query.frame.distinct and query.frame.projection):
        return query
    return query.evolve(ordering=Query.ordering)


def _plans(session: Session, query: Query) -> plans.Plans:
    return plans.plans_of(session.get_bind(mapper_of(query.model)))


def _execute(session: Session, kind: str, query: Query) -> Result[Any]:
    statement, params = _plans(session, query).prepare(kind, query)
    return session.execute(statement, params, execution_options=query.execution_options)


def _fetch(session: Session, query: Query) -> list[Any]:
    if query.never:
        return []
    result = _execute(session, plans.SELECT, query)
    return _ROWS[query.row](result, query)


def _scalar(session: Session, kind: str, query: Query) -> Any:
    return None if query.never else _execute(session, kind, query).scalar()


def _models(result: Result[Any], query: Query) -> list[Any]:
    return list(result.unique().scalars())


def _scalars(result: Result[Any], query: Query) -> list[Any]:
    return [row[0] for row in _tuples(result, query)]


def _tuples(result: Result[Any], query: Query) -> list[Any]:
    return [*map(_maker(query), result)]


def _named(result: Result[Any], query: Query) -> list[Any]:
    make = _row_class(_names(query))._make
    return [make(row) for row in _tuples(result, query)]


def _dicts(result: Result[Any], query: Query) -> list[Any]:
    names = _names(query)
    return [dict(zip(names, row, strict=True)) for row in _tuples(result, query)]


_ROWS: Final[dict[str, Callable[[Result[Any], Query], list[Any]]]] = {
    "model": _models,
    "scalar": _scalars,
    "tuple": _tuples,
    "named": _named,
    "dict": _dicts,
}


def _maker(query: Query) -> Maker:
    assert query.frame.projection is not None
    return maker_of(query.names, query.frame.projection.fields)


def _names(query: Query) -> tuple[str, ...]:
    projection = query.frame.projection
    assert projection is not None
    return projection.fields or tuple([field.key for field in columns_of(mapper_of(query.model))])


@cached(1024)
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


def _only(session: Session, query: Query) -> Any:
    models = _fetch(session, query.evolve(limit=2, offset=0))
    if len(models) > 1:
        raise MultipleObjectsReturned(f"more than one {query!r}")
    return models[0] if models else None


def _get_or_create(
    session: Session, query: Query, attributes: Mapping[str, Any], defaults: Values
) -> tuple[Any, bool]:
    found = _only(session, query)
    if found is not None:
        return found, False
    try:
        with session.begin_nested():
            # Made only now: an instance that knows related ones belongs to the session at once, and beginning
            # a savepoint flushes.
            model = instance(query.model, {**attributes, **resolved(defaults)})
            session.add(model)
    except IntegrityError:
        # Another transaction may have been first; if it was not that, the error is the caller's.
        found = _only(session, query)
        if found is None:
            raise
        return found, False
    return model, True


def _delete(session: Session, query: Query) -> "Written":
    mapper = mapper_of(query.model)
    if is_deleted_at_once(mapper):
        return _write(session, plans.DELETE, query, {})
    keys = _locked(session, query)
    rows = _returned(session, query, keys)
    for table in tables_of(mapper):
        _write_by_key(session, query, delete_of(table), table, keys)
    for state in _loaded(session, mapper, keys):
        session._remove_newly_deleted([state])
    return rows


def _change(session: Session, query: Query, values: Mapping[str, Any]) -> "Written":
    mapper = mapper_of(query.model)
    if is_updated_at_once(mapper, values):
        return _write(session, plans.UPDATE, query, values)
    shares = shares_of(mapper, values)
    keys = _locked(session, query)
    for table, share in shares.items():
        _write_by_key(session, query, update_of(table).values(share), table, keys)
    for state in _loaded(session, mapper, keys):
        session.expire(state.obj(), [prop.key for prop in state.mapper.column_attrs])
    return _returned(session, query, keys)


def _locked(session: Session, query: Query) -> list[Any]:
    """The keys of a query's rows, which no other transaction can change from here on."""
    if query.never:
        return []
    statement, params = _plans(session, query).prepare_write(plans.KEYS, query)
    rows = session.execute(statement, params, execution_options=query.execution_options)
    return [row[0] if len(row) == 1 else tuple(row) for row in rows]


def _write_by_key(session: Session, query: Query, statement: Any, table: Table, keys: list[Any]) -> None:
    key = list(table.primary_key.columns)
    column = key[0] if len(key) == 1 else tuple_(*key)
    for chunk in _chunks(keys):
        session.execute(statement.where(column.in_(chunk)), execution_options=query.execution_options)


def _loaded(session: Session, mapper: Mapper[Any], keys: list[Any]) -> list[InstanceState[Any]]:
    """The objects of these keys that the session holds."""
    wanted = {key if isinstance(key, tuple) else (key,) for key in keys}
    states = session.identity_map.all_states()
    return [state for state in states if state.mapper.isa(mapper) and state.identity in wanted]


def _returned(session: Session, query: Query, keys: list[Any]) -> "Written":
    """What ``returning()`` asks for of rows in several tables."""
    model, returning = query.model, query.returning
    read: list[Any] = [getattr(model, field.key) for field in key_of(mapper_of(model))]
    if returning is not None:
        read = [model] if returning.model else [getattr(model, name) for name in returning.fields]
    options = {"populate_existing": True, **query.execution_options}
    rows = [
        tuple(row)
        for chunk in _chunks(keys)
        for row in session.execute(
            select(*read).where(_key_column(model).in_(chunk)), execution_options=options
        )
    ]
    return _with_rowcount(_rows(query, rows), len(keys))


def _key_column(model: type[Any]) -> Any:
    key = [getattr(model, field.key) for field in key_of(mapper_of(model))]
    return key[0] if len(key) == 1 else tuple_(*key)


def _chunks(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), 1000):
        yield values[start : start + 1000]


def _write(session: Session, kind: str, query: Query, values: Mapping[str, Any]) -> "Written":
    options: dict[str, Any] = {"synchronize_session": "fetch", **_PREBUFFER, **query.execution_options}
    if query.returning is not None and query.returning.model and kind == plans.UPDATE:
        # What comes back is the new row, also for objects that are loaded already.
        options.setdefault("populate_existing", True)
    if query.never:
        return _with_rowcount(_rows(query, ()), 0)
    statement, params = _plans(session, query).prepare_write(kind, query)
    if values:
        statement = statement.values(values)
    result = session.execute(statement, params, execution_options=options)
    return _with_rowcount(result, _rowcount(result))


def _update(session: Session, query: Query, values: Mapping[str, Any]) -> "Written":
    mapper = mapper_of(query.model)
    expired = {state for state in session.identity_map.all_states() if state.expired_attributes}
    result = _change(session, query, values)
    _expire_computed(session, mapper)
    stale = [
        state
        for state in session.identity_map.all_states()
        if state.expired_attributes and state not in expired and state.mapper.isa(mapper)
    ]
    if stale:
        _reload(session, query, stale)
    for relation in _moved(mapper, values):
        _point_anew(session, mapper, relation)
    return result


def _expire_computed(session: Session, mapper: Mapper[Any]) -> None:
    """Makes loaded objects forget what the mapping computes from columns that may have changed."""
    computed = [field.key for field in columns_of(mapper) if field.column is None]
    for state in session.identity_map.all_states() if computed else ():
        known = [key for key in computed if key in state.dict]
        if known and state.mapper.isa(mapper):
            session.expire(state.obj(), known)


def _refresh(session: Session, state: InstanceState[Any]) -> None:
    """Loads what a flush expired, since the database computed it."""
    if state.expired_attributes:
        session.refresh(state.obj(), list(state.expired_attributes))


def _moved(mapper: Mapper[Any], values: Mapping[str, Any]) -> list[Hop]:
    """The to-one relations whose foreign keys are among the values."""
    hops = [hop_of(mapper, relation.key) for relation in mapper.relationships]
    return [hop for hop in hops if hop is not None and set(hop.remote.values()) & set(values)]


def _point_anew(session: Session, mapper: Mapper[Any], hop: Hop) -> None:
    """Makes loaded relations agree with foreign keys that an UPDATE changed in loaded objects."""
    for state in session.identity_map.all_states():
        related = state.dict.get(hop.key) if state.mapper.isa(mapper) else None
        if related is None and hop.key not in state.dict:
            continue
        for remote, local in hop.remote.items():
            if state.mapper.isa(mapper) and getattr(related, remote, None) != state.dict.get(local):
                session.expire(state.obj(), [hop.key])
                break


def _reload(session: Session, query: Query, stale: Sequence[InstanceState[Any]]) -> None:
    """Fills again what an UPDATE expired, so that no attribute is loaded lazily later."""
    model, options = query.model, query.execution_options
    identities = [state.identity for state in stale if state.identity is not None]
    wanted = [identity[0] if len(identity) == 1 else tuple(identity) for identity in identities]
    for chunk in _chunks(wanted):
        statement = select(model).where(_key_column(model).in_(chunk))
        session.execute(statement, execution_options=options).unique().all()
    for state in stale:
        # What the application hides from queries is loaded all the same, if it is where it is looked for.
        if state.expired_attributes and state.obj() is not None and "schema_translate_map" not in options:
            session.refresh(state.obj(), list(state.expired_attributes))


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
