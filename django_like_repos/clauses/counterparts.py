"""What the fields of a type are on a model: columns of its row and of joined rows, lists, expressions.

Every field has a counterpart that it can hold: what is not there, NULL where None is not taken, and several
where one is, are refused.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar, get_origin

from sqlalchemy import types
from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.clauses.fitting import (
    CALL,
    HASHING,
    OF_KEYS,
    Field,
    Missing,
    Place,
    check_none,
    check_several,
    check_type,
)
from django_like_repos.clauses.schemas import checked_schema, name_of, nested_in, refuse_mapped, said
from django_like_repos.errors import QueryError, UnsupportedOperationError
from django_like_repos.mapping.models import Hop, columns_of, hop_of, odd_names_of, proxy_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path
from django_like_repos.query import Names, names
from django_like_repos.query.into import Made, Several
from django_like_repos.schemas import Schema, SchemaField, wanted


class Chosen(NamedTuple):
    """What the prefetches of a query say."""

    attributes: tuple[tuple[str, str], ...] = ()
    """Attributes of ``Prefetch(to_attr=…)``, and their relations."""
    rows: tuple[tuple[str, bool], ...] = ()
    """Names under which a queryset chooses the rows, there or further on; whether it may leave some out."""


class Item(NamedTuple):
    """What each row is made into: an object of a type, or a value."""

    kind: Any
    """None for a value."""
    rest: tuple[str, ...] = ()
    """The names that lead to it from the row; none for the row itself, or its key."""
    validated: bool = False
    """Whether it is within what validates it."""
    way: tuple[Any, ...] = ()
    """The types that it is within, each with its model."""


class Pending(NamedTuple):
    """Rows at the end of a relation that a statement of their own is to find."""

    name: str
    """Under which the query may have a prefetch for them; empty where it cannot."""
    hop: Hop
    keys: tuple[int, ...]
    item: Item
    told: str
    """The field that they are for."""
    collect: Any
    """What they are put into there."""


class Reading(NamedTuple):
    """A type, read of a model."""

    fields: tuple[str, ...]
    made: Made | int
    lists: tuple[Pending, ...]
    expressions: tuple[tuple[str, Any], ...]
    """What is computed, by name."""


@cached(1024)
def reading_of(on: Names, item: Item, chosen: Chosen) -> Reading:
    """What is read of a model's rows for an item. Raises UnsupportedOperationError for what is not there."""
    reader = _Reader(on, chosen, item.way)
    made = reader.item(item)
    return Reading(tuple(reader.fields), made, tuple(reader.lists), tuple(reader.expressions.items()))


class _Way(NamedTuple):
    """Names of relations, and what is named behind them; of a proxy, what it stands for."""

    hops: tuple[Hop, ...]
    parts: tuple[str, ...]


