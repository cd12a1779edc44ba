"""What NULL excludes, and how documents are compared."""

from dataclasses import replace
from typing import Final

from tests.matrix.kinds import is_number, kind
from tests.matrix.meanings import ANSWERED, POSTGRESQL, SQLITE, Asked, Difference
from tests.matrix.places import may_hold_null, outside, part_of_null

DIFFERENCES: Final = (
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
