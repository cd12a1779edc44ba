"""Where the requests of a route read from, and that clients read what they have written."""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Annotated, Any

from fastapi.params import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos.clauses import checked_place
from django_like_repos.execution.places import READS
from django_like_repos.injection import AFTER, session_dependency
from django_like_repos.query.places import REPLICA, Place
from django_like_repos.replicas import position_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def reads_from(place: Place = REPLICA) -> Depends:
    """A dependency of a route, or a router, whose requests read from a place.

    ``@app.get("/reports", dependencies=[reads_from("replica")])``: what no queryset or repository says
    otherwise of. Raises UnsupportedOperationError for another name.
    """
    checked_place(place, "reads_from()")
    depends = Depends(session_dependency, scope="function")

    def dependency(session: Annotated[AsyncSession, depends]) -> None:
        session.sync_session.info[READS] = place

    return Depends(dependency, scope="function")


class ReadYourWrites:
    """Middleware by which a client's next requests read, on replicas too, what his last ones have written.

    ``app.add_middleware(ReadYourWrites)``: the position of what a request has committed goes into a cookie,
    for ``max_age`` seconds, and the sessions of his requests read no replica that is not so far yet. A cookie
    that holds something else is as good as none.
    """

    def __init__(self, app: App, *, cookie: str = "written", max_age: int = 60) -> None:
        self.app = app
        self.cookie = cookie
        self.max_age = max_age

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        before = scope[AFTER] = self._position(scope)

        async def sending(message: Any) -> None:
            written = scope[AFTER]
            if message["type"] == "http.response.start" and written not in (None, before):
                said = f"{self.cookie}={written}; Path=/; Max-Age={self.max_age}; HttpOnly; SameSite=Lax"
                message = {**message, "headers": [*message["headers"], (b"set-cookie", said.encode())]}
            await send(message)

        await self.app(scope, receive, sending)

    def _position(self, scope: Scope) -> str | None:
        for name, value in scope["headers"]:
            if name == b"cookie":
                try:
                    said = SimpleCookie(value.decode("latin-1")).get(self.cookie)
                    if said is not None:
                        position_of(said.value)
                        return said.value
                except (CookieError, ValueError):
                    continue
        return None
