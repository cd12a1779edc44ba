"""The contract's examples that read: the SQL it prints, and the rows, on both databases."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Row, update
from sqlalchemy.exc import MultipleResultsFound
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import MultipleObjectsReturned, QueryError, QuerySet
from examples.help_center.models import Section, Subsection
from tests.contract.examples import (
    CONTRACT_JSON,
    JOIN_STATUS,
    JOIN_SUBSECTIONS,
    SELECT_LOADED,
    SELECT_SECTIONS,
    SectionRepository,
    StatusRepository,
    as_json,
    by_id,
    ids,
    select_loaded_slice,
)
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

WITHOUT_SUBSECTIONS = {id_: row for id_, row in CONTRACT_JSON.items() if not row["subsections"]}
PUBLISHED_IDS = {id_ for id_, row in CONTRACT_JSON.items() if row["status_id"] == 2}


@pytest.fixture
async def second_subsection(session: AsyncSession, sql: RecordedSQL) -> Subsection:
    """Another subsection of section 1, in the database only: no test finds it in the session."""
    subsection = Subsection(name="Второй", section_id=1, status_id=2)
    session.add(subsection)
    await session.flush()
    session.expunge_all()
    sql.clear()
    return subsection


# Простая фильтрация


async def test_simple_filter(sections: SectionRepository, backend: str, sql: RecordedSQL) -> None:
    rows = await sections.objects.filter(name__icontains="управление")
    # Meant: the pattern is escaped. SQLite has no ILIKE, and folds the letters of ASCII itself.
    condition = {
        "sqlite": "CASE WHEN (length(CAST(sections.name AS BLOB)) = length(sections.name)) "
        "THEN sections.name LIKE lower(?) ESCAPE '/' ELSE lower(sections.name) LIKE lower(?) ESCAPE '/' END",
        "postgresql": "sections.name ILIKE ? ESCAPE '/'",
    }[backend]
    same_sql(sql.last, f"{SELECT_SECTIONS} WHERE {condition}")
    assert set(ids(rows)) == {1, 2}


async def test_filter_escapes_patterns(
    sections: SectionRepository, session: AsyncSession, sql: RecordedSQL
) -> None:
    session.add_all([Section(name=name, status_id=1) for name in ("100% и_1/2", "100 и 1", "1000 и21/2")])
    rows = await sections.objects.filter(name__icontains="0% И_1/")
    assert [row.name for row in rows] == ["100% и_1/2"]
    assert set(sql.statements[-1][1]) == {"%0/% И/_1//%"}


# Фильтрация по связной модели, Кастомный objects


async def test_filter_by_a_related_model(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.objects.filter(status__code="unpublished")
    same_sql(sql.last, f"{SELECT_SECTIONS} {JOIN_STATUS} WHERE publication_statuses_1.code = 'unpublished'")
    assert ids(rows) == [2]


async def test_custom_objects(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.published
    same_sql(sql.last, f"{SELECT_SECTIONS} {JOIN_STATUS} WHERE publication_statuses_1.code = 'published'")
    assert sorted(ids(rows)) == sorted(PUBLISHED_IDS)


# Простая сортировка, Сортировка по полю связной модели


async def test_simple_ordering(sections: SectionRepository, session: AsyncSession, sql: RecordedSQL) -> None:
    session.add(Section(name="Настройки", status_id=3))
    rows = await sections.objects.order_by("name", "-status_id")
    same_sql(sql.last, f"{SELECT_SECTIONS} ORDER BY sections.name ASC, sections.status_id DESC")
    assert [(row.name.split()[0], row.status_id) for row in rows] == [
        ("Действующие", 2),
        ("Заявки", 2),
        ("Личный", 2),
        ("Настройки", 3),
        ("Настройки", 2),
        ("Управление", 2),
        ("Управление", 1),
        ("Финансовые", 2),
    ]


async def test_ordering_by_a_related_model(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.objects.order_by("status__code")
    same_sql(sql.last, f"{SELECT_SECTIONS} {JOIN_STATUS} ORDER BY publication_statuses_1.code ASC")
    assert [row.status_id for row in rows] == [2] * 6 + [1]


# options


async def test_options_join_and_load(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.objects.options("subsections")
    same_sql(sql.last, f"{SELECT_LOADED} {JOIN_SUBSECTIONS}")
    assert [as_json(row) for row in rows] == [CONTRACT_JSON[1]]
    assert len(sql) == 1


@pytest.mark.usefixtures("second_subsection")
async def test_options_load_every_child_into_one_parent(sections: SectionRepository) -> None:
    [section] = await sections.objects.options("subsections")
    assert sorted(child.name for child in section.subsections) == ["Второй", "Полезные документы"]


async def test_options_with_outerjoin_keep_parents_without_children(
    sections: SectionRepository, sql: RecordedSQL
) -> None:
    rows = await sections.objects.outerjoin("subsections").options("subsections")
    same_sql(sql.last, f"{SELECT_LOADED} LEFT OUTER {JOIN_SUBSECTIONS}")
    assert by_id(rows) == CONTRACT_JSON


async def test_options_with_innerjoin(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.objects.innerjoin("subsections").options("subsections")
    same_sql(sql.last, f"{SELECT_LOADED} {JOIN_SUBSECTIONS}")
    assert by_id(rows) == {1: CONTRACT_JSON[1]}


# Получение Section, у которых отсутствуют связные Subsection


@pytest.mark.parametrize("order", list(permutations(["outerjoin", "filter", "options"])), ids="-".join)
async def test_sections_without_subsections(
    sections: SectionRepository, sql: RecordedSQL, order: tuple[str, ...]
) -> None:
    queryset = sections.objects
    for call in order:
        if call == "filter":
            queryset = queryset.filter(subsections__section_id=None)
        else:
            queryset = getattr(queryset, call)("subsections")
    rows = await queryset
    same_sql(
        sql.last, f"{SELECT_LOADED} LEFT OUTER {JOIN_SUBSECTIONS} WHERE subsections_1.section_id IS NULL"
    )
    assert by_id(rows) == WITHOUT_SUBSECTIONS


# Получение первой записи, Лимитированные запросы, Срезы


@pytest.mark.usefixtures("second_subsection")
async def test_first_with_options_loses_no_child(sections: SectionRepository, sql: RecordedSQL) -> None:
    section = await sections.objects.options("subsections").first()
    # Meant: ordered by primary key.
    same_sql(sql.last, select_loaded_slice("id ASC"))
    assert len(sql) == 1
    assert section is not None
    assert section.id == 1
    assert len(section.subsections) == 2


@pytest.mark.usefixtures("second_subsection")
async def test_slice_with_options_loses_no_child(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.objects.options("subsections")[:1]
    same_sql(sql.last, select_loaded_slice())
    assert list(sql.statements[-1][1]) == [1, 0]
    assert ids(rows) == [1]
    assert len(rows[0].subsections) == 2


async def test_ordered_slice_with_options_repeats_the_ordering_outside(
    sections: SectionRepository, session: AsyncSession, sql: RecordedSQL
) -> None:
    session.add(Subsection(name="О доступе", section_id=2, status_id=2))
    rows = await sections.objects.options("subsections").order_by("-name")[:2]
    same_sql(sql.last, select_loaded_slice("name DESC"))
    assert ids(rows) == [2, 1]


async def test_slice_of_a_filter(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.published.order_by("id")[2:20]
    same_sql(
        sql.last,
        f"{SELECT_SECTIONS} {JOIN_STATUS} WHERE publication_statuses_1.code = ?"
        " ORDER BY sections.id ASC LIMIT ? OFFSET ?",
    )
    assert list(sql.statements[-1][1]) == ["published", 18, 2]
    assert ids(rows) == [4, 5, 6, 7]


async def test_index_gives_the_object(sections: SectionRepository, sql: RecordedSQL) -> None:
    section = await sections.objects.filter(status__code="unpublished")[0]
    same_sql(
        sql.last,
        f"{SELECT_SECTIONS} {JOIN_STATUS} WHERE publication_statuses_1.code = ? LIMIT ? OFFSET ?",
    )
    assert isinstance(section, Section)
    assert section.id == 2


# values_list, distinct, execution_options


async def test_values_list_gives_tuples(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.objects.filter(id__lte=2).order_by("id").values_list("name", "status__code")
    same_sql(
        sql.last,
        f"SELECT sections.name, publication_statuses_1.code FROM sections {JOIN_STATUS}"
        " WHERE sections.id <= ? ORDER BY sections.id ASC",
    )
    assert [tuple(row) for row in rows] == [
        ("Управление аккаунтом", "published"),
        ("Управление доступом", "unpublished"),
    ]


async def test_values_list_flat(sections: SectionRepository, sql: RecordedSQL) -> None:
    names = await sections.objects.filter(id__in=[7, 4]).order_by("id").values_list("name", flat=True)
    assert sql.last.startswith("SELECT sections.name FROM sections WHERE ")
    assert names == ["Заявки и консультации", "Настройки"]


async def test_values_list_named(sections: SectionRepository) -> None:
    [row] = await sections.objects.filter(id=7).values_list("id", "name", "status__code", named=True)
    assert row._fields == ("id", "name", "status__code")
    assert (row.id, row.name, row.status__code) == (7, "Настройки", "published")


@pytest.mark.parametrize(
    ("fields", "flags"), [(("id", "name"), {"flat": True}), (("id",), {"flat": True, "named": True})]
)
async def test_values_list_refuses_what_cannot_be(
    sections: SectionRepository, sql: RecordedSQL, fields: tuple[str, ...], flags: dict[str, Any]
) -> None:
    with pytest.raises(QueryError):
        sections.objects.values_list(*fields, **flags)
    assert len(sql) == 0


async def test_distinct_models(sections: SectionRepository, sql: RecordedSQL) -> None:
    rows = await sections.objects.distinct()
    same_sql(sql.last, SELECT_SECTIONS.replace("SELECT", "SELECT DISTINCT"))
    assert set(ids(rows)) == set(CONTRACT_JSON)


async def test_distinct_values(sections: SectionRepository, sql: RecordedSQL) -> None:
    status_ids = await sections.objects.values_list("status_id", flat=True).distinct()
    same_sql(sql.last, "SELECT DISTINCT sections.status_id FROM sections")
    assert sorted(status_ids) == [1, 2]


async def test_execution_options_reach_the_execution(
    sections: SectionRepository, session: AsyncSession
) -> None:
    async def name_after_reading(queryset: QuerySet[Section]) -> str:
        [section] = await queryset.filter(id=7)
        return section.name

    # The session holds the section: only populate_existing reads its columns again.
    [kept] = await sections.objects.filter(id=7)
    connection = await session.connection()
    await connection.execute(update(Section).where(Section.id == 7).values(name="Новое имя"))
    assert await name_after_reading(sections.objects) == "Настройки"
    assert await name_after_reading(sections.objects.execution_options(populate_existing=True)) == "Новое имя"
    assert kept.name == "Новое имя"


async def test_execution_options_belong_to_their_clone(sections: SectionRepository) -> None:
    plain = sections.objects
    one = plain.execution_options(first=1)
    two = one.execution_options(second=2)
    assert [
        sorted(set(queryset.query.get_execution_options()) & {"first", "second"})
        for queryset in (plain, one, two)
    ] == [[], ["first"], ["first", "second"]]


# count, exists, get_one_or_none, in_bulk, all


async def test_count(sections: SectionRepository, sql: RecordedSQL) -> None:
    assert await sections.objects.count() == 7
    assert await sections.objects.filter(status__code="unpublished").count() == 1
    assert await sections.objects.filter(id=0).count() == 0
    assert len(sql) == 3
    assert all(text.startswith("SELECT count(") for text, _ in sql.statements)


@pytest.mark.usefixtures("second_subsection")
async def test_count_counts_objects_not_joined_rows(sections: SectionRepository) -> None:
    assert await sections.objects.options("subsections").count() == 1
    assert await sections.objects.outerjoin("subsections").options("subsections").count() == 7
    assert await sections.objects.filter(subsections__status_id=2).count() == 1
    assert await sections.objects.order_by("id")[2:5].count() == 3


async def test_exists(sections: SectionRepository, sql: RecordedSQL) -> None:
    assert await sections.objects.filter(status__code="unpublished").exists() is True
    assert await sections.objects.filter(status__code="archived").exists() is False
    assert len(sql) == 2
    assert all("publication_statuses_1.code = " in text for text, _ in sql.statements)


async def test_get_one_or_none(sections: SectionRepository, sql: RecordedSQL) -> None:
    found = await sections.objects.filter(status__code="unpublished").get_one_or_none()
    assert isinstance(found, Section)
    assert found.id == 2
    assert await sections.objects.filter(name="Нет такого").get_one_or_none() is None
    assert len(sql) == 2


async def test_get_one_or_none_refuses_to_choose(sections: SectionRepository) -> None:
    with pytest.raises(MultipleObjectsReturned) as caught:
        await sections.published.get_one_or_none()
    assert isinstance(caught.value, MultipleResultsFound)


async def test_get_one_or_none_counts_objects_not_joined_rows(
    sections: SectionRepository, second_subsection: Subsection
) -> None:
    section = await sections.objects.options("subsections").get_one_or_none()
    assert section is not None
    assert second_subsection.id in {child.id for child in section.subsections}


async def test_in_bulk(sections: SectionRepository, sql: RecordedSQL) -> None:
    found = await sections.objects.in_bulk([1, 3, 99])
    assert {key: section.name for key, section in found.items()} == {
        1: "Управление аккаунтом",
        3: "Действующие договоры с Х5",
    }
    assert len(sql) == 1
    assert sql.last.startswith(f"{SELECT_SECTIONS} WHERE sections.id ")


async def test_in_bulk_without_a_list_is_everything(sections: SectionRepository) -> None:
    found = await sections.published.in_bulk()
    assert {key: section.id for key, section in found.items()} == {id_: id_ for id_ in PUBLISHED_IDS}


async def test_in_bulk_of_nothing_asks_nothing(sections: SectionRepository, sql: RecordedSQL) -> None:
    assert await sections.objects.in_bulk([]) == {}
    assert len(sql) == 0


async def test_in_bulk_by_another_field(session: AsyncSession) -> None:
    statuses = StatusRepository(session)
    found = await statuses.objects.in_bulk(["published", "archived", "nope"], field_name="code")
    assert {code: status.id for code, status in found.items()} == {"published": 2, "archived": 3}


async def test_all_and_chains_copy(sections: SectionRepository, sql: RecordedSQL) -> None:
    everything = sections.objects
    assert everything.all() is not everything
    everything.filter(id=1).order_by("name").options("subsections").distinct()
    rows = await everything.all()
    same_sql(sql.last, SELECT_SECTIONS)
    assert set(ids(rows)) == set(CONTRACT_JSON)


async def test_values_list_rows_are_tuples(sections: SectionRepository) -> None:
    rows = await sections.objects.filter(id=1).values_list("id", "status_id")
    assert rows == [(1, 2)]
    assert isinstance(rows[0], tuple | Row)
