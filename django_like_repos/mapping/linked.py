"""Many-to-many relations by the table between alone: what it says of the rows at the end."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, Table

from django_like_repos.caching import cached
from django_like_repos.mapping.models import Hop, is_plain_between, key_of

_NOTHING: Final[Mapping[str, Column[Any]]] = MappingProxyType({})


@cached(8192)
def linked_by(hop: Hop) -> Mapping[str, Column[Any]]:
    """By the attributes of the key at the end of a relation, the columns between that equal them.

    Empty where the table between may have rows that lead nowhere, or the mapping leaves some of those rows
    out: then the row at the end must be looked at.
    """
    relation = hop.relation
    if relation is None or not isinstance(relation.secondary, Table) or not is_plain_between(relation):
        return _NOTHING
    if hop.backwards or hop.table is not None or hop.narrowed is not None or hop.target.inherits is not None:
        return _NOTHING
    between: dict[Any, Any] = {
        far: near for far, near in relation.secondary_synchronize_pairs or () if _leads_to(near, far)
    }
    key = key_of(hop.target)
    if any(field.column not in between for field in key):
        return _NOTHING
    return MappingProxyType({field.key: between[field.column] for field in key})


def _leads_to(near: Any, far: Any) -> bool:
    """Whether a column has a value in each row, which is that of a row of the other's, of the same type."""
    return not near.nullable and near.references(far) and type(near.type) is type(far.type)
