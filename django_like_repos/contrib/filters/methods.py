"""``parameter``: a method that says itself what becomes of a queryset for the value of a parameter."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from django_like_repos.contrib.filters.declarations import Declaration, Step
from django_like_repos.contrib.filters.describing import example_of
from django_like_repos.contrib.filters.ground import Ground
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Expression, Q

Method = TypeVar("Method", bound=Callable[..., Any])


class Parameter(Declaration):
    """A method under whose name a client gives its last argument. Not nested: it is of its own model."""

    nests = False

    def __init__(self, method: Callable[..., Any]) -> None:
        if not inspect.isfunction(method) or len(inspect.signature(method).parameters) != 3:
            raise UnsupportedOperationError(
                f"@parameter is for a method of (self, queryset, value), not {method!r}"
            )
        self.method = method

    def bound(self, ground: Ground, name: str, annotation: Any) -> "Called":
        taken = list(inspect.signature(self.method).parameters)[-1]
        hints = get_type_hints(self.method, include_extras=True)
        if taken not in hints:
            raise UnsupportedOperationError(
                f"{name}(): annotate {taken!r}, which says what a client may send"
            )
        said = inspect.getdoc(self.method)
        return Called(hints[taken], said, example_of(hints[taken]), False, self.method)


def parameter(method: Method) -> Method:
    """Makes a method a parameter of its name: ``def popular(self, queryset, value: int): return …``.

    It gives a queryset, or a ``Q`` to filter by. Its last argument's annotation says what a client may send,
    and its docstring what it is for. Raises UnsupportedOperationError for another signature.
    """
    made: Any = Parameter(method)
    return made  # type: ignore[no-any-return]


def _nothing(*_: Any) -> Any:
    raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Called(Step):
    """A method of a ``FilterSet``."""

    method: Callable[..., Any] = _nothing

    def applied(self, filterset: Any, queryset: Any, value: Any) -> Any:
        made = self.method(filterset, queryset, value)
        return queryset.filter(made) if isinstance(made, (Q, Expression)) else made
