"""Every kind of expression and the meaning of every function; importing this makes them known."""

from django_like_repos.builder.expressions import aggregates, conditional, plain, subqueries, windows
from django_like_repos.builder.functions import aggregates as aggregate_functions
from django_like_repos.builder.functions import comparison, dates, documents, math, paths, text
from django_like_repos.builder.functions import windows as window_functions

__all__ = [
    "aggregate_functions",
    "aggregates",
    "comparison",
    "conditional",
    "dates",
    "documents",
    "math",
    "paths",
    "plain",
    "subqueries",
    "text",
    "window_functions",
    "windows",
]
