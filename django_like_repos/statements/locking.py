"""FOR UPDATE: of the tables whose rows are locked, whatever else stands in FROM."""

from typing import Any

from sqlalchemy import Select

from django_like_repos.joins.scope import Scope
from django_like_repos.rows.rows import Rows


def locking(rows: Rows, scope: Scope, statement: Select[Any]) -> Select[Any]:
    """``statement`` locking rows of what ``rows.locks`` names; SQLite is told nothing of it."""
    if not rows.locks:
        return statement
    tree = rows.tree
    locked = tree.frame.locked
    assert locked is not None
    tables: list[Any] = []
    for node in rows.locks:
        # Of a row that lies in several tables all parts; those of subclasses may be missing.
        tables += tree.mapper.tables if node is tree.root else [scope.entity(node)]
    return statement.with_for_update(
        nowait=locked.nowait, skip_locked=locked.skip_locked, key_share=locked.no_key, of=tables
    )
