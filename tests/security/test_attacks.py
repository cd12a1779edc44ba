"""What clients send where a program passes it on: each is refused on its line, as a QueryError."""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Q, QueryError, QuerySet, UnsupportedOperationError
from django_like_repos.caching import LARGEST, LONGEST, cached
from django_like_repos.functions import Extract, Trunc
from django_like_repos.mapping.limits import MOST_HOPS, MOST_PARTS, MOST_TRANSFORMS
from django_like_repos.mapping.paths import field_path, lookup_path
from tests.recording import RecordedSQL
from tests.security.models import Account

q: Any = QuerySet(Account)
SQL = [
    "id; DROP TABLE accounts",
    "id) --",
    "id' OR '1'='1",
    'id"',
    "id/**/",
    "(SELECT 1)",
    "id\0",
    "*",
    "",
]
DUNDERS = ["__class__", "__init__", "_sa_registry", "metadata", "registry", "login__", "__login", "id____gt"]
NAMES = [*SQL, *DUNDERS, "_connector", "_negated", "negated", "\ud800", "x" * 100_000, "login" + "__x" * 300]
ALIASES = [
    *(each for each in SQL if each not in ("*", "1=1")),
    "__class__",
    "a b",
    "a\n",
    "a\ud800",
    "a" * (LONGEST + 1),
    "a'",
]
HOPS = "__".join(["tenant", "accounts"] * 200)
DEEP = "data" + "__a" * 150


def refused(call: Callable[[], Any]) -> str:
    start = time.process_time()
    with pytest.raises(QueryError) as caught:
        call()
    assert time.process_time() - start < 1
    message = str(caught.value)
    assert len(message) < 2_000
    return message


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_names(name: str) -> None:
    refused(lambda: q.filter(**{name: "x"}))
    refused(lambda: q.exclude(Q((name, "x"))))
    refused(lambda: q.order_by(name))
    refused(lambda: q.values(name))
    refused(lambda: q.values_list(name, flat=True))
    refused(lambda: q.filter(id=F(name)))
    refused(lambda: q.options(name))
    refused(lambda: q.outerjoin(name))
    refused(lambda: q.distinct(name))
    refused(lambda: q.returning(name))


@pytest.mark.parametrize("name", ALIASES, ids=lambda name: ascii(name)[:30])
def test_aliases(name: str) -> None:
    refused(lambda: q.annotate(**{name: F("id")}))
    refused(lambda: q.alias(**{name: F("id")}))
    refused(lambda: q.values(**{name: F("id")}))


@pytest.mark.parametrize("key", ["a\0", "\0", "a\ud800", "\udfff"], ids=ascii)
def test_keys_of_documents(key: str) -> None:
    refused(lambda: q.filter(**{f"data__{key}": 1}))
    refused(lambda: q.values(f"data__{key}"))


async def test_keys_of_documents_are_only_keys(session: AsyncSession) -> None:
    for key in ("a' OR '1'='1", 'a"] = 1 --', "$.a", "a{b}", "%s", ":a", "?", "a\\", "a;b", "Ж"):
        assert await QuerySet(Account, session).filter(**{f"data__{key}": 1}).count() == 0
    assert await QuerySet(Account, session).filter(data__a=1).count() == 3


@pytest.mark.parametrize("connector", ["OR", "or", "AND", "XOR", "NOT", 1, None, ["OR"], {}])
def test_connectors(connector: Any) -> None:
    refused(lambda: Q(login="x", id=1, _connector=connector))
    refused(lambda: q.filter(login="x", _connector=connector))
    refused(lambda: q.filter(Q(("_connector", connector))))


@pytest.mark.parametrize("kind", [*SQL, "month'", "decade", "MONTH", "epoch"], ids=ascii)
def test_kinds(kind: Any) -> None:
    refused(lambda: q.dates("seen", kind))
    refused(lambda: q.datetimes("seen", kind))
    refused(lambda: q.dates("seen", "year", order=kind))
    refused(lambda: q.annotate(x=Trunc("seen", kind)))
    refused(lambda: q.annotate(x=Extract("seen", kind)))


@pytest.mark.parametrize("zone", [*SQL, "UTC'", "../../etc/passwd", "Mars/Base", "/etc/localtime"], ids=ascii)
def test_zones(zone: str) -> None:
    if zone:
        refused(lambda: QuerySet(Account, time_zone=zone))
    with pytest.raises((ValueError, KeyError, OSError)):
        ZoneInfo(zone)


