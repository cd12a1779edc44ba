"""What the fields of a type are on a model: columns of its row and of joined rows, lists, expressions.

Every field has a counterpart that it can hold: what is not there, NULL where None is not taken, and several
where one is, are refused.
"""

from collections.abc import Iterator, Sequence
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple, NoReturn
from uuid import UUID

from sqlalchemy import types
from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.clauses.schemas import checked_schema, name_of, nested_in, refuse_mapped, said
from django_like_repos.errors import QueryError, UnsupportedOperationError
from django_like_repos.mapping.models import Hop, columns_of, hop_of, mapper_of, odd_names_of, proxy_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path
from django_like_repos.query import Names, names
from django_like_repos.query.into import Made, Several
from django_like_repos.schemas import Schema, SchemaField, Wanted, wanted

CALL: Final = "into"

_OF_KEYS: Final = (int, str, bytes, float, Decimal, date, time, UUID, Enum, tuple)
"""The types of keys."""

Lists = tuple[tuple[str, str], ...]
"""Attributes of ``Prefetch(to_attr=…)``, and their relations."""


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


class Reading(NamedTuple):
    """A type, read of a model."""

    fields: tuple[str, ...]
    made: Made | int
    lists: tuple[Pending, ...]
    expressions: tuple[tuple[str, Any], ...]
    """What is computed, by name."""


class Missing(Exception):
    """There is no counterpart of a name. Says why."""


@cached(1024)
def reading_of(on: Names, item: Item, lists: Lists) -> Reading:
    """What is read of a model's rows for an item. Raises UnsupportedOperationError for what is not there."""
    reader = _Reader(on, lists, item.way)
    made = reader.item(item)
    return Reading(tuple(reader.fields), made, tuple(reader.lists), tuple(reader.expressions.items()))


class _Place(NamedTuple):
    """A model of whose row something is read."""

    names: Names
    prefix: str = ""
    """What leads to it from the query's model."""

    @property
    def mapper(self) -> Mapper[Any]:
        return mapper_of(self.names.model)

    @property
    def root(self) -> bool:
        return not self.prefix


class _Field(NamedTuple):
    """A field that is being read."""

    told: str
    takes: Wanted
    place: _Place
    validated: bool
    """Whether what it is of is validated with all that is in it."""

    def refuse(self, why: str) -> NoReturn:
        raise UnsupportedOperationError(f"{CALL}(): {self.told} {why}")


class _Way(NamedTuple):
    """Names of relations, and what is named behind them; of a proxy, what it stands for."""

    hops: tuple[Hop, ...]
    parts: tuple[str, ...]


