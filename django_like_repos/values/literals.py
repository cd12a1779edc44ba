"""Values written into the SQL: for texts that are read, and for lists too long for parameters.

SQLAlchemy writes only some types out, and for SQLite not as its driver stores them.
"""

from collections.abc import Callable
from math import isinf
from typing import Any, Final

from sqlalchemy import Dialect, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractMultiRange, AbstractSingleRange
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import method_is_overridden

from django_like_repos.values.numbers import is_single

Write = Callable[[Any], str]


class Written(types.UserDefinedType[Any]):
    """A type, with a way to write out its values on SQLite and PostgreSQL."""

    cache_ok = True

    def __init__(self, type_: TypeEngine[Any]) -> None:
        self.type_ = type_

    def literal_processor(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return _sqlite(self.type_, dialect)
        return _postgresql(self.type_, dialect)


def writable(type_: TypeEngine[Any], dialect: Dialect | None) -> TypeEngine[Any]:
    """The type itself where SQLAlchemy writes its values out well, else one that does."""
    if dialect is None or dialect.name not in ("sqlite", "postgresql"):
        return type_
    unfit = _UNFIT_ON_SQLITE if dialect.name == "sqlite" else _UNFIT_ON_POSTGRESQL
    wrapped = type_.load_dialect_impl(dialect) if isinstance(type_, types.TypeDecorator) else type_
    return Written(type_) if isinstance(type_, unfit) or isinstance(wrapped, unfit) else type_


def _sqlite(type_: TypeEngine[Any], dialect: Dialect) -> Write:
    bind = type_._cached_bind_processor(dialect)

    def write(value: Any) -> str:
        stored = value if bind is None else bind(value)
        if isinstance(stored, (bytes, memoryview)):
            return f"X'{bytes(stored).hex()}'"
        if isinstance(stored, float):
            return repr(float(stored)).replace("inf", "9e999")
        return str(int(stored)) if isinstance(stored, int) else _quoted(str(stored), dialect)

    return write


def _postgresql(type_: TypeEngine[Any], dialect: Dialect) -> Write | None:
    if isinstance(type_, types.TypeDecorator) and not isinstance(type_, types.Interval):
        return _decorated(type_, dialect)
    if isinstance(type_, _BINARY):
        return lambda value: f"decode('{bytes(value).hex()}', 'hex')"
    if isinstance(type_, types.Float):
        return lambda value: _float(type_, value)
    if isinstance(type_, types.ARRAY):
        return _array(type_, dialect)
    if isinstance(type_, _BY_TEXT):
        name = type_.compile(dialect)
        return lambda value: f"CAST({_quoted(_text(value), dialect)} AS {name})"
    write: Write | None = type_._cached_literal_processor(dialect)
    return write


def _decorated(type_: types.TypeDecorator[Any], dialect: Dialect) -> Write | None:
    write = _postgresql(type_.load_dialect_impl(dialect), dialect)
    if write is None or not method_is_overridden(type_, types.TypeDecorator.process_bind_param):
        return write
    wrapped = write
    return lambda value: wrapped(type_.process_bind_param(value, dialect))


def _array(type_: types.ARRAY[Any], dialect: Dialect) -> Write | None:
    item = _postgresql(type_.item_type, dialect)
    name = f"{type_.item_type.compile(dialect)}[]"

    def write(value: Any) -> str:
        if isinstance(value, (list, tuple)):
            return f"ARRAY[{', '.join(map(write, value))}]"
        return "NULL" if value is None or item is None else item(value)

    return item and (lambda value: f"CAST({write(value)} AS {name})")


def _float(type_: types.Float[Any], value: float) -> str:
    sign = "-" if value < 0 else ""
    text = f"'{sign}Infinity'" if isinf(value) else repr(float(value))
    if is_single(type_):
        return f"CAST({text} AS REAL)"
    return f"CAST({text} AS DOUBLE PRECISION)" if isinf(value) else text


def _text(value: Any) -> str:
    return "{" + ",".join(map(str, value)) + "}" if isinstance(value, list) else str(value)


def _quoted(text: str, dialect: Dialect) -> str:
    text = text.replace("'", "''")
    if dialect.identifier_preparer._double_percents:
        text = text.replace("%", "%%")
    return f"'{text}'"


_BY_TEXT: Final = (
    AbstractSingleRange,
    AbstractMultiRange,
    postgresql.INET,
    postgresql.CIDR,
    postgresql.MACADDR,
    postgresql.MACADDR8,
    postgresql.MONEY,
    postgresql.BIT,
    postgresql.OID,
)
_BINARY: Final = (types.LargeBinary, types.BINARY, types.VARBINARY)
_UNFIT_ON_POSTGRESQL: Final = (*_BY_TEXT, *_BINARY, types.Float, types.ARRAY)
_UNFIT_ON_SQLITE: Final = (*_BINARY, types.Float, types.Interval)
