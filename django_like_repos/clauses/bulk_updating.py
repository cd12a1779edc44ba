"""``bulk_update()``: which columns it sets, and of each row its key and its values, read and refused."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.orm.attributes import instance_state

from django_like_repos.clauses.setting import set_fields
from django_like_repos.clauses.storing import are_plain, plain_of, stored
from django_like_repos.errors import InvalidLookupValueError, UnknownFieldError, UnsupportedOperationError
from django_like_repos.language.kinds import is_computed
from django_like_repos.language.operands import Target
from django_like_repos.mapping.models import Field, Hop, hop_of, key_of, mapper_of, names_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.query import Names
from django_like_repos.query.telling import told_value

VERB: Final = "bulk_update"
ABSENT: Final[Any] = object()
"""Of what a row or an object has no value."""

Column = list[Any]
"""A value for each row."""


class Changes(NamedTuple):
    """What rows are set to: parallel lists, a place for each row."""

    names: Names
    places: list[int]
    """Where a row stood in what was given."""
    keys: list[tuple[Any, ...]]
    objects: list[Any]
    """The object that was given for a row; None where it was a dict."""
    versions: list[Any]
    """The version that a row must have; ABSENT where it may have any."""
    columns: dict[str, Column]
    """By the name of an attribute, what its column gets: a value as a read gives it, or an expression."""
    computed: tuple[str, ...]
    """The names of those that have expressions."""

    def chosen(self, which: Sequence[int]) -> "Changes":
        """Those of some places, in that order."""
        return Changes(
            self.names,
            [self.places[at] for at in which],
            [self.keys[at] for at in which],
            [self.objects[at] for at in which],
            [self.versions[at] for at in which],
            {name: [column[at] for at in which] for name, column in self.columns.items()},
            self.computed,
        )


class Given(NamedTuple):
    """The same before values are read: by the names that the caller wrote."""

    keys: list[tuple[Any, ...]]
    objects: list[Any]
    versions: list[Any]
    columns: dict[str, Column]

    def chosen(self, which: Sequence[int]) -> "Given":
        """Those of some places, in that order."""
        return Given(
            [self.keys[at] for at in which],
            [self.objects[at] for at in which],
            [self.versions[at] for at in which],
            {name: [column[at] for at in which] for name, column in self.columns.items()},
        )


def given_rows(names: Names, rows: Iterable[Any], fields: Iterable[str], *, shown: bool) -> Given:
    """The rows of ``bulk_update()``, their keys read.

    Raises UnsupportedOperationError for what is none, has no key, or is there twice, UnknownFieldError, and
    InvalidLookupValueError.
    """
    named = _named(names, fields)
    model = names.model
    if isinstance(rows, (str, bytes, Mapping, model)) or not isinstance(rows, Iterable):
        raise UnsupportedOperationError(
            f"{VERB}() takes a list of {model.__name__} objects and dicts, not a {type(rows).__name__}"
        )
    listed = [*rows]
    reader = _Reader(names, named)
    given = reader.of_like_dicts(listed) or _one_by_one(reader, listed)
    keys = reader.read_keys(given.keys)
    _check_once(names, keys, shown=shown)
    return given._replace(keys=keys)


def _one_by_one(reader: "_Reader", listed: Sequence[Any]) -> Given:
    model = reader.names.model
    columns: dict[str, Column] = {name: [] for name in reader.named}
    keys, objects, versions = [], [], []
    for place, row in enumerate(listed):
        read = reader.of_object if isinstance(row, model) else reader.of_dict
        key, version, values = read(place, row)
        keys.append(key)
        versions.append(version)
        objects.append(row if isinstance(row, model) else None)
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    return Given(keys, objects, versions, columns)


def read_changes(names: Names, given: Given, places: Sequence[int]) -> Changes:
    """What the columns get of what was given. Raises InvalidLookupValueError, which names the row."""
    columns: dict[str, Column] = {}
    computed: list[str] = []
    for name, values in given.columns.items():
        fields = set_fields(names, VERB, name)
        for field, column in zip(fields, _read(names, name, fields, values, places), strict=True):
            if field.key in columns:
                raise UnsupportedOperationError(f"{VERB}() sets {names.model.__name__}.{field.key} twice")
            columns[field.key] = column
            if column is not values and any(map(is_computed, column)):
                computed.append(field.key)
    return Changes(names, [*places], given.keys, given.objects, given.versions, columns, tuple(computed))


def _named(names: Names, fields: Iterable[str]) -> list[str]:
    """The names of what is set."""
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise UnsupportedOperationError(f"{VERB}() takes a list of names of fields, not {fields!r}")
    named = [*fields]
    if not named:
        raise UnsupportedOperationError(f"{VERB}() was given no fields to set")
    for name in named:
        if not isinstance(name, str):
            raise UnsupportedOperationError(f"{VERB}() takes names of fields, not {name!r}")
    check_names(names, named)
    return list(dict.fromkeys(named))


def check_names(names: Names, named: Iterable[str]) -> None:
    """Raises what is wrong with names that are to be set: unknown ones, paths, keys, versions."""
    mapper = mapper_of(names.model)
    key = {field.key for field in key_of(mapper)}
    for name in named:
        own = {field.key for field in set_fields(names, VERB, name)}
        if own & key:
            raise UnsupportedOperationError(
                f"{VERB}() cannot set {names.model.__name__}.{name}: rows are found by it; "
                "objects.filter(pk=…).update(…) changes a key"
            )
        if version_of(mapper) in own and callable(mapper.version_id_generator):
            raise UnsupportedOperationError(
                f"{VERB}() cannot set {names.model.__name__}.{name}: it counts the changes by itself"
            )


def version_of(mapper: Mapper[Any]) -> str | None:
    """The attribute that counts the changes of a row, if there is one."""
    column = mapper.version_id_col
    return None if column is None else mapper.get_property_by_column(column).key


def held_version(state: InstanceState[Any], version: str, otherwise: Any) -> Any:
    """The version of the row that an object was read from, or last written to."""
    return state.committed_state.get(version, state.dict.get(version, otherwise))


Row = tuple[tuple[Any, ...], Any, list[Any]]
"""The key of a row, the version that it must have, and its values."""


class _Reader:
    """Takes rows apart."""

    def __init__(self, names: Names, named: list[str]) -> None:
        self.names, self.named = names, named
        self.mapper = mapper_of(names.model)
        self.key = [field.key for field in key_of(self.mapper)]
        self.version = version_of(self.mapper)
        self.expected = {*named, *self.key}
        self.attributes = [_Attribute(names, name) for name in named]
        self.target = Target(field_path(names.bare, key_name(self.mapper)), VERB, "pk")

    def of_like_dicts(self, rows: Sequence[Any]) -> Given | None:
        """All rows, where they are dicts of what is set and of the key; else None."""
        if {*map(type, rows)} != {dict} or any({*shape} != self.expected for shape in {*map(tuple, rows)}):
            return None
        parts = [[row[name] for row in rows] for name in self.key]
        if any(type(None) in {*map(type, part)} for part in parts):
            return None
        keys = [*zip(*parts, strict=True)]
        columns = {name: [row[name] for row in rows] for name in self.named}
        nothing = [None] * len(rows)
        return Given(keys, nothing, [ABSENT] * len(rows), columns)

    def of_dict(self, place: int, row: Any) -> Row:
        if not isinstance(row, Mapping):
            takes = f"{self.names.model.__name__} objects and dicts"
            raise UnsupportedOperationError(
                f"{VERB}() takes {takes}, and row {place} is a {type(row).__name__}"
            )
        if row.keys() != self.expected:
            self._check_keys(place, row)
        key: Any = [row[name] for name in self.key] if self.key[0] in row else row["pk"]
        if not isinstance(key, list):
            key = [key] if len(self.key) == 1 else _parts(self.target, place, key)
        if None in key:
            raise UnsupportedOperationError(f"{VERB}(), row {place}: a row is found by its key, not by None")
        version = ABSENT if self.version is None else row.get(self.version, ABSENT)
        return tuple(key), version, [row[name] for name in self.named]

    def _check_keys(self, place: int, row: Mapping[str, Any]) -> None:
        model = self.names.model.__name__
        own = set(self.key) if set(self.key) <= row.keys() else {"pk"}
        missing = sorted({*own, *self.named} - row.keys())
        if missing:
            keyless = not own <= row.keys()
            name = ", ".join(self.key) if keyless else missing[0]
            raise UnsupportedOperationError(
                f"{VERB}(), row {place}: the dict has no {name!r}, "
                + (f"the key of a {model}" if keyless else "which is one of the fields")
            )
        for name in row.keys() - {*own, *self.named, self.version}:
            if not isinstance(name, str) or name not in names_of(self.mapper):
                raise UnknownFieldError(model, str(name), str(name), self.expected)
            raise UnsupportedOperationError(
                f"{VERB}(), row {place}: {name!r} would not be stored: it is none of the fields that are set"
            )

    def of_object(self, place: int, obj: Any) -> Row:
        state = instance_state(obj)
        key = self._key_of(place, obj, state)
        version = ABSENT
        if self.version is not None:
            version = held_version(state, self.version, ABSENT)
        held = state.dict
        values = [
            each.value_in(state) if each.plain is None else held.get(each.plain, ABSENT)
            for each in self.attributes
        ]
        for name, value in zip(self.named, values, strict=True):
            if value is not ABSENT:
                continue
            _refuse(place, obj, f"has no value of {name!r}: it was not set, or not loaded")
        return key, version, values

    def _key_of(self, place: int, obj: Any, state: InstanceState[Any]) -> tuple[Any, ...]:
        if state.key is not None:
            if state.deleted:
                _refuse(place, obj, "was deleted in this transaction")
            if state.committed_state and not state.committed_state.keys().isdisjoint(self.key):
                _refuse(place, obj, "has another key than its row: flush that first")
            return tuple(state.key[1])
        if state.pending:
            _refuse(place, obj, "is new and has no row yet")
        key = tuple([state.dict.get(name) for name in self.key])
        if None in key:
            _refuse(place, obj, "has no primary key, by which its row is found")
        return key

    def read_keys(self, keys: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Keys as their columns have them."""
        fields = key_of(self.mapper)
        paths = [field_path(self.names.bare, field.key) for field in fields]
        parts = [
            _column(Target(path, VERB, field.key), field, [key[at] for key in keys], range(len(keys)))
            for at, (path, field) in enumerate(zip(paths, fields, strict=True))
        ]
        return [*zip(*parts, strict=True)]


