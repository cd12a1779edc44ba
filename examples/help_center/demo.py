"""Migrates, fills and tours the help centre: `python -m examples.help_center.demo`."""

import asyncio

from rich.console import Console

from django_like_repos import Database
from examples.help_center.preparation import prepare
from examples.help_center.settings import database_url
from examples.help_center.tour import tour


async def show(url: str, console: Console) -> None:
    async with Database(url) as database:
        await tour(database, console)


if __name__ == "__main__":
    console = Console()
    prepare(database_url(), console)
    asyncio.run(show(database_url(), console))
