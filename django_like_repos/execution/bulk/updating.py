"""Many rows updated by their keys: found, locked in the order of the keys, and written.

By a feed where the database takes one (``unnest``), else by one statement executed for each row (``many``),
or by SQLAlchemy's own flush (``flush``) where that alone does all that the mapping says.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Table, bindparam, select
from sqlalchemy.orm import Mapper, Session

from django_like_repos.clauses.bulk_updating import ABSENT, VERB, Changes, version_of
from django_like_repos.errors import StaleObjectError
from django_like_repos.execution import objects
from django_like_repos.execution.bulk import feeds
from django_like_repos.execution.bulk.changed import Taken
from django_like_repos.execution.bulk.executing import SLOT, execute_many
from django_like_repos.execution.bulk.flushing import flush_changes
from django_like_repos.execution.shards import bind_of, is_sharded
from django_like_repos.execution.single import shown_key
from django_like_repos.mapping.inheritance import is_updated_at_once
from django_like_repos.mapping.models import columns_of, key_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.query.telling import told_value
from django_like_repos.statements.bulk_update import (
    Group,
    Setting,
    Slot,
    assigned,
    groups_of,
    locked_feed,
    types_of,
    update_by_key,
    update_fed,
)
from django_like_repos.statements.feeds import FedColumn, Source
from django_like_repos.statements.onupdate import on_update

LOG: Final = logging.getLogger("django_like_repos.bulk")


class Done(NamedTuple):
    """What was written."""

    keys: list[Any]
    """The keys of the rows that are there."""
    rowcount: int
    """How many rows were written, as far as the database says it."""


def write_changes(session: Session, query: Query, changes: Changes, taken: Sequence[Taken]) -> Done:
    """Writes changes, whose rows are in the order of their keys; ``taken`` was taken from the flush."""
    mapper = mapper_of(query.model)
    if _needs_flush(session, mapper):
        LOG.debug("%s of %s: flush", VERB, query.model.__name__)
        changes = _found(session, query, mapper, changes)
        flush_changes(session, query, changes, taken)
        keys = _keys(changes)
        return Done(keys, len(keys))
    groups = groups_of(changes)
    looks = _must_look(session, query, mapper, changes, len(groups))
    if looks:
        changes = _found(session, query, mapper, changes)
        groups = groups_of(changes)
    if not changes.keys:
        return Done([], 0)
    counts = [_write(session, query, mapper, changes, group) for group in groups]
    keys = _keys(changes)
    counted = sum(counts)
    if min(counts) < 0 or counted == len(keys):
        return Done(keys, len(keys))
    left = keys if looks else _keys(_found(session, query, mapper, changes))
    return Done(left, counted)


def _keys(changes: Changes) -> list[Any]:
    return objects.keys_in(changes.keys)


def _needs_flush(session: Session, mapper: Mapper[Any]) -> bool:
    """Whether only SQLAlchemy's flush does all that the mapping says."""
    tables = mapper.tables
    return bool(
        mapper.dispatch.before_update
        or mapper.dispatch.after_update
        or mapper.concrete
        or is_sharded(session)
        or any(len([*table.primary_key]) != len(mapper.primary_key) for table in tables)
        or (mapper.version_id_col is not None and mapper.version_id_generator is False)
    )


def _must_look(session: Session, query: Query, mapper: Mapper[Any], changes: Changes, groups: int) -> bool:
    """Whether the rows are locked, in the order of their keys, before any is written."""
    if mapper.version_id_col is not None or mapper.polymorphic_on is not None or len(mapper.tables) > 1:
        return True
    if session.dispatch.do_orm_execute or not is_updated_at_once(mapper, changes.columns):
        # What listeners hide is not found.
        return True
    dialect = bind_of(session, mapper).dialect
    return dialect.name != "sqlite" and (groups > 1 or len(changes.keys) > feeds.UNNESTED)


def _found(session: Session, query: Query, mapper: Mapper[Any], changes: Changes) -> Changes:
    """The changes of rows that are there, and locked now.

    Raises StaleObjectError where one has another version than its object.
    """
    model = query.model
    key = [getattr(model, field.key) for field in key_of(mapper)]
    version = version_of(mapper)
    read = [*key, getattr(model, version)] if version is not None else key
    found: dict[Any, Any] = {}
    for chunk in objects.chunks(_keys(changes)):
        statement = select(*read).select_from(model).where(objects.key_column(model).in_(chunk))
        statement = statement.order_by(*key).with_for_update(of=[*mapper.tables], key_share=True)
        for row in session.execute(statement, execution_options=query.execution_options):
            found[objects.key_in(row[: len(key)])] = row[-1]
    _check_versions(query, changes, found)
    which = [at for at, each in enumerate(_keys(changes)) if each in found]
    changes = changes if len(which) == len(changes.keys) else changes.chosen(which)
    if version is None:
        return changes
    return changes._replace(versions=[found[each] for each in _keys(changes)])


