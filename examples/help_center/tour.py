"""Shows the chains one by one: the Python, the SQL, and the first rows."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from rich.console import Console
from rich.syntax import Syntax
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import InstanceState

from django_like_repos import Database, QuerySet
from examples.help_center.chains import CHAINS, Chain
from examples.help_center.repositories import HelpCenter

FIRST_ROWS = 4
LONGEST_VALUE = 60


async def tour(database: Database, console: Console) -> None:
    for number, chain in enumerate(CHAINS, 1):
        console.rule(f"{number}. {inspect.getdoc(chain)}", align="left")
        await _show(chain, database, console)


async def _show(chain: Chain, database: Database, console: Console) -> None:
    # A session of its own that nobody commits: no chain sees what another one loaded or changed.
    async with database.session() as session:
        with _statements(database.engine) as statements:
            asked = chain(HelpCenter(session))
            sql = asked.sql() if isinstance(asked, QuerySet) else None
            answer = await asked
        console.print(_code(source(chain), "python"))
        console.print(_code(sql or "\n".join(statements), "sql"))
        rows = _rows(answer)
        for row in rows[:FIRST_ROWS]:
            console.print(describe(row), markup=False, highlight=False, no_wrap=True, overflow="ellipsis")
        if len(rows) > FIRST_ROWS:
            console.print(f"… {len(rows)} in all", style="dim")
        console.print()


def source(chain: Chain) -> str:
    """The function's body, without its docstring."""
    text = textwrap.dedent(inspect.getsource(chain))
    definition = ast.parse(text).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    first = definition.body[1].lineno
    return textwrap.dedent("\n".join(text.splitlines()[first - 1 :]))


@contextmanager
def _statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """What the database is told meanwhile: a terminal method leaves no queryset to be asked for its SQL."""
    statements: list[str] = []

    def record(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append(f"{statement}\n-- {parameters}" if parameters else statement)

    event.listen(engine.sync_engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", record)


def _code(text: str, language: str) -> Syntax:
    return Syntax(text, language, theme="ansi_dark", word_wrap=True, padding=(0, 0, 1, 0))


def _rows(answer: object) -> list[object]:
    if isinstance(answer, dict):
        return list(answer.items())
    return list(answer) if isinstance(answer, list) else [answer]


def describe(value: object) -> str:
    """One line: a model with what is loaded of it, a tuple with what it holds."""
    state = sqlalchemy.inspect(value, raiseerr=False)
    if isinstance(state, InstanceState):
        names = (*state.mapper.column_attrs.keys(), *state.mapper.relationships.keys())
        loaded = [f"{name}={_brief(state.dict[name])}" for name in names if name in state.dict]
        return f"{type(value).__name__}({', '.join(loaded)})"
    if type(value) is tuple:
        return f"({', '.join(describe(item) for item in value)})"
    return repr(value)


def _brief(value: object) -> str:
    if isinstance(value, list):
        return f"[{len(value)} loaded]"
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
