"""Relations from their end: by what the rows there are known for those of one of many owners."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Table, types
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.orm.exc import UnmappedColumnError

from django_like_repos.caching import cached
from django_like_repos.mapping.models import Field, Hop, equalities, field_of, is_plain_between, key_of
from django_like_repos.mapping.uniqueness import may_repeat


@dataclass(frozen=True, slots=True, eq=False)
class Ownership:
    """How rows at the end of a relation are known for those of an owner."""

    hop: Hop
    """The relation."""
    fields: tuple[Field, ...]
    """What of the related row, or of the row that ``back`` leads to, says whose it is."""
    attributes: tuple[str, ...]
    """The owner's attributes that equal them."""
    back: Hop | None = None
    """To the table between, or to the owner's row; None where the related row itself says it."""
    repeats: bool = False
    """Whether one row may be found several times for one owner."""
    way_back: str | None = None
    """The related row's to-one relation to its owner, if the mapping says that it is the same one."""


@cached(8192)
def ownership_of(hop: Hop) -> Ownership:
    """By what the rows that a relation leads to are known for an owner's: as near to them as can be."""
    relation = hop.relation
    assert relation is not None
    if relation.secondary is None:
        return _by_own_columns(hop, relation) or by_owner(hop)
    return _by_table_between(hop, relation) or by_owner(hop)


def _by_own_columns(hop: Hop, relation: RelationshipProperty[Any]) -> Ownership | None:
    pairs = _pairs(relation.local_remote_pairs or ())
    plain = len(equalities(relation.primaryjoin)) == len(pairs)
    if not plain or not _are_alike(pairs):
        return None
    keys = [_key(hop.parent, local) for local, _ in pairs]
    fields = [field_of(hop.target, _key(hop.target, remote) or "") for _, remote in pairs]
    return _ownership(hop, fields, keys, None)


def _by_table_between(hop: Hop, relation: RelationshipProperty[Any]) -> Ownership | None:
    pairs = _pairs(relation.synchronize_pairs)
    if not isinstance(relation.secondary, Table) or not is_plain_between(relation) or not _are_alike(pairs):
        return None
    keys = [_key(hop.parent, local) for local, _ in pairs]
    fields = [Field(each.key, each.type, False, each) for _, each in pairs]
    return _ownership(hop, fields, keys, _back(hop, table=relation.secondary))


@cached(8192)
def by_owner(hop: Hop) -> Ownership:
    """By what the rows that a relation leads to are known for an owner's: by the owner's own row."""
    key = key_of(hop.parent)
    assert hop.relation is not None
    return Ownership(hop, key, tuple([field.key for field in key]), _back(hop), may_repeat(hop.relation))


def _ownership(
    hop: Hop, fields: Sequence[Field | None], keys: Sequence[str | None], back: Hop | None
) -> Ownership | None:
    found = [field for field in fields if field is not None and field.column is not None]
    known = [key for key in keys if key is not None]
    if not found or len(found) != len(fields) or len(known) != len(keys):
        # What is not mapped cannot be read from an object, or named in a query.
        return None
    way_back = way_back_of(hop) if back is None else None
    assert hop.relation is not None
    return Ownership(hop, tuple(found), tuple(known), back, may_repeat(hop.relation), way_back)


def way_back_of(hop: Hop) -> str | None:
    """The related rows' to-one relation to their owner, if the mapping says that it is the same one."""
    relation = hop.relation
    if relation is None or relation.direction is not RelationshipDirection.ONETOMANY:
        return None
    keys = [each.key for each in relation._reverse_property if each.direction is _MANY_TO_ONE]
    return keys[0] if len(keys) == 1 else None


_MANY_TO_ONE: Final = RelationshipDirection.MANYTOONE


def _back(hop: Hop, table: Any = None) -> Hop:
    return Hop(
        parent=hop.target,
        key=hop.key,
        target=hop.parent,
        to_many=True,
        nullable=False,
        remote={},
        relation=hop.relation,
        table=table,
        backwards=True,
    )


def _pairs(pairs: Any) -> list[tuple[Column[Any], Column[Any]]]:
    found: list[tuple[Column[Any], Column[Any]]] = [
        (local._deannotate(), remote._deannotate()) for local, remote in pairs
    ]
    return found


def _key(mapper: Mapper[Any], column: Column[Any]) -> str | None:
    try:
        return mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return None


_EXACT: Final = (types.Integer, types.Uuid, types.Date, types.DateTime, types.LargeBinary)
_TEXTS: Final = (types.String, types.Text, types.Unicode, types.UnicodeText, types.VARCHAR, types.TEXT)


def _are_alike(pairs: Iterable[tuple[Column[Any], Column[Any]]]) -> bool:
    """Whether values are equal in Python just where they are in the database."""
    return all(_kind(one) is not None and _kind(one) is _kind(other) for one, other in pairs)


def _kind(column: Column[Any]) -> type[Any] | None:
    """Of what kind the values are, if Python and every database compare them alike."""
    if isinstance(column.type, _TEXTS) and type(column.type) in _TEXTS:
        return None if column.type.collation else types.String
    return next((kind for kind in _EXACT if isinstance(column.type, kind)), None)
