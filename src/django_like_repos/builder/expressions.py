"""Expressions: reading ``F``, arithmetic and SQLAlchemy's own into shapes, and shapes into SQL.

Also the right side of every lookup, since that is where values and expressions meet.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol, TypeGuard
from uuid import UUID

from sqlalchemy import ColumnElement, and_, types
from sqlalchemy.orm.attributes import QueryableAttribute

from django_like_repos.builder.caching import cached
from django_like_repos.builder.joins import Node, Scope
from django_like_repos.builder.mapping import Field
from django_like_repos.builder.paths import Path, field_path
from django_like_repos.builder.transforms.base import Transform
from django_like_repos.builder.values import Beyond, Refused, coercion_of, shown
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.query import Clause, Combined, Expression, F, Names, Value
from django_like_repos.query.shapes import OPAQUE, Arithmetic, Reference, Typed


class Side(Protocol):
    """One side of a comparison, ready to be said in a scope."""

    @property
    def nodes(self) -> Iterable[Node]:
        """The nodes it reads."""
        ...

    def sql(self, scope: Scope) -> Any:
        """Its SQL, with the aliases of ``scope``."""


class Constant:
    """What is the same in every scope: a bind parameter, an SQLAlchemy expression, a subquery."""

    def __init__(self, sql: Any) -> None:
        self._sql = sql
        self.nodes: tuple[Node, ...] = ()

    def sql(self, scope: Scope) -> Any:
        return self._sql


class Column:
    """A field of a node, or what transforms make of it."""

    def __init__(self, node: Node, fields: tuple[Field, ...], transforms: tuple[Transform, ...] = ()) -> None:
        self.node = node
        self.fields = fields
        self.transforms = transforms
        self.nodes = (node,)

    @property
    def identity(self) -> Hashable:
        """What it has in common with a column of the same values."""
        return self.node, self.fields, tuple([(type(each), each.written) for each in self.transforms])

    @property
    def singles(self) -> list["Column"]:
        """Its columns one by one."""
        return [Column(self.node, (field,), self.transforms) for field in self.fields]

    @property
    def nullable(self) -> bool:
        """Whether the field itself may be NULL, wherever its row is there."""
        return any(field.nullable for field in self.fields)

    def sql(self, scope: Scope) -> ColumnElement[Any]:
        value = scope.column(self.node, self.fields)
        for transform in self.transforms:
            value = transform.sql(value)
        return value

    def on(self, node: Node) -> "Column":
        """The same of another node."""
        return Column(node, self.fields, self.transforms)

    def given(self, scope: Scope) -> ColumnElement[bool]:
        """That it is not NULL."""
        return and_(*[scope.column(self.node, (field,)).is_not(None) for field in self.fields])


class Compound:
    """Several sides put together."""

    def __init__(self, make: Callable[..., Any], *sides: Side) -> None:
        self._make = make
        self._sides = sides
        self.nodes = tuple(node for side in sides for node in side.nodes)

    def sql(self, scope: Scope) -> Any:
        return self._make(*[side.sql(scope) for side in self._sides])


def is_expression(value: object) -> bool:
    """Whether a value is computed by the database."""
    return isinstance(value, Expression) or is_sqlalchemy(value)


def is_sqlalchemy(value: object) -> TypeGuard[Any]:
    """Whether a value is an SQLAlchemy column expression, or stands for one."""
    return isinstance(value, (ColumnElement, QueryableAttribute)) or hasattr(value, "__clause_element__")


def read_sqlalchemy(value: Any) -> Clause:
    """An SQLAlchemy expression, kept as it is. Raises InvalidLookupValueError for an unset bindparam."""
    while not isinstance(value, ColumnElement) and hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    if not isinstance(value, ColumnElement):
        raise UnsupportedOperationError(f"{value!r} is no SQLAlchemy column expression")
    key = value._generate_cache_key()
    for bind in key.bindparams if key else ():
        if bind.required:
            raise InvalidLookupValueError(f"the bindparam {bind.key!r} of {value} has no value")
    return Clause(OPAQUE, (), (value,))


def read_expression(names: Names, value: Any) -> Clause:
    """An expression, or a plain value within one, taken apart.

    Raises UnknownFieldError for a wrong name and UnsupportedOperationError for a value of no known type.
    """
    if isinstance(value, F):
        if not isinstance(value.name, str):
            raise UnsupportedOperationError(f"{value!r}: a field is named by text")
        _single_field(field_path(names, value.name))
        return Clause(Reference(value.name))
    if isinstance(value, Combined):
        left, right = _operand(names, value, value.left), _operand(names, value, value.right)
        return Clause(
            Arithmetic(value.operator, left.shape, right.shape),
            (*left.params, *right.params),
            (*left.expressions, *right.expressions),
        )
    if is_sqlalchemy(value):
        return read_sqlalchemy(value)
    plain = value.value if isinstance(value, Value) else value
    if type(plain) not in _TYPES:
        raise UnsupportedOperationError(f"{plain!r} cannot stand in an expression: its SQL type is not known")
    aware = isinstance(plain, datetime) and plain.utcoffset() is not None
    kind = _Aware if aware else type(plain)
    try:
        bound = coercion_of(_TYPES[kind])(plain)
    except Refused as refused:
        raise InvalidLookupValueError(f"{shown(plain)} in an expression: it takes {refused}") from None
    if isinstance(bound, Beyond):
        raise InvalidLookupValueError(f"{shown(plain)} in an expression is beyond the integers of 64 bits")
    return Clause(Typed(kind), (bound,))


def _operand(names: Names, whole: Combined, side: Any) -> Clause:
    if isinstance(side, F) and any(isinstance(type_, types.JSON) for type_ in _types_of(names, side)):
        raise UnsupportedOperationError(f"{whole!r}: {side!r} is JSON, with which nothing can be computed")
    return read_expression(names, side)


def _types_of(names: Names, field: F) -> list[Any]:
    found = field_path(names, field.name).types if isinstance(field.name, str) else ()
    return [getattr(type_, "impl_instance", type_) for type_ in found]


class Builder(Protocol):
    """What building the right side needs of the statement that it is part of."""

    def bind(self, type_: types.TypeEngine[Any]) -> Any: ...

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> Any: ...

    def column(self, path: Path) -> Column: ...

    def opaque(self) -> Any: ...

    def subquery(self, shape: Any, wanted: tuple[Field, ...]) -> Any: ...

    @property
    def names(self) -> Names: ...


def build_expression(builder: Builder, shape: Hashable) -> Side:
    """The SQL of a shape that ``read_expression`` made."""
    if isinstance(shape, Reference):
        return builder.column(field_path(builder.names, shape.path))
    if isinstance(shape, Arithmetic):
        left = build_expression(builder, shape.left)
        right = build_expression(builder, shape.right)
        return Compound(_OPERATORS[shape.operator], left, right)
    if isinstance(shape, Typed):
        return Constant(builder.bind(_TYPES[shape.type]))
    if shape == OPAQUE:
        return Constant(builder.opaque())
    raise AssertionError(shape)


@cached(4096)
def _single_field(path: Path) -> Path:
    if len(path.fields) != 1:
        raise UnsupportedOperationError(
            f"F({path.name!r}) names {len(path.fields)} columns; name one of them"
        )
    return path


def _divide(left: Any, right: Any) -> Any:
    # Django's `/` is the database's: whole numbers divide to whole numbers.
    if isinstance(left.type, types.Integer) and isinstance(right.type, types.Integer):
        return left // right
    return left / right


_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": lambda left, right: left % right,
}


class _Aware(datetime):
    """The Python type of a datetime with a time zone, which has an SQL type of its own."""


_TYPES: Final[dict[type[Any], types.TypeEngine[Any]]] = {
    bool: types.Boolean(),
    int: types.BigInteger(),
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
