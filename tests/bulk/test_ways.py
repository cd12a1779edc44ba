"""Every kind of column by every way: what SQLAlchemy's own flush stores, bit for bit, and has in objects."""

import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.orm import registry
from sqlalchemy.sql.elements import Null

from django_like_repos import BaseRepository, Database
from django_like_repos.execution.bulk import creating, ways
from django_like_repos.execution.bulk.ways import Way
from tests.bulk.kinds import Kind, kinds_of, rows_of, stored
from tests.bulk.models import Shelves

WAYS: Final = {"sqlite": ["values", "many"], "postgresql": ["copy", "unnest", "many"]}
SLOWER: Final = {
    ("postgresql", "copy"): {"ranges", "bits", "words", "by expressions", "mac", "mac of eight"},
    ("postgresql", "unnest"): {"ranges", "bits", "words", "array", "array of two"},
}
"""What a way does not take."""


def _models(kinds: Mapping[str, Kind]) -> tuple[sa.MetaData, type[Any], type[Any]]:
    mapped = registry()

    def model(name: str) -> type[Any]:
        columns: list[sa.Column[Any]] = [
            sa.Column(key, kind.type, key=key.replace(" ", "_")) for key, kind in kinds.items()
        ]
        columns.append(sa.Column("made", sa.Text, server_default="here"))
        columns.append(sa.Column("uses", sa.Integer, default=7))
        key = sa.Column("id", sa.Integer, primary_key=True)
        table = sa.Table(name, mapped.metadata, key, *columns)
        return type(name.title(), (mapped.generate_base(),), {"__table__": table})

    return mapped.metadata, model("flushed"), model("bulky")


def _is_plain(value: object) -> bool:
    return not isinstance(value, Null)


def _held(obj: Any) -> dict[str, Any]:
    state = inspect(obj)
    assert state.persistent
    assert not state.modified
    assert not state.committed_state
    return {key: value for key, value in vars(obj).items() if key != "_sa_instance_state"}


@pytest.mark.parametrize("way", ["copy", "unnest", "values", "many"])
async def test_kinds(
    fresh_database: Database, backend: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way not in WAYS[backend]:
        return
    monkeypatch.setattr(ways, "SHORTEST_COPY", 1)
    slower = SLOWER.get((backend, way), set())
    kinds = {name.replace(" ", "_"): kind for name, kind in kinds_of(backend).items() if name not in slower}
    metadata, flushed, bulky = _models(kinds)
    if way == "many":
        monkeypatch.setattr(creating, "way_of", lambda *_: Way("many", "it is to be tested"))
    await fresh_database.create_all(metadata)
    # SQL's NULL is to be loaded by objects, which a flush is left to.
    if way != "copy":
        kinds = {
            name: kind._replace(values=[*filter(_is_plain, kind.values)]) for name, kind in kinds.items()
        }
    rows = rows_of(kinds)
    async with fresh_database.session() as session:
        own = [flushed(**row) for row in rows]
        for obj in own:
            session.add(obj)
            await session.flush()

        class Bulky(BaseRepository[Any]):
            model_cls = bulky

        if way == "copy":
            taken = await Bulky(session).returning(None).bulk_way(rows)
            assert (taken.name, taken.why) == ("copy", "")
            assert await Bulky(session).returning(None).bulk_create(rows) == len(rows)
            await session.commit()
            await _check_psycopg(fresh_database, Bulky, rows)
        else:
            assert (await Bulky(session).flush().bulk_way(rows)).name == way
            made = await Bulky(session).flush().bulk_create([bulky(**row) for row in rows])
            await session.run_sync(lambda _: [obj.made for obj in own])
            assert [_held(obj) for obj in made] == [_held(obj) for obj in own]
        of_flush = (await session.execute(stored(flushed.__table__, backend))).all()
        assert (await session.execute(stored(bulky.__table__, backend))).all() == of_flush


async def _check_psycopg(database: Database, repository: type[Any], rows: Any) -> None:
    """COPY by the other driver stores the same once more."""
    table = repository.model_cls.__table__
    url = database.engine.url.set(drivername="postgresql+psycopg")
    async with Database(url) as other, other.session() as session:
        before = (await session.execute(stored(table, "postgresql"))).all()
        assert (await repository(session).returning(None).bulk_way(rows)).name == "copy"
        await repository(session).returning(None).bulk_create(rows)
        after = (await session.execute(stored(table, "postgresql"))).all()
        assert [row[1:] for row in after] == [row[1:] for row in before] * 2


async def test_a_way_is_told(
    fresh_database: Database, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    metadata, _, bulky = _models({"text": kinds_of(backend)["text"]})
    await fresh_database.create_all(metadata)

    class Bulky(BaseRepository[Any]):
        model_cls = bulky

    with caplog.at_level(logging.DEBUG, "django_like_repos.bulk"):
        async with fresh_database.session() as session:
            await Bulky(session).flush().bulk_create([{"text": "a"}] * 5)
    assert (
        caplog.messages
        == {
            "sqlite": ["5 rows of Bulky by values"],
            "postgresql": ["5 rows of Bulky by unnest: the database is to say something of the rows"],
        }[backend]
    )


async def test_floats_that_are_stored_exactly(fresh_database: Database) -> None:
    """What is stored is found by what was given, and objects have floats, as a read gives them."""
    metadata, _, bulky = _models({"rate": Kind(sa.Numeric(asdecimal=False), [])})
    await fresh_database.create_all(metadata)

    class Bulky(BaseRepository[Any]):
        model_cls = bulky

    async with fresh_database.session() as session:
        rates = Bulky(session)
        made = await rates.flush().bulk_create([{"rate": 0.1}, bulky(rate=0.2), {"rate": Decimal("0.3")}])
        assert [(type(each.rate), each.rate) for each in made] == [(float, 0.1), (float, 0.2), (float, 0.3)]
        assert await rates.objects.filter(rate=0.1).count() == 1
        made[0].rate = 0.7
        assert await rates.bulk_update(made, ["rate"]) == 3
        assert (type(made[0].rate), made[0].rate) == (float, 0.7)
        assert await rates.objects.filter(rate=Decimal("0.7")).get() is made[0]


@pytest.mark.parametrize("count", [1, 3])
async def test_psycopg_counts(bulky: Database, backend: str, count: int) -> None:
    if backend == "sqlite":
        return
    url = bulky.engine.url.set(drivername="postgresql+psycopg")
    async with Database(url) as other, other.session() as session:
        rows = [{"name": f"counted {at}"} for at in range(count)]
        shelves = Shelves(session).returning(None)
        assert (await shelves.bulk_way(rows)).name == "unnest"
        assert await shelves.bulk_create(rows) == count
        await session.rollback()
