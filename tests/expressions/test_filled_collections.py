"""What is loaded, after other queries and put together: no part is taken for the whole, nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload, with_loader_criteria

from django_like_repos import Count, QuerySet, Value
from tests.parity.schema import Author, Book, Country
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

Chain = Callable[[QuerySet[Any]], QuerySet[Any]]

WHOLE = {1: [1, 2, 14], 2: [3, 4, 9]}
"""Authors and their books."""
FILLING: dict[str, Chain] = {
    "joined": lambda authors: authors.options("books"),
    "joined, and more": lambda authors: authors.outerjoin("books__reviews").options("books__reviews"),
    "a page": lambda authors: authors.options("books").order_by("pk")[:2],
    "SQLAlchemy's join": lambda authors: authors.options(joinedload(Author.books)),
    "SQLAlchemy's second SELECT": lambda authors: authors.options(selectinload(Author.books)),
    "put together": lambda authors: authors.options("books").union(authors),
    "put together, each row": lambda authors: authors.options("books")[:1].union(authors[1:2], all=True),
}
PARTS: dict[str, tuple[Chain, dict[int, list[int]]]] = {
    "filtered": (lambda authors: authors.options("books").filter(books__pk__in=[1, 9]), {1: [1], 2: [9]}),
    "by what is beyond": (
        lambda authors: authors.options("books").filter(books__reviews__rating=2),
        {2: [3]},
    ),
    "by what must be beyond": (
        lambda authors: authors.options("books").innerjoin("books__tags").filter(pk=2),
        {2: [3, 4]},
    ),
    "a page of": (
        lambda authors: authors.options("books").filter(books__pk__in=[1, 9]).order_by("pk")[:1],
        {1: [1]},
    ),
}


async def loaded(queryset: Any) -> dict[int, list[int]]:
    return {author.id: sorted(book.id for book in author.books) for author in await queryset}


def authors_of(session: AsyncSession) -> QuerySet[Any]:
    return QuerySet(Author, session).filter(pk__in=[*WHOLE])


@pytest.mark.by_turns
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("filling", FILLING)
async def test_a_part_is_filled_by_the_next_query_that_loads_it(
    shelf: AsyncSession, part: str, filling: str
) -> None:
    shelf.expunge_all()
    make, expected = PARTS[part]
    held = await make(authors_of(shelf))
    assert {author.id: sorted(book.id for book in author.books) for author in held} == expected
    assert await loaded(FILLING[filling](authors_of(shelf))) == WHOLE


async def test_a_part_is_filled_with_another(shelf: AsyncSession) -> None:
    shelf.expunge_all()
    first = await authors_of(shelf).options("books").filter(books__pk__in=[1, 14])
    assert await loaded(authors_of(shelf).options("books").filter(books__pk=2)) == {1: [2]}
    assert [author.id for author in first] == [1]


async def test_what_no_query_loads_again_stays(shelf: AsyncSession, sql: RecordedSQL) -> None:
    shelf.expunge_all()
    (part,) = await authors_of(shelf).options("books").filter(books__pk=1)
    assert await loaded(authors_of(shelf).options("books").filter(pk=2)) == {2: WHOLE[2]}
    assert await loaded(authors_of(shelf).filter(pk=1)) == {1: [1]}
    sql.clear()
    assert await loaded(authors_of(shelf).options("books").filter(pk=1)) == {1: WHOLE[1]}
    assert len(sql.statements) == 1
    assert len(part.books) == 3


async def test_the_whole_is_not_replaced_by_a_part(shelf: AsyncSession) -> None:
    shelf.expunge_all()
    held = await authors_of(shelf).options("books")
    assert await loaded(authors_of(shelf).options("books").filter(books__pk__in=[1, 9])) == WHOLE
    anew = authors_of(shelf).options("books").filter(books__pk=1).execution_options(populate_existing=True)
    assert await loaded(anew) == {1: [1]}
    assert await loaded(authors_of(shelf).options("books")) == WHOLE
    assert len(held) == 2


async def test_what_the_application_adds_is_kept(shelf: AsyncSession) -> None:
    shelf.expunge_all()
    (author,) = await authors_of(shelf).options("books").filter(books__pk=1)
    with shelf.no_autoflush:
        author.books.append(Book(title="new", pages=1, price=1, in_print=True))
        (again,) = await authors_of(shelf).options("books").filter(pk=1)
        assert [book.title for book in again.books][1:] == ["new"]
    shelf.expunge_all()


PUT_TOGETHER: dict[str, Chain] = {
    "of the first": lambda authors: authors.options("books").filter(pk=1).union(authors.filter(pk=2)),
    "of another": lambda authors: authors.filter(pk=1).union(authors.options("books").filter(pk=2)),
    "of both": lambda authors: authors.options("books").union(authors.options("country")),
    "ordered and sliced": lambda authors: authors.options("books").union(authors).order_by("-pk")[:2],
    "of a part that is filtered by it": lambda authors: (
        authors.options("books").filter(books__pk=1).union(authors.filter(pk=2))
    ),
    "nested": lambda authors: authors.options("books").filter(pk=1).union(authors).intersection(authors),
    "SQLAlchemy's": lambda authors: authors.filter(pk=1).union(
        authors.options(selectinload(Author.books)).filter(pk=2)
    ),
    "SQLAlchemy's join": lambda authors: authors.options(joinedload(Author.books)).union(authors)[:2],
    "|": lambda authors: authors.filter(pk=1) | authors.options(selectinload(Author.books)).filter(pk=2),
    "&": lambda authors: authors & authors.options(selectinload(Author.books)),
    "^": lambda authors: authors.filter(pk=1) ^ authors.options(joinedload(Author.books)).filter(pk=2),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", PUT_TOGETHER)
async def test_options_of_what_is_put_together(shelf: AsyncSession, name: str) -> None:
    shelf.expunge_all()
    queryset = PUT_TOGETHER[name](authors_of(shelf))
    assert await loaded(queryset) == WHOLE
    assert await queryset.count() == 2


async def test_the_statements_of_a_union_that_loads(shelf: AsyncSession, sql: RecordedSQL) -> None:
    shelf.expunge_all()
    countries = QuerySet(Country, shelf)
    found = await countries.options("authors").filter(pk=1).union(countries.filter(pk=4)).order_by("-pk")[:2]
    assert [(each.id, [author.id for author in each.authors]) for each in found] == [(4, []), (1, [1, 3])]
    (statement, _), (second, _) = sql.statements
    same_sql(
        statement,
        "SELECT countries.id, countries.name, countries.code FROM countries JOIN (SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries JOIN (SELECT DISTINCT countries.id "
        "AS id FROM countries JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "WHERE countries.id = ?) AS keys ON keys.id = countries.id UNION SELECT countries.id AS id, "
        "countries.name AS name, countries.code AS code FROM countries WHERE countries.id = ?) AS anon_1 "
        "ON anon_1.id = countries.id ORDER BY anon_1.id DESC LIMIT ? OFFSET ?",
    )
    assert "FROM authors" in second


async def test_what_a_part_hides_is_hidden(shelf: AsyncSession) -> None:
    authors = authors_of(shelf)
    hiding = authors.options(with_loader_criteria(Author, Author.id != 1, include_aliases=True))
    for queryset in (hiding.union(authors), authors.union(hiding), hiding | authors, authors | hiding):
        assert [author.id for author in await queryset] == [2]
        assert await queryset.count() == 1


async def test_values_have_nothing_to_load(shelf: AsyncSession) -> None:
    loading = authors_of(shelf).options(selectinload(Author.books), joinedload(Author.country))
    assert await loading.order_by("pk").values_list("pk", flat=True) == [1, 2]
    assert await loading.union(loading).order_by("pk").values_list("pk", flat=True) == [1, 2]
    ids = loading.order_by("pk").values("id")
    assert await ids == [{"id": 1}, {"id": 2}]
    assert [*(await shelf.execute(ids.as_select())).scalars()] == [1, 2]


async def test_each_row_of_a_union_that_loads(shelf: AsyncSession) -> None:
    shelf.expunge_all()
    authors = authors_of(shelf).options("books").annotate(one=Value(1))
    found = await authors.union(authors.filter(pk=2), all=True).order_by("pk")
    assert [author.id for author in found] == [1, 2, 2]


async def test_the_newer_annotation_is_what_an_object_says(shelf: AsyncSession) -> None:
    authors: QuerySet[Any] = QuerySet(Author, shelf).filter(pk=1)
    (first,) = await authors.annotate(n=Count("books"))
    assert first.n == 3
    (second,) = await authors.annotate(n=Value("x"))
    assert second is first
    assert second.n == "x"
