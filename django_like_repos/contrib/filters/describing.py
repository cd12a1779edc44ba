"""What a parameter says of itself in OpenAPI where its author says nothing: what it does, and an example."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final, Literal, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, NaiveDatetime

from django_like_repos.language.lookups import Lookup as Meaning
from django_like_repos.language.lookups import comparison, membership, text

_SAID: Final[dict[type[Any], str]] = {
    comparison.Exact: "Equal to this.",
    comparison.NotEqual: "Not equal to this.",
    comparison.GreaterThan: "Greater than this.",
    comparison.GreaterThanOrEqual: "At least this.",
    comparison.LessThan: "Less than this.",
    comparison.LessThanOrEqual: "At most this.",
    membership.In: "One of these.",
    membership.NotIn: "None of these.",
    membership.Range: "From the first to the second, both included.",
    membership.IsNull: "Whether there is no value.",
    text.IExact: "Equal to this, whatever the case.",
    text.Contains: "Contains this.",
    text.IContains: "Contains this, whatever the case.",
    text.StartsWith: "Begins with this.",
    text.IStartsWith: "Begins with this, whatever the case.",
    text.EndsWith: "Ends with this.",
    text.IEndsWith: "Ends with this, whatever the case.",
    text.Like: "Fits this pattern, in which % stands for anything and _ for one character.",
    text.ILike: "Fits this pattern, whatever the case; % stands for anything, _ for one character.",
    text.Regex: "Fits this regular expression.",
    text.IRegex: "Fits this regular expression, whatever the case.",
}
"""By the class of a lookup; the nearest one in the order of inheritance counts."""

_EXAMPLES: Final[dict[Any, Any]] = {
    bool: True,
    int: 1,
    float: 1.5,
    Decimal: "9.99",
    str: "text",
    date: "2026-01-31",
    datetime: "2026-01-31T12:30:00",
    NaiveDatetime: "2026-01-31T12:30:00",
    AwareDatetime: "2026-01-31T12:30:00Z",
    time: "12:30",
    timedelta: "P1DT2H",
    UUID: "12345678-1234-5678-1234-567812345678",
}


def description_of(meaning: Meaning) -> str | None:
    """What a lookup asks for, without the name of what it is asked of."""
    return next((_SAID[each] for each in type(meaning).__mro__ if each in _SAID), None)


def example_for(meaning: Meaning, annotation: Any) -> Any:
    """What a client could send for a lookup; None where nothing is known of the type."""
    example = example_of(annotation)
    return example * 2 if meaning.form == "pair" and isinstance(example, list) else example


def example_of(annotation: Any) -> Any:
    """A value as a client sends it; None where nothing is known of the type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return example_of(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin is list:
        member = example_of(arguments[0])
        return None if member is None else [member]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation)).value
    return _EXAMPLES.get(annotation)
