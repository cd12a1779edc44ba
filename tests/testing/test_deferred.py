"""Constraints that are deferred to the commit fail it in `rolled_back()`, too."""

import pytest
from sqlalchemy.exc import IntegrityError

from django_like_repos import Database, atomic
from django_like_repos.testing import assert_num_queries, rolled_back
from tests.database.conftest import postgresql_shelves as postgresql_shelves
from tests.database.conftest import shelves as shelves
from tests.database.conftest import shelves_database as shelves_database
from tests.database.conftest import sqlite_shelves as sqlite_shelves
from tests.database.models import Book, BookRepository, Shelf, ShelfRepository


async def test_a_commit_fails(shelves: Database) -> None:
    async with rolled_back(shelves) as database, database.session() as session:
        session.add(Book(title="nowhere", shelf_id=99))
        with pytest.raises(IntegrityError):
            await session.commit()
        await session.rollback()
        with pytest.raises(IntegrityError):
            async with atomic(session):
                session.add(Book(title="nowhere", shelf_id=99))
        assert not await BookRepository(session).objects.exists()
        # What a savepoint keeps may still become right.
        with assert_num_queries(database, 2):
            async with atomic(session):
                async with atomic(session):
                    session.add(Book(title="somewhere", shelf_id=99))
                session.add(Shelf(id=99, name="later"))
        assert await ShelfRepository(session).objects.filter(books__title="somewhere").exists()
        # And the next one is deferred again.
        async with atomic(session):
            await BookRepository(session).flush().create(title="soon", shelf_id=100)
            await ShelfRepository(session).flush().create(id=100, name="last")
