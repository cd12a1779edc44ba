"""Numbers: integers, floats, decimals, and truth.

What only one database has, NaN above all, is refused. An integer may be of any size: one that no column holds
is marked, for lookups to know what it matches.
"""

import struct
from decimal import Decimal, InvalidOperation
from math import floor, isinf, isnan
from numbers import Integral, Rational, Real
from typing import Any, Final

from sqlalchemy import types

from django_like_repos.values.refusal import Coercion, Refused, Setting
from django_like_repos.values.text import untouched

SMALLEST_INTEGER: Final = -(2**63)
LARGEST_INTEGER: Final = 2**63 - 1

_BITS: Final = {types.SmallInteger: 16, types.BigInteger: 64, types.Integer: 32}

_FAR: Final = 10**100
"""Stands for a decimal so large that it is not worth writing out: beyond every integer column."""
_LARGEST_OID: Final = 2**32 - 1
_SINGLE: Final = struct.Struct("<f")
# Of PostgreSQL's numeric: digits before the point, and after it.
_WHOLE_DIGITS: Final = 131_072
_FRACTION_DIGITS: Final = 16_383

_BOOLEANS: Final = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


class Beyond(int):
    """An integer that no column holds: it equals nothing, and everything is on one side of it."""

    def __repr__(self) -> str:
        try:
            return int.__repr__(self)
        except ValueError:
            # Python writes out no integer of more than some thousand digits.
            return f"<an int of {self.bit_length()} bits>"

    __str__ = __repr__


class Between(Refused):
    """A number that is refused as an integer: it lies between ``floor`` and the next one."""

    def __init__(self, floor: int) -> None:
        super().__init__("an integer")
        self.floor = floor


def bits_of(type_: types.TypeEngine[Any]) -> int | None:
    """How many bits every database stores of the integers of ``type_``; None where they are none."""
    return next((_BITS[each] for each in type(type_).__mro__ if each in _BITS), None)


def integer(value: Any) -> Any:
    """An ``int``, or Beyond; of text what ``int()`` takes, of other numbers what is whole."""
    number = value if type(value) is int else _integer(value)
    return number if SMALLEST_INTEGER <= number <= LARGEST_INTEGER else Beyond(number)


def whole(value: Any) -> Any:
    """The same where nothing is compared, and a fraction is like any other wrong value."""
    try:
        return integer(value)
    except Between as fraction:
        raise Refused(str(fraction)) from None


def untyped(value: Any) -> Any:
    """Any value as it is, except for text that no database stores, and Beyond."""
    return integer(value) if type(value) is int else untouched(value)


def boolean(value: Any) -> Any:
    """A ``bool``; 1 and 0, and their names in any case."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (Real, Decimal)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise Refused("True or False")


def decimal(value: Any) -> Any:
    """A finite ``Decimal``; of a float the number that its shortest text says."""
    number = _decimal(value)
    if number is None or not number.is_finite():
        raise Refused("a decimal number")
    exponent = number.as_tuple().exponent
    if number.adjusted() >= _WHOLE_DIGITS or (isinstance(exponent, int) and exponent < -_FRACTION_DIGITS):
        raise Refused("a decimal number of fewer digits")
    return number


def double(value: Any) -> Any:
    """A ``float`` that is a number, or infinite if that was asked for."""
    if type(value) is float:
        number = value
    elif isinstance(value, (Real, Decimal, str)):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise Refused("a number that a float can hold") from None
    else:
        raise Refused("a number")
    if isnan(number):
        raise Refused("a number other than NaN")
    if isinf(number) and not _said_infinite(value):
        raise Refused("a number that a float can hold")
    return number


def single(value: Any) -> Any:
    """A ``float`` that four bytes can hold, if less exactly."""
    number = double(value)
    try:
        (held,) = _SINGLE.unpack(_SINGLE.pack(number))
    except OverflowError:
        held = 0.0
    if number and not held:
        raise Refused("a number that a float of single precision can hold")
    return number


def floating(type_: Any, _: Setting) -> Coercion:
    """PostgreSQL gives ``REAL`` and a ``Float`` of up to 24 binary digits four bytes."""
    return single if is_single(type_) else double


def is_single(type_: types.TypeEngine[Any]) -> bool:
    """Whether PostgreSQL stores a float of this type in four bytes."""
    precision: int | None = getattr(type_, "precision", None)
    return isinstance(type_, types.REAL) or (precision is not None and precision <= 24)


def oid(value: Any) -> Any:
    """PostgreSQL's number of an object."""
    number = whole(value)
    if not 0 <= number <= _LARGEST_OID:
        raise Refused(f"an integer from 0 to {_LARGEST_OID}")
    return number


def _integer(value: Any) -> int:
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise Refused("an integer") from None
    given: Any = value
    if not isinstance(value, (Real, Decimal)):
        raise Refused("an integer")
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > 100:
        return -_FAR if value < 0 else _FAR
    try:
        number: int = floor(given)
    except (ValueError, OverflowError):
        raise Refused("an integer") from None
    if value != number:
        raise Between(number)
    return number


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, Integral):
        return Decimal(int(value))
    if isinstance(value, Real) and not isinstance(value, Rational):
        # By way of float, since the text of a subclass may be anything.
        return Decimal(repr(float(value)))
    if isinstance(value, (Decimal, str)):
        try:
            return Decimal(value)
        except (InvalidOperation, ValueError):
            return None
    return None


def _said_infinite(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lstrip("+-").lower() in ("inf", "infinity")
    return value.is_infinite() if isinstance(value, Decimal) else isinstance(value, float)
