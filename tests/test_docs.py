"""README.md, CONTRIBUTING.md and docs/ are true: their Python runs, and what they show came out of it.

A page's `python` blocks are one program. A `sql` block under one is the SQL that it printed, or else every
statement that it sent, blank lines between them; `sql sqlite` and `sql postgresql` are that database's. A
`text` block is what it printed, or the error with which it ended. Line breaks are the page's own.
"""

import ast
import asyncio
import builtins
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
from markdown_it.token import Token
from sqlalchemy import JSON, DateTime

import django_like_repos
from django_like_repos import Aggregate, BaseRepository, Database, QuerySet, functions
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS, scopes_of_type
from django_like_repos.mapping.transform import ANY
from tests.recording import RecordedSQL
from tests.sqltext import fold, same_sql

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
STAGE = DOCS / "README.md"
ALONE = [README, DOCS / "getting-started.md"]
ON_POSTGRESQL = [DOCS / "postgres.md"]
ON_STAGE = sorted(page for page in DOCS.glob("*.md") if page not in (*ALONE, *ON_POSTGRESQL, STAGE))
EVERY = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
NEEDED = {"export": "pyarrow"}
"""The packages that pages show, where they may be missing."""
LANGUAGES = {"python", "sql", "text", "console", ""}
PAGE_NAME = "page_of_the_docs"


class Shown(NamedTuple):
    language: str
    database: str
    """The one database that shows this; empty for each."""
    text: str


class Example(NamedTuple):
    line: int
    python: str
    shown: list[Shown]


class Outcome(NamedTuple):
    printed: str
    error: BaseException | None

    @property
    def told(self) -> str:
        error = f"{type(self.error).__name__}: {self.error}" if self.error else ""
        return fold(f"{self.printed} {error}")


def tokens(page: Path) -> Iterator[Token]:
    for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def examples(page: Path) -> list[Example]:
    found: list[Example] = []
    for token in tokens(page):
        if token.type != "fence":
            continue
        language, _, database = token.info.partition(" ")
        where = f"{page.name}:{token.map}"
        assert language in LANGUAGES, f"{where}: a block of {language!r} would go unchecked"
        assert database in ("", "sqlite", "postgresql"), where
        if language == "python":
            found.append(Example(token.map[0] + 1 if token.map else 0, token.content, []))
        elif language in ("sql", "text"):
            assert found, f"{where}: of which Python is this?"
            found[-1].shown.append(Shown(language, database, token.content))
    return found


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
    return Outcome(printed.getvalue(), error)


async def check(page: Path, module: ModuleType, sql: RecordedSQL, database: str = "") -> None:
    for example in examples(page):
        sql.clear()
        outcome = await run(example, page, module)
        shown = [each for each in example.shown if each.database in ("", database)]
        texts = [fold(each.text) for each in shown if each.language == "text"]
        if outcome.error is not None and not texts:
            raise outcome.error
        assert texts in ([], [outcome.told]), f"{page.name}:{example.line}: {outcome.told!r} is not shown"
        said = outcome.printed or "; ".join(statement for statement, _ in sql.statements)
        for each in shown:
            if each.language == "sql":
                same_sql(said, "; ".join(re.split(r"\n\s*\n", each.text.strip())))


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Where a page's names live: a real module, because SQLAlchemy looks up that of a mapped class."""
    module = ModuleType(PAGE_NAME)
    vars(module)["__builtins__"] = builtins
    monkeypatch.setitem(sys.modules, PAGE_NAME, module)
    # What a page registers is known on that page only.
    for registry in (LOOKUPS, TRANSFORMS):
        monkeypatch.setattr(registry, "_items", dict(registry._items))
    return module


