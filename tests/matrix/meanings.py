"""What a difference from Django is: where it is, what is meant instead, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.matrix.cases import Way
from tests.matrix.questions import Question

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"


class Meaning:
    """What is meant, whatever Django says."""


REFUSED: Final = Meaning()
"""An error before the database is asked."""
ANSWERED: Final = Meaning()
"""Rows, unless Django refuses, too: it has no right answer to compare them with."""


@dataclass(frozen=True)
class Asked(Meaning):
    """What Django says to another question, on another backend, or asked in another way."""

    question: Callable[[Question], Question] = lambda question: question
    backend: str | None = None
    way: Callable[[Way], Way] = lambda way: way


@dataclass(frozen=True)
class Difference:
    name: str
    reason: str
    meant: Meaning
    applies: Callable[[Question], bool]
    backends: tuple[str, ...] = (SQLITE, POSTGRESQL)
