"""What a queryset shows: its SQL, its passes, itself, what the database makes of it; and one row of it."""

from collections.abc import Generator
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, Self

from sqlalchemy import Dialect, Select
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from typing_extensions import TypeVar

from django_like_repos import execution, plans
from django_like_repos.advice.values import Advice
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Query

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)

_new = object.__new__


class Shown:
    """The ways out of a queryset, to SQLAlchemy and to text."""

    _query: Query
    _session: AsyncSession | async_scoped_session[Any] | None

    @property
    def query(self) -> Select[Any]:
        """The SELECT statement, values and all."""
        statement: Select[Any] = self._said(self._dialect)
        return statement

    def as_select(self) -> Select[Any]:
        """The SELECT statement to go on with in SQLAlchemy: the model's table itself stands in it."""
        # As with an SQLAlchemy expression among the conditions, no derived table may hide the model's.
        statement: Select[Any] = plans.build(plans.SELECT, self._query.evolve(foreign=True), self._dialect)
        return statement

    def sql(self, dialect: Dialect | None = None) -> str:
        """The text of the SELECT with its values, for the session's database or another dialect."""
        dialect = dialect or self._dialect
        statement = self._said(dialect, arrays=False)
        written = dialect and _without_params(dialect)
        return str(statement.compile(dialect=written, compile_kwargs={"literal_binds": True}))

    def passes(self) -> list[str]:
        """The names of the passes that the SELECT needs, in the order in which they acted."""
        return plans.passes_of(self._query, self._dialect, bare=self._is_bare)

    async def explain(self, *, format: str | None = None, **options: Any) -> str:
        """What the database says of how it would run this (``analyze=True`` runs it), as text or a format."""
        given = options if format is None else {"format": format, **options}
        return await execution.explain(self._session, self._query, given)

    async def advice(self, *, analyze: bool = False) -> Advice:
        """The database's plan of this, its dear steps with the calls they are due to, and indexes that lack.

        Nothing is changed; ``analyze=True`` runs the SELECT, on PostgreSQL. Raises
        UnsupportedOperationError where ``explain()`` does, and for another ``analyze`` than a bool.
        """
        if not isinstance(analyze, bool):
            raise UnsupportedOperationError(f"advice(): analyze is True or False, not {analyze!r}")
        options = {"analyze": True} if analyze else {}
        return await execution.advise(self._session, self._query, self.sql(), options)

    aexplain = explain
    aadvice = advice

    def _said(self, dialect: Dialect | None, *, arrays: bool = True) -> Any:
        return plans.build(plans.SELECT, self._query, dialect, arrays=arrays, bare=self._is_bare)

    @property
    def _is_bare(self) -> bool:
        """Whether nobody adds criteria of models to what the session executes."""
        return self._session is None or not execution.adds_criteria(self._session)

    def _with(self, query: Query) -> Self:
        copy = _new(self.__class__)
        copy._query = query
        copy._session = self._session
        return copy

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._query!r}>"

    @property
    def _dialect(self) -> Dialect | None:
        if self._session is None:
            return None
        return execution.dialect_of(self._session, self._query.model)


def _without_params(dialect: Dialect) -> Dialect:
    """The dialect of a text that is read, and given to no driver.

    Of a driver's text SQLAlchemy doubles each %, or makes ? of what looks like a param, until 2.0.54 in a
    literal too.
    """
    plain = copy(dialect)
    plain.paramstyle, plain.positional = "named", False
    plain.identifier_preparer = plain.preparer(plain)
    # How literals are said, too.
    vars(plain).pop("_type_memos", None)
    return plain


class _OfRows(Protocol[Row_co]):
    @property
    def query(self) -> Select[Any]: ...

    def sql(self, dialect: Dialect | None = None) -> str: ...

    async def _one(self) -> Row_co | None: ...


class Item(Generic[Row]):
    """One row of a queryset by its index; awaited, the row or None."""

    def __init__(self, queryset: _OfRows[Row]) -> None:
        self._queryset = queryset

    def __await__(self) -> Generator[Any, None, Row | None]:
        return self._queryset._one().__await__()

    @property
    def query(self) -> Select[Any]:
        """The SELECT statement, values and all."""
        return self._queryset.query

    def sql(self, dialect: Dialect | None = None) -> str:
        """The text of the SELECT with its values."""
        return self._queryset.sql(dialect)

    def __repr__(self) -> str:
        return f"<Item to be awaited, of {self._queryset!r}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(
                f"a row by its index is awaited before it has {name!r}: row = await queryset[0]",
                name=name,
                obj=self,
            )

    def __bool__(self) -> NoReturn:
        raise UnsupportedOperationError("a row by its index is awaited: (await queryset[0]) is not None")
