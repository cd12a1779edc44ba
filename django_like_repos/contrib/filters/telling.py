"""Errors of a body as pydantic tells them: each with its place, and nothing that no answer could hold."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

from django_like_repos.errors import MOST_SHOWN
from django_like_repos.query.data import Place

MOST_TOLD: Final = 20
"""Errors of one body that are told."""


def told(kind: str, place: Place, why: str, given: Any = None) -> InitErrorDetails:
    """One error of our own."""
    return InitErrorDetails(type=_custom(kind, why), loc=_place(place), input=_shown(given))


def retold(error: ValidationError, place: Place = ()) -> list[InitErrorDetails]:
    """Errors of pydantic's, at a place."""
    return [_retold(each, place) for each in error.errors(include_url=False)[:MOST_TOLD]]


def is_safe(error: ValidationError) -> bool:
    """Whether an answer can hold what an error tells: no NaN, and no half a character."""
    parts: list[Any] = [*error.errors(include_url=False)]
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            parts += [*part, *part.values()]
        elif isinstance(part, (list, tuple, set, frozenset)):
            parts += part
        elif not _is_plain(part):
            return False
    return True


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or value == value.encode("utf-8", "replace").decode()
    return not isinstance(value, (float, Decimal)) or math.isfinite(value)


def refuse(title: str, problems: list[InitErrorDetails]) -> NoReturn:
    """Raises pydantic's ValidationError."""
    raise ValidationError.from_exception_data(title, problems[:MOST_TOLD])


def _retold(error: Any, place: Place) -> InitErrorDetails:
    kind, context = error["type"], error.get("ctx", {})
    details = InitErrorDetails(type=kind, loc=_place((*place, *error["loc"])), input=_shown(error["input"]))
    try:
        PydanticKnownError(kind, context)
    except (KeyError, TypeError):
        details["type"] = _custom(kind, error["msg"])
    else:
        if context:
            details["ctx"] = context
    return details


def _custom(kind: Any, why: Any) -> PydanticCustomError:
    # Without a context nothing in the text is taken for the name of a part of it.
    return PydanticCustomError(kind, _shown(why))


def _place(place: Place) -> Place:
    return tuple([_shown(each) for each in place])


def _shown(value: Any) -> Any:
    """A value as an answer may hold it: JSON, of UTF-8, and not much of it."""
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode()
        return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    return None
