"""What a whole tree costs: 8,191 nodes, each with two children by foreign keys of its own, 13 levels deep.

By hand that is a statement a level, of the keys that the one before has, or SQLAlchemy's lazy loading, a
statement a node, which is measured of a smaller one. ``python -m benchmarks.trees [LEVELS]`` runs this.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import ForeignKey, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from benchmarks.bulk_running import show
from benchmarks.measuring import OURS, AsyncWay, Comparison, Rounds, timed
from django_like_repos import BaseRepository, Database

LEVELS: Final = 13
FEWER: Final = 8
HOW: Final = Rounds(rounds=7, repeat=1)
BY_LEVEL: Final = "level by level, by hand"
LAZY: Final = "lazy loading"
TARGET: Final = 0.1
VIA: Final = ["child_a", "child_b"]


class Base(DeclarativeBase):
    """The model of this benchmark."""


class Part(Base):
    """A part of a bill of materials."""

    __tablename__ = "tree_parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    value: Mapped[float]
    child_a_id: Mapped[int | None] = mapped_column(ForeignKey("tree_parts.id"))
    child_b_id: Mapped[int | None] = mapped_column(ForeignKey("tree_parts.id"))

    child_a: Mapped["Part | None"] = relationship(foreign_keys=[child_a_id], remote_side=[id])
    child_b: Mapped["Part | None"] = relationship(foreign_keys=[child_b_id], remote_side=[id])


class PartRepository(BaseRepository[Part]): ...


Work = Callable[[AsyncSession], Awaitable[int]]


def _number(part: Part | None) -> int:
    return 0 if part is None else 1 + _number(part.child_a) + _number(part.child_b)


async def _by_level(session: AsyncSession) -> int:
    root = await session.get_one(Part, 1)
    known = {root.id: root}
    level: Iterable[Part] = [root]
    while keys := [key for part in level for key in (part.child_a_id, part.child_b_id) if key is not None]:
        level = (await session.scalars(select(Part).where(Part.id.in_(keys)))).all()
        known |= {part.id: part for part in level}
    # What the session has is not asked for again.
    return await session.run_sync(lambda _: _number(root))


async def _lazy(session: AsyncSession) -> int:
    root = await session.get_one(Part, 1)
    return await session.run_sync(lambda _: _number(root))


async def _loaded(session: AsyncSession) -> int:
    return _number(await PartRepository(session).objects.load_tree(VIA).get(pk=1))


async def _values_by_level(session: AsyncSession) -> int:
    columns = select(Part.id, Part.name, Part.value, Part.child_a_id, Part.child_b_id)
    rows: list[Any] = [*await session.execute(columns.where(Part.id == 1))]
    level = rows
    while keys := [key for row in level for key in row[3:] if key is not None]:
        level = [*await session.execute(columns.where(Part.id.in_(keys)))]
        rows += level
    return len(rows)


async def _values(session: AsyncSession) -> int:
    below = PartRepository(session).objects.descendants(of=1, via=VIA, depth=None, include_self=True)
    return len(await below.values_list("id", "name", "value", "child_a_id", "child_b_id"))


async def trees(database: Database, levels: int = LEVELS) -> list[Comparison]:
    """The costs of all nodes: as objects, against both ways by hand, and as values."""
    kinds: list[tuple[int, str, dict[str, Work]]] = [
        (levels, "objects", {BY_LEVEL: _by_level, OURS: _loaded}),
        (levels, "rows", {BY_LEVEL: _values_by_level, OURS: _values}),
        (min(levels, FEWER), "objects", {LAZY: _lazy, OURS: _loaded}),
    ]
    found: list[Comparison] = []
    for deep, kind, ways in kinds:
        number = 2**deep - 1
        async with _filled(database, number):
            times = await timed({way: _whole(database, work, number) for way, work in ways.items()}, HOW)
        reference = next(iter(ways))
        found.append(Comparison(f"a tree of {number} {kind}, {reference}", times, reference, TARGET))
    return found


def _whole(database: Database, work: Work, number: int) -> AsyncWay:
    async def way() -> None:
        async with database.session() as session:
            assert await work(session) == number

    return way


@asynccontextmanager
async def _filled(database: Database, number: int) -> AsyncIterator[None]:
    await database.create_all(Base.metadata)
    async with database.session() as session:
        # From the leaves up: a row is there before the one that leads to it.
        rows = [
            {
                "id": key,
                "name": f"part {key}",
                "value": key / 8,
                "child_a_id": 2 * key if 2 * key <= number else None,
                "child_b_id": 2 * key + 1 if 2 * key <= number else None,
            }
            for key in range(number, 0, -1)
        ]
        for start in range(0, number, 4_096):
            await session.execute(insert(Part), rows[start : start + 4_096])
        await session.commit()
    try:
        yield
    finally:
        await database.drop_all(Base.metadata)


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else LEVELS
    asyncio.run(show(lambda database: trees(database, asked)))
