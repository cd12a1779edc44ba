"""The two mappings of the library are one schema: the same names, columns, NULLs and relations."""

from typing import Any

import pytest
from sqlalchemy import inspect

from tests.parity import django_schema, schema


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
    assert {column.name: column.nullable for column in mapper.local_table.columns} == {
        field.column: field.null for field in fields if field.concrete and not field.many_to_many
    }
    assert {
        relation.key: (relation.mapper.class_.__name__, relation.uselist) for relation in mapper.relationships
    } == {
        field.name: (field.related_model.__name__, bool(field.one_to_many or field.many_to_many))
        for field in fields
        if field.is_relation
    }
