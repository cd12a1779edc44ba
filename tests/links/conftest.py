"""The posts on each backend: one database for all tests, to be changed and rolled back, or emptied."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.links.models import Author, Base, Comment, Note, Post, Seat, Tag, Ticket
from tests.postgres import new_database
from tests.recording import RecordedSQL


def rows() -> list[Any]:
    return [
        *[Tag(id=number, name=f"t{number}", hidden=number == 4) for number in range(1, 6)],
        *[Post(id=number, title=f"p{number}") for number in range(1, 4)],
        *[Author(id=number, name=f"a{number}") for number in range(1, 5)],
        *[Comment(id=number, text=f"c{number}") for number in range(1, 5)],
        Note(id=1, text="n1", post_id=1),
        Note(id=2, text="n2", post_id=2),
        *[Seat(row="a", number=number) for number in range(1, 4)],
        *[Ticket(id=number) for number in range(1, 4)],
    ]


async def _filled(url: URL) -> Database:
    database = Database(url)
    await database.create_all(Base.metadata)
    async with database.session() as session:
        for row in rows():
            session.add(row)
            await session.flush()
        await session.commit()
    if database.engine.dialect.name == "postgresql":
        # The rows above have keys of their own, which the sequences do not know.
        async with database.engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                if "id" in table.columns:
                    sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
                    await connection.execute(text(f"SELECT setval({sequence}, 100)"))
    return database


@pytest.fixture(scope="session")
async def sqlite_posts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    path: Path = tmp_path_factory.mktemp("posts") / "posts.sqlite3"
    async with await _filled(URL.create("sqlite+aiosqlite", database=str(path))) as database:
        yield database


@pytest.fixture(scope="session")
async def postgresql_posts(postgres: URL) -> AsyncIterator[Database]:
    async with new_database(postgres) as url, await _filled(url) as database:
        yield database


@pytest.fixture(scope="session")
def posts_database(backend: str, request: pytest.FixtureRequest) -> Database:
    """One database for all tests: changes belong into `posts`, or are taken back."""
    database: Database = request.getfixturevalue(f"{backend}_posts")
    return database


@pytest.fixture
async def posts(posts_database: Database, sql: RecordedSQL) -> AsyncIterator[AsyncSession]:
    """A session on the posts; whatever it commits is rolled back after the test."""
    async with (
        posts_database.engine.connect() as connection,
        connection.begin() as transaction,
        posts_database.session_factory(bind=connection, join_transaction_mode="create_savepoint") as session,
    ):
        yield session
        await session.close()
        await transaction.rollback()
