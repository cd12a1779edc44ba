"""Every hand-picked case, on both databases: the rows that Django finds are the rows found here."""

import pytest

from tests.parity.cases import CASES, CASES_ON_POSTGRESQL
from tests.parity.harness import Library


@pytest.mark.parametrize("source", CASES)
async def test_finds_what_django_finds(library: Library, source: str) -> None:
    await library.assert_agreement(source)


@pytest.mark.parametrize("source", CASES_ON_POSTGRESQL)
async def test_finds_on_postgresql_what_django_finds_there(postgresql_library: Library, source: str) -> None:
    await postgresql_library.assert_agreement(source)
