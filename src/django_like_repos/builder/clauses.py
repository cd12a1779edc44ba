"""The clauses of a chain: one function a call, from a query to a new query, with every check of its input.

``QuerySet`` and ``QueryBuilder`` both say what they are told through these.
"""

from collections.abc import Mapping
from itertools import count
from keyword import iskeyword
from types import MappingProxyType
from typing import Any, Final, NoReturn

from sqlalchemy import Table, UniqueConstraint, inspect, types
from sqlalchemy.orm import InstanceState, Mapper, QueryableAttribute

from django_like_repos.builder.annotations import annotate
from django_like_repos.builder.caching import cached
from django_like_repos.builder.combining import refuse_combined, reprojected
from django_like_repos.builder.conditions import read_call, read_lookup
from django_like_repos.builder.constructs.dates import zone_name
from django_like_repos.builder.expressions.kinds import (
    is_expression,
    is_sqlalchemy,
    read_expression,
    together,
    traits_of,
)
from django_like_repos.builder.expressions.ordering import read_sort
from django_like_repos.builder.loading import is_loader, is_stable
from django_like_repos.builder.mapping import columns_of, key_of, mapper_of
from django_like_repos.builder.outputs import outputs, outputs_of
from django_like_repos.builder.paths import Path, field_path, relation_path
from django_like_repos.builder.values import LARGEST_INTEGER
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import (
    NOTHING,
    UTC,
    Clause,
    Expression,
    F,
    Join,
    Names,
    Projection,
    Query,
    Returning,
    names,
)
from django_like_repos.query.functions.dates import Trunc
from django_like_repos.query.functions.math import Random
from django_like_repos.query.shapes import UNTYPED, Aggregation, Annotate, Order, Sort

_NO_KEYWORDS: Final[Mapping[str, Any]] = MappingProxyType({})
_KEYWORDS_OF_ROW: Final[dict[str, Mapping[str, Any]]] = {"scalar": {"flat": True}, "named": {"named": True}}


@cached(4096)
def whole(model: type[Any], zone: str = UTC) -> Query:
    """All rows of a model, times read in a zone. Raises QueryError for no model, ValueError for no zone."""
    mapper_of(model)
    return Query(names(model, zone_name(zone)))


