"""docs/parity.md: what the run of the cases found, by topic and feature. `make parity-page` writes it.

Nothing of it is typed: the features and their cases are those of `cases/`, the verdicts those of the last run
(see `results.py`).
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from django.db.models import QuerySet as DjangoQuerySet

from django_like_repos import BaseRepository, QuerySet
from tests.parity.cases import CASES, DATABASES, REFUSED, Case
from tests.parity.results import FILE, ROOT
from tests.parity.words import NAMES

PAGE: Final[Path] = ROOT / "docs" / "parity.md"
Verdicts = Mapping[Case, bool]

HEAD: Final = """# Parity with Django

What this page counts was counted by a run of the tests in `tests/parity`; `make parity-page` wrote it.

A case is one line of source, such as `Book.annotate(n=Count("reviews")).filter(n__gt=1)`, said to Django and
to this library about one database. It is equal if both give the same rows and values. One difference is
meant (see [Rows](rows.md)): a to-many join that only filters repeats nothing here. Where it matters, Django
is asked with EXISTS instead of the join.
"""
COLUMNS: Final = (
    "| feature | Django | here | SQLite | equal | PostgreSQL | equal |\n|---|---|---|--:|--:|--:|--:|"
)
REFUSALS: Final = "| feature | SQLite | refused | PostgreSQL | refused |\n|---|--:|--:|--:|--:|"


def page(verdicts: Verdicts) -> str:
    """The text of the page."""
    parts = [HEAD, *_by_topic(verdicts), *_refusals(verdicts), _names_without_a_case()]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def _by_topic(verdicts: Verdicts) -> Iterable[str]:
    topics: dict[str, dict[str, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in CASES:
        topics[case.topic][case.feature].append(case)
    for topic, features in topics.items():
        rows = [
            f"| {_cell(feature)} | {_in_django(feature)} | {_here(feature)} | {_counted(cases, verdicts)} |"
            for feature, cases in features.items()
        ]
        yield "\n".join([f"## {topic.capitalize()}\n", COLUMNS, *rows])
    yield "\n".join(["## All\n", COLUMNS, f"| every feature | | | {_counted(CASES, verdicts)} |"])


def _refusals(verdicts: Verdicts) -> Iterable[str]:
    features: dict[str, list[Case]] = defaultdict(list)
    for case in REFUSED:
        features[case.feature].append(case)
    if features:
        rows = [f"| {_cell(feature)} | {_counted(cases, verdicts)} |" for feature, cases in features.items()]
        about = "## Refused\n\nWrong uses, which are an error in Django and one here that says why.\n"
        yield "\n".join([about, REFUSALS, *rows])


def _cell(feature: str) -> str:
    return feature.replace("|", r"\|")


def _counted(cases: Iterable[Case], verdicts: Verdicts) -> str:
    run = Counter(case.database for case in cases)
    equal = Counter(case.database for case in cases if verdicts[case])
    return " | ".join(f"{run[database]} | {equal[database]}" for database in DATABASES)


def _in_django(feature: str) -> str:
    if _is_method(feature):
        return f"`QuerySet.{feature}()`"
    return ", ".join(f"`{name.django}.{name.name}`" for name in NAMES if name.name == feature)


def _here(feature: str) -> str:
    if _is_method(feature):
        owners = [each.__name__ for each in (QuerySet, BaseRepository) if hasattr(each, feature)]
        return f"`{owners[0]}.{feature}()`" if owners else "none"
    found = [name for name in NAMES if name.name == feature]
    return ", ".join(f"`{name.here}.{name.name}`" if name.of_ours() is not None else "none" for name in found)


def _is_method(feature: str) -> bool:
    return feature.isidentifier() and callable(getattr(DjangoQuerySet, feature, None))


def _names_without_a_case() -> str:
    said = set(re.findall(r"\w+", " ".join(case.source for case in CASES)))
    silent = [f"`{name.name}`" for name in NAMES if name.name not in said]
    return (
        f"## Without a case\n\nNames of Django's that no case says: {', '.join(silent)}.\n" if silent else ""
    )


def verdicts_of_last_run() -> Verdicts:
    found = {Case(*case): equal for *case, equal in json.loads(FILE.read_text(encoding="utf-8"))}
    if missing := {*CASES, *REFUSED} - found.keys():
        raise SystemExit(
            f"{len(missing)} cases were not run, such as {min(missing)}: run all of tests/parity"
        )
    return found


if __name__ == "__main__":
    PAGE.write_text(page(verdicts_of_last_run()), encoding="utf-8")
