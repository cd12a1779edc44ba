"""Which functions of ours are called, counted: what an operation costs, whoever else works on the machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import django_like_repos

OURS: Final = str(Path(django_like_repos.__file__).parent)


@contextmanager
def called() -> Iterator[list[str]]:
    """The names of our functions that are called, resumptions of coroutines included."""
    found: list[str] = []

    def note(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            found.append(frame.f_code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)
