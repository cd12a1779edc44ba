"""``RawQuery``: SQL of the user's own with the values of its parameters. Plain values."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class RawQuery(NamedTuple):
    """What ``raw()`` was asked for, but for what is loaded besides."""

    sql: str
    text: str
    """The same as SQLAlchemy takes it: no colon of a comment or a quotation begins a parameter."""
    params: Mapping[str, Any]
    lists: frozenset[str]
    """The parameters that stand behind IN, and are lists."""
    marked: bool
    """Whether there is a question mark, which some drivers take for a parameter."""
    into: Any = None
    """The type that rows are made into; None for models."""
