"""What numbers SQLite gives rows: those after the last one, in a transaction that has the write lock."""

from sqlalchemy import Connection, func, select, text

from django_like_repos.mapping.layout import Layout


def is_counted(connection: Connection, layout: Layout, *, unchecked: bool = False) -> bool:
    """Whether SQLite gives each row of a table the number after the last.

    ``unchecked``: and whether the table has no CHECK, which a row that is brought could fail.
    """
    table, (key, *others) = layout.table, layout.keys
    with_rowid = table.dialect_options["sqlite"].get("with_rowid", True)
    is_number = key.column.type.compile(connection.dialect).upper() == "INTEGER"
    if others or table.schema is not None or not with_rowid or not is_number:
        return False
    return not connection.scalar(_ODD, {"name": table.name, "checked": "%CHECK%" if unchecked else ""})


# With triggers, other rows may come in between; views and virtual tables have keys of their own.
_ODD = text(
    "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE tbl_name = :name AND (type IN ('trigger', 'view') "
    "OR sql LIKE 'CREATE VIRTUAL %' OR sql LIKE :checked)) "
    "OR EXISTS (SELECT 1 FROM sqlite_temp_master WHERE tbl_name = :name)"
)


def last_number(connection: Connection, layout: Layout) -> int:
    """The number after which SQLite goes on."""
    assert layout.number is not None
    table = layout.table
    last: int = connection.scalar(select(func.max(layout.number.column))) or 0
    if table.dialect_options["sqlite"].get("autoincrement"):
        said = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        last = max(last, connection.exec_driver_sql(said, (table.name,)).scalar() or 0)
    return last
