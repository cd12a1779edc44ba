"""SQL that SQLAlchemy has no words for: one construct, said by each database in its own way.

Each family's file ends in a table: the construct, the type of what it gives, SQLite's SQL, PostgreSQL's.
"""

from django_like_repos.constructs.dates import date_of, date_part, time_of, zone_name
from django_like_repos.constructs.documents import (
    Keys,
    json_compare,
    json_contains,
    json_has_any_keys,
    json_has_key,
    json_has_keys,
    json_order,
    json_path,
    json_text,
)
from django_like_repos.values.document import Document

__all__ = [
    "Document",
    "Keys",
    "date_of",
    "date_part",
    "json_compare",
    "json_contains",
    "json_has_any_keys",
    "json_has_key",
    "json_has_keys",
    "json_order",
    "json_path",
    "json_text",
    "time_of",
    "zone_name",
]
