"""What clients try, made of what is declared: no other name and no trick of writing one reaches a query.

Names are refused with 422 before anything is asked; values are parameters of statements that are the same
whatever the values are.
"""

from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet
from django_like_repos.contrib.filters.declared import Parameter
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS
from django_like_repos.mapping.transform import ANY
from tests.contrib.filters.app import app
from tests.contrib.filters.declared import TrackFilter
from tests.examples import examples, is_thorough
from tests.pages.tracks import Play, Singer, Track
from tests.recording import RecordedSQL

DECLARED: dict[str, Parameter] = {each.name: each for each in TrackFilter.__declared__.parameters.values()}
BESIDE = {"page", "size", "tenant", "tag[]", "verbose"}
"""What the route declares beside them."""
OPERATORS = sorted({name for _, name in (*LOOKUPS._items, *TRANSFORMS._items)} - {ANY})
MEMBERS = sorted(
    {
        "pk",
        "metadata",
        "registry",
        "__class__",
        "__dict__",
        "__init__",
        "__mapper__",
        "__table__",
        "_sa_instance_state",
        "_connector",
        "_negated",
        *(each.key for model in (Track, Singer, Play) for each in model.__mapper__.attrs),
    }
)
SIGNS = (
    " ",
    "%20",
    "+",
    "\0",
    "\n",
    "\ufeff",
    "\u200b",
    "[]",
    "[0]",
    "[$ne]",
    ".",
    "-",
    "~",
    "!",
    "'",
    '"',
    ";",
    "--",
    "/**/",
    "=",
)


def undeclared() -> Iterator[str]:
    """Names beside those that are declared: each path, hop, lookup, dunder, alias and way to write one."""
    for member in MEMBERS:
        yield member
        for operator in OPERATORS:
            yield f"{member}__{operator}"
        for further in MEMBERS:
            yield f"{member}__{further}"
    for name in DECLARED:
        for operator in OPERATORS:
            yield f"{name}__{operator}"
        yield from (f"{name}{sign}" for sign in SIGNS)
        yield from (f"{sign}{name}" for sign in SIGNS)
        yield from (name.upper(), name.title(), name.replace("__", "."), name.replace("__", "_"), f"{name}__")
        # Letters that compatibility folds into those of a name.
        yield "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in name)
        yield quote(quote(name, safe=""), safe="").replace("_", "%5F")
    for hops in (2, 20, 200):
        yield "__".join(["singer", "tracks"] * hops)
    yield from (
        "",
        "__",
        "_",
        "*",
        "?",
        "\ud7ff",
        "x" * 5_000,
        "door",
        "p0",
        "p1",
        "filters",
        "fields",
        "groups",
    )


NAMES = [name for name in dict.fromkeys(undeclared()) if name not in DECLARED and name not in BESIDE]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_no_other_name_reaches_a_query(client: AsyncClient, sql: RecordedSQL) -> None:
    sql.clear()
    # As many at once as an answer lists, each of them to be refused by its name.
    names = NAMES if is_thorough() else NAMES[::3]
    for start in range(0, len(names), 20):
        asked = names[start : start + 20]
        answer = await client.get("/tracks", params=dict.fromkeys(asked, "1"))
        assert answer.status_code == 422
        refused = [(each["type"], each["loc"]) for each in answer.json()["detail"]]
        assert refused == [("extra_forbidden", ["query", name]) for name in asked]
    assert len(sql) == 0


def test_no_other_name_is_one_of_the_model() -> None:
    with pytest.raises(ValidationError) as caught:
        TrackFilter.model_validate(dict.fromkeys(NAMES, "1"))
    assert {each["loc"] for each in caught.value.errors()} == {(name,) for name in NAMES}
    assert {each["type"] for each in caught.value.errors()} == {"extra_forbidden"}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_no_other_name_beside_those_that_are_declared(client: AsyncClient, sql: RecordedSQL) -> None:
    sql.clear()
    for name, other in zip(DECLARED, NAMES[::7], strict=False):
        answer = await client.get("/tracks", params={name: "1", other: "1"})
        assert answer.status_code == 422
    assert len(sql) == 0