class _Reader:
    """Reads types of one query."""

    def __init__(self, on: Names, lists: Lists, way: tuple[Any, ...]) -> None:
        self._on = on
        self._attributes = dict(lists)
        self._way = way
        self.fields: dict[str, int] = {}
        self.lists: list[Pending] = []
        self.expressions: dict[str, Any] = {}

    def item(self, item: Item) -> Made | int:
        """What each row is made into."""
        root = _Place(self._on)
        if item.kind is not None and not item.rest:
            return self._made(checked_schema(CALL, item.kind), root, validated=item.validated)
        if not item.rest:
            return self._column("pk")
        path = field_path(root.names, SEPARATOR.join(item.rest))
        if item.kind is None:
            return self._column(path.name)
        schema = checked_schema(CALL, item.kind)
        return self._joined(schema, _Field(name_of(item.kind), wanted(Any), root, item.validated), path)

    def _made(self, schema: Schema, place: _Place, *, validated: bool) -> Made:
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
        members: list[tuple[str, int | None, Any]] = []
        for field in schema.fields:
            if field.path is not None and field.path.nothing:
                _check_default(schema, field)
                continue
            reading = _Field(said(schema, field), wanted(field.annotation), place, validated or validates)
            members.append((field.argument, field.place, self._part(reading, field)))
        self._way = before
        way = "dict" if validated and validates else schema.kind.way
        return Made(schema.type, way, tuple(members))

    def _part(self, field: _Field, asked: SchemaField) -> Any:
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

    def _expression(self, field: _Field, asked: SchemaField) -> int:
        if not field.place.root:
            field.refuse(
                "is computed, which is for fields of a row's own type: name an annotation of the query"
            )
        assert asked.path is not None
        taken = {*self.expressions, *self._on.annotations, *field.place.mapper.all_orm_descriptors.keys()}
        name = next(each for each in _free(asked.name) if each not in taken)
        self.expressions[name] = asked.path.expression
        return self._column(name)

    def _counterpart(self, field: _Field, parts: Sequence[str]) -> Any:
        """The part of the row that names lead to. Raises Missing."""
        place, (first, *rest) = field.place, parts
        if place.root and first in self._attributes:
            way = _way_of(place.mapper, [self._attributes[first], *rest])
            return self._several(field, way, 0, first)
        if not place.root or first not in self._on.annotations:
            way = _way_of(place.mapper, parts)
            number = next((number for number, hop in enumerate(way.hops) if hop.to_many), None)
            if number is not None:
                return self._several(field, way, number, way.hops[0].key if place.root and not number else "")
        try:
            path = field_path(place.names, SEPARATOR.join(parts))
        except QueryError as error:
            raise Missing(str(error)) from error
        schema = self._nested(field) if path.relation else None
        if path.relation and field.takes.collect is not None:
            field.refuse(f"takes several, and {path} is one")
        _check_none(field, path)
        if schema is not None:
            return self._joined(schema, field, path)
        return self._column(place.prefix + path.name)

    def _nested(self, field: _Field) -> Schema | None:
        """The type that a relation is made into; None for its key."""
        found = nested_in(CALL, field.told, field.takes)
        if len(found) > 1 and any(found):
            field.refuse("is of several types, and nothing says which rows become which")
        for each in field.takes.types if None in found else ():
            refuse_mapped(CALL, each)
            if isinstance(each, type) and each is not object and not issubclass(each, _OF_KEYS):
                field.refuse(f"is of {each!r}, which has no fields that are known, and can be no key")
        return found[0] if found else None

    def _joined(self, schema: Schema, field: _Field, path: Path) -> Made:
        """An object of a row that is joined."""
        prefix = f"{field.place.prefix}{path.name}{SEPARATOR}"
        hop = path.named[-1]
        there = _Place(names(hop.target.class_, self._on.zone), prefix)
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

    def _several(self, field: _Field, way: _Way, number: int, name: str) -> Several:
        """What a statement of its own finds, behind the first relation that may be several rows."""
        hop, rest = way.hops[number], way.parts[number + 1 :]
        _check_once(way.hops[number + 1 :])
        schema = self._nested(field)
        _check_several(field, hop, rest, of_values=schema is None)
        prefix = field.place.prefix + "".join(f"{part}{SEPARATOR}" for part in way.parts[:number])
        keys = tuple([self._column(prefix + each) for each in ownership_of(hop).attributes])
        kind = None if schema is None else schema.type
        self.lists.append(Pending(name, hop, keys, Item(kind, rest, field.validated, self._way)))
        return Several(len(self.lists) - 1, keys, field.takes.collect)

    def _column(self, name: str) -> int:
        return self.fields.setdefault(name, len(self.fields))


def _ways(field: _Field, asked: SchemaField) -> Sequence[Sequence[str]]:
    """The names by which a field's counterpart is looked for."""
    if asked.path is None:
        # What is not there under an alias, which the outside world knows, is there under the name.
        return tuple(dict.fromkeys((*asked.aliases, (asked.name,))))
    if len(asked.path.names) > 1:
        field.refuse(f"is {asked.path!r}, several names, of which load_for() alone can make something")
    return (asked.path.names,)


def _check_once(hops: Sequence[Hop]) -> None:
    """Raises UnsupportedOperationError for relations that would make a list of each member of one."""
    several = next((hop for hop in hops if hop.to_many), None)
    if several is not None:
        raise UnsupportedOperationError(f"{CALL}(): {several!r} may be several rows of one that is listed")


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


def _check_none(field: _Field, path: Path) -> None:
    """Raises UnsupportedOperationError where there may be NULL, and no None is taken."""
    if field.takes.none or path.annotation is not None:
        return
    why = _null(path)
    if why:
        field.refuse(f"does not take None, and {why}")


def _null(path: Path) -> str:
    """Why there may be NULL, if there may; of what is computed nobody knows."""
    short = path.shortest
    missing = next((hop for hop in (path if path.relation else short).hops if hop.nullable), None)
    if missing is not None:
        return f"there may be no {missing!r}"
    known = [each for each in short.fields if each.column is not None]
    if known and len(known) == len(short.fields) and all(each.nullable for each in known):
        return f"{path} may be NULL"
    return ""


def _check_several(field: _Field, hop: Hop, rest: Sequence[str], *, of_values: bool) -> None:
    """Raises UnsupportedOperationError where a field cannot hold what a relation leads to."""
    relation, takes = hop.relation, field.takes
    assert relation is not None
    if takes.collect is None and relation.uselist:
        field.refuse(f"takes one value, and {hop!r} may be several rows: a list takes them")
    if takes.collect is not None and not relation.uselist:
        field.refuse(f"takes several, and {hop!r} is one row")
    if takes.collect is None and not takes.none:
        field.refuse(f"does not take None, and there may be no {hop!r}")
    if rest and takes.collect is not None and not takes.each_none:
        try:
            why = _null(field_path(names(hop.target.class_), SEPARATOR.join(rest)))
        except QueryError as error:
            raise Missing(str(error)) from error
        if why:
            field.refuse(f"takes no None among its values, and {why}")


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
