"""This library, one session for each workload; objects are changed as SQLAlchemy's are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL

from benchmarks.public.journal import LEVELS, OFFSETS, ONE_BY_ONE, ROWS, Entrant, Journal, Run, level, ready
from benchmarks.public.sqlalchemy_orm import changing
from django_like_repos import BaseRepository, Database, QuerySet, atomic

NAME: Final = "ours"


class JournalRepository(BaseRepository[Journal]): ...


def inserting(database: Database) -> dict[str, Run]:
    async def single() -> None:
        async with database.session() as session:
            journals = JournalRepository(session).commit()
            for number in range(ONE_BY_ONE):
                await journals.create(level=level(number), text=f"A {number}")

    async def batch() -> None:
        async with atomic(database) as session:
            journals = JournalRepository(session)
            for number in range(ONE_BY_ONE):
                await journals.create(level=level(number), text=f"B {number}")

    async def bulk() -> None:
        async with atomic(database) as session:
            rows = [Journal(level=level(number), text=f"C {number}") for number in range(ROWS)]
            await JournalRepository(session).flush().bulk_create(rows)

    return {"A": single, "B": batch, "C": bulk}


def reading(database: Database) -> dict[str, Run]:
    async def large() -> list[Any]:
        async with database.session() as session:
            journals = QuerySet(Journal, session)
            return [row for each in LEVELS for row in await journals.filter(level=each)]

    async def small() -> list[Any]:
        async with database.session() as session:
            journals = QuerySet(Journal, session).order_by("id")
            return [
                row
                for each in LEVELS
                for offset in OFFSETS
                for row in await journals.filter(level=each)[offset : offset + 20]
            ]

    async def get() -> list[Any]:
        async with database.session() as session:
            journals = QuerySet(Journal, session)
            return [await journals.get(id=number) for number in range(1, ONE_BY_ONE + 1)]

    async def dicts() -> list[Any]:
        async with database.session() as session:
            journals = QuerySet(Journal, session).values("id", "timestamp", "level", "text")
            return [row for each in LEVELS for row in await journals.filter(level=each)]

    async def tuples() -> list[Any]:
        async with database.session() as session:
            journals = QuerySet(Journal, session).values_list("id", "level", "text")
            return [row for each in LEVELS for row in await journals.filter(level=each)]

    return {"D": large, "E": small, "F": get, "G": dicts, "H": tuples}


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async with Database(url) as database:
        ways = inserting(database) | reading(database)
        ready_ways = {letter: ready(run) for letter, run in ways.items()}
        yield Entrant(NAME, ready_ways | changing(database.session_factory))
