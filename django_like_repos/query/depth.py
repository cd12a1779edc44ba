"""How deep things stand in each other: Python, SQLAlchemy and the databases read them level by level."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django_like_repos.caching import cached_by_class
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query.conditions import Q
from django_like_repos.query.expressions import Combined, Expression, F, Value
from django_like_repos.query.query import Query
from django_like_repos.query.shapes import Shape
from django_like_repos.query.subqueries import is_queryset

DEEPEST: Final = 96
"""Levels that arithmetic, conditions, functions and queries may stand in each other: what Python's
recursion and SQLite's parser take in all. Beside each other there may be any number.
"""
_CONDITION, _QUERY = 4, 10
"""As how many levels a condition or a function counts, and a query."""

_PLAIN: Final = frozenset((str, int, float, bool, type(None)))
_LEAVES: Final = _PLAIN | {dict, F, Value}
"""What has no parts."""
_SHALLOW, _FEW = 6, 500
"""Levels, none of them of a query, that are no cause to count them; and things with parts on them."""
_NOTHING: Final[Mapping[str, Any]] = {}
_EMPTY: Final = ()


def check_depth(*values: Any) -> None:
    """Raises UnsupportedOperationError for what is nested deeper than can be said."""
    # What is easily seen to be shallow is not counted: it is nearly everything, on the way of every query.
    level: Sequence[Any] = values
    left = _FEW
    for _ in range(_SHALLOW):
        parts: list[Any] = []
        for each in level:
            if each.__class__ in _LEAVES or each is _EMPTY:
                continue
            found = _seen_in(each)
            left -= bool(found)
            if found is None or left < 0:
                _count(values)
                return
            parts += found
        if not parts:
            return
        level = parts
    _count(values)


def _count(values: Sequence[Any]) -> None:
    """Counts the levels of values, of which each may stand in several places."""
    # Each with the levels that it has yet to be passed through.
    waiting = {id(each): (each, _levels(each)) for each in _among(values)}
    depth = 0
    while waiting:
        depth += 1
        if depth > DEEPEST:
            raise UnsupportedOperationError(
                f"nested deeper than {DEEPEST} levels, of which a condition or a function is {_CONDITION} "
                f"and a query {_QUERY}: say the parts beside each other, or annotate() some of them first"
            )
        left = [(each, levels - 1) for each, levels in waiting.values() if levels > 1]
        parts = [part for each, levels in waiting.values() if levels == 1 for part in _parts(each)]
        waiting = {id(part): (part, _levels(part)) for part in parts}
        waiting.update({id(each): (each, levels) for each, levels in left})


def _seen_in(value: Any) -> Sequence[Any] | None:
    """The parts of a value, of which some have parts; None where they are not easily seen."""
    kind = value.__class__
    if kind is tuple or kind is list:
        seen: Sequence[Any] = value
    elif kind is Q:
        seen = [
            child[1] if child.__class__ is tuple and len(child) == 2 else child for child in value.children
        ]
    elif kind is Combined:
        seen = value.left, value.right
    elif isinstance(value, Expression):
        seen = _held_by(value)
    else:
        return None if _has_parts(value) else ()
    return () if _LEAVES.issuperset(map(type, seen)) else seen


def _held_by(value: Expression) -> list[Any]:
    """What the attributes of an expression hold."""
    held = [*getattr(value, "__dict__", _NOTHING).values()]
    if slots := _slots_of(value.__class__):
        held += [getattr(value, name, None) for name in slots]
    return held


@cached_by_class(1024)
def _slots_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple([name for each in kind.__mro__ for name in each.__dict__.get("__slots__", ())])


def _levels(value: Any) -> int:
    if isinstance(value, Combined):
        return 1
    return _CONDITION if isinstance(value, (Expression, Q)) else _QUERY


def _has_parts(value: Any) -> bool:
    return isinstance(value, (Expression, Q, Query)) or is_queryset(value)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Q):
        yield from _among(value.children)
    elif isinstance(value, (Query, Shape)):
        yield from _shapes_in((value.frame.combined, value.frame.summary, value.steps))
        yield from _shapes_in(value.ordering)
    elif isinstance(value, Expression):
        yield from _among(_held_by(value))
    else:
        # The queryset is its query.
        yield from _parts(value._query)


def _among(values: Iterable[Any]) -> Iterator[Any]:
    """Those that have parts, in lists and pairs too."""
    todo, known = [*values], set[int]()
    while todo:
        each = todo.pop()
        if each.__class__ in _PLAIN:
            continue
        if _has_parts(each):
            yield each
        elif isinstance(each, (tuple, list)) and id(each) not in known:
            # What is no expression may hold itself, and be deeper than anything that is said.
            known.add(id(each))
            todo.extend(each)


def _shapes_in(shape: Any) -> Iterator[Shape]:
    """The queries within a shape, not those within them."""
    todo = [shape]
    while todo:
        for each in todo.pop():
            if isinstance(each, Shape):
                yield each
            elif isinstance(each, tuple):
                todo.append(each)
