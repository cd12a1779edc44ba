"""What is not loaded, read by what makes other objects of ours: the error arrives, and can be read."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from fastapi.exceptions import ResponseValidationError
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import ForeignKey
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

from django_like_repos import Database, DetachedError, NotLoadedError, QuerySet
from tests.loading.zoo import KeeperRepository, fill
from tests.recording import RecordedSQL

TEXT = (
    'Keeper.animals was not loaded: add .prefetch_related("animals") to the query, '
    'or await repo.fetch_related(keeper, "animals")'
)


class AnimalOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str


class KeeperOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    animals: list[AnimalOut] = []


class AnimalStruct(msgspec.Struct):
    name: str


class KeeperStruct(msgspec.Struct):
    name: str
    animals: list[AnimalStruct] = []


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(default_factory=list, order_by="Book.id")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))


@pytest.fixture
async def zoo(fresh_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    await fill(fresh_database)
    async with fresh_database.session() as session:
        sql.clear()
        yield session


async def test_pydantic(zoo: AsyncSession) -> None:
    keepers = KeeperRepository(zoo)
    keeper = await keepers.objects.get(id=1)
    with pytest.raises(ValidationError) as raised:
        KeeperOut.model_validate(keeper)
    (error,) = raised.value.errors()
    assert (error["type"], error["loc"]) == ("get_attribute_error", ("animals",))
    assert error["msg"] == f"Error extracting attribute: NotLoadedError: {TEXT}"
    await keepers.refresh_from_db(keeper, ["animals"])
    assert KeeperOut.model_validate(keeper).model_dump() == {
        "name": "Ann",
        "animals": [{"name": "Owl"}, {"name": "Rex"}],
    }


async def test_pydantic_inside_what_is_loaded(zoo: AsyncSession) -> None:
    class Deep(AnimalOut):
        notes: str

    class Out(BaseModel):
        model_config = ConfigDict(from_attributes=True)
        animals: list[Deep]

    (keeper, *_) = await KeeperRepository(zoo).objects.options("animals").order_by("id")
    with pytest.raises(ValidationError) as raised:
        Out.model_validate(keeper)
    assert [error["loc"] for error in raised.value.errors()] == [
        ("animals", 0, "notes"),
        ("animals", 1, "notes"),
    ]
    assert "Animal.notes is deferred by its mapping" in str(raised.value)


@pytest.mark.parametrize("ended", [False, True])
async def test_fastapi(zoo: AsyncSession, ended: bool) -> None:
    app = FastAPI()

    @app.get("/keeper", response_model=KeeperOut)
    async def keeper() -> Any:
        found = await KeeperRepository(zoo).objects.get(id=1)
        if ended:
            # As a session is that belongs to a function alone.
            zoo.expunge_all()
        return found

    @app.get("/loaded", response_model=KeeperOut)
    async def loaded() -> Any:
        return await KeeperRepository(zoo).objects.options("animals").get(id=2)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://zoo") as client:
        with pytest.raises(ResponseValidationError) as raised:
            await client.get("/keeper")
        (error,) = raised.value.errors()
        assert error["loc"] == ("response", "animals")
        name, text = (
            ("DetachedError", "Keeper.animals was not loaded, and this Keeper is in no session any more: ")
            if ended
            else ("NotLoadedError", TEXT)
        )
        assert error["msg"].startswith(f"Error extracting attribute: {name}: {text}")
        assert text in str(raised.value)
        answer = await client.get("/loaded")
        assert answer.json() == {"name": "Bob", "animals": [{"name": "Cow"}]}


async def test_msgspec(zoo: AsyncSession) -> None:
    keepers = KeeperRepository(zoo)
    keeper = await keepers.objects.get(id=1)
    with pytest.raises(NotLoadedError) as raised:
        msgspec.convert(keeper, KeeperStruct, from_attributes=True)
    assert str(raised.value) == TEXT
    await keepers.refresh_from_db(keeper, ["animals"])
    made = msgspec.convert(keeper, KeeperStruct, from_attributes=True)
    assert msgspec.json.encode(made) == b'{"name":"Ann","animals":[{"name":"Owl"},{"name":"Rex"}]}'


async def test_dataclasses(fresh_database: Database) -> None:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        session.add(Shelf(id=1))
        await session.flush()
        session.add(Book(id=1, shelf_id=1))
        await session.commit()
        session.expunge_all()
        shelf = await QuerySet(Shelf, session).get(id=1)
        for read in (asdict, repr):
            with pytest.raises(NotLoadedError, match=r"^Shelf\.books was not loaded: add \.prefetch_related"):
                read(shelf)
        (shelf,) = await QuerySet(Shelf, session).options("books")
        assert asdict(shelf) == {"id": 1, "books": [{"id": 1, "shelf_id": 1}]}
        session.expunge_all()
        bare = await QuerySet(Shelf, session).get(id=1)
        session.expunge_all()
        with pytest.raises(DetachedError):
            asdict(bare)


async def test_who_catches_sqlalchemys_error(zoo: AsyncSession) -> None:
    keeper = await KeeperRepository(zoo).objects.get(id=1)
    with pytest.raises(MissingGreenlet):
        _ = keeper.animals
    assert getattr(keeper, "nothing", None) is None
    with pytest.raises(NotLoadedError):
        getattr(keeper, "animals", None)
