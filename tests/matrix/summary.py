"""What a run of the matrix says at its end: how many cases there were, and how many differ by what name.

For the controlling process of pytest-xdist, too, which hears of tests only by their reports.
"""

from collections import Counter
from typing import Any, Final

import pytest

MATRIX: Final = "matrix"
SAID: Final = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    verdicts = [
        said for report in reports for name, said in getattr(report, "user_properties", ()) if name == MATRIX
    ]
    # Heard of twice where pytest knows this hook by two conftests.
    if not verdicts or config.stash.get(SAID, False):
        return
    config.stash[SAID] = True
    cases: Counter[str] = Counter()
    differences: Counter[str] = Counter()
    for family, backend, count, named, _ in verdicts:
        cases.update({family: count, backend: count})
        differences.update(named)
    total = sum(count for _, _, count, _, _ in verdicts)
    wrong = sum(count for *_, count in verdicts)
    as_django = total - wrong - differences.total()
    terminalreporter.section("matrix of lookups")
    terminalreporter.line(
        f"{total:,} cases: {as_django:,} answered as Django does, {differences.total():,} by "
        f"{len(differences)} named differences, {wrong:,} wrong"
    )
    terminalreporter.line(", ".join(f"{name}: {count:,}" for name, count in cases.items()))
    for name, count in differences.most_common():
        terminalreporter.line(f"{count:7,}  {name}")
