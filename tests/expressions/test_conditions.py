"""`Case` and `When`, and conditions as values."""

import pytest
from sqlalchemy import Boolean
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Case, Count, Exists, ExpressionWrapper, F, OuterRef, Q, Sum, Value, When
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Author, Country, Publisher, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "the first that holds": (
        lambda q: (
            q(Tag)
            .annotate(
                c=Case(
                    When(weight__gt=2, then=Value("heavy")),
                    When(weight__gt=1, then=Value("middling")),
                    default=Value("light"),
                )
            )
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (tags.weight > ?) THEN ? WHEN (tags.weight > ?) THEN ? ELSE ? END AS c "
        "FROM tags ORDER BY tags.id ASC",
        ["heavy", "light", "light", "heavy", "light", "middling", "light"],
    ),
    "no default": (
        lambda q: (
            q(Tag)
            .annotate(c=Case(When(weight__gt=2, then=Value("heavy"))))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (tags.weight > ?) THEN ? ELSE NULL END AS c FROM tags ORDER BY tags.id ASC",
        ["heavy", None, None, "heavy", None, None, None],
    ),
    "fields as values": (
        lambda q: (
            q(Tag)
            .annotate(c=Case(When(note__isnull=False, then="note"), default="name"))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (tags.note IS NOT NULL) THEN tags.note ELSE tags.name END AS c FROM "
        "tags ORDER BY tags.id ASC",
        ["old", "war", "old", "", "50%_off", "new", "new"],
    ),
    "a Q": (
        lambda q: (
            q(Tag)
            .annotate(c=Case(When(Q(weight=1) | Q(weight=3), then=1), default=0))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (tags.weight = ? OR tags.weight = ?) THEN ? ELSE ? END AS c FROM tags "
        "ORDER BY tags.id ASC",
        [1, 1, 0, 1, 0, 0, 1],
    ),
    "a Q and lookups": (
        lambda q: (
            q(Tag)
            .annotate(c=Case(When(Q(weight=1), name__gt="b", then=1), default=0))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (tags.weight = ? AND tags.name > ?) THEN ? ELSE ? END AS c FROM tags "
        "ORDER BY tags.id ASC",
        [0, 1, 0, 0, 0, 0, 0],
    ),
    "a condition on a related row": (
        lambda q: (
            q(Review)
            .filter(pk__lte=4)
            .annotate(c=Case(When(book__author__name="Ada", then=Value("hers")), default=Value("other")))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (authors_1.name = ?) THEN ? ELSE ? END AS c FROM reviews JOIN books AS "
        "books_1 ON books_1.id = reviews.book_id JOIN authors AS authors_1 ON authors_1.id = "
        "books_1.author_id WHERE reviews.id <= ? ORDER BY reviews.id ASC",
        ["hers", "hers", "hers", "hers"],
    ),
    "a condition on a related row that may be missing": (
        lambda q: (
            q(Author)
            .filter(pk__lte=5)
            .annotate(c=Case(When(country__code="FR", then=1), default=0))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (countries_1.code = ?) THEN ? ELSE ? END AS c FROM authors LEFT OUTER "
        "JOIN countries AS countries_1 ON countries_1.id = authors.country_id WHERE authors.id "
        "<= ? ORDER BY authors.id ASC",
        [1, 0, 1, 0, 0],
    ),
    "filtered by": (
        lambda q: (
            q(Tag)
            .annotate(c=Case(When(weight__gt=2, then=Value("heavy")), default=Value("light")))
            .filter(c="heavy")
            .order_by("pk")
        ),
        "SELECT tags.id, tags.name, tags.note, tags.weight, CASE WHEN (tags.weight > ?) THEN ? "
        "ELSE ? END AS c FROM tags WHERE CASE WHEN (tags.weight > ?) THEN ? ELSE ? END = ? ORDER "
        "BY tags.id ASC",
        [1, 4],
    ),
    "ordered by": (
        lambda q: q(Tag).order_by(Case(When(weight=2, then=0), default=1), "pk").values_list("pk", flat=True),
        "SELECT tags.id FROM tags ORDER BY CASE WHEN (tags.weight = ?) THEN ? ELSE ? END ASC, tags.id ASC",
        [6, 1, 2, 3, 4, 5, 7],
    ),
    "grouped by": (
        lambda q: (
            q(Tag)
            .values(c=Case(When(weight__gt=2, then=Value("heavy")), default=Value("light")))
            .annotate(n=Count("pk"))
            .order_by("c")
        ),
        "SELECT CASE WHEN (tags.weight > ?) THEN ? ELSE ? END AS c, count(tags.id) AS n FROM "
        "tags GROUP BY CASE WHEN (tags.weight > ?) THEN ? ELSE ? END ORDER BY c ASC",
        [{"c": "heavy", "n": 2}, {"c": "light", "n": 5}],
    ),
    "summed up": (
        lambda q: q(Tag).aggregate(heavy=Sum(Case(When(weight__gt=2, then=1), default=0))),
        "SELECT sum(CASE WHEN (tags.weight > ?) THEN ? ELSE ? END) AS heavy FROM tags",
        {"heavy": 2},
    ),
    "counted by": (
        lambda q: q(Tag).aggregate(heavy=Count(Case(When(weight__gt=2, then=1)))),
        "SELECT count(CASE WHEN (tags.weight > ?) THEN ? ELSE NULL END) AS heavy FROM tags",
        {"heavy": 2},
    ),
    "an aggregate in a condition": (
        lambda q: (
            q(Country)
            .annotate(n=Count("authors"))
            .annotate(c=Case(When(n__gt=2, then=Value("many")), default=Value("few")))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (count(authors_1.id) > ?) THEN ? ELSE ? END AS c FROM countries LEFT "
        "OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id GROUP BY "
        "countries.id ORDER BY countries.id ASC",
        ["few", "many", "few", "few"],
    ),
    "a subquery in a condition": (
        lambda q: (
            q(Country)
            .annotate(c=Case(When(Exists(q(Publisher).filter(country=OuterRef("pk"))), then=1), default=0))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (EXISTS (SELECT ? FROM publishers AS publishers_1 WHERE "
        "publishers_1.country_id = countries.id)) THEN ? ELSE ? END AS c FROM countries ORDER BY "
        "countries.id ASC",
        [1, 1, 1, 0],
    ),
    "a condition as a value": (
        lambda q: q(Tag).annotate(heavy=Q(weight__gt=2)).order_by("pk").values_list("heavy", flat=True),
        "SELECT tags.weight > ? AS heavy FROM tags ORDER BY tags.id ASC",
        [True, False, None, True, None, False, False],
    ),
    "filtered by a condition that is a value": (
        lambda q: q(Tag).annotate(heavy=Q(weight__gt=2)).filter(heavy=True).order_by("pk"),
        "SELECT tags.id, tags.name, tags.note, tags.weight, tags.weight > ? AS heavy FROM tags "
        "WHERE (tags.weight > ?) = ? ORDER BY tags.id ASC",
        [1, 4],
    ),
    "a condition by its name": (
        lambda q: q(Tag).annotate(heavy=Q(weight__gt=2)).filter(F("heavy")).order_by("pk").values_list("pk"),
        "SELECT tags.id FROM tags WHERE tags.weight > ? ORDER BY tags.id ASC",
        [(1,), (4,)],
    ),
    "a wrapped condition": (
        lambda q: (
            q(Tag)
            .annotate(heavy=ExpressionWrapper(Q(weight__gt=2) & ~Q(pk=1), output_field=Boolean()))
            .order_by("pk")
            .values_list("heavy", flat=True)
        ),
        "SELECT tags.weight > ? AND tags.id != ? AS heavy FROM tags ORDER BY tags.id ASC",
        [False, False, None, True, None, False, False],
    ),
    "no cases": (
        lambda q: q(Country).annotate(c=Case(default=Value(3))).order_by("pk").values_list("c", flat=True),
        "SELECT CAST(? AS BIGINT) AS c FROM countries ORDER BY countries.id ASC",
        [3, 3, 3, 3],
    ),
    "Case within Case": (
        lambda q: (
            q(Tag)
            .annotate(
                c=Case(
                    When(weight__isnull=True, then=-1), default=Case(When(weight__gt=2, then=1), default=0)
                )
            )
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (tags.weight IS NULL) THEN ? ELSE CASE WHEN (tags.weight > ?) THEN ? "
        "ELSE ? END END AS c FROM tags ORDER BY tags.id ASC",
        [1, 0, -1, 1, -1, 0, 0],
    ),
    "NULL as a value": (
        lambda q: (
            q(Tag)
            .annotate(c=Case(When(weight=3, then=Value(None)), default="weight"))
            .order_by("pk")
            .values_list("c", flat=True)
        ),
        "SELECT CASE WHEN (tags.weight = ?) THEN NULL ELSE tags.weight END AS c FROM tags ORDER "
        "BY tags.id ASC",
        [None, 1, None, None, None, 2, 1],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_conditions(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])