def filtered(query: Query, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Query:
    """``filter()``."""
    if query.sliced:
        _refuse_sliced(query, "filter")
    if query.settings.frame.combined is not None:
        refuse_combined(query, "filter")
    call = (query.last_call, "filter", args, kwargs)
    if len(kwargs) == 1 and not args:
        ((name, value),) = kwargs.items()
        return query.narrowed(read_lookup(query.names, name, value), call)
    clause = read_call(query.names, args, kwargs, negated=False)
    return query.narrowed(clause, call) if clause else query.evolve(last_call=call)


def excluded(query: Query, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Query:
    """``exclude()``."""
    _refuse_sliced(query, "exclude")
    refuse_combined(query, "exclude")
    call = (query.last_call, "exclude", args, kwargs)
    clause = read_call(query.names, args, kwargs, negated=True)
    return query.narrowed(clause, call) if clause else query.evolve(last_call=call)


def ordered(query: Query, terms: tuple[Any, ...]) -> Query:
    """``order_by()``: replaces what was said before; nothing given, nothing ordered."""
    if query.sliced:
        _refuse_sliced(query, "order_by")
    call = (query.last_call, "order_by", terms, _NO_KEYWORDS)
    for term in terms:
        if term.__class__ is not str:
            break
    else:
        return query.reordered(_ordering(query.names, terms), call)
    clauses = [_order(query.names, term) for term in terms]
    return query.reordered(Clause(tuple([clause.shape for clause in clauses]), *together(clauses)), call)


def turned_round(query: Query) -> Query:
    """``reverse()``."""
    _refuse_sliced(query, "reverse")
    call = (query.last_call, "reverse", (), _NO_KEYWORDS)
    return query.reframed(call, backwards=not query.frame.backwards)


def joined(query: Query, paths: tuple[str, ...], *, outer: bool) -> Query:
    """``innerjoin()`` and ``outerjoin()``: the last word on a path counts."""
    name = "outerjoin" if outer else "innerjoin"
    _refuse_sliced(query, name)
    refuse_combined(query, name)
    for path in paths:
        _relation(query.names, path, name)
    kept = tuple([join for join in query.frame.joins if join.path not in paths])
    joins = (*kept, *[Join(path, outer) for path in dict.fromkeys(paths)])
    return query.reframed((query.last_call, name, paths, _NO_KEYWORDS), joins=joins)


def optioned(query: Query, options: tuple[Any, ...]) -> Query:
    """``options()``: relation paths to join and load, and SQLAlchemy loader options."""
    _refuse_sliced(query, "options")
    refuse_combined(query, "options")
    loads, loaders, volatile = list(query.frame.loads), list(query.loaders), list(query.volatile)
    for option in options:
        if is_loader(option):
            (loaders if is_stable(option) else volatile).append(option)
        else:
            _check_loadable(_relation(query.names, option, "options"))
            loads.append(option)
    loading = query.reframed(
        (query.last_call, "options", options, _NO_KEYWORDS), loads=tuple(dict.fromkeys(loads))
    )
    foreign = query.foreign or bool(loaders or volatile)
    return loading.evolve(loaders=tuple(loaders), volatile=tuple(volatile), foreign=foreign)


def projected(
    query: Query, name: str, fields: tuple[Any, ...], row: str, expressions: Mapping[str, Any] = _NO_KEYWORDS
) -> Query:
    """``values()`` and ``values_list()``: what a row becomes is ``row``. A slice may be read so too."""
    call = (query.last_call, name, fields, {**_KEYWORDS_OF_ROW.get(row, _NO_KEYWORDS), **expressions})
    if any(field.__class__ is not str for field in fields):
        fields = tuple([_name_of(query, field) for field in fields])
    if expressions or any(field.__class__ is not str for field in fields):
        query, fields = _with_expressions(query, name, fields, expressions)
    for field in fields:
        _check_selected(query.names, _named_field(query.names, field, name))
    if row in ("named", "dict") and len(set(fields)) != len(fields):
        raise UnsupportedOperationError(f"{name}() was given a field twice: {', '.join(fields)}")
    if query.frame.combined is not None:
        return _of_combined(query, fields, row, call)
    projection = Projection(fields, len(query.steps))
    for field in outputs(query.names, projection, query.steps) if row == "named" else ():
        if not field.isidentifier() or field.startswith("_") or iskeyword(field):
            raise UnsupportedOperationError(
                f"{name}(named=True): {field!r} is no name for a field of a tuple"
            )
    return query.reframed(call, projection=projection).evolve(row=row)


def _with_expressions(
    query: Query, name: str, fields: tuple[Any, ...], expressions: Mapping[str, Any]
) -> tuple[Query, tuple[str, ...]]:
    """The query with expressions among the fields annotated, and all their names."""
    refuse_combined(query, f"{name}() of expressions")
    named = {field for field in fields if isinstance(field, str)}
    found: list[str] = []
    numbers = count(1)
    annotations: dict[str, Any] = {}
    for field in fields:
        if is_expression(field):
            prefix = _prefix(field)
            alias = next(each for each in (f"{prefix}{number}" for number in numbers) if each not in named)
            annotations[alias] = field
            found.append(alias)
        else:
            found.append(field)
    annotations.update(expressions)
    return annotate(query, name, (), annotations), (*found, *expressions)


def _name_of(query: Query, field: Any) -> Any:
    """The name of what is an attribute of the model; anything else as it is."""
    if isinstance(field, QueryableAttribute) and field.key in mapper_of(query.model).attrs:
        owner: Any = field.class_
        return field.key if issubclass(query.model, owner) else field
    return field


def _prefix(field: Any) -> str:
    try:
        return str(field.default_alias)
    except (AttributeError, TypeError):
        return type(field).__name__.lower()


def _check_selected(names: Names, path: Path) -> None:
    if path.annotation is not None and not path.annotation.selected:
        raise UnsupportedOperationError(
            f"{path.name!r} is an alias() and no value to read: annotate() makes it one"
        )


def _of_combined(query: Query, fields: tuple[str, ...], row: str, call: Any) -> Query:
    combination = query.frame.combined
    assert combination is not None
    if query.frame.projection is None:
        fields = fields or tuple([field.key for field in columns_of(mapper_of(query.model))])
        shape = reprojected(query.shape, (*fields, *_ordering_columns(query, fields)))
        return query.reframed(call, combined=shape.frame.combined, projection=Projection(fields, 0)).evolve(
            row=row
        )
    known = outputs_of(query.shape)
    fields = fields or known
    unknown = [field for field in fields if field not in known]
    if unknown:
        raise UnsupportedOperationError(
            f"values({unknown[0]!r}) after {combination.operator}(): what is read is {', '.join(known)}"
        )
    return query.reframed(call, projection=Projection(fields, 0)).evolve(row=row)


def _ordering_columns(query: Query, fields: tuple[str, ...]) -> list[str]:
    """What rows are ordered by that is not among the fields: it has to be read too."""
    orders: Any = query.ordering.shape
    paths = [order.path for order in orders if isinstance(order, Order) and order.path is not None]
    found = [key for path in paths for key in _keys(query, path)]
    key = {field.key for field in key_of(mapper_of(query.model))} if "pk" in fields else set()
    return [each for each in dict.fromkeys(found) if each not in fields and each not in key]


def _keys(query: Query, path: str) -> list[str]:
    named = field_path(query.names, path).shortest
    return [field.key for field in named.fields if not named.hops] or [path]


def made_distinct(query: Query, fields: tuple[str, ...] = ()) -> Query:
    """``distinct()``; with fields, of rows that are alike in them the first one."""
    _refuse_sliced(query, "distinct")
    refuse_combined(query, "distinct")
    call = (query.last_call, "distinct", fields, _NO_KEYWORDS)
    for field in fields:
        _named_field(query.names, field, "distinct")
    return query.reframed(call, distinct=not fields, distinct_on=fields)


def dated(query: Query, field: Any, kind: Any, order: Any, *, zone: Any, moments: bool) -> Query:
    """``dates()`` and ``datetimes()``: the different values of a field, each cut down to ``kind``."""
    call = "datetimes" if moments else "dates"
    refuse_combined(query, call)
    kinds = _KINDS if moments else _KINDS[:4]
    if kind not in kinds:
        raise UnsupportedOperationError(f"{call}(): 'kind' must be one of {', '.join(kinds)}, not {kind!r}")
    if order not in ("ASC", "DESC"):
        raise UnsupportedOperationError(f"{call}(): 'order' must be either 'ASC' or 'DESC', not {order!r}")
    path = _column(query.names, field, call)
    type_ = getattr(path.types[0], "impl_instance", path.types[0])
    wanted = types.DateTime if moments else types.Date
    if not isinstance(type_, (types.Date, types.DateTime)) or (moments and not isinstance(type_, wanted)):
        raise UnsupportedOperationError(f"{call}(): {path} is no {'datetime' if moments else 'date'}")
    output = None if moments else types.Date()
    cut = Trunc(field, kind, output_field=output, tzinfo=zone)
    query = annotate(query, call, (), {"datefield": cut, "plain_field": F(field)})
    query = projected(query, call, ("datefield",), "scalar")
    query = made_distinct(query)
    query = filtered(query, (), {"plain_field__isnull": False})
    return ordered(query, ("datefield" if order == "ASC" else "-datefield",))


_KINDS: Final = ("year", "month", "week", "day", "hour", "minute", "second")


def complex_filtered(query: Query, condition: Any) -> Query:
    """``complex_filter()``: a ``Q``, or a dict of lookups."""
    if isinstance(condition, Mapping):
        return filtered(query, (), condition)
    return filtered(query, (condition,), {})


def latest_by(query: Query, name: str, fields: tuple[Any, ...]) -> Query:
    """``earliest()`` and ``latest()``: by fields, descending where ``-`` stands before one."""
    if not fields:
        raise UnsupportedOperationError(f"{name}() needs the fields to go by: {name}('created')")
    if query.sliced:
        raise UnsupportedOperationError(f"{name}() cannot follow a slice: {query!r}")
    query = ordered(query, fields)
    return query if name == "earliest" else turned_round(query)


def returned(query: Query, fields: tuple[str, ...], *, model: bool) -> Query:
    """``returning()``: what UPDATE and DELETE give back."""
    if fields and model:
        raise UnsupportedOperationError("returning() gives fields or the model: say one of them")
    for field in fields:
        column = _named_field(query.names, field, "returning").shortest
        if len(column.types) != 1:
            raise UnsupportedOperationError(
                f"returning(): {column} has {len(column.types)} columns; name one of them"
            )
        if column.hops or column.transforms or column.annotation is not None:
            raise UnsupportedOperationError(
                f"returning() gives the table's own columns, and {field!r} is not one"
            )
    kwargs = {"return_model": True} if model else {}
    returning = Returning(fields, model) if fields or model else None
    return query.evolve(returning=returning, last_call=(query.last_call, "returning", fields, kwargs))


def with_execution_options(query: Query, options: Mapping[str, Any]) -> Query:
    """``execution_options()``: added to those that were given before."""
    merged = {**query.execution_options, **options}
    return query.evolve(
        execution_options=merged, last_call=(query.last_call, "execution_options", (), options)
    )


def emptied(query: Query) -> Query:
    """``none()``: a query that no row can match, and that never asks the database."""
    return query.narrowed(NOTHING, (query.last_call, "none", (), _NO_KEYWORDS))


def sliced(query: Query, start: int | None, stop: int | None) -> Query:
    """Rows ``start`` to ``stop`` of the rows that the query has now."""
    first = 0 if start is None else start
    if first.__class__ is not int or first < 0:
        _refuse_bound(start)
    if stop is not None and (stop.__class__ is not int or stop < 0):
        _refuse_bound(stop)
    wanted = None if stop is None else stop - first
    if query.limit is not None:
        left = query.limit - first
        wanted = left if wanted is None or left < wanted else wanted
    call = (query.last_call, "[]", (start, stop), _NO_KEYWORDS)
    offset = (query.offset or 0) + first
    if (wanted is not None and wanted <= 0) or offset > LARGEST_INTEGER:
        return emptied(query).windowed(0, 0, call)
    if wanted is not None and wanted > LARGEST_INTEGER:
        wanted = None
    return query.windowed(wanted, offset, call)


def merged(values: Mapping[str, Any] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What ``update()`` was given, as a dict, as keywords, or as both."""
    if values is not None and not isinstance(values, Mapping):
        raise UnsupportedOperationError(f"update() takes a dict or keywords, not {values!r}")
    both = sorted(set(values or ()) & set(kwargs))
    if both:
        raise UnsupportedOperationError(f"update() was given {', '.join(both)} twice")
    return {**(values or {}), **kwargs}


def check_whole(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError where a query is not of whole models, or is a slice of them."""
    _refuse_sliced(query, name)
    refuse_combined(query, name)
    if query.frame.projection is not None:
        raise UnsupportedOperationError(f"{name}() is of models and cannot follow values() or values_list()")


def bulk_field(query: Query, name: str) -> Path:
    """The field that ``in_bulk()`` tells models apart by. Raises UnsupportedOperationError if it does not."""
    check_whole(query, "in_bulk")
    if not isinstance(name, str):
        raise UnsupportedOperationError(f"in_bulk() takes the name of a field, not {name!r}")
    path = field_path(query.names, name)
    unique = name in query.frame.distinct_on and len(query.frame.distinct_on) == 1
    unique = unique or _is_unique(mapper_of(query.model), path)
    if path.hops or path.transforms or not path.fields or not unique:
        raise UnsupportedOperationError(f"in_bulk() needs a unique field of the model, and {path} is not one")
    return path


def _is_unique(mapper: Mapper[Any], path: Path) -> bool:
    if path.fields == key_of(mapper):
        return True
    columns = {field.column for field in path.fields}
    table = mapper.local_table
    unique = [{column} for column in table.columns if column.unique]
    if isinstance(table, Table):
        unique += [set(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
        unique += [set(index.columns) for index in table.indexes if index.unique]
    return columns in unique


def keyed(query: Query, name: str) -> Query:
    """In the order that was asked for, else by primary key. Raises where a slice has no order."""
    if query.ordered:
        return query
    if query.sliced:
        raise UnsupportedOperationError(
            f"{name}() of a slice needs an order_by() before the slice: {query!r}"
        )
    if any(isinstance(step, Annotate) and isinstance(step.grouped_by, tuple) for step in query.steps):
        raise UnsupportedOperationError(f"{name}() of groups needs an order_by(): {query!r}")
    return ordered(query, tuple([field.key for field in key_of(mapper_of(query.model))]))


def indexed(query: Query, index: int) -> Query:
    """The one row at an index."""
    if index.__class__ is not int:
        raise UnsupportedOperationError(f"a queryset is indexed by whole numbers and slices, not {index!r}")
    return sliced(query, index, max(index, 0) + 1)


def unsliced(query: Query, *, always: bool = False) -> Query:
    """The rows of a slice, as those of a queryset that may be filtered on."""
    if not query.sliced and not always:
        return query
    return filtered(whole(query.model, query.names.zone), (), {"pk__in": Members(query)})


def containing(query: Query, obj: Any) -> Query:
    """Rows that are a model."""
    refuse_combined(query, "contains")
    if query.frame.projection is not None:
        raise UnsupportedOperationError("contains() is of models and cannot follow values() or values_list()")
    if not isinstance(inspect(obj, raiseerr=False), InstanceState):
        raise UnsupportedOperationError(f"contains() takes a model, not {obj!r}")
    if not isinstance(obj, query.model):
        return emptied(query)
    windows = any(annotation.window for annotation in query.names.annotations.values())
    if query.sliced or windows or query.frame.distinct_on:
        # Which rows there are is decided by all of them.
        return filtered(unsliced(query, always=True), (), {"pk": obj})
    return filtered(query, (), {"pk": obj})


class Members:
    """A query, where a queryset is wanted."""

    def __init__(self, query: Query) -> None:
        self._query = query


def looked_up(query: Query, name: str, kwargs: Mapping[str, Any]) -> Query:
    """What ``get_or_create()`` and its kin look for."""
    check_whole(query, name)
    return filtered(query, (), kwargs)


def _refuse_bound(bound: object) -> NoReturn:
    if bound.__class__ is int:
        raise UnsupportedOperationError("negative indexes are not supported: reverse() the order instead")
    raise UnsupportedOperationError(f"a slice takes whole numbers, not {bound!r}")


def _refuse_sliced(query: Query, name: str) -> None:
    if query.sliced:
        raise UnsupportedOperationError(f"{name}() cannot follow a slice: {query!r}")


@cached(4096)
def _ordering(names: Names, terms: tuple[str, ...]) -> Clause:
    return Clause(tuple([_order(names, term).shape for term in terms]))


def _order(names: Names, term: Any) -> Clause:
    """One term."""
    if is_sqlalchemy(term):
        return Clause(Order(None, False), (), read_expression(names, term).expressions)
    if isinstance(term, str) and term in ("?", "-?"):
        return read_sort(names, Random())
    if isinstance(term, str):
        name = term.removeprefix("-")
        field_path(names, name)
        return Clause(Order(name, name != term))
    if not isinstance(term, Expression):
        raise UnsupportedOperationError(f"order_by() takes names and expressions, not {term!r}")
    clause = read_sort(names, term)
    sort = clause.shape
    assert isinstance(sort, Sort)
    if sort.value == UNTYPED:
        raise UnsupportedOperationError(f"order_by({term!r}): this has no type, and no order")
    if traits_of(names, sort.value).aggregate and not _is_of_annotations(sort.value):
        raise UnsupportedOperationError(
            f"order_by({term!r}): an aggregate is ordered by under the name that annotate() gives it"
        )
    return clause


def _is_of_annotations(shape: Any) -> bool:
    """Whether all aggregates in an expression are annotations."""
    if isinstance(shape, Aggregation):
        return False
    return not isinstance(shape, tuple) or all(map(_is_of_annotations, shape))


def _check_loadable(path: Path) -> None:
    """Raises UnsupportedOperationError for what joined rows cannot fill."""
    for hop in path.named:
        if hop.relation is None:
            raise UnsupportedOperationError(
                f"options({path.name!r}): {hop.key} is a subclass and no relation; "
                "its attributes are loaded by SQLAlchemy's selectin_polymorphic()"
            )
        if hop.relation.lazy in ("write_only", "dynamic"):
            raise UnsupportedOperationError(
                f"options({path.name!r}): {hop!r} is {hop.relation.lazy} and never holds what was loaded; "
                "query it on its own"
            )


def _relation(names: Names, path: Any, name: str) -> Path:
    if not isinstance(path, str):
        raise UnsupportedOperationError(f"{name}() takes relation paths, not {path!r}")
    return relation_path(names, path)


def _named_field(names: Names, field: Any, name: str) -> Path:
    if not isinstance(field, str):
        raise UnsupportedOperationError(f"{name}() takes names of fields, not {field!r}")
    return field_path(names, field)


def _column(names: Names, field: Any, name: str) -> Path:
    path = _named_field(names, field, name)
    if len(path.types) != 1:
        raise UnsupportedOperationError(f"{name}(): {path} has {len(path.types)} columns; name one of them")
    return path.shortest
