"""The rows of the library: few, and with everything that goes wrong in them.

NULLs in every column that takes them and in every nullable relation, parents without children, duplicates and
ties, the empty string, zero, text in two alphabets and two cases, and the signs that LIKE gives a meaning.

SQLite stores datetimes and times as text, and Django leaves out microseconds that are zero: so none are. It
would make a number of a JSON document that is one: so the documents are objects and lists.
"""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON

from tests.parity.schema import (
    Author,
    Base,
    Book,
    Category,
    Contribution,
    Country,
    Edition,
    Loan,
    Profile,
    Publisher,
    Review,
    State,
    Tag,
    author_influences,
    book_tags,
)

Rows = list[tuple[Any, ...]]

COUNTRIES: Rows = [
    # id, name, code
    (1, "France", "FR"),
    (2, "Россия", "RU"),
    (3, "Peru", None),
    (4, "Åland", "AX"),
]

AUTHORS: Rows = [
    # id, name, born, country_id, mentor_id
    (1, "Ada", 1815, 1, None),
    (2, "Борис", 1890, 2, 1),
    (3, "Chloé", 1960, 1, 1),
    (4, "Dora", None, None, 2),
    (5, "ada", 1815, 3, None),
    (6, "Éric", 1960, None, 6),
    (7, "Fay", None, 3, 3),
    (8, "100% Gus_", 1990, 2, 4),
    (9, "Hal", 0, 2, 3),
]

INFLUENCES: Rows = [
    # id, from_author_id, to_author_id
    (1, 2, 1),
    (2, 3, 1),
    (3, 3, 2),
    (4, 4, 5),
    (5, 5, 4),
    (6, 6, 6),
    (7, 8, 7),
    (8, 8, 3),
]

PROFILES: Rows = [
    # id, bio, site, author_id
    (1, "pioneer", None, 3),
    (2, None, "ada.example", 1),
    (3, "", "dora.example", 4),
    (4, "Писатель", "ru.example", 2),
    (5, "", "hal.example", 9),
]

PUBLISHERS: Rows = [
    # id, name, city, country_id
    (1, "Dawn", "Paris", 1),
    (2, "Заря", None, 2),
    (3, "Dusk", "Lima", 3),
    (4, "Dawn", None, 1),
    (5, "Noon", "paris", 2),
]

CATEGORIES: Rows = [
    # id, name, rank, parent_id
    (1, "Root", 1, None),
    (2, "Prose", 2, 1),
    (3, "Novel", None, 2),
    (4, "Poetry", 2, 1),
    (5, "Epic", 5, 4),
    (6, "Other", None, None),
    (7, "Проза", 1, 6),
    (8, "Empty", 0, None),
    (9, "Saga", 5, 5),
]

TAGS: Rows = [
    # id, name, note, weight
    (1, "classic", "old", 3),
    (2, "war", None, 1),
    (3, "love", "old", None),
    (4, "Классика", "", 3),
    (5, "50%_off", None, None),
    (6, "unused", "new", 2),
    (7, "War", "new", 1),
]

BOOKS: Rows = [
    # id, title, subtitle, pages, price, in_print, published_on, author, editor, publisher, category
    (1, "Dawn", None, 100, 1000, True, date(1999, 12, 31), 1, 2, 1, 2),
    (2, "dusk", "a story", 200, None, True, date(2001, 1, 1), 1, None, 1, 3),
    (3, "Война", "и мир", 1200, 2500, True, None, 2, 1, 2, 3),
    (4, "Noon", "", 100, 1000, False, date(2001, 1, 1), 2, 2, None, None),
    (5, "Eve", None, 0, 0, True, date(2010, 6, 15), 3, None, 3, 4),
    (6, "50% off", "a_b", 350, 1500, False, None, 3, 4, 3, 5),
    (7, "Dawn", "dawn again", 120, None, True, date(2010, 6, 15), 4, 1, None, 7),
    (8, "Épopée", "C:\\path", 900, 2500, True, date(2020, 2, 29), 5, 5, 4, 5),
    (9, "война", None, 300, 300, False, None, 2, None, 2, None),
    (10, "Stray", "A Story", 10, 5, True, date(1999, 12, 31), 6, 7, None, 8),
    (11, "Twins", "it's", 350, 1500, True, date(2020, 3, 1), 8, 1, 1, 2),
    (12, "Twins", None, 350, None, False, date(2020, 3, 1), 8, 1, 1, 2),
    (13, "Orphan", None, 42, 1000, False, None, 9, None, None, None),
    (14, "love", None, 350, None, False, date(2010, 6, 15), 1, 3, 2, 9),
]

