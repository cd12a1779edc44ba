"""``Search``: a parameter whose words must all be found, each in any of several fields."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from django_like_repos.contrib.filters.columns import bounded
from django_like_repos.contrib.filters.declarations import Condition, Declaration
from django_like_repos.contrib.filters.ground import PLAIN, Ground
from django_like_repos.contrib.filters.values import check_type, checked_by, within
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.mapping.paths import SEPARATOR
from django_like_repos.query import Exists, Expression, OuterRef, Q
from django_like_repos.queryset import QuerySet

_USUAL: Final = "icontains"


class Search(Declaration):
    """Text of which every word must be found in one of the fields: ``q = Search("name", "album__title")``.

    A field is looked into by ``icontains``, or by the lookup that is written after it
    (``"code__istartswith"``). Where fields are of to-many relations, each word may be found in another of
    the related rows.
    """

    def __init__(self, *fields: str) -> None:
        if not fields or not all(isinstance(field, str) for field in fields):
            raise UnsupportedOperationError(
                f"Search() needs the fields to look into by their names, Search('name'), not {fields!r}"
            )
        self.fields = fields

    if TYPE_CHECKING:
        # In a FilterSet it is what was sent.
        def __get__(self, instance: object, owner: object) -> str | None: ...

    def bound(self, ground: Ground, name: str, annotation: Any) -> "Sought":
        written: list[tuple[str, bool]] = []
        checks: list[Callable[[Any], Any]] = []
        for field in self.fields:
            path, meaning, word = ground.lookup(field)
            keyword = ground.written(field)
            if word == PLAIN and path.name == keyword:
                keyword = f"{keyword}{SEPARATOR}{_USUAL}"
                path, meaning, _ = ground.lookup(f"{field}{SEPARATOR}{_USUAL}")
            check_type(ground.model, keyword, meaning, str)
            written.append((keyword, path.crosses_to_many))
            checks.append(checked_by(ground.model, keyword, meaning, ground.bounds))
        most, short = ground.bounds.words, within(ground.bounds)

        def check(value: str) -> str:
            words = short(value).split()
            if len(words) > most:
                raise PydanticCustomError("too_long", "There should be at most {most} words", {"most": most})
            for word in words:
                for each in checks:
                    each(word)
            return value

        return Sought(
            Annotated[bounded(annotation or str, ground.bounds), AfterValidator(check)],
            "Every word of it is found, in one field or another.",
            "two words",
            any(to_many for _, to_many in written),
            model=ground.model,
            near=tuple([each for each, to_many in written if not to_many]),
            far=tuple([each for each, to_many in written if to_many]),
        )


@dataclass(frozen=True, eq=False)
class Sought(Condition):
    """A search in a model."""

    model: type[Any] = object
    near: tuple[str, ...] = ()
    """The keywords of ``filter()``, one of which must hold for each word."""
    far: tuple[str, ...] = ()
    """Those of them that cross a to-many relation."""

    def condition(self, value: Any, *, together: bool = False) -> Q | Expression:
        return Q(*[self._word(word, together) for word in value.split()])

    def weight(self, value: Any) -> int:
        return len(value.split())

    def _word(self, word: str, together: bool) -> Q | Expression:
        found = [Q((field, word)) for field in (*self.near, *(self.far if together else ()))]
        if self.far and not together:
            # One join for all words would want them in one related row; a join for each multiplies the rows.
            rows: QuerySet[Any] = QuerySet(self.model)
            related = Q(*[(field, word) for field in self.far], _connector=Q.OR)
            same = Q(*[(field.key, OuterRef(field.key)) for field in key_of(mapper_of(self.model))])
            found.append(Q(Exists(rows.filter(same & related))))
        return Q(*found, _connector=Q.OR)
