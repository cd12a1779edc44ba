"""Rows that a bulk write proposes: the values that it is given, read as those of a filter, in columns.

Everything that can be wrong in them is refused here, with the place of the row in what was given.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Table
from sqlalchemy.orm import Mapper, RelationshipDirection
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.clauses.bulk_creating import at_place, check_once, checked_rows, places_from
from django_like_repos.clauses.defaults import Given
from django_like_repos.clauses.instances import instance, is_plain_name
from django_like_repos.clauses.rest import rest_of
from django_like_repos.clauses.storing import are_plain, check_class, fit, read_in, stored
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.kinds import is_computed
from django_like_repos.language.operands import Target
from django_like_repos.mapping.models import columns_of, hop_of, mapper_of
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Names

CONSTRUCTOR: Final = "sqlalchemy.orm.decl_base"
"""The module of SQLAlchemy's own, which does nothing but set what it is given."""


class Group(NamedTuple):
    """Rows with values for the same attributes."""

    given: tuple[str, ...]
    """The attributes that were given values."""
    keys: tuple[str, ...]
    """Those and the ones that Python's defaults have filled."""
    said: Mapping[str, Any]
    """What SQL computes of a new row, by attribute."""
    rows: list[tuple[Any, ...]]
    places: list[int]
    """Where each row was among all that were given."""


def groups_of(names: Names, verb: str, values: Sequence[Any], first: int = 0) -> list[Group]:
    """The rows of dicts and instances, in order, by the attributes that they have values for.

    ``first`` is the place that the first has among all that were given.

    Raises UnknownFieldError, InvalidLookupValueError, and UnsupportedOperationError for what is neither, what
    has a row in the session, and where a value is missing.
    """
    table_of(mapper_of(names.model), verb)
    alike = _alike(names, verb, values, first)
    if alike is not None:
        return [alike] if values else []
    check_once(names.model, values, places_from(first, len(values)), verb)
    found: dict[tuple[str, ...], tuple[list[tuple[Any, ...]], list[int]]] = {}
    for place, value in enumerate(values, first):
        with at_place(place):
            row = _read(names, verb, value)
        rows, places = found.setdefault(tuple(row), ([], []))
        rows.append(tuple(row.values()))
        places.append(place)
    return [_completed(names, verb, given, *each) for given, each in found.items()]


def table_of(mapper: Mapper[Any], verb: str) -> Table:
    """The one table that the rows of a model lie in. Raises UnsupportedOperationError where it is none."""
    table = mapper.local_table
    if not isinstance(table, Table) or [*mapper.tables] != [table]:
        raise UnsupportedOperationError(
            f"{verb}() of {mapper.class_.__name__}: a row of it lies in {len(mapper.tables)} tables, and a "
            "conflict is of one: create() and update() write objects of it"
        )
    return table


def _alike(names: Names, verb: str, values: Sequence[Any], first_place: int) -> Group | None:
    """The rows of dicts that all have the same names with the usual values; None where one is different."""
    if not values:
        return Group((), (), {}, [], [])
    first = values[0]
    if type(first) is not dict or not first or not _is_set_plainly(mapper_of(names.model)):
        return None
    keys = tuple(first)
    types, wanted = types_of(mapper_of(names.model)), first.keys()
    if not wanted <= types.keys():
        return None
    if {*map(type, values)} != {dict} or {*map(len, values)} != {len(keys)}:
        return None
    try:
        # As many names as the first has, and the same.
        got = [*map(itemgetter(*keys), values)]
    except KeyError:
        return None
    rows = got if len(keys) > 1 else [*zip(got, strict=True)]
    for key, column in zip(keys, zip(*rows, strict=True), strict=True):
        if not are_plain(types[key], column):
            return None
    return _completed(names, verb, keys, rows, [*range(first_place, first_place + len(rows))])


def _completed(
    names: Names, verb: str, given: tuple[str, ...], rows: list[tuple[Any, ...]], places: list[int]
) -> Group:
    """Rows with what Python's defaults make of those that were left out. Raises for what is missing."""
    mapper = mapper_of(names.model)
    rest = rest_of(mapper, frozenset(given))
    if rest.lacking:
        raise UnsupportedOperationError(
            f"{verb}(), row {places[0]}: {names.model.__name__} has no value for "
            f"{', '.join(rest.lacking)}, and no default"
        )
    _check_given(mapper, verb, given, rows, places)
    if rest.made:
        makes = [make for _, make in rest.made]
        columns = {key: mapper.column_attrs[key].columns[0].key for key in given}
        for number, row in enumerate(rows):
            context = Given(dict(zip(columns.values(), row, strict=True)))
            rows[number] = (*row, *[make(context) for make in makes])
    return Group(given, (*given, *[key for key, _ in rest.made]), dict(rest.said), rows, places)


