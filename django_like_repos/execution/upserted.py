"""The result of ``upsert()``: what was created, what was updated, and what was left alone."""

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple

from typing_extensions import TypeVar

from django_like_repos.errors import UnsupportedOperationError

Row = TypeVar("Row", default=Any)


class Counts(NamedTuple):
    """How many rows."""

    created: int
    updated: int
    untouched: int


class Upserted(Generic[Row]):
    """What became of the rows of an ``upsert()``: each is in one of three lists, as its key.

    ``returning()`` has the models in them, ``returning("id", "name")`` rows of these fields, and
    ``returning(None)`` keeps ``counts`` alone. It is true if anything was written.
    """

    __slots__ = ("_lists", "counts")

    def __init__(self, counts: Counts, lists: tuple[list[Row], list[Row], list[Row]] | None) -> None:
        self.counts = counts
        self._lists = lists

    @property
    def created(self) -> Sequence[Row]:
        """Those that are new."""
        return self._list(0)

    @property
    def updated(self) -> Sequence[Row]:
        """Those that were there, and were changed."""
        return self._list(1)

    @property
    def untouched(self) -> Sequence[Row]:
        """Those that were there, and that ``where``, or nothing to set, left alone."""
        return self._list(2)

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        return self.counts.created + self.counts.updated

    def __bool__(self) -> bool:
        return self.rowcount != 0

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={number}" for name, number in self.counts._asdict().items())
        return f"<{type(self).__name__} {counts}>"

    def _list(self, number: int) -> Sequence[Row]:
        if self._lists is None:
            raise UnsupportedOperationError(
                "returning(None) keeps nothing of the rows but their number: counts has it"
            )
        return self._lists[number]


def joined(parts: Sequence[Upserted[Any]], *, counted: bool) -> Upserted[Any]:
    """What became of the rows of several batches; ``counted``: nothing but their number is kept."""
    if len(parts) == 1:
        return parts[0]
    counts = Counts(*[sum(each.counts[at] for each in parts) for at in range(3)])
    if counted:
        return Upserted(counts, None)
    created, updated, untouched = [[row for each in parts for row in each._list(at)] for at in range(3)]
    return Upserted(counts, (created, updated, untouched))
