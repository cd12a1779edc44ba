"""Values as expressions: ``Value``, and plain values within another expression."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import null, types
from sqlalchemy.types import TypeEngine

from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.language.inference import NULL
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    canonical,
    is_json_null,
    read_expression,
    register_reader,
    register_shape,
)
from django_like_repos.language.sides import Constant, Side
from django_like_repos.mapping.enums import stored_enum
from django_like_repos.query import Clause, Names, Subquery, Value, is_queryset
from django_like_repos.query.shapes import UNTYPED, Typed, Wrapped
from django_like_repos.values import Beyond, Refused, coercion_of, comparison_type, plain_check, shown
from django_like_repos.values.document import DOCUMENT
from django_like_repos.values.reckoned import Reckoned


class _Aware(datetime):
    """The Python type of a datetime with a time zone, which has an SQL type of its own."""


class Small(int):
    """The type of an integer of 32 bits, which is what most functions of PostgreSQL take."""


_TYPES: Final[dict[type[Any], types.TypeEngine[Any]]] = {
    bool: types.Boolean(),
    int: types.BigInteger(),
    Small: types.Integer(),
    float: types.Double(),
    Decimal: Reckoned(),
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
    if is_json_null(value):
        return Clause(Typed(DOCUMENT), (types.JSON.NULL,))
    if value.output_field is None:
        return _read_plain(names, value.value)
    type_ = canonical(value.output_field)
    assert type_ is not None
    if isinstance(type_, types.JSON):
        # It is bound as what can be compared.
        type_ = comparison_type(type_)
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
    stored = _enum(names.model, kind) if issubclass(kind, Enum) else None
    if stored is not None:
        return Clause(Typed(stored), (_coerced(stored, plain, names.zone),))
    if kind not in _TYPES:
        kind = next((each for each in kind.__mro__ if each in _TYPES), kind)
    if is_queryset(plain):
        return read_expression(names, Subquery(plain))
    if kind not in _TYPES:
        raise UnsupportedOperationError(f"{plain!r} cannot stand in an expression: its SQL type is not known")
    if kind is datetime and plain.utcoffset() is not None:
        kind = _Aware
    return Clause(Typed(kind), (_coerced(_TYPES[kind], plain, "UTC"),))


def _enum(model: type[Any], kind: type[Enum]) -> TypeEngine[Any] | None:
    """The type of the members of a Python enum: that of a column, or as SQLAlchemy stores them by itself."""
    stored = canonical(stored_enum(model, kind))
    if stored is None and not any(each in _TYPES for each in kind.__mro__):
        stored = canonical(types.Enum(kind, native_enum=False))
    return stored


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
        return Constant(null(), nullable=True)
    type_ = _type_of_value(shape)
    # A small integer is one for the sake of the function that takes it.
    return Constant(builder.bind(type_ if shape.type is Small else comparison_type(type_)))


register_shape(Typed, lambda names, shape: Traits(_type_of_value(shape)), _build_value)
