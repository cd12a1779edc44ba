"""Values of parameters, held against the lookup that they are for: what a query would refuse is refused here.

So nothing that a client sends is an error later than that of the parameter it was sent for.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, LiteralString, get_origin

from pydantic_core import PydanticCustomError

from django_like_repos.contrib.filters.ground import Bounds
from django_like_repos.contrib.filters.samples import samples_of
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.language.conditions import read_lookup
from django_like_repos.language.lookups import Lookup as Meaning
from django_like_repos.query import names
from django_like_repos.schemas.annotations import bare
from django_like_repos.values import Refused
from django_like_repos.values.text import checked

DEEPEST_VALUE: Final = 16
"""Levels of lists and objects in one value."""


def within(bounds: Bounds) -> Callable[[Any], Any]:
    """A check of values of any kind: that they are not longer than a client may send, and can be text.

    Of documents each part is looked at: its texts, and how many members its lists and objects have.
    """

    def check(value: Any) -> Any:
        _check_part(value, bounds, DEEPEST_VALUE)
        return value

    return check


def _check_part(part: Any, bounds: Bounds, deepest: int) -> None:
    if isinstance(part, str):
        if len(part) > bounds.text:
            raise _too_long("String should have at most {most} characters", bounds.text)
        try:
            checked(part)
        except Refused as error:
            raise _refused(str(error)) from None
    elif isinstance(part, (list, tuple, set, frozenset, Mapping)):
        if len(part) > bounds.values:
            raise _too_long("There should be at most {most} of these", bounds.values)
        if not deepest:
            raise _too_long("Input should be nested at most {most} deep", DEEPEST_VALUE)
        for each in (*part, *part.values()) if isinstance(part, Mapping) else part:
            _check_part(each, bounds, deepest - 1)


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
    for samples in samples_of(annotation, several=2 if meaning.form == "pair" else 1):
        errors = []
        for sample in samples:
            try:
                read_lookup(of, written, sample)
                break
            except InvalidLookupValueError as error:
                errors.append(error)
        else:
            raise UnsupportedOperationError(
                f"{written!r} cannot be declared of {described(annotation)}: {errors[0]}"
            ) from errors[0]


def described(annotation: Any) -> str:
    """A type as it is written."""
    annotation = bare(annotation)
    plain = isinstance(annotation, type) and get_origin(annotation) is None
    return annotation.__name__ if plain else str(annotation).replace("typing.", "")
