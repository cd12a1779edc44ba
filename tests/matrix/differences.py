"""Every difference from Django, by name: where it is, what is meant instead, and why.

`test_differences.py` asserts that each of them still is one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from functools import cache
from math import isnan
from typing import Final

from tests.matrix.cases import Way
from tests.matrix.kinds import (
    IGNORING_CASE,
    RELATIONS,
    compares,
    given,
    is_number,
    kind,
    reads_text,
    value,
)
from tests.matrix.places import (
    all_or_none,
    as_text,
    aware,
    bare_key,
    beyond_all,
    folds,
    may_hold_null,
    naive,
    no_integer,
    no_list,
    no_member,
    no_text,
    no_whole_number,
    no_year,
    nothing,
    open_range,
    outside,
    own_instance,
    part_of_null,
    present,
    target_key,
    text_of_target_key,
    too_long,
    unspeakable,
    whole_number,
)
from tests.matrix.questions import PATTERN_LOOKUPS, REGEXES, Question
from tests.matrix.words import Expression

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"


class Meaning:
    """What is meant, whatever Django says."""


REFUSED: Final = Meaning()
"""An error before the database is asked."""
ANSWERED: Final = Meaning()
"""Rows, unless Django refuses, too: it has no right answer to compare them with."""


@dataclass(frozen=True)
class Asked(Meaning):
    """What Django says to another question, on another backend, or asked in another way."""

    question: Callable[[Question], Question] = lambda question: question
    backend: str | None = None
    way: Callable[[Way], Way] = lambda way: way


@dataclass(frozen=True)
class Difference:
    name: str
    reason: str
    meant: Meaning
    applies: Callable[[Question], bool]
    backends: tuple[str, ...] = (SQLITE, POSTGRESQL)


@cache
def difference_of(question: Question, backend: str) -> Difference | None:
    """The first difference that applies."""
    return next((each for each in DIFFERENCES if backend in each.backends and each.applies(question)), None)


DIFFERENCES: Final = (
    Difference(
        "text is given as text",
        "Django makes text of anything, of a list or an object too, and finds nothing: mistakes go unseen.",
        REFUSED,
        no_text,
    ),
    Difference(
        "text has no NUL and no lone surrogate",
        "PostgreSQL holds neither, so nothing is asked on either backend; Django asks on SQLite.",
        REFUSED,
        unspeakable,
        (SQLITE,),
    ),
    Difference(
        "an enum is one of its members",
        "Django's choices are checked by forms only; the column's type knows them.",
        REFUSED,
        no_member,
    ),
    Difference(
        "an integer is no UUID",
        "Django takes its number, as that of digits in bytes.",
        REFUSED,
        no_integer,
    ),
    Difference(
        "no integer equals a fraction",
        "Django cuts what follows the point, and then finds 5 by 5.5.",
        Asked(whole_number),
        no_whole_number,
    ),
    Difference(
        "NULL is not less than a great number",
        "Beyond what the column holds, Django leaves the condition out, and then finds NULL too.",
        Asked(present),
        beyond_all,
    ),
    Difference(
        "a year that no date has is a number too",
        "Django fails making the year's first day. All years are compared as numbers.",
        Asked(all_or_none),
        no_year,
    ),
    Difference(
        "integers may be as long as they like",
        "SQLite's driver fails with those of more than 64 bits, in Django's lists and ranges.",
        Asked(backend=POSTGRESQL),
        too_long,
        (SQLITE,),
    ),
    Difference(
        "a range has two ends",
        "Django sends BETWEEN with NULL, which holds for no row.",
        REFUSED,
        open_range,
    ),
    Difference(
        "a list is no text and no column",
        "Django takes a text letter by letter, and a column for a list of one.",
        REFUSED,
        no_list,
    ),
    Difference(
        "'true' is true",
        "Django knows 'True', 't' and '1'; every case is taken here.",
        Asked(lambda question: replace(question, value="True")),
        lambda question: compares(question, "boolean") and value(question) == "true",
    ),
    Difference(
        "a boolean is not empty",
        "Django takes what is empty for NULL: a text, a list and an object.",
        REFUSED,
        lambda question: (
            compares(question, "boolean")
            and question.lookup not in ("in", "range")
            and value(question) in ("", [], {})
        ),
    ),
    Difference(
        "a number is one",
        "NaN is beyond all numbers on PostgreSQL, and NULL on SQLite.",
        REFUSED,
        lambda question: (
            compares(question, "float")
            and any(isinstance(each, (float, Decimal)) and isnan(each) for each in given(question))
        ),
    ),
    Difference(
        "an aware column takes no naive datetimes",
        "Django guesses the zone, and warns.",
        REFUSED,
        naive,
    ),
    Difference(
        "a naive column takes no aware datetimes",
        "Django sends them, and the database drops or applies the offset.",
        REFUSED,
        aware,
        (POSTGRESQL,),
    ),
    Difference(
        "a time is no datetime",
        "Django takes its time, whatever the day and the zone.",
        REFUSED,
        lambda question: (
            compares(question, "time") and any(isinstance(each, datetime) for each in given(question))
        ),
    ),
    Difference(
        "a UUID is no number",
        "Django takes an integer for the UUID of that value, True too.",
        REFUSED,
        lambda question: (
            compares(question, "uuid") and any(isinstance(each, int) for each in given(question))
        ),
    ),
    Difference(
        "an interval is no time and no tuple",
        "Django sends anything, and PostgreSQL makes an interval of it.",
        REFUSED,
        lambda question: (
            compares(question, "duration")
            and any(isinstance(each, (time, tuple)) for each in given(question))
        ),
        (POSTGRESQL,),
    ),
    Difference(
        "an interval may be written",
        "Django leaves it to the database, and SQLite has no intervals.",
        Asked(backend=POSTGRESQL),
        lambda question: (
            compares(question, "duration") and any(isinstance(each, str) for each in given(question))
        ),
        (SQLITE,),
    ),
    Difference(
        "case is folded in every alphabet",
        "SQLite's LIKE, which Django uses, folds ASCII only.",
        Asked(backend=POSTGRESQL),
        folds,
        (SQLITE,),
    ),
    Difference(
        "one letter folds to one letter",
        "Django compares by upper(), of which PostgreSQL makes SS where there is a ß.",
        Asked(backend=SQLITE),
        lambda question: (
            question.column == "text" and question.lookup in IGNORING_CASE and value(question) in ("ß", "SS")
        ),
        (POSTGRESQL,),
    ),
    Difference(
        "an index reads arrays",
        "PostgreSQL's -> reads a text or a number as an array of one, but no further in.",
        ANSWERED,
        lambda question: question.column == "json" and question.path in ("0", "1", "-1"),
    ),
    Difference(
        "a foreign key's column is a column",
        "To Django `box_id` is the relation, which has no text.",
        Asked(text_of_target_key),
        lambda question: question.column == "box_id" and reads_text(question),
    ),
    Difference(
        "a pattern for a UUID has its dashes",
        "Django looks on SQLite at what is stored there, which has none.",
        Asked(as_text, POSTGRESQL),
        lambda question: kind(question) == "uuid" and question.lookup in REGEXES and bool(given(question)),
        (SQLITE,),
    ),
    Difference(
        "a UUID is found without its dashes",
        "Django looks on PostgreSQL at the text that has them.",
        Asked(backend=SQLITE),
        lambda question: (
            kind(question) == "uuid"
            and question.lookup in PATTERN_LOOKUPS
            and bool(given(question))
            # There case counts.
            and question.value != "'ABCD'"
        ),
        (POSTGRESQL,),
    ),
    Difference(
        "a number that is a whole document keeps no scale on SQLite",
        "A column of the type JSON is numeric to SQLite, which stores 1.0 as 1.",
        ANSWERED,
        lambda question: (
            question.column == "json"
            and not question.path
            and question.lookup in ("iexact", "endswith", "iendswith")
            and value(question) in (1, "1")
        ),
        (SQLITE,),
    ),
    Difference(
        "a number is compared by its text",
        "Django sends the number to upper() or ~, which PostgreSQL has for text only.",
        Asked(as_text),
        lambda question: question.lookup in ("iexact", *REGEXES) and is_number(question),
        (POSTGRESQL,),
    ),
    Difference(
        "a pattern may be a number",
        "Django sends it to Python's re, which takes text only.",
        Asked(as_text),
        lambda question: (
            question.lookup in REGEXES
            and is_number(question)
            and not isinstance(value(question), Decimal)
            and kind(question) != "json"
        ),
        (SQLITE,),
    ),
    Difference(
        "a document's text is compared with a number's",
        "As with every column, and as on PostgreSQL.",
        Asked(as_text, POSTGRESQL),
        lambda question: (
            question.lookup in ("iexact", *REGEXES) and is_number(question) and kind(question) == "json"
        ),
        (SQLITE,),
    ),
    Difference(
        "a column is compared by its text",
        "Django sends it to replace(), upper() or ~, which PostgreSQL has for text only.",
        Asked(backend=SQLITE),
        lambda question: (
            question.lookup in PATTERN_LOOKUPS
            and question.column in ("integer", "boolean")
            and isinstance(value(question), Expression)
        ),
        (POSTGRESQL,),
    ),
    Difference(
        "a pattern may be a column that is no text",
        "PostgreSQL has no ~ for it, and Python's re fails with it.",
        ANSWERED,
        lambda question: (
            question.lookup in REGEXES
            and question.column in ("integer", "boolean")
            and isinstance(value(question), Expression)
        ),
    ),
    Difference(
        "keys of documents are text",
        "Django sends the number, and PostgreSQL has no such operator.",
        Asked(as_text),
        lambda question: question.lookup == "has_key" and is_number(question) and kind(question) == "json",
        (POSTGRESQL,),
    ),
    Difference(
        "bytes have no text",
        "Django casts them, and SQLite fails with those that are no UTF-8.",
        REFUSED,
        lambda question: kind(question) == "binary" and reads_text(question) and value(question) is not None,
    ),
    Difference(
        "the text of a time has microseconds on SQLite",
        "Each side stores it in its own way, SQLAlchemy with all of them; neither ends at the seconds.",
        Asked(nothing),
        lambda question: (
            kind(question) in ("naive", "aware", "time")
            and question.lookup in ("iexact", "endswith", "iendswith")
            and value(question) in (":15", "12:30:15")
        ),
        (SQLITE,),
    ),
    Difference(
        "the text of an interval is the database's own",
        "SQLite has no intervals: SQLAlchemy stores a datetime, Django microseconds.",
        ANSWERED,
        lambda question: (
            kind(question) == "duration" and reads_text(question) and isinstance(value(question), str)
        ),
        (SQLITE,),
    ),
    Difference(
        "a relation has ranges",
        "Django knows of no BETWEEN for foreign keys.",
        Asked(target_key),
        lambda question: question.column in (*RELATIONS, "box_id") and question.lookup == "range",
    ),
    Difference(
        "an instance is its key",
        "Django takes instances for relations only.",
        Asked(bare_key),
        own_instance,
    ),
    Difference(
        "an expression is an element of a list for keys",
        "Django takes it for relations as the value itself.",
        Asked(lambda question: replace(question, lookup="exact", value="F('id')")),
        lambda question: question.column in RELATIONS and question.value == "[F('id')]",
    ),
    Difference(
        "values are documents beside a column",
        "Django sends a number for a document as soon as the list has a column, too.",
        ANSWERED,
        lambda question: (
            question.column == "json"
            and question.lookup in ("in", "range")
            and "F(" in question.value
            and "1" in question.value
        ),
    ),
    Difference(
        "NULL in a list or a range excludes nothing",
        "A row is excluded for what holds of it; Django loses those, too, of which nobody knows.",
        Asked(way=outside),
        lambda question: may_hold_null(question) and question.column != "json",
    ),
    Difference(
        "a part of NULL excludes nothing",
        "Django minds the NULL of a column that is compared with, and forgets it of the column's part.",
        Asked(way=outside),
        part_of_null,
    ),
    Difference(
        "NULL among documents excludes nothing",
        "It is as with every column, and documents on SQLite are jsonb.",
        Asked(way=outside, backend=POSTGRESQL),
        lambda question: may_hold_null(question) and question.column == "json" and not question.path,
    ),
    Difference(
        "LIKE is blind to case on SQLite",
        "As with every column there, and elsewhere than there a document's text is PostgreSQL's.",
        Asked(lambda question: replace(question, lookup=f"i{question.lookup}"), POSTGRESQL),
        lambda question: (
            question.lookup in ("startswith", "endswith") and kind(question) == "json" and bool(question.path)
        ),
        (SQLITE,),
    ),
    Difference(
        "documents on SQLite are jsonb",
        "Django compares their texts on SQLite: key order counts, 1 is not 1.0, and 10 comes before 9.",
        Asked(backend=POSTGRESQL),
        lambda question: (
            kind(question) == "json"
            and not (question.lookup == "has_key" and is_number(question))
            and not (question.lookup in ("startswith", "endswith") and not question.path)
        ),
        (SQLITE,),
    ),
)
