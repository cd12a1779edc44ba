"""What SQLAlchemy's own expressions and loader options in a query add to its shape."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.interfaces import LoaderOption, ORMOption
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.cache_key import HasCacheKey


def is_loader(option: object) -> bool:
    """Whether an argument of ``options()`` is one of SQLAlchemy's."""
    return isinstance(option, ORMOption)


def criteria(options: Iterable[Any]) -> tuple[Any, ...]:
    """Those of SQLAlchemy's options that load nothing: they choose rows, a shard, or are for a listener."""
    return tuple(option for option in options if not isinstance(option, LoaderOption))


class _Reaching(LoaderCriteriaOption):
    """Criteria that reach the aliases, too, by which paths join."""

    __slots__ = ()
    _traverse_internals = LoaderCriteriaOption._traverse_internals

    def _resolve_where_criteria(self, ext_info: Any) -> ColumnElement[bool]:
        criterion = super()._resolve_where_criteria(ext_info)
        # Of a join by an ON clause SQLAlchemy adapts only criteria that are functions.
        return ext_info._adapter.traverse(criterion) if ext_info.is_aliased_class else criterion


def reaching(option: Any) -> Any:
    """Criteria that reach the aliases, too, by which paths join; any other option as it is.

    SQLAlchemy's own default would have the rows filtered by, counted and loaded that they are to hide.
    """
    if not isinstance(option, LoaderCriteriaOption) or isinstance(option, _Reaching):
        return option
    made = _Reaching.__new__(_Reaching)
    for slot in LoaderCriteriaOption.__slots__:
        setattr(made, slot, getattr(option, slot))
    made.include_aliases = True
    return made


def loader_of(relations: Iterable[Any]) -> Any:
    """The loader option that fills one relation after the other by SELECTs of their own."""
    option: Any = None
    for relation in relations:
        option = (selectinload if option is None else option.selectinload)(relation.class_attribute)
    return option


class Foreign(NamedTuple):
    """What SQLAlchemy objects in a query add to its shape, and the values in them."""

    key: Any
    """Hashable; None where SQLAlchemy cannot tell such objects apart, so that no plan may be kept."""
    binds: tuple[Any, ...]


def key_of_foreign(model: type[Any], expressions: tuple[Any, ...], loaders: tuple[Any, ...]) -> Foreign:
    """One key for all SQLAlchemy objects of a query together: keyed singly they lose alias identity."""
    statement: Select[Any] = select(tuple_(*expressions)) if expressions else select(model)
    key = statement.options(*loaders)._generate_cache_key()
    if key is None:
        return Foreign(None, ())
    return Foreign(key.key, tuple(key.bindparams))


def is_stable(loader: Any) -> bool:
    """Whether a loader option may be kept in a plan: one that holds values would serve them to others."""
    if not isinstance(loader, HasCacheKey):
        # Which shard it names, or what it says to a listener.
        return False
    key = loader._generate_cache_key()
    return key is not None and not key.bindparams
