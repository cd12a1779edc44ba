"""Rows to be inserted: what was given, read, with what Python code gives besides, column by column.

A ``Draft`` is a batch of them. Its ``rows`` are the values by attributes: the dicts that were given, or those
of instances, which are changed by what reading makes of a value and by nothing else before they are written.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import null
from sqlalchemy.ext.mutable import MutableBase
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.sql.elements import Null
from sqlalchemy.types import TypeEngine

from django_like_repos.clauses.bulk_creating import (
    VERB,
    ComputedError,
    Places,
    at_place,
    check_names,
    check_once,
    check_required,
    check_row,
    places_from,
    read_column,
    refuse,
)
from django_like_repos.clauses.defaults import NeedsContextError, value_of
from django_like_repos.clauses.storing import check_class
from django_like_repos.execution.creating import made
from django_like_repos.execution.graphs import read_graph, read_related, refuse_deleted
from django_like_repos.execution.shards import is_sharded
from django_like_repos.mapping.layout import Cell, Layout, is_constructed, is_straight, layout_of
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query
from django_like_repos.values import kept_in_objects


class _Absent:
    """What is there where nothing is."""


_ABSENT: Final = _Absent()
_NONE: Final = type(None)
RELATED: Final = "relations are given"
_SHORTEST: Final = 8
"""Rows in a row that have values for the same columns: where there are fewer, a flush is as good."""


@dataclass(slots=True)
class Part:
    """Rows that have values for the same columns."""

    start: int
    stop: int
    columns: dict[Cell, Sequence[Any]]
    """What is inserted, column by column."""


@dataclass(slots=True)
class Draft:
    """A batch of rows."""

    mapper: Mapper[Any]
    layout: Layout | None
    rows: Sequence[Mapping[str, Any]]
    objects: list[Any] | None
    """The instances; None where plain dicts are all there is, and instances can be made of them later."""
    generated: dict[str, Sequence[Any]] = field(default_factory=dict)
    """What Python code has given, by attributes: objects have it once they are written."""
    parts: list[Part] = field(default_factory=list)
    has_null: bool = False
    """Whether there is ``null()`` among the values."""
    why_flush: str = ""
    """Why only a flush may write it; empty where other ways may."""
    graph: Any = None
    """What the instances bring along, where there is something."""

    def __len__(self) -> int:
        return len(self.rows)


def drafted(session: Session, query: Query, values: Sequence[Any], first: int) -> Draft:
    """A batch of what was given, of which the first has a place among all.

    Raises what ``bulk_create()`` refuses, which names the place of the row.
    """
    mapper = mapper_of(query.model)
    layout = layout_of(mapper)
    if {*map(type, values)} != {dict}:
        for place, value in enumerate(values, first):
            check_row(query.model, place, value)
    straight = layout is not None and not layout.why_flush and is_straight(mapper)
    if layout is not None and straight and not is_constructed(mapper) and not is_sharded(session):
        found = _of_dicts(query, layout, values, first)
        if found is not None:
            return found
    return _of_objects(session, query, layout, values, first)


def _of_dicts(query: Query, layout: Layout, values: Sequence[Any], first: int) -> Draft | None:
    """A batch of plain dicts of columns; None where instances have to be made to read them."""
    if {*map(type, values)} != {dict}:
        return None
    names = {name for shape in {*map(tuple, values)} for name in shape}
    if any(name not in layout.by_key or not layout.by_key[name].settable for name in names):
        return None
    draft = Draft(layout.mapper, layout, values, None)
    try:
        fill(query, draft, layout, names, places_from(first, len(values)))
    except ComputedError:
        return None
    return draft


def _of_objects(
    session: Session, query: Query, layout: Layout | None, values: Sequence[Any], first: int
) -> Draft:
    model = query.model
    objects = [
        value if isinstance(value, model) else made_of(session, query, value, place)
        for place, value in enumerate(values, first)
    ]
    check_once(model, objects, places_from(first, len(objects)))
    states = [obj._sa_instance_state for obj in objects]
    draft = Draft(mapper_of(model), layout, [state.dict for state in states], objects)
    # Shards may have rows of one key each.
    draft.why_flush = check_states(session, states, first) or (
        "there are shards" if is_sharded(session) else ""
    )
    names = {name for shape in {*map(tuple, draft.rows)} for name in shape}
    mapper = draft.mapper
    if layout is None:
        draft.why_flush = draft.why_flush or "its rows lie in several tables"
    elif any(state.mapper is not mapper for state in states):
        draft.why_flush = draft.why_flush or "there are instances of subclasses"
    elif not names.isdisjoint(mapper.relationships.keys()):
        draft.why_flush = draft.why_flush or RELATED
    else:
        draft.why_flush = draft.why_flush or layout.why_flush or layout.why_flush_objects
    if not draft.why_flush and layout is not None:
        try:
            fill(query, draft, layout, names & layout.by_key.keys(), places_from(first, len(values)))
        except ComputedError:
            draft.why_flush = "SQL is given"
    if draft.why_flush and draft.why_flush != RELATED:
        read_objects(session, query, draft, values, first)
    return draft


def read_objects(session: Session, query: Query, draft: Draft, values: Sequence[Any], first: int) -> None:
    """Reads the values of those objects of a batch that were given, and of what they bring along."""
    for place, (value, obj) in enumerate(zip(values, draft.objects or (), strict=True), first):
        if value is obj:
            with at_place(place):
                read_graph(session, query.names.zone, VERB, obj)


def made_of(session: Session, query: Query, values: Mapping[str, Any], place: int) -> Any:
    """An object of the values of a row, with what it leads to."""
    with at_place(place):
        check_names(values)
        obj = made(query.names, VERB, values)
        read_related(session, query.names.zone, VERB, obj)
    return obj


def check_states(session: Session, states: Sequence[Any], first: int) -> str:
    """Refuses what has a row or is elsewhere; why a flush has to write the rest, else an empty text."""
    pending = False
    for place, state in enumerate(states, first):
        if state.key is None and state.session_id is None:
            continue
        with at_place(place):
            refuse_deleted(VERB, state)
        name = state.class_.__name__
        if state.session is not None and state.session is not session:
            refuse(place, f"this {name} is in another session: expunge() it there first")
        if state.key is not None:
            refuse(place, f"this {name} has a row already: bulk_update() stores what it has in that")
        pending = True
    return "some are pending in the session already" if pending else ""


def fill(
    query: Query,
    draft: Draft,
    layout: Layout,
    names: set[str],
    places: Places,
    handed: Collection[str] = (),
) -> None:
    """Reads the values of a batch, and finds what the columns get; ``handed`` may get it later.

    Raises ComputedError.
    """
    rows, columns = draft.rows, dict[Cell, Sequence[Any]]()
    for cell in layout.cells:
        given = cell.key in names
        if cell.column is layout.mapper.version_id_col and layout.version is not None:
            values: Sequence[Any] = [layout.version(None) for _ in rows]
            _generate(draft, cell, values)
        elif cell.key in handed:
            values = _values(query, draft, cell, places) if given else [None] * len(rows)
            columns[cell] = [None if value is _ABSENT else value for value in values]
            continue
        elif not given and cell.default is None:
            if cell.required:
                check_required(query.model, cell.told, [None] * len(rows), places)
            if cell.left or cell.keeps_none:
                continue
            values = [None] * len(rows)
        else:
            values = _values(query, draft, cell, places) if given else [_ABSENT] * len(rows)
            values = _with_defaults(draft, cell, values)
        if draft.why_flush:
            return
        if cell.required:
            check_required(query.model, cell.told, values, places)
        if given and cell.column is layout.mapper.polymorphic_on:
            _check_classes(layout.mapper, cell, values, places)
        columns[cell] = values
    _divide(draft, columns)


def _values(query: Query, draft: Draft, cell: Cell, places: Places) -> Sequence[Any]:
    """What was given for a column, read; ``_ABSENT`` where nothing was that a default would not replace."""
    key = cell.key
    assert key is not None
    try:
        values: Sequence[Any] = [*map(itemgetter(key), draft.rows)]
        absent = False
    except KeyError:
        values = [row.get(key, _ABSENT) for row in draft.rows]
        absent = True
    plain = [None if value is _ABSENT else value for value in values] if absent else values
    read = read_column(query.names, key, cell.column.type, plain, places)
    # Of SQL's NULL a flush would have objects load what became of it.
    draft.has_null = draft.has_null or Null in {*map(type, read)}
    if read is not plain:
        _put_back(draft, key, plain, in_objects(cell.column.type, read))
    if not absent or not cell.keeps_none:
        return read
    return [_ABSENT if given is _ABSENT else value for given, value in zip(values, read, strict=True)]


def _check_classes(mapper: Mapper[Any], cell: Cell, values: Sequence[Any], places: Places) -> None:
    for place, value in zip(places, values, strict=True):
        with at_place(place):
            check_class(mapper, VERB, cell.told, value)


def in_objects(type_: TypeEngine[Any], values: Sequence[Any]) -> Sequence[Any]:
    """Values as a read gives them: some are stored more exactly than that."""
    made = kept_in_objects(type_)
    return values if made is None else [made(each) if type(each) is Decimal else each for each in values]


def _put_back(draft: Draft, key: str, given: Sequence[Any], read: Sequence[Any]) -> None:
    """Gives rows what was made of their values."""
    if draft.objects is None:
        draft.rows = [
            row if old is new else {**row, key: new}
            for row, old, new in zip(draft.rows, given, read, strict=True)
        ]
        return
    for obj, old, new in zip(draft.objects, given, read, strict=True):
        if old is new:
            continue
        if isinstance(old, MutableBase):
            setattr(obj, key, new)
        else:
            obj.__dict__[key] = new


def _with_defaults(draft: Draft, cell: Cell, values: Sequence[Any]) -> Sequence[Any]:
    """Values, and where there are none, what Python code gives."""
    kinds = {*map(type, values)}
    if cell.default is None:
        return [null() if value is _ABSENT else value for value in values] if _Absent in kinds else values
    if _Absent not in kinds and (cell.keeps_none or _NONE not in kinds):
        return values
    try:
        filled = [
            value_of(cell.default) if value is _ABSENT or (value is None and not cell.keeps_none) else value
            for value in values
        ]
    except NeedsContextError:
        draft.why_flush = "a default needs what only SQLAlchemy knows"
        return values
    _generate(draft, cell, filled)
    return filled


def _generate(draft: Draft, cell: Cell, values: Sequence[Any]) -> None:
    if cell.key is not None:
        draft.generated[cell.key] = values


def _divide(draft: Draft, columns: dict[Cell, Sequence[Any]]) -> None:
    """Divides a batch where columns are left to the database in some rows alone."""
    left = [
        cell for cell in columns if cell.left and not cell.keeps_none and _NONE in {*map(type, columns[cell])}
    ]
    all_left = [cell for cell in left if not any(value is not None for value in columns[cell])]
    kept = {cell: values for cell, values in columns.items() if cell not in all_left}
    mixed = [cell for cell in left if cell not in all_left]
    if not mixed:
        draft.parts = [Part(0, len(draft), kept)]
        return
    shapes = [*zip(*[[value is None for value in kept[cell]] for cell in mixed], strict=True)]
    runs = [*_runs(shapes)]
    if len(runs) * _SHORTEST > len(draft):
        draft.why_flush = "its rows have values for other columns each"
        return
    for start, stop, shape in runs:
        without = {cell for cell, absent in zip(mixed, shape, strict=True) if absent}
        chosen = {cell: values[start:stop] for cell, values in kept.items() if cell not in without}
        draft.parts.append(Part(start, stop, chosen))


def _runs(shapes: Sequence[Any]) -> Iterator[tuple[int, int, Any]]:
    start = 0
    for shape, run in groupby(shapes):
        stop = start + len([*run])
        yield start, stop, shape
        start = stop
