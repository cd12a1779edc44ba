"""The forms that statements for values take, word for word, and those of numbers and subqueries.

The same on both databases, but where it is said otherwise.
"""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet
from examples.help_center.models import PublicationStatus, Section, Subsection
from tests.expressions.asking import Said
from tests.recording import RecordedSQL
from tests.rows.forms import BY_KEY, SECTIONS, STATUS, SUBSECTIONS, Forms, Make, found
from tests.rows.mappings import Key
from tests.sqltext import same_sql

pytestmark = pytest.mark.usefixtures("more_subsections")

VALUES: Forms = {
    "of what only filters": (
        lambda sections: sections.filter(subsections__id__gt=0).values_list("status_id", flat=True),
        "SELECT sections.status_id FROM sections WHERE sections.id IN (SELECT "
        "subsections_1.section_id FROM subsections AS subsections_1 WHERE subsections_1.id > ?)",
        [1, 2, 2],
    ),
    "of what a filter joined": (
        lambda sections: sections.filter(subsections__id__gt=102).values_list("id", "subsections__id"),
        f"SELECT sections.id, subsections_1.id AS id_1 FROM sections {SUBSECTIONS} "
        "WHERE subsections_1.id > ?",
        [(2, 103), (2, 104), (4, 105)],
    ),
    "of what nobody joined": (
        lambda sections: sections.values_list("id", "subsections__id").order_by("-id", "subsections__id")[:4],
        f"SELECT sections.id, subsections_1.id AS id_1 FROM sections LEFT OUTER {SUBSECTIONS} "
        "ORDER BY sections.id DESC, subsections_1.id ASC LIMIT ? OFFSET ?",
        [(7, None), (6, None), (5, None), (4, 105)],
    ),
    "limited": (
        lambda sections: (
            sections.filter(subsections__id__gt=0).order_by("-name").values_list("name", "status__code")[:1]
        ),
        {
            "sqlite": "SELECT sections.name, publication_statuses_1.code FROM sections JOIN (SELECT DISTINCT "
            f"sections.id AS id, sections.name AS k0 FROM sections {SUBSECTIONS} "
            "JOIN publication_statuses AS publication_statuses_2 "
            "ON publication_statuses_2.id = sections.status_id WHERE subsections_1.id > ? "
            "ORDER BY sections.name DESC LIMIT ? OFFSET ?) "
            f"{BY_KEY} {STATUS} ORDER BY sections.name DESC",
            "postgresql": "SELECT sections.name, publication_statuses_1.code FROM sections JOIN "
            "publication_statuses AS publication_statuses_1 ON publication_statuses_1.id = "
            "sections.status_id WHERE sections.id IN (SELECT subsections_1.section_id FROM "
            "subsections AS subsections_1 WHERE subsections_1.id > ?) ORDER BY sections.name DESC "
            "LIMIT ? OFFSET ?",
        },
        [("Управление доступом", "unpublished")],
    ),
    "ranked": (
        lambda sections: (
            sections.innerjoin("subsections").order_by("-subsections__name").values_list("id", flat=True)
        ),
        "SELECT sections.id FROM sections JOIN (SELECT ranked.id AS id, ranked.k0 AS k0 FROM (SELECT "
        "sections.id AS id, subsections_1.name AS k0, row_number() OVER (PARTITION BY sections.id "
        f"ORDER BY subsections_1.name DESC) AS rank FROM sections {SUBSECTIONS}) AS ranked "
        f"WHERE ranked.rank = ?) {BY_KEY} ORDER BY keys.k0 DESC",
        [2, 1, 4],
    ),
    "distinct": (
        lambda sections: (
            sections.filter(subsections__id__gt=0)
            .values_list("status_id", flat=True)
            .distinct()
            .order_by("status_id")
        ),
        "SELECT DISTINCT sections.status_id FROM sections WHERE sections.id IN (SELECT "
        "subsections_1.section_id FROM subsections AS subsections_1 WHERE subsections_1.id > ?) "
        "ORDER BY sections.status_id ASC",
        [1, 2],
    ),
}

IN: Forms = {
    "models": (
        lambda sections: sections.filter(pk__in=sections.filter(subsections__status_id=3)),
        f"{SECTIONS} WHERE sections.id IN "
        f"(SELECT sections.id FROM sections {SUBSECTIONS} WHERE subsections_1.status_id = ?)",
        [2, 4],
    ),
    "values": (
        lambda sections: sections.filter(pk__in=QuerySet(Subsection).values_list("section_id")),
        f"{SECTIONS} WHERE sections.id IN (SELECT subsections.section_id FROM subsections)",
        [1, 2, 4],
    ),
    "related models": (
        lambda sections: sections.filter(status__in=QuerySet(PublicationStatus).filter(code="unpublished")),
        f"{SECTIONS} WHERE sections.status_id IN "
        "(SELECT publication_statuses.id FROM publication_statuses WHERE publication_statuses.code = ?)",
        [2],
    ),
    "a slice": (
        lambda sections: sections.filter(pk__in=sections.order_by("-name")[1:3]),
        f"{SECTIONS} WHERE sections.id IN (SELECT sections.id FROM sections "
        "ORDER BY sections.name DESC LIMIT ? OFFSET ?)",
        [1, 2],
    ),
}


