"""Exports of a queryset's rows, each an operation of the session, or a stream of them."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from django_like_repos.clauses.exporting import CopyOptions
from django_like_repos.execution.export.files import copied
from django_like_repos.execution.export.frames import pandas_of, polars_of
from django_like_repos.execution.export.packages import arrow, package
from django_like_repos.execution.export.sinks import opened
from django_like_repos.execution.export.tables import Columns, table
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.execution.streams import read_by
from django_like_repos.query import Query


async def to_arrow(
    session: SomeSession | None, query: Query, types: Mapping[str, Any], call: str = "to_arrow"
) -> Any:
    """All rows as a table of Arrow."""
    arrow(call)
    return await write(session, query, lambda sync: table(sync, query, types, call))


def arrow_batches(
    session: SomeSession | None, query: Query, size: int, types: Mapping[str, Any]
) -> AsyncGenerator[Any, None]:
    """The same, so many rows at a time."""
    arrow("arrow_batches")
    return read_by(Columns(query, size, types, "arrow_batches"), session, query)


async def to_pandas(session: SomeSession | None, query: Query, types: Mapping[str, Any]) -> Any:
    """All rows as a frame of pandas."""
    package("pandas", "to_pandas", "pandas")
    return pandas_of(await to_arrow(session, query, types, "to_pandas"), "to_pandas")


async def to_polars(session: SomeSession | None, query: Query, types: Mapping[str, Any]) -> Any:
    """All rows as a frame of polars."""
    package("polars", "to_polars", "polars")
    return polars_of(await to_arrow(session, query, types, "to_polars"), "to_polars")


async def copy_to(session: SomeSession | None, query: Query, target: Any, options: CopyOptions) -> int:
    """All rows written into a file; how many there were."""
    async with opened(target, "copy_to") as sink:
        return await write(session, query, lambda sync: copied(sync, query, sink, options))
