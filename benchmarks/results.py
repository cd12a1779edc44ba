"""A run's figures, as JSON keeps them: sections of rows, each with the costs of every way."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict

from benchmarks.measuring import OURS, Comparison

DATABASES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

PACKAGES: Final = (
    "sqlalchemy",
    "asyncpg",
    "aiosqlite",
    "fastapi",
    "pydantic",
    "django",
    "psycopg",
    "tortoise-orm",
    "piccolo",
    "advanced-alchemy",
    "fastcrud",
    "fastapi-pagination",
)


class Figures(TypedDict):
    """One way's: medians in seconds, and what they are of the reference's, round by round."""

    wall: float
    cpu: float
    ratio: float
    spread: float
    """Half the distance of the ratio's quartiles."""
    cpu_ratio: float
    ours: float | None
    """What ours is of this one, round by round."""
    rounds: int


class Row(TypedDict):
    name: str
    reference: str
    target: float | None
    ways: dict[str, Figures]


class Section(TypedDict):
    kind: str
    title: str
    mode: str
    """Which transactions there are, and what else holds for all of its rows."""
    rows: list[Row]
    notes: NotRequired[list[str]]


class Run(TypedDict):
    began: str
    machine: dict[str, str]
    packages: dict[str, str]
    skipped: list[str]
    """What is not installed, a line each."""
    load: list[str]
    """How many processes wanted to run, on average, when each section ended."""
    sections: list[Section]
    path: str


def new_run(path: Path) -> Run:
    """A run without figures, which is kept in a file after each of its sections."""
    return {
        "began": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": {
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "processors": str(os.cpu_count()),
        },
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
        "skipped": [],
        "load": [],
        "sections": [],
        "path": str(path),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def begin(run: Run, kind: str, title: str, mode: str) -> Section:
    """A new section of a run, to be filled."""
    print(f"\n{title}: {mode}", flush=True)
    section: Section = {"kind": kind, "title": title, "mode": mode, "rows": []}
    run["sections"].append(section)
    return section


def add(section: Section, measured: Comparison) -> None:
    """One row, which is also printed."""
    ways, to = measured.ways, measured.reference
    row: Row = {"name": measured.name, "reference": to, "target": measured.target, "ways": {}}
    for name, costs in ways.costs.items():
        cost = ways.cost(name)
        row["ways"][name] = {
            "wall": cost.wall,
            "cpu": cost.cpu,
            "ratio": round(ways.ratio(name, to), 4),
            "spread": round(ways.spread(name, to), 4),
            "cpu_ratio": round(cost.cpu / ways.cost(to).cpu, 4),
            "ours": round(ways.ratio(OURS, name), 4) if OURS in ways.costs else None,
            "rounds": len(costs),
        }
    section["rows"].append(row)
    print(f"  {_line(row)}", flush=True)


def finish(run: Run, section: Section) -> None:
    """Keeps what is measured so far; a section without rows is none."""
    if not section["rows"]:
        run["sections"].remove(section)
    run["load"].append(f"{os.getloadavg()[0]:.1f}")
    path = Path(run["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {name: value for name, value in run.items() if name != "path"}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def missed(row: Row) -> bool:
    """Whether ours costs more than is wanted of it."""
    ours = row["ways"].get(OURS)
    return ours is not None and row["target"] is not None and ours["ratio"] > row["target"]


def _line(row: Row) -> str:
    to = row["reference"]
    columns = [f"{row['name']:<44}{to} {row['ways'][to]['wall'] * 1e6:.0f} µs"]
    for name, figures in row["ways"].items():
        if name == to:
            continue
        told = f"{name} {figures['ratio']:.2f} ±{figures['spread']:.2f}"
        if name == OURS:
            told += f" (CPU {figures['cpu_ratio']:.2f})"
            if row["target"] is not None:
                told += f", wanted {row['target']:.2f}{' MISSED' if missed(row) else ''}"
        columns.append(told)
    return "; ".join(columns)
