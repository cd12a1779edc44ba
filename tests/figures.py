"""What a run of `tests/faults` says at its end: a line of figures a storm, heard of by the tests' reports."""

from typing import Any, Final

FIGURES: Final = "figures"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    lines = [
        said
        for kind in ("passed", "failed")
        for report in terminalreporter.getreports(kind)
        if report.when == "call"
        for name, said in getattr(report, "user_properties", ())
        if name == FIGURES
    ]
    if lines:
        terminalreporter.section("faults")
        for line in sorted(lines):
            terminalreporter.line(line)
