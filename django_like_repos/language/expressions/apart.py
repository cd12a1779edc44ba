"""Aggregates of a subquery of their own, ``subquery=True``, in which nothing else multiplies."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.kinds import traits_of
from django_like_repos.language.outer import outer_of
from django_like_repos.mapping.models import Hop, key_of, mapper_of
from django_like_repos.mapping.owners import Ownership, ownership_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.query import Aggregate, Annotation, Clause, Count, Names, Projection, annotated, plain
from django_like_repos.query.conditions import AND
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.names import names as names_of
from django_like_repos.query.shapes import (
    Aggregation,
    Annotate,
    Atom,
    Call,
    Frame,
    Group,
    Nested,
    Outer,
    Reference,
    Shape,
    Subquery,
    Typed,
)

_NAME: Final = "__of"
"""What the aggregate is called in its subquery."""
_WHOLE: Final = (Nested, Subquery, Shape, Names)
"""What speaks of rows by names of its own."""

Link = tuple[Hop, ...]
"""The hops of a path up to its last to-many one."""


class _Read(NamedTuple):
    """An aggregate whose paths were looked at."""

    names: Names
    """Of the model, without what the query has named, and without a guard: all was read."""
    shape: Aggregation
    paths: tuple[Path, ...]
    """All that it reads."""


def read_apart(names: Names, value: Aggregate, clause: Clause) -> Clause:
    """The subquery of an aggregate that was read for the model alone.

    Raises UnsupportedOperationError for what is of no to-many relation, or of several.
    """
    shape: Any = clause.shape
    read = _Read(plain(names), shape, tuple(_paths(plain(names), shape)))
    why = _refusal(read, clause)
    if why:
        raise UnsupportedOperationError(f"{value!r}: {why}")
    first = _first_of(read)
    nested = Nested(_whole(read) if first is None else _from(first, read), False)
    if value.empty_result_set_value is None:
        return Clause(nested, clause.params, clause.expressions)
    # Where nothing is related there is no group, and so no value.
    empty = value.empty_result_set_value
    call = Call(Coalesce, (), (nested, Typed(type(empty))), traits_of(read.names, read.shape).type)
    return Clause(call, (*clause.params, empty), clause.expressions)


def _refusal(read: _Read, clause: Clause) -> str:
    """Why an aggregate has no subquery of its own, if it has none."""
    if clause.expressions:
        return "with subquery=True it is of paths; an SQLAlchemy expression has a subquery of its own"
    if outer_of(read.shape):
        return "with subquery=True an OuterRef() would be of its own rows: filter() after it compares"
    links = [link for path in _paths(read.names, read.shape.call) if (link := _link(path))]
    if not links:
        return "it reads no to-many relation, and subquery=True is of what a row is related to"
    longest = max(links, key=len)
    others = [link for link in links if longest[: len(link)] != link]
    if others:
        return f"it reads {_told(longest)} and {_told(others[0])}, which multiply each other"
    for path in read.paths:
        link = _link(path)
        if longest[: len(link)] != link and not (read.shape.distinct and link[: len(longest)] == longest):
            return (
                f"its filter or order reads {_told(link)}, by which what it counts of {_told(longest)} would "
                "count several times: Exists() in its filter asks whether there is any"
            )
    return ""


def _told(link: Link) -> str:
    return repr(SEPARATOR.join(hop.key for hop in link))


def _link(path: Path) -> Link:
    """The hops of a path that decide how many rows there are."""
    last = max((number for number, hop in enumerate(path.hops, 1) if hop.to_many), default=0)
    return path.hops[:last]


def _paths(names: Names, shape: Any) -> Iterator[Path]:
    """The paths in a shape, but for those in queries within."""
    if isinstance(shape, (Reference, Atom)):
        yield field_path(names, shape.path)
        if isinstance(shape, Atom):
            yield from _paths(names, shape.operand)
    elif isinstance(shape, tuple) and not isinstance(shape, _WHOLE):
        for part in shape:
            yield from _paths(names, part)


# The subquery, from the first relation on where that is all that is read.


def _first_of(read: _Read) -> Ownership | None:
    """The relation that all paths begin with, if its rows themselves say whose they are."""
    hop = next(path for path in read.paths if _link(path)).hops[0]
    begun = all(path.hops and path.hops[0] is hop and _begins(path.name, hop.key) for path in read.paths)
    if not begun or not hop.to_many or hop.relation is None or _has_queries(read.shape):
        return None
    own = ownership_of(hop)
    return own if own.back is None and not own.repeats else None


def _begins(path: str, key: str) -> bool:
    return path == key or path.startswith(key + SEPARATOR)


def _has_queries(shape: Any) -> bool:
    if isinstance(shape, _WHOLE):
        return True
    return isinstance(shape, tuple) and any(map(_has_queries, shape))


def _from(own: Ownership, read: _Read) -> Shape:
    """Of the related rows: those that are of the row around, in one group."""
    hop, keys = own.hop, [field.key for field in own.fields]
    names = names_of(hop.target.class_, read.names.zone)
    shape = _renamed(read.shape, hop.key, key_name(hop.target))
    call = read.shape.call
    if issubclass(call.kind, Count) and call.arguments == (Reference(hop.key),) and not shape.distinct:
        # Of a row that is there the foreign key is too, and an index of it need not be left for another.
        shape = shape._replace(call=shape.call._replace(arguments=(Reference(keys[0]),)))
    return _shape(names, shape, Projection(tuple(keys), 1), list(zip(keys, own.attributes, strict=True)))


def _whole(read: _Read) -> Shape:
    """Of the row around once more, and what it is related to."""
    keys = [(field.key, field.key) for field in key_of(mapper_of(read.names.model))]
    return _shape(read.names, read.shape, True, keys)


def _shape(names: Names, shape: Aggregation, groups: Projection | bool, same: list[tuple[str, str]]) -> Shape:
    type_ = traits_of(names, shape).type
    after = annotated(names, _NAME, Annotation(shape, type_, True, False, True))
    of_row = Group(AND, False, tuple([Atom(key, "exact", Outer(local, 1)) for key, local in same]))
    steps = (of_row, Annotate(_NAME, shape, groups, after))
    return Shape(after, Frame(projection=Projection((_NAME,), 2)), steps, (), False, False)


def _renamed(shape: Any, key: str, end: str) -> Any:
    """A shape whose paths begin at the end of a relation."""
    if not isinstance(shape, tuple):
        return shape
    if isinstance(shape, (Reference, Atom)):
        rest = shape.path.removeprefix(key).removeprefix(SEPARATOR)
        shape = shape._replace(path=rest or end)
    parts = [_renamed(part, key, end) for part in shape]
    return type(shape)(*parts) if hasattr(shape, "_fields") else tuple(parts)
