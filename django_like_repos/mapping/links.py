"""To-many relations as they are written: which foreign keys make two rows related, and in which table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.sql import visitors

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import Field, Hop, field_of, is_plain_between, links_of
from django_like_repos.mapping.owners import way_back_of
from django_like_repos.mapping.uniqueness import are_all, are_told_apart


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """The table between two ends of a many-to-many relation."""

    table: Table
    mapper: Mapper[Any] | None
    """Of the class that maps it, if one does."""
    near: tuple[Column[Any], ...]
    """Its columns that refer to the owner."""
    far: tuple[Column[Any], ...]
    """Its columns that refer to the related row."""
    condition: ColumnElement[bool]
    """What holds between its row and the related one."""
    plain: bool
    """Whether the two conditions compare these columns, and nothing more."""
    unique: bool
    """Whether the database lets two rows be related only once."""
    alone: bool
    """Whether a new link can be in no other's way."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One to-many relation that can be written."""

    hop: Hop
    """The relation; of a proxy, the one to the class between."""
    name: str
    """What it was called."""
    target: Mapper[Any]
    owned: tuple[str, ...]
    """The owner's attributes that are referred to."""
    condition: ColumnElement[bool]
    """What holds between the owner's row and the one that refers to it."""
    local: Mapping[Column[Any], str]
    """The owner's columns in that condition, and their attributes."""
    keys: tuple[Field, ...]
    """By what related rows are named: fields that the table between refers to; else their primary key."""
    between: Between | None
    foreign: tuple[Field, ...]
    """Where there is no table between: the foreign key in the related row."""
    exact: bool = True
    """Whether the owner's condition compares the foreign key, and nothing more."""

    @property
    def plain(self) -> bool:
        """Whether foreign keys alone decide which rows are related."""
        return self.exact if self.between is None else self.between.plain

    @property
    def narrows(self) -> bool:
        """Whether the table between may lead to rows of its table that are not of the related model."""
        target = self.target
        if self.between is None or target.inherits is None:
            return False
        referred = {key.column.table for column in self.between.far for key in column.foreign_keys}
        return target.single or target.local_table not in referred

    @property
    def way_back(self) -> str | None:
        """The related row's to-one relation to its owner, where the mapping says that it is the same one."""
        return None if self.between is not None else way_back_of(self.hop)

    @property
    def clears(self) -> bool:
        """Whether the foreign key may be NULL, so that rows can be related to nothing."""
        return self.between is not None or all(field.nullable for field in self.foreign)

    def __str__(self) -> str:
        return f"{self.hop.parent.class_.__name__}.{self.name}"


@cached(4096)
def link_of(hop: Hop, key: tuple[Field, ...]) -> Link:
    """A relation as it is written; ``key`` is the primary key at its end.

    Raises UnsupportedOperationError where it leads to one row, or where what it reads cannot be written.
    """
    relation = _relation_of(hop)
    if not relation.uselist or relation.direction is RelationshipDirection.MANYTOONE:
        raise UnsupportedOperationError(
            f"related(): {hop!r} leads to one row: set the attribute, or objects.update({hop.key}=…)"
        )
    if relation.entity.is_aliased_class:
        _refuse(hop, "leads to an alias, which nothing writes")
    if relation.viewonly and len(links_of(hop)) == 1:
        _refuse(
            hop, "is viewonly, so that nothing may be written through it: name the relation that it views"
        )
    if relation.secondary is not None:
        return _over_table(hop, relation)
    fields = _fields(hop.target, [remote for _, remote in _pairs(relation)], hop)
    return Link(
        hop,
        hop.key,
        hop.target,
        _attributes(hop.parent, [local for local, _ in _pairs(relation)], hop),
        relation.primaryjoin,
        _local(hop, relation.primaryjoin),
        key,
        None,
        fields,
        len(_pairs(relation)) == _parts(relation.primaryjoin),
    )


@cached(4096)
def link_through(hop: Hop, far: Hop, name: str) -> Link:
    """What a proxy stands for: a relation to a class between, and one from there on."""
    relation, further = _relation_of(hop), _relation_of(far)
    table = further.parent.local_table
    if not isinstance(table, Table):
        _refuse(hop, f"leads over {further.parent.class_.__name__}, which is of no table that is written")
    near = _pairs(relation)
    ends = _pairs(further)
    plain = len(near) == _parts(relation.primaryjoin) and len(ends) == _parts(further.primaryjoin)
    between = _between(
        hop,
        table,
        further.parent,
        [remote for _, remote in near],
        [local for _, local in ends],
        further.primaryjoin,
        plain,
    )
    return Link(
        hop,
        name,
        far.target,
        _attributes(hop.parent, [local for local, _ in near], hop),
        relation.primaryjoin,
        _local(hop, relation.primaryjoin),
        _fields(far.target, [remote for remote, _ in ends], hop),
        between,
        (),
    )


