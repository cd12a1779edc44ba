"""What only PostgreSQL has: its aggregates, arrays from subqueries, and full-text search."""

CASES_ON_POSTGRESQL: dict[str, list[str]] = {
    "ArrayAgg": [
        "Book.aggregate(x=ArrayAgg('pages', order_by='pages'))",
        "Book.aggregate(x=ArrayAgg('title', distinct=True, order_by='title'))",
        "Book.aggregate(x=ArrayAgg('price', order_by=F('price').desc(nulls_last=True)))",
        "Book.aggregate(x=ArrayAgg('price', filter=Q(price__gt=1000), order_by=['price', 'id']))",
        "Book.filter(pk=99).aggregate(x=ArrayAgg('pages'))",
        "Book.none().aggregate(x=ArrayAgg('pages'))",
        "Book.annotate(x=ArrayAgg('reviews__rating', order_by='reviews__id')).values_list('pk', 'x')",
        "Book.annotate(x=ArrayAgg('tags__name', order_by='tags__name', distinct=True))"
        ".values_list('pk', 'x')",
        "Book.values('title').annotate(x=ArrayAgg('pages', order_by='-pages')).order_by('title')",
        "Book.annotate(x=ArrayAgg('tags__name', filter=Q(tags__weight=3), order_by='tags__id'))"
        ".order_by('pk')",
        "Book.filter(tags__weight__gt=0).annotate(x=ArrayAgg('reviews__rating', order_by='reviews__id'))",
    ],
    "JSONBAgg": [
        "Book.aggregate(x=JSONBAgg('pages', order_by='pages'))",
        "Book.aggregate(x=JSONBAgg('subtitle', order_by='id'))",
        "Book.annotate(x=JSONBAgg('reviews__text', order_by='reviews__id')).values_list('pk', 'x')",
        "Edition.aggregate(x=JSONBAgg('spec', order_by='id', filter=Q(spec__pages=100)))",
        "Book.filter(pk=99).aggregate(x=JSONBAgg('pages'))",
    ],
    "StringAgg": [
        "Book.aggregate(x=StringAgg('title', delimiter=', ', order_by='id'))",
        "Book.aggregate(x=StringAgg('title', delimiter=';', distinct=True, order_by='title'))",
        "Book.aggregate(x=StringAgg('subtitle', delimiter='', order_by='id'))",
        "Book.annotate(x=StringAgg('tags__name', delimiter='|', order_by='tags__id')).values_list('pk', 'x')",
        "Book.values('author').annotate(x=StringAgg('title', delimiter=', ', order_by='-id'))"
        ".order_by('author')",
        "Book.filter(pk=99).aggregate(x=StringAgg('title', delimiter=', ', default=Value('none')))",
    ],
    "BoolAnd": [
        "Book.aggregate(x=BoolAnd('in_print'))",
        "Book.values('author').annotate(x=BoolAnd('in_print')).order_by('author')",
        "Publisher.annotate(x=BoolAnd('books__in_print')).filter(x=True)",
        "Book.aggregate(x=BoolAnd(Q(pages__gte=0)))",
    ],
    "BoolOr": [
        "Book.aggregate(x=BoolOr('in_print'))",
        "Book.values('author').annotate(x=BoolOr('in_print')).order_by('author')",
        "Publisher.annotate(x=BoolOr('books__in_print')).exclude(x=True).values_list('pk', 'x')",
    ],
    "BitAnd": [
        "Book.aggregate(x=BitAnd('pages'))",
        "Book.values('author').annotate(x=BitAnd('pages')).order_by('author')",
    ],
    "BitOr": [
        "Book.aggregate(x=BitOr('pages'))",
        "Book.annotate(x=BitOr('reviews__rating')).values_list('pk', 'x')",
    ],
    "BitXor": [
        "Book.aggregate(x=BitXor('pages'))",
        "Book.aggregate(x=BitXor('price', filter=Q(in_print=True)))",
    ],
    "ArraySubquery": [
        "Book.annotate(x=ArraySubquery(Review.filter(book=OuterRef('pk')).order_by('id')"
        ".values('rating'))).order_by('pk')",
        "Book.values_list('pk', ArraySubquery(Tag.filter(books=OuterRef('pk')).order_by('id')"
        ".values('name')))",
        "Author.annotate(x=ArraySubquery(Book.filter(author=OuterRef('pk')).order_by('-pages')"
        ".values('pages')[:1]))",
    ],
    "SearchVector": [
        "Book.annotate(x=SearchVector('title', config='simple')).filter(x='dawn')",
        "Book.annotate(x=SearchVector('title', 'subtitle', config='simple')).filter(x='story')",
        "Book.annotate(x=SearchVector('title', 'subtitle', config='simple')).filter(x='again dawn')",
        "Book.annotate(x=SearchVector('subtitle', config='english')).filter(x='stories')",
        "Book.annotate(x=SearchVector('title', config='simple') + SearchVector('author__name', "
        "config='simple'))"
        ".filter(x='ada').values_list('pk')",
        "Book.annotate(x=SearchVector('title', weight='A', config='simple')).filter(x='война')"
        ".values_list('pk')",
        "Book.filter(title__search='dawn')",
        "Book.filter(subtitle__search='story').values_list('pk')",
    ],
    "SearchQuery": [
        "Book.annotate(x=SearchVector('title', config='simple')).filter(x=SearchQuery('dawn', "
        "config='simple'))",
        "Book.annotate(x=SearchVector('title', config='simple')).filter(x=SearchQuery('dawn', "
        "config='simple')"
        " | SearchQuery('eve', config='simple'))",
        "Book.annotate(x=SearchVector('title', config='simple')).filter(x=~SearchQuery('dawn', "
        "config='simple'))",
        "Book.annotate(x=SearchVector('title', 'subtitle', config='simple')).filter("
        "x=SearchQuery('dawn', config='simple') & SearchQuery('again', config='simple'))",
        "Book.annotate(x=SearchVector('subtitle', config='simple')).filter("
        "x=SearchQuery('dawn again', search_type='phrase', config='simple'))",
        "Book.annotate(x=SearchVector('subtitle', config='simple')).filter("
        "x=SearchQuery('dawn | story', search_type='raw', config='simple'))",
        "Book.annotate(x=SearchVector('subtitle', config='simple')).filter("
        "x=SearchQuery('story -dawn', search_type='websearch', config='simple'))",
    ],
    "SearchRank": [
        "Book.annotate(x=SearchRank(SearchVector('title', 'subtitle', config='simple'), "
        "SearchQuery('dawn', config='simple'))).order_by('-x', 'pk').values_list('pk')",
        "Book.annotate(x=SearchRank(SearchVector('title', config='simple', weight='B'), "
        "SearchQuery('dawn', config='simple'), weights=[0.1, 0.2, 0.4, 0.8])).filter(x__gt=0.2)"
        ".values_list('pk')",
        "Book.alias(x=SearchRank(SearchVector('title', config='simple'), SearchQuery('dawn', "
        "config='simple'), "
        "cover_density=True)).filter(x__gt=0.05)",
    ],
    "SearchHeadline": [
        "Book.filter(pk=7).values_list(SearchHeadline('subtitle', SearchQuery('dawn', "
        "config='simple'), config='simple'))",
        "Book.filter(pk=7).values_list(SearchHeadline('subtitle', SearchQuery('dawn', config='simple'), "
        "config='simple', start_sel='<b>', stop_sel='</b>'))",
    ],
}
