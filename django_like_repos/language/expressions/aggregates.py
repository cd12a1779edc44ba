"""Aggregates: read, typed and built, with their filters and orders."""

from collections.abc import Callable
from copy import copy
from typing import Any, Final

from sqlalchemy import cast, func, literal_column, types
from sqlalchemy.dialects.postgresql import aggregate_order_by

from django_like_repos.caching import cached
from django_like_repos.errors import UnknownFieldError, UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.casting import as_type, typed
from django_like_repos.language.conditions import read_call
from django_like_repos.language.expressions.apart import read_apart
from django_like_repos.language.expressions.functions import read_call_of, traits_of_call
from django_like_repos.language.expressions.ordering import build_sort, read_sort, sorted_by
from django_like_repos.language.inference import DECIMALS, family
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    build_expression,
    is_expression,
    read_expression,
    register_reader,
    register_shape,
    together,
    traits_of,
)
from django_like_repos.language.meanings import meaning_of
from django_like_repos.language.sides import Column, Constant, Side
from django_like_repos.mapping.paths import SEPARATOR, field_path
from django_like_repos.query import Aggregate, Clause, Count, F, Max, Min, Names, Sum, Value, plain
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.names import guarded
from django_like_repos.query.shapes import STAR, UNTYPED, Aggregation, Call
from django_like_repos.values.reckoned import Reckoned

_NOTHING: Final = Clause(None)
_ALL: Final[Any] = literal_column("*")


@register_reader(Aggregate)
def _read(names: Names, value: Aggregate) -> Clause:
    if value.subquery:
        try:
            own = _aggregated(guarded(plain(names), names.guard), value)
        except UnknownFieldError as error:
            if error.part not in names.annotations and error.part not in names.relations:
                raise
            raise UnsupportedOperationError(
                f"{value!r}: with subquery=True it is of the model's own names, and {error.part!r} is one of "
                "this query's"
            ) from None
        aggregation = read_apart(names, value, own)
        return _or_default(names, aggregation, value.default)
    return _or_default(names, _aggregated(names, value), value.default)


def _aggregated(names: Names, value: Aggregate) -> Clause:
    star = value.allows_star and value.expressions == ("*",)
    if value.allows_star and not star:
        value = _of_first_column(names, value)
    call: Any = Clause(Call(type(value), (), (STAR,))) if star else read_call_of(names, value)
    aggregation = _aggregation(names, value, call)
    why = _refusal(names, call.shape)
    if why:
        raise UnsupportedOperationError(f"{value!r}: {why}")
    return aggregation


def _or_default(names: Names, aggregation: Clause, default: Any) -> Clause:
    """An aggregate, and what stands for the NULL of no rows."""
    if default is None:
        return aggregation
    type_ = traits_of(names, aggregation.shape).type
    # The default may have more places than what is added up.
    type_ = DECIMALS if isinstance(type_, Reckoned) and type_.exact else type_
    instead = read_expression(names, _typed(default, type_))
    return Clause(
        Call(Coalesce, (), (aggregation.shape, instead.shape), type_),
        *together([aggregation, instead]),
    )


def _aggregation(names: Names, value: Aggregate, call: Any) -> Clause:
    """A call with the filter and the order of what is aggregated."""
    if value.filter is None and not value.order_by:
        return Clause(Aggregation(call.shape, value.distinct, None, ()), call.params, call.expressions)
    condition = _condition(names, value)
    order: list[Any] = [read_sort(names, term) for term in value.order_by]
    return Clause(
        Aggregation(call.shape, value.distinct, condition.shape, tuple([each.shape for each in order])),
        *together([call, condition, *order]),
    )


def _of_first_column(names: Names, value: Aggregate) -> Aggregate:
    """As in Django, what is counted of a key of several columns is its first one."""
    (counted,) = value.expressions
    name = counted.name if type(counted) is F else counted
    if not isinstance(name, str):
        return value
    path = field_path(names, name)
    if len(path.types) == 1 or not path.fields:
        return value
    if value.distinct:
        raise UnsupportedOperationError(
            f"{value!r}: COUNT(DISTINCT) is of one column, and {path} has several"
        )
    before = path.name if path.relation else path.name.rpartition(SEPARATOR)[0]
    column = copy(value)
    column.expressions = (SEPARATOR.join(filter(None, (before, path.fields[0].key))),)
    return column


