"""COPY: rows of a query as PostgreSQL writes them, by the driver, in the transaction of the session."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from django_like_repos.execution.direct.clearance import is_usual
from django_like_repos.execution.direct.drivers import adapted_of, by_driver
from django_like_repos.execution.export.literals import Apart, apart, asked_for
from django_like_repos.plans import Run

Sink = Callable[[bytes], Awaitable[None]]
"""Takes what comes, always whole rows."""


def copies(session: Session, options: Mapping[str, Any], connection: Connection) -> str:
    """Why rows cannot be copied out of a session's connection; empty where they can."""
    if connection.dialect.driver not in _COPIES:
        return f"nothing is known of COPY by {connection.dialect.driver}"
    if session.dispatch.do_orm_execute:
        return "somebody listens to what this session executes, and may add criteria to it"
    if not is_usual(type(session)) or "execute" in vars(session):
        return "the session has an execute() of its own"
    on: Any = connection.dispatch
    if (connection._has_events or connection.engine._has_events) and on.before_execute:
        return "somebody listens to before_execute, and may change what is executed"
    said = {**connection.get_execution_options(), **options}
    return "schema_translate_map is not asked by COPY" if said.get("schema_translate_map") else ""


def copy_rows_out(
    connection: Connection, run: Run, params: Mapping[str, Any], sink: Sink, options: Mapping[str, Any]
) -> int:
    """Hands the rows of a SELECT to a sink, written as COPY's ``options`` say; how many there were.

    Raises what SQLAlchemy would of a statement, and what the sink raises.
    """
    heard = _Heard(sink)
    try:
        return _COPIES[connection.dialect.driver](connection, run, params, heard, options)
    except StatementError:
        if heard.error is None:
            raise
    # It is no error of the statement, whoever told it on.
    raise heard.error


class _Heard:
    """A sink, and what it raised."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.error: Exception | None = None

    async def __call__(self, data: bytes) -> None:
        try:
            await self._sink(data)
        except Exception as error:
            self.error = error
            raise


def _by_asyncpg(
    connection: Connection, run: Run, params: Mapping[str, Any], sink: "_Heard", options: Mapping[str, Any]
) -> int:
    dialect: Any = connection.dialect
    adapted, said = adapted_of(connection), apart(run.statement, dialect, params)
    counted: list[int] = []

    async def work(driver: Any) -> None:
        text = await _with_values(adapted, dialect, said) if said.values else said.pieces[0]
        taking = _Taking(sink, driver)
        try:
            status = await driver.copy_from_query(text, output=taking, encoding="utf-8", **options)
        finally:
            await taking.end()
        counted.append(int(status.rpartition(" ")[2]))

    by_driver(connection, f"COPY ({said.numbered()}) TO STDOUT", work)
    return counted[0]


class _Taking:
    """A sink as asyncpg can have it, which waits for ever where the last that it hands over makes an error.

    So it hears of none; where more is coming then, PostgreSQL is told to stop, and the rest is let go.
    """

    def __init__(self, sink: "_Heard", driver: Any) -> None:
        self._sink, self._driver = sink, driver
        self._told: asyncio.Future[None] | None = None

    async def __call__(self, data: bytes) -> None:
        if self._sink.error is None:
            with suppress(Exception):
                await self._sink(data)
        elif self._told is None:
            self._told = asyncio.get_running_loop().create_future()
            self._driver._cancel_current_command(self._told)

    async def end(self) -> None:
        """Raises what the sink did, when nothing is on its way any more."""
        if self._told is not None:
            await self._told
        if self._sink.error is not None:
            raise self._sink.error


async def _with_values(adapted: Any, dialect: Any, said: Apart) -> str:
    asof = dialect._invalidate_schema_cache_asof
    statement, _ = await adapted._prepare(said.numbered(), asof)
    literals, _ = await adapted._prepare(asked_for(statement.get_parameters()), asof)
    return said.written(tuple(await literals.fetchrow(*said.values)))


def _by_psycopg(
    connection: Connection, run: Run, params: Mapping[str, Any], sink: Sink, options: Mapping[str, Any]
) -> int:
    compiled = run.statement.compile(dialect=connection.dialect)
    state = compiled.construct_expanded_state(params)
    processors = {**compiled._bind_processors, **state.processors}
    values = {
        name: processors[name](value) if name in processors else value
        for name, value in state.parameters.items()
    }
    said = ", ".join(f"{name.upper()} {_literal(value)}" for name, value in options.items())
    text = f"COPY ({state.statement}) TO STDOUT WITH ({said})"
    counted: list[int] = []

    async def work(driver: Any) -> None:
        async with driver.cursor() as cursor:
            async with cursor.copy(text, values) as copy:
                async for block in copy:
                    await sink(bytes(block))
            counted.append(cursor.rowcount)

    by_driver(connection, text, work)
    return counted[0]


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "'" + str(value).replace("'", "''").replace("%", "%%") + "'"


_COPIES: Final = {"asyncpg": _by_asyncpg, "psycopg": _by_psycopg}
