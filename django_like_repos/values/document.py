"""The type of JSON that is compared as jsonb."""

import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from sqlalchemy import JSON, Dialect, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.values import jsonb

Order: TypeAlias = "tuple[tuple[str | None, Order], ...]"
"""The keys of an object, or the places in an array, each with the order of what stands there."""
EACH: Final = None
"""Every place in an array."""


class Document(TypeDecorator[Any]):
    """JSON that is compared as jsonb: canonical text on SQLite. None is JSON's null, never SQL's NULL.

    ``JSON.NULL`` is that null too, for where SQLAlchemy takes a None for "no value", as in literals.
    What is read has its keys in ``order``, which jsonb and canonical text forget.
    """

    impl = JSON
    cache_ok = True
    hashable = False
    should_evaluate_none = True

    def __init__(self, order: Order = ()) -> None:
        super().__init__()
        self.order = order

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return canonical(value, dialect) if dialect.name == "sqlite" else value

    def literal_processor(self, dialect: Dialect) -> Any:
        text: Any = String()
        quoted = text.literal_processor(dialect)
        said = "{}" if dialect.name == "sqlite" else "CAST({} AS JSONB)"
        return lambda value: said.format(quoted(canonical(value, dialect)))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if dialect.name == "sqlite" and value is not None:
            value = of_dialect(dialect, "_json_deserializer", json.loads)(value)
        return _ordered(value, self.order)


@cached(1024)
def document_of(order: Order) -> Document:
    """The one type of documents whose keys have an order."""
    return Document(order)


DOCUMENT: Final = document_of(())


def order_of(type_: TypeEngine[Any] | None) -> Order:
    """The order of the keys of what has a type, as far as it is known."""
    return type_.order if isinstance(type_, Document) else ()


def document_at(type_: TypeEngine[Any] | None, key: str) -> Document:
    """The type of what stands under a key."""
    return document_of(dict(order_of(type_)).get(key, ()))


def none_is_null(type_: TypeEngine[Any] | None) -> bool:
    """Whether None of a type is JSON's null."""
    return isinstance(type_, Document) or (isinstance(type_, JSON) and not type_.none_as_null)


def _ordered(value: Any, order: Order) -> Any:
    if not order:
        return value
    inner = dict(order)
    if isinstance(value, dict) and value.keys() == inner.keys():
        return {key: _ordered(value[key], each) for key, each in order}
    if isinstance(value, list):
        usual = inner.get(EACH, ())
        return [_ordered(each, inner.get(str(place), usual)) for place, each in enumerate(value)]
    return value


def canonical(value: Any, dialect: Dialect) -> str:
    serialize = of_dialect(dialect, "_json_serializer", json.dumps)
    return jsonb.canonical(jsonb.parsed(serialize(None if value is JSON.NULL else value)))


def of_dialect(dialect: Dialect, name: str, usual: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What the user gave ``create_engine()`` for JSON, or what SQLAlchemy uses."""
    return getattr(dialect, name, None) or usual
