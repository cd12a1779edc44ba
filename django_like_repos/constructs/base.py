"""What a construct is: an expression that each database says with other SQL.

Its operands are SQLAlchemy's, so it is adapted, cached and bound like a function call. What is part of the
SQL and no value (a date part, a zone, the keys of a path) is written into it, escaped, and into its cache
key: as a parameter it would make two equal expressions, in SELECT and GROUP BY say, differ.
"""

from typing import Any, TypeVar

from sqlalchemy import BinaryExpression, ColumnElement, Dialect, literal_column
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import FunctionElement

T = TypeVar("T")


class Construct(FunctionElement[T]):
    """An expression of SQLite and of PostgreSQL. Subclasses add what they hold to the cache key."""

    inherit_cache = True

    @property
    def operands(self) -> list[Any]:
        """The expressions it is made of, as they are after adaption."""
        return list(self.clauses)

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        """What it is on SQLite, with the functions that ``Database`` registers."""
        raise NotImplementedError

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        """What it is on PostgreSQL."""
        raise NotImplementedError


@compiles(Construct)
def _say(construct: Construct[Any], compiler: SQLCompiler, **options: Any) -> str:
    dialect = compiler.dialect
    if dialect.name == "sqlite":
        said = construct.sqlite(dialect)
    elif dialect.name in ("postgresql", "default"):  # The default is str()'s.
        said = construct.postgresql(dialect)
    else:
        raise CompileError(
            f"{construct.name}() is there on SQLite and PostgreSQL only; {dialect.name} has no SQL for it"
        )
    if isinstance(said, BinaryExpression):  # What it stands in takes it for a function call.
        said = Grouping(said)
    return compiler.process(said, **options)


def text_literal(text: str) -> ColumnElement[str]:
    """A text written into the SQL. For what its callers have checked, such as the name of a zone."""
    quoted = text.replace("'", "''")
    return literal_column(f"'{quoted}'")
