"""What SQLAlchemy's mapping says of a model, in the terms of paths: fields, relations as hops, keys.

Nothing here knows of names with double underscores; see ``paths``.
"""

import inspect as python_inspect
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, FromClause, Table, inspect
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.ext.associationproxy import AssociationProxyExtensionType, AssociationProxyInstance
from sqlalchemy.ext.hybrid import HybridExtensionType, hybrid_property
from sqlalchemy.orm import (
    ColumnProperty,
    CompositeProperty,
    Mapper,
    MapperProperty,
    RelationshipDirection,
    RelationshipProperty,
    SynonymProperty,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached, cached_by_class
from django_like_repos.errors import QueryError
from django_like_repos.mapping.python import operates, speaks
from django_like_repos.mapping.uniqueness import is_single


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One relation followed, or a row taken for the subclass that it may be of."""

    parent: Mapper[Any]
    key: str
    target: Mapper[Any]
    to_many: bool
    nullable: bool
    """Whether a parent row may have nothing at the other end."""
    remote: dict[str, str]
    """Target attribute → the parent's attribute that equals it; empty where the join is more than that."""
    relation: RelationshipProperty[Any] | None
    """None where the target is a subclass, and its row part of the parent's."""
    table: FromClause | None = None
    """The table of a subclass, where that is all of it that has to be joined."""
    narrowed: str | None = None
    """The name of the ``FilteredRelation`` that it is the last hop of."""
    backwards: bool = False
    """Whether the relation is followed from its end to where it begins; see ``owners``."""
    inline: bool = False
    """Whether a subclass is read with its parent, as one model."""

    @property
    def order(self) -> tuple[ColumnElement[Any], ...]:
        """In what order the related rows come, as the mapping has it."""
        return (self.relation.order_by or ()) if self.to_many and self.relation is not None else ()

    def __repr__(self) -> str:
        return f"{self.parent.class_.__name__}.{self.key}"


@dataclass(frozen=True, slots=True, eq=False)
class Hybrid:
    """A hybrid property: Python code that says an attribute's SQL, perhaps by the clock or the tenant."""

    model: type[Any]
    key: str
    compares: bool
    """Whether its comparisons are Python code too."""

    def ask(self) -> ColumnElement[Any]:
        """What it says now, of the model itself."""
        expression = getattr(self.model, self.key)
        while not isinstance(expression, ColumnElement):
            expression = expression.__clause_element__()
        return expression


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One attribute that has a value in a row: a column, or an SQL expression of the mapping."""

    key: str
    type: TypeEngine[Any]
    nullable: bool
    column: Column[Any] | None
    hybrid: Hybrid | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """An attribute that is made of several columns (``sqlalchemy.orm.composite``)."""

    key: str
    fields: tuple[Field, ...]
    components: tuple[str, ...]
    """What the composite's own class calls the columns."""
    prop: CompositeProperty[Any]

    def values_of(self, value: object) -> tuple[Any, ...] | None:
        """The values of the columns, if ``value`` is a composite of this kind."""
        kind = self.prop.composite_class
        if not isinstance(kind, type) or not isinstance(value, kind):
            return None
        return tuple(self.prop._composite_values_from_instance(value))

    @property
    def operates(self) -> bool:
        """Whether a comparator of its own says what operators do with it."""
        return operates(self.prop.comparator_factory)

    def made_of(self, value: Any) -> Any:
        """The composite of a tuple of values; any other value as it is."""
        return self.prop.composite_class(*value) if isinstance(value, (tuple, list)) else value


@cached_by_class(4096)
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


@cached_by_class(4096)
def names_of(mapper: Mapper[Any]) -> tuple[str, ...]:
    """Every name that a path may continue with on this mapper."""
    computed = [
        key
        for key, descriptor in mapper.all_orm_descriptors.items()
        if descriptor.extension_type in (HybridExtensionType.HYBRID_PROPERTY, _PROXY)
        and not key.startswith("_")
    ]
    return tuple(sorted({*mapper.attrs.keys(), *computed, *_subclasses(mapper)}))


@cached_by_class(4096)
def odd_names_of(mapper: Mapper[Any]) -> tuple[str, ...]:
    """Those names that two underscores do not set apart: they have two inside, or end with one."""
    return tuple([name for name in names_of(mapper) if "__" in name or name.endswith("_")])


@cached(8192)
def hop_of(mapper: Mapper[Any], name: str) -> Hop | None:
    """The relation of that name, if the name is one; the same for all names that it has."""
    relation = _property(mapper, name)
    if not isinstance(relation, RelationshipProperty):
        return None
    return _hop(mapper, relation) if relation.key == name else hop_of(mapper, relation.key)


def _hop(mapper: Mapper[Any], relation: RelationshipProperty[Any]) -> Hop:
    remote = _equal_columns(relation)
    return Hop(
        parent=mapper,
        key=relation.key,
        target=relation.mapper,
        to_many=bool(relation.uselist) or not is_single(relation),
        nullable=_may_be_missing(relation, remote),
        remote=remote,
        relation=relation,
    )


@cached(8192)
def subclass_of(mapper: Mapper[Any], name: str) -> Hop | None:
    """The subclass whose name in lower case is ``name``, as Django names the children of a model."""
    target = _subclasses(mapper).get(name)
    if target is None:
        return None
    return Hop(mapper, name, target, to_many=False, nullable=True, remote={}, relation=None)


@cached(8192)
def own_table_of(hop: Hop) -> Hop:
    """A subclass as a hop to its own table alone."""
    return replace(hop, table=hop.target.local_table)


@cached(8192)
def own_column(hop: Hop, field: Field) -> Column[Any] | None:
    """The column of a hop's own table that a field is read from, if there is one."""
    if hop.backwards:
        return field.column
    table = hop.target.local_table
    if hop.relation is not None or field.column is None or table in hop.parent.tables or hop.target.single:
        return None
    columns = hop.target.column_attrs[field.key].columns
    return next((each for each in columns if isinstance(each, Column) and each.table is table), None)


@cached(8192)
def is_of_subclass_only(hop: Hop, field: Field) -> bool:
    """Whether a column in the parent's own table is of one subclass alone, so that others have NULL there."""
    column = field.column
    if hop.relation is not None or column is None or column.table not in hop.parent.tables:
        return False
    others = [each for each in hop.parent.self_and_descendants if not each.isa(hop.target)]
    return not any(column in each.columns.values() for each in others)


@cached(8192)
def subclasses_with(mapper: Mapper[Any], name: str) -> tuple[str, ...]:
    """The names of the nearest subclasses that have an attribute of that name."""
    having = {key: sub for key, sub in _subclasses(mapper).items() if name in sub.all_orm_descriptors}
    nearest = [key for key, sub in having.items() if sub.inherits not in having.values()]
    return tuple(sorted(nearest))


@cached(8192)
def composite_of(mapper: Mapper[Any], name: str) -> Composite | None:
    """The composite of that name, if the name is one."""
    prop = _property(mapper, name)
    if not isinstance(prop, CompositeProperty):
        return None
    fields = [field_of(mapper, each.key) for each in prop.props]
    kind = prop.composite_class
    components = tuple(python_inspect.signature(kind).parameters)[: len(fields)]
    return Composite(prop.key, tuple(field for field in fields if field), components, prop)


@cached(8192)
def proxy_of(mapper: Mapper[Any], name: str) -> tuple[str, str] | None:
    """The relation and the attribute behind it that an association proxy of that name stands for."""
    descriptor = mapper.all_orm_descriptors.get(name)
    if descriptor is None or descriptor.extension_type is not _PROXY:
        return None
    proxy = getattr(mapper.class_, name)
    assert isinstance(proxy, AssociationProxyInstance)
    return proxy.target_collection, proxy.value_attr


@cached(8192)
def links_of(hop: Hop) -> tuple[Hop, ...]:
    """The two hops over the class that maps a many-to-many relation's table, or the hop alone."""
    relation = hop.relation
    if relation is None or relation.secondary is None or not is_plain_between(relation):
        return (hop,)
    for link in sorted(hop.parent.relationships, key=lambda each: each.key):
        if link.mapper.local_table is not relation.secondary or not _is_plain(link):
            continue
        for far in sorted(link.mapper.relationships, key=lambda each: each.key):
            if (
                far.mapper is relation.mapper
                and far.direction is RelationshipDirection.MANYTOONE
                and link.direction is RelationshipDirection.ONETOMANY
                and _is_plain(far)
                and set(link.synchronize_pairs) == set(relation.synchronize_pairs)
                and set(far.synchronize_pairs) == set(relation.secondary_synchronize_pairs or ())
            ):
                hops = (hop_of(hop.parent, link.key), hop_of(link.mapper, far.key))
                return tuple(each for each in hops if each is not None)
    return (hop,)


@cached(8192)
def field_of(mapper: Mapper[Any], name: str) -> Field | None:
    """The column or SQL expression of that name, if the name is one."""
    prop = _property(mapper, name)
    if isinstance(prop, ColumnProperty):
        expression = prop.columns[0]
        column = expression if isinstance(expression, Column) else None
        # A synonym has the column's own attribute read, unless it has a comparator of its own.
        key = name if prop.key != name and speaks(getattr(mapper.class_, name)) else prop.key
        return Field(key, expression.type, column is None or bool(column.nullable), column)
    descriptor = mapper.all_orm_descriptors.get(name)
    if isinstance(descriptor, hybrid_property):
        hybrid = Hybrid(mapper.class_, name, descriptor.custom_comparator is not None)
        return Field(name, hybrid.ask().type, True, None, hybrid)
    return None


@cached(4096)
def is_settable(mapper: Mapper[Any], name: str) -> bool:
    """Whether the name is of a hybrid that SQLAlchemy can set in an UPDATE."""
    descriptor = mapper.all_orm_descriptors.get(name)
    if not isinstance(descriptor, hybrid_property):
        return False
    expression = getattr(mapper.class_, name).__clause_element__()
    return descriptor.update_expr is not None or isinstance(expression, Column)


@cached_by_class(4096)
def key_of(mapper: Mapper[Any]) -> tuple[Field, ...]:
    """The primary key, column by column."""
    fields = [field_of(mapper, mapper.get_property_by_column(column).key) for column in mapper.primary_key]
    return tuple(field for field in fields if field is not None)


@cached_by_class(4096)
def has_own_key(mapper: Mapper[Any]) -> bool:
    """Whether the key of a model is that of its tables, so that a group by it has one row's columns."""
    if not isinstance(mapper.selectable, Table) or mapper.polymorphic_on is not None:
        return False
    keys = {column for table in mapper.tables for column in table.primary_key}
    return bool(keys) and set(mapper.primary_key) <= keys


@cached_by_class(4096)
def columns_of(mapper: Mapper[Any]) -> tuple[Field, ...]:
    """The columns, in the order of the mapping."""
    fields = [field_of(mapper, prop.key) for prop in mapper.column_attrs]
    return tuple(field for field in fields if field is not None)


_PROXY = AssociationProxyExtensionType.ASSOCIATION_PROXY


@cached_by_class(4096)
def _subclasses(mapper: Mapper[Any]) -> dict[str, Mapper[Any]]:
    """The mappers below one, by their classes' names in lower case; not those with tables apart."""
    below = [each for each in mapper.self_and_descendants if each is not mapper and not each.concrete]
    return {each.class_.__name__.lower(): each for each in below}


def _is_plain(relation: RelationshipProperty[Any]) -> bool:
    """Whether a relation is a comparison of its keys and nothing more."""
    plain = relation.secondary is None and not relation.mapper.single
    return plain and len(equalities(relation.primaryjoin)) == len(relation.synchronize_pairs)


def is_plain_between(relation: RelationshipProperty[Any]) -> bool:
    """Whether a many-to-many relation is a comparison of its keys and nothing more."""
    far = relation.secondaryjoin
    return (
        len(equalities(relation.primaryjoin)) == len(relation.synchronize_pairs)
        and far is not None
        and len(equalities(far)) == len(relation.secondary_synchronize_pairs or ())
        and not relation.mapper.single
    )


def _property(mapper: Mapper[Any], name: str) -> MapperProperty[Any] | None:
    prop = mapper.attrs.get(name)
    while isinstance(prop, SynonymProperty):
        prop = mapper.attrs.get(prop.name)
    return prop


@cached(8192)
def attribute_of(mapper: Mapper[Any], name: str) -> str:
    """The name of the attribute that a name is another one for, or itself."""
    prop = _property(mapper, name)
    return name if prop is None else prop.key


def _equal_columns(relation: RelationshipProperty[Any]) -> dict[str, str]:
    """Remote → local attribute of a to-one relation that is a plain comparison of columns, else nothing."""
    if relation.direction is not RelationshipDirection.MANYTOONE or relation.secondary is not None:
        return {}
    if relation.mapper.single:
        return {}
    pairs = [(local, remote) for local, remote in relation.local_remote_pairs or () if local is not None]
    if len(equalities(relation.primaryjoin)) != len(pairs):
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


def equalities(join: ColumnElement[bool]) -> list[ColumnElement[Any]]:
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
