"""`atomic()` over functions: where their session comes from, and what cannot be decorated."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, UnsupportedOperationError, atomic
from tests.database.models import ShelfRepository
from tests.transactions.conftest import BoomError, added, leaves, out, stored, write


@atomic
async def rename(session: AsyncSession, name: str, *, fails: bool = False) -> str:
    """Renames the first."""
    await ShelfRepository(session).objects.filter(id=1).update(name=name)
    if fails:
        raise BoomError
    return name


class Shelves(ShelfRepository):
    @atomic(durable=True)
    async def add_two(self, first: str, second: str) -> None:
        await self.create(name=first)
        await self.create(name=second)


async def test_a_decorator(database: Database) -> None:
    assert (rename.__name__, rename.__doc__) == ("rename", "Renames the first.")
    async with database.session() as session:
        assert await rename(session, "a") == "a"
        with leaves(BoomError):
            await rename(session=session, name="b", fails=True)
        assert await stored(database) == ["a", "Poésie"]
        await Shelves(session).add_two("c", "d")
        with leaves(IntegrityError):
            await Shelves(session).add_two("e", "d")
        assert await stored(database) == ["a", "Poésie", "c", "d"]

        @atomic(session)
        async def both(name: str) -> None:
            await rename(session, name)
            await write(session, f"{name}!")

        await both("f")
        with leaves(IntegrityError):
            await both("f")
    assert await stored(database) == ["f", "Poésie", "c", "d", "f!"]


async def test_a_decorator_by_a_database(database: Database) -> None:
    """Each call has a session of its own: fifty at once."""
    seen: set[int] = set()

    @atomic(database)
    async def add(session: AsyncSession, number: int) -> int:
        seen.add(id(session))
        await write(session, f"{number:02}")
        if number % 5 == 0:
            raise BoomError
        return number

    results = await asyncio.gather(*(add(number) for number in range(50)), return_exceptions=True)
    kept = [number for number in range(50) if number % 5]
    assert [each for each in results if isinstance(each, int)] == kept
    assert sum(isinstance(each, BoomError) for each in results) == 10
    assert sorted(await added(database)) == [f"{number:02}" for number in kept]
    assert out(database) == 0


async def test_what_is_not_decorated(database: Database) -> None:
    def plain(session: AsyncSession) -> None: ...

    async def generator(session: AsyncSession) -> AsyncIterator[int]:
        yield 1

    for function in (plain, generator):
        with leaves(UnsupportedOperationError, match="decorates async functions"):
            atomic(function)  # type: ignore[arg-type]

    with leaves(UnsupportedOperationError, match="this is of NoneType"):
        atomic(None)  # type: ignore[call-overload]

    async def method(self: Any) -> None: ...

    async def nothing() -> None: ...

    for each in (method, nothing):
        with leaves(UnsupportedOperationError, match=r"which .* has no place for"):
            atomic(database)(each)  # type: ignore[arg-type]

    @atomic
    async def of_a_name(name: str) -> None: ...

    with leaves(UnsupportedOperationError, match=r"of_a_name\(\) is given first.*that is str"):
        await of_a_name("x")