class _Attribute:
    """Where an object has what one name stands for."""

    def __init__(self, names: Names, name: str) -> None:
        mapper = mapper_of(names.model)
        fields = set_fields(names, VERB, name)
        self.columns = [field.key for field in fields]
        path = field_path(names.bare, name)
        self.composite = path.composite
        self.hops: list[Hop] = []
        for relation in mapper.relationships:
            hop = hop_of(mapper, relation.key)
            if hop is not None and hop.remote and set(self.columns) <= {*hop.remote.values()}:
                self.hops.append(hop)
        self.plain = self.columns[0] if len(self.columns) == 1 and not self.hops else None
        """The attribute itself, where there is nothing else to it."""

    def value_in(self, state: InstanceState[Any]) -> Any:
        """What an object has: of a relation that was set, the key of its other end."""
        held = state.dict
        for hop in self.hops:
            # As in a flush, what the relation was set to goes before the foreign key.
            if hop.key in state.committed_state and hop.key in held:
                return self._of_related(hop, held[hop.key])
        if all(key in held for key in self.columns):
            return self._joined([held[key] for key in self.columns])
        for hop in self.hops:
            if hop.key in held:
                return self._of_related(hop, held[hop.key])
        return ABSENT

    def _of_related(self, hop: Hop, related: Any) -> Any:
        remotes = {local: remote for remote, local in hop.remote.items()}
        if related is None:
            return None
        found = [instance_state(related).dict.get(remotes[key]) for key in self.columns]
        if None in found:
            raise UnsupportedOperationError(
                f"{VERB}(): the {type(related).__name__} of {hop!r} has no key yet: flush it first"
            )
        return self._joined(found)

    def _joined(self, values: list[Any]) -> Any:
        if len(values) == 1:
            return values[0]
        return None if all(value is None for value in values) else tuple(values)


