"""Text whatever its case in columns with a collation: PostgreSQL's ILIKE takes deterministic ones only."""

from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import Database, F, QuerySet
from django_like_repos.functions import Collate, Lower
from tests.recording import RecordedSQL

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

# Folds every alphabet; SQLite's is one that every SQLite has.
FOLDING = String(collation="pg_unicode_fast").with_variant(String(collation="BINARY"), "sqlite")


class Base(DeclarativeBase):
    pass


class Place(Base):
    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(FOLDING)
    plain: Mapped[str]


LOOKUPS = {"icontains": "УЛ", "istartswith": "ТУ", "iendswith": "ЛА", "ilike": "тУЛ_%"}


@pytest.mark.parametrize("lookup", LOOKUPS)
async def test_any_case(fresh_database: Database, sql: RecordedSQL, lookup: str) -> None:
    await fresh_database.create_all(Base.metadata)
    value = LOOKUPS[lookup]
    async with fresh_database.session() as session:
        session.add_all([Place(id=1, name="Тула", plain="ТУЛА"), Place(id=2, name="x", plain="x")])
        await session.flush()
        places = QuerySet(Place, session)
        assert await places.filter(**{f"name__{lookup}": value}).values_list("id", flat=True) == [1]
        assert "upper(places.name) LIKE upper(" in sql.last
        assert await places.filter(**{f"plain__{lookup}": value}).values_list("id", flat=True) == [1]
        assert "upper" not in sql.last
        if lookup != "ilike":
            assert await places.filter(**{f"plain__{lookup}": F("name")}).values_list("id", flat=True) == [
                1,
                2,
            ]
            assert "upper(places.plain) LIKE upper(" in sql.last


DIALECT: Any = postgresql.asyncpg.dialect


def test_collations_within_expressions() -> None:
    for made in (Lower("name"), Collate("plain", "und-x-icu")):
        said = QuerySet(Place).annotate(x=made).filter(x__icontains="a").sql(DIALECT())
        assert "ILIKE" not in said
    assert "ILIKE" in QuerySet(Place).filter(plain__icontains="a").sql(DIALECT())
