"""``into()``: rows become objects of a type, of what its fields name; what they cannot hold is refused."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import msgspec
import pydantic
import pytest
from pydantic import BaseModel, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, Path, Prefetch, QuerySet, UnsupportedOperationError, Value
from django_like_repos.schemas import Kind, SchemaField, kinds, register_kind
from tests.recording import RecordedSQL
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import Kind as TrackKind
from tests.schemas.music import Play, Singer, Span, Track
from tests.schemas.music import rows as rows
from tests.schemas.random_types import KINDS, listed, made, plain
from tests.sqltext import same_sql


@pytest.fixture
def tracks(session: AsyncSession) -> QuerySet[Track]:
    return QuerySet(Track, session).order_by("id")


class SingerOf(msgspec.Struct):
    name: str


class Brief(NamedTuple):
    id: int
    title: str
    singer: SingerOf
    guest: SingerOf | None


async def test_columns_and_joined_rows(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    found = await tracks.filter(singer__name__lt="C").into(Brief)[:2]
    assert found == [
        Brief(1, "t1", SingerOf("Bob"), SingerOf("Ada")),
        Brief(3, "t3", SingerOf("Ada"), None),
    ]
    assert len(sql) == 1
    same_sql(
        sql.last,
        "SELECT songs.id, songs.title, bards_1.name, bards_2.name AS name_1 FROM songs "
        "JOIN bards AS bards_1 ON bards_1.id = songs.singer_id "
        "LEFT OUTER JOIN bards AS bards_2 ON bards_2.id = songs.guest_id WHERE bards_1.name < ? "
        "ORDER BY songs.id ASC LIMIT ? OFFSET ?",
    )


@pytest.mark.by_turns
@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind(tracks: QuerySet[Track], sql: RecordedSQL, kind: str) -> None:
    country = made(kind, "CountryIn", {"name": str})
    singer = made(kind, "SingerIn", {"name": str, "country": country | None})
    play = made(kind, "PlayIn", {"place": str, "country": country | None})
    track = made(
        kind, "TrackIn", {"price": Decimal | None, "kind": TrackKind, "singer": singer, "plays": listed(play)}
    )
    found = await tracks.filter(id=2).into(track)
    assert type(found[0]) is (dict if kind == "typed dict" else track)
    assert plain(found[0]) == {
        "price": None,
        "kind": TrackKind.LIVE,
        "singer": {"name": "Cy", "country": {"name": "Belgium"}},
        "plays": [{"place": "b", "country": {"name": "Belgium"}}, {"place": "c", "country": None}],
    }
    assert len(sql) == 2


@dataclass(kw_only=True)
class Named:
    """Whatever a name may lead to."""

    key: Annotated[int, Path("pk")]
    country: Annotated[str | None, Path("singer__country__name")]
    year: Annotated[int, Path("born__year")]
    n: Annotated[int, Path(Count("plays"))]
    double: Annotated[int, Path(F("seconds") * 2)]
    more: int
    span: Span
    singer: int
    guest_id: int | None
    plays: tuple[int, ...]
    places: Annotated[set[str], Path("plays__place")]
    countries: Annotated[list[SingerOf | None], Path("plays__country")]
    tag_names: Sequence[str]
    page: Annotated[str | None, Path("singer__page__url")]
    others: Annotated[frozenset[int], Path("singer__tracks__id")]
    kept: Annotated[str, Path(None)] = "kept"
    computed: int = field(init=False, default=1)


async def test_names_of_fields(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    (found,) = await tracks.annotate(more=F("seconds") + 1).into(Named).filter(id=3)
    assert found == Named(
        key=3,
        country="Austria",
        year=2026,
        n=2,
        double=360,
        more=181,
        span=Span(3, 4),
        singer=1,
        guest_id=None,
        plays=(2, 6),
        places={"a", "c"},
        countries=[None, SingerOf("Austria")],
        tag_names=[],
        page="/ada",
        others=frozenset({3, 6}),
    )
    assert len(sql) == 6


class SingerOut(NamedTuple):
    name: str
    tracks: list[SingerOf]


async def test_lists_of_rows_that_are_joined(session: AsyncSession, sql: RecordedSQL) -> None:
    """Rows of one owner have lists of their own; where there is no owner, nothing is asked."""

    @dataclass
    class Titled:
        title: str

    @dataclass
    class SingerIn:
        tracks: list[Titled]

    @dataclass
    class TrackIn:
        guest: SingerIn | None

    found = await QuerySet(Track, session).order_by("id").into(TrackIn)
    assert [each.guest is None for each in found] == [False, False, True] * 2
    assert found[0] == found[3] == TrackIn(SingerIn([Titled("t3"), Titled("t6")]))
    assert found[0].guest is not None
    assert found[3].guest is not None
    assert found[0].guest.tracks is not found[3].guest.tracks
    assert len(sql) == 2
    sql.clear()
    assert await QuerySet(Track, session).filter(guest=None).into(TrackIn) == [TrackIn(None)] * 2
    assert len(sql) == 1


async def test_every_terminal_method(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    class Row(NamedTuple):
        title: str
        plays: list[int]

    made, first = tracks.into(Row), Row("t1", [4, 8])
    assert await made.first() == await made[0] == await made.get(id=1) == first
    assert await made.get_or_none(id=9) is None
    assert await made.last() == Row("t6", [])
    assert [each async for each in made[:1]] == [first]
    assert await made.earliest("id") == first
    assert (await made.in_bulk([1, 9])) == {1: first}
    assert [*(await made.in_bulk(field_name="id"))] == [1, 2, 3, 4, 5, 6]
    assert await made.count() == 6
    assert await made.exists()
    page = await made.page(2, 4)
    assert ([each.title for each in page.items], page.total) == (["t5", "t6"], 6)
    cursor = await made.cursor_page(size=1, secret="a secret that is long enough")
    assert cursor.items == [first]
    after = await made.cursor_page(after=cursor.next, size=1, secret="a secret that is long enough")
    assert after.items == [Row("t2", [1, 5])]
    before = await made.cursor_page(before=after.previous, size=9, secret="a secret that is long enough")
    assert before.items == [first]
    assert await made.aggregate(most=Count("id")) == {"most": 6}
    sql.clear()
    assert await made.none() == []
    assert len(sql) == 0


async def test_rows_are_those_of_the_models(tracks: QuerySet[Track]) -> None:
    """Each once, whatever is joined to filter and order them, in slices too."""

    class Row(NamedTuple):
        title: str
        plays: list[int]

    for chain in (
        tracks.filter(plays__place__in=["a", "b", "c"]),
        tracks.order_by("plays__place", "id"),
        tracks.order_by("-plays__place", "id")[1:3],
        tracks.filter(plays__country__code="at").distinct(),
        tracks.distinct("kind").order_by("kind", "id"),
        tracks.annotate(n=Count("plays")).filter(n=0),
    ):
        models = await chain
        assert [each.title for each in await chain.into(Row)] == [each.title for each in models]


async def test_groups_and_values(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    class Group(msgspec.Struct):
        singer: Annotated[str, Path("singer__name")]
        n: int

    groups = tracks.order_by().values("singer__name").annotate(n=Count("*"))
    assert await groups.into(Group).filter(singer__name__gt="A").order_by("-singer__name") == [
        Group("Cy", 2),
        Group("Bob", 2),
        Group("Ada", 2),
    ]

    class Whole(NamedTuple):
        id: int
        title: str

    assert await tracks.values("id", "title")[:1].into(Whole) == [Whole(1, "t1")]
    some = tracks.order_by().filter(id=1).union(tracks.order_by().filter(id=2))
    assert await some.order_by("id").into(Whole) == [Whole(1, "t1"), Whole(2, "t2")]
    values = tracks.order_by().values_list("id", "title")
    both = values.filter(id=1).union(values.filter(id=2))
    assert await both.order_by("id").into(Whole) == [Whole(1, "t1"), Whole(2, "t2")]
    of_kind = made("dataclass", "Kinds", {"kind": TrackKind})
    assert len(await tracks.order_by().values("kind").distinct().into(of_kind)) == 2


class Checked(BaseModel):
    """Fields of other names than the model's, and validators that run."""

    model_config = pydantic.ConfigDict(strict=True)

    headline: Annotated[str, Field(alias="title")]
    country: str | None = Field(validation_alias=pydantic.AliasPath("singer", "country", "name"))
    seconds: int = Field(gt=0, alias="durationInSeconds")
    plays: "list[CheckedPlay]"

    @field_validator("headline")
    @classmethod
    def loud(cls, value: str) -> str:
        return value.upper()


