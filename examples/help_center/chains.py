"""The chains that the tour shows: the docstring is the caption, the body is what runs and what is shown.

Each gives a queryset, which the tour awaits, or what a terminal method gave. Nothing that it does is kept.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import func

from django_like_repos import F, Q
from examples.help_center.models import ArticleContent
from examples.help_center.repositories import HelpCenter

Chain = Callable[[HelpCenter], Awaitable[Any]]

CHAINS: list[Chain] = []


def chain(function: Chain) -> Chain:
    CHAINS.append(function)
    return function


@chain
def join_by_lookup(help_center: HelpCenter) -> Awaitable[Any]:
    """A lookup across relations joins what it needs."""
    return help_center.articles.objects.filter(widget__code="class", subsection__section__name="asyncio")


@chain
def either_here_or_there(help_center: HelpCenter) -> Awaitable[Any]:
    """Q across a to-many relation: a section comes once, however many of its subsections match."""
    return help_center.sections.published.filter(
        Q(name__icontains="thread") | Q(subsections__name__startswith="Thread")
    ).order_by("name")


@chain
def none_of_them(help_center: HelpCenter) -> Awaitable[Any]:
    """Excluding across a to-many relation: sections with functions and without constants."""
    sections = help_center.sections.published.filter(subsections__name="Functions")
    return sections.exclude(subsections__name="Constants").order_by("name")


@chain
def order_by_relation(help_center: HelpCenter) -> Awaitable[Any]:
    """Ordering by a related column, then backwards by an own one; a slice is LIMIT and OFFSET."""
    return help_center.sections.objects.order_by("status__code", "-name")[:10]


@chain
def page_with_children(help_center: HelpCenter) -> Awaitable[Any]:
    """A slice counts the sections, not the subsections loaded with them."""
    return help_center.sections.published.options("subsections").order_by("name")[:3]


@chain
def parents_without_children(help_center: HelpCenter) -> Awaitable[Any]:
    """A filter uses the join that was declared for its path: sections without subsections."""
    sections = help_center.sections.objects.outerjoin("subsections")
    return sections.filter(subsections__id__isnull=True).order_by("name")


@chain
def tuples(help_center: HelpCenter) -> Awaitable[Any]:
    """Named tuples instead of models."""
    articles = help_center.articles.objects.filter(subsection__section__name="errno").order_by("subtitle")
    return articles.values_list("subtitle", "text", "widget__name", named=True)


@chain
def compare_columns(help_center: HelpCenter) -> Awaitable[Any]:
    """F is another column: classes that are named like their module."""
    return help_center.subsections.objects.filter(name=F("section__name")).order_by("name")


@chain
def sqlalchemy_inside(help_center: HelpCenter) -> Awaitable[Any]:
    """SQLAlchemy's own expressions are welcome in conditions and orderings: the longest articles."""
    length = func.length(ArticleContent.text)
    articles = help_center.articles.objects.filter(length > 3000).order_by(length.desc(), "id")
    return articles.values_list("subtitle", flat=True)


@chain
async def by_unique_field(help_center: HelpCenter) -> object:
    """Many objects at once, by a unique field."""
    return await help_center.widgets.objects.in_bulk(["class", "method"], field_name="code")


@chain
async def how_many(help_center: HelpCenter) -> object:
    """How many there are, and whether there is one at all."""
    articles = help_center.articles.objects.filter(subsection__status__code="unpublished")
    return await articles.count(), await articles.filter(widget__code="constant").exists()


@chain
async def advice_on_indexes(help_center: HelpCenter) -> object:
    """What the database would look through for want of an index, and the statements that make these."""
    articles = help_center.articles.objects.filter(subsection__section__name="asyncio", widget__code="class")
    return [hint.ddl for hint in (await articles.advice()).hints]


@chain
async def update_from_column(help_center: HelpCenter) -> object:
    """One UPDATE for all of them, with what it changed."""
    widgets = help_center.widgets.objects.exclude(code="class").returning("id", "name")
    return (await widgets.update(name=F("code"))).all()


@chain
async def delete_by_relation(help_center: HelpCenter) -> object:
    """One DELETE by a condition on related tables."""
    articles = help_center.articles.objects.filter(subsection__section__status__code="archived")
    return (await articles.returning("subtitle").delete()).scalars().all()


@chain
async def get_or_create(help_center: HelpCenter) -> object:
    """The object and whether it is new."""
    return await help_center.statuses.objects.get_or_create(code="draft", defaults={"name": "Draft"})
