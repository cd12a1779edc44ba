"""Annotations: `annotate()`, `alias()`, and expressions in `values()` and `values_list()`."""

import pytest
from sqlalchemy import Integer, func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import ExpressionWrapper, F, Func, QuerySet, RawSQL, UnsupportedOperationError, Value
from django_like_repos.query.functions.text import Lower, Upper
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Book, Country, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "a field": (
        lambda q: q(Tag).annotate(w=F("weight")).order_by("pk").values_list("pk", "w"),
        "SELECT tags.id, tags.weight AS w FROM tags ORDER BY tags.id ASC",
        [(1, 3), (2, 1), (3, None), (4, 3), (5, None), (6, 2), (7, 1)],
    ),
    "a field of a related row": (
        lambda q: q(Review).annotate(who=F("reviewer__name")).order_by("pk").values_list("pk", "who")[:3],
        "SELECT reviews.id, authors_1.name AS who FROM reviews LEFT OUTER JOIN authors AS "
        "authors_1 ON authors_1.id = reviews.reviewer_id ORDER BY reviews.id ASC LIMIT ? OFFSET "
        "?",
        [(1, "Борис"), (2, "Chloé"), (3, None)],
    ),
    "arithmetic": (
        lambda q: q(Tag).annotate(w=F("weight") * 2 + 1).order_by("pk").values_list("pk", "w"),
        "SELECT tags.id, tags.weight * ? + ? AS w FROM tags ORDER BY tags.id ASC",
        [(1, 7), (2, 3), (3, None), (4, 7), (5, None), (6, 5), (7, 3)],
    ),
    "models carry it": (
        lambda q: q(Country).annotate(up=Upper("name")).order_by("pk"),
        "SELECT countries.id, countries.name, countries.code, upper(countries.name) AS up FROM "
        "countries ORDER BY countries.id ASC",
        [1, 2, 3, 4],
    ),
    "one annotation of another": (
        lambda q: (
            q(Tag).annotate(a=F("weight") + 1).annotate(b=F("a") * 2).order_by("pk").values_list("a", "b")
        ),
        "SELECT tags.weight + ? AS a, (tags.weight + ?) * ? AS b FROM tags ORDER BY tags.id ASC",
        [(4, 8), (2, 4), (None, None), (4, 8), (None, None), (3, 6), (2, 4)],
    ),
    "several in one call": (
        lambda q: q(Tag).annotate(a=F("weight") + 1, b=F("a") * 2).order_by("pk").values_list("b", flat=True),
        "SELECT (tags.weight + ?) * ? AS b FROM tags ORDER BY tags.id ASC",
        [8, 4, None, 8, None, 6, 4],
    ),
    "filtered by": (
        lambda q: q(Tag).annotate(w=F("weight") * 2).filter(w__gte=6).order_by("pk"),
        "SELECT tags.id, tags.name, tags.note, tags.weight, tags.weight * ? AS w FROM tags WHERE "
        "tags.weight * ? >= ? ORDER BY tags.id ASC",
        [1, 4],
    ),
    "excluded by": (
        lambda q: q(Tag).annotate(w=F("weight") * 2).exclude(w__gte=6).order_by("pk"),
        "SELECT tags.id, tags.name, tags.note, tags.weight, tags.weight * ? AS w FROM tags WHERE "
        "(tags.weight * ? >= ?) IS NOT true ORDER BY tags.id ASC",
        [2, 3, 5, 6, 7],
    ),
    "compared with a field": (
        lambda q: (
            q(Book).annotate(t=F("pages") / 2).filter(price__gt=F("t")).order_by("pk").values_list("pk", "t")
        ),
        "SELECT books.id, books.pages / ? AS t FROM books WHERE books.price > books.pages / ? "
        "ORDER BY books.id ASC",
        [(1, 50), (3, 600), (4, 50), (6, 175), (8, 450), (9, 150), (11, 175), (13, 21)],
    ),
    "a transform of it": (
        lambda q: (
            q(Book).annotate(on=F("published_on")).filter(on__year=1999).order_by("pk").values_list("pk")
        ),
        "SELECT books.id FROM books WHERE books.published_on BETWEEN ? AND ? ORDER BY books.id ASC",
        [(1,), (10,)],
    ),
    "ordered by": (
        lambda q: (
            q(Tag)
            .annotate(w=F("weight") * -1)
            .filter(w__lt=0)
            .order_by("w", "pk")
            .values_list("pk", flat=True)
        ),
        "SELECT tags.id FROM tags WHERE tags.weight * ? < ? ORDER BY tags.weight * ? ASC, tags.id ASC",
        [1, 4, 6, 2, 7],
    ),
    "an alias is no value": (
        lambda q: q(Tag).alias(w=F("weight") * 2).filter(w__gte=6).order_by("pk").values("pk"),
        "SELECT tags.id FROM tags WHERE tags.weight * ? >= ? ORDER BY tags.id ASC",
        [{"pk": 1}, {"pk": 4}],
    ),
    "an alias in an annotation": (
        lambda q: (
            q(Tag).alias(w=F("weight") * 2).annotate(x=F("w") + 1).order_by("pk").values_list("x", flat=True)
        ),
        "SELECT tags.weight * ? + ? AS x FROM tags ORDER BY tags.id ASC",
        [7, 3, None, 7, None, 5, 3],
    ),
    "a value": (
        lambda q: (
            q(Country).annotate(one=Value(1), text=Value("x")).order_by("pk").values_list("pk", "one", "text")
        ),
        "SELECT countries.id, ? AS one, ? AS text FROM countries ORDER BY countries.id ASC",
        [(1, 1, "x"), (2, 1, "x"), (3, 1, "x"), (4, 1, "x")],
    ),
    "a value with a type": (
        lambda q: (
            q(Country)
            .annotate(one=Value("1", output_field=Integer()))
            .order_by("pk")
            .values_list("one", flat=True)
        ),
        "SELECT ? AS one FROM countries ORDER BY countries.id ASC",
        [1, 1, 1, 1],
    ),
    "the annotation replaces the one before": (
        lambda q: (
            q(Country).annotate(x=Value(1)).annotate(x=Value("b")).order_by("pk").values_list("x", flat=True)
        ),
        "SELECT ? AS x FROM countries ORDER BY countries.id ASC",
        ["b", "b", "b", "b"],
    ),
    "values() of an expression": (
        lambda q: q(Country).values(up=Upper("name")).order_by("up"),
        "SELECT upper(countries.name) AS up FROM countries ORDER BY up ASC",
        [{"up": "FRANCE"}, {"up": "PERU"}, {"up": "ÅLAND"}, {"up": "РОССИЯ"}],
    ),
    "values() of a field and an expression": (
        lambda q: q(Country).values("pk", up=Lower("name")).order_by("pk"),
        "SELECT countries.id, lower(countries.name) AS up FROM countries ORDER BY countries.id ASC",
        [
            {"pk": 1, "up": "france"},
            {"pk": 2, "up": "россия"},
            {"pk": 3, "up": "peru"},
            {"pk": 4, "up": "åland"},
        ],
    ),
    "values_list() of an expression": (
        lambda q: q(Country).values_list("pk", Lower("name")).order_by("pk"),
        "SELECT countries.id, lower(countries.name) AS lower1 FROM countries ORDER BY countries.id ASC",
        [(1, "france"), (2, "россия"), (3, "peru"), (4, "åland")],
    ),
    "values_list() of a bare expression": (
        lambda q: q(Country).values_list(Lower("name"), flat=True).order_by("pk"),
        "SELECT lower(countries.name) AS lower1 FROM countries ORDER BY countries.id ASC",
        ["france", "россия", "peru", "åland"],
    ),
    "annotate after values": (
        lambda q: q(Country).values("name").annotate(up=Upper("name")).order_by("pk"),
        "SELECT countries.name, upper(countries.name) AS up FROM countries ORDER BY countries.id ASC",
        [
            {"name": "France", "up": "FRANCE"},
            {"name": "Россия", "up": "РОССИЯ"},
            {"name": "Peru", "up": "PERU"},
            {"name": "Åland", "up": "ÅLAND"},
        ],
    ),
    "a part of a text": (
        lambda q: (
            q(Country)
            .annotate(a=F("name")[0], b=F("name")[1:3], c=F("name")[2:])
            .order_by("pk")
            .values_list("a", "b", "c")
        ),
        "SELECT substr(countries.name, CAST(? AS INTEGER), CAST(? AS INTEGER)) AS a, "
        "substr(countries.name, CAST(? AS INTEGER), CAST(? AS INTEGER)) AS b, "
        "substr(countries.name, CAST(? AS INTEGER)) AS c FROM countries ORDER BY countries.id "
        "ASC",
        [("F", "ra", "ance"), ("Р", "ос", "ссия"), ("P", "er", "ru"), ("Å", "la", "and")],
    ),
    "an SQLAlchemy expression": (
        lambda q: (
            q(Country).annotate(low=func.lower(Country.name)).order_by("low").values_list("low", flat=True)
        ),
        "SELECT lower(countries.name) AS low FROM countries ORDER BY low ASC",
        ["france", "peru", "åland", "россия"],
    ),
    "an SQLAlchemy expression, filtered by": (
        lambda q: q(Country).annotate(low=func.lower(Country.name)).filter(low="peru"),
        "SELECT countries.id, countries.name, countries.code, lower(countries.name) AS low FROM "
        "countries WHERE lower(countries.name) = ?",
        [3],
    ),
    "SQL of one's own": (
        lambda q: (
            q(Tag)
            .annotate(w=RawSQL("weight + %s", [10], output_field=Integer()))
            .order_by("pk")
            .values_list("w", flat=True)
        ),
        "SELECT (weight + ?) AS w FROM tags ORDER BY tags.id ASC",
        [13, 11, None, 13, None, 12, 11],
    ),
    "bits": (
        lambda q: (
            q(Tag)
            .annotate(a=F("weight").bitand(1), b=F("weight").bitor(8), c=F("weight").bitxor(5))
            .order_by("pk")
            .values_list("a", "b", "c")
        ),
        "SELECT tags.weight & ? AS a, tags.weight | ? AS b, (tags.weight | ?) - (tags.weight & "
        "?) AS c FROM tags ORDER BY tags.id ASC",
        [(1, 11, 6), (1, 9, 4), (None, None, None), (1, 11, 6), (None, None, None), (0, 10, 7), (1, 9, 4)],
    ),
    "modulo, power and minus": (
        lambda q: (
            q(Tag)
            .annotate(a=F("weight") % 4, b=F("weight") ** 2, c=-F("weight"))
            .order_by("pk")
            .values_list("a", "b", "c")
        ),
        "SELECT tags.weight % ? AS a, power(tags.weight, ?) AS b, tags.weight * ? AS c FROM tags "
        "ORDER BY tags.id ASC",
        [
            (3, 9.0, -3),
            (1, 1.0, -1),
            (None, None, None),
            (3, 9.0, -3),
            (None, None, None),
            (2, 4.0, -2),
            (1, 1.0, -1),
        ],
    ),
    "a wrapped one": (
        lambda q: (
            q(Tag)
            .annotate(x=ExpressionWrapper(F("weight") + 1, output_field=Integer()))
            .order_by("pk")
            .values_list("x", flat=True)
        ),
        "SELECT tags.weight + ? AS x FROM tags ORDER BY tags.id ASC",
        [4, 2, None, 4, None, 3, 2],
    ),
    "over a to-many path": (
        lambda q: q(Country).annotate(who=F("authors__name")).order_by("pk", "who").values_list("pk", "who"),
        "SELECT countries.id, authors_1.name AS who FROM countries LEFT OUTER JOIN authors AS "
        "authors_1 ON countries.id = authors_1.country_id ORDER BY countries.id ASC, who ASC",
        [
            (1, "Ada"),
            (1, "Chloé"),
            (2, "100% Gus_"),
            (2, "Hal"),
            (2, "Борис"),
            (3, "Fay"),
            (3, "ada"),
            (4, None),
        ],
    ),
    "a function of one's own": (
        lambda q: (
            q(Country)
            .annotate(n=Func("name", function="LENGTH", output_field=Integer()))
            .order_by("pk")
            .values_list("n", flat=True)
        ),
        "SELECT LENGTH(countries.name) AS n FROM countries ORDER BY countries.id ASC",
        [6, 6, 4, 5],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_annotations(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])


async def test_a_model_has_one_value(shelf: AsyncSession) -> None:
    tagged = QuerySet(Book, shelf).filter(pk=1).annotate(tag=F("tags__name"))
    with pytest.raises(
        UnsupportedOperationError, match="Book 1 comes several times, with other values of tag"
    ):
        await tagged
    assert await tagged.order_by("tag").values_list("tag", flat=True) == ["classic", "war"]
