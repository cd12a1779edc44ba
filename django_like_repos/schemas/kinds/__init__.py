"""The kinds of types whose fields can be known; the first that says of a type that it is its own has it."""

from typing import Any, Final

from django_like_repos.caching import cached
from django_like_repos.schemas.fields import Kind, Schema
from django_like_repos.schemas.kinds.attrs import ATTRS
from django_like_repos.schemas.kinds.dataclasses import DATACLASS
from django_like_repos.schemas.kinds.msgspec import STRUCT
from django_like_repos.schemas.kinds.named_tuples import NAMED_TUPLE
from django_like_repos.schemas.kinds.pydantic import PYDANTIC
from django_like_repos.schemas.kinds.typed_dicts import TYPED_DICT

_KINDS: Final[list[Kind]] = [PYDANTIC, STRUCT, DATACLASS, ATTRS, TYPED_DICT, NAMED_TUPLE]


def register_kind(kind: Kind) -> None:
    """Adds a kind of types, before those that are known."""
    _KINDS.insert(0, kind)
    schema_of.cache_clear()


@cached(1024)
def schema_of(kind: Any) -> Schema | None:
    """A type as its fields; None where none are known. Raises SchemaError for one that is broken."""
    if not isinstance(kind, type):
        return None
    for each in _KINDS:
        if each.is_one(kind):
            return Schema(kind, each, each.read(kind), each.is_opaque(kind), each.converts(kind))
    return None
