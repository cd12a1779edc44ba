"""A module whose annotations are text, as `from __future__ import annotations` makes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository
from tests.database.models import Shelf

router = APIRouter()


class PostponedRepository(BaseRepository[Shelf]):
    def __init__(self, session: AsyncSession, tag: Annotated[str, Header(alias="X-Tag")] = "none") -> None:
        super().__init__(session)
        self.tag = tag


@router.get("/postponed")
async def postponed(
    repo: Annotated[PostponedRepository, Depends()], other: PostponedRepository = Depends()
) -> dict[str, object]:
    return {"tag": repo.tag, "shelves": await other.objects.count()}
