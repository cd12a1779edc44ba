"""What a ``Prefetch`` leaves out is not loaded by another part of the query; unions; places in a list."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasPath, BaseModel, ConfigDict, Field, RootModel, create_model
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Prefetch, QuerySet, UnsupportedOperationError
from tests.recording import RecordedSQL
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import FanPage, Play, Singer, Tag, Track
from tests.schemas.music import rows as rows


class Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Title(Read):
    title: str


class Inner(Read):
    tracks: list[Title]


class Middle(Read):
    title: str
    singer: Inner


class Outer(Read):
    name: str
    tracks: list[Middle]


FEW = QuerySet(Track).filter(seconds__lte=60)
SHORT = Prefetch("tracks", FEW)


def test_a_prefetch_is_not_undone_by_a_schema() -> None:
    singers = QuerySet(Singer).prefetch_related(SHORT)
    with pytest.raises(UnsupportedOperationError) as caught:
        singers.load_for(Outer)
    assert str(caught.value) == (
        "load_for(): 'tracks' and 'tracks__singer__tracks' are Singer.tracks of the same objects, which have "
        "it once, and a Prefetch leaves out what the other loads: Prefetch(…, to_attr=…) puts its rows into "
        "an attribute, and into() makes other objects of either"
    )


@pytest.mark.parametrize(
    "paths",
    [
        (SHORT, "tracks__singer__tracks"),
        ("tracks__singer", Prefetch("tracks__singer__tracks", FEW)),
        (SHORT, "tracks__plays__track__singer__tracks__plays"),
        (Prefetch("page", QuerySet(FanPage).filter(url="/")), "tracks__singer__page"),
        (Prefetch("tracks__singer", QuerySet(Singer).filter(id=1)), "tracks__plays__track__singer"),
    ],
    ids=["list", "the inner one", "further on", "one row", "to-one"],
)
def test_nor_by_another_path(paths: tuple[Any, ...]) -> None:
    with pytest.raises(UnsupportedOperationError, match="of the same objects, which have it once"):
        QuerySet(Singer).prefetch_related(*paths)


async def test_what_is_loaded_once_or_of_others_is_fine(session: AsyncSession) -> None:
    singers = QuerySet(Singer, session).order_by("id")
    named = Prefetch("tracks", FEW, to_attr="short")
    (_, bob, *_) = await singers.prefetch_related(named, "tracks__singer__tracks")
    short: list[Track] = bob.short  # type: ignore[attr-defined]
    assert [[track.id for track in each] for each in (short, bob.tracks)] == [[1], [1, 4]]
    session.expunge_all()
    # Plays of the tracks of a track's guest: of other tracks, for all that is known.
    somewhere = Prefetch("plays", QuerySet(Play).filter(place="a"))
    (track, *_) = (
        await QuerySet(Track, session).prefetch_related(somewhere, "guest__tracks__plays").filter(id=2)
    )
    assert [play.place for play in track.plays] == []
    session.expunge_all()
    found = await singers.prefetch_related(SHORT).load_for(create_model("T", tracks=(list[Title], ...)))
    assert [[track.id for track in each.tracks] for each in found] == [[], [1], []]


class VideoOut(Read):
    medium: Literal["video"]
    width: int


class TrackOut(Read):
    medium: Literal["track"]
    tags: list["TagOut"]


class TagOut(Read):
    name: str


AnyTrack = Annotated[VideoOut | TrackOut, Field(discriminator="medium")]


@pytest.mark.parametrize("kind", [AnyTrack, RootModel[AnyTrack], VideoOut | TrackOut], ids=["A", "R", "U"])
async def test_what_any_type_of_a_union_reads_is_loaded(
    session: AsyncSession, sql: RecordedSQL, kind: Any
) -> None:
    found = await QuerySet(Track, session).filter(id__in=[5, 6]).order_by("id").load_for(kind)
    items: Any = list.__class_getitem__(kind)
    holder: Any = create_model("Holder", items=(items, ...))
    assert holder.model_validate({"items": found}, from_attributes=True).model_dump() == {
        "items": [
            {"medium": "track", "tags": [{"name": "loud"}, {"name": "slow"}]},
            {"medium": "video", "width": 640},
        ]
    }
    assert not any("lyrics" in statement for statement, _ in sql.statements)


def test_a_union_of_what_has_no_fields_is_refused() -> None:
    with pytest.raises(UnsupportedOperationError, match=r"load_for\(\) takes a dataclass, .* not int"):
        QuerySet(Track).load_for(VideoOut | int)


class First(Read):
    place: str | None = Field(default=None, validation_alias=AliasPath("plays", 0, "place"))


async def test_a_place_in_a_list_is_loaded(session: AsyncSession) -> None:
    tracks = QuerySet(Track, session).filter(id__in=[1, 6]).order_by("id")
    assert [First.model_validate(each).place for each in await tracks.load_for(First)] == ["b", None]
    with pytest.raises(
        UnsupportedOperationError, match=r"First\.place has no counterpart: Play has no field '0'"
    ):
        tracks.into(First)


async def test_a_place_in_a_document_is_read(session: AsyncSession) -> None:
    class Noted(Read):
        x: int | None = Field(validation_alias=AliasPath("notes", "x"))
        y: Any = Field(validation_alias=AliasPath("notes", 0))

    assert await QuerySet(FanPage, session).into(Noted).get(id=1) == Noted.model_construct(x=1, y=None)


@pytest.mark.parametrize("kind", [int, str | None, list[int], set[str]], ids=str)
def test_a_relation_is_no_value(kind: Any) -> None:
    several = kind not in (int, str | None)
    fields: Any = {"tags" if several else "singer": (kind, ...)}
    schema: Any = create_model("Keyed", **fields)
    with pytest.raises(
        UnsupportedOperationError, match=r"Keyed\.\w+ is \w+, and a relation is loaded as objects"
    ):
        QuerySet(Track).load_for(schema)
    assert QuerySet(Tag).load_for(create_model("Fine", id=(int, ...))) is not None
