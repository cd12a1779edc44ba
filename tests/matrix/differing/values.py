"""Which values a column takes, and what it makes of them."""

from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from math import isnan
from typing import Final

from tests.matrix.kinds import compares, given, value
from tests.matrix.meanings import POSTGRESQL, REFUSED, SQLITE, Asked, Difference
from tests.matrix.places import (
    all_or_none,
    aware,
    beyond_all,
    naive,
    no_integer,
    no_list,
    no_member,
    no_text,
    no_whole_number,
    no_year,
    open_range,
    present,
    too_long,
    unspeakable,
    whole_number,
)

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
)
