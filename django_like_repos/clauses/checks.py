"""What several clauses refuse alike."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.cascades import only_by_orm
from django_like_repos.mapping.fields import is_left_out, place_of, steps_of
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import SEPARATOR, Path, relation_path
from django_like_repos.mapping.written import written_path, written_relation
from django_like_repos.query import Names, Query
from django_like_repos.query.names import guarded

Change = Callable[[Query], Query]

NO_KEYWORDS: Final[Mapping[str, Any]] = MappingProxyType({})


def check_number(name: str, argument: str, value: Any, *, least: int) -> None:
    """Raises UnsupportedOperationError for what is no whole number, or less than the least."""
    if value.__class__ is not int:
        raise UnsupportedOperationError(f"{name}(): {argument} is a whole number, not {value!r}")
    if value < least:
        raise UnsupportedOperationError(f"{name}(): {argument} is {value}, and {least} is the least")


def check_whole(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError where a query is not of whole models, or is a slice of them."""
    if query.sliced:
        refuse_sliced(query, name)
    refuse_combined(query, name)
    check_models(query, name)


def check_models(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError where rows are values and no models."""
    if query.settings.frame.projection is not None:
        call = "values() or values_list()" if query.settings.into is None else "into()"
        raise UnsupportedOperationError(f"{name}() is of models and cannot follow {call}")


def refuse_grown(query: Query, name: str, *, bounded: bool = False) -> None:
    """Raises UnsupportedOperationError where ``load_tree()`` came before; ``bounded``, if it chooses."""
    tree = query.settings.tree
    if tree is None or (bounded and tree.through is None and tree.max_depth is None):
        return
    chosen = "through= and max_depth= of it would choose nothing here: " if bounded else ""
    raise UnsupportedOperationError(
        f"{name}() makes no models, into which load_tree() loads: {chosen}descendants() finds the rows, "
        f"Prefetch() chooses those of a relation, load_tree(None) forgets the tree: {query!r}"
    )


def check_traversed(query: Query) -> None:
    """Raises UnsupportedOperationError where ``only()`` or ``defer()`` leaves out what is to be filled."""
    frame = query.frame
    if frame.fields is None:
        return
    for name in frame.related:
        relations = steps_of(relation_path(query.names.bare, name))
        for depth, hop in enumerate(relations):
            if is_left_out(frame.fields, place_of(relations[:depth]), hop):
                raise UnsupportedOperationError(
                    f"{hop!r} cannot be both deferred and traversed by select_related({name!r}): "
                    f"only() names {SEPARATOR.join(place_of(relations[: depth + 1]))!r} too, "
                    "defer() does not name it"
                )


def check_deleted(query: Query, cascade: str | None) -> None:
    """Raises UnsupportedOperationError for what ``delete()`` cannot follow, or only SQLAlchemy could."""
    if cascade not in (None, "orm"):
        raise UnsupportedOperationError(f"delete(cascade={cascade!r}): 'orm' or nothing")
    relation = None if cascade else only_by_orm(mapper_of(query.model))
    if relation is not None:
        raise UnsupportedOperationError(
            f"delete() of {query.model.__name__}: the rows of {relation} are deleted with it by SQLAlchemy "
            "alone, which this statement does not ask. delete(cascade='orm') loads the rows and deletes them "
            "so, in batches; or the database does it: ForeignKey(…, ondelete='CASCADE'), and passive_deletes="
            "True where the mapping cannot know of it"
        )
    check_whole(query, "delete")
    if query.frame.distinct_on:
        raise UnsupportedOperationError(
            f"delete() cannot follow distinct() of fields: filter(pk__in=…) of it says which rows: {query!r}"
        )


def is_none(given: tuple[Any, ...]) -> bool:
    """Whether a call was given None, which takes back what calls before it said."""
    return len(given) == 1 and given[0] is None


def by_ourselves(query: Query, change: Change) -> Query:
    """What a change makes of a query whose names nobody wrote: they need not be allowed."""
    names = query.names
    if names.guard is None:
        return change(query)
    changed = change(query.evolve(names=names.bare))
    return changed.evolve(names=guarded(changed.names, names.guard))


def refuse_sliced(query: Query, name: str) -> None:
    if query.sliced:
        raise UnsupportedOperationError(f"{name}() cannot follow a slice: {query!r}")


def relation_named(names: Names, path: Any, name: str) -> Path:
    if not isinstance(path, str):
        raise UnsupportedOperationError(f"{name}() takes relation paths, not {path!r}")
    return written_relation(names, path)


def field_named(names: Names, field: Any, name: str) -> Path:
    if not isinstance(field, str):
        raise UnsupportedOperationError(f"{name}() takes names of fields, not {field!r}")
    return written_path(names, field)


def column_named(names: Names, field: Any, name: str) -> Path:
    path = field_named(names, field, name)
    if len(path.types) != 1:
        raise UnsupportedOperationError(f"{name}(): {path} has {len(path.types)} columns; name one of them")
    return path.shortest
