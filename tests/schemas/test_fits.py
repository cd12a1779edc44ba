"""``into()``: querysets of a ``Prefetch`` are asked wherever they lead; what no field can hold is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar

import attrs
import pytest
from pydantic import BaseModel, create_model
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Path, Prefetch, QuerySet, UnsupportedOperationError
from tests.recording import RecordedSQL
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import Country, FanPage, Kind, Play, Singer, Span, Track, Video
from tests.schemas.music import rows as rows
from tests.schemas.random_types import made


@pytest.fixture
def tracks(session: AsyncSession) -> QuerySet[Track]:
    return QuerySet(Track, session).order_by("id")


class SingerIn(NamedTuple):
    name: str


class TrackIn(NamedTuple):
    singer: SingerIn | None


BOB = Prefetch("singer", QuerySet(Singer).filter(name="Bob"))


async def test_a_queryset_of_one_row_is_asked(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    """By its relation, a path, a key or an attribute of its own: what it leaves out is None."""

    class Ways(NamedTuple):
        singer: SingerIn | None
        name: Annotated[str | None, Path("singer__name")]
        key: Annotated[int | None, Path("singer")]
        singer_id: int

    found = await tracks.prefetch_related(BOB).into(Ways)[:2]
    assert found == [Ways(SingerIn("Bob"), "Bob", 2, 2), Ways(None, None, None, 3)]
    assert not any("JOIN" in statement for statement, _ in sql.statements)

    class Named(NamedTuple):
        singer: SingerIn
        bob: SingerIn | None

    bob = Prefetch("singer", QuerySet(Singer).filter(name="Bob"), to_attr="bob")
    assert await tracks.prefetch_related(bob).into(Named)[1:2] == [Named(SingerIn("Cy"), None)]
    sql.clear()
    # What chooses nothing is joined.
    assert await tracks.prefetch_related("singer").into(TrackIn)[:1] == [TrackIn(SingerIn("Bob"))]
    assert len(sql) == 1


async def test_a_queryset_further_on_is_asked(session: AsyncSession, tracks: QuerySet[Track]) -> None:
    class Place(NamedTuple):
        country: SingerIn | None

    class Placed(NamedTuple):
        plays: list[Place]

    austria = Prefetch("plays__country", QuerySet(Country).filter(code="at"))
    found = await tracks.prefetch_related(austria).into(Placed).get(id=2)
    assert found == Placed([Place(None), Place(None)])

    class Songs(NamedTuple):
        tracks: list[int]

    class Sung(NamedTuple):
        track: Annotated[Songs, Path("singer")]

    first = Prefetch("singer__tracks", QuerySet(Track).filter(id__lt=4))
    assert await tracks.prefetch_related(first).into(Sung)[:1] == [Sung(Songs([1]))]
    for annotation, path in (
        (list[str | None], "plays__country__name"),
        (list[SingerIn | None], "plays__country"),
    ):
        kind = made("dataclass", "T", {"x": Annotated[annotation, Path(path)]})
        with pytest.raises(UnsupportedOperationError, match=r"leads past the Prefetch of Play\.country"):
            tracks.prefetch_related(austria).into(kind)
    strict = made("dataclass", "T", {"singer": SingerIn})
    with pytest.raises(UnsupportedOperationError, match=r"the Prefetch of Track\.singer may leave it out"):
        tracks.prefetch_related(BOB).into(strict)
    whole = Prefetch("singer", QuerySet(Singer).only("name"))
    assert (await tracks.prefetch_related(whole).into(strict).get(id=1)).singer == SingerIn("Bob")


class Notes(TypedDict):
    x: int


Named = NewType("Named", str)


def _parted(text: str) -> list[str]:
    return text.split("/")


async def test_what_a_column_gives(session: AsyncSession, tracks: QuerySet[Track]) -> None:
    class Page(NamedTuple):
        url: Named
        notes: Notes | None
        id: float

    pages = QuerySet(FanPage, session).order_by("id")
    assert await pages.into(Page)[:1] == [Page(Named("/ada"), {"x": 1}, 1)]

    @attrs.define
    class Converted:
        url: list[str] = attrs.field(converter=_parted)

    assert await pages.into(Converted)[:1] == [Converted("/ada")]

    class SpanOut(BaseModel):
        starts: int

    class NotesOut(BaseModel):
        x: int

    class PageOut(BaseModel):
        notes: NotesOut | None

    class TrackOut(BaseModel):
        span: SpanOut

    assert (await pages.into(PageOut).get(id=1)).notes == NotesOut(x=1)
    assert (await tracks.into(TrackOut).get(id=2)).span == SpanOut(starts=2)

    class Values(NamedTuple):
        notes: Annotated[list[dict[str, int] | None], Path("tracks__singer__page__notes")]
        anything: Annotated[list[Any], Path("tracks__title")]

    singers = QuerySet(Singer, session)
    assert await singers.into(Values).get(id=1) == Values([{"x": 1}, {"x": 1}], ["t3", "t6"])


async def test_sets_of_objects(tracks: QuerySet[Track]) -> None:
    class PlayIn(NamedTuple):
        place: str

    class PlayOut(BaseModel, frozen=True):
        place: str

    class Outer(BaseModel):
        plays: set[PlayOut]

    both = made("dataclass", "T", {"plays": set[PlayIn]})
    assert (await tracks.into(both).get(id=2)).plays == {PlayIn("b"), PlayIn("c")}
    assert (await tracks.into(Outer).get(id=2)).plays == {PlayOut(place="b"), PlayOut(place="c")}


T = TypeVar("T")


@dataclass
class Gen(Generic[T]):
    plays: list[T]


@dataclass
class GenOne(Generic[T]):
    singer: T


@dataclass(init=False)
class Bare:
    title: str


@dataclass
class Other:
    starts: int


@dataclass(frozen=True)
class Holding:
    place: str
    track: "Other2"


@dataclass
class Other2:
    id: int


@dataclass
class Defaulted:
    plays: list[T] = field(default_factory=list)  # type: ignore[valid-type]


def _refused() -> list[tuple[Any, Any, str]]:
    def of(**annotations: Any) -> Any:
        return made("dataclass", "T", annotations)

    return [
        (Track, Bare, r"Bare: its 'title' is nothing that its constructor takes by name"),
        (Track, of(plays=set[Other2]), r"T.plays is a set, and Other2 cannot be in one: it is not hashable"),
        (Track, of(plays=frozenset[Holding]), r"T.plays is a frozenset, and Other2 cannot"),
        (Track, of(plays=set[Notes]), r"Notes.x has no counterpart"),
        (Singer, of(x=Annotated[set[Any], Path("tracks__span")]), r"T.x is a set, and Track.span cannot"),
        (Track, of(span=Other), r"T.span is of Other, and Track.span is Span, which is not made into it"),
        (Track, of(title=list[str]), r"T.title is of list\[str\], and Track.title is str"),
        (Track, of(title=int), r"T.title is of int, and Track.title is str"),
        (Track, of(id=bool), r"T.id is of bool, and Track.id is int"),
        (Track, of(id=Literal[True]), r"T.id is of Literal\[True\], and Track.id is int"),
        (Track, of(born=datetime | None), r"T.born is of datetime, and Track.born is date"),
        (Track, of(title=StrEnum("Title", "one")), r"T.title is of Title, and Track.title is str"),
        (Track, of(title=Notes), r"T.title is of Notes, and Track.title is str"),
        (Track, of(title=Literal[1, 2]), r"T.title is of Literal\[1, 2\], and Track.title is str"),
        (Track, of(kind=Literal["ALBUM", "LIVE"]), r"T.kind is of .*, and Track.kind is Kind"),
        (Track, of(title=NewType("Size", int)), r"T.title is of int, and Track.title is str"),
        (Track, of(born=Decimal | None), r"T.born is of Decimal, and Track.born is date"),
        (FanPage, of(notes=Other | None), r"T.notes is of Other, and FanPage.notes is dict"),
        (FanPage, of(notes=list[Other] | None), r"T.notes is of list\[Other\], and FanPage.notes is dict"),
        (Track, create_model("M", span=(Other, ...)), r"M.span is of Other, and Track.span is Span"),
        (Track, create_model("M", singer=(of(name=int), ...)), r"T.name is of int, and Singer.name is str"),
        (Play, of(country=int | None), r"T.country is of int, and Play.country is str"),
        (
            Track,
            of(x=Annotated[list[int], Path("plays__place")]),
            r"T.x is of list\[int\], and Play.place is",
        ),
        (Track, Gen, r"Gen.plays is of T, a type variable"),
        (Track, GenOne, r"GenOne.singer is of T, a type variable"),
        (Track, Gen[int], r"Gen\[int\] has arguments, which models of pydantic alone"),
        (Track, of(singer=Gen[int]), r"T.singer is of .*Gen\[int\], which has no fields"),
        (Track, Bare.__new__(Bare), r"not an object of Bare"),
        (Track, list[Other], r"not list\[.*Other\]"),
        (Track, [Other], r"not an object of list"),
        (Track, {"title": str}, r"not an object of dict"),
        (
            Track,
            of(x=Annotated[Any, Path("plays__nope")]),
            r"T.x has no counterpart: Play has no field 'nope'",
        ),
    ]


@pytest.mark.parametrize(("model", "kind", "message"), _refused())
def test_refused(model: type[Any], kind: Any, message: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=message):
        QuerySet(model).into(kind)


def test_what_fits() -> None:
    """What is a subclass, a protocol or not known is left to who asked."""
    kind = made(
        "dataclass",
        "T",
        {
            "born": date,
            "span": Span | None,
            "title": Sequence[str] | str,
            "id": float,
            "seconds": Literal[60, 120, None],
            "kind": Literal[Kind.ALBUM, "x"],
            "starts": NewType("Size", int),
        },
    )
    for model in (Track, Video):
        QuerySet(model).into(kind)


def test_types_are_named_and_so_is_the_call() -> None:
    class Out(BaseModel):
        id: int

    made_into = QuerySet(Track).into(Out)
    assert ".into(Out)" in repr(made_into)
    assert ".load_for(Out)" in repr(QuerySet(Track).load_for(Out))
    for call in (made_into.prefetch_related, made_into.only, made_into.select_related):
        with pytest.raises(UnsupportedOperationError, match=r"cannot follow into\(\)"):
            call("singer")
