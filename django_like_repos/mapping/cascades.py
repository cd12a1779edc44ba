"""What becomes of related rows where a row is deleted: what the database does, what only SQLAlchemy would."""

from typing import Any, NamedTuple

from sqlalchemy import ForeignKeyConstraint, Table
from sqlalchemy.orm import Mapper, RelationshipProperty

from django_like_repos.caching import cached


@cached(4096)
def only_by_orm(mapper: Mapper[Any]) -> RelationshipProperty[Any] | None:
    """A relation whose rows SQLAlchemy would delete with the owner's, and the database would not, if any."""
    for each in mapper.self_and_descendants:
        for relation in each.relationships:
            if relation.cascade.delete and not relation.passive_deletes and not _is_of_database(relation):
                return relation
    return None


def _is_of_database(relation: RelationshipProperty[Any]) -> bool:
    """Whether every foreign key that a relation is made of cascades."""
    keys = [key for column in relation.remote_side for key in column.foreign_keys]
    return bool(keys) and all((key.ondelete or "").upper() == "CASCADE" for key in keys)


class Reference(NamedTuple):
    """A foreign key by which rows of a model go, or forget, when rows of another are deleted."""

    keys: tuple[str, ...]
    """The attributes that are the foreign key."""
    referred: tuple[str, ...]
    """The columns of the other table."""
    table: Any
    cascades: bool
    """Whether the rows go; else their keys become NULL, or what they are by default."""


@cached(4096)
def references_of(mapper: Mapper[Any]) -> tuple[Reference, ...]:
    """The foreign keys of a model about which the database does something on a DELETE."""
    found: list[Reference] = []
    for table in mapper.tables:
        for constraint in table.foreign_key_constraints if isinstance(table, Table) else ():
            action = (constraint.ondelete or "").upper()
            if action in ("CASCADE", "SET NULL", "SET DEFAULT"):
                found += _reference(mapper, constraint, cascades=action == "CASCADE")
    return tuple(found)


def _reference(mapper: Mapper[Any], constraint: ForeignKeyConstraint, *, cascades: bool) -> list[Reference]:
    try:
        keys = tuple([mapper.get_property_by_column(column).key for column in constraint.columns])
    except KeyError:
        return []
    referred = tuple([element.column.name for element in constraint.elements])
    return [Reference(keys, referred, constraint.referred_table, cascades)]
