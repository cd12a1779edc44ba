"""``explain()``: what the database says of how it would run a query."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from django_like_repos import plans
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.actions import plans_for
from django_like_repos.execution.shards import is_sqlite
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query

_FORMATS: Final = ("JSON", "TEXT", "XML", "YAML")
_FLAGS: Final = frozenset(
    [
        "ANALYZE",
        "BUFFERS",
        "COSTS",
        "GENERIC_PLAN",
        "MEMORY",
        "SETTINGS",
        "SUMMARY",
        "TIMING",
        "VERBOSE",
        "WAL",
    ]
)


class Explain(Executable, ClauseElement):
    """EXPLAIN of a statement."""

    inherit_cache = False
    # A replica may be asked.
    reads_only = True

    def __init__(self, statement: Select[Any], prefix: str) -> None:
        self.statement = statement
        self.prefix = prefix


@compiles(Explain)
def _say(explain: Explain, compiler: SQLCompiler, **options: Any) -> str:
    said = f"{explain.prefix} {compiler.process(explain.statement, **options)}"
    # What the database answers has none of the statement's columns, nor their types.
    compiler._result_columns.clear()
    return said


def explain(session: Session, query: Query, options: Mapping[str, Any], call: str = "explain") -> str:
    """The lines that the database answers. Raises UnsupportedOperationError for what it does not take."""
    sqlite = is_sqlite(session, mapper_of(query.model))
    prefix = _on_sqlite(options, call) if sqlite else _on_postgresql(options, call)
    if query.never:
        raise UnsupportedOperationError(f"{call}(): this queryset never asks the database")
    plan, params = plans_for(session, query).prepare(plans.SELECT, query)
    rows = session.execute(
        Explain(plan.statement, prefix), params, execution_options=_told_of(query.execution_options)
    )
    return "\n".join(" ".join(map(_text, row)) for row in rows)


def _told_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What of a query's options decides the SQL."""
    return {name: options[name] for name in ("schema_translate_map",) if name in options}


def _text(part: Any) -> str:
    return json.dumps(part) if isinstance(part, (list, dict)) else str(part)


def _on_sqlite(options: Mapping[str, Any], call: str) -> str:
    if options:
        raise UnsupportedOperationError(f"{call}(): SQLite takes no options, not {', '.join(options)}")
    return "EXPLAIN QUERY PLAN"


def _on_postgresql(options: Mapping[str, Any], call: str) -> str:
    said: list[str] = []
    for name, value in options.items():
        word = name.upper()
        if word == "FORMAT":
            if str(value).upper() not in _FORMATS:
                raise UnsupportedOperationError(
                    f"{call}(): {value!r} is no format; there are {', '.join(_FORMATS)}"
                )
            said.append(f"FORMAT {str(value).upper()}")
        elif word in _FLAGS:
            said.append(f"{word} {'true' if value else 'false'}")
        else:
            raise UnsupportedOperationError(f"{call}(): PostgreSQL knows no option {name!r}")
    return f"EXPLAIN ({', '.join(said)})" if said else "EXPLAIN"