def _check_given(
    mapper: Mapper[Any], verb: str, given: tuple[str, ...], rows: list[tuple[Any, ...]], places: list[int]
) -> None:
    """Raises UnsupportedOperationError for None where a column takes none."""
    for number, key in enumerate(given):
        column: Any = mapper.column_attrs[key].columns[0]
        if column is mapper.polymorphic_on:
            for place, row in zip(places, rows, strict=True):
                with at_place(place):
                    check_class(mapper, verb, key, row[number])
        if column.nullable or column.type.should_evaluate_none:
            continue
        values = [*map(itemgetter(number), rows)]
        # Of some types, values are compared in SQL.
        if type(None) in {*map(type, values)}:
            place = next(place for place, each in zip(places, values, strict=True) if each is None)
            raise UnsupportedOperationError(
                f"{verb}(), row {place}: {mapper.class_.__name__}.{key} takes no None"
            )


def _read(names: Names, verb: str, value: Any) -> dict[str, Any]:
    """The values of one row, by attribute, in the order of the mapping."""
    model = names.model
    if isinstance(value, model):
        found = _held(names, verb, value)
    elif isinstance(value, Mapping):
        found = _of_mapping(names, verb, value)
    else:
        raise UnsupportedOperationError(
            f"{verb}() takes dicts and instances of {model.__name__}, not {value!r}"
        )
    return {key: found[key] for key in _order(mapper_of(model)) if key in found}


@cached(4096)
def types_of(mapper: Mapper[Any]) -> dict[str, TypeEngine[Any]]:
    """The types of the columns that take values, by their attributes."""
    computed = _computed_by_database(mapper.class_)
    return {field.key: field.type for field in columns_of(mapper) if field.key not in computed}


@cached(4096)
def _order(mapper: Mapper[Any]) -> tuple[str, ...]:
    return tuple([field.key for field in columns_of(mapper)])


def _of_mapping(names: Names, verb: str, values: Mapping[str, Any]) -> dict[str, Any]:
    computed = next((name for name, value in values.items() if is_computed(value)), None)
    if computed is not None:
        raise UnsupportedOperationError(
            f"{verb}({computed}={values[computed]!r}): rows have plain values here, and this is computed by "
            "the database: update_fields= of upsert() takes it"
        )
    mapper = mapper_of(names.model)
    if not _is_set_plainly(mapper) or not all(is_plain_name(names.model, name) for name in values):
        # What the mapping has Python code for is made by it.
        usual = fit(names, verb, values)
        return _held(names, verb, instance(names, verb, values, usual=usual))
    found: dict[str, Any] = {}
    for name, value in values.items():
        for key, each in _columns_named(names, verb, name, value):
            if key in found:
                raise UnsupportedOperationError(f"{names.model.__name__}.{key} is given twice")
            found[key] = each
    return found


def _columns_named(names: Names, verb: str, name: str, value: Any) -> Iterator[tuple[str, Any]]:
    path = written_path(names, name)
    own = path.shortest
    if own.hops or own.transforms or not own.fields or (path.hops and not path.relation):
        raise UnsupportedOperationError(f"{name!r} is no column of {names.model.__name__}'s own")
    if any(field.key in _computed_by_database(names.model) or field.column is None for field in own.fields):
        raise UnsupportedOperationError(f"{names.model.__name__}.{name} is computed, and takes no value")
    values = stored(Target(path, verb, name), value)
    yield from zip([field.key for field in own.fields], values, strict=True)


def _held(names: Names, verb: str, obj: Any) -> dict[str, Any]:
    """What an instance has for its columns, the keys of what it refers to included."""
    state: Any = instance_state(obj)
    if state.session is not None:
        raise UnsupportedOperationError(
            f"this {names.model.__name__} is in a session, whose flush writes it: give a dict of values"
        )
    read_in(names, verb, obj)
    mapper = mapper_of(names.model)
    found = {key: state.dict[key] for key in _order(mapper) if key in state.dict}
    for relation in mapper.relationships:
        related = state.dict.get(relation.key)
        if not related or relation.viewonly:
            continue
        hop = hop_of(mapper, relation.key)
        if relation.direction is not RelationshipDirection.MANYTOONE or hop is None or not hop.remote:
            raise UnsupportedOperationError(
                f"{relation.key}: objects that come along are not written by {verb}(), which writes one table"
            )
        for remote, local in hop.remote.items():
            key = getattr(related, remote, None)
            if key is None:
                raise UnsupportedOperationError(
                    f"{relation.key}: {related!r} has no {remote} yet: flush it first"
                )
            found[local] = key
    computed = _computed_by_database(names.model)
    return {key: value for key, value in found.items() if key not in computed}


@cached(4096)
def _computed_by_database(model: type[Any]) -> frozenset[str]:
    fields = columns_of(mapper_of(model))
    return frozenset([each.key for each in fields if each.column is None or each.column.computed is not None])


@cached(4096)
def _is_set_plainly(mapper: Mapper[Any]) -> bool:
    """Whether no Python code of the mapping sees what an instance is made of."""
    constructor: Any = mapper.class_manager.original_init
    return constructor.__module__ == CONSTRUCTOR and not mapper.validators


def listed(verb: str, values: Any, model: type[Any]) -> list[Any]:
    """What was given, to be gone through more than once. Raises UnsupportedOperationError for no list."""
    return [*checked_rows(model, values, verb)]
