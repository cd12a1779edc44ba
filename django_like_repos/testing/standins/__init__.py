"""What stands in on SQLite for what only PostgreSQL has, and what has no stand-in."""

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import Column, Constraint, Engine, Index, Sequence, Table, TextClause, Time
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite.base import SQLiteDDLCompiler, SQLiteTypeCompiler
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.functions import next_value
from sqlalchemy.types import TypeEngine

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.testing.standins import defaults, order
from django_like_repos.testing.standins.order import COLLATIONS
from django_like_repos.testing.standins.types import STAND_INS

_NAMES: Final = {
    "JSONB": "JSON",
    "UUID": "CHAR(32)",
    "BYTEA": "BLOB",
    "OID": "INTEGER",
    "INTERVAL": "DATETIME",
}
"""What SQLite calls columns of a type; of others, whose text it stores, TEXT."""


class PortableTypes(SQLiteTypeCompiler):
    """The types of columns. Each integer may be the key that SQLite counts itself."""

    def visit_BIGINT(self, type_: Any, **options: Any) -> str:  # noqa: N802
        return "INTEGER"

    visit_SMALLINT = visit_BIGINT  # noqa: N815


def _visit(text: str) -> Callable[..., str]:
    return lambda self, type_, **options: text


for _kind in STAND_INS:
    _collation = next((name for each, name in COLLATIONS.items() if issubclass(_kind, each)), None)
    _text = "TEXT" if _collation is None else f"TEXT COLLATE {_collation}"
    setattr(PortableTypes, f"visit_{_kind.__visit_name__}", _visit(_text))
for _name, _text in _NAMES.items():
    setattr(PortableTypes, f"visit_{_name}", _visit(_text))


class PortableDDL(SQLiteDDLCompiler):
    """Tables and indexes: a partial index is one here too, and those that only make fast are left out."""

    def get_column_default_string(self, column: Column[Any]) -> str | None:
        """The default of a column, in words of SQLite's; a key has its numbers without one."""
        if _takes_next(column):
            return None
        default = super().get_column_default_string(column)
        return None if default is None else defaults.said(default, _impl(column.type))

    def visit_create_index(self, create: CreateIndex, **options: Any) -> str:  # type: ignore[override]
        index = create.element
        ours = index.dialect_options["postgresql"]
        if not index.unique and ours["using"] not in (False, None, "btree"):
            return "SELECT 1"
        usual: Any = super()
        text: str = usual.visit_create_index(create, **options)
        where = ours["where"]
        if where is not None and index.dialect_options["sqlite"]["where"] is None:
            said = self.sql_compiler.process(where, include_table=False, literal_binds=True)
            text = f"{text} WHERE {said}"
        return text


def set_up(engine: Engine) -> None:
    """Gives an engine of SQLite's the stand-ins; before anything else is done with it."""
    dialect: Any = engine.dialect
    dialect.colspecs = {**dialect.colspecs, **STAND_INS}
    dialect.type_compiler_instance = dialect.type_compiler = PortableTypes(dialect)
    dialect.ddl_compiler = PortableDDL


def teach(connection: sqlite3.Connection) -> None:
    """Gives a connection of SQLite what the stand-ins need of it."""
    order.teach(connection)
    defaults.teach(connection)


def refuse_without(tables: Iterable[Table], engine: Engine) -> None:
    """Raises UnsupportedOperationError, with their names, for what SQLite can have no stand-in for."""
    found = [f"{where}: {why}" for table in tables for where, why in _lacking(table, engine.dialect)]
    if found:
        raise UnsupportedOperationError(
            "memory_database() has nothing that stands in for\n  " + "\n  ".join(found) + "\n"
            "Give it other models, or such a column a variant, type.with_variant(Text(), 'sqlite'); what "
            "needs PostgreSQL is tested on one, by new_database()"
        )


def _lacking(table: Table, dialect: Any) -> Iterable[tuple[str, str]]:
    if table.schema is not None:
        yield table.fullname, "a table in a schema"
    for column in table.columns:
        if not _is_known(column.type, dialect):
            yield f"{table.name}.{column.name}", _named(column.type)
        elif _loses_default(column, dialect):
            yield f"{table.name}.{column.name}", f"its default, of {_named(column.type)}"
        elif _is_counted(column):
            yield (
                f"{table.name}.{column.name}",
                "Identity or Sequence, of what is no key of one column",
            )
    rules: list[Any] = sorted((*table.constraints, *table.indexes), key=lambda each: str(each.name))
    for each in rules:
        why = _why(each)
        if why is not None:
            yield f"{table.name}, {each.name or type(each).__name__}", why


def _loses_default(column: Column[Any], dialect: Any) -> bool:
    if _takes_next(column):
        return False
    compiler: Any = dialect.ddl_compiler(dialect, None)
    default = SQLiteDDLCompiler.get_column_default_string(compiler, column)
    return default is not None and defaults.said(default, _impl(column.type)) is None


def _is_counted(column: Column[Any]) -> bool:
    """Whether the database counts a column, and SQLite, which counts a key of one column alone, does not."""
    default: Any = column.default
    if default is not None and isinstance(getattr(default, "arg", None), next_value):
        return True
    counts = isinstance(default, Sequence) and not default.optional
    return (counts or column.identity is not None or _takes_next(column)) and not _is_key(column)


def _is_key(column: Column[Any]) -> bool:
    return [*column.table.primary_key.columns] == [column]


def _takes_next(column: Column[Any]) -> bool:
    """Whether the default of a column, in the database, is the next number of a sequence."""
    said = getattr(column.server_default, "arg", None)
    return isinstance(said, next_value) or (
        isinstance(said, TextClause) and said.text.lstrip().lower().startswith("nextval(")
    )


def _why(each: Constraint | Index) -> str | None:
    if isinstance(each, postgresql.ExcludeConstraint):
        return "EXCLUDE"
    options = each.dialect_options["postgresql"]
    return "NULLS NOT DISTINCT" if options.get("nulls_not_distinct") else None


def _is_known(type_: TypeEngine[Any], dialect: Any) -> bool:
    kept = _impl(type_, dialect)
    if isinstance(kept, Time) and kept.timezone:
        return False
    item = getattr(kept, "item_type", None)
    try:
        dialect.type_compiler_instance.process(kept)
    except (CompileError, AttributeError, NotImplementedError):
        return False
    return item is None or _is_known(item, dialect)


def _impl(type_: Any, dialect: Any = None) -> Any:
    """What a type is on SQLite, within whatever decorates it."""
    variants = getattr(type_, "_variant_mapping", {})
    if "sqlite" in variants:
        return _impl(variants["sqlite"], dialect)
    inner = getattr(type_, "impl_instance", None)
    return type_ if inner is None or isinstance(type_, postgresql.INTERVAL) else _impl(inner, dialect)


def _named(type_: Any) -> str:
    return f"{type_!r}" + (" with a time zone" if isinstance(type_, Time) else "")
