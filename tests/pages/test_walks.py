"""Pages turned forth and back by cursors while rows come, go and change, against a list that Python sorts.

Every page must be what the list has beyond the row that its cursor was made of, as that row was then.
"""

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any, NamedTuple

from hypothesis import event, given, note
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Database, F, QuerySet
from django_like_repos.functions import Lower
from tests.examples import examples
from tests.pages.tracks import SINGERS, Play, Track, track

Row = dict[str, Any]
SINGER_OF = {key: {"name": name, "country": country} for key, name, country, _ in SINGERS}


class Term(NamedTuple):
    """A term of an ordering, and what it orders by."""

    written: Any
    value: Callable[[Row], Any]
    descending: bool = False
    nulls: str | None = None


def of_column(name: str) -> list[Term]:
    def value(row: Row) -> Any:
        found = row[name]
        return found.name if name == "kind" else found

    return [
        Term(name, value),
        Term(f"-{name}", value, descending=True),
        Term(F(name).asc(nulls_first=True), value, nulls="first"),
        Term(F(name).asc(nulls_last=True), value, nulls="last"),
        Term(F(name).desc(nulls_first=True), value, descending=True, nulls="first"),
        Term(F(name).desc(nulls_last=True), value, descending=True, nulls="last"),
    ]


def of_singer(name: str) -> list[Term]:
    def value(row: Row) -> Any:
        return SINGER_OF.get(row["singer_id"], {}).get(name)

    path = f"singer__{name}"
    return [
        Term(path, value),
        Term(f"-{path}", value, descending=True),
        Term(F(path).desc(nulls_last=True), value, descending=True, nulls="last"),
    ]


def lowered(row: Row) -> str:
    return str(row["title"]).lower()


TERMS = [
    *[
        term
        for name in ("rank", "done", "price", "score", "played", "born", "kind", "uid", "singer_id", "id")
        for term in of_column(name)
    ],
    *of_singer("name"),
    *of_singer("country"),
    Term(Lower("title"), lowered),
    Term(Lower("title").desc(), lowered, descending=True),
    Term(F("rank") * -1, lambda row: None if row["rank"] is None else -row["rank"]),
    Term("-low", lowered, descending=True),
    Term("n", lambda row: row["n"]),
    Term("-n", lambda row: row["n"], descending=True),
    Term(Track.rank.desc().nulls_last(), lambda row: row["rank"], descending=True, nulls="last"),
    Term(Track.rank, lambda row: row["rank"]),
]

CHAINS: dict[str, Callable[[QuerySet[Track]], QuerySet[Track, Any]]] = {
    "models": lambda q: q,
    "models with singers": lambda q: q.select_related("singer").prefetch_related("plays"),
    "few columns": lambda q: q.only("title"),
    "values": lambda q: q.values("id", "title"),
    "tuples": lambda q: q.values_list("title", "id"),
    "named tuples": lambda q: q.values_list("id", "rank", named=True),
    "keys": lambda q: q.values_list("id", flat=True),
    "annotated": lambda q: q.annotate(name=F("singer__name"), twice=F("rank") * 2),
    "played": lambda q: q.filter(plays__place__in=["a", "b"]),
    "distinct": lambda q: q.distinct(),
}
PLAYED = {"played"}


def key_of(name: str, row: Any) -> int:
    if name == "tuples":
        return int(row[1])
    return int(row if isinstance(row, int) else row["id"] if isinstance(row, dict) else row.id)


