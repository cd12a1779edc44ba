"""Which coercion a column type has: one function a family, found by the class of the type."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractMultiRange, AbstractSingleRange
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.values import containers, json, moments, numbers, opaque, text
from django_like_repos.values.decorated import decorated
from django_like_repos.values.document import Document
from django_like_repos.values.refusal import Coercion, Setting

Family = Callable[[Any, Setting], Coercion]


@cached(4096)
def coercion_of(type_: TypeEngine[Any], zone: str = "UTC") -> Coercion:
    """The function that turns a value into one that ``type_`` binds; it raises Refused.

    ``zone`` is the IANA name of that in which an aware datetime has the date of a date column.
    """
    variants = [
        type_._variant_mapping[name] for name in ("sqlite", "postgresql") if name in type_._variant_mapping
    ]
    family = _family(type_)
    if any(_family(variant) is not family for variant in variants):
        # The databases hold different kinds of things there, and the value must be for the one in use.
        return text.untouched
    return family(type_, Setting(zone, lambda inner: coercion_of(inner, zone)))


def _family(type_: TypeEngine[Any]) -> Family:
    return next(_FAMILIES[each] for each in type(type_).__mro__ if each in _FAMILIES)


def _always(coercion: Coercion) -> Family:
    return lambda _type, _setting: coercion


def _of_domain(type_: postgresql.DOMAIN, setting: Setting) -> Coercion:
    return setting.coercion_of(type_.data_type)


# The nearest class in the order of inheritance counts: Enum is a String, and Interval a TypeDecorator.
_FAMILIES: Final[Mapping[type[Any], Family]] = {
    types.String: _always(text.text),
    types.Enum: text.enumerated,
    types.Integer: _always(numbers.integer),
    types.Boolean: _always(numbers.boolean),
    types.Numeric: _always(numbers.decimal),
    types.Float: numbers.floating,
    types.Date: moments.day,
    types.DateTime: moments.moment,
    types.Time: moments.hour,
    types.Interval: _always(moments.emulated_span),
    postgresql.INTERVAL: _always(moments.span),
    types.LargeBinary: _always(opaque.binary),
    types.BINARY: _always(opaque.binary),
    types.VARBINARY: _always(opaque.binary),
    types.Uuid: opaque.uuid,
    types.JSON: _always(json.document),
    Document: _always(json.document),
    types.ARRAY: containers.array,
    types.TupleType: containers.several,
    types.TypeDecorator: decorated,
    AbstractSingleRange: containers.span_of_values,
    AbstractMultiRange: containers.spans_of_values,
    postgresql.INET: _always(opaque.address),
    postgresql.CIDR: _always(opaque.network),
    postgresql.MACADDR: _always(opaque.card(6)),
    postgresql.MACADDR8: _always(opaque.card(8)),
    postgresql.BIT: _always(opaque.bits),
    postgresql.MONEY: _always(text.text),
    postgresql.OID: _always(numbers.oid),
    postgresql.HSTORE: _always(containers.words),
    postgresql.DOMAIN: _of_domain,
    types.NullType: _always(numbers.untyped),
    TypeEngine: _always(text.untouched),
}
