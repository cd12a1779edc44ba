"""The forms that statements for models take, word for word: plain, by key, ranked, paged, trimmed.

The same on both databases.
"""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from django_like_repos import QuerySet
from examples.help_center.models import PublicationStatus, Section
from tests.expressions.asking import Said
from tests.recording import RecordedSQL
from tests.rows.forms import (
    BY_KEY,
    LOADED,
    LOADED_SECTIONS,
    SECTIONS,
    STATUS,
    SUBSECTIONS,
    Forms,
    Make,
    found,
)
from tests.rows.mappings import Crate
from tests.sqltext import same_sql

pytestmark = pytest.mark.usefixtures("more_subsections")

PLAIN: Forms = {
    "own column": (
        lambda sections: sections.filter(name="Настройки"),
        f"{SECTIONS} WHERE sections.name = ?",
        [7],
    ),
    "to-one": (
        lambda sections: sections.filter(status__code="unpublished").order_by("status__code", "-name"),
        f"{SECTIONS} {STATUS} WHERE publication_statuses_1.code = ? "
        "ORDER BY publication_statuses_1.code ASC, sections.name DESC",
        [2],
    ),
    "limit": (
        lambda sections: sections.order_by("-id")[1:3],
        f"{SECTIONS} ORDER BY sections.id DESC LIMIT ? OFFSET ?",
        [6, 5],
    ),
    "limit over to-one": (
        lambda sections: sections.filter(status__code="published").order_by("status__name", "id")[:2],
        f"{SECTIONS} {STATUS} WHERE publication_statuses_1.code = ? "
        "ORDER BY publication_statuses_1.name ASC, sections.id ASC LIMIT ? OFFSET ?",
        [1, 3],
    ),
    "limit over loaded to-one": (
        lambda sections: sections.options("status").order_by("id")[:2],
        "SELECT publication_statuses_1.id, publication_statuses_1.code, publication_statuses_1.name, "
        f"sections.id AS id_1, sections.name AS name_1, sections.status_id FROM sections {STATUS} "
        "ORDER BY sections.id ASC LIMIT ? OFFSET ?",
        [1, 2],
    ),
    "loaded to-many": (
        lambda sections: sections.options("subsections").order_by("-subsections__name"),
        f"{LOADED_SECTIONS} {SUBSECTIONS} ORDER BY subsections_1.name DESC",
        [2, 1, 4],
    ),
    "negated to-many": (
        lambda sections: sections.exclude(subsections__status_id=3),
        f"{SECTIONS} WHERE NOT (EXISTS (SELECT 1 FROM subsections AS subsections_1 "
        "WHERE sections.id = subsections_1.section_id AND subsections_1.status_id = ?))",
        [1, 3, 5, 6, 7],
    ),
    "negated to-many, limited": (
        lambda sections: sections.exclude(subsections__status_id=3).order_by("id")[1:3],
        f"{SECTIONS} WHERE NOT (EXISTS (SELECT 1 FROM subsections AS subsections_1 "
        "WHERE sections.id = subsections_1.section_id AND subsections_1.status_id = ?)) "
        "ORDER BY sections.id ASC LIMIT ? OFFSET ?",
        [3, 5],
    ),
}

