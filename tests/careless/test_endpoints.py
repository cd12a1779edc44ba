"""What a hurried endpoint returns: the server's log says what to await."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel

from django_like_repos import BaseRepository, Database
from examples.help_center.models import Section


class SectionRepository(BaseRepository[Section]): ...


class Out(BaseModel):
    id: int


RETURNED: dict[str, tuple[Callable[[Any], Any], Any, str]] = {
    "a queryset": (lambda r: r.objects.filter(id=1), None, "return await repository.objects"),
    "a queryset in a dict": (lambda r: {"rows": r.objects}, None, "return await repository.objects"),
    "a queryset in a list": (lambda r: [r.objects], None, "return await repository.objects"),
    "a row by index": (lambda r: r.objects[0], None, "return await repository.objects"),
    "a repository": (lambda r: r, None, "return await repository.objects"),
    "a queryset, validated": (lambda r: r.objects, list[Out], "await queryset"),
    "a row by index, validated": (lambda r: r.objects[0], Out, "Item to be awaited"),
}


@pytest.mark.parametrize("name", RETURNED)
async def test_returned(name: str, sqlite_help_center: Database) -> None:
    returned, model, said = RETURNED[name]
    app = FastAPI()
    app.state.database = sqlite_help_center

    @app.get("/", response_model=model)
    async def endpoint(repository: SectionRepository = Depends()) -> Any:
        return returned(repository)

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - FastAPI's own
            await client.get("/")
    assert said in str(caught.value)


UNUSED = """
from django_like_repos import QuerySet, Subquery
from examples.help_center.models import Section, Subsection

sections = QuerySet(Section)
sections.filter(name="secret")
sections.order_by("name")
used = sections.filter(id=1)
used.sql()
sections.filter(id__in=QuerySet(Subsection).values("section_id"))[:5].query
"""


async def test_unused_querysets_warn_in_development_mode() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-X",
        "dev",
        "-c",
        UNUSED,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    said = [
        line for line in errors.decode().splitlines() if "was never awaited" in line and "queryset" in line
    ]

    assert [line.partition("RuntimeWarning: ")[2] for line in said] == [
        "queryset Section.filter(name=<str>) was never awaited, and nothing was made of it",
        "queryset Section.order_by('name') was never awaited, and nothing was made of it",
    ]
