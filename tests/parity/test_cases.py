"""Every hand-picked case, on both databases: found is what Django finds, refused what it refuses.

A test is a feature. It runs all of its cases before it tells which of them are wrong. A case of both
databases is asked on one of them, by turns; on the other it is long.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable
from traceback import format_exception
from zlib import crc32

import pytest

from tests.parity.cases import CASES, DATABASES, REFUSED, Case
from tests.parity.harness import Library
from tests.parity.results import CASE

Recorded = Callable[[str, object], None]


def _features(cases: Iterable[Case]) -> list[pytest.ParameterSet]:
    features: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        features[f"{case.database}-{case.topic}-{case.feature}"].append(case)
    return [pytest.param(each, id=name) for name, each in features.items()]


def _features_by_turns(cases: Collection[Case]) -> list[object]:
    """The cases that are asked on the one database, and those that are long on it."""
    known = {*cases}

    def has_its_turn(case: Case) -> bool:
        turn = DATABASES[crc32(case.source.encode()) % 2]
        return case.database == turn or case._replace(database=turn) not in known

    now, later = (_features(each for each in cases if has_its_turn(each) is turn) for turn in (True, False))
    long = [pytest.param(*each.values, id=f"{each.id}-later", marks=pytest.mark.long) for each in later]
    return [*now, *long]


@pytest.fixture
def where(cases: list[Case], request: pytest.FixtureRequest) -> Library:
    """The library on the database of the cases."""
    library: Library = request.getfixturevalue(f"{cases[0].database}_library")
    return library


@pytest.mark.parametrize("cases", _features_by_turns(CASES))
async def test_finds_what_django_finds(where: Library, cases: list[Case], record_property: Recorded) -> None:
    await _try(cases, where.assert_agreement, record_property)


@pytest.mark.parametrize("cases", _features(REFUSED))
async def test_refuses_what_django_refuses(
    where: Library, cases: list[Case], record_property: Recorded
) -> None:
    await _try(cases, where.assert_refusal, record_property)


async def _try(
    cases: list[Case], assertion: Callable[[str], Awaitable[None]], record_property: Recorded
) -> None:
    wrong = []
    for case in cases:
        try:
            await assertion(case.source)
        except Exception as error:  # noqa: BLE001 the others are to be tried too
            wrong.append(f"{case.source}\n{''.join(format_exception(error, limit=-1, chain=False))}")
        record_property(CASE, [*case, not wrong or not wrong[-1].startswith(f"{case.source}\n")])
    assert not wrong, f"{len(wrong)} of {len(cases)} cases\n\n" + "\n\n".join(wrong)
