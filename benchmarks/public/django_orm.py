"""Django's ORM, as the public suite has it: synchronously, in the event loop's own thread."""

# Django has no type annotations.
# mypy: disable-error-code="misc, no-any-return"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false, reportGeneralTypeIssues=false

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from django.db import models, transaction
from sqlalchemy import URL

from benchmarks.public.journal import LEVELS, OFFSETS, ONE_BY_ONE, ROWS, Entrant, Run, level, now, ready
from benchmarks.suite.django_orm import LABEL, connected

NAME: Final = "Django (sync)"


class Journal(models.Model):
    timestamp = models.DateTimeField(default=now)
    level = models.SmallIntegerField(db_index=True)
    text = models.CharField(max_length=255, db_index=True)

    class Meta:
        app_label = LABEL
        db_table = "journal"
        managed = False


async def single() -> None:
    for number in range(ONE_BY_ONE):
        Journal.objects.create(level=level(number), text=f"A {number}")


async def batch() -> None:
    with transaction.atomic():
        for number in range(ONE_BY_ONE):
            Journal.objects.create(level=level(number), text=f"B {number}")


async def bulk() -> None:
    with transaction.atomic():
        Journal.objects.bulk_create(
            [Journal(level=level(number), text=f"C {number}") for number in range(ROWS)]
        )


async def large() -> list[Any]:
    return [row for each in LEVELS for row in Journal.objects.filter(level=each)]


async def small() -> list[Any]:
    return [
        row
        for each in LEVELS
        for offset in OFFSETS
        for row in Journal.objects.filter(level=each).order_by("id")[offset : offset + 20]
    ]


async def get() -> list[Any]:
    return [Journal.objects.get(id=number) for number in range(1, ONE_BY_ONE + 1)]


async def dicts() -> list[Any]:
    columns = ("id", "timestamp", "level", "text")
    return [row for each in LEVELS for row in Journal.objects.filter(level=each).values(*columns)]


async def tuples() -> list[Any]:
    return [
        row
        for each in LEVELS
        for row in Journal.objects.filter(level=each).values_list("id", "level", "text")
    ]


async def some() -> list[Any]:
    return [*Journal.objects.order_by("id")[:ONE_BY_ONE]]


@asynccontextmanager
async def whole() -> AsyncIterator[Run]:
    rows = await some()

    async def run() -> None:
        with transaction.atomic():
            for row in rows:
                row.level = level(row.id + 1)
                row.text = f"{row.text} Update"
                row.save()

    yield run


@asynccontextmanager
async def partly() -> AsyncIterator[Run]:
    rows = await some()

    async def run() -> None:
        with transaction.atomic():
            for row in rows:
                row.level = level(row.id + 1)
                row.save(update_fields=["level"])

    yield run


@asynccontextmanager
async def deleted() -> AsyncIterator[Run]:
    rows = await some()

    async def run() -> None:
        with transaction.atomic():
            for row in rows:
                row.delete()

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
    async with connected(url):
        ready_ways = {letter: ready(run) for letter, run in RUNS.items()}
        yield Entrant(NAME, {**ready_ways, "I": whole, "J": partly, "K": deleted})
