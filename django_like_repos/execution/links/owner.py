"""Whose related rows are meant, and what is known of the owner without asking lazily."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from django_like_repos.clauses.linking import checked_owner, held
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.refreshing import load_columns
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.mapping.links import Link
from django_like_repos.query import Query


class Ends(NamedTuple):
    """An object, and the rows at the other end of one of its relations."""

    session: SomeSession
    link: Link
    obj: Any
    query: Query
    """Of the related model: its hooks, and the flags of the repository."""
    shown: Callable[[], Query] | None = None
    """The related rows that the repository shows, where those are not all."""


def values_of(session: Session | None, link: Link, obj: Any) -> dict[str, Any]:
    """The values of an object that its related rows are known by; without a session nothing is loaded.

    Raises UnsupportedOperationError where it has none.
    """
    state = checked_owner(link.hop.parent.class_, obj, session)
    names = list(dict.fromkeys([*link.owned, *link.local.values()]))
    if session is not None and state.persistent and held(state, names) is None:
        lacking = [name for name in names if name in state.unloaded]
        if lacking:
            load_columns(session, link.hop.parent.class_, [obj], lacking)
    found = {name: (held(state, [name]) or (None,))[0] for name in names}
    missing = next((name for name in link.owned if found[name] is None), None)
    if missing is None:
        return found
    way = "set it first"
    if state.pending:
        way = "await session.flush() gives it one"
    elif missing in state.unloaded:
        way = "refresh_from_db() loads it"
    raise UnsupportedOperationError(
        f"related(): this {type(obj).__name__} has no {missing}, by which its {link.name} are known: {way}"
    )