class _Reader:
    """Reads types of one query."""

    def __init__(self, on: Names, chosen: Chosen, way: tuple[Any, ...]) -> None:
        self._on = on
        self._attributes = dict(chosen.attributes)
        self._chosen = dict(chosen.rows)
        self._way = way
        self.fields: dict[str, int] = {}
        self.lists: list[Pending] = []
        self.expressions: dict[str, Any] = {}

    def item(self, item: Item) -> Made | int:
        """What each row is made into."""
        root = Place(self._on)
        if item.kind is not None and not item.rest:
            return self._made(checked_schema(CALL, item.kind), root, validated=item.validated)
        if not item.rest:
            return self._column("pk")
        path = field_path(root.names, SEPARATOR.join(item.rest))
        self._check_unchosen(path)
        if item.kind is None:
            return self._column(path.name)
        schema = checked_schema(CALL, item.kind)
        field = Field(name_of(item.kind), wanted(Any), root, item.validated, converts=True)
        return self._joined(schema, field, path)

    def _made(self, schema: Schema, place: Place, *, validated: bool) -> Made:
        """An object of the row at a place; ``validated``, if what it is within does that."""
        refuse_mapped(CALL, schema.type)
        step = schema.type, place.names.model
        if step in self._way:
            raise UnsupportedOperationError(
                f"{CALL}(): {name_of(schema.type)} is within itself, with no end that it could be read to: "
                "give the inner one a type of its own"
            )
        before, self._way = self._way, (*self._way, step)
        validates = schema.kind.way == "validated"
        # An object is taken as it is by what validates it, with what is in it.
        within = validates or (validated and schema.kind.way != "call")
        members: list[tuple[str, int | None, Any]] = []
        for field in schema.fields:
            if field.path is not None and field.path.nothing:
                _check_default(schema, field)
                continue
            reading = Field(
                said(schema, field),
                wanted(field.annotation),
                place,
                within,
                # A dict or a tuple is made anew by what validates it; an object is taken as it is.
                (validated and schema.kind.way != "call") or schema.converts or field.converted,
                schema.opaque or field.converted,
            )
            members.append((field.argument, field.place, self._part(reading, field)))
        self._way = before
        way = "dict" if validated and validates else schema.kind.way
        return Made(schema.type, way, tuple(members))

    def _part(self, field: Field, asked: SchemaField) -> Any:
        """What a field is made of."""
        if asked.path is not None and asked.path.expression is not None:
            return self._expression(field, asked)
        why: Missing | None = None
        for way in _ways(field, asked):
            whole = SEPARATOR.join(way)
            # Of few names two underscores are a part.
            parts = [whole] if whole in odd_names_of(field.place.mapper) else whole.split(SEPARATOR)
            try:
                return self._counterpart(field, parts)
            except Missing as error:
                why = why or error
        return field.refuse(f"has no counterpart: {why}")

    def _expression(self, field: Field, asked: SchemaField) -> int:
        if not field.place.root:
            field.refuse(
                "is computed, which is for fields of a row's own type: name an annotation of the query"
            )
        assert asked.path is not None
        taken = {*self.expressions, *self._on.annotations, *field.place.mapper.all_orm_descriptors.keys()}
        name = next(each for each in _free(asked.name) if each not in taken)
        self.expressions[name] = asked.path.expression
        return self._column(name)

    def _counterpart(self, field: Field, parts: Sequence[str]) -> Any:
        """The part of the row that names lead to. Raises Missing."""
        place, (first, *rest) = field.place, parts
        if place.root and first in self._attributes:
            way = _way_of(place.mapper, [self._attributes[first], *rest])
            return self._several(field, way, 0, first)
        if not place.root or first not in self._on.annotations:
            way = _way_of(place.mapper, parts)
            name = way.hops[0].key if place.root and way.hops else ""
            several = next((number for number, hop in enumerate(way.hops) if hop.to_many), None)
            number = 0 if name in self._chosen else several
            if number is not None:
                return self._several(field, way, number, "" if number else name)
        path = _path_of(place.names, parts)
        if place.root and first not in self._on.relations:
            self._check_unchosen(path)
        schema = self._nested(field) if path.relation else None
        if path.relation and field.takes.collect is not None:
            field.refuse(f"takes several, and {path} is one")
        check_none(field, path)
        if schema is not None:
            return self._joined(schema, field, path)
        check_type(field, path)
        return self._column(place.prefix + path.name)

    def _check_unchosen(self, path: Path) -> None:
        """Raises UnsupportedOperationError where a path is joined past a queryset that chooses its rows."""
        hops = path.named or path.hops
        first = hops[0] if hops else None
        if first is None or (first.relation is None and len(hops) == 1):
            return
        if first.key in self._chosen:
            raise UnsupportedOperationError(
                f"{CALL}(): {path} leads past the Prefetch of {first!r}, whose rows are read by themselves: "
                f"name {first.key!r}, for a type of its own"
            )

    def _nested(self, field: Field) -> Schema | None:
        """The type that a relation is made into; None for its key."""
        found = nested_in(CALL, field.told, field.takes)
        if len(found) > 1 and any(found):
            field.refuse("is of several types, and nothing says which rows become which")
        for each in field.takes.types if None in found else ():
            refuse_mapped(CALL, each)
            if isinstance(each, TypeVar):
                field.refuse(f"is of {each.__name__}, a type variable: a type that says what it is has it")
            kind = get_origin(each) or each
            if isinstance(kind, type) and kind not in (Any, object) and not issubclass(kind, OF_KEYS):
                field.refuse(f"is of {each!r}, which has no fields that are known, and can be no key")
        return found[0] if found else None

    def _joined(self, schema: Schema, field: Field, path: Path) -> Made:
        """An object of a row that is joined."""
        prefix = f"{field.place.prefix}{path.name}{SEPARATOR}"
        hop = path.named[-1]
        there = Place(names(hop.target.class_, self._on.zone), prefix)
        made = self._made(schema, there, validated=field.validated)
        if not any(each.nullable for each in path.hops):
            return made
        return made._replace(presence=self._column(prefix + self._presence(prefix, hop)))

    def _presence(self, prefix: str, hop: Hop) -> str:
        """A column that is never NULL where a row is there: one that is read already, or a small one."""
        own = [
            each.key
            for each in columns_of(hop.target)
            if each.column is not None and not each.nullable and each.key not in hop.remote
        ]
        read = [key for key in own if prefix + key in self.fields]
        small = [key for key in own if _is_small(hop.target, key)]
        # With nothing but its key, that is a column of the row that leads to it.
        return next(iter((*read, *small, *own)), "pk")

    def _several(self, field: Field, way: _Way, number: int, name: str) -> Several:
        """What a statement of its own finds, behind the first relation that may be several rows."""
        hop, rest = way.hops[number], way.parts[number + 1 :]
        _check_once(way.hops[number + 1 :])
        end = _path_of(names(hop.target.class_), rest) if rest else None
        of_rows = end is None or end.relation
        schema = self._nested(field) if of_rows else None
        check_several(field, hop, end, partial=self._chosen.get(name, False))
        if schema is None:
            check_type(field, end or field_path(names(hop.target.class_), "pk"), each=True)
        prefix = field.place.prefix + "".join(f"{part}{SEPARATOR}" for part in way.parts[:number])
        keys = tuple([self._column(prefix + each) for each in ownership_of(hop).attributes])
        kind, collect = None if schema is None else schema.type, field.takes.collect
        # What goes into a set is an object already, and no dict that is yet to be one.
        validated = field.validated and collect not in HASHING
        item = Item(kind, rest, validated, self._way)
        self.lists.append(Pending(name, hop, keys, item, field.told, collect))
        return Several(len(self.lists) - 1, keys, collect)

    def _column(self, name: str) -> int:
        return self.fields.setdefault(name, len(self.fields))


