"""What becomes of related rows where a row is deleted: what the database does, what only SQLAlchemy would."""

from typing import Any, Final, NamedTuple

from sqlalchemy import ForeignKeyConstraint, Table
from sqlalchemy.orm import Mapper, RelationshipProperty

from django_like_repos.caching import cached_by_class


@cached_by_class(4096)
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


_ACTIONS: Final = ("CASCADE", "SET NULL", "SET DEFAULT")


class Reference(NamedTuple):
    """A foreign key by which the database changes rows of a model when those of another are."""

    keys: tuple[str, ...]
    """The attributes that are the foreign key."""
    referred: tuple[str, ...]
    """The columns of the other table, in the order of its primary key if they are that."""
    table: Any
    on_delete: str
    on_update: str

    @property
    def cascades(self) -> bool:
        """Whether the rows go with those that are deleted; else their keys become NULL, or what is usual."""
        return self.on_delete == "CASCADE"


@cached_by_class(4096)
def references_of(mapper: Mapper[Any]) -> tuple[Reference, ...]:
    """The foreign keys of a model about which the database does something on a DELETE or an UPDATE."""
    found: list[Reference] = []
    for table in mapper.tables:
        for constraint in table.foreign_key_constraints if isinstance(table, Table) else ():
            actions = [(each or "").upper() for each in (constraint.ondelete, constraint.onupdate)]
            if not {*actions}.isdisjoint(_ACTIONS):
                found += _reference(
                    mapper, constraint, *[each if each in _ACTIONS else "" for each in actions]
                )
    return tuple(found)


def key_columns_of(table: Any) -> tuple[str, ...]:
    """The names of the columns that are a table's primary key; none of what has no such thing."""
    return tuple([column.name for column in getattr(table, "primary_key", ())])


def _reference(
    mapper: Mapper[Any], constraint: ForeignKeyConstraint, on_delete: str, on_update: str
) -> list[Reference]:
    try:
        pairs = [
            (mapper.get_property_by_column(element.parent).key, element.column.name)
            for element in constraint.elements
        ]
    except KeyError:
        # A column that is not mapped is no part of an object.
        return []
    order = key_columns_of(constraint.referred_table)
    if {name for _, name in pairs} == {*order}:
        pairs.sort(key=lambda pair: order.index(pair[1]))
    keys, referred = zip(*pairs, strict=True)
    return [Reference(keys, referred, constraint.referred_table, on_delete, on_update)]
