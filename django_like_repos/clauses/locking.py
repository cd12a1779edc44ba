"""``select_for_update()``."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Join, Table

from django_like_repos.clauses.checks import relation_named
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.clauses.distinct import refuse_distinct
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.fields import steps_of
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query
from django_like_repos.query.shapes import Locked

_NAME: Final = "select_for_update"
_FRESH: Final = {"populate_existing": True}
"""What is locked is read anew, also into objects that the session has."""


def locked(
    query: Query, *, nowait: bool = False, skip_locked: bool = False, of: Any = (), no_key: bool = False
) -> Query:
    """``select_for_update()``: the rows locked until the transaction ends.

    Raises UnknownFieldError, and UnsupportedOperationError for what is no row of one table.
    """
    flags = {"nowait": nowait, "skip_locked": skip_locked, "no_key": no_key}
    for flag, value in flags.items():
        if not isinstance(value, bool):
            raise UnsupportedOperationError(
                f"select_for_update(): {flag!r} takes True or False, not {value!r}"
            )
    if nowait and skip_locked:
        raise UnsupportedOperationError(
            "select_for_update(): nowait=True raises at rows that are locked, skip_locked=True leaves them "
            "out: say one of them"
        )
    refuse_combined(query, _NAME)
    refuse_distinct(query, _NAME)
    _check_rows(query)
    if not isinstance(of, Iterable) or isinstance(of, str) or not all(isinstance(name, str) for name in of):
        raise UnsupportedOperationError(
            f"select_for_update(): 'of' takes a tuple of 'self' and relation paths, not {of!r}"
        )
    for name in of:
        _check_path(query, name)
    said = Locked(nowait, skip_locked, tuple(of), no_key)
    shown: dict[str, Any] = {"nowait": nowait, "skip_locked": skip_locked, "of": of, "no_key": no_key}
    call = (query.last_call, _NAME, (), {name: value for name, value in shown.items() if value})
    fresh = {**query.execution_options, **_FRESH}
    return query.reframed(call, locked=said).evolve(execution_options=fresh)


def unlocked(query: Query) -> Query:
    """The same, locking nothing: a number of rows is none of them."""
    return query if query.frame.locked is None else query.evolve(frame=query.frame._replace(locked=None))


def is_lockable(query: Query) -> bool:
    """Whether the rows of a query can be locked as they are read."""
    try:
        refuse_combined(query, _NAME)
        refuse_distinct(query, _NAME)
        _check_rows(query)
    except UnsupportedOperationError:
        return False
    return True


def check_waits(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError where UPDATE or DELETE would wait for rows that are not to be."""
    locked = query.settings.frame.locked
    if locked is not None and (locked.nowait or locked.skip_locked):
        raise UnsupportedOperationError(
            f"{name}() waits for rows that others have locked: await the queryset, and {name}() the rows of "
            "filter(pk__in=[…])"
        )


def _check_rows(query: Query) -> None:
    for name, annotation in query.names.annotations.items():
        if annotation.aggregate or annotation.window:
            kind = "a window" if annotation.window else "an aggregate"
            raise UnsupportedOperationError(
                f"select_for_update() locks rows of a table, and {name!r} is {kind}, of many of them: lock "
                "those of filter(pk__in=…) of this queryset"
            )
    if not isinstance(mapper_of(query.model).selectable, (Table, Join)):
        raise UnsupportedOperationError(
            f"select_for_update() locks rows of a table, and {query.model.__name__} is read from none: "
            "it is mapped to a union or a SELECT"
        )


def _check_path(query: Query, name: str) -> None:
    if name == "self":
        return
    for hop in steps_of(relation_named(query.names, name, _NAME)):
        if hop.to_many:
            raise UnsupportedOperationError(
                f"select_for_update(of={name!r}): {hop!r} may be several rows; 'of' takes 'self' and what "
                "select_related() fills"
            )
