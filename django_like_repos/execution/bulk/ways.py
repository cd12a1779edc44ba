"""The ways in which new rows reach a database, and which of them is taken for a batch, and why.

"copy": PostgreSQL's COPY, by the driver. "unnest": INSERT of ``unnest()``. "values": SQLite's INSERT of many
VALUES. "many": Core's INSERT, executed by SQLAlchemy for many rows. "graph": one of these for each wave of
objects that bring along others. "flush": SQLAlchemy's flush of objects.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import CHAR, Column, Connection
from sqlalchemy.orm import Session

from django_like_repos.execution.bulk.copying import copies
from django_like_repos.execution.bulk.drafts import Draft
from django_like_repos.execution.bulk.numbers import is_counted
from django_like_repos.execution.direct.clearance import flush_is_heard, is_heard
from django_like_repos.execution.shards import is_sharded
from django_like_repos.mapping.layout import Cell, Layout
from django_like_repos.statements.feeds import element_of

LOG: Final = logging.getLogger("django_like_repos.bulk")

WayName = Literal["copy", "unnest", "values", "many", "flush", "graph"]

SHORTEST_COPY: Final = 100
"""Rows from which on COPY, which asks for the table's columns first, is worth it."""

SHORTEST_NUMBERED: Final = 5
"""Rows from which on fewer statements say what numbers SQLite gives than there are rows."""


class Way(NamedTuple):
    """How a batch is written."""

    name: WayName
    why: str
    """Why it is not a faster way; empty where there is none."""


def way_for(session: Session, draft: Draft, wanted: Sequence[Column[Any]]) -> Way:
    """The way of a batch of which the database is to say ``wanted``."""
    why = draft.why_flush or _why_flush(session, draft)
    layout = draft.layout
    if why or layout is None:
        return Way("flush", why)
    connection = session.connection(bind_arguments={"mapper": draft.mapper})
    why = _why_many(connection, draft, layout, wanted)
    if why:
        return Way("many", why)
    if connection.dialect.name == "sqlite":
        return Way("values", "")
    why = _why_no_copy(connection, draft, layout, wanted)
    if not why:
        return Way("copy", "")
    for cell in _cells(draft):
        if element_of(cell.column.type, connection.dialect) is None:
            return Way("many", f"{cell.told} is of a type that unnest() cannot carry; no COPY because {why}")
    return Way("unnest", why)


def tell(way: Way, draft: Draft) -> None:
    """Logs which way is taken, and why."""
    LOG.debug(
        "%d rows of %s by %s%s",
        len(draft),
        draft.mapper.class_.__name__,
        way.name,
        way.why and f": {way.why}",
    )


def _why_flush(session: Session, draft: Draft) -> str:
    mapper: Any = draft.mapper
    if is_sharded(session) or session.connection_callable:
        return "the session has several databases"
    if mapper.dispatch.before_insert or mapper.dispatch.after_insert or not mapper.batch:
        return "somebody listens to what is inserted"
    of = session.dispatch
    attached = of.before_attach or of.after_attach or of.transient_to_pending or of.pending_to_persistent
    if attached or flush_is_heard(session, mapper):
        return "somebody listens to what is flushed"
    return ""


def _why_many(connection: Connection, draft: Draft, layout: Layout, wanted: Sequence[Column[Any]]) -> str:
    """Why SQLAlchemy has to execute it; empty where other ways may."""
    dialect = connection.dialect
    if dialect.name not in ("sqlite", "postgresql"):
        return f"of {dialect.name} nothing else is known"
    if "schema_translate_map" in connection.get_execution_options():
        return "schemas are translated"
    if _is_executed_otherwise(connection):
        return "somebody listens to what is executed"
    if not all(part.columns for part in draft.parts):
        return "its rows have no values at all"
    if dialect.name == "sqlite" and wanted and len(draft) < SHORTEST_NUMBERED and _is_numbered(draft, layout):
        return f"of fewer than {SHORTEST_NUMBERED} rows SQLite is asked one by one what it numbers them"
    if wanted and not _is_ordered(connection, draft, layout):
        return "nothing tells which key is whose"
    return ""


def _is_executed_otherwise(connection: Connection) -> bool:
    """Whether somebody sees statements as SQLAlchemy makes them."""
    on: Any = connection.dispatch
    heard = connection._has_events or connection.engine._has_events
    return bool(heard and (on.before_execute or on.after_execute))


def _is_ordered(connection: Connection, draft: Draft, layout: Layout) -> bool:
    """Whether it can be told which of the rows that come back is whose.

    By its key: that which was given, or the numbers, which are given in the order of the rows.
    """
    for part in draft.parts:
        unknown = [cell for cell in layout.keys if cell not in part.columns]
        if unknown and (unknown != [layout.number] or not _counts_up(connection, draft, layout)):
            return False
        if not unknown and not all(_is_told_by(cell) for cell in layout.keys):
            return False
    return True


def _is_numbered(draft: Draft, layout: Layout) -> bool:
    """Whether the database is to give some rows their keys."""
    return any(cell not in part.columns for part in draft.parts for cell in layout.keys)


def _is_told_by(cell: Cell) -> bool:
    """Whether a value of a key comes back as it was given."""
    type_ = cell.column.type
    if isinstance(type_, CHAR) or not type(type_).__module__.startswith("sqlalchemy."):
        # Filled up with spaces, or what only the type knows.
        return False
    try:
        return type_.python_type in (int, str, UUID)
    except NotImplementedError:
        return False


def _counts_up(connection: Connection, draft: Draft, layout: Layout) -> bool:
    column: Any = layout.table._autoincrement_column
    if connection.dialect.name == "sqlite":
        return is_counted(connection, layout)
    declared = [column.identity, column.default, column.server_default]
    return len(layout.keys) == 1 and not any(map(_counts_oddly, declared))


def _counts_oddly(said: Any) -> bool:
    """Whether what numbers rows may give a later one a lower number."""
    return (getattr(said, "increment", None) or 1) < 0 or bool(getattr(said, "cycle", None))


def _cells(draft: Draft) -> set[Cell]:
    return {cell for part in draft.parts for cell in part.columns}


def _why_no_copy(connection: Connection, draft: Draft, layout: Layout, wanted: Sequence[Column[Any]]) -> str:
    if wanted:
        return "the database is to say something of the rows"
    if len(draft) < SHORTEST_COPY:
        return f"there are fewer than {SHORTEST_COPY} rows"
    if is_heard(connection):
        return "somebody listens to what is executed"
    for cell in _cells(draft):
        identity = cell.column.identity
        if identity is not None and identity.always:
            return f"{cell.told} is for the database alone to give"
    return copies(connection, layout.table, [cell.column.type for cell in _cells(draft)])
