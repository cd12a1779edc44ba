"""Where what is declared stands: the model, the relations that lead to it, and the bounds of the class."""

from typing import Any, Final, NamedTuple

from django_like_repos.language.lookups import Lookup as Meaning
from django_like_repos.language.lookups import lookup_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path, lookup_path
from django_like_repos.query import names

PLAIN: Final = "exact"
"""The lookup of a path that names none."""


class Bounds(NamedTuple):
    """How much a client may ask for at once."""

    values: int
    """Members of a list."""
    text: int
    """Characters of a text or pattern."""
    words: int
    """Words of a search."""
    conditions: int
    """Conditions of one request; each word of a search is one."""
    depth: int
    """``and``, ``or`` and ``not`` in each other, in the conditions of a body."""

    def narrowed(self, other: "Bounds | None") -> "Bounds":
        """The lesser of both in what one value may be."""
        if other is None:
            return self
        least = {name: min(getattr(self, name), getattr(other, name)) for name in ("values", "text", "words")}
        return self._replace(**least)


class Ground(NamedTuple):
    """A model and, of a nested ``FilterSet``, the path of relations to where its own names begin."""

    model: type[Any]
    bounds: Bounds
    under: str = ""

    def written(self, name: str) -> str:
        """A name as it is written from the model on."""
        return f"{self.under}{SEPARATOR}{name}" if self.under else name

    def path(self, name: str) -> Path:
        """The path of a name. Raises UnknownFieldError, UnsupportedOperationError for one with a lookup."""
        return field_path(names(self.model), self.written(name))

    def lookup(self, name: str) -> tuple[Path, Meaning, str]:
        """What a name means: the path, its lookup, and that one's name.

        Raises UnknownFieldError, UnknownLookupError.
        """
        path, word = lookup_path(names(self.model), self.written(name))
        return path, lookup_of(path, word), word

    def keyword(self, name: str) -> str:
        """The keyword of ``filter()`` that a name is: as short as it can be written."""
        path, word = lookup_path(names(self.model), self.written(name))
        if word != PLAIN:
            return self.written(name)
        shortest, meant = lookup_path(names(self.model), path.name)
        return path.name if (shortest.name, meant) == (path.name, PLAIN) else self.written(name)
