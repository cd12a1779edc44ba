"""The plans of databases, step by step, in words that they have in common."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

_OF_SQLITE: Final = r"(SCAN|SEARCH) (?:TABLE )?({names})(?: AS ({names}))?(?= |$)(.*)"
_CONDITIONS: Final = ("Filter", "Index Cond", "Recheck Cond")


class Step(NamedTuple):
    """One step of a plan."""

    kind: str
    table: str | None = None
    """The name of the table that it reads, where the database tells it beside the alias."""
    alias: str | None = None
    whole: bool = False
    """Whether it reads all rows of a table."""
    sorts: bool = False
    """Whether it puts rows in order."""
    rows: int | None = None
    share: float | None = None
    """What it costs by itself, of the whole."""
    conditions: str = ""
    """By what it finds and chooses its rows, as the database writes that."""


def of_postgresql(said: str) -> list[Step]:
    """The steps of ``EXPLAIN (FORMAT JSON)``, with ANALYZE or without."""
    (whole, *_) = json.loads(said)
    plan = whole["Plan"]
    found = list(_walk(plan, 1.0, 1))
    total = sum(cost for _, cost in found) or 1.0
    return [step._replace(share=cost / total) for step, cost in found]


def _walk(plan: Mapping[str, Any], part: float, workers: int) -> Iterator[tuple[Step, float]]:
    """The steps of a plan with what each costs by itself, of which ``part`` is paid."""
    below = plan.get("Plans", ())
    workers = workers if "Workers Planned" not in plan else plan["Workers Planned"] + 1
    parts = [_part_of(plan, each) for each in below]
    own = _cost(plan) - sum(_cost(each) * share for each, share in zip(below, parts, strict=True))
    kind = plan["Node Type"]
    rows = plan.get("Actual Rows", plan.get("Plan Rows"))
    parallel = workers if plan.get("Parallel Aware") else 1
    yield (
        Step(
            kind,
            plan.get("Relation Name"),
            plan.get("Alias"),
            kind == "Seq Scan",
            kind in ("Sort", "Incremental Sort"),
            None if rows is None else round(rows * parallel),
            conditions=" ".join([str(plan[name]) for name in _CONDITIONS if name in plan]),
        ),
        max(own, 0.0) * part,
    )
    for each, share in zip(below, parts, strict=True):
        yield from _walk(each, part * share, workers)


def _cost(plan: Mapping[str, Any]) -> float:
    if "Actual Total Time" in plan:
        return float(plan["Actual Total Time"]) * float(plan["Actual Loops"])
    return float(plan.get("Total Cost", 0.0))


def _part_of(plan: Mapping[str, Any], below: Mapping[str, Any]) -> float:
    """How often a step below another is paid: not to its end under a limit, often within a loop."""
    if "Actual Total Time" in plan:
        return 1.0
    if plan["Node Type"] == "Limit":
        return min(1.0, float(plan["Total Cost"]) / max(float(below["Total Cost"]), 1e-9))
    relation = below.get("Parent Relationship")
    if plan["Node Type"] == "Nested Loop" and relation == "Inner" and below["Node Type"] != "Materialize":
        outer = next(each for each in plan["Plans"] if each.get("Parent Relationship") == "Outer")
        return max(float(outer["Plan Rows"]), 1.0)
    return max(float(plan["Plan Rows"]), 1.0) if relation == "SubPlan" else 1.0


def of_sqlite(said: str, names: Iterable[str]) -> list[Step]:
    """The steps of ``EXPLAIN QUERY PLAN``, each a line that ends with them.

    ``names`` are those of the tables and aliases, which it writes without quotes.
    """
    longest_first = sorted({*names}, key=len, reverse=True)
    of_table = re.compile(_OF_SQLITE.format(names="|".join([*map(re.escape, longest_first), r"\S+"])))
    return [_of_line(line, of_table) for line in said.split("\n")]


def _of_line(line: str, of_table: re.Pattern[str]) -> Step:
    # Numbers of the step come first.
    text = re.sub(r"^(\d+ )+", "", line)
    found = of_table.match(text)
    if found is None:
        return Step(text, sorts=text.endswith("FOR ORDER BY"))
    word, first, second, more = found.groups()
    name = (second or first).strip('"')
    automatic = "AUTOMATIC" in more
    whole = automatic or (word == "SCAN" and "USING" not in more)
    return Step(f"{word}{more}" if automatic else word, None, name, whole, conditions=more)