RAW = [
    "id=1&id=2",
    "id=1;title=b",
    "title=b&title",
    "title=b&%74itle=A",
    "title%00=b",
    "title%ff=b",
    "%ff%fe=b",
    "title[]=b",
    "title%5B%5D=b",
    "title=b&nonsense",
    "&&&nonsense=&&",
    "title=%ED%A0%80%00",
    "title=%00",
    "the%2Dcode=c4&the-code=c3",
]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_ways_to_write_a_query(client: AsyncClient, sql: RecordedSQL) -> None:
    sql.clear()
    for raw in RAW:
        answer = await client.get(f"/tracks?{raw}")
        assert answer.status_code == 422, raw
    assert len(sql) == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_bytes(served: AsyncSession) -> None:
    """Whatever stands in a query, written or broken in whatever way, is answered, or refused."""
    chance = Random(5)
    parts = [
        *(name.encode() for name in (*DECLARED, *BESIDE)),
        *(f"{sign}".encode() for sign in "&=+;[]#?/\\'"),
    ]
    parts += [
        b"%",
        b"%0",
        b"%00",
        b"%ff",
        b"\xff",
        b"\x00",
        b"\n",
        b"%u0041",
        b"%26",
        b"%3D",
        b"1",
        b"true",
        b"-id",
    ]
    answers = set()
    for _ in range(2_000 if is_thorough() else 100):
        query = b"".join(chance.choice(parts) for _ in range(chance.randint(1, 12)))
        answers.add(await status_of(query))
    answers.add(await status_of(b"&".join(b"id__in=%d" % number for number in range(100))))
    answers.add(await status_of(b"&".join(b"id__in=%d" % number for number in range(101))))
    assert answers == {200, 422}


async def status_of(query: bytes) -> int:
    told: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        told.extend([message["status"]] if message["type"] == "http.response.start" else [])

    scope = {"type": "http", "method": "GET", "path": "/tracks", "query_string": query, "headers": []}
    await app({**scope, "raw_path": b"/tracks", "scheme": "http", "server": ("tracks", 80)}, receive, send)
    (status,) = told
    return status


MARK = "q7z9"
"""Found in no statement unless a value is."""
NASTY = [
    f"{MARK}'; DROP TABLE tracks; --",
    f'{MARK}" OR 1=1',
    f"{MARK}) OR (1=1",
    f"%{MARK}_",
    f"{MARK}\\",
    f":{MARK} $1 ? %s {{0}}",
    f"{MARK}/*",
    f"pg_sleep({MARK})",
]
TEXTS = ["title", "title__icontains", "the-code", "q", "singer__country", "plays__place__in", "singer__text"]


async def test_values_are_parameters(client: AsyncClient, sql: RecordedSQL) -> None:
    for name in TEXTS:
        said = set()
        for value in ("plain", *NASTY):
            sql.clear()
            words = value.replace(" ", "_") if name in ("q", "singer__text") else value
            answer = await client.get("/tracks", params={name: words})
            assert answer.status_code == 200
            assert answer.json()["items"] == []
            assert not any(MARK in statement for statement, _ in sql.statements)
            said.add(tuple(statement for statement, _ in sql.statements))
        assert len(said) == 1, name


VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "nan", "inf", "1e400", "-0", "0x10", "9" * 400, "true", "null", "[]", "{}", "2026-01-01"]
    ),
    st.integers().map(str),
    st.datetimes().map(str),
    st.floats().map(str),
)


@examples(300)
@given(st.dictionaries(st.sampled_from(sorted(DECLARED)), st.lists(VALUES, min_size=1, max_size=3)))
def test_any_value_is_taken_or_refused(sent: dict[str, list[str]]) -> None:
    """What a ``FilterSet`` lets through, ``filter()`` takes; what it does not is an error of a parameter."""
    several = ("__in", "__range", "order")
    given: dict[str, Any] = {
        name: values if name.endswith(several) else values[0] for name, values in sent.items()
    }
    try:
        filters = TrackFilter.model_validate(given)
    except ValidationError:
        return
    assert QuerySet(Track).filter_by(filters).query is not None
