"""``upsert()`` and ``bulk_get_or_create()``, and ``bulk_create()`` of rows that conflict with others."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient_to_detached

from django_like_repos.clauses.conflicts import Conflict, Matched, matched
from django_like_repos.clauses.proposals import groups_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import objects
from django_like_repos.execution.actions import written_rows
from django_like_repos.execution.bulk.creating import CreateProgress
from django_like_repos.execution.bulk.current import make_current, make_new_current, models_of, values_of
from django_like_repos.execution.bulk.feeds import fed
from django_like_repos.execution.bulk.matching import GoneMeanwhileError, Matching, Outcome
from django_like_repos.execution.calling import outcome
from django_like_repos.execution.creating import made
from django_like_repos.execution.hooks import Hooks, together
from django_like_repos.execution.locking import is_in_transaction
from django_like_repos.execution.retrying import DEADLOCK
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.execution.shards import connections, refuse_shards, translated
from django_like_repos.execution.single import flush
from django_like_repos.execution.states import state_of
from django_like_repos.execution.upserted import Counts, Upserted, joined
from django_like_repos.execution.violations import told
from django_like_repos.execution.written import with_rowcount
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.upserts import fed_columns, inserted_rows

T = TypeVar("T")

TRIES: Final = 20
"""How often rows are written that others delete meanwhile."""


class Written(NamedTuple):
    """What was written, and of which rows."""

    outcome: Outcome
    rows: Matched
    keys: dict[int, Any]
    """The keys of all rows by their places among those that were given, where that was asked for."""


class Batch(NamedTuple):
    """Rows that are written at once."""

    first: int
    """The place of the first among all."""
    values: Sequence[Any]
    read: Any
    """What reading made of them; None where hooks are to see them before."""


Read = Callable[[Sequence[Any], int], Any]
"""What makes of values, of which the first has a place among all, what is written."""


class Call(NamedTuple):
    """What the batches of one call have in common."""

    session: SomeSession | None
    query: Query
    conflict: Conflict
    read: Read


async def upsert(
    session: SomeSession | None,
    query: Query,
    conflict: Conflict,
    values: Sequence[Any],
    size: int | None,
    on_progress: CreateProgress | None,
) -> Upserted[Any]:
    """Rows written, and what became of them."""
    found: list[Upserted[Any]] = []

    def told_of(sync: Session, written: Written) -> None:
        found.append(_upserted(sync, query, written.outcome))

    call = Call(session, query, conflict, _reader(query, conflict))

    async def work(batch: Batch) -> None:
        await _write(call, batch, told_of, placed=False)

    await _batch_by_batch(call, values, size, on_progress, work)
    return joined(found, counted=query.returning is not None and query.returning.counted)


async def get_or_create(
    session: SomeSession | None, query: Query, conflict: Conflict, values: Sequence[Any]
) -> list[tuple[Any, bool]]:
    """Models in the order of the values, and whether each is new."""

    def told_of(sync: Session, written: Written) -> list[tuple[Any, bool]]:
        models, created = models_of(sync, query, [*written.keys.values()]), {*written.outcome.created}
        keys = [written.keys[place] for place in range(len(values))]
        return [(models[key], key in created) for key in keys]

    call = Call(session, query, conflict, _reader(query, conflict))
    batch = Batch(0, values, None if query.settings.hooks is not None else call.read(values, 0))
    return await _write(call, batch, told_of, placed=True)


async def create(
    session: SomeSession | None,
    query: Query,
    conflict: Conflict,
    values: Sequence[Any],
    size: int | None,
    on_progress: CreateProgress | None,
) -> Any:
    """Objects in the order of the values, or where ``returning()`` was said rows of what was written."""
    objects: list[Any] = []
    keys: list[Any] = []
    ignoring = partial(groups_of, query.names, conflict.verb)
    call = Call(session, query, conflict, _reader(query, conflict) if conflict.sets else ignoring)

    async def work(batch: Batch) -> None:
        create = _create_or_update if conflict.sets else _create_or_ignore
        models, own = await create(call, batch)
        objects.extend(models)
        keys.extend(own)

    await _batch_by_batch(call, values, size, on_progress, work)
    returning = query.returning
    if returning is None or returning.model:
        return objects
    rows: list[Any] = []
    if returning.fields:
        bare = query.evolve(flush=False, commit=False)
        found = await write(session, bare, lambda sync: values_of(sync, bare, keys, returning.fields))
        rows = [found[key] for key in keys]
    elif not returning.counted:
        rows = [key if isinstance(key, tuple) else (key,) for key in keys]
    return with_rowcount(written_rows(query, rows), len(keys))


def _reader(query: Query, conflict: Conflict) -> Read:
    """Reads batches, of which no two may have the same row."""
    seen: dict[Any, int] = {}

    def read(values: Sequence[Any], first: int) -> Matched:
        groups = groups_of(query.names, conflict.verb, values, first)
        return matched(conflict, groups, seen, shown=query.settings.shown)

    return read


async def _batch_by_batch(
    call: Call,
    values: Sequence[Any],
    size: int | None,
    on_progress: CreateProgress | None,
    work: Callable[[Batch], Awaitable[None]],
) -> None:
    """Writes batches where each is committed; else all rows are one, of which nothing stays where it fails.

    Two batches in one transaction would not lock rows in the order that nobody waits in a circle in.
    """
    settings = call.query.settings
    step = (size if settings.commit else None) or len(values) or 1
    starts = range(0, len(values), step)
    batches = [Batch(start, values[start : start + step], None) for start in starts]
    if settings.hooks is None:
        # All that is wrong is told before anything is written.
        batches = [each._replace(read=call.read(each.values, each.first)) for each in batches]
    for batch in batches:
        await work(batch)
        if on_progress is not None:
            await outcome(on_progress(batch.first + len(batch.values), len(values)), "on_progress()")


Created = tuple[Sequence[Any], Sequence[Any]]
"""Objects in the order of the values, where they are given back, and the keys of what was written."""


async def _create_or_update(call: Call, batch: Batch) -> Created:
    """Writes rows. What was given as an instance is the session's, where that has no other of its key."""
    query = call.query

    def told_of(sync: Session, written: Written) -> Created:
        own = [written.keys[batch.first + at] for at in range(len(batch.values))]
        if not _gives_objects(query):
            return (), own
        _adopt(sync, query, batch.values, own)
        models = models_of(sync, query, own)
        for given, key in zip(batch.values, own, strict=True):
            if isinstance(given, query.model) and given is not models[key]:
                _give_key(query, given, key)
        return [models[key] for key in own], own

    return await _write(call, batch, told_of, placed=True)


