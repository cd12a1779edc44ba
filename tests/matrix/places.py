"""Where differences are: questions that belong to one, and the question that is asked instead."""

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from math import ceil, floor, isfinite
from typing import Final
from uuid import UUID

from tests.matrix.cases import Way
from tests.matrix.kinds import (
    COMPARING,
    IGNORING_CASE,
    INTEGERS,
    KEYS,
    RELATIONS,
    compares,
    given,
    kind,
    reads_text,
    value,
)
from tests.matrix.questions import Question
from tests.matrix.schema import COLUMNS, Color
from tests.matrix.words import Expression

BEYOND: Final = {"integer": 2**31, "small": 2**15, "big": 2**63, "key": 2**63}


def no_text(question: Question) -> bool:
    texts = (str, int, float, Decimal, UUID)
    return reads_text(question) and any(not isinstance(each, texts) for each in given(question))


def unspeakable(question: Question) -> bool:
    if not (reads_text(question) or compares(question, "json")):
        return False
    return any(re.search("[\0\ud800-\udfff]", each) for each in given(question) if isinstance(each, str))


def no_member(question: Question) -> bool:
    return compares(question, "color") and any(
        not isinstance(each, str) or each not in Color.__members__ for each in given(question)
    )


def no_integer(question: Question) -> bool:
    return compares(question, *INTEGERS, "key", "part") and any(
        isinstance(each, UUID) or (isinstance(each, bytes) and each.isdigit()) for each in given(question)
    )


def no_whole_number(question: Question) -> bool:
    # A time has no part that is half of what it may be.
    compared = compares(question, *INTEGERS, "key", "part") and question.column != "time"
    return compared and any(map(_has_fraction, given(question)))


def _has_fraction(number: object) -> bool:
    return isinstance(number, (float, Decimal)) and isfinite(number) and number % 1 != 0


def whole_number(question: Question) -> Question:
    """The same of the integers that are compared as the fraction is."""
    number = value(question)
    if question.lookup in ("", "exact"):
        return nothing(question)
    if question.lookup == "in":
        return replace(question, value=repr([each for each in number if not _has_fraction(each)]))
    if question.lookup == "range":
        return replace(question, value=repr((ceil(number[0]), floor(number[1]))))
    return replace(question, value=repr((floor if question.lookup in ("gt", "lte") else ceil)(number)))


def beyond_all(question: Question) -> bool:
    limit = BEYOND.get(kind(question))
    number = value(question)
    if limit is None or type(number) is not int or question.column.startswith("specimens"):
        return False
    above, below = number >= limit, number < -limit
    return (question.lookup in ("lt", "lte") and above) or (question.lookup in ("gt", "gte") and below)


def present(question: Question) -> Question:
    return replace(question, lookup="isnull", value="False", path="")


def no_year(question: Question) -> bool:
    return (
        compares(question, "part")
        and question.lookup not in ("in", "range")
        and question.path.endswith("year")
        and type(value(question)) is int
        and not 1 <= value(question) <= 9999
    )


def all_or_none(question: Question) -> Question:
    greater = value(question) > 9999
    always = question.lookup in (("lt", "lte") if greater else ("gt", "gte"))
    return present(question) if always else nothing(question)


def too_long(question: Question) -> bool:
    listed = question.lookup in ("in", "range") and compares(question, *INTEGERS, "key", "part")
    related = question.column in (*RELATIONS, "box_id") and question.lookup in COMPARING
    return (listed or related) and any(type(each) is int and abs(each) >= 2**63 for each in given(question))


def open_range(question: Question) -> bool:
    ends = value(question)
    return question.lookup == "range" and isinstance(ends, tuple) and len(ends) == 2 and None in ends


def no_list(question: Question) -> bool:
    listed = value(question)
    if question.lookup in ("has_keys", "has_any_keys"):
        return kind(question) == "json" and (isinstance(listed, str) or listed == [None])
    return question.lookup == "in" and isinstance(listed, (str, bytes, Expression))


def naive(question: Question) -> bool:
    return compares(question, "aware") and any(
        not re.search(r"Z|[+-]\d\d:\d\d$", each) and each.startswith("2020-02-29")
        if isinstance(each, str)
        else isinstance(each, date) and (not isinstance(each, datetime) or each.tzinfo is None)
        for each in given(question)
    )


def aware(question: Question) -> bool:
    return compares(question, "naive") and any(
        isinstance(each, datetime) and each.tzinfo is not None for each in given(question)
    )


def folds(question: Question) -> bool:
    if question.lookup not in IGNORING_CASE:
        return False
    compared = value(question)
    if isinstance(compared, Expression):
        return question.column == "char"
    return isinstance(compared, str) and bool(re.search("[А-яÉ]", compared))


def nothing(question: Question) -> Question:
    return replace(question, lookup="in", value="[]", path="")


def as_text(question: Question) -> Question:
    return replace(question, value=repr(str(value(question))))


def own_instance(question: Question) -> bool:
    own = "specimen(" if question.column == "pk" or question.column.startswith("specimens") else "box("
    return question.column in KEYS and own in question.value and question.lookup in COMPARING


def bare_key(question: Question) -> Question:
    return replace(question, value=re.sub(r"(?:box|specimen)\((\w+)\)", r"\1", question.value))


def text_of_target_key(question: Question) -> Question:
    return as_text(target_key(question))


def target_key(question: Question) -> Question:
    relation = question.column.removesuffix("_id")
    return bare_key(replace(question, column=f"{relation}__id"))


def may_hold_null(question: Question) -> bool:
    """Whether it is of the columns of a list, of a range, or of a subquery."""
    of_columns = "F(" in question.value or question.value.startswith("Box.filter")
    return question.column in COLUMNS and question.lookup in ("in", "range") and of_columns


def part_of_null(question: Question) -> bool:
    """Whether it is of a part of another column, both of which may be NULL."""
    return kind(question) in ("part", "date", "time") and bool(question.path) and "F(" in question.value


def outside(way: Way) -> Way:
    """The way that needs no NOT: what holds of no row is known of all of them."""
    return replace(way, outside=way.method == "exclude")
