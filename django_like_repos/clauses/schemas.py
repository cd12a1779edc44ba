"""Types as their fields, as clauses ask for them; what is none is refused."""

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_origin
from uuid import UUID

from sqlalchemy import inspect

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.schemas import Schema, SchemaError, SchemaField, Wanted, schema_of, wanted

VALUES: Final = (int, str, bytes, float, Decimal, date, time, timedelta, UUID, Enum)
"""What no object of a model is."""


def checked_schema(call: str, kind: Any) -> Schema:
    """A type as its fields. Raises UnsupportedOperationError for one that has none."""
    if not isinstance(kind, type) and _schema_of(call, _told(kind), get_origin(kind)) is not None:
        raise UnsupportedOperationError(
            f"{call}(): {kind!r} has arguments, which models of pydantic alone put into their fields: say "
            "them in the fields of a type of its own"
        )
    schema = _schema_of(call, _told(kind), kind)
    if schema is None:
        raise UnsupportedOperationError(
            f"{call}() takes a dataclass, NamedTuple, TypedDict, a class of attrs, a Struct of msgspec or a "
            f"model of pydantic, not {_told(kind)}"
        )
    return schema


_ALIASES: Final = ("__value__", "__pydantic_root_model__")
"""What types have that stand for others."""


def checked_schemas(call: str, kind: Any) -> list[Schema]:
    """The types of a union as their fields, or the one type. As ``checked_schema()``."""
    union = get_origin(kind) in (Union, UnionType, Annotated)
    stands_for = union or any(getattr(kind, name, False) for name in _ALIASES)
    takes = wanted(kind) if stands_for else None
    types = takes.types if takes is not None and takes.collect is None else ()
    return [checked_schema(call, each) for each in types or (kind,)]


def nested_in(call: str, told: str, takes: Wanted) -> list[Schema | None]:
    """The types that the field ``told`` takes as their fields, None for one that has none.

    Raises UnsupportedOperationError for one that is broken.
    """
    return [_schema_of(call, told, each) for each in takes.types]


def refuse_mapped(call: str, kind: Any) -> None:
    """Raises UnsupportedOperationError for a class of a session's objects."""
    if inspect(kind, raiseerr=False) is not None:
        raise UnsupportedOperationError(
            f"{call}(): {name_of(kind)} is mapped, and its objects are a session's: rows are made into "
            "other types"
        )


def refuse_unread(call: str, told: str, schema: Schema) -> None:
    """Raises UnsupportedOperationError for a type that pydantic makes of no model's object."""
    kind = schema.type
    own = hasattr(kind, "__get_pydantic_core_schema__") or inspect(kind, raiseerr=False) is not None
    if schema.kind.way != "validated" and not own:
        raise UnsupportedOperationError(
            f"{call}(): {told} is {name_of(kind)}, {schema.kind.name}, which pydantic makes of dicts alone, "
            "and not of a model's attributes: make it a model of pydantic, or the rows by into()"
        )


def refuse_keys(call: str, told: str, takes: Wanted) -> None:
    """Raises UnsupportedOperationError for a relation as values, which pydantic makes of no object."""
    if takes.types and all(isinstance(each, type) and issubclass(each, VALUES) for each in takes.types):
        names = " | ".join([each.__name__ for each in takes.types])
        raise UnsupportedOperationError(
            f"{call}(): {told} is {names}, and a relation is loaded as objects, which pydantic makes no "
            f"{names} of: name a column, the key of one say, or make the rows by into(), which gives keys"
        )


def name_of(kind: Any) -> str:
    """What a type is called."""
    return getattr(kind, "__name__", None) or repr(kind)


def said(schema: Schema, field: SchemaField) -> str:
    """What a field is called."""
    return f"{name_of(schema.type)}.{field.name}"


def _told(kind: Any) -> str:
    if isinstance(kind, type):
        return kind.__name__
    if get_origin(kind) is not None:
        return repr(kind)
    return f"an object of {name_of(type(kind))}"


def _schema_of(call: str, name: str, kind: Any) -> Schema | None:
    if not isinstance(kind, type):
        return None
    try:
        return schema_of(kind)
    except SchemaError as error:
        raise UnsupportedOperationError(f"{call}(): {name}: {error}") from error
