"""What Python does with a queryset: copies, pickles, compares, encodes it; and the mistakes that are common.

Each mistake ends in an error that names the way out. None of it asks the database.
"""

import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from django_like_repos import clauses
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Query
from django_like_repos.query.untrusted import Allow

_REPOSITORY: Final = "the repository makes rows: await repository.{name}(…)"
_AWAIT: Final = "await the queryset itself: rows = await queryset"

ELSEWHERE: Final[dict[str, str]] = {
    **dict.fromkeys(("create", "bulk_create", "get_by_pk", "add", "save"), _REPOSITORY),
    "acreate": "the repository makes rows: await repository.create(…)",
    "abulk_create": "the repository makes rows: await repository.bulk_create(…)",
    "insert": "the repository makes rows: await repository.create(…)",
    "bulk_update": "the repository writes objects: await repository.bulk_update(objs, fields); rows of a "
    "queryset are changed by await queryset.update(…)",
    "abulk_update": "the repository writes objects: await repository.bulk_update(…)",
    "raw": "SQL of your own is run by the repository, await repository.raw(sql, params), or is part of a "
    "chain as RawSQL(…)",
    "extra": "SQL of your own is an expression: annotate(name=RawSQL(…))",
    "limit": "a slice limits: queryset[:10]",
    "offset": "a slice passes over rows: queryset[20:]",
    "paginate": "pages are await queryset.page(number=…), or await queryset.cursor_page(after=…)",
    **dict.fromkeys(("where", "find"), "conditions are given to filter(…)"),
    "join": "joins are declared by innerjoin('path') and outerjoin('path')",
    "group_by": "groups are what values(…) before annotate(…) names",
    "having": "groups are filtered by filter(…) after annotate(…)",
    **dict.fromkeys(("one", "find_one"), "the only row is await queryset.get(…)"),
    "one_or_none": "the only row, or None, is await queryset.get_one_or_none(…)",
    **dict.fromkeys(
        ("fetch", "fetchall", "execute", "scalars", "to_list", "tolist", "results", "run"), _AWAIT
    ),
    "scalar": "bare values are await queryset.values_list('field', flat=True)",
    **dict.fromkeys(("sum", "avg", "min", "max"), "await queryset.aggregate(x=Sum('field')) computes it"),
    **dict.fromkeys(("size", "length"), "how many rows there are says await queryset.count()"),
    **dict.fromkeys(("asc", "desc"), "the order is order_by('name'), or order_by('-name') downwards"),
    **dict.fromkeys(("dict", "to_dict"), "rows as dicts are await queryset.values(…)"),
    "to_csv": "rows are written as CSV by await queryset.copy_to(file)",
    **dict.fromkeys(
        ("to_df", "to_dataframe", "dataframe"), "frames are await queryset.to_pandas() or to_polars()"
    ),
    "objects": "this is a queryset already: go on with filter(…)",
    "remove": "rows are removed by await queryset.delete()",
}
"""What others call it, and what it is here."""


class Elsewhere:
    """A name that a class does not have, and where to find what it stands for elsewhere.

    A class further on in the order of inheritance may have it.
    """

    __slots__ = ("fix", "name")

    def __init__(self, name: str, fix: str) -> None:
        self.name = name
        self.fix = fix

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        for base in owner.__mro__:
            found = vars(base).get(self.name, self)
            if not isinstance(found, Elsewhere):
                get = getattr(type(found), "__get__", None)
                return found if get is None else get(found, instance, owner)
        whose = owner if instance is None else instance
        raise AttributeError(f"{owner.__name__} has no {self.name!r}: {self.fix}", name=self.name, obj=whose)


class _Watched:
    """The query of a queryset that remembers whether anything was made of it."""

    def __get__(self, queryset: Any, owner: type[Any]) -> Any:
        if queryset is None:
            return self
        state = vars(queryset)
        state["_used"] = True
        return state["_asked"]

    def __set__(self, queryset: Any, query: Query) -> None:
        vars(queryset)["_asked"] = query


