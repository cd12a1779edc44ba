"""The rows of the library: few, and with everything that goes wrong in them.

NULLs in every column that takes them and in every nullable relation, parents without children, duplicates and
ties, the empty string, zero, text in two alphabets and two cases, and the signs that LIKE gives a meaning.
"""

from datetime import date
from typing import Any

from tests.parity.schema import (
    Author,
    Base,
    Book,
    Category,
    Country,
    Profile,
    Publisher,
    Review,
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
    }
    assert rows.keys() == set(Base.metadata.tables.values())
    return [
        (table, [dict(zip(table.columns.keys(), row, strict=True)) for row in values])
        for table, values in rows.items()
    ]
