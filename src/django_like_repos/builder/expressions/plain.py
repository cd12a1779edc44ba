"""Names, values, arithmetic, SQL of the user's own, and what SQLAlchemy brings."""

from collections.abc import Callable, Hashable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FunctionElement,
    Null,
    Over,
    Table,
    func,
    null,
    select,
    type_coerce,
    types,
)
from sqlalchemy import cast as cast_of
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

from django_like_repos.builder.caching import cached
from django_like_repos.builder.constructs.durations import TEMPORAL, is_temporal
from django_like_repos.builder.constructs.mathematics import exact
from django_like_repos.builder.constructs.raw import raw_sql
from django_like_repos.builder.expressions.inference import (
    DECIMAL,
    DOUBLE,
    NULL,
    TEXT,
    arithmetic,
    combined,
    family,
    is_null,
)
from django_like_repos.builder.expressions.kinds import (
    Builder,
    Traits,
    build_expression,
    canonical,
    read_expression,
    register_reader,
    register_shape,
    together,
    traits_of,
)
from django_like_repos.builder.expressions.sides import Compound, Constant, Opaque, Side, Whole
from django_like_repos.builder.paths import Path, field_path
from django_like_repos.builder.registry import forget_on_change
from django_like_repos.builder.values import (
    Beyond,
    Refused,
    coercion_of,
    comparison_type,
    plain_check,
    shown,
)
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.query import (
    Clause,
    Combined,
    Expression,
    ExpressionWrapper,
    F,
    Names,
    OrderBy,
    OuterRef,
    Q,
    RawSQL,
    Sliced,
    Value,
    is_queryset,
)
from django_like_repos.query.shapes import (
    OPAQUE,
    OPAQUE_AGGREGATE,
    UNTYPED,
    Arithmetic,
    Outer,
    Part,
    Raw,
    Reference,
    Typed,
    Wrapped,
)

# Names.


@register_reader(F)
def _read_name(names: Names, value: F) -> Clause:
    if not isinstance(value.name, str):
        raise UnsupportedOperationError(f"{value!r}: a field is named by text")
    return _reference(names, value.name)


@cached(16384)
def _reference(names: Names, name: str) -> Clause:
    _single_field(field_path(names, name))
    return Clause(Reference(name))


@register_reader(OuterRef)
def _read_outer(names: Names, value: OuterRef) -> Clause:
    name: Any = value
    levels = 0
    while isinstance(name, F):
        levels += isinstance(name, OuterRef)
        name = name.name
    if not isinstance(name, str):
        raise UnsupportedOperationError(f"{value!r}: a field is named by text")
    return Clause(Outer(name, levels))


def _single_field(path: Path) -> None:
    if len(path.types) != 1:
        raise UnsupportedOperationError(
            f"F({path.name!r}) names {len(path.fields)} columns; name one of them"
        )


forget_on_change(_reference.cache_clear)


def _traits_of_name(names: Names, shape: Reference) -> Traits:
    path = field_path(names, shape.path)
    if path.annotation is not None:
        return Traits(path.types[0], path.annotation.aggregate, path.annotation.window)
    return Traits(path.types[0])


def _build_name(builder: Builder, shape: Reference) -> Side:
    return builder.column(field_path(builder.names, shape.path))


register_shape(Reference, _traits_of_name, _build_name)
register_shape(
    Outer,
    # Of what type it is, only the query around it knows.
    lambda names, shape: Traits(NULL),
    lambda builder, shape: builder.outer(shape.path, shape.levels),
)

# Values.


class _Aware(datetime):
    """The Python type of a datetime with a time zone, which has an SQL type of its own."""


class Small(int):
    """The type of an integer of 32 bits, which is what most functions of PostgreSQL take."""


