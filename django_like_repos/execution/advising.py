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
from django_like_repos.advice.indexes import Known, Turn, keys_in, plain
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
    python = _called_of_python(connection) if sqlite else ()
    adviser = Adviser(dialect, sources, calls_of(query), facts, Writer(dialect, schemas, params), python)
    names = [name for each in sources for name in (each.name, each.table.name)]
    adviser.look_at(of_sqlite(said, names) if sqlite else of_postgresql(said))
    return Advice(
        statement, said, tuple(adviser.nodes), tuple(adviser.hints.values()), tuple(adviser.remarks)
    )


def _called_of_python(connection: Connection) -> set[str]:
    """The functions that SQLite has not of itself."""
    functions = connection.execute(text("PRAGMA function_list")).all()
    return {name for name, builtin, *_ in functions if not builtin}


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
    sorting = index.get("column_sorting") or {}
    turns = [_turn_of(sorting.get(each, ())) for each in keys]
    plain_keys = tuple([plain(str(each)) for each in keys])
    return Known(str(index["name"]), plain_keys, tuple(turns), partial, method)


def _turn_of(sorting: Iterable[str]) -> Turn:
    # NULLs are told where they are not as they would be by themselves.
    return Turn("desc" in sorting, "nulls_first" in sorting or "nulls_last" in sorting)


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
        columns = connection.execute(text(f"PRAGMA {owner}index_xinfo({quote(name)})")).all()
        keys = [(column, Turn(bool(down))) for _, _, column, down, _, is_key in columns if is_key]
        names = [column for column, _ in keys]
        if None in names and not partial:
            names = keys_in(_made_by(connection, owner, name))
        plain_keys = tuple([plain(each or "?") for each in names])
        known.append(Known(name, plain_keys, tuple([turn for _, turn in keys]), bool(partial)))
    return Facts(_counted(connection, table, schema), False, tuple(known))


def _made_by(connection: Connection, owner: str, name: str) -> str:
    """The statement that made an index of expressions, which SQLite tells of them alone."""
    said = connection.scalar(text(f"SELECT sql FROM {owner}sqlite_master WHERE name = :name"), {"name": name})
    return str(said or "")


def _counted(connection: Connection, table: Table, schema: str | None) -> int:
    """How many rows there are, counted no further than is to be known."""
    origin = text(_name_of(connection, table, schema))
    some = select(literal_column("1")).select_from(origin).limit(TINY).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _name_of(connection: Connection, table: Table, schema: str | None) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(schema)}.{quote(table.name)}" if schema else quote(table.name)
