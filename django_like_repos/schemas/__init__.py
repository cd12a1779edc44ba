"""Types that rows are made into, or answered as: what their fields say. Floor 0, without SQLAlchemy.

Dataclasses, named tuples, TypedDicts, classes of attrs, msgspec's Structs, pydantic's models: a file a kind,
none of whose packages is imported.
"""

from django_like_repos.schemas.annotations import Wanted, wanted
from django_like_repos.schemas.fields import Kind, Schema, SchemaError, SchemaField
from django_like_repos.schemas.kinds import register_kind, schema_of
from django_like_repos.schemas.path import Path
from django_like_repos.schemas.written import ANYTHING, ByPythonError, Takes, Written, WrittenField

__all__ = [
    "ANYTHING",
    "ByPythonError",
    "Kind",
    "Path",
    "Schema",
    "SchemaError",
    "SchemaField",
    "Takes",
    "Wanted",
    "Written",
    "WrittenField",
    "register_kind",
    "schema_of",
    "wanted",
]
