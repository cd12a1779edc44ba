"""``Conditions`` in bodies of requests: what is declared reaches the query, and OpenAPI says what that is."""

import copy
import pickle
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import jsonschema_rs
import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, Q, QuerySet, UnsupportedOperationError, lookups, register_lookup
from django_like_repos.contrib.filters import (
    Conditions,
    FilterSet,
    Lookup,
    Ordering,
    Where,
    parameter,
)
from django_like_repos.mapping.registry import LOOKUPS
from tests.conditions.app import TrackSearch, app_on
from tests.conditions.conftest import TRACKS
from tests.conditions.declared import TrackFilter
from tests.pages.tracks import Play, Singer, Track
from tests.recording import RecordedSQL


@pytest.fixture
async def client(listed: Database, sql: RecordedSQL) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app_on(listed), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://tracks") as client:
        yield client


def where(data: Any, **more: Any) -> str:
    body = Conditions[TrackFilter].model_validate({"conditions": data, **more})
    return " ".join(QuerySet(Track).filter_by(body).sql().partition("FROM tracks")[2].split())


SAID: dict[str, tuple[Any, str]] = {
    "nothing": ({}, ""),
    "a value": ({"title": "x"}, "WHERE tracks.title = 'x'"),
    "a list": ({"title": ["a", "b"]}, "WHERE tracks.title IN ('a', 'b')"),
    "not": ({"title": {"not": "x"}}, "WHERE tracks.title != 'x'"),
    "operators by either name": (
        {"price": {"ge": 1, "lt": "2.5"}},
        "WHERE tracks.price >= 1 AND tracks.price < 2.5",
    ),
    "null": ({"rank": None}, "WHERE tracks.rank IS NULL"),
    "not null": ({"rank": {"not": None}}, "WHERE tracks.rank IS NOT NULL"),
    "null by its operator": ({"rank": {"isnull": True}}, "WHERE tracks.rank IS NULL"),
    "a list with null": ({"rank": [1, None]}, "WHERE tracks.rank IN (1) OR tracks.rank IS NULL"),
    "only null": ({"rank": {"in": [None]}}, "WHERE tracks.rank IS NULL"),
    "not a list with null": (
        {"rank": {"not": [1, None]}},
        "WHERE (tracks.rank NOT IN (1)) AND tracks.rank IS NOT NULL",
    ),
    "a name of its own": ({"any_rank": [1, 2]}, "WHERE tracks.rank IN (1, 2)"),
    "moments are text": ({"born": {"gt": "2026-01-02"}}, "WHERE tracks.born > '2026-01-02'"),
    "members of enums": ({"kind": [1, 3]}, "WHERE tracks.kind IN ('ALBUM', 'STUDIO')"),
    "any of several": (
        [{"done": True, "rank": {"gt": 1}}, {"title": {"like": "a%"}}],
        "WHERE tracks.done = true AND tracks.rank > 1 OR tracks.title LIKE 'a%'",
    ),
    "in each other": (
        {"title": "x", "or": [{"rank": 1}, {"and": [{"done": False}, {"not": {"rank": 2}}]}]},
        "WHERE tracks.title = 'x' AND (tracks.rank = 1 OR tracks.done = false "
        "AND NOT (tracks.rank = 2 AND tracks.rank IS NOT NULL))",
    ),
}


@pytest.mark.parametrize(("data", "said"), SAID.values(), ids=SAID)
def test_what_is_declared(data: Any, said: str) -> None:
    assert where(data) == said


async def test_a_search(client: AsyncClient, sql: RecordedSQL) -> None:
    await client.post("/search", json={})
    sql.clear()
    body = {
        "conditions": {
            "rank": {"gt": 1},
            "or": [{"title": ["b", "ab"]}, {"title": "A"}],
            "not": {"done": True},
        },
        "sort": ["-title", {"desc": "newest", "nulls": "last"}],
    }
    answer = await client.post("/search", json=body)
    assert answer.status_code == 200, answer.text
    # Newest is `-born`, turned round here.
    wanted = [each for each in TRACKS if each["rank"] == 2 and not each["done"]]
    wanted.sort(key=lambda each: (each["born"], each["id"]))
    wanted.sort(key=lambda each: str(each["title"]), reverse=True)
    assert answer.json() == [each["id"] for each in wanted]
    assert len(sql) == 1
    assert sql.last.endswith("ORDER BY tracks.title DESC, tracks.born ASC NULLS LAST, tracks.id ASC")
    same = await client.post("/search", json={"sort": ["title"]})
    assert same.json() == [
        each["id"] for each in sorted(TRACKS, key=lambda each: (each["title"], each["id"]))
    ]


