"""What the families of values share: how a value is refused and shown, and what a coercion may ask for."""

from collections.abc import Callable
from reprlib import Repr
from typing import Any, Final, NamedTuple

from sqlalchemy.types import TypeEngine

Coercion = Callable[[Any], Any]


class Refused(Exception):
    """A value that a column does not take; the message says what it would take."""


class Setting(NamedTuple):
    """Where a coercion is made: a zone for what depends on one, and the coercions of other types."""

    zone: str
    """The IANA name of the zone in which aware datetimes become dates."""
    coercion_of: Callable[[TypeEngine[Any]], Coercion]


class _Short(Repr):
    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:
            # Python writes out no integer of more than some thousand digits.
            return f"<an int of {x.bit_length()} bits>"


shown: Final = _Short().repr
"""A value for a message: short, and never an error of its own."""
