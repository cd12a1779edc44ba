"""Nested blocks, callbacks and errors do the same in `rolled_back()` as where commits are kept."""

import pytest
from sqlalchemy import text

from django_like_repos import Database
from django_like_repos.testing import rolled_back
from tests.database.conftest import postgresql_shelves as postgresql_shelves
from tests.database.conftest import shelves as shelves
from tests.database.conftest import shelves_database as shelves_database
from tests.database.conftest import sqlite_shelves as sqlite_shelves
from tests.transactions.programs import Step, ask_us, random_program
from tests.transactions.test_as_django import PROGRAMS

Programs = list[tuple[Step, ...]]


async def check(database: Database, programs: Programs) -> None:
    for program in programs:
        async with rolled_back(database) as isolated, isolated.session() as session:
            ours = await ask_us(session, program)
        async with database.session() as session:
            assert await ask_us(session, program) == ours, program
        async with database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM shelves WHERE id > 2"))


async def test_written_ones(shelves: Database) -> None:
    await check(shelves, [*PROGRAMS.values()])


@pytest.mark.long
async def test_many_random_ones(shelves: Database) -> None:
    await check(shelves, [random_program(seed) for seed in range(6000, 6500)])
