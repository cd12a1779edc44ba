"""Tortoise ORM, as the public suite has it."""

# Its models are typed by themselves alone, and it need not be installed.
# mypy: disable-error-code="misc, no-any-return, call-arg, unused-ignore"
# pyright: reportMissingImports=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportIncompatibleVariableOverride=false, reportArgumentType=false, reportReturnType=false

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL
from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from benchmarks.public.journal import LEVELS, OFFSETS, ONE_BY_ONE, ROWS, Entrant, Run, level, now, ready
from benchmarks.suite.tortoise_orm import config

NAME: Final = "Tortoise"


class Journal(Model):
    id = fields.IntField(primary_key=True)
    timestamp = fields.DatetimeField(default=now)
    level = fields.SmallIntField(db_index=True)
    text = fields.CharField(max_length=255, db_index=True)

    class Meta:
        table = "journal"


async def single() -> None:
    for number in range(ONE_BY_ONE):
        await Journal.create(level=level(number), text=f"A {number}")


async def batch() -> None:
    async with in_transaction():
        for number in range(ONE_BY_ONE):
            await Journal.create(level=level(number), text=f"B {number}")


async def bulk() -> None:
    async with in_transaction():
        await Journal.bulk_create(
            [Journal(level=level(number), text=f"C {number}") for number in range(ROWS)]
        )


async def large() -> list[Any]:
    return [row for each in LEVELS for row in await Journal.filter(level=each)]


async def small() -> list[Any]:
    return [
        row
        for each in LEVELS
        for offset in OFFSETS
        for row in await Journal.filter(level=each).order_by("id").limit(20).offset(offset)
    ]


async def get() -> list[Any]:
    return [await Journal.get(id=number) for number in range(1, ONE_BY_ONE + 1)]


async def dicts() -> list[Any]:
    columns = ("id", "timestamp", "level", "text")
    return [row for each in LEVELS for row in await Journal.filter(level=each).values(*columns)]


async def tuples() -> list[Any]:
    return [
        row for each in LEVELS for row in await Journal.filter(level=each).values_list("id", "level", "text")
    ]


async def some() -> list[Any]:
    return await Journal.all().order_by("id").limit(ONE_BY_ONE)


@asynccontextmanager
async def whole() -> AsyncIterator[Run]:
    rows = await some()

    async def run() -> None:
        async with in_transaction():
            for row in rows:
                row.level = level(row.id + 1)
                row.text = f"{row.text} Update"
                await row.save()

    yield run


@asynccontextmanager
async def partly() -> AsyncIterator[Run]:
    rows = await some()

    async def run() -> None:
        async with in_transaction():
            for row in rows:
                row.level = level(row.id + 1)
                await row.save(update_fields=["level"])

    yield run


@asynccontextmanager
async def deleted() -> AsyncIterator[Run]:
    rows = await some()

    async def run() -> None:
        async with in_transaction():
            for row in rows:
                await row.delete()

    yield run


RUNS: Final = {
    "A": single,
    "B": batch,
    "C": bulk,
    "D": large,
    "E": small,
    "F": get,
    "G": dicts,
    "H": tuples,
}


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    context = await Tortoise.init(config=config(url, "public", __name__), _enable_global_fallback=True)
    try:
        ready_ways = {letter: ready(run) for letter, run in RUNS.items()}
        yield Entrant(NAME, {**ready_ways, "I": whole, "J": partly, "K": deleted})
    finally:
        await context.close_connections()
