"""``Case`` and ``When``: values that depend on conditions."""

from typing import Any

from django_like_repos.query.conditions import Q
from django_like_repos.query.expressions import Expression


class When(Expression):
    """A condition and the value where it holds (``django.db.models.When``).

    The condition is a ``Q``, an expression that is true or false, lookups by keyword, or both. A text as
    ``then`` is a path; a text that is meant is ``Value("…")``. Raises TypeError, ValueError.
    """

    __slots__ = ("condition", "then")

    def __init__(self, /, condition: Any = None, then: Any = None, **lookups: Any) -> None:
        if condition is None and not lookups:
            raise TypeError("When() takes a Q, an expression that is true or false, or lookups")
        if condition is not None and isinstance(condition, (str, int, float)):
            raise TypeError("When() takes a Q, an expression that is true or false, or lookups")
        if isinstance(condition, Q) and not condition and not lookups:
            raise ValueError("an empty Q() cannot be the condition of a When()")
        given = () if condition is None else (condition,)
        self.condition = Q(*given, **lookups)
        self.then = then

    def __repr__(self) -> str:
        return f"When({self.condition!r}, then={self.then!r})"


class Case(Expression):
    """The value of the first ``When`` that holds, else ``default`` (``django.db.models.Case``).

    ``output_field`` is an SQLAlchemy type; without it the values must be of one. Raises TypeError for
    anything but ``When``.
    """

    __slots__ = ("cases", "default", "output_field")

    def __init__(self, *cases: When, default: Any = None, output_field: Any = None) -> None:
        if not all(isinstance(case, When) for case in cases):
            raise TypeError("Case() takes When()s")
        self.cases = cases
        self.default = default
        self.output_field = output_field

    def __repr__(self) -> str:
        return f"Case({', '.join(map(repr, self.cases))}, default={self.default!r})"
