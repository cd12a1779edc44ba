"""Every case of the matrix, on both databases: our answer is Django's, but for named differences."""

from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.matrix.cases import BATCHES, Batch
from tests.matrix.judge import Everywhere, judged
from tests.matrix.summary import MATRIX

# Whoever asks for that many examples asks for all.
WHOLE = settings().max_examples >= 1_000
SHOWN = 20


@pytest.mark.hypothesis  # so `make fuzz` runs it, too
@pytest.mark.parametrize("batch", BATCHES, ids=str)
async def test_answers_as_django_does(
    batch: Batch, backend: str, everywhere: Everywhere, record_property: Callable[[str, object], None]
) -> None:
    verdict = await judged(batch, batch.cases(whole=WHOLE), backend, everywhere)

    record_property(
        MATRIX, [batch.family, backend, verdict.cases, dict(verdict.differences), len(verdict.wrong)]
    )
    shown = "\n".join(verdict.wrong[:SHOWN])
    assert not verdict.wrong, f"{len(verdict.wrong)} of {verdict.cases} cases of {batch}\n\n{shown}"
