"""COPY: rows streamed into a table of PostgreSQL by the driver, in the transaction of the session."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, Connection, Dialect, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.execution.direct.drivers import by_driver
from django_like_repos.statements.feeds import element_of

Rows = Iterable[Sequence[Any]]


def copies(connection: Connection, table: Table, types: Sequence[TypeEngine[Any]]) -> str:
    """Why rows cannot be copied into a table; empty where they can."""
    dialect = connection.dialect
    if dialect.driver not in _COPIES:
        return f"nothing is known of COPY by {dialect.driver}"
    for type_ in types:
        if not _is_copied(type_, dialect):
            return f"COPY does not do what {type_!r} does"
    name = dialect.identifier_preparer.format_table(table)
    found = connection.execute(_ASKED, {"name": name}).one_or_none()
    if found is None or found.relkind not in ("r", "p"):
        return "it is no table"
    if found.relhasrules:
        return "COPY passes by the rules of the table"
    return "COPY passes by no row-level security" if found.secured else ""


_ASKED: Final = text(
    "SELECT CAST(relkind AS TEXT) AS relkind, relhasrules, row_security_active(oid) AS secured "
    "FROM pg_class WHERE oid = to_regclass(:name)"
)


@cached(4096)
def _is_copied(type_: TypeEngine[Any], dialect: Dialect) -> bool:
    impl: Any = type_.dialect_impl(dialect)
    if impl._has_bind_expression:
        return False
    unwrapped: Any = type_._unwrapped_dialect_impl(dialect)
    held = unwrapped.item_type if isinstance(unwrapped, ARRAY) else type_
    element = element_of(held, dialect)
    return element is not None and not isinstance(element, _ONLY_TEXT)


_ONLY_TEXT: Final = (postgresql.MACADDR, postgresql.MACADDR8, postgresql.CITEXT)
"""Types that asyncpg sends as text, which its COPY does not."""


def copy_rows(connection: Connection, table: Table, names: Sequence[str], rows: Rows) -> None:
    """Copies rows, whose values are what the driver takes, into columns of a table."""
    preparer = connection.dialect.identifier_preparer
    columns = ", ".join(map(preparer.quote, names))
    said = f"COPY {preparer.format_table(table)} ({columns}) FROM STDIN"
    by_driver(connection, said, _COPIES[connection.dialect.driver](table, names, rows, said))


def _by_asyncpg(table: Table, names: Sequence[str], rows: Rows, _: str) -> Callable[[Any], Awaitable[Any]]:
    async def work(driver: Any) -> None:
        await driver.copy_records_to_table(
            table.name, columns=[*names], records=rows, schema_name=table.schema
        )

    return work


def _by_psycopg(_: Table, __: Sequence[str], rows: Rows, said: str) -> Callable[[Any], Awaitable[Any]]:
    async def work(driver: Any) -> None:
        async with driver.cursor() as cursor, cursor.copy(said) as copy:
            for row in rows:
                await copy.write_row(row)

    return work


_COPIES: Final = {"asyncpg": _by_asyncpg, "psycopg": _by_psycopg}
