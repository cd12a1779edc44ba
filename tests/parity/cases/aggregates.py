"""Aggregates, one by one: what they take, and what they make of several relations."""

CASES: dict[str, list[str]] = {
    "Count": [
        "Book.aggregate(n=Count('pk'))",
        "Book.aggregate(n=Count('*'))",
        "Book.aggregate(Count('id'))",
        "Book.aggregate(n=Count('price'), m=Count('subtitle'), k=Count('editor'))",
        "Book.aggregate(n=Count('title'), m=Count('title', distinct=True))",
        "Book.aggregate(n=Count('price', distinct=True))",
        "Book.aggregate(n=Count('reviews'))",
        "Book.aggregate(n=Count('reviews', distinct=True))",
        "Book.aggregate(n=Count('reviews__reviewer'), m=Count('reviews__reviewer', distinct=True))",
        "Book.aggregate(n=Count('reviews__score', distinct=True), m=Count('pk', distinct=True))",
        "Book.aggregate(n=Count('author__country'), m=Count('author__country__name', distinct=True))",
        "Book.aggregate(n=Count(F('pages') + F('price')))",
        "Book.aggregate(n=Count(Case(When(pages__gt=300, then=1))))",
        "Book.aggregate(n=Count('pk', filter=Q(pages__gt=300)))",
        "Book.aggregate(n=Count('title', distinct=True, filter=Q(pages__gt=100)))",
        "Book.aggregate(n=Count('pk', filter=~Q(editor=None)))",
        "Book.aggregate(n=Count('pk', filter=Q(pk__in=[])), m=Count('pk', filter=~Q(pk__in=[])))",
        "Book.aggregate(n=Count('pk', filter=Q(author__name='Ada')))",
        "Book.aggregate(n=Count('pk', filter=Q(reviews__rating=5)))",
        "Book.aggregate(n=Count('reviews', filter=Q(reviews__rating=5)), "
        "m=Count('reviews', filter=Q(reviews__rating__lt=5)))",
        "Book.annotate(n=Count('reviews')).values_list('pk', 'n')",
        "Book.annotate(n=Count('tags')).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews__score')).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews__score', distinct=True)).values_list('pk', 'n')",
        "Book.annotate(n=Count('*')).values_list('pk', 'n')",
        "Book.annotate(m=Count('tags'), n=Count('*')).values_list('pk', 'm', 'n')",
        "Author.annotate(n=Count('pupils')).values_list('pk', 'n')",
        "Author.annotate(n=Count('influences'), m=Count('influenced')).values_list('pk', 'n', 'm')",
        "Author.annotate(n=Count('profile')).values_list('pk', 'n')",
        "Author.annotate(n=Count('mentor__pupils')).values_list('pk', 'n')",
        "Book.annotate(n=Count('editor')).values_list('pk', 'n')",
        "Tag.annotate(n=Count('books__reviews')).values_list('pk', 'n')",
        "Tag.annotate(n=Count('books__author', distinct=True)).values_list('pk', 'n')",
        "Category.annotate(n=Count('children__children')).values_list('pk', 'n')",
        "Book.annotate(n=Count('contributors')).values_list('pk', 'n')",
        "Book.annotate(n=Count('contributors', distinct=True), m=Count('contributions'))"
        ".values_list('pk', 'n', 'm')",
        # two to-many paths multiply each other
        "Book.annotate(n=Count('reviews'), m=Count('tags')).values_list('pk', 'n', 'm')",
        "Book.annotate(n=Count('reviews')).annotate(m=Count('tags')).values_list('pk', 'n', 'm')",
        "Book.annotate(n=Count('reviews', distinct=True), m=Count('tags', distinct=True))"
        ".values_list('pk', 'n', 'm')",
        "Book.annotate(n=Count('reviews', distinct=True), m=Count('tags')).values_list('pk', 'n', 'm')",
        "Author.annotate(n=Count('books'), m=Count('edited_books')).values_list('pk', 'n', 'm')",
        "Author.annotate(n=Count('books', distinct=True), m=Count('edited_books', distinct=True))"
        ".values_list('pk', 'n', 'm')",
        "Author.annotate(n=Count('books'), m=Count('books__reviews')).values_list('pk', 'n', 'm')",
        "Country.annotate(n=Count('authors'), m=Count('publishers'), k=Count('authors', distinct=True))"
        ".values_list('pk', 'n', 'm', 'k')",
        # filtered
        "Book.annotate(n=Count('reviews', filter=Q(reviews__rating=5))).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews', filter=Q(reviews__rating=5)), "
        "m=Count('reviews', filter=~Q(reviews__rating=5))).values_list('pk', 'n', 'm')",
        "Book.annotate(n=Count('reviews', filter=Q(reviews__rating__gt=2, reviews__text='great')))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews', filter=Q(reviews__reviewer__name='Ada'))).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews', filter=Q(reviews__reviewer=None))).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews', filter=Q(reviews__score=None))).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews', filter=Q(reviews__score__lt=F('price')))).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews', filter=Q(in_print=True))).values_list('pk', 'n')",
        "Book.annotate(n=Count('reviews', filter=Q(tags__name='war'), distinct=True)).values_list('pk', 'n')",
        "Book.annotate(n=Count('tags', filter=Q(tags__weight=3) | Q(tags__note=None)))"
        ".values_list('pk', 'n')",
        "Publisher.annotate(n=Count('books', filter=Q(books__reviews__rating=5), distinct=True))"
        ".values_list('pk', 'n')",
        "Author.annotate(n=Count('books', filter=Q(Exists(Review.filter(book=OuterRef('books__pk'))))))"
        ".values_list('pk', 'n')",
        "Author.annotate(n=Count('books', filter=Exists(Review.filter(book=OuterRef('books__pk')))))"
        ".values_list('pk', 'n')",
        "Book.annotate(thick=Q(pages__gt=200)).aggregate(n=Count('pk', filter=Q(thick=True)))",
        "Author.annotate(old=Q(born__lt=1900)).annotate(n=Count('books', filter=Q(old=True)))"
        ".values_list('pk', 'n')",
    ],
    "Sum": [
        "Book.aggregate(Sum('pages'))",
        "Book.aggregate(Sum('price'))",
        "Book.aggregate(n=Sum('price', distinct=True))",
        "Book.aggregate(n=Sum(F('pages') * F('price')))",
        "Book.aggregate(n=Sum(F('pages') + 1))",
        "Book.aggregate(n=Sum('reviews__rating'), m=Sum('pages'))",
        "Book.aggregate(n=Sum('pages', filter=Q(in_print=True)), m=Sum('pages', filter=Q(in_print=False)))",
        "Book.aggregate(n=Sum('author__born'))",
        "Edition.aggregate(Sum('price'), Sum('weight'), Sum('copies'))",
        "Edition.aggregate(n=Sum(F('price') * F('copies')))",
        "Book.annotate(n=Sum('reviews__rating')).values_list('pk', 'n')",
        "Book.annotate(n=Sum('reviews__score')).values_list('pk', 'n')",
        "Book.annotate(n=Sum('reviews__score', default=0)).values_list('pk', 'n')",
        "Book.annotate(n=Sum('reviews__rating'), m=Count('tags')).values_list('pk', 'n', 'm')",
        "Book.annotate(n=Sum('reviews__rating', filter=Q(reviews__score__gt=20))).values_list('pk', 'n')",
        "Book.annotate(n=Sum('reviews__rating', filter=Q(reviews__score__gt=20), default=-1))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Sum(F('reviews__rating') * F('pages'))).values_list('pk', 'n')",
        "Book.annotate(n=Sum('editions__price')).values_list('pk', 'n')",
        "Book.annotate(n=Sum(F('editions__price') * 2)).values_list('pk', 'n')",
        "Book.annotate(n=Sum(Case(When(reviews__rating__gte=4, then=1), "
        "When(reviews__rating__lte=2, then=-1), default=0))).values_list('pk', 'n')",
        "Author.annotate(n=Sum('books__reviews__rating')).values_list('pk', 'n')",
        "Publisher.annotate(n=Sum('books__pages'), m=Sum('books__price')).values_list('pk', 'n', 'm')",
        "Publisher.annotate(n=Sum('books__pages', distinct=True)).values_list('pk', 'n')",
    ],
    "Avg": [
        "Book.aggregate(Avg('pages'))",
        "Book.aggregate(n=Avg('price'))",
        "Book.aggregate(n=Avg('price', distinct=True))",
        "Book.aggregate(n=Avg('reviews__rating'))",
        "Book.aggregate(n=Avg('pages', filter=Q(pages__gt=100)))",
        "Edition.aggregate(n=Avg('weight'))",
        "Edition.aggregate(n=Round(Avg('price'), 2))",
        "Book.annotate(n=Avg('reviews__rating')).values_list('pk', 'n')",
        "Book.annotate(n=Avg('reviews__score')).values_list('pk', 'n')",
        "Book.annotate(n=Avg('reviews__score', default=0)).values_list('pk', 'n')",
        "Book.annotate(n=Avg('reviews__rating')).filter(n__gt=3)",
        "Book.annotate(n=Avg('reviews__rating')).filter(n=3)",
        "Book.annotate(n=Avg(F('reviews__rating') * 1.5)).values_list('pk', 'n')",
        "Publisher.annotate(n=Avg('books__pages')).order_by(F('n').desc(nulls_last=True), 'pk')"
        ".values_list('pk', 'n')",
    ],
    "Min": [
        "Book.aggregate(Min('pages'), Min('price'), Min('published_on'))",
        "Book.aggregate(n=Min('title'))",
        "Book.aggregate(n=Min('author__born'), m=Min('reviews__score'))",
        "Book.aggregate(n=Min('pages', filter=Q(pages__gt=0)))",
        "Book.annotate(n=Min('reviews__score')).values_list('pk', 'n')",
        "Book.annotate(n=Min('tags__name')).values_list('pk', 'n')",
        "Book.annotate(n=Min('reviews__score', default=7)).values_list('pk', 'n')",
        "Author.annotate(n=Min('books__published_on')).values_list('pk', 'n')",
        "Author.annotate(n=Min('books__published_on')).filter(n__year=1999)",
        "Edition.aggregate(Min('price'), Min('weight'), Min('released_at'), Min('opens'))",
    ],
    "Max": [
        "Book.aggregate(Max('pages'), Max('price'), Max('published_on'))",
        "Book.aggregate(n=Max(F('price') - F('pages')))",
        "Book.aggregate(n=Max('pages', default=0), m=Max('price', default=0))",
        "Book.annotate(n=Max('reviews__rating')).values_list('pk', 'n')",
        "Book.annotate(n=Max('reviews__rating'), m=Min('reviews__rating')).filter(n=F('m'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Max('reviews__rating')).filter(n__isnull=True)",
        "Book.annotate(n=Max('reviews__text')).values_list('pk', 'n')",
        "Author.annotate(n=Max('books__published_on')).order_by(F('n').desc(nulls_last=True), 'pk')"
        ".values_list('pk', 'n')",
        "Author.annotate(n=Max('books__editions__released_at')).values_list('pk', 'n')",
        "Edition.aggregate(Max('price'), Max('weight'), Max('released_at'), Max('opens'))",
        "Review.aggregate(n=Max('book__author__born'))",
    ],
    "StdDev": [
        "Book.aggregate(n=StdDev('pages'))",
        "Book.aggregate(n=StdDev('pages', sample=True))",
        "Book.aggregate(n=StdDev('price', filter=Q(pages=100)))",
        "Review.values('book').annotate(n=StdDev('rating'))",
        "Book.none().aggregate(n=StdDev('pages', default=0.5))",
    ],
    "Variance": [
        "Book.aggregate(n=Variance('pages'))",
        "Book.aggregate(n=Variance('pages', sample=True))",
        "Review.values('book').annotate(n=Variance('rating')).filter(n__gt=1)",
    ],
    "default": [
        "Book.filter(pk=99).aggregate(n=Max('published_on', default=date(2000, 1, 1)))",
        "Book.annotate(n=Max('reviews__text', default=Value('nothing', output_field=TEXT)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Max('reviews__score', default=Value(5) * Value(2))).values_list('pk', 'n')",
        "Book.annotate(n=Sum('reviews__score', filter=Q(reviews__rating=1), default=0)).filter(n=0)"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Sum('reviews__score', default=0) + Sum('reviews__rating', default=0))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Avg('reviews__score', default=0)).aggregate(m=Max('n'))",
        "Edition.filter(pk=99).aggregate(n=Sum('price', default=Decimal('1.50')))",
        "Edition.none().aggregate(n=Sum('price', default=Decimal('1.50')))",
    ],
    "Aggregate": [
        "Book.aggregate(n=Aggregate('pages', function='MAX'))",
        "Book.annotate(n=Aggregate('reviews__rating', function='MIN', output_field=INTEGER))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=type('Most', (Aggregate,), {'function': 'MAX', 'name': 'Most'})('reviews__rating'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=type('Most', (Aggregate,), "
        "{'function': 'MAX', 'allow_distinct': True, 'output_field': INTEGER})('reviews__rating', "
        "distinct=True, filter=Q(reviews__rating__lt=5))).values_list('pk', 'n')",
        "Book.values('author').annotate(n=type('Sums', (Sum,), "
        "{'template': '%(function)s(%(distinct)s%(expressions)s + 1)'})('pages'))",
    ],
}

CASES_ON_POSTGRESQL: dict[str, list[str]] = {
    "Avg": ["Edition.aggregate(n=Avg('price'))"],
    # Django's own on SQLite fail on NULL and on too few rows.
    "StdDev": [
        "Book.filter(pk=1).aggregate(n=StdDev('pages'), m=StdDev('pages', sample=True))",
        "Book.annotate(n=StdDev('reviews__rating')).values_list('pk', 'n')",
        "Book.annotate(n=StdDev('reviews__rating', sample=True)).values_list('pk', 'n')",
        "Book.annotate(n=StdDev('reviews__score', default=0)).values_list('pk', 'n')",
    ],
    "Variance": [
        "Book.filter(pk=1).aggregate(n=Variance('pages'), m=Variance('pages', sample=True))",
        "Edition.aggregate(n=Variance('weight'))",
        "Book.annotate(n=Variance('reviews__rating', sample=True)).filter(n__gt=1)"
        ".values_list('pk', flat=True)",
    ],
}
