"""What a question compares, and with what: the vocabulary in which differences say where they are."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from tests.matrix.questions import CALENDAR, CLOCK, PATTERN_LOOKUPS, REGEXES, Question
from tests.matrix.words import Spoken, value_of

INTEGERS: Final = ("integer", "small", "big")
RELATIONS: Final = ("box", "specimens")
KEYS: Final = ("box__pk", "box__id", "specimens__pk", "specimens__id", "pk")
COMPARING: Final = ("", "exact", "gt", "gte", "lt", "lte", "in", "range")
IGNORING_CASE: Final = ("iexact", "icontains", "istartswith", "iendswith")


def kind(question: Question) -> str:
    """Of what kind the values are that a question compares with."""
    if question.column in (*RELATIONS, *KEYS, "box_id"):
        return "key"
    if not question.path or question.column == "json":
        return question.column
    part = question.path.rpartition("__")[2]
    return "part" if part in (*CALENDAR, *CLOCK) else part


@cache
def value(question: Question) -> Any:
    return value_of(question.value)


@cache
def given(question: Question) -> tuple[Any, ...]:
    """The single values of a question, without None and what each side has its own for."""
    one = value_of(question.value)
    many = (
        question.lookup in ("in", "range")
        and isinstance(one, Iterable)
        and not isinstance(one, (str, Spoken))
    )
    return tuple(
        each for each in (one if many else (one,)) if each is not None and not isinstance(each, Spoken)
    )


def compares(question: Question, *kinds: str) -> bool:
    return question.lookup in COMPARING and kind(question) in kinds


def reads_text(question: Question) -> bool:
    """Whether the value is taken for text."""
    if kind(question) == "json" and question.lookup == "contains":
        return False
    return question.lookup in (*PATTERN_LOOKUPS, *REGEXES) or compares(question, "text", "char")


def is_number(question: Question) -> bool:
    """Whether the value is one number, or says one, as a UUID does."""
    return isinstance(value(question), (int, float, Decimal, UUID))
