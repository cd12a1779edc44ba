"""An app whose routes take filters beside everything else that a route may declare."""

from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, FastAPI, Header, Query, WebSocket
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyQuery
from pydantic import AliasChoices, BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Page, QuerySet
from django_like_repos.contrib.fastapi import CursorParams, PageParams, filter_params
from tests.contrib.filters.declared import PlayFilter, SingerFilter, StrictFilter, TrackFilter
from tests.pages.tracks import Play, Singer, Track


class TrackOut(BaseModel):
    id: int


def session_of(connection: HTTPConnection) -> AsyncSession:
    session: AsyncSession = connection.scope["app"].state.session
    return session


def tenant_of(tenant: int = 0, tags: Annotated[list[str] | None, Query(alias="tag[]")] = None) -> int:
    return tenant


class Shown(BaseModel):
    columns: str = "all"
    wide: bool = False


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


Session = Annotated[AsyncSession, Depends(session_of)]
Filters = Annotated[TrackFilter, Depends()]
router = APIRouter(dependencies=[Depends(tenant_of)])


@router.get("/tracks", response_model=Page[TrackOut])
async def tracks(
    filters: Filters,
    params: Annotated[PageParams, Depends()],
    session: Session,
    agent: Annotated[str, Header()] = "",
    crumb: Annotated[str, Cookie()] = "",
    verbose: bool = False,
) -> Any:
    found = QuerySet(Track, session).order_by("id").filter_by(filters)
    return await params.page(found, headers=True)


@router.get("/cursors")
async def cursors(
    filters: Filters, params: Annotated[CursorParams, Depends()], session: Session
) -> list[int]:
    page = await params.page(QuerySet(Track, session).filter_by(filters), secret="a secret of the tests only")
    return [track.id for track in page.items]


async def ids(filters: TrackFilter, session: AsyncSession) -> list[int]:
    found = QuerySet(Track, session).order_by("id").filter_by(filters)
    return await found.values_list(Track.id, flat=True)


@router.get("/ignoring")
async def ignoring(
    filters: Annotated[TrackFilter, Depends(filter_params(TrackFilter, undeclared="ignore"))],
    session: Session,
) -> list[int]:
    return await ids(filters, session)


@router.get("/strict")
async def strict(filters: Annotated[StrictFilter, Depends()], session: Session) -> list[int]:
    found = QuerySet(Track, session).order_by("id").filter_by(filters)
    return await found.values_list(Track.id, flat=True)


@router.get("/alone")
async def alone(filters: Annotated[TrackFilter, Query()], session: Session) -> list[int]:
    return await ids(filters, session)


@router.post("/asked")
async def asked(filters: TrackFilter, session: Session) -> list[int]:
    return await ids(filters, session)


@router.get("/two")
async def two(
    singers: Annotated[SingerFilter, Depends()], plays: Annotated[PlayFilter, Depends()], session: Session
) -> list[int]:
    found = await QuerySet(Singer, session).filter_by(singers).count()
    return [found, await QuerySet(Play, session).filter_by(plays).count()]


@router.get("/beside")
async def beside(filters: Filters, shown: Annotated[Shown, Query()], session: Session) -> list[int]:
    return await ids(filters, session)


@router.get("/anything")
async def anything(filters: Filters, more: Annotated[Anything, Query()], session: Session) -> list[int]:
    return await ids(filters, session)


@router.get("/aliases")
async def aliases(
    filters: Filters,
    session: Session,
    word: Annotated[str, Query(validation_alias=AliasChoices("word", "w"))] = "",
) -> list[int]:
    return await ids(filters, session)


@router.websocket("/socket")
async def socket(websocket: WebSocket, filters: Filters, session: Session) -> None:
    await websocket.accept()
    await websocket.send_json(await ids(filters, session))
    await websocket.close()


app = FastAPI()
app.include_router(router)
app.include_router(router, prefix="/keyed", dependencies=[Depends(APIKeyQuery(name="key"))])
