"""The specimens on each backend, made once: the matrix only reads them."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import pytest
from django.db import connections, models
from sqlalchemy import JSON, URL, make_url

from django_like_repos import Database
from tests.matrix import django_schema, schema
from tests.matrix.cases import NEW_YORK, UTC
from tests.matrix.harness import Specimens, django_settings
from tests.matrix.judge import Everywhere
from tests.matrix.rows import JSON_NULL, Row, box_rows, specimen_rows
from tests.matrix.summary import pytest_terminal_summary as pytest_terminal_summary
from tests.parity.oracle import Words, django_on
from tests.postgres import new_database

ROWS = [box_rows(), specimen_rows()]


@asynccontextmanager
async def _specimens(url: URL) -> AsyncIterator[Specimens]:
    async with AsyncExitStack() as stack:
        databases = {
            zone: await stack.enter_async_context(Database(url, time_zone=zone)) for zone in (UTC, NEW_YORK)
        }
        await _fill(databases[UTC])
        django, thread = stack.enter_context(_django(url))
        yield Specimens(databases, django, thread)


async def _fill(database: Database) -> None:
    await database.create_all(schema.Base.metadata)
    async with database.session() as session:
        for model, rows in zip(schema.MODELS, ROWS, strict=True):
            # What is left out is NULL; None would be JSON's null.
            session.add_all(
                model(**{key: _ours(value) for key, value in row.items() if value is not None})
                for row in rows
            )
            await session.flush()
        await session.commit()


def _ours(value: Any) -> Any:
    return JSON.NULL if value is JSON_NULL else value


@contextmanager
def _django(url: URL) -> Iterator[tuple[Words, ThreadPoolExecutor]]:
    with django_on(url) as (alias, thread):
        thread.submit(_fill_django, alias).result()
        words: Words = {model.__name__: model._base_manager.using(alias) for model in django_schema.MODELS}
        instances = {
            "box": lambda key: django_schema.Box(pk=key),
            "specimen": lambda key: django_schema.Specimen(pk=key),
        }
        yield {**words, **instances, "F": models.F, "Q": models.Q}, thread


def _fill_django(alias: str) -> None:
    with connections[alias].schema_editor() as editor:
        for model in django_schema.MODELS:
            editor.create_model(model)
    with django_settings(UTC, aware=True):
        for model, rows in zip(django_schema.MODELS, ROWS, strict=True):
            model._base_manager.using(alias).bulk_create([model(**_theirs(row)) for row in rows])


def _theirs(row: Row) -> Row:
    null = models.Value(None, models.JSONField())
    return {key: null if value is JSON_NULL else value for key, value in row.items()}


@pytest.fixture(scope="session")
async def sqlite_specimens(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Specimens]:
    path = tmp_path_factory.mktemp("matrix") / "specimens.sqlite3"
    async with _specimens(make_url(f"sqlite+aiosqlite:///{path}")) as specimens:
        yield specimens


@pytest.fixture(scope="session")
async def postgresql_specimens(postgres: URL) -> AsyncIterator[Specimens]:
    async with new_database(postgres) as url, _specimens(url) as specimens:
        yield specimens


@pytest.fixture(scope="session")
def everywhere(sqlite_specimens: Specimens, postgresql_specimens: Specimens) -> Everywhere:
    return {"sqlite": sqlite_specimens, "postgresql": postgresql_specimens}
