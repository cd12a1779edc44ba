"""What was asked: plain values, no SQLAlchemy. Floor 1."""

from django_like_repos.query.conditions import Q
from django_like_repos.query.expressions import Combined, Expression, F, Value
from django_like_repos.query.names import UTC, Names, names
from django_like_repos.query.query import NOTHING, UNORDERED, Clause, Query, Returning, grouped
from django_like_repos.query.shapes import Frame, Join, Projection, Shape

__all__ = [
    "NOTHING",
    "UNORDERED",
    "UTC",
    "Clause",
    "Combined",
    "Expression",
    "F",
    "Frame",
    "Join",
    "Names",
    "Projection",
    "Q",
    "Query",
    "Returning",
    "Shape",
    "Value",
    "grouped",
    "names",
]
