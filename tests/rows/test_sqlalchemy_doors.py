"""Both doors between querysets and SQLAlchemy: its expressions and options come in, statements go out."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import (
    BindParameter,
    Select,
    bindparam,
    case,
    event,
    exists,
    func,
    literal,
    select,
    text,
    union,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    ORMExecuteState,
    aliased,
    defaultload,
    joinedload,
    load_only,
    selectinload,
    subqueryload,
    with_loader_criteria,
)

from django_like_repos import Database, F, InvalidLookupValueError, Q, QuerySet
from tests.parity.schema import Author, Book, Review, Tag, book_tags
from tests.recording import RecordedSQL
from tests.sqltext import fold

Make = Callable[[QuerySet[Book]], Any]

OtherBook = aliased(Book)
OtherReview = aliased(Review)
BAD_REVIEW = exists().where(OtherReview.book_id == Book.id, OtherReview.rating == 1)
NUMBER: BindParameter[int] = bindparam("number", 100)


def ids(models: Any) -> list[int]:
    return [model.id for model in models]


@pytest.fixture
def books(shelf: AsyncSession) -> QuerySet[Book]:
    return QuerySet(Book, shelf)


EXPRESSIONS: dict[str, tuple[Make, list[int]]] = {
    "condition": (lambda q: q.filter(Book.price > 1000).order_by("id"), [3, 6, 8, 11]),
    "beside lookups": (lambda q: q.filter(Book.price > 1000, pages__lt=900).order_by("id"), [6, 11]),
    "with to-many": (lambda q: q.filter(Book.price > 1000, reviews__rating=5).order_by("id"), [3, 8, 11]),
    "with to-many, a slice": (
        lambda q: q.filter(Book.price > 1000, reviews__rating__gt=1).order_by("-id")[1:3],
        [8, 6],
    ),
    "in Q": (lambda q: q.filter(Q(Book.price > 1000) | Q(title="Dawn")).order_by("id"), [1, 3, 6, 7, 8, 11]),
    "in one Q with a lookup": (
        lambda q: q.filter(Q(Book.title.like("D%"), reviews__rating=5) | Q(tags__name="love")).order_by("id"),
        [1, 2, 4, 7, 14],
    ),
    # NULL is unknown to SQLAlchemy's NOT as to SQL's.
    "negated": (lambda q: q.filter(~Q(Book.price > 1000)).order_by("id"), [1, 4, 5, 9, 10, 13]),
    "excluded": (lambda q: q.exclude(Book.price > 1000, Book.in_print).filter(id__lt=6), [1, 4, 5]),
    "value of a lookup": (lambda q: q.filter(price__gt=Book.pages * 5).order_by("id"), [1, 4, 13]),
    "value of a to-many lookup": (lambda q: q.filter(reviews__rating__gt=func.length(Book.title)), [1]),
    "beside F": (lambda q: q.filter(price__gt=F("pages") * 5).filter(Book.id < 5).order_by("id"), [1, 4]),
    "a scalar subquery": (
        lambda q: q.filter(Book.pages > select(func.avg(Book.pages)).scalar_subquery()).order_by("id"),
        [3, 6, 8, 11, 12, 14],
    ),
    "a subquery of an alias": (
        lambda q: q.filter(
            exists().where(OtherBook.title == Book.title, OtherBook.id != Book.id)
        ).order_by("id"),
        [1, 7, 11, 12],
    ),
    "EXISTS": (lambda q: q.filter(BAD_REVIEW).order_by("id"), [1, 4, 12]),
    "EXISTS excluded": (lambda q: q.exclude(BAD_REVIEW).filter(id__lt=4).order_by("id"), [2, 3]),
    "EXISTS with to-many": (lambda q: q.filter(BAD_REVIEW, tags__weight=1).order_by("id"), [1, 12]),
    "any": (lambda q: q.filter(Book.reviews.any(Review.rating == 5)).order_by("id"), [1, 3, 8, 11]),
    "has": (lambda q: q.filter(Book.author.has(Author.name == "Ada")).order_by("id"), [1, 2, 14]),
    "in a SELECT": (
        lambda q: q.filter(Book.id.in_(select(Review.book_id).where(Review.rating == 1))).order_by("id"),
        [1, 4, 12],
    ),
    "a SELECT as value": (
        lambda q: q.filter(id__in=select(Review.book_id).where(Review.rating == 1)).order_by("id"),
        [1, 4, 12],
    ),
    "one bindparam twice": (
        lambda q: q.filter(Book.pages == NUMBER).exclude(Book.price == NUMBER).order_by("id"),
        [1, 4],
    ),
    "a link table": (
        lambda q: (
            q.filter(Book.id == book_tags.c.book_id, book_tags.c.tag_id == 1)
            .exclude(tags__name="war")
            .order_by("id")
        ),
        [2, 7, 11],
    ),
    "true": (lambda q: q.filter(literal(True), id__lt=3).order_by("id"), [1, 2]),
    "order": (lambda q: q.order_by(func.length(Book.title), Book.id.desc())[:5], [5, 14, 7, 4, 2]),
    "order and direction": (
        lambda q: q.order_by(Book.price.desc().nulls_last(), Book.id)[2:6],
        [6, 11, 1, 4],
    ),
    "order turned round": (
        lambda q: q.order_by(Book.price.desc().nulls_last(), Book.id).reverse()[:5],
        [14, 12, 7, 2, 5],
    ),
    "order among names": (
        lambda q: q.order_by(case((Book.price > 1000, 0), else_=1), "-id")[:5],
        [11, 8, 6, 3, 14],
    ),
    "order with to-many": (
        lambda q: q.filter(reviews__rating__gt=0).order_by(func.length(Book.title).desc(), Book.id)[:4],
        [6, 8, 3, 10],
    ),
    "order beside to-many": (
        lambda q: q.filter(id__lt=5).order_by("reviews__rating", func.length(Book.title).desc(), "-id")[1:],
        [1, 3, 2],
    ),
}  # fmt: skip


@pytest.mark.by_turns
@pytest.mark.parametrize(("make", "found"), EXPRESSIONS.values(), ids=EXPRESSIONS)
async def test_expressions(books: QuerySet[Book], make: Make, found: list[int]) -> None:
    queryset = make(books)
    assert ids(await queryset) == found
    assert await queryset.count() == len(found)
    assert await queryset.exists()


async def test_values_of_expressions_are_those_of_each_call(books: QuerySet[Book]) -> None:
    for limit in (2000, 1000, 2000):
        assert await books.filter(Book.price > limit).count() == {2000: 2, 1000: 4}[limit]


async def test_an_order_that_differs_by_joined_row_gives_each_model_once(books: QuerySet[Book]) -> None:
    for _ in range(5):
        page = await books.filter(reviews__rating__gt=0).order_by(func.random())[:10]
        assert len(set(ids(page))) == len(page) == 10


async def test_a_table_that_an_expression_brings_in_multiplies_nothing(books: QuerySet[Book]) -> None:
    queryset = books.filter(OtherReview.book_id == Book.id, OtherReview.rating == 5).order_by("id")
    assert ids(await queryset) == [1, 3, 8, 11]
    assert await queryset.count() == 4
    assert ids(await queryset[:3]) == [1, 3, 8]


# Loader options

LOADERS: dict[str, Any] = {
    "selectinload": selectinload(Book.reviews),
    "joinedload": joinedload(Book.reviews),
    "subqueryload": subqueryload(Book.reviews),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("option", LOADERS.values(), ids=LOADERS)
@pytest.mark.parametrize(
    ("make", "found"),
    [
        pytest.param(lambda q: q.order_by("id")[:2], [1, 2], id="slice"),
        pytest.param(lambda q: q.filter(tags__weight=1).order_by("id")[:2], [1, 3], id="by key"),
        pytest.param(lambda q: q.innerjoin("tags").order_by("-tags__name", "id")[:2], [3, 8], id="ranked"),
        pytest.param(lambda q: q.options("tags").order_by("id")[1:3], [2, 3], id="page"),
    ],
)
async def test_loader_options(books: QuerySet[Book], option: Any, make: Make, found: list[int]) -> None:
    reviews = {1: {1, 2, 3}, 2: {4, 5}, 3: {6, 7, 8}, 4: {9}, 8: {13, 14}}
    models = await make(books.options(option))
    assert {book.id: set(ids(book.reviews)) for book in models} == {key: reviews[key] for key in found}


async def test_columns_are_left_out(shelf: AsyncSession, books: QuerySet[Book]) -> None:
    for queryset in (books, books.filter(tags__weight=1), books.options("tags"), books.distinct()):
        shelf.expunge_all()
        [book] = await queryset.options(load_only(Book.title)).order_by("-pages", "id")[:1]
        assert vars(book).keys() >= {"id", "title"}
        assert "pages" not in vars(book)


async def test_options_go_on_from_a_loaded_path(books: QuerySet[Book], sql: RecordedSQL) -> None:
    option = defaultload(Book.reviews).selectinload(Review.reviewer)
    [book] = await books.options("reviews", option).order_by("id")[:1]
    assert {(review.id, review.reviewer and review.reviewer.name) for review in book.reviews} == {
        (1, "Борис"),
        (2, "Chloé"),
        (3, None),
    }
    assert len(sql) == 2


async def test_a_path_is_loaded_in_one_way(books: QuerySet[Book]) -> None:
    with pytest.raises(InvalidRequestError, match="reviews"):
        await books.options("reviews", selectinload(Book.reviews))


async def test_values_in_loader_options_are_those_of_each_call(
    shelf: AsyncSession, books: QuerySet[Book]
) -> None:
    found = {}
    for rating in (5, 1, 5):
        shelf.expunge_all()
        option = selectinload(Book.reviews.and_(Review.rating == rating))
        [book] = await books.options(option).order_by("id")[:1]
        found[rating] = set(ids(book.reviews))
    assert found == {5: {1, 3}, 1: {2}}


DEAR = with_loader_criteria(Book, Book.price > 1000)
GOOD = with_loader_criteria(Review, lambda review: review.rating == 5, include_aliases=True)

CRITERIA: dict[str, tuple[Make, list[int]]] = {
    "of the model": (lambda q: q.options(DEAR).order_by("id"), [3, 6, 8, 11]),
    "in a slice": (lambda q: q.options(DEAR).order_by("id")[1:3], [6, 8]),
    "by key": (lambda q: q.options(DEAR).filter(reviews__rating__gt=3).order_by("id")[:9], [3, 8, 11]),
    "ranked": (lambda q: q.options(DEAR).order_by("-reviews__rating", "-id")[:3], [11, 8, 3]),
    "of a relation": (lambda q: q.options(GOOD).filter(reviews__score__gt=50).order_by("id"), [3, 8, 11]),
    "of values": (lambda q: q.options(DEAR).order_by("id").values_list("id", flat=True), [3, 6, 8, 11]),
}  # fmt: skip


@pytest.mark.by_turns
@pytest.mark.parametrize(("make", "found"), CRITERIA.values(), ids=CRITERIA)
async def test_criteria_hold_for_rows_and_for_their_number(
    books: QuerySet[Book], make: Make, found: list[int]
) -> None:
    queryset = make(books)
    assert [getattr(row, "id", row) for row in await queryset] == found
    assert await queryset.count() == len(found)


async def test_criteria_hold_for_what_is_written(books: QuerySet[Book]) -> None:
    written = await books.options(DEAR).update(pages=1)
    assert sorted(written.scalars()) == [3, 6, 8, 11]


async def test_criteria_are_refused_for_a_queryset_after_in(books: QuerySet[Book]) -> None:
    with pytest.raises(InvalidLookupValueError, match="filter it instead"):
        books.filter(pk__in=books.options(DEAR))


@pytest.mark.parametrize("part", [slice(None, 2), slice(1, 3)], ids=str)
async def test_criteria_limit_children(shelf: AsyncSession, books: QuerySet[Book], part: slice) -> None:
    queryset = books.options("reviews", GOOD).order_by("id")
    models = {book.id: set(ids(book.reviews)) for book in await queryset}
    assert models == {1: {1, 3}, 3: {6, 7}, 8: {14}, 11: {15}}
    shelf.expunge_all()
    page = {book.id: set(ids(book.reviews)) for book in await queryset[part]}
    assert list(page.items()) == list(models.items())[part]


# Listeners


class Heard:
    """What a listener to `do_orm_execute` was given, and a criterion that it adds to everything."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.criterion: Any = None

    def __call__(self, state: ORMExecuteState) -> None:
        kinds = ("is_select", "is_update", "is_delete")
        self.kinds += [kind.removeprefix("is_") for kind in kinds if getattr(state, kind)]
        if self.criterion is not None:
            state.statement = state.statement.options(self.criterion)


