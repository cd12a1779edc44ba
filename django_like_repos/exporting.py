"""What a queryset hands to other programs: tables of Arrow, pandas and polars, and files of text."""

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from django_like_repos import execution
from django_like_repos.clauses.exporting import DEFAULT_BATCH, checked_size, checked_types, exported
from django_like_repos.query import Query

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Exporting:
    """How a queryset leaves, column by column."""

    if TYPE_CHECKING:
        _query: Query
        _session: AsyncSession | async_scoped_session[Any] | None

    async def to_arrow(self, *, types: "Mapping[str, pyarrow.DataType] | None" = None) -> "pyarrow.Table":
        """All rows as a table of Arrow (pyarrow is the extra ``arrow``).

        Its columns are those of ``values()``, or all that a model loads, and what is annotated; their types
        those of the query's columns, or what ``types`` has for their names. Raises
        UnsupportedOperationError for a column that Arrow has no type for, and for a value that does not fit.
        """
        query = exported(self._query, "to_arrow")
        return await execution.to_arrow(self._session, query, checked_types(query, types, "to_arrow"))

    def arrow_batches(
        self, size: int = DEFAULT_BATCH, *, types: "Mapping[str, pyarrow.DataType] | None" = None
    ) -> "AsyncGenerator[pyarrow.RecordBatch, None]":
        """The same in batches of ``size`` rows, over the cursor of ``iterator()`` and under its rules.

        Where there are no rows there is one batch, which has none.
        """
        query = exported(self._query, "arrow_batches")
        said = checked_types(query, types, "arrow_batches")
        return execution.arrow_batches(self._session, query, checked_size(size, "arrow_batches"), said)

    async def to_pandas(self, *, types: "Mapping[str, pyarrow.DataType] | None" = None) -> "pandas.DataFrame":
        """All rows as a ``DataFrame`` of pandas (the extra ``pandas``), whose columns are those of Arrow.

        NULL is ``pandas.NA`` in each of them; an enum is a ``category``, a UUID its text.
        """
        query = exported(self._query, "to_pandas")
        return await execution.to_pandas(self._session, query, checked_types(query, types, "to_pandas"))

    async def to_polars(self, *, types: "Mapping[str, pyarrow.DataType] | None" = None) -> "polars.DataFrame":
        """All rows as a ``DataFrame`` of polars (the extra ``polars``); a UUID is its text."""
        query = exported(self._query, "to_polars")
        return await execution.to_polars(self._session, query, checked_types(query, types, "to_polars"))
