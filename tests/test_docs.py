"""README.md and docs/ are true: their Python runs, and what is shown under it is what came out of it.

A page's `python` blocks are one program. A `sql` block under one is every statement that it sent (or, if it
sent none, the SQL that it printed), apart by blank lines; `sql sqlite` and `sql postgresql` are that database's. A
`text` block is what it printed, or the error with which it ended.
"""

import ast
import asyncio
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import FunctionType, ModuleType
from typing import NamedTuple

import pytest
from markdown_it import MarkdownIt

import django_like_repos
from django_like_repos import Database, QuerySet, UnknownLookupError
from examples.help_center.models import Section
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
STAGE = DOCS / "README.md"
ALONE = [ROOT / "README.md", DOCS / "getting-started.md"]
PAGES = sorted(page for page in DOCS.glob("*.md") if page not in (*ALONE, STAGE))
PROSE = [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
LANGUAGES = {"python", "sql", "text", "console", "toml", ""}


class Shown(NamedTuple):
    language: str
    only: str
    """The one database that shows this; empty for every one."""
    text: str


class Example(NamedTuple):
    line: int
    python: str
    shown: list[Shown]


class Outcome(NamedTuple):
    printed: str
    error: BaseException | None


def examples(page: Path) -> Iterator[Example]:
    example: Example | None = None
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type != "fence":
            continue
        language, _, only = token.info.partition(" ")
        assert language in LANGUAGES, f"{page.name}: a block of {language!r} would go unchecked"
        assert token.map is not None
        if language == "python":
            if example:
                yield example
            example = Example(token.map[0] + 1, token.content, [])
        elif language in ("sql", "text"):
            assert example, f"{page.name}:{token.map[0]}: what Python is this shown for?"
            example.shown.append(Shown(language, only, token.content.strip()))
    if example:
        yield example


async def run(example: Example, page: Path, module: ModuleType) -> Outcome:
    # The blank lines make tracebacks show the page's own lines.
    source = "\n" * example.line + example.python
    code = compile(source, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

    async def whole() -> None:
        running = FunctionType(code, vars(module))()
        if inspect.iscoroutine(running):
            await running

    with redirect_stdout(StringIO()) as printed:
        (error,) = await asyncio.gather(whole(), return_exceptions=True)
    return Outcome(printed.getvalue().strip(), error)


async def check(page: Path, module: ModuleType, sql: RecordedSQL, database: str) -> None:
    for example in examples(page):
        sql.clear()
        outcome = await run(example, page, module)
        shown = [each for each in example.shown if each.only in ("", database)]
        ended = "\n".join(filter(None, [outcome.printed, _told(outcome.error)]))
        texts = [each.text for each in shown if each.language == "text"]
        if outcome.error is not None and not texts:
            raise outcome.error
        assert texts in ([], [ended]), f"{page.name}:{example.line} ended with {ended!r}, shown is {texts}"
        for each in shown:
            if each.language == "sql":
                sent = [statement for statement, _ in sql.statements] or [outcome.printed]
                same_sql("; ".join(sent), "; ".join(re.split(r"\n\s*\n", each.text)))


def _told(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if error else ""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Where a page's names live: a real module, since SQLAlchemy looks mapped classes' modules up."""
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_page(page: Path, sql: RecordedSQL, fresh_database: Database, module: ModuleType) -> None:
    async with fresh_database.session() as session:
        vars(module).update(database=fresh_database, session=session)
        await check(STAGE, module, sql, "")
        await check(page, module, sql, fresh_database.engine.dialect.name)


@pytest.mark.parametrize("page", ALONE, ids=lambda page: page.stem)
async def test_page_that_makes_its_own_database(
    page: Path, sql: RecordedSQL, module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await check(page, module, sql, "sqlite")
