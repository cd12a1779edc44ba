"""Percent signs in SQL of the user's own, for drivers whose parameters begin with one and for others."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database, F, Func, QuerySet, RawSQL, Value
from examples.help_center.models import PublicationStatus

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both


class Modulo(Func):
    template = "(%(expressions)s)"
    arg_joiner = " % "
    output_field = Integer()


class Percents(Func):
    template = "(%(expressions)s || '%(what)s%%')"
    output_field = String()


EXPRESSIONS: dict[str, tuple[Any, Any]] = {
    "a param": (RawSQL("code || %s || '%%'", ["%s"], String()), "archived%s%"),
    "no param": (RawSQL("code || '%%s'", [], String()), "archived%s"),
    "an expression": (RawSQL("'%%' || %s", [F("code")], String()), "%archived"),
    "one in another": (RawSQL("%s || '%%'", [RawSQL("%s || '%%%%'", ["a"], String())], String()), "a%%%"),
    "a template": (Percents("code", what="5"), "archived5%"),
    "a keyword": (Percents("code", what="5%s"), "archived5%s%"),
    "a joiner": (Modulo(Value(17), 5), 2),
    "a function in SQL": (RawSQL("%s || '%%'", [Percents("code", what="")], String()), "archived%%"),
}


@pytest.fixture(params=["sqlite", "asyncpg", "psycopg"])
async def session(
    request: pytest.FixtureRequest, sqlite_help_center: Database, postgresql_help_center: Database
) -> AsyncIterator[AsyncSession]:
    url = sqlite_help_center.engine.url
    if request.param != "sqlite":
        url = postgresql_help_center.engine.url.set(drivername=f"postgresql+{request.param}")
    async with Database(url) as database, database.session() as session:
        yield session


@pytest.mark.parametrize("name", EXPRESSIONS)
async def test_percent_signs(session: AsyncSession, name: str) -> None:
    expression, expected = EXPRESSIONS[name]
    archived = QuerySet(PublicationStatus, session).filter(code="archived")
    assert await archived.annotate(x=expression).values_list("x", flat=True) == [expected]
