"""From the columns of a row to the values that were named: a key of several columns is one value."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django_like_repos.caching import cached
from django_like_repos.mapping.models import Composite
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import Names

Maker = Callable[[Sequence[Any]], tuple[Any, ...]]


class _Part(NamedTuple):
    """The columns of one value."""

    start: int
    stop: int
    composite: Composite | None
    absent: bool
    """Whether a key without one of its values is None, and no tuple."""

    def of(self, row: Sequence[Any]) -> Any:
        values = tuple(row[self.start : self.stop])
        if self.stop - self.start == 1:
            return values[0]
        if self.composite is None:
            return None if self.absent and None in values else values
        return None if all(value is None for value in values) else self.composite.made_of(values)


@cached(4096)
def width_of(names: Names, fields: tuple[str, ...]) -> int:
    """How many columns the values of these names have."""
    return sum(len(field_path(names, name).types) for name in fields)


@cached(4096)
def maker_of(names: Names, fields: tuple[str, ...], absent: bool = False) -> Maker:
    """The function that makes a tuple of values out of a row.

    ``absent``: a key that leads nowhere is None, and not the tuple of its columns that Django has.
    """
    if width_of(names, fields) == len(fields):
        return tuple
    parts: list[_Part] = []
    for name in fields:
        path = field_path(names, name)
        start = parts[-1].stop if parts else 0
        parts.append(_Part(start, start + len(path.types), path.composite, absent))
    return lambda row: tuple([part.of(row) for part in parts])
