"""``parameter``: a method that says itself what becomes of a queryset for the value of a parameter."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar, get_type_hints

from pydantic import AfterValidator

from django_like_repos.contrib.filters.columns import bounded
from django_like_repos.contrib.filters.declarations import Declaration, Step
from django_like_repos.contrib.filters.describing import example_of
from django_like_repos.contrib.filters.ground import Ground
from django_like_repos.contrib.filters.values import within
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.filtering import check_narrowed
from django_like_repos.query import Expression, Q

Value = TypeVar("Value")

_BY_PLACE: Final = frozenset((inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD))


class Parameter(Declaration, Generic[Value]):
    """A method under whose name a client gives its last argument. Not nested: it is of its own model."""

    nests = False

    def __init__(self, method: Callable[..., Any]) -> None:
        if not inspect.isfunction(method) or not _takes_three(method):
            raise UnsupportedOperationError(
                f"@parameter is for a method of (self, queryset, value), not {method!r}"
            )
        if inspect.iscoroutinefunction(method) or inspect.isgeneratorfunction(method):
            raise UnsupportedOperationError(
                f"{method.__qualname__}() gives a queryset or a Q, and is awaited by nobody: write def"
            )
        self.method = method
        *_, taken = inspect.signature(method).parameters.values()
        self.default = None if taken.default is taken.empty else taken.default
        """What the value is where none is sent."""

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
        annotation = Annotated[bounded(hints[taken], ground.bounds), AfterValidator(within(ground.bounds))]
        return Called(annotation, said, example_of(hints[taken]), method=self.method)


def parameter(method: Callable[[Any, Any, Value], Any]) -> Parameter[Value]:
    """Makes a method a parameter of its name: ``def popular(self, queryset, value: int): return …``.

    It gives a queryset, or a ``Q`` to filter by. Its last argument's annotation says what a client may send,
    its default what counts where nothing is sent, and its docstring what it is for. Raises
    UnsupportedOperationError for another signature, and for a coroutine.
    """
    return Parameter(method)


def _takes_three(method: Callable[..., Any]) -> bool:
    """Whether a method is called with itself, a queryset and a value, as it will be."""
    kinds = [each.kind for each in inspect.signature(method).parameters.values()]
    return len(kinds) == 3 and {*kinds} <= _BY_PLACE


def _nothing(*_: Any) -> Any:
    raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Called(Step):
    """A method of a ``FilterSet``."""

    method: Callable[..., Any] = _nothing

    def applied(self, filterset: Any, queryset: Any, value: Any) -> Any:
        made = self.method(filterset, queryset, value)
        if isinstance(made, (Q, Expression)):
            return queryset.filter(made)
        check_narrowed(f"{self.method.__qualname__}()", queryset, made, also=" or a Q")
        return made


class Bound:
    """A parameter's method on the class, where ``super().popular(queryset, value)`` finds it.

    It is no attribute of the class, as no field of pydantic's is, and instances have the value that was sent.
    """

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            raise AttributeError(self._method.__name__)
        return self._method.__get__(instance, owner)
