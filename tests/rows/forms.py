"""What the expected statements of the help centre are put together from."""

from collections.abc import Callable
from typing import Any

from django_like_repos import QuerySet
from tests.expressions.asking import Said

Make = Callable[[QuerySet[Any]], Any]
Forms = dict[str, tuple[Make, Said, list[Any]]]

SECTIONS = "SELECT sections.id, sections.name, sections.status_id FROM sections"
STATUS = (
    "JOIN publication_statuses AS publication_statuses_1 ON publication_statuses_1.id = sections.status_id"
)
SUBSECTIONS = "JOIN subsections AS subsections_1 ON sections.id = subsections_1.section_id"
LOADED = "subsections_1.id, subsections_1.name, subsections_1.section_id, subsections_1.status_id"
LOADED_SECTIONS = (
    f"SELECT {LOADED}, sections.id AS id_1, sections.name AS name_1, sections.status_id AS status_id_1 "
    "FROM sections"
)
BY_KEY = "AS keys ON keys.id = sections.id"


def found(rows: list[Any], expected: str) -> list[Any]:
    """Models as their keys, values as they are; sorted where the statement gives them no order."""
    keys = [getattr(row, "id", row) for row in rows]
    return keys if "ORDER BY" in expected.rpartition(")")[2] else sorted(keys)
