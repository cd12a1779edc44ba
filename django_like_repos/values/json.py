"""What JSON can say, as a copy that nobody else can change."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from sqlalchemy import JSON

from django_like_repos.query import JSONNull
from django_like_repos.values.refusal import Refused
from django_like_repos.values.text import checked

_LONG: Final = 10_000
"""Bits of an integer from which on Python may refuse to write it out."""


def document(value: Any) -> Any:
    """None, bool, numbers, text, and lists and dicts of them. None is JSON's null."""
    if value is JSON.NULL or isinstance(value, JSONNull):
        return JSON.NULL
    try:
        return _part(value)
    except RecursionError:
        raise Refused("JSON that is nested less deep") from None


def _part(value: Any) -> Any:
    if value is None or value is JSON.NULL or isinstance(value, JSONNull):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked(str.__str__(value))
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return [_part(each) for each in value]
    if isinstance(value, Mapping):
        return {_key(key): _part(each) for key, each in value.items()}
    raise Refused(f"JSON, and a {type(value).__name__} is none,")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Refused(f"JSON, whose keys are text and no {type(key).__name__},")
    return checked(str.__str__(key))


def _number(value: int | float) -> int | float:
    if isinstance(value, int):
        if value.bit_length() > _LONG:
            raise Refused("JSON with shorter integers")
        return int(value)
    if not isfinite(value):
        raise Refused("JSON with finite numbers")
    return float(value)
