"""The statements of each side, executed by one connection in turns: what the database takes for each."""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from math import prod
from typing import Any, Final

import django.db.models as expressions
from django.db import NotSupportedError, connections
from django.db.backends.sqlite3 import _functions as functions_of_django
from django.db.models import functions
from django.utils import timezone
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.measuring import HAND, OURS, AsyncWay, Comparison, Extent, Rounds, measure, timed
from benchmarks.results import DATABASES, Run, add, begin, finish
from benchmarks.sql import django_shop
from benchmarks.sql.questions import OURS as OUR_WORDS
from benchmarks.sql.questions import QUESTIONS, Question, Words
from benchmarks.sql.reports import REPORTS
from benchmarks.sql.shop import Sizes, fill
from benchmarks.sql.writes import WRITES, ways_of
from benchmarks.suite.django_orm import connected
from django_like_repos import Database

DJANGO: Final = "Django"
TARGET: Final = 1.05
THEIR_WORDS: Final = Words(lambda name: getattr(django_shop, name).objects.all(), expressions, functions)

Said = tuple[str, tuple[Any, ...]]


async def statements(url: URL, run: Run, extent: Extent, sizes: Sizes = Sizes()) -> None:  # noqa: B008
    """A section of a shop's questions. Raises AssertionError where the sides find different rows."""
    database_name = DATABASES[url.get_backend_name()]
    section = begin(
        run, "sql", f"Statements on {database_name}", f"{sizes.invoices:,} invoices, rows as they come"
    )
    async with Database(url, connect_args=_patient(url)) as database, connected(url):
        await fill(database, sizes)
        async with database.engine.connect() as connection:
            await register(connection)
            for question in (*QUESTIONS, *REPORTS):
                if extent.has(question.name):
                    add(section, await _compared(connection, question, extent))
        for write in WRITES:
            if extent.has(write.name):
                ways = await measure(ways_of(database, write), Rounds(3 if extent.quick else 5, 1))
                add(section, Comparison(write.name, ways, target=TARGET))
    both = [row["ways"] for row in section["rows"] if DJANGO in row["ways"]]
    ratios = [ways[OURS]["ratio"] / ways[DJANGO]["ratio"] for ways in both]
    if ratios:
        mean = prod(ratios) ** (1 / len(ratios))
        section["notes"] = [f"ours to Django's, the geometric mean: {mean:.2f}; at most {max(ratios):.2f}"]
        print(section["notes"][0])
    finish(run, section)


async def _compared(connection: AsyncConnection, question: Question, extent: Extent) -> Comparison:
    said = await alike(connection, question)
    ways: dict[str, AsyncWay] = {name: _way(connection, each) for name, each in said.items()}
    return Comparison(question.name, await timed(ways, Rounds(5 if extent.quick else 9, 1)), target=TARGET)


async def alike(connection: AsyncConnection, question: Question) -> dict[str, Said]:
    """What each side says. Raises AssertionError where they find different rows."""
    said = _said(connection, question)
    found = {name: _plain(await _rows(connection, *each), question) for name, each in said.items()}
    differing = [name for name, rows in found.items() if rows != found[HAND]]
    assert not differing, f"{question.name}: {', '.join(differing)} find other rows than {HAND}"
    return said


def _said(connection: AsyncConnection, question: Question) -> dict[str, Said]:
    dialect = connection.dialect
    by_hand = question.expert if isinstance(question.expert, str) else question.expert[dialect.name]
    said: dict[str, Said] = {HAND: (by_hand, ()), OURS: (question.said(OUR_WORDS).sql(dialect), ())}
    with timezone.override("UTC"), suppress(NotSupportedError):
        say = question.by_django or question.said
        compiler = say(THEIR_WORDS).query.get_compiler(using="default")
        said[DJANGO] = _of_django(dialect.name, *compiler.as_sql())
    return said


def _of_django(database: str, statement: str, params: Sequence[Any]) -> Said:
    """Django's statement as the driver of ours takes it: on PostgreSQL with its values in it."""
    if database == "sqlite":
        return statement.replace("%s", "?"), tuple(params)
    operations: Any = connections["default"].ops
    return operations.compose_sql(statement, params), ()


def _way(connection: AsyncConnection, said: Said) -> AsyncWay:
    return lambda: _rows(connection, *said)


async def _rows(connection: AsyncConnection, statement: str, params: tuple[Any, ...]) -> Sequence[Any]:
    return (await connection.exec_driver_sql(statement, params)).all()


def _plain(rows: Sequence[Any], question: Question) -> list[tuple[Any, ...]]:
    plain = [tuple([float(each) if isinstance(each, Decimal) else each for each in row]) for row in rows]
    return plain if question.ordered else sorted(plain)


async def register(connection: AsyncConnection) -> None:
    """Has SQLite know the functions that Django's statements call."""
    if connection.dialect.name == "sqlite":
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver._execute(lambda: functions_of_django.register(driver._conn))


def _patient(url: URL) -> dict[str, Any]:
    """What has the driver wait for the tables to be filled, however long that takes."""
    return {"command_timeout": None} if url.get_backend_name() == "postgresql" else {}
