"""The list of differences does not rot: wherever one says it is, Django's own answer would be wrong."""

import pytest

from tests.examples import is_thorough
from tests.matrix.cases import BATCHES, Batch, Case
from tests.matrix.differences import DIFFERENCES, difference_of
from tests.matrix.harness import Specimens
from tests.matrix.judge import Everywhere, agree
from tests.matrix.meanings import Difference

# As many of a batch are asked, a few at a time, in search of one that differs.
ASKED, AT_ONCE = 60, 6
# An ordinary run shows so many batches of a difference as one.
SHOWN = 6


@pytest.mark.parametrize("difference", DIFFERENCES, ids=[difference.name for difference in DIFFERENCES])
async def test_is_a_difference(difference: Difference, everywhere: Everywhere) -> None:
    found = [
        (batch, backend, cases)
        for backend in difference.backends
        for batch in BATCHES
        if (cases := _cases(difference, batch, backend))
    ]

    assert {backend for _, backend, _ in found} == set(difference.backends)
    for batch, backend, cases in found if is_thorough() else found[::SHOWN]:
        for start in range(0, len(cases), AT_ONCE):
            if not await _all_agree(everywhere[backend], batch, cases[start : start + AT_ONCE]):
                break
        else:
            pytest.fail(f"Django answers so, too: {batch} on {backend}, {cases[0].source}")


async def _all_agree(specimens: Specimens, batch: Batch, cases: list[Case]) -> bool:
    ours = await specimens.ask_us(batch, cases)
    theirs = await specimens.ask_django(batch, cases)
    return all(
        agree(case, None, answer, here) for case, answer, here in zip(cases, theirs, ours, strict=True)
    )


def test_names_are_unique() -> None:
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)


def _cases(difference: Difference, batch: Batch, backend: str) -> list[Case]:
    applying = [each for each in batch.questions if difference_of(each, backend) is difference]
    return [Case(question, way) for question in applying[:ASKED] for way in batch.ways[:2]]