BY_KEYS: Forms = {
    "filtered": (
        lambda sections: sections.filter(subsections__status_id=3),
        "SELECT sections.id, sections.name, sections.status_id FROM sections WHERE sections.id IN"
        " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
        "subsections_1.status_id = ?)",
        [2, 4],
    ),
    "ordered by own columns": (
        lambda sections: sections.filter(subsections__status_id=3).order_by("-name"),
        "SELECT sections.id, sections.name, sections.status_id FROM sections WHERE sections.id IN"
        " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
        "subsections_1.status_id = ?) ORDER BY sections.name DESC",
        [2, 4],
    ),
    "limited": (
        lambda sections: sections.filter(subsections__id__gt=0).order_by("-name", "id")[:2],
        {
            "sqlite": f"{SECTIONS} JOIN (SELECT DISTINCT sections.id AS id, sections.name AS k0 "
            f"FROM sections {SUBSECTIONS} "
            "WHERE subsections_1.id > ? ORDER BY sections.name DESC, sections.id ASC LIMIT ? OFFSET ?) "
            f"{BY_KEY} ORDER BY sections.name DESC, sections.id ASC",
            "postgresql": "SELECT sections.id, sections.name, sections.status_id FROM sections "
            "WHERE sections.id IN"
            " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
            "subsections_1.id > ?) ORDER BY sections.name DESC, sections.id ASC LIMIT ? OFFSET ?",
        },
        [2, 1],
    ),
    "ordered by to-one": (
        lambda sections: sections.filter(subsections__id__gt=0).order_by("-status__code", "id")[:2],
        {
            "sqlite": "SELECT sections.id, sections.name, sections.status_id FROM sections JOIN "
            "(SELECT DISTINCT "
            f"sections.id AS id, publication_statuses_1.code AS k0 FROM sections {SUBSECTIONS} {STATUS} "
            "WHERE subsections_1.id > ? ORDER BY publication_statuses_1.code DESC, sections.id ASC "
            f"LIMIT ? OFFSET ?) {BY_KEY} ORDER BY keys.k0 DESC, sections.id ASC",
            "postgresql": f"SELECT sections.id, sections.name, sections.status_id FROM sections "
            f"{STATUS} WHERE "
            "sections.id IN (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
            "subsections_1.id > ?) ORDER BY publication_statuses_1.code DESC, sections.id ASC "
            "LIMIT ? OFFSET ?",
        },
        [2, 1],
    ),
    "one call, one row": (
        lambda sections: sections.filter(subsections__status_id=3, subsections__name="Права"),
        "SELECT sections.id, sections.name, sections.status_id FROM sections WHERE sections.id IN"
        " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
        "subsections_1.name = ? AND subsections_1.status_id = ?)",
        [2],
    ),
    "two calls, two rows": (
        lambda sections: sections.filter(subsections__status_id=3).filter(subsections__name="Роли"),
        {
            "sqlite": f"{SECTIONS} JOIN (SELECT DISTINCT sections.id AS id FROM sections {SUBSECTIONS} "
            "JOIN subsections AS subsections_2 ON sections.id = subsections_2.section_id "
            f"WHERE subsections_1.status_id = ? AND subsections_2.name = ?) {BY_KEY}",
            "postgresql": "SELECT sections.id, sections.name, sections.status_id FROM sections "
            "WHERE sections.id IN"
            " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
            "subsections_1.status_id = ?) AND sections.id IN (SELECT subsections_2.section_id FROM "
            "subsections AS subsections_2 WHERE subsections_2.name = ?)",
        },
        [2],
    ),
    "declared and read by nobody": (
        lambda sections: sections.innerjoin("subsections"),
        f"{SECTIONS} JOIN (SELECT DISTINCT sections.id AS id FROM sections {SUBSECTIONS}) {BY_KEY}",
        [1, 2, 4],
    ),
    "distinct already": (
        lambda sections: sections.filter(subsections__status_id=3).distinct(),
        "SELECT sections.id, sections.name, sections.status_id FROM sections WHERE sections.id IN"
        " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
        "subsections_1.status_id = ?)",
        [2, 4],
    ),
    "without any": (
        lambda sections: sections.outerjoin("subsections").filter(subsections__section_id=None),
        f"{SECTIONS} JOIN (SELECT DISTINCT sections.id AS id FROM sections LEFT OUTER {SUBSECTIONS} "
        f"WHERE subsections_1.section_id IS NULL) {BY_KEY}",
        [3, 5, 6, 7],
    ),
    "ranked": (
        lambda sections: sections.order_by("subsections__status_id", "-id").filter(id__lte=2),
        f"{SECTIONS} JOIN (SELECT ranked.id AS id, ranked.k0 AS k0 FROM (SELECT sections.id AS id, "
        "subsections_1.status_id AS k0, row_number() OVER (PARTITION BY sections.id "
        "ORDER BY subsections_1.status_id ASC, sections.id DESC) AS rank "
        f"FROM sections LEFT OUTER {SUBSECTIONS} WHERE sections.id <= ?) AS ranked WHERE ranked.rank = ?) "
        f"{BY_KEY} ORDER BY keys.k0 ASC, sections.id DESC",
        [1, 2],
    ),
    "ranked among those that a filter found": (
        lambda sections: sections.filter(subsections__status_id__gt=1).order_by("-subsections__name"),
        f"{SECTIONS} JOIN (SELECT ranked.id AS id, ranked.k0 AS k0 FROM (SELECT sections.id AS id, "
        "subsections_1.name AS k0, row_number() OVER (PARTITION BY sections.id "
        f"ORDER BY subsections_1.name DESC) AS rank FROM sections {SUBSECTIONS} "
        "WHERE subsections_1.status_id > ?) AS ranked WHERE ranked.rank = ?) "
        f"{BY_KEY} ORDER BY keys.k0 DESC",
        [2, 1, 4],
    ),
    "ranked and limited": (
        lambda sections: sections.filter(subsections__id__gt=0).order_by("-subsections__name", "name")[1:3],
        f"{SECTIONS} JOIN (SELECT ranked.id AS id, ranked.k0 AS k0, ranked.k1 AS k1 FROM (SELECT "
        "sections.id AS id, subsections_1.name AS k0, sections.name AS k1, row_number() OVER (PARTITION BY "
        f"sections.id ORDER BY subsections_1.name DESC, sections.name ASC) AS rank "
        f"FROM sections {SUBSECTIONS} "
        "WHERE subsections_1.id > ?) AS ranked WHERE ranked.rank = ? ORDER BY ranked.k0 DESC, ranked.k1 ASC "
        f"LIMIT ? OFFSET ?) {BY_KEY} ORDER BY keys.k0 DESC, sections.name ASC",
        [1, 4],
    ),
}


