"""Views on SQLite, some versions of which answer UPDATE and DELETE of one with rows that nothing wrote."""

from typing import Any, Final

from sqlalchemy import Table, column, select, table
from sqlalchemy.orm import Session

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.shards import bind_of, connections
from django_like_repos.mapping.models import mapper_of

_TRIGGER: Final = "trigger"


def changes_of(session: Session, model: type[Any]) -> int | None:
    """How many rows SQLite has written in the connection of a session so far; None for other databases."""
    mapper = mapper_of(model)
    if bind_of(session, mapper).dialect.name != "sqlite":
        return None
    used: Any = [each.connection.driver_connection for each in connections(session, mapper)]
    return int(sum(each.total_changes for each in used))


def refuse_view(session: Session, model: type[Any], kind: str) -> None:
    """Raises UnsupportedOperationError where a model's table is a view that no trigger writes for."""
    mapper = mapper_of(model)
    own = mapper.local_table
    if not isinstance(own, Table):
        return
    columns: list[Any] = [column(name) for name in ("type", "tbl_name", "sql")]
    master = table("sqlite_master", *columns, schema=own.schema)
    named = select(master.c.type, master.c.sql).where(master.c.tbl_name == own.name)
    found = connections(session, mapper)[0].execute(named).all()
    instead = f"instead of {kind}"
    if any(type_ == "view" for type_, _ in found) and not any(instead in sql.lower() for _, sql in found):
        raise UnsupportedOperationError(
            f"{kind}() of {model.__name__}: {own.name!r} is a view, and nothing was written: "
            f"SQLite needs a trigger INSTEAD OF {kind.upper()} on it"
        )
