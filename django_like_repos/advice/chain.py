"""The calls of a chain as they were written, and the columns that each of them reads."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Column

from django_like_repos.advice.asked import bases_of, columns_of
from django_like_repos.errors import QueryError
from django_like_repos.language.kinds import is_expression, is_sqlalchemy, read_expression
from django_like_repos.mapping.models import Hop
from django_like_repos.mapping.paths import Path, field_path, lookup_path
from django_like_repos.query import Names, OrderBy, Q, Query, is_queryset
from django_like_repos.query.shapes import Annotate, Atom, Combination, Order, Reference, Shape
from django_like_repos.query.telling import told_value

_COMBINING: Final = frozenset({"union", "intersection", "difference"})
_LOOKUPS: Final = frozenset({"filter", "exclude", "complex_filter", "get"})


class Called(NamedTuple):
    """One thing that a call asks for."""

    text: str
    read: frozenset[Column[Any]]
    """The columns at the ends of its paths."""
    joined: frozenset[Column[Any]]
    """Those by which its paths lead there."""


def calls_of(query: Query) -> list[Called]:
    """What the calls of a chain ask for, in their order."""
    found: list[Called] = []
    written = [*query.calls()]
    added = _added_by(written, query.frame.combined)
    for place, (name, args, kwargs) in enumerate(written):
        if name == "[]":
            continue
        if place in added:
            found.append(_called(f"{name}(…)", _in_shape(query.names, added[place])))
            continue
        found += [_positional(query.names, name, each) for each in args]
        for key, value in kwargs.items():
            by_lookup = name in _LOOKUPS
            paths = [*([_path(query.names, key)] if by_lookup else []), *_in_value(query.names, value)]
            shown = not by_lookup or isinstance(value, bool) or value is None
            told = told_value(value, shown=False) if shown else "…"
            found.append(_called(f"{name}({key}={told})", paths))
    return found


def _added_by(written: Sequence[Any], combination: Combination | None) -> dict[int, tuple[Shape, ...]]:
    """What ``union()`` and its kin were given, by their places among the calls."""
    places = [place for place, (name, _, _) in enumerate(written) if name in _COMBINING]
    members = () if combination is None else combination.members
    added: dict[int, tuple[Shape, ...]] = {}
    for place in reversed(places):
        if len(members) == 1 and members[0].frame.combined is not None:
            # Of another operator than what came after it.
            members = members[0].frame.combined.members
        given = 1 if place == places[0] else max(1, len(members) - len(written[place][1]))
        added[place], members = members[given:], members[:given]
    return added


def _positional(names: Names, name: str, value: Any) -> Called:
    if isinstance(value, Q):
        keys = ", ".join(dict.fromkeys(f"{key}=…" for key in _keys(value)))
        return _called(f"{name}({keys or 'Q(…)'})", _in_value(names, value))
    if isinstance(value, str):
        return _called(f"{name}({value!r})", [_path(names, value.removeprefix("-"))])
    if is_sqlalchemy(value):
        return Called(f"{name}({value})", frozenset(bases_of(columns_of(value))), frozenset())
    return _called(f"{name}({told_value(value, shown=False)})", _in_value(names, value))


def _keys(condition: Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from _keys(child)
        elif isinstance(child, tuple):
            yield str(child[0])


def _called(text: str, paths: Iterable[Path | None]) -> Called:
    read: set[Column[Any]] = set()
    joined: set[Column[Any]] = set()
    for path in paths:
        if path is None:
            continue
        if path.annotation is not None:
            inner = _called(text, _in_shape(path.names, path.annotation.shape))
            read |= inner.read
            joined |= inner.joined
        for each in (path, path.shortest):
            read.update(field.column for field in each.fields if field.column is not None)
        for hop in path.hops:
            joined |= _of_join(hop)
    return Called(text, frozenset(read), frozenset(joined))


def _of_join(hop: Hop) -> set[Column[Any]]:
    pairs: Any = () if hop.relation is None else hop.relation.local_remote_pairs
    return {column for pair in pairs or () for column in pair}


def _path(names: Names, name: str) -> Path | None:
    """The path that a name begins with; None where it is one no more."""
    try:
        return lookup_path(names, name)[0]
    except QueryError:
        return None


def _in_value(names: Names, value: Any) -> Iterator[Path | None]:
    """The paths that a value names."""
    if isinstance(value, OrderBy):
        value = value.expression
    if isinstance(value, Q):
        for child in value.children:
            if isinstance(child, tuple):
                yield _path(names, child[0])
                yield from _in_value(names, child[1])
            else:
                yield from _in_value(names, child)
    elif is_queryset(value):
        yield from _in_shape(names, value._query.shape)
    elif is_expression(value) and not is_sqlalchemy(value):
        try:
            read = read_expression(names, value)
        except QueryError:
            return
        yield from _in_shape(names, read.shape)


def _in_shape(names: Names, shape: Any) -> Iterator[Path | None]:
    """The paths that a shape names."""
    if isinstance(shape, Shape):
        for part in (shape.steps, shape.ordering, shape.frame.combined):
            yield from _in_shape(shape.names, part)
    elif isinstance(shape, Annotate):
        yield from _in_shape(shape.names, shape.value)
    elif isinstance(shape, (Reference, Atom, Order)):
        yield _field(names, shape.path)
        if isinstance(shape, Atom):
            yield from _in_shape(names, shape.operand)
    elif isinstance(shape, tuple) and not isinstance(shape, Names):
        for part in shape:
            yield from _in_shape(names, part)


def _field(names: Names, name: str | None) -> Path | None:
    try:
        return None if name is None else field_path(names, name)
    except QueryError:
        return None
