"""``cursor_page()``: its SQL, what rows become on its pages, and what is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, ForeignKeyConstraint, func, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import (
    Count,
    CursorPage,
    Database,
    F,
    FilteredRelation,
    Min,
    NameNotAllowedError,
    Q,
    QuerySet,
    UnsupportedOperationError,
    Window,
)
from django_like_repos.functions import Collate, Lower, RowNumber
from tests.pages.conftest import SECRET
from tests.pages.tracks import Singer, Track
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


async def walked(queryset: QuerySet[Any, Any], size: int = 5) -> tuple[list[Any], list[Any]]:
    """The rows of all pages, forth and back again."""
    page = await queryset.cursor_page(size=size)
    forth = [*page.items]
    while page.next is not None:
        page = await queryset.cursor_page(after=page.next, size=size)
        forth += page.items
    back = [*page.items]
    while page.previous is not None:
        page = await queryset.cursor_page(before=page.previous, size=size)
        back = [*page.items, *back]
    return forth, back


def written(backend: str, sqlite: str, postgresql: str) -> str:
    return sqlite if backend == "sqlite" else postgresql


async def test_the_first_page_and_the_next(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    tracks = QuerySet(Track, session).only("title").order_by("born", "id")
    page = await tracks.cursor_page(size=4)
    limit = written(backend, "? OFFSET ?", "$1::BIGINT")
    place = "tracks.born AS dlr_place0, tracks.id AS dlr_place1"
    same_sql(
        sql.last,
        f"SELECT tracks.id, tracks.title, {place} FROM tracks "
        f"ORDER BY tracks.born ASC, tracks.id ASC LIMIT {limit}",
    )
    assert [track.id for track in page.items] == [2, 6, 9, 10]
    assert (page.size, page.has_next, page.has_previous, page.previous) == (4, True, False, None)

    sql.clear()
    page = await tracks.cursor_page(after=page.next, size=4)
    assert len(sql.statements) == 1
    where = written(backend, "(?, ?)", "($1, $2)")
    limit = written(backend, "? OFFSET ?", "$3::BIGINT")
    same_sql(
        sql.last,
        f"SELECT tracks.id, tracks.title, {place} FROM tracks WHERE (tracks.born, tracks.id) > {where} "
        f"ORDER BY tracks.born ASC, tracks.id ASC LIMIT {limit}",
    )
    assert (page.has_next, page.has_previous) == (True, True)

    page = await tracks.cursor_page(before=page.previous, size=4)
    same_sql(
        sql.last,
        f"SELECT tracks.id, tracks.title, {place} FROM tracks WHERE (tracks.born, tracks.id) < {where} "
        f"ORDER BY tracks.born DESC, tracks.id DESC LIMIT {limit}",
    )
    assert [track.id for track in page.items] == [2, 6, 9, 10]
    assert (page.has_next, page.has_previous) == (True, False)


async def test_pages_share_a_plan(session: AsyncSession, tracks: Database) -> None:
    queryset = QuerySet(Track, session).order_by("born").filter(id__gt=0)
    page = await queryset.cursor_page(size=2)
    page = await queryset.cursor_page(after=page.next, size=2)
    before = tracks.plans.info()
    page = await queryset.cursor_page(after=page.next, size=3)
    after = tracks.plans.info()
    assert after.misses == before.misses


CONDITIONS: dict[str, tuple[tuple[Any, ...], int, str, str]] = {
    # The order, the page whose first statement is looked at, and its condition on each database.
    "the key": ((), 2, "tracks.id > ?", "tracks.id > $1"),
    "what is unique": (("-code",), 2, "tracks.code < ?", "tracks.code < $1"),
    "one direction": (
        ("-born", "-done"),
        2,
        "(tracks.born, tracks.done, tracks.id) < (?, ?, ?)",
        "(tracks.born, tracks.done, tracks.id) < ($1, $2, $3)",
    ),
    "two directions": (
        ("born", "-done"),
        2,
        "tracks.born >= ? AND (tracks.born > ? OR tracks.born = ? AND (tracks.done, tracks.id) < (?, ?))",
        "tracks.born >= $1 AND "
        "(tracks.born > $1 OR tracks.born = $1 AND (tracks.done, tracks.id) < ($2, $3))",
    ),
    "after a NULL": (
        (F("rank").asc(nulls_first=True),),
        2,
        "tracks.rank IS NULL AND tracks.id > ?",
        "tracks.rank IS NULL AND tracks.id > $1",
    ),
    "NULLs before": (
        (F("rank").asc(nulls_first=True),),
        4,
        "(tracks.rank, tracks.id) > (?, ?)",
        "(tracks.rank, tracks.id) > ($1, $2)",
    ),
    "NULLs after": (
        (F("rank").asc(nulls_last=True),),
        2,
        "(tracks.rank, tracks.id) > (?, ?)",
        "(tracks.rank, tracks.id) > ($1, $2)",
    ),
    "NULLs in the second place": (
        ("done", F("rank").asc(nulls_last=True)),
        2,
        "tracks.done >= ? AND (tracks.done > ? OR tracks.done = ? AND "
        "(tracks.rank > ? OR tracks.rank IS NULL OR tracks.rank = ? AND tracks.id > ?))",
        "tracks.done >= $1 AND (tracks.done > $1 OR tracks.done = $1 AND "
        "(tracks.rank > $2 OR tracks.rank IS NULL OR tracks.rank = $2 AND tracks.id > $3))",
    ),
    "what is computed": (
        (Lower("title"),),
        2,
        "lower(tracks.title) >= ? AND (lower(tracks.title), tracks.id) > (?, ?)",
        "(lower(tracks.title), tracks.id) > ($1, $2)",
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
async def test_conditions(name: str, session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    order, number, *conditions = CONDITIONS[name]
    condition = written(backend, *conditions)
    queryset = QuerySet(Track, session).order_by(*order)
    page = await queryset.cursor_page(size=2)
    for _ in range(number - 1):
        sql.clear()
        page = await queryset.cursor_page(after=page.next, size=2)
    first = sql.statements[0][0]
    same_sql(first[first.index("WHERE ") + 6 : first.index(" ORDER BY")], condition)


async def test_collations(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    name = written(backend, "NOCASE", "C")
    queryset = QuerySet(Track, session).order_by(Collate("title", name)).values_list("title", flat=True)
    forth, back = await walked(queryset, 2)
    assert list(dict.fromkeys(forth)) == ["A", "ab", "b"]
    assert (len(forth), back) == (12, forth)
    assert any(f'(tracks.title COLLATE "{name}", tracks.id) ' in said for said, _ in sql.statements)


async def test_rows_with_and_without_a_first_value_are_two_stretches(
    session: AsyncSession, sql: RecordedSQL
) -> None:
    queryset = (
        QuerySet(Track, session).order_by(F("rank").asc(nulls_last=True), "id").values_list("id", "rank")
    )
    page = await queryset.cursor_page(size=7)
    sql.clear()
    page = await queryset.cursor_page(after=page.next, size=7)
    assert [rank for _, rank in page.items] == [2, 2, None, None, None]
    assert [
        statement.partition("WHERE ")[2].partition(" ORDER")[0][:22] for statement, _ in sql.statements
    ] == [
        "(tracks.rank, tracks.i",
        "tracks.rank IS NULL",
    ]


async def test_what_comes_with_models(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = (
        QuerySet(Track, session)
        .select_related("singer")
        .prefetch_related("plays")
        .annotate(n=Count("plays"), big=Lower("code"))
        .order_by("-n", "singer__name")
    )
    page = await queryset.cursor_page(size=3)
    sql.clear()
    session.expunge_all()
    page = await queryset.cursor_page(after=page.next, size=3)
    assert len(sql.statements) == 2
    found: list[Any] = page.items
    for track in found:
        assert (track.n, track.big, len(track.plays)) == (0, track.code, 0)
        assert track.singer is None or track.singer.country
        assert not [name for name in vars(track) if name.startswith("dlr")]


async def test_the_row_that_is_one_too_many_is_not_prefetched_for(
    session: AsyncSession, sql: RecordedSQL
) -> None:
    page = await QuerySet(Track, session).prefetch_related("plays").cursor_page(size=2)
    _, parameters = sql.statements[-1]
    assert [track.id for track in page.items] == [1, 2]
    assert "3" not in str(parameters)


CHAINS: dict[str, Callable[[QuerySet[Any]], QuerySet[Any, Any]]] = {
    "dicts": lambda q: q.values("rank", "id").order_by("rank"),
    "all columns": lambda q: q.values().order_by("-rank"),
    "all columns in tuples": lambda q: q.values_list().order_by("title"),
    "what is not read": lambda q: q.values_list("title", flat=True).order_by("singer__country", "-uid"),
    "groups": lambda q: q.values("rank").annotate(n=Count("*")).order_by("n"),
    "groups of two": lambda q: q.values("rank", "singer__name").annotate(n=Count("*")).order_by("-n", "rank"),
    "filtered groups": lambda q: q.annotate(n=Count("plays")).filter(n__lt=2).order_by("n"),
    "the least of many": lambda q: q.annotate(first=Min("plays__place")).order_by("-first"),
    "a window": lambda q: q.annotate(n=Window(RowNumber(), order_by="-rank")).order_by("n"),
    "beside a window": lambda q: (
        q.annotate(n=Window(RowNumber(), order_by="-id")).order_by("rank", "born").values_list("id", "n")
    ),
    "of a window": lambda q: (
        q.annotate(n=Window(RowNumber(), order_by="-id")).filter(n__gt=2).order_by("rank", "n")
    ),
    "a filter of many": lambda q: q.filter(plays__id__gt=0).order_by("singer__name"),
    "a negated filter of many": lambda q: q.exclude(plays__place="a").order_by("rank"),
    "loads of many": lambda q: q.outerjoin("plays").options("plays").order_by("title"),
    "a filtered relation": lambda q: (
        q.annotate(ada=FilteredRelation("singer", condition=Q(singer__name="Ada")))
        .select_related("ada")
        .order_by("ada__country")
    ),
    "SQLAlchemy's own": lambda q: q.filter(Track.rank > 0).order_by(func.lower(Track.title).desc()),
    "the other way round": lambda q: q.order_by("title", "-rank").reverse(),
    "different models": lambda q: q.filter(plays__id__gt=0).distinct().order_by("rank"),
    "its own relation": lambda q: q.order_by("singer"),
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", CHAINS)
async def test_every_row_once(name: str, session: AsyncSession) -> None:
    queryset = CHAINS[name](QuerySet(Track, session))
    whole = [told(row) for row in await queryset]
    for size in (1, 5, 100):
        forth, back = await walked(queryset, size)
        assert [told(row) for row in forth] == [told(row) for row in back]
        assert sorted(map(repr, whole)) == sorted(repr(told(row)) for row in forth)


def told(row: Any) -> Any:
    return (row.id, getattr(row, "n", None)) if isinstance(row, Track) else row


async def test_what_is_changed_meanwhile(session: AsyncSession) -> None:
    queryset = QuerySet(Singer, session).order_by("country")
    page = await queryset.cursor_page(size=2)
    assert [singer.id for singer in page.items] == [1, 2]
    await session.execute(text("UPDATE singers SET country = 'aa' WHERE id = 3"))
    await session.execute(insert(Singer).values(id=9, country="at", number=9))
    await session.execute(text("DELETE FROM singers WHERE id = 2"))
    page = await queryset.cursor_page(after=page.next, size=9)
    # The row at the cursor is gone, one has come after it, and one has gone before it.
    assert [singer.id for singer in page.items] == [9, 4]


async def test_the_way_back_from_an_empty_page(session: AsyncSession) -> None:
    queryset = QuerySet(Singer, session).order_by("id")
    page = await queryset.cursor_page(size=2)
    await session.execute(text("DELETE FROM singers WHERE id > 2"))
    empty = await queryset.cursor_page(after=page.next, size=2)
    assert (empty.items, empty.next, empty.has_next, empty.has_previous) == ([], None, False, True)
    again = await queryset.cursor_page(before=empty.previous, size=2)
    assert [singer.id for singer in again.items] == [1, 2]
    await session.execute(text("DELETE FROM singers WHERE id = 1"))
    first = await queryset.cursor_page(before=again.next, size=2)
    assert first.items == []
    assert [singer.id for singer in (await queryset.cursor_page(after=first.next)).items] == [2]


async def test_nothing_is_asked_for_nothing(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Track, session).none().cursor_page() == CursorPage([], 20, None, None, False, False)
    assert len(sql.statements) == 0


async def test_with_strict_names(session: AsyncSession) -> None:
    strict = QuerySet(Track, session).strict_names(["rank", "-rank"])
    page = await strict.order_by("-rank").cursor_page(size=1)
    assert page.items
    with pytest.raises(NameNotAllowedError):
        strict.order_by("id")


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "size 0": (lambda q: q.cursor_page(size=0), "size is 0, and 1 is the least"),
    "no size": (lambda q: q.cursor_page(size=None), "size is a whole number, not None"),
    "a bool": (lambda q: q.cursor_page(size=True), "size is a whole number, not True"),
    "too many": (lambda q: q.cursor_page(size=11, max_size=10), "size is 11, and 10 rows are the most"),
    "both ways": (lambda q: q.cursor_page(after="a", before="b"), "takes after or before, not both"),
    "an age of no time": (lambda q: q.cursor_page(max_age=5), "max_age is a timedelta above 0, not 5"),
    "an age of nothing": (lambda q: q.cursor_page(max_age=timedelta(0)), "max_age is a timedelta above 0"),
    "a number for a secret": (lambda q: q.cursor_page(secret=5), "a secret is text or bytes, not of int"),
    "a short secret": (lambda q: q.cursor_page(secret="short"), "a secret has at least 16 bytes"),
    "no secret at all": (lambda q: q.cursor_page(secret=[]), "a secret has at least 16 bytes"),
    "another secret": (lambda q: q.cursor_page(secret=[1]), "a secret is text or bytes, not of int"),
    "a slice": (lambda q: q[:5].cursor_page(), "cursor_page() cannot follow a slice"),
    "by chance": (lambda q: q.order_by("?").cursor_page(), "an order by chance has no place to go on from"),
    "many": (
        lambda q: q.order_by("-plays__place").cursor_page(),
        "'plays__place' leads to several rows, and a cursor needs one value of each: "
        "annotate(x=Min('plays__place'))",
    ),
    "an expression of many": (
        lambda q: q.order_by(Lower("plays__place")).cursor_page(),
        "'plays__place' leads to several rows",
    ),
    "values of many": (lambda q: q.values("plays__place").cursor_page(), "begin with the model at its end"),
    "annotated by many": (
        lambda q: q.annotate(place=F("plays__place")).cursor_page(),
        "or annotate() an aggregate",
    ),
    "a union": (
        lambda q: q.union(q).cursor_page(),
        "rows of union() have no one key: filter with Q(…) | Q(…)",
    ),
    "different values": (
        lambda q: q.values("rank").distinct().cursor_page(),
        "rows of distinct() values have no key: group them, values(…).annotate(n=Count('*'))",
    ),
    "dates": (lambda q: q.dates("born", "year").cursor_page(), "rows of distinct() values have no key"),
    "distinct fields": (lambda q: q.order_by("rank").distinct("rank").cursor_page(), "page() has them"),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused(name: str, session: AsyncSession, sql: RecordedSQL) -> None:
    call, message = REFUSED[name]
    with pytest.raises(UnsupportedOperationError) as error:
        await call(QuerySet(Track, session))
    assert message in str(error.value)
    assert len(sql.statements) == 0


LONG = "".join(chr(number * 7919 % 20000 + 256) for number in range(2000))
"""What no compression makes short."""


class Base(DeclarativeBase):
    """Rows of odd keys and odd values."""


class Leaf(Base):
    __tablename__ = "leaves"

    book: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    blob: Mapped[bytes]

    notes: Mapped[list["Note"]] = relationship(back_populates="leaf")


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    book: Mapped[int | None]
    number: Mapped[int | None]

    leaf: Mapped[Leaf | None] = relationship(back_populates="notes")

    __table_args__ = (ForeignKeyConstraint(["book", "number"], ["leaves.book", "leaves.number"]),)


async def test_keys_of_several_columns_and_values_that_no_cursor_holds(fresh_database: Database) -> None:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        rows = [(1, 2), (2, 1), (1, 1), (3, 1), (2, 2)]
        session.add_all([Leaf(book=b, number=n, text=LONG, data={}, blob=bytes([n, b])) for b, n in rows])
        await session.flush()
        session.add_all([Note(id=1), Note(id=2, book=1, number=2), Note(id=3, book=1, number=1)])
        await session.flush()
        leaves = QuerySet(Leaf, session)
        with pytest.raises(UnsupportedOperationError, match=r"there is no secret: Database\(url, secret=…\)"):
            await leaves.cursor_page()

        async def keys(queryset: QuerySet[Any, Any]) -> list[Any]:
            found: list[Any] = []
            token: str | None = None
            while token is not None or not found:
                page = await queryset.cursor_page(after=token, size=2, secret=SECRET)
                found += page.items
                token = page.next
                if token is None:
                    break
            return found

        assert await keys(leaves.values_list("book", "number")) == sorted(rows)
        assert await keys(leaves.order_by("-number").values_list("book", "number")) == [
            (2, 2), (1, 2), (3, 1), (2, 1), (1, 1),
        ]  # fmt: skip
        assert await keys(leaves.order_by("blob").values_list("book", "number")) == [
            (1, 1), (2, 1), (3, 1), (1, 2), (2, 2),
        ]  # fmt: skip
        by_leaf = await keys(QuerySet(Note, session).order_by("leaf", "id").values_list("id", flat=True))
        assert [each for each in by_leaf if each != 1] == [3, 2]
        with pytest.raises(UnsupportedOperationError, match="'data' is JSON"):
            await leaves.order_by("data").cursor_page(secret=SECRET)
        # What is too long for a cursor is read of the row that it was made of.
        assert await keys(leaves.order_by("-text").values_list("book", "number")) == sorted(rows)[::-1]
