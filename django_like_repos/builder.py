"""``QueryBuilder``: a mutable handle on one immutable query, for who wants statements and no session."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import Delete, Select, Update

from django_like_repos import clauses, plans
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.statements.assignments import assignments
from django_like_repos.values import LARGEST_INTEGER

Model = TypeVar("Model")


class QueryBuilder(Generic[Model]):
    """Collects the parts of a query and builds ordinary SQLAlchemy statements of it.

    Methods return None and rebind ``query``. They raise what the methods of the same name of ``QuerySet``
    raise: UnknownFieldError, UnknownLookupError, InvalidLookupValueError, UnsupportedOperationError.
    """

    def __init__(self, model: type[Model]) -> None:
        self.query = clauses.whole(model)

    def filter(self, /, *args: Any, **kwargs: Any) -> None:
        """Adds conditions that must all hold: ``Q``s, SQLAlchemy expressions, lookups by keyword."""
        self.query = clauses.filtered(self.query, args, kwargs)

    def order_by(self, *args: Any) -> None:
        """Orders by names, ``-`` before one for descending, or SQLAlchemy expressions."""
        self.query = clauses.ordered(self.query, args)

    def options(self, *args: Any) -> None:
        """Joins and loads relation paths; takes SQLAlchemy loader options too."""
        self.query = clauses.optioned(self.query, args)

    def returning(self, *args: str, return_model: bool = False) -> None:
        """Chooses what UPDATE and DELETE give back."""
        self.query = clauses.returned(self.query, args, model=return_model)

    def execution_options(self, /, **kwargs: Any) -> None:
        """Keeps SQLAlchemy execution options, for whoever executes."""
        self.query = clauses.with_execution_options(self.query, kwargs)

    def values_list(self, *args: str) -> None:
        """Reads fields instead of models; all columns where none is named."""
        self.query = clauses.projected(self.query, "values_list", args, "tuple", told=True)

    def join(self, *args: str, isouter: bool) -> None:
        """Declares joins of relation paths, LEFT OUTER or INNER."""
        self.query = clauses.joined(self.query, args, outer=isouter)

    def distinct(self) -> None:
        """Applies DISTINCT."""
        self.query = clauses.made_distinct(self.query)

    def limit(self, limit: int | None) -> None:
        """At most so many rows; None for all."""
        self.query = self.query.evolve(limit=_count("limit", limit))

    def offset(self, offset: int | None) -> None:
        """Passes over so many rows; None for none."""
        self.query = self.query.evolve(offset=_count("offset", offset))

    def build_select_stmt(self) -> Select[Any]:
        """The SELECT of the rows."""
        statement: Select[Any] = plans.build(plans.SELECT, self.query)
        return statement

    def build_count_stmt(self) -> Select[Any]:
        """The SELECT of their number."""
        statement: Select[Any] = plans.build(plans.COUNT, self.query)
        return statement

    def build_update_stmt(self, values: Mapping[str, Any]) -> Update:
        """The UPDATE of the rows, RETURNING their primary keys unless told otherwise."""
        statement: Update = plans.build(self._kind(plans.UPDATE), self.query)
        return statement.values(assignments(self.query, values))

    def build_delete_stmt(self) -> Delete:
        """The DELETE of the rows, RETURNING their primary keys unless told otherwise."""
        statement: Delete = plans.build(self._kind(plans.DELETE), self.query)
        return statement

    def _kind(self, kind: str) -> str:
        return plans.in_form(kind, self.query.settings.writes)


def _count(name: str, value: int | None) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_INTEGER
    if value is not None and not whole:
        raise UnsupportedOperationError(f"{name}() takes a whole number from 0 on, or None, not {value!r}")
    return value
