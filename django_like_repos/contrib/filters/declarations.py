"""What stands in the body of a ``FilterSet``, and what becomes of it on the ground where it stands."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_like_repos.contrib.filters.ground import Ground

if TYPE_CHECKING:
    from django_like_repos.query import Expression, Q


class Declaration(ABC):
    """A parameter as it was written: a ``Lookup``, a ``Search``, an ``Ordering``, a method."""

    nests: bool = True
    """Whether a ``FilterSet`` in which this one is nested has it too."""
    default: Any = None
    """What the value is where none is sent."""

    @abstractmethod
    def bound(self, ground: Ground, name: str, annotation: Any) -> "Source":
        """What it is there, under a name; ``annotation`` is None where none was written.

        Raises UnknownFieldError, UnknownLookupError, UnsupportedOperationError.
        """


@dataclass(frozen=True, eq=False)
class Source:
    """What a parameter does: what it takes, and what it is to a queryset."""

    annotation: Any
    """What pydantic reads its value by."""
    description: str | None
    example: Any
    crosses_to_many: bool = False

    def weight(self, value: Any) -> int:
        """How many conditions a value makes."""
        return 1


class Condition(Source):
    """A parameter that is a condition."""

    def condition(self, value: Any, *, together: bool = False) -> "Q | Expression":
        """What ``filter()`` is given for a value; ``together`` with others that speak of one related row."""
        raise NotImplementedError


class Step(Source):
    """A parameter that makes another queryset of one."""

    def applied(self, filterset: Any, queryset: Any, value: Any) -> Any:
        """The queryset with what a value asks for."""
        raise NotImplementedError
