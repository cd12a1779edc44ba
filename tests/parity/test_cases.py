"""Every hand-picked case, on both databases: found is what Django finds, refused what it refuses.

A test is a feature. It runs all of its cases before it tells which of them are wrong.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from traceback import format_exception

import pytest

from tests.parity.cases import CASES, REFUSED, Case
from tests.parity.harness import Library
from tests.parity.results import CASE

Recorded = Callable[[str, object], None]


def _features(cases: Iterable[Case]) -> list[object]:
    features: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        features[f"{case.database}-{case.topic}-{case.feature}"].append(case)
    return [pytest.param(each, id=name) for name, each in features.items()]


@pytest.fixture
def where(cases: list[Case], request: pytest.FixtureRequest) -> Library:
    """The library on the database of the cases."""
    library: Library = request.getfixturevalue(f"{cases[0].database}_library")
    return library


@pytest.mark.parametrize("cases", _features(CASES))
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