class CheckedPlay(BaseModel):
    where: str = Field(alias="place")


class Inner(BaseModel):
    called: str = Field(validation_alias="name")


class Refusing(BaseModel):
    seconds: int = Field(le=60)


async def test_models_of_pydantic_are_validated(tracks: QuerySet[Track]) -> None:
    found = await tracks[1:2].into(Checked)
    assert found[0].model_dump() == {
        "headline": "T2",
        "country": "Belgium",
        "seconds": 120,
        "plays": [{"where": "b"}, {"where": "c"}],
    }
    assert found[0].model_fields_set == {"headline", "country", "seconds", "plays"}
    with pytest.raises(pydantic.ValidationError, match="less than or equal to 60"):
        await tracks.into(Refusing)


async def test_names_of_fields_within(tracks: QuerySet[Track]) -> None:
    """Of a type without aliases, whose inner ones have them; of a root model what is in it."""

    class Outer(BaseModel):
        singer: Inner
        plays: pydantic.RootModel[list[CheckedPlay]]

    (found,) = await tracks.filter(id=2).into(Outer)
    assert found.model_dump() == {"singer": {"called": "Cy"}, "plays": [{"where": "b"}, {"where": "c"}]}
    with pytest.raises(UnsupportedOperationError, match=r"into\(\) takes a dataclass"):
        tracks.into(pydantic.RootModel[list[CheckedPlay]])