@pytest.fixture
def heard(shelf: AsyncSession) -> Heard:
    heard = Heard()
    event.listen(shelf.sync_session, "do_orm_execute", heard)
    return heard


async def test_listeners_see_every_statement(books: QuerySet[Book], heard: Heard) -> None:
    queryset = books.filter(reviews__rating=5)
    await queryset
    await queryset.count()
    await queryset.exists()
    await queryset.first()
    await queryset.values_list("id")
    await queryset.options("tags").order_by("id")[:2]
    assert heard.kinds == ["select"] * 6
    heard.kinds.clear()
    await books.filter(id=10).update(pages=9)
    assert "update" in heard.kinds
    await books.filter(id=99).delete()
    assert "delete" in heard.kinds


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("make", "found"),
    [
        pytest.param(lambda q: q.order_by("id"), [3, 6, 8, 11], id="plain"),
        pytest.param(lambda q: q.filter(reviews__rating__gt=3).order_by("id")[:2], [3, 8], id="by key"),
        pytest.param(lambda q: q.order_by("-reviews__rating", "-id")[:3], [11, 8, 3], id="ranked"),
        pytest.param(lambda q: q.options("tags").order_by("id")[1:3], [6, 8], id="page"),
        pytest.param(lambda q: q.filter(tags__books__id__in=[1, 3]).order_by("id"), [3, 8, 11], id="alias"),
        pytest.param(lambda q: q.values_list("id", flat=True).order_by("-id"), [11, 8, 6, 3], id="values"),
    ],
)  # fmt: skip
async def test_what_listeners_add_holds_everywhere(
    books: QuerySet[Book], heard: Heard, make: Make, found: list[int]
) -> None:
    heard.criterion = with_loader_criteria(Book, lambda book: book.price > 1000)
    queryset = make(books)
    assert [getattr(row, "id", row) for row in await queryset] == found
    assert await queryset.count() == len(found)
    assert await queryset.exists()


