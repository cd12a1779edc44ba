"""Orderings by expressions and annotations, `earliest()` and `latest()`."""

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Count, F, OrderBy, Value
from django_like_repos.query.functions.text import Lower
from tests.expressions.asking import Cases, agrees
from tests.parity.schema import Country, Review, Tag
from tests.recording import RecordedSQL

CASES: Cases = {
    "by an expression": (
        lambda q: q(Country).order_by(Lower("name"), "pk").values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY lower(countries.name) ASC, countries.id ASC",
        [1, 3, 4, 2],
    ),
    "by an expression, descending": (
        lambda q: q(Country).order_by(Lower("name").desc()).values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY lower(countries.name) DESC",
        [2, 4, 3, 1],
    ),
    "by a field, descending": (
        lambda q: q(Country).order_by(F("name").desc()).values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY countries.name DESC",
        [2, 4, 3, 1],
    ),
    "NULLs first": (
        lambda q: q(Country).order_by(F("code").asc(nulls_first=True)).values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY countries.code ASC NULLS FIRST",
        [3, 4, 1, 2],
    ),
    "NULLs last": (
        lambda q: q(Country).order_by(F("code").desc(nulls_last=True)).values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY countries.code DESC NULLS LAST",
        [2, 1, 4, 3],
    ),
    "an OrderBy": (
        lambda q: (
            q(Country)
            .order_by(OrderBy(F("code"), descending=True, nulls_first=True))
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries ORDER BY countries.code DESC NULLS FIRST",
        [3, 2, 1, 4],
    ),
    "turned round": (
        lambda q: q(Country).order_by(F("code").desc(nulls_last=True)).reverse().values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY countries.code ASC NULLS FIRST",
        [3, 4, 1, 2],
    ),
    "by a related row's field": (
        lambda q: (
            q(Review)
            .filter(pk__lte=4)
            .order_by(F("reviewer__name").desc(nulls_last=True), "pk")
            .values_list("pk", flat=True)
        ),
        "SELECT reviews.id FROM reviews LEFT OUTER JOIN authors AS authors_1 ON authors_1.id = "
        "reviews.reviewer_id WHERE reviews.id <= ? ORDER BY authors_1.name DESC NULLS LAST, "
        "reviews.id ASC",
        [1, 2, 4, 3],
    ),
    "by a to-many path": (
        lambda q: (
            q(Country).order_by(F("authors__name").desc(nulls_last=True), "pk").values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries JOIN (SELECT ranked.id AS id, ranked.k0 AS k0 FROM "
        "(SELECT countries.id AS id, authors_1.name AS k0, row_number() OVER (PARTITION BY "
        "countries.id ORDER BY authors_1.name DESC NULLS LAST, countries.id ASC) AS rank FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id) "
        "AS ranked WHERE ranked.rank = ?) AS keys ON keys.id = countries.id ORDER BY keys.k0 "
        "DESC NULLS LAST, countries.id ASC",
        [2, 3, 1, 4],
    ),
    "models by a to-many path": (
        lambda q: q(Country).order_by(F("authors__name").asc(nulls_last=True), "pk"),
        "SELECT countries.id, countries.name, countries.code FROM countries JOIN (SELECT "
        "ranked.id AS id, ranked.k0 AS k0 FROM (SELECT countries.id AS id, authors_1.name AS k0, "
        "row_number() OVER (PARTITION BY countries.id ORDER BY authors_1.name ASC NULLS LAST, "
        "countries.id ASC) AS rank FROM countries LEFT OUTER JOIN authors AS authors_1 ON "
        "countries.id = authors_1.country_id) AS ranked WHERE ranked.rank = ?) AS keys ON "
        "keys.id = countries.id ORDER BY keys.k0 ASC NULLS LAST, countries.id ASC",
        [2, 1, 3, 4],
    ),
    "by arithmetic": (
        lambda q: q(Tag).filter(weight__gt=0).order_by(F("weight") * -1, "pk").values_list("pk", flat=True),
        "SELECT tags.id FROM tags WHERE tags.weight > ? ORDER BY tags.weight * ? ASC, tags.id ASC",
        [1, 4, 6, 2, 7],
    ),
    "by a value, which orders nothing": (
        lambda q: q(Country).order_by(Value(1), "pk").values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY ? ASC, countries.id ASC",
        [1, 2, 3, 4],
    ),
    "by an annotation": (
        lambda q: q(Country).annotate(low=Lower("name")).order_by("-low").values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY lower(countries.name) DESC",
        [2, 4, 3, 1],
    ),
    "by an annotation that is read": (
        lambda q: q(Country).annotate(low=Lower("name")).order_by("-low").values_list("low", flat=True),
        "SELECT lower(countries.name) AS low FROM countries ORDER BY low DESC",
        ["россия", "åland", "peru", "france"],
    ),
    "by an annotation's NULLs": (
        lambda q: (
            q(Country)
            .annotate(c=F("code"))
            .order_by(F("c").asc(nulls_first=True))
            .values_list("pk", flat=True)
        ),
        "SELECT countries.id FROM countries ORDER BY countries.code ASC NULLS FIRST",
        [3, 4, 1, 2],
    ),
    "by an alias": (
        lambda q: q(Country).alias(low=Lower("name")).order_by("low").values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY lower(countries.name) ASC",
        [1, 3, 4, 2],
    ),
    "the last word counts": (
        lambda q: q(Country).order_by("name").order_by(F("pk").desc()).values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY countries.id DESC",
        [4, 3, 2, 1],
    ),
    "none": (
        lambda q: q(Country).order_by("name").order_by().count(),
        "SELECT count(*) AS count_1 FROM countries",
        4,
    ),
    "by an SQLAlchemy expression": (
        lambda q: q(Country).order_by(func.lower(Country.name).desc()).values_list("pk", flat=True),
        "SELECT countries.id FROM countries ORDER BY lower(countries.name) DESC",
        [2, 4, 3, 1],
    ),
    "the earliest": (
        lambda q: q(Tag).filter(weight__gt=0).earliest("weight", "-pk"),
        "SELECT tags.id, tags.name, tags.note, tags.weight FROM tags WHERE tags.weight > ? ORDER "
        "BY tags.weight ASC, tags.id DESC LIMIT ? OFFSET ?",
        7,
    ),
    "the latest": (
        lambda q: q(Tag).filter(weight__gt=0).latest("weight", "-pk"),
        "SELECT tags.id, tags.name, tags.note, tags.weight FROM tags WHERE tags.weight > ? ORDER "
        "BY tags.weight DESC, tags.id ASC LIMIT ? OFFSET ?",
        1,
    ),
    "the earliest by an expression": (
        lambda q: q(Country).earliest(Lower("name")),
        "SELECT countries.id, countries.name, countries.code FROM countries ORDER BY "
        "lower(countries.name) ASC LIMIT ? OFFSET ?",
        1,
    ),
    "the latest by NULLs": (
        lambda q: q(Country).latest(F("code").asc(nulls_first=True)),
        "SELECT countries.id, countries.name, countries.code FROM countries ORDER BY "
        "countries.code DESC NULLS LAST LIMIT ? OFFSET ?",
        2,
    ),
    "the first": (
        lambda q: q(Country).annotate(n=Count("authors")).order_by("-n").first(),
        "SELECT countries.id, countries.name, countries.code, count(authors_1.id) AS n FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "GROUP BY countries.id ORDER BY n DESC LIMIT ? OFFSET ?",
        2,
    ),
    "the last": (
        lambda q: q(Country).annotate(n=Count("authors")).order_by("-n").last(),
        "SELECT countries.id, countries.name, countries.code, count(authors_1.id) AS n FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "GROUP BY countries.id ORDER BY n ASC LIMIT ? OFFSET ?",
        4,
    ),
    "the first without an order": (
        lambda q: q(Country).annotate(n=Count("authors")).first(),
        "SELECT countries.id, countries.name, countries.code, count(authors_1.id) AS n FROM "
        "countries LEFT OUTER JOIN authors AS authors_1 ON countries.id = authors_1.country_id "
        "GROUP BY countries.id ORDER BY countries.id ASC LIMIT ? OFFSET ?",
        1,
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CASES)
async def test_orderings(shelf: AsyncSession, sql: RecordedSQL, name: str) -> None:
    await agrees(shelf, sql, CASES[name])