def _typed(default: Any, type_: Any) -> Any:
    """The default as a value of the aggregate's type, where it is a plain one."""
    return default if is_expression(default) or type_ is None else Value(default, output_field=type_)


def _condition(names: Names, value: Aggregate) -> Clause:
    if value.filter is None:
        return _NOTHING
    return read_call(names, (value.filter,), {}, negated=False) or _NOTHING


@cached(16384)
def _refusal(names: Names, call: Call) -> str:
    """Why there is no aggregate of these arguments, if there is none."""
    inner = [traits_of(names, each) for each in call.arguments if each != STAR]
    if UNTYPED in call.arguments:
        return "of what type the NULL is nobody knows: give it an output_field"
    if any(each.aggregate for each in inner):
        return "an aggregate cannot be computed of an aggregate"
    return "an aggregate cannot be computed of a window" if any(each.window for each in inner) else ""


def _traits(names: Names, shape: Aggregation) -> Traits:
    if shape.call.arguments == (STAR,):
        known = meaning_of(shape.call.kind).traits(shape.call, [])
    else:
        known = traits_of_call(names, shape.call)
    return known._replace(aggregate=True, window=False)


class _Group(Side):
    """A value of a group of rows."""

    aggregate = True

    def __init__(self, say: Callable[[Scope], Any], nodes: tuple[Any, ...], *, nullable: bool) -> None:
        self._say = say
        self.nodes = nodes
        self._nullable = nullable

    @property
    def nullable(self) -> bool:
        return self._nullable

    def sql(self, scope: Scope) -> Any:
        return self._say(scope)

    @property
    def groups(self) -> list[Side]:
        return []


def _build(builder: Builder, shape: Aggregation) -> Side:
    call = shape.call
    meaning, known = meaning_of(call.kind), traits_of(builder.names, shape).type
    arguments = [
        Constant(_ALL) if each == STAR else build_expression(builder, each) for each in call.arguments
    ]
    condition = builder.condition(shape.filter) if shape.filter is not None else None
    terms = [build_sort(builder, each) for each in shape.order]

    def say(scope: Scope) -> Any:
        values = [argument.sql(scope) for argument in arguments]
        if shape.distinct and not meaning.hidden:
            values[0] = values[0].distinct()
        if terms:
            values[-1] = aggregate_order_by(values[-1], *[sorted_by(term, scope) for term in terms])
        said = meaning.says(_distinct(call) if shape.distinct and meaning.hidden else call, *values)
        if condition is not None:
            said = said.filter(condition.sql(scope))
        return typed(said, known) if call.type is None else as_type(said, known)

    read: list[Any] = [*arguments, *[side for side, _, _ in terms], *([condition] if condition else [])]
    nodes = tuple([node for side in read for node in side.nodes])
    group = _Group(say, nodes, nullable=not issubclass(call.kind, Count))
    if not shape.distinct and not terms:
        group.again = _again(call, known)
        group.of_each_row = call.kind is Count and condition is None and _is_always_there(arguments[0])
    return group


def _is_always_there(side: Side) -> bool:
    return (type(side) is Constant or isinstance(side, Column)) and not side.nullable


def _again(call: Call, known: Any) -> Callable[[Any], Any] | None:
    """What makes one value of those of parts; floats are not added up in another order."""
    if call.kind in (Min, Max) and call.type is None:
        return lambda values: typed((func.min if call.kind is Min else func.max)(values), known)
    if call.kind is Count:
        return lambda values: cast(func.sum(values), types.BigInteger())
    if call.kind is Sum and call.type is None and family(known) == "integer":
        return lambda values: typed(func.sum(values), known)
    return None


def _distinct(call: Call) -> Call:
    """A call by a template, of different values only."""
    options: Any = call.options
    template, joiner, data = options
    return call._replace(options=(template, joiner, (*data, ("distinct", "DISTINCT ", str))))


register_shape(Aggregation, _traits, _build)