def _refuse(place: int, obj: Any, what: str) -> NoReturn:
    raise UnsupportedOperationError(f"{VERB}(), row {place}: this {type(obj).__name__} {what}")


def _parts(target: Target, place: int, key: Any) -> list[Any]:
    return [*_at(place, lambda: target.parts(key))]


def _check_once(names: Names, keys: list[tuple[Any, ...]], *, shown: bool) -> None:
    first: dict[Any, int] = {}
    for place, key in enumerate(keys):
        before = first.setdefault(key, place)
        if before != place:
            told = ", ".join([told_value(each, shown=shown) for each in key])
            raise UnsupportedOperationError(
                f"{VERB}(): rows {before} and {place} are both {names.model.__name__} {told}: "
                "one would undo the other"
            )


def _read(
    names: Names, name: str, fields: tuple[Field, ...], values: Column, places: Sequence[int]
) -> list[Column]:
    """What each of the columns of a name gets."""
    target = Target(field_path(names.bare, name), VERB, name)
    if len(fields) == 1:
        return [_column(target, fields[0], values, places)]
    rows = []
    for place, value in zip(places, values, strict=True):
        if is_computed(value):
            raise UnsupportedOperationError(
                f"{VERB}(), row {place}: {name!r} cannot be one expression: it has {len(fields)} columns"
            )
        rows.append(_at(place, lambda value=value: stored(target, value)))  # type: ignore[misc]
    return [[row[at] for row in rows] for at in range(len(fields))]


def _column(target: Target, field: Field, values: Column, places: Sequence[int]) -> Column:
    """Values as a column stores them; expressions as they are."""
    if are_plain(field.type, values):
        return values
    is_plain = plain_of(field.type)
    return [
        value
        if is_plain(value) or is_computed(value)
        else _at(place, lambda value=value: stored(target, value))[0]  # type: ignore[misc]
        for place, value in zip(places, values, strict=True)
    ]


def _at(place: int, read: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    """What is read of a row, whose errors say which it is."""
    try:
        return read()
    except InvalidLookupValueError as error:
        told = InvalidLookupValueError(f"{VERB}(), row {place}: {error}")
        told.expected = error.expected
        raise told from None
