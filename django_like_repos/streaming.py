"""What a queryset gives some rows at a time, so that memory does not grow with their number."""

from collections.abc import AsyncGenerator, Iterable
from typing import TYPE_CHECKING, Any, Generic

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from typing_extensions import TypeVar

from django_like_repos import execution
from django_like_repos.clauses.streaming import DEFAULT_CHUNK, batched_by, streamed
from django_like_repos.pages import Batch
from django_like_repos.query import Query
from django_like_repos.tokens import Signer

Row = TypeVar("Row", default=Any)


class Streaming(Generic[Row]):
    """How a queryset is gone through without having all of its rows."""

    if TYPE_CHECKING:
        _query: Query
        _session: AsyncSession | async_scoped_session[Any] | None

    def __aiter__(self) -> AsyncGenerator[Row, None]:
        """The rows one by one, as ``iterator()`` gives them; those that it refuses are read all at once."""
        return execution.stream(self._session, self._query, DEFAULT_CHUNK, at_once=True)

    def iterator(self, chunk_size: int = DEFAULT_CHUNK) -> AsyncGenerator[Row, None]:
        """The rows one by one, read ``chunk_size`` at a time by a cursor of the database.

        What is prefetched is loaded for each chunk. The session is free between two rows; its transaction has
        to stay, and on SQLite nothing may be written: else the next chunk raises UnsupportedOperationError.
        A loop that is left leaves the cursor to the next operation; ``contextlib.aclosing()`` closes
        it at once. Raises UnsupportedOperationError for rows that are known to be whole only all together.
        """
        return execution.stream(self._session, streamed(self._query, chunk_size), chunk_size, at_once=False)

    aiterator = iterator

    def batches(
        self,
        size: int = 1000,
        *,
        by: Any = "pk",
        after: str | None = None,
        secret: str | bytes | Iterable[str | bytes] | None = None,
    ) -> AsyncGenerator[Batch[Row], None]:
        """The rows in lists of ``size``, each by a statement that goes on where the last one ended.

        ``by``: what they are ordered by, as ``order_by()`` takes it, or several of it; unique together.
        It goes on ``after`` the ``token`` of a batch, in whatever session and process: signed with the secret
        of the ``Database`` or that given here. Rows that nobody changes come once each, whatever is written
        between batches; with ``commit()`` each batch is read in a transaction of its own.

        Raises InvalidCursorError, and UnsupportedOperationError for rows without such an order: slices,
        unions, a to-many path.
        """
        query = batched_by(self._query, size, by, after)
        signer = None if secret is None else Signer(secret)
        return execution.batches(self._session, query, size, after, signer)
