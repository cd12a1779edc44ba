"""``filter_by()``: what is narrowed by an object that has been declared elsewhere, and checked before."""

from typing import Any, Protocol, Self, TypeVar, cast

from django_like_repos.errors import UnsupportedOperationError

Narrowed = TypeVar("Narrowed", bound="Filtering")


class Filters(Protocol):
    """What ``filter_by()`` takes: a ``FilterSet`` of ``contrib.filters``, or anything that does the same."""

    def apply(self, queryset: Any, /) -> Any:
        """The queryset with the conditions and the order that are asked for."""
        ...


class Filtering:
    """The one chain method whose conditions are written elsewhere."""

    def filter_by(self, /, *filters: Filters, **lookups: Any) -> Self:
        """Rows that pass what was declared: ``filter_by(filterset)``, several one after the other.

        Raises UnsupportedOperationError for anything else, keywords above all, which ``filter()`` takes.
        """
        if lookups or not filters:
            raise UnsupportedOperationError(
                "filter_by() takes a FilterSet of contrib.filters: conditions are given to filter(…)"
            )
        queryset = self
        for each in filters:
            queryset = _applied(queryset, each)
        return queryset


def _applied(queryset: Narrowed, filters: Any) -> Narrowed:
    apply = getattr(filters, "apply", None)
    if isinstance(filters, type) or not callable(apply):
        raise UnsupportedOperationError(
            f"filter_by() takes an object with apply(queryset), such as a FilterSet, not {filters!r}"
        )
    narrowed: Narrowed = cast(Any, apply)(queryset)
    check_narrowed(f"{type(filters).__name__}.apply()", queryset, narrowed)
    return narrowed


def check_narrowed(called: str, queryset: Any, narrowed: Any, *, also: str = "") -> None:
    """Raises UnsupportedOperationError for what is no queryset of the kind, and of the model, of another.

    ``also``: what else may be given.
    """
    if not isinstance(narrowed, type(queryset)):
        raise UnsupportedOperationError(f"{called} gives a {type(queryset).__name__}{also}, not {narrowed!r}")
    model = queryset._query.model
    if not issubclass(narrowed._query.model, model):
        raise UnsupportedOperationError(
            f"{called} gives a queryset of {model.__name__}{also}, not {narrowed!r}"
        )
