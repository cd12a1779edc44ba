"""The help centre as a web app. A session commits when its request's handler succeeds; no handler does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query

from django_like_repos import Database, Q
from examples.help_center.models import ArticleContent, PublicationStatus, Section
from examples.help_center.repositories import (
    ArticleContentRepository,
    PublicationStatusRepository,
    SectionRepository,
    SubsectionRepository,
)
from examples.help_center.schemas import (
    ArticleOut,
    Changed,
    NewSection,
    SectionChange,
    SectionDetails,
    SectionFilter,
    SectionList,
    SectionOut,
)
from examples.help_center.settings import database_url


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Database(database_url()) as database:
        app.state.database = database
        yield


app = FastAPI(title="Help centre", lifespan=lifespan)


@app.get("/sections", response_model=SectionList)
async def list_sections(
    which: SectionFilter = Depends(),
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
    repo: SectionRepository = Depends(),
) -> dict[str, object]:
    found = repo.objects.filter_by(which)
    ordered = found.options("status").order_by("name", "id")
    return {
        "total": await found.count(),
        "sections": await ordered[offset : offset + limit],
    }


@app.get("/sections/{section_id}", response_model=SectionDetails)
async def get_section(section_id: int, repo: SectionRepository = Depends()) -> Section:
    sections = repo.objects.outerjoin("subsections").options("status", "subsections")
    section = await sections.get_or_none(id=section_id)
    if section is None:
        raise no_section(section_id)
    return section


@app.get("/search", response_model=list[ArticleOut])
async def search(
    q: Annotated[str, Query(min_length=2)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    repo: ArticleContentRepository = Depends(),
) -> list[ArticleContent]:
    articles = repo.objects.filter(
        Q(subtitle__icontains=q) | Q(text__icontains=q),
        subsection__status__code="published",
        subsection__section__status__code="published",
    )
    return await articles.options("subsection__section", "widget").order_by("subtitle", "id")[:limit]


@app.post("/sections", response_model=SectionOut, status_code=201)
async def create_section(
    new: NewSection,
    repo: SectionRepository = Depends(),
    statuses: PublicationStatusRepository = Depends(),
) -> Section:
    return await repo.flush().create(name=new.name, status=await find_status(new.status, statuses))


@app.patch("/sections")
async def change_sections(
    change: SectionChange,
    which: SectionFilter = Depends(),
    repo: SectionRepository = Depends(),
    statuses: PublicationStatusRepository = Depends(),
) -> Changed:
    if not which.model_fields_set:
        raise HTTPException(422, "Say which sections: by name, by status, or by both.")
    status = await find_status(change.status, statuses)
    updated = await repo.objects.filter_by(which).update(status_id=status.id)
    return Changed(ids=sorted(updated.scalars()))


@app.delete("/sections/{section_id}", status_code=204)
async def delete_section(
    section_id: int,
    repo: SectionRepository = Depends(),
    subsections: SubsectionRepository = Depends(),
    articles: ArticleContentRepository = Depends(),
) -> None:
    await articles.objects.filter(subsection__section_id=section_id).delete()
    await subsections.objects.filter(section_id=section_id).delete()
    deleted = await repo.objects.filter(id=section_id).delete()
    if deleted.first() is None:
        raise no_section(section_id)


async def find_status(code: str, statuses: PublicationStatusRepository) -> PublicationStatus:
    status = await statuses.objects.get_or_none(code=code)
    if status is None:
        raise HTTPException(422, f"There is no status {code!r}.")
    return status


def no_section(section_id: int) -> HTTPException:
    return HTTPException(404, f"There is no section {section_id}.")
