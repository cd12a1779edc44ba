"""Chains that nobody picked: the same rows as Django's, for a fixed sample of them."""

import re

import pytest
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError
from hypothesis import given, reject

from tests.examples import examples
from tests.parity.accidents import NoOracleError
from tests.parity.chains import chains
from tests.parity.further import further_chains
from tests.parity.harness import Library
from tests.parity.loading import loading_chains
from tests.parity.sources import sources

# A list without members is left out together with its alias, which in Django another condition may share.
NOTHING_IN = re.compile(r"__in=\[(None(, None)*)?\]")


@examples(150)
@given(source=sources)
async def test_finds_what_django_finds(library: Library, source: str) -> None:
    await _assert_agreement(library, source)


@examples(150)
@given(source=chains())
async def test_reckons_as_django_reckons(library: Library, source: str) -> None:
    await _assert_agreement(library, source)


@examples(150)
@given(source=further_chains())
async def test_goes_further_as_django_goes(library: Library, source: str) -> None:
    await _assert_agreement(library, source)


@examples(150)
@given(source=loading_chains())
async def test_loads_what_django_loads(library: Library, source: str) -> None:
    await _assert_agreement(library, source)


async def test_django_is_no_oracle_of_what_it_cannot_find(library: Library) -> None:
    nothing = "Book.filter(id__in=[]).alias(x=F('pages') + 1).order_by('x').distinct('x')"

    with pytest.raises(NoOracleError):
        await library.ask_django(nothing)
    assert (await library.ask_us(nothing)).result == []


async def _assert_agreement(library: Library, source: str) -> None:
    if NOTHING_IN.search(source) and ("~" in source or "exclude" in source):
        reject()
    try:
        await library.assert_agreement(source)
    except (NoOracleError, EmptyResultSet, DatabaseError, NotImplementedError):
        # The last ones where Django cannot say what it means, as in SELECT FROM, or GROUP BY false.
        reject()
