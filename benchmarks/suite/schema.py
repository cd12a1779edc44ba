"""The tables of the suite, mapped by SQLAlchemy, and their rows."""

from typing import NamedTuple

from sqlalchemy import ForeignKey, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Database


class Base(DeclarativeBase):
    """The models of the suite."""


class Country(Base):
    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)

    cities: Mapped[list["City"]] = relationship(back_populates="country")


class City(Base):
    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    people: Mapped[int]
    country_id: Mapped[int] = mapped_column(ForeignKey("countries.id"), index=True)

    country: Mapped[Country] = relationship(back_populates="cities")


class Remark(Base):
    __tablename__ = "remarks"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class Sizes(NamedTuple):
    """How many rows there are, and how many ids are in the list of one query."""

    cities: int = 5_000
    countries: int = 100
    listed: int = 1_000

    @property
    def ids(self) -> list[int]:
        return list(range(1, self.cities, self.cities // self.listed))


async def fill(database: Database, sizes: Sizes) -> None:
    """Makes the tables and their rows in an empty database."""
    await database.create_all(Base.metadata)
    countries = [{"id": each, "name": f"country {each}"} for each in range(1, sizes.countries + 1)]
    cities = [
        {"id": each, "name": f"city {each}", "people": each * 7, "country_id": each % sizes.countries + 1}
        for each in range(1, sizes.cities + 1)
    ]
    async with database.session() as session:
        await session.execute(insert(Country), countries)
        await session.execute(insert(City), cities)
        await session.commit()
