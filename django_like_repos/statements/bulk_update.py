"""UPDATE of rows by their keys, each to values of its own: what is set, said once for rows that are alike.

A row is like another where the same is computed of it, or nothing: their values stand in *slots*, parameters
of one statement that is executed for each row, or columns of a feed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Column, ColumnElement, FromClause, Table, and_, select, update
from sqlalchemy.sql import visitors
from sqlalchemy.types import NullType, TypeEngine

from django_like_repos.clauses.bulk_updating import VERB, Changes
from django_like_repos.clauses.bulk_updating import Column as Values
from django_like_repos.errors import RepositoryError
from django_like_repos.language.kinds import is_computed
from django_like_repos.mapping.inheritance import refuse_other_tables
from django_like_repos.mapping.models import Field, columns_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.assignments import Computed, Template, computed
from django_like_repos.statements.feeds import Source

Slot = Callable[[int, TypeEngine[Any]], ColumnElement[Any]]
"""What stands for the values of a number and a type."""


class Setting(NamedTuple):
    """What one column is set to."""

    name: str
    """Of the attribute."""
    sql: ColumnElement[Any] | None
    """Where it is computed; else the slot itself is what it is set to."""
    binds: tuple[tuple[str, TypeEngine[Any]], ...]
    """The parameters in that SQL that are slots."""


class Group(NamedTuple):
    """Rows that are alike."""

    which: Sequence[int]
    settings: tuple[Setting, ...]
    slots: list[Values]
    """What stands in the slots, slot by slot."""


class Said(NamedTuple):
    """An expression that was read: its SQL, and the values of its slots."""

    setting: Setting
    values: tuple[Any, ...]
    whole: Callable[[], ColumnElement[Any]]
    """What makes its SQL with the values in it."""


def with_sql(query: Query, changes: Changes) -> Changes:
    """Changes whose expressions are read. Raises what is wrong with one, and says of which row."""
    fields = {field.key: field for field in columns_of(mapper_of(query.model))}
    columns = dict(changes.columns)
    for name in changes.computed:
        known: dict[int, Said] = {}
        columns[name] = [
            _known(known, query, fields[name], value, place) if is_computed(value) else value
            for value, place in zip(columns[name], changes.places, strict=True)
        ]
    return changes._replace(columns=columns)


def _known(known: dict[int, Said], query: Query, field: Field, value: Any, place: int) -> Said:
    # An expression that many rows have is read once.
    found = known.get(id(value))
    if found is None:
        try:
            found = _said(field.key, computed(query, field.key, value, field.type))
            if field.column is not None:
                told = f"update({field.key}=…)"
                refuse_other_tables(mapper_of(query.model), field.column, found.setting.sql, told)
            known[id(value)] = found
        except RepositoryError as error:
            error.args = (f"{VERB}(), row {place}: {error}", *error.args[1:])
            raise
    return found


def _said(name: str, said: ColumnElement[Any] | Computed) -> Said:
    if isinstance(said, Computed):
        binds = _slots_of(said.template)
        if binds is not None:
            return Said(Setting(name, said.template.sql, binds), said.values, said.build)
        said = said.build()
    sql = said
    return Said(Setting(name, sql, ()), (), lambda: sql)


def _slots_of(template: Template) -> tuple[tuple[str, TypeEngine[Any]], ...] | None:
    """The parameters of a template; None where one is no single value of a type that is known."""
    found = {each.key: each for each in visitors.iterate(template.sql) if isinstance(each, BindParameter)}
    binds = [found.get(name) for name in template.names]
    if any(bind is None or bind.expanding or isinstance(bind.type, NullType) for bind in binds):
        return None
    return tuple([(bind.key, bind.type) for bind in binds if bind is not None])


def groups_of(changes: Changes) -> list[Group]:
    """Rows by what is computed of them, each in their order."""
    computed_names = changes.computed
    plain = {name: Setting(name, None, ()) for name in changes.columns}
    if not computed_names:
        return [Group(range(len(changes.keys)), tuple(plain.values()), [*changes.columns.values()])]
    alike: dict[Any, list[int]] = {}
    for at in range(len(changes.keys)):
        found = [changes.columns[name][at] for name in computed_names]
        kind = tuple([id(each.setting.sql) if type(each) is Said else None for each in found])
        alike.setdefault(kind, []).append(at)
    return [_group(changes, plain, which) for which in alike.values()]


def _group(changes: Changes, plain: Mapping[str, Setting], which: Sequence[int]) -> Group:
    settings: list[Setting] = []
    slots: list[Values] = []
    for name, column in changes.columns.items():
        values = [column[at] for at in which]
        if type(values[0]) is not Said:
            settings.append(plain[name])
            slots.append(values)
            continue
        settings.append(values[0].setting)
        slots += [list(each) for each in zip(*[said.values for said in values], strict=True)]
    return Group(which, tuple(settings), slots)


def types_of(columns: Mapping[str, Column[Any]], settings: Sequence[Setting]) -> list[TypeEngine[Any]]:
    """The types of slots."""
    types: list[TypeEngine[Any]] = []
    for setting in settings:
        types += (
            [type_ for _, type_ in setting.binds] if setting.sql is not None else [columns[setting.name].type]
        )
    return types


def assigned(
    columns: Mapping[str, Column[Any]], settings: Sequence[Setting], slot: Slot
) -> dict[Column[Any], ColumnElement[Any]]:
    """What each column is set to, with slots."""
    found: dict[Column[Any], ColumnElement[Any]] = {}
    number = 0
    for setting in settings:
        column = columns[setting.name]
        if setting.sql is None:
            found[column] = slot(number, column.type)
            number += 1
            continue
        places = {key: slot(number + at, type_) for at, (key, type_) in enumerate(setting.binds)}
        number += len(places)
        found[column] = _with(setting.sql, places) if places else setting.sql
    return found


def _with(sql: ColumnElement[Any], places: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    def replaced(element: Any, **_: Any) -> Any:
        return places.get(element.key) if isinstance(element, BindParameter) else None

    said: ColumnElement[Any] = visitors.replacement_traverse(sql, {}, replaced)
    return said


def update_by_key(table: Table, sets: Mapping[Column[Any], Any], key: Sequence[ColumnElement[Any]]) -> Any:
    """The UPDATE of the row of a key."""
    own = table.primary_key.columns
    found = and_(*[column == part for column, part in zip(own, key, strict=True)])
    return update(table).values(dict(sets)).where(found)


def update_fed(table: Table, sets: Mapping[Column[Any], Any], locked: FromClause) -> Any:
    """The UPDATE of the rows whose keys ``locked_feed()`` has."""
    key = [locked.c[f"k{at}"] for at in range(len(table.primary_key))]
    return update_by_key(table, sets, key)


def locked_feed(table: Table, source: Source) -> FromClause:
    """What is fed, of the rows that are there, which are locked in the order in which they are fed.

    Two that write the same rows the other way round would otherwise wait for each other.
    """
    own, again = [*table.primary_key.columns], table.alias("dlr_locked")
    same = and_(*[again.c[column.key] == source.columns[f"k{at}"] for at, column in enumerate(own)])
    statement = select(*[value.label(name) for name, value in source.columns.items()])
    statement = statement.select_from(source.clause.join(again, same)).order_by(source.place)
    return statement.with_for_update(of=again, key_share=True).subquery("dlr_fed")
