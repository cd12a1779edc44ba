"""``Ordering``: a parameter that says the order, by names that were declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from django_like_repos.caching import cached
from django_like_repos.clauses.paging import has_place
from django_like_repos.contrib.filters.columns import LIST_OF
from django_like_repos.contrib.filters.declarations import Declaration, Step
from django_like_repos.contrib.filters.ground import Ground
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.queryset import QuerySet


class Ordering(Declaration):
    """The orders that may be asked for: ``order = Ordering("name", price="unit_price", newest="-created")``.

    A client names one or more, ``-`` before one for the other way round. The primary key comes last, so that
    no two rows are alike. Not nested: the order is of the outermost rows.
    """

    nests = False

    def __init__(self, /, *names: str, **terms: str) -> None:
        for term in (*names, *terms.values()):
            if not isinstance(term, str):
                raise UnsupportedOperationError(
                    f"Ordering() takes names, one for each order, not {term!r}: Ordering(newest='-created')"
                )
        self.terms = {**{name.removeprefix("-"): name for name in names}, **terms}
        if not self.terms:
            raise UnsupportedOperationError("Ordering() needs the names to order by: Ordering('name')")
        if len(self.terms) != len(names) + len(terms):
            raise UnsupportedOperationError("Ordering(): one name stands for one order")

    if TYPE_CHECKING:
        # In a FilterSet it is what was sent.
        def __get__(self, instance: object, owner: object) -> list[str] | None: ...

    def bound(self, ground: Ground, name: str, annotation: Any) -> "Ordered":
        if annotation is not None:
            raise UnsupportedOperationError(
                f"{name}: Ordering() says itself what it takes: {name} = Ordering(…)"
            )
        both: dict[str, str] = {}
        for called, term in self.terms.items():
            path = ground.path(term.removeprefix("-"))
            if path.crosses_to_many:
                raise UnsupportedOperationError(
                    f"{name}: {path} has many values for a row, and so no place in an order"
                )
            unordered = next((each for each in path.types if not has_place(each)), None)
            if unordered is not None:
                raise UnsupportedOperationError(
                    f"{name}: {path} is {type(unordered).__name__}, which has no order that is the same on "
                    "every database: order by a column"
                )
            both[called] = term
            both[f"-{called}"] = term.removeprefix("-") if term.startswith("-") else f"-{term}"
        words: Any = LIST_OF[Literal[tuple(both)]]
        listed = Annotated[words, Field(max_length=len(self.terms)), AfterValidator(_each_once)]
        said = "The order of the items; - before a name turns it round."
        return Ordered(listed, said, [next(iter(both))], False, both)


def _each_once(words: list[str]) -> list[str]:
    if len({word.removeprefix("-") for word in words}) != len(words):
        raise PydanticCustomError("filter_value", "Input should name each order once")
    return words


@dataclass(frozen=True, eq=False)
class Ordered(Step):
    """The orders of a model: the terms of ``order_by()`` by what a client calls them."""

    terms: Mapping[str, str] = field(default_factory=dict)

    def weight(self, value: Any) -> int:
        return 0

    def applied(self, filterset: Any, queryset: Any, value: Any) -> Any:
        unknown = [word for word in value if word not in self.terms]
        if unknown:
            raise UnsupportedOperationError(f"{unknown[0]!r} is no order here: {', '.join(self.terms)}")
        terms = tuple([self.terms[word] for word in value])
        return totally_ordered(queryset, terms, terms) if terms else queryset


def totally_ordered(queryset: Any, terms: tuple[Any, ...], names: tuple[str, ...]) -> Any:
    """A queryset in an order that leaves no two models in either; ``names`` are its terms as texts."""
    query = queryset._query
    # What is projected may be groups, which a key would take apart.
    return queryset.order_by(*terms, *() if query.frame.projection else _keys_beside(query.model, names))


@cached(1024)
def _keys_beside(model: type[Any], terms: tuple[str, ...]) -> tuple[str, ...]:
    """What terms of an order lack of the primary key, if they are not total without it."""
    ordered: QuerySet[Any] = QuerySet(model).order_by(*terms)
    keys = [] if ordered.totally_ordered else [field.key for field in key_of(mapper_of(model))]
    return tuple([key for key in keys if key not in terms and f"-{key}" not in terms])
