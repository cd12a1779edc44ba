"""Querysets within a query: ``Subquery``, ``Exists``, and ``OuterRef`` for the row around them."""

from typing import Any, Protocol, TypeGuard

from django_like_repos.query.expressions import Expression, F
from django_like_repos.query.query import Query


class HasQuery(Protocol):
    """A queryset, as far as the floors under it need to know."""

    _query: Query


def is_queryset(value: object) -> TypeGuard[HasQuery]:
    """Whether a value is one: as ``isinstance()`` of a protocol says it, at a fraction of the cost."""
    return isinstance(getattr(value, "_query", None), Query)


class OuterRef(F):
    """A field of the row that the subquery is asked for (``django.db.models.OuterRef``).

    ``OuterRef(OuterRef("pk"))`` is of the row around that one.
    """

    __slots__ = ()

    def __init__(self, name: "str | OuterRef") -> None:
        self.name = name  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"OuterRef({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OuterRef) and self.name == other.name

    def __hash__(self) -> int:
        return hash((OuterRef, self.name))


class Subquery(Expression):
    """The one value of a queryset's one row (``django.db.models.Subquery``); NULL where it has none.

    ``values()`` or ``values_list()`` chooses the value, else it is the primary key. ``output_field`` is an
    SQLAlchemy type; without it the type is the value's. Raises TypeError for what is no queryset.
    """

    __slots__ = ("output_field", "query")

    def __init__(self, queryset: Any, output_field: Any = None) -> None:
        if not is_queryset(queryset):
            raise TypeError(f"{type(self).__name__}() takes a queryset, not {queryset!r}")
        self.query: Query = queryset._query
        self.output_field = output_field

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.query!r})"


class Exists(Subquery):
    """Whether a queryset has any row (``django.db.models.Exists``)."""

    __slots__ = ()
