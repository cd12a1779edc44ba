"""The requests measured, by every application whose libraries are installed; answers are compared first."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

from sqlalchemy import URL

from benchmarks.measuring import HAND, Comparison, Extent, Rounds, frozen, timed
from benchmarks.results import DATABASES, Run, add, begin, finish
from benchmarks.suite.entrant import modules
from benchmarks.suite.schema import Sizes, fill
from benchmarks.web.asking import Entrant, answer, ask
from django_like_repos import Database

PACKAGES: Final = {
    "hand": "fastapi",
    "ours": "fastapi",
    "crud": "fastcrud",
    "alchemy": "advanced-alchemy fastapi-pagination",
    "pagination": "fastapi-pagination",
    "alone": "fastapi",
}

TARGET: Final = 0.8
"""Of ours to the endpoint written by hand. To the other libraries' it is 0.6."""

Query = Callable[[Entrant], str]

REQUESTS: Final[dict[str, Query]] = {
    "page 3 of 20, a column filtered, with total": lambda each: each.of_people(3),
    "page 1 of 20, a relation filtered, with total": lambda each: each.of_country(1),
}


async def compared(name: str, query: Query, entered: Sequence[Entrant], extent: Extent) -> Comparison:
    """The costs of one request. Raises AssertionError where applications answer differently."""
    answers = {each.name: await answer(each, query(each)) for each in entered}
    differing = [each for each, found in answers.items() if found != answers[HAND]]
    assert not differing, f"{name}: {', '.join(differing)} answer other than {HAND}"
    ways = {each.name: partial(ask, each.app, query(each)) for each in entered}
    return Comparison(name, await timed(ways, Rounds(extent.rounds, extent.repeated(20))), HAND, TARGET)


async def web(url: URL, run: Run, extent: Extent) -> None:
    """A section of the requests."""
    found = modules("benchmarks.web", PACKAGES, run["skipped"])
    title = f"A request of a FastAPI application on {DATABASES[url.get_backend_name()]}"
    section = begin(run, "web", title, "a session for each request; the ASGI application called as it is")
    async with AsyncExitStack() as stack:
        await fill(await stack.enter_async_context(Database(url)), Sizes())
        entered = [each for module in found for each in await stack.enter_async_context(module.entrants(url))]
        frozen()
        for name, query in REQUESTS.items():
            if extent.has(name):
                add(section, await compared(name, query, entered, extent))
    finish(run, section)
