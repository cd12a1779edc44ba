"""``FetchMode``: a fetch mode as an option of a statement, which SQLAlchemy hands to what that loads."""

from collections.abc import Iterable
from typing import Any, Final
from weakref import ref

from sqlalchemy import inspect
from sqlalchemy.sql.visitors import InternalTraversal

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.guard import Mark, mark_of
from django_like_repos.query.fetch_modes import FETCH_MODES, RAISE, SQLALCHEMY, FetchModeName


class FetchMode(Mark):
    """The mark of a fetch mode; in mode ``peers`` it knows which objects belong together."""

    # Part of the key: of two statements that only this tells apart, the one compiled first would decide for
    # both which options go on to the objects.
    _traverse_internals = [("mode", InternalTraversal.dp_string)]  # noqa: RUF012 - read by SQLAlchemy

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.guards = mode != SQLALCHEMY
        self._members: tuple[ref[Any], ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        # Who belongs together is known in one process only.
        return FetchMode, (self.mode,)

    def __repr__(self) -> str:
        return f"fetch_mode({self.mode!r})"

    @property
    def members(self) -> list[Any]:
        """The objects that a queryset gave, in its order, as far as they are alive."""
        return [member for each in self._members if (member := each()) is not None]

    def gave(self, objects: Iterable[Any]) -> None:
        """Says which objects a queryset gave."""
        self._members = tuple(map(ref, objects))


def checked_mode(mode: object) -> str:
    """The mode. Raises UnsupportedOperationError for what is none."""
    if not isinstance(mode, str) or mode not in FETCH_MODES:
        known = ", ".join(map(repr, FETCH_MODES))
        raise UnsupportedOperationError(f"fetch_mode() takes one of {known}, not {mode!r}")
    return mode


def fetch_mode(mode: FetchModeName) -> FetchMode:
    """A fetch mode as an option of a statement of SQLAlchemy's, or of ``QuerySet.options()``.

    In mode ``peers`` the objects that statements with one such option have loaded, by the same path, belong
    together. Raises UnsupportedOperationError for a mode that does not exist.
    """
    return FetchMode(checked_mode(mode))


def mode_of(model: Any) -> str | None:
    """The fetch mode of the query that has loaded an object; None where none of ours has."""
    mark = mark_of(inspect(model))
    return mark.mode if isinstance(mark, FetchMode) else None


def kept_mark(mode: str | None) -> tuple[FetchMode, ...]:
    """The option that a statement is kept with; in mode ``peers`` each execution has its own."""
    return (_RAISE,) if mode is None or mode == RAISE else ()


def own_mark(mode: str | None) -> tuple[FetchMode, ...]:
    """The option of one execution, where the mode was asked for."""
    return () if mode is None or mode == SQLALCHEMY else (FetchMode(mode),)


_RAISE: Final = FetchMode(RAISE)
