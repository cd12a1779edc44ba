"""What a queryset says of its models beside which they are: what comes with them, what is left out."""

from typing import Self

from django_like_repos import clauses
from django_like_repos.query import Query
from django_like_repos.showing import Shown

_new = object.__new__


class Loading(Shown):
    """The chain methods that decide no rows: each gives a copy."""

    def select_related(self, *paths: str | None) -> Self:
        """Fills to-one relations from the same statement, LEFT where one may be missing; None clears.

        A ``FilteredRelation`` is filled under its name. Raises UnknownFieldError, and
        UnsupportedOperationError for a to-many path, for none at all, and after ``values()``.
        """
        return self._with(clauses.related(self._query, paths))

    def only(self, *fields: str) -> Self:
        """Loads these columns alone, also of what ``select_related()`` fills (``"author__name"``).

        Keys, foreign keys of what is filled, discriminators and versions are there always. Another call
        replaces the names. Raises UnknownFieldError, UnsupportedOperationError.
        """
        return self._with(clauses.only(self._query, fields))

    def defer(self, *fields: str | None) -> Self:
        """Leaves these columns out; calls add up, and None takes back what was said of columns."""
        return self._with(clauses.deferred(self._query, fields))

    def _with(self, query: Query) -> Self:
        copy = _new(self.__class__)
        copy._query = query
        copy._session = self._session
        return copy
