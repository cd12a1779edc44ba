"""Nested blocks and their callbacks do what Django's do: rows, calls, errors."""

from asyncio import get_running_loop
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from django_like_repos import Database
from tests.parity.oracle import django_on
from tests.transactions.programs import (
    CLASH,
    Block,
    Callback,
    Raise,
    Step,
    Told,
    Write,
    ask_django,
    ask_us,
    random_program,
)

Program = tuple[Step, ...]
Ask = Callable[[Program], Awaitable[tuple[Told, Told]]]


@pytest.fixture
async def ask(database: Database) -> AsyncIterator[Ask]:
    """What Django tells of a program, and what we tell."""

    async def clean() -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM shelves WHERE id > 2"))

    with django_on(database.engine.url) as (alias, thread):

        async def both(program: Program) -> tuple[Told, Told]:
            theirs: Any = await get_running_loop().run_in_executor(thread, ask_django, alias, program)
            await clean()
            async with database.session() as session:
                ours = await ask_us(session, program)
            await clean()
            return theirs, ours

        yield both


A, B, C, D = Write("a"), Write("b"), Write("c"), Write("d")

PROGRAMS: dict[str, Program] = {
    "one": (Block((A,)),),
    "one that raises": (Block((A, Raise())),),
    "an inner one that raises": (Block((A, Block((B, Raise())), C)),),
    "an inner one, and the outer raises": (Block((A, Block((B,)), C, Raise())),),
    "three levels": (Block((A, Block((B, Block((C, Raise())), D)))),),
    "an error through two": (Block((A, Block((B, Block((C, Raise()), caught=False), D)))),),
    "without a savepoint": (Block((A, Block((B,), savepoint=False), C)),),
    "without a savepoint, caught": (Block((A, Block((B, Raise()), savepoint=False))),),
    "without a savepoint, caught, and more": (Block((A, Block((B, Raise()), savepoint=False), C)),),
    "without a savepoint, within one": (Block((A, Block((B, Block((C, Raise()), savepoint=False))), D)),),
    "without a savepoint, and an empty block after it": (
        Block((A, Block((Raise(),), savepoint=False), Block(()))),
    ),
    "two levels without a savepoint": (
        Block((A, Block((Block((Raise(),), savepoint=False),), savepoint=False))),
    ),
    "an error of the database's": (Block((A, Block((B, CLASH)), C)),),
    "durable": (Block((A,), durable=True),),
    "durable within": (Block((A, Block((B,), durable=True, caught=False))),),
    "durable within, caught": (Block((A, Block((B,), durable=True))),),
    "a callback": (Block((Callback("1"), A, Callback("2"))),),
    "a callback outside": (Callback("1"), Block((A,))),
    "a callback of what raises": (Block((Callback("1"), A, Raise())),),
    "callbacks of savepoints": (
        Block((Callback("1"), Block((Callback("2"), Raise())), Block((Callback("3"),)), Callback("4"))),
    ),
    "a callback of a savepoint in one that is undone": (
        Block((Block((Block((Callback("1"),)), Raise())), Callback("2"))),
    ),
    "a callback of no savepoint": (Block((Block((Callback("1"),), savepoint=False),)),),
    "a callback of no savepoint, undone": (Block((A, Block((Callback("1"), Raise()), savepoint=False))),),
    "callbacks that fail": (Block((A, Callback("1", fails=True), Callback("2"))),),
    "callbacks that fail and tell": (
        Block((A, Callback("1"), Callback("2", robust=False, fails=True), Callback("3"))),
    ),
    "a failing callback outside": (Callback("1", fails=True), Block((A,))),
    "a failing callback outside that tells": (Callback("1", robust=False, fails=True), Block((A,))),
    "a callback with a block": (Block((A, Callback("1", then=(Block((B,)),)), Callback("2"))),),
    "a callback with a callback": (Block((A, Callback("1", then=(Callback("2"),)), Callback("3"))),),
    "a callback with a callback in a block": (
        Block((A, Callback("1", then=(Block((B, Callback("2"))),)), Callback("3"))),
    ),
    "blocks one after the other": (Block((A, Raise())), Block((B, Callback("1"))), Block((C,))),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
async def test_programs(ask: Ask, program: Program) -> None:
    theirs, ours = await ask(program)
    assert ours == theirs


async def test_random_programs(ask: Ask) -> None:
    kept = called = 0
    for seed in range(40):
        program = random_program(seed)
        theirs, ours = await ask(program)
        assert ours == theirs, program
        kept += len(ours.rows) > 2
        called += bool(ours.called)
    # They are not all undone.
    assert kept > 10
    assert called > 10


@pytest.mark.long
async def test_many_random_programs(ask: Ask) -> None:
    for seed in range(1000, 2500):
        program = random_program(seed)
        theirs, ours = await ask(program)
        assert ours == theirs, program
