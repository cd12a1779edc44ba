"""How texts are compared, and what the text is of what is none."""

from decimal import Decimal
from typing import Final

from tests.matrix.kinds import IGNORING_CASE, given, is_number, kind, reads_text, value
from tests.matrix.meanings import ANSWERED, POSTGRESQL, REFUSED, SQLITE, Asked, Difference
from tests.matrix.places import as_text, folds, nothing, text_of_target_key
from tests.matrix.questions import PATTERN_LOOKUPS, REGEXES
from tests.matrix.words import Expression

DIFFERENCES: Final = (
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
)
