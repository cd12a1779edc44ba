"""Subqueries: values, tests and lists that are asked of other rows, for each row or once."""

CASES: dict[str, list[str]] = {
    "bare querysets": [
        "Book.annotate(x=F('pages') + Book.filter(pk=OuterRef('pk')).values('pages')[:1])",
        "Book.annotate(x=Book.filter(pk=OuterRef('pk')).values('pages')[:1] - F('pages'))",
        "Book.annotate(x=Coalesce(Book.filter(pk=OuterRef('pk')).values('price')[:1], 0))",
        "Book.annotate(x=Case(When(pages=100, then=Book.filter(pk=OuterRef('pk')).values('price')[:1]),"
        " default=Value(0)))",
        "Book.values_list('id', Book.filter(pk=OuterRef('pk')).values('price')[:1])",
        "Book.values_list(Book.filter(pk=OuterRef('pk')).values('price')[:1], flat=True)",
        "Book.values('id', x=Book.filter(pk=OuterRef('pk')).values('price')[:1])",
        "Book.aggregate(m=Max(Book.filter(pk=OuterRef('pk')).values('pages')[:1]))",
        "Book.filter(pages__range=(Book.filter(pk=1).values('pages')[:1], 300))",
    ],
    "kinds of what is around": [
        "Book.annotate(x=Exists(Edition.filter(copies=ExtractMonth(OuterRef('published_on')))))",
        "Book.annotate(x=Subquery(Edition.annotate(y=Lower(OuterRef('title'))).values('y')[:1]))"
        ".filter(x__startswith='d')",
        "Book.annotate(x=Subquery(Edition.annotate(y=OuterRef('pages') * 2).values('y')[:1]))"
        ".filter(x__gt=300)",
        "Book.annotate(x=Exists(Edition.filter(released_at__year=OuterRef('published_on__year'))))",
    ],
    "Subquery": [
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).order_by('-rating', 'pk')"
        ".values('rating')[:1])).order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).order_by('rating', '-pk')"
        ".values('text')[:1])).order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).order_by('pk').values('score')[1:2]))"
        ".order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('id')).order_by('pk')[:1].values('pk')))"
        ".order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author_id')).values('name')))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('name')))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('editor')).values('country__name')))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values_list('born', flat=True)))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.values('name')[:1])).count()",
        "Book.annotate(x=Subquery(Author.order_by('-pk').values('name')[:1])).order_by('pk')"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.none().values('pk'))).values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(pk__in=[]).values('rating'))).values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk'), rating=99).values('rating')))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).order_by('pk').values('rating')[:1]) "
        "+ F('pages')).order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).order_by('pk').values('rating')[:1], "
        "output_field=INTEGER)).order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Coalesce(Subquery(Review.filter(book=OuterRef('pk')).order_by('-score', 'pk')"
        ".values('score')[:1]), -1)).filter(pk__gt=3).order_by('pk').values_list('pk', 'x')",
        # filtered and ordered by
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('born'))).filter(x=1815)",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('born'))).filter(x=None)",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('born'))).exclude(x=1815)",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('born'))).exclude(x__gt=1815)",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('name')))"
        ".filter(x__icontains='ada')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('born')))"
        ".order_by(F('x').desc(nulls_last=True), 'pk').values_list('pk', 'x')",
        "Book.alias(x=Subquery(Author.filter(pk=OuterRef('author')).values('born'))).filter(x__gt=1900)"
        ".order_by('x', 'pk')",
        "Book.order_by(Subquery(Author.filter(pk=OuterRef('author')).values('name')), 'pk')",
        "Book.filter(pages__gt=Subquery(Author.filter(pk=OuterRef('author')).values('born')))",
        "Book.filter(author=Subquery(Author.filter(name='Ada').values('pk')))",
        "Book.filter(pages=Subquery(Book.order_by('-pages').values('pages')[:1])).order_by('pk')",
        "Book.exclude(pages=Subquery(Book.order_by('-pages').values('pages')[:1])).order_by('pk')",
        "Book.filter(pages__gt=Subquery(Review.filter(book=OuterRef('pk'), score__isnull=False)"
        ".order_by('-score').values('score')[:1])).order_by('pk')",
        "Book.exclude(pages__gt=Subquery(Author.filter(pk=OuterRef('author')).values('born')))",
        "Book.filter(Q(pages=Subquery(Book.order_by('-pages').values('pages')[:1])) | Q(title='Eve'))"
        ".order_by('pk')",
        "Review.filter(rating__lt=Subquery(Review.filter(book=OuterRef('book')).values('book')"
        ".annotate(m=Max('rating')).values('m')))",
        # aggregates within
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).values('book').annotate(n=Count('pk'))"
        ".values('n'))).values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).order_by().values('book')"
        ".annotate(n=Sum('rating')).values('n'))).order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Coalesce(Subquery(Review.filter(book=OuterRef('pk')).values('book')"
        ".annotate(n=Avg('rating')).values('n')), Value(0.0))).values_list('pk', 'x')",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk')).values('author')"
        ".annotate(n=Max('pages') - Min('pages')).values('n'))).filter(x__gt=100).values_list('pk', 'x')",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk')).values('author__country')"
        ".annotate(n=Count('pk')).values('n'))).values_list('pk', 'x')",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk')).annotate(n=Count('reviews'))"
        ".order_by('-n', 'pk').values('n')[:1])).order_by('pk').values_list('pk', 'x')",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk')).annotate(n=Count('reviews'))"
        ".filter(n__gt=1).order_by('-pages', 'pk').values('title')[:1])).order_by('pk').values_list('pk', "
        "'x')",
        "Book.annotate(x=Subquery(Book.filter(author=OuterRef('author')).values('author')"
        ".annotate(n=Sum('pages')).values('n'))).values_list('pk', 'x')",
        "Book.annotate(total=Subquery(Book.filter(author=OuterRef('author')).values('author')"
        ".annotate(n=Sum('pages')).values('n'))).annotate(rest=F('total') - F('pages')).values_list('pk', "
        "'rest')",
        # aggregated over
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('born')))"
        ".aggregate(n=Max('x'), m=Count('x'))",
        "Book.annotate(x=Subquery(Review.filter(book=OuterRef('pk')).values('book').annotate(n=Count('pk'))"
        ".values('n'))).aggregate(n=Sum('x'))",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk')).values('author')"
        ".annotate(n=Count('pk')).values('n'))).annotate(m=Count('pupils')).values_list('pk', 'x', 'm')",
        "Author.annotate(m=Count('pupils'), "
        "x=Subquery(Country.filter(pk=OuterRef('country')).values('name'))).values_list('pk', 'x', 'm')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).values('born'))).values('x')"
        ".annotate(n=Count('pk'))",
        "Author.values('country')"
        ".annotate(n=Count('pk'), x=Subquery(Country.filter(pk=OuterRef('country')).values('name')))",
        "Author.annotate(x=Max(Subquery(Review.filter(reviewer=OuterRef('pk')).values('reviewer')"
        ".annotate(n=Count('pk')).values('n')))).values_list('pk', 'x')",
        # an outer annotation, an inner one
        "Book.annotate(half=F('pages') / 2)"
        ".annotate(x=Subquery(Book.filter(pages=OuterRef('half')).order_by('pk').values('title')[:1]))"
        ".order_by('pk').values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.annotate(twice=F('born') * 2).filter(pk=OuterRef('author'))"
        ".values('twice'))).values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author')).annotate(p=OuterRef('pages'))"
        ".values('p'))).values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author'))"
        ".annotate(p=F('born') + OuterRef('pages')).values('p'))).values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author'))"
        ".values(p=Concat('name', Value(': '), OuterRef('title'), output_field=TEXT)))).values_list('pk', "
        "'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author'))"
        ".annotate(p=ExpressionWrapper(OuterRef('pages') + 1, output_field=INTEGER)).values('p')))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.alias(p=F('born') + 1).filter(pk=OuterRef('author'), p__gt=1891)"
        ".values('name'))).values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Book.filter(author=OuterRef('author'), pages__lt=OuterRef('pages'))"
        ".order_by('-pages', 'pk').values('title')[:1])).order_by('pk').values_list('pk', 'x')",
        "Book.annotate(a=Subquery(Author.filter(pk=OuterRef('author')).values('name')), "
        "b=Subquery(Author.filter(pk=OuterRef('editor')).values('name'))).filter(a=F('b'))"
        ".values_list('pk', 'a')",
        "Book.annotate(a=Subquery(Author.filter(pk=OuterRef('author')).values('mentor')))"
        ".annotate(b=Subquery(Author.filter(pk=OuterRef('a')).values('name'))).values_list('pk', 'b')",
        # distinct and related values within
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk')).values('in_print').distinct()"
        ".order_by('in_print')[:1])).order_by('pk').values_list('pk', 'x')",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk')).order_by('publisher__name', 'pk')"
        ".values('publisher__name')[:1])).order_by('pk').values_list('pk', 'x')",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk'), reviews__rating=5)"
        ".order_by('reviews__score', 'pk').values('reviews__score')[:1])).order_by('pk').values_list('pk', "
        "'x')",
        "Book.values('pk', x=Subquery(Author.filter(pk=OuterRef('author')).values('name')))",
        "Book.values_list('pk', Subquery(Author.filter(pk=OuterRef('author')).values('name')))",
        "Edition.annotate(x=Subquery(Edition.filter(book=OuterRef('book'), "
        "released_at__gt=OuterRef('released_at')).order_by('released_at').values('released_at')[:1]))"
        ".order_by('pk').values_list('pk', 'x')",
        "Edition.annotate(x=Subquery(Book.filter(pk=OuterRef('book')).values('published_on')))"
        ".filter(x__year=2010).values_list('pk', 'x')",
    ],
    "Exists": [
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'))))",
        "Book.filter(~Exists(Review.filter(book=OuterRef('pk'))))",
        "Book.exclude(Exists(Review.filter(book=OuterRef('pk'))))",
        "Book.exclude(~Exists(Review.filter(book=OuterRef('pk'))))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'), rating=5)), in_print=True)",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'), rating=5)), "
        "Exists(Review.filter(book=OuterRef('pk'), rating=1)))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'), rating=5)) "
        "| Exists(Review.filter(book=OuterRef('pk'), rating=1)))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'), rating=5)) "
        "& ~Exists(Review.filter(book=OuterRef('pk'), rating=1)))",
        "Book.filter(Q(Exists(Review.filter(book=OuterRef('pk')))) ^ Q(in_print=True))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'), reviewer__name='Ada')))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'), score__gt=OuterRef('price'))))",
        "Book.filter(Exists(Book.filter(author=OuterRef('author')).exclude(pk=OuterRef('pk'))))",
        "Book.filter(~Exists(Book.filter(title=OuterRef('title'), pk__lt=OuterRef('pk'))))",
        "Book.filter(Exists(Book.filter(title__icontains=OuterRef('title')).exclude(pk=OuterRef('pk'))))"
        ".exclude(author=2)",
        "Book.filter(Exists(Author.filter(pk=OuterRef('author'), country__code='RU')))",
        "Book.filter(Exists(Author.filter(pk=OuterRef('author')).exclude(books__in_print=True)))",
        "Book.filter(Exists(Tag.filter(books=OuterRef('pk'), weight=3)))",
        "Book.filter(Exists(Tag.filter(books=OuterRef('pk')).filter(name='classic')))",
        "Book.filter(~Exists(Tag.filter(books=OuterRef('pk'))))",
        "Book.annotate(has=Exists(Review.filter(book=OuterRef('pk'), rating=5))).values_list('pk', 'has')",
        "Book.annotate(has=~Exists(Review.filter(book=OuterRef('pk'), rating=5))).values_list('pk', 'has')",
        "Book.annotate(has=Exists(Review.filter(book=OuterRef('pk'), rating=5))).filter(has=True)",
        "Book.annotate(has=Exists(Review.filter(book=OuterRef('pk'), rating=5)))"
        ".filter(has=False, in_print=True)",
        "Book.annotate(has=Exists(Review.filter(book=OuterRef('pk'), rating=5))).exclude(has=True)",
        "Book.annotate(has=Exists(Review.filter(book=OuterRef('pk'), rating=5))).order_by('-has', 'pk')",
        "Book.annotate(has=Exists(Review.filter(book=OuterRef('pk'))))"
        ".aggregate(n=Count('pk', filter=Q(has=True)))",
        "Book.alias(has=Exists(Review.filter(book=OuterRef('pk')))).filter(has=False)",
        "Book.annotate(has=Exists(Review.none())).values_list('pk', 'has')",
        "Book.filter(~Exists(Review.none())).count()",
        "Book.filter(Q(Exists(Review.none())) | Q(pages=0))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')).order_by('rating')[:1])).order_by('pk')",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')).order_by('rating')[1:])).order_by('pk')",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')).values('rating').distinct()))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')).values('book').annotate(n=Count('pk'))"
        ".filter(n__gt=1)))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')).values('rating').annotate(n=Count('pk'))"
        ".filter(n__gt=1)))",
        "Book.filter(Exists(Author.filter(pk=OuterRef('author')).annotate(n=Count('books'))"
        ".filter(n__gt=1)))",
        "Author.filter(Exists(Book.filter(Q(author=OuterRef('pk')) | Q(editor=OuterRef('pk')), "
        "in_print=False)))",
        "Author.annotate(n=Count('books', filter=Exists(Review.filter(book=OuterRef('books')))))"
        ".values_list('pk', 'n')",
        "Book.filter(Exists(Edition.filter(book=OuterRef('pk'), price__lt=OuterRef('price'))))",
        "Book.filter(Exists(Edition.filter(book=OuterRef('pk'), "
        "released_at__year=OuterRef('published_on__year'))))",
        "Book.get(Exists(Edition.filter(book=OuterRef('pk'), weight=16)))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')))).count()",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')))).exists()",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk')))).order_by('-pages', 'pk')[1:4]",
    ],
    "OuterRef": [
        # through relations
        "Book.filter(Exists(Publisher.filter(country=OuterRef('author__country'))))",
        "Book.filter(~Exists(Publisher.filter(country=OuterRef('editor__country'))))",
        "Book.annotate(x=Subquery(Country.filter(pk=OuterRef('author__country')).values('name')))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Country.filter(code=OuterRef('editor__country__code')).values('name')))"
        ".values_list('pk', 'x')",
        "Book.annotate(x=Subquery(Author.filter(pk=OuterRef('author__mentor')).values('name')))"
        ".filter(x='Ada')",
        "Review.filter(Exists(Tag.filter(books=OuterRef('book'), weight__lt=OuterRef('rating'))))",
        "Review.filter(Exists(Book.filter(pk=OuterRef('book__pk'), author=OuterRef('reviewer__mentor'))))",
        "Author.filter(Exists(Review.filter(book__author=OuterRef('pk'), rating=5)))",
        "Author.filter(Exists(Review.filter(book__editor=OuterRef('mentor'), rating__gt=1)))",
        "Book.annotate(rating=F('reviews__rating'))"
        ".annotate(x=Exists(Review.filter(book=OuterRef('pk'), rating__gt=OuterRef('rating'))))"
        ".values_list('pk', 'rating', 'x')",
        "Author.filter(Exists(Book.filter(author=OuterRef('mentor__mentor'))))",
        "Author.filter(Exists(Profile.filter(author=OuterRef('mentor'), bio='')))",
        "Author.filter(Exists(Profile.filter(bio=OuterRef('profile__bio')).exclude(author=OuterRef('pk'))))",
        # expressions of it
        "Book.filter(Exists(Book.filter(pages=OuterRef('pages') + 20)))",
        "Book.filter(Exists(Book.filter(pages__gt=OuterRef('pages') * 2, author=OuterRef('author'))))",
        "Book.filter(Exists(Publisher.filter(name__iexact=OuterRef('title'))))",
        "Book.filter(Exists(Book.filter(price__range=(OuterRef('pages'), OuterRef('price')), "
        "pk__gt=OuterRef('pk'))))",
        "Book.filter(Exists(Book.filter(price__in=[OuterRef('pages'), OuterRef('author__born')])))",
        "Book.filter(Exists(Book.exclude(pages=OuterRef('pages')).filter(title=OuterRef('title'))))",
        "Book.filter(Exists(Book.exclude(price=OuterRef('price')).filter(pages=OuterRef('pages'))))",
        "Book.filter(Exists(Book.filter(Q(pk=OuterRef('pk')), ~Q(reviews__score__gt=OuterRef('price')))))",
        "Book.filter(Exists(Author.exclude(books__pages__gt=OuterRef('pages'))"
        ".filter(pk=OuterRef('author'))))",
        "Book.filter(Exists(Author.filter(pk=OuterRef('author')).exclude(edited_books=OuterRef('pk'))))",
        "Author.annotate(x=Exists(Author.filter(mentor=OuterRef('pk'), born__gt=OuterRef('born') + 100)))"
        ".values_list('pk', 'x')",
        "Book.filter(Exists(Book.filter(published_on=OuterRef('published_on'))"
        ".exclude(author=OuterRef('author'))))",
        "Book.filter(Exists(Book.filter(published_on__year=OuterRef('published_on__year') + 9)))",
        # two levels
        "Author.filter(Exists(Book.filter(author=OuterRef('pk'))"
        ".filter(Exists(Review.filter(book=OuterRef('pk'), rating=5)))))",
        "Author.filter(Exists(Book.filter(Exists(Review.filter(book=OuterRef('pk'), "
        "reviewer=OuterRef(OuterRef('pk')))))))",
        "Author.filter(Exists(Book.filter(Exists(Review.filter(book=OuterRef('pk'), "
        "reviewer=OuterRef(OuterRef('mentor')))), author=OuterRef('pk'))))",
        "Author.filter(~Exists(Book.filter(author=OuterRef('pk'))"
        ".filter(~Exists(Review.filter(book=OuterRef('pk'))))))",
        "Author.annotate(x=Subquery(Book.filter(author=OuterRef('pk'))"
        ".annotate(y=Subquery(Review.filter(book=OuterRef('pk')).order_by('-rating', 'pk')"
        ".values('rating')[:1])).order_by('-y', 'pk').filter(y__isnull=False).values('y')[:1]))"
        ".order_by('pk').values_list('pk', 'x')",
        "Author.annotate(x=Subquery(Book.filter(pk=Subquery(Review.filter(reviewer=OuterRef(OuterRef('pk')))"
        ".order_by('pk').values('book')[:1])).values('title'))).order_by('pk').values_list('pk', 'x')",
        "Country.filter(Exists(Author.filter(country=OuterRef('pk'))"
        ".filter(Exists(Book.filter(author=OuterRef('pk'), publisher__country=OuterRef(OuterRef('pk')))))))",
        "Country.annotate(n=Subquery(Author.filter(country=OuterRef('pk'), "
        "pk__in=Book.filter(author=OuterRef('pk')).values('author')).values('country')"
        ".annotate(n=Count('pk')).values('n'))).values_list('pk', 'n')",
        "Country.filter(Exists(Author.filter(country=OuterRef('pk'), "
        "books__in=Book.filter(publisher__country=OuterRef(OuterRef('pk'))))))",
        "Author.filter(Exists(Author.filter(mentor=OuterRef('pk'))"
        ".filter(Exists(Author.filter(mentor=OuterRef('pk'))"
        ".exclude(country=OuterRef(OuterRef('country')))))))",
    ],
    "in": [
        "Book.filter(title__in=Subquery(Book.filter(pages__gt=300).values('title')))",
        "Book.exclude(author__in=Subquery(Author.filter(country=1).values('pk')))",
        "Book.filter(pk__in=Subquery(Book.filter(pages__gt=300).order_by('id')[:2].values('pk')))",
        "Author.filter(Exists(Book.filter(author__in=OuterRef('pk'))))",
        "Author.annotate(n=Subquery(Book.filter(author__in=OuterRef('pk')).values('author')"
        ".annotate(n=Count('*')).values('n')))",
        "Author.filter(pk__in=Subquery(Book.filter(title__in=OuterRef('name')).values('author')))",
        "Book.filter(pages__in=[Book.filter(pk=3).values('pages')[:1], 100])",
        "Book.filter(author__in=Author.filter(country=1))",
        "Book.exclude(author__in=Author.filter(country=1))",
        "Book.filter(editor__in=Author.filter(country=1))",
        "Book.exclude(editor__in=Author.filter(country=1))",
        "Book.filter(author__in=Author.filter(country=1).values('pk'))",
        "Book.filter(title__in=Publisher.values('name'))",
        "Book.filter(title__in=Publisher.values_list('name', flat=True))",
        "Book.exclude(title__in=Publisher.values('name'))",
        "Book.exclude(subtitle__in=Review.filter(text__isnull=False).values('text'))",
        "Book.filter(pk__in=Review.filter(rating=5).values('book'))",
        "Book.filter(pk__in=Review.filter(rating=5).values('book__pk'))",
        "Book.filter(pk__in=Review.values('book').annotate(n=Count('pk')).filter(n__gt=1).values('book'))",
        "Book.filter(pk__in=Book.annotate(n=Count('reviews')).filter(n__gt=1))",
        "Book.exclude(pk__in=Book.annotate(n=Count('reviews')).filter(n__gt=0))",
        "Book.filter(pages__in=Book.values('author').annotate(m=Max('pages')).values('m'))",
        "Book.filter(pages__in=Author.annotate(m=Max('books__pages')).values('m'))",
        "Book.filter(pages__in=Book.values(p=F('price') / 10))",
        "Book.filter(price__in=Book.annotate(x=F('pages') * 10).values_list('x', flat=True))",
        "Book.filter(title__in=Book.values('title').annotate(n=Count('pk')).filter(n__gt=1).values('title'))",
        "Book.filter(author__in=Author.annotate(n=Count('books')).filter(n=2))",
        "Book.filter(author__in=Author.alias(n=Count('books')).filter(n=2))",
        "Book.filter(author__in=Author.annotate(x=F('born') + 1).filter(x__gt=1900))",
        "Book.filter(reviews__in=Review.filter(rating=5))",
        "Book.filter(reviews__in=Review.filter(rating=5), reviews__text='great')",
        "Book.exclude(reviews__in=Review.filter(rating=5))",
        "Book.filter(tags__in=Tag.filter(weight=3))",
        "Book.exclude(tags__in=Tag.filter(weight=3))",
        "Book.filter(author__country__in=Country.filter(code=None))",
        "Book.filter(contributors__in=Author.filter(born__lt=1900))",
        "Author.filter(mentor__in=Author.filter(mentor=None))",
        "Author.filter(books__reviews__reviewer__in=Author.filter(name='Ada'))",
        "Author.filter(profile__in=Profile.filter(bio=''))",
        # with slices
        "Book.filter(pk__in=Book.order_by('-pages', 'pk')[:3]).order_by('pk')",
        "Book.exclude(pk__in=Book.order_by('-pages', 'pk')[:3]).order_by('pk')",
        "Book.filter(pk__in=Book.order_by('-pages', 'pk').values('pk')[2:5]).order_by('pk')",
        "Book.filter(author__in=Author.order_by('-born', 'pk')[:2]).order_by('pk')",
        "Book.filter(pages__in=Book.order_by('pages').values_list('pages', flat=True)[:2]).order_by('pk')",
        "Book.filter(reviews__in=Review.order_by('-rating', 'pk')[:4]).order_by('pk')",
        "Book.filter(author__in=Author.annotate(n=Count('books')).order_by('-n', 'pk')[:1]).order_by('pk')",
        # of nothing, distinct, of expressions
        "Book.filter(Q(author__in=Author.none()) | Q(pages=0))",
        "Book.exclude(author__in=Author.none()).count()",
        "Book.filter(pk__in=Review.values('book').distinct()).filter(pages__gt=100)",
        "Book.annotate(x=F('author__born')).filter(x__in=Author.filter(country=1).values('born'))",
        "Book.annotate(n=Count('reviews')).filter(n__in=Tag.values('weight'))",
        "Book.filter(Q(author__in=Author.filter(country=1)) | Q(editor__in=Author.filter(country=2)))",
        "Book.filter(~Q(author__in=Author.filter(country=1)), in_print=True)",
        "Book.filter(pages__gt=Book.order_by('pages').values('pages')[3:4]).order_by('pk')",
        "Book.filter(author=Author.filter(name='Ada').values('pk')[:1])",
        "Book.filter(author=Author.filter(name='Ada')[:1])",
        "Book.filter(pages=Book.values('in_print').annotate(m=Max('pages')).filter(in_print=False)"
        ".values('m')[:1])",
        "Book.exclude(pages__lt=Book.order_by('pages').values('pages')[3:4]).order_by('pk')",
    ],
}
