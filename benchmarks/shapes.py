"""What rows made into types cost, beside models, and beside rows that are converted by hand."""

from dataclasses import make_dataclass
from typing import Any

import msgspec
from pydantic import create_model
from sqlalchemy import select

from benchmarks.measuring import AsyncWay, Comparison, compare_async
from benchmarks.models import MANY, Base, Slim, Wide, filled
from django_like_repos import Database, QuerySet

_ROUNDS = 15


def _annotations(model: type[Base]) -> dict[str, Any]:
    return {column.key: column.type.python_type for column in model.__table__.columns}


async def shapes(database: Database) -> list[Comparison]:
    """Each kind of type, by hand and here; models and here."""
    found: list[Comparison] = []
    async with filled(database):
        for model in (Slim, Wide):
            width = len(model.__table__.columns)
            struct: Any = msgspec.defstruct("Struct", [*_annotations(model).items()])
            plain: Any = make_dataclass("Plain", [*_annotations(model).items()])
            fields: Any = {name: (kind, ...) for name, kind in _annotations(model).items()}
            checked: Any = create_model("Checked", **fields)
            into = _into(database, model, struct)
            name = f"{MANY} of {width} columns"
            found += [
                await _compare(f"{name}, models", _models(database, model), into),
                await _compare(f"{name}, Structs", _by_hand(database, model, struct), into),
                await _compare(
                    f"{name}, dataclasses", _by_hand(database, model, plain), _into(database, model, plain)
                ),
                await _compare(
                    f"{name}, pydantic", _validated(database, model, checked), _into(database, model, checked)
                ),
            ]
    return found


async def _compare(name: str, by_hand: AsyncWay, here: AsyncWay) -> Comparison:
    return await compare_async(name, by_hand, here, rounds=_ROUNDS, repeat=1)


def _models(database: Database, model: type[Base]) -> AsyncWay:
    async def read() -> object:
        async with database.session() as session:
            return (await session.scalars(select(model))).all()

    return read


def _by_hand(database: Database, model: type[Base], kind: Any) -> AsyncWay:
    statement = select(*model.__table__.columns)

    async def read() -> object:
        async with database.session() as session:
            return [kind(*row) for row in (await session.execute(statement)).all()]

    return read


def _validated(database: Database, model: type[Base], kind: Any) -> AsyncWay:
    statement = select(*model.__table__.columns)

    async def read() -> object:
        async with database.session() as session:
            rows = (await session.execute(statement)).all()
            return [kind.model_validate(row._asdict()) for row in rows]

    return read


def _into(database: Database, model: type[Base], kind: Any) -> AsyncWay:
    async def read() -> object:
        async with database.session() as session:
            return await QuerySet(model, session).into(kind)

    return read
