"""Rounds of the storms, and the figures that they print."""

from collections.abc import Callable

import pytest

from tests.examples import is_fuzzing, is_thorough

FIGURES = pytest.StashKey[list[str]]()

Record = Callable[..., None]


def rounds(few: int) -> int:
    """How often a storm is repeated: few times each time, more thoroughly, many in `make soak`."""
    return few * (40 if is_fuzzing() else 4 if is_thorough() else 1)


@pytest.fixture
def record_figures(request: pytest.FixtureRequest) -> Record:
    """Keeps figures of a test for the end of the run, and shows them with `-rP` too."""

    def record(**figures: object) -> None:
        line = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
        request.node.user_properties.append(("figures", f"{request.node.name}: {line}"))

    return record