async def test_locked_strict_and_joined(tracks: QuerySet[Track]) -> None:
    """Names of a type are the program's own, whatever others may write."""
    strict = tracks.strict_names(["id"]).into(Brief).filter(id=3)
    assert await strict == [Brief(3, "t3", SingerOf("Ada"), None)]
    either = tracks.filter(id=1).into(Brief) | tracks.filter(id=3).into(Brief)
    assert [each.id for each in await either] == [1, 3]
    one = tracks.filter(id=1)
    assert [each.id for each in await one.select_for_update().into(made("pydantic", "T", {"id": int}))] == [1]


async def test_lists_by_the_prefetch_of_the_query(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    class PlayIn(NamedTuple):
        place: str
        n: int

    class TrackIn(NamedTuple):
        plays: list[PlayIn]
        best: list[int]

    last = QuerySet(Play).annotate(n=Value(1)).order_by("-id")
    best = Prefetch("plays", QuerySet(Play).order_by("-id")[:1], to_attr="best")
    found = await tracks.prefetch_related(Prefetch("plays", last), best).filter(id=2).into(TrackIn)
    assert found == [TrackIn([PlayIn("c", 1), PlayIn("b", 1)], [5])]
    assert len(sql) == 3


async def test_one_of_several_by_its_name(session: AsyncSession) -> None:
    class First(NamedTuple):
        id: int
        first: SingerLike | None

    found = await QuerySet(Singer, session).order_by("id").into(First)
    assert [each.first and each.first.title for each in found] == ["t3", "t1", "t2"]


class SingerLike(NamedTuple):
    title: str


async def test_what_is_related_by_its_key_alone(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    class Key(NamedTuple):
        id: int

    class TrackIn(NamedTuple):
        guest: Key | None

    assert await tracks.into(TrackIn)[1:3] == [TrackIn(Key(2)), TrackIn(None)]


def test_pickles() -> None:
    queryset = QuerySet(Track).into(Brief)
    again = pickle.loads(pickle.dumps(queryset))
    assert again.sql() == queryset.sql()
    assert repr(queryset) == repr(again)
    assert "into(" in repr(queryset)


class Loop(NamedTuple):
    tracks: "list[LoopTrack]"


class LoopTrack(NamedTuple):
    singer: Loop


class Unknown(NamedTuple):
    title: "Nowhere"  # type: ignore[name-defined] # noqa: F821


def _refused() -> list[tuple[Any, str]]:
    def of(**annotations: Any) -> Any:
        return made("dataclass", "T", annotations)

    class Needs:
        def __init__(self, other: int) -> None: ...

    needs: Any = dataclass(init=False)(type("Own", (Needs,), {"__annotations__": {"id": int}}))
    nested = of(name=str)
    return [
        (of(titel=str), r"T.titel has no counterpart: Track has no field 'titel'.*title"),
        (of(singer__nmae=str), r"T.singer__nmae has no counterpart"),
        (of(singer=of(nmae=str)), r"T.nmae has no counterpart: Singer has no field 'nmae'"),
        (of(price=Decimal), r"T.price does not take None, and Track.price may be NULL"),
        (of(guest=int), r"T.guest does not take None, and there may be no Track.guest"),
        (of(guest=nested), r"T.guest does not take None, and there may be no Track.guest"),
        (of(guest__name=str), r"T.guest__name does not take None, and there may be no Track.guest"),
        (of(plays=nested), r"T.plays takes one value, and Track.plays may be several rows: a list"),
        (of(plays=int), r"T.plays takes one value"),
        (of(plays__place=str), r"T.plays__place takes one value"),
        (of(singer=listed(nested)), r"T.singer takes several, and Track.singer is one"),
        (of(singer=of(first=nested)), r"T.first does not take None, and there may be no Singer.first"),
        (of(singer=of(first=listed(nested))), r"T.first takes several, and Singer.first is one row"),
        (of(singer=nested | of(id=int)), r"T.singer is of several types"),
        (of(singer=dict), r"T.singer is of <class 'dict'>, which has no fields"),
        (of(plays=list[Play]), r"Play is mapped"),
        (of(singer=Singer), r"Singer is mapped, and its objects are a session's"),
        (Track, r"Track is mapped"),
        (of(singer=of(n=Annotated[int, Path(Count("tracks"))])), r"T.n is computed, which is for"),
        (of(x=Annotated[str, Path("title", "kind")]), r"T.x is Path\('title', 'kind'\), several names"),
        (of(x=Annotated[str, Path(None)]), r"T.x is Path\(None\), and has no default"),
        (of(x=Annotated[list[str], Path("plays__country__name")]), r"T.x takes no None among its values"),
        (of(x=Annotated[list[int], Path("plays__track__plays__id")]), r"plays may be several rows of one"),
        (of(plays=listed(of(track=of(plays=listed(nested))))), r"T.name has no counterpart: Play has"),
        (Loop, r"Loop.tracks has no counterpart"),
        (LoopTrack, r"LoopTrack is within itself, with no end"),
        (Unknown, r"Unknown: its annotations cannot be read, name 'Nowhere' is not defined"),
        (needs, r"Own: it takes 'other', which is no field"),
        (int, r"into\(\) takes a dataclass, NamedTuple, .* not int"),
        (list[Brief], r"into\(\) takes a dataclass"),
        ("Brief", r"into\(\) takes a dataclass"),
    ]


@pytest.mark.parametrize(("kind", "message"), _refused())
def test_refused_when_it_is_called(kind: Any, message: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=message):
        QuerySet(Track).into(kind)


def test_refused_of_values() -> None:
    with pytest.raises(UnsupportedOperationError, match=r"Brief.title has no counterpart .* id"):
        QuerySet(Track).values("id").into(Brief)


@pytest.mark.parametrize(
    "call",
    [
        lambda made: made.into(Brief),
        lambda made: made.values("id"),
        lambda made: made.values_list("id"),
        lambda made: made.annotate(n=Count("plays")),
        lambda made: made.distinct(),
        lambda made: made.dates("born", "year"),
        lambda made: made.union(made),
        lambda made: made.prefetch_related("plays"),
        lambda made: made.only("id"),
        lambda made: made.load_for(Brief),
        lambda made: made | QuerySet(Track).values("id", "title"),
    ],
)
def test_what_cannot_follow(call: Any) -> None:
    with pytest.raises(UnsupportedOperationError):
        call(QuerySet(Track).into(Brief))


async def test_a_kind_of_its_own(tracks: QuerySet[Track], monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        def __init__(self, id: int, title: str) -> None:
            self.said = f"{id} {title}"

    def read(kind: type[Any]) -> tuple[SchemaField, ...]:
        return tuple([SchemaField(name, each, argument=name) for name, each in (("id", int), ("title", str))])

    monkeypatch.setattr(kinds, "_KINDS", [])
    register_kind(Kind("a point", lambda kind: kind is Point, read))
    assert [each.said for each in await tracks.into(Point)[:2]] == ["1 t1", "2 t2"]
    monkeypatch.undo()
    kinds.schema_of.cache_clear()


def test_paths() -> None:
    assert Path("a") == Path("a")
    assert {Path("a"), Path("a")} == {Path("a")}
    assert Path("a") != Path("b")
    assert Path("a") != "a"
    for wrong in ((), ("",), ("a", 1), ("a", "")):
        with pytest.raises(UnsupportedOperationError, match=r"Path\(\)"):
            Path(*wrong)


class TitleModel(BaseModel):
    title: str


@dataclass
class HoldsModels:
    name: str
    tracks: list[TitleModel]
    first: TitleModel | None


class HoldsHolder(BaseModel):
    singer: HoldsModels


async def test_models_in_an_object_within_a_model(tracks: QuerySet[Track]) -> None:
    found = await tracks.into(HoldsHolder).get(id=3)
    assert found.singer == HoldsModels(
        "Ada", [TitleModel(title="t3"), TitleModel(title="t6")], TitleModel(title="t3")
    )
