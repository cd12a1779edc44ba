"""The contract's BaseRepository: what it needs, creates and finds, and its flags."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository, Database, InvalidLookupValueError, QuerySet, UnknownFieldError
from examples.help_center.models import Base, PublicationStatus, Section
from tests.contract.examples import SELECT_SECTIONS, SectionRepository, StatusRepository, ids, returning
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

# model_cls


async def test_model_cls_is_required(session: AsyncSession) -> None:
    class Nameless(BaseRepository):  # type: ignore[type-arg]
        pass

    with pytest.raises(ValueError, match="model_cls"):
        Nameless(session)


async def test_model_cls_may_be_the_type_argument(session: AsyncSession) -> None:
    class Sections(BaseRepository[Section]):
        pass

    class Newer(Sections):
        pass

    assert Newer(session).model_cls is Section
    assert ids(await Newer(session).objects.filter(id=7)) == [7]


async def test_the_type_argument_may_be_left_out(session: AsyncSession, sql: RecordedSQL) -> None:
    class Sections(BaseRepository):  # type: ignore[type-arg]
        model_cls = Section

    rows = await Sections(session=session).objects
    same_sql(sql.last, SELECT_SECTIONS)
    assert len(rows) == 7


# create, bulk_create


async def test_create_waits_for_the_owner(
    sections: SectionRepository, session: AsyncSession, sql: RecordedSQL, writes: list[str]
) -> None:
    section = await sections.create(name="раздел15", status_id=1)
    assert section in session.new
    assert (len(sql), writes) == (0, [])


async def test_create_with_flush_has_its_key(
    sections: SectionRepository, backend: str, sql: RecordedSQL, writes: list[str]
) -> None:
    section = await sections.flush().create(name="раздел15", status_id=1)
    # Of a single row SQLAlchemy learns the key by RETURNING on PostgreSQL, by lastrowid on SQLite.
    key = {"postgresql": f" {returning(backend, 'id')}", "sqlite": ""}[backend]
    same_sql(sql.last, f"INSERT INTO sections (name, status_id) VALUES (?, ?){key}")
    assert section.id is not None
    assert writes == ["flush"]


async def test_create_refuses_unknown_fields(sections: SectionRepository, session: AsyncSession) -> None:
    with pytest.raises(UnknownFieldError, match="title"):
        await sections.create(title="раздел15", status_id=1)
    with pytest.raises(UnknownFieldError, match="title"):
        await sections.bulk_create([{"name": "раздел15", "status_id": 1}, {"title": "раздел16"}])
    assert not session.new


@pytest.mark.parametrize("batch_size", [None, 1, 2, 5, 100])
async def test_bulk_create(
    sections: SectionRepository, session: AsyncSession, writes: list[str], batch_size: int | None
) -> None:
    values: list[Any] = [{"name": f"раздел{number}", "status_id": 3} for number in range(4)]
    values.insert(2, Section(name="экземпляр", status_id=3))
    created = await sections.flush().bulk_create(values, batch_size=batch_size)
    assert [row.name for row in created] == ["раздел0", "раздел1", "экземпляр", "раздел2", "раздел3"]
    assert created[2] is values[2]
    assert all(row.id is not None and row in session for row in created)
    assert set(ids(await sections.objects.filter(status_id=3))) == set(ids(created))
    # The flags hold for the last batch as for the first.
    assert writes.count("flush") == {None: 1, 1: 5, 2: 3, 5: 1, 100: 1}[batch_size]


async def test_bulk_create_without_flags_still_adds(
    sections: SectionRepository, session: AsyncSession, writes: list[str]
) -> None:
    created = await sections.bulk_create([{"name": "раздел15", "status_id": 1}], batch_size=1)
    assert writes == []
    assert created[0] in session
    assert await sections.objects.filter(name="раздел15").get() is created[0]


async def test_bulk_create_of_nothing(sections: SectionRepository, sql: RecordedSQL) -> None:
    assert await sections.flush().bulk_create([]) == []
    assert await sections.flush().bulk_create([], batch_size=2) == []
    assert len(sql) == 0


@pytest.mark.parametrize("batch_size", [0, -1, 1.5, "2"])
async def test_bulk_create_refuses_batch_sizes(
    sections: SectionRepository, session: AsyncSession, batch_size: Any
) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        await sections.bulk_create([{"name": "раздел15", "status_id": 1}], batch_size=batch_size)
    assert not session.new


async def test_bulk_create_commits_every_batch(fresh_database: Database) -> None:
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        repository = StatusRepository(session).commit()
        values = [{"code": f"code{number}", "name": "имя"} for number in range(5)]
        await repository.bulk_create(values, batch_size=2)
    async with fresh_database.session() as other:
        assert await StatusRepository(other).objects.count() == 5


# get_by_pk


async def test_get_by_pk(sections: SectionRepository, sql: RecordedSQL) -> None:
    section = await sections.get_by_pk(7)
    assert isinstance(section, Section)
    assert section.name == "Настройки"
    # SQLAlchemy's own session.get() labels its columns; what counts is the condition.
    assert sql.last.split(" FROM ")[1].startswith("sections WHERE sections.id = ")
    assert len(sql) == 1


async def test_get_by_pk_of_a_loaded_object_asks_nothing(
    sections: SectionRepository, sql: RecordedSQL
) -> None:
    section = await sections.objects.filter(id=7).get()
    sql.clear()
    assert await sections.get_by_pk(7) is section
    assert len(sql) == 0


async def test_get_by_pk_of_nothing_is_none(sections: SectionRepository) -> None:
    assert await sections.get_by_pk(0) is None


class OwnBase(DeclarativeBase):
    pass


class Translation(OwnBase):
    __tablename__ = "translations"

    language: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]


class TranslationRepository(BaseRepository[Translation]):
    model_cls = Translation


async def test_composite_keys(fresh_database: Database) -> None:
    await fresh_database.create_all(OwnBase.metadata)
    async with fresh_database.session() as session:
        repository = TranslationRepository(session)
        await repository.flush().bulk_create(
            [{"language": language, "number": 1, "text": language * 2} for language in ("de", "ru")]
        )
        session.expunge_all()
        found = await repository.get_by_pk(("ru", 1))
        assert found is not None
        assert found.text == "ruru"
        assert await repository.get_by_pk(("ru", 2)) is None
        updated: Any = await repository.objects.filter(text="ruru").update(text="да")
        assert (updated.rowcount, [tuple(row) for row in updated]) == (1, [("ru", 1)])
        deleted: Any = await repository.objects.filter(language="de").delete()
        assert (deleted.rowcount, [tuple(row) for row in deleted]) == (1, [("de", 1)])
        assert [row.text for row in await repository.objects] == ["да"]


async def test_in_bulk_knows_the_primary_key_by_itself(fresh_database: Database) -> None:
    class CodeBase(DeclarativeBase):
        pass

    class Code(CodeBase):
        __tablename__ = "codes"

        code: Mapped[str] = mapped_column(primary_key=True)

    class CodeRepository(BaseRepository[Code]):
        model_cls = Code

    await fresh_database.create_all(CodeBase.metadata)
    async with fresh_database.session() as session:
        codes = CodeRepository(session)
        created = await codes.flush().bulk_create([{"code": "a"}, {"code": "b"}, {"code": "c"}])
        assert await codes.objects.in_bulk(["a", "c"]) == {"a": created[0], "c": created[2]}


# objects, get_queryset, ordering


async def test_objects_begin_anew_each_time(sections: SectionRepository) -> None:
    assert isinstance(sections.objects, QuerySet)
    assert sections.objects is not sections.objects


async def test_objects_start_from_get_queryset(session: AsyncSession, sql: RecordedSQL) -> None:
    class Published(SectionRepository):
        def get_queryset(self) -> QuerySet[Section]:
            return super().get_queryset().filter(status_id=2)

    await Published(session).objects.filter(name="Настройки")
    same_sql(sql.last, f"{SELECT_SECTIONS} WHERE sections.status_id = ? AND sections.name = ?")


async def test_default_ordering_until_another_is_asked(session: AsyncSession, sql: RecordedSQL) -> None:
    class Named(SectionRepository):
        ordering = ("-name",)

    rows = await Named(session).objects
    same_sql(sql.last, f"{SELECT_SECTIONS} ORDER BY sections.name DESC")
    assert ids(rows)[0] == 5
    await Named(session).objects.order_by("id")
    same_sql(sql.last, f"{SELECT_SECTIONS} ORDER BY sections.id ASC")


async def test_a_queryset_class_of_ones_own(session: AsyncSession) -> None:
    class SectionQuerySet(QuerySet[Section]):
        def published(self) -> "SectionQuerySet":
            return self.filter(status__code="published")

    class Sections(BaseRepository[Section]):
        model_cls = Section
        queryset_class = SectionQuerySet

    queryset: Any = Sections(session).objects
    assert isinstance(queryset.published().order_by("id"), SectionQuerySet)
    assert await queryset.exclude(id=1).published().count() == 5


# flush() and commit()


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, []),
        ({"flush": True}, ["flush"]),
        ({"commit": True}, ["flush", "commit"]),
        ({"flush": True, "commit": True}, ["flush", "commit"]),
        ({"commit": False, "flush": True}, ["flush"]),
    ],
    ids=str,
)
async def test_flags_of_create(
    session: AsyncSession, writes: list[str], flags: dict[str, bool], expected: list[str]
) -> None:
    statuses = StatusRepository(session)
    for flag, value in flags.items():
        statuses = getattr(statuses, flag)(value)
    await statuses.create(code="draft", name="Черновик")
    assert writes == expected


async def test_flags_stay_with_their_clone(session: AsyncSession, writes: list[str]) -> None:
    plain = StatusRepository(session)
    flushing = plain.flush()
    assert isinstance(flushing, StatusRepository)
    assert flushing is not plain
    for number in (1, 2):
        await flushing.create(code=f"draft{number}", name="Черновик")
        assert writes == ["flush"] * number
    await plain.create(code="draft3", name="Черновик")
    assert writes == ["flush"] * 2


async def test_flags_are_positional(sections: SectionRepository) -> None:
    for flag in (sections.flush, sections.commit, sections.objects.flush, sections.objects.commit):
        with pytest.raises(TypeError):
            flag(flag=True)  # type: ignore[call-arg]


async def test_values_are_checked_where_they_are_written(sections: SectionRepository) -> None:
    with pytest.raises(InvalidLookupValueError, match="status_id"):
        sections.objects.filter(status_id="three")


async def test_related_objects_are_values(session: AsyncSession) -> None:
    [published] = await StatusRepository(session).objects.filter(code="published")
    assert isinstance(published, PublicationStatus)
    assert await SectionRepository(session).objects.filter(status=published).count() == 6