_TYPES: Final[dict[type[Any], types.TypeEngine[Any]]] = {
    bool: types.Boolean(),
    int: types.BigInteger(),
    Small: types.Integer(),
    float: types.Double(),
    Decimal: types.Numeric(),
    str: types.String(),
    bytes: types.LargeBinary(),
    date: types.Date(),
    datetime: types.DateTime(),
    _Aware: types.DateTime(timezone=True),
    time: types.Time(),
    timedelta: types.Interval(),
    UUID: types.Uuid(),
}
_NULL: Final = Clause(UNTYPED)
_USUAL: Final = {kind: (plain_check(_TYPES[kind]), Typed(kind)) for kind in (bool, int, str, date)}
"""Values that are bound as they are: how they are told, and their shapes."""
_tuple: Final[Any] = tuple.__new__


@register_reader(Value)
def _read_value(names: Names, value: Value) -> Clause:
    if value.output_field is None:
        return _read_plain(names, value.value)
    type_ = canonical(value.output_field)
    assert type_ is not None
    if value.value is None:
        return Clause(Wrapped(_NULL.shape, type_))
    return Clause(Typed(type_), (_coerced(type_, value.value, names.zone),))


@register_reader(object)
def _read_plain(names: Names, plain: Any) -> Clause:
    if plain is None:
        return _NULL
    kind = type(plain)
    usual = _USUAL.get(kind)
    if usual is not None and usual[0](plain):
        # As Clause(…) does it, without the cost of its checks: this is on the way of every value.
        clause: Clause = _tuple(Clause, (usual[1], (plain,), ()))
        return clause
    if kind not in _TYPES:
        kind = next((each for each in kind.__mro__ if each in _TYPES), kind)
    if kind not in _TYPES:
        raise UnsupportedOperationError(f"{plain!r} cannot stand in an expression: its SQL type is not known")
    if kind is datetime and plain.utcoffset() is not None:
        kind = _Aware
    return Clause(Typed(kind), (_coerced(_TYPES[kind], plain, "UTC"),))


def _coerced(type_: TypeEngine[Any], value: Any, zone: str) -> Any:
    try:
        bound = coercion_of(type_, zone)(value)
    except Refused as refused:
        raise InvalidLookupValueError(f"{shown(value)} in an expression: it takes {refused}") from None
    if isinstance(bound, Beyond):
        raise InvalidLookupValueError(f"{shown(value)} in an expression is beyond the integers of 64 bits")
    return bound


def _type_of_value(shape: Typed) -> TypeEngine[Any]:
    if shape.type is type(None):
        return NULL
    return _TYPES[shape.type] if isinstance(shape.type, type) else shape.type


def _build_value(builder: Builder, shape: Typed) -> Side:
    if shape.type is type(None):
        return Constant(null())
    type_ = _type_of_value(shape)
    # A small integer is one for the sake of the function that takes it.
    return Constant(builder.bind(type_ if shape.type is Small else comparison_type(type_)))


register_shape(Typed, lambda names, shape: Traits(_type_of_value(shape)), _build_value)

# Arithmetic.


@register_reader(Combined)
def _read_combined(names: Names, value: Combined) -> Clause:
    if value.left is None or value.right is None:
        raise UnsupportedOperationError(
            f"{value!r}: with None there is nothing to compute; NULL is Value(None)"
        )
    left, left_params, left_expressions = read_expression(names, value.left)
    right, right_params, right_expressions = read_expression(names, value.right)
    shape = _arithmetic(names, value.operator, left, right)
    if shape is None:
        raise UnsupportedOperationError(f"{value!r}: with JSON nothing can be computed")
    parts = (shape, (*left_params, *right_params), (*left_expressions, *right_expressions))
    clause: Clause = _tuple(Clause, parts)
    return clause


@cached(16384)
def _arithmetic(names: Names, operator: str, left: Hashable, right: Hashable) -> Arithmetic | None:
    """The shape of arithmetic; None where it is of JSON."""
    shape = Arithmetic(operator, left, right)
    known = traits_of(names, shape).type is not None
    return shape if known or not _has_json(names, left, right) else None


def _has_json(names: Names, *shapes: Hashable) -> bool:
    return any(family(traits_of(names, shape).type) == "json" for shape in shapes)


def _traits_of_arithmetic(names: Names, shape: Arithmetic) -> Traits:
    return arithmetic(shape.operator, traits_of(names, shape.left), traits_of(names, shape.right))