# Statements go out

GOING_OUT: dict[str, Make] = {
    "plain": lambda q: q.filter(title="it's").order_by("id"),
    "text": lambda q: q.filter(subtitle__in=["C:\\path", "it's", "a_b", ":a %s ?"]).order_by("id"),
    "patterns": lambda q: q.filter(subtitle__contains="_").exclude(title__icontains="50%").order_by("id"),
    "two alphabets": lambda q: q.filter(title__iexact="ВОЙНА").order_by("id"),
    "dates": lambda q: q.filter(published_on__gt=date(2010, 1, 1)).order_by("id"),
    "lists of dates": lambda q: q.filter(published_on__in=[date(2010, 6, 15), date(2020, 3, 1)]).order_by(
        "id"
    ),
    "truths": lambda q: q.filter(in_print=True).exclude(price__in=[1000, 1500]).order_by("id"),
    "lists of truths": lambda q: q.filter(in_print__in=[False]).order_by("id"),
    "absence": lambda q: q.filter(editor=None, category__isnull=False).order_by("id"),
    "F": lambda q: q.filter(price__gt=F("pages") * 3 + 1).order_by("-price", "id"),
    "negation": lambda q: q.exclude(tags__name="war", reviews__rating=5).order_by("id"),
    "by key": lambda q: q.filter(reviews__rating__in=[1, 5]).order_by("-title", "id")[1:4],
    "ranked": lambda q: q.innerjoin("reviews").order_by("-reviews__score", "id")[:4],
    "page": lambda q: q.options("reviews").order_by("id")[1:3],
    "from a row on": lambda q: q.order_by("id")[11:],
    "queryset": lambda q: q.filter(author__in=QuerySet(Author).filter(born__gt=1900)).order_by("id"),
    "values": lambda q: q.values_list("title", "author__name").order_by("-id")[:3],
    "values of many": lambda q: q.filter(tags__weight=1).values_list("id", "reviews__score").order_by("id"),
    "expression": lambda q: q.filter(Book.title.in_(["Dawn", "a:b"])).order_by(func.lower(Book.title), "id"),
    "nothing": lambda q: q.filter(id__in=[]).order_by("id"),
}