async def _create_or_ignore(call: Call, batch: Batch) -> Created:
    """Writes rows that conflict with none. The objects do not know which these were."""
    session, query, conflict, read = call
    hooks: Hooks | None = query.settings.hooks
    values = batch.values
    if hooks is None:
        keys = await write(session, query, lambda sync: _ignoring(sync, query, conflict, batch.read))
    else:
        async with together(session, query) as bare:
            values = await _prepared(hooks, query, values)
            groups = read(values, batch.first)
            keys = await write(session, bare, lambda sync: _ignoring(sync, bare, conflict, groups))
            await _called_after(session, bare, hooks, keys, [])
    if not _gives_objects(query):
        return (), keys
    verb, model = conflict.verb, query.model
    return [each if isinstance(each, model) else made(query.names, verb, each) for each in values], keys


def _gives_objects(query: Query) -> bool:
    """Whether objects come back, and no rows of what ``returning()`` has named."""
    return query.returning is None or query.returning.model


async def _write(call: Call, batch: Batch, told_of: Callable[[Session, Written], T], *, placed: bool) -> T:
    """What is told of rows that were written."""
    session, query, conflict, read = call
    hooks: Hooks | None = query.settings.hooks
    if hooks is None:

        def work(sync: Session) -> T:
            return told_of(sync, _written(sync, query, conflict, batch.read, placed=placed))

        return await write(session, query, work)
    async with together(session, query) as bare:
        rows = read(await _prepared(hooks, query, batch.values), batch.first)
        written = await write(session, bare, lambda sync: _written(sync, bare, conflict, rows, placed=placed))
        outcome = written.outcome
        await _called_after(session, bare, hooks, outcome.created, outcome.updated)
        return await write(session, bare, lambda sync: told_of(sync, written))


