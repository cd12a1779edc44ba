"""Values of one column as an array of Arrow: by its own loops, wherever it has one for them."""

from collections.abc import Callable, Sequence
from enum import Enum, ReprEnum
from itertools import chain
from json import loads
from typing import Any, Final
from uuid import UUID

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.export.exact import exact
from django_like_repos.execution.export.kinds import Kind, Source
from django_like_repos.execution.export.packages import arrow

Process = Callable[[Any], Any]
Values = Sequence[Any]


class Maker:
    """What makes arrays of a column's values."""

    def __init__(self, source: Source, kind: Kind, process: Process | None, call: str) -> None:
        """``process`` is what SQLAlchemy does to the driver's values."""
        self._name, self.kind, self._process, self._call = source.name, kind, process, call
        self._pa = arrow(call)

    def __call__(self, values: Values) -> Any:
        """The array of the driver's values. Raises UnsupportedOperationError for those that do not fit."""
        pa, kind = self._pa, self.kind
        try:
            try:
                return _WAYS[kind.way](pa, kind, values, self._process)
            except (pa.ArrowException, TypeError, ValueError, AttributeError):
                if kind.way in _AS_THEY_COME:
                    raise
            # What the database holds beside what the column is declared to be, SQLAlchemy may read.
            return _processed(pa, kind, values, self._process)
        except (
            pa.ArrowException,
            TypeError,
            ValueError,
            OverflowError,
            AttributeError,
            LookupError,
        ) as error:
            raise self.refusal(error) from error

    def refusal(self, why: object) -> UnsupportedOperationError:
        """The error about values that do not fit."""
        rounds = (
            f", Cast({self._name!r}, Numeric(p, s)) rounds it"
            if self._pa.types.is_decimal(self.kind.type)
            else ""
        )
        return UnsupportedOperationError(
            f"{self._call}(): a value of the column {self._name!r} is no {self.kind.type}: {why}: "
            f"types={{{self._name!r}: …}} names a type of Arrow that has room for it{rounds}"
        )


def _plain(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    # SQLite has anything in its columns of integers.
    return (
        exact(pa, values, kind.type) if pa.types.is_integer(kind.type) else pa.array(values, type=kind.type)
    )


def _texts(pa: Any, kind: Kind, values: Values, process: Process | None) -> Any:
    """Text of whatever has one."""
    held = values if process is None else map(process, values)
    return pa.array([*map(_text, held)], type=kind.type)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    named = isinstance(value, Enum) and not isinstance(value, ReprEnum)
    if named or isinstance(value, _WITHOUT_TEXT) or type(value).__str__ is _OF_NOBODY:
        raise ValueError(
            f"there is no text for {value!r}: Cast(…, Text()) reads the database's, or it is read as it is"
        )
    return str(value)


def _stored(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    """Text that the database has. SQLite has numbers where a document is one."""
    return pa.array([each if each is None else str(each) for each in values], type=kind.type)


def _documents(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    """What is in the text of documents."""
    return exact(pa, [loads(each) if isinstance(each, str) else each for each in values], kind.type)


def _processed(pa: Any, kind: Kind, values: Values, process: Process | None) -> Any:
    return _of_python(pa, kind, values if process is None else [*map(process, values)])


def _of_python(pa: Any, kind: Kind, values: Values) -> Any:
    """An array of Python's own values."""
    if kind.words:
        stored = kind.stored or {}
        return _words(pa, kind, [stored.get(each, each) for each in values], None)
    if kind.item is not None:
        return _lists(pa, kind, values, None)
    return _uuids(pa, kind, values, None) if kind.type == pa.uuid() else exact(pa, values, kind.type)


def _bits(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    """Booleans of a database that has numbers for them."""
    numbers = exact(pa, values, pa.int8())
    if (pa.compute.min_max(numbers)["max"].as_py() or 0) > 1:
        raise ValueError("there is one that is neither 0 nor 1")
    return numbers.cast(kind.type)


def _moments(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    """Dates and times that a database has as text."""
    text = pa.array(values, type=pa.string())
    if not pa.types.is_timestamp(kind.type):
        return text.cast(kind.type)
    return text.cast(pa.timestamp("us")).cast(kind.type)


def _words(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    return of_words(pa, kind, pa.array(values, type=pa.string()))


def of_words(pa: Any, kind: Kind, texts: Any) -> Any:
    """The words of an enum, by their places in it. Raises ValueError for one that it has not."""
    words = pa.array(kind.words, type=pa.string())
    places = pa.compute.index_in(texts, value_set=words)
    if places.null_count != texts.null_count:
        strange = next(word for word in texts.to_pylist() if word is not None and word not in kind.words)
        raise ValueError(f"{strange!r} is none of {', '.join(map(repr, kind.words))}")
    return pa.DictionaryArray.from_arrays(places, words)


def _uuids(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    held = [
        each if each is None else (each if isinstance(each, UUID) else UUID(each)).bytes for each in values
    ]
    return pa.ExtensionArray.from_storage(kind.type, pa.array(held, type=pa.binary(16)))


def _lists(pa: Any, kind: Kind, values: Values, _: Process | None) -> Any:
    """Lists, whose members are made as those of a column of their type."""
    assert kind.item is not None
    offsets = [0]
    for each in values:
        offsets.append(offsets[-1] + (0 if each is None else len(each)))
    members = [*chain.from_iterable(each for each in values if each is not None)]
    missing = pa.array([each is None for each in values], type=pa.bool_())
    made = _of_python(pa, kind.item, members)
    return pa.ListArray.from_arrays(pa.array(offsets, type=pa.int32()), made, mask=missing)


_WAYS: Final[dict[str, Callable[[Any, Kind, Values, Process | None], Any]]] = {
    "plain": _plain,
    "processed": _processed,
    "texts": _texts,
    "stored": _stored,
    "documents": _documents,
    "bits": _bits,
    "moments": _moments,
    "words": _words,
    "uuids": _uuids,
    "lists": _processed,
}

_AS_THEY_COME: Final = ("processed", "texts", "stored", "documents")
"""Ways that have no other beside."""
_OF_NOBODY: Final[Any] = object.__str__
_WITHOUT_TEXT: Final = (bytes, bytearray, memoryview, list, tuple, dict, set, frozenset)
