"""Links said in SQL: which rows are related to an owner, and how rows of the table between come and go."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    Select,
    TupleType,
    UnaryExpression,
    and_,
    bindparam,
    delete,
    exists,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import ReturningDelete
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.util import _deep_deannotate

from django_like_repos.constructs.params import Params
from django_like_repos.language.lookups.membership import In, list_shape
from django_like_repos.mapping.links import Between, Link
from django_like_repos.statements.feeds import Source
from django_like_repos.values import comparison_type

Key = tuple[Any, ...]
"""The values of a row's columns that are referred to."""
Values = Mapping[str, Any]
"""Of the owner's attributes."""


def is_related(link: Link, values: Values) -> ColumnElement[bool]:
    """That a row is related to an owner, as a condition on the related model."""
    near, between = _refers(link, values), link.between
    if between is None:
        return near
    if not between.plain:
        found: ColumnElement[bool] = (
            exists().where(near, _bare(between.condition)).correlate_except(between.table)
        )
        return found
    columns = [getattr(link.target.class_, field.key) for field in link.keys]
    linked = select(*between.far).where(near).correlate(None)
    among: ColumnElement[bool] = (columns[0] if len(columns) == 1 else tuple_(*columns)).in_(linked)
    return among


def order_of(link: Link, values: Values) -> list[Any]:
    """What the mapping orders related rows by, as terms of a query of them."""
    between = link.between
    terms: list[Any] = []
    for term in link.hop.order:
        tables = {each.table for each in visitors.iterate(term) if isinstance(each, Column)}
        if tables <= {*link.target.tables}:
            terms.append(term)
        elif between is not None and tables == {between.table}:
            terms.append(_of_its_link(between, _refers(link, values), term))
    return terms


def _of_its_link(between: Between, near: ColumnElement[bool], term: Any) -> Any:
    """The value that a row's link is ordered by."""
    down = isinstance(term, UnaryExpression) and term.modifier is operators.desc_op
    value = term.element if isinstance(term, UnaryExpression) and term.modifier is not None else term
    chosen = select(value).where(near, _bare(between.condition)).limit(1).correlate_except(between.table)
    found = chosen.scalar_subquery()
    return found.desc() if down else found


def _refers(link: Link, values: Values) -> ColumnElement[bool]:
    """What a row between, or a related one, has to be to refer to an owner."""

    def bound(element: Any, **_: Any) -> Any:
        key = None
        if isinstance(element, Column) and "remote" not in element._annotations:
            key = link.local.get(element._deannotate())
        return None if key is None else bindparam(None, values[key], type_=element.type, unique=True)

    refers: ColumnElement[bool] = _bare(visitors.replacement_traverse(link.condition, {}, bound))
    return refers


def _bare(condition: Any) -> Any:
    return _deep_deannotate(condition)


def linked_keys(link: Link, values: Values, dialect: Dialect, keys: Sequence[Key] | None) -> Select[Any]:
    """The keys that an owner is linked to: all, or those among some."""
    between = _between(link)
    chosen = [] if keys is None else [is_among(dialect, between.far, keys)]
    return select(*between.far).where(*_of_owner(link, values), *chosen)


def unlinking(
    link: Link,
    values: Values,
    dialect: Dialect,
    keys: Sequence[Key] | None,
    returned: Sequence[ColumnElement[Any]],
) -> ReturningDelete[Any]:
    """The DELETE of an owner's links: all, or those to some rows."""
    between = _between(link)
    chosen = [] if keys is None else [is_among(dialect, between.far, keys)]
    return delete(between.table).where(*_of_owner(link, values), *chosen).returning(*returned)


def linking(link: Link, values: Values, source: Source, given: Mapping[str, Any], dialect: Dialect) -> Any:
    """The INSERT of links to rows that ``source`` has the keys of, but for those that are there.

    ``given`` are values of further columns of the table between, by their keys.
    """
    between = _between(link)
    near = [literal(value, column.type) for column, value in _near(link, values)]
    far = [source.columns[column.key] for column in between.far]
    # A column that refers to both ends is said once.
    ends = dict(zip([each.key for each in (*between.near, *between.far)], [*near, *far], strict=True))
    rest = [_value(between.table.c[key], value) for key, value in given.items()]
    rows = select(*ends.values(), *rest).select_from(source.clause)
    if not between.unique:
        rows = rows.where(~_is_there(link, values, far))
    # Everybody in the same order, so that nobody waits for one who waits for him.
    names = [*ends, *given]
    insert = insert_into(link, dialect)
    return undisturbed(link, insert.from_select(names, rows.order_by(*far), include_defaults=False))


def insert_into(link: Link, dialect: Dialect) -> Any:
    """An INSERT of rows between."""
    kind = _INSERT.get(dialect.name, postgresql.insert)
    return kind(_between(link).table)


def undisturbed(link: Link, insert: Any) -> Any:
    """An INSERT that leaves out what is there, also where another transaction is putting it there now."""
    between = _between(link)
    if not between.unique:
        return insert
    return insert.on_conflict_do_nothing(index_elements=list(dict.fromkeys([*between.near, *between.far])))


def locking(link: Link, values: Values, dialect: Dialect, keys: Sequence[Key]) -> Select[Any]:
    """Locks the rows at one end of links, the same one whichever end they are made from."""
    between = _between(link)
    order = [*between.table.columns]
    if order.index(between.near[0]) <= order.index(between.far[0]):
        columns = [column for column, key in link.local.items() if key in link.owned]
        wanted = and_(*[column == values[link.local[column]] for column in columns])
    else:
        columns = [field.column for field in link.keys if field.column is not None]
        wanted = is_among(dialect, columns, keys)
    statement = select(*columns).where(wanted).order_by(*columns)
    return statement.with_for_update(key_share=True)


def _is_there(link: Link, values: Values, far: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    between = _between(link)
    other = between.table.alias()
    near = [other.c[column.key] == literal(value, column.type) for column, value in _near(link, values)]
    ends = [other.c[column.key] == key for column, key in zip(between.far, far, strict=True)]
    return exists().where(*near, *ends)


def _of_owner(link: Link, values: Values) -> Iterator[ColumnElement[bool]]:
    """What is true of an owner's links."""
    between = _between(link)
    yield _refers(link, values)
    if not between.plain:
        there = exists().where(_bare(between.condition))
        yield there.correlate(between.table)


def _near(link: Link, values: Values) -> Iterator[tuple[Column[Any], Any]]:
    for column, attribute in zip(_between(link).near, link.owned, strict=True):
        yield column, values[attribute]


def _value(column: Column[Any], value: Any) -> Any:
    return value if isinstance(value, ClauseElement) else literal(value, column.type)


def is_among(dialect: Dialect, columns: Sequence[Any], keys: Sequence[Key]) -> Any:
    """That columns are one of some keys, which are one parameter where the database takes a list as one."""
    kinds = [comparison_type(column.type) for column in columns]
    one = len(kinds) == 1
    given: list[Any] = [key[0] for key in keys] if one else [*keys]
    type_ = kinds[0] if one else TupleType(*kinds)
    listed = Params(dialect, [given]).bind_list(type_, list_shape(given))
    return In.__new__(In).sql(columns[0] if one else tuple_(*columns), listed)


def _between(link: Link) -> Between:
    assert link.between is not None
    return link.between


_INSERT: Final[Mapping[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
