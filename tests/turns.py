"""What an ordinary run leaves out: long tests, and each case of one question on one of the two databases.

What is chosen hangs on the names of tests alone, so that a run repeats the one before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final
from zlib import crc32

import pytest

DATABASES: Final = ("sqlite", "postgresql")
MANY: Final = 4
"""Cases of one test on both databases, from which on they take turns."""
SAMPLED: Final = 3
"""Of so many cases of a test that is sampled one is tried."""

Case = dict[str, pytest.Item]
"""A case's tests, by database."""


def left_out(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Tests that are long, cases outside the sample, and those whose turn is on the other database."""
    items = list(items)
    left = {item for item in items if item.get_closest_marker("long")}
    tests: dict[str, dict[str, Case]] = defaultdict(lambda: defaultdict(dict))
    for item in items:
        if item not in left:
            backend = _backend(item)
            tests[item.nodeid.partition("[")[0]][item.name.replace(backend, "")][backend] = item
    for test, cases in tests.items():
        # By checksums of their names: neighbours are often alike.
        tried = sorted(cases, key=_checksum)
        if _is_marked("sampled", cases.values()):
            chosen = tried[::SAMPLED]
            left.update(item for name in {*tried}.difference(chosen) for item in cases[name].values())
            tried = chosen
        left.update(_of_other_turns([cases[name] for name in tried], start=_checksum(test)))
    return left


def _of_other_turns(cases: list[Case], start: int) -> Iterator[pytest.Item]:
    on_both = [case for case in cases if len(case) == len(DATABASES)]
    many = len(on_both) >= MANY and not _is_marked("both", on_both)
    if many or _is_marked("by_turns", on_both) or _is_marked("sampled", on_both):
        for turn, case in enumerate(on_both, start):
            yield case[DATABASES[turn % 2]]


def _backend(item: pytest.Item) -> str:
    """The database that a test is on, if it is one of the two by the fixture of that name."""
    callspec = getattr(item, "callspec", None)
    backend = callspec.params.get("backend") if callspec else None
    return backend if backend in DATABASES else ""


def _is_marked(mark: str, cases: Iterable[Case]) -> bool:
    return any(item.get_closest_marker(mark) for case in cases for item in case.values())


def _checksum(name: str) -> int:
    return crc32(name.encode())
