"""Cursors in the hands of a client: changed, borrowed, aged, made up. Each is refused, and by one error."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from importlib.util import find_spec
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, InvalidCursorError, Q, QuerySet, UnsupportedOperationError, tokens
from django_like_repos.functions import Lower
from django_like_repos.tokens import Place, Signer, fingerprint
from tests.pages.conftest import SECRET
from tests.pages.tracks import Kind, Singer, Track
from tests.recording import RecordedSQL

OTHER = "another secret, as long"


async def token_of(queryset: QuerySet[Any, Any], **options: Any) -> str:
    token = (await queryset.cursor_page(size=2, **options)).next
    assert token is not None
    return token


async def test_one_changed_byte(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Track, session).order_by("code")
    token = await token_of(queryset)
    assert (await queryset.cursor_page(after=token)).items
    sql.clear()
    for place in range(len(token)):
        for changed in ("A", "B", "."):
            if token[place] == changed or (place == len(token) - 1 and changed != "."):
                # Of the last letter of a signature two bits say nothing.
                continue
            with pytest.raises(InvalidCursorError):
                await queryset.cursor_page(after=token[:place] + changed + token[place + 1 :])
    for cut in (token[1:], token[:-1], token + "A", token.replace(".", "")):
        with pytest.raises(InvalidCursorError):
            await queryset.cursor_page(after=cut)
    assert len(sql.statements) == 0


WRONG = [
    "", " ", ".", "..", "...", "null", "0", "-1", "[]", "{}", "e30.AAAA.AAAA", "eJw.AAAA.AAAA",
    "a" * 4096, "a" * 10**6, "\x00", "\ud800", "ключ", "'; DROP TABLE tracks; --", "%00",
    b"bytes", 1, True, 0, frozenset(), ["a"], Place((1,)),
]  # fmt: skip


@pytest.mark.by_turns
@pytest.mark.parametrize("token", WRONG, ids=lambda token: repr(token)[:30])
@pytest.mark.parametrize("side", ["after", "before"])
async def test_what_is_no_cursor(session: AsyncSession, sql: RecordedSQL, token: Any, side: str) -> None:
    with pytest.raises(InvalidCursorError):
        await QuerySet(Track, session).cursor_page(**{side: token})
    assert len(sql.statements) == 0


async def test_none_is_the_beginning(session: AsyncSession) -> None:
    page = await QuerySet(Track, session).cursor_page(after=None, before=None, size=1)
    assert [track.id for track in page.items] == [1]


def signed(value: Any, secret: str = SECRET, salt: bytes = b"") -> str:
    """What somebody who has the secret, but not the query, could make."""
    signer = Signer(secret)
    dumped: str = signer._serializer(salt).dumps(value)
    return dumped


async def test_a_payload_with_the_signature_of_another(session: AsyncSession) -> None:
    queryset = QuerySet(Track, session)
    _, _, signature = (await token_of(queryset)).split(".")
    payload = base64.urlsafe_b64encode(json.dumps([False, 1]).encode()).decode().rstrip("=")
    stamp = signed([False, 1]).split(".")[1]
    for token in (f"{payload}.{stamp}.{signature}", signed([False, 1]), signed({"id": 1}, OTHER)):
        with pytest.raises(InvalidCursorError):
            await queryset.cursor_page(after=token)


FOREIGN: dict[str, Callable[[QuerySet[Any]], QuerySet[Any, Any]]] = {
    "no order": lambda q: q.filter(rank__gte=1),
    "another order": lambda q: q.filter(rank__gte=1).order_by("title"),
    "the other direction": lambda q: q.filter(rank__gte=1).order_by("-code"),
    "NULLs elsewhere": lambda q: q.filter(rank__gte=1).order_by(Lower("code")),
    "the other way round": lambda q: q.filter(rank__gte=1).order_by("code").reverse(),
    "no filter": lambda q: q.order_by("code"),
    "another value": lambda q: q.filter(rank__gte=2).order_by("code"),
    "another lookup": lambda q: q.filter(rank__gt=1).order_by("code"),
    "another filter": lambda q: q.filter(Q(rank__gte=1) | Q(rank=None)).order_by("code"),
    "one filter more": lambda q: q.filter(rank__gte=1).filter(done=True).order_by("code"),
    "its negation": lambda q: q.exclude(rank__gte=1).order_by("code"),
    "another model": lambda q: QuerySet(Singer, q._session),
    "nothing": lambda q: q.none(),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", FOREIGN)
async def test_a_cursor_of_another_query(name: str, session: AsyncSession, sql: RecordedSQL) -> None:
    token = await token_of(QuerySet(Track, session).filter(rank__gte=1).order_by("code"))
    sql.clear()
    with pytest.raises(InvalidCursorError):
        await FOREIGN[name](QuerySet(Track, session)).cursor_page(after=token)
    assert len(sql.statements) == 0


SAME: dict[str, Callable[[QuerySet[Any]], QuerySet[Any, Any]]] = {
    "another chain": lambda q: q.all().order_by("rank").filter(rank__gte=1).order_by("code"),
    "relations beside": lambda q: (
        q.select_related("singer").prefetch_related("plays").filter(rank__gte=1).order_by("code")
    ),
    "fewer columns": lambda q: q.only("id").filter(rank__gte=1).order_by("code"),
    "another fetch mode": lambda q: q.fetch_mode("peers").filter(rank__gte=1).order_by("code"),
    "a text for a number": lambda q: q.filter(rank__gte="1").order_by("code"),
}


@pytest.mark.parametrize("name", SAME)
async def test_a_cursor_of_the_same_rows(name: str, session: AsyncSession) -> None:
    """What is loaded with rows, a new column say, does not make cursors worthless."""
    token = await token_of(QuerySet(Track, session).filter(rank__gte=1).order_by("code"))
    page = await SAME[name](QuerySet(Track, session)).cursor_page(after=token, size=1)
    assert [track.id for track in page.items] == [11]


@pytest.mark.parametrize("values", [(["a", "b"], ["a", "c"]), ([Kind.LIVE], [Kind.ALBUM])], ids=repr)
async def test_lists_are_part_of_it(session: AsyncSession, values: tuple[list[Any], list[Any]]) -> None:
    name = "kind__in" if isinstance(values[0][0], Kind) else "title__in"
    one, other = [QuerySet(Track, session).filter(Q(id__gt=0) | Q((name, each))) for each in values]
    token = await token_of(one)
    with pytest.raises(InvalidCursorError):
        await other.cursor_page(after=token)


async def test_secrets(session: AsyncSession) -> None:
    queryset = QuerySet(Track, session)
    token = await token_of(queryset, secret=OTHER)
    with pytest.raises(InvalidCursorError, match="with another secret"):
        await queryset.cursor_page(after=token)
    assert (await queryset.cursor_page(after=token, secret=[OTHER.encode(), SECRET])).items
    changed = await token_of(queryset, secret=[OTHER, SECRET])
    assert (await queryset.cursor_page(after=changed)).items


async def test_old_cursors(session: AsyncSession, monkeypatch: pytest.MonkeyPatch) -> None:
    queryset = QuerySet(Track, session)
    token = await token_of(queryset)
    hour = timedelta(hours=1)
    assert (await queryset.cursor_page(after=token, max_age=hour)).items
    now = datetime.now(UTC).timestamp()
    monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: int(now) + 4000)
    with pytest.raises(InvalidCursorError, match="this cursor is too old: begin again"):
        await queryset.cursor_page(after=token, max_age=hour)
    assert (await queryset.cursor_page(after=token)).items


def test_a_database_keeps_its_secret_to_itself() -> None:
    database = Database("sqlite+aiosqlite://", secret=SECRET)
    info = database.session_factory.kw["info"]
    assert SECRET not in f"{database!r} {info!r}"
    with pytest.raises(UnsupportedOperationError, match="at least 16 bytes"):
        Database("sqlite+aiosqlite://", secret="short")


def test_without_itsdangerous(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_spec("itsdangerous")
    monkeypatch.setattr(tokens, "_itsdangerous", None)
    with pytest.raises(UnsupportedOperationError, match=r"pip install 'django-like-repos\[cursors\]'"):
        Signer(SECRET)


VALUES = [
    None, True, 0, -(2**63), 2**100, "", "ключ \x00 \U0001f511", 0.1, float("inf"), -0.0,
    Decimal("1.50"), Decimal("NaN"), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999),
    datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), date.min, time(1, 2, 3, 4),
    time(1, tzinfo=timezone(timedelta(hours=-3))), timedelta.min, timedelta(microseconds=1),
    UUID(int=3), b"", bytes(range(256)),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back_as_they_are(value: object) -> None:
    signer = Signer(SECRET)
    (found,) = signer.read(signer.sign(Place((value,)), b"q"), b"q").values
    assert (type(found), repr(found)) == (type(value), repr(value))


def test_values_that_have_no_place_in_a_cursor() -> None:
    with pytest.raises(UnsupportedOperationError, match="a cursor holds no dict: order by texts, numbers"):
        Signer(SECRET).sign(Place(({},)), b"q")


class Colour(Enum):
    RED = 1


class Nameless:
    pass


def test_fingerprints() -> None:
    values: list[Any] = [
        1,
        "1",
        1.0,
        True,
        None,
        [1],
        {1},
        {"a": 1},
        [[1]],
        Colour.RED,
        b"1",
        Decimal(1),
        range(1),
    ]
    assert len({fingerprint("q", {"a": value}) for value in values}) == len(values)
    assert fingerprint("q", {"a": 1, "b": 2}) == fingerprint("q", {"b": 2, "a": 1})
    assert fingerprint("q", {"a": {"x", "y", "z"}}) == fingerprint("q", {"a": {"z", "y", "x"}})
    assert fingerprint("q", {"a": ["x", "y"]}) == fingerprint("q", {"a": ["y", "x"]})
    # The same in each process: it is written into what clients keep.
    assert fingerprint("SELECT 1", {"a": ["x", Colour.RED]}).hex()[:16] == "05ec55fcad202e73"
    with pytest.raises(UnsupportedOperationError, match=r"the repr\(\) of Nameless does not tell one from"):
        fingerprint("q", {"a": Nameless()})


PROCESS = """
import asyncio

from django_like_repos import Count, Database, Exists, OuterRef, Q, QuerySet
from tests.pages.tracks import Base, Kind, Play, Track, track


async def main() -> None:
    async with Database("sqlite+aiosqlite://", secret="a secret that is long enough") as database:
        await database.create_all(Base)
        async with database.session() as session:
            session.add(Track(**track(1, 0), plays=[Play(place=place) for place in "ab"]))
            plays = QuerySet(Play, session).filter(place__in={"a", "b", "c"})
            plays = plays.annotate(n=Count("track__plays")).filter(Q(n__gte=0) | Q(track__kind=Kind.LIVE))
            tracks = QuerySet(Track).filter(id=OuterRef("track_id"), title__in={"x", "y"})
            plays = plays.exclude(Exists(tracks))
            page = await plays.order_by("track__title", "-n").cursor_page(size=1, after=TOKEN)
            print(page.next or [play.place for play in page.items])


TOKEN = None
asyncio.run(main())
"""


@pytest.mark.long
def test_cursors_are_good_in_another_process() -> None:
    def run(program: str, seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    token = run(PROCESS, "1").strip()
    assert run(PROCESS.replace("TOKEN = None", f"TOKEN = {token!r}"), "2").strip() == "['a']"