class Handled:
    """A queryset as Python's other parts meet it."""

    _query: Query
    _session: AsyncSession | async_scoped_session[Any] | None

    if TYPE_CHECKING:

        def _with(self, query: Query) -> Self: ...

    def in_session(self, session: AsyncSession | async_scoped_session[Any] | None) -> Self:
        """The same in another session: one that came back from a pickle has none."""
        copy = self._with(self._query)
        copy._session = session
        return copy

    def strict_names(self, allow: Allow) -> Self:
        """A queryset whose calls from here on take only the names that are allowed.

        ``allow`` is a list of names, lookups and all, exactly as they may be written, or a function that says
        so of one. Any other name is a NameNotAllowedError, which lists none.
        """
        return self._with(clauses.strict(self._query, allow))

    def __copy__(self) -> Self:
        return self._with(self._query)

    def __deepcopy__(self, memo: Any) -> Self:
        # Immutable, all of it but the session, of which there is only the one.
        return self._with(self._query)

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: each for name, each in vars(self).items() if name not in _KEPT}
        return _restored, (type(self), self._query, state)

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        if isinstance(other, (Handled, list, tuple, set, frozenset, dict, int, float)):
            raise UnsupportedOperationError(
                "a queryset is not its rows, and cannot be compared: compare what await gives, or sql()"
            )
        return NotImplemented

    __hash__ = object.__hash__

    def __bool__(self) -> NoReturn:
        raise UnsupportedOperationError("bool(queryset) cannot ask the database: await queryset.exists()")

    if TYPE_CHECKING:
        # Not there, so that checkers refuse them.
        __iter__: None
        __contains__: None
    else:

        def __len__(self) -> NoReturn:
            raise UnsupportedOperationError("len(queryset) cannot ask the database: await queryset.count()")

        def __iter__(self) -> Iterator[Any]:
            # When the first row is wanted, not before: validators hide what iter() raises, and tell this.
            raise UnsupportedOperationError(
                "a queryset is asynchronous: 'async for', or 'for … in await queryset'"
            )
            yield

        def __contains__(self, item: object) -> NoReturn:
            raise UnsupportedOperationError("'in' cannot ask the database: '… in await queryset'")

        def __enter__(self) -> NoReturn:
            raise UnsupportedOperationError("a queryset is no context: rows = await queryset")

        def __add__(self, other: object) -> NoReturn:
            raise UnsupportedOperationError("querysets are put together by | (either) or union(), not by +")

        def __lt__(self, other: object) -> NoReturn:
            raise UnsupportedOperationError(
                "a queryset is not a number, and cannot be compared: await queryset.count()"
            )

        __exit__ = __enter__
        __aenter__ = __enter__
        __aexit__ = __enter__
        __gt__ = __le__ = __ge__ = __lt__

    if not TYPE_CHECKING and sys.flags.dev_mode:
        # As coroutines do. Only there: it costs as much as making the queryset does.
        _query = _Watched()

        def __del__(self) -> None:
            state = vars(self)
            if "_asked" in state and "_used" not in state:
                warnings.warn(
                    f"queryset {state['_asked']!r} was never awaited, and nothing was made of it",
                    RuntimeWarning,
                    stacklevel=2,
                    source=self,
                )


_KEPT: Final = ("_asked", "_query", "_session", "_used")


def _restored(kind: type[Any], query: Query, state: dict[str, Any]) -> Any:
    queryset = object.__new__(kind)
    vars(queryset).update(state)
    queryset._query, queryset._session = query, None
    return queryset


def point_elsewhere(owner: type[Any], names: dict[str, str]) -> None:
    """Gives a class, for names that it does not have, errors that say where to go."""
    for name, fix in names.items():
        if not any(name in vars(base) for base in owner.__mro__):
            setattr(owner, name, Elsewhere(name, fix.format(name=name)))


point_elsewhere(Handled, ELSEWHERE)
