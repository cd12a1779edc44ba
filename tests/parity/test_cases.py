"""Every hand-picked case, on both databases: found is what Django finds, refused what it refuses.

A test is a feature. It runs its cases before it tells which of them are wrong: every third, what both
databases are asked on one of them, by turns. The others are long.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable
from traceback import format_exception
from zlib import crc32

import pytest

from tests.parity.cases import CASES, DATABASES, REFUSED, Case
from tests.parity.harness import Library
from tests.parity.results import CASE

OF = 3
"""One case of so many is asked each time."""

Recorded = Callable[[str, object], None]


def _features(cases: Iterable[Case]) -> list[pytest.ParameterSet]:
    features: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        features[f"{case.database}-{case.topic}-{case.feature}"].append(case)
    return [pytest.param(each, id=name) for name, each in features.items()]


def _features_sampled(cases: Collection[Case]) -> list[object]:
    """Of each feature every third case, on one database, by turns; the others are long."""
    asked: set[Case] = set()
    for (_, feature, _), of_feature in _by_places(cases).items():
        chosen = sorted(of_feature, key=_checksum)[::OF]
        for number, case in enumerate(chosen, start=crc32(feature.encode())):
            asked.add(case._replace(database=case.database or DATABASES[number % 2]))

    now, later = (
        _features(each for each in cases if (each in asked) is whether) for whether in (True, False)
    )
    long = [pytest.param(*each.values, id=f"{each.id}-later", marks=pytest.mark.long) for each in later]
    return [*now, *long]


def _by_places(cases: Collection[Case]) -> dict[tuple[str, str, str], set[Case]]:
    """The cases by feature and database, which is empty for what both are asked."""
    known, found = {*cases}, defaultdict(set)
    for case in cases:
        on_both = all(case._replace(database=each) in known for each in DATABASES)
        of = case._replace(database="") if on_both else case
        found[of.topic, of.feature, of.database].add(of)
    return found


def _checksum(case: Case) -> int:
    return crc32(case.source.encode())


@pytest.fixture
def where(cases: list[Case], request: pytest.FixtureRequest) -> Library:
    """The library on the database of the cases."""
    library: Library = request.getfixturevalue(f"{cases[0].database}_library")
    return library


@pytest.mark.parametrize("cases", _features_sampled(CASES))
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