def page(inner: str, outer: str = "", ordering: str = "") -> str:
    """The contract's form: the page as `anon_1`, its joins and conditions, then the joins again."""
    inside, outside = [
        f" ORDER BY {table}.{ordering}" if ordering else "" for table in ("sections", "anon_1")
    ]
    return (
        f"SELECT {LOADED}, anon_1.id AS id_1, anon_1.name AS name_1, anon_1.status_id AS status_id_1 "
        "FROM (SELECT DISTINCT sections.id AS id, sections.name AS name, sections.status_id AS status_id "
        f"FROM sections {inner}{inside} LIMIT ? OFFSET ?) AS anon_1 "
        f"{outer or JOIN_TO_PAGE}{outside}"
    )


JOIN_TO_PAGE = "JOIN subsections AS subsections_1 ON anon_1.id = subsections_1.section_id"
JOIN_IN_PAGE = "JOIN subsections AS subsections_2 ON sections.id = subsections_2.section_id"

PAGES: Forms = {
    "ordered": (
        lambda sections: sections.options("subsections").order_by("-name")[:2],
        page(JOIN_IN_PAGE, ordering="name DESC"),
        [2, 1],
    ),
    "condition on the model": (
        lambda sections: sections.options("subsections").filter(status_id=2).order_by("id")[:1],
        page(f"{JOIN_IN_PAGE} WHERE sections.status_id = ?", ordering="id ASC"),
        [1],
    ),
    "condition on to-one": (
        lambda sections: sections.options("subsections").filter(status__code="published").order_by("id")[:1],
        page(f"{JOIN_IN_PAGE} {STATUS} WHERE publication_statuses_1.code = ?", ordering="id ASC"),
        [1],
    ),
    "condition on what is loaded": (
        lambda sections: sections.options("subsections").filter(subsections__status_id=3).order_by("id")[:5],
        page(
            f"{JOIN_IN_PAGE} WHERE subsections_2.status_id = ?",
            f"{JOIN_TO_PAGE} WHERE subsections_1.status_id = ?",
            "id ASC",
        ),
        [2, 4],
    ),
    "condition beyond what is loaded": (
        lambda sections: (
            sections.options("subsections").filter(subsections__status__code="archived").order_by("id")[:5]
        ),
        page(
            f"{JOIN_IN_PAGE} JOIN publication_statuses AS publication_statuses_1 "
            "ON publication_statuses_1.id = subsections_2.status_id WHERE publication_statuses_1.code = ?",
            f"{JOIN_TO_PAGE} JOIN publication_statuses AS publication_statuses_2 "
            "ON publication_statuses_2.id = subsections_1.status_id WHERE publication_statuses_2.code = ?",
            "id ASC",
        ),
        [2, 4],
    ),
    "outer": (
        lambda sections: sections.options("subsections").outerjoin("subsections").order_by("id")[4:7],
        page(f"LEFT OUTER {JOIN_IN_PAGE}", f"LEFT OUTER {JOIN_TO_PAGE}", "id ASC"),
        [5, 6, 7],
    ),
    "without any": (
        lambda sections: (
            sections.outerjoin("subsections")
            .filter(subsections__section_id=None)
            .options("subsections")
            .order_by("id")[1:3]
        ),
        page(
            f"LEFT OUTER {JOIN_IN_PAGE} WHERE subsections_2.section_id IS NULL",
            f"LEFT OUTER {JOIN_TO_PAGE} WHERE subsections_1.section_id IS NULL",
            "id ASC",
        ),
        [5, 6],
    ),
}

