"""What is done with rows that conflict with those that are there: ``upsert()``'s arguments and Django's."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter, le
from typing import Any, NamedTuple

from sqlalchemy.orm import Mapper

from django_like_repos.clauses.instances import resolved
from django_like_repos.clauses.proposals import Group, table_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.conditions import read_call
from django_like_repos.mapping.models import Field, key_of, mapper_of
from django_like_repos.mapping.uniqueness import UniqueKey, unique_keys
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Clause, Expression, Names, Q
from django_like_repos.query.names import proposing
from django_like_repos.query.telling import told_value


class Conflict(NamedTuple):
    """What rows are told apart by, and what is set in one that is there."""

    verb: str
    names: Names
    """In which ``Proposed`` has a meaning."""
    match: tuple[str, ...]
    """The attributes that rows are told apart by."""
    nulls_alike: bool
    sets: tuple[str, ...] | None
    """The attributes that get what is proposed; None for all that are given."""
    computed: Mapping[str, Any]
    """What others get, by name: values and expressions."""
    where: Clause | None
    """Which of those that are there are changed."""


def upserting(
    names: Names,
    match_fields: Any,
    update_fields: Any,
    where: Any,
) -> Conflict:
    """The arguments of ``upsert()``."""
    verb = "upsert"
    mapper = mapper_of(names.model)
    found = unique_by(names, verb, "match_fields", match_fields)
    offered = proposing(names)
    computed: Mapping[str, Any] = {}
    if isinstance(update_fields, Mapping):
        sets: tuple[str, ...] | None = ()
        computed = {**update_fields}
        for key in [key for name in computed for key in _own_columns(names, verb, "update_fields", name)]:
            _refuse_key(mapper, verb, key)
    else:
        sets = None if update_fields is None else _set_by(names, verb, update_fields)
    for key in sets or ():
        _refuse_key(mapper, verb, key)
    return Conflict(
        verb, offered, found.keys, found.nulls_alike, sets, computed, _condition(offered, verb, where)
    )


def getting(names: Names, match_fields: Any) -> Conflict:
    """The argument of ``bulk_get_or_create()``: nothing is changed of what is there."""
    verb = "bulk_get_or_create"
    found = unique_by(names, verb, "match_fields", match_fields)
    return Conflict(verb, proposing(names), found.keys, found.nulls_alike, (), {}, None)


def creating(
    names: Names, *, ignore: bool, update: bool, update_fields: Any, unique_fields: Any
) -> Conflict | None:
    """The arguments of ``bulk_create()`` about conflicts, as Django has them; None where none is meant.

    Raises ValueError as Django does for those that do not go together.
    """
    verb = "bulk_create"
    if ignore and update:
        raise ValueError("ignore_conflicts and update_conflicts are mutually exclusive.")
    if not update and update_fields:
        raise ValueError("bulk_create(): update_fields are for update_conflicts=True")
    if not update and not ignore:
        if unique_fields:
            raise ValueError(
                "bulk_create(): unique_fields are for update_conflicts=True or ignore_conflicts=True"
            )
        return None
    mapper = mapper_of(names.model)
    if ignore:
        match: tuple[str, ...] = ()
        if unique_fields:
            match = unique_by(names, verb, "unique_fields", unique_fields).keys
        return Conflict(verb, names, match, False, (), {}, None)
    if not update_fields:
        raise ValueError(
            "Fields that will be updated when a row insertion fails on conflicts must be provided: "
            "update_fields"
        )
    if not unique_fields:
        raise ValueError("Unique fields that can trigger the upsert must be provided: unique_fields")
    sets = _set_by(names, verb, update_fields)
    for key in sets:
        _refuse_key(mapper, verb, key)
    found = unique_by(names, verb, "unique_fields", unique_fields)
    return Conflict(verb, proposing(names), found.keys, found.nulls_alike, sets, {}, None)


class _Unique(NamedTuple):
    keys: tuple[str, ...]
    nulls_alike: bool


def unique_by(names: Names, verb: str, argument: str, fields: Any) -> _Unique:
    """The attributes that fields name, which something in the table has to make unique.

    Raises UnknownFieldError, and UnsupportedOperationError that names what the table has.
    """
    mapper = mapper_of(names.model)
    table = table_of(mapper, verb)
    wanted = tuple(
        dict.fromkeys(
            [
                key
                for name in _listed(verb, argument, fields)
                for key in _own_columns(names, verb, argument, name)
            ]
        )
    )
    columns = {mapper.column_attrs[key].columns[0] for key in wanted}
    keys = unique_keys(table)
    found = next((each for each in keys if {*each.columns} == columns), None)
    if found is None:
        known = "; ".join([told for each in keys if (told := _told(mapper, each))])
        raise UnsupportedOperationError(
            f"{verb}({argument}={[*_listed(verb, argument, fields)]!r}): nothing makes rows of {table.name} "
            f"unique by {', '.join(wanted)}, so that none conflicts. What does: {known or 'nothing'}"
        )
    return _Unique(wanted, found.nulls_alike)


def _told(mapper: Mapper[Any], key: UniqueKey) -> str:
    names = [
        mapper.get_property_by_column(column).key
        for column in key.columns
        if column in mapper._columntoproperty
    ]
    if len(names) != len(key.columns):
        return ""
    return f"{', '.join(names)} ({key.name})" if key.name else ", ".join(names)


def _listed(verb: str, argument: str, fields: Any) -> tuple[str, ...]:
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise UnsupportedOperationError(f"{verb}({argument}={fields!r}): give a list of names of fields")
    listed = tuple(fields)
    if not listed or not all(isinstance(each, str) for each in listed):
        raise UnsupportedOperationError(f"{verb}({argument}={[*listed]!r}): give a list of names of fields")
    return listed


def _own_columns(names: Names, verb: str, argument: str, name: str) -> tuple[str, ...]:
    """The attributes of the model's own columns that a name stands for."""
    if name == "pk" and "pk" not in mapper_of(names.model).all_orm_descriptors:
        return tuple([field.key for field in key_of(mapper_of(names.model))])
    path = written_path(names, name)
    own = path.shortest
    if own.hops or own.transforms or not own.fields or not all(map(_is_stored, own.fields)):
        raise UnsupportedOperationError(
            f"{verb}({argument}=…): {name!r} is no concrete field, a column of {names.model.__name__}'s own"
        )
    return tuple([field.key for field in own.fields])


