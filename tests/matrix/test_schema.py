"""The two mappings are one schema, and the two tables hold the same rows."""

from typing import Any

import pytest
from sqlalchemy import inspect, select

from tests.matrix import django_schema, schema
from tests.matrix.cases import UTC
from tests.matrix.harness import Specimens, django_settings
from tests.matrix.judge import Everywhere
from tests.matrix.schema import COLUMNS

MODELS = list(zip(schema.MODELS, django_schema.MODELS, strict=True))
NAMES = [model.__name__ for model in schema.MODELS]


@pytest.mark.parametrize(("ours", "django"), MODELS, ids=NAMES)
def test_both_sides_map_the_same(ours: type[schema.Base], django: Any) -> None:
    mapper = inspect(ours)
    fields = django._meta.get_fields()

    assert {column.name: column.nullable for column in mapper.local_table.columns} == {
        field.column: field.null for field in fields if field.concrete
    }
    assert {relation.key: relation.uselist for relation in mapper.relationships} == {
        field.name: bool(field.one_to_many) for field in fields if field.is_relation
    }


@pytest.mark.parametrize("ours", schema.MODELS, ids=NAMES)
async def test_both_sides_hold_the_same(ours: Any, backend: str, everywhere: Everywhere) -> None:
    columns = ("id", *COLUMNS, *(["box_id"] if ours is schema.Specimen else []))
    specimens = everywhere[backend]

    async with specimens.databases[UTC].session() as session:
        found = await session.execute(
            select(*[getattr(ours, column) for column in columns]).order_by(ours.id)
        )
        rows = [tuple(row) for row in found]
    theirs = specimens.thread.submit(_django_rows, specimens, ours.__name__, columns).result()

    assert rows == [_naive(row, columns.index("naive")) for row in theirs]


def _django_rows(specimens: Specimens, model: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    with django_settings(UTC, aware=True):
        rows = specimens.django[model].order_by("id").values_list(*columns)
        return [
            tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows
        ]


def _naive(row: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    # Where Django knows of zones, it makes every datetime aware on SQLite.
    value = row[index]
    return (*row[:index], value and value.replace(tzinfo=None), *row[index + 1 :])