EVERY = (VALUES, IN)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("make", "expected", "rows"),
    [pytest.param(*form, id=name) for forms in EVERY for name, form in forms.items()],
)
async def test_rows(
    session: AsyncSession, sql: RecordedSQL, make: Make, expected: Said, rows: list[Any]
) -> None:
    expected = expected if isinstance(expected, str) else expected[session.get_bind().dialect.name]
    queryset = make(QuerySet(Section, session))
    given = await queryset
    assert len(sql) == 1
    same_sql(sql.last, expected)
    assert found(given, expected) == rows
    assert await queryset.count() == len(rows)


COUNTS: dict[str, tuple[Make, Said, int]] = {
    "models": (
        lambda sections: sections.order_by("name"),
        "SELECT count(*) AS count_1 FROM sections",
        7,
    ),
    "over to-one": (
        lambda sections: sections.filter(status__code="published").order_by("status__name"),
        f"SELECT count(*) AS count_1 FROM sections {STATUS} WHERE publication_statuses_1.code = ?",
        6,
    ),
    "over to-many": (
        lambda sections: sections.filter(subsections__id__gt=0).order_by("subsections__name"),
        "SELECT count(*) AS count_1 FROM sections WHERE sections.id IN (SELECT "
        "subsections_1.section_id FROM subsections AS subsections_1 WHERE subsections_1.id > ?)",
        3,
    ),
    "loaded": (
        lambda sections: sections.options("subsections").outerjoin("subsections"),
        f"SELECT count(DISTINCT sections.id) AS count_1 FROM sections LEFT OUTER {SUBSECTIONS}",
        7,
    ),
    "of a slice": (
        lambda sections: sections.filter(subsections__id__gt=0).order_by("name")[1:3],
        {
            "sqlite": f"SELECT count(*) AS count_1 FROM (SELECT DISTINCT sections.id AS id FROM "
            f"sections {SUBSECTIONS} "
            "WHERE subsections_1.id > ? LIMIT ? OFFSET ?) AS anon_1",
            "postgresql": "SELECT count(*) AS count_1 FROM (SELECT sections.id AS id FROM sections WHERE "
            "sections.id IN (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
            "subsections_1.id > ?) LIMIT ? OFFSET ?) AS anon_1",
        },
        2,
    ),
    "of values": (
        lambda sections: sections.filter(subsections__id__gt=0).values_list("name"),
        "SELECT count(*) AS count_1 FROM sections WHERE sections.id IN "
        "(SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE subsections_1.id > ?)",
        3,
    ),
    "of values of many": (
        lambda sections: sections.values_list("subsections__name"),
        f"SELECT count(*) AS count_1 FROM sections LEFT OUTER {SUBSECTIONS}",
        9,
    ),
    "of distinct values": (
        lambda sections: sections.values_list("status_id").distinct(),
        "SELECT count(*) AS count_1 FROM (SELECT DISTINCT sections.status_id AS status_id FROM sections) "
        "AS anon_1",
        2,
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("make", "expected", "number"), COUNTS.values(), ids=COUNTS)
async def test_counts(
    session: AsyncSession, sql: RecordedSQL, make: Make, expected: Said, number: int
) -> None:
    expected = expected if isinstance(expected, str) else expected[session.get_bind().dialect.name]
    queryset = make(QuerySet(Section, session))
    assert await queryset.count() == number
    same_sql(sql.last, expected)
    assert len(await queryset) == number


EXISTS: dict[str, tuple[Make, str, bool]] = {
    "any": (
        lambda sections: sections.filter(subsections__id__gt=0).order_by("name"),
        f"SELECT 1 FROM sections {SUBSECTIONS} WHERE subsections_1.id > ?",
        True,
    ),
    "any of a slice": (
        lambda sections: sections.filter(subsections__id__gt=0).order_by("name")[3:5],
        f"SELECT 1 FROM (SELECT DISTINCT sections.id AS id FROM sections {SUBSECTIONS} "
        "WHERE subsections_1.id > ? LIMIT ? OFFSET ?) AS anon_1",
        False,
    ),
}


@pytest.mark.parametrize(("make", "expected", "found"), EXISTS.values(), ids=EXISTS)
async def test_exists(
    session: AsyncSession, backend: str, sql: RecordedSQL, make: Make, expected: str, found: bool
) -> None:
    limit = {"sqlite": "LIMIT ? OFFSET ?", "postgresql": "LIMIT ?"}[backend]
    assert await make(QuerySet(Section, session)).exists() is found
    same_sql(sql.last, f"{expected} {limit}")


async def test_keys_of_several_columns_are_counted(shelf: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Key, shelf).filter(uses__size__gt=0).count() == 2
    same = "keys.k0 = ranked_1.key_k0 AND keys.rank = ranked_1.key_rank"
    counted = {
        "sqlite": "SELECT count(*) AS count_1 FROM (SELECT DISTINCT keys.k0 AS k0, keys.rank AS "
        "rank FROM keys "
        f"JOIN ranked AS ranked_1 ON {same} WHERE ranked_1.size > ?) AS anon_1",
        "postgresql": "SELECT count(*) AS count_1 FROM keys WHERE EXISTS (SELECT 1 FROM ranked AS ranked_1 "
        f"WHERE {same} AND ranked_1.size > ?)",
    }
    same_sql(sql.last, counted[shelf.get_bind().dialect.name])
