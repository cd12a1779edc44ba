"""What is learned from SQLAlchemy's execution of a SELECT: a route, or that there is none."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.orm.context import _ORMColumnEntity, _RawColumnEntity

from django_like_repos.execution.direct.clearance import AFTER_CONNECTING
from django_like_repos.execution.direct.drivers import driver_of
from django_like_repos.execution.direct.harmless import is_locked, only_reads
from django_like_repos.execution.direct.routes import (
    BY_SQLALCHEMY,
    Bind,
    Compiled,
    MakeRows,
    Route,
    as_they_are,
    pieces_of,
    rows_by,
)

KEPT: Final = (CacheStats.CACHE_HIT, CacheStats.CACHE_MISS)
"""What is said of a compiled statement that is kept."""

_OPTIONS: Final = AFTER_CONNECTING | {"_result_disable_adapt_to_context"}

_OF_WRITES: Final = _OPTIONS | {"_sa_orm_update_options", "synchronize_session", "autoflush"}

_COLUMNS: Final = (_ORMColumnEntity, _RawColumnEntity)


def learned(statement: Any, params: Mapping[str, Any], cursor: Any, loader: Any) -> Route | None:
    """The route of a statement that was executed with these params; None where there is none.

    Its ``cursor`` has said what its columns are. Without a ``loader`` its rows are values.
    """
    context, compiled = cursor.context, cursor.context.compiled
    driver = driver_of(cursor.connection)
    if driver is None or not _is_executed_usually(context):
        return None
    locked = is_locked(statement)
    if driver.locks_by_text and locked:
        return None
    read = _reading(cursor, compiled, loader, plain=driver.gives_tuples)
    if read is None:
        return None
    made, columns = read
    constants = _constants(context, params)
    binds = _binds(compiled)
    pieces, lists = pieces_of(compiled._pre_expanded_string or compiled.string)
    if constants is None or [bind.name for bind in binds if bind.is_list] != [*lists]:
        return None
    if lists and not driver.takes_lists:
        return None
    said = Compiled(
        compiled,
        statement,
        context.extracted_parameters,
        context.execution_options,
        context.cache_hit,
        columns,
    )
    names = {name: bind.key for bind, name in compiled.bind_names.items()}
    keyed = [bind._replace(name=names[bind.name]) for bind in binds]
    harmless = not locked and not context.is_crud and only_reads("?".join(pieces))
    route = Route(pieces, tuple(keyed), constants, made, said, harmless, loader)
    # What SQLAlchemy has sent is what we would have.
    return route if route.filled(params) == (context.statement, tuple(context.parameters[0])) else None


def _reading(cursor: Any, compiled: Any, loader: Any, *, plain: bool) -> tuple[MakeRows, Any] | None:
    """What makes rows of the driver's, and what loaders ask of them; None where that is not known."""
    if not cursor.returns_rows:
        return as_they_are, None
    metadata = cursor._metadata
    width = len(metadata._keys)
    # Our loop takes rows of whatever kind, SQLAlchemy's loaders take tuples.
    places: Sequence[int] | None = range(width) if loader == BY_SQLALCHEMY else None
    if loader is None:
        places = places_of(compiled, width)
    if metadata._tuplefilter is not None or (places is None and loader is None):
        return None
    columns = SimpleNamespace(
        _getter=metadata._getter,
        _tuple_getter=metadata._row_as_tuple_getter,
        keys=lambda: metadata.keys,
    )
    return rows_by(metadata._processors, places, plain=plain), columns


def _is_executed_usually(context: Any) -> bool:
    """Whether nothing but text and values made an execution what it was."""
    compiled, dialect = context.compiled, context.dialect
    return (
        context.cache_hit in KEPT
        and not context._is_server_side
        and context.execution_options.keys() <= (_OF_WRITES if context.is_crud else _OPTIONS)
        and not (compiled.update_prefetch or compiled.insert_prefetch)
        and type(dialect).do_execute is DefaultDialect.do_execute
        and "do_execute" not in vars(dialect)
        and all(bind.expanding for bind in compiled.literal_execute_params)
        and not compiled.escaped_bind_names
        and not compiled.schema_translate_map
        and not any(bind.type._is_tuple_type for bind in _lists(compiled))
    )


def _binds(compiled: Any) -> Sequence[Bind]:
    processes = compiled._bind_processors
    lists = {compiled.bind_names[bind]: bind for bind in _lists(compiled)}
    writes = {
        name: bind.type._cached_literal_processor(compiled.dialect)
        for name, bind in lists.items()
        if bind in compiled.literal_execute_params
    }
    order = compiled._pre_expanded_positiontup or compiled.positiontup
    return [Bind(name, processes.get(name), name in lists, writes.get(name)) for name in order]


def _lists(compiled: Any) -> set[Any]:
    return {*compiled.literal_execute_params, *compiled.post_compile_params}


def _constants(context: Any, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values that a statement has itself, by their keys; None where they are asked for each time."""
    constants: dict[str, Any] = {}
    (sent,) = context.compiled_parameters
    for bind, name in context.compiled.bind_names.items():
        if bind.key in params:
            continue
        if name in params or bind.callable or bind.required or name not in sent or bind.key in constants:
            return None
        constants[bind.key] = sent[name]
    return constants


def places_of(compiled: Any, width: int) -> Sequence[int] | None:
    """Where the values of a row are among the columns; None where more is done than to take them."""
    entities = getattr(compiled.compile_state, "_entities", None)
    if entities is None:
        return range(width)
    places: list[int] = []
    for entity in entities:
        if type(entity) not in _COLUMNS or not entity._row_processor:
            return None
        place = place_of(entity._row_processor[0])
        if place is None:
            return None
        places.append(place)
    return places


def place_of(getter: Any) -> int | None:
    """Which column of a row a getter gets; None where that is more than one column."""
    if not isinstance(getter, itemgetter):
        return None
    places: Any = getter.__reduce__()[1]
    return places[0] if len(places) == 1 and isinstance(places[0], int) else None
