"""Bind parameters of one statement: where values will stand, in the order of the shape."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Dialect, bindparam, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors

from django_like_repos.query.shapes import LONG_LIST

PREFIX: Final = "dlr_"
"""Of every name, since one that is also a column's makes SQLAlchemy refuse UPDATE."""


class Params:
    """Hands out the bind parameters of a statement.

    Without ``values`` they are named and empty, for a plan; with them each carries its value, for a
    statement that stands alone.
    """

    def __init__(self, dialect: Dialect | None, values: Sequence[Any] | None = None) -> None:
        self.dialect = dialect
        self.names: list[str] = []
        self._values = values

    def bind(self, type_: types.TypeEngine[Any]) -> BindParameter[Any]:
        """One value."""
        return self._next(type_)

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> BindParameter[Any]:
        """A list of values: one array where the database has them, else an expanding parameter."""
        element = self._array_element(type_)
        if element is not None:
            return self._next(postgresql.ARRAY(element))
        return self._next(type_, expanding=True, literal_execute=self._literally(operand))

    def replace(self, expressions: Sequence[Any], binds: Sequence[BindParameter[Any]]) -> list[Any]:
        """SQLAlchemy expressions with their own bound values made into params, in the order of ``binds``."""
        if self._values is not None:
            return list(expressions)
        ours = {
            bind.key: self._next(bind.type, expanding=bind.expanding, literal_execute=bind.literal_execute)
            for bind in binds
        }

        def replacement(part: Any, **_: Any) -> Any:
            return ours.get(part.key) if isinstance(part, BindParameter) else None

        replace: Any = replacement

        return [visitors.replacement_traverse(expression, {}, replace) for expression in expressions]

    def _next(self, type_: types.TypeEngine[Any], **options: Any) -> BindParameter[Any]:
        name = f"{PREFIX}{len(self.names)}"
        self.names.append(name)
        if self._values is None:
            return bindparam(name, type_=type_, **options)
        value = self._values[len(self.names) - 1]
        return bindparam(name, value, type_=type_, unique=True, **options)

    def _literally(self, operand: object) -> bool:
        return operand == LONG_LIST and self.dialect is not None and self.dialect.name == "sqlite"

    def _array_element(self, type_: types.TypeEngine[Any]) -> types.TypeEngine[Any] | None:
        if self.dialect is None or self.dialect.name != "postgresql":
            return None
        for kind, element in _ELEMENTS:
            if isinstance(type_, kind):
                return element(type_)
        return None


def _itself(type_: Any) -> types.TypeEngine[Any]:
    element: types.TypeEngine[Any] = type_
    return element


# What an array of it is made of: the type without length or precision, with which PostgreSQL would cut
# values off silently. What is not here goes through an expanding IN. Kinds of another kind come first.
_ELEMENTS: Final[tuple[tuple[type[Any], Callable[[Any], types.TypeEngine[Any]]], ...]] = (
    (types.Enum, _itself),
    (postgresql.CITEXT, _itself),
    (types.String, lambda _: types.String()),
    (types.Integer, lambda _: types.BigInteger()),
    (types.Float, lambda _: types.Double()),
    (types.Numeric, lambda _: types.Numeric()),
    (types.Boolean, _itself),
    (types.Uuid, _itself),
    (types.DateTime, lambda type_: types.DateTime(timezone=type_.timezone)),
    (types.Date, _itself),
    (types.Time, lambda type_: types.Time(timezone=type_.timezone)),
)