def _is_stored(field: Field) -> bool:
    return field.column is not None and field.column.computed is None


def _set_by(names: Names, verb: str, fields: Any) -> tuple[str, ...]:
    if not isinstance(fields, str) and isinstance(fields, Sequence) and not fields:
        return ()
    listed = _listed(verb, "update_fields", fields)
    return tuple(
        dict.fromkeys([key for name in listed for key in _own_columns(names, verb, "update_fields", name)])
    )


def _refuse_key(mapper: Mapper[Any], verb: str, key: str) -> None:
    if any(field.key == key for field in key_of(mapper)):
        raise ValueError(f"{verb}() cannot be used with primary keys in update_fields: {key}")


def _condition(names: Names, verb: str, where: Any) -> Clause | None:
    if where is None:
        return None
    if isinstance(where, Mapping) or not (
        isinstance(where, (Q, Expression))
        or hasattr(where, "__clause_element__")
        or hasattr(where, "_compiler_dispatch")
    ):
        raise UnsupportedOperationError(f"{verb}(where={where!r}): give a Q, or another condition")
    return read_call(names, (where,), {}, negated=False)


def with_defaults(values: Sequence[Any], defaults: Mapping[str, Any] | None) -> Sequence[Any]:
    """Dicts with defaults for what they leave out; of instances their own are those of the mapping."""
    if not defaults:
        return values
    if any(not isinstance(each, Mapping) for each in values):
        raise UnsupportedOperationError("bulk_get_or_create(defaults=…) are for dicts: give dicts of values")
    found: list[Any] = []
    for each in values:
        left = {name: value for name, value in defaults.items() if name not in each}
        found.append({**each, **resolved(left)})
    return found


class Matched(NamedTuple):
    """Rows in the order of what they are told apart by, in which everybody locks them."""

    groups: Sequence[Group]
    group_of: Sequence[int] | None
    """Of each row its group; None where there is one."""
    rows: Sequence[tuple[Any, ...]]
    """The values of each, for the ``keys`` of its group."""
    places: Sequence[int]
    """Where each was among those that were given."""
    match: Sequence[Any]
    """What each is told apart by: a value, or a tuple of them."""


def matched(
    conflict: Conflict, groups: Sequence[Group], seen: dict[Hashable, int], *, shown: bool
) -> Matched:
    """Rows told apart; ``seen`` are the places of those of other batches, by what they are told apart by.

    Raises UnsupportedOperationError for those that cannot be, and for two that are alike.
    """
    group_of: list[int] = []
    rows: list[tuple[Any, ...]] = []
    places: list[int] = []
    match: list[Any] = []
    for number, group in enumerate(groups):
        _check_brought(conflict, group)
        group_of += [number] * len(group.rows)
        rows += group.rows
        places += group.places
        match += map(itemgetter(*[group.keys.index(key) for key in conflict.match]), group.rows)
    _refuse_twice(conflict, match, places, seen, shown=shown)
    order = _ordered(match)
    if order is not None:
        group_of, places = [group_of[at] for at in order], [places[at] for at in order]
        rows, match = [rows[at] for at in order], [match[at] for at in order]
    return Matched(groups, group_of if len(groups) > 1 else None, rows, places, match)


def _check_brought(conflict: Conflict, group: Group) -> None:
    for wanted in (*conflict.match, *(conflict.sets or ())):
        if wanted not in group.given:
            why = "which rows are told apart by" if wanted in conflict.match else "which update_fields names"
            raise UnsupportedOperationError(
                f"{conflict.verb}(), row {group.places[0]}: it has no {wanted}, {why}"
            )


def _ordered(match: Sequence[Any]) -> list[int] | None:
    """The numbers of rows in the order of their keys; None where they are in it."""
    try:
        if all(map(le, match, islice(match, 1, None))):
            return None
        return sorted(range(len(match)), key=match.__getitem__)
    except TypeError:
        # Whatever order it is, it is the same for all.
        told = [*map(repr, match)]
        return sorted(range(len(match)), key=told.__getitem__)


def _refuse_twice(
    conflict: Conflict,
    match: Sequence[Any],
    places: Sequence[int],
    seen: dict[Hashable, int],
    *,
    shown: bool,
) -> None:
    keys: Sequence[Hashable] = match
    try:
        own = {*keys}
    except TypeError:
        keys = [*map(repr, match)]
        own = {*keys}
    if len(own) == len(keys) and own.isdisjoint(seen):
        seen.update(zip(keys, places, strict=True))
        return
    for key, value, place in zip(keys, match, places, strict=True):
        row = value if len(conflict.match) > 1 else (value,)
        if None in row and not conflict.nulls_alike:
            continue
        if key in seen:
            raise UnsupportedOperationError(
                f"{conflict.verb}(), row {place}: it is row {seen[key]} too, by "
                f"{', '.join(conflict.match)}: {', '.join([told_value(each, shown=shown) for each in row])}"
            )
        seen[key] = place
