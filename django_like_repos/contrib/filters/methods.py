"""``parameter``: a method that says itself what becomes of a queryset for the value of a parameter."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_type_hints

from pydantic import AfterValidator

from django_like_repos.contrib.filters.declarations import Declaration, Step
from django_like_repos.contrib.filters.describing import example_of
from django_like_repos.contrib.filters.ground import Ground
from django_like_repos.contrib.filters.values import within
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Expression, Q

Value = TypeVar("Value")


class Parameter(Declaration, Generic[Value]):
    """A method under whose name a client gives its last argument. Not nested: it is of its own model."""

    nests = False

    def __init__(self, method: Callable[..., Any]) -> None:
        if not inspect.isfunction(method) or len(inspect.signature(method).parameters) != 3:
            raise UnsupportedOperationError(
                f"@parameter is for a method of (self, queryset, value), not {method!r}"
            )
        self.method = method

    if TYPE_CHECKING:
        # In a FilterSet it is what was sent.
        def __get__(self, instance: object, owner: object) -> Value | None: ...

    def bound(self, ground: Ground, name: str, annotation: Any) -> "Called":
        taken = list(inspect.signature(self.method).parameters)[-1]
        hints = get_type_hints(self.method, include_extras=True)
        if taken not in hints:
            raise UnsupportedOperationError(
                f"{name}(): annotate {taken!r}, which says what a client may send"
            )
        said = inspect.getdoc(self.method)
        annotation = Annotated[hints[taken], AfterValidator(within(ground.bounds))]
        return Called(annotation, said, example_of(hints[taken]), method=self.method)


def parameter(method: Callable[[Any, Any, Value], Any]) -> Parameter[Value]:
    """Makes a method a parameter of its name: ``def popular(self, queryset, value: int): return …``.

    It gives a queryset, or a ``Q`` to filter by. Its last argument's annotation says what a client may send,
    and its docstring what it is for. Raises UnsupportedOperationError for another signature.
    """
    return Parameter(method)


def _nothing(*_: Any) -> Any:
    raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Called(Step):
    """A method of a ``FilterSet``."""

    method: Callable[..., Any] = _nothing

    def applied(self, filterset: Any, queryset: Any, value: Any) -> Any:
        made = self.method(filterset, queryset, value)
        return queryset.filter(made) if isinstance(made, (Q, Expression)) else made
