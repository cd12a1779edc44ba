"""Text without accents: ``name__unaccent__icontains``. PostgreSQL needs its extension unaccent."""

from typing import Any, Final

from sqlalchemy import ColumnElement, String

from django_like_repos.constructs.enums import text_of
from django_like_repos.contrib.postgres import trigram
from django_like_repos.contrib.postgres.only import function
from django_like_repos.language.functions.arguments import TEXTS, takes
from django_like_repos.language.functions.paths import transform_of
from django_like_repos.language.inference import TEXT
from django_like_repos.language.lookups import Lookup, comparison, register_lookup, text
from django_like_repos.language.meanings import means
from django_like_repos.language.transforms import register_transform
from django_like_repos.query import Transform
from django_like_repos.query.shapes import Call


class Unaccent(Transform):
    """The text without its accents; what it is compared with loses its own (Django: ``bilateral``)."""

    function = "UNACCENT"
    lookup_name = "unaccent"


@means(Unaccent, gives=TEXT, options=takes(TEXTS))
def _unaccent(call: Call, value: Any) -> Any:
    return unaccented(value)


def unaccented(value: Any) -> ColumnElement[Any]:
    """A text without its accents."""
    said: ColumnElement[Any] = function("Unaccent()", "unaccent", text_of(value), type_=TEXT)
    return said


register_transform(Unaccent, of=String)

_LOOKUPS: Final[tuple[type[Lookup], ...]] = (
    comparison.Exact,
    comparison.NotEqual,
    comparison.GreaterThan,
    comparison.GreaterThanOrEqual,
    comparison.LessThan,
    comparison.LessThanOrEqual,
    text.IExact,
    text.Contains,
    text.IContains,
    text.StartsWith,
    text.IStartsWith,
    text.EndsWith,
    text.IEndsWith,
    trigram.TrigramSimilar,
    trigram.TrigramWordSimilar,
    trigram.TrigramStrictWordSimilar,
)
"""The lookups whose right side loses its accents too."""


class _Bilateral(Lookup):
    def prepare(self, value: Any) -> Any:
        # Wildcards are escaped by the database, since what they are is known without the accents only.
        return value

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return super().sql(left, unaccented(right))


for _lookup in _LOOKUPS:
    register_lookup(
        type(f"Unaccented{_lookup.__name__}", (_Bilateral, _lookup), {}), of=transform_of(Unaccent)
    )
