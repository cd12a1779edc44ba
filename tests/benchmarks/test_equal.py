"""What the benchmarks compare is the same: by hand, by ours, by Core and by the driver, on a few rows."""

from contextlib import AsyncExitStack
from types import ModuleType

import pytest

from benchmarks.measuring import HAND
from benchmarks.public import ours as public_ours
from benchmarks.public import running as public
from benchmarks.public import sqlalchemy_orm
from benchmarks.public.journal import table
from benchmarks.sql import running as statements
from benchmarks.sql import shop
from benchmarks.sql.questions import QUESTIONS
from benchmarks.sql.reports import REPORTS
from benchmarks.suite import core, driver, hand, ours
from benchmarks.suite.django_orm import connected
from benchmarks.suite.running import MODES, answers, entrants
from benchmarks.suite.schema import Sizes, fill
from benchmarks.suite.workloads import TASKS, workloads
from benchmarks.web import hand as web_hand
from benchmarks.web import ours as web_ours
from benchmarks.web.asking import answer
from benchmarks.web.running import REQUESTS
from django_like_repos import Database

FEW = Sizes(cities=240, countries=12, listed=120)
EVERYONE: list[ModuleType] = [hand, ours, core, driver]


async def test_whole_operations_answer_alike(fresh_database: Database, backend: str) -> None:
    async with entrants(fresh_database.engine.url, EVERYONE, FEW) as entered:
        for mode in MODES[backend]:
            for each in workloads(FEW):
                if each.name.startswith(f"{TASKS} tasks"):
                    continue
                found = await answers(each, entered, mode, FEW)
                assert len(found) == len(EVERYONE)
                assert all(answer == found[HAND] for answer in found.values()), each.name
                assert found[HAND] or each.mode == "commit", each.name


async def test_applications_answer_alike(fresh_database: Database) -> None:
    await fill(fresh_database, FEW)
    async with AsyncExitStack() as stack:
        entered = [
            each
            for module in (web_hand, web_ours)
            for each in await stack.enter_async_context(module.entrants(fresh_database.engine.url))
        ]
        for name, query in REQUESTS.items():
            first, *others = [await answer(each, query(each)) for each in entered]
            assert first[0], name
            assert all(other == first for other in others), name


@pytest.mark.long
async def test_the_shop_is_asked_the_same_by_each(fresh_database: Database) -> None:
    await shop.fill(fresh_database, shop.Sizes(customers=300, invoices=4_000, lines=20_000, products=20))
    url = fresh_database.engine.url
    async with connected(url), fresh_database.engine.connect() as connection:
        await statements.register(connection)
        for question in (*QUESTIONS, *REPORTS):
            assert HAND in await statements.alike(connection, question)


@pytest.mark.long
async def test_workloads_of_the_public_suite_find_and_leave_the_same(fresh_database: Database) -> None:
    url = fresh_database.engine.url
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(table(url))
        entered = [
            await stack.enter_async_context(module.entrant(url)) for module in (sqlalchemy_orm, public_ours)
        ]
        for letter in public.NAMES:
            found = await public.answers(letter, journal, entered)
            assert found[HAND] == found["ours"], letter
