"""What a construct is: an expression that each database says with other SQL.

Its operands are SQLAlchemy's, so it is adapted, cached and bound like a function call. What is part of the
SQL and no value (a date part, a zone, the keys of a path) is written into it, escaped, and into its cache
key: as a parameter it would make two equal expressions, in SELECT and GROUP BY say, differ.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import BinaryExpression, ColumnElement, Dialect, literal_column
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

T = TypeVar("T")
Says = Callable[..., Any]
"""The SQL of a database, made of the operands and, by keyword, of what else decides it: ``func.left``."""


class Difference(NamedTuple):
    """A line of the tables at the end of each family's file: one construct, as the databases say it."""

    type: TypeEngine[Any] | Callable[[Any], TypeEngine[Any]]
    """The type of what it gives, or what makes it of the first operand."""
    sqlite: Says
    postgresql: Says
    label: str | None = None
    """What a column of it is called that nobody has named; None for the name in the table."""


DIFFERENCES: Final[dict[str, Difference]] = {}
"""What is there to say, by name."""


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


class Differing(Construct[Any]):
    """A construct that is a line of ``DIFFERENCES``; ``details`` are what decides its SQL beside operands."""

    _traverse_internals = [  # noqa: RUF012
        *Construct._traverse_internals,
        ("word", InternalTraversal.dp_string),
        ("details", InternalTraversal.dp_plain_dict),
    ]

    inherit_cache = True

    def __init__(self, word: str, *operands: Any, **details: Any) -> None:
        super().__init__(*operands)
        self.word = word
        self.details = details
        type_, _, _, label = DIFFERENCES[word]
        self.name = label or word
        self.type = type_ if isinstance(type_, TypeEngine) else type_(self.operands[0])

    def operands_on(self, dialect: Dialect) -> list[Any]:
        """The operands as that database takes them."""
        return self.operands

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = DIFFERENCES[self.word].sqlite(*self.operands_on(dialect), **self.details)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        say = DIFFERENCES[self.word].postgresql
        said: ColumnElement[Any] = say(*self.operands_on(dialect), **self.details)
        return said


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


def infix(operator: str) -> Says:
    """An operator between two operands."""
    return lambda left, right: left.op(operator)(right)


def itself(value: Any) -> Any:
    """An operand as it stands."""
    return value


def type_of(value: Any) -> TypeEngine[Any]:
    """The type of an operand, for what gives its like."""
    type_: TypeEngine[Any] = value.type
    return type_


def text_literal(text: str) -> ColumnElement[str]:
    """A text written into the SQL. For what its callers have checked, such as the name of a zone."""
    quoted = text.replace("'", "''")
    return literal_column(f"'{quoted}'")
