"""`python -m benchmarks.page FILE`: tables and plot of docs/performance.md, of a run's figures, kept there.

Nothing between the page's two marks is typed. The plot is drawn where matplotlib is installed.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.measuring import OURS
from benchmarks.plot import draw
from benchmarks.results import Figures, Row, Run, Section, missed
from benchmarks.suite.entrant import installed

DOCS: Final = Path(__file__).parents[1] / "docs"
BEGIN: Final = "<!-- figures: `make bench` writes what stands between these two lines -->"
END: Final = "<!-- end of the figures -->"
PLOT: Final = "performance.png"
KEPT: Final = "performance.json"

WANTED_OF_OTHERS: Final = 0.6
"""Of ours to other libraries' endpoints."""

KINDS: Final = {
    "suite": "Whole operations",
    "web": "Requests of an application",
    "pages": "Late pages",
    "public": "The workloads of tortoise/orm-benchmarks",
}


def figures(run: Run, plotted: bool) -> str:
    """What stands between the marks."""
    parts = [_head(run)]
    if plotted:
        parts.append(f"![Each library's ratio to by hand]({PLOT})")
    for kind, title in KINDS.items():
        sections = [each for each in run["sections"] if each["kind"] == kind]
        if sections:
            parts.append(f"### {title}")
        parts += [part for section in sections for part in _section(section)]
    return "\n\n".join(parts)


def _head(run: Run) -> str:
    machine = run["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in run["packages"].items())
    counted = [row for section in run["sections"] for row in section["rows"] if row["target"] is not None]
    late = [row for row in counted if missed(row)]
    lines = [
        f"Measured {run['began'][:10]} with Python {machine['python']} on {machine['system']}, "
        f"{machine['processors']} processors, {packages}. Processes that wanted to run at the end of each "
        f"section, on average over a minute: {', '.join(run['load'])}. One or two of them are the benchmarks "
        "and their server; with more, other work took part, and small differences say nothing.",
        f"Of {len(counted)} ratios of which one is wanted, {len(counted) - len(late)} are reached and "
        f"{len(late)} missed; these are **bold**.",
    ]
    lines += [f"{line[0].upper()}{line[1:]}." for line in run["skipped"]]
    return "\n\n".join(lines)


def _section(section: Section) -> Iterable[str]:
    yield f"**{section['title']}**, {section['mode']}:"
    yield _table(section["rows"])
    if notes := section.get("notes"):
        yield "\n".join(f"* {note}" for note in notes)
    if section["kind"] == "web":
        yield _beside_others(section["rows"])


def _table(rows: Sequence[Row]) -> str:
    others = list(dict.fromkeys(name for row in rows for name in row["ways"] if name != OURS))
    reference = rows[0]["reference"]
    others.remove(reference)
    head = ["", f"{reference}, µs", "ours", "spread", "CPU", "wanted", *others]
    lines = [head, ["---", *["--:"] * (len(head) - 1)]]
    for row in rows:
        ways, ours = row["ways"], row["ways"].get(OURS)
        cells = [row["name"], f"{ways[row['reference']]['wall'] * 1e6:,.0f}"]
        if ours is None:
            cells += [""] * 4
        else:
            ratio = f"{ours['ratio']:.2f}"
            cells += [f"**{ratio}**" if missed(row) else ratio, f"±{ours['spread']:.2f}"]
            cells += [f"{ours['cpu_ratio']:.2f}", "" if row["target"] is None else f"{row['target']:.2f}"]
        cells += [_ratio(ways.get(other)) for other in others]
        lines.append(cells)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _ratio(found: Figures | None) -> str:
    return "–" if found is None else f"{found['ratio']:.2f}"


def _beside_others(rows: Sequence[Row]) -> str:
    """What ours is of the other libraries' endpoints."""
    told = []
    for row in rows:
        beside = [
            f"{name} {each['ours']:.2f}"
            for name, each in row["ways"].items()
            if each["ours"] is not None and name != row["reference"] and not name.startswith((OURS, "no "))
        ]
        told.append(f"* {row['name']}: {', '.join(beside) or 'none is installed'}")
    return f"Ours to the others, {WANTED_OF_OTHERS:.2f} wanted:\n\n" + "\n".join(told)


def written(page: str, between: str) -> str:
    """A page with other figures. Raises ValueError where a mark is missing."""
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"the page has not both marks, {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{between}\n\n{END}{after}"


def main(file: Path) -> None:
    run: Run = json.loads(file.read_text(encoding="utf-8"))
    page = DOCS / "performance.md"
    plotted = installed("matplotlib")
    if plotted:
        draw(run, DOCS / PLOT)
    else:
        print("matplotlib is not installed: the plot stays as it was")
    text = written(page.read_text(encoding="utf-8"), figures(run, (DOCS / PLOT).exists()))
    page.write_text(text, encoding="utf-8")
    (DOCS / KEPT).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    print(f"wrote {page}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else DOCS / KEPT))
