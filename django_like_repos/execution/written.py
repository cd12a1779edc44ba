"""The result of UPDATE and DELETE: SQLAlchemy's, which besides is as many rows as were written."""

from copy import copy
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Result

from django_like_repos.caching import cached_by_class


class Counted:
    """Compares as its number of rows: false for none."""

    __slots__ = ()

    rowcount: int
    of_keys: list[Any]
    """The keys of the rows, where they lie in several tables."""

    def __bool__(self) -> bool:
        return self.rowcount != 0

    def __int__(self) -> int:
        return self.rowcount

    __index__ = __int__

    def __eq__(self, other: object) -> bool:
        return self.rowcount == other if isinstance(other, (int, float)) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self.rowcount < other if isinstance(other, (int, float)) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.rowcount <= other if isinstance(other, (int, float)) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.rowcount > other if isinstance(other, (int, float)) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.rowcount >= other if isinstance(other, (int, float)) else NotImplemented

    __hash__ = object.__hash__

    def scalars(self, *args: Any, **kwargs: Any) -> Any:
        return self._plain().scalars(*args, **kwargs)

    def mappings(self) -> Any:
        return self._plain().mappings()

    def _plain(self) -> Any:
        """What views are made of: 2.0 takes a false result for none."""
        if self:
            return super()
        plain: Any = copy(self)
        plain.__class__ = type(self).__mro__[2]
        return plain

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.rowcount} rows>"


if TYPE_CHECKING:

    class Written(Counted, Result[Any]):
        """The result of an UPDATE or DELETE: SQLAlchemy's, with the number of rows that were written.

        It is true if there were any, and compares with numbers.
        """


def with_rowcount(result: Result[Any], rowcount: int) -> "Written":
    """A result that says how many rows were written."""
    written: Any = result
    if not isinstance(result, Counted):
        # It is what it was, as whoever holds it, an event say, sees too.
        written.__class__ = _counted(type(result))
    written.rowcount = rowcount
    return cast("Written", written)


@cached_by_class(64)
def _counted(kind: type[Any]) -> type[Any]:
    return type("Written", (Counted, kind), {"__slots__": (), "__module__": __name__})
