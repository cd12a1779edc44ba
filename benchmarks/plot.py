"""The plot of whole operations: a panel a database and mode, a dot a library, by its ratio to by hand."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import OURS
from benchmarks.results import Run, Section
from benchmarks.suite.entrant import installed

_figure: Final[Any] = import_module("matplotlib.figure") if installed("matplotlib") else None

COLOURS: Final = ("#888888", "#bbbbbb", "#9467bd", "#e377c2", "#1f77b4", "#2ca02c", "#8c564b", "#17becf")


def draw(run: Run, file: Path) -> None:
    """Writes the plot of a run as PNG; nothing where whole operations were not measured."""
    sections = [section for section in run["sections"] if section["kind"] == "suite"]
    if not sections:
        return
    rows = max(len(section["rows"]) for section in sections)
    size = (5.6 * len(sections), 1.6 + 0.34 * rows)
    figure = _figure.Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, len(sections), squeeze=False)
    names = list(dict.fromkeys(name for each in sections for row in each["rows"] for name in row["ways"]))
    reference = sections[0]["rows"][0]["reference"]
    others = [name for name in names if name not in (reference, OURS)]
    for panel, section in zip(panels[0], sections, strict=True):
        _panel(panel, section, others)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.suptitle(f"Time by the clock, {reference} = 1 (to the left is faster)")
    figure.savefig(file, dpi=110)


def _panel(panel: Any, section: Section, others: Sequence[str]) -> None:
    rows = section["rows"]
    for name, colour in [*zip(others, COLOURS, strict=False), (OURS, "#d62728")]:
        found = [(row["ways"][name]["ratio"], place) for place, row in enumerate(rows) if name in row["ways"]]
        ours = name == OURS
        panel.scatter(
            [ratio for ratio, _ in found],
            [place for _, place in found],
            label=name,
            color=colour,
            s=60 if ours else 28,
            marker="D" if ours else "o",
            zorder=3 if ours else 2,
        )
    panel.axvline(1, color="black", linewidth=1, zorder=1)
    panel.set_xscale("log")
    panel.set_xticks([0.05, 0.1, 0.2, 0.5, 1, 2, 5], ["0.05", "0.1", "0.2", "0.5", "1", "2", "5"])
    panel.minorticks_off()
    panel.set_yticks(range(len(rows)), [row["name"] for row in rows])
    panel.invert_yaxis()
    panel.grid(axis="x", color="#e5e5e5")
    panel.set_title(
        f"{section['title'].removeprefix('Whole operations on ')}\n{section['mode']}", fontsize=10
    )
