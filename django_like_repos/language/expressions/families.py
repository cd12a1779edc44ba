"""Every kind of expression and the meaning of every function; importing this makes them known."""

from django_like_repos.language.expressions import (
    aggregates,
    arithmetic,
    conditional,
    lookups,
    names,
    opaque,
    ordering,
    proposed,
    raw,
    slices,
    subqueries,
    trees,
    values,
    windows,
    wrapping,
)
from django_like_repos.language.functions import aggregates as aggregate_functions
from django_like_repos.language.functions import comparison, dates, documents, math, paths, text
from django_like_repos.language.functions import windows as window_functions

__all__ = [
    "aggregate_functions",
    "aggregates",
    "arithmetic",
    "comparison",
    "conditional",
    "dates",
    "documents",
    "lookups",
    "math",
    "names",
    "opaque",
    "ordering",
    "paths",
    "proposed",
    "raw",
    "slices",
    "subqueries",
    "text",
    "trees",
    "values",
    "window_functions",
    "windows",
    "wrapping",
]
