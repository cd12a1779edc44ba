"""Functions that the databases know by different names."""

from typing import Any

from sqlalchemy import ColumnElement, Dialect, func
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import Construct


def named(on_sqlite: str, on_postgresql: str, *arguments: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """A function of the same arguments under two names."""
    return _Named(on_sqlite, on_postgresql, arguments, type_)


class _Named(Construct[Any]):
    _traverse_internals = [  # noqa: RUF012
        *Construct._traverse_internals,
        ("on_sqlite", InternalTraversal.dp_string),
        ("on_postgresql", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    inherit_cache = True
    name = "named"

    def __init__(
        self, on_sqlite: str, on_postgresql: str, arguments: tuple[Any, ...], type_: TypeEngine[Any]
    ) -> None:
        super().__init__(*arguments)
        self.on_sqlite = on_sqlite
        self.on_postgresql = on_postgresql
        self.type = type_

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = getattr(func, self.on_sqlite)(*self.operands)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = getattr(func, self.on_postgresql)(*self.operands)
        return said
