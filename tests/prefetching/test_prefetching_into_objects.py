"""Prefetching into objects of a session: what they have stays theirs, no part passes for the whole."""

import gc
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    Prefetch,
    QuerySet,
    UnknownFieldError,
    UnsupportedOperationError,
    prefetch_related_objects,
)
from tests.prefetching.gallery import METADATA as METADATA
from tests.prefetching.gallery import Artist, School, Work
from tests.prefetching.gallery import rows as rows
from tests.recording import RecordedSQL

LARGE = Prefetch("works", QuerySet(Work).filter(size__gt=10).order_by("pk"))


class ArtistRepository(BaseRepository[Artist]):
    pass


def ids(models: Any) -> list[int]:
    return [model.id for model in models]


async def test_what_is_loaded_is_not_asked_for_again(session: AsyncSession, sql: RecordedSQL) -> None:
    held = await QuerySet(Artist, session).prefetch_related("works")
    sql.clear()
    again = await QuerySet(Artist, session).prefetch_related("works__labels")
    assert len(sql) == 2
    assert "work_labels" in sql.last
    assert [id(each) for each in again] == [id(each) for each in held]


async def test_populate_existing_asks_again(session: AsyncSession, sql: RecordedSQL) -> None:
    (ada,) = await QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
    await session.execute(delete(Work).where(Work.id == 3), execution_options={"synchronize_session": False})
    await QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
    assert sorted(ids(ada.works)) == [1, 2, 3]
    await (
        QuerySet(Artist, session)
        .filter(pk=1)
        .prefetch_related("works")
        .execution_options(populate_existing=True)
    )
    assert sorted(ids(ada.works)) == [1, 2]


async def test_a_part_is_filled_by_the_next_query(session: AsyncSession, sql: RecordedSQL) -> None:
    (ada,) = await QuerySet(Artist, session).filter(pk=1).prefetch_related(LARGE)
    assert ids(ada.works) == [2, 3]
    await QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
    assert sorted(ids(ada.works)) == [1, 2, 3]
    sql.clear()
    await prefetch_related_objects([ada], "works")
    assert len(sql) == 0


async def test_a_part_takes_the_place_of_the_whole(session: AsyncSession) -> None:
    (ada,) = await QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
    await QuerySet(Artist, session).filter(pk=1).prefetch_related(LARGE)
    assert ids(ada.works) == [2, 3]


async def test_what_a_part_leaves_out_is_not_removed(session: AsyncSession) -> None:
    (ada,) = await QuerySet(Artist, session).filter(pk=1).prefetch_related(LARGE)
    ada.works.append(Work(id=50, kind="work", title="New", size=1))
    ada.school_code = "haarlem"
    await session.flush()
    works = select(func.count()).select_from(Work).where(Work.artist_id == 1)
    assert await session.scalar(works) == 4


async def test_changes_are_not_lost(session: AsyncSession) -> None:
    (ada,) = await QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
    with session.no_autoflush:
        ada.works.append(Work(id=50, kind="work", title="New", size=1))
        await QuerySet(Artist, session).filter(pk=1).prefetch_related("works")
        assert 50 in ids(ada.works)
        with pytest.raises(
            UnsupportedOperationError, match=r"Artist\.works of .* was changed and not flushed"
        ):
            await QuerySet(Artist, session).filter(pk=1).prefetch_related(LARGE)
        assert 50 in ids(ada.works)


async def test_an_attribute_is_no_relation(session: AsyncSession, sql: RecordedSQL) -> None:
    some = Prefetch("works", QuerySet(Work).filter(size__gt=10).order_by("pk"), to_attr="large_ones")
    ada: Any = await QuerySet(Artist, session).prefetch_related(some).get(pk=1)
    assert ids(ada.large_ones) == [2, 3]
    assert "works" not in vars(ada)
    ada.large_ones.pop()
    await session.flush()
    await QuerySet(Artist, session).filter(pk=1).prefetch_related(some)
    assert ids(ada.large_ones) == [2, 3]


async def test_the_way_back_needs_no_statement(session: AsyncSession, sql: RecordedSQL) -> None:
    artists = await QuerySet(Artist, session).prefetch_related("works__artist__school", "profile__artist")
    assert [statement.split(" FROM ")[1].split()[0] for statement, _ in sql.statements] == [
        "artists",
        "works",
        "schools",
        "profiles",
    ]
    assert all(vars(work)["artist"] is artist for artist in artists for work in artist.works)
    assert all(vars(artist.profile)["artist"] is artist for artist in artists if artist.profile)


