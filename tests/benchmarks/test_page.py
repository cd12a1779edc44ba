"""The page of performance is what the kept figures say."""

import json
from pathlib import Path

import pytest

from benchmarks.measuring import Comparison, Cost, Ways
from benchmarks.page import BEGIN, DOCS, END, PLOT, figures, written
from benchmarks.results import add, begin, new_run


def _ways(hand: float, ours: float) -> Ways:
    return Ways(
        {"by hand": [Cost(hand, hand)] * 9, "ours": [Cost(ours, ours)] * 9, "Core": [Cost(hand, hand)] * 9}
    )


def test_a_row_says_its_ratio_and_whether_it_is_missed(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run.json")
    section = begin(run, "suite", "Whole operations on SQLite", "in a transaction")
    add(section, Comparison("get", _ways(0.001, 0.0005), target=0.6))
    add(section, Comparison("page", _ways(0.002, 0.0018), target=0.6))
    found = figures(run, plotted=False)
    assert "| get | 1,000 | 0.50 | ±0.00 | 0.50 | 0.60 | 1.00 |" in found
    assert "| page | 2,000 | **0.90** | ±0.00 | 0.90 | 0.60 | 1.00 |" in found
    assert "1 are reached and 1 missed" in found


def test_figures_stand_between_the_marks() -> None:
    assert written(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb"
    with pytest.raises(ValueError, match="both marks"):
        written("a page", "new")


def test_the_page_is_what_the_kept_figures_say() -> None:
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    run = json.loads((DOCS / "performance.json").read_text(encoding="utf-8"))
    assert written(page, figures(run, (DOCS / PLOT).exists())) == page
