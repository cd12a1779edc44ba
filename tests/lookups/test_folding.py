"""LIKE whatever the case on SQLite: of ASCII alone SQLite compares it itself, the rest is Python's."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import Database, Q, QuerySet
from django_like_repos.functions import Lower
from tests.sqltext import fold

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

TEXTS = [
    "abc K",
    "ABC k",
    "Köln",
    "KÖLN",
    "İstanbul",
    "\N{KELVIN SIGN}elvin",
    "ﬁn",
    "naïve ABC",
    None,
]


class Base(DeclarativeBase): ...


class Word(Base):
    __tablename__ = "folded_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]


@pytest.fixture
async def words() -> AsyncIterator[AsyncSession]:
    async with Database("sqlite+aiosqlite://") as database:
        await database.create_all(Base.metadata)
        async with database.session() as session:
            session.add_all([Word(text=text) for text in TEXTS])
            await session.commit()
            yield session


@pytest.mark.parametrize("needle", ["b", "k", "ö", "kö", "I", "i", "fi", "AB_", "%", ""])
@pytest.mark.parametrize("lookup", ["icontains", "istartswith", "iendswith"])
async def test_the_same_as_all_by_python(words: AsyncSession, lookup: str, needle: str) -> None:
    queryset: Any = QuerySet(Word, words).order_by("id").values_list("id", flat=True)
    holding: dict[str, Callable[[str, str], bool]] = {
        "icontains": str.__contains__,
        "istartswith": str.startswith,
        "iendswith": str.endswith,
    }
    holds = holding[lookup]
    found = [number for number, text in enumerate(TEXTS, 1) if text and holds(text.lower(), needle.lower())]
    others = [number for number, text in enumerate(TEXTS, 1) if text is not None and number not in found]
    condition = {f"text__{lookup}": needle}
    assert await queryset.filter(**condition) == found
    assert await queryset.exclude(**condition) == [*others, len(TEXTS)]


async def test_what_python_is_asked(words: AsyncSession) -> None:
    asked: list[str] = []
    connection = await words.connection()

    def count(raw: Any) -> None:
        def lower(text: str | None) -> str | None:
            asked.append(text or "")
            return None if text is None else text.lower()

        raw.create_function("lower", 1, lower)

    raw: Any = (await connection.get_raw_connection()).driver_connection
    await raw._execute(lambda: count(raw._conn))
    await QuerySet(Word, words).filter(text__icontains="needle")
    haystacks = {each for each in asked if "needle" not in each}
    assert haystacks == {text or "" for text in TEXTS if text is None or not text.isascii()}


def test_what_is_computed_is_folded_once() -> None:

    words: Any = QuerySet(Word)
    said = fold(words.annotate(low=Lower("text")).filter(Q(low__icontains="a")).sql(sqlite.dialect()))
    assert said.endswith("WHERE lower(lower(folded_words.text)) LIKE lower('%a%') ESCAPE '/'")
