"""Every statement that a run of the tests sends, test by test, to be compared with another run's.

``pytest -p tests.statements --statements=before.jsonl`` writes one line a test; ``python -m tests.statements
before.jsonl after.jsonl`` lists the tests whose statements differ, for whoever changes how SQL comes about
and not what it is. Each worker of pytest-xdist writes a file of its own beside the named one.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.recording import RecordedSQL, recorded_sql

RECORDED = pytest.StashKey[RecordedSQL]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--statements", help="where to write the statements that each test sends")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--statements"):
        raise pytest.UsageError("--statements=FILE says where to write them")
    stack = ExitStack()
    config.stash[RECORDED] = stack.enter_context(recorded_sql())
    config.add_cleanup(stack.close)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[Any]:
    """What fixtures send belongs to no one test."""
    path = str(item.config.getoption("--statements"))
    worker = getattr(item.config, "workerinput", {}).get("workerid", "")
    recorded = item.config.stash[RECORDED]
    recorded.clear()
    yield
    with Path(f"{path}.{worker}" if worker else path).open("a", encoding="utf-8") as file:
        statements = [statement for statement, _ in recorded.statements]
        file.write(json.dumps([item.nodeid, statements], ensure_ascii=False) + "\n")


def read(path: str) -> dict[str, list[str]]:
    """The statements of each test."""
    files = [Path(path), *Path(path).parent.glob(Path(path).name + ".gw*")]
    lines = [line for file in files if file.exists() for line in file.read_text("utf-8").splitlines()]
    return dict(map(json.loads, lines))


def compare(before: str, after: str) -> int:
    """Prints what differs; how many tests do."""
    old, new = read(before), read(after)
    different = [test for test in old if test in new and old[test] != new[test]]
    print(f"{len(old)} tests before, {len(new)} after, {len(old.keys() - new.keys())} of them gone")
    print(f"{sum(map(len, old.values()))} statements before, {sum(map(len, new.values()))} after")
    for test in different:
        print(f"\n{test}")
        for one, other in zip(old[test], new[test], strict=False):
            if one != other:
                print(f"  - {one}\n  + {other}")
                break
        else:
            print(f"  {len(old[test])} statements before, {len(new[test])} after")
    print(f"\n{len(different)} tests differ")
    return len(different)


if __name__ == "__main__":
    sys.exit(bool(compare(*sys.argv[1:])))
