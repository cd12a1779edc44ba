"""Objects of all kinds as JSON by Python, each value as pydantic writes it."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from itertools import zip_longest
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from django_like_repos.errors import UnsupportedOperationError


def dumped(rows: Iterable[Any], by_alias: bool | None, names: Sequence[str] = ()) -> bytes:
    """Rows as a JSON array. Raises UnsupportedOperationError for other values.

    ``names`` are those of the values, where rows have none themselves.
    """
    texts: list[bytes] = []
    for row in rows:
        try:
            texts.append(_dumped(row, by_alias))
        except ValueError as error:
            place = next(_undecoded(row, names), None)
            if place is None:
                raise
            raise UnsupportedOperationError(
                f"json(): {place!r} holds bytes that are no UTF-8, and JSON has no other text for them: "
                "leave it out, or read it as a type that has a serializer for it"
            ) from error
    return b"[%b]" % b",".join(texts)


def _undecoded(value: Any, names: Sequence[str], place: str = "") -> Iterator[str]:
    """The places of bytes that are no UTF-8, each with the names that lead to it."""
    if isinstance(value, bytes):
        try:
            value.decode()
        except UnicodeDecodeError:
            yield place or next(iter(names), "")
        return
    if isinstance(value, (list, tuple, set, frozenset)):
        named: Iterable[tuple[Any, Any]] = zip_longest(names[: len(value)], value, fillvalue=place)
    elif isinstance(value, Mapping):
        named = value.items()
    else:
        named = _fields_of(value) or getattr(value, "__dict__", {}).items()
    for name, each in named:
        yield from _undecoded(each, (), str(name))


def _dumped(row: Any, by_alias: bool | None) -> bytes:
    serializer = getattr(type(row), "__pydantic_serializer__", None)
    if serializer is not None:
        text: bytes = serializer.to_json(row, by_alias=by_alias)
        return text
    plain = _Plain(by_alias).of(row)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


class _Plain:
    """What JSON has words for, made of anything."""

    def __init__(self, by_alias: bool | None) -> None:
        self._by_alias = by_alias

    def of(self, value: Any) -> Any:
        kind = value.__class__
        if value is None or kind in (str, int, bool):
            return value
        serializer = getattr(kind, "__pydantic_serializer__", None)
        if serializer is not None:
            return serializer.to_python(value, mode="json", by_alias=self._by_alias)
        for known, say in _SAYS:
            if isinstance(value, known):
                return say(self, value)
        named = _fields_of(value)
        if named is None:
            raise UnsupportedOperationError(
                f"json(): {kind.__name__} is nothing that JSON has a text for: name a value of it, or make a "
                "type that has a serializer for it, a model of pydantic"
            )
        config = getattr(kind, "__struct_config__", None)
        if config is not None and config.array_like:
            return [self.of(each) for _, each in named]
        return {key: self.of(each) for key, each in named}

    def items(self, value: Iterable[Any]) -> list[Any]:
        return [self.of(each) for each in value]

    def document(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        return {_key(self.of(key)): self.of(each) for key, each in value.items()}

    def member(self, value: Enum) -> Any:
        return self.of(value.value)


def _key(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _fields_of(value: Any) -> Iterable[tuple[str, Any]] | None:
    kind: Any = type(value)
    if is_dataclass(kind):
        return [(each.name, getattr(value, each.name)) for each in fields(kind)]
    if hasattr(kind, "__attrs_attrs__"):
        return [(each.name, getattr(value, each.name)) for each in kind.__attrs_attrs__]
    if hasattr(kind, "__struct_encode_fields__"):
        keys, config = (
            zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True),
            kind.__struct_config__,
        )
        tag = [] if config.tag is None else [(config.tag_field, config.tag)]
        return [*tag, *[(key, getattr(value, name)) for key, name in keys]]
    return None


def _datetime(value: datetime) -> str:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def span(value: timedelta) -> str:
    """A span as ISO 8601 has it, of days and less."""
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    years, days = divmod(value.days, 365)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06}".rstrip("0") if value.microseconds else ""
    date = "".join(f"{number}{unit}" for number, unit in ((years, "Y"), (days, "D")) if number)
    clock = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    return f"{sign}P{date}{f'T{clock}' if clock or not date else ''}{'' if clock or date else '0S'}"


_ADDRESSES: Final = (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
_SAYS: Final[tuple[tuple[Any, Callable[[_Plain, Any], Any]], ...]] = (
    (Enum, _Plain.member),
    (str, lambda _, value: str(value)),
    (bool, lambda _, value: bool(value)),
    (int, lambda _, value: int(value)),
    (float, lambda _, value: float(value) if math.isfinite(value) else None),
    (Decimal, lambda _, value: str(value)),
    (UUID, lambda _, value: str(value)),
    ((*_ADDRESSES, PurePath), lambda _, value: str(value)),
    (datetime, lambda _, value: _datetime(value)),
    (date, lambda _, value: value.isoformat()),
    (time, lambda _, value: value.isoformat()),
    (timedelta, lambda _, value: span(value)),
    (bytes, lambda _, value: value.decode()),
    (Mapping, _Plain.document),
    ((list, tuple, set, frozenset), _Plain.items),
)
