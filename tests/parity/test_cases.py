"""Every hand-picked case, on both databases: found is what Django finds, refused what it refuses."""

from collections.abc import Callable

import pytest

from tests.parity.cases import CASES, REFUSED, Case
from tests.parity.harness import Library
from tests.parity.results import CASE

Recorded = Callable[[str, object], None]


@pytest.fixture
def where(case: Case, request: pytest.FixtureRequest, record_property: Recorded) -> Library:
    """The library on the database of the case. The report of the test tells the case."""
    record_property(CASE, list(case))
    library: Library = request.getfixturevalue(f"{case.database}_library")
    return library


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_finds_what_django_finds(where: Library, case: Case) -> None:
    await where.assert_agreement(case.source)


@pytest.mark.parametrize("case", REFUSED, ids=str)
async def test_refuses_what_django_refuses(where: Library, case: Case) -> None:
    await where.assert_refusal(case.source)
