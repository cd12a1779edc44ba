"""What writes, and what is there afterwards: each case is undone on both sides (see `harness.py`)."""

_TAGS = "Tag.order_by('id').values_list('id', 'name', 'note', 'weight')"
_REVIEWS = "Review.order_by('id').values_list('id', 'rating', 'score', 'text', 'book_id', 'reviewer_id')"
_COUNTRIES = "Country.order_by('id').values_list('id', 'name', 'code')"


def _then(rows: str, *writes: str) -> list[str]:
    """Writes, each with the rows that it leaves."""
    return [f"({write}, {rows})" for write in writes]


CASES: dict[str, list[str]] = {
    "bulk_update": [
        *_then(
            _TAGS,
            "bulk_update(Tag, [dict(id=1, name='x'), dict(id=2, name='y')], ['name'])",
            "bulk_update(Tag, [dict(id=2, note='y', weight=5), dict(id=1, note='x', weight=1)], ['note'])",
            "bulk_update(Tag, [dict(id=1, name='x'), dict(id=901, name='y')], ['name'])",
            "bulk_update(Tag, [], ['name'])",
            "bulk_update(Tag, [dict(id=1, weight=F('id') + 1), dict(id=2, weight=F('id') * 3)], ['weight'])",
            "bulk_update(Tag, [dict(id=1, name=Upper('name')), dict(id=2, name='plain')], ['name'])",
            "bulk_update(Tag, [dict(id=1, weight=Case(When(id=1, then=7), default=8))], ['weight'])",
            "bulk_update(Tag, [dict(id=i, note=str(i)) for i in (1, 2, 3)], ['note'], batch_size=2)",
            "bulk_update(Tag, [dict(id=1, note=None), dict(id=2, note=Concat('name', 'name'))], ['note'])",
            "bulk_update(Tag.filter(id__gt=0), [dict(id='1', weight='5')], ['weight'])",
        ),
        *_then(
            _REVIEWS,
            "bulk_update(Review, [dict(id=1, book=book(2)), dict(id=2, book=book(1))], ['book'])",
            "bulk_update(Review, [dict(id=1, book_id=3, reviewer=None)], ['book_id', 'reviewer'])",
            "bulk_update(Review, [dict(id=1, rating=1, text='a'), dict(id=2, rating=2)], ['rating'])",
        ),
    ],
    "bulk_create": [
        *_then(
            _TAGS,
            "bulk_create(Tag, [])",
            "bulk_create(Tag, [{'id': 901, 'name': 'a'}, {'id': 902, 'name': 'b', 'weight': 7}])",
            "bulk_create(Tag, [{'id': 901, 'name': 'a', 'note': None}, {'id': 902, 'name': 'b'}], 1)",
            "bulk_create(Tag, [{'id': 900 + n, 'name': f'n{n}', 'weight': n} for n in range(1, 6)], 2)",
        ),
        *_then(
            _REVIEWS,
            "bulk_create(Review, [{'id': 901, 'rating': 5, 'book': book(1)}])",
            "bulk_create(Review, [{'id': n, 'rating': 5, 'book_id': 1} for n in (901, 902)])",
        ),
    ],
    "get_or_create": [
        *_then(
            _TAGS,
            "Tag.get_or_create(id=1)",
            "Tag.get_or_create(id=1, defaults={'name': 'other', 'weight': 7})",
            "Tag.get_or_create(id=901, name='new')",
            "Tag.get_or_create(id=901, defaults={'name': 'new', 'weight': 7})",
            "Tag.get_or_create(id=901, defaults={'name': lambda: 'called', 'weight': 7})",
            "Tag.get_or_create(id=901, name='looked up', defaults={'name': 'by default'})",
            "Tag.get_or_create(id__gt=900, defaults={'id': 901, 'name': 'new'})",
            "Tag.get_or_create(id=901, name='new', weight__gte=5, note__isnull=True)",
            "Tag.get_or_create(id=901, name__iexact='NEW', defaults={'name': 'stripped'})",
            "Tag.get_or_create(id='901', name='new')",
            "Tag.get_or_create(pk=901, name='new')",
            "Tag.get_or_create(defaults={'name': 'x'}, pk=1)",
            "Tag.filter(weight=None).get_or_create(id=901, name='new')",
            "Tag.filter(id__gt=900).get_or_create(id=901, defaults={'name': 'new', 'weight': 1})",
            "Tag.get_or_create(id=901, name='new', note=None)",
            "Tag.exclude(id=1).get_or_create(id=902, defaults={'name': 'x'})",
            "Tag.get_or_create(id__lt=3)",
            "Tag.get_or_create(books__title='nothing', id=901, defaults={'name': 'new'})",
        ),
        *_then(
            _REVIEWS,
            "Review.get_or_create(id=901, rating=5, book=book(1))",
            "Review.get_or_create(id=901, rating=5, book_id=1)",
            "Review.get_or_create(id=901, book__title='nothing', defaults={'rating': 1, 'book': book(2)})",
            "Review.get_or_create(id=901, book__author__name='x', defaults={'rating': 1, 'book_id': 2})",
            "Review.get_or_create(id=901, rating=5, book=book(1), reviewer=None)",
            "Review.get_or_create(id=901, rating=5, book=book(1), reviewer=author(2), text='x')",
            "Review.select_related('book').get_or_create(id=901, rating=5, book_id=1)",
        ),
    ],
    "update_or_create": [
        *_then(
            _TAGS,
            "Tag.update_or_create(id=1)",
            "Tag.update_or_create(id=1, defaults={'weight': 77})",
            "Tag.update_or_create(id=1, defaults={'weight': 77, 'note': None})",
            "Tag.update_or_create(id=1, defaults={'weight': lambda: 78})",
            "Tag.update_or_create(id=1, defaults={'weight': 77}, create_defaults={'weight': 1})",
            "Tag.update_or_create(id=901, defaults={'weight': 77}, create_defaults={'name': 'made'})",
            "Tag.update_or_create(id=901, defaults={'name': 'made', 'weight': 77})",
            "Tag.update_or_create(id=901, create_defaults={'name': lambda: 'made'})",
            "Tag.update_or_create(id=901, name='made', create_defaults={})",
            "Tag.update_or_create(id__lt=2, defaults={'name': 'first'})",
            "Tag.update_or_create(id__gt=900, defaults={'id': 901, 'name': 'last'})",
            "Tag.update_or_create(id=1, defaults={'weight': F('weight') + 1})",
            "Tag.filter(id__gt=900).update_or_create(id=901, defaults={'name': 'new'})",
            "Tag.update_or_create(id__lt=3, defaults={'weight': 1})",
        ),
        *_then(
            _REVIEWS,
            "Review.update_or_create(id=1, defaults={'book': book(2)})",
            "Review.update_or_create(id=1, defaults={'reviewer': None, 'rating': 1})",
            "Review.update_or_create(id=1, book_id__gt=0, defaults={'text': 'x'})",
            "Review.update_or_create(id=901, book=book(3), defaults={'rating': 2})",
            "Review.update_or_create(id=901, book__title='x', defaults={'rating': 2, 'book': book(3)})",
        ),
    ],
    "update": [
        *_then(
            _TAGS,
            "Tag.update(weight=1)",
            "Tag.filter(id=1).update(weight=1, note=None)",
            "Tag.filter(id=999).update(weight=1)",
            "Tag.exclude(weight=None).update(weight=F('weight') * 2)",
            "Tag.filter(weight=None).update(note='none')",
            "Tag.filter(id__in=[1, 2]).update(name=Concat('name', Value('!')))",
            "Tag.none().update(weight=1)",
            "Tag.values('name').update(weight=5)",
            "Tag.values_list('id', flat=True).filter(id=2).update(weight=5)",
            "Tag.order_by('-id').update(weight=2)",
            "Tag.filter(books__title='nothing').update(weight=1)",
            "Tag.filter(id=1).update(weight=Case(When(weight=None, then=0), default=F('weight')))",
        ),
        *_then(
            _REVIEWS,
            "Review.filter(book__pages__gt=100).update(score=1)",
            "Review.filter(book__author__name='Ada').update(rating=9)",
            "Review.exclude(reviewer=None).update(reviewer=None)",
            "Review.filter(id=1).update(book=book(2))",
            "Review.filter(id=1).update(book_id=2, reviewer_id=None)",
            "Review.select_related('book').filter(rating=5).update(text='five')",
            "Review.filter(reviewer__isnull=True).update(score=None)",
        ),
    ],
    "delete": [
        *_then(
            _REVIEWS,
            "Review.filter(id=1).delete()",
            "Review.filter(id=999).delete()",
            "Review.filter(rating__gte=4).delete()",
            "Review.filter(book__author__name='Ada').delete()",
            "Review.exclude(reviewer=None).delete()",
            "Review.filter(book__in=Book.filter(price=None)).delete()",
            "Review.filter(book__tags__weight__gt=0).delete()",
            "Review.filter(reviewer__isnull=True, score=None).delete()",
            "Review.order_by('id').delete()",
            "Review.none().delete()",
            "Review.all().delete()",
            "Review.select_related('book').filter(rating=5).delete()",
        ),
    ],
    "bulk_create in conflict": [
        *_then(
            _TAGS,
            "created(Tag, [{'id': 1, 'name': 'x'}, {'id': 901, 'name': 'y'}], ignore_conflicts=True)",
            "created(Tag, [{'id': 901, 'name': 'x'}, {'id': 901, 'name': 'y'}], ignore_conflicts=True)",
            "created(Tag, [], ignore_conflicts=True)",
            "created(Tag, [{'id': 1, 'name': 'x', 'weight': 77}, {'id': 901, 'name': 'y', 'weight': 2}],"
            " update_conflicts=True, update_fields=['weight'], unique_fields=['id'])",
            "created(Tag, [{'id': 2, 'name': 'x', 'note': None}, {'id': 1, 'name': 'z', 'note': 'n'}],"
            " update_conflicts=True, update_fields=['name', 'note'], unique_fields=['pk'])",
            "created(Tag, [{'id': 1, 'name': 'x', 'weight': '5'}], batch_size=1,"
            " update_conflicts=True, update_fields=('name', 'weight'), unique_fields={'id'})",
            "created(Tag, [], update_conflicts=True, update_fields=['name'], unique_fields=['id'])",
        ),
        *_then(
            _REVIEWS,
            "created(Review, [{'id': 1, 'rating': 1, 'book_id': 2}, {'id': 901, 'rating': 1, 'book_id': 2}],"
            " ignore_conflicts=True)",
            "created(Review, [{'id': 1, 'rating': 1, 'book': book(2)}],"
            " update_conflicts=True, update_fields=['book', 'rating'], unique_fields=['id'])",
            "created(Review, [{'id': 1, 'rating': 1, 'book_id': 1, 'reviewer': author(2), 'text': 'x'}],"
            " update_conflicts=True, update_fields=['reviewer', 'text'], unique_fields=['id'])",
        ),
    ],
    "select_for_update": [
        "Tag.select_for_update()",
        "Tag.order_by('id').select_for_update()",
        "Tag.select_for_update().filter(weight=None).order_by('id')",
        "Tag.select_for_update().get(id=1)",
        "Tag.select_for_update().get(id=999)",
        "Tag.select_for_update().order_by('-id').first()",
        "Tag.select_for_update().count()",
        "Tag.select_for_update().exists()",
        "Tag.select_for_update().aggregate(n=Count('pk'))",
        "Tag.order_by('id').select_for_update()[1:3]",
        "Tag.select_for_update(no_key=True).order_by('id').values_list('id', 'name')",
        "Tag.order_by('id').select_for_update().values('name')",
        "Tag.order_by('id').select_for_update().in_bulk([1, 2])",
        "Review.select_for_update(of=('self',)).filter(book__pages__gt=100).order_by('id')",
        "Review.select_related('book').select_for_update(of=('self', 'book')).order_by('id')",
        "Review.select_for_update(of=('self',)).select_related('book', 'reviewer').order_by('id')",
        "Review.select_for_update(of=('self',)).exclude(book__reviews__rating=5).order_by('id')",
        *_then(_TAGS, "Tag.select_for_update().filter(id=1).update(weight=3)"),
        *_then(_REVIEWS, "Review.select_for_update().filter(id=1).delete()"),
        "Tag.select_for_update().select_for_update().order_by('id')",
        "Tag.select_for_update().none()",
    ],
}

