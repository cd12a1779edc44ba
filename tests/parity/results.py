"""What a run of the cases found, kept for the page that tells it (see `page.py`)."""

import json
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "build" / "parity.json"
CASE: Final = "parity case"
"""The property by which a test says of a case whether it was as Django has it."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """For the controlling process of pytest-xdist, too, which hears of tests only by their reports."""
    found = [
        case
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, case in getattr(report, "user_properties", ())
        if name == CASE
    ]
    if found:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(found), encoding="utf-8")
