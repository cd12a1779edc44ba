"""What a schema reads of a model's objects, field by field: columns, relations, and what they read in turn.

A field is read as pydantic does it, ``from_attributes``: by the attribute of its alias, or of its name. Where
nobody can know what that reads, a property for one, every column of the model is.
"""

from inspect import getattr_static, isroutine
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.clauses.schemas import (
    checked_schema,
    name_of,
    nested_in,
    refuse_keys,
    refuse_unread,
    said,
)
from django_like_repos.errors import QueryError, UnsupportedOperationError
from django_like_repos.mapping.models import (
    Hop,
    attribute_of,
    columns_of,
    composite_of,
    field_of,
    hop_of,
    key_of,
    mapper_of,
    names_of,
    odd_names_of,
    proxy_of,
    subclass_of,
    subclasses_with,
)
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.mapping.paths import SEPARATOR, field_path
from django_like_repos.query import names
from django_like_repos.schemas import Schema, SchemaField, Wanted, wanted

Place = tuple[str, ...]

_CALL = "load_for"


class Loads:
    """What is read of models, and of what to-one relations lead to."""

    def __init__(self, mapper: Mapper[Any]) -> None:
        self.mapper = mapper
        self.models: dict[Place, Mapper[Any]] = {(): mapper}
        """Of which models something is read: the relations that lead there from the one at hand."""
        self.columns: set[Place] = set()
        self.whole: set[Place] = set()
        """The models of which everything is read."""
        self.lists: dict[tuple[Place, str], Loads] = {}
        """What is read of the rows that statements of their own load: by the model, and its relation."""
        self.filtered: set[str] = set()
        """The filtered relations that are read."""
        self.written: set[str] = set()
        """What a ``Path`` names behind names of the query, which alone knows what they are."""
        self.narrow = True
        """Whether it can be said which columns are read: not of subclasses."""


class Known(NamedTuple):
    """What a query puts on its models beside their attributes."""

    names: frozenset[str] = frozenset()
    """Annotations."""
    relations: frozenset[str] = frozenset()
    """Filtered relations."""
    lists: tuple[tuple[str, str], ...] = ()
    """Attributes of ``Prefetch(to_attr=…)``, and their relations."""


class _Asked(NamedTuple):
    """What a field asks for."""

    told: str
    """What it is called."""
    takes: Wanted
    by_pydantic: bool
    """Whether pydantic makes what it takes of what is there, and nobody's code does."""
    converted: bool
    """Whether somebody's code makes it of the field's value."""
    written: bool
    """Whether a ``Path`` says what is read."""


_OTHERWISE: Final = (
    "annotate() adds one, an alias or Path() names another",
    "Path() says what an attribute reads; an AliasPath is read in its place, and into() makes rows of a Path",
)


@cached(1024)
def loads_of(model: type[Any], kinds: tuple[type[Any], ...], known: Known) -> Loads:
    """What types read of a model. Raises UnsupportedOperationError for what they cannot."""
    loads = Loads(mapper_of(model))
    for kind in kinds:
        _Reader(loads, known, ()).schema((), checked_schema(_CALL, kind))
    return loads


