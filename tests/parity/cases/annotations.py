"""annotate() and alias(): names that stand for expressions, and who may use them afterwards."""

CASES: dict[str, list[str]] = {
    "annotate": [
        # a name of its own for a column, here and over to-one hops
        "Book.annotate(t=F('title')).values_list('pk', 't')",
        "Book.annotate(who=F('author__name')).values_list('pk', 'who')",
        "Book.annotate(who=F('editor__name')).values_list('pk', 'who')",
        "Book.annotate(code=F('editor__country__code')).values_list('pk', 'code')",
        "Book.annotate(key=F('editor')).values_list('pk', 'key')",
        "Book.annotate(key=F('editor_id')).values_list('pk', 'key')",
        "Book.annotate(key=F('editor__pk')).values_list('pk', 'key')",
        "Book.annotate(key=F('pk')).filter(key__gt=10)",
        "Author.annotate(bio=F('profile__bio')).values_list('pk', 'bio')",
        "Author.annotate(key=F('profile')).values_list('pk', 'key')",
        "Author.annotate(name_of=F('mentor__mentor__name')).values_list('pk', 'name_of')",
        # positional annotations name themselves
        "Book.annotate(Count('reviews')).values_list('pk', 'reviews__count')",
        "Book.annotate(Count('tags'), Max('pages')).values('pk', 'tags__count', 'pages__max')",
        "Author.annotate(Min('books__pages')).order_by('-books__pages__min', 'pk')",
        "Author.annotate(Min('books__pages'), most=Max('books__pages'))"
        ".values_list('pk', 'books__pages__min', 'most')",
        # the row comes with its annotations
        "Book.annotate(n=Count('reviews'))",
        "Book.annotate(n=Count('reviews')).filter(pk=1).get().n",
        "Book.annotate(double=F('pages') * 2).get(pk=3).double",
        "Book.annotate(n=Count('reviews')).values()",
        "Book.filter(pk=1).annotate(who=F('author__name')).values()",
        "Book.annotate(a=Value(1), b=Value(2)).filter(pk=1).values_list()",
        "Book.annotate(b=Value(2)).annotate(a=Value(1)).filter(pk=1).values_list()",
        "Book.annotate(b=Value(2)).filter(pk=1).values_list('title', 'b', 'pk')",
        "Book.annotate(b=Value(2)).filter(pk=1).values_list('b', 'title')",
        # later annotations use earlier ones
        "Book.annotate(double=F('pages') * 2).annotate(more=F('double') + 1).values_list('pk', 'more')",
        "Book.annotate(double=F('pages') * 2, more=F('double') + 1).values_list('pk', 'double', 'more')",
        "Book.annotate(a=F('pages') + 1, b=F('a') * F('a'), c=F('b') - F('a')).values_list('pk', 'c')",
        "Book.annotate(n=Count('reviews')).annotate(m=F('n') * 10 + F('pages')).values_list('pk', 'm')",
        "Book.annotate(n=Count('reviews')).annotate(some=Q(n__gt=0)).values_list('pk', 'some')",
        "Book.annotate(who=F('author__name')).annotate(loud=Concat('who', Value('!'), output_field=TEXT))"
        ".values_list('pk', 'loud')",
        "Book.annotate(small=Q(pages__lt=200))"
        ".annotate(word=Case(When(small=True, then=Value('thin')), default=Value('fat')))"
        ".values_list('pk', 'word')",
        # an annotation takes the place of an earlier one
        "Book.annotate(x=F('pages')).annotate(x=F('price')).values_list('pk', 'x')",
        "Book.annotate(x=F('pages')).annotate(x=F('x') + 1).values_list('pk', 'x')",
        "Book.annotate(x=F('pages')).filter(x__gt=300).annotate(x=F('price')).values_list('pk', 'x')",
        "Book.annotate(n=Max('reviews__score')).annotate(n=Min('reviews__rating')).values_list('pk', 'n')",
        "Book.annotate(x=Value(1)).alias(x=Value(2)).filter(x=2).count()",
        # filters and exclusions on annotations
        "Book.annotate(double=F('pages') * 2).filter(double__gt=600)",
        "Book.annotate(double=F('pages') * 2).exclude(double__gt=600)",
        "Book.annotate(sum=F('pages') + F('price')).filter(sum__gte=1100)",
        "Book.annotate(sum=F('pages') + F('price')).exclude(sum__gte=1100)",
        "Book.annotate(sum=F('pages') + F('price')).filter(~Q(sum__gte=1100) | Q(sum=None))",
        "Book.annotate(sum=F('pages') + F('price')).filter(sum__in=[1100, 15])",
        "Book.annotate(sum=F('pages') + F('price')).exclude(sum__in=[1100, 15])",
        "Book.annotate(sum=F('pages') + F('price')).filter(sum__range=(0, 1100))",
        "Book.annotate(who=F('author__name')).filter(who='Ada')",
        "Book.annotate(who=F('author__name')).filter(who__in=['Ada', 'Hal'])",
        "Book.annotate(who=F('editor__name')).exclude(who='Ada')",
        "Book.annotate(who=F('editor__name')).filter(~Q(who='Ada'))",
        "Book.annotate(who=F('editor__name')).exclude(~Q(who='Ada'))",
        "Book.annotate(year=F('published_on')).filter(year__year=2010)",
        "Book.annotate(day=F('published_on')).filter(day__year__gte=2010, day__month=6)",
        "Book.annotate(a=F('pages'), b=F('price')).filter(a=F('b') / 10)",
        "Book.annotate(a=F('pages')).filter(price__gt=F('a') * 5)",
        "Book.annotate(a=F('pages')).filter(a__gt=F('price'))",
        "Book.annotate(a=F('pages')).filter(Q(a=100) | Q(author__name='Ada'))",
        "Book.annotate(a=F('pages')).filter(Q(a=100) ^ Q(price=1000))",
        "Book.annotate(a=F('pages')).exclude(Q(a=100) & ~Q(price=1000))",
        "Book.annotate(a=F('pages')).filter(a__gt=100).exclude(a__gt=400).filter(a__lt=F('price'))",
        "Book.filter(pages__gt=100).annotate(a=F('pages') - 100).filter(a__lt=100)",
        "Book.annotate(n=Value(3)).filter(pk=F('n'))",
        "Book.annotate(n=Value(3)).filter(pk__in=[F('n'), 5])",
        "Book.annotate(n=Value(3)).filter(pk__gt=F('n') + 7)",
        "Book.annotate(lo=Value(100), hi=Value(200)).filter(pages__range=(F('lo'), F('hi')))",
        # NULL in annotations
        "Book.annotate(sum=F('pages') + F('price')).filter(sum=None)",
        "Book.annotate(sum=F('pages') + F('price')).exclude(sum=None)",
        "Book.annotate(sum=F('pages') + F('price')).filter(sum__isnull=False)",
        "Book.annotate(sum=F('pages') + F('price')).exclude(sum__isnull=False)",
        "Book.annotate(who=F('editor__name')).filter(who__isnull=True)",
        "Book.annotate(who=F('editor__name')).filter(who=None).exclude(price=None)",
        "Book.annotate(code=F('editor__country__code')).filter(code__isnull=True)"
        ".values_list('pk', 'editor')",
        "Book.annotate(nothing=Value(None, output_field=INTEGER)).values_list('pk', 'nothing')",
        "Book.annotate(nothing=Value(None, output_field=INTEGER)).filter(nothing__isnull=True).count()",
        "Book.annotate(nothing=Value(None, output_field=INTEGER)).exclude(nothing=1).count()",
        "Author.annotate(key=F('profile')).filter(key=None)",
        "Author.annotate(bio=F('profile__bio')).exclude(bio='')",
        # what is annotated and what is filtered share to-one joins
        "Book.annotate(who=F('author__name')).filter(author__name='Ada').values_list('pk', 'who')",
        "Book.filter(editor__name='Ada').annotate(who=F('editor__name'), born=F('editor__born'))"
        ".values_list('pk', 'who', 'born')",
        "Book.annotate(who=F('editor__name')).filter(editor__born__gt=1800).values_list('pk', 'who')",
        "Book.annotate(who=F('editor__name')).filter(Q(editor__born__gt=1800) | Q(pages=0))"
        ".values_list('pk', 'who')",
        "Book.filter(Q(editor__born__gt=1800) | Q(pages=100)).annotate(code=F('editor__country__code'))"
        ".values_list('pk', 'code')",
        # a to-many path repeats the row once for each that is found
        "Book.annotate(rating=F('reviews__rating')).values_list('pk', 'rating')",
        "Book.annotate(rating=F('reviews__rating')).filter(rating=5).values_list('pk', 'rating')",
        "Book.annotate(rating=F('reviews__rating')).filter(rating=5).count()",
        "Book.annotate(rating=F('reviews__rating')).exclude(rating=5).values_list('pk', 'rating')",
        "Book.annotate(rating=F('reviews__rating')).filter(rating=None).values_list('pk', 'rating')",
        "Book.annotate(rating=F('reviews__rating'), score=F('reviews__score'))"
        ".values_list('pk', 'rating', 'score')",
        "Book.annotate(rating=F('reviews__rating')).annotate(score=F('reviews__score'))"
        ".values_list('pk', 'rating', 'score')",
        "Book.annotate(rating=F('reviews__rating'), tag=F('tags__name')).values_list('pk', 'rating', 'tag')",
        "Book.annotate(rating=F('reviews__rating')).order_by('rating', 'pk').values_list('rating', 'pk')",
        "Book.annotate(rating=F('reviews__rating')).values('rating').distinct()",
        "Book.annotate(rating=F('reviews__rating'), again=F('reviews__rating'))"
        ".filter(rating__gt=3, again__lt=5).values_list('pk', 'again')",
        "Book.annotate(tag=F('tags__name')).values_list('pk', 'tag')",
        "Book.annotate(tag=F('tags')).values_list('pk', 'tag')",
        "Tag.annotate(title=F('books__title'), rating=F('books__reviews__rating'))"
        ".values_list('pk', 'title', 'rating')",
        "Author.annotate(pupil=F('pupils__name')).values_list('pk', 'pupil')",
        "Author.annotate(hero=F('influences__name'), fan=F('influenced__name'))"
        ".values_list('pk', 'hero', 'fan')",
        "Publisher.annotate(sum=F('books__pages') + F('books__price')).values_list('pk', 'sum')",
        "Publisher.annotate(sum=F('books__pages') + F('books__price')).filter(sum__gt=1100)"
        ".values_list('pk', 'sum')",
        # filter before annotate shares the related row, filter after it does not
        "Book.filter(reviews__rating=5).annotate(score=F('reviews__score')).values_list('pk', 'score')",
        "Book.filter(reviews__rating=5, reviews__text='great').annotate(score=F('reviews__score'))"
        ".values_list('pk', 'score')",
        "Book.filter(tags__weight=3).annotate(tag=F('tags__name')).values_list('pk', 'tag')",
        "Book.filter(tags__weight=3).values_list('pk', 'tags__name')",
        "Book.filter(Q(reviews__rating=5) | Q(pages=0)).annotate(rating=F('reviews__rating'))"
        ".values_list('pk', 'rating')",
        "Book.exclude(reviews__rating=5).annotate(rating=F('reviews__rating')).values_list('pk', 'rating')",
        "Book.annotate(rating=F('reviews__rating')).exclude(reviews__rating=1).values_list('pk', 'rating')",
        "Book.annotate(rating=F('reviews__rating')).filter(rating=5).annotate(text=F('reviews__text'))"
        ".values_list('pk', 'text')",
        "Publisher.filter(books__in_print=True).annotate(title=F('books__title')).values_list('pk', 'title')",
        "Publisher.filter(books__in_print=True).annotate(rating=F('books__reviews__rating'))"
        ".values_list('pk', 'rating')",
        "Publisher.filter(books__reviews__rating=5)"
        ".annotate(title=F('books__title'), text=F('books__reviews__text'))"
        ".values_list('pk', 'title', 'text')",
        "Author.filter(pupils__born=1960).annotate(pupil=F('pupils__name')).values_list('pk', 'pupil')",
        # annotations that nothing reads
        "Book.annotate(n=Count('reviews')).count()",
        "Book.annotate(n=Count('reviews')).exists()",
        "Book.annotate(rating=F('reviews__rating')).count()",
        "Book.annotate(n=Count('reviews')).values_list('pk')",
        "Book.annotate(double=F('pages') * 2).values_list('title', flat=True)",
        # slices
        "Book.annotate(double=F('pages') * 2).order_by('-double', 'pk')[2:5].values_list('pk', 'double')",
        "Book.annotate(rating=F('reviews__rating')).order_by('pk', 'rating')[1:6]"
        ".values_list('pk', 'rating')",
        "Book.annotate(n=Count('reviews')).order_by('-n', 'pk')[:3]",
    ],
    "alias": [
        "Book.alias(double=F('pages') * 2).filter(double__gt=600)",
        "Book.alias(double=F('pages') * 2).filter(double__gt=600).filter(pk=3).values()",
        "Book.alias(double=F('pages') * 2).order_by('-double', 'pk').values_list('pk', flat=True)",
        "Book.alias(double=F('pages') * 2).annotate(more=F('double') + 1).values_list('pk', 'more')",
        "Book.alias(double=F('pages') * 2).annotate(double=F('double')).values_list('pk', 'double')",
        "Book.alias(double=F('pages') * 2).annotate(double=F('pages') * 3).values_list('pk', 'double')",
        "Book.alias(n=Count('reviews')).filter(n__gt=1)",
        "Book.alias(n=Count('reviews')).exclude(n__gt=1).values_list('pk', flat=True)",
        "Book.alias(n=Count('reviews')).order_by('-n', 'pk')",
        "Book.alias(n=Count('reviews')).annotate(m=F('n') + 1).filter(m__gt=2).values_list('pk', 'm')",
        "Book.alias(n=Count('reviews')).filter(n=2).count()",
        "Book.alias(Count('reviews')).filter(reviews__count=3)",
        "Book.alias(who=F('author__name')).filter(who__in=['Ada', 'Fay']).order_by('who', 'pk')",
        "Book.alias(who=F('author__name')).filter(who='Ada').values()",
        "Book.alias(rating=F('reviews__rating')).filter(rating=5).values_list('pk', 'reviews__score')",
        "Book.alias(small=Q(pages__lt=200)).filter(small=True)",
        "Book.alias(small=Q(pages__lt=200)).filter(~Q(small=True), price__gt=0)",
        "Book.alias(a=F('pages'), b=F('a') + 1).filter(b=101)",
        "Book.alias(a=F('pages')).alias(b=F('a') + 1).filter(b=101).values_list('pk', 'title')",
        "Book.alias(a=F('pages')).values('pk', 'title').filter(a=100)",
        "Book.alias(a=F('pages')).filter(a=100).exists()",
        "Book.alias(n=Count('reviews')).filter(n__gt=1).order_by('pk')[1:3]",
        "Author.alias(n=Count('books')).filter(n=2).values('name')",
    ],
    "Q": [
        "Book.annotate(thin=Q(pages__lt=200)).values_list('pk', 'thin')",
        "Book.annotate(thin=~Q(pages__lt=200)).values_list('pk', 'thin')",
        "Book.annotate(cheap=Q(price__lt=1000)).values_list('pk', 'cheap')",
        "Book.annotate(cheap=~Q(price__lt=1000)).values_list('pk', 'cheap')",
        "Book.annotate(free=Q(price=None)).values_list('pk', 'free')",
        "Book.annotate(both=Q(pages=100, price=1000)).values_list('pk', 'both')",
        "Book.annotate(either=Q(pages=100) | Q(price=None)).values_list('pk', 'either')",
        "Book.annotate(one=Q(pages=100) ^ Q(in_print=True)).values_list('pk', 'one')",
        "Book.annotate(ada=Q(author__name='Ada')).values_list('pk', 'ada')",
        "Book.annotate(ada=Q(editor__name='Ada')).values_list('pk', 'ada')",
        "Book.annotate(ada=Q(editor__name='Ada')).filter(ada=False).values_list('pk', flat=True)",
        "Book.annotate(ada=Q(editor__name='Ada')).exclude(ada=True).values_list('pk', flat=True)",
        "Book.annotate(ada=Q(editor__name='Ada') | Q(pages__gt=300)).filter(ada=True)",
        "Book.annotate(gone=Q(editor=None)).filter(gone=True)",
        "Book.annotate(top=Q(reviews__rating=5)).values_list('pk', 'top')",
        "Book.annotate(top=Q(reviews__rating=5, reviews__text='great')).values_list('pk', 'top')",
        "Book.annotate(more=Q(price__gt=F('pages'))).values_list('pk', 'more')",
        "Book.annotate(thin=ExpressionWrapper(Q(pages__lt=200), output_field=BOOLEAN)).filter(thin=True)",
        "Book.annotate(all=~Q(pk__in=[])).values_list('pk', 'all')",
        "Book.annotate(thin=Q(pages__lt=200)).order_by('thin', 'pk').values_list('pk', flat=True)",
        "Book.order_by(ExpressionWrapper(Q(pages__lt=200), output_field=BOOLEAN), '-pk')",
        "Book.annotate(thin=Q(pages__lt=200)).values('thin').annotate(n=Count('pk'))",
        "Book.annotate(n=Count('reviews')).annotate(odd=Q(n=1) | Q(n=3)).filter(odd=True)",
        "Book.annotate(n=Count('reviews')).filter(Q(n=3) | Q(title='Eve'))",
        "Book.annotate(n=Count('reviews')).filter(~(Q(n=3) | Q(title='Eve')))",
        "Book.annotate(n=Count('reviews')).filter(Q(n=3) ^ Q(in_print=True))",
        "Book.filter(Q(Exists(Review.filter(book=OuterRef('pk'), rating=5))) | Q(pages=0))",
        "Book.filter(Q(Q(in_print=True)), Q())",
        "Book.filter(Q(pages=100) & Exists(Review.filter(book=OuterRef('pk'))))",
        "Book.filter(Exists(Review.filter(book=OuterRef('pk'))) | Q(pages=0))",
        "Book.filter(~Exists(Review.filter(book=OuterRef('pk'))) & ~Q(pages=0))",
        "Book.annotate(some=Q(pk__in=[]) | Q(pages=0)).values_list('pk', 'some')",
    ],
    "FilteredRelation": [
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".values_list('pk', 'top__score')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".filter(top__text='great').values_list('pk', 'top__pk')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".filter(top__isnull=True)",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".filter(top__isnull=False).annotate(n=Count('top')).values_list('pk', 'n')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".annotate(n=Count('top')).values_list('pk', 'n')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)), "
        "low=FilteredRelation('reviews', condition=Q(reviews__rating__lt=3)))"
        ".annotate(n=Count('top', distinct=True), m=Count('low', distinct=True)).values_list('pk', 'n', 'm')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".annotate(best=Max('top__score')).values_list('pk', 'best')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".annotate(n=Count('top'), m=Count('reviews', distinct=True)).values_list('pk', 'n', 'm')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".values_list('pk', 'top__reviewer__name')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".annotate(who=F('top__reviewer__name')).filter(who='Ada').values_list('pk', 'who')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".order_by('pk', 'top__pk').values_list('pk', 'top__pk')",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5))).values('pk', 'top')",
        "Book.annotate(r=FilteredRelation('reviews', condition=Q(reviews__rating=5) "
        "| Q(reviews__score=None))).values_list('pk', 'r__rating')",
        "Book.annotate(r=FilteredRelation('reviews', condition=~Q(reviews__rating=5)))"
        ".values_list('pk', 'r__rating')",
        "Book.annotate(r=FilteredRelation('reviews', condition=Q(reviews__text__icontains='GREAT')))"
        ".values_list('pk', 'r__pk')",
        "Book.annotate(r=FilteredRelation('reviews', condition=Q(reviews__score__gt=F('price'))))"
        ".values_list('pk', 'r__pk')",
        "Book.annotate(r=FilteredRelation('reviews')).values_list('pk', 'r__rating')",
        "Book.annotate(r=FilteredRelation('reviews', condition=Q(reviews__rating__in=[1, 2])))"
        ".exclude(r__isnull=True).values_list('pk', 'r__rating')",
        "Book.annotate(t=FilteredRelation('tags', condition=Q(tags__weight__gte=3)))"
        ".values_list('pk', 't__name')",
        "Book.annotate(t=FilteredRelation('tags', condition=Q(tags__weight__gte=3))).annotate(n=Count('t'))"
        ".values_list('pk', 'n')",
        "Book.annotate(ed=FilteredRelation('editor', condition=Q(editor__born__gt=1850)))"
        ".values_list('pk', 'ed__name')",
        "Book.annotate(ed=FilteredRelation('editor', condition=Q(editor__born__gt=1850)))"
        ".filter(ed__name='Chloé')",
        "Book.annotate(ed=FilteredRelation('editor', condition=Q(editor__name='Ada')))"
        ".filter(ed=None, in_print=True)",
        "Book.annotate(ed=FilteredRelation('author', condition=Q(author__born=None)))"
        ".values_list('pk', 'ed__name')",
        "Author.annotate(p=FilteredRelation('profile', condition=Q(profile__bio='')))"
        ".values_list('pk', 'p__site')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__in_print=True)))"
        ".annotate(pages=Sum('b__pages')).values_list('pk', 'pages')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__title__iexact='dawn')))"
        ".filter(b__isnull=False).values_list('pk', 'b__title')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__publisher=1)))"
        ".values_list('pk', 'b__title')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__editor=F('pk'))))"
        ".values_list('pk', 'b__title')",
        "Author.annotate(r=FilteredRelation('books__reviews', condition=Q(books__reviews__rating=5)))"
        ".values_list('pk', 'r__score')",
        "Author.annotate(r=FilteredRelation('books__reviews', "
        "condition=Q(books__reviews__rating=5, books__in_print=True))).annotate(n=Count('r'))"
        ".values_list('pk', 'n')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__in_print=True)))"
        ".annotate(r=FilteredRelation('b__reviews', condition=Q(b__reviews__rating=5)))"
        ".values_list('pk', 'b__title', 'r__score')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__in_print=True)), "
        "e=FilteredRelation('edited_books', condition=Q(edited_books__in_print=False)))"
        ".annotate(n=Count('b', distinct=True), m=Count('e', distinct=True)).values_list('pk', 'n', 'm')",
        "Author.alias(b=FilteredRelation('books', condition=Q(books__in_print=True))).annotate(n=Count('b'))"
        ".filter(n__gt=0).values_list('pk', 'n')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__in_print=True)))"
        ".filter(b__pages__gt=500).values_list('name', 'b__title')",
        "Author.annotate(b=FilteredRelation('books', condition=Q(books__in_print=True)))"
        ".aggregate(n=Count('b'), m=Count('books'))",
        "Book.annotate(top=FilteredRelation('reviews', condition=Q(reviews__rating=5)))"
        ".filter(Q(top__score__gt=40) | Q(pages=0)).values_list('pk', 'top__score')",
        "Author.filter(pk__in=Author.annotate(b=FilteredRelation('books', "
        "condition=Q(books__in_print=False))).filter(b__pages=350).values('pk'))",
    ],
    "values": [
        "Book.values('title', 'extra', extra=Value(1))",
        "Book.values('extra', 'title', extra=Value(1))",
        "Book.values('x', 'author', n=Count('id'), x=F('pages') + 1)",
        "Book.values(t=F('title')).filter(t='Dawn')",
        "Book.values('pk', up=F('pages') + 1)",
        "Book.values('pk', ada=Q(author__name='Ada'))",
        "Book.values(x=Value(1))",
        "Book.annotate(double=F('pages') * 2).values('double')",
        "Book.annotate(double=F('pages') * 2).values('title', 'double').filter(double__gt=600)",
        "Book.annotate(double=F('pages') * 2).values('title').annotate(more=F('double') + 1)",
        "Book.values('title').annotate(double=F('pages') * 2)",
        "Book.values('title', 'author__name').annotate(editor_name=F('editor__name'))",
        "Book.values('title').values('pk')",
        "Book.values('title').annotate(a=Value(1)).values('a', 'title').distinct()",
        "Book.values('author__country__name', 'tags__name')",
        "Book.values('reviews__rating', 'reviews__score')",
        "Book.annotate(rating=F('reviews__rating')).values('rating', 'reviews__score')",
        "Book.values(who=F('author__name'), rating=F('reviews__rating'))",
        "Book.values('author', 'editor_id', 'publisher__pk')",
        "Tag.filter(pk__lt=4).values(lower=Lower('name'))",
        "Tag.filter(pk__lt=4).values('pk', loud=Upper('name')).order_by('-loud')",
        "Tag.filter(pk__lt=4).values('pk', size=Length('name'))",
        "Author.values('profile', 'profile__bio', 'name')",
        "Author.values('pupils', 'pupils__name')",
    ],
    "values_list": [
        "Tag.filter(pk__lt=4).values_list('name', Upper('name'))",
        "Tag.filter(pk__lt=4).values_list(Upper('name'), 'name', Length('name'))",
        "Tag.filter(pk__lt=4).values_list(Upper('name'), flat=True)",
        "Book.values_list(F('pages') + 1, flat=True)",
        "Book.values_list('pk', F('pages') * F('price'), F('pages') + 1)",
        "Book.values_list(F('author__name'), F('pages'))",
        "Book.values_list('pk', Value('x'), Value(1))",
        "Book.annotate(double=F('pages') * 2).values_list('double', flat=True)",
        "Book.annotate(double=F('pages') * 2).values_list('pk', F('double') + 1)",
        "Book.annotate(double=F('pages') * 2).order_by('double', 'pk').values_list('double', 'pk')",
        "Book.order_by('-pages', 'pk').values_list(F('pages') / 100, 'pk')",
        "Book.values_list(Count('reviews'), flat=True)",
        "Book.values_list('pk', Count('reviews'), Max('reviews__score'))",
        "Book.values_list('author', Count('pk')).order_by('author')",
        "Book.values_list('title', flat=True).distinct().count()",
        "Book.values_list('author__name', flat=True).distinct()",
        "Book.values_list(F('pages') / 100, flat=True).distinct()",
        "Book.values_list('pk', flat=True).annotate(n=Count('reviews')).filter(n=3)",
        "Book.annotate(n=Count('reviews')).values_list('pk', 'n', named=True)",
        "Book.values_list('pk', 'title', named=True).order_by('pk').first().title",
        "Book.annotate(n=Count('reviews')).order_by('pk').values_list('pk', 'n', named=True).first().n",
        "Book.values_list('reviews__rating', 'tags__name')",
        "Book.values_list('reviews', flat=True)",
        "Book.filter(reviews__rating=5).values_list('pk', 'reviews__score')",
    ],
    "order_by": [
        "Book.annotate(double=F('pages') * 2).order_by('double', 'pk')",
        "Book.annotate(double=F('pages') * 2).order_by('-double', '-pk')",
        "Book.annotate(sum=F('pages') + F('price')).order_by(F('sum').desc(nulls_last=True), 'pk')",
        "Book.annotate(n=Count('reviews')).order_by('-n', 'title', 'pk').values_list('n', 'title')",
        "Book.annotate(who=F('editor__name')).order_by(F('who').asc(nulls_first=True), 'pk')",
    ],
}

