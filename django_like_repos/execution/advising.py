"""``advice()``: what the database says of a query, and what is to be said of that."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, inspect, literal_column, select, text
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.advice.asked import sources_of
from django_like_repos.advice.chain import calls_of
from django_like_repos.advice.ddl import Writer
from django_like_repos.advice.hints import TINY, Adviser, Facts
from django_like_repos.advice.indexes import Known, plain
from django_like_repos.advice.steps import of_postgresql, of_sqlite
from django_like_repos.advice.values import Advice
from django_like_repos.execution.actions import plans_for
from django_like_repos.execution.explaining import explain
from django_like_repos.execution.shards import is_sqlite
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query


def advise(session: Session, query: Query, statement: str, options: Mapping[str, Any]) -> Advice:
    """A query's plan, and what is to be said of it. Raises UnsupportedOperationError as ``explain()``."""
    sqlite = is_sqlite(session, mapper_of(query.model))
    said = explain(session, query, options if sqlite else {"format": "json", **options}, "advice")
    plan, params = plans_for(session, query).prepare(plans.SELECT, query)
    # Of what reads, a replica may be asked.
    asked = {"mapper": mapper_of(query.model), "clause": plan.statement}
    connection = session.connection(bind_arguments=asked)
    dialect = connection.dialect
    compiled: Any = plan.statement.compile(dialect=dialect)
    sources = sources_of(plan.statement, compiled.truncated_names, params)
    schemas = query.execution_options.get("schema_translate_map") or {}
    tables = dict.fromkeys(source.table for source in sources)
    facts = _facts_of(connection, tables, schemas)
    adviser = Adviser(dialect, sources, calls_of(query), facts, Writer(dialect, schemas, params))
    adviser.look_at(of_sqlite(said) if sqlite else of_postgresql(said))
    return Advice(
        statement, said, tuple(adviser.nodes), tuple(adviser.hints.values()), tuple(adviser.remarks)
    )


def _facts_of(
    connection: Connection, tables: Iterable[Table], schemas: Mapping[Any, Any]
) -> dict[Table, Facts]:
    """What the database says of those tables that it has; of views it says nothing."""
    say = _on_sqlite if connection.dialect.name == "sqlite" else _on_postgresql
    found = {table: say(connection, table, schemas.get(table.schema, table.schema)) for table in tables}
    return {table: facts for table, facts in found.items() if facts is not None}


def _on_postgresql(connection: Connection, table: Table, schema: str | None) -> Facts | None:
    name = _name_of(connection, table, schema)
    estimate = connection.scalar(
        text(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:name) AND relkind IN ('r', 'p')"
        ),
        {"name": name},
    )
    if estimate is None:
        return None
    try:
        inspector: Any = inspect(connection)
        indexes = inspector.get_indexes(table.name, schema)
        key = inspector.get_pk_constraint(table.name, schema)
    except NoSuchTableError:
        return None
    known = [_reflected(each) for each in indexes]
    known.append(Known(str(key["name"]), tuple(map(plain, key["constrained_columns"]))))
    rows = int(estimate) if estimate >= 0 else _counted(connection, table, schema)
    return Facts(rows, estimate >= 0, tuple(known))


def _reflected(index: Mapping[str, Any]) -> Known:
    options = index.get("dialect_options", {})
    keys = index.get("expressions") or index["column_names"]
    partial = options.get("postgresql_where") is not None
    method = options.get("postgresql_using") or "btree"
    return Known(str(index["name"]), tuple([plain(str(each)) for each in keys]), partial, method)


def _on_sqlite(connection: Connection, table: Table, schema: str | None) -> Facts | None:
    # Its inspector warns of indexes of expressions, and leaves them out.
    quote = connection.dialect.identifier_preparer.quote
    owner = f"{quote(schema)}." if schema else ""
    kind = connection.scalar(
        text(f"SELECT type FROM {owner}sqlite_master WHERE name = :name COLLATE NOCASE"), {"name": table.name}
    )
    if kind != "table":
        return None
    known = [Known("the primary key", tuple([plain(each.name) for each in table.primary_key]))]
    rows = connection.execute(text(f"PRAGMA {owner}index_list({quote(table.name)})")).all()
    for _, name, _, _, partial in rows:
        columns = connection.execute(text(f"PRAGMA {owner}index_info({quote(name)})")).all()
        known.append(Known(name, tuple([plain(column or "?") for _, _, column in columns]), bool(partial)))
    return Facts(_counted(connection, table, schema), False, tuple(known))


def _counted(connection: Connection, table: Table, schema: str | None) -> int:
    """How many rows there are, counted no further than is to be known."""
    origin = text(_name_of(connection, table, schema))
    some = select(literal_column("1")).select_from(origin).limit(TINY).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _name_of(connection: Connection, table: Table, schema: str | None) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(schema)}.{quote(table.name)}" if schema else quote(table.name)
