"""Django's QuerySet on SQLAlchemy models: async, typed, planned once per shape of query."""

from django_like_repos.builder.builder import QueryBuilder
from django_like_repos.builder.lookups import Lookup, register_lookup
from django_like_repos.builder.transforms import Transform, register_transform
from django_like_repos.database import Database
from django_like_repos.errors import (
    DoesNotExist,
    InvalidLookupValueError,
    MultipleObjectsReturned,
    QueryError,
    RepositoryError,
    ResultError,
    UnknownFieldError,
    UnknownLookupError,
    UnsupportedOperationError,
)
from django_like_repos.injection import session_dependency
from django_like_repos.query import F, Q, Value
from django_like_repos.queryset import QuerySet
from django_like_repos.repository import BaseRepository

__all__ = [
    "BaseRepository",
    "Database",
    "DoesNotExist",
    "F",
    "InvalidLookupValueError",
    "Lookup",
    "MultipleObjectsReturned",
    "Q",
    "QueryBuilder",
    "QueryError",
    "QuerySet",
    "RepositoryError",
    "ResultError",
    "Transform",
    "UnknownFieldError",
    "UnknownLookupError",
    "UnsupportedOperationError",
    "Value",
    "register_lookup",
    "register_transform",
    "session_dependency",
]
