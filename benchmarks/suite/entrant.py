"""What a library has to say to take part: how its operations are scoped, and a function a workload.

An entrant's file has `NAME`, and `entrant(url)`, an asynchronous context manager of an `Entrant`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import URL

POOL: Final = 10
"""Connections that each library may have: nobody waits, nobody makes one anew."""

Mode = Literal["transaction", "autocommit", "commit"]
"""How an operation is scoped: in a transaction that is rolled back, in none, in one that is committed.

On SQLite, SQLAlchemy's sessions begin none before they write: there `autocommit` means just that.
"""

By = Callable[..., Awaitable[Any]]
Scope = Callable[[Any], AbstractAsyncContextManager[Any]]
Run = TypeVar("Run")


@dataclass(frozen=True)
class Entrant:
    """One library on one database.

    ``scope(mode)`` gives what each of ``ways`` takes as its first argument; ``ways`` are named as the
    workloads, and what is not there the library cannot say. ``value(row, name)`` reads a column of a row.
    """

    name: str
    ways: Mapping[str, By]
    scope: Callable[[Mode], AbstractAsyncContextManager[Any]]
    value: Callable[[Any, str], Any] = getattr


PACKAGES: Final = {
    "hand": "sqlalchemy",
    "ours": "sqlalchemy",
    "core": "sqlalchemy",
    "driver": "asyncpg",
    "alchemy": "advanced-alchemy",
    "crud": "fastcrud",
    "tortoise_orm": "tortoise-orm",
    "piccolo_orm": "piccolo",
    "django_orm": "django",
}
"""The package of each file of entrants, or several; the first is what the others are compared with."""


def installed(*packages: str) -> bool:
    """Whether all of some packages are there."""
    try:
        return all(version(package) for package in packages)
    except PackageNotFoundError:
        return False


def modules(folder: str, packages: Mapping[str, str], skipped: list[str]) -> list[Any]:
    """The files of entrants whose packages are installed; the others' are added to ``skipped``."""
    found = []
    for name, package in packages.items():
        if installed(*package.split()):
            found.append(import_module(f"{folder}.{name}"))
        elif (line := f"left out, since not installed: {package}") not in skipped:
            skipped.append(line)
    return found


@asynccontextmanager
async def opened(module: Any, url: URL) -> AsyncIterator[Entrant]:
    """The entrant of a file, until it is closed."""
    async with module.entrant(url) as entrant:
        yield entrant


def call(entrant: Entrant, mode: Mode, key: str, *arguments: object) -> Callable[[], Awaitable[Any]]:
    """One operation in a scope of its own."""
    return partial(_call, entrant, mode, entrant.ways[key], arguments)


async def _call(entrant: Entrant, mode: Mode, way: By, arguments: tuple[object, ...]) -> object:
    async with entrant.scope(mode) as scope:
        return await way(scope, *arguments)
