"""A chain as text, for errors and ``repr``: its calls and names; of its values only of what kind they are.

Values are told where somebody wants to see them; see ``Settings.shown``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django_like_repos.query.conditions import Q
from django_like_repos.query.expressions import Combined, Expression, F, Func
from django_like_repos.query.proposed import Proposed

_CONDITIONS: Final = frozenset({"filter", "exclude"})
_STRUCTURE: Final = (bool, type(None))
"""What decides the SQL, and tells nothing."""

Written = tuple[str, tuple[Any, ...], Mapping[str, Any]]
"""A call: its name and arguments."""


def told(calls: Iterator[Written], *, shown: bool) -> str:
    """The text of calls, with their values if they are to be ``shown``."""
    return "".join([_call(name, args, kwargs, shown) for name, args, kwargs in calls])


def told_value(value: Any, *, shown: bool) -> str:
    """The text of a value, if it is to be ``shown``; else of what kind it is."""
    return repr(value) if shown else _hidden(value)


def _call(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], shown: bool) -> str:
    if name == "[]":
        return "[{}:{}]".format(*("" if bound is None else bound for bound in args))
    if shown:
        given = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
    else:
        # Texts are names, but for those that conditions are made of.
        tell = _hidden if name in _CONDITIONS else _name
        given = [*map(tell, args), *(f"{key}={_hidden(value)}" for key, value in kwargs.items())]
    return f".{name}({', '.join(given)})"


def _name(value: Any) -> str:
    return repr(value) if isinstance(value, str) else _hidden(value)


def _hidden(value: Any) -> str:
    """A value by its kind: what it holds is named only as far as that are names."""
    if isinstance(value, _STRUCTURE):
        return repr(value)
    if isinstance(value, Q):
        return value.told(_hidden)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return f"({value[0]!r}, {_hidden(value[1])})"
    if isinstance(value, (F, Proposed)):
        return repr(value)
    if isinstance(value, Combined):
        return f"({_hidden(value.left)} {value.operator} {_hidden(value.right)})"
    if isinstance(value, Func):
        return f"{type(value).__name__}({', '.join(map(_name, value.expressions))})"
    if isinstance(value, Expression):
        return f"{type(value).__name__}(…)"
    if hasattr(value, "_query") or hasattr(value, "to_attr") or hasattr(value, "last_call"):
        return repr(value)
    return value.__name__ if isinstance(value, type) else f"<{type(value).__name__}>"
