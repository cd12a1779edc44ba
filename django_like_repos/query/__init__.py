"""What was asked: plain values, no SQLAlchemy. Floor 1."""

from django_like_repos.query.aggregates import Aggregate, Avg, Count, Max, Min, StdDev, Sum, Variance
from django_like_repos.query.conditional import Case, When
from django_like_repos.query.conditions import Q
from django_like_repos.query.expressions import (
    Combined,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    JSONNull,
    OrderBy,
    RawSQL,
    Sliced,
    Transform,
    Value,
)
from django_like_repos.query.names import UTC, Annotation, Names, annotated, names, plain, related
from django_like_repos.query.proposed import Proposed
from django_like_repos.query.query import NOTHING, UNORDERED, Clause, Prefetched, Query, Returning, grouped
from django_like_repos.query.relations import FilteredRelation, Prefetch
from django_like_repos.query.shapes import Fields, Frame, Join, Projection, Shape
from django_like_repos.query.subqueries import Exists, HasQuery, OuterRef, Subquery, is_queryset
from django_like_repos.query.windows import RowRange, ValueRange, Window, WindowFrameExclusion

__all__ = [
    "NOTHING",
    "UNORDERED",
    "UTC",
    "Aggregate",
    "Annotation",
    "Avg",
    "Case",
    "Clause",
    "Combined",
    "Count",
    "Exists",
    "Expression",
    "ExpressionWrapper",
    "F",
    "Fields",
    "FilteredRelation",
    "Frame",
    "Func",
    "HasQuery",
    "JSONNull",
    "Join",
    "Max",
    "Min",
    "Names",
    "OrderBy",
    "OuterRef",
    "Prefetch",
    "Prefetched",
    "Projection",
    "Proposed",
    "Q",
    "Query",
    "RawSQL",
    "Returning",
    "RowRange",
    "Shape",
    "Sliced",
    "StdDev",
    "Subquery",
    "Sum",
    "Transform",
    "Value",
    "ValueRange",
    "Variance",
    "When",
    "Window",
    "WindowFrameExclusion",
    "annotated",
    "grouped",
    "is_queryset",
    "names",
    "plain",
    "related",
]
