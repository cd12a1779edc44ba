"""``page()``: which rows, how many there are, whether the order is total, and what is refused."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Capped,
    Count,
    F,
    Page,
    QuerySet,
    UnorderedPageWarning,
    UnsupportedOperationError,
)
from django_like_repos.functions import Lower
from tests.pages.tracks import Play, Singer, Track
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


def ids(page: Page[Any]) -> list[int]:
    return [item.id for item in page.items]


async def test_a_page_and_the_number_of_all(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    page = await QuerySet(Track, session).filter(id__gt=2).order_by("id").only("title").page(2, 3)
    assert ids(page) == [6, 7, 8]
    assert (page.page, page.size, page.total, page.pages, page.exact) == (2, 3, 10, 4, True)
    assert (page.has_next, page.has_previous) == (True, True)
    rows, number = [statement for statement, _ in sql.statements]
    mark = (
        ("?", "?", "?", "?")
        if backend == "sqlite"
        else ("$1::INTEGER", "$2::BIGINT", "$3::BIGINT", "$1::INTEGER")
    )
    same_sql(
        rows,
        f"SELECT tracks.id, tracks.title FROM tracks WHERE tracks.id > {mark[0]} "
        f"ORDER BY tracks.id ASC LIMIT {mark[1]} OFFSET {mark[2]}",
    )
    same_sql(number, f"SELECT count(*) AS count_1 FROM tracks WHERE tracks.id > {mark[3]}")


@pytest.mark.parametrize(("number", "found"), [(1, 5), (3, 2), (4, 0), (10**25, 0)])
async def test_pages_up_to_the_last_and_beyond(session: AsyncSession, number: int, found: int) -> None:
    page = await QuerySet(Track, session).order_by("id").page(number, 5)
    assert (len(page.items), page.total, page.pages) == (found, 12, 3)
    assert (page.has_next, page.has_previous) == (number < 3, number > 1)


async def test_the_last_page_asks_for_no_number(session: AsyncSession, sql: RecordedSQL) -> None:
    page = await QuerySet(Track, session).order_by("id").page(3, 5)
    assert (page.total, page.pages, page.exact, len(sql.statements)) == (12, 3, True, 1)


async def test_no_rows(session: AsyncSession, sql: RecordedSQL) -> None:
    page = await QuerySet(Track, session).none().page()
    assert (page.items, page.total, page.pages, page.has_next, page.page) == ([], 0, 0, False, 1)
    assert len(sql.statements) == 0
    page = await QuerySet(Track, session).filter(id=0).order_by("id").page(2)
    assert (page.items, page.total, page.pages, page.has_previous) == ([], 0, 0, True)


async def test_offset_and_limit(session: AsyncSession) -> None:
    tracks = QuerySet(Track, session).order_by("id")
    page = await tracks.page(offset=4, limit=4)
    assert (ids(page), page.page, page.size, page.pages) == ([5, 6, 7, 8], 2, 4, 3)
    assert (await tracks.page(offset=11)).size == 20
    assert ids(await tracks.page(limit=2)) == [1, 2]


async def test_totals(session: AsyncSession, sql: RecordedSQL) -> None:
    tracks = QuerySet(Track, session).order_by("id")
    page = await tracks.page(size=5, total="none")
    assert (page.total, page.pages, page.exact, page.has_next) == (None, None, False, True)
    assert len(sql.statements) == 1
    page = await tracks.page(size=5, total=Capped(7))
    assert (page.total, page.pages, page.exact) == (7, 2, False)
    page = await tracks.page(size=5, total=Capped(12))
    assert (page.total, page.pages, page.exact) == (12, 3, True)


async def test_an_estimated_total(session: AsyncSession, backend: str) -> None:
    tracks = QuerySet(Track, session).order_by("id")
    if backend == "sqlite":
        with pytest.raises(
            UnsupportedOperationError, match=r"SQLite estimates .* total='exact', or total=Cap"
        ):
            await tracks.page(total="estimated")
        return
    await session.execute(text("ANALYZE tracks"))
    page = await tracks.page(size=5, total="estimated")
    assert (page.total, page.pages, page.exact) == (12, 3, False)
    assert (await tracks.page(3, 5, total="estimated")).exact


async def test_pages_of_values_and_of_what_multiplies(session: AsyncSession) -> None:
    values = await QuerySet(Track, session).order_by("id").values_list("id", flat=True).page(2, 2)
    assert (values.items, values.total) == ([3, 4], 12)
    played = await QuerySet(Track, session).filter(plays__place__in=["a", "b"]).order_by("-id").page(1, 2)
    assert (ids(played), played.total) == ([3, 2], 3)
    loaded = await QuerySet(Track, session).prefetch_related("plays").order_by("id").page(1, 2)
    assert [len(track.plays) for track in loaded.items] == [1, 2]


TOTAL: dict[str, tuple[bool, Callable[[QuerySet[Any]], QuerySet[Any, Any]]]] = {
    "nothing": (False, lambda q: q),
    "the key": (True, lambda q: q.order_by("-pk")),
    "the key among others": (True, lambda q: q.order_by("rank", "id", "title")),
    "the key as an expression": (True, lambda q: q.order_by("rank", F("id").desc())),
    "what may be alike": (False, lambda q: q.order_by("title", "rank")),
    "what is unique": (True, lambda q: q.order_by("title", "code")),
    "what is computed of the key": (False, lambda q: q.order_by(F("id") + 1)),
    "somebody else's key": (False, lambda q: q.order_by("singer__id")),
    "the reverse": (True, lambda q: q.order_by("id").reverse()),
    "values": (True, lambda q: q.order_by("id").values("title")),
    "values of many": (False, lambda q: q.order_by("id").values("plays__place")),
    "annotated by many": (False, lambda q: q.annotate(place=F("plays__place")).order_by("id")),
    "a number of many": (True, lambda q: q.annotate(n=Count("plays")).order_by("n", "id")),
    "groups by all their values": (
        True,
        lambda q: q.values("rank", "done").annotate(n=Count("*")).order_by("-done", "rank"),
    ),
    "groups by some": (False, lambda q: q.values("rank", "done").annotate(n=Count("*")).order_by("rank")),
    "different values by all": (True, lambda q: q.values("rank", "done").distinct().order_by("rank", "done")),
    "different values by some": (False, lambda q: q.values("rank", "done").distinct().order_by("done")),
    "a union by its key": (True, lambda q: q.union(q).order_by("id")),
    "a union of all": (False, lambda q: q.union(q, all=True).order_by("id")),
    "a slice": (True, lambda q: q.order_by("id")[:5]),
}


@pytest.mark.parametrize("name", TOTAL)
def test_totally_ordered(name: str) -> None:
    total, chain = TOTAL[name]
    assert chain(QuerySet(Track)).totally_ordered is total


def test_totally_ordered_by_unique_constraints() -> None:
    singers = QuerySet(Singer)
    assert singers.order_by("number", "country").totally_ordered
    assert not singers.order_by("country").totally_ordered
    # A unique index of some rows, of a column that may be NULL.
    assert not singers.order_by("name").totally_ordered


async def test_an_order_that_is_not_total_is_warned_of(session: AsyncSession) -> None:
    with pytest.warns(
        UnorderedPageWarning, match=r"page\(\) of Track\.order_by\('rank'\).*order_by\(…, 'pk'\)"
    ) as w:
        await QuerySet(Track, session).order_by("rank").page()
    assert w[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await QuerySet(Track, session).order_by("rank", "pk").page()
        await QuerySet(Play, session).order_by(Lower("place"), "pk").page()


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "size 0": (lambda q: q.page(size=0), "size is 0, and 1 is the least"),
    "a negative size": (lambda q: q.page(size=-1), "size is -1, and 1 is the least"),
    "page 0": (lambda q: q.page(0), "number is 0, and 1 is the least"),
    "a text": (lambda q: q.page("1"), "number is a whole number, not '1'"),
    "true": (lambda q: q.page(True), "number is a whole number, not True"),
    "half a page": (lambda q: q.page(1, 2.5), "size is a whole number, not 2.5"),
    "too many": (lambda q: q.page(size=1001), "size is 1001, and 1000 rows are the most of a page: max_size"),
    "more than said": (lambda q: q.page(size=6, max_size=5), "size is 6, and 5 rows are the most"),
    "no most": (lambda q: q.page(max_size=None), "max_size is a whole number, not None"),
    "both": (lambda q: q.page(1, offset=0), "takes number and size, or offset and limit, not both"),
    "a negative offset": (lambda q: q.page(offset=-1), "offset is -1, and 0 is the least"),
    "limit 0": (lambda q: q.page(limit=0), "limit is 0, and 1 is the least"),
    "another total": (lambda q: q.page(total="guess"), "total is 'exact', 'estimated', 'none' or Capped"),
    "no total": (lambda q: q.page(total=None), "total is 'exact', 'estimated', 'none' or Capped"),
    "capped at nothing": (lambda q: q.page(total=Capped(0)), "Capped.most is 0, and 1 is the least"),
    "a slice": (lambda q: q[:5].page(), "page() cannot follow a slice: Track"),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused(name: str, session: AsyncSession, sql: RecordedSQL) -> None:
    call, message = REFUSED[name]
    with pytest.raises(UnsupportedOperationError) as error:
        await call(QuerySet(Track, session).order_by("id"))
    assert message in str(error.value)
    assert len(sql.statements) == 0
