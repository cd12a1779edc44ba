"""Checks statements against the limits of distributed databases.

``pytest -p tests.statements --statements=FILE`` writes those of a run down, and ``python -m
tests.distributed.linter FILE`` prints how many of them meet which limit: the figures of docs/distributed.md.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable

import sqlglot
from sqlglot.errors import SqlglotError

from tests.distributed.layout import Layout, Reading
from tests.distributed.limits import LIMITS, SENT, Limit
from tests.statements import read

_UNKNOWN = re.compile(r"\bBIT VARYING\b|(?<=::)OID\b")
"""Types that the parser does not know; which one it is decides nothing here."""


def read_statement(statement: str, layout: Layout = None) -> Reading:
    """A statement, read. Raises SqlglotError for what cannot be."""
    known = _UNKNOWN.sub("BIGINT", statement)
    return Reading(sqlglot.parse_one(known, read="postgres"), layout)


def met_by(reading: Reading) -> list[Limit]:
    """The limits that a statement meets, where tables are spread as the layout says."""
    here = reading.is_of_one_place()
    return [limit for limit in LIMITS if not (limit.across and here) and limit.meets(reading)]


class Figures:
    """How many of some statements meet which limit."""

    def __init__(self, statements: Iterable[str], layout: Layout = None) -> None:
        self.checked = 0
        self.unread: list[str] = []
        self.met: Counter[Limit] = Counter()
        self.sent: Counter[str] = Counter()
        for statement in statements:
            try:
                reading = read_statement(statement, layout)
            except SqlglotError:
                self.unread.append(statement)
                continue
            self.checked += 1
            self.met.update(met_by(reading))
            self.sent.update(name for name, has in SENT.items() if has(reading))


def of_postgresql(path: str) -> set[str]:
    """The different statements that tests have sent to PostgreSQL."""
    return {
        statement
        for test, statements in read(path).items()
        if "sqlite" not in test
        for statement in statements
    }


def main(paths: list[str]) -> None:
    figures = Figures(set().union(*map(of_postgresql, paths)))
    lines = [f"{figures.checked} different statements checked, {len(figures.unread)} not read", ""]
    lines += [f"| {name} | {figures.sent[name]} |" for name in SENT]
    lines += ["", *(f"| {each.system} | {each.what} | {figures.met[each]} |" for each in LIMITS)]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stderr.writelines(f"not read: {each}\n" for each in figures.unread)


if __name__ == "__main__":
    main(sys.argv[1:])