class _Reader:
    """Reads what schemas want into ``Loads``."""

    def __init__(self, loads: Loads, known: Known, way: tuple[tuple[Any, Any], ...]) -> None:
        self._loads = loads
        self._known = known
        self._way = way
        """The schemas that led here, each with its model."""

    def schema(self, place: Place, schema: Schema) -> None:
        """Reads every field of a schema, of the model at a place."""
        mapper = self._loads.models[place]
        step = schema.type, mapper
        if step in self._way:
            raise UnsupportedOperationError(
                f"{_CALL}(): {name_of(schema.type)} is within itself, with no end that it could be loaded "
                "to: give the inner one a type of its own"
            )
        before, self._way = self._way, (*self._way, step)
        if schema.opaque:
            self._loads.whole.add(place)
        for field in schema.fields:
            self._field(place, schema, field)
        self._way = before

    def _field(self, place: Place, schema: Schema, field: SchemaField) -> None:
        told = said(schema, field)
        asked = _Asked(
            told,
            wanted(field.annotation),
            schema.kind.way == "validated" and not (schema.opaque or field.converted or field.path),
            field.converted,
            field.path is not None,
        )
        if field.path is not None and field.path.expression is not None:
            raise UnsupportedOperationError(
                f"{_CALL}(): {told} is {field.path!r}: annotate({field.name}=…) computes it, or into() makes "
                "rows of it"
            )
        names = field.path.names if field.path is not None else ()
        for name in names:
            odd = name in odd_names_of(self._loads.models[place])
            self._attributes(place, [name] if odd else name.split(SEPARATOR), asked)
        ways = field.aliases or ((field.name,),)
        way = next((way for way in ways if self._is_known(place, str(way[0]))), None)
        if way is None and (field.required or names) and not schema.opaque:
            mapper = self._loads.models[place]
            raise UnsupportedOperationError(
                f"{_CALL}(): {told}: {mapper.class_.__name__} has no attribute {ways[0][0]!r}, "
                f"only {', '.join(names_of(mapper))}: {_OTHERWISE[bool(names)]}"
            )
        if way is not None and field.path is None:
            # A number is a place among several, of which each is read alike.
            self._attributes(place, [part for part in way if isinstance(part, str)], asked)

    def _is_known(self, place: Place, name: str) -> bool:
        cls: Any = self._loads.models[place].class_
        known = {*self._known.names, *self._known.relations, *dict(self._known.lists)}
        if not place and name in known:
            return True
        return hasattr(cls, name) or bool(subclasses_with(self._loads.models[place], name))

    def _attributes(self, place: Place, parts: list[str], asked: "_Asked") -> None:
        """Reads attributes, one of the other, from the model at a place on."""
        first, *rest = parts
        mapper = self._loads.models[place]
        lists = dict(self._known.lists) if not place else {}
        if not place and first in {*self._known.relations, *self._known.names}:
            if first in self._known.relations:
                self._loads.filtered.add(first)
            if asked.written:
                self._loads.written.add(SEPARATOR.join(parts))
            return
        hop = hop_of(mapper, lists.get(first, first))
        proxy = proxy_of(mapper, first)
        if hop is not None:
            self._relation(place, first if first in lists else hop.key, hop, rest, asked)
        elif proxy is not None:
            inner = asked._replace(takes=asked.takes._replace(types=()))
            self._attributes(place, [*proxy, *rest], inner)
        elif self._column(place, first):
            self._check_end(place, parts, asked)
        else:
            self._other(place, parts, asked)

    def _check_end(self, place: Place, parts: list[str], asked: "_Asked") -> None:
        """Raises UnsupportedOperationError for what a ``Path`` names behind a column, and is no part of it.

        Of an alias it is an attribute of the value in Python, or a key of it.
        """
        if not asked.written or len(parts) == 1:
            return
        mapper = self._loads.models[place]
        try:
            field_path(names(mapper.class_), SEPARATOR.join(parts))
        except QueryError as error:
            raise UnsupportedOperationError(f"{_CALL}(): {asked.told}: {error}") from error

    def _column(self, place: Place, name: str) -> bool:
        """Reads what is of the model's own columns, if the name is of such."""
        mapper = self._loads.models[place]
        composite, field = composite_of(mapper, name), field_of(mapper, name)
        if field is not None and field.hybrid is not None:
            # Its Python code reads what its SQL may not.
            self._loads.whole.add(place)
        elif field is not None or composite is not None:
            keys = [field] if composite is None else composite.fields
            self._loads.columns |= {(*place, attribute_of(mapper, each.key)) for each in keys if each}
        else:
            return name == "pk"
        return True

    def _other(self, place: Place, parts: list[str], asked: "_Asked") -> None:
        """Reads what is of subclasses, or of the class alone."""
        mapper, name = self._loads.models[place], parts[0]
        below = subclasses_with(mapper, name)
        if below:
            self._loads.narrow = False
        for each in below:
            hop = subclass_of(mapper, each)
            assert hop is not None
            inner = (*place, each)
            self._loads.models[inner] = hop.target
            self._attributes(inner, parts, asked)
        cls: Any = mapper.class_
        if not below and not hasattr(cls, name):
            raise UnsupportedOperationError(
                f"{_CALL}(): {asked.told}: {cls.__name__} has no attribute {name!r}, "
                f"only {', '.join(names_of(mapper))}"
            )
        if not below:
            self._check_end(place, parts, asked)
        found = getattr_static(cls, name, None)
        if not below and hasattr(found, "__get__") and not isroutine(found):
            self._loads.whole.add(place)

    def _relation(self, place: Place, name: str, hop: Hop, rest: list[str], asked: "_Asked") -> None:
        takes, told = asked.takes, asked.told
        assert hop.relation is not None
        if hop.relation.uselist and not rest and takes.types and not takes.collect and not takes.anything:
            (found, *_) = nested_in(_CALL, told, takes)
            if found is not None:
                raise UnsupportedOperationError(
                    f"{_CALL}(): {told} is one {name_of(found.type)}, and {hop!r} may be several"
                )
        if not hop.to_many and name == hop.key:
            inner = (*place, name)
            self._loads.models[inner] = hop.target
            self._end(self, inner, rest, asked)
            return
        if hop.relation.lazy in ("write_only", "dynamic") and name == hop.key:
            raise UnsupportedOperationError(
                f"{_CALL}(): {told}: {hop!r} is {hop.relation.lazy} and never holds what was loaded; "
                f"prefetch_related(Prefetch({hop.key!r}, to_attr=…)) puts it into an attribute"
            )
        below = self._loads.lists.setdefault((place, name), Loads(hop.target))
        self._loads.columns |= {(*place, each) for each in ownership_of(hop).attributes}
        self._end(_Reader(below, Known(), self._way), (), rest, asked)

    def _end(self, reader: "_Reader", place: Place, rest: list[str], asked: "_Asked") -> None:
        """Goes on behind a relation, with what is named there, or what is wanted of it."""
        if rest:
            reader._attributes(place, rest, asked)
            return
        if asked.by_pydantic:
            refuse_keys(_CALL, asked.told, asked.takes)
        for schema in nested_in(_CALL, asked.told, asked.takes) or [None]:
            if schema is None or (asked.converted and schema.kind.way != "validated"):
                reader._loads.whole.add(place)
            else:
                if asked.by_pydantic:
                    refuse_unread(_CALL, asked.told, schema)
                reader.schema(place, schema)


def named_columns(loads: Loads) -> frozenset[Place]:
    """The columns to be named, so that these and no others are loaded; none where nothing need be said."""
    if not loads.narrow or (loads.whole >= loads.models.keys()):
        return frozenset()
    keys = {(*place, each.key) for place, mapper in loads.models.items() for each in key_of(mapper)}
    every = {
        (*place, each.key)
        for place in loads.whole
        for each in columns_of(loads.models[place])
        if not _is_deferred(loads.models[place], each.key)
    }
    return frozenset(loads.columns | keys | every)


def _is_deferred(mapper: Mapper[Any], key: str) -> bool:
    return bool(mapper.column_attrs[key].deferred)
