"""``only()`` and ``defer()``: which columns a statement reads, and which an object then has."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Count,
    F,
    FilteredRelation,
    Q,
    QuerySet,
    UnknownFieldError,
    UnsupportedOperationError,
)
from tests.loading.works import Author, Book, Country, Profile, Review, Work, missing
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

WORK = {"kind", "title", "year", "note", "author_id", "editor_id"}
AUTHOR = {"name", "born", "country_code", "mentor_id"}


def columns_missing(instance: Any) -> set[str]:
    """The columns that an object does not have."""
    return missing(instance) & set(inspect(type(instance)).column_attrs.keys())


def read(statement: str) -> set[str]:
    """What the outermost SELECT reads."""
    columns = statement[len("SELECT ") : statement.index(" FROM ")].removeprefix("DISTINCT ")
    return {column.partition(" AS ")[0] for column in columns.split(", ")}


async def test_only(session: AsyncSession, sql: RecordedSQL) -> None:
    authors = await QuerySet(Author, session).only("name").order_by("id")
    same_sql(sql.last, "SELECT authors.id, authors.name FROM authors ORDER BY authors.id ASC")
    assert [author.name for author in authors] == ["Ada", "Bob", "Eve", "Dan"]
    assert [columns_missing(author) for author in authors] == [{"born", "country_code", "mentor_id"}] * 4


async def test_defer(session: AsyncSession, sql: RecordedSQL) -> None:
    authors = await QuerySet(Author, session).defer("born", "country").defer("mentor_id").order_by("id")
    same_sql(sql.last, "SELECT authors.id, authors.name FROM authors ORDER BY authors.id ASC")
    assert [columns_missing(author) for author in authors] == [{"born", "country_code", "mentor_id"}] * 4


Chain = Callable[[QuerySet[Author]], QuerySet[Author]]
COMBINED: dict[str, tuple[Chain, set[str]]] = {
    # What is not loaded, by Django's rules
    "only replaces only": (lambda q: q.only("name").only("born"), AUTHOR - {"born"}),
    "only of the key": (lambda q: q.only("pk"), AUTHOR),
    "only of the key by its name": (lambda q: q.only("id"), AUTHOR),
    "only of nothing": (lambda q: q.only(), set()),
    "only of nothing after only": (lambda q: q.only("name").only(), set()),
    "defers add up": (lambda q: q.defer("name").defer("born"), {"name", "born"}),
    "defer of nothing": (lambda q: q.defer(), set()),
    "defer of None": (lambda q: q.defer("name").defer(None), set()),
    "defer of None after only": (lambda q: q.only("name").defer(None), set()),
    "defer takes from only": (lambda q: q.only("name", "born").defer("name"), AUTHOR - {"born"}),
    "defer takes all from only": (lambda q: q.only("name").defer("name"), set()),
    "defer takes all from only and more": (lambda q: q.only("name").defer("name", "born"), {"born"}),
    "defer of what only left out": (lambda q: q.only("name").defer("born"), AUTHOR - {"name"}),
    "only respects defer": (lambda q: q.defer("name").only("name", "born"), AUTHOR - {"born"}),
    "only of what is deferred": (lambda q: q.defer("name").only("name"), set()),
    "only of another": (lambda q: q.defer("name").only("born"), AUTHOR - {"born"}),
    "only, defer, only": (lambda q: q.only("name").defer("born").only("born"), AUTHOR - {"born"}),
    "defer of the key": (lambda q: q.defer("pk", "name"), {"name"}),
    "a relation is its key": (lambda q: q.only("country"), AUTHOR - {"country_code"}),
    "a key is its relation": (lambda q: q.only("country", "name").defer("country_code"), AUTHOR - {"name"}),
    "through a relation that is not loaded": (lambda q: q.only("mentor__name"), AUTHOR - {"mentor_id"}),
    "defer through one": (lambda q: q.defer("mentor__name"), set()),
    "a relation that has its key elsewhere": (lambda q: q.only("profile", "name"), AUTHOR - {"name"}),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("case", COMBINED)
async def test_calls_combine_as_in_django(session: AsyncSession, sql: RecordedSQL, case: str) -> None:
    chain, expected = COMBINED[case]
    authors = await chain(QuerySet(Author, session)).order_by("id")
    assert [columns_missing(author) for author in authors] == [expected] * 4
    assert read(sql.last) == {f"authors.{key}" for key in {"id", *AUTHOR} - expected}


async def test_through_relations(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Work, session).select_related("author__country", "editor")
    (work,) = await queryset.only("title", "author__name", "author__country__name", "editor").filter(pk=1)
    same_sql(
        sql.last,
        "SELECT countries_1.id, countries_1.name, authors_1.id AS id_1, authors_1.name AS name_1, "
        "authors_1.country_code, authors_2.id AS id_2, authors_2.name AS name_2, authors_2.born, "
        "authors_2.country_code AS country_code_1, authors_2.mentor_id, works.id AS id_3, works.kind, "
        "works.title, works.author_id, works.editor_id FROM works "
        "JOIN authors AS authors_1 ON authors_1.id = works.author_id "
        "LEFT OUTER JOIN countries AS countries_1 ON countries_1.code = authors_1.country_code "
        "LEFT OUTER JOIN authors AS authors_2 ON authors_2.id = works.editor_id WHERE works.id = ?",
    )
    assert columns_missing(work) == {"year", "note", "pages", "blurb"}
    assert columns_missing(work.author) == {"born", "mentor_id"}
    assert work.author.country is not None
    assert columns_missing(work.author.country) == {"code", "anthem"}
    assert work.editor is not None
    assert columns_missing(work.editor) == set()


async def test_defer_through_relations(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Author, session).select_related("profile", "country")
    author = await queryset.defer("born", "profile__bio", "country__anthem", "country__name").get(pk=1)
    assert columns_missing(author) == {"born"}
    assert author.profile is not None
    assert columns_missing(author.profile) == {"bio"}
    assert author.country is not None
    assert columns_missing(author.country) == {"name", "anthem"}
    assert len(sql.statements) == 1
    assert "bio" not in sql.last
    assert "anthem" not in sql.last


async def test_one_to_one_from_its_far_side(session: AsyncSession, sql: RecordedSQL) -> None:
    authors = await QuerySet(Author, session).select_related("profile").only("profile__bio").order_by("id")
    assert [author.profile and author.profile.bio for author in authors] == ["first", None, "x", None]
    assert columns_missing(authors[0]) == AUTHOR
    assert authors[0].profile is not None
    assert columns_missing(authors[0].profile) == {"site", "author_id"}
    session.expunge_all()
    (author,) = await QuerySet(Author, session).select_related("profile").only("name", "profile").filter(pk=1)
    assert author.profile is not None
    assert columns_missing(author.profile) == set()
    profile = await QuerySet(Profile, session).select_related("author").only("bio", "author__name").get(pk=2)
    assert columns_missing(profile) == {"site"}
    assert profile.author.name == "Eve"


async def test_what_options_load_is_whole_and_has_its_keys(session: AsyncSession, sql: RecordedSQL) -> None:
    works = await QuerySet(Work, session).options("author", "reviews").only("title").order_by("id")
    assert [(work.title, work.author.name, len(work.reviews)) for work in works] == [
        ("Dawn", "Ada", 2),
        ("Noon", "Dan", 1),
    ]
    assert columns_missing(works[0]) == {"year", "note", "editor_id", "pages", "blurb"}
    assert columns_missing(works[0].author) == set()
    assert columns_missing(works[0].reviews[0]) == set()
    session.expunge_all()
    (work,) = await QuerySet(Work, session).options("author").only("title", "author__born").filter(pk=1)
    assert columns_missing(work.author) == {"name", "country_code", "mentor_id"}


async def test_inheritance(session: AsyncSession, sql: RecordedSQL) -> None:
    books = await QuerySet(Book, session).only("title", "pages").order_by("id")
    same_sql(
        sql.last,
        "SELECT books.id, works.id AS id_1, works.kind, works.title, books.pages FROM works "
        "JOIN books ON works.id = books.id ORDER BY books.id ASC",
    )
    assert [(book.title, book.pages) for book in books] == [("Dawn", 100), ("Dusk", 200)]
    assert columns_missing(books[0]) == {"year", "note", "author_id", "editor_id", "blurb"}
    session.expunge_all()
    works = await QuerySet(Work, session).only("title").order_by("id")
    assert [type(work).__name__ for work in works] == ["Book", "Book", "Film", "Film"]
    assert read(sql.last) == {"works.id", "works.kind", "works.title"}
    session.expunge_all()
    (review,) = (
        await QuerySet(Review, session).select_related("work").only("stars", "work__title").filter(pk=3)
    )
    assert type(review.work).__name__ == "Film"
    assert columns_missing(review.work) == {"year", "note", "author_id", "editor_id", "minutes", "star_id"}


async def test_versions_and_computed_columns(session: AsyncSession, sql: RecordedSQL) -> None:
    review = await QuerySet(Review, session).only("stars").get(pk=1)
    assert columns_missing(review) == {"text", "data", "work_id", "double"}
    review.stars = 1
    await session.flush()
    assert review.version == 2
    session.expunge_all()
    review = await QuerySet(Review, session).only("double").get(pk=2)
    assert review.double == 6
    assert "stars" in columns_missing(review)
    session.expunge_all()
    review = await QuerySet(Review, session).defer("double", "version", "id").get(pk=2)
    assert columns_missing(review) == {"double"}


async def test_an_object_in_the_session_loses_nothing(session: AsyncSession, sql: RecordedSQL) -> None:
    author = await QuerySet(Author, session).select_related("country").get(pk=1)
    author.born = 1
    with session.no_autoflush:
        again = await QuerySet(Author, session).only("name").get(pk=1)
        and_again = await QuerySet(Author, session).defer("born", "country_code").get(pk=1)
    assert again is author is and_again
    assert columns_missing(author) == set()
    assert "country" not in missing(author)
    assert author.born == 1


async def test_a_later_query_brings_what_was_left_out(session: AsyncSession, sql: RecordedSQL) -> None:
    author = await QuerySet(Author, session).only("name").get(pk=1)
    assert columns_missing(author) == AUTHOR - {"name"}
    assert await QuerySet(Author, session).only("born").get(pk=1) is author
    assert columns_missing(author) == {"country_code", "mentor_id"}
    assert await QuerySet(Author, session).get(pk=1) is author
    assert columns_missing(author) == set()
    assert author.born == 1815


async def test_derived_tables(session: AsyncSession, sql: RecordedSQL) -> None:
    works = QuerySet(Work, session).only("title")
    found = await works.filter(reviews__stars__gte=3).order_by("-reviews__stars", "id")[:1]
    assert [work.title for work in found] == ["Dawn"]
    assert read(sql.last) == {"works.id", "works.kind", "works.title"}
    assert "note" not in sql.last
    authors = QuerySet(Author, session).only("name").outerjoin("works").options("works")
    page = await authors.order_by("id")[1:2]
    assert [(author.name, [work.title for work in author.works]) for author in page] == [("Bob", ["Rain"])]
    assert {each for each in read(sql.last) if each.startswith("authors.")} == {"authors.id", "authors.name"}
    assert "born" not in sql.last
    session.expunge_all()
    counted: Any = await works.annotate(n=Count("reviews")).order_by("-n", "id").first()
    assert (counted.title, counted.n) == ("Dawn", 2)
    assert "note" not in sql.last
    assert [work.title for work in await works.distinct().order_by("year")] == [
        "Dawn",
        "Dusk",
        "Noon",
        "Rain",
    ]
    assert [work.title for work in await works.distinct("kind").order_by("kind", "-id")] == ["Dusk", "Rain"]


async def test_unions(session: AsyncSession, sql: RecordedSQL) -> None:
    countries = QuerySet(Country, session)
    union = countries.only("name").union(countries.filter(code="ru").defer("name")).order_by("-id")
    found = await union
    assert [country.name for country in found] == ["Russia", "Britain"]
    assert read(sql.last) == {"anon_1.id", "anon_1.name"}
    assert [columns_missing(country) for country in found] == [{"code", "anthem"}] * 2
    assert await union.count() == 2
    assert await union.values_list("code", flat=True) == ["ru", "gb"]
    session.expunge_all()
    (first,) = await countries.select_related(None).defer("anthem").intersection(countries)[:1]
    assert columns_missing(first) == {"anthem"}


async def test_joined_querysets(session: AsyncSession) -> None:
    authors = QuerySet(Author, session)
    found = await (authors.only("name").filter(pk=1) | authors.defer("name").filter(pk=2)).order_by("id")
    assert [columns_missing(author) for author in found] == [AUTHOR - {"name"}] * 2


async def test_values_read_what_they_name(session: AsyncSession) -> None:
    authors = QuerySet(Author, session).only("name").filter(pk=1)
    assert await authors.values_list("born", flat=True) == [1815]
    assert await authors.values() == [
        {"id": 1, "name": "Ada", "born": 1815, "country_code": "gb", "mentor_id": None}
    ]


async def test_terminal_methods_keep_it(session: AsyncSession, sql: RecordedSQL) -> None:
    authors = QuerySet(Author, session).only("name")
    found: list[Any] = [
        await authors.first(),
        await authors.last(),
        await authors.get(name="Eve"),
        *(await authors.in_bulk([1, 2])).values(),
        *(await authors.order_by("id")[1:2].defer("name")),
        *(await authors.order_by("id")[1:2].only("name")),
    ]
    assert len(found) == 7
    assert all("born" not in statement for statement, _ in sql.statements[:4])
    codes = await QuerySet(Country, session).only("name").in_bulk(["ru"], field_name="code")
    assert [(code, columns_missing(country)) for code, country in codes.items()] == [("ru", {"anthem"})]
    codes = await QuerySet(Country, session).defer("code", "name").in_bulk(["gb"], field_name="code")
    assert [(code, columns_missing(country)) for code, country in codes.items()] == [("gb", {"name"})]
    assert await authors.count() == 4
    assert await authors.exists()
    assert await authors.aggregate(n=Count("born")) == {"n": 3}


async def test_writing_ignores_it(session: AsyncSession, sql: RecordedSQL) -> None:
    profiles = QuerySet(Profile, session).only("bio").filter(pk=1)
    (updated,) = (await profiles.returning(return_model=True).update(bio="new")).scalars()
    assert (updated.bio, updated.site) == ("new", "ada.example")
    assert (await profiles.delete()).rowcount == 1


async def test_annotations_stay(session: AsyncSession) -> None:
    (author,) = await QuerySet(Author, session).annotate(since=F("born") + 1).only("name").filter(pk=1)
    assert author.since == 1816  # type: ignore[attr-defined]
    assert columns_missing(author) == AUTHOR - {"name"}


async def test_columns_of_a_filtered_relation(session: AsyncSession, sql: RecordedSQL) -> None:
    works = QuerySet(Work, session).annotate(f=FilteredRelation("editor", condition=Q(editor__born__lt=1910)))
    work: Any = await works.select_related("f", "f__country").defer("f__born", "f__country__name").get(pk=3)
    assert columns_missing(work.f) == {"born"}
    assert columns_missing(work.f.country) == {"name"}
    assert columns_missing(work) == {"minutes", "star_id"}
    session.expunge_all()
    work = await works.select_related("f").only("title").get(pk=3)
    assert columns_missing(work.f) == set()
    assert "author_id" in columns_missing(work)


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "an unknown field": (
        lambda: QuerySet(Author).only("nme"),
        UnknownFieldError,
        "Author has no field 'nme'",
    ),
    "an unknown field behind a relation": (
        lambda: QuerySet(Work).defer("author__nme"),
        UnknownFieldError,
        "Author has no field 'nme'",
    ),
    "a to-many path": (
        lambda: QuerySet(Author).only("works__title"),
        UnsupportedOperationError,
        "only('works__title'): Author.works may be several rows; "
        "what is loaded of them says their own queryset",
    ),
    "a to-many relation": (
        lambda: QuerySet(Author).defer("works"),
        UnsupportedOperationError,
        "defer('works'): Author.works may be several rows; what is loaded of them says their own queryset",
    ),
    "an annotation": (
        lambda: QuerySet(Author).annotate(n=F("born")).only("n"),
        UnsupportedOperationError,
        "only('n'): this is an annotation, which is there or not as annotate() and alias() say",
    ),
    "a transform": (
        lambda: QuerySet(Author).only("name__lower"),
        UnsupportedOperationError,
        "'name__lower' must name a field",
    ),
    "a hybrid": (
        lambda: QuerySet(Author).defer("shout"),
        UnsupportedOperationError,
        "defer('shout'): a hybrid is computed by Python code of what is loaded, and no column",
    ),
    "a column of a subclass": (
        lambda: QuerySet(Work).only("pages"),
        UnsupportedOperationError,
        "only('pages'): book is a subclass: its own queryset says what is loaded of it",
    ),
    "a subclass": (
        lambda: QuerySet(Work).only("film__star__name"),
        UnsupportedOperationError,
        "only('film__star__name'): film is a subclass: its own queryset says what is loaded of it",
    ),
    "only of a filtered relation": (
        lambda: QuerySet(Work).annotate(f=FilteredRelation("editor", condition=Q())).only("f__name"),
        UnsupportedOperationError,
        "only('f__name'): 'f' is a FilteredRelation, of which defer() leaves columns out",
    ),
    "defer of a filtered relation itself": (
        lambda: QuerySet(Work).annotate(f=FilteredRelation("editor", condition=Q())).defer("f"),
        UnsupportedOperationError,
        "defer('f'): a FilteredRelation has no column of its own: name a field behind it",
    ),
    "None to only": (
        lambda: QuerySet(Author).only(None),  # type: ignore[arg-type]
        UnsupportedOperationError,
        "only() takes names of fields; defer(None) loads all of them again",
    ),
    "no text": (
        lambda: QuerySet(Author).defer(1),  # type: ignore[arg-type]
        UnsupportedOperationError,
        "defer() takes names of fields, not 1",
    ),
    "only after values()": (
        lambda: QuerySet(Author).values().only("name"),
        UnsupportedOperationError,
        "only() is of models and cannot follow values() or values_list()",
    ),
    "defer after values_list()": (
        lambda: QuerySet(Author).values_list("id").defer(None),
        UnsupportedOperationError,
        "defer() is of models and cannot follow values() or values_list()",
    ),
    "after union()": (
        lambda: QuerySet(Author).union(QuerySet(Author)).only("name"),
        UnsupportedOperationError,
        "only() after union() is not supported: call it on the querysets before",
    ),
    "traversed and then left out": (
        lambda: QuerySet(Work).select_related("author").only("title"),
        UnsupportedOperationError,
        "Work.author cannot be both deferred and traversed by select_related('author'): "
        "only() names 'author' too, defer() does not name it",
    ),
    "left out and then traversed": (
        lambda: QuerySet(Work).defer("author").select_related("author__country"),
        UnsupportedOperationError,
        "Work.author cannot be both deferred and traversed by select_related('author__country')",
    ),
    "its key left out": (
        lambda: QuerySet(Work).select_related("author").defer("author_id"),
        UnsupportedOperationError,
        "Work.author cannot be both deferred and traversed by select_related('author')",
    ),
    "left out on the way": (
        lambda: QuerySet(Work).select_related("author__country").only("title", "author__name"),
        UnsupportedOperationError,
        "Author.country cannot be both deferred and traversed by select_related('author__country'): "
        "only() names 'author__country' too, defer() does not name it",
    ),
    "the far side of a one-to-one": (
        lambda: QuerySet(Author).select_related("profile").only("name"),
        UnsupportedOperationError,
        "Author.profile cannot be both deferred and traversed by select_related('profile')",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str) -> None:
    write, kind, text = REFUSED[case]
    with pytest.raises(kind) as refused:
        write()
    assert type(refused.value) is kind
    assert str(refused.value).startswith(text)


def test_the_same_fields_in_another_order_are_the_same_query() -> None:
    one = QuerySet(Author).only("name", "born")._query.shape
    assert one == QuerySet(Author).only("born", "name")._query.shape
    assert one != QuerySet(Author).defer("born", "name")._query.shape
    assert one != QuerySet(Author)._query.shape
