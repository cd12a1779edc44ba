"""The hand-picked cases by topic, each a line of source that both sides understand (see `harness.py`)."""

from tests.parity.cases import lookups, negation, ordering, results, to_many, to_one, values

CASES: list[str] = [
    case for topic in (lookups, to_one, to_many, negation, ordering, values, results) for case in topic.CASES
]
CASES_ON_POSTGRESQL: list[str] = lookups.CASES_ON_POSTGRESQL
