"""``FilteredRelation`` and ``Prefetch``: relations of which some rows count, or are loaded."""

from typing import Any

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query.conditions import Q
from django_like_repos.query.query import Query
from django_like_repos.query.subqueries import is_queryset


class FilteredRelation:
    """A relation with a condition in its join (``django.db.models.FilteredRelation``).

    Given to ``annotate()`` or ``alias()`` under a name by which later calls speak of it. Raises ValueError.
    """

    __slots__ = ("condition", "relation_name")

    def __init__(self, relation_name: str, *, condition: Any = None) -> None:
        if not relation_name or not isinstance(relation_name, str):
            raise ValueError("relation_name cannot be empty.")
        if condition is not None and not isinstance(condition, Q):
            raise ValueError("condition argument must be a Q() instance.")
        self.relation_name = relation_name
        self.condition: Q = Q() if condition is None else condition

    def __repr__(self) -> str:
        return f"FilteredRelation({self.relation_name!r}, condition={self.condition!r})"


class Prefetch:
    """A relation path to load, its last relation by a queryset (``django.db.models.Prefetch``).

    ``queryset`` chooses and orders the related rows, a slice those of each; without it all are loaded.
    ``to_attr``: the attribute that the models get as a list (of a to-one relation, as a model or None), in
    place of the relation. Raises UnsupportedOperationError for what is no path, queryset or name.
    """

    __slots__ = ("path", "query", "to_attr")

    def __init__(self, lookup: str, queryset: Any = None, to_attr: str | None = None) -> None:
        if not isinstance(lookup, str) or not lookup:
            raise UnsupportedOperationError(f"Prefetch() takes the path of a relation, not {lookup!r}")
        if queryset is not None and not is_queryset(queryset):
            raise UnsupportedOperationError(f"Prefetch({lookup!r}) takes a queryset, not {queryset!r}")
        if to_attr is not None and (not isinstance(to_attr, str) or not to_attr.isidentifier()):
            raise UnsupportedOperationError(
                f"Prefetch({lookup!r}): to_attr is the name of an attribute, not {to_attr!r}"
            )
        self.path = lookup
        self.query: Query | None = None if queryset is None else queryset._query
        self.to_attr = to_attr

    def __repr__(self) -> str:
        more = "" if self.query is None else f", {self.query!r}"
        return f"Prefetch({self.path!r}{more}{f', to_attr={self.to_attr!r}' if self.to_attr else ''})"