# Django on SQLite folds ASCII only.
CASES_ON_POSTGRESQL: dict[str, list[str]] = {
    "values": [
        "Book.values(lower=Lower('title'))",
        "Book.values('pk', lower=Lower('author__name'))",
    ],
    "values_list": [
        "Book.values_list('pk', Lower('title'), Upper('title'))",
        "Author.order_by(Lower('name'), 'pk').values_list(Lower('name'), flat=True)",
    ],
    "annotate": [
        "Book.annotate(low=Lower('title')).filter(low='война')",
        "Book.annotate(low=Lower('title')).values('low').annotate(n=Count('pk'))",
    ],
}

# A to-many join that only filters multiplies nothing here, and multiplies in Django.
MEANT: dict[str, list[str]] = {
    "annotate": [
        "Book.annotate(n=Count('reviews')).filter(reviews__rating=5).values_list('pk', 'n')",
        "Book.filter(reviews__rating=5).annotate(n=Count('tags')).values_list('pk', 'n')",
        "Book.filter(reviews__rating__gt=2).annotate(who=F('author__name')).values_list('pk', 'who')",
        "Book.annotate(rating=F('reviews__rating')).filter(reviews__rating=5).values_list('pk', 'rating')",
        "Book.filter(tags__weight__gt=0).aggregate(Sum('pages'))",
    ],
}
