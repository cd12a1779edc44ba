"""The functions of mathematics. Floats are compared to nine digits."""

CASES: dict[str, list[str]] = {
    "Abs": [
        "Edition.values_list('pk', Abs('ratio'))",
        "Edition.values_list('pk', Abs('price'), Abs('weight'), Abs('copies'))",
        "Edition.annotate(x=Abs('ratio')).filter(x__gt=6).values_list('pk', 'x')",
        "Edition.filter(ratio__lt=Abs('ratio'))",
        "Edition.order_by(Abs('ratio'), 'ratio', 'pk')",
        "Book.values_list('pk', Abs(F('pages') - F('price')))",
        "Edition.aggregate(n=Sum(Abs('ratio')))",
        "Edition.values(x=Abs('ratio')).annotate(n=Count('pk'))",
    ],
    "ACos": [
        "Edition.filter(weight__range=(-1, 1)).values_list('pk', ACos('weight'))",
        "Edition.filter(ratio__in=[0, 1, -1]).values_list('pk', ACos('ratio'))",
    ],
    "ASin": [
        "Edition.filter(weight__range=(-1, 1)).values_list('pk', ASin('weight'))",
        "Edition.filter(ratio__in=[0, 1, -1]).values_list('pk', ASin('ratio'))",
    ],
    "ATan": [
        "Edition.values_list('pk', ATan('weight'), ATan('ratio'))",
        "Edition.annotate(x=ATan('ratio')).filter(x__gt=1).values_list('pk', 'x')",
    ],
    "ATan2": [
        "Edition.values_list('pk', ATan2('ratio', 'weight'))",
        "Edition.values_list('pk', ATan2('weight', 'weight'))",
        "Edition.values_list('pk', ATan2('ratio', 'copies'))",
        "Edition.values_list('pk', ATan2('weight', Value(2.5)))",
    ],
    "Ceil": [
        "Edition.values_list('pk', Ceil('weight'))",
        "Edition.values_list('pk', Ceil('price'))",
        "Edition.values_list('pk', Ceil('ratio'))",
        "Edition.annotate(x=Ceil('weight')).filter(x=1).values_list('pk', 'x')",
        "Edition.values_list('pk', Ceil(F('weight') * 1.3))",
    ],
    "Cos": [
        "Edition.values_list('pk', Cos('weight'), Cos('ratio'))",
        "Edition.annotate(x=Cos('ratio')).filter(x__lt=0)",
    ],
    "Cot": [
        "Edition.exclude(weight=0).values_list('pk', Cot('weight'))",
        "Edition.exclude(ratio=0).values_list('pk', Cot('ratio'))",
    ],
    "Degrees": [
        "Edition.values_list('pk', Degrees('weight'), Degrees('ratio'))",
        "Book.filter(pk=1).values_list(Degrees(Pi()))",
    ],
    "Exp": [
        "Edition.filter(ratio__lt=10).values_list('pk', Exp('weight'), Exp('ratio'))",
        "Edition.annotate(x=Exp('weight')).filter(x__gt=3)",
    ],
    "Floor": [
        "Edition.values_list('pk', Floor('weight'))",
        "Edition.values_list('pk', Floor('price'))",
        "Edition.values_list('pk', Floor('ratio'))",
        "Edition.annotate(x=Floor('weight')).values('x').annotate(n=Count('pk'))",
        "Edition.filter(weight=Floor('weight'))",
    ],
    "Ln": [
        "Edition.filter(weight__gt=0).values_list('pk', Ln('weight'))",
        "Edition.filter(ratio__gt=0).values_list('pk', Ln('ratio'))",
        "Edition.filter(price__gt=0).values_list('pk', Ln('weight')).filter(weight__gt=0)",
    ],
    "Log": [
        "Edition.filter(ratio__gt=1).values_list('pk', Log(2, 'ratio'))",
        "Edition.filter(copies__gt=0).values_list('pk', Log(Value(10), 'copies'))",
        "Edition.filter(ratio__gt=1, copies__gt=0).values_list('pk', Log('ratio', 'copies'))",
        "Book.filter(pages__gt=0).values_list('pk', Log(F('author_id') + 1, F('pages')))",
    ],
    "Mod": [
        "Edition.values_list('pk', Mod('ratio', 3))",
        "Edition.values_list('pk', Mod('copies', 7))",
        "Book.values_list('pk', Mod('pages', 'author_id'))",
        "Book.annotate(x=Mod('pages', 100)).filter(x=0).values_list('pk', 'x')",
    ],
    "Pi": [
        "Book.filter(pk=1).values_list(Pi())",
        "Edition.values_list('pk', F('weight') * Pi())",
        "Edition.filter(weight__gt=Pi())",
    ],
    "Power": [
        "Edition.filter(ratio__lt=10).values_list('pk', Power('weight', 2))",
        "Edition.values_list('pk', Power('ratio', 2))",
        "Edition.filter(weight__gt=0).values_list('pk', Power('weight', 'weight'))",
        "Edition.values_list('pk', Power(Value(2.0), 'weight'))",
        "Edition.annotate(x=Power('ratio', 2)).filter(x__gt=49).values_list('pk')",
        "Edition.filter(ratio__gt=0).values_list('pk', Power('ratio', Value(0.5)))",
    ],
    "Radians": [
        "Edition.values_list('pk', Radians('weight'), Radians('ratio'))",
        "Book.values_list('pk', Radians('pages'))",
    ],
    "Random": [
        "Book.annotate(x=Random()).filter(x__gte=0, x__lt=1).count()",
        "Book.annotate(x=Random()).order_by('x').count()",
        "Book.order_by(Random()).count()",
    ],
    "Round": [
        "Edition.values_list('pk', Round('weight'))",
        "Edition.values_list('pk', Round('price'))",
        "Edition.values_list('pk', Round('price', 1))",
        "Edition.values_list('pk', Round('price', precision=1))",
        "Book.values_list('pk', Round('pages'))",
        "Edition.values_list('pk', Round(F('price') * 3, 1))",
        "Edition.annotate(x=Round('price', 1)).filter(x__gt=10).order_by('x', 'pk').values_list('x')",
        "Edition.aggregate(n=Round(Avg('price'), 1))",
    ],
    "Sign": [
        "Edition.values_list('pk', Sign('ratio'))",
        "Edition.values_list('pk', Sign('weight'))",
        "Edition.values_list('pk', Sign('price'))",
        "Edition.annotate(x=Sign('ratio')).values('x').annotate(n=Count('pk'))",
        "Edition.annotate(x=Sign(F('ratio') - 3)).filter(x=0)",
    ],
    "Sin": [
        "Edition.values_list('pk', Sin('weight'), Sin('ratio'))",
        "Edition.annotate(x=Sin('ratio')).filter(x__gt=0)",
    ],
    "Sqrt": [
        "Edition.filter(weight__gte=0).values_list('pk', Sqrt('weight'))",
        "Book.values_list('pk', Sqrt('pages'), Sqrt('price'))",
        "Edition.filter(price__gte=0).values_list('pk', Sqrt('price'))",
        "Book.annotate(x=Sqrt('pages')).filter(x=10)",
    ],
    "Tan": [
        "Edition.values_list('pk', Tan('weight'), Tan('ratio'))",
        "Edition.annotate(x=Tan('weight')).filter(x__gt=1)",
    ],
}

CASES_ON_POSTGRESQL: dict[str, list[str]] = {
    "Round": [
        "Edition.values_list('pk', Round('price', -1))",
        "Edition.values_list('pk', Round('price', F('ratio') % 2))",
        "Edition.values_list('pk', Round(F('price') / 3, 2))",
    ],
    "Log": ["Edition.filter(price__gt=0).values_list('pk', Log(2, 'price'))"],
    "Mod": ["Edition.values_list('pk', Mod('price', 3))"],
    "Power": ["Edition.values_list('pk', Power('price', 2))"],
}