BOOK_TAGS: Rows = [
    # id, book_id, tag_id
    (1, 1, 1),
    (2, 1, 2),
    (3, 2, 1),
    (4, 2, 3),
    (5, 3, 2),
    (6, 3, 4),
    (7, 3, 1),
    (8, 4, 3),
    (9, 6, 5),
    (10, 7, 1),
    (11, 7, 3),
    (12, 8, 4),
    (13, 8, 7),
    (14, 11, 1),
    (15, 11, 5),
    (16, 12, 2),
    (17, 12, 7),
    (18, 14, 3),
]

REVIEWS: Rows = [
    # id, rating, score, text, book_id, reviewer_id
    (1, 5, 50, "great", 1, 2),
    (2, 1, None, "poor", 1, 3),
    (3, 5, 50, None, 1, None),
    (4, 3, 30, "fine", 2, 1),
    (5, 4, None, None, 2, None),
    (6, 5, 10, "Великая", 3, 1),
    (7, 5, 55, "great", 3, 4),
    (8, 2, None, "", 3, 7),
    (9, 1, 0, "poor", 4, 2),
    (10, 3, 33, "fine", 6, 3),
    (11, 3, None, "FINE", 6, None),
    (12, 4, 40, None, 7, 7),
    (13, 2, 20, "100%", 8, 5),
    (14, 5, 90, "great", 8, 8),
    (15, 5, 1600, "dear", 11, 2),
    (16, 1, None, None, 12, 8),
    (17, 4, 350, "long", 12, 1),
    (18, 4, 44, "Great", 10, 6),
    (19, 3, None, "poor", 14, 1),
]

CONTRIBUTIONS: Rows = [
    # id, role, share, book_id, author_id
    (1, "text", 60, 1, 1),
    (2, "text", 40, 1, 3),
    (3, "cover", None, 1, 3),
    (4, "text", 100, 2, 1),
    (5, "перевод", 50, 3, 2),
    (6, "text", 50, 3, 5),
    (7, "notes", 0, 3, 4),
    (8, "cover", None, 5, 9),
    (9, "text", -10, 6, 3),
    (10, "notes", 40, 8, 5),
    (11, "text", 40, 8, 2),
    (12, "", None, 10, 6),
    (13, "text", 100, 11, 8),
    (14, "cover", 0, 12, 8),
]


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


HALF = 500_000
NEW_YEAR = _utc(2020, 12, 31, 23, 59, 59, HALF)
# New York springs forward at 7:00 on 14 March 2021, and falls back at 6:00 on 7 November.
BEFORE_SPRING, AFTER_SPRING = _utc(2021, 3, 14, 6, 59, 59, HALF), _utc(2021, 3, 14, 7, 0, 0, HALF)
FIRST_TIME, SECOND_TIME = _utc(2021, 11, 7, 5, 30, 0, HALF), _utc(2021, 11, 7, 6, 30, 0, HALF)

SPEC = {"pages": 100, "size": {"w": 15, "h": 23.5}, "tags": ["a", "b"], "bound": True, "color": "red"}

