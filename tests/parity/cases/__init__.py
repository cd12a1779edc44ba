"""The hand-picked cases by topic, each a line of source that both sides understand (see `harness.py`).

A module is a topic. It has some of these lists, or dictionaries of such lists by feature:

- `CASES` for both databases, and `CASES_ON_SQLITE`, `CASES_ON_POSTGRESQL` for what only one of them can do,
  or Django says otherwise on the other;
- `MEANT`, cases too: where Django would repeat the rows that a filter finds several times (see `once.py`);
- `REFUSED`, `REFUSED_ON_SQLITE`, `REFUSED_ON_POSTGRESQL`: wrong uses, which are errors on both sides.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, NamedTuple

DATABASES: Final = ("sqlite", "postgresql")


class Case(NamedTuple):
    topic: str
    feature: str
    source: str
    database: str

    def __str__(self) -> str:
        return f"{self.database}-{self.source}"


def _cases(*lists: str) -> Iterator[Case]:
    for module in iter_modules(__path__):
        topic = module.name.replace("_", " ")
        for name in lists:
            for ending, databases in (
                ("", DATABASES),
                *((f"_ON_{each.upper()}", (each,)) for each in DATABASES),
            ):
                found = getattr(import_module(f"{__name__}.{module.name}"), name + ending, {})
                features = found if isinstance(found, dict) else {topic: found}
                for feature, sources in features.items():
                    for source in sources:
                        yield from (Case(topic, feature, source, database) for database in databases)


# A source that is asked twice proves nothing more.
CASES: Final = list(dict.fromkeys(_cases("CASES", "MEANT")))
REFUSED: Final = list(dict.fromkeys(_cases("REFUSED")))
