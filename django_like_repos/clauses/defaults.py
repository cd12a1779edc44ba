"""What columns get that nobody gives a value: ``Column(default=…, onupdate=…)``, by Python or by SQL."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Sequence

Make = Callable[["Given"], Any]


class NeedsContextError(Exception):
    """Python code asks what nobody knows before SQLAlchemy executes the statement, or SQL has to be asked."""


class _Context:
    """The context that code is given which most likely does not look at it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # Who looks whether there is such a thing is no code of a default.
            raise AttributeError(name)
        raise NeedsContextError(name)


_CONTEXT = _Context()


def value_of(default: Any) -> Any:
    """What a default gives. Raises NeedsContextError where only SQLAlchemy can tell."""
    if default.is_clause_element or default.is_sequence:
        raise NeedsContextError
    return default.arg(_CONTEXT) if default.is_callable else default.arg


class Given:
    """What SQLAlchemy tells a default that asks for the row it is of."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.current_parameters = values

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """The values of the row, by the keys of its columns."""
        return dict(self.current_parameters)


def python_default(default: Any) -> Make | None:
    """What makes the value of a default, or of an ``onupdate``, that is Python's."""
    if default is None:
        return None
    if default.is_scalar:
        value = default.arg
        return lambda _: value
    made: Make | None = default.arg if default.is_callable else None
    return made


def sql_default(default: Any) -> Any:
    """What SQL says for one that is computed by the database."""
    return default.next_value() if isinstance(default, Sequence) else default.arg
