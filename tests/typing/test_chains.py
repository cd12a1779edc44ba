"""Chain methods keep the model, the rows and the class of a queryset, for checkers and when they run."""

from datetime import date, datetime
from typing import Any, assert_type

import pytest
from sqlalchemy import Integer, Select
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django_like_repos.query.functions.text import Length, Lower
from django_like_repos.showing import Item
from examples.help_center.models import Section, Subsection
from tests.typing.repositories import OwnRepository, SectionQuerySet, SectionRepository


def test_models(session: AsyncSession) -> None:
    sections = SectionRepository(session).objects
    related = QuerySet(Subsection, session).filter(section_id=OuterRef("id"))
    chains = [
        assert_type(sections.all(), QuerySet[Section]),
        assert_type(sections.none(), QuerySet[Section]),
        assert_type(sections.filter(Q(name="x"), Section.id == 1, Exists(related), id=1), QuerySet[Section]),
        assert_type(sections.exclude(name="x"), QuerySet[Section]),
        assert_type(sections.complex_filter(Q(name="x") | Q(id=1)), QuerySet[Section]),
        assert_type(sections.complex_filter({"name": "x"}), QuerySet[Section]),
        assert_type(sections.annotate(Count("subsections"), n=F("id") + 1), QuerySet[Section]),
        assert_type(sections.alias(n=Length("name")).filter(n=1), QuerySet[Section]),
        assert_type(sections.order_by("-name", F("id").desc(nulls_last=True), "?"), QuerySet[Section]),
        assert_type(sections.order_by("name").reverse(), QuerySet[Section]),
        assert_type(sections.options("status"), QuerySet[Section]),
        assert_type(sections.innerjoin("status"), QuerySet[Section]),
        assert_type(sections.outerjoin("subsections"), QuerySet[Section]),
        assert_type(sections.execution_options(populate_existing=True), QuerySet[Section]),
        assert_type(sections.returning("name"), QuerySet[Section]),
        assert_type(sections.returning(return_model=True), QuerySet[Section]),
        assert_type(sections.distinct(), QuerySet[Section]),
        assert_type(sections.order_by("name").distinct("name"), QuerySet[Section]),
        assert_type(sections.union(sections, sections, all=True), QuerySet[Section]),
        assert_type(sections.intersection(sections), QuerySet[Section]),
        assert_type(sections.difference(sections), QuerySet[Section]),
        assert_type(sections.filter(id=1) | sections.filter(id=2), QuerySet[Section]),
        assert_type(sections.filter(id=1) & sections.filter(id=2), QuerySet[Section]),
        assert_type(sections.filter(id=1) ^ sections.filter(id=2), QuerySet[Section]),
        assert_type(sections.flush().commit(), QuerySet[Section]),
        assert_type(sections[1:3], QuerySet[Section]),
        assert_type(sections[:3], QuerySet[Section]),
    ]
    assert {type(chain) for chain in chains} == {QuerySet}
    assert len({id(chain) for chain in chains}) == len(chains)


def test_querysets_of_ones_own(session: AsyncSession) -> None:
    sections = OwnRepository(session).objects
    chains = [
        assert_type(sections.all(), SectionQuerySet),
        assert_type(sections.none(), SectionQuerySet),
        assert_type(sections.filter(id=1).named("x").exclude(id=2), SectionQuerySet),
        assert_type(sections.complex_filter(Q(name="x")), SectionQuerySet),
        assert_type(sections.annotate(n=Value(1)).alias(m=F("n")), SectionQuerySet),
        assert_type(sections.order_by("name").reverse(), SectionQuerySet),
        assert_type(sections.options("status"), SectionQuerySet),
        assert_type(sections.innerjoin("status").outerjoin("subsections"), SectionQuerySet),
        assert_type(sections.execution_options(populate_existing=True), SectionQuerySet),
        assert_type(sections.returning("name"), SectionQuerySet),
        assert_type(sections.distinct(), SectionQuerySet),
        assert_type(sections.union(sections).order_by("name"), SectionQuerySet),
        assert_type(sections.intersection(sections), SectionQuerySet),
        assert_type(sections.difference(sections), SectionQuerySet),
        assert_type(sections | sections, SectionQuerySet),
        assert_type(sections & sections, SectionQuerySet),
        assert_type(sections ^ sections, SectionQuerySet),
        assert_type(sections.flush().commit(), SectionQuerySet),
        assert_type(sections[1:3], SectionQuerySet),
    ]
    assert {type(chain) for chain in chains} == {SectionQuerySet}


def test_rows_that_are_no_models(session: AsyncSession) -> None:
    sections = OwnRepository(session).objects
    dicts = assert_type(sections.values("name", n=Length("name")), QuerySet[Section, dict[str, Any]])
    assert_type(dicts.annotate(Count("id")).filter(id__count=1), QuerySet[Section, dict[str, Any]])
    assert_type(dicts.order_by("name")[:2], QuerySet[Section, dict[str, Any]])
    assert_type(dicts.union(dicts), QuerySet[Section, dict[str, Any]])
    assert_type(dicts.distinct() | dicts.distinct(), QuerySet[Section, dict[str, Any]])
    assert_type(dicts[0], Item[dict[str, Any]])
    assert_type(dicts.values_list(), QuerySet[Section, tuple[Any, ...]])

    assert_type(sections.values(), QuerySet[Section, dict[str, Any]])
    assert_type(sections.values_list(), QuerySet[Section, tuple[Any, ...]])
    assert_type(sections.values_list("name", Lower("name")), QuerySet[Section, tuple[Any, ...]])
    assert_type(sections.values_list("name", flat=False), QuerySet[Section, tuple[Any, ...]])
    # What names lead to, no checker knows.
    assert_type(sections.values_list("name", named=True), QuerySet[Section, Any])
    assert_type(sections.values_list("name", flat=True), QuerySet[Section, Any])
    assert_type(sections.values_list(Lower("name"), flat=True), QuerySet[Section, Any])
    # An attribute knows what it holds, unless that is what is related.
    assert_type(sections.values_list(Section.name, flat=True), QuerySet[Section, str])
    assert_type(sections.values_list(Section.id, flat=True)[:5].all(), QuerySet[Section, int])
    assert_type(sections.values_list(Section.status, flat=True), QuerySet[Section, Any])


def test_dates(session: AsyncSession) -> None:
    # There are no dates in the help centre: of interest is what would come.
    with pytest.raises(Exception, match="name"):
        assert_type(QuerySet(Section, session).dates("name", "year"), QuerySet[Section, date])
    with pytest.raises(Exception, match="name"):
        assert_type(QuerySet(Section, session).datetimes("name", "hour"), QuerySet[Section, datetime])


def test_ways_out(session: AsyncSession) -> None:
    sections = QuerySet(Section, session)
    assert isinstance(assert_type(sections.query, Select[Any]), Select)
    assert isinstance(assert_type(sections.as_select(), Select[Any]), Select)
    assert isinstance(assert_type(sections.sql(), str), str)
    assert isinstance(assert_type(sections.order_by("id")[0], Item[Section]).sql(), str)
    assert_type(sections.annotate(n=Value(1, Integer())), QuerySet[Section])
