"""A case, said to Django and to us about the same rows, and what each makes of it."""

import warnings
from asyncio import get_running_loop
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from django.db import Error as DjangoDatabaseError
from django.test.utils import override_settings
from django.utils import timezone
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, Database, F, Q
from django_like_repos.errors import QueryError
from tests.matrix.cases import Batch, Case
from tests.matrix.schema import MODELS, Box, Specimen
from tests.matrix.words import WORDS
from tests.parity.oracle import Words

REPOSITORIES: Final = {
    model.__name__: type(f"{model.__name__}Repository", (BaseRepository,), {"model_cls": model})
    for model in MODELS
}
# Instances that the session does not know: their keys are all that counts.
INSTANCES: Final[Words] = {"box": lambda key: Box(id=key), "specimen": lambda key: Specimen(id=key)}


@dataclass(frozen=True)
class Found:
    """The primary keys of the rows."""

    ids: tuple[int, ...]

    def __str__(self) -> str:
        return f"{len(self.ids)} rows: {' '.join(map(str, self.ids))}"


@dataclass(frozen=True)
class Refused:
    """An error before the database was asked."""

    error: str

    def __str__(self) -> str:
        return f"refused: {self.error}"


@dataclass(frozen=True)
class Failed:
    """An error of the database."""

    error: str

    def __str__(self) -> str:
        return f"failed: {self.error}"


@dataclass(frozen=True)
class Broken:
    """An error that nobody meant, or one that came too late."""

    error: str

    def __str__(self) -> str:
        return f"broken: {self.error}"


Answer = Found | Refused | Failed | Broken


@dataclass(frozen=True, repr=False)
class Specimens:
    """One database that holds the rows twice, and both sides' way to theirs."""

    databases: Mapping[str, Database]
    """Ours, by time zone."""
    django: Words
    thread: ThreadPoolExecutor

    async def ask_django(self, batch: Batch, cases: Sequence[Case]) -> list[Answer]:
        return await get_running_loop().run_in_executor(self.thread, self._ask_django, batch, cases)

    def _ask_django(self, batch: Batch, cases: Sequence[Case]) -> list[Answer]:
        words = {**WORDS, **self.django}
        with django_settings(batch.zone, aware=batch.column != "naive"):
            return [_django_says(case, words) for case in cases]

    async def ask_us(self, batch: Batch, cases: Sequence[Case]) -> list[Answer]:
        async with self.databases[batch.zone].session() as session:
            repositories = {name: repository(session).objects for name, repository in REPOSITORIES.items()}
            words = {**WORDS, **repositories, **INSTANCES, "F": F, "Q": Q}
            return [await _we_say(case, words, session) for case in cases]


@contextmanager
def django_settings(zone: str, *, aware: bool) -> Iterator[None]:
    """Django in a time zone, or with datetimes that know of none."""
    with (
        override_settings(USE_TZ=aware, TIME_ZONE="UTC"),
        timezone.override(ZoneInfo(zone)),
        warnings.catch_warnings(),
    ):
        # It warns of naive datetimes, and takes them.
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _django_says(case: Case, words: Words) -> Answer:
    try:
        return _found(set(eval(case.code, words).values_list("pk", flat=True)))
    except DjangoDatabaseError as error:
        return Failed(_said(error))
    except Exception as error:  # noqa: BLE001 whatever a wrong value makes it trip over
        return Refused(_said(error))


async def _we_say(case: Case, words: Words, session: AsyncSession) -> Answer:
    try:
        chain = eval(case.code, words)
    except QueryError as error:
        return Refused(_said(error))
    except Exception as error:  # noqa: BLE001
        return Broken(_said(error))
    try:
        return _found(await chain.values_list("pk", flat=True))
    except DBAPIError as error:
        await session.rollback()
        return Failed(_said(error))
    except Exception as error:  # noqa: BLE001
        await session.rollback()
        return Broken(_said(error))


def _found(ids: Iterable[int]) -> Found:
    return Found(tuple(sorted(ids)))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
