"""The list of differences does not rot: wherever one says it is, Django's own answer would be wrong."""

import pytest

from tests.matrix.cases import BATCHES, Batch, Case
from tests.matrix.differences import DIFFERENCES, Difference, difference_of
from tests.matrix.judge import Everywhere, agree

# As many of a batch are asked, in search of one that differs.
ASKED = 60


@pytest.mark.parametrize("difference", DIFFERENCES, ids=[difference.name for difference in DIFFERENCES])
async def test_is_a_difference(difference: Difference, everywhere: Everywhere) -> None:
    found = [
        (batch, backend, cases)
        for backend in difference.backends
        for batch in BATCHES
        if (cases := _cases(difference, batch, backend))
    ]

    assert {backend for _, backend, _ in found} == set(difference.backends)
    for batch, backend, cases in found:
        ours = await everywhere[backend].ask_us(batch, cases)
        theirs = await everywhere[backend].ask_django(batch, cases)
        asked = zip(cases, theirs, ours, strict=True)
        assert not all(agree(case, None, answer, here) for case, answer, here in asked), (
            f"Django answers so, too: {batch} on {backend}, {cases[0].source}"
        )


def test_names_are_unique() -> None:
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)


def _cases(difference: Difference, batch: Batch, backend: str) -> list[Case]:
    applying = [each for each in batch.questions if difference_of(each, backend) is difference]
    return [Case(question, way) for question in applying[:ASKED] for way in batch.ways[:2]]
