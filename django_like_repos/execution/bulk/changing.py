"""``bulk_update()``: batch by batch, with hooks, flags and progress; and the session's objects afterwards."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.mutable import MutableBase
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from django_like_repos.clauses.bulk_updating import (
    ABSENT,
    VERB,
    Changes,
    Given,
    check_names,
    held_version,
    read_changes,
    version_of,
)
from django_like_repos.execution import objects
from django_like_repos.execution.actions import read_back, written_rows
from django_like_repos.execution.bulk.changed import Taken, give_back, take_changes
from django_like_repos.execution.bulk.drafts import in_objects
from django_like_repos.execution.bulk.updating import Done, write_changes
from django_like_repos.execution.calling import outcome
from django_like_repos.execution.graphs import in_session
from django_like_repos.execution.hooks import Hooks, together
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.single import flush
from django_like_repos.execution.violations import told
from django_like_repos.execution.writing import read_again
from django_like_repos.execution.written import with_rowcount
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.bulk_update import Said, with_sql
from django_like_repos.statements.onupdate import is_told

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

Progress = Callable[[int, int], Awaitable[object] | object]
"""What is told after each batch: how many rows are done, and of how many."""


async def bulk_update(
    session: SomeSession | None,
    query: Query,
    given: Given,
    batch_size: int | None,
    on_progress: Progress | None,
) -> "Written":
    """Writes rows that were given, in the order of their keys; the result has a ``rowcount``."""
    hooks: Hooks | None = query.settings.hooks
    work = _Work(query, given, hooks)
    batches = [*_batches(given, batch_size)]
    if session is not None:
        _check_session(own(session).sync_session, given)
    try:
        if hooks is None and (query.settings.commit or len(batches) < 2):
            for batch in batches:
                await work.write(session, query, batch, saves=True)
                await _tell(on_progress, work)
        elif query.settings.commit:
            for batch in batches:
                async with together(session, query) as bare:
                    await work.write(session, bare, batch)
                await _tell(on_progress, work)
        else:
            async with together(session, query) as bare:
                for batch in batches:
                    await work.write(session, bare, batch)
                    await _tell(on_progress, work)
    except BaseException:
        give_back(work.taken)
        raise
    return with_rowcount(written_rows(query, work.rows()), work.rowcount)


async def _tell(on_progress: Progress | None, work: "_Work") -> None:
    if on_progress is not None:
        await outcome(on_progress(work.done, len(work.given.keys)), "on_progress()")


def _check_session(session: Session, given: Given) -> None:
    for obj in given.objects:
        if obj is not None and instance_state(obj).session_id != session.hash_key:
            in_session(session, obj, VERB)


def _batches(given: Given, size: int | None) -> Iterator[list[int]]:
    """The places of rows in the order of their keys, which is the order in which they are locked."""
    places = range(len(given.keys))
    try:
        order = sorted(places, key=given.keys.__getitem__)
    except TypeError:
        # Enums, say, have no order; any will do that is the same each time.
        order = sorted(places, key=lambda at: repr(given.keys[at]))
    for start in range(0, len(order), size or len(order) or 1):
        yield order[start : start + size] if size else order


class _Work:
    """What is written, and what was."""

    def __init__(self, query: Query, given: Given, hooks: Hooks | None) -> None:
        self.query, self.given, self.hooks = query, given, hooks
        # Without hooks, which may change it, all that is wrong is told before anything is written.
        self.changes = self._read(given, range(len(given.keys))) if hooks is None else None
        self.taken: list[Taken] = []
        self.done = 0
        self.rowcount = 0
        self._rows: dict[int, Any] = {}

    def _read(self, given: Given, places: Sequence[int]) -> Changes:
        return with_sql(self.query, read_changes(self.query.names, given, places))

    def rows(self) -> list[Any]:
        """What comes back of the rows that are there, in the order in which they were given."""
        return [row for _, row in sorted(self._rows.items(), key=lambda item: item[0])]

    async def write(
        self, session: SomeSession | None, query: Query, batch: list[int], *, saves: bool = False
    ) -> None:
        """Writes a batch; ``saves``: what fails is undone here."""
        parts = [self.changes.chosen(batch)] if self.changes is not None else await self._hooked(batch)
        keys: list[Any] = []

        def work(sync: Session) -> None:
            for part in parts:
                keys.extend(self._write(sync, query, part, saves=saves))

        await write(session, query, work)
        self.done += len(batch)
        if self.hooks is not None:
            await self.hooks.called("after_update", keys)

    async def _hooked(self, batch: list[int]) -> list[Changes]:
        """What hooks make of rows: those alike of which the same columns are set."""
        assert self.hooks is not None
        given = self.given
        alike: dict[tuple[str, ...], list[tuple[int, dict[str, Any]]]] = {}
        for at in batch:
            values = {name: column[at] for name, column in given.columns.items()}
            prepared = await self.hooks.prepared("prepare_update", values)
            alike.setdefault(tuple(prepared), []).append((at, prepared))
        found: list[Changes] = []
        for names, rows in alike.items():
            check_names(self.query.names, names)
            which = [at for at, _ in rows]
            part = given.chosen(which)
            columns = {name: [values[name] for _, values in rows] for name in names}
            found.append(self._read(part._replace(columns=columns), which))
        return found

    def _write(self, session: Session, query: Query, changes: Changes, *, saves: bool) -> list[Any]:
        mapper = mapper_of(query.model)
        taken = take_changes(session, changes.objects, changes.columns)
        self.taken += taken
        # What is pending is older.
        flush(session, query.evolve(execution_options={}, flush=False, commit=False))
        changes = _with_versions(changes)
        saved = objects.savepoint(session, mapper) if saves else nullcontext()
        with told(VERB, query.model), saved, read_again(session, query):
            done = write_changes(session, query, changes, taken)
            _expire(session, query, changes, done)
        for relation in objects.moved(mapper, changes.columns):
            objects.point_anew(session, mapper, relation)
        self._keep(session, query, changes, done)
        return done.keys

    def _keep(self, session: Session, query: Query, changes: Changes, done: Done) -> None:
        self.rowcount += done.rowcount
        rows: Iterable[Any] = [key if isinstance(key, tuple) else (key,) for key in done.keys]
        keys = objects.keys_in(changes.keys)
        if done.keys == keys:
            found = changes.places
        else:
            places = dict(zip(keys, changes.places, strict=True))
            found = [places[key] for key in done.keys]
        if query.returning is not None:
            rows = [] if query.returning.counted else read_back(session, query, done.keys)
        self._rows.update(zip(found, rows, strict=False))


def _with_versions(changes: Changes) -> Changes:
    """Changes with the versions that their objects have by now: a flush may have written them meanwhile."""
    version = version_of(mapper_of(changes.names.model))
    if version is None:
        return changes
    versions = [
        given if obj is None else held_version(instance_state(obj), version, given)
        for obj, given in zip(changes.objects, changes.versions, strict=True)
    ]
    return changes._replace(versions=versions)


def _expire(session: Session, query: Query, changes: Changes, done: Done) -> None:
    """Has objects of the session load what was written of their rows, and what that may have changed."""
    if not len(session.identity_map):
        return
    mapper = mapper_of(query.model)
    held = objects.loaded(session, mapper, done.keys)
    objects.altered(session, held)
    settled = _settled(session, changes, {*done.keys}) if is_told(mapper) else {}
    objects.expire_computed(session, mapper)
    if len(held) > len(settled):
        left = [key for key in done.keys if key not in settled]
        objects.expire_rows(session, mapper, left, changes.columns)
        objects.expire_unset(session, mapper, changes.columns)


def _settled(session: Session, changes: Changes, there: set[Any]) -> dict[Any, Any]:
    """The objects by their keys that have what their rows have now, as after a flush."""
    found: dict[Any, Any] = {}
    names, number = [*changes.columns], session.hash_key
    types = {field.key: field.type for field in columns_of(mapper_of(changes.names.model))}
    rows = zip(*[in_objects(types[name], column) for name, column in changes.columns.items()], strict=True)
    for key, obj, values in zip(changes.keys, changes.objects, rows, strict=True):
        held = None if obj is None else obj.__dict__
        if (
            held is None
            or held["_sa_instance_state"].session_id != number
            or objects.key_in(key) not in there
        ):
            continue
        if all(_has(held, name, value) for name, value in zip(names, values, strict=True)):
            found[objects.key_in(key)] = obj
    return found


def _has(held: dict[str, Any], name: str, value: Any) -> bool:
    """Whether an object has what its row was set to, which it is given where it is plain."""
    given = held.get(name, ABSENT)
    if given is value and type(value) is not Said:
        return True
    if given is ABSENT or isinstance(given, MutableBase) or type(value) is Said:
        return False
    held[name] = value
    return True
