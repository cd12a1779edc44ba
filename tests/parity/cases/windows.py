"""Windows: what is computed of a row's neighbours."""

CASES: dict[str, list[str]] = {
    "RowNumber": [
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by=['-pages', 'pk'])).values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by=[F('pages').desc(), F('pk').asc()]))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), partition_by='author', order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), partition_by=['author', 'in_print'], order_by=['pages', 'pk']))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), partition_by=F('author__country'), order_by='pk'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), partition_by='author__country__name', "
        "order_by=['author__name', 'pk'])).values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), partition_by=F('pages') / 100, order_by='-pk'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), partition_by=[ExtractYear('published_on')], order_by='pk'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by=[F('price').desc(nulls_last=True), 'pk']))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(expression=RowNumber(), order_by='pk') * 10).values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).order_by('-n').values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by='-pk')).order_by('pages', 'n').values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).order_by('-pages', 'pk')[2:5]"
        ".values_list('pk', 'n')",
        "Book.filter(pages__gt=100).annotate(n=Window(RowNumber(), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).filter(pages__gt=100).values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).count()",
        "Book.annotate(x=F('pages') * 2).annotate(n=Window(RowNumber(), order_by=['-x', 'pk']))"
        ".values_list('pk', 'n')",
        "Book.values('pk', n=Window(RowNumber(), order_by='pk'))",
        "Book.alias(n=Window(RowNumber(), order_by='pk')).annotate(m=F('n') * 2).values_list('pk', 'm')",
    ],
    "Rank": [
        "Book.annotate(n=Window(Rank(), order_by='-pages')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Rank(), order_by=F('pages').desc())).values_list('pk', 'n')",
        "Book.annotate(n=Window(Rank(), partition_by='in_print', order_by='pages')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Rank())).values_list('pk', 'n')",
        "Book.annotate(n=Window(Rank(), order_by=Length('title'))).values_list('pk', 'n')",
        "Book.annotate(n=Window(Rank(), order_by=F('price').asc(nulls_first=True))).values_list('pk', 'n')",
        "Review.annotate(n=Window(Rank(), partition_by='book', order_by='-rating')).values_list('pk', 'n')",
    ],
    "DenseRank": [
        "Book.annotate(n=Window(DenseRank(), order_by='-pages')).values_list('pk', 'n')",
        "Book.annotate(n=Window(DenseRank(), partition_by='publisher', order_by='pages'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(DenseRank(), order_by=['in_print', 'pages'])).values_list('pk', 'n')",
    ],
    "PercentRank": [
        "Book.annotate(n=Window(PercentRank(), order_by='pages')).values_list('pk', 'n')",
        "Book.annotate(n=Window(PercentRank(), partition_by='author', order_by='pages'))"
        ".values_list('pk', 'n')",
    ],
    "CumeDist": [
        "Book.annotate(n=Window(CumeDist(), order_by='pages')).values_list('pk', 'n')",
        "Book.annotate(n=Window(CumeDist(), partition_by='in_print', order_by='-pages'))"
        ".values_list('pk', 'n')",
    ],
    "Ntile": [
        "Book.annotate(n=Window(Ntile(), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Ntile(4), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Ntile(num_buckets=3), order_by=['-pages', 'pk'])).values_list('pk', 'n')",
        "Book.annotate(n=Window(Ntile(100), partition_by='in_print', order_by='pk')).values_list('pk', 'n')",
    ],
    "Lag": [
        "Book.annotate(n=Window(Lag('pages'), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Lag('pages', 2), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Lag('pages', offset=2, default=0), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Lag('pages', default=-1), partition_by='author', order_by='pk'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Lag('price'), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Lag(F('pages') * 2), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=F('pages') - Window(Lag('pages'), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Coalesce(Window(Lag('pages'), order_by='pk'), 0)).values_list('pk', 'n')",
        "Edition.annotate(n=Window(Lag('released_at'), order_by='pk')).values_list('pk', 'n')",
        "Edition.annotate(n=Window(Lag('price'), order_by='pk')).values_list('pk', 'n')",
        "Edition.annotate(before=Window(Lag('released_at'), partition_by='book', order_by='pk'))"
        ".annotate(gap=F('released_at') - F('before')).values_list('pk', 'gap')",
    ],
    "Lead": [
        "Book.annotate(n=Window(Lead('pages'), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Lead('title', 3), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Lead('author__name'), order_by=['author__name', 'pk']))"
        ".values_list('pk', 'n')",
        "Review.annotate(n=Window(Lead('rating', 1, 0), partition_by=F('book'), order_by='pk'))"
        ".values_list('pk', 'n')",
    ],
    "FirstValue": [
        "Book.annotate(n=Window(FirstValue('title'), partition_by='author', order_by='pk'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(FirstValue('pages'), partition_by='author__country', "
        "order_by=['-pages', 'pk'])).values_list('pk', 'n')",
        "Book.annotate(n=F('pages') - Window(FirstValue('pages'), partition_by='author', order_by='pk'))"
        ".values_list('pk', 'n')",
    ],
    "LastValue": [
        "Book.annotate(n=Window(LastValue('title'), partition_by='author', order_by='pk'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(LastValue('title'), partition_by='author', order_by='pk', "
        "frame=RowRange(start=0, end=None))).values_list('pk', 'n')",
        "Book.annotate(n=Window(LastValue('pk'), partition_by='author', order_by='pk', frame=RowRange()))"
        ".values_list('pk', 'n')",
    ],
    "NthValue": [
        "Book.annotate(n=Window(NthValue('title'), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(NthValue('title', 2), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(NthValue('title', nth=2), partition_by='author', order_by='pk', "
        "frame=RowRange())).values_list('pk', 'n')",
    ],
    "Window of an aggregate": [
        "Book.annotate(n=Window(Sum('pages'))).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), partition_by='author')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='author')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), partition_by='author', order_by='-pk')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Count('*'), partition_by='title')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Count('price'), partition_by='author')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Avg('pages'), partition_by='in_print')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Max('price'), partition_by='author__country')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Min('price'), partition_by='author')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages', filter=Q(in_print=True)), partition_by='author'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum(F('pages') + F('price')), partition_by='author')).values_list('pk', 'n')",
        "Book.annotate(n=F('pages') * 100 / Window(Sum('pages'))).values_list('pk', 'n')",
        "Book.annotate(n=F('pages') - Window(Max('pages'), partition_by='in_print')).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), partition_by='author'), "
        "m=Window(Count('pk'), partition_by='author')).annotate(k=F('n') / F('m')).values_list('pk', 'k')",
        "Book.annotate(n=Case(When(pages=Window(Max('pages'), partition_by='author'), then=Value('top')), "
        "default=Value('-'))).values_list('pk', 'n')",
        "Edition.annotate(n=Window(Sum('price'), order_by='pk')).values_list('pk', 'n')",
        "Edition.annotate(n=Window(Sum('weight'), partition_by='book', order_by='pk'))"
        ".values_list('pk', 'n')",
        "Edition.annotate(n=Window(Max('released_at'), partition_by='book')).values_list('pk', 'n')",
        "Review.annotate(n=Window(Avg('rating'), partition_by='book__author')).values_list('pk', 'n')",
        "Book.annotate(r=F('reviews__rating')).annotate(n=Window(Sum('r'), partition_by='pk'))"
        ".values_list('pk', 'r', 'n')",
        "Book.annotate(n=Window(Sum('reviews__rating'), partition_by='pk')).values_list('pk', 'n')",
    ],
    "RowRange": [
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', frame=RowRange())).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', frame=RowRange(start=None, end=0)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', frame=RowRange(start=0, end=None)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', frame=RowRange(start=-1, end=1)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', frame=RowRange(start=-2, end=-1)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', frame=RowRange(start=1, end=3)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', frame=RowRange(start=0, end=0)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Avg('pages'), partition_by='in_print', order_by=['pages', 'pk'], "
        "frame=RowRange(-1, 1))).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', "
        "frame=RowRange(start=-1, end=1, exclusion=WindowFrameExclusion.CURRENT_ROW))).values_list('pk', "
        "'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='author', "
        "frame=RowRange(exclusion=WindowFrameExclusion.GROUP))).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='author', "
        "frame=RowRange(exclusion=WindowFrameExclusion.TIES))).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='pk', "
        "frame=RowRange(exclusion=WindowFrameExclusion.NO_OTHERS))).values_list('pk', 'n')",
    ],
    "ValueRange": [
        "Book.annotate(n=Window(Sum('pages'), order_by='author', frame=ValueRange())).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='author', frame=ValueRange(start=None, end=0)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='author', frame=ValueRange(start=0, end=None)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Count('pk'), order_by='pages', frame=ValueRange(start=0, end=0)))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), partition_by='in_print', order_by='pages', "
        "frame=ValueRange(end=0))).values_list('pk', 'n')",
        "Book.annotate(n=Window(Sum('pages'), order_by='author', "
        "frame=ValueRange(exclusion=WindowFrameExclusion.CURRENT_ROW))).values_list('pk', 'n')",
    ],
    "filters on windows": [
        "Book.annotate(r=Window(RowNumber(), order_by='id'), n=Count('tags'))"
        ".filter(Q(r__lt=3) | Q(n__gt=2))",
        "Book.annotate(r=Window(RowNumber(), order_by='id'), n=Count('tags'))"
        ".exclude(Q(r__lt=3) | Q(n__gt=2))",
        "Book.annotate(r=Window(RowNumber(), order_by='id'), n=Count('tags')).filter(r__lt=F('n') + 3)",
        "Book.annotate(r=Window(RowNumber(), order_by='id'), n=Count('tags'))"
        ".filter(Q(r__lt=3) | Q(n__gt=2)).count()",
        "Book.annotate(n=Window(RowNumber(), order_by=['-pages', 'pk'])).filter(n__lte=3)",
        "Book.annotate(n=Window(RowNumber(), order_by=['-pages', 'pk'])).filter(n__lte=3)"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(RowNumber(), order_by=['-pages', 'pk'])).filter(n__lte=3).order_by('n')"
        ".values_list('pk', flat=True)",
        "Book.annotate(n=Window(RowNumber(), order_by=['-pages', 'pk'])).exclude(n__lte=3)",
        "Book.annotate(n=Window(RowNumber(), partition_by='author', order_by=['-pages', 'pk'])).filter(n=1)",
        "Book.annotate(n=Window(RowNumber(), partition_by='author', order_by=['-pages', 'pk'])).filter(n=1)"
        ".order_by('-pages', 'pk')[1:4]",
        "Book.annotate(n=Window(RowNumber(), partition_by='author', order_by=['-pages', 'pk'])).filter(n=1)"
        ".count()",
        "Book.annotate(n=Window(RowNumber(), partition_by='author', order_by=['-pages', 'pk']))"
        ".filter(n__gt=1).exists()",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).filter(n__lte=5, in_print=True)",
        "Book.filter(in_print=True).annotate(n=Window(RowNumber(), order_by='pk')).filter(n__lte=3)",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).filter(n__lte=5).filter(pages__gt=100)",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).filter(Q(n=1) & Q(in_print=True))",
        "Book.annotate(n=Window(Max('pages'), partition_by='author')).filter(pages=F('n'))",
        "Book.annotate(n=Window(Max('pages'), partition_by='author')).filter(pages__lt=F('n'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Rank(), partition_by='in_print', order_by='-pages')).filter(n__lte=2)"
        ".values_list('pk', 'n').order_by('in_print', 'n', 'pk')",
        "Book.alias(n=Window(RowNumber(), partition_by='author', order_by='pk')).filter(n=2)",
        "Book.alias(n=Window(RowNumber(), partition_by='author', order_by='pk')).filter(n=2)"
        ".values_list('title', flat=True)",
        "Book.annotate(n=Window(Lag('pages'), order_by='pk')).filter(n=None)",
        "Book.annotate(n=Window(Lag('pages'), order_by='pk')).filter(pages__gt=F('n'))"
        ".values_list('pk', 'n')",
        "Book.annotate(n=Window(Count('*'), partition_by='title')).filter(n__gt=1)"
        ".values_list('pk', 'title')",
        "Book.annotate(n=Window(RowNumber(), order_by='pk')).filter(n__in=[2, 4])",
        "Book.filter(pk__in=Book.annotate(n=Window(RowNumber(), partition_by='author', "
        "order_by=['-pages', 'pk'])).filter(n=1).values('pk'))",
        "Book.annotate(n=Window(RowNumber(), order_by='pk'), who=F('author__name')).filter(n__lt=4)"
        ".values_list('pk', 'who')",
        "Book.annotate(n=Window(RowNumber(), partition_by='author', order_by='pk'))"
        ".filter(n=1, author__country__code='RU').values_list('pk')",
        "Review.annotate(n=Window(RowNumber(), partition_by='book', order_by=['-rating', 'pk'])).filter(n=1)"
        ".values_list('book__title', 'rating')",
        "Edition.annotate(n=Window(Sum('copies'), order_by='pk')).filter(n__gt=300).values_list('pk', 'n')",
    ],
    "windows over aggregates": [
        "Author.annotate(n=Count('books')).annotate(r=Window(Rank(), order_by='-n'))"
        ".values_list('pk', 'n', 'r')",
        "Author.annotate(n=Count('books')).annotate(r=Window(RowNumber(), order_by=['-n', 'pk']))"
        ".order_by('r').values_list('pk', 'r')",
        "Author.annotate(n=Count('books'), r=Window(Rank(), order_by=Count('books').desc()))"
        ".values_list('pk', 'r')",
        "Book.values('author').annotate(n=Sum('pages')).annotate(r=Window(Rank(), order_by='-n'))",
        "Book.values('author').annotate(n=Sum('pages'))"
        ".annotate(r=Window(RowNumber(), order_by=['-n', 'author'])).order_by('r')[:3]",
        "Author.annotate(n=Count('books')).filter(n__gt=0).annotate(r=Window(Rank(), order_by='-n'))"
        ".values_list('pk', 'r')",
        "Author.annotate(n=Count('books')).annotate(r=Window(Rank(), partition_by='country', order_by='-n'))"
        ".filter(r=1).values_list('pk', 'n', 'r')",
        "Author.annotate(n=Count('books')).annotate(r=Window(Rank(), order_by='-n'))"
        ".filter(r__lte=2, n__gt=0).values_list('pk', 'n')",
        "Author.annotate(s=Subquery(Book.filter(author=OuterRef('pk')).values('author')"
        ".annotate(n=Sum('pages')).values('n'))).annotate(r=Window(Rank(), order_by=F('s')"
        ".desc(nulls_last=True))).values_list('pk', 'r')",
    ],
}

CASES_ON_POSTGRESQL: dict[str, list[str]] = {
    "ValueRange": [
        "Book.annotate(n=Window(Sum('pages'), order_by='pages', "
        "frame=ValueRange(start=0, end=None, exclusion=WindowFrameExclusion.GROUP))).values_list('pk', 'n')",
    ],
}
