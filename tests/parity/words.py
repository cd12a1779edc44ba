"""The words that a case may use, as each side means them.

Expressions and functions have one name on both sides, and are found by it. A name that is not here yet is
left out, so that a case that says it ends with a NameError. Types are said by words in capitals: Django has
fields for them, SQLAlchemy types. Instances are `book(3)`: all that counts is the key.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc"

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from importlib import import_module
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy
from django.db import models
from django.db.models import aggregates, functions
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import make_transient_to_detached

from django_like_repos import BaseRepository
from tests.parity import django_schema, schema
from tests.parity.bulk import created_here, created_in_django
from tests.parity.loaded import loaded_here, loaded_in_django

Words = dict[str, Any]


class Name(NamedTuple):
    """A public name of Django's, and where it is found on either side."""

    name: str
    django: str
    here: str

    def of_django(self) -> Any:
        return getattr(import_module(self.django), self.name)

    def of_ours(self) -> Any:
        """What it is here; None where nothing is."""
        try:
            return getattr(import_module(self.here), self.name, None)
        except ModuleNotFoundError:
            return None


PACKAGE: Final = "django_like_repos"
_PLACES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("django.db.models", PACKAGE): (
        "F",
        "Q",
        "Value",
        "ExpressionWrapper",
        "Func",
        "Case",
        "When",
        "Subquery",
        "Exists",
        "OuterRef",
        "Prefetch",
        "Window",
        "RowRange",
        "ValueRange",
        "WindowFrameExclusion",
        "FilteredRelation",
        "OrderBy",
        *aggregates.__all__,
    ),
    ("django.db.models.expressions", PACKAGE): ("RawSQL",),
    ("django.db.models.functions", f"{PACKAGE}.functions"): tuple(functions.__all__),
    ("django.db.models.fields.json", f"{PACKAGE}.functions"): ("KT", "KeyTransform", "KeyTextTransform"),
    ("django.db.models.fields.json", f"{PACKAGE}.lookups"): (
        "ContainedBy",
        "HasKey",
        "HasKeys",
        "HasAnyKeys",
    ),
    ("django.db.models.lookups", f"{PACKAGE}.lookups"): (
        "Exact",
        "IExact",
        "GreaterThan",
        "GreaterThanOrEqual",
        "LessThan",
        "LessThanOrEqual",
        "In",
        "Contains",
        "IContains",
        "StartsWith",
        "IStartsWith",
        "EndsWith",
        "IEndsWith",
        "Range",
        "IsNull",
        "Regex",
        "IRegex",
    ),
    ("django.contrib.postgres.aggregates", f"{PACKAGE}.contrib.postgres"): (
        "ArrayAgg",
        "BitAnd",
        "BitOr",
        "BitXor",
        "BoolAnd",
        "BoolOr",
        "JSONBAgg",
        "StringAgg",
    ),
    ("django.contrib.postgres.expressions", f"{PACKAGE}.contrib.postgres"): ("ArraySubquery",),
    ("django.contrib.postgres.search", f"{PACKAGE}.contrib.postgres"): (
        "SearchHeadline",
        "SearchQuery",
        "SearchRank",
        "SearchVector",
    ),
}
NAMES: Final = [
    Name(name, django, here) for (django, here), names in _PLACES.items() for name in dict.fromkeys(names)
]

PLAIN: Final[Words] = {
    each.__name__: each for each in (Decimal, ZoneInfo, date, datetime, time, timedelta, timezone)
} | {"UTC": UTC}

# Wide enough that neither side rounds what the other does not.
_DIGITS, _PLACES_OF_DECIMAL = 20, 8
TYPES: Final[dict[str, tuple[Any, Any]]] = {
    "BIGINTEGER": (models.BigIntegerField(), sqlalchemy.BigInteger()),
    "BINARY": (models.BinaryField(), sqlalchemy.LargeBinary()),
    "BOOLEAN": (models.BooleanField(), sqlalchemy.Boolean()),
    "CHAR": (models.CharField(max_length=40), sqlalchemy.String(40)),
    "DATE": (models.DateField(), sqlalchemy.Date()),
    "DATETIME": (models.DateTimeField(), sqlalchemy.DateTime(timezone=True)),
    "DECIMAL": (
        models.DecimalField(max_digits=_DIGITS, decimal_places=_PLACES_OF_DECIMAL),
        sqlalchemy.Numeric(_DIGITS, _PLACES_OF_DECIMAL),
    ),
    "DURATION": (models.DurationField(), sqlalchemy.Interval()),
    "FLOAT": (models.FloatField(), sqlalchemy.Float()),
    "INTEGER": (models.IntegerField(), sqlalchemy.Integer()),
    "JSON": (models.JSONField(), sqlalchemy.JSON().with_variant(JSONB(), "postgresql")),
    "SMALLINTEGER": (models.SmallIntegerField(), sqlalchemy.SmallInteger()),
    "TEXT": (models.TextField(), sqlalchemy.Text()),
    "TIME": (models.TimeField(), sqlalchemy.Time()),
    "UUID": (models.UUIDField(), sqlalchemy.Uuid()),
}


def _row_of_django(model: Any) -> Any:
    return lambda key: model(pk=key)


def _row_of(model: type[schema.Base]) -> Any:
    def row(key: int) -> schema.Base:
        """An object that is of a row, though no session knows it."""
        found = model(id=key)
        make_transient_to_detached(found)
        return found

    return row


def _updated_in_django(rows: Any, values: list[dict[str, Any]], fields: list[str], **options: Any) -> int:
    number: int = rows.bulk_update([rows.model(**each) for each in values], fields, **options)
    return number


def _updated_here(rows: Any, values: list[dict[str, Any]], fields: list[str], **options: Any) -> Any:
    model = rows._query.model
    repository = type("Repository", (BaseRepository,), {"model_cls": model})(rows._session)
    return repository.bulk_update([model(**each) for each in values], fields, **options)


def _created_in_django(rows: Any, values: list[dict[str, Any]], size: int | None = None) -> list[Any]:
    return [
        row.pk
        for row in rows.model.objects.using(rows.db).bulk_create(
            [rows.model(**each) for each in values], batch_size=size
        )
    ]


async def _created_here(rows: Any, values: list[dict[str, Any]], size: int | None = None) -> list[Any]:
    """The keys of what ``bulk_create()`` makes, which Django has on its managers, and we on repositories."""
    repository: Any = type("Rows", (BaseRepository,), {"model_cls": rows._query.model})(rows._session)
    return [row.id for row in await repository.flush().bulk_create(values, size)]


DJANGO: Final[Words] = {
    "bulk_update": _updated_in_django,
    **PLAIN,
    **{model.__name__.lower(): _row_of_django(model) for model in django_schema.MODELS},
    **{name.name: name.of_django() for name in NAMES},
    **{word: field for word, (field, _) in TYPES.items()},
    "loaded": loaded_in_django,
    "created": created_in_django,
    "bulk_create": _created_in_django,
}
OURS: Final[Words] = {
    "bulk_update": _updated_here,
    **PLAIN,
    **{model.__name__.lower(): _row_of(model) for model in schema.MODELS},
    **{name.name: found for name in NAMES if (found := name.of_ours()) is not None},
    **{word: type_ for word, (_, type_) in TYPES.items()},
    "loaded": loaded_here,
    "created": created_here,
    "bulk_create": _created_here,
}
