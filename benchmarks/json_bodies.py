"""What the body of an answer costs: JSON of the database, beside models by hand that pydantic writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import DateTime, ForeignKey, Numeric, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from benchmarks.measuring import AsyncWay, Comparison, compare_async
from django_like_repos import Database, QuerySet

ALBUMS, SONGS, PAGE = 1_000, 10, 100
"""Parents, children of each, and parents of one answer."""
_MADE: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Base(DeclarativeBase):
    """The models of this benchmark."""


class Album(Base):
    __tablename__ = "json_albums"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    live: Mapped[bool]

    songs: Mapped[list["Song"]] = relationship(order_by="Song.id")


class Song(Base):
    __tablename__ = "json_songs"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    seconds: Mapped[int]
    note: Mapped[str | None]
    album_id: Mapped[int] = mapped_column(ForeignKey("json_albums.id"), index=True)


class SongOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    seconds: int
    note: str | None


class AlbumAlone(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    price: Decimal
    made_at: datetime
    live: bool


class AlbumOut(AlbumAlone):
    songs: list[SongOut]


@asynccontextmanager
async def _filled(database: Database) -> AsyncIterator[None]:
    await database.create_all(Base.metadata)
    async with database.session() as session:
        session.add_all(
            [
                Album(id=n, title=f"album {n}", price=Decimal(n) / 100, made_at=_MADE, live=n % 2 == 0)
                for n in range(1, ALBUMS + 1)
            ]
        )
        await session.flush()
        session.add_all(
            [
                Song(id=n, title=f'song "{n}"', seconds=n, note=None, album_id=n % ALBUMS + 1)
                for n in range(1, ALBUMS * SONGS + 1)
            ]
        )
        await session.commit()
    yield
    await database.drop_all(Base.metadata)


async def json_bodies(database: Database) -> list[Comparison]:
    """Parents with their children, and parents alone."""
    async with _filled(database):
        nested = await compare_async(
            f"JSON of {PAGE} parents with {SONGS} children each",
            _by_hand(database, AlbumOut),
            _here(database, AlbumOut),
            repeat=1,
        )
        return [
            nested._replace(target=0.35),
            await compare_async(
                f"JSON of {PAGE} rows", _by_hand(database, AlbumAlone), _here(database, AlbumAlone), repeat=1
            ),
        ]


def _by_hand(database: Database, kind: type[AlbumAlone]) -> AsyncWay:
    statement = select(Album).order_by(Album.id).limit(PAGE)
    if kind is AlbumOut:
        statement = statement.options(selectinload(Album.songs))
    adapter = TypeAdapter(list[kind])  # type: ignore[valid-type]

    async def read() -> object:
        async with database.session() as session:
            models = (await session.scalars(statement)).all()
            return adapter.dump_json(adapter.validate_python(models, from_attributes=True))

    return read


def _here(database: Database, kind: type[AlbumAlone]) -> AsyncWay:
    async def read() -> object:
        async with database.session() as session:
            return await QuerySet(Album, session).order_by("id")[:PAGE].json(kind)

    return read