def plain(rows: Any) -> list[Any]:
    """Rows as tuples, models as their keys; each once, as models are."""
    return list(dict.fromkeys(tuple(getattr(value, "id", value) for value in row) for row in rows))


@pytest.mark.by_turns
@pytest.mark.parametrize("make", GOING_OUT.values(), ids=GOING_OUT)
async def test_the_statement_and_its_text_find_the_same(
    shelves: Database, books: QuerySet[Book], make: Make
) -> None:
    queryset = make(books)
    rows = await queryset
    models = not any(isinstance(row, tuple) for row in rows)
    expected = plain((row,) if models else row for row in rows)
    async with AsyncSession(shelves.engine) as plain_session:
        statement = queryset.as_select()
        assert isinstance(statement, Select)
        assert plain((await plain_session.execute(statement)).unique()) == expected
        connection = await plain_session.connection()
        # A colon is the mark of a parameter to text(), and to it alone.
        through_text = await plain_session.execute(text(queryset.sql().replace(":", r"\:")))
        assert bare(through_text, models=models) == expected
        assert bare(await connection.exec_driver_sql(queryset.sql()), models=models) == expected


def bare(result: Any, *, models: bool) -> list[Any]:
    """The rows of a result that knows no models: of these the keys, which stand behind children's columns."""
    names = list(result.keys())
    key = names.index("id_1" if "id_1" in names else "id") if models else None
    return list(dict.fromkeys(tuple(row) if key is None else (row[key],) for row in result))