def _check_versions(query: Query, changes: Changes, found: Mapping[Any, Any]) -> None:
    for place, key, mine in zip(changes.places, changes.keys, changes.versions, strict=True):
        stored = found.get(objects.key_in(key), mine)
        if mine is not ABSENT and mine != stored:
            told = [told_value(each, shown=query.settings.shown) for each in (mine, stored)]
            raise StaleObjectError(
                f"{VERB}(), row {place}: {query.model.__name__} {shown_key(query, key)} was changed "
                f"meanwhile: it was given with version {told[0]}, and the row has {told[1]}: read it again"
            )


def _write(session: Session, query: Query, mapper: Mapper[Any], changes: Changes, group: Group) -> int:
    """Writes the rows of a group into each of their tables; how many, -1 where nobody says."""
    columns = {field.key: field.column for field in columns_of(mapper) if field.column is not None}
    counts = []
    for table, share in _shares(mapper, columns, changes, group):
        counts.append(_write_table(session, query, mapper, table, share))
    return min(counts)


class _Share(NamedTuple):
    """What is written into one table."""

    columns: Mapping[str, Column[Any]]
    settings: Sequence[Setting]
    keys: list[tuple[Any, ...]]
    slots: list[Any]


def _shares(
    mapper: Mapper[Any], columns: Mapping[str, Column[Any]], changes: Changes, group: Group
) -> Iterator[tuple[Table, _Share]]:
    keys = [changes.keys[at] for at in group.which]
    version = version_of(mapper)
    slots = iter(group.slots)
    shares: dict[Table, tuple[list[Setting], list[Any]]] = {}
    for setting in group.settings:
        table: Any = columns[setting.name].table
        settings, own = shares.setdefault(table, ([], []))
        settings.append(setting)
        own += [next(slots) for _ in range(1 if setting.sql is None else len(setting.binds))]
    if version is not None:
        settings, own = shares.setdefault(columns[version].table, ([], []))
        settings.append(Setting(version, None, ()))
        generator: Any = mapper.version_id_generator
        own.append([generator(changes.versions[at]) for at in group.which])
    for table, (settings, own) in shares.items():
        yield table, _Share(columns, settings, keys, own)


def _write_table(session: Session, query: Query, mapper: Mapper[Any], table: Table, share: _Share) -> int:
    connection = session.connection(bind_arguments={"mapper": mapper})
    said = share.settings
    besides = on_update(table, [share.columns[each.name] for each in said], len(share.keys))
    slots = [*share.slots, *[values for _, values in besides.by_row]]
    types = [*types_of(share.columns, said), *[column.type for column, _ in besides.by_row]]

    def sets(slot: Slot) -> dict[Column[Any], Any]:
        first = len(share.slots)
        own = {column: slot(first + at, column.type) for at, (column, _) in enumerate(besides.by_row)}
        return {**assigned(share.columns, said, slot), **own, **besides.for_all}

    key = [*table.primary_key.columns]
    fed = [FedColumn(f"k{at}", column.type) for at, column in enumerate(key)]
    fed += [FedColumn(f"w{at}", type_) for at, type_ in enumerate(types)]
    if not besides.needs_context and _is_fed(connection, query, fed):
        LOG.debug("%s of %s: unnest", VERB, table.name)

        def say(source: Source) -> Any:
            locked = locked_feed(table, source)
            return update_fed(table, sets(lambda at, type_: locked.c[f"w{at}"]), locked)

        rows = zip(*zip(*share.keys, strict=True), *slots, strict=True)
        return sum(answer.rowcount for answer in feeds.fed(connection, fed, rows, say))
    LOG.debug("%s of %s: many", VERB, table.name)
    parts = [bindparam(f"{SLOT}{len(types) + at}", type_=each.type) for at, each in enumerate(key)]
    statement = update_by_key(table, sets(lambda at, type_: bindparam(f"{SLOT}{at}", type_=type_)), parts)
    return execute_many(session, mapper, query, statement, [*slots, *zip(*share.keys, strict=True)])


def _is_fed(connection: Connection, query: Query, columns: Sequence[FedColumn]) -> bool:
    dialect = connection.dialect
    fits = dialect.name == "postgresql" and not query.execution_options
    return fits and feeds.way_of(dialect, tuple(columns)) == "unnest"
