"""Every difference from Django, by name, a file a concern in `differing`: the first that applies is meant.

`test_differences.py` asserts that each of them still is one.
"""

from functools import cache
from typing import Final

from tests.matrix.differing import documents, relations, texts, values
from tests.matrix.meanings import Difference
from tests.matrix.questions import Question

DIFFERENCES: Final = (
    *values.DIFFERENCES,
    *texts.DIFFERENCES,
    *relations.DIFFERENCES,
    *documents.DIFFERENCES,
)


@cache
def difference_of(question: Question, backend: str) -> Difference | None:
    """The first difference that applies."""
    return next((each for each in DIFFERENCES if backend in each.backends and each.applies(question)), None)