async def test_a_changed_owner_is_not_taken_back(session: AsyncSession) -> None:
    (work,) = await QuerySet(Work, session).filter(pk=1)
    with session.no_autoflush:
        work.artist_id = 2
        await QuerySet(Artist, session).prefetch_related("works")
        assert "artist" not in vars(work)


async def test_objects_in_hand(session: AsyncSession, sql: RecordedSQL) -> None:
    artists: list[Any] = await QuerySet(Artist, session).order_by("pk")
    sql.clear()
    await prefetch_related_objects(artists, "works__labels", Prefetch("pupils", to_attr="taught"))
    assert len(sql) == 3
    assert [sorted(ids(artist.works)) for artist in artists] == [[1, 2, 3], [4, 5], [6], []]
    assert [sorted(ids(artist.taught)) for artist in artists] == [[2, 3], [], [], []]
    await prefetch_related_objects([], "works")
    await prefetch_related_objects(artists)
    assert len(sql) == 3


async def test_a_repository_fetches_for_one_and_for_many(session: AsyncSession, sql: RecordedSQL) -> None:
    repository = ArtistRepository(session)
    first, *others = await repository.objects.order_by("pk")
    sql.clear()
    await repository.fetch_related(first, "works")
    assert sorted(ids(first.works)) == [1, 2, 3]
    await repository.fetch_related([first, *others], "works", "school")
    assert [len(artist.works) for artist in others] == [2, 1, 0]
    assert len(sql) == 3
    await repository.fetch_related((artist for artist in others), "mentor")
    assert len(sql) == 4


async def test_what_was_deferred_is_fetched_too(session: AsyncSession, sql: RecordedSQL) -> None:
    repository = ArtistRepository(session)
    artists = await repository.objects.order_by("pk").defer("name", "school_code")
    artists[0].name = "Changed"
    sql.clear()
    with session.no_autoflush:
        await repository.fetch_related(artists, "name", "school_code", "works")
    assert len(sql) == 2
    assert [artist.name for artist in artists] == ["Changed", "Bo", "Cy", "Di"]
    assert [artist.school_code for artist in artists] == ["delft", "delft", "haarlem", None]


async def test_peers_are_fetched_together(session: AsyncSession, sql: RecordedSQL) -> None:
    repository = ArtistRepository(session)
    artists = await repository.objects.order_by("pk").fetch_mode("peers")
    sql.clear()
    await repository.fetch_related(artists[1], "works__labels")
    assert len(sql) == 2
    assert [sorted(ids(artist.works)) for artist in artists] == [[1, 2, 3], [4, 5], [6], []]
    sql.clear()
    await prefetch_related_objects([artists[0].works[0]], "room")
    assert len(sql) == 1
    assert all("room" in vars(work) for artist in artists for work in artist.works)


async def test_whose_objects(session: AsyncSession) -> None:
    repository = ArtistRepository(session)
    (school, *_) = await QuerySet(School, session)
    with pytest.raises(
        UnsupportedOperationError, match=r"these are objects of Artist, and .*School.* is none"
    ):
        await repository.fetch_related(school, "works")  # type: ignore[arg-type]
    (ada,) = await repository.objects.filter(pk=1)
    with pytest.raises(UnsupportedOperationError, match="these are objects of Artist"):
        await prefetch_related_objects([ada, school], "works")
    for stranger in (Artist(name="new"), ada):
        if stranger is ada:
            session.expunge(ada)
        with pytest.raises(
            UnsupportedOperationError, match="is not in the session, so nothing can be loaded"
        ):
            await repository.fetch_related(stranger, "works")
        with pytest.raises(
            UnsupportedOperationError, match="is not in the session, so nothing can be loaded"
        ):
            await prefetch_related_objects([stranger], "works")
    with pytest.raises(UnknownFieldError, match="wrks"):
        await repository.fetch_related([], "wrks")


async def test_nothing_keeps_the_objects(session: AsyncSession) -> None:
    await QuerySet(Artist, session).prefetch_related(LARGE, "school")
    gc.collect()
    assert not [each for each in session if isinstance(each, (Artist, Work))]
