"""What the families of values share: how a value is refused, and what making a coercion may ask for."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy.types import TypeEngine

Coercion = Callable[[Any], Any]


class Refused(Exception):
    """A value that a column does not take; the message says what it would take."""


class Setting(NamedTuple):
    """Where a coercion is made: a zone for what depends on one, and the coercions of other types."""

    zone: str
    """The IANA name of the zone in which aware datetimes become dates."""
    coercion_of: Callable[[TypeEngine[Any]], Coercion]
