"""Programs of nested blocks, callbacks and errors, said to Django and to us.

A program is data. Both sides run it, and tell which rows are there, which callbacks were called, in which
order, and whether an error came out of it. One difference is meant: where Django rolls a block back at its
end without a word, our RolledBackError says so; it is passed over here, where it comes.
"""

import random
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.db import connections as django_connections
from django.db.transaction import TransactionManagementError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import OnCommitError, RolledBackError, UnsupportedOperationError, atomic, on_commit

connections: Any = django_connections


class BoomError(Exception):
    """What programs raise."""


@dataclass(frozen=True)
class Write:
    name: str


CLASH = Write("Проза")
"""An error of the database's: that shelf is there."""


@dataclass(frozen=True)
class Raise:
    """An error of the program's."""


@dataclass(frozen=True)
class Callback:
    name: str
    robust: bool = True
    fails: bool = False
    then: tuple["Step", ...] = ()
    """What it does itself."""


@dataclass(frozen=True)
class Block:
    steps: tuple["Step", ...]
    savepoint: bool = True
    durable: bool = False
    caught: bool = True
    """Whether an error that leaves the block goes no further."""


Step = Write | Raise | Callback | Block


@dataclass
class Told:
    """What became of a program."""

    rows: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    failed: bool = False


INSERT = "INSERT INTO shelves (name) VALUES ('{}')"
ROWS = "SELECT name FROM shelves ORDER BY id"


def ask_django(alias: str, program: tuple[Step, ...]) -> Told:
    """What Django tells of a program."""
    run = _Django(alias)
    try:
        run.steps(program)
    except (BoomError, RuntimeError, TransactionManagementError, DatabaseError):
        run.told.failed = True
    cursor = run.connection.cursor()
    cursor.execute(ROWS)
    run.told.rows = [name for (name,) in cursor.fetchall()]
    return run.told


class _Django:
    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.connection = connections[alias]
        self.told = Told()

    def steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Block):
                self.block(step)
            elif isinstance(step, Callback):
                self.register(step)
            elif isinstance(step, Raise):
                raise BoomError
            else:
                self.connection.cursor().execute(INSERT.format(step.name))

    def register(self, callback: Callback) -> None:
        # Of one that fails Django wants a qualified name, which partial() has not.
        def call() -> None:
            self.called(callback)

        transaction.on_commit(call, using=self.alias, robust=callback.robust)

    def block(self, block: Block) -> None:
        whole: Any = transaction.atomic(using=self.alias, savepoint=block.savepoint, durable=block.durable)
        try:
            with whole:
                self.steps(block.steps)
        except Exception:
            if not block.caught:
                raise

    def called(self, callback: Callback) -> None:
        self.told.called.append(callback.name)
        self.steps(callback.then)
        if callback.fails:
            raise BoomError


async def ask_us(session: AsyncSession, program: tuple[Step, ...]) -> Told:
    """What we tell of it, in a session."""
    run = _Us(session)
    try:
        await run.steps(program)
    except (BoomError, OnCommitError, RolledBackError, UnsupportedOperationError, IntegrityError):
        run.told.failed = True
    run.told.rows = [*(await session.scalars(text(ROWS))).all()]
    await session.rollback()
    return run.told


class _Us:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.told = Told()

    async def steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Block):
                await self.block(step)
            elif isinstance(step, Callback):
                await on_commit(partial(self.called, step), self.session, robust=step.robust)
            elif isinstance(step, Raise):
                raise BoomError
            else:
                await self.session.execute(text(INSERT.format(step.name)))

    async def block(self, block: Block) -> None:
        try:
            await self.whole(block)
        except Exception:
            if not block.caught:
                raise

    async def whole(self, block: Block) -> None:
        within: list[Exception] = []
        try:
            async with atomic(self.session, savepoint=block.savepoint, durable=block.durable):
                try:
                    await self.steps(block.steps)
                except Exception as error:
                    within.append(error)
                    raise
        except RolledBackError:
            # The meant difference.
            if within:
                raise

    async def called(self, callback: Callback) -> None:
        self.told.called.append(callback.name)
        await self.steps(callback.then)
        if callback.fails:
            raise BoomError


def random_program(seed: int) -> tuple[Step, ...]:
    """Blocks, one after the other, with blocks in them."""
    dice = random.Random(seed)
    count = 0

    def named(kind: str) -> str:
        nonlocal count
        count += 1
        return f"{kind} {count}"

    def callback(depth: int) -> Callback:
        then = (block(depth + 1),) if depth < 2 and dice.random() < 0.2 else ()
        fails, robust = dice.random() < 0.3, dice.random() < 0.6
        return Callback(named("callback"), robust, fails, then)

    def step(depth: int) -> Step:
        drawn = dice.random()
        if drawn < 0.35:
            return Write(named("row"))
        if drawn < 0.55:
            return callback(depth)
        if drawn < 0.65:
            return dice.choice((Raise(), CLASH))
        return block(depth + 1) if depth < 4 else Write(named("row"))

    def block(depth: int) -> Block:
        steps = tuple(step(depth) for _ in range(dice.randrange(5)))
        return Block(steps, dice.random() < 0.65, dice.random() < 0.05, dice.random() < 0.7)

    outside: list[Step] = [callback(3)] if dice.random() < 0.3 else []
    return (*outside, *(block(0) for _ in range(dice.randrange(1, 4))))
