"""Makes a database ready to be used: migrates it and, when it is empty, fills it."""

import asyncio

from alembic import command
from alembic.config import Config
from rich.console import Console
from rich.progress import track

from django_like_repos import Database
from examples.help_center.loader import load
from examples.help_center.repositories import SectionRepository
from examples.help_center.settings import CHECKOUT
from examples.help_center.standard_library import module_names, read_modules


def prepare(url: str, console: Console) -> None:
    migrate(url)
    asyncio.run(_fill_if_empty(url, console))


def migrate(url: str) -> None:
    command.upgrade(alembic_config(url), "head")


def alembic_config(url: str) -> Config:
    config = Config(CHECKOUT / "alembic.ini")
    config.attributes["url"] = url
    return config


async def _fill_if_empty(url: str, console: Console) -> None:
    async with Database(url) as database, database.session() as session:
        if await SectionRepository(session).objects.exists():
            console.print("The help centre is filled already.")
            return
        names = track(module_names(), "Filling the help centre", console=console)
        await load(session, read_modules(names))
        await session.commit()