def _ways(field: Field, asked: SchemaField) -> Sequence[Sequence[str]]:
    """The names by which a field's counterpart is looked for."""
    if asked.path is None:
        # What is not there under an alias, which the outside world knows, is there under the name.
        ways = [tuple(map(str, way)) for way in asked.aliases]
        return tuple(dict.fromkeys((*ways, (asked.name,))))
    if len(asked.path.names) > 1:
        field.refuse(f"is {asked.path!r}, several names, of which load_for() alone can make something")
    return (asked.path.names,)


def _check_once(hops: Sequence[Hop]) -> None:
    """Raises UnsupportedOperationError for relations that would make a list of each member of one."""
    several = next((hop for hop in hops if hop.to_many), None)
    if several is not None:
        raise UnsupportedOperationError(f"{CALL}(): {several!r} may be several rows of one that is listed")


def _path_of(on: Names, parts: Sequence[str]) -> Path:
    try:
        return field_path(on, SEPARATOR.join(parts))
    except QueryError as error:
        raise Missing(str(error)) from error


def _way_of(mapper: Mapper[Any], parts: Sequence[str]) -> _Way:
    hops: list[Hop] = []
    names, todo = [], [*parts]
    while todo:
        hop, proxy = hop_of(mapper, todo[0]), proxy_of(mapper, todo[0])
        if hop is not None:
            hops.append(hop)
            names.append(todo.pop(0))
            mapper = hop.target
        elif proxy is not None:
            todo = [*proxy, *todo[1:]]
        else:
            break
    return _Way(tuple(hops), (*names, *todo))


def _check_default(schema: Schema, field: SchemaField) -> None:
    if field.required:
        raise UnsupportedOperationError(
            f"{CALL}(): {said(schema, field)} is Path(None), and has no default that it could keep"
        )


def _is_small(mapper: Mapper[Any], key: str) -> bool:
    column = mapper.column_attrs[key]
    return not column.deferred and isinstance(
        column.columns[0].type, (types.Integer, types.Boolean, types.Uuid)
    )


def _free(name: str) -> Iterator[str]:
    """A name, and others that are like it."""
    yield name
    number = 1
    while True:
        yield f"{name}_{number}"
        number += 1
