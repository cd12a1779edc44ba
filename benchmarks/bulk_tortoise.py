"""Tortoise's `bulk_create()` of the rows of `benchmarks.bulk`."""

# Its models are typed by themselves alone, and it need not be installed.
# mypy: disable-error-code="misc, no-any-return, call-arg, unused-ignore"
# pyright: reportMissingImports=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportIncompatibleVariableOverride=false, reportArgumentType=false, reportReturnType=false

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL
from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from benchmarks.measuring import AsyncWay, Prepared
from benchmarks.suite.tortoise_orm import config

NAME: Final = "Tortoise"


class Reading(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)
    level = fields.IntField()
    valid = fields.BooleanField()
    taken = fields.DatetimeField()

    class Meta:
        table = "bulk_readings"


def inserts(url: URL, given: Sequence[Mapping[str, Any]]) -> Prepared:
    """The rows inserted, and undone."""

    @asynccontextmanager
    async def scope() -> AsyncIterator[AsyncWay]:
        context = await Tortoise.init(config=config(url, "bulk", __name__), _enable_global_fallback=True)
        try:
            async with in_transaction() as transaction:

                async def way() -> None:
                    await Reading.bulk_create([Reading(**row) for row in given])

                yield way
                await transaction.rollback()
        finally:
            await context.close_connections()

    return scope
