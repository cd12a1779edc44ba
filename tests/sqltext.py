"""Comparing the text of SQL: white space and bound values aside."""

import re

BOUND_VALUE = re.compile(
    r"""
    (?: \? | \$\d+ | (?<!:):[a-z]\w* | '(?:[^']|'')*' | (?<![\w.$"])-?\d+(?:\.\d+)?(?![\w."]) )
    (?: ::(?: TIME(?:STAMP)?\ WITH(?:OUT)?\ TIME\ ZONE | DOUBLE\ PRECISION | [\w."]+ )
        (?:\([\d,\ ]+\))?
        (?:\[\])*
    )?
    """,
    re.VERBOSE,
)


def fold(statement: str) -> str:
    """The statement on one line, with single blanks, and none just inside parentheses."""
    return re.sub(r"(?<=\() | (?=\))", "", " ".join(statement.split()))


def same_sql(actual: str, expected: str) -> None:
    """Assert that two statements differ in nothing but white space and bound values."""
    ran, wanted = (BOUND_VALUE.sub("?", fold(statement)) for statement in (actual, expected))
    assert ran == wanted, f"\n  ran:    {ran}\n  wanted: {wanted}"
