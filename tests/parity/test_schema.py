"""The two mappings of the library are one schema: the same names, columns, NULLs and relations."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, inspect

from tests.parity import django_schema, schema

TYPES: dict[str, type[Any]] = {
    "AutoField": int,
    "BooleanField": bool,
    "CharField": str,
    "DateField": date,
    "DateTimeField": datetime,
    "DecimalField": Decimal,
    "FloatField": float,
    "ForeignKey": int,
    "IntegerField": int,
    "JSONField": JSON,
    "OneToOneField": int,
    "TextField": str,
    "TimeField": time,
}


@pytest.mark.parametrize(
    ("ours", "django"),
    list(zip(schema.MODELS, django_schema.MODELS, strict=True)),
    ids=[model.__name__ for model in schema.MODELS],
)
def test_both_sides_map_the_same(ours: type[schema.Base], django: Any) -> None:
    mapper = inspect(ours)
    fields = django._meta.get_fields()

    assert ours.__name__ == django.__name__
    assert ours.__tablename__ == django._meta.db_table
    assert {
        column.name: (_python_type(column.type), column.nullable) for column in mapper.local_table.columns
    } == {
        field.column: (TYPES[field.get_internal_type()], field.null)
        for field in fields
        if field.concrete and not field.many_to_many
    }
    assert {
        relation.key: (relation.mapper.class_.__name__, relation.uselist) for relation in mapper.relationships
    } == {
        field.name: (field.related_model.__name__, bool(field.one_to_many or field.many_to_many))
        for field in fields
        if field.is_relation
    }


def _python_type(type_: Any) -> Any:
    if isinstance(type_, JSON):
        return JSON
    return str if issubclass(type_.python_type, str) else type_.python_type
