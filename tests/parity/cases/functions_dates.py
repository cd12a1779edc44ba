"""The functions of dates and times, with time zones and their summer times."""

CASES: dict[str, list[str]] = {
    "Extract": [
        "Book.values_list('pk', Extract('published_on', 'year'), Extract('published_on', 'month'))",
        "Book.values_list('pk', Extract('published_on', lookup_name='week'))",
        "Edition.values_list('pk', Extract('released_at', 'hour'))",
        "Edition.values_list('pk', Extract('released_at', 'hour', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.values_list('pk', Extract('released_at', 'day', tzinfo=ZoneInfo('Asia/Kathmandu')))",
        "Edition.values_list('pk', Extract('released_at', 'minute', tzinfo=ZoneInfo('Asia/Kathmandu')))",
        "Edition.values_list('pk', "
        "Extract('released_at', 'hour', tzinfo=timezone(timedelta(hours=-5, minutes=-30))))",
        "Edition.values_list('pk', Extract('opens', 'minute'))",
        "Book.annotate(y=Extract('published_on', 'year')).filter(y=2010)",
        "Book.annotate(y=Extract('published_on', 'year')).values('y').annotate(n=Count('pk'))",
    ],
    "ExtractYear": [
        "Book.values_list('pk', ExtractYear('published_on'))",
        "Edition.values_list('pk', ExtractYear('released_at'))",
        "Edition.values_list('pk', ExtractYear('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.annotate(y=ExtractYear('released_at', tzinfo=ZoneInfo('America/New_York')))"
        ".filter(y__in=[2018])",
        "Edition.annotate(y=ExtractYear('released_at', tzinfo=ZoneInfo('Asia/Tokyo')))"
        ".filter(y__in=[2021, 2024])"
        ".values_list('pk', 'y')",
        "Book.annotate(y=ExtractYear('published_on')).filter(y__gt=2001, y__lte=2010)",
        "Book.annotate(y=ExtractYear('published_on')).exclude(y=2010)",
        "Book.filter(published_on__year=ExtractYear('published_on')).count()",
        "Book.filter(author__born__lt=ExtractYear('published_on') - 100)",
        "Book.order_by(ExtractYear('published_on').desc(nulls_last=True), 'pk')",
        "Author.annotate(y=ExtractYear(Max('books__published_on'))).values_list('pk', 'y')",
    ],
    "ExtractIsoYear": [
        "Book.values_list('pk', ExtractIsoYear('published_on'))",
        "Edition.values_list('pk', ExtractIsoYear('released_at'))",
        "Edition.annotate(y=ExtractIsoYear('released_at')).filter(y=2020).values_list('pk', 'y')",
        "Edition.filter(released_at__iso_year=2020)",
        "Edition.filter(released_at__iso_year__gte=2021)",
        "Book.exclude(published_on__iso_year=1999)",
        "Book.filter(published_on__iso_year__lt=2001)",
    ],
    "ExtractMonth": [
        "Book.values_list('pk', ExtractMonth('published_on'))",
        "Edition.values_list('pk', ExtractMonth('released_at'), "
        "ExtractMonth('released_at', tzinfo=ZoneInfo('Asia/Tokyo')))",
        "Book.values(m=ExtractMonth('published_on')).annotate(n=Count('pk')).order_by('m')",
    ],
    "ExtractDay": [
        "Book.values_list('pk', ExtractDay('published_on'))",
        "Edition.values_list('pk', ExtractDay('released_at'), "
        "ExtractDay('released_at', tzinfo=ZoneInfo('Asia/Tokyo')))",
        "Edition.annotate(d=ExtractDay('released_at')).filter(d=31)",
    ],
    "ExtractWeek": [
        "Book.values_list('pk', ExtractWeek('published_on'))",
        "Edition.values_list('pk', ExtractWeek('released_at'))",
        "Edition.filter(released_at__week=53)",
        "Edition.filter(released_at__week__lt=2)",
        "Edition.annotate(w=ExtractWeek('released_at', tzinfo=ZoneInfo('Asia/Tokyo'))).filter(w=53)"
        ".values_list('pk')",
    ],
    "ExtractWeekDay": [
        "Book.values_list('pk', ExtractWeekDay('published_on'))",
        "Edition.values_list('pk', ExtractWeekDay('released_at'), "
        "ExtractWeekDay('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.filter(released_at__week_day=1)",
        "Book.exclude(published_on__week_day__gt=4)",
    ],
    "ExtractIsoWeekDay": [
        "Book.values_list('pk', ExtractIsoWeekDay('published_on'))",
        "Edition.values_list('pk', ExtractIsoWeekDay('released_at'))",
        "Edition.filter(released_at__iso_week_day=7)",
        "Book.filter(published_on__iso_week_day__in=[1, 2])",
    ],
    "ExtractQuarter": [
        "Book.values_list('pk', ExtractQuarter('published_on'))",
        "Edition.values_list('pk', ExtractQuarter('released_at'), "
        "ExtractQuarter('released_at', tzinfo=ZoneInfo('Asia/Tokyo')))",
        "Edition.filter(released_at__quarter=1)",
        "Book.exclude(published_on__quarter=4)",
        "Book.values('published_on__quarter').annotate(n=Count('pk'))",
    ],
    "ExtractHour": [
        "Edition.values_list('pk', ExtractHour('released_at'), ExtractHour('opens'))",
        "Edition.values_list('pk', ExtractHour('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.values_list('pk', ExtractHour('released_at', tzinfo=UTC))",
        "Edition.filter(released_at__hour=23)",
        "Edition.filter(opens__hour__lt=9)",
        "Edition.annotate(h=ExtractHour('released_at', tzinfo=ZoneInfo('America/New_York'))).filter(h=1)"
        ".values_list('pk')",
    ],
    "ExtractMinute": [
        "Edition.values_list('pk', ExtractMinute('released_at'), ExtractMinute('opens'))",
        "Edition.filter(released_at__minute=59)",
        "Edition.filter(opens__minute__gte=30)",
    ],
    "ExtractSecond": [
        "Edition.values_list('pk', ExtractSecond('released_at'), ExtractSecond('opens'))",
        "Edition.filter(released_at__second=59)",
        "Edition.filter(opens__second__gt=0)",
    ],
    "Trunc": [
        "Book.values_list('pk', Trunc('published_on', 'year'))",
        "Book.values_list('pk', Trunc('published_on', 'month', output_field=DATE))",
        "Book.values_list('pk', Trunc('published_on', kind='week'))",
        "Edition.values_list('pk', Trunc('released_at', 'year'))",
        "Edition.values_list('pk', Trunc('released_at', 'day', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.values_list('pk', Trunc('released_at', 'hour', tzinfo=ZoneInfo('Asia/Kathmandu')))",
        "Edition.values_list('pk', Trunc('released_at', 'month', output_field=DATE))",
        "Edition.values_list('pk', "
        "Trunc('released_at', 'month', tzinfo=ZoneInfo('Asia/Tokyo'), output_field=DATE))",
        "Edition.values_list('pk', Trunc('released_at', 'day', tzinfo=timezone(timedelta(hours=9))))",
        "Edition.values_list('pk', Trunc('released_at', 'hour', output_field=TIME))",
        "Edition.values_list('pk', Trunc('opens', 'hour'))",
        "Edition.values_list('pk', Trunc('opens', 'minute', output_field=TIME))",
        "Book.annotate(y=Trunc('published_on', 'year')).filter(y=date(2010, 1, 1))",
        "Edition.annotate(d=Trunc('released_at', 'day')).filter(d=datetime(2020, 12, 31, tzinfo=UTC))",
        "Edition.annotate(d=Trunc('released_at', 'day', tzinfo=ZoneInfo('America/New_York')))"
        ".filter(d__lt=datetime(2021, 1, 1, tzinfo=ZoneInfo('America/New_York')))",
        "Edition.annotate(d=Trunc('released_at', 'year')).values('d').annotate(n=Count('pk')).order_by('d')",
    ],
    "TruncYear": [
        "Book.values_list('pk', TruncYear('published_on'))",
        "Edition.values_list('pk', TruncYear('released_at'))",
        "Edition.values_list('pk', TruncYear('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Book.values(y=TruncYear('published_on')).annotate(n=Count('pk')).order_by('y')",
        "Edition.filter(released_at__gt=TruncYear('released_at') + timedelta(days=300))",
    ],
    "TruncQuarter": [
        "Book.values_list('pk', TruncQuarter('published_on'))",
        "Edition.values_list('pk', TruncQuarter('released_at'), "
        "TruncQuarter('released_at', tzinfo=ZoneInfo('Asia/Tokyo')))",
    ],
    "TruncMonth": [
        "Book.values_list('pk', TruncMonth('published_on'))",
        "Edition.values_list('pk', TruncMonth('released_at'), "
        "TruncMonth('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Book.annotate(m=TruncMonth('published_on')).values('m').annotate(n=Count('pk'), p=Sum('pages'))"
        ".order_by('m')",
        "Edition.annotate(m=TruncMonth('released_at')).filter(m__year=2021, m__month=3)",
    ],
    "TruncWeek": [
        "Book.values_list('pk', TruncWeek('published_on'))",
        "Edition.values_list('pk', TruncWeek('released_at'), "
        "TruncWeek('released_at', tzinfo=ZoneInfo('Asia/Tokyo')))",
        "Book.order_by(TruncWeek('published_on').desc(nulls_last=True), 'pk')",
    ],
    "TruncDay": [
        "Edition.values_list('pk', TruncDay('released_at'))",
        "Edition.values_list('pk', TruncDay('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.annotate(d=TruncDay('released_at')).values('d').annotate(n=Count('pk'))",
    ],
    "TruncDate": [
        "Edition.values_list('pk', TruncDate('released_at'))",
        "Edition.values_list('pk', TruncDate('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.values_list('pk', "
        "TruncDate('released_at', tzinfo=timezone(timedelta(hours=5, minutes=45))))",
        "Edition.annotate(d=TruncDate('released_at')).filter(d=date(2020, 12, 31))",
        "Edition.annotate(d=TruncDate('released_at', tzinfo=ZoneInfo('Asia/Tokyo')))"
        ".filter(d=date(2021, 1, 1)).values_list('pk', 'd')",
        "Edition.values(d=TruncDate('released_at')).annotate(n=Count('pk')).order_by('d')",
        "Edition.filter(released_at__date=date(2020, 12, 31))",
        "Edition.filter(released_at__date__gte=date(2021, 3, 14), released_at__date__lt=date(2021, 7, 5))",
        "Edition.exclude(released_at__date=date(2020, 12, 31))",
        "Edition.filter(released_at__date__in=[date(2020, 12, 31), date(2021, 1, 1)])",
        "Edition.filter(released_at__date__gt=F('book__published_on'))",
        "Edition.filter(released_at__date__year=2021)",
    ],
    "TruncTime": [
        "Edition.values_list('pk', TruncTime('released_at'))",
        "Edition.values_list('pk', TruncTime('released_at', tzinfo=ZoneInfo('America/New_York')))",
        "Edition.annotate(t=TruncTime('released_at')).filter(t__lt=time(12, 0))",
        "Edition.filter(released_at__time=time(12, 0, 0, 500000))",
        "Edition.filter(released_at__time__gt=time(23, 0))",
        "Edition.filter(released_at__time__hour=23)",
    ],
    "TruncHour": [
        "Edition.values_list('pk', TruncHour('released_at'))",
        "Edition.values_list('pk', TruncHour('released_at', tzinfo=ZoneInfo('Asia/Kathmandu')))",
        "Edition.values_list('pk', TruncHour('opens'))",
        "Edition.annotate(h=TruncHour('opens')).filter(h=time(9, 0))",
    ],
    "TruncMinute": [
        "Edition.values_list('pk', TruncMinute('released_at'), TruncMinute('opens'))",
        "Edition.annotate(m=TruncMinute('released_at')).order_by('-m', 'pk').values_list('m')",
    ],
    "TruncSecond": [
        "Edition.values_list('pk', TruncSecond('released_at'), TruncSecond('opens'))",
        "Edition.filter(released_at__gt=TruncSecond('released_at')).count()",
        "Edition.exclude(opens=TruncSecond('opens')).count()",
    ],
    "Now": [
        "Edition.filter(released_at__lt=Now()).count()",
        "Edition.exclude(released_at__lt=Now() + timedelta(days=1)).count()",
        "Edition.filter(released_at__gt=Now() - timedelta(days=1)).count()",
        "Edition.annotate(old=Q(released_at__lt=Now())).values_list('pk', 'old')",
        "Edition.annotate(age=Now() - F('released_at')).filter(age__gt=timedelta(days=30)).count()",
        "Edition.annotate(now=Now()).filter(now__year__gt=2020).count()",
        "Book.filter(published_on__year__lt=ExtractYear(Now())).count()",
        "Edition.filter(pk=1)"
        ".values_list(Case(When(released_at__lt=Now(), then=Value('past')), default=Value('future')))",
    ],
    "date lookups": [
        "Edition.filter(released_at__year=2020)",
        "Edition.filter(released_at__year__in=[2016, 2024])",
        "Edition.filter(released_at__year__gte=2021, released_at__year__lt=2024)",
        "Edition.filter(released_at__year__lte=2019)",
        "Edition.exclude(released_at__year=2021)",
        "Edition.filter(released_at__month=12, released_at__day=31)",
        "Edition.filter(released_at=datetime(2021, 1, 1, 3, 0, 0, 1, tzinfo=timezone(timedelta(hours=3))))",
        "Edition.filter(released_at__range=(datetime(2021, 1, 1, tzinfo=UTC), "
        "datetime(2021, 7, 4, 12, 0, 0, 500000, tzinfo=UTC)))",
        "Edition.filter(released_at__gte=datetime(2021, 3, 14, 2, 59, 59, "
        "tzinfo=ZoneInfo('America/New_York')))",
        "Edition.filter(opens=time(9, 30, 0, 500000))",
        "Edition.filter(opens__gt=time(12))",
        "Edition.filter(opens__range=(time(6), time(12)))",
        "Book.filter(editions__released_at__year=2021).values_list('pk', 'editions__released_at__month')",
        "Book.exclude(editions__released_at__year=2021)",
        "Edition.filter(released_at__year__gt=F('book__published_on__year') + 15)",
        "Edition.order_by('released_at__month', 'pk')",
        "Edition.order_by('-opens__minute', 'pk').filter(opens__isnull=False)",
        "Edition.values('released_at__year').annotate(n=Count('pk')).order_by('released_at__year')",
    ],
}
