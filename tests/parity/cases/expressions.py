"""Expressions: what is computed of columns, values and conditions, wherever it stands."""

CASES: dict[str, list[str]] = {
    "F": [
        # arithmetic, and whose turn it is
        "Book.values_list('pk', F('pages') + F('price'))",
        "Book.values_list('pk', F('price') - F('pages'))",
        "Book.values_list('pk', F('pages') * F('pages'))",
        "Book.values_list('pk', F('pages') / 7)",
        "Book.values_list('pk', F('pages') / 7.0)",
        "Book.values_list('pk', F('pages') % 7)",
        "Edition.values_list('pk', F('ratio') % 3)",
        "Edition.values_list('pk', F('ratio') / 2)",
        "Book.values_list('pk', -F('pages'))",
        "Book.values_list('pk', -F('price') - F('pages'))",
        "Book.values_list('pk', 1000 - F('pages'))",
        "Book.values_list('pk', 1000 / (F('pages') + 1))",
        "Book.values_list('pk', 7 % (F('pages') + 2))",
        "Book.values_list('pk', 10 - (F('pages') - 5))",
        "Book.values_list('pk', (10 - F('pages')) - 5)",
        "Book.values_list('pk', F('pages') - (F('price') - (F('pages') - 1)))",
        "Book.values_list('pk', (F('pages') + 1) * 2)",
        "Book.values_list('pk', F('pages') + 1 * 2)",
        "Book.values_list('pk', 2 * (F('pages') + F('price')) / 3 - 1)",
        "Book.values_list('pk', 100 / (F('pages') / 10 + 1))",
        "Book.values_list('pk', (F('pages') % 7) % 3)",
        "Book.values_list('pk', F('pages') * -1)",
        "Book.values_list('pk', F('pages') - -1)",
        "Book.values_list('pk', F('pages') / -3)",
        "Book.annotate(x=F('price') / NullIf(F('pages'), 0)).values_list('pk', 'x')",
        "Edition.filter(weight__gte=0).values_list('pk', F('weight') ** 2.0)",
        "Book.filter(pages=F('pages') ** 1)",
        "Book.filter(pages__gt=2 ** F('author_id'))",
        "Review.filter(rating__gt=F('rating') ** 2 - 3)",
        # of several types
        "Edition.values_list('pk', F('price') * 2)",
        "Edition.values_list('pk', F('price') + Decimal('0.25'))",
        "Edition.values_list('pk', F('weight') * 2)",
        "Edition.values_list('pk', F('weight') + F('ratio'))",
        "Edition.values_list('pk', F('price') * F('copies'))",
        "Edition.values_list('pk', F('ratio') + 0.5)",
        "Edition.values_list('pk', F('weight') / 2)",
        "Edition.filter(price__gt=F('weight') * 4)",
        "Edition.filter(price__lte=F('book__price') / 100)",
        "Edition.filter(weight__lt=F('ratio'))",
        # bits
        "Book.values_list('pk', F('pages').bitand(12))",
        "Book.values_list('pk', F('pages').bitor(3))",
        "Book.values_list('pk', F('pages').bitxor(255))",
        "Book.values_list('pk', F('price').bitxor(F('pages')))",
        "Book.values_list('pk', F('pages').bitleftshift(2))",
        "Book.values_list('pk', F('pages').bitrightshift(3))",
        "Book.filter(pages=F('pages').bitand(F('pages') + 1))",
        "Book.annotate(b=F('pages').bitand(4)).filter(b=4)",
        "Book.annotate(b=F('pages').bitand(6).bitor(1) + 1).values_list('pk', 'b')",
        # joined
        "Book.filter(pages__gt=F('author__born'))",
        "Book.exclude(pages__gt=F('author__born'))",
        "Book.filter(author__country=F('editor__country'))",
        "Book.exclude(author__country=F('editor__country'))",
        "Book.filter(publisher__country__name=F('author__country__name'))",
        "Book.filter(editor__mentor=F('author'))",
        "Book.filter(editor__mentor__name=F('author__name'))",
        "Author.filter(mentor__born__lt=F('born') - 50)",
        "Author.exclude(mentor__born__lt=F('born') - 50)",
        "Author.filter(mentor__mentor=F('mentor'))",
        "Author.filter(name=F('mentor__name'))",
        "Book.filter(title=F('publisher__name'))",
        "Review.filter(reviewer=F('book__author'))",
        "Review.exclude(reviewer=F('book__author'))",
        "Review.filter(score__gt=F('book__price') / 100)",
        "Review.filter(reviewer__country=F('book__author__country'))",
        "Category.filter(rank=F('parent__rank'))",
        "Category.filter(rank__gt=F('parent__rank') + F('parent__parent__rank'))",
        "Book.filter(reviews__score=F('pages'))",
        "Book.filter(reviews__score__gt=F('reviews__rating') * 10)",
        "Book.filter(reviews__score__gt=F('price'), reviews__rating=5)",
        "Book.filter(author=F('reviews__reviewer'))",
        "Book.filter(author=F('contributors'))",
        "Book.filter(Q(author=F('contributors')) | Q(pages=0))",
        "Author.filter(books__editor=F('pk'))",
        "Author.filter(books__title=F('edited_books__title'))",
        "Author.filter(pupils__born=F('born'))",
        "Author.filter(books__pages__gt=F('books__price'))",
        "Author.filter(books__pages__gte=F('books__price'), books__in_print=False)",
        "Book.values_list('pk', F('author__born') + F('editor__born'))",
        "Book.filter(author__born__isnull=False).order_by(F('author__born') - F('pages'), 'pk')",
        # text, sliced
        "Book.values_list('pk', F('title')[0])",
        "Book.values_list('pk', F('title')[2])",
        "Book.values_list('pk', F('title')[1:3])",
        "Book.values_list('pk', F('title')[:2])",
        "Book.values_list('pk', F('title')[3:])",
        "Book.values_list('pk', F('subtitle')[2:5])",
        "Book.filter(title=F('title')[:4])",
        "Book.filter(title__istartswith=F('publisher__name')[:1], in_print=True).values_list('pk')",
        "Book.annotate(t=F('title')[0]).values('t').annotate(n=Count('pk'))",
        "Book.values_list('pk', F('author__name')[1:])",
    ],
    "an expression on the right of a lookup": [
        "Book.filter(pages__lte=F('price') + 1)",
        "Book.filter(pages__in=[F('price'), F('author__born'), 42])",
        "Book.exclude(pages__in=[F('pk'), 42])",
        "Book.filter(pages__range=(F('price') / 10, F('price')))",
        "Book.exclude(pages__range=(F('price') / 10, F('price')))",
        "Book.filter(pages=Value(100))",
        "Book.filter(title=Value('Dawn'))",
        "Book.filter(price__gt=Value(5) * 100)",
        "Book.filter(in_print=Value(True))",
        "Book.filter(title__iexact=F('title'))",
        "Book.filter(title__icontains=F('publisher__name'))",
        "Book.filter(title__istartswith=F('author__name')[:1])",
        "Book.filter(subtitle__icontains=F('title'))",
        "Book.filter(subtitle__iendswith=Value('y'))",
        "Book.filter(subtitle__contains=Value('_'))",
        "Book.filter(title__contains=Value('%'))",
        "Edition.filter(note__icontains=Value('50%_'))",
        "Review.filter(text__icontains=F('text'))",
        "Book.filter(price__gt=Case(When(pages__gt=300, then=1000), default=500))",
        "Book.exclude(price__gt=Case(When(pages__gt=300, then=1000), default=500))",
        "Book.filter(pages=Greatest('pages', F('price') / 10))",
        "Book.filter(published_on__year=F('author__born') + 184)",
        "Book.filter(published_on__year__gt=F('pages') + 1900)",
        "Book.filter(published_on__month=F('published_on__day') - 9)",
        "Book.filter(author__born__lt=Length('title') * 400)",
        "Book.filter(pages__gt=Length(F('title')))",
        "Author.filter(name__iexact=F('mentor__name'))",
        "Book.filter(Q(price=F('pages') * 10) | Q(price__lt=F('pages')))",
        "Book.filter(~Q(price=F('pages') * 10))",
        "Book.filter(price__isnull=False, price__lt=F('pages') + F('author_id'))",
        "Book.get(pages=F('price') / 2 - 1150 + 1100)",
    ],
    "Value": [
        "Book.annotate(x=Value(5)).filter(pk=1).values_list('x')",
        "Book.filter(pk=1).values_list(Value('a'), Value(1), Value(1.5), Value(True))",
        "Book.filter(pk=1).values_list(Value(date(2020, 1, 2)))",
        "Book.filter(pk=1).values_list(Value(Decimal('1.25')))",
        "Book.filter(pk=1).values_list(Value('it\\'s; -- %s %(x)s ?'))",
        "Book.filter(pk=1).values_list(Value(':name \\\\ \"quoted\"'))",
        "Book.filter(pk=1).values_list(Value('Война'))",
        "Book.filter(pk=1).values_list(Value(None, output_field=TEXT))",
        "Book.filter(pk=1).values_list(Value(1) + Value(2))",
        "Book.filter(pk=1).values_list(Value(7) / Value(2), Value(7) % Value(2))",
        "Book.filter(pk=1).values_list(Value(3) - F('pages'))",
        "Book.annotate(x=Value('a', output_field=TEXT)).filter(x='a').count()",
        "Book.annotate(x=Value('b')).filter(x__gt='a').count()",
        "Book.annotate(x=Value(True)).filter(x=True, in_print=F('x'))",
        "Book.annotate(x=Value(date(2005, 1, 1))).filter(published_on__gt=F('x'))",
        "Book.annotate(x=Value(1)).values('x').distinct()",
        "Book.annotate(x=Value('x')).order_by('x', 'pk')",
        "Book.order_by(Value(1), '-pk')",
        "Book.filter(pk=1).values_list(Value({'a': [1, None]}, output_field=JSON))",
        "Edition.filter(spec=Value({}, output_field=JSON))",
        "Edition.filter(opens__lt=Value(time(9, 30)))",
    ],
    "ExpressionWrapper": [
        "Book.values_list('pk', ExpressionWrapper(F('pages') * 1.5, output_field=FLOAT))",
        "Book.values_list('pk', ExpressionWrapper(F('pages') + F('price'), output_field=INTEGER))",
        "Book.values_list('pk', ExpressionWrapper(F('pages') + F('price'), output_field=INTEGER) * 2)",
        "Book.values_list('pk', 10 - ExpressionWrapper(F('pages') - 5, output_field=INTEGER))",
        "Book.filter(price__gt=ExpressionWrapper(F('pages') * 2.5, output_field=FLOAT))",
        "Book.annotate(x=ExpressionWrapper(Q(pages__gt=100) & Q(in_print=True), output_field=BOOLEAN))"
        ".filter(x=True)",
        "Book.filter(ExpressionWrapper(Q(pages__gt=100), output_field=BOOLEAN))",
        "Book.exclude(ExpressionWrapper(Q(price__gt=100), output_field=BOOLEAN))",
        "Book.filter(ExpressionWrapper(Q(pages__gt=100), output_field=BOOLEAN), in_print=True)",
        "Book.annotate(x=ExpressionWrapper(Count('reviews') + F('pages'), output_field=INTEGER))"
        ".values_list('pk', 'x')",
        "Edition.values_list('pk', ExpressionWrapper(F('price') * F('weight'), output_field=FLOAT))",
        "Book.values(x=ExpressionWrapper(F('pages') / 100, output_field=INTEGER)).annotate(n=Count('pk'))",
        "Edition.filter(price__gt=1)"
        ".values_list('pk', ExpressionWrapper(F('price') + F('copies'), output_field=FLOAT))",
    ],
    "Func": [
        "Book.values_list('pk', Func('pages', function='ABS'))",
        "Book.values_list('pk', Func(F('pages') - 200, function='ABS'))",
        "Edition.values_list('pk', Func(F('ratio') + F('copies'), function='ABS'))",
        "Book.values_list('pk', Func('title', function='LENGTH', output_field=INTEGER))",
        "Book.values_list('pk', "
        "Func('title', Value('a'), Value('_'), function='REPLACE', output_field=TEXT))",
        "Book.values_list('pk', Func('title', 2, 3, function='SUBSTR', output_field=TEXT))",
        "Book.values_list('pk', Func(F('author__name'), function='TRIM'))",
        "Book.values_list('pk', Func('pages', 'price', function='COALESCE'))",
        "Book.values_list('pk', Func('price', Value(0), function='COALESCE', output_field=INTEGER))",
        "Book.values_list('pk', Func('pages', 'price', template='(%(expressions)s)', arg_joiner=' + '))",
        "Book.values_list('pk', "
        "Func('title', 'subtitle', template='(%(expressions)s)', arg_joiner=' || ', output_field=TEXT))",
        "Book.values_list('pk', "
        "Func('pages', template='%(function)s(%(expressions)s - %(less)s)', function='ABS', less=200))",
        "Book.values_list('pk', Func('pages', function='ABS', template='-%(function)s(%(expressions)s)'))",
        "Book.values_list('pk', "
        "Func(Value(5), Value(3), template='(%(expressions)s)', arg_joiner=' * ', output_field=INTEGER))",
        "Book.filter(pk=1).values_list(Func(template='(1 + 1)', output_field=INTEGER))",
        "Book.annotate(n=Func('title', function='LENGTH', output_field=INTEGER)).filter(n__gt=5)",
        "Book.annotate(n=Func('title', function='LENGTH', output_field=INTEGER)).values('n')"
        ".annotate(m=Count('pk'))",
        "Book.order_by(Func('title', function='LENGTH', output_field=INTEGER).desc(), 'pk')",
        "Book.order_by(Func('title', function='LENGTH'), 'pk')",
        "Book.filter(pages__gt=Func(F('pages') - 200, function='ABS'))",
        "Book.values_list('pk', Func('pages', function='ABS') + 1)",
        "Book.values_list('pk', Func(Func('pages', function='ABS'), 'author_id', "
        "template='(%(expressions)s)', arg_joiner=' * ', output_field=INTEGER))",
        "Book.annotate(n=Func(Count('reviews'), Value(2), template='(%(expressions)s)', arg_joiner=' * ', "
        "output_field=INTEGER)).values_list('pk', 'n')",
        # subclasses
        "Book.values_list('pk', type('Size', (Func,), {'function': 'ABS'})('pages'))",
        "Book.values_list('pk', "
        "type('Size', (Func,), {'function': 'LENGTH', 'output_field': INTEGER})('title'))",
        "Book.values_list('pk', "
        "type('Size', (Func,), {'function': 'LENGTH', 'arity': 1, 'output_field': INTEGER})('author__name'))",
        "Book.values_list('pk', type('Glue', (Func,), "
        "{'template': '(%(expressions)s)', 'arg_joiner': ' || ', 'output_field': TEXT})('title', "
        "Value('-'), 'author__name'))",
        "Book.values_list('pk', "
        "type('Plus', (Func,), {'template': '(%(expressions)s + 5)', 'arity': 1})('pages'))",
        "Book.values_list('pk', "
        "type('Plus', (Func,), {'template': '(%(expressions)s + %(more)s)'})('pages', more=7))",
        "Book.values_list('pk', "
        "type('Double', (Func,), {'template': '(%(expressions)s + %(expressions)s)'})('pages'))",
        "Book.annotate(n=type('Size', (Func,), {'function': 'LENGTH', 'output_field': INTEGER})('title'))"
        ".filter(n=4).order_by('n', 'pk')",
        "Book.annotate(n=type('Loud', (Upper,), "
        "{'template': '%(function)s(TRIM(%(expressions)s))'})('publisher__city')).values_list('pk', 'n')",
    ],
    "Case": [
        "Book.values_list('pk', Case(When(pages__gt=300, then=Value('thick')), default=Value('thin')))",
        "Book.values_list('pk', Case(When(pages__gt=300, then=Value('thick'))))",
        "Book.values_list('pk', Case(When(pages__gt=300, then=1), default=0))",
        "Book.values_list('pk', Case(When(pages__gt=300, then=1), When(pages__gt=100, then=2), default=3))",
        "Book.values_list('pk', Case(When(pages__gt=100, then=2), When(pages__gt=300, then=1), default=3))",
        "Book.values_list('pk', Case(When(pages__gt=300, in_print=True, then=1), default=0))",
        "Book.values_list('pk', Case(When(Q(pages__gt=300) | Q(price=None), then=1), default=0))",
        "Book.values_list('pk', Case(When(Q(pages__gt=300), in_print=True, then=1), default=0))",
        "Book.values_list('pk', Case(When(~Q(price__gt=300), then=1), default=0))",
        "Book.values_list('pk', Case(When(price=None, then=1), default=0))",
        "Book.values_list('pk', Case(When(price__isnull=False, then=F('price')), default=F('pages')))",
        "Book.values_list('pk', "
        "Case(When(pages__gt=F('price'), then=F('pages') - F('price')), default=F('price') - F('pages')))",
        "Book.values_list('pk', "
        "Case(When(author__name='Ada', then=1), When(editor__name='Ada', then=2), default=0))",
        "Book.values_list('pk', "
        "Case(When(editor__name='Ada', then=F('editor__born')), default=F('author__born')))",
        "Book.values_list('pk', "
        "Case(When(editor=None, then=Value('none', output_field=TEXT)), default=F('editor__name')))",
        "Book.values_list('pk', Case(When(~Q(editor__name='Ada'), then=1), default=0))",
        "Book.values_list('pk', "
        "Case(When(title__icontains='a', then=1), When(title__istartswith='t', then=2), default=0))",
        "Book.values_list('pk', Case(When(pk__in=[1, 2, 3], then=1), default=0))",
        "Book.values_list('pk', Case(When(pk__in=[], then=1), default=0))",
        "Book.values_list('pk', Case(When(pk__in=[], then=1), When(pages=0, then=2), default=0))",
        "Book.values_list('pk', Case(When(~Q(pk__in=[]), then=1), default=0))",
        "Book.values_list('pk', Case(When(~Q(pk__in=[]), then=1), When(pages=0, then=2)))",
        "Book.values_list('pk', Case(default=F('pages')))",
        "Book.values_list('pk', Case(When(published_on__year=2010, then=1), default=0))",
        "Book.values_list('pk', Case(When(published_on__lt=date(2005, 1, 1), then=Value('old')), "
        "When(published_on=None, then=Value('?')), default=Value('new')))",
        # nested, and in arithmetic
        "Book.values_list('pk', "
        "Case(When(in_print=True, then=Case(When(pages__gt=300, then=1), default=2)), default=3))",
        "Book.values_list('pk', "
        "Case(When(in_print=True, then=1), default=Case(When(pages__gt=300, then=2), default=3)))",
        "Book.values_list('pk', Case(When(in_print=True, then=10), default=20) + F('pages'))",
        "Book.annotate(x=Case(When(in_print=True, then=10), default=20)).values_list('pk', F('x') * 2)",
        # with subqueries
        "Book.values_list('pk', Case(When(Exists(Review.filter(book=OuterRef('pk'))), then=1), default=0))",
        "Book.values_list('pk', Case(When(~Exists(Review.filter(book=OuterRef('pk'))), then=1), default=0))",
        "Book.values_list('pk', "
        "Case(When(Q(Exists(Review.filter(book=OuterRef('pk')))) & Q(in_print=True), then=1), default=0))",
        "Book.values_list('pk', "
        "Case(When(pages__gt=300, then=Subquery(Author.filter(pk=OuterRef('author')).values('born'))), "
        "default=0))",
        # read by others
        "Book.annotate(kind=Case(When(pages__gt=300, then=Value('thick')), default=Value('thin')))"
        ".filter(kind='thick')",
        "Book.annotate(kind=Case(When(pages__gt=300, then=Value('thick')), default=Value('thin')))"
        ".exclude(kind='thick')",
        "Book.annotate(kind=Case(When(pages__gt=300, then=Value('thick')))).filter(kind=None)",
        "Book.annotate(kind=Case(When(pages__gt=300, then=Value('thick')), "
        "When(pages__gt=100, then=Value('middling')))).exclude(kind='thick')",
        "Book.annotate(x=Case(When(pages__gt=300, then=1), default=0)).aggregate(n=Sum('x'))",
        "Book.annotate(x=Case(When(reviews__rating=5, then=F('reviews__score')), default=Value(-1)))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Sum(Case(When(reviews__rating=5, then=1), default=0))).values_list('pk', 'x')",
        "Book.annotate(x=Count(Case(When(reviews__rating=5, then=F('reviews__reviewer'))), distinct=True))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Max(Case(When(tags__weight__gt=1, then=Length('tags__name')), default=0)))"
        ".values_list('pk', 'x')",
        "Book.order_by(Case(When(title='Noon', then=0), When(in_print=False, then=1), default=2), 'pk')",
        "Book.order_by(Case(When(pages__gt=300, then=F('pages')), default=F('price'))"
        ".desc(nulls_last=True), 'pk')",
        "Book.filter(Case(When(in_print=True, then=Q(pages__gt=100)), default=Q(pages__lt=100), "
        "output_field=BOOLEAN))",
        "Book.filter(Case(When(in_print=True, then=Value(True)), default=Value(False)), pages__gt=100)",
        "Book.exclude(Case(When(in_print=True, then=Value(True)), default=Value(False)))",
        "Book.annotate(n=Count('reviews')).annotate(x=Case(When(n__gt=1, then=F('n')), default=F('pages')))"
        ".filter(x__gt=2).values_list('pk', 'x')",
        "Edition.values_list('pk', "
        "Case(When(price__gt=10, then=F('price')), default=Value(Decimal('0.50'))))",
        "Edition.values_list('pk', Case(When(released_at__year=2021, then=F('released_at'))))",
        "Edition.filter(copies__gt=Case(When(weight__gt=1, then=5), default=100))",
    ],
    "RawSQL": [
        "Book.annotate(x=RawSQL('pages + %s', (5,))).values_list('pk', 'x')",
        "Book.annotate(x=RawSQL('pages + price', ())).values_list('pk', 'x')",
        "Book.annotate(x=RawSQL('books.pages * %s - %s', (2, 1), output_field=INTEGER)).filter(x__gt=600)"
        ".values_list('pk', 'x')",
        "Book.annotate(x=RawSQL('books.pages * 2', (), output_field=INTEGER)).annotate(y=F('x') + 1)"
        ".values_list('pk', 'y')",
        "Book.filter(pages__gt=RawSQL('price / %s', (5,)))",
        "Book.filter(title__in=RawSQL('SELECT name FROM publishers WHERE id < %s', (4,)))",
        "Book.filter(RawSQL('books.pages > %s', (300,), output_field=BOOLEAN))",
        "Book.filter(RawSQL('books.pages > %s OR books.pages = %s', (300, 0), output_field=BOOLEAN), "
        "in_print=True)",
        "Book.order_by(RawSQL('books.pages %% %s', (7,)), 'pk')",
        "Book.annotate(x=RawSQL('(SELECT COUNT(*) FROM reviews WHERE reviews.book_id = books.id AND rating "
        "> %s)', (2,))).order_by('-x', 'pk').values_list('pk', 'x')",
        "Book.annotate(x=RawSQL('title || %s', "
        "(\"'; DROP TABLE books; --\",), output_field=TEXT)).filter(pk=1).values_list('x')",
        "Book.annotate(x=RawSQL('pages / 100', ())).values('x').annotate(n=Count('pk'))",
        "Book.aggregate(n=Sum(RawSQL('pages + %s', (1,), output_field=INTEGER)))",
    ],
    "durations and date arithmetic": [
        "Book.filter(published_on=F('published_on') + timedelta(days=0))",
        "Book.filter(published_on__gt=Value(date(2010, 6, 16)) - timedelta(days=1))",
        "Book.filter(published_on__lt=Value(date(2010, 6, 14)) + timedelta(days=2))",
        "Edition.values_list('pk', F('released_at') + timedelta(days=1, hours=2, microseconds=3))",
        "Edition.values_list('pk', F('released_at') - timedelta(seconds=1))",
        "Edition.values_list('pk', timedelta(hours=1) + F('released_at'))",
        "Edition.filter(released_at__gt=F('released_at') - timedelta(microseconds=1)).count()",
        "Edition.filter(released_at__lt=Value(datetime(2021, 1, 1, 0, 0, 1, tzinfo=UTC)) "
        "- timedelta(seconds=1))",
        "Edition.annotate(later=F('released_at') + timedelta(days=31)).filter(later__year=2021)"
        ".values_list('pk', 'later')",
        "Edition.annotate(later=F('released_at') + timedelta(minutes=90))"
        ".filter(later__date=date(2021, 1, 1))",
        "Edition.annotate(later=F('released_at') + timedelta(minutes=90)).order_by('-later', 'pk')"
        ".filter(later__isnull=False)[:4]",
        "Edition.values_list('pk', F('released_at') - Value(datetime(2021, 1, 1, tzinfo=UTC)))",
        "Edition.annotate(age=F('released_at') - Value(datetime(2021, 1, 1, tzinfo=UTC)))"
        ".filter(age__gt=timedelta(days=30)).values_list('pk', 'age')",
        "Edition.annotate(age=Value(datetime(2021, 1, 1, tzinfo=UTC)) - F('released_at'))"
        ".filter(age__lte=timedelta(0)).values_list('pk', 'age')",
        "Book.values_list('pk', F('published_on') - Value(date(2000, 1, 1)))",
        "Book.annotate(age=Value(date(2020, 3, 1)) - F('published_on')).filter(age__gt=timedelta(days=5))"
        ".values_list('pk', 'age')",
        "Book.annotate(age=F('published_on') - Value(date(2010, 6, 15)))"
        ".order_by(F('age').desc(nulls_last=True), 'pk')",
        "Author.annotate(span=Max('books__published_on') - Min('books__published_on'))"
        ".values_list('pk', 'span')",
        "Author.annotate(span=Max('books__published_on') - Min('books__published_on'))"
        ".filter(span__gt=timedelta(days=1)).values_list('pk', 'span')",
        "Book.annotate(span=Max('editions__released_at') - Min('editions__released_at'))"
        ".values_list('pk', 'span')",
        "Edition.values_list('pk', F('opens') - Value(time(6, 0)))",
        "Edition.annotate(wait=F('opens') - Value(time(12, 0))).filter(wait__lt=timedelta(0))"
        ".values_list('pk', 'wait')",
        "Edition.annotate(age=F('released_at') - Value(datetime(2021, 1, 1, tzinfo=UTC)))"
        ".aggregate(n=Max('age'), m=Min('age'))",
        "Book.filter(pk=1).values_list(Value(timedelta(days=1, microseconds=5)))",
        "Edition.annotate(age=F('released_at') - Value(datetime(2021, 1, 1, tzinfo=UTC)))"
        ".values_list('pk', F('age') + timedelta(days=1))",
        "Edition.filter(released_at__gt=F('book__published_on'))",
        "Edition.filter(released_at__year__gt=F('book__published_on__year') + 1)",
        "Edition.values_list('released_at__year', 'book__published_on__month', 'opens__hour')",
    ],
    "OrderBy": [
        "Book.order_by(F('price').asc(nulls_first=True), 'pk')",
        "Book.order_by(F('price').asc(nulls_last=True), 'pk')",
        "Book.order_by(F('price').desc(nulls_first=True), 'pk')",
        "Book.order_by(F('price').desc(nulls_last=True), '-pk')",
        "Book.order_by(F('price').asc(), 'pk')",
        "Book.order_by(F('price').desc(), 'pk')",
        "Book.order_by(F('price'), 'pk')",
        "Book.order_by(F('editor__name').asc(nulls_first=True), 'pk')",
        "Book.order_by(F('editor__country__name').desc(nulls_last=True), 'title', 'pk')",
        "Book.order_by(OrderBy(F('price'), descending=True, nulls_last=True), 'pk')",
        "Book.order_by(OrderBy(F('price'), nulls_first=True), OrderBy(F('pk'), descending=True))",
        "Book.order_by(OrderBy(F('pages') % 7), 'pk')",
        "Book.order_by(F('pages') % 7, '-pk')",
        "Book.order_by((F('pages') + F('price')).desc(nulls_last=True), 'pk')",
        "Book.order_by(-F('pages'), 'pk')",
        "Book.order_by(Length('title').desc(), 'title', 'pk')",
        "Book.order_by(Length('title'), '-pk').values_list('pk', 'title')",
        "Book.order_by(Coalesce('price', 'pages').desc(), 'pk')",
        "Book.order_by(F('price').asc(nulls_first=True), 'pk').reverse()",
        "Book.order_by(F('price').desc(nulls_last=True), '-pk').reverse()",
        "Book.order_by(F('price').desc(nulls_last=True), '-pk').last()",
        "Book.order_by(F('price').asc(nulls_last=True), 'pk').last()",
        "Book.order_by(F('price').asc(nulls_first=True), 'pk').first()",
        "Book.order_by(F('price').asc(nulls_last=True), 'pk')[3:9]",
        "Book.order_by(F('price').asc(nulls_last=True), 'pk')[3:9].values_list('price', flat=True)",
        "Book.order_by('in_print', F('price').desc(nulls_last=True), 'pk')",
        "Book.order_by(Exists(Review.filter(book=OuterRef('pk'))), 'pk')",
        "Book.order_by(Exists(Review.filter(book=OuterRef('pk'))).desc(), 'pk')",
        "Book.order_by(Subquery(Review.filter(book=OuterRef('pk')).order_by('-rating', 'pk')"
        ".values('rating')[:1]).desc(nulls_last=True), 'pk')",
        "Edition.order_by(F('released_at').desc(nulls_first=True), '-pk')",
        "Edition.order_by(F('price') * F('copies'), 'pk')",
        "Edition.order_by(Coalesce('weight', Value(0.0)).desc(), 'pk')",
    ],
}

# On SQLite, Django has the day after a date in a time zone.
CASES_ON_POSTGRESQL: dict[str, list[str]] = {
    "durations and date arithmetic": [
        "Book.values_list('pk', F('published_on') + timedelta(days=1))",
        "Book.values_list('pk', F('published_on') - timedelta(days=366))",
    ],
}
