"""A route: what is sent for a compiled SELECT, and what its rows become, without asking SQLAlchemy again."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy.engine.interfaces import CacheStats

from django_like_repos.caching import cached

Process = Callable[[Any], Any]
MakeRows = Callable[[Sequence[Any]], Sequence[Any]]

_LIST: Final = re.compile(r"__\[POSTCOMPILE_([^\]~]+)\]")


BY_SQLALCHEMY: Final = "SQLAlchemy"
"""What makes models of rows that more is done with than to take their columns."""


class Bind(NamedTuple):
    """One place of the statement: which value it takes, and what is done to that."""

    name: str
    process: Process | None
    is_list: bool = False
    write: Callable[[Any], str] | None = None
    """What says a member of a list that is too long for parameters."""


class Compiled(NamedTuple):
    """What SQLAlchemy's execution contexts are made of, for those who handle an error."""

    compiled: Any
    statement: Any
    extracted: Any
    options: Mapping[str, Any]
    cache_hit: CacheStats
    columns: Any
    """What SQLAlchemy's loaders ask of a result."""


class Route(NamedTuple):
    """How a SELECT is sent to the driver of one dialect."""

    pieces: tuple[str, ...]
    """The text; where lists are in it, what is between them."""
    binds: tuple[Bind, ...]
    constants: Mapping[str, Any]
    """The values that the statement has itself."""
    made: MakeRows
    compiled: Compiled
    only_reads: bool
    """Whether it is known to read and nothing else, so that it needs no transaction."""
    loader: Any = None
    """How models are made of the rows, where they are; ``BY_SQLALCHEMY`` where that does it."""

    def filled(self, params: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]] | None:
        """Text and values for the driver; None where SQLAlchemy has to say what is wrong with these."""
        given = {**self.constants, **params} if self.constants else params
        try:
            if len(self.pieces) == 1:
                values = [
                    given[name] if process is None else process(given[name])
                    for name, process, _, _ in self.binds
                ]
                return self.pieces[0], tuple(values)
            return self._spread(given)
        except Exception:  # noqa: BLE001 - whatever it is, it is told by the usual way
            return None

    def _spread(self, given: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]] | None:
        values: list[Any] = []
        text = [self.pieces[0]]
        rest = iter(self.pieces[1:])
        for name, process, is_list, write in self.binds:
            value = given[name]
            if not is_list:
                values.append(value if process is None else process(value))
                continue
            if not value or isinstance(value[0], (list, tuple)):
                # Empty, or rows: SQLAlchemy says them in other words.
                return None
            if write is not None:
                text += ", ".join(map(write, value)), next(rest)
                continue
            values.extend(value if process is None else map(process, value))
            text += "?, " * (len(value) - 1), "?", next(rest)
        return "".join(text), tuple(values)

    def is_open(self) -> bool:
        """Whether nobody listens to what is loaded."""
        events = None if self.loader in (None, BY_SQLALCHEMY) else self.loader.dispatch
        return events is None or not (events.load or events.refresh)


def pieces_of(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A compiled text taken apart where lists will be, and the names of the lists."""
    parts = _LIST.split(text)
    return tuple(parts[::2]), tuple(parts[1::2])


def rows_by(processes: Sequence[Process | None], places: Sequence[int] | None, *, plain: bool) -> MakeRows:
    """What makes rows of the driver's.

    ``places`` are the columns that make a row, as a tuple; without them a row is all of its columns, of
    whatever kind. ``plain``: whether the driver's rows are tuples.
    """
    width = len(processes)
    processed = [place for place, process in enumerate(processes) if process is not None]
    if not processed and (places is None or (plain and [*places] == [*range(width)])):
        return as_they_are
    if not processed and places is not None and [*places] == [*range(width)]:
        return _as_tuples
    wanted = range(width) if places is None else places
    parts = [f"p{place}(row[{place}])" if place in processed else f"row[{place}]" for place in wanted]
    environment = {f"p{place}": processes[place] for place in processed}
    exec(_code(", ".join(parts)), environment)
    make: Any = environment["make"]
    return make  # type: ignore[no-any-return]


def gives_what_came(route: Route) -> bool:
    """Whether nothing is done to the driver's rows that could fail."""
    return route.made in (as_they_are, _as_tuples)


def as_they_are(rows: Sequence[Any]) -> Sequence[Any]:
    """The rows as the driver gives them."""
    return rows


def _as_tuples(rows: Sequence[Any]) -> Sequence[Any]:
    return [*map(tuple, rows)]


@cached(512)
def _code(parts: str) -> Any:
    said = f"def make(rows):\n    return [({parts},) for row in rows]\n"
    return compile(said, "<the rows of a statement>", "exec")