EDITIONS: Rows = [
    # id, isbn, released_at, opens, price, weight, spec, note, ratio, copies, book_id
    (
        1,
        "978-0-01",
        NEW_YEAR,
        time(9, 30, 0, HALF),
        Decimal("10.50"),
        0.5,
        {"pages": 100},
        "first",
        3,
        100,
        1,
    ),
    (2, "978-0-02", NEW_YEAR, time(18, 0, 15, 1), Decimal("12.00"), 1.25, None, "second", -3, 0, 1),
    (3, "978-0-03", None, None, None, None, {}, "", 0, None, 1),
    (4, "978-5-04", _utc(2021, 1, 1, 0, 0, 0, 1), None, Decimal("10.50"), 2.0, [], "Вторая", 7, 250, 2),
    (5, "978-5-05", BEFORE_SPRING, time(0, 0, 0, 1), Decimal("0.00"), -1.5, ["a", 1], " padded ", 7, 7, 3),
    (6, "978-5-06", AFTER_SPRING, time(23, 59, 59, 999_999), Decimal("99.99"), 0.0, SPEC, "Ёлка", -8, -5, 3),
    (7, "978-5-07", FIRST_TIME, None, Decimal("-3.25"), None, JSON.NULL, "naïve", 1, 1, 3),
    (8, "", SECOND_TIME, time(9, 30, 0, HALF), None, 4.75, {"pages": None, "tags": []}, "FIRST", 2, 100, 4),
    (
        9,
        "979-8-09",
        _utc(2016, 2, 29, 12, 0, 0, HALF),
        None,
        Decimal("7.10"),
        0.5,
        {"ё": "й"},
        "50%_off",
        0,
        3,
        5,
    ),
    (
        10,
        "979-8-10",
        None,
        time(12, 15, 30, 250_000),
        Decimal("7.10"),
        8.5,
        {"pages": 350},
        "日本語",
        12,
        None,
        6,
    ),
    (
        11,
        "979-8-11",
        _utc(2018, 12, 31, 4, 45, 0, 1),
        time(6, 0, 0, 1),
        None,
        3.0,
        [[1], {"a": "b"}],
        "a,b",
        5,
        0,
        8,
    ),
    (12, "979-8-11", _utc(2019, 1, 1, 4, 45, 0, 1), None, Decimal("1000.00"), 3.0, None, "it's", -1, 12, 8),
    (
        13,
        "978-0-13",
        _utc(1999, 12, 31, 23, 0, 0, HALF),
        None,
        Decimal("5.05"),
        -0.25,
        {"color": "red"},
        "first",
        9,
        40,
        10,
    ),
    (
        14,
        "978-0-14",
        _utc(2024, 2, 29, 23, 30, 0, HALF),
        time(6, 0, 0, 1),
        Decimal("33.33"),
        1.0,
        SPEC,
        "x" * 12,
        4,
        9,
        11,
    ),
    (
        15,
        "978-0-15",
        _utc(2024, 12, 30, 8, 15, 45, 1),
        None,
        Decimal("66.67"),
        None,
        {"color": "Red"},
        "tab\there",
        6,
        9,
        12,
    ),
    (
        16,
        "978-0-16",
        _utc(2021, 7, 4, 12, 0, 0, HALF),
        time(12, 0, 0, 1),
        Decimal("12.00"),
        16.0,
        None,
        "Zażółć",
        10,
        2,
        14,
    ),
]


DRAFT, LIVE, GONE = State
LOANS: Rows = [
    # id, state, was, fee, deposit, days, book_id
    (1, DRAFT, None, Decimal("1.10"), Decimal("0.125"), 3, 1),
    (2, LIVE, DRAFT, Decimal("2.20"), None, None, 1),
    (3, LIVE, LIVE, Decimal("0.00"), Decimal("10.000"), 0, 1),
    (4, GONE, LIVE, Decimal("1.10"), Decimal("1.100"), 14, 2),
    (5, GONE, None, Decimal("-3.05"), Decimal("100.001"), -2, 3),
    (6, DRAFT, GONE, Decimal("99.99"), None, 14, 5),
    (7, LIVE, None, Decimal("1000.00"), Decimal("-0.125"), 3, 8),
    (8, LIVE, DRAFT, Decimal("2.20"), Decimal("2.200"), None, 8),
]


def library_rows() -> list[tuple[Any, list[dict[str, Any]]]]:
    """Each table with its rows, parents before children."""
    rows = {
        Country.__table__: COUNTRIES,
        Author.__table__: AUTHORS,
        author_influences: INFLUENCES,
        Profile.__table__: PROFILES,
        Publisher.__table__: PUBLISHERS,
        Category.__table__: CATEGORIES,
        Tag.__table__: TAGS,
        Book.__table__: BOOKS,
        book_tags: BOOK_TAGS,
        Review.__table__: REVIEWS,
        Contribution.__table__: CONTRIBUTIONS,
        Edition.__table__: EDITIONS,
        Loan.__table__: LOANS,
    }
    assert rows.keys() == set(Base.metadata.tables.values())
    return [
        (table, [dict(zip(table.columns.keys(), row, strict=True)) for row in values])
        for table, values in rows.items()
    ]
