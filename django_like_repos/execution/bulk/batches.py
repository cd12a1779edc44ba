"""UPDATE and DELETE of very many rows: batch by batch, each a statement of its own, in the order of keys."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from django_like_repos.clauses.batching import keys_beyond, of_keys
from django_like_repos.execution import objects, reading
from django_like_repos.execution.calling import outcome
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.query import Query

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

BatchProgress = Callable[[int, Any], Awaitable[object] | object]
"""What is told after each batch: how many rows are written, and the last key that was gone through."""
WriteBatch = Callable[[Query], Awaitable["Written"]]


class WrittenInBatches(NamedTuple):
    """What was written batch by batch."""

    rowcount: int
    """How many rows."""
    last: Any
    """The key of the last row that was gone through: ``in_batches(after=…)`` goes on there. None for none."""
    batches: int
    """How many batches there were."""


async def in_batches(
    session: SomeSession | None,
    query: Query,
    size: int,
    after: Any,
    on_progress: BatchProgress | None,
    write_batch: WriteBatch,
) -> WrittenInBatches:
    """Writes the rows of a query."""
    done = WrittenInBatches(0, after, 0)
    while True:
        asked = keys_beyond(query, done.last, size)
        rows = await write(session, asked, lambda sync, asked=asked: reading.fetch(sync, asked))  # type: ignore[misc]
        if not rows:
            return done
        keys = [*map(objects.key_in, rows)]
        written = await write_batch(of_keys(query, keys))
        done = WrittenInBatches(done.rowcount + written.rowcount, keys[-1], done.batches + 1)
        if on_progress is not None:
            await outcome(on_progress(done.rowcount, done.last), "on_progress()")
        if len(keys) < size:
            return done
