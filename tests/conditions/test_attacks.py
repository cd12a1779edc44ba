"""Bodies of strangers: whatever nobody declared is a 422, and no statement is sent.

The attacks are made of the names that are declared, and of all that the mapping and the registries know.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import pytest
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import inspect

from django_like_repos import Database, QuerySet
from django_like_repos.contrib.filters import Conditions
from django_like_repos.contrib.filters.bodies.sayable import sayable
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS
from tests.conditions.app import app_on
from tests.conditions.declared import TrackFilter
from tests.examples import examples, is_thorough
from tests.pages.tracks import Track
from tests.recording import RecordedSQL

MAY: Final = sayable(TrackFilter.__declared__)
COLUMNS, TERMS = MAY.columns, MAY.terms
WORDS: Final = sorted({name for registry in (LOOKUPS, TRANSFORMS) for _, name in registry._items})
"""Every lookup and transform that there is."""


def paths(model: Any, hops: int) -> Iterator[str]:
    """Every attribute of a model, and of those that relations lead to."""
    mapper = inspect(model)
    for name in (*mapper.all_orm_descriptors.keys(), "pk"):
        yield name
        if hops and name in mapper.relationships:
            yield from (f"{name}__{rest}" for rest in paths(mapper.relationships[name].mapper, hops - 1))


def variants(name: str) -> list[str]:
    """What may be taken for a name."""
    around = ["{} ", " {}", "-{}", "+{}", "_{}", "{}_", "{}__", "__{}", "{0}__{0}", '"{}"', "`{}`", "[{}]"]
    within = [
        "{}.id",
        "tracks.{}",
        "{}\0",
        "{}\n",
        "{}\u200b",
        "{}\ud800",
        "{}->>'a'",
        "{}--",
        "{};",
        "{0},{0}",
    ]
    # Letters that look alike, and those that are the same in Python's identifiers.
    alike = [name.replace("a", "\u0430"), name.replace("e", "\uff45"), name.replace("i", "\u0131")]
    cases = [name.upper(), name.title(), name.swapcase(), name[:-1], name + name[-1], name.replace("__", ".")]
    return [each.format(name) for each in (*around, *within)] + alike + cases


ODD: Final = [
    *[
        "_",
        "__",
        "___",
        "?",
        "*",
        "1",
        "%",
        "-1",
        ".",
        "$where",
        "$or",
        "$ne",
        "AND",
        "Or",
        "NOT",
        "xor",
        "q__in",
        "and__in",
        "or__0",
        "not__title",
    ],
    *[
        "_connector",
        "_negated",
        "_query",
        "_sa_instance_state",
        "__class__",
        "__dict__",
        "__init__",
        "__proto__",
        "metadata",
    ],
    *[
        "registry",
        "fields",
        "order",
        "ranked",
        "conditions",
        "sort",
        "filterset",
        "self",
        "model_fields",
        "apply",
        "data",
        "where",
    ],
    *("", "1=1", "id); DROP TABLE tracks; --", "title' OR '1'='1", "id/**/IN", "count(*)", "x" * 100_000),
    "__".join(["singer", "tracks"] * 200),
]
TRACK_PATHS: Final = sorted(paths(Track, 3))
NAMES: Final = sorted(
    {
        *TRACK_PATHS,
        *(f"{path}__{word}" for path in TRACK_PATHS for word in WORDS),
        *(f"{column}__{word}" for column in COLUMNS for word in WORDS),
        *(variant for column in COLUMNS for variant in variants(column)),
        *ODD,
    }
    - COLUMNS.keys()
)
VALUES: Final[list[Any]] = [
    *("x", 1, None, ["x"], [None], True, {"exact": 1}, {"gt": 1, "in": []}, {"x": {"y": 1}}),
]
WRAPS: Final[list[Callable[[Any], Any]]] = [
    lambda data: data,
    lambda data: [data],
    lambda data: {"title": "x", **data},
    lambda data: {"not": data},
    lambda data: {"not": [data]},
    lambda data: {"and": [data, {"rank": 1}]},
    lambda data: {"or": [{"rank": 1}, {"not": {"or": [data]}}]},
    lambda data: [{"rank": 1}, {"and": [{"or": [{"and": [data]}]}]}],
]


def some(things: list[str], few: int) -> list[str]:
    """All of them in a thorough run; else so many, from everywhere."""
    return things if is_thorough() else things[:: max(1, len(things) // few)]


def refused(body: Any) -> Any:
    """The place of the first error."""
    with pytest.raises(ValidationError) as caught:
        Conditions[TrackFilter].model_validate(body)
    errors = caught.value.errors(include_url=False, include_context=False)
    # An answer has to hold them.
    json.dumps(errors, allow_nan=False, ensure_ascii=False).encode()
    return errors[0]["loc"]


def test_there_are_attacks() -> None:
    assert len(NAMES) > 3_000
    assert {"code", "pk", "singer__name", "plays__track__id", "TITLE", "plays__place__in"} <= {*NAMES}


def test_names_that_are_not_declared() -> None:
    for number, name in enumerate([*some(NAMES, 700), *ODD]):
        value, wrap = VALUES[number % len(VALUES)], WRAPS[number // 3 % len(WRAPS)]
        place = refused({"conditions": wrap({name: value})})
        assert place[-1] == name.encode("utf-8", "replace").decode() or len(name) > 200


def test_operators_that_are_not_declared() -> None:
    for column, declared in COLUMNS.items():
        more = {f"{word}__in" for word in WORDS} | {word.upper() for word in WORDS}
        others = {*WORDS, *ODD, *COLUMNS, *more} - declared.operators.keys() - {"not"}
        for number, word in enumerate(some(sorted(others), 50)):
            wrap, value = WRAPS[number % len(WRAPS)], VALUES[number // 3 % len(VALUES)]
            refused({"conditions": wrap({column: {word: value}})})


def test_orders_that_are_not_declared() -> None:
    for name in some([name for name in NAMES if name not in TERMS], 300):
        assert refused({"sort": [name]}) == ("sort", 0)
        assert refused({"sort": ["title", {"desc": name}]}) == ("sort", 1, "desc")
        assert refused({"sort": [{"asc": "title", name: "last"}]}) == ("sort", 0)
    for odd in VALUES:
        refused({"sort": [odd]})
        refused({"sort": odd})
    refused({"sort": ["title"] * 10_000})


KINDS: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("title", "plays__place", "born", "uid"), (str,)),
    **dict.fromkeys(("rank", "kind", "score"), (int, float)),
    "price": (int, float, str),
    "done": (bool,),
}
TRICKS: Final[list[Any]] = [
    *[
        "1",
        "true",
        "null",
        "2026-01-02",
        "ALBUM",
        "1e3",
        "0x1",
        "1_000",
        "١",
        "%",
        "{}",
        "[]",
        "Infinity",
        "-0",
        "[1]",
        "1.0",
    ],
    *(
        "",
        "a\0",
        "\ud800",
        " 1 ",
        "00000000-0000-0000-0000-000000000001",
        "' OR 1=1 --",
        "x" * 21,
        "1" * 5_000,
    ),
    *(0, 1, -1, 2**31, 2**63, -(2**200), 0.5, 1.0, -0.0, 1e308, float("nan"), float("inf"), True, False),
    *({}, {"$ne": None}, {"__class__": 1}, [[1]], [{}], [[[[[[[[[["x"]]]]]]]]]]),
]


@cache
def taken() -> list[Any]:
    """Those conditions of tricks that are accepted."""
    found = []
    for column, declared in COLUMNS.items():
        for word, operator in declared.operators.items():
            for trick in TRICKS:
                for value in (trick, [trick, trick]) if not is_thorough() else (trick, [trick], [trick] * 2):
                    data = {column: {word: value}}
                    try:
                        Conditions[TrackFilter].model_validate({"conditions": data})
                    except ValidationError:
                        continue
                    assert isinstance(value, list) == operator.takes_list, data
                    kinds = (bool,) if word == "isnull" else KINDS[column]
                    assert all(type(each) in kinds for each in (value if operator.takes_list else [value])), (
                        data
                    )
                    found.append(data)
    return found


async def test_types_that_do_not_fit(listed: Database) -> None:
    """Only the kinds of JSON that OpenAPI names are taken, and what is taken is answered."""
    accepted = taken()
    assert {column for data in accepted for column in data} == KINDS.keys()
    async with listed.session() as session:
        tracks = QuerySet(Track, session).order_by().values_list("id", flat=True)
        for start in range(0, len(accepted), 18):
            body = {"conditions": {"or": accepted[start : start + 18]}}
            await tracks.filter_by(Conditions[TrackFilter].model_validate(body))[:1]


DEEP: Final = 90_000
ATTACKS: Final[list[Any]] = [
    *({"conditions": {name: "x"}} for name in [*NAMES[:: len(NAMES) // 30], *ODD[-6:]]),
    *({"conditions": {"title": {word: "x"}}} for word in WORDS if word not in COLUMNS["title"].operators),
    *({"sort": [name]} for name in NAMES[:: len(NAMES) // 10]),
    *({"conditions": {"rank": trick}} for trick in TRICKS if type(trick) not in (int, float)),
    *({name: {}} for name in ("filters", "Conditions", "\ud800", "", "limit")),
    *([], [{}], "x", 1, None, {"conditions": []}, {"conditions": "x"}, {"sort": {}}),
]
RAW: Final = [
    *(b"", b"{", b"[]", b"null", b"\xff", b'{"a": 1e999}'),
    *(b'{"conditions": NaN}', b'{"conditions": {"rank": NaN}}', b'{"sort": [-Infinity]}'),
    b'{"conditions": {"rank": ' + b"1" * 5_000 + b"}}",
    b'{"conditions": ' + b'{"not": ' * DEEP + b"{}" + b"}" * DEEP + b"}",
    b'{"conditions": ' + b'{"not": ' * 400 + b"{}" + b"}" * 400 + b"}",
    b'{"conditions": {"rank": ' + b"[" * 400 + b"]" * 400 + b"}}",
    b'{"conditions": {"or": [' + b"{}," * 20_000 + b"{}]}}",
    b'{"conditions": {"rank": {"in": [' + b"1," * 20_000 + b"1]}}}",
    b'{"conditions": {' + b",".join(b'"x%d": 1' % number for number in range(5_000)) + b"}}",
]
"""What is no JSON, or more of it than anybody reads."""


async def test_over_http(sqlite_listed: Database, sql: RecordedSQL) -> None:
    transport = ASGITransport(app_on(sqlite_listed), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://tracks") as client:

        async def post(content: bytes, kind: str = "application/json") -> None:
            answer = await client.post("/search", content=content, headers={"content-type": kind})
            assert 400 <= answer.status_code < 500, (content[:200], answer.text[:200])
            assert "detail" in answer.json()
            assert len(answer.content) < 20_000

        await client.post("/search", json={})
        sql.clear()
        for content in [*(json.dumps(attack).encode() for attack in ATTACKS), *RAW]:
            await post(content)
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            await post(b"conditions[rank]=1", kind)
        assert len(sql) == 0


KEYS: Final = st.sampled_from(
    ["and", "or", "not", *COLUMNS, "gt", "in", "exact", "isnull", "code", "__class__"]
)
SOME_JSON: Final = st.recursive(
    st.sampled_from(TRICKS) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@examples(300)
@given(data=st.dictionaries(KEYS, SOME_JSON, max_size=3), sort=st.lists(SOME_JSON, max_size=2))
def test_whatever_json_there_is(data: Any, sort: Any) -> None:
    """It is refused as pydantic refuses, or is a query."""
    try:
        body = Conditions[TrackFilter].model_validate({"conditions": data, "sort": sort})
    except ValidationError:
        return
    assert QuerySet(Track).filter_by(body).sql()