KEY_PAGES: Forms = {
    "ordered by to-one": (
        lambda sections: sections.options("subsections").order_by("-status__code", "id")[:2],
        f"{LOADED_SECTIONS} JOIN (SELECT DISTINCT sections.id AS id, publication_statuses_1.code AS k0 "
        "FROM sections JOIN subsections AS subsections_2 ON sections.id = subsections_2.section_id "
        f"{STATUS} ORDER BY publication_statuses_1.code DESC, sections.id ASC LIMIT ? OFFSET ?) {BY_KEY} "
        f"{SUBSECTIONS} ORDER BY keys.k0 DESC, sections.id ASC",
        [2, 1],
    ),
    "ordered by what is loaded": (
        lambda sections: sections.options("subsections").order_by("-subsections__name", "id")[:2],
        f"{LOADED_SECTIONS} JOIN (SELECT ranked.id AS id, ranked.k0 AS k0 FROM (SELECT sections.id AS id, "
        "subsections_2.name AS k0, row_number() OVER (PARTITION BY sections.id "
        "ORDER BY subsections_2.name DESC, sections.id ASC) AS rank FROM sections "
        "JOIN subsections AS subsections_2 ON sections.id = subsections_2.section_id) AS ranked "
        f"WHERE ranked.rank = ? ORDER BY ranked.k0 DESC, ranked.id ASC LIMIT ? OFFSET ?) {BY_KEY} "
        f"{SUBSECTIONS} ORDER BY subsections_1.name DESC, sections.id ASC",
        [2, 1],
    ),
    "a loader option of SQLAlchemy": (
        lambda sections: sections.options("subsections", load_only(Section.name)).order_by("id")[:1],
        f"SELECT {LOADED}, sections.id AS id_1, sections.name AS name_1 FROM sections "
        "JOIN (SELECT DISTINCT sections.id AS id FROM sections "
        "JOIN subsections AS subsections_2 ON sections.id = subsections_2.section_id "
        f"ORDER BY sections.id ASC LIMIT ? OFFSET ?) {BY_KEY} {SUBSECTIONS} ORDER BY sections.id ASC",
        [1],
    ),
    "an SQLAlchemy expression": (
        lambda sections: (
            sections.options("subsections")
            .filter(Section.status_id == 2, subsections__id__gt=0)
            .order_by("id")[:1]
        ),
        f"{LOADED_SECTIONS} JOIN (SELECT DISTINCT sections.id AS id FROM sections "
        "JOIN subsections AS subsections_2 ON sections.id = subsections_2.section_id "
        "WHERE sections.status_id = ? AND subsections_2.id > ? ORDER BY sections.id ASC LIMIT ? OFFSET ?) "
        f"{BY_KEY} {SUBSECTIONS} WHERE subsections_1.id > ? ORDER BY sections.id ASC",
        [1],
    ),
}