def _build_arithmetic(builder: Builder, shape: Arithmetic) -> Side:
    left, right = build_expression(builder, shape.left), build_expression(builder, shape.right)
    known = traits_of(builder.names, shape).type

    def say(left: Any, right: Any) -> Any:
        # By what they are in SQL: of the rows around, and of SQLAlchemy's own, nothing was known before.
        temporal = is_temporal(shape.operator, left.type, right.type)
        operators = TEMPORAL if temporal else _OPERATORS
        return typed(operators[shape.operator](left, right), known)

    return Compound(say, left, right)


def typed(value: Any, type_: TypeEngine[Any] | None) -> Any:
    """An SQL expression known to be of a type."""
    if type_ is None or value.type is type_ or is_null(type_):
        return value
    if isinstance(value, BindParameter):
        return cast_of(value, type_)
    return type_coerce(value, type_)


def _divide(left: Any, right: Any) -> Any:
    # Django's `/` is the database's: whole numbers divide to whole numbers.
    if family(left.type) == family(right.type) == "integer":
        return left // right
    return left / right


def _remainder(left: Any, right: Any) -> Any:
    kinds = {family(left.type), family(right.type)}
    # SQLite cuts fractions off first, and PostgreSQL knows none of floats.
    return exact("mod", left, right) if kinds & {"decimal", "float"} else left % right


_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _remainder,
    "^": lambda left, right: func.power(left, right, type_=types.Double()),
    "&": lambda left, right: left.bitwise_and(right),
    "|": lambda left, right: left.bitwise_or(right),
    "#": lambda left, right: left.bitwise_or(right) - left.bitwise_and(right),
    "<<": lambda left, right: left.bitwise_lshift(cast_of(right, types.Integer)),
    ">>": lambda left, right: left.bitwise_rshift(cast_of(right, types.Integer)),
}

register_shape(Arithmetic, _traits_of_arithmetic, _build_arithmetic)

# Types given by the user.


@register_reader(ExpressionWrapper)
def _read_wrapped(names: Names, value: ExpressionWrapper) -> Clause:
    inner = read_expression(names, value.expression)
    return inner._replace(shape=Wrapped(inner.shape, canonical(value.output_field)))


register_shape(
    Wrapped,
    lambda names, shape: combined([traits_of(names, shape.inner)], shape.type),
    lambda builder, shape: Compound(
        lambda inner: as_type(inner, shape.type), build_expression(builder, shape.inner)
    ),
)


_GENERIC: Final[dict[str, TypeEngine[Any]]] = {"float": DOUBLE, "decimal": DECIMAL}
_OTHERS: Final = frozenset(("integer", "decimal", "float", "nulltype"))


def as_type(value: Any, type_: TypeEngine[Any] | None) -> Any:
    """A value of the type that the user gave it."""
    if isinstance(value, Null) and type_ is not None:
        return cast_of(value, type_)
    # What is not of the type it is given is read as what it is, on one database or the other.
    wanted, given = family(type_), family(value.type)
    if wanted in _GENERIC and given in _OTHERS - {wanted}:
        # Without length or precision, which would change the value.
        return typed(cast_of(value, _GENERIC[wanted]), type_)
    return typed(value, type_)


# SQL of the user's own.


@register_reader(RawSQL)
def _read_raw(names: Names, value: RawSQL) -> Clause:
    if not isinstance(value.sql, str):
        raise UnsupportedOperationError(f"{value!r}: SQL is text")
    read = [read_expression(names, param) for param in value.params]
    plain = value.sql.replace("%%", "")
    if plain.count("%s") != len(read) or plain.count("%") != len(read):
        raise UnsupportedOperationError(
            f"{value!r}: there must be a %s in it for each of the params, and %% for a percent sign"
        )
    shape = Raw(value.sql, tuple([each.shape for each in read]), canonical(value.output_field))
    return Clause(shape, *together(read))


