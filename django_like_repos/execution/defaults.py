"""Values that Python code gives to the columns of new rows: ``Column(default=…)``, called for each row."""

from typing import Any


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
