"""Repositories of the posts, and what is stored, read past the session."""

from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository
from tests.links.models import Author, Box, Comment, Page, Post, Recipe, Seat, Tag, Team, Ticket


class PostRepository(BaseRepository[Post]):
    pass


class TagRepository(BaseRepository[Tag]):
    pass


class AuthorRepository(BaseRepository[Author]):
    pass


class CommentRepository(BaseRepository[Comment]):
    pass


class SeatRepository(BaseRepository[Seat]):
    pass


class TicketRepository(BaseRepository[Ticket]):
    pass


class RecipeRepository(BaseRepository[Recipe]):
    pass


class BoxRepository(BaseRepository[Box]):
    pass


class PageRepository(BaseRepository[Page]):
    pass


class TeamRepository(BaseRepository[Team]):
    pass


async def stored(session: AsyncSession, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table, or of columns of it, in their order."""
    own: Table = table if isinstance(table, Table) else table.__table__
    chosen = [own.c[name] for name in columns] or [*own.c]
    found = await (await session.connection()).execute(select(*chosen))
    return sorted((tuple(row) for row in found), key=repr)
