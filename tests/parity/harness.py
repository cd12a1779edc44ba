"""One piece of source, said to both sides, and their answers compared.

A case is Python source such as `Book.filter(tags__name="war").exclude(price=None)`. It is evaluated once
among Django's words and once among ours. Its value is a queryset, or what a terminal method returns or
raises.

- Rows are compared in order where the case orders them (so its ordering must be total), else as a multiset.
- A model counts as its primary key, a row of values as its values.
"""

from asyncio import get_running_loop
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from inspect import isawaitable
from typing import Any

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db import connections, models
from django.test.utils import CaptureQueriesContext
from sqlalchemy import Row, inspect
from sqlalchemy.ext.asyncio import AsyncSession

import django_like_repos
from django_like_repos import BaseRepository, Database, F, Q
from tests.parity.oracle import OracleQuerySet, Words
from tests.parity.schema import MODELS, Base
from tests.recording import RecordedSQL

REPOSITORIES = {
    model.__name__: type(f"{model.__name__}Repository", (BaseRepository,), {"model_cls": model})
    for model in MODELS
}


@dataclass(frozen=True)
class Answer:
    """What one side made of a case."""

    result: Any
    statements: list[str]

    def __str__(self) -> str:
        return "\n".join([*self.statements, f"-> {self.result}"])


@dataclass(frozen=True, repr=False)
class Library:
    """A database that holds the library, and both sides' way to it."""

    database: Database
    sql: RecordedSQL
    django: Words
    thread: ThreadPoolExecutor

    async def assert_agreement(self, source: str) -> None:
        """Assert that Django and we answer a case alike."""
        theirs, ours = await self.ask_django(source), await self.ask_us(source)
        assert ours.result == theirs.result, f"{source}\n\nDjango\n{theirs}\n\nhere\n{ours}"

    async def ask_django(self, source: str) -> Answer:
        return await get_running_loop().run_in_executor(self.thread, self._django_says, source)

    def _django_says(self, source: str) -> Answer:
        with CaptureQueriesContext(connections[self.django["Book"].db]) as captured:
            try:
                value = _said(source, self.django)
                result = value.results() if isinstance(value, OracleQuerySet) else value
            except (MultipleObjectsReturned, ObjectDoesNotExist) as error:
                result = error
        return Answer(_comparable(result, source), [query["sql"] for query in captured])

    async def ask_us(self, source: str) -> Answer:
        self.sql.clear()
        async with self.database.session() as session:
            try:
                value = _said(source, _our_words(session))
                result = await value if isawaitable(value) else value
            except (django_like_repos.MultipleObjectsReturned, django_like_repos.DoesNotExist) as error:
                result = error
        return Answer(
            _comparable(result, source),
            [f"{statement} {parameters}" for statement, parameters in self.sql.statements],
        )


def _our_words(session: AsyncSession) -> Words:
    return {
        **{name: repository(session).objects for name, repository in REPOSITORIES.items()},
        "F": F,
        "Q": Q,
        "date": date,
    }


def _said(source: str, words: Words) -> Any:
    return eval(source, dict(words))


def _comparable(result: Any, source: str) -> Any:
    if not isinstance(result, list):
        return _plain(result)
    rows = [repr(_plain(row)) for row in result]
    return rows if "order_by" in source else sorted(rows)


def _plain(value: Any) -> Any:
    match value:
        case Exception():
            return type(value).__name__
        case models.Model():
            return value.pk
        case Base():
            return inspect(type(value)).primary_key_from_instance(value)[0]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case tuple() | Row():
            return tuple(_plain(each) for each in value)
    return value
