"""What comes of awaiting is what checkers were told."""

from typing import Any, assert_type

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, CursorPage, Max, Page, QuerySet, Sum
from django_like_repos.query.functions.text import Length
from examples.help_center.models import Section
from tests.typing.repositories import OwnRepository, SectionRepository


async def test_models(session: AsyncSession) -> None:
    sections = SectionRepository(session).objects.order_by("id")
    assert {type(each) for each in assert_type(await sections, list[Section])} == {Section}
    assert {type(each) for each in assert_type(await sections[1:3], list[Section])} == {Section}
    assert assert_type([each.name async for each in sections], list[str])
    assert isinstance(assert_type(await sections[0], Section | None), Section)
    assert assert_type(await sections[99], Section | None) is None
    assert_type([each.status_id for each in await sections.annotate(n=Length("name"))], list[int])
    assert_type(await OwnRepository(session).objects.named("x"), list[Section])


async def test_one_model(session: AsyncSession) -> None:
    sections = QuerySet(Section, session)
    found = [
        assert_type(await sections.first(), Section | None),
        assert_type(await sections.last(), Section | None),
        assert_type(await sections.earliest("id"), Section),
        assert_type(await sections.latest("name", "id"), Section),
        assert_type(await sections.get(id=1), Section),
        assert_type(await sections.get_one_or_none(id=1), Section | None),
        assert_type(await sections.get_or_none(id=1), Section | None),
        *assert_type(await sections.in_bulk([1, 2]), dict[Any, Section]).values(),
    ]
    assert {type(each) for each in found} == {Section}
    assert assert_type(await sections.none().first(), Section | None) is None
    values = {"status_id": 1}
    made, new = assert_type(await sections.get_or_create(values, name="x"), tuple[Section, bool])
    assert (type(made), new) == (Section, True)
    made, new = assert_type(await sections.update_or_create(values, name="x"), tuple[Section, bool])
    assert (type(made), new) == (Section, False)


async def test_pages(session: AsyncSession) -> None:
    sections = SectionRepository(session).objects.order_by("id")
    page = assert_type(await sections.page(1, 2), Page[Section])
    assert {type(each) for each in assert_type(page.items, list[Section])} == {Section}
    names = sections.values_list(Section.name, flat=True)
    turned = assert_type(await names.cursor_page(size=2, secret="of the tests of types"), CursorPage[str])
    assert {type(each) for each in assert_type(turned.items, list[str])} == {str}
    assert_type(await sections.values("id").page(), Page[dict[str, Any]])


async def test_other_rows(session: AsyncSession) -> None:
    sections = OwnRepository(session).objects.order_by("id")
    for row in assert_type(await sections.values("name"), list[dict[str, Any]]):
        assert type(row) is dict
    assert type(assert_type(await sections.values("name").first(), dict[str, Any] | None)) is dict
    assert type(assert_type(await sections.values("name").get(id=1), dict[str, Any])) is dict
    assert type(assert_type(await sections.values("name")[0], dict[str, Any] | None)) is dict
    groups = sections.order_by().values("status_id").annotate(Count("id"))
    assert {type(row) for row in assert_type(await groups, list[dict[str, Any]])} == {dict}
    for pair in assert_type(await sections.values_list("id", "name"), list[tuple[Any, ...]]):
        assert type(pair) is tuple
    assert (await sections.values_list("id", "name", named=True))[0].id == 1
    assert {type(each) for each in assert_type(await sections.values_list("id", flat=True), list[Any])} == {
        int
    }
    names = assert_type(await sections.values_list(Section.name, flat=True), list[str])
    assert {type(name) for name in names} == {str}
    assert type(assert_type(await sections.values_list(Section.id, flat=True).latest("id"), int)) is int


async def test_answers(session: AsyncSession) -> None:
    sections = QuerySet(Section, session)
    (section,) = await sections[:1]
    assert type(assert_type(await sections.count(), int)) is int
    assert type(assert_type(await sections.exists(), bool)) is bool
    assert type(assert_type(await sections.contains(section), bool)) is bool
    assert type(assert_type(await sections.explain(), str)) is str
    summary = assert_type(await sections.aggregate(Max("name"), total=Sum("id")), dict[str, Any])
    assert list(summary) == ["total", "name__max"]
    updated = await sections.returning("name").update(name="x")
    assert type(assert_type(updated.rowcount, int)) is int
    assert type(assert_type((await sections.filter(name="y").delete()).rowcount, int)) is int


async def test_names_that_begin_with_a(session: AsyncSession) -> None:
    sections = QuerySet(Section, session)
    rows = sections.values("name")
    (section,) = await sections.order_by("id")[:1]
    assert type(assert_type(await sections.acount(), int)) is int
    assert type(assert_type(await sections.aexists(), bool)) is bool
    assert type(assert_type(await sections.acontains(section), bool)) is bool
    assert type(assert_type(await sections.aexplain(), str)) is str
    assert type(assert_type(await sections.aaggregate(n=Count("*")), dict[str, Any])) is dict
    assert type(assert_type(await sections.aget(id=1), Section)) is Section
    assert type(assert_type(await sections.afirst(), Section | None)) is Section
    assert type(assert_type(await sections.alast(), Section | None)) is Section
    assert type(assert_type(await sections.aearliest("id"), Section)) is Section
    assert type(assert_type(await sections.alatest("id"), Section)) is Section
    assert type(assert_type(await rows.aget(id=1), dict[str, Any])) is dict
    assert type(assert_type(await rows.afirst(), dict[str, Any] | None)) is dict
    assert type(assert_type(await rows.alatest("id"), dict[str, Any])) is dict
    assert_type(await sections.ain_bulk(), dict[Any, Section])
    assert_type(await sections.aget_or_create(id=1), tuple[Section, bool])
    assert_type(await sections.aupdate_or_create(id=1), tuple[Section, bool])
    assert type(assert_type((await sections.aupdate(name="x")).rowcount, int)) is int
    assert type(assert_type((await sections.filter(name="y").adelete()).rowcount, int)) is int
