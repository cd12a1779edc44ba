"""Asking an ASGI application by its own call: a client would be half of what is measured."""

import json
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from pydantic import BaseModel

Read = Callable[[Any], tuple[Any, Any]]

HEADERS: Final = [(b"host", b"benchmark"), (b"accept", b"application/json")]


class CityOut(BaseModel):
    """What each application says of a city."""

    id: int
    name: str
    people: int
    country_id: int


class CityPage(BaseModel):
    """A page as written by hand."""

    items: list[CityOut]
    total: int
    page: int
    size: int


def items_and_total(body: Any) -> tuple[Any, Any]:
    return body["items"], body["total"]


@dataclass(frozen=True)
class Entrant:
    """An application: how it names the parameters of the requests, and how its answers are read."""

    name: str
    app: FastAPI
    people: str = "people_gte"
    country: str = "country"
    page: str = "page"
    size: str = "size"
    more: tuple[tuple[str, str], ...] = ()
    read: Read = items_and_total

    def of_people(self, number: int) -> str:
        """The query of a page of cities of a thousand people and more."""
        return self._query((self.people, "1000"), number)

    def of_country(self, number: int) -> str:
        """The query of a page of one country's cities, by its name."""
        return self._query((self.country, "country 7"), number)

    def _query(self, filtered: tuple[str, str], number: int) -> str:
        return urlencode([filtered, (self.page, str(number)), (self.size, "20"), *self.more])


async def ask(app: FastAPI, query: str) -> bytes:
    """The body of the answer to GET /cities. Raises AssertionError for any but a 200."""
    parts: list[bytes] = []
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/cities",
        "raw_path": b"/cities",
        "root_path": "",
        "query_string": query.encode(),
        "headers": HEADERS,
        "client": ("127.0.0.1", 1),
        "server": ("benchmark", 80),
        "state": {},
    }
    await app(scope, receive, send)
    body = b"".join(parts)
    assert status == 200, body
    return body


async def answer(entrant: Entrant, query: str) -> tuple[Any, Any]:
    """Items and total of an answer, in values that can be compared."""
    return entrant.read(json.loads(await ask(entrant.app, query)))