async def _prepared(hooks: Hooks, query: Query, values: Sequence[Any]) -> list[Any]:
    """Values after the hook that sees them; those of instances are changed in these."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, Mapping):
            found.append(await hooks.prepared("prepare_create", value))
        elif isinstance(value, query.model):
            known = mapper_of(query.model).column_attrs.keys()
            given = {key: vars(value)[key] for key in known if key in vars(value)}
            for key, each in (await hooks.prepared("prepare_create", given)).items():
                if key not in given or given[key] is not each:
                    setattr(value, key, each)
            found.append(value)
        else:
            found.append(value)
    return found


async def _called_after(
    session: SomeSession | None, query: Query, hooks: Hooks, created: Sequence[Any], updated: Sequence[Any]
) -> None:
    if created and "after_create" in hooks.known:
        models = await write(session, query, lambda sync: models_of(sync, query, created))
        await hooks.called("after_create", [models[key] for key in created if key in models])
    if updated:
        await hooks.called("after_update", updated)


def _placed(matching: Matching, outcome: Outcome, rows: Matched) -> dict[int, Any]:
    """The keys of all rows, by their places among those that were given."""
    found = {**outcome.found.keys}
    found.update(matching.located([at for at in range(len(rows.rows)) if at not in found]))
    return {rows.places[number]: key for number, key in found.items()}


@contextmanager
def _saved(session: Session, query: Query, verb: str) -> Iterator[Connection]:
    """The connection of a block that is undone as a whole where it fails."""
    mapper = mapper_of(query.model)
    refuse_shards(session, f"{verb}()")
    if not is_in_transaction(session, query):
        raise UnsupportedOperationError(
            f"{verb}() locks what it writes until the transaction ends, and this session is in none: its "
            "isolation level is AUTOCOMMIT"
        )
    # What is pending is older, and so is what is wrong with it.
    flush(session, query.evolve(execution_options={}, flush=False, commit=False))
    with translated(session, mapper, query), told(verb, query.model), objects.savepoint(session, mapper):
        yield connections(session, mapper)[0]


def _written(session: Session, query: Query, conflict: Conflict, rows: Matched, *, placed: bool) -> Written:
    failed: Exception = UnsupportedOperationError(
        f"{conflict.verb}(): others delete the rows again and again, or something keeps them from being "
        "written"
    )
    for _ in range(TRIES):
        try:
            with _saved(session, query, conflict.verb) as connection:
                matching = Matching(connection, query, conflict, rows, placed=placed)
                outcome = matching.run()
                keys = _placed(matching, outcome, rows) if placed else {}
            break
        except GoneMeanwhileError:
            continue
        except DBAPIError as error:
            # Of rows with different fields others may have locked some in another order. What was locked
            # here is not any more.
            if state_of(error.orig) != DEADLOCK:
                raise
            failed = error
    else:
        raise failed
    changed = dict.fromkeys([key for changes in matching.changes for key in changes])
    make_current(session, query, outcome.updated, changed)
    make_new_current(session, query, outcome.created)
    return Written(outcome, rows, keys)


def _ignoring(session: Session, query: Query, conflict: Conflict, groups: Sequence[Any]) -> list[Any]:
    """Rows inserted that conflict with none; their keys."""
    mapper = mapper_of(query.model)
    created: list[Any] = []
    with _saved(session, query, conflict.verb) as connection:
        for group in groups:

            def say(source: Any, group: Any = group) -> Any:
                return inserted_rows(mapper, group, conflict.match, source, connection.dialect)

            for answer in fed(connection, fed_columns(query.model, group.keys), group.rows, say):
                created += objects.keys_in(answer.rows)
    make_new_current(session, query, created)
    return created


def _upserted(session: Session, query: Query, outcome: Outcome) -> Upserted[Any]:
    lists = outcome.created, outcome.updated, outcome.untouched
    counts = Counts(*map(len, lists))
    returning = query.returning
    if returning is None:
        return Upserted(counts, lists)
    if returning.counted:
        return Upserted(counts, None)
    if not returning.model and not returning.fields:
        return Upserted(counts, lists)
    keys = [key for each in lists for key in each]
    if returning.model:
        found = models_of(session, query, keys)
    else:
        found = values_of(session, query, keys, returning.fields)
    created, updated, untouched = [[found[key] for key in each if key in found] for each in lists]
    return Upserted(counts, (created, updated, untouched))


def _adopt(session: Session, query: Query, values: Sequence[Any], keys: Sequence[Any]) -> None:
    """Has instances that were given stand for their rows, of which the session has no other object."""
    names = [field.key for field in key_of(mapper_of(query.model))]
    for value, key in zip(values, keys, strict=True):
        if not isinstance(value, query.model):
            continue
        parts = key if len(names) > 1 else (key,)
        identity = mapper_of(query.model).identity_key_from_primary_key(parts)
        if identity in session.identity_map:
            continue
        _give_key(query, value, key)
        make_transient_to_detached(value)
        session.add(value)


def _give_key(query: Query, obj: Any, key: Any) -> None:
    names = [field.key for field in key_of(mapper_of(query.model))]
    for name, part in zip(names, key if len(names) > 1 else (key,), strict=True):
        setattr(obj, name, part)