CASES_ON_POSTGRESQL: dict[str, list[str]] = {
    "select_for_update": [
        "Tag.select_for_update(nowait=True).order_by('id')",
        "Tag.select_for_update(skip_locked=True).order_by('id')[:2]",
        "Tag.select_for_update(skip_locked=True, of=('self',), no_key=True).order_by('id')",
        "Review.select_for_update(of=('self',)).filter(book__tags__weight__gt=0).order_by('id')",
    ],
}

REFUSED: dict[str, list[str]] = {
    "conflicts": [
        "created(Tag, [{'id': 1}], ignore_conflicts=True, update_conflicts=True)",
        "created(Tag, [{'id': 1}], update_conflicts=True, unique_fields=['id'])",
        "created(Tag, [{'id': 1}], update_conflicts=True, update_fields=['name'])",
        "created(Tag, [{'id': 1}], update_conflicts=True, update_fields=['id'], unique_fields=['id'])",
        "created(Tag, [{'id': 1}], update_conflicts=True, update_fields=['nothing'], unique_fields=['id'])",
        "created(Tag, [{'id': 1}], update_conflicts=True, update_fields=['books'], unique_fields=['id'])",
        "created(Tag, [{'id': 1}], update_conflicts=True, update_fields=['name'], unique_fields=['nothing'])",
        "created(Tag, [{'id': 1}], update_conflicts=True, update_fields=['name'], unique_fields=['books'])",
        "created(Tag, [{'id': 1}], ignore_conflicts=True, batch_size=0)",
        "created(Tag, [{'id': 1, 'nothing': 2}], ignore_conflicts=True)",
        "created(Tag, [{'id': 'x', 'name': 'x'}], ignore_conflicts=True)",
    ],
    "locks": [
        "Tag.select_for_update(nowait=True, skip_locked=True)",
    ],
    "writes": [
        "bulk_update(Tag, [dict(name='x')], ['name'])",
        "bulk_update(Tag, [dict(id=1, name='x')], ['id'])",
        "bulk_update(Tag, [dict(id=1, name='x')], [])",
        "bulk_update(Tag, [dict(id=1)], ['nothing'])",
        "bulk_update(Tag, [dict(id=1)], ['books'])",
        "bulk_update(Tag, [dict(id=1, weight='heavy')], ['weight'])",
        "bulk_update(Tag, [dict(id=1, name='x')], ['name'], batch_size=-1)",
        "Tag.order_by('id')[:2].update(weight=1)",
        "Tag.order_by('id')[:2].delete()",
        "Tag.values('id').delete()",
        "Tag.values_list('id').delete()",
        "Tag.update(nothing=1)",
        "Tag.update(books__title='x')",
        "Tag.update(weight='heavy')",
        "Tag.filter(nothing=1).update(weight=1)",
        "Tag.get_or_create(nothing=1)",
        "Tag.get_or_create(id=901, defaults={'nothing': 1})",
        "Tag.get_or_create(id='x')",
        "Tag.all().union(Tag.all()).update(weight=1)",
        "Tag.all().union(Tag.all()).delete()",
        "Tag.order_by('id')[:1].get_or_create(id=1)",
    ],
}

REFUSED_ON_POSTGRESQL: dict[str, list[str]] = {
    "locks": [
        "Tag.distinct().select_for_update()",
        "Tag.select_for_update().distinct()",
        "Tag.annotate(n=Count('books')).select_for_update()",
        "Tag.select_for_update().annotate(n=Count('books'))",
        "Tag.select_for_update().annotate(n=Window(Rank(), order_by='id'))",
        "Tag.select_for_update().union(Tag.all())",
        "Review.select_for_update(of=('nothing',))",
        "Review.select_for_update(of=('book',))",
        "Review.select_related('reviewer').select_for_update(of=('self', 'reviewer'))",
    ],
}
