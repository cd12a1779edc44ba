"""Samples of types: what a client could send for an annotation, to see whether a lookup takes any of it."""

import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
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
from itertools import product
from pathlib import PurePath, PurePosixPath
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, get_args, get_origin, is_typeddict
from uuid import UUID

from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    PlainValidator,
    SecretBytes,
    SecretStr,
    WrapValidator,
)

MAKING: Final = (AfterValidator, PlainValidator, WrapValidator)
"""What makes something else of what an annotation says: of which type, nobody knows."""


class Model(BaseModel):
    """Stands for any model of pydantic's."""


Group = tuple[Any, ...]
"""Values of one type, of which one at least must fit."""

_SAMPLES: Final[dict[Any, Group]] = {
    bool: (True,),
    int: (1,),
    float: (1.0,),
    Decimal: (Decimal("1"),),
    str: ("a", "10.0.0.1", "08:00:2b:01:02:03"),
    bytes: (b"a",),
    date: (date(2026, 1, 31),),
    datetime: (datetime(2026, 1, 31, 12), datetime(2026, 1, 31, 12, tzinfo=UTC)),
    time: (time(12, 30), time(12, 30, tzinfo=UTC)),
    timedelta: (timedelta(days=1),),
    UUID: (UUID("12345678-1234-5678-1234-567812345678"),),
    dict: ({"a": 1},),
    list: ([],),
    tuple: ((),),
    set: (set(),),
    frozenset: (frozenset(),),
    AnyUrl: (AnyUrl("https://example.org"),),
    SecretStr: (SecretStr("a"),),
    SecretBytes: (SecretBytes(b"a"),),
    PurePath: (PurePosixPath("a"),),
    IPv4Address: (IPv4Address(1),),
    IPv6Address: (IPv6Address(1),),
    IPv4Interface: (IPv4Interface(1),),
    IPv6Interface: (IPv6Interface(1),),
    IPv4Network: (IPv4Network(1),),
    IPv6Network: (IPv6Network(1),),
    BaseModel: (Model(),),
}
"""By class; the nearest one in the order of inheritance counts."""

_COLLECTIONS: Final[dict[Any, Callable[[Any], Any]]] = {
    list: list,
    Sequence: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
}


def samples_of(annotation: Any, *, several: int = 1) -> Iterator[Group]:
    """Of each type in an annotation that is known some values; of words and members each one.

    ``several`` is how many members a collection is to have. Nothing of what code makes of what is sent.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if not is_made(arguments[1:]):
            yield from samples_of(arguments[0], several=several)
    elif hasattr(annotation, "__supertype__"):
        yield from samples_of(annotation.__supertype__, several=several)
    elif hasattr(annotation, "__value__"):
        yield from samples_of(annotation.__value__, several=several)
    elif origin is Literal:
        yield from ((each,) for each in arguments)
    elif origin in (UnionType, typing.Union):
        for each in arguments:
            yield from samples_of(each, several=several)
    elif origin in _COLLECTIONS:
        yield from _collections(_COLLECTIONS[origin], arguments, several)
    else:
        yield from _plain(origin or annotation)


def is_made(metadata: Sequence[Any]) -> bool:
    """Whether what an annotation holds makes something else of its type."""
    return any(isinstance(each, MAKING) for each in metadata)


def _collections(make: Callable[[Any], Any], members: tuple[Any, ...], several: int) -> Iterator[Group]:
    if make is tuple and members[1:] != (...,):
        first = [next(samples_of(each), None) for each in members]
        if all(first):
            yield tuple(product(*[group for group in first if group is not None]))
        return
    for group in samples_of(members[0]):
        yield tuple([make(_hashable(make, each, several)) for each in group])


def _hashable(make: Callable[[Any], Any], member: Any, several: int) -> list[Any]:
    """As many members; none where a set could not hold them."""
    return [] if make in (set, frozenset) and isinstance(member, (list, dict, set)) else [member] * several


def _plain(kind: Any) -> Iterator[Group]:
    if not isinstance(kind, type) or kind is NoneType:
        return
    if issubclass(kind, Enum):
        yield from ((each,) for each in kind)
    elif is_typeddict(kind) or issubclass(kind, Mapping):
        yield _SAMPLES[dict]
    else:
        found = next((each for each in kind.__mro__ if each in _SAMPLES), None)
        if found is not None:
            yield _SAMPLES[found]
