"""What conditions that are plain data should find, worked out in plain Python, one row at a time.

A comparison with NULL does not hold, and what does not hold is found where it is turned round. A track with
several plays is read once with each, as they are joined.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st

from tests.conditions.conftest import PLAYS, TRACKS
from tests.pages.tracks import SINGERS

Row = dict[str, Any]
SINGER_NAMES: Final = {key: name for key, name, _, _ in SINGERS}

READ: Final[dict[str, Callable[[Any], Any]]] = {
    "title": str,
    "rank": int,
    "done": bool,
    "price": Decimal,
    "played": datetime.fromisoformat,
    "born": date.fromisoformat,
    "uid": UUID,
    "singer": int,
    "singer__name": str,
    "plays__place": str,
}
"""Columns, and what the text of a value of theirs stands for."""

VALUES: Final[dict[str, list[Any]]] = {
    "title": ["b", "A", "ab", "B", "%", ""],
    "rank": [0, 1, 2, 3, -(2**70)],
    "done": [True, False],
    "price": ["0.10", "0.1", "2.5", "2.51"],
    "played": ["2026-01-02T03:04:05", "2026-01-02T03:04:05.678901", "2026-01-02T03:04:06"],
    "born": ["2026-01-02", "1999-12-31", "2026-01-03", "2000-01-01"],
    "uid": [str(UUID(int=2**120)), str(UUID(int=1)), str(UUID(int=0))],
    "singer": [1, 2, 3, 4, 5],
    "singer__name": ["Ada", "Bob", "ada"],
    "plays__place": ["a", "b", "c", "d"],
}
NULLABLE: Final = ("rank", "price", "played", "singer", "singer__name")
TEXTS: Final = ("title", "singer__name", "plays__place")
ORDERED: Final = ("gt", "gte", "ge", "lt", "lte", "le")
PATTERNS: Final = ["%b%", "_", "a%", "%", "A_%", "%d_"]


def found(data: Any) -> list[int]:
    """The keys of the tracks that are found."""
    return [int(str(row["id"])) for row in TRACKS if any(_holds(data, joined) for joined in _joined(row))]


def _joined(row: Row) -> Iterator[Row]:
    places = [play["place"] for play in PLAYS if play["track_id"] == row["id"]]
    for place in places or [None]:
        singer = row["singer_id"]
        yield {
            **row,
            "singer": singer,
            "singer__name": SINGER_NAMES.get(singer),
            "plays__place": place,
        }


def _holds(data: Any, row: Row) -> bool:
    if isinstance(data, list):
        return any(_holds(each, row) for each in data)
    return all(_key_holds(key, value, row) for key, value in data.items())


def _key_holds(key: str, value: Any, row: Row) -> bool:
    if key == "and":
        return all(_holds(each, row) for each in value)
    if key == "or":
        return any(_holds(each, row) for each in value)
    if key == "not":
        return not _holds(value, row)
    operators = value if isinstance(value, dict) else {"in" if isinstance(value, list) else "eq": value}
    return all(_compares(word, row[key], given, READ[key]) for word, given in operators.items())


def _compares(word: str, left: Any, given: Any, read: Callable[[Any], Any]) -> bool:
    if word == "not":
        word = "notin" if isinstance(given, list) else "ne"
    if word == "isnull":
        return (left is None) is given
    if word in ("in", "notin"):
        values = [None if each is None else read(each) for each in given]
        if word == "in":
            return left in values
        # NULL is not among anything, and not beside anything either, unless there is nothing.
        return not given or (left is not None and left not in values)
    if given is None:
        return (left is None) is (word != "ne")
    if left is None:
        return False
    return COMPARED[word](left, [read(each) for each in given] if word == "range" else read(given))


def _like(pattern: str) -> re.Pattern[str]:
    parts = [".*" if each == "%" else "." if each == "_" else re.escape(each) for each in pattern]
    return re.compile("".join(parts), re.DOTALL)


COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda left, right: bool(left == right),
    "exact": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "gt": lambda left, right: bool(left > right),
    "gte": lambda left, right: bool(left >= right),
    "ge": lambda left, right: bool(left >= right),
    "lt": lambda left, right: bool(left < right),
    "lte": lambda left, right: bool(left <= right),
    "le": lambda left, right: bool(left <= right),
    "range": lambda left, right: bool(right[0] <= left <= right[1]),
    "like": lambda left, right: _like(right).fullmatch(left) is not None,
    "startswith": lambda left, right: bool(left.startswith(right)),
    "contains": lambda left, right: right in left,
    "icontains": lambda left, right: right.lower() in left.lower(),
}


# What is said


def _operators(column: str) -> st.SearchStrategy[Any]:
    value = st.sampled_from(VALUES[column])
    # NULL of a column that has none is asked for, too: it is found where there is no play.
    null = st.none() if column in NULLABLE or column == "plays__place" else st.nothing()
    values = st.lists(value | null, max_size=3)
    words: dict[str, st.SearchStrategy[Any]] = {
        "not": value | null | values,
        "ne": value | null,
        "eq": value | null,
        "exact": value,
        "in": values,
        "notin": values,
        "isnull": st.booleans(),
    }
    if column not in ("done", "uid"):
        words |= dict.fromkeys(ORDERED, value) | {"range": st.lists(value, min_size=2, max_size=2)}
    if column in TEXTS:
        words |= {"like": st.sampled_from(PATTERNS)}
        words |= dict.fromkeys(("startswith", "contains", "icontains"), value)
    said = st.fixed_dictionaries({}, optional=words).filter(bool)
    return value | null | values | said


COLUMNS: Final = {column: _operators(column) for column in READ}
OF_ONE: Final = {column: said for column, said in COLUMNS.items() if column != "plays__place"}


def _objects(columns: dict[str, st.SearchStrategy[Any]], within: Any) -> st.SearchStrategy[Any]:
    names = st.lists(st.sampled_from(sorted(columns)), min_size=1, max_size=2, unique=True)
    plain = names.flatmap(lambda some: st.fixed_dictionaries({name: columns[name] for name in some}))
    if within is None:
        return plain
    lists = st.lists(within, min_size=1, max_size=3)
    joined: dict[Any, Any] = {"and": lists, "or": lists}
    return st.tuples(plain, st.fixed_dictionaries({}, optional=joined)).map(lambda both: both[0] | both[1])


def _with_not(plain: st.SearchStrategy[Any], negated: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    both = st.tuples(plain, negated).map(lambda pair: pair[0] | {"not": pair[1]})
    return plain | both | negated.map(lambda each: {"not": each})


# What several plays mean turned round is left to the parity tests: within `not` only what there is one of.
_negatable = _objects(OF_ONE, None)
_negatable = _with_not(_objects(OF_ONE, _negatable), _negatable)
_inner = _with_not(_objects(COLUMNS, None), _negatable | st.lists(_negatable, min_size=1, max_size=2))
_outer = _with_not(_objects(COLUMNS, _inner), _negatable)
conditions: Final = _outer | st.lists(_outer, min_size=1, max_size=3)
"""Of every column, three levels deep."""
