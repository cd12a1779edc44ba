"""Asking a chain of its session, and comparing the statement that ran and the answer."""

import re
from collections.abc import Callable, Mapping
from inspect import isawaitable
from typing import Any

import pytest
from sqlalchemy import Result
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet, UnsupportedOperationError
from tests.mappings.reading import told, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

Objects = Callable[[type[Any]], QuerySet[Any]]
Make = Callable[[Objects], Any]
Said = str | Mapping[str, str]
"""A statement, or that of each database."""
Cases = dict[str, tuple[Make, Said, Any]]
"""By what they show: the chain, its last statement, its answer. Models are told by their keys."""
Answers = dict[str, tuple[Make, Any]]
"""Where the statement is nobody's business."""
Broken = dict[str, tuple[str, ...]]
"""What Django answers and is refused here: by the name of the case why, and where if not on both."""


def expect_failure(request: pytest.FixtureRequest, broken: Broken, name: str) -> None:
    """Expects a case to be refused where it is known to be; the test fails where it is no more."""
    if name in broken:
        reason, *backends = broken[name]
        if not backends or request.getfixturevalue("backend") in backends:
            request.applymarker(
                pytest.mark.xfail(reason=reason, raises=UnsupportedOperationError, strict=True)
            )


def objects_in(session: AsyncSession) -> Objects:
    """All rows of a model."""
    return lambda model: QuerySet(model, session)


async def answer_of(session: AsyncSession, make: Make) -> Any:
    """What a chain answers: rows, or what its terminal method gives."""
    answer = make(objects_in(session))
    while isawaitable(answer) or hasattr(answer, "__await__"):
        answer = await answer
    if isinstance(answer, Result):
        return tuples(answer)
    if isinstance(answer, list):
        return [told(row) for row in answer]
    return told(answer)


# SQLite compares truth with 1 and returns columns without their table.
COMPARED_TRUTH = re.compile(r"(anon_\d+\.__if\d+) = (?:1|\?)")
CERTAIN = re.compile(r"IS NOT 1\b")
RETURNED = re.compile(r"RETURNING \w+\.(\w+)")


def _on_both(statement: str) -> str:
    statement = CERTAIN.sub("IS NOT true", statement)
    return RETURNED.sub(r"RETURNING \1", COMPARED_TRUTH.sub(r"\1", statement))


async def agrees(session: AsyncSession, sql: RecordedSQL, case: tuple[Make, Said, Any]) -> None:
    """Assert the last statement and the answer."""
    make, said, expected = case
    statement = said if isinstance(said, str) else said[session.get_bind().dialect.name]
    sql.clear()
    answer = await answer_of(session, make)
    same_sql(_on_both(sql.last), statement)
    assert answer == expected