async def test_models_of_ones_own(client: AsyncClient) -> None:
    answer = await client.post("/sized", json={"conditions": {"rank": 1}, "size": 2})
    assert answer.json() == [each["id"] for each in TRACKS if each["rank"] == 1][:2]
    assert (await client.post("/sized", json={"size": "x", "conditions": {"a": 1}})).status_code == 422
    body = {"where": [{"rank": 1}, {"done": True}], "sort": ["title"]}
    found, dumped = (await client.post("/wishes", json=body)).json()
    assert dumped == body
    assert len(found) == sum(1 for each in TRACKS if each["rank"] == 1 or each["done"])
    found, _ = (await client.post("/wishes", json={"where": {}})).json()
    assert len(found) == len(TRACKS)


async def test_several_conditions_speak_of_one_play(session: AsyncSession) -> None:
    class PlayFilter(FilterSet[Track]):
        fields = {"plays__place": ["exact"], "plays__id": ["gt"]}

    tracks = QuerySet(Track, session).order_by("id")
    data = {"plays__place": "a", "plays__id": {"gt": 40}}
    body = Conditions[PlayFilter].model_validate({"conditions": data})
    one = await tracks.filter(plays__place="a", plays__id__gt=40)
    several = await tracks.filter(plays__place="a").filter(plays__id__gt=40)
    assert await tracks.filter_by(body) == one
    assert len(one) < len(several)


REFUSED: list[tuple[str, Any, tuple[Any, ...], str]] = [
    ("an undeclared column", {"code": "x"}, ("code",), "Extra inputs are not permitted"),
    ("whatever its operators", {"code": {"gt": 1}}, ("code",), "Extra inputs are not permitted"),
    ("an undeclared operator", {"price": {"gt": 1}}, ("price", "gt"), "Extra inputs are not permitted"),
    ("a method", {"ranked": 1}, ("ranked",), "Extra inputs are not permitted"),
    ("a parameter of the URL", {"price__gte": 1}, ("price__gte",), "Extra inputs are not permitted"),
    ("an order", {"order": ["title"]}, ("order",), "Extra inputs are not permitted"),
    ("deep inside", {"or": [{"title": "x"}, {"price": {"gt": 1}}]}, ("or", 1, "price", "gt"), "Extra inputs"),
    (
        "a value where none may be",
        {"price": 1},
        ("price",),
        "Input should be an object of between, ge, gte, lt",
    ),
    (
        "a list where none may be",
        {"done": [True]},
        ("done",),
        "Input should be a value or an object of eq, exact",
    ),
    ("null where none may be", {"done": None}, ("done",), "Input should be a valid boolean"),
    ("not where it may not be", {"done": {"not": True}}, ("done", "not"), "Input should be a value or"),
    ("a number of text", {"rank": "1"}, ("rank",), "Input should be of JSON's integer"),
    ("a number that is true", {"rank": {"gt": True}}, ("rank", "gt"), "Input should be of JSON's integer"),
    ("a truth that is one", {"done": 1}, ("done",), "Input should be of JSON's boolean"),
    ("a member of another kind", {"rank": [1, "2"]}, ("rank",), "Input should be of JSON's array"),
    ("a member that is none", {"uid": ["x"]}, ("uid", 0), "Input should be a valid UUID"),
    ("null in a list", {"uid": [None]}, ("uid", 0), "UUID input should be a string"),
    ("a moment of numbers", {"born": 5}, ("born",), "Input should be the text of a date or time"),
    ("half a range", {"price": {"range": [1]}}, ("price", "range"), "List should have at least 2 items"),
    ("a long list", {"rank": [1] * 6}, ("rank",), "at most 5 values, not 6"),
    (
        "a long text",
        {"title": {"like": "%" * 21}},
        ("title", "like"),
        "String should have at most 20 characters",
    ),
    ("many words", {"q": "a b c d e f g h i"}, ("q",), "There should be at most 8 words"),
    ("many conditions", [{"rank": 1}] * 21, (20,), "at most 20 conditions in all"),
    ("many words in all", [{"q": "a b c d e f g"}] * 3, (2, "q"), "at most 20 conditions in all"),
    (
        "deep in each other",
        {"not": {"not": {"not": {"not": {"not": {"rank": 1}}}}}},
        ("not",) * 5,
        "at most 4 deep",
    ),
    ("nothing in a list", {"or": []}, ("or",), "an empty list says neither"),
    ("nothing", None, (), "a list of objects is wanted here, not null"),
    ("half a character", {"title": "\ud800"}, ("title",), "Input should be text of Unicode"),
    ("the character 0", {"title": ["a", "b\0"]}, ("title",), "Input should be text of Unicode"),
    ("no number", {"price": {"lt": float("nan")}}, ("price", "lt"), "Input should be a finite number"),
]


