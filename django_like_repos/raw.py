"""``raw()`` of a repository: SQL of the user's own, and its rows."""

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, overload

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypeVar

from django_like_repos import execution
from django_like_repos.clauses.checks import check_number
from django_like_repos.clauses.prefetching import prefetched
from django_like_repos.clauses.raw import raw_query
from django_like_repos.clauses.streaming import DEFAULT_CHUNK
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.query import Prefetch, Query
from django_like_repos.query.raw import RawQuery

Model = TypeVar("Model")
Made = TypeVar("Made")
Row = TypeVar("Row")


class RawRows(Generic[Row]):
    """The rows of SQL of the user's own, to be awaited or gone through by ``async for``.

    Nothing is kept: awaiting twice executes twice (``django.db.models.query.RawQuerySet``).
    """

    def __init__(self, session: SomeSession, query: Query, raw: RawQuery) -> None:
        self._session, self._query, self._raw = session, query, raw

    def __repr__(self) -> str:
        return f"<RawRows {self._raw.sql!r}>"

    def prefetch_related(self, *lookups: str | Prefetch) -> Self:
        """A copy that loads relations of the models, as ``QuerySet.prefetch_related()``."""
        if self._raw.into is not None:
            raise UnsupportedOperationError("prefetch_related() is of models and cannot follow raw(into=…)")
        return type(self)(self._session, prefetched(self._query, lookups), self._raw)

    def __await__(self) -> Generator[Any, None, list[Row]]:
        return execution.raw(self._session, self._query, self._raw).__await__()

    def __aiter__(self) -> AsyncGenerator[Row, None]:
        return self.iterator()

    def iterator(self, chunk_size: int = DEFAULT_CHUNK) -> AsyncGenerator[Row, None]:
        """The rows one by one, as ``QuerySet.iterator()`` gives them, under the same rules."""
        check_number("iterator", "chunk_size", chunk_size, least=1)
        return execution.raw_stream(self._session, self._query, self._raw, chunk_size)


class RawQueries(Generic[Model]):
    """How a repository comes to rows of SQL of the user's own."""

    if TYPE_CHECKING:
        _session: AsyncSession

        def _flagged_query(self) -> Query: ...

    @overload
    def raw(self, sql: str, params: Mapping[str, Any] | None = None) -> RawRows[Model]: ...
    @overload
    def raw(
        self, sql: str, params: Mapping[str, Any] | None = None, *, into: type[Made]
    ) -> RawRows[Made]: ...

    def raw(
        self, sql: str, params: Mapping[str, Any] | None = None, *, into: type[Any] | None = None
    ) -> RawRows[Any]:
        """Rows of SQL, as models or as objects of a type (``Manager.raw()``).

        Values go in as ``:name`` parameters and in no other way; behind ``IN`` one may be a list. Columns are
        taken by their names: models want all of theirs, and carry others as attributes; a type wants those
        of its fields and no others. It runs on the primary, after a flush. Raises UnsupportedOperationError
        for a parameter that is missing, not used, or no ``:name``, for what is no value, and for several
        statements; when awaited for columns that do not fit and, of models, rows without a key.
        """
        return RawRows(self._session, self._flagged_query(), raw_query(sql, params, into))
