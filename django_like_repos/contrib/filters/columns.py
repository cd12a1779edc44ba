"""What a client may send for a column: the type of pydantic that a path and a lookup take."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, NaiveDatetime
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from django_like_repos.contrib.filters.ground import Bounds
from django_like_repos.contrib.filters.samples import is_made
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.lookups import Lookup as Meaning
from django_like_repos.mapping.paths import Path
from django_like_repos.mapping.types import impl_of


def annotation_of(path: Path, meaning: Meaning, written: str, bounds: Bounds) -> Any:
    """What a lookup of a path takes, as an annotation.

    Raises UnsupportedOperationError where a column says no type that a client could send.
    """
    if meaning.form == "flag":
        return bool
    if meaning.takes is None and len(path.types) != 1:
        raise UnsupportedOperationError(
            f"{written!r}: {path} has {len(path.types)} columns, which no parameter can name: "
            "declare one for each"
        )
    member = _member(path.types[0] if meaning.takes is None else meaning.takes, bounds)
    if member is None:
        raise UnsupportedOperationError(
            f"{written!r}: {path} is {path.types[0]!r}, which says no type that a client could send: "
            f"annotate an attribute with one, x: Annotated[int, Lookup({written!r})]"
        )
    return several(member, meaning, bounds)


def several(member: Any, meaning: Meaning, bounds: Bounds) -> Any:
    """As many of a type as a lookup takes."""
    if meaning.form == "list":
        return Annotated[LIST_OF[member], Field(max_length=bounds.values)]
    if meaning.form == "pair":
        return Annotated[LIST_OF[member], Field(min_length=2, max_length=2)]
    return member


def sent_as(type_: TypeEngine[Any]) -> Any:
    """What a client sends for one value of a column that is no parameter's to bound, as an annotation.

    None where the type says nothing that a client could send, or is a decorator that takes something else
    than what it stores.
    """
    kind = _member(type_, None)
    return None if kind is None or type_.python_type is not _held(type_).python_type else kind


def _member(type_: TypeEngine[Any], bounds: Bounds | None) -> Any:
    held = _held(type_)
    make = next((_TYPES[each] for each in type(held).__mro__ if each in _TYPES), None)
    return None if make is None else make(held, bounds)


def _held(type_: TypeEngine[Any]) -> Any:
    # An interval decorates a datetime where a database has no intervals.
    return type_ if isinstance(type_, types.Interval) else impl_of(type_)


def _text(_type: Any, bounds: Bounds | None) -> Any:
    return str if bounds is None else Annotated[str, Field(max_length=bounds.text)]


def _enum(type_: types.Enum, _bounds: Bounds | None) -> Any:
    if type_.enum_class is None:
        return Literal[tuple(type_.enums)]
    return enum_annotation(type_.enum_class)


def enum_annotation(kind: Any) -> Any:
    """The members of an enum as a client writes them: by value, or by name where a value is no word."""
    members = list(kind)
    values: dict[Any, Enum] = {str(each.value): each for each in members}
    if len(values) == len(members) and all(isinstance(each.value, (str, int)) for each in members):
        return Annotated[kind, BeforeValidator(lambda value: _found(values, value))]
    named = {each.name: each for each in members}
    return Annotated[
        Literal[tuple(named)],
        BeforeValidator(lambda value: value.name if isinstance(value, kind) else value),
        AfterValidator(named.__getitem__),
    ]


def _found(values: dict[Any, Enum], value: Any) -> Any:
    return values.get(value, value) if isinstance(value, str) else value


def _no_number(value: Any) -> Any:
    """A moment as text: pydantic would take a number for seconds since 1970."""
    written = isinstance(value, str) and not value.strip().lstrip("+-").replace(".", "", 1).isdigit()
    if written or not isinstance(value, (str, int, float, Decimal)):
        return value
    raise PydanticCustomError("filter_value", "Input should be the text of a date or time, in ISO 8601")


def _moment(kind: Any) -> Any:
    return Annotated[kind, BeforeValidator(_no_number)]


LIST_OF: Final[Any] = list
"""``list``, for members that are known when a class is made."""

_DATE: Final = _moment(date)
_TIME: Final = _moment(time)
_SPAN: Final = _moment(timedelta)

_TYPES: Final[dict[type[Any], Callable[[Any, Bounds | None], Any]]] = {
    types.Enum: _enum,
    types.String: _text,
    types.Boolean: lambda _type, _bounds: bool,
    types.Integer: lambda _type, _bounds: int,
    types.Float: lambda type_, _bounds: Decimal if type_.asdecimal else float,
    types.Numeric: lambda type_, _bounds: Decimal if type_.asdecimal else float,
    types.Date: lambda _type, _bounds: _DATE,
    types.DateTime: lambda type_, _bounds: _moment(AwareDatetime if type_.timezone else NaiveDatetime),
    types.Time: lambda _type, _bounds: _TIME,
    types.Interval: lambda _type, _bounds: _SPAN,
    types.Uuid: lambda _type, _bounds: UUID,
}
"""By the class of a column's type; the nearest one in the order of inheritance counts."""


def bounded(annotation: Any, bounds: Bounds) -> Any:
    """An annotation whose texts and lists say themselves how long they may be.

    Not where code makes something else of what is sent.
    """
    origin: Any = get_origin(annotation)
    arguments, most = get_args(annotation), _most(annotation, bounds)
    if origin is Annotated:
        kind, *said = arguments
        most = _most(kind, bounds)
        # The last one counts.
        more = [] if most is None or max(_lengths(said), default=0) <= most else [Field(max_length=most)]
        return annotation if is_made(said) else Annotated[(bounded(kind, bounds), *said, *more)]
    if origin in (Union, UnionType):
        return Union[tuple([bounded(each, bounds) for each in arguments])]  # noqa: UP007 - of as many
    if most is None:
        return annotation
    if arguments:
        member = bounded(arguments[0], bounds)
        annotation = origin[(member, ...) if origin is tuple else member]
    return Annotated[annotation, Field(max_length=most)]


def _most(kind: Any, bounds: Bounds) -> int | None:
    """How long a text or list may be; None for what is neither."""
    if kind is str:
        return bounds.text
    origin = get_origin(kind)
    listed = origin in (list, set, frozenset) or (origin is tuple and get_args(kind)[1:] == (...,))
    return bounds.values if listed else None


def _lengths(said: Iterable[Any]) -> Iterator[int]:
    """How long something may be, by what ``Annotated`` holds of it."""
    for each in said:
        if isinstance(each, FieldInfo):
            yield from _lengths(each.metadata)
        elif isinstance(most := getattr(each, "max_length", None), int):
            yield most


def enums_by_value(annotation: Any) -> Any:
    """An annotation whose enums a client writes as ``enum_annotation()`` has them."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return enum_annotation(annotation)
    if get_origin(annotation) is list:
        (member,) = get_args(annotation)
        written = enums_by_value(member)
        return annotation if written is member else LIST_OF[written]
    return annotation
