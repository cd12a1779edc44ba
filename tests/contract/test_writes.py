"""The contract's examples that write through a queryset: UPDATE, DELETE, get_or_create, and who commits."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Result, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, MultipleObjectsReturned, QuerySet, UnknownFieldError
from examples.help_center.models import Base, PublicationStatus, Section
from tests.contract.examples import SectionRepository, StatusRepository, returning
from tests.data import help_center_rows
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

ARCHIVED = 3

# What a section's foreign key decides is repeated on the target as its other columns are: with the subquery
# alone, two transactions that wait for each other both change the section.
STATUS_EXISTS = (
    "EXISTS (SELECT 1 FROM publication_statuses AS publication_statuses_1"
    " WHERE publication_statuses_1.id = sections.status_id AND publication_statuses_1.code = ?)"
)
SELECT_KEYS_BY_STATUS = (
    "SELECT DISTINCT sections.id FROM sections JOIN publication_statuses AS publication_statuses_2"
    " ON publication_statuses_2.id = sections.status_id"
)


@pytest.fixture
async def archived(session: AsyncSession, sql: RecordedSQL) -> list[int]:
    """The keys of two archived sections, in the database only."""
    rows = [Section(name=name, status_id=ARCHIVED) for name in ("раздел15", "раздел16")]
    session.add_all(rows)
    await session.flush()
    session.expunge_all()
    sql.clear()
    return [row.id for row in rows]


def limited(condition: str) -> str:
    """A condition on the sections' own columns, as UPDATE and DELETE say it: meant to be there twice."""
    keys = f"SELECT DISTINCT sections.id FROM sections WHERE {condition}"
    return f"WHERE {condition} AND sections.id IN ({keys})"


def repeated(backend: str, value: object) -> list[object]:
    """The parameters of a condition said twice: one for both on PostgreSQL, where they are numbered."""
    return [value] * {"postgresql": 1, "sqlite": 2}[backend]


async def names(session: AsyncSession, *keys: int) -> dict[str, int]:
    """What the database holds now, past the session's objects."""
    rows = await session.execute(select(Section.name, Section.status_id).where(Section.id.in_(keys)))
    return {row.name: row.status_id for row in rows}


# Обновление данных


