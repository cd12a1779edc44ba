"""docs/parity.md tells the cases that there are: `make parity-page` would change none but its verdicts."""

import re

from tests.parity.cases import CASES, REFUSED
from tests.parity.page import PAGE, page

VERDICT = re.compile(r"(\| \d+) \| \d+(?= \|)")


def test_the_page_counts_the_cases_that_there_are() -> None:
    assert _without_verdicts(PAGE.read_text(encoding="utf-8")) == _without_verdicts(
        page(dict.fromkeys([*CASES, *REFUSED], True))
    )


def test_the_page_tells_what_a_run_found() -> None:
    verdicts = dict.fromkeys([*CASES, *REFUSED], True)
    verdicts[CASES[0]] = False
    wrong = page(verdicts)
    assert wrong != page(dict.fromkeys(verdicts, True))
    on_sqlite, on_postgresql = (
        sum(case.database == database for case in CASES) for database in ("sqlite", "postgresql")
    )
    assert (
        f"| every feature | | | {on_sqlite} | {on_sqlite - 1} | {on_postgresql} | {on_postgresql} |" in wrong
    )


def _without_verdicts(text: str) -> str:
    return VERDICT.sub(r"\1 | ?", text)
