"""Piccolo, as the public suite has it; on SQLite a statement outside a transaction has its own connection."""

# Its columns are typed as values of their own, and it need not be installed.
# mypy: disable-error-code="misc, no-any-return, call-arg, unused-ignore"
# pyright: reportMissingImports=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportIncompatibleVariableOverride=false, reportArgumentType=false, reportReturnType=false

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from piccolo.columns import Serial, SmallInt, Timestamptz, Varchar
from piccolo.table import Table
from sqlalchemy import URL

from benchmarks.public.journal import LEVELS, OFFSETS, ONE_BY_ONE, ROWS, Entrant, Run, level, now, ready
from benchmarks.suite.piccolo_orm import engine_for

NAME: Final = "Piccolo"


class Journal(Table, tablename="journal"):
    id = Serial(primary_key=True)
    timestamp = Timestamptz(default=now)
    level = SmallInt(index=True)
    text = Varchar(length=255, index=True)


def in_transaction() -> Any:
    return Journal._meta.db.transaction()


async def single() -> None:
    for number in range(ONE_BY_ONE):
        await Journal(level=level(number), text=f"A {number}").save()


async def batch() -> None:
    async with in_transaction():
        for number in range(ONE_BY_ONE):
            await Journal(level=level(number), text=f"B {number}").save()


async def bulk() -> None:
    async with in_transaction():
        await Journal.insert(*[Journal(level=level(number), text=f"C {number}") for number in range(ROWS)])


async def large() -> list[Any]:
    return [row for each in LEVELS for row in await Journal.objects().where(Journal.level == each)]


async def small() -> list[Any]:
    return [
        row
        for each in LEVELS
        for offset in OFFSETS
        for row in await Journal.objects()
        .where(Journal.level == each)
        .order_by(Journal.id)
        .limit(20)
        .offset(offset)
    ]


async def get() -> list[Any]:
    return [await Journal.objects().get(Journal.id == number) for number in range(1, ONE_BY_ONE + 1)]


async def dicts() -> list[Any]:
    return [row for each in LEVELS for row in await Journal.select().where(Journal.level == each)]


async def tuples() -> list[Any]:
    columns = (Journal.id, Journal.level, Journal.text)
    return [
        tuple(row.values())
        for each in LEVELS
        for row in await Journal.select(*columns).where(Journal.level == each)
    ]


async def some() -> list[Any]:
    return await Journal.objects().order_by(Journal.id).limit(ONE_BY_ONE)


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
                await row.save(columns=[Journal.level])

    yield run


@asynccontextmanager
async def deleted() -> AsyncIterator[Run]:
    rows = await some()

    async def run() -> None:
        async with in_transaction():
            for row in rows:
                await row.remove()

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
    async with engine_for(url, Journal):
        ready_ways = {letter: ready(run) for letter, run in RUNS.items()}
        yield Entrant(NAME, {**ready_ways, "I": whole, "J": partly, "K": deleted})