class World:
    """The rows, in the database and in Python."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.rows: dict[int, Row] = {}
        self.last = 0

    async def come(self, number: int) -> None:
        self.last += 1
        key = self.last * 37 % 101
        row = track(key, number)
        await self.session.execute(insert(Track).values(row))
        plays = number % 3
        for place in "ab"[:plays]:
            await self.session.execute(insert(Play).values(place=place, track_id=key))
        self.rows[key] = {**row, "n": plays}

    async def go(self, number: int) -> None:
        if self.rows:
            key = list(self.rows)[number % len(self.rows)]
            await self.session.execute(delete(Play).where(Play.track_id == key))
            await self.session.execute(
                delete(Track).where(Track.id == key), execution_options={"synchronize_session": False}
            )
            del self.rows[key]

    async def change(self, number: int) -> None:
        if self.rows:
            key = list(self.rows)[number % len(self.rows)]
            columns = {**track(key, number), "singer_id": (None, 1, 2, 3, 4)[number % 5]}
            await self.session.execute(
                update(Track).where(Track.id == key).values(columns),
                execution_options={"synchronize_session": False},
            )
            self.rows[key].update(columns)


class Oracle:
    """What a list has beyond a place."""

    def __init__(self, terms: list[Term], world: World, *, sqlite: bool, played: bool) -> None:
        last = terms[-1].descending if terms else False
        self.terms = [*terms, Term("id", lambda row: row["id"], last)]
        self.world, self.sqlite, self.played = world, sqlite, played

    def place(self, row: Row) -> tuple[Any, ...]:
        return tuple([term.value(row) for term in self.terms])

    def compare(self, mine: tuple[Any, ...], other: tuple[Any, ...]) -> int:
        for term, a, b in zip(self.terms, mine, other, strict=True):
            if a == b:
                continue
            if a is None or b is None:
                nulls_last = term.nulls == "last" if term.nulls else term.descending == self.sqlite
                return 1 if (a is None) == nulls_last else -1
            return -1 if (a < b) != term.descending else 1
        return 0

    def beyond(self, place: tuple[Any, ...] | None, size: int, *, way: int, inclusive: bool) -> list[Row]:
        rows = [row for row in self.world.rows.values() if row["n"] or not self.played]
        if place is not None:
            least = 0 if inclusive else 1
            rows = [row for row in rows if self.compare(self.place(row), place) * way >= least]

        def compared(mine: Row, other: Row) -> int:
            return self.compare(self.place(mine), self.place(other)) * way

        return sorted(rows, key=cmp_to_key(compared))[:size]


CHANGES = st.lists(st.tuples(st.sampled_from(["come", "go", "change"]), st.integers(0, 539)), max_size=3)
ONWARD = st.sampled_from([True, True, False])
WALK = st.lists(st.tuples(ONWARD, st.integers(1, 4), CHANGES), min_size=3, max_size=12)


@examples(100)
@given(
    numbers=st.lists(st.integers(0, 539), min_size=4, max_size=14),
    terms=st.lists(st.sampled_from(TERMS), max_size=4),
    name=st.sampled_from(sorted(CHAINS)),
    backwards=st.booleans(),
    walk=WALK,
)
async def test_walks(
    tracks: Database,
    numbers: list[int],
    terms: list[Term],
    name: str,
    backwards: bool,
    walk: list[tuple[bool, int, list[tuple[str, int]]]],
) -> None:
    async with tracks.session() as session:
        world = World(session)
        for number in numbers:
            await world.come(number)
        chain = QuerySet(Track, session)
        if any(term.written in ("n", "-n") for term in terms if isinstance(term.written, str)):
            chain = chain.alias(n=Count("plays"))
        chain = CHAINS[name](chain.alias(low=Lower("title"))).order_by(*[term.written for term in terms])
        if name in PLAYED and any(term.written in ("n", "-n") for term in terms):
            return
        sqlite = tracks.engine.dialect.name == "sqlite"
        oracle = Oracle(terms, world, sqlite=sqlite, played=name in PLAYED)
        if backwards:
            chain = chain.reverse()
        await turn_pages(chain, name, world, oracle, walk, way=-1 if backwards else 1)


async def turn_pages(
    chain: QuerySet[Any, Any],
    name: str,
    world: World,
    oracle: Oracle,
    walk: list[tuple[bool, int, list[tuple[str, int]]]],
    *,
    way: int,
) -> None:
    note(repr(chain))
    cursors: dict[bool, tuple[str, tuple[Any, ...], bool]] = {}
    for onward, size, changes in walk:
        token, place, inclusive = cursors.get(onward) or (None, None, False)
        if cursors and token is None:
            continue
        forth = onward or token is None
        page = await chain.cursor_page(
            after=token if forth else None, before=None if forth else token, size=size
        )
        ahead = oracle.beyond(place, size + 1, way=way if forth else -way, inclusive=inclusive)
        wanted = ahead[:size] if forth else ahead[:size][::-1]
        assert [key_of(name, item) for item in page.items] == [row["id"] for row in wanted]
        more = (len(ahead) > size, token is not None)
        assert (page.has_next, page.has_previous) == (more if forth else more[::-1])
        assert (page.has_next, page.has_previous) == (page.next is not None, page.previous is not None)
        cursors = {}
        ends = [oracle.place(row) for row in wanted]
        if page.next is not None:
            at = (ends[-1], False) if ends else (place, not inclusive)
            cursors[True] = (page.next, *at)  # type: ignore[assignment]
        if page.previous is not None:
            at = (ends[0], False) if ends else (place, not inclusive)
            cursors[False] = (page.previous, *at)  # type: ignore[assignment]
        event("a page beyond a place" if token else "a first page")
        if not cursors:
            return
        for kind, number in changes:
            await getattr(world, kind)(number)
