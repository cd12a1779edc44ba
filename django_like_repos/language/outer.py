"""What a subquery wants of the rows around it: every ``OuterRef`` in its shape, and of what kind."""

from collections.abc import Hashable, Iterator
from typing import Any, Final

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import FAMILIES, family
from django_like_repos.language.kinds import traits_of
from django_like_repos.language.meanings import TAKEN, Kinds, meaning_of
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.query import Names, Query
from django_like_repos.query.locking import refuse_locked
from django_like_repos.query.shapes import (
    Arithmetic,
    Call,
    Nested,
    Outer,
    Part,
    Reference,
    Shape,
    Subquery,
    Wrapped,
)

_TEXT: Final[Kinds] = (("text",),)
Wanted = frozenset[tuple[str, int]]


def check_outer(names: Names, shape: Shape) -> None:
    """Raises UnknownFieldError where a subquery speaks of a name that the row around it has not.

    Raises UnsupportedOperationError where what it has under that name is of another kind than is wanted.
    """
    refuse_locked(shape.frame, "a subquery", "await it, and say filter(pk__in=[…]) of its keys")
    if any(levels == 1 for _, levels in outer_of(shape)):
        why = _misfit(names, shape)
        if why:
            raise UnsupportedOperationError(f"OuterRef(): {why}")


def check_whole(query: Query) -> None:
    """Raises UnsupportedOperationError where a query speaks of rows around it, and there are none."""
    if outer_of(query.shape):
        raise UnsupportedOperationError(
            f"this queryset has an OuterRef() in it and is only of use in Subquery() or Exists(): {query!r}"
        )


@cached(4096)
def outer_of(shape: Hashable) -> Wanted:
    """The paths that a shape wants of the rows around it, each with the number of levels up."""
    if isinstance(shape, Outer):
        return frozenset([(shape.path, shape.levels)])
    if isinstance(shape, (Nested, Subquery)):
        return frozenset((path, levels - 1) for path, levels in outer_of(shape.shape) if levels > 1)
    if isinstance(shape, tuple):
        return frozenset[tuple[str, int]]().union(
            *[outer_of(part) for part in shape if isinstance(part, tuple)]
        )
    return frozenset()


def settled(names: Names, shape: Any, levels: int = 1) -> Any:
    """A shape in which what is named of the rows around has the type that it has there."""
    if isinstance(shape, Outer) and shape.levels == levels:
        return Wrapped(shape, traits_of(names, Reference(shape.path)).type)
    if not isinstance(shape, tuple) or not outer_of(shape):
        return shape
    parts = [settled(names, part, levels) for part in shape]
    return type(shape)(*parts) if hasattr(shape, "_fields") else tuple(parts)


@cached(4096)
def _misfit(names: Names, shape: Shape) -> str:
    """Why a subquery cannot be asked of rows in which names mean this; nothing where it can."""
    for path, levels in outer_of(shape):
        if levels == 1:
            traits_of(names, Reference(path))
    return next(_misfits(names, shape.names, shape, 1), "")


def _misfits(names: Names, inner: Names, shape: Any, levels: int) -> Iterator[str]:
    if not isinstance(shape, tuple) or not outer_of(shape):
        return
    if isinstance(shape, (Nested, Subquery)):
        # Of a query within the query it is one level further.
        yield from _misfits(names, shape.shape.names, shape.shape, levels + 1)
        return
    for part in shape:
        yield from _misfits(names, inner, part, levels)
    if isinstance(shape, (Call, Part)):
        yield from _wrong_arguments(inner, settled(names, shape, levels))
    elif isinstance(shape, Arithmetic):
        traits = traits_of(inner, settled(names, shape, levels))
        if traits.type is None:
            yield traits.why


def _wrong_arguments(inner: Names, shape: Any) -> Iterator[str]:
    arguments: tuple[Any, ...] = (shape.text,) if isinstance(shape, Part) else shape.arguments
    kinds, name = _TEXT, "a slice"
    if isinstance(shape, Call):
        taken = TAKEN.get(meaning_of(shape.kind).options)
        kinds, name = taken(shape.options) if taken else (), f"{shape.kind.__name__}()"
    for place, argument in enumerate(arguments if kinds else ()):
        kind = family(traits_of(inner, argument).type)
        wanted = kinds[min(place, len(kinds) - 1)]
        if kind in FAMILIES and kind not in wanted and outer_of(argument):
            paths = ", ".join(sorted(path for path, _ in outer_of(argument)))
            yield f"{name} is of {' or '.join(wanted)}, and {paths!r} of the rows around is {kind}"


forget_on_change(_misfit.cache_clear)
