"""``Body``: what rows of values are written as in JSON, part by part. Who says it in SQL is elsewhere."""

from collections.abc import Hashable
from typing import Any, NamedTuple


class Leaf(NamedTuple):
    """A value of the row."""

    place: int
    takes: tuple[Hashable, ...] = ()
    """What may stand there as it is, as ``schemas.Takes`` says it."""


class Written(NamedTuple):
    """An object, or a list of its values."""

    members: tuple[tuple[str, Hashable], ...]
    """Of each the key, and what it is: a ``Leaf``, ``Written`` or ``Several``."""
    array: bool = False
    """Whether it is its values alone, in brackets."""
    presence: int | None = None
    """The value without which it is null."""


class Several(NamedTuple):
    """The rows at the end of a relation."""

    number: int
    """Among the lists of the row."""
    alone: bool = False
    """Whether it is the first of them, or null."""


class Listed(NamedTuple):
    """Rows at the end of a relation, of all owners that the statement has found."""

    keys: tuple[int, ...]
    """The places of the values of the owner's row by which they are known."""
    shape: Any
    """Of the query of the rows."""


class Body(NamedTuple):
    """What the rows of a query are written as."""

    part: Hashable
    lists: tuple[Listed, ...] = ()
