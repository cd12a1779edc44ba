"""What an answer comes down to, so that those of two sides can be compared.

Types count: 1 is neither True nor 1.0 nor Decimal(1). Beyond that:

- A model counts as its primary key, and besides as its annotations where it has any. Django gives it nothing
  else that is not a column.
- A row of values counts as its values, a dictionary also as its keys and their order; but what `aggregate()`
  and `in_bulk()` give has no order, and neither have the keys of a JSON document.
- A float counts to 9 significant digits, since a sum depends on the order of its terms; a Decimal to 12,
  since Django has SQLite reckon with floats, and reads 15 digits of them; and zero has no sign.
- An aware datetime counts as its moment, whatever zone it is told in.
- An enum's member counts as its value: Django has texts in its place.
- An exception counts as the name of its class.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc"

from datetime import UTC, datetime
from decimal import Context, Decimal
from enum import Enum
from typing import Any

from django.db import models
from sqlalchemy import Row, inspect

from tests.parity.schema import Base

TWELVE_DIGITS = Context(prec=12)


def comparable(result: Any) -> Any:
    """An answer, or a list of the texts of its rows."""
    if isinstance(result, list):
        return [repr(_plain(row)) for row in result]
    if isinstance(result, dict):
        return {repr(key): repr(_plain(value)) for key, value in result.items()}
    return repr(_plain(result))


def _plain(value: Any) -> Any:
    match value:
        case Exception():
            return type(value).__name__
        case models.Model():
            options: Any = type(value)
            return _model(value, value.pk, {field.attname for field in options._meta.concrete_fields})
        case Base():
            mapper = inspect(type(value))
            return _model(value, mapper.primary_key_from_instance(value)[0], set(mapper.attrs.keys()))
        case dict():
            return {key: _plain_value(each) for key, each in value.items()}
        case tuple() | Row():
            return tuple(_plain_value(each) for each in value)
    return _plain_value(value)


def _model(value: Any, key: Any, columns: set[str]) -> Any:
    annotations = {
        name: _plain_value(each)
        for name, each in vars(value).items()
        if name not in columns and not name.startswith("_")
    }
    return (key, dict(sorted(annotations.items()))) if annotations else key


def _plain_value(value: Any) -> Any:
    match value:
        case models.Model() | Base():
            return _plain(value)
        case Enum():
            return value.value
        case float():
            return float(f"{value:.9g}") + 0.0
        case Decimal():
            return (TWELVE_DIGITS.plus(value) + 0).normalize() if value.is_finite() else value
        case datetime() if value.tzinfo is not None:
            return value.astimezone(UTC).isoformat()
        case dict():
            return {key: _plain_value(each) for key, each in sorted(value.items())}
        case list() | tuple():
            return [_plain_value(each) for each in value]
    return value