def _over_table(hop: Hop, relation: RelationshipProperty[Any]) -> Link:
    table = relation.secondary
    if not isinstance(table, Table):
        _refuse(hop, "leads over what is no table, so that nothing can be written there")
    near, far = _pairs(relation), _deannotated(relation.secondary_synchronize_pairs or ())
    mappers = [each for each in hop.parent.registry.mappers if each.local_table is table and not each.single]
    assert relation.secondaryjoin is not None
    between = _between(
        hop,
        table,
        mappers[0] if mappers else None,
        [remote for _, remote in near],
        [remote for _, remote in far],
        relation.secondaryjoin,
        is_plain_between(relation),
    )
    return Link(
        hop,
        hop.key,
        hop.target,
        _attributes(hop.parent, [local for local, _ in near], hop),
        relation.primaryjoin,
        _local(hop, relation.primaryjoin),
        _fields(hop.target, [local for local, _ in far], hop),
        between,
        (),
    )


def _between(
    hop: Hop,
    table: Table,
    mapper: Mapper[Any] | None,
    near: Sequence[Column[Any]],
    far: Sequence[Column[Any]],
    condition: ColumnElement[bool],
    plain: bool,
) -> Between:
    if mapper is not None and len(mapper.tables) > 1:
        name = mapper.class_.__name__
        _refuse(hop, f"leads over {name}, whose rows lie in several tables: make a {name} of the two")
    if not near or not far:
        _refuse(hop, "compares no foreign keys that could be written")
    ends = {*near, *far}
    unique, alone = are_told_apart(table, ends), are_all(table, ends)
    return Between(table, mapper, tuple(near), tuple(far), condition, plain, unique, alone)


def _relation_of(hop: Hop) -> RelationshipProperty[Any]:
    if hop.relation is None:
        _refuse(hop, "is a subclass and no relation")
    return hop.relation


def _pairs(relation: RelationshipProperty[Any]) -> list[tuple[Column[Any], Column[Any]]]:
    """What is referred to, and what refers to it."""
    return _deannotated(relation.synchronize_pairs)


def _deannotated(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Column[Any], Column[Any]]]:
    return [(one._deannotate(), other._deannotate()) for one, other in pairs]


def _parts(join: ColumnElement[bool]) -> int:
    return len(getattr(join, "clauses", (join,)))


def _local(hop: Hop, join: ColumnElement[bool]) -> dict[Column[Any], str]:
    """The columns of the owner's own row in a join condition, and their attributes."""
    columns = list(dict.fromkeys(column._deannotate() for column in columns_of_owner(hop, join)))
    return dict(zip(columns, _attributes(hop.parent, columns, hop), strict=True))


def columns_of_owner(hop: Hop, join: ColumnElement[bool]) -> Iterator[Any]:
    """The columns of the owner's own row in a join condition, as they stand there."""
    for each in visitors.iterate(join):
        if isinstance(each, Column) and each.table in hop.parent.tables and "remote" not in each._annotations:
            yield each


def _attributes(mapper: Mapper[Any], columns: Iterable[Column[Any]], hop: Hop) -> tuple[str, ...]:
    return tuple([field.key for field in _fields(mapper, columns, hop)])


def _fields(mapper: Mapper[Any], columns: Iterable[Column[Any]], hop: Hop) -> tuple[Field, ...]:
    found: list[Field] = []
    for column in columns:
        try:
            field = field_of(mapper, mapper.get_property_by_column(column).key)
        except UnmappedColumnError:
            field = None
        if field is None:
            name = mapper.class_.__name__
            _refuse(
                hop, f"is written by the column {column.name!r}, for which {name} has no attribute: map it"
            )
        found.append(field)
    if not found:
        _refuse(hop, "compares no foreign keys that could be written")
    return tuple(found)


def _refuse(hop: Hop, why: str) -> NoReturn:
    raise UnsupportedOperationError(f"related(): {hop!r} {why}")