async def test_update(
    sections: SectionRepository, session: AsyncSession, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    result = await sections.objects.filter(status_id=3).update(status_id=1)
    same_sql(
        sql.last,
        f"UPDATE sections SET status_id=? {limited('sections.status_id = ?')} {returning(backend, 'id')}",
    )
    assert list(sql.statements[-1][1]) == [1, *repeated(backend, 3)]
    assert len(sql) == 1
    assert isinstance(result, Result)
    assert sorted(result.scalars().all()) == archived
    assert await names(session, *archived) == {"раздел15": 1, "раздел16": 1}


async def test_update_takes_a_dict_too(
    sections: SectionRepository, session: AsyncSession, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    await sections.objects.filter(name="раздел15").update({"status_id": 1, "name": "раздел17"})
    same_sql(
        sql.last,
        f"UPDATE sections SET name=?, status_id=? {limited('sections.name = ?')} {returning(backend, 'id')}",
    )
    assert await names(session, *archived) == {"раздел17": 1, "раздел16": 3}


async def test_update_returning_the_model(
    sections: SectionRepository, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    queryset = sections.objects.filter(name="раздел15").returning(return_model=True)
    result = await queryset.update(status_id=1)
    same_sql(
        sql.last,
        "UPDATE sections SET status_id=? "
        f"{limited('sections.name = ?')} {returning(backend, 'id', 'name', 'status_id')}",
    )
    [section] = result.scalars().all()
    assert isinstance(section, Section)
    assert (section.id, section.name, section.status_id) == (archived[0], "раздел15", 1)


async def test_update_returning_fields(
    sections: SectionRepository, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    result = await sections.objects.filter(status_id=3).returning("id", "name").update(status_id=1)
    same_sql(
        sql.last,
        "UPDATE sections SET status_id=? "
        f"{limited('sections.status_id = ?')} {returning(backend, 'id', 'name')}",
    )
    assert sorted(map(tuple, result.all())) == [(archived[0], "раздел15"), (archived[1], "раздел16")]


async def test_update_by_a_related_model(
    sections: SectionRepository, session: AsyncSession, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    await sections.objects.filter(name="раздел15", status__code="archived").update(name="раздел17")
    same_sql(
        sql.last,
        f"UPDATE sections SET name=? WHERE sections.name = ? AND ({STATUS_EXISTS}) AND sections.id IN ("
        f"{SELECT_KEYS_BY_STATUS} WHERE sections.name = ? AND publication_statuses_2.code = ?) "
        + returning(backend, "id"),
    )
    assert await names(session, *archived) == {"раздел17": 3, "раздел16": 3}


async def test_update_reaches_loaded_objects(sections: SectionRepository, archived: list[int]) -> None:
    loaded = await sections.get_by_pk(archived[0])
    assert loaded is not None
    await sections.objects.filter(status_id=3).update(status_id=1)
    assert loaded.status_id == 1


async def test_update_refuses_unknown_fields(sections: SectionRepository, sql: RecordedSQL) -> None:
    with pytest.raises(UnknownFieldError):
        await sections.objects.update(state_id=1)
    with pytest.raises(UnknownFieldError):
        sections.objects.returning("state_id")
    assert len(sql) == 0


# Удаление данных


async def test_delete(
    sections: SectionRepository, session: AsyncSession, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    result = await sections.objects.filter(name="раздел16").delete()
    same_sql(sql.last, f"DELETE FROM sections {limited('sections.name = ?')} {returning(backend, 'id')}")
    assert list(sql.statements[-1][1]) == repeated(backend, "раздел16")
    assert len(sql) == 1
    assert isinstance(result, Result)
    assert result.scalars().all() == archived[1:]
    assert await names(session, *archived) == {"раздел15": 3}


async def test_delete_by_a_related_model(
    sections: SectionRepository, session: AsyncSession, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    await sections.objects.filter(status__code="archived").delete()
    same_sql(
        sql.last,
        f"DELETE FROM sections WHERE ({STATUS_EXISTS}) AND sections.id IN ("
        f"{SELECT_KEYS_BY_STATUS} WHERE publication_statuses_2.code = ?) " + returning(backend, "id"),
    )
    assert await names(session, *archived) == {}


async def test_delete_returning_fields(
    sections: SectionRepository, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    result = await sections.objects.filter(status_id=3).returning("id", "name").delete()
    same_sql(
        sql.last,
        f"DELETE FROM sections {limited('sections.status_id = ?')} {returning(backend, 'id', 'name')}",
    )
    assert sorted(map(tuple, result.all())) == [(archived[0], "раздел15"), (archived[1], "раздел16")]


async def test_delete_returning_the_model(
    sections: SectionRepository, backend: str, sql: RecordedSQL, archived: list[int]
) -> None:
    result = await sections.objects.filter(name="раздел16").returning(return_model=True).delete()
    same_sql(
        sql.last,
        f"DELETE FROM sections {limited('sections.name = ?')} "
        + returning(backend, "id", "name", "status_id"),
    )
    assert [(row.id, row.name) for row in result.scalars().all()] == [(archived[1], "раздел16")]


async def test_delete_of_sections_without_subsections(
    sections: SectionRepository, session: AsyncSession
) -> None:
    await sections.objects.filter(subsections__id=None).delete()
    assert await session.scalar(select(func.count()).select_from(Section)) == 1


# The result


async def test_the_result_outlives_the_commit(sections: SectionRepository, archived: list[int]) -> None:
    queryset = sections.objects.filter(status_id=3).commit()
    updated = await queryset.returning(return_model=True).update(status_id=1)
    assert sorted((row.id, row.name, row.status_id) for row in updated.scalars()) == [
        (archived[0], "раздел15", 1),
        (archived[1], "раздел16", 1),
    ]
    deleted = await sections.objects.filter(id__in=archived).commit().returning("name").delete()
    assert sorted(deleted.scalars()) == ["раздел15", "раздел16"]


@pytest.mark.parametrize(
    "returned",
    [lambda rows: rows, lambda rows: rows.returning("name"), lambda rows: rows.returning(return_model=True)],
    ids=["key", "field", "model"],
)
@pytest.mark.parametrize("write", ["update", "delete"])
@pytest.mark.usefixtures("archived")
async def test_rowcount(
    sections: SectionRepository, write: str, returned: Callable[[QuerySet[Section]], QuerySet[Section]]
) -> None:
    async def run(queryset: QuerySet[Section]) -> Any:
        queryset = returned(queryset)
        return await (queryset.update(status_id=1) if write == "update" else queryset.delete())

    assert (await run(sections.objects.filter(name="Нет такого"))).rowcount == 0
    result = await run(sections.objects.filter(status_id=3))
    assert result.rowcount == 2
    assert len(result.all()) == 2
    assert result.rowcount == 2


# get_or_create, update_or_create


async def test_get_or_create_gets(session: AsyncSession, sql: RecordedSQL) -> None:
    statuses = StatusRepository(session).objects
    status, created = await statuses.get_or_create(defaults={"name": "Другое имя"}, code="published")
    assert (status.id, status.name, created) == (2, "Опубликовано", False)
    assert [text.split()[0] for text, _ in sql.statements] == ["SELECT"]
    assert "WHERE publication_statuses.code = " in sql.last


async def test_get_or_create_creates(session: AsyncSession, sql: RecordedSQL) -> None:
    statuses = StatusRepository(session).objects.flush()
    status, created = await statuses.get_or_create(defaults={"name": "Черновик"}, code="draft")
    assert created is True
    assert sql.last.startswith("INSERT INTO publication_statuses ")
    assert (status.code, status.name) == ("draft", "Черновик")
    assert await statuses.get_or_create(defaults={"name": "Другое"}, code="draft") == (status, False)
    assert status.name == "Черновик"


async def test_get_or_create_without_defaults(sections: SectionRepository) -> None:
    section, created = await sections.objects.flush().get_or_create(name="раздел15", status_id=1)
    assert (section.name, section.status_id, created) == ("раздел15", 1, True)
    assert await sections.objects.filter(name="раздел15").get() is section


async def test_get_or_create_by_a_related_object(sections: SectionRepository, session: AsyncSession) -> None:
    [published] = await StatusRepository(session).objects.filter(code="published")
    section, created = await sections.objects.flush().get_or_create(name="раздел15", status=published)
    assert (section.status_id, created) == (2, True)
    again = await sections.objects.get_or_create(name="раздел15", status=published)
    assert again == (section, False)


async def test_get_or_create_creates_without_the_lookups(session: AsyncSession) -> None:
    statuses = StatusRepository(session).objects.flush()
    defaults = {"code": "draft", "name": "Черновик"}
    status, created = await statuses.get_or_create(defaults, code__iexact="DRAFT")
    assert (status.code, created) == ("draft", True)
    assert await statuses.get_or_create(defaults, code__iexact="DRAFT") == (status, False)


async def test_get_or_create_refuses_to_choose(sections: SectionRepository) -> None:
    with pytest.raises(MultipleObjectsReturned):
        await sections.objects.get_or_create(status_id=2)


async def test_update_or_create_updates(session: AsyncSession, sql: RecordedSQL) -> None:
    statuses = StatusRepository(session).objects.flush()
    status, created = await statuses.update_or_create(
        defaults={"name": "Готово"}, create_defaults={"name": "Не это"}, code="published"
    )
    assert (status.id, status.name, created) == (2, "Готово", False)
    assert sql.last.startswith("UPDATE publication_statuses SET name=")
    name = select(PublicationStatus.name).where(PublicationStatus.code == "published")
    assert await session.scalar(name) == "Готово"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"defaults": {"name": "Черновик"}}, "Черновик"),
        ({"defaults": {"name": "Не это"}, "create_defaults": {"name": "Черновик"}}, "Черновик"),
    ],
    ids=["defaults", "create_defaults"],
)
async def test_update_or_create_creates(
    session: AsyncSession, sql: RecordedSQL, given: dict[str, dict[str, Any]], name: str
) -> None:
    statuses = StatusRepository(session).objects.flush()
    status, created = await statuses.update_or_create(**given, code="draft")
    assert (status.code, status.name, created) == ("draft", name, True)
    assert sql.last.startswith("INSERT INTO publication_statuses ")


# flush() and commit()

Write = Callable[[QuerySet[PublicationStatus]], Awaitable[Any]]
WRITES: dict[str, Write] = {
    "update": lambda statuses: statuses.filter(code="archived").update(name="Архив"),
    "delete": lambda statuses: statuses.filter(code="archived").delete(),
    "get_or_create": lambda statuses: statuses.get_or_create(defaults={"name": "Архив"}, code="draft"),
    "update_or_create": lambda statuses: statuses.update_or_create({"name": "Архив"}, code="archived"),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@every_write
async def test_without_flags_nothing_is_committed(
    session: AsyncSession, writes: list[str], write: Write
) -> None:
    await write(StatusRepository(session).objects)
    assert "commit" not in writes


@every_write
async def test_commit_commits_each_time(session: AsyncSession, writes: list[str], write: Write) -> None:
    committing = StatusRepository(session).objects.commit()
    for times in (1, 2):
        await write(committing)
        assert writes.count("commit") == times


@every_write
@pytest.mark.parametrize("flags", [("commit", "flush"), ("flush", "commit")], ids="-".join)
async def test_commit_includes_flush(
    session: AsyncSession, writes: list[str], write: Write, flags: tuple[str, str]
) -> None:
    statuses = StatusRepository(session).objects
    for flag in flags:
        statuses = getattr(statuses, flag)()
    await write(statuses)
    assert writes[-1] == "commit"


async def test_flush_flushes_what_a_write_left(session: AsyncSession, writes: list[str]) -> None:
    await (
        StatusRepository(session)
        .objects.flush()
        .update_or_create(defaults={"name": "Архив"}, code="archived")
    )
    assert writes == ["flush"]
    assert not session.dirty


async def test_flags_belong_to_their_clone(session: AsyncSession, writes: list[str]) -> None:
    plain = StatusRepository(session).objects
    committing = plain.commit()
    await WRITES["update"](plain)
    await WRITES["update"](committing.commit(False))
    assert writes == []
    await WRITES["update"](committing.order_by("name").filter(id__gt=0))
    assert writes == ["commit"]


async def test_repository_flags_are_inherited(session: AsyncSession, writes: list[str]) -> None:
    repository = StatusRepository(session)
    committing = repository.commit()
    await WRITES["update"](repository.objects)
    assert writes == []
    await WRITES["update"](committing.objects)
    await WRITES["update"](committing.objects)
    assert writes == ["commit", "commit"]


@pytest.mark.parametrize("commit", [False, True], ids=["uncommitted", "committed"])
async def test_only_what_is_committed_reaches_another_session(fresh_database: Database, commit: bool) -> None:
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        for row in help_center_rows():
            session.add(row)
            await session.flush()
        await session.commit()
        queryset = SectionRepository(session).objects.filter(status__code="unpublished")
        await queryset.commit(commit).delete()
        async with fresh_database.session() as other:
            assert await SectionRepository(other).objects.count() == (6 if commit else 7)


async def test_errors_of_the_database_keep_their_class(session: AsyncSession) -> None:
    statuses = StatusRepository(session).objects
    with pytest.raises(IntegrityError):
        await statuses.filter(code="archived").update(code="published")
