"""``Lookup``: a parameter that is one lookup of a path."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator

from django_like_repos.contrib.filters.columns import annotation_of, bounded, enums_by_value
from django_like_repos.contrib.filters.declarations import Condition, Declaration
from django_like_repos.contrib.filters.describing import description_of, example_for
from django_like_repos.contrib.filters.ground import Ground
from django_like_repos.contrib.filters.values import check_type, checked_by
from django_like_repos.query import Q


@dataclass(frozen=True)
class Lookup(Declaration):
    """A lookup under a name of one's own: ``min_price: Annotated[Decimal, Lookup("price__gte")]``.

    ``name`` is what a keyword of ``filter()`` would be.
    """

    name: str

    def bound(self, ground: Ground, name: str, annotation: Any) -> "LookedUp":
        path, meaning, _ = ground.lookup(self.name)
        written = ground.keyword(self.name)
        if annotation is None:
            annotation = annotation_of(path, meaning, written, ground.bounds)
        check_type(ground.model, written, meaning, annotation)
        annotation = enums_by_value(annotation)
        check = AfterValidator(checked_by(ground.model, written, meaning, ground.bounds))
        return LookedUp(
            Annotated[bounded(annotation, ground.bounds), check],
            description_of(meaning),
            example_for(meaning, annotation),
            path.crosses_to_many,
            written,
        )


@dataclass(frozen=True, eq=False)
class LookedUp(Condition):
    """A lookup of a model."""

    written: str = ""
    """The keyword of ``filter()``."""

    def condition(self, value: Any, *, together: bool = False) -> Q:
        return Q((self.written, value))
