"""What is less among the texts of ``types.py``: lists, ranges and addresses in the order of PostgreSQL's."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_interface
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import ARRAY
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractMultiRange, AbstractSingleRange
from sqlalchemy.types import TypeEngine

_LISTS: Final = "dlr_lists"
_ADDRESSES: Final = "dlr_addresses"

COLLATIONS: Final[Mapping[type[TypeEngine[Any]], str]] = {
    ARRAY: _LISTS,
    AbstractSingleRange: _LISTS,
    AbstractMultiRange: _LISTS,
    postgresql.INET: _ADDRESSES,
    postgresql.CIDR: _ADDRESSES,
}
"""The collations of columns whose text is not in the order of its values."""


def teach(connection: sqlite3.Connection) -> None:
    """Gives a connection of SQLite the collations."""
    connection.create_collation(_LISTS, _by(_members))
    connection.create_collation(_ADDRESSES, _by(_address))


def _by(key: Callable[[str], Any]) -> Callable[[str, str], int]:
    def compare(left: str, right: str) -> int:
        if left == right:
            return 0
        first, second = key(left), key(right)
        return _compared(first, second)

    return compare


@lru_cache(4096)
def _members(text: str) -> Any:
    return _key(json.loads(text, parse_float=Decimal))


@lru_cache(4096)
def _address(text: str) -> Any:
    found = ip_interface(text)
    # The bits of the network, then how many they are, then all.
    network = found.network
    return (found.version, int(network.network_address), network.prefixlen, int(found.ip))


_LAST: Final = ("last",)
"""NULL, which is greater than anything within a list."""


def _key(value: Any) -> Any:
    if isinstance(value, list):
        return [_key(each) for each in value]
    if isinstance(value, dict):
        if value.get("empty"):
            return (0,)
        lower, upper, bounds = value["lower"], value["upper"], value["bounds"]
        first = (0,) if lower is None else (1, lower, bounds[0] == "(")
        return (1, first, (1,) if upper is None else (0, upper, bounds[1] == "]"))
    return _LAST if value is None else value


_MISSING: Final = object()


def _compared(left: Any, right: Any) -> int:
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        if left is _LAST or right is _LAST:
            return (left is _LAST) - (right is _LAST)
        for one, other in zip_longest(left, right, fillvalue=_MISSING):
            if one is _MISSING or other is _MISSING:
                return -1 if one is _MISSING else 1
            found = _compared(one, other)
            if found:
                return found
        return 0
    if left is _LAST or right is _LAST:
        return (left is _LAST) - (right is _LAST)
    return int(left > right) - int(left < right)
