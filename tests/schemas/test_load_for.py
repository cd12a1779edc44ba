"""``load_for()``: what a schema reads is loaded, by the fewest statements; nothing else is, or lazily."""

import re
from datetime import date
from typing import Annotated, Any, NamedTuple

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Count,
    FilteredRelation,
    NotLoadedError,
    Path,
    Prefetch,
    Q,
    QuerySet,
    UnknownFieldError,
    UnsupportedOperationError,
)
from tests.recording import RecordedSQL
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import Play, Singer, Tag, Track
from tests.schemas.music import rows as rows
from tests.schemas.random_types import listed
from tests.sqltext import same_sql


class CountryOut(BaseModel):
    name: str


class SingerOut(BaseModel):
    name: str
    country: CountryOut | None


class TagOut(BaseModel):
    name: str


class PlayOut(BaseModel):
    place: str
    country: CountryOut | None = None


class TrackOut(BaseModel):
    id: int
    title: str
    singer: SingerOut
    plays: list[PlayOut]
    tags: list[TagOut]


def read(kind: Any, models: list[Any]) -> Any:
    """What pydantic makes of models, as FastAPI does."""
    return TypeAdapter[Any](listed(kind)).validate_python(models, from_attributes=True)


async def dumped(kind: Any, queryset: QuerySet[Any]) -> list[Any]:
    """The answer to a queryset; whatever is not loaded raises, by the library or by SQLAlchemy."""
    loaded = queryset.load_for(kind)
    answers = [
        TypeAdapter[Any](listed(kind)).dump_python(read(kind, await each))
        for each in (loaded, loaded.fetch_mode("sqlalchemy"))
    ]
    assert answers[0] == answers[1]
    found: list[Any] = answers[0]
    return found


@pytest.fixture
def tracks(session: AsyncSession) -> QuerySet[Track]:
    return QuerySet(Track, session).order_by("id")


async def selected(sql: RecordedSQL, queryset: QuerySet[Any]) -> list[set[str]]:
    """The columns of each statement that a queryset sends."""
    sql.clear()
    await queryset
    return [
        {re.sub(r"(\w+?)(_\d+)?\.(\w+)( AS \w+)?$", r"\1.\3", each) for each in columns.split(", ")}
        for columns in [
            re.findall(r"^SELECT (?:DISTINCT )?(.*?) FROM", said)[0] for said, _ in sql.statements
        ]
    ]


