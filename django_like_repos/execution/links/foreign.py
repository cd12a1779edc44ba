"""Rows that refer to their owner themselves: their foreign keys set and emptied, by one UPDATE each."""

from collections.abc import Sequence
from typing import Any, NoReturn

from sqlalchemy.orm import Session

from django_like_repos.clauses.filtering import filtered, filtered_by_key, whole
from django_like_repos.clauses.locking import locked
from django_like_repos.clauses.ordering import keyed
from django_like_repos.clauses.projecting import projected
from django_like_repos.errors import DoesNotExist
from django_like_repos.execution import hooked, objects, writing
from django_like_repos.execution.links.owner import Ends, values_of
from django_like_repos.execution.reading import fetch
from django_like_repos.execution.running import write
from django_like_repos.execution.shards import is_sqlite
from django_like_repos.mapping.models import key_of
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.query import Q, Query
from django_like_repos.query.telling import told_value
from django_like_repos.statements.assignments import prepared
from django_like_repos.statements.links import Key, is_related


async def point(ends: Ends, bare: Query, keys: Sequence[Key], verb: str, *, locked: bool = False) -> None:
    """Has rows refer to the owner. Raises DoesNotExist where one is not there."""
    values = await write(ends.session, bare, lambda sync: values_of(sync, ends.link, ends.obj))
    given = [values[name] for name in ends.link.owned]
    locks = len(keys) > 1 and not locked
    written = await _set(ends, _by_keys(_rows(bare), keys), given, locks=locks)
    if len(written) < len(keys):
        _refuse(ends, verb, keys, written, "there is no such {0}")


async def empty(
    ends: Ends, bare: Query, keys: Sequence[Key] | None, verb: str, *, locked: bool = False
) -> list[Key]:
    """Has rows of the owner refer to nobody, all or some; their keys.

    Raises DoesNotExist where one of those that are to be removed is not the owner's.
    """
    values = await write(ends.session, bare, lambda sync: values_of(sync, ends.link, ends.obj))
    related = filtered(_rows(bare), (is_related(ends.link, values),), {})
    related = related if keys is None else _by_keys(related, keys)
    locks = (keys is None or len(keys) > 1) and not locked
    written = await _set(ends, related, [None] * len(ends.link.foreign), locks=locks)
    if verb == "remove" and keys is not None:
        check_related(ends, keys, written)
    return written


def check_related(ends: Ends, keys: Sequence[Key], related: Sequence[Key]) -> None:
    """Raises DoesNotExist where a row that is to be removed is not among the related ones."""
    if len(related) < len(keys):
        _refuse(ends, "remove", keys, related, f"no such {{0}} is among its {ends.link.name}")


def keys_at(session: Session, ends: Ends, bare: Query, wanted: Sequence[Key]) -> list[Key]:
    """The keys of all rows that refer to the owner, which are locked together with those that are to."""
    mine = is_related(ends.link, values_of(session, ends.link, ends.obj))
    keys: dict[str, Any] = {f"{key_name(ends.link.target)}__in": [objects.key_in(key) for key in wanted]}
    found = filtered(_rows(bare), (Q(mine) | Q(**keys),) if wanted else (mine,), {})
    # What is locked is read as it is then: who has come to the owner since is nobody's of these.
    rows = fetch(session, _in_order(session, ends, found, mine))
    return [tuple(row[:-1]) for row in rows if row[-1]]


async def _set(ends: Ends, query: Query, given: Sequence[Any], *, locks: bool) -> list[Key]:
    """Sets the foreign keys of rows; the primary keys of those that there are."""
    if locks:
        found = await write(ends.session, query, lambda sync: _lock(sync, ends, query))
        if found == [] and query.settings.hooks is None:
            return []
    setting = dict(zip([field.key for field in ends.link.foreign], given, strict=True))
    keys: list[Any] = []
    if query.settings.hooks is not None:
        keys += [objects.key_in(row) for row in await hooked.update(ends.session, query, setting)]
    else:
        assigned = prepared(query, setting)
        await write(ends.session, query, lambda sync: writing.update(sync, query, assigned, keys))
    return [key if isinstance(key, tuple) else (key,) for key in keys]


def _lock(session: Session, ends: Ends, query: Query) -> list[Any] | None:
    """The keys of rows that are locked now; None where a database locks by writing."""
    if is_sqlite(session, ends.link.target):
        return None
    return fetch(session, _in_order(session, ends, query))


def _in_order(session: Session, ends: Ends, query: Query, *more: Any) -> Query:
    """The primary keys of rows, locked in one order for everybody, which an UPDATE does not: so nobody waits
    for one who waits for him.
    """
    names = [field.key for field in key_of(ends.link.target)]
    ordered = keyed(query.evolve(hooks=None), "select_for_update")
    found = projected(ordered, "values_list", (*names, *more), "tuple")
    return found if is_sqlite(session, ends.link.target) else locked(found, no_key=True)


def _rows(bare: Query) -> Query:
    """All rows of the related model, as Django's base manager has them: any may be added."""
    query = whole(bare.model, bare.names.zone, bare.settings.shown)
    return query.evolve(hooks=bare.settings.hooks, execution_options=bare.execution_options)


def _by_keys(query: Query, keys: Sequence[Key]) -> Query:
    return filtered_by_key(query, [objects.key_in(key) for key in keys], "__in")


def _refuse(ends: Ends, verb: str, keys: Sequence[Key], written: Sequence[Key], why: str) -> NoReturn:
    known = {*written}
    missing = [objects.key_in(key) for key in keys if key not in known]
    told = ", ".join([told_value(each, shown=ends.query.settings.shown) for each in missing[:5]])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    name = ends.link.target.class_.__name__
    raise DoesNotExist(f"{verb}() of {ends.link}: {why.format(name)}: {told}{more}")