def _build_raw(builder: Builder, shape: Raw) -> Side:
    params = [build_expression(builder, param) for param in shape.params]
    return Whole(lambda *values: raw_sql(shape.sql, values, shape.type or NULL), *params)


register_shape(Raw, lambda names, shape: Traits(shape.type or NULL), _build_raw)

# SQLAlchemy.


@register_reader(ColumnElement)
def read_sqlalchemy(names: Names, value: Any) -> Clause:
    """An SQLAlchemy expression, kept as it is. Raises InvalidLookupValueError for an unset bindparam."""
    if isinstance(getattr(value, "property", None), RelationshipProperty):
        raise UnsupportedOperationError(f"{value!r} is a relation and no value: its name stands for its key")
    value = as_element(value)
    if not isinstance(value, ColumnElement):
        raise UnsupportedOperationError(f"{value!r} is no SQLAlchemy column expression")
    key = value._generate_cache_key()
    for bind in key.bindparams if key else ():
        if bind.required:
            raise InvalidLookupValueError(f"the bindparam {bind.key!r} of {value} has no value")
        if isinstance(bind.value, (Expression, Q)) or is_queryset(bind.value):
            raise UnsupportedOperationError(
                f"{bind.value!r} stands to the right of an SQLAlchemy expression, which does not know it: "
                "write it to the left"
            )
    return Clause(OPAQUE_AGGREGATE if is_aggregate(value) else OPAQUE, (), (value,))


_AGGREGATES: Final = frozenset(
    [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "variance",
        "var_pop",
        "var_samp",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "json_group_array",
        "json_group_object",
        "group_concat",
        "total",
        "bool_and",
        "bool_or",
        "every",
        "aggregate_strings",
    ]
)


def as_element(value: Any) -> ColumnElement[Any]:
    """An SQLAlchemy attribute as the expression that it stands for."""
    while not isinstance(value, ColumnElement) and hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    element: ColumnElement[Any] = value
    return element


def brings_tables(expression: ColumnElement[Any], mapper: Mapper[Any]) -> bool:
    """Whether an SQLAlchemy expression puts another table than the mapper's beside it in FROM."""
    own = {table.description for table in mapper.tables}
    froms = select(expression).get_final_froms()
    return any(not isinstance(each, Table) or each.description not in own for each in froms)


def is_aggregate(expression: Any) -> bool:
    """Whether an SQLAlchemy expression is computed of a group of rows, by the names of its functions."""
    if isinstance(expression, (Over, SelectBase)):
        return False
    if isinstance(expression, FunctionElement) and getattr(expression, "name", "").lower() in _AGGREGATES:
        return True
    return any(map(is_aggregate, expression.get_children()))


def _build_opaque(builder: Builder, shape: str) -> Side:
    return Opaque(builder.opaque(), aggregate=shape == OPAQUE_AGGREGATE)


register_shape(str, lambda names, shape: Traits(NULL, aggregate=shape == OPAQUE_AGGREGATE), _build_opaque)


@register_reader(OrderBy)
def _read_order(names: Names, value: OrderBy) -> Clause:
    raise UnsupportedOperationError(f"{value!r} is the term of an ordering and no value")


@register_reader(Sliced)
def _read_sliced(names: Names, value: Sliced) -> Clause:
    inner = read_expression(names, value.expression)
    start = Clause(Typed(int), (value.start + 1,))
    bounds = [start, *([] if value.length is None else [Clause(Typed(int), (value.length,))])]
    if family(traits_of(names, inner.shape).type) != "text":
        raise UnsupportedOperationError(f"{value!r}: only a text can be sliced")
    shape = Part(inner.shape, tuple([bound.shape for bound in bounds]))
    return Clause(shape, *together([inner, *bounds]))


register_shape(
    Part,
    lambda names, shape: combined([traits_of(names, shape.text)], TEXT),
    lambda builder, shape: Compound(
        _substring, *[build_expression(builder, part) for part in (shape.text, *shape.bounds)]
    ),
)


def _substring(text: Any, *bounds: Any) -> Any:
    return func.substr(text, *[cast_of(bound, types.Integer) for bound in bounds], type_=TEXT)
