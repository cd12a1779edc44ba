"""``bulk_create()``: batch by batch, by the way that is right for it, with hooks, flags and progress."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence, Sized
from itertools import islice
from sys import maxsize
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy.orm import Session

from django_like_repos.clauses.bulk_creating import VERB, at_place, check_once, check_row, places_from
from django_like_repos.execution import hooked, single
from django_like_repos.execution.actions import written_rows
from django_like_repos.execution.bulk.current import make_new_current
from django_like_repos.execution.bulk.drafts import Draft, Part, check_states, made_of
from django_like_repos.execution.bulk.inserting import cells_left, insert_part
from django_like_repos.execution.bulk.keys import Keys
from django_like_repos.execution.bulk.nested import drafted_whole, insert_graph, way_of_graph
from django_like_repos.execution.bulk.persisting import give, objects_of, persist
from django_like_repos.execution.bulk.ways import Way, tell, way_for
from django_like_repos.execution.calling import outcome
from django_like_repos.execution.collector import paused
from django_like_repos.execution.creating import made
from django_like_repos.execution.graphs import read_graph, read_related
from django_like_repos.execution.hooked import draft_of
from django_like_repos.execution.hooks import Hooks, together
from django_like_repos.execution.objects import key_in
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.violations import told
from django_like_repos.execution.written import with_rowcount
from django_like_repos.mapping.layout import Layout
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import Query

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

CreateProgress = Callable[[int, int | None], Awaitable[object] | object]
"""What is told after each batch: how many rows are done, and of how many, where that is known."""

PIECE: Final = 10_000
"""Rows of a generator that are taken at a time, where nobody says how many."""


class Told(NamedTuple):
    """What a call gives back."""

    objects: bool
    """The objects; else a ``Written``."""
    keys: tuple[str, ...]
    """The attributes of which there are rows in that."""


async def bulk_create(
    session: SomeSession | None,
    query: Query,
    values: Iterable[Any],
    size: int | None,
    on_progress: CreateProgress | None,
) -> "list[Any] | Written":
    """Inserts rows at once: the objects, or where ``returning()`` was said its rows and their number."""
    work = _Work(session, query, len(values) if isinstance(values, Sized) else None, on_progress)
    batches: Iterator[Any] = _batches(values, size)
    if query.settings.hooks is None and work.total is not None:
        # All that is wrong is told before anything is written.
        batches = iter([*map(work.drafted, [*batches])])
    if query.settings.commit:
        for batch in batches:
            async with together(session, query) as bare:
                await work.write(bare, batch)
            await work.tell()
    else:
        await _as_one(session, query, work, batches)
    return work.result()


async def bulk_add(
    session: SomeSession | None,
    query: Query,
    values: Iterable[Any],
    size: int | None,
    on_progress: CreateProgress | None,
) -> list[Any]:
    """Adds objects to the session, and writes nothing."""
    listed = [*values]
    sync, objects = own(_there(session)).sync_session, []
    # Nothing is added where one is wrong.
    for place, value in enumerate(listed):
        check_row(query.model, place, value)
        objects.append(_read(sync, query, value, place))
    check_once(query.model, objects, range(len(objects)))
    check_states(sync, [obj._sa_instance_state for obj in objects], 0)
    Keys(query, sync, remembers=False).check_rows(map(vars, objects), range(len(objects)))
    await write(session, query, lambda sync: sync.add_all(objects))
    if on_progress is not None:
        for stop in range(size or len(objects), len(objects) + (size or 1), size or len(objects) or 1):
            await outcome(on_progress(min(stop, len(objects)), len(listed)), "on_progress()")
    return objects


async def bulk_way(session: SomeSession | None, query: Query, values: Sequence[Any]) -> Way:
    """The way in which rows would be inserted."""
    if query.settings.hooks is not None:
        return Way("flush", "the repository has hooks")
    draft = drafted_whole(own(_there(session)).sync_session, query, values, 0)
    return await write(
        session, query.evolve(flush=False, commit=False), lambda sync: way_of(sync, query, draft)
    )


async def _as_one(session: SomeSession | None, query: Query, work: "_Work", batches: Iterator[Any]) -> None:
    """Writes batches of which none stays where one fails."""
    first = next(batches, None)
    if first is None:
        return
    async with together(session, query) as bare:
        await work.write(bare, first)
        await work.tell()
        for batch in batches:
            await work.write(bare, batch)
            await work.tell()


def _batches(values: Iterable[Any], size: int | None) -> Iterator[list[Any]]:
    rest = iter(values)
    most = min(size or (len(values) or 1 if isinstance(values, Sized) else PIECE), maxsize)
    while batch := [*islice(rest, most)]:
        yield batch


class _Work:
    """What is written, and what was."""

    def __init__(
        self,
        session: SomeSession | None,
        query: Query,
        total: int | None,
        on_progress: CreateProgress | None,
    ) -> None:
        self.session, self.query, self.total = session, query, total
        self._told = _told(query)
        sync = None if session is None else own(session).sync_session
        self._keys = Keys(query, sync, remembers=total is not None)
        self._on_progress = on_progress
        self._taken = self._done = self._rowcount = 0
        self._objects: list[Any] = []
        self._rows: list[Any] = []

    def result(self) -> "list[Any] | Written":
        if self._told.objects:
            return self._objects
        return with_rowcount(written_rows(self.query, self._rows), self._rowcount)

    async def tell(self) -> None:
        """Tells how much is done."""
        if self._on_progress is not None:
            await outcome(self._on_progress(self._done, self.total), "on_progress()")

    def drafted(self, values: Sequence[Any]) -> Draft:
        """A batch, read."""
        draft = drafted_whole(own(_there(self.session)).sync_session, self.query, values, self._taken)
        self._keys.check(draft, places_from(self._taken, len(values)))
        self._taken += len(values)
        return draft

    async def write(self, query: Query, batch: Any) -> None:
        """Writes a batch."""
        if query.settings.hooks is not None:
            await self._write_hooked(query, batch)
            return
        draft = batch if isinstance(batch, Draft) else self.drafted(batch)
        await write(self.session, query, lambda sync: self._write(sync, query, draft))
        self._done += len(draft)

    def _write(self, session: Session, query: Query, draft: Draft) -> None:
        with told(VERB, query.model):
            self._insert_by(way_of(session, query, draft), session, query, draft)

    def _insert_by(self, way: Way, session: Session, query: Query, draft: Draft) -> None:
        tell(way, draft)
        if way.name == "flush":
            self._keep(_flush(session, query, draft))
        elif way.name == "graph":
            self._keep(insert_graph(session, draft))
        elif self._told.objects:
            self._keep(_insert_objects(session, draft, way))
        else:
            self._insert(session, draft, way)

    def _keep(self, objects: Sequence[Any]) -> None:
        """Keeps of objects what is to be told."""
        self._rowcount += len(objects)
        if self._told.objects:
            self._objects += objects
        elif self._told.keys:
            self._rows += [tuple([getattr(obj, key) for key in self._told.keys]) for obj in objects]

    def _insert(self, session: Session, draft: Draft, way: Way) -> None:
        """Inserts rows without objects."""
        connection = session.connection(bind_arguments={"mapper": draft.mapper})
        assert draft.layout is not None
        wanted = [draft.layout.by_key[key].column for key in self._told.keys]
        for part in draft.parts:
            done = insert_part(connection, way.name, draft.layout, part, wanted)
            self._rowcount += done.rowcount
            self._rows += done.rows
            if len(session.identity_map):
                keys = _keys_of(draft.layout, part, self._told.keys, done.rows)
                make_new_current(session, self.query, [*map(key_in, keys)])

    async def _write_hooked(self, query: Query, values: Sequence[Any]) -> None:
        """Writes a batch with hooks, which see each of its rows."""
        session = _there(self.session)
        sync, zone, names = own(session).sync_session, query.names.zone, query.names
        drafts = []
        for place, value in enumerate(values, self._done):
            check_row(query.model, place, value)
            if isinstance(value, query.model):
                drafts.append(draft_of(value, lambda obj: read_graph(sync, zone, VERB, obj)))
                continue

            def finish(given: Any) -> Any:
                obj = made(names, VERB, given)
                read_related(sync, zone, VERB, obj)
                return obj

            drafts.append(hooked.Draft(value, finish))
        hooks: Hooks = query.settings.hooks
        places = places_from(self._done, len(values))
        models = await hooked.insert_within(
            session,
            query,
            hooks,
            drafts,
            watched=lambda: told(VERB, query.model),
            checked=lambda models: self._keys.check_rows(map(vars, models), places),
        )
        self._done += len(models)
        self._keep(models)


def _read(session: Session, query: Query, value: Any, place: int) -> Any:
    """An object that was given, or is made of a dict, with its values read."""
    with at_place(place):
        if isinstance(value, query.model):
            read_graph(session, query.names.zone, VERB, value)
            return value
    return made_of(session, query, value, place)


def way_of(session: Session, query: Query, draft: Draft) -> Way:
    """The way of a batch."""
    told = _told(query)
    if draft.graph is not None:
        return way_of_graph(session, draft.graph)
    if draft.why_flush or draft.layout is None:
        return Way("flush", draft.why_flush)
    if draft.has_null and (told.objects or draft.objects is not None):
        return Way("flush", "SQL is given")
    if told.objects:
        wanted = [cell.column for part in draft.parts for cell in cells_left(draft.layout, part)]
    else:
        if any(key not in draft.layout.by_key for key in told.keys):
            return Way("flush", "something is asked that is no column of the table")
        wanted = [draft.layout.by_key[key].column for key in told.keys]
    return way_for(session, draft, wanted)


def _keys_of(
    layout: Layout, part: Part, told: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> Iterable[Sequence[Any]]:
    """The keys of rows that were inserted, as far as they were given or told."""
    if all(cell in part.columns for cell in layout.keys):
        return zip(*[part.columns[cell] for cell in layout.keys], strict=True)
    names = [cell.key for cell in layout.keys]
    if not {*names} <= {*told}:
        return ()
    return [[row[told.index(name)] for name in names if name is not None] for row in rows]


def _there(session: SomeSession | None) -> SomeSession:
    assert session is not None
    return session


def _told(query: Query) -> Told:
    returning = query.settings.returning
    if returning is None or returning.model:
        return Told(True, ())
    if returning.counted:
        return Told(False, ())
    if not returning.fields:
        return Told(False, tuple([field.key for field in key_of(mapper_of(query.model))]))
    return Told(
        False, tuple([field_path(query.names, name).shortest.fields[0].key for name in returning.fields])
    )


def _flush(session: Session, query: Query, draft: Draft) -> list[Any]:
    """Has SQLAlchemy insert objects, and loads what it left to the database."""
    objects = draft.objects
    if objects is None:
        objects = [made(query.names, VERB, row) for row in draft.rows]
    session.add_all(objects)
    single.flush(session, query)
    return objects


def _insert_objects(session: Session, draft: Draft, way: Way) -> list[Any]:
    """Inserts the rows of objects, which have what the database gave them afterwards."""
    layout = draft.layout
    assert layout is not None
    connection = session.connection(bind_arguments={"mapper": draft.mapper})
    told = []
    for part in draft.parts:
        left = cells_left(layout, part)
        done = insert_part(connection, way.name, layout, part, [cell.column for cell in left])
        keys = [cell.key for cell in left if cell.key is not None]
        columns = zip(*done.rows, strict=True) if keys else ()
        told.append((part, dict(zip(keys, columns, strict=True))))
    # Whatever fails is before this: instances are then as they were.
    with paused():
        objects = draft.objects or objects_of(draft.mapper, draft.rows)
        give(objects, draft.generated)
        for part, values in told:
            give(objects[part.start : part.stop], values)
        persist(session, draft.mapper, objects)
    return objects
