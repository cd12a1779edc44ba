"""What it costs to update many rows by their keys, and to insert a tree, against SQLAlchemy and Django.

By hand an update is ``session.execute(update(M), rows)``, and a tree ``session.add(root)`` with a flush. All
ways are rolled back. ``python -m benchmarks.bulk_updates`` runs this alone.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc"
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from django.db import models, transaction
from sqlalchemy import ForeignKey, String, insert, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from benchmarks.bulk_running import show
from benchmarks.measuring import HAND, OURS, AsyncWay, Comparison, Prepared, Rounds, timed, timed_prepared
from benchmarks.suite.django_orm import LABEL, connected
from django_like_repos import BaseRepository, Database, F

ROWS: Final = 7_000
DEPTH: Final = 13
"""Of the tree, which has twice as many nodes a level: 8,191 in all."""
HOW: Final = Rounds(rounds=9, repeat=1)
FEW: Final = Rounds(rounds=3, repeat=1)
TARGETS: Final = {"postgresql": (0.30, 0.08), "sqlite": (0.35, 0.02)}
"""The ratios that are wanted: of the update and of the tree."""
DJANGO: Final = "Django's bulk_update()"
OF_DJANGO: Final = 0.10


class Base(DeclarativeBase):
    """The models that are written."""


class Meter(Base):
    __tablename__ = "bulk_meters"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    level: Mapped[int]
    weight: Mapped[float]


class Node(Base):
    """The tree: each node knows its two children."""

    __tablename__ = "bulk_nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    value: Mapped[float]
    child_a_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_nodes.id"))
    child_b_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_nodes.id"))

    child_a: Mapped["Node | None"] = relationship(foreign_keys=[child_a_id], remote_side=[id])
    child_b: Mapped["Node | None"] = relationship(foreign_keys=[child_b_id], remote_side=[id])


class MeterRepository(BaseRepository[Meter]): ...


class NodeRepository(BaseRepository[Node]): ...


class DjangoMeter(models.Model):
    name = models.CharField(max_length=50)
    level = models.IntegerField()
    weight = models.FloatField()

    class Meta:
        app_label = LABEL
        db_table = "bulk_meters"
        managed = False


FIELDS: Final = ("name", "level", "weight")


def rows(number: int, count: int) -> list[dict[str, Any]]:
    """Other values for each row, and other ones for each number."""
    return [
        {"id": key, "name": f"meter {key} {number}", "level": key * 7 + number, "weight": key / 8}
        for key in range(1, count + 1)
    ]


def tree(depth: int) -> Node:
    if depth == 1:
        return Node(name="leaf", value=0.5)
    return Node(name=f"node {depth}", value=depth / 2, child_a=tree(depth - 1), child_b=tree(depth - 1))


async def bulk_updates(database: Database, count: int = ROWS, depth: int = DEPTH) -> list[Comparison]:
    """The costs of updating many rows, and of inserting a tree."""
    await database.create_all(Base.metadata)
    async with database.session() as session:
        await session.execute(insert(Meter), rows(0, count))
        await session.commit()
    of_update, of_tree = TARGETS[database.engine.dialect.name]
    async with connected(database.engine.url):
        ways = _updates(database, rows(1, count))
        by_django = await timed({DJANGO: partial(_by_django, count), OURS: ways[OURS]}, FEW)
        found = [
            Comparison(f"update {count} rows by key", await timed(ways, HOW), HAND, of_update),
            Comparison(f"update {count} objects", await timed(_objects(database, count), FEW)),
            Comparison(f"update {count} rows by key, Django", by_django, DJANGO, OF_DJANGO),
            Comparison(
                f"a tree of {2**depth - 1} objects in",
                await timed_prepared(_trees(database, depth), FEW),
                HAND,
                of_tree,
            ),
        ]
    await database.drop_all(Base.metadata)
    return found


def _updates(database: Database, given: list[dict[str, Any]]) -> dict[str, AsyncWay]:
    async def by_hand() -> None:
        async with database.session() as session:
            await session.execute(update(Meter), given)
            await session.rollback()

    async def here() -> None:
        async with database.session() as session:
            assert await MeterRepository(session).bulk_update(given, FIELDS) == len(given)
            await session.rollback()

    async def computed() -> None:
        async with database.session() as session:
            of_row = [{"id": row["id"], "level": F("level") + row["level"]} for row in given]
            assert await MeterRepository(session).bulk_update(of_row, ["level"]) == len(given)
            await session.rollback()

    return {HAND: by_hand, OURS: here, "ours, expressions": computed}


def _objects(database: Database, count: int) -> dict[str, AsyncWay]:
    """Objects that the session has read: how they are changed and written, the reading included."""

    async def changed(session: Any) -> Sequence[Meter]:
        found = await MeterRepository(session).objects.all()
        for meter in found:
            meter.name, meter.level = f"changed {meter.id}", meter.level + 1
        return found

    async def by_hand() -> None:
        async with database.session() as session:
            await changed(session)
            await session.flush()
            await session.rollback()

    async def here() -> None:
        async with database.session() as session:
            found = await changed(session)
            assert await MeterRepository(session).bulk_update(found, ["name", "level"]) == count
            await session.rollback()

    return {HAND: by_hand, OURS: here}


async def _by_django(count: int) -> None:
    with transaction.atomic():
        objects = [DjangoMeter(**row) for row in rows(2, count)]
        assert DjangoMeter.objects.bulk_update(objects, FIELDS) == count
        transaction.set_rollback(True)


def _trees(database: Database, depth: int) -> dict[str, Prepared]:
    """The tree is made before, and what was written is undone after."""

    def prepared(work: Callable[[Any, Node], Awaitable[object]]) -> Prepared:
        @asynccontextmanager
        async def scope() -> AsyncIterator[AsyncWay]:
            root = tree(depth)
            async with database.session() as session:
                yield partial(work, session, root)
                assert root.child_a is not None
                assert root.child_a_id == root.child_a.id
                await session.rollback()

        return scope

    async def by_hand(session: Any, root: Node) -> None:
        session.add(root)
        await session.flush()

    async def here(session: Any, root: Node) -> None:
        await NodeRepository(session).flush().bulk_create([root])

    return {HAND: prepared(by_hand), OURS: prepared(here)}


if __name__ == "__main__":
    given = argparse.ArgumentParser(description="What it costs to update many rows, and to insert a tree.")
    given.add_argument("--rows", type=int, default=ROWS)
    given.add_argument("--depth", type=int, default=DEPTH, help="of the tree, which doubles with each")
    sizes = given.parse_args()
    asyncio.run(show(partial(bulk_updates, count=sizes.rows, depth=sizes.depth)))
