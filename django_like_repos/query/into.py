"""``Into``: what rows of values are made into, part by part. Plain values: who makes them is elsewhere."""

from collections.abc import Hashable
from typing import Any, NamedTuple


class Made(NamedTuple):
    """An object of a type."""

    type: Any
    way: str
    """``call`` of the type, ``tuple``, ``dict``, or a ``validated`` dict."""
    members: tuple[tuple[str, int | None, Hashable], ...]
    """Of each the argument, its place if it needs no name, and what it is: the place of a value in the row,
    ``Made`` or ``Several``."""
    presence: int | None = None
    """The value without which there is no object but None."""


class Several(NamedTuple):
    """What a statement of its own has found for a row."""

    number: int
    """Of that statement."""
    keys: tuple[int, ...]
    """The places of the values by which it is known."""
    collect: Any
    """What they are put into; None for the first one, or None."""


class Listed(NamedTuple):
    """Rows at the end of a relation, which a statement of their own finds for all owners at once."""

    model: type[Any]
    relation: str
    keys: tuple[int, ...]
    """The places of the values of the owner's row by which they are known."""
    query: Any
    """Of the rows, with what they are made into."""
    identity: tuple[int, ...] = ()
    """The places of a row's own key, where one may be found several times for an owner."""


class Into(NamedTuple):
    """What the rows of a query are made into."""

    made: Made | int
    """An object, or a bare value."""
    lists: tuple[Listed, ...] = ()
    of_models: bool = True
    """Whether each row is of a model, and not of values or groups."""
