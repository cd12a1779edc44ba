"""As what a value is bound to be compared with a column, and whether the column can be compared at all."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached_by_class
from django_like_repos.values.decorated import POSTGRESQL, binds_itself, widened
from django_like_repos.values.document import DOCUMENT, Document
from django_like_repos.values.numbers import is_single
from django_like_repos.values.reckoned import Reckoned


@cached_by_class(4096)
def comparison_type(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a param that is compared with a column of ``type_``.

    The column's own, except that values are bound without what limits the column: one beyond it then
    matches nothing, where the database would refuse it, or round or cut it to one that does match.
    """
    wide = _wide(type_)
    for dialect, variant in type_._variant_mapping.items():
        other = comparison_type(variant)
        if wide is not type_ and type(other) is not type(wide):
            wide = wide.with_variant(other, dialect)
    return wide


@cached_by_class(4096)
def has_equality(type_: TypeEngine[Any]) -> bool:
    """Whether every database can compare two values of the type: PostgreSQL's json has no equality."""
    if isinstance(type_, types.TypeDecorator):
        type_ = type_.load_dialect_impl(POSTGRESQL)
    impl = type_.dialect_impl(POSTGRESQL)
    if isinstance(impl, types.ARRAY):
        return has_equality(impl.item_type)
    if isinstance(impl, postgresql.DOMAIN):
        return has_equality(impl.data_type)
    return not isinstance(impl, types.JSON) or isinstance(impl, postgresql.JSONB)


def _wide(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    for each in type(type_).__mro__:
        if each in _WIDE:
            return _WIDE[each](type_)
    return type_


def _float(type_: Any) -> TypeEngine[Any]:
    # A Float of few digits is PostgreSQL's real, which equals no double such as 0.1.
    return types.REAL() if is_single(type_) else type_


def _array(type_: types.ARRAY[Any]) -> TypeEngine[Any]:
    # Arrays of different integers have no operator in common; those beyond the elements were refused.
    item = type_.item_type
    if isinstance(item, types.Integer):
        wide: TypeEngine[Any] = item
    elif isinstance(item, (types.VARCHAR, types.Unicode)) or type(item) is types.String:
        wide = types.VARCHAR()
    else:
        wide = comparison_type(item)
    return type_ if wide is item and not type_.dimensions else postgresql.ARRAY(wide)


def _decorated(type_: types.TypeDecorator[Any]) -> TypeEngine[Any]:
    impl = type_.impl_instance
    wide = comparison_type(impl)
    if not binds_itself(type_):
        return wide
    return type_ if wide is impl or isinstance(impl, types.JSON) else widened(type_, wide)


def _interval(type_: types.Interval) -> TypeEngine[Any]:
    return type_ if type_.second_precision is None else types.Interval(native=type_.native)


_WIDE: Final[Mapping[type[Any], Callable[[Any], TypeEngine[Any]]]] = {
    types.Integer: lambda _: types.BigInteger(),
    types.Numeric: lambda _: types.Numeric(),
    Reckoned: lambda type_: type_,
    types.Float: _float,
    types.ARRAY: _array,
    types.Interval: _interval,
    types.JSON: lambda _: DOCUMENT,
    Document: lambda type_: type_,
    types.TypeDecorator: _decorated,
    postgresql.TIMESTAMP: lambda type_: types.DateTime(timezone=type_.timezone),
    postgresql.TIME: lambda type_: types.Time(timezone=type_.timezone),
    postgresql.INTERVAL: lambda _: types.Interval(),
    postgresql.BIT: lambda _: postgresql.BIT(varying=True),
    postgresql.DOMAIN: lambda type_: comparison_type(type_.data_type),
}
