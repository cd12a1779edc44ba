"""Rows of a SELECT read some at a time: what ``results`` makes rows of, chunk by chunk."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import CursorResult, Result
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.orm import Session, loading

from django_like_repos.caching import fact
from django_like_repos.execution.direct.learning import places_of
from django_like_repos.execution.fetching import fetched
from django_like_repos.execution.models import TUPLES, Loading
from django_like_repos.plans import Run

FIRST: Final = 100
"""Rows of the first chunk at most, for which nobody has to wait as long as for a whole one."""

_METADATA: Final = SimpleResultMetaData(("model",))


class Chunks:
    """The rows of a statement, executed over a cursor of the database; ``cursor`` is None if it has none."""

    def __init__(
        self,
        session: Session,
        run: Run,
        params: Mapping[str, Any],
        options: Mapping[str, Any],
        size: int,
        *,
        of_models: bool,
        streams: bool = True,
        hurries: bool = False,
    ) -> None:
        """``streams``: whether the database has a cursor, and not all rows are sent at once.

        ``hurries``: whether the first chunk is a small one.
        """
        self._session, self._run, self._size = session, run, size
        self._asked = min(size, FIRST) if hurries else size
        self._given = params, options
        self._of_models = of_models
        said = {**options, "stream_results": True, "yield_per": size} if streams else options
        self._result: Result[Any] = session.execute(run.statement, params, execution_options=said)
        raw: Any = getattr(self._result, "raw", self._result)
        self.cursor: CursorResult[Any] | None = raw if type(raw) is CursorResult else None
        self._places = None if self.cursor is None or of_models else _values(self.cursor)

    def next(self) -> tuple[Any, bool]:
        """The next rows, as the result of an action, and whether they are the last."""
        size, self._asked = self._asked, self._size
        if not self._of_models:
            values: Sequence[Any]
            if self._places is not None:
                assert self.cursor is not None
                values = self._places(_rows(self.cursor, size))
            else:
                values = self._result.fetchmany(size)
            return values, len(values) < size
        chunk = Chunk(self._session, self._run, *self._given, self._result, self.cursor)
        return chunk, chunk.read(size) < size


class Chunk(Loading):
    """Some of the rows of a SELECT of models: each chunk is a load of its own."""

    def __init__(
        self,
        session: Session,
        run: Run,
        params: Mapping[str, Any],
        options: Mapping[str, Any],
        result: Result[Any],
        cursor: CursorResult[Any] | None,
    ) -> None:
        self._session, self._run, self._statement = session, run, run.statement
        self._given = params, options
        self._number = loading._new_runid()
        self._bind = {}
        self._cursor, self._found = cursor, None
        self._options = {} if cursor is None else cursor.context.execution_options
        self._rows = result
        self._read: list[Any] | None = None
        self._left: Sequence[Any] = ()

    def read(self, size: int) -> int:
        """Reads so many rows; how many there were."""
        loader = self._loader() if self._is_usual() else None
        if loader is None or loader.is_heard:
            self._left = self._rows.fetchmany(size)
            return len(self._left)
        rows = _rows(self._cursor, size)
        self._read = self._made(loader, rows)
        return len(rows)

    @property
    def models(self) -> list[Any] | None:
        return self._read

    @fact
    def result(self) -> Result[Any]:
        """What SQLAlchemy has made, row by row."""
        width = len(self._left[0]) if self._left else 1
        metadata = _METADATA if width == 1 else SimpleResultMetaData([f"c{n}" for n in range(width)])
        return IteratorResult(metadata, iter([tuple(row) for row in self._left]))


def _rows(cursor: Any, size: int) -> Sequence[Any]:
    """Rows as a cursor gives them, each value as its type has it."""
    if not TUPLES:
        rows: Sequence[Any] = cursor.fetchmany(size)
        return rows
    read = fetched(cursor, size)
    return cursor._row_getter[2](read) if read else read


def _values(cursor: Any) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    """What takes the values of rows out of a cursor's; None where SQLAlchemy does more than to take them."""
    metadata = cursor._metadata
    compiled = cursor.context.compiled
    width = len(metadata._keys)
    places = None if compiled is None or metadata._tuplefilter is not None else places_of(compiled, width)
    if places is None:
        return None
    if [*places] == [*range(width)]:
        return lambda rows: rows
    if len(places) == 1:
        (place,) = places
        return lambda rows: [(row[place],) for row in rows]
    take = itemgetter(*places)
    return lambda rows: [*map(take, rows)]