BEYOND_SCHEMAS: Final = {
    *(
        "many words",
        "many words in all",
        "many conditions in all",
        "deep in each other",
        "a member that is none",
    ),
    *("half a character", "the character 0", "no number"),
}
"""What no schema says."""


@pytest.mark.parametrize(
    ("data", "place", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_is_not(data: Any, place: tuple[Any, ...], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        where(data)
    (error,) = caught.value.errors()
    assert error["loc"] == ("conditions", *place)
    assert why in error["msg"]


SORTS: list[tuple[Any, tuple[Any, ...]]] = [
    (["born"], (0,)),
    (["title", {"desc": "born"}], (1, "desc")),
    (["title", "-title"], (1,)),
    (["--title"], (0,)),
    ([{"desc": "-title"}], (0, "desc")),
    (["title__desc"], (0,)),
    (["title", "rank", "newest", "title"], ()),
    ([{"asc": "title", "nulls": "x"}], (0, "nulls")),
    ([{"asc": "title", "collate": "C"}], (0,)),
    (["?"], (0,)),
    ("title", ()),
    ([["title"]], (0,)),
    (None, ()),
]


@pytest.mark.parametrize(("sort", "place"), SORTS, ids=[str(sort) for sort, _ in SORTS])
def test_orders_that_are_not_declared(sort: Any, place: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        where({}, sort=sort)
    (error,) = caught.value.errors()
    assert error["loc"] == ("sort", *place)


async def test_errors_are_those_of_fastapi(client: AsyncClient, sql: RecordedSQL) -> None:
    body = {"conditions": {"or": [{"price": {"gt": 1}}, {"rank": {"lte": "x"}}]}, "sort": ["code"], "page": 1}
    answer = await client.post("/search", json=body)
    assert answer.status_code == 422
    told = {".".join(map(str, each["loc"])): each for each in answer.json()["detail"]}
    assert list(told) == [
        "body.conditions.or.0.price.gt",
        "body.conditions.or.1.rank.lte",
        "body.sort.0",
        "body.page",
    ]
    assert told["body.conditions.or.0.price.gt"]["type"] == "extra_forbidden"
    assert told["body.conditions.or.1.rank.lte"] == {
        "type": "int_parsing",
        "loc": ["body", "conditions", "or", 1, "rank", "lte"],
        "msg": "Input should be a valid integer, unable to parse string as an integer",
        "input": "x",
    }
    assert len(sql) == 0


def test_no_more_errors_than_one_reads() -> None:
    with pytest.raises(ValidationError) as caught:
        where({"or": [{f"x{number}": 1} for number in range(19)]}, sort=["x"] * 3, more=1)
    assert len(caught.value.errors()) == 20
    with pytest.raises(ValidationError) as caught:
        where({f"x{number}": 1 for number in range(100_000)})
    assert [error["type"] for error in caught.value.errors()] == ["out_of_bounds"]


class Wanted(FilterSet[Track]):
    """Of which something has to be said, and some is said by default."""

    fields = {"rank": ["exact", "gt"], "title": ["exact"], "done": ["exact"]}
    required = ("rank",)
    defaults = {"done": True, "order": ["-title"], "known": True}
    order = Ordering("title")

    @parameter
    def known(self, queryset: QuerySet[Track], value: bool) -> Q:
        return Q(singer__isnull=not value)


def test_what_must_be_said_and_what_is_by_default() -> None:
    def asked(data: Any, **more: Any) -> str:
        body = Conditions[Wanted].model_validate({"conditions": data, **more})
        return " ".join(QuerySet(Track).filter_by(body).sql().partition("WHERE ")[2].split())

    default = "tracks.done = true AND tracks.singer_id IS NOT NULL"
    by_title = "ORDER BY tracks.title DESC, tracks.id ASC"
    assert asked({"rank": 1}) == f"{default} AND tracks.rank = 1 {by_title}"
    assert asked({"and": [{"rank": 1}, {"done": False}]}, sort=["title"]) == (
        "tracks.singer_id IS NOT NULL AND tracks.rank = 1 AND tracks.done = false "
        "ORDER BY tracks.title ASC, tracks.id ASC"
    )
    # What a default says beside an alternative, or a negation, would contradict it.
    assert asked([{"rank": 1}, {"rank": 2, "done": False}]) == (
        "tracks.singer_id IS NOT NULL AND (tracks.rank = 1 OR tracks.done = false AND tracks.rank = 2) "
        f"{by_title}"
    )
    assert asked({"rank": 1, "not": {"done": True}}) == (
        f"tracks.singer_id IS NOT NULL AND tracks.rank = 1 AND tracks.done != true {by_title}"
    )
    for data in (
        {},
        {"rank": {"gt": 1}},
        [{"rank": 1}, {"title": "x"}],
        {"not": {"rank": 1}},
        {"title": "x"},
    ):
        with pytest.raises(ValidationError) as caught:
            asked(data)
        assert [(error["type"], error["loc"]) for error in caught.value.errors()] == [
            ("missing", ("conditions", "rank"))
        ]
    with pytest.raises(ValidationError, match="Field required"):
        Conditions[Wanted].model_validate({})


async def test_what_a_filterset_does_to_every_request(session: AsyncSession) -> None:
    class Known(FilterSet[Track]):
        fields = {"rank": ["exact", "gt"]}
        min_rank: Annotated[int, Lookup("rank__gte"), Field(alias="minRank")] = 1

        def apply(self, queryset: Any) -> Any:
            return super().apply(queryset).filter(singer__isnull=False)

    def asked(data: Any) -> str:
        body = Conditions[Known].model_validate({"conditions": data})
        return " ".join(QuerySet(Track).filter_by(body).sql().partition("WHERE ")[2].split())

    assert asked({}) == "tracks.rank >= 1 AND tracks.singer_id IS NOT NULL"
    assert asked([{"rank": 1}, {"rank": 2}]) == (
        "tracks.rank >= 1 AND tracks.singer_id IS NOT NULL AND (tracks.rank = 1 OR tracks.rank = 2)"
    )
    assert asked({"minRank": 2}) == "tracks.singer_id IS NOT NULL AND tracks.rank >= 2"


def test_what_cannot_be_declared() -> None:
    class Checked(FilterSet[Track]):
        fields = {"rank": ["exact", "gt"]}

        @field_validator("rank")
        @classmethod
        def small(cls, value: int) -> int:
            return value

    class Agreeing(FilterSet[Track]):
        fields = {"rank": ["gt", "lt"]}

        @model_validator(mode="after")
        def agree(self) -> Any:
            return self

    class Joins(FilterSet[Track]):
        either: Annotated[str, Lookup("title")]
        fields = {"rank": ["exact"]}
        deepest_conditions = 11

    class Named(FilterSet[Track]):
        order = Ordering("title", **{"not": "rank"})

    class Method(FilterSet[Track]):
        required = ("ranked",)

        @parameter
        def ranked(self, queryset: QuerySet[Track], value: int) -> Q:
            return Q(rank=value)

    anything: Any = Where
    for filterset, said in (
        (Joins, "deepest_conditions is at most 10, not 11"),
        (Named, "'not' joins conditions: declare it under another name"),
        (Method, "'ranked' is required, and no condition of a body"),
        (Checked, r"Checked\.small\(\) would not be asked of conditions"),
        (Agreeing, r"Agreeing\.agree\(\) would not be asked of conditions"),
        (Track, r"Where\[…\] takes a FilterSet of a model"),
        (FilterSet, r"Where\[…\] takes a FilterSet of a model"),
    ):
        with pytest.raises(UnsupportedOperationError, match=said):
            TypeAdapter(anything[filterset])
    body = Conditions[TrackFilter].model_validate({})
    for queryset in (QuerySet(Play), QuerySet(Singer)):
        with pytest.raises(UnsupportedOperationError, match="TrackFilter filters querysets of Track"):
            queryset.filter_by(body)


def test_an_operator_is_what_its_name_means_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOOKUPS, "_items", dict(LOOKUPS._items))

    @register_lookup(of=Singer.number)
    class Odd(lookups.GreaterThan):
        name = "ge"

    class Numbered(FilterSet[Singer]):
        fields = {"number": ["gte"], "id": ["gte"]}

    for word in ("gte", "ge"):
        Conditions[Numbered].model_validate({"conditions": {"id": {word: 1}}})
    Conditions[Numbered].model_validate({"conditions": {"number": {"gte": 1}}})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Conditions[Numbered].model_validate({"conditions": {"number": {"ge": 1}}})


def test_values_of_python() -> None:
    body = Conditions[TrackFilter].model_validate({"conditions": {"title": "x"}, "sort": ["title"]})
    assert repr(body.conditions) == "Where[TrackFilter]({'title': 'x'})"
    assert Conditions[TrackFilter].model_validate(body.model_dump()) == body
    assert Conditions[TrackFilter](conditions=body.conditions, sort=body.sort) == body
    assert body.model_dump_json() == '{"conditions":{"title":"x"},"sort":["title"]}'
    assert where({"born": {"gt": TRACKS[0]["born"]}}).startswith("WHERE tracks.born > '")
    assert TrackSearch(conditions=body.conditions, size=3).size == 3
    for again in (pickle.loads(pickle.dumps(body)), copy.deepcopy(body)):
        assert again == body
        assert type(again.conditions) is Where[TrackFilter]
    rank = Conditions[Wanted].model_validate({"conditions": {"rank": 1}})
    assert pickle.loads(pickle.dumps(rank)) == copy.deepcopy(rank) == rank
    untold: Any = Conditions
    with pytest.raises(UnsupportedOperationError, match=r"of which FilterSet\? Write Where\[TrackFilter\]"):
        untold.model_validate({"conditions": {"title": "x"}})


def test_the_schema_takes_what_is_taken() -> None:
    schema = jsonschema_rs.validator_for(Conditions[TrackFilter].model_json_schema())
    for data, _ in SAID.values():
        assert schema.is_valid({"conditions": data}), data
    for name, data, *_ in REFUSED:
        assert name in BEYOND_SCHEMAS or not schema.is_valid({"conditions": data}), name
    for sort, _ in SORTS:
        assert not schema.is_valid({"sort": sort}) or sort == ["title", "-title"], sort
    assert schema.is_valid({"sort": ["-title", {"desc": "newest", "nulls": "first"}]})


async def test_openapi(client: AsyncClient) -> None:
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    body = schemas["Conditions_TrackFilter_"]
    assert body["additionalProperties"] is False
    reference = {"$ref": "#/components/schemas/TrackFilterConditions"}
    either, several, none = body["properties"]["conditions"]["anyOf"]
    assert none["maxProperties"] == 0
    assert body["properties"]["conditions"]["examples"] == [{"title": "text"}]
    assert (either, several["items"], several["maxItems"]) == (reference, reference, 20)
    assert "at most 4 deep" in body["properties"]["conditions"]["description"]
    tree = schemas["TrackFilterConditions"]
    assert set(tree["properties"]) == {
        *("title", "rank", "price", "done", "born", "uid", "kind", "score", "singer_name", "any_rank", "q"),
        *("plays__place", "and", "or", "not"),
    }
    assert tree["properties"]["or"]["items"] == reference
    assert tree["properties"]["not"]["anyOf"][0] == reference
    assert tree["additionalProperties"] is False
    price = schemas["TrackFilterConditions_price"]
    assert set(price["properties"]) == {"gte", "ge", "lt", "range", "between"}
    assert schemas["TrackFilterConditions_rank"]["properties"]["lte"]["type"] == "integer"
    assert tree["properties"]["rank"]["description"] == "Equal to this."
    assert schemas["TrackFilterConditions_rank"]["properties"]["not"]["anyOf"][1:] == [{"type": "null"}]
    assert tree["properties"]["born"]["anyOf"][0] == {"type": "string", "format": "date"}
    names = [each.get("enum") for each in body["properties"]["sort"]["items"]["anyOf"]]
    assert names[0] == ["title", "-title", "rank", "-rank", "newest", "-newest"]
    assert "TrackFilter" not in schemas
