"""Chains of Q trees that nobody picked: the same rows as Django's, for a fixed sample of them."""

from hypothesis import given, reject, settings

from tests.parity.accidents import NoOracleError
from tests.parity.harness import Library
from tests.parity.sources import sources

# More than the default, and as many as a longer run asks for.
EXAMPLES = max(150, settings().max_examples)


@settings(max_examples=EXAMPLES)
@given(source=sources)
async def test_finds_what_django_finds(library: Library, source: str) -> None:
    try:
        await library.assert_agreement(source)
    except NoOracleError:
        reject()
