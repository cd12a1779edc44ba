"""Values of parameters, held against the lookup that they are for: what a query would refuse is refused here.

So nothing that a client sends is an error later than that of the parameter it was sent for.
"""

import typing
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, LiteralString, get_args, get_origin
from uuid import UUID

from pydantic_core import PydanticCustomError

from django_like_repos.contrib.filters.ground import Bounds
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.language.conditions import read_lookup
from django_like_repos.language.lookups import Lookup as Meaning
from django_like_repos.query import names
from django_like_repos.values import Refused
from django_like_repos.values.text import checked

_SAMPLES: Final[dict[Any, tuple[Any, ...]]] = {
    bool: (True,),
    int: (1,),
    float: (1.0,),
    Decimal: (Decimal("1"),),
    str: ("a",),
    date: (date(2026, 1, 31),),
    datetime: (datetime(2026, 1, 31, 12), datetime(2026, 1, 31, 12, tzinfo=UTC)),
    time: (time(12, 30), time(12, 30, tzinfo=UTC)),
    timedelta: (timedelta(days=1),),
    UUID: (UUID("12345678-1234-5678-1234-567812345678"),),
}
"""Values of types, of which one at least must fit."""


def within(bounds: Bounds) -> Callable[[Any], Any]:
    """A check of values of any kind: that they are not longer than a client may send, and can be text."""

    def check(value: Any) -> Any:
        several = isinstance(value, (list, tuple, set, frozenset))
        if several and len(value) > bounds.values:
            raise _too_long("There should be at most {most} of these", bounds.values)
        for part in value if several else (value,):
            if isinstance(part, str):
                if len(part) > bounds.text:
                    raise _too_long("String should have at most {most} characters", bounds.text)
                try:
                    checked(part)
                except Refused as error:
                    raise _refused(str(error)) from None
        return value

    return check


def checked_by(model: type[Any], written: str, meaning: Meaning, bounds: Bounds) -> Callable[[Any], Any]:
    """A check of values for a lookup: one that raises what pydantic tells of, if ``filter()`` refuses one.

    Or if there is a database that cannot read one: a client does not know which it is.
    """
    of, bounded = names(model), within(bounds)

    def check(value: Any) -> Any:
        bounded(value)
        try:
            read_lookup(of, written, value)
        except InvalidLookupValueError as error:
            raise refused(error) from None
        wanted = meaning.portable(value)
        if wanted is not None:
            raise _refused(wanted)
        return value

    return check


def _too_long(message: LiteralString, most: int) -> PydanticCustomError:
    return PydanticCustomError("too_long", message, {"most": most})


def refused(error: InvalidLookupValueError) -> PydanticCustomError:
    """A refusal as pydantic tells it: it names no column."""
    return _refused(error.expected or "another value")


def _refused(expected: str) -> PydanticCustomError:
    return PydanticCustomError("filter_value", "Input should be {expected}", {"expected": expected})


def check_type(model: type[Any], written: str, meaning: Meaning, annotation: Any) -> None:
    """Raises UnsupportedOperationError for a type of which a lookup takes no value."""
    of = names(model)
    for samples in _samples(annotation):
        errors = []
        for sample in samples:
            value = {"list": [sample], "pair": [sample, sample]}.get(meaning.form, sample)
            try:
                read_lookup(of, written, value)
                break
            except InvalidLookupValueError as error:
                errors.append(error)
        else:
            raise UnsupportedOperationError(
                f"{written!r} cannot be declared of {_told(annotation)}: {errors[0]}"
            ) from errors[0]


def _samples(annotation: Any) -> Iterator[tuple[Any, ...]]:
    """Of each type in an annotation that is known some values; of words and members each one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _samples(arguments[0])
    elif origin is Literal:
        yield from ((each,) for each in arguments)
    elif origin in (UnionType, typing.Union, list, set, tuple, frozenset):
        for each in arguments:
            yield from _samples(each)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from ((each,) for each in annotation)
    elif annotation in _SAMPLES and annotation is not NoneType:
        yield _SAMPLES[annotation]


def _told(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
