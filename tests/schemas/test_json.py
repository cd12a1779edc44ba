"""``json()``: rows as the body of an answer, in one statement, as pydantic writes what ``into()`` makes."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import attrs
import msgspec
import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    create_model,
    field_serializer,
    field_validator,
)
from pydantic.functional_serializers import PlainSerializer
from sqlalchemy import event, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import with_loader_criteria
from typing_extensions import TypedDict

from django_like_repos import (
    Avg,
    Count,
    DoesNotExist,
    F,
    Max,
    MultipleObjectsReturned,
    Path,
    Prefetch,
    QuerySet,
    UnsupportedOperationError,
)
from django_like_repos.contrib.fastapi import json_response
from django_like_repos.execution.dumping import dumped, span
from tests.recording import RecordedSQL
from tests.schemas.music import METADATA as METADATA
from tests.schemas.music import Kind, Play, Singer, Track
from tests.schemas.music import rows as rows
from tests.sqltext import same_sql

Tracks = QuerySet[Track]


@pytest.fixture
def tracks(session: AsyncSession) -> Tracks:
    return QuerySet(Track, session).order_by("id")


@pytest.fixture
def singers(session: AsyncSession) -> QuerySet[Singer]:
    return QuerySet(Singer, session).order_by("-id")


class Title(BaseModel):
    title: str


class PlayOut(BaseModel):
    place: str
    country_code: str | None


class SingerOut(BaseModel):
    name: str
    first: Title | None


class TrackOut(BaseModel):
    id: int
    title: str = Field(serialization_alias="theTitle")
    price: Decimal | None
    born: date
    kind: Kind
    singer: SingerOut
    guest: SingerOut | None
    plays: list[PlayOut]
    tags: list[int]
    places: Annotated[list[str], Path("plays__place")]
    number: Annotated[int, Path(Count("plays"))]
    code: Annotated[str | None, Path("guest__country__code")]


class Whole(BaseModel):
    name: str
    tracks: list[TrackOut]


class Plain(NamedTuple):
    title: str
    kind: Kind


class PerSinger(TypedDict):
    name: Annotated[str, Path("singer__name")]
    n: int


async def _agrees(queryset: QuerySet[Any, Any], kind: Any, sql: RecordedSQL) -> Any:
    """What the database has written in one statement, which is what Python writes of what it has loaded."""
    expected = dumped(await (queryset if kind is None else queryset.into(kind)), None)
    sql.clear()
    text = await queryset.json(kind)
    assert len(sql) == 1
    assert text == expected
    return json.loads(text)


CHAINS: dict[str, Callable[[Tracks], QuerySet[Any, Any]]] = {
    "all": lambda tracks: tracks,
    "filtered": lambda tracks: tracks.filter(plays__place="a", singer__name__lt="C"),
    "excluded": lambda tracks: tracks.exclude(tags__name="loud"),
    "distinct": lambda tracks: tracks.filter(plays__place__in=["a", "b"]).distinct(),
    "ordered by another": lambda tracks: tracks.order_by("-singer__name", "id"),
    "ordered by nulls": lambda tracks: tracks.order_by(F("price").desc(nulls_last=True), "-id"),
    "sliced": lambda tracks: tracks[1:4],
    "offset": lambda tracks: tracks[4:],
    "reversed": lambda tracks: tracks.reverse()[:2],
    "empty": lambda tracks: tracks.filter(id=99),
    "limited": lambda tracks: tracks.prefetch_related(Prefetch("plays", QuerySet(Play).order_by("-id")[:1])),
    "some of each": lambda tracks: tracks.prefetch_related(
        Prefetch("plays", QuerySet(Play).filter(place="a").order_by("-id")[1:3])
    ),
    "annotated": lambda tracks: tracks.annotate(most=Max("plays__id")).filter(most__gt=6),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CHAINS)
async def test_chains(tracks: Tracks, sql: RecordedSQL, name: str) -> None:
    await _agrees(CHAINS[name](tracks), TrackOut, sql)


VALUES: dict[str, Callable[[Tracks], QuerySet[Any, Any]]] = {
    "dicts": lambda tracks: tracks.values("id", "singer__name", "born"),
    "tuples": lambda tracks: tracks.values_list("id", "kind", "price"),
    "named": lambda tracks: tracks.values_list("id", "title", named=True),
    "scalars": lambda tracks: tracks.values_list("price", flat=True),
    "groups": lambda tracks: (
        tracks.values("singer__name")
        .annotate(n=Count("*"), most=Max("price"), mean=Avg("id"))
        .order_by("singer__name")
    ),
    "sliced": lambda tracks: tracks.values("id")[1:3],
    "distinct": lambda tracks: tracks.order_by("kind").values_list("kind", flat=True).distinct(),
    "union": lambda tracks: (
        tracks.order_by()
        .values("id", "title")
        .union(QuerySet(Track).values("id", "title").filter(id=1))
        .order_by("-id")
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", VALUES)
async def test_values(tracks: Tracks, sql: RecordedSQL, name: str) -> None:
    await _agrees(VALUES[name](tracks), None, sql)


async def test_types_of_values(tracks: Tracks, sql: RecordedSQL) -> None:
    groups = tracks.values("singer__name").annotate(n=Count("*")).order_by("singer__name")
    assert await _agrees(groups, PerSinger, sql) == [
        {"name": "Ada", "n": 2},
        {"name": "Bob", "n": 2},
        {"name": "Cy", "n": 2},
    ]
    assert await groups.into(PerSinger).json() == await groups.json(PerSinger)


async def test_lists_within_lists(singers: QuerySet[Singer], sql: RecordedSQL) -> None:
    found = await _agrees(singers, Whole, sql)
    assert [(each["name"], [track["id"] for track in each["tracks"]]) for each in found] == [
        ("Cy", [2, 5]),
        ("Bob", [1, 4]),
        ("Ada", [3, 6]),
    ]
    newest = Prefetch(
        "tracks",
        QuerySet(Track)
        .order_by("-id")
        .prefetch_related(Prefetch("plays", QuerySet(Play).order_by("-id")[:1]))[:1],
    )
    (_, bob, _) = await _agrees(singers.prefetch_related(newest), Whole, sql)
    assert [(each["id"], len(each["plays"]), len(each["places"])) for each in bob["tracks"]] == [(4, 1, 1)]


async def test_statement_of_rows(tracks: Tracks, sql: RecordedSQL, backend: str) -> None:
    assert await tracks.filter(id__lt=3).json(Plain) == b'[["t1",2],["t2",2]]'
    quoted = {
        "sqlite": "json_quote(anon_1.title)",
        "postgresql": "coalesce(CAST(to_json(anon_1.title) AS TEXT), 'null')",
    }[backend]
    kind = (
        "CASE WHEN (anon_1.kind IS NULL) THEN 'null' WHEN (CAST(anon_1.kind AS TEXT) = 'ALBUM') THEN '1' "
        "WHEN (CAST(anon_1.kind AS TEXT) = 'LIVE') THEN '2' ELSE '\"\"\"' END"
    )
    if backend == "sqlite":
        row = f"'[' || {quoted} || ',' || {kind} || ']'"
        whole = f"'[' || coalesce(group_concat({row}, ','), '') || ']'"
    else:
        row = f"concat('[', {quoted}, ',', {kind}, ']')"
        whole = f"concat('[', coalesce(string_agg({row}, ','), ''), ']')"
    same_sql(
        sql.last,
        f"SELECT {whole} AS body, count(*) AS number FROM "
        "(SELECT songs.title AS title, songs.kind AS kind FROM songs WHERE songs.id < ? "
        "ORDER BY songs.id ASC) AS anon_1",
    )


class Named(NamedTuple):
    name: str


class Tagged(NamedTuple):
    tags: list[Named]


async def test_statement_of_lists(tracks: Tracks, sql: RecordedSQL, backend: str) -> None:
    assert await tracks[:2].json(Tagged) == b'[[[["loud"]]],[[["loud"],["slow"]]]]'
    text = sql.last
    assert text.count("FROM songs") == text.count("FROM tags") == 1
    assert "WHERE track_tags_1.track_id IN (SELECT" in text
    assert ("group_concat(anon_" in text) is (backend == "sqlite")


async def test_values_are_of_their_own_question(tracks: Tracks) -> None:
    first = Prefetch("plays", QuerySet(Play).filter(place="a"))
    other = Prefetch("plays", QuerySet(Play).filter(place="b"))

    class Places(BaseModel):
        places: Annotated[list[PlayOut], Path("plays")]

    for prefetch, place, key in ((first, "a", 4), (other, "b", 4), (first, "a", 3), (other, "b", 1)):
        found = json.loads(await tracks.prefetch_related(prefetch).filter(id=key).json(Places))
        assert [{each["place"] for each in row["places"]} for row in found] == [{place}]


async def test_one_row(tracks: Tracks, sql: RecordedSQL) -> None:
    assert await tracks.json_get(Title, id=2) == b'{"title":"t2"}'
    assert await tracks.into(Title).json_get(id=2) == b'{"title":"t2"}'
    assert len(sql) == 2
    with pytest.raises(DoesNotExist, match="no Track"):
        await tracks.json_get(Title, id=77)
    with pytest.raises(MultipleObjectsReturned, match="more than one Track"):
        await tracks.json_get(Title)
    assert await tracks.filter(id=1).values("id").json_get() == b'{"id":1}'


async def test_no_rows(tracks: Tracks, sql: RecordedSQL) -> None:
    assert await tracks.none().json(TrackOut) == b"[]"
    assert len(sql) == 0
    with pytest.raises(DoesNotExist):
        await tracks.none().json_get(TrackOut)


class Aliased(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)

    title: str = Field(alias="Title", validation_alias="title")
    born: date = Field(exclude=True)
    singer: "AliasedSinger"


class AliasedSinger(BaseModel):
    name: str = Field(serialization_alias="full \"name\" %s :x $1 \\ 'ä'")


Aliased.model_rebuild()


@pytest.mark.parametrize("by_alias", [None, True, False])
async def test_aliases(tracks: Tracks, sql: RecordedSQL, by_alias: bool | None) -> None:
    (made,) = await tracks.filter(id=3).into(Aliased)
    expected = made.model_dump_json(by_alias=by_alias).encode()
    sql.clear()
    assert await tracks.json_get(Aliased, id=3, by_alias=by_alias) == expected
    assert len(sql) == 1


class Renamed(msgspec.Struct, rename="camel"):
    singer_id: int
    title: str


class AsArray(msgspec.Struct, array_like=True):
    singer_id: int
    title: str


class Hidden(BaseModel):
    title: str
    tags: list[int] = Field(exclude=True)
    places: Annotated[list[str], Path("plays__place")]
    plays: list[PlayOut] = Field(exclude=True)


class HiddenDeeper(BaseModel):
    name: str
    first: Hidden | None
    hidden: Annotated[list[Hidden], Path("tracks"), Field(exclude=True)]
    tracks: list[Hidden]


async def test_lists_that_are_left_out(tracks: Tracks, singers: QuerySet[Singer], sql: RecordedSQL) -> None:
    assert (await _agrees(tracks, Hidden, sql))[0].keys() == {"title", "places"}
    assert "FROM tags" not in sql.last
    assert "JOIN tags" not in sql.last
    found = await _agrees(singers, HiddenDeeper, sql)
    assert {each["tracks"][0]["title"] for each in found} == {"t1", "t2", "t3"}
    assert await tracks.json_way(Hidden) == "database"


@attrs.define
class Attributes:
    title: str
    seconds: int = attrs.field(alias="length")


@dataclass
class Data:
    title: str
    guest: SingerOut | None = None


@pytest.mark.parametrize(
    "kind",
    [Renamed, AsArray, Data, Attributes],
)
async def test_kinds(tracks: Tracks, sql: RecordedSQL, kind: Any) -> None:
    await _agrees(tracks, kind, sql)


async def test_very_many_fields(tracks: Tracks, sql: RecordedSQL) -> None:
    fields: Any = {f"f{number}": (Annotated[str, Path("title")], ...) for number in range(520)}
    await _agrees(tracks, create_model("Many", **fields), sql)


class Computed(BaseModel):
    title: str

    @field_serializer("title")
    def loud(self, value: str) -> str:
        return value.upper()


class Changed(BaseModel):
    title: str

    @field_validator("title")
    @classmethod
    def loud(cls, value: str) -> str:
        return value.upper()


class Stripped(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    title: str


class Serialized(BaseModel):
    title: Annotated[str, PlainSerializer(lambda value: f"<{value}>")]


class Nested(BaseModel):
    singer: Annotated[SingerOut, PlainSerializer(lambda _: 1)]


class Other(BaseModel):
    id: float


class Defaulted(BaseModel):
    title: str
    more: Annotated[int, Path(None)] = 5


@dataclass
class DefaultedData:
    title: str
    more: int = field(default=5, init=False)


@dataclass
class Hooked:
    title: str

    def __post_init__(self) -> None:
        self.title = self.title.upper()


class Tagging(msgspec.Struct, tag="track"):
    title: str


class Sets(BaseModel):
    tags: set[int]


class Root(BaseModel):
    title: str | int


BY_PYTHON: dict[Any, str] = {
    Computed: "Computed has title, which has a serializer",
    Changed: "Changed has title, which is of a type that may change what it is given, 'function-after'",
    Stripped: "Stripped says str_strip_whitespace in its config",
    Serialized: "Serialized has title, which has a serializer",
    Nested: "Nested has singer, which has a serializer",
    Other: "Integer() may become something else where 'float' is wanted",
    Defaulted: "Defaulted.more keeps its default",
    DefaultedData: "DefaultedData.more keeps its default",
    Hooked: "Hooked has code that is run when it is made",
    Tagging: "Tagging has a tag",
    Sets: "Sets has tags, which is of a type that may change what it is given, 'set'",
    Root: "Root has title, which is of a type that may change what it is given, 'union'",
}


@pytest.mark.by_turns
@pytest.mark.parametrize("kind", BY_PYTHON)
async def test_by_python(tracks: Tracks, caplog: pytest.LogCaptureFixture, kind: Any) -> None:
    caplog.set_level(logging.DEBUG, "django_like_repos.json")
    assert await tracks.json_way(kind) == f"python: {BY_PYTHON[kind]}"
    found = json.loads(await tracks.json(kind))
    assert BY_PYTHON[kind] in caplog.text
    made = await tracks.into(kind)
    assert found == json.loads(dumped(made, None))
    assert len(found) == 6


async def test_queries_by_python(tracks: Tracks, session: AsyncSession) -> None:
    expression = tracks.filter(func.length(Track.title) > 1)
    assert await expression.json_way(Title) == (
        "python: SQLAlchemy's expressions or options are part of the query"
    )
    assert await expression.json(Title) == await tracks.json(Title)
    assert await tracks.select_for_update().json_way(Title) == "python: it locks rows"
    assert await tracks.select_for_update()[:1].json(Title) == b'[{"title":"t1"}]'
    composite = create_model("Spanned", span=(Any, ...))
    assert (await tracks.json_way(composite)).startswith("python: ")


async def test_criteria_of_listeners(tables: Any) -> None:
    async with tables.session() as session:
        tracks = QuerySet(Track, session).order_by("id")
        assert await tracks.json_way(Title) == "database"

        @event.listens_for(session.sync_session, "do_orm_execute")
        def hide(state: Any) -> None:
            state.statement = state.statement.options(with_loader_criteria(Track, Track.id == 2))

        assert "listens" in await tracks.json_way(Title)
        assert await tracks.json(Title) == b'[{"title":"t2"}]'


async def test_what_is_refused(tracks: Tracks) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"json\(\) of models takes the type"):
        await tracks.json()
    with pytest.raises(UnsupportedOperationError, match=r"into\(\) is said once"):
        await tracks.into(Title).json(Title)
    with pytest.raises(UnsupportedOperationError, match=r"by_alias is True, False or None, not 1"):
        await tracks.json(Title, by_alias=1)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOperationError, match="takes a dataclass"):
        await tracks.json(int)
    with pytest.raises(UnsupportedOperationError, match=r"Title\.title has no counterpart"):
        await tracks.values("id").json(Title)
    with pytest.raises(UnsupportedOperationError, match="has no session"):
        await QuerySet(Track).json(Title)


async def test_response(tracks: Tracks) -> None:
    response = await json_response(tracks.filter(id=3), Aliased)
    assert response.media_type == "application/json"
    assert json.loads(bytes(response.body))[0]["Title"] == "t3"
    with pytest.raises(UnsupportedOperationError, match="is no queryset"):
        await json_response(Aliased, Aliased)  # type: ignore[arg-type]


def test_spans() -> None:
    adapter = TypeAdapter(timedelta)
    for value in (
        timedelta(),
        timedelta(days=1),
        timedelta(days=800, hours=3),
        timedelta(seconds=59, microseconds=120),
        timedelta(minutes=61),
        timedelta(seconds=-1),
        -timedelta(days=400, microseconds=1),
    ):
        assert f'"{span(value)}"' == adapter.dump_json(value).decode()
