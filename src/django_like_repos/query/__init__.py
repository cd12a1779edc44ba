"""What was asked: plain values, no SQLAlchemy. Floor 1."""

from django_like_repos.query.conditions import Q
from django_like_repos.query.expressions import Combined, Expression, F, Value
from django_like_repos.query.query import NOTHING, Clause, Join, Projection, Query, Returning, grouped

__all__ = [
    "NOTHING",
    "Clause",
    "Combined",
    "Expression",
    "F",
    "Join",
    "Projection",
    "Q",
    "Query",
    "Returning",
    "Value",
    "grouped",
]
