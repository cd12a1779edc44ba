"""What related managers write, and the rows that are related afterwards: `related(model, key, path)`."""

_TAGS = "Tag.filter(books=1).order_by('id').values_list('id')"
_BOOKS = "Book.filter(tags=2).order_by('id').values_list('id')"
_INFLUENCES = "Author.filter(influenced=1).order_by('id').values_list('id')"
_REVIEWS = "Review.order_by('id').values_list('id', 'book_id', 'reviewer_id')"
_CREDITS = "Contribution.order_by('book_id', 'author_id', 'role').values_list('book_id', 'author_id', 'role')"
_ALL_TAGS = "Tag.order_by('id').values_list('id', 'name', 'weight')"


def _then(path: str, rows: str, *writes: str) -> list[str]:
    """Writes to what is related, each with the rows that it leaves."""
    return [f"(related({path}).{write}, {rows})" for write in writes]


CASES: dict[str, list[str]] = {
    "related: what is there": [
        "related('Book', 1, 'tags').objects.order_by('id')",
        "related('Book', 1, 'tags').objects.filter(weight=None).order_by('id')",
        "related('Book', 1, 'tags').objects.exclude(weight__gt=1).count()",
        "related('Book', 1, 'tags').objects.values_list('name', flat=True).order_by('name')",
        "related('Book', 1, 'contributors').objects.annotate(n=Count('pupils')).order_by('id')",
        "related('Book', 1, 'contributors').objects.distinct().order_by('id')",
        "related('Tag', 2, 'books').objects.filter(author__country__code='FR').order_by('id')",
        "related('Author', 1, 'influences').objects.order_by('-id')",
        "related('Author', 1, 'influenced').objects.order_by('id').first()",
        "related('Author', 1, 'pupils').objects.order_by('id')",
        "related('Author', 1, 'books').objects.filter(pages__gt=100).exists()",
        "related('Author', 1, 'books').objects.filter(reviews__rating=5).order_by('id')",
        "related('Author', 1, 'books').objects.aggregate(n=Count('pk'), most=Max('pages'))",
        "related('Category', 1, 'children').objects.order_by('id').values('id', 'name')",
        "related('Book', 1, 'reviews').objects.get(id=999)",
    ],
    "related: add": [
        *_then(
            "'Book', 1, 'tags'",
            _TAGS,
            "add(1)",
            "add(1, 2, 3, 4)",
            "add('3', row('Tag', 2), row('Tag', 3))",
            "add()",
        ),
        *_then("'Tag', 2, 'books'", _BOOKS, "add(1)", "add(row('Book', 1), row('Book', 2), 3)"),
        *_then("'Author', 1, 'influences'", _INFLUENCES, "add(1)", "add(2, row('Author', 3))"),
        *_then(
            "'Book', 1, 'contributors'",
            _CREDITS,
            "add(row('Author', 1), 2, through_defaults={'role': 'added'})",
            "add(3, 4, through_defaults={'role': lambda: 'called', 'share': 3})",
        ),
        *_then("'Book', 1, 'contributors'", _CREDITS, "add(1)"),
    ],
    "related: remove": [
        *_then(
            "'Book', 1, 'tags'",
            _TAGS,
            "remove(1)",
            "remove(1, 2, 3, row('Tag', 4))",
            "remove(999)",
            "remove()",
        ),
        *_then("'Tag', 2, 'books'", _BOOKS, "remove(1)", "remove(row('Book', 1), row('Book', 2))"),
        *_then("'Author', 1, 'influences'", _INFLUENCES, "remove(1, 2, 3)"),
        *_then(
            "'Book', 1, 'contributors'", _CREDITS, "remove(1)", "remove(row('Author', 1), row('Author', 2))"
        ),
    ],
    "related: set": [
        *_then(
            "'Book', 1, 'tags'",
            _TAGS,
            "set([])",
            "set([1])",
            "set([row('Tag', 1), 2, '3'])",
            "set((4, 4))",
            "set([1, 2], clear=True)",
        ),
        *_then("'Tag', 2, 'books'", _BOOKS, "set([1, row('Book', 3)])"),
        *_then("'Author', 1, 'influences'", _INFLUENCES, "set([1, 4])"),
        *_then(
            "'Book', 1, 'contributors'",
            _CREDITS,
            "set([1, 2, 3], through_defaults={'role': 'set'})",
            "set([1, 2], clear=True, through_defaults={'role': 'set'})",
        ),
    ],
    "related: clear": [
        *_then("'Book', 1, 'tags'", _TAGS, "clear()"),
        *_then("'Tag', 2, 'books'", _BOOKS, "clear()"),
        *_then("'Book', 1, 'contributors'", _CREDITS, "clear()"),
        *_then("'Author', 1, 'reviews'", _REVIEWS, "clear()"),
    ],
    "related: create": [
        *_then("'Book', 1, 'tags'", _TAGS, "create(id=901, name='new')"),
        *_then(
            "'Book', 1, 'contributors'",
            _CREDITS,
            "create(id=901, name='new', through_defaults={'role': 'made'})",
        ),
        *_then("'Book', 2, 'reviews'", _REVIEWS, "create(id=901, rating=3)"),
        *_then("'Author', 1, 'reviews'", _REVIEWS, "create(id=901, rating=3, book_id=1)"),
    ],
    "related: get_or_create": [
        *_then(
            "'Book', 1, 'tags'",
            _ALL_TAGS,
            "get_or_create(id=901, name='new')",
            "get_or_create(id=901, defaults={'name': 'new', 'weight': 7})",
            "get_or_create(id__lt=0, defaults={'id': 901, 'name': 'new'})",
        ),
        *_then("'Book', 1, 'tags'", _TAGS, "get_or_create(id=901, name='new')"),
        *_then(
            "'Book', 1, 'reviews'",
            _REVIEWS,
            "get_or_create(id=1, defaults={'rating': 3})",
            "get_or_create(id=901, rating=3)",
        ),
    ],
    "related: update_or_create": [
        *_then(
            "'Book', 1, 'tags'",
            _ALL_TAGS,
            "update_or_create(id=901, defaults={'name': 'new'})",
            "update_or_create(id=901, defaults={'weight': 1}, create_defaults={'name': 'made'})",
        ),
        *_then(
            "'Book', 1, 'reviews'",
            _REVIEWS,
            "update_or_create(id=1, defaults={'rating': 9})",
            "update_or_create(id=901, defaults={'rating': 9})",
        ),
    ],
    "related: foreign keys": [
        *_then(
            "'Book', 2, 'reviews'",
            _REVIEWS,
            "add(row('Review', 1))",
            "add(row('Review', 1), row('Review', 2))",
            "add()",
        ),
        *_then(
            "'Author', 1, 'reviews'",
            _REVIEWS,
            "add(row('Review', 1), row('Review', 2))",
            "set([row('Review', 1), row('Review', 2)])",
            "set([row('Review', 2)], clear=True)",
            "set([])",
            "remove()",
        ),
        *_then(
            "'Author', 1, 'pupils'",
            "Author.order_by('id').values_list('id', 'mentor_id')",
            "add(row('Author', 3))",
            "set([row('Author', 2)])",
            "clear()",
        ),
    ],
}

REFUSED: dict[str, list[str]] = {
    "related": [
        "related('Book', 1, 'tags').add('x')",
        "related('Book', 1, 'tags').add(author(1))",
        "related('Book', 1, 'tags').add([1])",
        "related('Book', 1, 'tags').set(1)",
        "related('Book', 1, 'tags').remove(author(1))",
        "related('Book', 1, 'tags').create(nmae='x')",
        "related('Book', 1, 'tags').get_or_create(nmae='x')",
        "related('Book', 1, 'reviews').add(tag(1))",
        "related('Book', 1, 'reviews').remove(1)",
        "related('Book', 1, 'reviews').clear()",
        "related('Book', 1, 'reviews').create(rtaing=1)",
        "related('Book', 1, 'title').add(1)",
        "related('Book', 1, 'author').add(1)",
    ],
}
