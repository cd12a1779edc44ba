"""What the tests of the contract share: its repository, the SQL its examples repeat, the rows it prints."""

from typing import Any

from django_like_repos import BaseRepository, QuerySet
from examples.help_center.models import PublicationStatus, Section, Subsection


class SectionRepository(BaseRepository[Section]):
    model_cls = Section

    @property
    def published(self) -> QuerySet[Section]:
        return self.objects.filter(status__code="published")


class StatusRepository(BaseRepository[PublicationStatus]):
    model_cls = PublicationStatus


class SubsectionRepository(BaseRepository[Subsection]):
    model_cls = Subsection


SELECT_SECTIONS = "SELECT sections.id, sections.name, sections.status_id FROM sections"
JOIN_STATUS = (
    "JOIN publication_statuses AS publication_statuses_1 ON publication_statuses_1.id = sections.status_id"
)
SUBSECTION_COLUMNS = "subsections_1.id, subsections_1.name, subsections_1.section_id, subsections_1.status_id"
SELECT_LOADED = (
    f"SELECT {SUBSECTION_COLUMNS}, sections.id AS id_1, sections.name AS name_1, "
    "sections.status_id AS status_id_1 FROM sections"
)
JOIN_SUBSECTIONS = "JOIN subsections AS subsections_1 ON sections.id = subsections_1.section_id"


def select_loaded_slice(ordering: str = "") -> str:
    """The contract's statement for a slice with `options("subsections")`; `ordering` such as "id ASC"."""
    inner = f"ORDER BY sections.{ordering} " if ordering else ""
    outer = f" ORDER BY anon_1.{ordering}" if ordering else ""
    return (
        f"SELECT {SUBSECTION_COLUMNS}, "
        "anon_1.id AS id_1, anon_1.name AS name_1, anon_1.status_id AS status_id_1 "
        "FROM (SELECT DISTINCT sections.id AS id, sections.name AS name, sections.status_id AS status_id "
        "FROM sections JOIN subsections AS subsections_2 ON sections.id = subsections_2.section_id "
        f"{inner}LIMIT ? OFFSET ?) AS anon_1 "
        f"JOIN subsections AS subsections_1 ON anon_1.id = subsections_1.section_id{outer}"
    )


def returning(backend: str, *columns: str) -> str:
    """SQLAlchemy names the table in RETURNING on PostgreSQL, and not on SQLite."""
    table = {"postgresql": "sections.", "sqlite": ""}[backend]
    return "RETURNING " + ", ".join(f"{table}{column}" for column in columns)


USEFUL_DOCUMENTS = {"id": 1, "status_id": 2, "name": "Полезные документы", "section_id": 1}
CONTRACT_JSON: dict[int, dict[str, Any]] = {
    id_: {"id": id_, "name": name, "status_id": status_id, "subsections": subsections}
    for id_, name, status_id, subsections in (
        (1, "Управление аккаунтом", 2, [USEFUL_DOCUMENTS]),
        (2, "Управление доступом", 1, []),
        (3, "Действующие договоры с Х5", 2, []),
        (4, "Заявки и консультации", 2, []),
        (5, "Финансовые документы Х5 Недвижимость", 2, []),
        (6, "Личный кабинет подрядчика ТС5", 2, []),
        (7, "Настройки", 2, []),
    )
}


def as_json(section: Section) -> dict[str, Any]:
    """The section as the contract prints it; fails on a relation that the query did not load."""
    return {
        "id": section.id,
        "name": section.name,
        "status_id": section.status_id,
        "subsections": [
            {"id": child.id, "status_id": child.status_id, "name": child.name, "section_id": child.section_id}
            for child in sorted(section.subsections, key=lambda child: child.id)
        ],
    }


def by_id(sections: list[Section]) -> dict[int, dict[str, Any]]:
    """The sections' JSON by id, for statements that promise no order; a repeated section fails."""
    found = {section.id: as_json(section) for section in sections}
    assert len(found) == len(sections)
    return found


def ids(sections: list[Section]) -> list[int]:
    return [section.id for section in sections]
