"""New objects that bring along others: all of them inserted in the order in which rows refer to rows.

Each wave is inserted at once, its foreign keys taken from the keys that came back before. Where objects wait
for each other, or a mapping says more of a relation than that keys are equal, SQLAlchemy's flush does it all.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from django_like_repos.clauses.bulk_creating import ComputedError, Places, check_required
from django_like_repos.execution.bulk.collecting import Graph, Kind, WhyFlushError
from django_like_repos.execution.bulk.drafts import RELATED, Draft, Part, drafted, fill, read_objects
from django_like_repos.execution.bulk.feeds import fed
from django_like_repos.execution.bulk.inserting import cells_left, insert_part
from django_like_repos.execution.bulk.keys import Keys
from django_like_repos.execution.bulk.persisting import give, persist
from django_like_repos.execution.bulk.ways import Way, way_for
from django_like_repos.execution.collector import paused
from django_like_repos.mapping.layout import ORPHANS, Cell
from django_like_repos.query import Query, names
from django_like_repos.statements.feeds import FedColumn, Source


def drafted_whole(session: Session, query: Query, values: Sequence[Any], first: int) -> Draft:
    """A batch of what was given, and the new objects that it brings along. Raises as ``drafted()``."""
    draft = drafted(session, query, values, first)
    if draft.why_flush != RELATED:
        return draft
    assert draft.objects is not None
    graph = Graph(session, query.names.zone)
    with paused():
        try:
            graph.collect(draft.objects)
            _read(query, graph, first)
        except WhyFlushError as why:
            draft.why_flush = f"{RELATED}, and {why}"
            read_objects(session, query, draft, values, first)
        else:
            draft.why_flush, draft.graph = "", graph
            graph.take_from_flush()
    return draft


class _Places(Sequence[str]):
    """Where the objects of a kind are among those that were given, or what brings them along."""

    def __init__(self, graph: Graph, numbers: Sequence[int], first: int) -> None:
        self._graph, self._numbers, self._first = graph, numbers, first

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, at: Any) -> Any:
        return self._graph.place_of(self._numbers[at], self._first)


def _read(query: Query, graph: Graph, first: int) -> None:
    """Reads the values of all objects. Raises WhyFlushError, and what ``bulk_create()`` refuses."""
    for kind in graph.kinds.values():
        mapper, layout = kind.mapper, kind.layout
        _check_mapping(kind)
        places = _Places(graph, kind.numbers, first)
        rows = [obj.__dict__ for obj in kind.objects]
        draft = kind.draft = Draft(mapper, layout, rows, kind.objects)
        given = {name for shape in {*map(tuple, rows)} for name in shape}
        own = query.evolve(names=names(mapper.class_, graph.zone))
        try:
            fill(own, draft, layout, given & layout.by_key.keys(), places, kind.keys)
        except ComputedError:
            raise WhyFlushError("SQL is given") from None
        if draft.why_flush or len(draft.parts) != 1:
            raise WhyFlushError(draft.why_flush or "rows have values for other columns each")
        _check_handed(kind, places)
        Keys(own, graph.session, remembers=False).check(draft, places)
    _check_keys(graph)


def _check_mapping(kind: Kind) -> None:
    why = kind.layout.why_flush or kind.layout.why_flush_objects
    if why == ORPHANS:
        # As a flush has it, what never had a parent is none.
        states = [obj._sa_instance_state for obj in kind.objects]
        lost = any(each._orphaned_outside_of_session and kind.mapper._is_orphan(each) for each in states)
        why = why if lost else ""
    if why or not kind.keys <= kind.layout.by_key.keys():
        raise WhyFlushError(why or "a relation is of columns that are not mapped")


def _check_handed(kind: Kind, places: Places) -> None:
    """Raises InvalidLookupValueError where an object is handed no key that its row has to have."""
    columns = kind.draft.parts[0].columns
    for pairs, handed in kind.handed.items():
        for own, there in pairs:
            cell = kind.layout.by_key[own]
            if not cell.required:
                continue
            values = [
                handed[number].get(there, True) if number in handed else value
                for number, value in zip(kind.numbers, columns[cell], strict=True)
            ]
            others = [each for other, each in kind.handed.items() if other != pairs and own in dict(other)]
            if not others:
                check_required(kind.mapper.class_, cell.told, values, places)


def _check_keys(graph: Graph) -> None:
    """Raises WhyFlushError where foreign keys that were given as such may be those of other new objects."""
    given = {
        kind.layout.table
        for kind in graph.kinds.values()
        if any(cell in kind.draft.parts[0].columns for cell in kind.layout.keys)
    }
    for kind in graph.kinds.values() if given else ():
        for cell, values in kind.draft.parts[0].columns.items():
            refers = any(each.column.table in given for each in cell.column.foreign_keys)
            if refers and any(value is not None for value in values):
                raise WhyFlushError("keys of new objects are given")


def way_of_graph(session: Session, graph: Graph) -> Way:
    """The way of a graph: that of each wave, or a flush where one needs it."""
    for kind in graph.kinds.values():
        left = cells_left(kind.layout, kind.draft.parts[0])
        kind.way = way_for(session, kind.draft, [cell.column for cell in left])
        if kind.way.name == "flush":
            return cast("Way", kind.way)
    return Way("graph", "")


def insert_graph(session: Session, draft: Draft) -> list[Any]:
    """Inserts the objects of a graph; they are persistent ones of the session then."""
    graph: Graph = draft.graph
    assert draft.objects is not None
    connection = session.connection(bind_arguments={"mapper": draft.mapper})
    before = [_Before(kind) for kind in graph.kinds.values()]
    try:
        with paused():
            for wave in range(graph.depth):
                for kind in graph.kinds.values():
                    if wave in kind.waves:
                        _insert_wave(connection, kind, kind.waves[wave])
            _insert_links(connection, graph)
            for kind in graph.kinds.values():
                give(kind.objects, kind.draft.generated)
                persist(session, kind.mapper, kind.objects)
    except BaseException:
        for each in before:
            each.put_back()
        graph.give_back()
        raise
    return draft.objects


class _Before:
    """What objects had of what they are given."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        given = kind.draft.parts[0].columns
        self._names = [cell.key for cell in kind.layout.cells if cell.key in kind.keys or cell not in given]
        self._values = [
            (name, obj.__dict__, obj.__dict__[name])
            for name in self._names
            for obj in kind.objects
            if name in obj.__dict__
        ]

    def put_back(self) -> None:
        for obj in self.kind.objects:
            for name in self._names:
                obj.__dict__.pop(name, None)
        for name, held, value in self._values:
            held[name] = value


