"""What a queryset hands to other programs: tables of Arrow, pandas and polars, and files of text."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from django_like_repos import execution
from django_like_repos.clauses.exporting import (
    DEFAULT_BATCH,
    checked_size,
    checked_types,
    copy_options,
    exported,
)
from django_like_repos.query import Query

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingImports]
    import polars  # pyright: ignore[reportMissingImports]
    import pyarrow  # pyright: ignore[reportMissingImports]


class Writes(Protocol):
    """A file that is open for bytes, or one whose writing is awaited."""

    def write(self, data: bytes, /) -> object: ...


Target = str | os.PathLike[str] | Writes | Callable[[bytes], Awaitable[object]]


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

    async def copy_to(
        self,
        file: Target,
        format: Literal["csv", "text", "binary"] = "csv",
        *,
        header: bool | None = None,
        delimiter: str | None = None,
        null: str | None = None,
    ) -> int:
        """Writes all rows into a file, as PostgreSQL's COPY does; how many there were.

        ``file`` is a path, which is there when all is written or not at all; a file that is open for bytes;
        or what is awaited to write them. ``header``: whether the names of the columns come first, as they do
        in CSV. Other databases have CSV alone, of the same text. Raises UnsupportedOperationError for
        options that COPY would not take.
        """
        query = exported(self._query, "copy_to")
        options = copy_options(format, header, delimiter, null)
        return await execution.copy_to(self._session, query, file, options)
