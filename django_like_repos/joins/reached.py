"""Statements whose joins are reached by criteria that a ``do_orm_execute`` listener adds."""

from typing import Any

from sqlalchemy import Delete, Select, Update

from django_like_repos.mapping.guard import Mark
from django_like_repos.mapping.options import reaching


class _Reached:
    def mark(self, marks: tuple[Mark, ...]) -> None:
        """Puts marks on a statement that nobody else has yet: ``options()`` would make another one for it."""
        statement: Any = self
        statement._with_options += marks

    def options(self, *options: Any) -> Any:
        statement: Any = super()
        return statement.options(*map(reaching, options))


class ReachedSelect(_Reached, Select[Any]):
    """A SELECT of ours."""

    inherit_cache = True


class ReachedUpdate(_Reached, Update):
    """An UPDATE of ours."""

    inherit_cache = True


class ReachedDelete(_Reached, Delete):
    """A DELETE of ours."""

    inherit_cache = True
