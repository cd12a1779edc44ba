"""Arrays, ranges, tuples and PostgreSQL's hstore: values made of other values."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractMultiRange, AbstractSingleRange, MultiRange, Range

from django_like_repos.values.numbers import whole
from django_like_repos.values.refusal import Coercion, Refused, Setting
from django_like_repos.values.text import text, untouched

_BOUNDS: Final = ("[)", "[]", "()", "(]")

# Of what type the ends of a range are.
_ENDS: Final[tuple[tuple[tuple[type[Any], type[Any]], types.TypeEngine[Any]], ...]] = (
    ((postgresql.INT4RANGE, postgresql.INT4MULTIRANGE), types.Integer()),
    ((postgresql.INT8RANGE, postgresql.INT8MULTIRANGE), types.BigInteger()),
    ((postgresql.NUMRANGE, postgresql.NUMMULTIRANGE), types.Numeric()),
    ((postgresql.DATERANGE, postgresql.DATEMULTIRANGE), types.Date()),
    ((postgresql.TSRANGE, postgresql.TSMULTIRANGE), types.DateTime()),
    ((postgresql.TSTZRANGE, postgresql.TSTZMULTIRANGE), types.DateTime(timezone=True)),
)


def array(type_: types.ARRAY[Any], setting: Setting) -> Coercion:
    """A list of what the elements are, or of such lists, all of one length; None is an element too."""
    item = within(type_.item_type, setting)

    def part(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [part(each) for each in value]
        return None if value is None else item(value)

    def coerce(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise Refused("a list")
        try:
            parts = part(value)
        except RecursionError:
            raise Refused("a list that is not in itself") from None
        _extents(parts)
        return parts

    return coerce


def span_of_values(type_: AbstractSingleRange[Any], setting: Setting) -> Coercion:
    """A ``Range``, or a pair of its ends; an end that is None is open."""
    end = _ends(type_, setting)

    def coerce(value: Any) -> Any:
        if isinstance(value, (list, tuple)) and len(value) == 2:
            value = Range(*value)
        if not isinstance(value, Range):
            raise Refused("a Range of PostgreSQL's, or a pair (lower, upper)")
        if value.empty:
            return Range(empty=True)
        if value.bounds not in _BOUNDS:
            raise Refused(f"a Range whose bounds are one of {' '.join(_BOUNDS)}")
        lower, upper = (None if each is None else end(each) for each in (value.lower, value.upper))
        if lower is not None and upper is not None and lower > upper:
            raise Refused("a range that does not end before it begins")
        return Range(lower, upper, bounds=value.bounds)

    return coerce


def spans_of_values(type_: AbstractMultiRange[Any], setting: Setting) -> Coercion:
    """A list of what a range takes."""
    one = span_of_values(type_, setting)  # type: ignore[arg-type]

    def coerce(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise Refused("a list of PostgreSQL's Ranges, or of pairs (lower, upper)")
        return MultiRange([one(each) for each in value])

    return coerce


def several(type_: types.TupleType, setting: Setting) -> Coercion:
    """A tuple of one value for each type."""
    parts = [setting.coercion_of(each) for each in type_.types]

    def coerce(value: Any) -> Any:
        if not isinstance(value, (list, tuple)) or len(value) != len(parts):
            raise Refused(f"a tuple of {len(parts)} values")
        return tuple([part(each) for part, each in zip(parts, value, strict=True)])

    return coerce


def words(value: Any) -> Any:
    """A dict of text to text or None."""
    if not isinstance(value, Mapping):
        raise Refused("a dict of text")
    return {text(key): None if each is None else text(each) for key, each in value.items()}


def within(type_: types.TypeEngine[Any], setting: Setting) -> Coercion:
    """What an element or end of that type takes: there, nothing beyond it can be said to match nothing."""
    coerce = setting.coercion_of(type_)
    if isinstance(type_, types.CHAR) and type_.length:
        return _of_length(coerce, type_.length)
    if not isinstance(type_, types.Integer):
        return coerce
    bits = 16 if isinstance(type_, types.SmallInteger) else 64 if isinstance(type_, types.BigInteger) else 32
    limit = 2 ** (bits - 1)

    def limited(value: Any) -> Any:
        number = whole(value)
        if not -limit <= number < limit:
            raise Refused(f"integers of {bits} bits")
        return number

    return limited


def _extents(value: Any) -> tuple[int, ...]:
    """How long a list is in each dimension. Raises Refused where inner lists differ."""
    if not isinstance(value, list):
        return ()
    inner = {_extents(each) for each in value}
    if len(inner) > 1:
        raise Refused("a list whose inner lists are of one length, with nothing else beside them")
    return (len(value), *next(iter(inner), ()))


def _of_length(coerce: Coercion, length: int) -> Coercion:
    # PostgreSQL would cut what is longer, and has no name for the type without a length.
    def limited(value: Any) -> Any:
        found = coerce(value)
        if len(found) > length:
            raise Refused(f"text of {length} characters")
        return found

    return limited


def _ends(type_: Any, setting: Setting) -> Coercion:
    for kinds, end in _ENDS:
        if isinstance(type_, kinds):
            return within(end, setting)
    # A range type of the user's own.
    return untouched
