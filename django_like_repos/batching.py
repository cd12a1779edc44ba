"""What a queryset writes batch by batch: very many rows, in statements of which none takes long."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from django_like_repos import clauses, execution
from django_like_repos.clauses import batching
from django_like_repos.clauses.bulk_creating import checked_progress
from django_like_repos.execution import BatchProgress, WrittenInBatches
from django_like_repos.query import Query


class Batches:
    """The rows of a queryset, to be written batch by batch in the order of their primary keys."""

    def __init__(
        self,
        query: Query,
        session: AsyncSession | async_scoped_session[Any] | None,
        size: int,
        after: Any,
        on_progress: BatchProgress | None,
    ) -> None:
        self._query = batching.batched(query, size)
        checked_progress(on_progress)
        # What is no key is refused where it is written.
        batching.keys_beyond(self._query, after, size)
        self._session, self._size, self._after, self._on_progress = session, size, after, on_progress

    async def update(self, values: Mapping[str, Any] | None = None, /, **kwargs: Any) -> WrittenInBatches:
        """Sets columns of the rows, as ``QuerySet.update()`` does. Raises what that raises, and
        UnsupportedOperationError for what would change keys.
        """
        query = clauses.to_be_updated(self._query)
        given = clauses.merged(values, kwargs)
        batching.check_keeps_key(query, given)
        return await self._write(query, lambda batch: execution.update(self._session, batch, given))

    async def delete(self, *, cascade: Literal["orm"] | None = None) -> WrittenInBatches:
        """Deletes the rows, as ``QuerySet.delete()`` does. Raises what that raises."""
        clauses.check_deleted(self._query, cascade)
        by_orm = cascade is not None
        return await self._write(
            self._query, lambda batch: execution.delete(self._session, batch, by_orm=by_orm)
        )

    async def _write(self, query: Query, write: execution.WriteBatch) -> WrittenInBatches:
        return await execution.in_batches(
            self._session, query, self._size, self._after, self._on_progress, write
        )


class Batching:
    """How a queryset comes to its batches."""

    if TYPE_CHECKING:
        _query: Query
        _session: AsyncSession | async_scoped_session[Any] | None

    def in_batches(
        self, size: int = 1000, *, after: Any = None, on_progress: BatchProgress | None = None
    ) -> Batches:
        """The rows, to be updated or deleted so many at a time: ``await queryset.in_batches(1000).delete()``.

        Each batch is a statement of its own, in the order of the primary keys, and committed where
        ``commit()`` says so. It goes on ``after`` a key: the ``last`` of a result, or of what
        ``on_progress(rows, last)`` was told after the last batch. Raises UnsupportedOperationError for a
        slice, a union, or anything else whose rows have no keys, and InvalidLookupValueError for a wrong one.
        """
        return Batches(self._query, self._session, size, after, on_progress)
