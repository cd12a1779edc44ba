"""The words of a case, as each side means them, and what the rows come down to that both give."""

# Django has no type annotations.
# mypy: disable-error-code="misc"

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy
from django.contrib.postgres import aggregates, expressions, functions, lookups, search
from django.contrib.postgres import fields as postgres_fields
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange, NumericRange
from django.db.backends.postgresql.psycopg_any import Range as PsycopgRange
from django.db.models.functions import Lower as DjangoLower
from sqlalchemy.dialects.postgresql import ARRAY, Range

import django_like_repos
import django_like_repos.functions
from django_like_repos.contrib import postgres
from tests.contrib.postgres.schema import DjangoEvent, DjangoHall, day, moment

Words = dict[str, Any]

# What `django.contrib.postgres` would do as an installed app.
for field in (models.CharField, models.TextField):
    for lookup in (
        lookups.Unaccent,
        lookups.SearchLookup,
        lookups.TrigramSimilar,
        lookups.TrigramWordSimilar,
        lookups.TrigramStrictWordSimilar,
    ):
        field.register_lookup(lookup)

_CORE: Final = ("F", "Q", "Value", "Case", "When", "Count", "Exists", "OuterRef", "Window")
_PLAIN: Final[Words] = {"Decimal": Decimal, "date": date, "day": day, "moment": moment}

DJANGO: Final[Words] = {
    **_PLAIN,
    **{name: getattr(models, name) for name in _CORE},
    **{name: getattr(aggregates, name) for name in postgres.__all__ if hasattr(aggregates, name)},
    "ArraySubquery": expressions.ArraySubquery,
    "TransactionNow": functions.TransactionNow,
    "RandomUUID": functions.RandomUUID,
    **{name: getattr(search, name) for name in vars(search) if name.startswith(("Search", "Trigram"))},
    "Lower": DjangoLower,
    "numbers": NumericRange,
    "days": DateRange,
    "hours": DateTimeTZRange,
    "TEXTS": postgres_fields.ArrayField(models.TextField()),
    "Hall": DjangoHall,
    "Event": DjangoEvent,
}
OURS: Final[Words] = {
    **_PLAIN,
    **{name: getattr(django_like_repos, name) for name in _CORE},
    **{name: getattr(postgres, name) for name in postgres.__all__},
    "Lower": django_like_repos.functions.Lower,
    "numbers": Range,
    "days": Range,
    "hours": Range,
    "TEXTS": ARRAY(sqlalchemy.Text),
}


def plain(value: Any) -> Any:
    """An answer, so that those of two sides can be compared: a model is its key."""
    match value:
        case models.Model():
            return value.pk
        case Range():
            return "range", value.empty, plain(value.lower), plain(value.upper), _bounds(value)
        case PsycopgRange():
            return "range", value.isempty, plain(value.lower), plain(value.upper), _bounds(value)
        case float():
            return round(value, 6)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list() | models.QuerySet():
            return [plain(each) for each in value]
        case tuple() | sqlalchemy.Row():
            return tuple(plain(each) for each in value)
    return getattr(value, "id", value) if hasattr(type(value), "__table__") else value


def _bounds(value: Any) -> Any:
    empty = value.empty if isinstance(value, Range) else value.isempty
    return None if empty else (value.bounds if isinstance(value, Range) else value._bounds)