TRIMMED: Forms = {
    "key": (
        lambda sections: sections.filter(status__id=1).order_by("-status__id"),
        f"{SECTIONS} WHERE sections.status_id = ? ORDER BY sections.status_id DESC",
        [2],
    ),
    "pk": (
        lambda sections: sections.filter(status__pk=1).values_list("status__pk", flat=True),
        "SELECT sections.status_id FROM sections WHERE sections.status_id = ?",
        [1],
    ),
    "instance": (
        lambda sections: sections.filter(status=PublicationStatus(id=1)),
        f"{SECTIONS} WHERE sections.status_id = ?",
        [2],
    ),
    "instances": (
        lambda sections: sections.exclude(status=PublicationStatus(id=2)).order_by("status"),
        f"{SECTIONS} WHERE sections.status_id != ? ORDER BY sections.status_id ASC",
        [2],
    ),
    "absent": (
        lambda sections: sections.filter(status=None),
        f"{SECTIONS} WHERE sections.status_id IS NULL",
        [],
    ),
    "beyond to-many": (
        lambda sections: sections.filter(subsections__status__id=3),
        "SELECT sections.id, sections.name, sections.status_id FROM sections WHERE sections.id IN"
        " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
        "subsections_1.status_id = ?)",
        [2, 4],
    ),
    "beyond to-many and to-one": (
        lambda sections: sections.filter(subsections__section__status=1),
        "SELECT sections.id, sections.name, sections.status_id FROM sections WHERE sections.id IN"
        " (SELECT subsections_1.section_id FROM subsections AS subsections_1 JOIN sections AS "
        "sections_1 ON sections_1.id = subsections_1.section_id WHERE sections_1.status_id = ?)",
        [2],
    ),
    "not where the join was declared": (
        lambda sections: sections.filter(status__id=1).innerjoin("status").order_by("status__id"),
        f"{SECTIONS} {STATUS} WHERE publication_statuses_1.id = ? ORDER BY publication_statuses_1.id ASC",
        [2],
    ),
    "not where it is loaded": (
        lambda sections: sections.filter(status__id=1).options("status"),
        "SELECT publication_statuses_1.id, publication_statuses_1.code, publication_statuses_1.name, "
        f"sections.id AS id_1, sections.name AS name_1, sections.status_id FROM sections {STATUS} "
        "WHERE publication_statuses_1.id = ?",
        [2],
    ),
    "not the key of many": (
        lambda sections: sections.filter(subsections__id=105),
        "SELECT sections.id, sections.name, sections.status_id FROM sections WHERE sections.id IN"
        " (SELECT subsections_1.section_id FROM subsections AS subsections_1 WHERE "
        "subsections_1.id = ?)",
        [4],
    ),
}


EVERY = (PLAIN, BY_KEYS, PAGES, KEY_PAGES, TRIMMED)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("make", "expected", "keys"),
    [pytest.param(*form, id=name) for forms in EVERY for name, form in forms.items()],
)
async def test_models(
    session: AsyncSession, sql: RecordedSQL, make: Make, expected: Said, keys: list[Any]
) -> None:
    expected = expected if isinstance(expected, str) else expected[session.get_bind().dialect.name]
    queryset = make(QuerySet(Section, session))
    rows = await queryset
    assert len(sql) == 1
    same_sql(sql.last, expected)
    assert found(rows, expected) == keys
    assert await queryset.count() == len(keys)


async def test_negation_trims_beyond_to_many(session: AsyncSession, sql: RecordedSQL) -> None:
    assert len(await QuerySet(Section, session).exclude(subsections__status=3)) == 5
    same_sql(
        sql.last,
        f"{SECTIONS} WHERE NOT (EXISTS (SELECT 1 FROM subsections AS subsections_1 "
        "WHERE sections.id = subsections_1.section_id AND subsections_1.status_id = ?))",
    )


# Columns that cannot be compared

CRATES = ", ".join(
    f"{table}.{column}" + (f" AS {column}_1" if table == "crates" else "")
    for table in ("crates_1", "crates")
    for column in ("id", "label", "weight", "content", "rack", "outer_id")
)


async def test_a_page_of_models_with_json_is_chosen_by_key(shelf: AsyncSession, sql: RecordedSQL) -> None:
    crates = await QuerySet(Crate, shelf).options("inner").order_by("code")[:5]
    assert {crate.code: {inner.code for inner in crate.inner} for crate in crates} == {1: {2, 3}, 2: {4}}
    same_sql(
        sql.last,
        f"SELECT {CRATES} FROM crates JOIN (SELECT DISTINCT crates.id AS code FROM crates "
        "JOIN crates AS crates_2 ON crates.id = crates_2.outer_id "
        "ORDER BY crates.id ASC LIMIT ? OFFSET ?) AS keys ON keys.code = crates.id "
        "JOIN crates AS crates_1 ON crates.id = crates_1.outer_id ORDER BY crates.id ASC",
    )


async def test_distinct_leaves_models_with_json_alone(shelf: AsyncSession, sql: RecordedSQL) -> None:
    crates = await QuerySet(Crate, shelf).distinct().order_by("code")
    assert [crate.code for crate in crates] == [1, 2, 3, 4]
    assert "DISTINCT" not in sql.last
