"""LIKE whatever the case, which SQLite knows of the letters of ASCII alone: those it compares itself."""

from typing import Any, Self

from sqlalchemy import BinaryExpression, ColumnClause, LargeBinary, String, case, cast, func, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import ilike_op


class Folding(BinaryExpression[bool]):
    """SQLAlchemy's own ``ilike()``, said for SQLite so that Python folds only what is not all ASCII."""

    inherit_cache = True

    @classmethod
    def of(cls, found: BinaryExpression[bool]) -> Self:
        """An expression of ``ilike()`` as one of these."""
        return cls(
            found.left,
            found.right,
            found.operator,
            type_=found.type,
            negate=found.negate,
            modifiers=found.modifiers,
        )

    def _negate(self) -> Any:
        negated: Any = super()
        return Folding.of(negated._negate())


@compiles(Folding, "sqlite")
def _for_sqlite(folding: Folding, compiler: SQLCompiler, **options: Any) -> str:
    text, pattern = folding.left, func.lower(folding.right)
    if not isinstance(text, ColumnClause):
        # What is computed would be computed once more for each mention.
        by_python: Any = compiler
        plain: str = by_python.visit_binary(folding, **options)
        return plain
    like = "like" if folding.operator is ilike_op else "not_like"
    escape = folding.modifiers.get("escape")
    ascii_alone = func.length(cast(type_coerce(text, String), LargeBinary)) == func.length(text)
    said = case(
        (ascii_alone, getattr(text, like)(pattern, escape=escape)),
        else_=getattr(func.lower(text), like)(pattern, escape=escape),
    )
    return compiler.process(said, **options)