@pytest.fixture
def core(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lookups that are there with nothing but the core imported, whatever other tests import."""
    for registry in (LOOKUPS, TRANSFORMS):
        items = registry._items.items()
        monkeypatch.setattr(registry, "_items", {key: item for key, item in items if not _of_contrib(item)})


def _of_contrib(item: object) -> bool:
    kind = item if isinstance(item, type) else type(item)
    return kind.__module__.startswith("django_like_repos.contrib.")


def _on_stage(page: Path) -> object:
    """A page that shows what one of the databases says is tried on both each time, others by turns."""
    shown = {shown.database for example in examples(page) for shown in example.shown}
    return pytest.param(page, id=page.stem, marks=pytest.mark.both if shown - {""} else ())


@pytest.mark.usefixtures("core")
@pytest.mark.parametrize("page", [*map(_on_stage, ON_STAGE)])
async def test_page(page: Path, sql: RecordedSQL, fresh_database: Database, module: ModuleType) -> None:
    if page.stem in NEEDED:
        pytest.importorskip(NEEDED[page.stem])
    async with fresh_database.session() as session:
        vars(module).update(database=fresh_database, session=session)
        await check(STAGE, module, sql)
        await check(page, module, sql, fresh_database.engine.dialect.name)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize("page", ON_POSTGRESQL, ids=lambda page: page.stem)
async def test_page_of_postgresql(
    page: Path, sql: RecordedSQL, fresh_database: Database, module: ModuleType
) -> None:
    async with fresh_database.session() as session:
        vars(module).update(database=fresh_database, session=session)
        await check(STAGE, module, sql)
        await check(page, module, sql, "postgresql")


@pytest.mark.parametrize("page", ALONE, ids=lambda page: page.stem)
async def test_page_that_makes_its_own_database(
    page: Path, sql: RecordedSQL, module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await check(page, module, sql, "sqlite")


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("```python\nassert await session.scalar(select(1)) == 2\n```", AssertionError),
        ("```python\nawait session.scalar(select(1))\n```\n```sql\nSELECT 1 AS one\n```", AssertionError),
        ("```python\nprint('a')\n```\n```text\nb\n```", AssertionError),
        ("```python\nint('a')\n```\n```text\nValueError: b\n```", AssertionError),
        ("```python\nint('a')\n```", ValueError),
        ("```py\nnever run\n```", AssertionError),
    ],
)
async def test_what_is_not_true_fails(
    page: str, error: type[Exception], sql: RecordedSQL, session: object, module: ModuleType, tmp_path: Path
) -> None:
    written = tmp_path / "page.md"
    written.write_text(f"```python\nfrom sqlalchemy import select\n```\n\n{page}\n", encoding="utf-8")
    vars(module).update(session=session)
    with pytest.raises(error):
        await check(written, module, sql)


def test_a_filtered_endpoint_takes_less_than_thirty_lines() -> None:
    first, *_ = examples(DOCS / "filters.md")
    lines = [line for line in first.python.splitlines() if line.strip()]
    assert len(lines) < 30
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [str(token.attrs["href"]) for token in tokens(page) if token.type == "link_open"]
    missing = [
        target
        for target in targets
        if not target.startswith(("https://", "#")) and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_has_every_target_that_is_named(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", " ".join(_code(page)))) <= targets


def test_the_docs_hold_every_page() -> None:
    linked = {str(token.attrs["href"]) for token in tokens(STAGE) if token.type == "link_open"}
    assert {page.name for page in DOCS.glob("*.md")} - {STAGE.name} <= linked


def test_every_lookup_and_transform_is_in_a_table() -> None:
    scopes = [scope for type_ in (JSON(), DateTime()) for scope in (*scopes_of_type(type_), None)]
    names = {*LOOKUPS.known(scopes), *TRANSFORMS.known(scopes)} - {ANY}
    assert names <= {*_code(DOCS / "querying.md"), *_code(DOCS / "lookups.md")}


def test_every_function_is_in_a_table_of_functions() -> None:
    assert sorted(_functions_in_tables(DOCS / "functions.md")) == sorted(functions.__all__)


def test_every_aggregate_is_in_a_table_of_aggregates() -> None:
    public = {name: getattr(django_like_repos, name) for name in django_like_repos.__all__}
    aggregates = {
        name for name, each in public.items() if isinstance(each, type) and issubclass(each, Aggregate)
    }
    assert aggregates - {"Aggregate"} == set(_functions_in_tables(DOCS / "aggregates.md"))


def test_every_public_name_is_in_the_docs() -> None:
    words = set(re.findall(r"\w+", " ".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))))
    names = set(django_like_repos.__all__)
    for each in (QuerySet, BaseRepository, Database):
        # What is elsewhere has a place in the class, and is not there.
        names |= {name for name in vars(each) if not name.startswith("_") and hasattr(each, name)}
    assert names - words == set()


def test_contributing_names_every_floor_of_the_house() -> None:
    package = ROOT / "django_like_repos"
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    files = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    assert (folders | files) - set(_code(CONTRIBUTING)) == set()


def test_contributing_gives_a_reason_for_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[^\w.-]", each)[0] for each_list in lists for each in each_list}
    assert names - {project["name"]} - set(_code(CONTRIBUTING)) == set()


def _functions_in_tables(page: Path) -> list[str]:
    """The names that the first cells of a page's tables call: ``Lower(x)``."""
    rows = re.findall(r"^\|([^|]*)\|", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for cell in rows for name in re.findall(r"`(\w+)\(", cell)]


def _code(page: Path) -> list[str]:
    return [token.content.strip() for token in tokens(page) if token.type in ("code_inline", "fence")]
