"""What SQLAlchemy's mapping says of a model, in the terms of paths: fields, relations as hops, keys.

Nothing here knows of names with double underscores; see ``paths``.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, inspect
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import (
    ColumnProperty,
    Mapper,
    MapperProperty,
    RelationshipDirection,
    RelationshipProperty,
    SynonymProperty,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement
from sqlalchemy.types import TypeEngine

from django_like_repos.builder.caching import cached
from django_like_repos.errors import QueryError


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One relation followed: from a parent mapper to a target mapper."""

    parent: Mapper[Any]
    key: str
    target: Mapper[Any]
    to_many: bool
    nullable: bool
    """Whether a parent row may have nothing at the other end."""
    remote: dict[str, str]
    """Target attribute → the parent's attribute that equals it; empty where the join is more than that."""
    relation: RelationshipProperty[Any]

    def __repr__(self) -> str:
        return f"{self.parent.class_.__name__}.{self.key}"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One attribute that has a value in a row: a column, or an SQL expression of the mapping."""

    key: str
    type: TypeEngine[Any]
    nullable: bool
    column: Column[Any] | None


@cached(4096)
def mapper_of(model: type[Any]) -> Mapper[Any]:
    """The mapper of a model, configured. Raises QueryError where there is none."""
    try:
        mapper = inspect(model)
    except NoInspectionAvailable:
        mapper = None
    if not isinstance(mapper, Mapper):
        raise QueryError(f"{model!r} is no class that SQLAlchemy maps")
    mapper._check_configure()
    return mapper


@cached(4096)
def names_of(mapper: Mapper[Any]) -> tuple[str, ...]:
    """Every name that a path may continue with on this mapper."""
    hybrids = [
        key
        for key, descriptor in mapper.all_orm_descriptors.items()
        if descriptor.extension_type is HybridExtensionType.HYBRID_PROPERTY
    ]
    return tuple(sorted({*mapper.attrs.keys(), *hybrids}))


@cached(8192)
def hop_of(mapper: Mapper[Any], name: str) -> Hop | None:
    """The relation of that name, if the name is one."""
    relation = _property(mapper, name)
    if not isinstance(relation, RelationshipProperty):
        return None
    remote = _equal_columns(relation)
    return Hop(
        parent=mapper,
        key=relation.key,
        target=relation.mapper,
        to_many=bool(relation.uselist),
        nullable=_may_be_missing(relation, remote),
        remote=remote,
        relation=relation,
    )


@cached(8192)
def field_of(mapper: Mapper[Any], name: str) -> Field | None:
    """The column or SQL expression of that name, if the name is one."""
    prop = _property(mapper, name)
    if isinstance(prop, ColumnProperty):
        expression = prop.columns[0]
        column = expression if isinstance(expression, Column) else None
        return Field(prop.key, expression.type, column is None or bool(column.nullable), column)
    descriptor = mapper.all_orm_descriptors.get(name)
    if descriptor is not None and descriptor.extension_type is HybridExtensionType.HYBRID_PROPERTY:
        expression = getattr(mapper.class_, name)
        return Field(name, expression.type, True, None)
    return None


@cached(4096)
def key_of(mapper: Mapper[Any]) -> tuple[Field, ...]:
    """The primary key, column by column."""
    fields = [field_of(mapper, mapper.get_property_by_column(column).key) for column in mapper.primary_key]
    return tuple(field for field in fields if field is not None)


@cached(4096)
def columns_of(mapper: Mapper[Any]) -> tuple[Field, ...]:
    """The columns, in the order of the mapping."""
    fields = [field_of(mapper, prop.key) for prop in mapper.column_attrs]
    return tuple(field for field in fields if field is not None)


def _property(mapper: Mapper[Any], name: str) -> MapperProperty[Any] | None:
    prop = mapper.attrs.get(name)
    if isinstance(prop, SynonymProperty):
        prop = mapper.attrs.get(prop.name)
    return prop


def _equal_columns(relation: RelationshipProperty[Any]) -> dict[str, str]:
    """Remote → local attribute of a to-one relation that is a plain comparison of columns, else nothing."""
    if relation.direction is not RelationshipDirection.MANYTOONE or relation.secondary is not None:
        return {}
    if relation.mapper.single:
        return {}
    pairs = [(local, remote) for local, remote in relation.local_remote_pairs or () if local is not None]
    if len(_equalities(relation.primaryjoin)) != len(pairs):
        return {}
    try:
        return {
            relation.mapper.get_property_by_column(remote).key: relation.parent.get_property_by_column(
                local
            ).key
            for local, remote in pairs
        }
    except KeyError:
        # A column that the mapper does not map cannot be named by a path.
        return {}


def _equalities(join: ColumnElement[bool]) -> list[ColumnElement[Any]]:
    """The comparisons that a join condition consists of; empty where it is anything but equal columns."""
    parts = join.clauses if isinstance(join, BooleanClauseList) else [join]
    if isinstance(join, BooleanClauseList) and join.operator is not operators.and_:
        return []
    plain = all(
        isinstance(part, BinaryExpression)
        and part.operator is operators.eq
        and isinstance(part.left, Column)
        and isinstance(part.right, Column)
        for part in parts
    )
    return list(parts) if plain else []


def _may_be_missing(relation: RelationshipProperty[Any], remote: dict[str, str]) -> bool:
    if not remote:
        return True
    return any(
        local.nullable or not any(key.references(far.table) for key in local.foreign_keys)
        for local, far in relation.local_remote_pairs or ()
    )
