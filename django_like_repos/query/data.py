"""Conditions and orders as plain data, what JSON can hold: read into a tree of what they say, or refused.

Which columns there are, and what a value is worth, is not known here.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any, Final, Literal, NamedTuple

from django_like_repos.errors import MOST_SHOWN, InvalidConditionError, shortened

AND: Final = "and"
OR: Final = "or"
NOT: Final = "not"
CONNECTORS: Final = (AND, OR, NOT)
"""Keys that join conditions, and are no columns."""

DEEPEST: Final = 10
"""Levels of ``and``, ``or`` and ``not`` in each other: ``filter()`` takes the ``Q`` that they make."""

Place = tuple[str | int, ...]
"""Where something stands in the data: keys and indexes from the outside."""
Refuse = Callable[[Place, str, Any], None]
"""Is told where something is wrong, why, and what stands there: raises, or goes on to the next."""


class Bounds(NamedTuple):
    """How much may be said at once."""

    depth: int = DEEPEST
    """``and``, ``or`` and ``not`` in each other; the list around all counts as one."""
    conditions: int = 500
    """In all: each column, or each operator of it, and each ``and``, ``or`` and ``not``."""
    values: int = 10_000
    """In one list."""
    terms: int = 32
    """Of an order."""


class Said(NamedTuple):
    """One condition on one column."""

    place: Place
    column: str
    word: str
    """The lookup; empty where only a value, or a list of them, was given."""
    value: Any


class Joined(NamedTuple):
    """Several conditions: all of them, or any; or not so."""

    connector: Literal["and", "or"]
    negated: bool
    parts: "tuple[Said | Joined, ...]"


class Worded(str):
    """A name of ``filter()`` whose last word is a lookup, and may be nothing else."""

    __slots__ = ()


class Sorted(NamedTuple):
    """One term of an order."""

    place: Place
    name: str
    descending: bool
    nulls: Literal["first", "last"] | None


def raising(place: Place, why: str, _given: Any) -> None:
    """Raises InvalidConditionError at the first that is wrong."""
    raise InvalidConditionError(place, why)


def read_conditions(
    data: Any, bounds: Bounds, refuse: Refuse = raising, place: Place = ("conditions",)
) -> Joined:
    """What conditions say: an object, or a list of which any may hold.

    What is wrong goes to ``refuse``, and is left out where that does not raise. Raises InvalidConditionError
    where more is said than the bounds let.
    """
    if isinstance(data, Mapping) and not data:
        return Joined(AND, False, ())
    return _Reader(bounds, refuse).conditions(data, place, 0)


def read_sort(data: Any, bounds: Bounds, refuse: Refuse = raising, place: Place = ("sort",)) -> list[Sorted]:
    """What an order says: a list of names and of objects, ``"name"``, ``{"desc": "updated"}``.

    As ``read_conditions()``; a name that was there before is refused, since it would order nothing.
    """
    if not isinstance(data, (list, tuple)):
        refuse(place, f'an order is a list, as in ["name", {{"desc": "updated"}}], not {_kind(data)}', data)
        return []
    if len(data) > bounds.terms:
        raise InvalidConditionError(place, f"at most {bounds.terms} terms, not {len(data)}")
    found: dict[str, Sorted] = {}
    for number, term in enumerate(data):
        read = _read_term(term, (*place, number), refuse)
        if read is None:
            continue
        if read.name in found:
            refuse(read.place, f"{shortened(read.name)} orders already, by what stands before", read.name)
        found.setdefault(read.name, read)
    return list(found.values())


class _Reader:
    """Reads one piece of data, and counts what it says."""

    def __init__(self, bounds: Bounds, refuse: Refuse) -> None:
        self._bounds = bounds
        self._refuse = refuse
        self._count = 0

    def conditions(self, data: Any, place: Place, depth: int) -> Joined:
        """An object, or a list of objects of which any may hold."""
        if isinstance(data, Mapping):
            return self._object(data, place, depth)
        return self._group(OR, data, place, depth)

    def _group(self, connector: Literal["and", "or"], data: Any, place: Place, depth: int) -> Joined:
        if not isinstance(data, (list, tuple)):
            self._refuse(place, f"a list of objects is wanted here, not {_kind(data)}", data)
            return Joined(connector, False, ())
        self._enter(place, depth)
        if not data:
            self._refuse(place, "an empty list says neither all rows nor none: leave it out", data)
        parts = []
        for number, each in enumerate(data):
            inner = (*place, number)
            if isinstance(each, Mapping):
                parts.append(self._object(each, inner, depth + 1))
            else:
                self._counted(inner)
                self._refuse(inner, f"an object is wanted here, not {_kind(each)}", each)
        return Joined(connector, False, tuple(parts))

    def _object(self, data: Mapping[Any, Any], place: Place, depth: int) -> Joined:
        self._counted(place, max(1, len(data)))
        if not data:
            self._refuse(place, "an empty object says nothing: leave it out", data)
        parts: list[Said | Joined] = []
        # Sorted, so that the order of keys makes no other query; what joins comes last.
        for key in sorted(data, key=_sorting):
            inner = (*place, _cut(key))
            if not isinstance(key, str):
                self._refuse(inner, f"a column is named by text, not by {_kind(key)}", key)
            elif key not in CONNECTORS:
                parts += self._column(key, data[key], inner)
            elif key == NOT:
                self._enter(inner, depth)
                within = self.conditions(data[key], inner, depth + 1)
                parts.append(Joined(AND, True, (within,)))
            else:
                parts.append(self._group(AND if key == AND else OR, data[key], inner, depth))
        return Joined(AND, False, tuple(parts))

    def _column(self, column: str, data: Any, place: Place) -> list[Said]:
        """The conditions on one column: a value, a list of values, or an object of operators."""
        if not isinstance(data, Mapping):
            return self._said(column, "", data, place)
        if not data:
            self._refuse(place, "an empty object says nothing: give a value, or operators", data)
        self._counted(place, len(data) - 1)
        parts: list[Said] = []
        for word in sorted(data, key=_sorting):
            inner = (*place, _cut(word))
            if not isinstance(word, str) or not word or "__" in word:
                self._refuse(inner, f"an operator is one word, as gt or like, not {shortened(word)}", word)
            elif word == NOT and isinstance(data[word], Mapping):
                way = f'{{"not": {{"{_cut(column)}": …}}}}'
                self._refuse(inner, f"not takes a value or a list here: write {way}", data[word])
            else:
                parts += self._said(column, word, data[word], inner)
        return parts

    def _said(self, column: str, word: str, value: Any, place: Place) -> list[Said]:
        if is_list(value) and len(value) > self._bounds.values:
            raise InvalidConditionError(place, f"at most {self._bounds.values} values, not {len(value)}")
        return [Said(place, column, word, value)]

    def _enter(self, place: Place, depth: int) -> None:
        if depth >= self._bounds.depth:
            deepest = self._bounds.depth
            raise InvalidConditionError(place, f"and, or and not in each other at most {deepest} deep")

    def _counted(self, place: Place, number: int = 1) -> None:
        self._count += number
        if self._count > self._bounds.conditions:
            raise InvalidConditionError(place, f"at most {self._bounds.conditions} conditions in all")


def is_list(value: Any) -> bool:
    """Whether a value is several, of which any may be meant."""
    return isinstance(value, (list, tuple, Set))


_DIRECTIONS: Final = ("asc", "desc")
_NULLS: Final = ("first", "last")


def _read_term(term: Any, place: Place, refuse: Refuse) -> Sorted | None:
    if isinstance(term, str):
        name = term.removeprefix("-")
        return _named(name, name != term, None, place, refuse)
    if not isinstance(term, Mapping):
        refuse(
            place, f'a name or an object is wanted here, as {{"desc": "updated"}}, not {_kind(term)}', term
        )
        return None
    said = [key for key in term if key in _DIRECTIONS]
    more = [key for key in term if key not in (*_DIRECTIONS, "nulls")]
    nulls = term.get("nulls")
    if len(said) != 1 or more:
        refuse(place, 'asc or desc is wanted here, with a name, and nothing else but "nulls"', term)
        return None
    if "nulls" in term and nulls not in _NULLS:
        refuse((*place, "nulls"), f"NULLs come first or last, not {shortened(nulls)}", nulls)
        return None
    (direction,) = said
    return _named(term[direction], direction == "desc", nulls, (*place, direction), refuse)


def _named(name: Any, descending: bool, nulls: Any, place: Place, refuse: Refuse) -> Sorted | None:
    if isinstance(name, str) and name and name != "?" and not name.startswith("-"):
        return Sorted(place, name, descending, nulls)
    refuse(place, f"an order names a column, not {shortened(name)}", name)
    return None


def _sorting(key: Any) -> tuple[bool, str]:
    return key in CONNECTORS, str(key)


def _cut(key: Any) -> str:
    """A key as places show it."""
    text = str(key)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
