"""The way by which a framework makes a ``FilterSet`` of what a request brings."""

from abc import ABC, abstractmethod
from typing import Any, Final

DOOR: Final = "door"
"""The argument by which a framework gives its door. What a client sends is never an instance of one."""


class Door(ABC):
    """Of one request."""

    @abstractmethod
    def opened(self, filterset: Any, values: dict[str, Any]) -> Any:
        """The ``FilterSet`` of the arguments that the framework gives; its errors are the framework's."""
