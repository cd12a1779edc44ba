"""Piccolo's `insert()` of the rows of `benchmarks.bulk`, in pieces that databases have parameters for."""

# Its columns are typed as values of their own, and it need not be installed.
# mypy: disable-error-code="misc, no-any-return, call-arg, unused-ignore"
# pyright: reportMissingImports=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportIncompatibleVariableOverride=false, reportArgumentType=false, reportReturnType=false

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from piccolo.columns import Boolean, Integer, Serial, Timestamptz, Varchar
from piccolo.table import Table
from sqlalchemy import URL

from benchmarks.measuring import AsyncWay, Prepared
from benchmarks.suite.piccolo_orm import engine_for

NAME: Final = "Piccolo"
PIECE: Final = 5_000


class Reading(Table, tablename="bulk_readings"):
    id = Serial(primary_key=True)
    name = Varchar(length=50)
    level = Integer()
    valid = Boolean()
    taken = Timestamptz()


def inserts(url: URL, given: Sequence[Mapping[str, Any]]) -> Prepared:
    """The rows inserted, and undone."""

    @asynccontextmanager
    async def scope() -> AsyncIterator[AsyncWay]:
        async with engine_for(url, Reading) as engine, engine.transaction() as transaction:

            async def way() -> None:
                for start in range(0, len(given), PIECE):
                    await Reading.insert(*[Reading(**row) for row in given[start : start + PIECE]])

            yield way
            await transaction.rollback()

    return scope
