"""``select_related()``: what one statement fills, by which joins, and that no row is lost by it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, with_loader_criteria

from django_like_repos import (
    Count,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UnknownFieldError,
    UnsupportedOperationError,
    Window,
)
from django_like_repos.functions import RowNumber
from tests.loading.works import Author, Book, Country, Film, Profile, Review, Work, missing
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

AUTHOR = (
    "authors_{0}.id{1}, authors_{0}.name, authors_{0}.born, authors_{0}.country_code, authors_{0}.mentor_id"
)


def from_on(statement: str) -> str:
    """A statement from its FROM on: what is joined and how."""
    return statement[statement.index(" FROM ") + 1 :]


async def test_fills_a_relation_in_the_same_statement(session: AsyncSession, sql: RecordedSQL) -> None:
    works = await QuerySet(Work, session).select_related("author").order_by("id")
    assert [(work.title, work.author.name) for work in works] == [
        ("Dawn", "Ada"),
        ("Dusk", "Eve"),
        ("Noon", "Dan"),
        ("Rain", "Bob"),
    ]
    same_sql(
        sql.last,
        "SELECT authors_1.id, authors_1.name, authors_1.born, authors_1.country_code, authors_1.mentor_id, "
        "works.id AS id_1, works.kind, works.title, works.year, works.note, works.author_id, works.editor_id "
        "FROM works JOIN authors AS authors_1 ON authors_1.id = works.author_id ORDER BY works.id ASC",
    )
    assert len(sql.statements) == 1
    assert "author" not in missing(works[0])
    assert {"editor", "reviews"} <= missing(works[0])


async def test_keeps_rows_with_nothing_related(session: AsyncSession, sql: RecordedSQL) -> None:
    works = await QuerySet(Work, session).select_related("editor__country").order_by("id")
    assert [work.editor and work.editor.name for work in works] == ["Bob", None, "Ada", "Eve"]
    assert [work.editor and work.editor.country and work.editor.country.code for work in works] == [
        None,
        None,
        "gb",
        "ru",
    ]
    same_sql(
        from_on(sql.last),
        "FROM works LEFT OUTER JOIN authors AS authors_1 ON authors_1.id = works.editor_id "
        "LEFT OUTER JOIN countries AS countries_1 ON countries_1.code = authors_1.country_code "
        "ORDER BY works.id ASC",
    )
    assert all("editor" not in missing(work) for work in works)
    assert len(sql.statements) == 1


async def test_calls_add_up_and_none_clears(session: AsyncSession, sql: RecordedSQL) -> None:
    both = QuerySet(Work, session).select_related("author").select_related("editor", "author")
    (work, *_) = await both.order_by("id")
    assert {"author", "editor"}.isdisjoint(missing(work))
    assert sql.last.count(" JOIN ") == 2
    session.expunge_all()
    (work, *_) = await both.select_related(None).order_by("id")
    assert {"author", "editor"} <= missing(work)
    assert " JOIN " not in sql.last
    session.expunge_all()
    (work, *_) = await both.select_related(None).select_related("editor").order_by("id")
    assert "author" in missing(work)
    assert "editor" not in missing(work)
    assert repr(both).endswith(".select_related('author').select_related('editor', 'author')>")


async def test_a_path_fills_all_that_it_leads_through(session: AsyncSession, sql: RecordedSQL) -> None:
    paths = ("author__mentor__mentor__country", "author__mentor", "author__profile")
    (work,) = await QuerySet(Work, session).select_related(*paths).filter(title="Noon")
    assert work.author.mentor is not None
    assert work.author.mentor.mentor is not None
    assert work.author.mentor.mentor.country is not None
    assert work.author.mentor.mentor.country.name == "Britain"
    assert work.author.profile is None
    assert sql.last.count(" JOIN ") == 5
    assert len(sql.statements) == 1


async def test_one_to_one_both_ways(session: AsyncSession, sql: RecordedSQL) -> None:
    authors = await QuerySet(Author, session).select_related("profile").order_by("id")
    assert [author.profile and author.profile.bio for author in authors] == ["first", None, "x", None]
    same_sql(
        from_on(sql.last),
        "FROM authors LEFT OUTER JOIN profiles AS profiles_1 ON authors.id = profiles_1.author_id "
        "ORDER BY authors.id ASC",
    )
    session.expunge_all()
    profiles = await QuerySet(Profile, session).select_related("author__country").order_by("id")
    assert [(each.author.name, each.author.country and each.author.country.code) for each in profiles] == [
        ("Ada", "gb"),
        ("Eve", "ru"),
    ]
    assert len(sql.statements) == 2


async def test_inheritance(session: AsyncSession, sql: RecordedSQL) -> None:
    films = await QuerySet(Film, session).select_related("star__country", "author").order_by("id")
    assert [
        (film.star and film.star.country and film.star.country.code, film.author.name) for film in films
    ] == [
        ("ru", "Dan"),
        (None, "Bob"),
    ]
    assert len(sql.statements) == 1
    session.expunge_all()
    reviews = await QuerySet(Review, session).select_related("work__author").order_by("id")
    assert [type(each.work) for each in reviews] == [Book, Book, Film]
    assert [each.work.author.name for each in reviews] == ["Ada", "Ada", "Dan"]
    assert len(sql.statements) == 2


async def test_subclasses_are_read_with_their_base(session: AsyncSession, sql: RecordedSQL) -> None:
    objects: Any = QuerySet(Work, session)
    works = await objects.select_related("film").order_by("id")
    same_sql(
        from_on(sql.last),
        "FROM works LEFT OUTER JOIN films ON works.id = films.id ORDER BY works.id ASC",
    )
    assert [type(work) for work in works] == [Book, Book, Film, Film]
    assert "pages" in missing(works[0])
    assert {"minutes", "star_id"}.isdisjoint(missing(works[2]))
    session.expunge_all()
    works = await objects.select_related("film__star__country", "book").order_by("id")
    assert [work.star and work.star.country.code for work in works[2:]] == ["ru", None]
    assert "pages" not in missing(works[0])
    session.expunge_all()
    works = await objects.select_related("film__author").defer("note").order_by("id")
    assert all("author" not in missing(work) for work in works)
    assert all("note" in missing(work) for work in works)
    assert len(sql.statements) == 3


async def test_subclasses_behind_a_relation(session: AsyncSession, sql: RecordedSQL) -> None:
    reviews: list[Any] = await QuerySet(Review, session).select_related("work__film__star").order_by("id")
    same_sql(
        from_on(sql.last),
        "FROM reviews JOIN (works AS works_1 LEFT OUTER JOIN films AS films_1 ON works_1.id = films_1.id) "
        "ON works_1.id = reviews.work_id LEFT OUTER JOIN authors AS authors_1 "
        "ON authors_1.id = films_1.star_id ORDER BY reviews.id ASC",
    )
    assert [type(each.work) for each in reviews] == [Book, Book, Film]
    assert reviews[2].work.star.name == "Eve"
    assert "pages" in missing(reviews[0].work)
    assert len(sql.statements) == 1


async def test_subclasses_in_other_statements(session: AsyncSession, sql: RecordedSQL) -> None:
    works: Any = QuerySet(Work, session).select_related("film__star")
    found = await works.filter(film__minutes__gt=10, title__startswith="N").order_by("id")
    assert [(work.title, work.star.name) for work in found] == [("Noon", "Eve")]
    found = await works.filter(reviews__stars__gt=1).order_by("-id")[:1]
    assert [(work.title, work.star.name) for work in found] == [("Noon", "Eve")]
    found = await works.filter(Work.title != "Dawn").annotate(n=Count("reviews")).order_by("-n", "id")
    assert [(work.title, work.n) for work in found] == [("Noon", 1), ("Dusk", 0), ("Rain", 0)]
    found = await works.distinct().order_by("id")
    assert [work.title for work in found] == ["Dawn", "Dusk", "Noon", "Rain"]
    assert len(sql.statements) == 4
    assert await works.count() == 4
    assert "films" not in sql.last


JOINED = "FROM works JOIN authors AS authors_1 ON authors_1.id = works.{}_id "


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("chain", "expected", "titles"),
    [
        pytest.param(
            lambda q: q.filter(editor__name="Ada").select_related("editor").order_by("id"),
            JOINED.format("editor") + "WHERE authors_1.name = ? ORDER BY works.id ASC",
            ["Noon"],
            id="of a filter",
        ),
        pytest.param(
            lambda q: q.select_related("editor").filter(editor__name="Ada").order_by("id"),
            JOINED.format("editor") + "WHERE authors_1.name = ? ORDER BY works.id ASC",
            ["Noon"],
            id="of a later filter",
        ),
        pytest.param(
            lambda q: q.order_by("author__name").select_related("author"),
            JOINED.format("author") + "ORDER BY authors_1.name ASC",
            ["Dawn", "Rain", "Noon", "Dusk"],
            id="of an ordering",
        ),
        pytest.param(
            lambda q: q.innerjoin("editor").select_related("editor").order_by("id"),
            JOINED.format("editor") + "ORDER BY works.id ASC",
            ["Dawn", "Noon", "Rain"],
            id="that was declared",
        ),
        pytest.param(
            lambda q: q.select_related("editor__profile").options("editor").order_by("id"),
            JOINED.format("editor") + "LEFT OUTER JOIN profiles AS profiles_1 "
            "ON authors_1.id = profiles_1.author_id ORDER BY works.id ASC",
            ["Dawn", "Noon", "Rain"],
            id="of options",
        ),
        pytest.param(
            lambda q: q.annotate(e=F("editor__name")).select_related("editor").order_by("id"),
            JOINED.format("editor").replace("works JOIN", "works LEFT OUTER JOIN") + "ORDER BY works.id ASC",
            ["Dawn", "Dusk", "Noon", "Rain"],
            id="of an annotation",
        ),
    ],
)
async def test_uses_a_join_that_is_there(
    session: AsyncSession,
    sql: RecordedSQL,
    chain: Callable[[QuerySet[Work]], QuerySet[Work]],
    expected: str,
    titles: list[str],
) -> None:
    works = await chain(QuerySet(Work, session))
    assert [work.title for work in works] == titles
    same_sql(from_on(sql.last), expected)
    assert len(sql.statements) == 1
    key = "author" if "author_id" in expected and "editor_id" not in expected else "editor"
    assert all(key not in missing(work) for work in works)


async def test_an_excluded_path_has_a_join_of_its_own(session: AsyncSession, sql: RecordedSQL) -> None:
    works = await QuerySet(Work, session).exclude(editor__name="Ada").select_related("editor").order_by("id")
    assert [work.editor and work.editor.name for work in works] == ["Bob", None, "Eve"]
    assert len(sql.statements) == 1


async def test_keys_that_are_chosen_first_join_nothing_more(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Work, session).filter(reviews__stars__gte=3).select_related("author", "editor")
    works = await queryset.order_by("-author__name", "id")[:2]
    assert [(work.title, work.author.name) for work in works] == [("Noon", "Dan"), ("Dawn", "Ada")]
    same_sql(
        from_on(sql.last),
        {
            "sqlite": "FROM works JOIN (SELECT DISTINCT works.id AS id, authors_3.name AS k0 FROM works "
            "JOIN reviews AS reviews_1 ON works.id = reviews_1.work_id "
            "JOIN authors AS authors_3 ON authors_3.id = works.author_id "
            "WHERE reviews_1.stars >= ? ORDER BY authors_3.name DESC, works.id ASC LIMIT ? OFFSET ?) AS keys "
            "ON keys.id = works.id JOIN authors AS authors_1 ON authors_1.id = works.author_id "
            "LEFT OUTER JOIN authors AS authors_2 ON authors_2.id = works.editor_id "
            "ORDER BY authors_1.name DESC, works.id ASC",
            "postgresql": "FROM works JOIN authors AS authors_1 ON authors_1.id = works.author_id "
            "LEFT OUTER JOIN authors AS authors_2 ON authors_2.id = works.editor_id "
            "WHERE works.id IN (SELECT reviews_1.work_id FROM reviews AS reviews_1 WHERE "
            "reviews_1.stars >= ?) "
            "ORDER BY authors_1.name DESC, works.id ASC LIMIT ? OFFSET ?",
        }[session.get_bind().dialect.name],
    )


async def test_a_page_with_children(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = (
        QuerySet(Author, session).outerjoin("works").options("works").select_related("country", "profile")
    )
    authors = await queryset.order_by("id")[1:3]
    assert [(each.name, [work.title for work in each.works]) for each in authors] == [
        ("Bob", ["Rain"]),
        ("Eve", ["Dusk"]),
    ]
    assert [each.country and each.country.code for each in authors] == [None, "ru"]
    assert [each.profile and each.profile.bio for each in authors] == [None, "x"]
    assert len(sql.statements) == 1


async def test_groups_windows_and_distinct(session: AsyncSession, sql: RecordedSQL) -> None:
    works = QuerySet(Work, session).select_related("author", "editor").order_by("id")
    counted = await works.annotate(n=Count("reviews"))
    assert [(work.n, work.author.name) for work in counted] == [  # type: ignore[attr-defined]
        (2, "Ada"),
        (0, "Eve"),
        (1, "Dan"),
        (0, "Bob"),
    ]
    ranked = works.annotate(rank=Window(RowNumber(), order_by="-year"))
    assert [(work.rank, work.author.name) for work in await ranked] == [  # type: ignore[attr-defined]
        (4, "Ada"),
        (3, "Eve"),
        (2, "Dan"),
        (1, "Bob"),
    ]
    assert "(SELECT" not in sql.last
    assert [work.editor and work.editor.name for work in await ranked.filter(rank__lte=2)] == ["Ada", "Eve"]
    assert [work.author.name for work in await works.distinct()] == ["Ada", "Eve", "Dan", "Bob"]
    assert sql.last.startswith("SELECT DISTINCT")
    (first,) = await works.distinct("kind").filter(kind="film")
    assert first.author.name == "Dan"


async def test_documents_do_not_hinder_distinct(session: AsyncSession, sql: RecordedSQL) -> None:
    profiles = await QuerySet(Review, session).select_related("work").distinct().order_by("id")
    assert [each.work.title for each in profiles] == ["Dawn", "Dawn", "Noon"]


async def test_terminal_methods_keep_it(session: AsyncSession, sql: RecordedSQL) -> None:
    works = QuerySet(Work, session).select_related("author")
    found: list[Any] = [
        await works.first(),
        await works.last(),
        await works.get(title="Noon"),
        await works.earliest("year"),
        await works.order_by("id")[1],
        *(await works.in_bulk([1, 4])).values(),
        *(await works.order_by("id")[1:2].select_related("editor")),
        [each async for each in works.order_by("id")][-1],
        (await works.get_or_create(title="Rain"))[0],
    ]
    for each in found:
        session.expunge_all()
        assert "author" not in missing(each)
    assert all(" JOIN authors" in statement for statement, _ in sql.statements)


async def test_what_reads_no_models_joins_nothing(session: AsyncSession, sql: RecordedSQL) -> None:
    works = QuerySet(Work, session).select_related("author", "editor__country")
    assert await works.count() == 4
    assert await works.exists()
    assert await works.aggregate(n=Count("author__id"))
    assert await works.values_list("title", flat=True).order_by("id") == ["Dawn", "Dusk", "Noon", "Rain"]
    assert await works.contains(await works.select_related(None).get(pk=1))
    assert await QuerySet(Review, session).filter(work__in=works).count() == 3
    newest = works.filter(author=OuterRef("pk")).order_by("-year").values("title")[:1]
    assert await QuerySet(Author, session).annotate(t=Subquery(newest)).filter(t="Dawn").count() == 1
    assert all("countries" not in statement for statement, _ in sql.statements)
    assert all(" JOIN " not in statement for statement, _ in sql.statements if "FROM works" in statement)


async def test_aggregates_do_not_lean_on_what_it_joins(session: AsyncSession) -> None:
    works = QuerySet(Work, session).select_related("author")
    assert await works.aggregate(n=Count("author__name", distinct=True)) == {"n": 4}


async def test_writing_ignores_it(session: AsyncSession, sql: RecordedSQL) -> None:
    reviews = QuerySet(Review, session).select_related("work__author")
    updated = await reviews.filter(pk=1).update(stars=1)
    assert updated.rowcount == 1
    same_sql(
        sql.last.partition(" RETURNING ")[0],
        "UPDATE reviews SET stars=?, version=(reviews.version + ?) WHERE reviews.id = ? AND reviews.id IN "
        "(SELECT DISTINCT reviews.id FROM reviews WHERE reviews.id = ?)",
    )
    returned = await reviews.filter(pk=1).returning("stars").update(stars=2)
    assert [tuple(row) for row in returned] == [(2,)]
    deleted = await reviews.filter(pk=1).delete()
    assert deleted.rowcount == 1
    assert "JOIN" not in sql.last
    assert (
        await QuerySet(Work, session).select_related("author").filter(pk=4).update(title="x")
    ).rowcount == 1
    assert all(" JOIN " not in statement for statement, _ in sql.statements)


async def test_unions_have_what_the_first_says(session: AsyncSession, sql: RecordedSQL) -> None:
    films = QuerySet(Work, session).filter(kind="film")
    books = QuerySet(Work, session).filter(kind="book").select_related("editor")
    works = await films.select_related("author__country").union(books).order_by("-title")[:3]
    assert [(each.title, each.author.name) for each in works] == [
        ("Rain", "Bob"),
        ("Noon", "Dan"),
        ("Dusk", "Eve"),
    ]
    assert all("editor" in missing(each) for each in works)
    assert len(sql.statements) == 1
    assert from_on(sql.last).count("SELECT works.id") == 2
    assert "JOIN authors AS authors_1 ON authors_1.id = anon_1.author_id" in sql.last
    session.expunge_all()
    works = await books.union(films, all=True).order_by("editor__name", "id")
    assert sorted(each.editor.name for each in works if each.editor) == ["Ada", "Bob", "Eve"]
    assert "author" in missing(works[0])
    again = await books.union(films).union(films.filter(id=4)).order_by("id")
    assert [each.id for each in again] == [1, 2, 3, 4]
    assert await books.union(films).count() == 4
    assert await books.union(films).values_list("title", flat=True).order_by("title") == [
        "Dawn",
        "Dusk",
        "Noon",
        "Rain",
    ]


async def test_unions_beside_options_of_sqlalchemy(session: AsyncSession, sql: RecordedSQL) -> None:
    films = QuerySet(Work, session).filter(kind="film").options(defer(Work.note)).select_related("author")
    works = await films.union(QuerySet(Work, session).filter(pk=1)).order_by("id")
    assert [(each.title, each.author.name) for each in works] == [
        ("Dawn", "Ada"),
        ("Noon", "Dan"),
        ("Rain", "Bob"),
    ]
    assert all("note" in missing(each) for each in works)
    assert len(sql.statements) == 1


async def test_querysets_joined_have_what_the_left_one_says(session: AsyncSession) -> None:
    left = QuerySet(Work, session).filter(kind="film").select_related("author")
    right = QuerySet(Work, session).filter(year__lt=1845).select_related("editor")
    works = await (left | right).order_by("id")
    assert [each.title for each in works] == ["Dawn", "Noon", "Rain"]
    assert all("author" not in missing(each) and "editor" in missing(each) for each in works)
    assert [each.author.name for each in await (left & right.filter(pk=1))] == []


# FilteredRelation


def old_editors() -> QuerySet[Work]:
    return QuerySet(Work).annotate(f=FilteredRelation("editor", condition=Q(editor__born__lt=1910)))


async def test_a_filtered_relation_is_an_attribute(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Work, session).annotate(
        f=FilteredRelation("editor", condition=Q(editor__born__lt=1910)), n=Count("reviews")
    )
    works: list[Any] = await queryset.select_related("f", "f__country", "author").order_by("id")
    assert [each.f and each.f.name for each in works] == ["Bob", None, "Ada", None]
    assert works[2].f.country.code == "gb"
    assert [each.n for each in works] == [2, 0, 1, 0]
    assert all("editor" in missing(each) and "author" not in missing(each) for each in works)
    assert len(sql.statements) == 1
    assert "authors_2.id = works.editor_id AND authors_2.born < " in sql.last


async def test_a_filtered_relation_with_filters_and_slices(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Work, session).annotate(
        f=FilteredRelation("editor", condition=Q(editor__born__lt=1910))
    )
    found: list[Any] = await queryset.filter(f__name="Ada").select_related("f")
    assert [(each.title, each.f.name) for each in found] == [("Noon", "Ada")]
    same_sql(
        from_on(sql.last),
        "FROM works JOIN authors AS authors_1 ON authors_1.id = works.editor_id AND authors_1.born < ? "
        "WHERE authors_1.name = ?",
    )
    page: list[Any] = (
        await queryset.select_related("f__profile").filter(reviews__stars__gt=1).order_by("id")[:2]
    )
    assert [(each.title, each.f.name) for each in page] == [("Dawn", "Bob"), ("Noon", "Ada")]
    assert page[1].f.profile.bio == "first"
    first: Any = await queryset.select_related("f").order_by("-id").first()
    assert (first.title, first.f) == ("Rain", None)
    assert await queryset.select_related("f").values_list("f__name", flat=True).order_by("id") == [
        "Bob",
        None,
        "Ada",
        None,
    ]


async def test_a_filtered_relation_over_two_hops(session: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Work, session).annotate(
        c=FilteredRelation("author__country", condition=Q(author__country__code="ru"))
    )
    works: list[Any] = await queryset.select_related("c").order_by("id")
    assert [each.c and each.c.name for each in works] == [None, "Russia", None, None]
    assert all("author" in missing(each) for each in works)


async def test_a_filtered_relation_drops_no_row_whose_key_is_there(
    session: AsyncSession, sql: RecordedSQL
) -> None:
    queryset = QuerySet(Work, session).annotate(
        a=FilteredRelation("author", condition=Q(author__born__gt=1850))
    )
    works: list[Any] = await queryset.select_related("a__country", "author").order_by("id")
    assert [each.a and each.a.name for each in works] == [None, "Eve", None, "Bob"]
    same_sql(
        from_on(sql.last),
        "FROM works LEFT OUTER JOIN authors AS authors_2 ON authors_2.id = works.author_id "
        "AND authors_2.born > ? LEFT OUTER JOIN countries AS countries_1 "
        "ON countries_1.code = authors_2.country_code "
        "JOIN authors AS authors_1 ON authors_1.id = works.author_id ORDER BY works.id ASC",
    )


async def test_a_filtered_relation_with_children(session: AsyncSession) -> None:
    queryset = QuerySet(Work, session).annotate(
        f=FilteredRelation("editor", condition=Q(editor__born__lt=1910))
    )
    works: list[Any] = (
        await queryset.outerjoin("reviews").options("reviews").select_related("f").order_by("id")
    )
    assert [(each.f and each.f.name, len(each.reviews)) for each in works] == [
        ("Bob", 2),
        (None, 0),
        ("Ada", 1),
        (None, 0),
    ]


# Objects in hand


async def test_fills_objects_that_the_session_has(session: AsyncSession, sql: RecordedSQL) -> None:
    plain = await QuerySet(Work, session).get(pk=1)
    ada = await QuerySet(Author, session).get(pk=1)
    ada.name = "changed"
    filled = await QuerySet(Work, session).select_related("author").get(pk=1)
    assert filled is plain
    assert filled.author is ada
    assert ada.name == "changed"


async def test_leaves_a_relation_that_is_filled_already(session: AsyncSession) -> None:
    work = await QuerySet(Work, session).select_related("editor").get(pk=1)
    ada = await QuerySet(Author, session).get(pk=1)
    work.editor = ada
    with session.no_autoflush:
        again = await QuerySet(Work, session).select_related("editor").get(pk=1)
    assert again.editor is ada


# Values of its own


async def test_criteria_of_what_is_joined_drop_no_row(session: AsyncSession) -> None:
    hidden = with_loader_criteria(Author, Author.name != "Ada")
    works = await QuerySet(Work, session).options(hidden).select_related("editor", "author").order_by("id")
    assert [each.editor and each.editor.name for each in works] == ["Bob", None, None, "Eve"]
    authors: list[Any] = [each.author for each in works]
    assert [author and author.name for author in authors] == [None, "Eve", "Dan", "Bob"]


async def test_the_statement_goes_on_in_sqlalchemy(session: AsyncSession) -> None:
    statement = QuerySet(Work, session).select_related("author").as_select().where(Work.title == "Noon")
    (work,) = (await session.execute(statement)).scalars()
    assert work.author.name == "Dan"
    (other,) = (await session.scalars(select(Country).where(Country.code == "gb"))).all()
    assert other.name == "Britain"


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no paths": (
        lambda: QuerySet(Work).select_related(),
        UnsupportedOperationError,
        "select_related() takes the paths of the relations to be loaded, as in "
        "select_related('author', 'author__country'); None takes back those that were named",
    ),
    "to-many": (
        lambda: QuerySet(Work).select_related("reviews"),
        UnsupportedOperationError,
        "select_related('reviews'): Work.reviews may be several rows, and select_related() loads one: "
        "prefetch_related('reviews') loads them",
    ),
    "to-many on the way": (
        lambda: QuerySet(Work).select_related("author__works__editor"),
        UnsupportedOperationError,
        "select_related('author__works__editor'): Author.works may be several rows, and select_related() "
        "loads one: prefetch_related('author__works__editor') loads them",
    ),
    "a field": (
        lambda: QuerySet(Work).select_related("title"),
        UnsupportedOperationError,
        "Work.title is no relation, so there is nothing to join for 'title'",
    ),
    "a foreign key": (
        lambda: QuerySet(Work).select_related("author_id"),
        UnsupportedOperationError,
        "Work.author_id is no relation, so there is nothing to join for 'author_id'",
    ),
    "a field at the end": (
        lambda: QuerySet(Work).select_related("author__name"),
        UnsupportedOperationError,
        "Work.author__name is no relation, so there is nothing to join for 'author__name'",
    ),
    "an annotation": (
        lambda: QuerySet(Work).annotate(n=F("year")).select_related("n"),
        UnsupportedOperationError,
        "Work.n is no relation, so there is nothing to join for 'n'",
    ),
    "an unknown name": (
        lambda: QuerySet(Work).select_related("author__contry"),
        UnknownFieldError,
        "Author has no field 'contry'",
    ),
    "no text": (
        lambda: QuerySet(Work).select_related(Work.author),  # type: ignore[arg-type]
        UnsupportedOperationError,
        "select_related() takes relation paths, not ",
    ),
    "None among others": (
        lambda: QuerySet(Work).select_related("author", None),
        UnsupportedOperationError,
        "select_related() takes relation paths, not None",
    ),
    "after values()": (
        lambda: QuerySet(Work).values("id").select_related("author"),
        UnsupportedOperationError,
        "select_related() is of models and cannot follow values() or values_list()",
    ),
    "after union()": (
        lambda: QuerySet(Work).union(QuerySet(Work)).select_related("author"),
        UnsupportedOperationError,
        "select_related() after union() is not supported: call it on the querysets before",
    ),
    "a filtered relation that may be many": (
        lambda: (
            QuerySet(Work)
            .annotate(r=FilteredRelation("reviews", condition=Q(reviews__stars=1)))
            .select_related("r")
        ),
        UnsupportedOperationError,
        "select_related('r'): 'r' may be several rows of Work.reviews, where one attribute holds one; "
        "prefetch_related(Prefetch('reviews', queryset=…, to_attr=…)) loads them",
    ),
    "a subclass in a union": (
        lambda: QuerySet(Work).select_related("film__star").union(QuerySet(Work)),
        UnsupportedOperationError,
        "union() reads the columns of Work alone, and select_related('film__star') those of a subclass: "
        "leave that out, or say the querysets as one with |: ",
    ),
    "a filtered relation in a union": (
        lambda: old_editors().select_related("f").union(QuerySet(Work)),
        UnsupportedOperationError,
        "union() loses the condition of the FilteredRelation 'f', by which select_related() fills it: "
        "leave that out, or say the querysets as one with |: ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str) -> None:
    write, kind, text = REFUSED[case]
    with pytest.raises(kind) as refused:
        write()
    assert type(refused.value) is kind
    assert str(refused.value).startswith(text)
