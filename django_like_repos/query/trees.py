"""Recursion: rows that are reached from others by relations, again and again. Shapes, as in ``shapes``."""

from collections.abc import Hashable
from typing import Any, Final, NamedTuple

from django_like_repos.query.shapes import Shape

DEPTH: Final = "depth"
"""How many relations lead to a row, at least; rows that a walk begins with have 0."""
PATH: Final = "path"
"""What rows are ordered by so that each stands before all that is reached through it."""
BACK: Final = "-"
"""Before a relation that is followed from its end."""


class Way(NamedTuple):
    """A relation that is followed, and which of the rows that it leads to count."""

    relation: str
    """Its path, with ``BACK`` before it where it is followed from its end."""
    shape: Shape
    conditioned: bool
    """Whether not all of them do."""


class Walk(NamedTuple):
    """That only rows count that are reached: ``descendants()`` and ``ancestors()``."""

    number: int
    """By which expressions speak of it."""
    model: type[Any]
    """Whose rows are gone through: the model's, or those of a class that it inherits from."""
    roots: Shape
    """The rows that it begins with."""
    ways: tuple[Way, ...]
    counted: bool
    """Whether the number of steps is asked for."""
    siblings: Shape | None
    """In which order rows stand that are reached from one, if ``PATH`` is asked for."""
    bounded: bool
    """Whether the last param says how many steps there are at most."""
    far: bool
    """Whether those may be so many that what is reached must be known before steps are counted."""
    with_roots: bool
    tag: str = "walk"


class Walked(NamedTuple):
    """What a walk says of a row: ``DEPTH`` or ``PATH``."""

    number: int
    column: str
    tag: str = "walked"


class Grown(NamedTuple):
    """A tree that is loaded under models of a query: which relations of all that is reached are filled."""

    via: tuple[str, ...]
    through: Any
    max_depth: int | None


def walks_in(steps: tuple[Hashable, ...]) -> list[Walk]:
    """The walks among the steps of a query."""
    return [step for step in steps if isinstance(step, Walk)]
