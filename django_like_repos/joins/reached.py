"""Statements whose joins are reached by criteria that a ``do_orm_execute`` listener adds."""

from typing import Any

from sqlalchemy import Delete, Select, Update

from django_like_repos.mapping.options import reaching


class _Reached:
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
