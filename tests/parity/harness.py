"""One piece of source, said to both sides, and their answers compared.

A case is Python source such as `Book.filter(tags__name="war").exclude(price=None)`. It is evaluated once
among Django's words and once among ours. Its value is a queryset, or what a terminal method returns or
raises.

- Rows are compared in order where the case orders them (so its ordering must be total), else as a multiset.
- Only the rows and their values are compared, as `comparing.py` sees them.
- What a case writes is undone on both sides; a tuple in it is of what is done one after the other. Of a write
  only how many rows it wrote is compared, and of get_or_create() and its kin the model and whether it is new.
"""

import re
from ast import Attribute, Expression, Tuple, expr, parse
from asyncio import get_running_loop
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from inspect import isawaitable
from typing import Any

from django.core.exceptions import FieldError, MultipleObjectsReturned, ObjectDoesNotExist
from django.db import connections, transaction
from django.db.models.functions import Random
from django.test.utils import CaptureQueriesContext
from sqlalchemy import Result
from sqlalchemy.ext.asyncio import AsyncSession

import django_like_repos
from django_like_repos import BaseRepository, Database
from tests.parity.accidents import NoOracleError
from tests.parity.comparing import comparable
from tests.parity.oracle import OracleQuerySet, Page
from tests.parity.schema import MODELS
from tests.parity.words import OURS, Words
from tests.recording import RecordedSQL

REPOSITORIES = {
    model.__name__: type(f"{model.__name__}Repository", (BaseRepository,), {"model_cls": model})
    for model in MODELS
}


WRITES = re.compile(
    r"(?:\.(?:update|delete|get_or_create|update_or_create|select_for_update)"
    r"|\b(?:created|bulk_create|bulk_update|related))\("
)


@dataclass(frozen=True)
class Answer:
    """What one side made of a case."""

    result: Any
    statements: list[str]

    def __str__(self) -> str:
        return "\n".join([*self.statements, f"-> {self.result}"])

    def unordered(self) -> "Answer":
        return replace(self, result=sorted(self.result)) if isinstance(self.result, list) else self


@dataclass(frozen=True, repr=False)
class Library:
    """A database that holds the library, and both sides' way to it."""

    database: Database
    sql: RecordedSQL
    django: Words
    thread: ThreadPoolExecutor

    async def assert_agreement(self, source: str) -> None:
        """Assert that Django and we answer a case alike."""
        (theirs, ordered), ours = await self.ask_django(source), await self.ask_us(source)
        if not ordered:
            theirs, ours = theirs.unordered(), ours.unordered()
        assert ours.result == theirs.result, f"{source}\n\nDjango\n{theirs}\n\nhere\n{ours}"

    async def assert_refusal(self, source: str) -> None:
        """Assert that Django refuses a case, and that we do before the database is asked, and say why."""
        theirs = await self._refusal(self.ask_django(source))
        ours = await self._refusal(self.ask_us(source))
        assert not isinstance(theirs, NameError | SyntaxError)
        if not isinstance(ours, django_like_repos.QueryError | TypeError | ValueError):
            raise ours
        assert str(ours)
        assert not self.sql.statements

    async def _refusal(self, answer: Coroutine[Any, Any, Any]) -> Exception:
        try:
            given = await answer
        except Exception as error:  # noqa: BLE001 Django refuses some by accident, or lets the database do it
            return error
        raise AssertionError(f"not refused: {given}")

    async def ask_django(self, source: str) -> tuple[Answer, bool]:
        """Django's answer, and whether its rows have an order."""
        say = self._django_writes if WRITES.search(source) else self._django_says
        return await get_running_loop().run_in_executor(self.thread, say, source)

    def _django_writes(self, source: str) -> tuple[Answer, bool]:
        database = self.django["Book"].db
        atomic: Any = transaction.atomic
        with atomic(using=database):
            try:
                return self._django_says(source)
            finally:
                transaction.set_rollback(True, using=database)

    def _django_says(self, source: str) -> tuple[Answer, bool]:
        ordered = False
        with CaptureQueriesContext(connections[self.django["Book"].db]) as captured:
            try:
                result = eval(source, dict(self.django))
                if isinstance(result, OracleQuerySet):
                    ordered = _is_ordered(result)
                    result = result.results()
                elif isinstance(result, Page):
                    ordered = True
                elif WRITES.search(source):
                    result = _settled(result)
            except (MultipleObjectsReturned, ObjectDoesNotExist) as error:
                result = error
            except (FieldError, IndexError):
                # In distinct() Django finds no annotation that is not read, and says so when it is run.
                # Of two equal aggregates beside a window its compiler counts one.
                raise NoOracleError(source) from None
        sent = [query["sql"] for query in captured]
        if any("SELECT  FROM" in each for each in sent):
            # Django has struck out annotations that make groups.
            raise NoOracleError(source)
        return Answer(comparable(result), sent), ordered

    async def ask_us(self, source: str) -> Answer:
        self.sql.clear()
        async with self.database.session() as session:
            repositories = {name: repository(session) for name, repository in REPOSITORIES.items()}
            words = OURS | {name: repository.objects for name, repository in repositories.items()}
            words["row"] = lambda model, key: OURS[model.lower()](key)
            words["related"] = partial(_related, session, repositories)
            try:
                result = await _said(parse(source, mode="eval").body, words)
            except (django_like_repos.MultipleObjectsReturned, django_like_repos.DoesNotExist) as error:
                result = error
            answer = comparable(result)
        return Answer(answer, [f"{statement} {parameters}" for statement, parameters in self.sql.statements])


def _related(session: AsyncSession, repositories: dict[str, Any], model: str, key: int, path: str) -> Any:
    """What is related to the row of a key, of which the object is not asked for."""
    obj = OURS[model.lower()](key)
    session.add(obj)
    return repositories[model].related(obj, path)


def _settled(result: Any) -> Any:
    """What Django's writes say, and the rows of what is asked after them."""
    if isinstance(result, OracleQuerySet):
        return [*map(tuple, result)]
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict):
        # How many rows delete() has deleted, and of which models.
        return result[0]
    return tuple(map(_settled, result)) if isinstance(result, tuple) else result


def _is_ordered(queryset: Any) -> bool:
    return any(each != "?" and not isinstance(each, Random) for each in queryset.query.order_by)


async def _said(source: expr, words: Words) -> Any:
    """What a case is worth; what is asked of an answer, such as `.first().title`, is asked of it awaited."""
    if isinstance(source, Attribute):
        return getattr(await _said(source.value, words), source.attr)
    if isinstance(source, Tuple):
        return tuple([await _said(each, words) for each in source.elts])
    value = eval(compile(Expression(source), "<case>", "eval"), words)
    answer = await value if isawaitable(value) else value
    return int(answer) if isinstance(answer, Result) else answer  # type: ignore[call-overload]
