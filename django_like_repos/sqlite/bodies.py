"""Numbers and documents of SQLite as JSON, where SQLite has another text for them than Python."""

import json
import math
from decimal import Decimal
from typing import Any

from django_like_repos.sqlite.registry import function


@function("dlr_json_float")
def _float(value: Any) -> str:
    if value is None or not math.isfinite(value):
        return "null"
    return repr(float(value))


@function("dlr_json_decimal")
def _decimal(value: Any, scale: int) -> str:
    """As SQLAlchemy reads a decimal, of so many places."""
    return "null" if value is None else f'"{Decimal(f"%.{scale}f" % value)}"'


@function("dlr_json_document")
def _document(value: str) -> str:
    """A document in which there may be numbers that JSON does not have."""
    return json.dumps(_finite(json.loads(value)), ensure_ascii=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
