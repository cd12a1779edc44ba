"""What PostgreSQL alone has: its SQL there, and an error that names it on SQLite."""

from typing import Any, NoReturn

from sqlalchemy import ColumnElement, Dialect, Function
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import Construct
from django_like_repos.errors import UnsupportedOperationError


class PostgresOnly(Construct[Any]):
    """An expression of PostgreSQL; ``what`` is what the user calls it."""

    _traverse_internals = [  # noqa: RUF012
        *Construct._traverse_internals,
        ("what", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    inherit_cache = True
    name = "postgres_only"

    def __init__(self, what: str, expression: Any, type_: TypeEngine[Any] | None = None) -> None:
        super().__init__(expression)
        self.what = what
        self.type = expression.type if type_ is None else type_

    def sqlite(self, dialect: Dialect) -> NoReturn:
        raise UnsupportedOperationError(f"{self.what} needs PostgreSQL: SQLite has nothing like it")

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        (expression,) = self.operands
        said: ColumnElement[Any] = expression
        return said


def function(what: str, name: str, *arguments: Any, type_: TypeEngine[Any] | None = None) -> Any:
    """A function of PostgreSQL."""
    return PostgresOnly(what, Function(name, *arguments, type_=type_))


def condition(what: str, left: Any, operator: str, right: Any) -> ColumnElement[bool]:
    """An operator of PostgreSQL that is true or false."""
    return PostgresOnly(what, left.bool_op(operator)(right))


def operation(what: str, left: Any, operator: str, right: Any, type_: TypeEngine[Any]) -> Any:
    """An operator of PostgreSQL that gives a value."""
    return PostgresOnly(what, left.op(operator, return_type=type_)(right))
