"""The type of JSON that is compared as jsonb."""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, Dialect, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from django_like_repos.values import jsonb


class Document(TypeDecorator[Any]):
    """JSON that is compared as jsonb: canonical text on SQLite. None is JSON's null, never SQL's NULL.

    ``JSON.NULL`` is that null too, for where SQLAlchemy takes a None for "no value", as in literals.
    """

    impl = JSON
    cache_ok = True
    hashable = False
    should_evaluate_none = True

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
        if dialect.name != "sqlite" or value is None:
            return value
        return of_dialect(dialect, "_json_deserializer", json.loads)(value)


def canonical(value: Any, dialect: Dialect) -> str:
    serialize = of_dialect(dialect, "_json_serializer", json.dumps)
    return jsonb.canonical(jsonb.parsed(serialize(None if value is JSON.NULL else value)))


def of_dialect(dialect: Dialect, name: str, usual: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What the user gave ``create_engine()`` for JSON, or what SQLAlchemy uses."""
    return getattr(dialect, name, None) or usual
