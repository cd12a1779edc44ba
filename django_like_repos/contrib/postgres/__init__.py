"""What PostgreSQL alone has, as ``django.contrib.postgres`` says it, on SQLAlchemy's own types.

Importing it makes the lookups known: of arrays, ranges, vectors, and those of text that search.
"""

from django_like_repos.contrib.postgres import arrays, lookups, ranges, unaccent, vectors
from django_like_repos.contrib.postgres.aggregates import (
    ArrayAgg,
    BitAnd,
    BitOr,
    BitXor,
    BoolAnd,
    BoolOr,
    Corr,
    CovarPop,
    JSONBAgg,
    RegrAvgX,
    RegrAvgY,
    RegrCount,
    RegrIntercept,
    RegrR2,
    RegrSlope,
    RegrSXX,
    RegrSXY,
    RegrSYY,
    StatAggregate,
    StringAgg,
)
from django_like_repos.contrib.postgres.expressions import ArraySubquery
from django_like_repos.contrib.postgres.functions import RandomUUID, TransactionNow
from django_like_repos.contrib.postgres.search import (
    SearchConfig,
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVector,
)
from django_like_repos.contrib.postgres.trigram import (
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordDistance,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
)
from django_like_repos.contrib.postgres.unaccent import Unaccent

__all__ = [
    "ArrayAgg",
    "ArraySubquery",
    "BitAnd",
    "BitOr",
    "BitXor",
    "BoolAnd",
    "BoolOr",
    "Corr",
    "CovarPop",
    "JSONBAgg",
    "RandomUUID",
    "RegrAvgX",
    "RegrAvgY",
    "RegrCount",
    "RegrIntercept",
    "RegrR2",
    "RegrSXX",
    "RegrSXY",
    "RegrSYY",
    "RegrSlope",
    "SearchConfig",
    "SearchHeadline",
    "SearchQuery",
    "SearchRank",
    "SearchVector",
    "StatAggregate",
    "StringAgg",
    "TransactionNow",
    "TrigramDistance",
    "TrigramSimilarity",
    "TrigramStrictWordDistance",
    "TrigramStrictWordSimilarity",
    "TrigramWordDistance",
    "TrigramWordSimilarity",
    "Unaccent",
    "arrays",
    "lookups",
    "ranges",
    "unaccent",
    "vectors",
]
