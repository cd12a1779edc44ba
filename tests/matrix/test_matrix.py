"""Every case of the matrix, on both databases: our answer is Django's, but for named differences."""

from collections.abc import Callable

import pytest

from tests.examples import is_fuzzing, is_thorough
from tests.matrix.cases import BATCHES, Batch, Extent
from tests.matrix.judge import Everywhere, judged
from tests.matrix.summary import MATRIX

EXTENT: Extent = "whole" if is_fuzzing() else "usual" if is_thorough() else "sample"
SHOWN = 20


@pytest.mark.hypothesis  # so `make fuzz` runs it, too
@pytest.mark.parametrize("batch", BATCHES, ids=str)
async def test_answers_as_django_does(
    batch: Batch, backend: str, everywhere: Everywhere, record_property: Callable[[str, object], None]
) -> None:
    verdict = await judged(batch, batch.cases(EXTENT), backend, everywhere)

    record_property(
        MATRIX, [batch.family, backend, verdict.cases, dict(verdict.differences), len(verdict.wrong)]
    )
    shown = "\n".join(verdict.wrong[:SHOWN])
    assert not verdict.wrong, f"{len(verdict.wrong)} of {verdict.cases} cases of {batch}\n\n{shown}"
