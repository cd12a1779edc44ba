"""Types of the user's own that wrap another: ``TypeDecorator``.

One that says how a value is bound takes whatever that takes, and the value goes through as it is. It is
tried out when the chain is written, so that what it refuses is an error there. One that says nothing of
it binds as the type that it wraps.
"""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ARRAY, Dialect, Float, Interval, Numeric, TypeDecorator
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import method_is_overridden

from django_like_repos.values.numbers import LARGEST_INTEGER, SMALLEST_INTEGER
from django_like_repos.values.opaque import parsed_address
from django_like_repos.values.refusal import Coercion, Refused, Setting
from django_like_repos.values.text import untouched

POSTGRESQL: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]
SQLITE: Final[Dialect] = sqlite.dialect()


def decorated(type_: TypeDecorator[Any], setting: Setting) -> Coercion:
    """What a decorated type takes."""
    if not binds_itself(type_):
        return setting.coercion_of(type_.impl_instance)
    if not method_is_overridden(type_, TypeDecorator.process_bind_param):
        return untouched

    def coerce(value: Any) -> Any:
        bound = _bound(type_, untouched(value))
        if isinstance(bound, str):
            untouched(bound)
        if isinstance(bound, int) and not SMALLEST_INTEGER <= bound <= LARGEST_INTEGER:
            raise Refused(f"what {type(type_).__name__} binds as an integer of 64 bits")
        return value

    return coerce


def compared_as(type_: TypeEngine[Any], value: Any) -> TypeEngine[Any] | None:
    """The other type as which a type has a value compared with it (``coerce_compared_value()``), if any."""
    if not isinstance(type_, TypeDecorator) or isinstance(type_, Interval):
        return None
    if not method_is_overridden(type_, TypeDecorator.coerce_compared_value):
        return None
    try:
        other = type_.coerce_compared_value(operators.eq, value)
    except Exception:  # noqa: BLE001 - the type is the user's, and so are its errors
        return None
    return None if type(other) is type(type_) else other


def binds_itself(type_: TypeDecorator[Any]) -> bool:
    """Whether values are bound in another way than the wrapped type binds them, or it differs by dialect."""
    own = (
        TypeDecorator.process_bind_param,
        TypeDecorator.bind_processor,
        TypeDecorator.bind_expression,
    )
    if any(method_is_overridden(type_, method) for method in own):
        return True
    impl = type_.impl_instance
    return any(
        type_.load_dialect_impl(dialect)._type_affinity is not impl._type_affinity
        for dialect in (POSTGRESQL, SQLITE)
    )


def type_beside(type_: TypeEngine[Any] | None, operator: str, value: Any) -> TypeEngine[Any] | None:
    """As what a plain value is bound beside an expression of a decorated type; None if that says nothing.

    The type itself says it, or else takes part in sums and differences, whose parts are alike.
    """
    if not isinstance(type_, TypeDecorator) or isinstance(type_, Interval) or not binds_itself(type_):
        return None
    if operator in _OPERATORS and method_is_overridden(type_, TypeDecorator.coerce_compared_value):
        said: TypeEngine[Any] = type_.coerce_compared_value(_OPERATORS[operator], value)
        return said
    return type_ if operator in ("+", "-") else None


_OPERATORS: Final = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": operators.truediv,
    "%": operators.mod,
}


def _bound(type_: TypeDecorator[Any], value: Any) -> Any:
    """What is bound for a value. Raises Refused if the type refuses it on both databases."""
    error: Exception
    for dialect in (POSTGRESQL, SQLITE):
        try:
            return type_.process_bind_param(value, dialect)
        except Exception as raised:  # noqa: BLE001 - the type is the user's, and so are its errors
            error = raised
    raise Refused(f"what {type(type_).__name__} binds ({type(error).__name__}: {error})") from error


def bound_by(type_: TypeDecorator[Any], value: Any) -> Any:
    """What the type that is wrapped gets for a value that was not refused; None where nothing says it."""
    if method_is_overridden(type_, TypeDecorator.process_bind_param):
        return _bound(type_, value)
    return None if binds_itself(type_) else value


def read_back(type_: TypeEngine[Any], value: Any) -> Any:
    """What a read gives of a value that is stored, where Python code of a type decides it.

    The value as it is where that differs by database, or is bound as something else than the value.
    """
    if isinstance(type_, ARRAY) and type_.as_tuple:
        return _as_tuple(value)
    if isinstance(type_, Float) and type_.asdecimal and isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(type_, Numeric) and not type_.asdecimal and isinstance(value, Decimal):
        return _as_float(value, type_.scale)
    if isinstance(type_, (postgresql.INET, postgresql.CIDR)):
        return parsed_address(type_, value)
    if not isinstance(type_, TypeDecorator) or isinstance(type_, Interval):
        return value
    if not method_is_overridden(type_, TypeDecorator.process_result_value):
        return value
    binds = method_is_overridden(type_, TypeDecorator.process_bind_param)
    found = []
    for dialect in (POSTGRESQL, SQLITE):
        try:
            bound = type_.process_bind_param(value, dialect) if binds else value
            read = type_.process_result_value(bound, dialect)
            again = type_.process_bind_param(read, dialect) if binds else read
            same = type(again) is type(bound) and bool(again == bound)
        except Exception:  # noqa: BLE001 - the type is the user's, and so are its errors
            return value
        if not same:
            return value
        found.append(read)
    one, other = found
    return one if type(one) is type(other) and one == other else value


def kept_in_objects(type_: TypeEngine[Any]) -> type[float] | None:
    """What makes what a read gives of values that ``read_back()`` has left exact, to be stored so."""
    if type_._variant_mapping or not isinstance(type_, Numeric) or isinstance(type_, Float):
        return None
    return None if type_.asdecimal else float


def _as_float(value: Decimal, scale: int | None) -> float | Decimal:
    """A number as a float, if what a driver makes of that is stored as the number."""
    found = float(value)
    if not value.is_finite() or Decimal(found) == value:
        return found
    exponent: Any = value.as_tuple().exponent
    if scale is None or (-exponent <= scale and round(Decimal(found), scale) != value):
        # asyncpg would store all the digits of 0.1000000000000000055511151231257827.
        return value
    return found


def _as_tuple(value: Any) -> Any:
    return tuple([_as_tuple(each) for each in value]) if isinstance(value, list) else value


def widened(type_: TypeDecorator[Any], impl: TypeEngine[Any]) -> TypeDecorator[Any]:
    """The same type around another, as SQLAlchemy itself puts it around what a dialect has."""
    copy = type_.copy()
    copy.impl = copy.impl_instance = impl
    return copy
