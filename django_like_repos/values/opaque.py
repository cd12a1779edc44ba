"""Bytes, UUIDs, and what PostgreSQL has besides: bits, addresses of networks and of network cards."""

import re
from collections.abc import Callable
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Any, Final
from uuid import UUID

from sqlalchemy import types
from sqlalchemy.dialects.postgresql import CIDR

from django_like_repos.values.refusal import Coercion, Refused, Setting

_ADDRESSES: Final = (IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network)
_BITS: Final = re.compile(r"[01]*")


def binary(value: Any) -> Any:
    """``bytes``."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise Refused("bytes")


def uuid(type_: types.Uuid[Any], _: Setting) -> Coercion:
    """A UUID, in any of the texts that Python takes for one; bound as the column has it."""

    def coerce(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = UUID(value)
            except ValueError:
                raise Refused("a UUID, or its text") from None
        if not isinstance(value, UUID):
            raise Refused("a UUID, or its text")
        return value if type_.as_uuid else str(value)

    return coerce


def address(value: Any) -> Any:
    """The address of a host, with the length of its network or without."""
    found = _parsed(value, ip_interface, "an address of ipaddress, or its text such as '10.0.0.1'")
    return str(found.ip if found.network.prefixlen == found.max_prefixlen else found)


def network(value: Any) -> Any:
    """The address of a network, with nothing after its length."""
    return str(_parsed(value, ip_network, "a network of ipaddress, or its text such as '10.0.0.0/8'"))


def parsed_address(type_: types.TypeEngine[Any], value: str) -> Any:
    """What a read gives of either."""
    if isinstance(type_, CIDR):
        return ip_network(value)
    return ip_interface(value) if "/" in value else ip_address(value)


def card(length: int) -> Coercion:
    """The address of a network card, of so many bytes."""
    digits = re.compile(rf"[0-9a-f]{{{2 * length}}}", re.IGNORECASE)

    def coerce(value: Any) -> Any:
        found = re.sub(r"[:.-]", "", value) if isinstance(value, str) else ""
        if not digits.fullmatch(found):
            example = ":".join(f"{number:02x}" for number in range(length))
            raise Refused(f"text such as '{example}'")
        return ":".join(found[place : place + 2] for place in range(0, len(found), 2)).lower()

    return coerce


def bits(value: Any) -> Any:
    """A string of bits as text; what the driver has for it goes through."""
    if isinstance(value, str) and not _BITS.fullmatch(value):
        raise Refused("text of 0 and 1")
    if value is None or isinstance(value, (int, float)):
        raise Refused("text of 0 and 1")
    return value


def _parsed(value: Any, parse: Callable[[Any], Any], wanted: str) -> Any:
    # A number or bytes is an address too for ipaddress, and hardly what was meant.
    if not isinstance(value, (str, *_ADDRESSES)):
        raise Refused(wanted)
    if "%" in str(value):
        # The scope of an IPv6 address, which PostgreSQL does not store.
        raise Refused(f"{wanted}, without a scope,")
    try:
        return parse(value)
    except ValueError:
        raise Refused(wanted) from None
