"""The way by which a framework makes a ``FilterSet`` of what a request brings."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

DOOR: Final = "door"
"""The argument by which a framework gives its door. What a client sends is never an instance of one."""


class Door(ABC):
    """Of one request."""

    @abstractmethod
    def opened(self, filterset: Any, values: dict[str, Any]) -> Any:
        """The ``FilterSet`` of the arguments that the framework gives; its errors are the framework's."""


Refusal = Callable[[str, Any, str], Exception]
"""The framework's error for a parameter, the value that was sent for it, and what is wrong with that."""

_REFUSAL: Final = "__refusal__"


def enter(filterset: Any, refusal: Refusal) -> Any:
    """Has a ``FilterSet`` raise the framework's error where only applying it tells what does not fit."""
    vars(filterset)[_REFUSAL] = refusal
    return filterset


def refusal_of(filterset: Any) -> Refusal | None:
    """The framework's error, where one made it."""
    found: Refusal | None = vars(filterset).get(_REFUSAL)
    return found


class Injectable:
    """The signature of a class: FastAPI's, where that is in use, and else its own."""

    def __init__(self, signing: str, plain: Any = None) -> None:
        """``signing`` is what FastAPI's part calls the function that gives it."""
        self._signing = signing
        self._plain = plain

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None and sys.modules.get("fastapi") is not None:
            # Not imported where FastAPI is not: what its part gives is asked for by FastAPI alone.
            return getattr(import_module("django_like_repos.contrib.fastapi.filtering"), self._signing)(owner)
        if self._plain is None:
            raise AttributeError("__signature__")
        return self._plain.__get__(instance, owner)