async def rows_of(session: AsyncSession, statement: Any) -> list[Any]:
    return plain((await session.execute(statement)).unique())


async def test_a_statement_goes_on_in_sqlalchemy(shelf: AsyncSession, books: QuerySet[Book]) -> None:
    statement = books.filter(reviews__rating=5).order_by("id").as_select()
    assert await rows_of(shelf, statement) == [(1,), (3,), (8,), (11,)]
    assert await rows_of(shelf, statement.where(Book.price > 1000)) == [(3,), (8,), (11,)]
    assert await rows_of(shelf, statement.limit(1)) == [(1,)]
    assert await rows_of(shelf, statement.add_columns(Book.title)) == [
        (1, "Dawn"),
        (3, "Война"),
        (8, "Épopée"),
        (11, "Twins"),
    ]
    assert await rows_of(shelf, statement.with_only_columns(Book.pages)) == [(100,), (1200,), (900,), (350,)]
    assert await rows_of(shelf, statement.join(Book.author).where(Author.name == "Ada")) == [(1,)]
    assert await rows_of(shelf, statement.order_by(None).order_by(Book.id.desc()).limit(2)) == [(11,), (8,)]
    assert await rows_of(shelf, statement.with_for_update(of=Book)) == [(1,), (3,), (8,), (11,)]
    assert await rows_of(shelf, select(func.count()).select_from(statement.subquery())) == [(4,)]


async def test_statements_stand_in_others(shelf: AsyncSession, books: QuerySet[Book]) -> None:
    keys = books.filter(reviews__rating=5).values_list("id").as_select()
    assert set(await rows_of(shelf, select(Book.id).where(Book.id.in_(keys)))) == {(1,), (3,), (8,), (11,)}
    both = union(keys, books.filter(price=0).values_list("id").as_select())
    assert set(await rows_of(shelf, both)) == {(1,), (3,), (8,), (11,), (5,)}
    good = aliased(Book, books.filter(reviews__rating=5).as_select().subquery())
    assert set(await rows_of(shelf, select(good.id).where(good.price > 1000))) == {(3,), (8,), (11,)}


async def test_a_page_with_children_goes_on_in_sqlalchemy(shelf: AsyncSession, books: QuerySet[Book]) -> None:
    """The model's own table stays what the statement selects from."""
    statement = books.options("reviews").order_by("id")[:3].as_select()
    assert await rows_of(shelf, statement.where(Book.price > 1000)) == [(3,)]


async def test_distinct_values_have_no_more_columns_than_were_asked_for(
    shelf: AsyncSession, books: QuerySet[Book]
) -> None:
    queryset = books.filter(price=1000).values_list("pages").distinct().order_by("id")
    assert await queryset == [(100,), (100,), (42,)]
    assert list(await shelf.execute(queryset.as_select())) == [(100,), (100,), (42,)]


async def test_text_needs_no_session_and_takes_a_dialect(shelves: Database) -> None:
    queryset = QuerySet(Tag).filter(name__in=["war", "it's"])
    engine = shelves.engine
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql(queryset.sql(engine.dialect))
        assert [row.id for row in found] == [2]
    assert fold(queryset.sql(engine.dialect)).startswith("SELECT tags.id, tags.name")
