"""What relations are given as a whole: the objects at their other ends."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.util import duck_type_collection

from django_like_repos.caching import cached_by_class
from django_like_repos.language.operands import Target

_OWN: Final = ("sqlalchemy.orm.attributes", "sqlalchemy.orm.unitofwork")
"""Where the listeners are that SQLAlchemy has itself, for the other end and for cascades."""


def check_related(target: Target, value: Any) -> None:
    """Raises InvalidLookupValueError for what a relation cannot be set to, of which SQLAlchemy says little.

    A relation with validators or listeners of the application is left to them: they may take anything.
    """
    hop = target.path.hops[-1]
    if hop.relation is None or len(target.path.hops) > 1 or _is_listened_to(hop.relation):
        return
    model = hop.target.class_
    if not hop.relation.uselist:
        if value is not None and not isinstance(value, model):
            target.refuse(f"a {model.__name__} object or None", value)
        return
    kind = _kind_of(hop.relation)
    expected = f"a {kind.__name__} of {model.__name__} objects"
    if duck_type_collection(value) is not kind and not _is_loose(hop.relation, value):
        target.refuse(expected, value)
    for each in _members(value):
        if not isinstance(each, model):
            target.refuse(expected, value, f"it has {type(each).__name__} in it")


@cached_by_class(4096)
def _is_listened_to(relation: RelationshipProperty[Any]) -> bool:
    """Whether something else than SQLAlchemy sees, and may change, what a relation is given."""
    dispatch = _impl_of(relation).dispatch
    listeners = [*dispatch.append, *dispatch.bulk_replace, *dispatch.set]
    return any(each.__module__ not in _OWN for each in listeners)


@cached_by_class(4096)
def _kind_of(relation: RelationshipProperty[Any]) -> type[Any]:
    """What a collection is like: a list, a set or a dict."""
    impl = _impl_of(relation)
    return (None if impl.dynamic else duck_type_collection(impl.collection_factory())) or list


def _impl_of(relation: RelationshipProperty[Any]) -> Any:
    return relation.parent.class_manager[relation.key].impl


def _is_loose(relation: RelationshipProperty[Any], value: Any) -> bool:
    """Whether a relation that is never loaded is given something that can be gone through."""
    return bool(_impl_of(relation).dynamic) and isinstance(value, Iterable) and not isinstance(value, str)


def _members(value: Any) -> Iterable[Any]:
    """What is in a collection; of an iterator nothing, since it can be gone through only once."""
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple, set)) else ()
