"""Rows fed to statements: of every kind of column what Core itself stores, bit for bit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, select

from django_like_repos import Database
from django_like_repos.execution.bulk.feeds import Answer, fed, way_of
from django_like_repos.statements.feeds import FedColumn, Source
from tests.bulk.kinds import Kind, kinds_of, rows_of, stored


def _tables(kinds: Mapping[str, Kind]) -> Sequence[sa.Table]:
    metadata = sa.MetaData()

    def table(name: str) -> sa.Table:
        columns = [sa.Column(key, kind.type) for key, kind in kinds.items()]
        return sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)

    return table("by_core"), table("by_feeds")


def _insert(connection: Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> list[Answer]:
    names = [column.name for column in table.columns]

    def say(source: Source) -> Any:
        fed_columns = select(*[source.columns[name] for name in names]).order_by(source.place)
        return table.insert().from_select(names, fed_columns, include_defaults=False).returning(table.c.id)

    return [*fed(connection, [FedColumn(each.name, each.type) for each in table.columns], rows, say)]


OF_WAYS: Final = {"sqlite": ["values"], "postgresql": ["unnest", "bound"]}


async def test_kinds(fresh_database: Database, backend: str) -> None:
    by_way: dict[str, dict[str, Kind]] = {}
    for name, kind in kinds_of(backend).items():
        column = FedColumn(name, sa.types.to_instance(kind.type))
        by_way.setdefault(way_of(fresh_database.engine.dialect, (column,)), {})[name] = kind
    assert [*by_way] == OF_WAYS[backend]
    for kinds in by_way.values():
        await _check_kinds(fresh_database, backend, kinds)


async def _check_kinds(database: Database, backend: str, kinds: Mapping[str, Kind]) -> None:
    by_core, by_feeds = _tables(kinds)
    rows = [{"id": at, **row} for at, row in enumerate(rows_of(kinds), 1)]

    def work(connection: Connection) -> None:
        by_core.metadata.create_all(connection)
        for row in rows:
            connection.execute(by_core.insert(), row)
        found = _insert(connection, by_feeds, [tuple(row.values()) for row in rows])
        assert [(each.first, each.count, each.rowcount) for each in found] == [(0, len(rows), len(rows))]
        assert {row[0] for row in found[0].rows} == {row["id"] for row in rows}
        of_core = connection.execute(stored(by_core, backend)).all()
        assert connection.execute(stored(by_feeds, backend)).all() == of_core
        by_core.metadata.drop_all(connection)

    async with database.engine.begin() as connection:
        await connection.run_sync(work)


async def test_pieces_of_a_generator(fresh_database: Database, backend: str) -> None:
    table = sa.Table("numbers", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    taken: list[int] = []

    def numbers() -> Any:
        for number in range(25_000):
            taken.append(number)
            yield (number,)

    def work(connection: Connection) -> None:
        table.create(connection)

        def say(source: Source) -> Any:
            given = select(source.columns["id"] + sa.bindparam("more", type_=sa.Integer))
            return table.insert().from_select(["id"], given, include_defaults=False)

        answers = fed(connection, [FedColumn("id", table.c.id.type)], numbers(), say, {"more": 7})
        first = next(answers)
        assert len(taken) == first.count
        assert first.rowcount == first.count
        rest = [*answers]
        assert [each.first for each in rest][:2] == [first.count, 2 * first.count]
        assert connection.scalar(select(sa.func.sum(table.c.id))) == sum(taken) + 7 * len(taken)

    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(work)


async def test_an_update(fresh_database: Database, backend: str) -> None:
    table = sa.Table(
        "prices",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("price", sa.Numeric(10, 2)),
    )

    def work(connection: Connection) -> None:
        table.create(connection)
        connection.execute(table.insert(), [{"id": 1, "price": 1}, {"id": 2, "price": 2}])

        def say(source: Source) -> Any:
            said = table.update().where(
                table.c.id == source.columns["id"], table.c.price > sa.bindparam("least")
            )
            return said.values(price=source.columns["price"]).returning(table.c.price)

        columns = [FedColumn("id", table.c.id.type), FedColumn("price", table.c.price.type)]
        (answer,) = fed(connection, columns, [(1, 5), (2, 7), (3, 8)], say, {"least": 1})
        assert ([tuple(row) for row in answer.rows], answer.rowcount) == ([(7,)], 1)

    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(work)
