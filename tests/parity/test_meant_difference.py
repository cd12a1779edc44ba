"""The one difference from Django that is meant: a to-many join that only filters multiplies nothing.

Counts, slices, groups and aggregates of such querysets beside what plain Python makes of the same rows. It
also makes sure of `once.py`, by which the other tests say the difference to Django.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from types import SimpleNamespace as Row
from typing import Any, Final

import pytest

from tests.parity.comparing import comparable
from tests.parity.harness import Library
from tests.parity.rows import library_rows

Found = list[Any]


class Rows:
    """The rows of the library as objects that know their related rows."""

    def __init__(self) -> None:
        tables = {table.name: [Row(**row) for row in rows] for table, rows in library_rows()}
        self.books, self.authors, self.publishers = tables["books"], tables["authors"], tables["publishers"]
        by_key = {
            name: {row.id: row for row in tables[name]} for name in ("books", "authors", "tags", "publishers")
        }
        for book in self.books:
            book.author = by_key["authors"][book.author_id]
            book.reviews = [row for row in tables["reviews"] if row.book_id == book.id]
            book.editions = [row for row in tables["editions"] if row.book_id == book.id]
            links = [row for row in tables["book_tags"] if row.book_id == book.id]
            book.tags = [by_key["tags"][row.tag_id] for row in links]
            book.contributions = [row for row in tables["contributions"] if row.book_id == book.id]
        for author in self.authors:
            author.books = [book for book in self.books if book.author_id == author.id]
        for publisher in self.publishers:
            publisher.books = [book for book in self.books if book.publisher_id == publisher.id]

    @property
    def reviewed(self) -> Found:
        """Books with a review of more than 2."""
        return [book for book in self.books if any(row.rating > 2 for row in book.reviews)]

    @property
    def tagged(self) -> Found:
        """Books with a tag that weighs something."""
        return [book for book in self.books if weighty(book)]

    @property
    def both(self) -> Found:
        return [book for book in self.reviewed if book in self.tagged]


ROWS: Final = Rows()


def weighty(book: Any) -> Found:
    return [tag for tag in book.tags if (tag.weight or 0) > 0]


def given(values: Iterable[Any]) -> Found:
    return [value for value in values if value is not None]


def total(values: Iterable[Any]) -> Any:
    return sum(found) if (found := given(values)) else None


def mean(values: Iterable[Any]) -> Any:
    return sum(found) / len(found) if (found := given(values)) else None


def keys(rows: Iterable[Any]) -> Found:
    return [row.id for row in rows]


def by_pages(rows: Iterable[Any]) -> Found:
    return sorted(rows, key=lambda row: (-row.pages, row.id))


REVIEWED, TAGGED = "Book.filter(reviews__rating__gt=2)", "Book.filter(tags__weight__gt=0)"
BOTH = f"{REVIEWED}.filter(tags__weight__gt=0)"
BY_PAGES = ".order_by('-pages', 'id')"

CHAINS: Final[dict[str, Callable[[Rows], Any]]] = {
    # counts
    f"{REVIEWED}.count()": lambda all: len(all.reviewed),
    f"{TAGGED}.count()": lambda all: len(all.tagged),
    f"{BOTH}.count()": lambda all: len(all.both),
    f"{BOTH}.values_list('title').count()": lambda all: len(all.both),
    f"{BOTH}.values_list('title').distinct().count()": lambda all: len({book.title for book in all.both}),
    f"{BOTH}.values_list('reviews__id').count()": lambda all: sum(
        row.rating > 2 for book in all.both for row in book.reviews
    ),
    f"{TAGGED}.annotate(n=Count('reviews')).count()": lambda all: len(all.tagged),
    f"{TAGGED}.annotate(n=Count('reviews')).filter(n__gt=1).count()": lambda all: sum(
        len(book.reviews) > 1 for book in all.tagged
    ),
    f"{TAGGED}.annotate(x=F('pages') * 2).count()": lambda all: len(all.tagged),
    f"{BOTH}.distinct().count()": lambda all: len(all.both),
    # slices
    f"{BOTH}{BY_PAGES}[:4]": lambda all: keys(by_pages(all.both)[:4]),
    f"{BOTH}{BY_PAGES}[2:5]": lambda all: keys(by_pages(all.both)[2:5]),
    f"{BOTH}{BY_PAGES}[3:100].count()": lambda all: len(all.both[3:]),
    f"{BOTH}{BY_PAGES}.values_list('id', flat=True)[1:6]": lambda all: keys(by_pages(all.both)[1:6]),
    f"{TAGGED}{BY_PAGES}.annotate(n=Count('reviews')).values_list('id', 'n')[1:5]": lambda all: [
        (book.id, len(book.reviews)) for book in by_pages(all.tagged)[1:5]
    ],
    f"{BOTH}{BY_PAGES}.first()": lambda all: by_pages(all.both)[0].id,
    f"{BOTH}{BY_PAGES}.last()": lambda all: by_pages(all.both)[-1].id,
    f"{BOTH}{BY_PAGES}[:3].aggregate(n=Sum('pages'))": lambda all: {
        "n": total(book.pages for book in by_pages(all.both)[:3])
    },
    f"Book.filter(id__in={TAGGED}{BY_PAGES}[:3])": lambda all: {*keys(by_pages(all.tagged)[:3])},
    # aggregates
    f"{REVIEWED}.aggregate(n=Count('*'))": lambda all: {"n": len(all.reviewed)},
    f"{BOTH}.aggregate(n=Count('id'), m=Sum('pages'))": lambda all: {
        "n": len(all.both),
        "m": total(book.pages for book in all.both),
    },
    f"{BOTH}.aggregate(n=Avg('price'))": lambda all: {"n": mean(book.price for book in all.both)},
    f"{TAGGED}.aggregate(n=Sum(F('pages') + F('price')))": lambda all: {
        "n": total(book.pages + book.price for book in all.tagged if book.price is not None)
    },
    f"{TAGGED}.aggregate(n=Sum('author__born'))": lambda all: {
        "n": total(book.author.born for book in all.tagged)
    },
    f"{TAGGED}.aggregate(n=Count('reviews'))": lambda all: {
        "n": sum(len(book.reviews) for book in all.tagged)
    },
    f"{TAGGED}.aggregate(n=Sum('editions__price'))": lambda all: {
        "n": total(row.price for book in all.tagged for row in book.editions)
    },
    f"{BOTH}.aggregate(n=Sum('pages', filter=Q(in_print=True)))": lambda all: {
        "n": total(book.pages for book in all.both if book.in_print)
    },
    f"{REVIEWED}.aggregate(n=Sum('reviews__rating'))": lambda all: {
        "n": total(row.rating for book in all.books for row in book.reviews if row.rating > 2)
    },
    f"{REVIEWED}.filter(reviews__score__gt=0).aggregate(n=Sum('pages'))": lambda all: {
        "n": total(book.pages for book in all.reviewed if any((row.score or 0) > 0 for row in book.reviews))
    },
    f"{TAGGED}.annotate(n=Count('reviews')).aggregate(m=Sum('n'), k=Max('n'))": lambda all: {
        "m": sum(len(book.reviews) for book in all.tagged),
        "k": max(len(book.reviews) for book in all.tagged),
    },
    f"{BOTH}.values('title').aggregate(n=Sum('pages'))": lambda all: {
        "n": total(book.pages for book in all.both)
    },
    # annotations
    f"{TAGGED}.annotate(n=Count('reviews')).values_list('id', 'n')": lambda all: {
        (book.id, len(book.reviews)) for book in all.tagged
    },
    "Book.annotate(n=Count('reviews')).filter(tags__weight__gt=0).values_list('id', 'n')": lambda all: {
        (book.id, len(book.reviews)) for book in all.tagged
    },
    "Book.annotate(n=Count('reviews')).filter(reviews__rating__gt=2).values_list('id', 'n')": lambda all: {
        (book.id, len(book.reviews)) for book in all.reviewed
    },
    f"{REVIEWED}.annotate(n=Count('reviews')).values_list('id', 'n')": lambda all: {
        (book.id, sum(row.rating > 2 for row in book.reviews)) for book in all.reviewed
    },
    f"{TAGGED}.annotate(n=Count('tags')).filter(contributions__share__gte=0).values_list('id', 'n')": (
        lambda all: {
            (book.id, len(weighty(book)))
            for book in all.tagged
            if any((row.share is not None and row.share >= 0) for row in book.contributions)
        }
    ),
    f"{TAGGED}.annotate(x=F('reviews__rating')).values_list('id', 'x')": lambda all: Counter(
        (book.id, rating) for book in all.tagged for rating in [row.rating for row in book.reviews] or [None]
    ),
    f"{BOTH}.annotate(x=Upper('author__country__code')).count()": lambda all: len(all.both),
    # groups
    f"{TAGGED}.values('author').annotate(n=Count('id')).values_list('author', 'n')": lambda all: {
        *Counter(book.author_id for book in all.tagged).items()
    },
    f"{BOTH}.values('in_print').annotate(n=Sum('pages')).values_list('in_print', 'n')": lambda all: {
        (printed, total(book.pages for book in all.both if book.in_print is printed))
        for printed in {book.in_print for book in all.both}
    },
    f"{TAGGED}.values('in_print').annotate(n=Count('*')).filter(n__gt=1).values_list('n', flat=True)": (
        lambda all: Counter(n for n in Counter(book.in_print for book in all.tagged).values() if n > 1)
    ),
    "Author.filter(books__reviews__rating__gt=2).annotate(n=Sum('born')).values_list('id', 'n')": (
        lambda all: {
            (author.id, author.born)
            for author in all.authors
            if any(book in all.reviewed for book in author.books)
        }
    ),
    "Author.filter(books__reviews__rating__gt=2).aggregate(n=Count('*'))": lambda all: {
        "n": sum(any(book in all.reviewed for book in author.books) for author in all.authors)
    },
    "Publisher.filter(books__tags__weight__gt=0).annotate(n=Count('books')).values_list('id', 'n')": (
        lambda all: {
            (publisher.id, len(tagged))
            for publisher in all.publishers
            if (tagged := [book for book in publisher.books if weighty(book)])
        }
    ),
    # combined, and asked of one
    f"{TAGGED}.order_by().union(Book.filter(id=1), all=True).count()": lambda all: len(all.tagged) + 1,
    f"({TAGGED} & {REVIEWED}).count()": lambda all: len(all.both),
    f"({TAGGED} | {REVIEWED}).count()": lambda all: len({*keys(all.tagged), *keys(all.reviewed)}),
    "Book.filter(reviews__rating__gt=0).get(id=1)": lambda _: 1,
    f"{REVIEWED}.earliest('pages', 'id')": lambda all: (
        min(all.reviewed, key=lambda book: (book.pages, book.id)).id
    ),
    f"{BOTH}.values_list('title', Window(RowNumber(), order_by=['-pages', 'id']))": lambda all: {
        (book.title, index + 1) for index, book in enumerate(by_pages(all.both))
    },
    f"{BOTH}.annotate(n=Window(Count('id'))).filter(n__gt=1).values_list('id', 'n')": lambda all: {
        (book.id, len(all.both)) for book in all.both
    },
    f"{BOTH}.annotate(n=Window(RowNumber(), order_by=['-pages', 'id'])).order_by('-n')[:3]": (
        lambda all: [(book.id, {"n": n + 1}) for n, book in enumerate(by_pages(all.both))][:-4:-1]
    ),
    "Book.alias(x=F('reviews__rating')).filter(x__gt=2).count()": lambda all: len(all.reviewed),
    "Book.alias(x=F('reviews__rating')).filter(x__gt=2).aggregate(n=Sum('pages'))": lambda all: {
        "n": total(book.pages for book in all.reviewed)
    },
}


@pytest.mark.by_turns
@pytest.mark.parametrize("source", CHAINS)
async def test_multiplies_nothing(library: Library, source: str) -> None:
    expected = CHAINS[source](ROWS)
    answer = await library.ask_us(source)
    assert _as(type(expected), answer.result) == _as(type(expected), comparable(_listed(expected))), answer


@pytest.mark.parametrize("source", CHAINS)
async def test_django_is_asked_the_same(library: Library, source: str) -> None:
    expected = CHAINS[source](ROWS)
    (answer, _) = await library.ask_django(source)
    assert _as(type(expected), answer.result) == _as(type(expected), comparable(_listed(expected))), answer


def _listed(expected: Any) -> Any:
    return list(expected.elements()) if isinstance(expected, Counter) else _list_of_set(expected)


def _list_of_set(expected: Any) -> Any:
    return list(expected) if isinstance(expected, set) else expected


def _as(kind: type, result: Any) -> Any:
    """Rows without an order are a set, or a Counter, in what Python says."""
    return Counter(result) if kind in (set, Counter) else result
