"""``FilteredRelation``: a relation of which only some related rows count."""

from typing import Any

from django_like_repos.query.conditions import Q


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
