"""What the database guarantees to be unique: what is by which columns, and so what a relation leads to."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement

_UNIQUE: Final = (PrimaryKeyConstraint, UniqueConstraint)


def is_single(relation: RelationshipProperty[Any]) -> bool:
    """Whether the database has at most one row for each of a relation's parents, whatever it is said to be.

    So it is where a key, or what is unique, is among the columns that the parent's row decides.
    """
    between = relation.secondary
    if between is None:
        return _are_unique(_decided(relation.primaryjoin, relation), relation.mapper.tables, relation.mapper)
    tables: Any = [between]
    assert relation.secondaryjoin is not None
    return _are_unique(_decided(relation.primaryjoin, relation), tables) and _are_unique(
        _decided(relation.secondaryjoin, relation) - {*between.columns},
        relation.mapper.tables,
        relation.mapper,
    )


def may_repeat(relation: RelationshipProperty[Any]) -> bool:
    """Whether the table between may lead from one row to another more than once."""
    between: Any = relation.secondary
    if between is None:
        return False
    pairs = (*relation.synchronize_pairs, *(relation.secondary_synchronize_pairs or ()))
    columns = {remote._deannotate() for _, remote in pairs}
    return not isinstance(between, Table) or not _are_unique(columns, [between])


def key_between(relation: RelationshipProperty[Any]) -> tuple[str, ...]:
    """The columns that tell the rows between apart, none of which may be NULL; none if nothing does."""
    between = relation.secondary
    keys = unique_keys(between) if isinstance(between, Table) else ()
    found = [key.columns for key in keys if not any(column.nullable for column in key.columns)]
    return tuple([column.key for column in found[0]]) if found else ()


def are_told_apart(table: Table, columns: set[Any]) -> bool:
    """Whether a key, or what is unique, is just these columns, and may be named for conflicts."""
    keys: list[Any] = [
        each for each in table.constraints if isinstance(each, _UNIQUE) and not each.deferrable
    ]
    keys += [each for each in table.indexes if each.unique and not _is_partial(each)]
    return any({*each.columns} == columns for each in keys)


def are_all(table: Table, columns: set[Any]) -> bool:
    """Whether nothing but its primary key and these columns tells rows of a table apart."""
    keys: list[Any] = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys += [each for each in table.indexes if each.unique]
    return all({*each.columns} == columns for each in keys)


def are_key(mapper: Mapper[Any], columns: Iterable[Any]) -> bool:
    """Whether no two rows of a model are alike in some columns; those that may be NULL do not count."""
    return _are_unique({column for column in columns if not column.nullable}, mapper.tables, mapper)


def find_one(mapper: Mapper[Any], columns: Iterable[Any]) -> bool:
    """Whether at most one row of a model has some values, none of which is NULL, in some columns."""
    return _are_unique({*columns}, mapper.tables, mapper)


class UniqueKey(NamedTuple):
    """Columns of a table that no two rows have alike: a primary key, a constraint or an index."""

    name: str | None
    columns: tuple[Column[Any], ...]
    nulls_alike: bool = False
    """Whether two rows without a value are alike too."""


def unique_keys(table: Table) -> tuple[UniqueKey, ...]:
    """What a conflict of rows can be told by: the primary key first; nothing that is checked later only."""
    return tuple(_unique_keys(table))


def _unique_keys(table: Table) -> Iterator[UniqueKey]:
    if len(table.primary_key.columns) and not table.primary_key.deferrable:
        yield UniqueKey("primary key", tuple(table.primary_key.columns))
    unique = [
        each for each in table.constraints if isinstance(each, UniqueConstraint) and not each.deferrable
    ]
    indexes = [each for each in table.indexes if each.unique and not _is_partial(each)]
    found: list[UniqueConstraint | Index] = [*sorted(unique, key=_told), *sorted(indexes, key=_told)]
    for each in found:
        alike = bool(each.dialect_options["postgresql"].get("nulls_not_distinct"))
        name = each.name if isinstance(each.name, str) else None
        yield UniqueKey(name, tuple([column for column in each.columns if isinstance(column, Column)]), alike)


def _told(each: UniqueConstraint | Index) -> str:
    return ", ".join(column.name for column in each.columns)


def _decided(join: ColumnElement[bool], relation: RelationshipProperty[Any]) -> set[Any]:
    """The columns of the related row that a join condition makes equal to something else."""
    both = isinstance(join, BooleanClauseList) and join.operator is operators.and_
    parts: Any = join.clauses if both else [join]
    remote = {column._deannotate() for column in relation.remote_side}
    found: set[Any] = set()
    for part in parts:
        if isinstance(part, BinaryExpression) and part.operator is operators.eq:
            sides = [part.left._deannotate(), part.right._deannotate()]
            found.update(side for side in sides if isinstance(side, Column) and side in remote)
    return found


def _are_unique(columns: set[Any], tables: Iterable[Any], mapper: Mapper[Any] | None = None) -> bool:
    """Whether some of the columns are unique together."""
    keys: list[Iterable[Any]] = [mapper.primary_key] if mapper is not None else []
    for table in tables:
        keys += [each.columns for each in table.constraints if isinstance(each, _UNIQUE)]
        keys += [each.columns for each in table.indexes if each.unique and not _is_partial(each)]
    return any(set(key) <= columns for key in keys if key)


def _is_partial(index: Index) -> bool:
    """Whether an index is of some rows only, or of expressions."""
    options = index.dialect_options
    limited = any(options[name].get("where") is not None for name in ("postgresql", "sqlite"))
    return limited or not all(isinstance(each, Column) for each in index.expressions)
