"""What a queryset is as an object: awaited anew each time, sliced as a list, and never a list by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QueryError, QuerySet, UnsupportedOperationError
from examples.help_center.models import Section
from tests.contract.examples import SELECT_SECTIONS, SectionRepository, ids
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

ALL_IDS = [1, 2, 3, 4, 5, 6, 7]


@pytest.fixture
def ordered(sections: SectionRepository) -> QuerySet[Section]:
    return sections.objects.order_by("id")


# Nothing is cached


async def test_awaiting_twice_runs_twice(
    sections: SectionRepository, session: AsyncSession, sql: RecordedSQL
) -> None:
    queryset = sections.objects.filter(name="раздел15")
    assert await queryset == []
    session.add(Section(name="раздел15", status_id=1))
    await session.flush()
    sql.clear()
    assert len(await queryset) == 1
    assert len(await queryset) == 1
    assert len(sql) == 2


async def test_counting_and_awaiting_are_two_questions(ordered: QuerySet[Section], sql: RecordedSQL) -> None:
    assert await ordered.count() == len(await ordered)
    assert await ordered.exists()
    assert len(sql) == 3


# Slices and indexes

SLICES: dict[str, Callable[[Any], Any]] = {
    "[:]": lambda rows: rows[:],
    "[:3]": lambda rows: rows[:3],
    "[3:]": lambda rows: rows[3:],
    "[2:5]": lambda rows: rows[2:5],
    "[5:2]": lambda rows: rows[5:2],
    "[3:3]": lambda rows: rows[3:3],
    "[0:0]": lambda rows: rows[0:0],
    "[:100]": lambda rows: rows[:100],
    "[100:]": lambda rows: rows[100:],
    "[2:][:3]": lambda rows: rows[2:][:3],
    "[2:][1:]": lambda rows: rows[2:][1:],
    "[:5][2:]": lambda rows: rows[:5][2:],
    "[1:6][2:4]": lambda rows: rows[1:6][2:4],
    "[1:3][0:10]": lambda rows: rows[1:3][0:10],
    "[:3][5:]": lambda rows: rows[:3][5:],
    "[1:][1:][1:4]": lambda rows: rows[1:][1:][1:4],
}


@pytest.mark.parametrize("cut", SLICES.values(), ids=SLICES)
async def test_slices_are_those_of_a_list(ordered: QuerySet[Section], cut: Callable[[Any], Any]) -> None:
    queryset = cut(ordered)
    assert isinstance(queryset, QuerySet)
    assert ids(await queryset) == cut(ALL_IDS)
    assert await queryset.count() == len(cut(ALL_IDS))
    assert await queryset.exists() is bool(cut(ALL_IDS))


@pytest.mark.parametrize(
    ("cut", "limit_and_offset"),
    [("[:3]", [3, 0]), ("[2:5]", [3, 2]), ("[2:][:3]", [3, 2]), ("[1:6][2:4]", [2, 3])],
)
async def test_slices_say_limit_and_offset(
    ordered: QuerySet[Section], sql: RecordedSQL, cut: str, limit_and_offset: list[int]
) -> None:
    await SLICES[cut](ordered)
    same_sql(sql.last, f"{SELECT_SECTIONS} ORDER BY sections.id ASC LIMIT ? OFFSET ?")
    assert list(sql.statements[-1][1]) == limit_and_offset


INDEXES: dict[str, tuple[Callable[[Any], Any], int | None]] = {
    "[0]": (lambda rows: rows[0], 1),
    "[5]": (lambda rows: rows[5], 6),
    "[7]": (lambda rows: rows[7], None),
    "[2:5][1]": (lambda rows: rows[2:5][1], 4),
    "[2:5][3]": (lambda rows: rows[2:5][3], None),
    "[5:][1]": (lambda rows: rows[5:][1], 7),
}


@pytest.mark.parametrize(("pick", "found"), INDEXES.values(), ids=INDEXES)
async def test_an_index_gives_the_object_or_none(
    ordered: QuerySet[Section], pick: Callable[[Any], Any], found: int | None
) -> None:
    section = await pick(ordered)
    assert (section and section.id) == found


async def test_an_index_of_values(ordered: QuerySet[Section]) -> None:
    assert await ordered.values_list("name", flat=True)[6] == "Настройки"
    assert await ordered.values_list("name", flat=True)[7] is None


async def test_one_index_runs_one_statement(ordered: QuerySet[Section], sql: RecordedSQL) -> None:
    await ordered[5]
    assert len(sql) == 1
    assert list(sql.statements[-1][1]) == [1, 5]


@pytest.mark.parametrize(
    "wrong", [-1, slice(-2, None), slice(None, -1), slice(0, 5, 2), slice(None, None, -1)], ids=str
)
async def test_slices_that_sql_does_not_have(ordered: QuerySet[Section], wrong: Any) -> None:
    with pytest.raises(UnsupportedOperationError):
        ordered[wrong]


@pytest.mark.parametrize("wrong", ["name", 1.5, None, slice("a", "b")], ids=str)
async def test_indexes_are_integers(ordered: QuerySet[Section], wrong: Any) -> None:
    with pytest.raises(TypeError):
        ordered[wrong]


CHANGES: dict[str, Callable[[QuerySet[Section]], object]] = {
    "filter": lambda cut: cut.filter(id=1),
    "exclude": lambda cut: cut.exclude(id=1),
    "order_by": lambda cut: cut.order_by("name"),
    "reverse": lambda cut: cut.reverse(),
    "distinct": lambda cut: cut.distinct(),
    "innerjoin": lambda cut: cut.innerjoin("subsections"),
    "outerjoin": lambda cut: cut.outerjoin("subsections"),
}
TERMINAL_CHANGES: dict[str, Callable[[QuerySet[Section]], Any]] = {
    "last": lambda cut: cut.last(),
    "update": lambda cut: cut.update(status_id=1),
    "delete": lambda cut: cut.delete(),
    "in_bulk": lambda cut: cut.in_bulk([1]),
    "get": lambda cut: cut.get(id=1),
    "get_or_create": lambda cut: cut.get_or_create(name="раздел15", status_id=1),
    "update_or_create": lambda cut: cut.update_or_create(name="раздел15", status_id=1),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_slice_does_not_change(
    ordered: QuerySet[Section], change: Callable[[QuerySet[Section]], object]
) -> None:
    change(ordered)
    with pytest.raises(UnsupportedOperationError, match="slice"):
        change(ordered[1:3])


@pytest.mark.parametrize("change", TERMINAL_CHANGES.values(), ids=TERMINAL_CHANGES)
async def test_a_slice_neither_writes_nor_turns(
    ordered: QuerySet[Section], sql: RecordedSQL, change: Callable[[QuerySet[Section]], Any]
) -> None:
    with pytest.raises(UnsupportedOperationError, match="slice"):
        await change(ordered[1:3])
    assert len(sql) == 0


async def test_a_slice_may_still_be_read(ordered: QuerySet[Section]) -> None:
    cut = ordered[1:4]
    first = await cut.first()
    assert first is not None
    assert first.id == 2
    assert await cut.exists()


async def test_a_slice_may_be_read_as_values(ordered: QuerySet[Section]) -> None:
    assert await ordered[1:4].values_list("id", flat=True) == [2, 3, 4]


# Not a list by itself

SYNCHRONOUS: dict[str, Callable[[Any], object]] = {
    "len": len,
    "bool": bool,
    "not": lambda queryset: not queryset,
    "for": lambda queryset: [row for row in queryset],  # noqa: C416 - the loop is what is tested
    "list": list,
    "in": lambda queryset: 1 in queryset,
}


@pytest.mark.parametrize("use", SYNCHRONOUS.values(), ids=SYNCHRONOUS)
async def test_synchronous_use_says_await(
    ordered: QuerySet[Section], sql: RecordedSQL, use: Callable[[Any], object]
) -> None:
    with pytest.raises(TypeError, match="await") as caught:
        use(ordered)
    assert isinstance(caught.value, QueryError)
    assert len(sql) == 0


async def test_async_for(ordered: QuerySet[Section]) -> None:
    assert [section.id async for section in ordered] == ALL_IDS
    assert [name async for name in ordered.values_list("name", flat=True)[:1]] == ["Управление аккаунтом"]


async def test_repr_shows_the_chain_and_runs_nothing(sections: SectionRepository, sql: RecordedSQL) -> None:
    shown = repr(sections.published.order_by("-name").options("subsections")[2:7])
    calls = ("filter(status__code=<str>)", "order_by('-name')", "options('subsections')")
    for part in ("Section", *calls):
        assert part in shown
    assert "2:7" in shown
    assert len(sql) == 0


# first() and last()


async def test_first_and_last_order_by_primary_key(sections: SectionRepository, sql: RecordedSQL) -> None:
    first, last = await sections.objects.first(), await sections.objects.last()
    assert first is not None
    assert last is not None
    assert (first.id, last.id) == (1, 7)
    for (text, params), direction in zip(sql.statements, ("ASC", "DESC"), strict=True):
        same_sql(text, f"{SELECT_SECTIONS} ORDER BY sections.id {direction} LIMIT ? OFFSET ?")
        assert list(params) == [1, 0]


async def test_first_and_last_keep_an_ordering(sections: SectionRepository, sql: RecordedSQL) -> None:
    by_name = sections.objects.order_by("status_id", "-name")
    first, last = await by_name.first(), await by_name.last()
    assert first is not None
    assert last is not None
    assert (first.id, last.id) == (2, 3)
    orderings = ("sections.status_id ASC, sections.name DESC", "sections.status_id DESC, sections.name ASC")
    for (text, _), ordering in zip(sql.statements, orderings, strict=True):
        same_sql(text, f"{SELECT_SECTIONS} ORDER BY {ordering} LIMIT ? OFFSET ?")


async def test_first_and_last_of_nothing(sections: SectionRepository) -> None:
    nothing = sections.objects.filter(name="Нет такого")
    assert await nothing.first() is None
    assert await nothing.last() is None


async def test_reversed_first_is_last(sections: SectionRepository) -> None:
    turned = await sections.objects.order_by("name").reverse().first()
    last = await sections.objects.order_by("name").last()
    assert turned is last is not None


async def test_query_is_a_statement_with_its_values(
    sections: SectionRepository, session: AsyncSession
) -> None:
    queryset = sections.published.order_by("id")[1:3]
    statements: list[Select[Any]] = [queryset.query, queryset.as_select()]
    for statement in statements:
        assert ids(list(await session.scalars(statement))) == ids(await queryset) == [3, 4]
    assert "'published'" in queryset.sql()
