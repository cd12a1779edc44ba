"""What tests of plans look at: a database, the plans of its engine, and what reached the database."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django_like_repos import Database
from django_like_repos.plans import Plans, plans_of
from tests.recording import RecordedSQL

SQLITE_TAKES = 32_766
"""Parameters of one statement; some distributions build it to take more, and tests must not rely on that."""

MARKER = re.compile(
    r"""
    \? | \$(\d+)
    (?: :: [A-Z]+ (?: \ PRECISION | \ WITH(?:OUT)?\ TIME\ ZONE )? (?: \(\d+(?:,\ \d+)?\) )? (?: \[\] )? )?
    """,
    re.VERBOSE,
)
LABEL = re.compile(r"\b([a-z]+)_\d+\b")


@dataclass(frozen=True)
class Office:
    """A database with the parcel office in it."""

    database: Database
    sql: RecordedSQL

    @property
    def plans(self) -> Plans:
        return plans_of(self.database.engine.sync_engine)

    @property
    def conditions(self) -> str:
        """The WHERE of the last statement, and what follows it, with values."""
        return with_values(*self.sql.statements[-1]).partition(" WHERE ")[2]


def with_values(statement: str, parameters: Any) -> str:
    """An executed statement with each value at its place, by repr, as 1 == 1.0 == True.

    Types that PostgreSQL is told are left out. Labels without a name of their own are numbered as they come:
    their numbers go on from those of the bind parameters, which a plan names itself.
    """
    values = [bytes(each) if isinstance(each, memoryview) else each for each in parameters]
    following = iter(values)

    def value(marker: re.Match[str]) -> str:
        return repr(values[int(marker[1]) - 1] if marker[1] else next(following))

    labels: dict[str, str] = {}
    text = LABEL.sub(lambda label: labels.setdefault(label[0], f"{label[1]}_{len(labels)}"), statement)
    return MARKER.sub(value, text)


def ids(models: Iterable[Any]) -> list[int]:
    """Primary keys, in order."""
    return [model.id for model in models]