async def test_a_response_of_nested_schemas(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    models = await tracks.load_for(TrackOut)
    answer = read(TrackOut, models)
    statements = [statement for statement, _ in sql.statements]
    assert len(statements) == 3
    assert answer[1].model_dump() == {
        "id": 2,
        "title": "t2",
        "singer": {"name": "Cy", "country": {"name": "Belgium"}},
        "plays": [
            {"place": "b", "country": {"name": "Belgium"}},
            {"place": "c", "country": None},
        ],
        "tags": [{"name": "loud"}, {"name": "slow"}],
    }
    same_sql(
        statements[0],
        "SELECT countries_1.code, countries_1.name, bards_1.id, bards_1.name AS name_1, "
        "bards_1.country_code, songs.id AS id_1, songs.title, songs.singer_id, songs.medium FROM songs "
        "JOIN bards AS bards_1 ON bards_1.id = songs.singer_id "
        "LEFT OUTER JOIN countries AS countries_1 ON countries_1.code = bards_1.country_code "
        "ORDER BY songs.id ASC",
    )
    _, *others = await selected(sql, tracks.load_for(TrackOut))
    assert others == [PLAYS, {"tags.id", "tags.name", OWNER}]


OWNER = "track_tags.track_id"
PLAYS = {
    "countries.code",
    "countries.name",
    "shows.id",
    "shows.place",
    "shows.track_id",
    "shows.country_code",
}
TRACKS = {"songs.id", "songs.medium"}
"""What is read of any track: its key, and which class it is of."""


class Below(BaseModel):
    title: str
    plays: list[PlayOut]


class PageOut(BaseModel):
    url: str


class Deep(BaseModel):
    name: str
    page: PageOut | None
    tracks: list[Below]
    first: Below | None


async def test_lists_within_lists(session: AsyncSession, sql: RecordedSQL) -> None:
    """The one of several, by its name, is a statement of its own; the one that is one is joined."""
    singers = QuerySet(Singer, session).order_by("id")
    found = await dumped(Deep, singers)
    assert [each["name"] for each in found] == ["Ada", "Bob", "Cy"]
    assert [(each["page"] or {}).get("url") for each in found] == ["/ada", None, "/cy"]
    assert [len(track["plays"]) for track in found[1]["tracks"]] == [2, 2]
    assert found[1]["first"]["title"] == "t1"
    below = {*TRACKS, "songs.title", "songs.singer_id"}
    assert await selected(sql, singers.load_for(Deep)) == [
        {"bards.id", "bards.name", "fan_pages.id", "fan_pages.url"},
        below,
        PLAYS,
        below,
        PLAYS,
    ]


async def test_names_of_fields(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    (first, *_), loaded = await dumped(AliasOut, tracks[:1]), tracks.load_for(AliasOut)
    assert first == {
        "headline": "t1",
        "country": None,
        "either": 60,
        "origin": "Bob",
        "names": ["loud"],
        "span": {"starts": 1, "finish": 2},
        "note": "not there",
    }
    columns = {"songs.title", "songs.seconds", "songs.starts", "songs.finish", "songs.singer_id"}
    others = {"bards.id", "bards.name", "bards.country_code", "countries.code", "countries.name"}
    assert await selected(sql, loaded) == [{*TRACKS, *columns, *others}, {"tags.id", "tags.name", OWNER}]


class AliasOut(BaseModel):
    """Every way to say what a field is read from."""

    model_config = ConfigDict(validate_by_name=True)

    headline: str = Field(validation_alias="title")
    country: str | None = Field(validation_alias=AliasPath("singer", "country", "name"), default=None)
    either: int = Field(validation_alias=AliasChoices("nothing", "seconds"))
    origin: Annotated[str, Path("singer__name")]
    names: Annotated[list[str], BeforeValidator(list)] = Field(validation_alias="tag_names")
    span: Any
    note: str = "not there"


class Hybrid(BaseModel):
    minutes: float


class Property(BaseModel):
    shout: str


class Named(BaseModel):
    shout: Annotated[str, Path("title")]


class Before(BaseModel):
    title: str

    @model_validator(mode="before")
    @classmethod
    def look(cls, value: Any) -> Any:
        return {"title": f"{value.title} of {value.seconds}"}


class Whole(BaseModel):
    singer: Annotated[str, BeforeValidator(lambda singer: f"{singer.name}, {singer.bio}")]


SONGS = {
    *TRACKS,
    *(
        f"songs.{key}"
        for key in ["title", "seconds", "price", "born", "kind", "starts", "finish", "singer_id", "guest_id"]
    ),
}


@pytest.mark.parametrize(
    ("kind", "columns", "value"),
    [
        (Hybrid, SONGS, 1.0),
        (Property, SONGS, "T1"),
        (Named, {*TRACKS, "songs.title"}, "T1"),
        (Before, SONGS, "t1 of 60"),
        (
            Whole,
            {*TRACKS, "songs.singer_id"}
            | {f"bards.{each}" for each in ("id", "name", "bio", "country_code")},
            "Bob, None",
        ),
    ],
)
async def test_python_code(
    tracks: QuerySet[Track], sql: RecordedSQL, kind: type[BaseModel], columns: set[str], value: object
) -> None:
    """Of which nobody knows what it reads, so that all columns come, unless somebody says it."""
    assert await selected(sql, tracks.load_for(kind)) == [columns]
    assert [*(await dumped(kind, tracks))[0].values()] == [value]


async def test_a_relation_that_nobody_mentions_is_an_error_and_never_lazy(tracks: QuerySet[Track]) -> None:
    class Origin(BaseModel):
        origin: str

    class Said(BaseModel):
        origin: Annotated[str, Path("singer__name")]

    models = await tracks.load_for(Origin)
    with pytest.raises(ValidationError, match=r"NotLoadedError: Track\.singer was not"):
        read(Origin, models)
    with pytest.raises(NotLoadedError):
        models[0].origin  # noqa: B018
    assert (await dumped(Said, tracks))[0] == {"origin": "Bob"}


async def test_subclasses(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    class Wide(BaseModel):
        id: int
        width: int = 0

    found = await dumped(Wide, tracks)
    assert [each["width"] for each in found] == [0, 0, 0, 0, 0, 640]
    sql.clear()
    await tracks.load_for(Wide)
    assert len(sql) == 1


class Best(BaseModel):
    place: str


async def test_what_the_queryset_says_itself(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    """Annotations, attributes of prefetches, their querysets, and names of only() stay."""

    class Counted(BaseModel):
        title: str
        n: int
        best: list[PlayOut]
        tags: list[TagOut]

    best = Prefetch("plays", QuerySet(Play).order_by("-id")[:1], to_attr="best")
    tags = Prefetch("tags", QuerySet(Tag).filter(name="slow"))
    own = tracks.annotate(n=Count("plays")).prefetch_related(best, tags).only("seconds").defer("price")
    found = await dumped(Counted, own)
    assert found[1] == {
        "title": "t2",
        "n": 2,
        "best": [{"place": "c", "country": None}],
        "tags": [{"name": "slow"}],
    }
    first, plays, names = await selected(sql, own.load_for(Counted))
    assert {each for each in first if each.startswith("songs.")} == {*TRACKS, "songs.title", "songs.seconds"}
    assert {"shows.place", "countries.name"} <= plays
    assert names == {"tags.id", "tags.name", OWNER}
    whole = await selected(sql, tracks.only("price").defer("id").load_for(Named))
    assert whole == [{*TRACKS, "songs.title", "songs.price"}]


async def test_what_is_loaded_already_is_loaded_as_it_is_wanted(
    tracks: QuerySet[Track], sql: RecordedSQL
) -> None:
    """Objects that the session holds with less get what is missing."""
    kept = await tracks.only("id").prefetch_related(Prefetch("plays", QuerySet(Play).only("id")))
    assert (await dumped(TrackOut, tracks))[0]["title"] == "t1"
    assert kept[0].title == "t1"


class Node(BaseModel):
    title: str
    singer: "Back"


class Back(BaseModel):
    tracks: list[Node]


class Pair(NamedTuple):
    name: str


class Tupling(BaseModel):
    """Types that pydantic makes of no model, where code of its own does."""

    singer: Annotated[Pair, BeforeValidator(lambda singer: Pair(singer.name))]
    plays: list[Annotated[Pair, BeforeValidator(lambda play: Pair(play.place))]] = Field(
        validation_alias="best"
    )
    born: Annotated[int, Path("born__year")] = Field(validation_alias="born", default=0)

    @field_validator("born", mode="before")
    @classmethod
    def year(cls, born: date) -> int:
        return born.year


async def test_what_the_query_adds(tracks: QuerySet[Track], sql: RecordedSQL) -> None:
    """A filtered relation is joined; what validators make of objects is theirs."""

    class Cheap(BaseModel):
        cheap: SingerName | None

    bob = tracks.annotate(cheap=FilteredRelation("singer", condition=Q(singer__name="Bob")))
    found = await dumped(Cheap, bob)
    assert found[:2] == [{"cheap": {"name": "Bob"}}, {"cheap": None}]
    same_sql(
        sql.last,
        "SELECT songs.id, songs.medium, bards_1.id AS id_1, bards_1.name, bards_1.bio, bards_1.country_code "
        "FROM songs LEFT OUTER JOIN bards AS bards_1 ON bards_1.id = songs.singer_id AND bards_1.name = ? "
        "ORDER BY songs.id ASC",
    )

    class Written(BaseModel):
        shout: Annotated[str, Path("title", "cheap__nmae")]

    with pytest.raises(UnknownFieldError, match="nmae"):
        bob.load_for(Written)
    several = tracks.annotate(cheap=FilteredRelation("plays", condition=Q(plays__place="a")))
    with pytest.raises(UnsupportedOperationError, match="may be several rows"):
        several.load_for(Cheap)
    best = Prefetch("plays", QuerySet(Play).order_by("-id")[:1], to_attr="best")
    (found,) = read(Tupling, await tracks.prefetch_related(best).load_for(Tupling).filter(id=2))
    assert found == Tupling.model_construct(singer=Pair("Cy"), plays=[Pair("c")], born=2026)


class SingerName(BaseModel):
    name: str


def _refused() -> list[tuple[Any, str]]:
    class Missing(BaseModel):
        titel: str

    class MissingBelow(BaseModel):
        plays: list[Missing]

    class One(BaseModel):
        plays: PlayOut

    class Dynamic(BaseModel):
        letters: list[TagOut]

    class Within(BaseModel):
        singer: Dynamic

    class Computed(BaseModel):
        n: Annotated[int, Path(Count("plays"))]

    class Wrong(BaseModel):
        name: Annotated[str, Path("singer__nmae")]

    class Renamed(BaseModel):
        singer_name: Annotated[str | None, Path("singer__name")] = None

    def shout(path: str) -> Any:
        return create_model(path, shout=(Annotated[str, Path(path)], ...))

    class Tupled(BaseModel):
        singer: Pair

    return [
        (Renamed, r"Renamed.singer_name: Track has no attribute 'singer_name', .* an AliasPath is read"),
        (shout("title__titel"), r"shout: .*title__titel"),
        (shout("title__"), r"shout: .*title__"),
        (shout("id__in"), r"shout: .*id__in"),
        (shout("pk__x"), r"shout: .*pk__x"),
        (shout("plays__place__sum"), r"shout: .*place__sum"),
        (shout("origin__name"), r"shout: .*origin"),
        (Tupled, r"Tupled.singer is Pair, a named tuple, which pydantic makes of dicts alone"),
        ({"title": str}, r"not an object of dict"),
        (Missing, r"Missing.titel: Track has no attribute 'titel', only born, finish"),
        (MissingBelow, r"Missing.titel: Play has no attribute 'titel', only country"),
        (One, r"One.plays is one PlayOut, and Track.plays may be several"),
        (Within, r"Dynamic.letters: Singer.letters is dynamic and never holds"),
        (Computed, r"Computed.n is Path\(Count\('plays'\)\): annotate\(n=…\) computes it"),
        (Wrong, r"Wrong.name: Singer has no attribute 'nmae'"),
        (Node, r"load_for\(\): Node is within itself"),
        (int, r"load_for\(\) takes a dataclass, NamedTuple, .* not int"),
        (list[TrackOut], r"load_for\(\) takes a dataclass"),
    ]


@pytest.mark.parametrize(("kind", "message"), _refused(), ids=lambda each: getattr(each, "__name__", ""))
def test_refused(kind: Any, message: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=message):
        QuerySet(Track).load_for(kind)


def test_refused_of_values_and_unions() -> None:
    tracks = QuerySet(Track)
    with pytest.raises(UnsupportedOperationError, match=r"load_for\(\) is of models"):
        tracks.values("id").load_for(TrackOut)
    with pytest.raises(UnsupportedOperationError, match="load_for"):
        tracks.union(tracks.filter(id=1)).load_for(TrackOut)
