"""`bulk_update()` of every kind of column, in every way: what SQLAlchemy's flush stores, bit for bit."""

import logging
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import registry
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.types import to_instance

from django_like_repos import BaseRepository, Database
from django_like_repos.execution.bulk import updating
from django_like_repos.execution.bulk.feeds import way_of
from django_like_repos.statements.feeds import FedColumn
from tests.bulk.kinds import kinds_of, rows_of, stored


@pytest.mark.parametrize("way", ["fed", "many", "flush"])
async def test_kinds(
    way: str, fresh_database: Database, backend: str, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    if way == "many":
        monkeypatch.setattr(updating, "_is_fed", lambda *_: False)
    kinds = kinds_of(backend)
    if way == "fed":
        dialect = fresh_database.engine.dialect
        carried = {name: way_of(dialect, (FedColumn(name, to_instance(kinds[name].type)),)) for name in kinds}
        kinds = {name: kind for name, kind in kinds.items() if carried[name] != "bound"}
    rows = [{"id": at, **row} for at, row in enumerate(rows_of(kinds), 1)]
    mapped = registry()

    def model(name: str) -> Any:
        columns = [sa.Column(key, kind.type) for key, kind in kinds.items()]
        table = sa.Table(name, mapped.metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
        cls = type(name, (), {})
        mapped.map_imperatively(cls, table, properties={key: table.c[key] for key in kinds})
        return cls

    by_flush, by_us = model("by_flush"), model("by_us")
    repository = type("Repository", (BaseRepository,), {"model_cls": by_us})
    if way == "flush":
        event.listen(by_us, "before_update", lambda *_: None)
    await fresh_database.create_all(mapped.metadata)
    async with fresh_database.session() as session:
        for table in (by_flush.__table__, by_us.__table__):
            await session.execute(table.insert(), [{"id": row["id"]} for row in rows])
        for row in rows:
            obj = await session.get_one(by_flush, row["id"])
            for name, value in [*row.items()][1:]:
                flag_modified(obj, name)
                setattr(obj, name, value)
        await session.flush()
        with caplog.at_level(logging.DEBUG, "django_like_repos.bulk"):
            assert await repository(session).bulk_update(rows, [*kinds]) == len(rows)
        of_flush = (await session.execute(stored(by_flush.__table__, backend))).all()
        of_us = (await session.execute(stored(by_us.__table__, backend))).all()
        for place, name in enumerate(["id", *kinds]):
            assert [row[place] for row in of_us] == [row[place] for row in of_flush], name
        said = {record.getMessage().rpartition(" ")[2] for record in caplog.records}
        assert said == {"unnest" if way == "fed" and backend == "postgresql" else way.replace("fed", "many")}