OPTIONS: list[dict[str, Any]] = [
    {"format": "json; DROP TABLE accounts"},
    {"format": "JSON) SELECT 1 --"},
    {"analyze) DELETE FROM accounts --": True},
    {"analyze true": True},
    {"": True},
    {"serialize": "text"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
async def test_options_of_explain(options: dict[str, Any], session: AsyncSession, sql: RecordedSQL) -> None:
    sql.clear()
    with pytest.raises(UnsupportedOperationError):
        await QuerySet(Account, session).explain(**options)
    assert len(sql) == 0


WRITES: dict[str, Callable[[QuerySet[Account], str], Awaitable[Any]]] = {
    "update": lambda q, name: q.update({name: "x"}),
    "create": lambda q, name: q.get_or_create({name: "x"}, id=99),
    "update_or_create": lambda q, name: q.update_or_create({name: "x"}, id=1),
    "aggregate": lambda q, name: q.aggregate(x=F(name)),
    "in_bulk": lambda q, name: q.in_bulk([1], field_name=name),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_names_of_writes(write: Any, session: AsyncSession, sql: RecordedSQL) -> None:
    sql.clear()
    for name in NAMES:
        with pytest.raises(QueryError):
            await write(QuerySet(Account, session), name)
    assert len(sql) == 0


BOMBS: dict[str, tuple[Callable[[], Any], str]] = {
    "hops": (lambda: q.filter(**{HOPS: 1}), f"{MOST_PARTS} words"),
    "fewer hops": (lambda: q.filter(**{"tenant__accounts__" * 20 + "id": 1}), f"{MOST_HOPS} relations"),
    "hops in an order": (lambda: q.order_by("tenant__accounts__" * 20 + "id"), f"{MOST_HOPS} relations"),
    "hops in an F": (lambda: q.filter(id=F("tenant__accounts__" * 20 + "id")), f"{MOST_HOPS} relations"),
    "hops in options": (lambda: q.options("__".join(["tenant", "accounts"] * 20)), f"{MOST_HOPS} relations"),
    "a deep document": (lambda: q.filter(**{DEEP: 1}), f"{MOST_TRANSFORMS} transforms"),
    "words": (lambda: q.filter(**{"login" + "__" * 500_000: 1}), f"{MOST_PARTS} words"),
    "a long name": (lambda: q.filter(**{"login" * 200_000: 1}), "no field"),
    "a long alias": (lambda: q.annotate(**{"a" * 1_000_000: F("id")}), f"more than {LONGEST} characters"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    call, said = BOMBS[name]
    assert said in refused(call)


def test_as_far_as_a_path_may_go() -> None:
    hops = "tenant__accounts__" * (MOST_HOPS // 2)
    assert q.filter(**{f"{hops}login": "x"}).sql().count("JOIN") >= MOST_HOPS - 1
    assert q.filter(**{"data" + "__a" * MOST_TRANSFORMS: 1}).sql()


async def test_long_keys_are_answered_and_not_remembered(session: AsyncSession) -> None:
    caches: Any = [lookup_path, field_path]
    key = "data__" + "k" * 10_000
    accounts: Any = QuerySet(Account, session)
    await accounts.filter(data__a=1).order_by("data__a")
    before = [cache.cache_info().currsize for cache in caches]
    for number in range(20):
        assert await accounts.filter(**{f"{key}{number}": 1}).count() == 0
        assert len(await accounts.order_by(f"{key}{number}").values_list(f"{key}{number}", flat=True)) == 3
    assert [cache.cache_info().currsize for cache in caches] == before


def test_how_much_is_remembered() -> None:
    asked = []

    @cached(10)
    def length(text: Any) -> int:
        asked.append(text)
        return len(text)

    for text in ("a", "a" * LONGEST, "a" * (LONGEST + 1), ("a" * 100,) * (LARGEST // 100)):
        assert length(text) == length(text) == len(text)
    assert [len(text) for text in asked] == [
        1,
        LONGEST,
        LONGEST + 1,
        LONGEST + 1,
        LARGEST // 100,
        LARGEST // 100,
    ]
    length.cache_clear()
    assert length.cache_info().currsize == 0
