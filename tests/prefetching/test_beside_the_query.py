"""What holds for a query holds for what it prefetches: options, criteria, the names that may be written."""

from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import with_loader_criteria

from django_like_repos import (
    BaseRepository,
    NameNotAllowedError,
    Prefetch,
    QuerySet,
    UnsupportedOperationError,
    prefetch_related_objects,
)
from tests.prefetching.gallery import METADATA as METADATA
from tests.prefetching.gallery import Artist, Painting, Work
from tests.prefetching.gallery import rows as rows
from tests.recording import RecordedSQL


class ArtistRepository(BaseRepository[Artist]):
    pass


class WorkRepository(BaseRepository[Work]):
    pass


def ids(models: Any) -> list[int]:
    return sorted(model.id for model in models)


LARGE = with_loader_criteria(Work, Work.size > 10)


async def test_criteria(session: AsyncSession) -> None:
    artists = await QuerySet(Artist, session).options(LARGE).order_by("pk").prefetch_related("works")
    assert [ids(artist.works) for artist in artists] == [[2, 3], [5], [6], []]
    session.expunge_all()
    some = Prefetch("works", QuerySet(Work).order_by("pk")[:1], to_attr="some")
    cut: list[Any] = await QuerySet(Artist, session).options(LARGE).order_by("pk").prefetch_related(some)
    assert [ids(artist.some) for artist in cut] == [[2], [5], [6], []]


async def test_execution_options(session: AsyncSession, sql: RecordedSQL) -> None:
    (ada,) = await QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
    statement = update(Work).where(Work.id == 1).values(title="Anew")
    await session.execute(statement, execution_options={"synchronize_session": False})
    again = QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
    await again
    assert "Anew" not in [work.title for work in ada.works]
    await again.execution_options(populate_existing=True)
    assert "Anew" in [work.title for work in ada.works]
    with pytest.raises(Exception, match="elsewhere"):
        await again.execution_options(schema_translate_map={None: "elsewhere"}).prefetch_related("school")


async def test_strict_names(session: AsyncSession) -> None:
    strict = ArtistRepository(session).strict_names(["name", "works"])
    ada = await strict.objects.get(name="Ada")
    await strict.fetch_related(ada, "works")
    for names in (["school"], ["works__labels"], ["school_code"]):
        with pytest.raises(NameNotAllowedError):
            await strict.fetch_related(ada, *names)
    with pytest.raises(NameNotAllowedError):
        strict.objects.prefetch_related("works__labels")
    with pytest.raises(NameNotAllowedError):
        await strict.refresh_from_db(ada, fields=["school"])
    await strict.refresh_from_db(ada, fields=["name"])
    await strict.refresh_from_db(ada)


async def test_keys_come_with_the_columns_that_are_chosen(session: AsyncSession, sql: RecordedSQL) -> None:
    works = await QuerySet(Work, session).only("title").prefetch_related("artist", "room")
    assert len(sql) == 3
    assert all(work.artist.id == work.artist_id for work in works)
    session.expunge_all()
    sql.clear()
    await QuerySet(Work, session).defer("artist_id").prefetch_related("artist")
    assert len(sql) == 2


async def test_keys_that_are_not_there_take_one_statement(session: AsyncSession, sql: RecordedSQL) -> None:
    repository = ArtistRepository(session)
    artists = await repository.objects.order_by("pk")
    session.expire_all()
    sql.clear()
    await repository.fetch_related(artists, "works", "school")
    # However many artists there are: their keys, which may come together, works and schools.
    assert len(sql) in (3, 4)
    assert [ids(artist.works) for artist in artists] == [[1, 2, 3], [4, 5], [6], []]


async def test_a_row_that_is_gone_has_nothing(session: AsyncSession) -> None:
    works = await QuerySet(Work, session).order_by("pk")
    await session.execute(delete(Work).where(Work.id == 5), execution_options={"synchronize_session": False})
    session.expire_all()
    await prefetch_related_objects(works, "artist")
    assert vars(works[4])["artist"] is None
    assert vars(works[3])["artist"].id == 2


async def test_relations_of_a_subclass(session: AsyncSession, sql: RecordedSQL) -> None:
    works = await QuerySet(Work, session).order_by("pk").prefetch_related("frames")
    assert len(sql) == 2
    assert [ids(vars(work).get("frames", ())) for work in works] == [[], [1, 2], [], [3], [], []]
    session.expunge_all()
    works = await QuerySet(Work, session).order_by("pk")
    assert isinstance(works[1], Painting)
    await prefetch_related_objects(works[::-1], "artist", "painting__frames")
    await prefetch_related_objects([works[1], works[0]], "labels")
    assert ids(works[1].frames) == [1, 2]


@pytest.mark.parametrize("objs", [3, "text", ["text"], None])
async def test_no_objects(objs: Any) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"takes a list of objects|is no object of a model"):
        await prefetch_related_objects(objs, "works")


async def test_a_relation_is_read_again_with_its_key(session: AsyncSession) -> None:
    artists = ArtistRepository(session)
    work = await WorkRepository(session).objects.select_related("artist").get(id=1)
    statement = update(Work).where(Work.id == 1).values(artist_id=3)
    await session.execute(statement, execution_options={"synchronize_session": False})
    await WorkRepository(session).refresh_from_db(work, fields=["artist"])
    assert (work.artist_id, work.artist.id) == (3, 3)
    bo = await artists.objects.get(id=2)
    await artists.refresh_from_db(bo, fields=["mentor"])
    assert vars(bo)["mentor"].id == 1