def _insert_wave(connection: Connection, kind: Kind, which: slice) -> None:
    objects, numbers, layout = kind.objects[which], kind.numbers[which], kind.layout
    for pairs, handed in kind.handed.items():
        for obj, number in zip(objects, numbers, strict=True):
            if number not in handed:
                continue
            held, of = obj.__dict__, handed[number]
            for own, there in pairs:
                held[own] = of[there]
    keys = kind.keys
    columns: dict[Cell, Sequence[Any]] = {
        cell: [obj.__dict__.get(cell.key) for obj in objects] if cell.key in keys else values[which]
        for cell, values in kind.draft.parts[0].columns.items()
    }
    part = Part(0, len(objects), columns)
    left = cells_left(layout, part)
    done = insert_part(connection, kind.way.name, layout, part, [cell.column for cell in left])
    if left:
        named = [cell.key for cell in left if cell.key is not None]
        give(objects, dict(zip(named, zip(*done.rows, strict=True), strict=True)))


def _insert_links(connection: Connection, graph: Graph) -> None:
    """Inserts the rows between objects."""
    by_table: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for link, obj, other in graph.links.values():
        row = {column: obj.__dict__[key] for column, key in link.own}
        row.update({column: other.__dict__[key] for column, key in link.other})
        columns = sorted(row, key=lambda column: str(column.name))
        by_table.setdefault((link.table, *columns), []).append(tuple([row[column] for column in columns]))
    for (table, *columns), rows in by_table.items():
        fed_columns = [FedColumn(column.name, column.type) for column in columns]

        def say(source: Source, table: Any = table, columns: Any = columns) -> Any:
            given = select(*[source.columns[column.name] for column in columns]).order_by(source.place)
            names = [column.name for column in columns]
            return insert(table).from_select(names, given, include_defaults=False)

        for _ in fed(connection, fed_columns, rows, say):
            pass
