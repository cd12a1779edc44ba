"""Databases of SQLite in milliseconds: copies of one that is made once, for each set of tables.

They are files in memory, in ``/dev/shm`` where that is, and elsewhere in the folder of temporary files, which
nothing is ever flushed to: several connections of what SQLite calls memory would lock each other out where
those of a file do not.
"""

import atexit
import itertools
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, MetaData, Table, create_engine, event, inspect
from sqlalchemy.exc import CompileError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapper

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import mapper_of
from django_like_repos.plans import share_plans
from django_like_repos.pool import PoolOfALoop
from django_like_repos.testing import standins

_MEMORY: Final = Path("/dev/shm")
_NUMBERS: Final = itertools.count(1)
_EMPTY: Final = MetaData()
_OPTIONS: Final = ("time_zone", "patience", "show_values", "replicas", "reads", "direct", "secret")
"""What may be said of a Database whose engine is there already."""


class Template:
    """A database with tables and without rows, of which there are copies."""

    def __init__(self, content: bytes, engine: Engine) -> None:
        self._content = content
        self._engine = engine

    def copied(self, file: Path) -> AsyncEngine:
        """An engine of a copy; it has the plans and the compiled statements of the others."""
        file.write_bytes(self._content)
        dialect: Any = self._engine.dialect
        url = self._engine.url.set(database=str(file))
        arguments, options = dialect.create_connect_args(url)
        pool = PoolOfALoop(lambda: dialect.connect(*arguments, **options), dialect=dialect)
        engine = Engine(pool, dialect, url)
        event.listen(pool, "connect", _prepare)
        share_plans(engine, self._engine)
        return AsyncEngine(engine)


class Made(NamedTuple):
    """A database that was made for a test, or for a run of them."""

    database: Database
    end: Callable[[], Coroutine[Any, Any, None]]
    """What closes and removes it."""


_TEMPLATES: Final = "django_like_repos.templates"
"""Where a MetaData's ``info`` has those of its tables."""


@asynccontextmanager
async def memory_database(*models: Any, **options: Any) -> AsyncIterator[Database]:
    """A new ``Database`` of SQLite with the tables of models, and nothing in them, for a block.

    ``models``: declarative bases or MetaData, with all their tables, or mapped classes, with those that they
    refer to; without any it has no tables. ``options``: those of ``Database`` but for its engine's,
    ``time_zone=`` say. It takes any number of sessions at once, as a file does. Columns that only PostgreSQL
    has are stored as something else, and give and take the same values. Raises UnsupportedOperationError for
    what has no table, and by name for what SQLite can have no stand-in for.
    """
    made = await made_in_memory(*models, **options)
    try:
        yield made.database
    finally:
        await made.end()


async def made_in_memory(*models: Any, **options: Any) -> Made:
    """What ``memory_database()`` gives, for whoever ends it in another event loop."""
    _check_options(options)
    metadata, tables = tables_of(models)
    template = await _template(metadata, tables)
    file = _folder() / f"{next(_NUMBERS)}.sqlite3"
    try:
        database = Database(template.copied(file), **options)
    except BaseException:
        _remove(file)
        raise

    async def end() -> None:
        try:
            await database.close()
        finally:
            _remove(file)

    return Made(database, end)


def _check_options(options: Mapping[str, object]) -> None:
    for name in options:
        if name not in _OPTIONS:
            raise UnsupportedOperationError(
                "memory_database() makes its engine itself, and takes of the options of Database "
                f"{', '.join(_OPTIONS)}, and not {name}: a database of another engine is "
                "Database('sqlite+aiosqlite:///…')"
            )


def tables_of(models: tuple[Any, ...]) -> tuple[MetaData, list[Table]]:
    """The tables of models, and what holds them. Raises UnsupportedOperationError for what has none."""
    if not models:
        return _EMPTY, []
    tables: dict[Table, None] = {}
    for each in models:
        tables |= dict.fromkeys(_of(each))
    found = {table.metadata for table in tables}
    if len(found) != 1:
        raise UnsupportedOperationError(
            "memory_database() takes models of one MetaData"
            + (", and these have several" if found else ", and these have no tables")
        )
    (metadata,) = found
    return metadata, [table for table in metadata.sorted_tables if table in tables]


def _of(model: Any) -> Iterable[Table]:
    if isinstance(model, MetaData):
        return model.tables.values()
    mapper = _mapper(model)
    if mapper is not None:
        return _referred(mapper)
    metadata = getattr(model, "metadata", None)
    if isinstance(model, type) and isinstance(metadata, MetaData):
        return metadata.tables.values()
    way = (
        ": a plain dataclass does not say what its key and its relations are; map it, as MappedAsDataclass, "
        "or by registry().mapped_as_dataclass"
        if is_dataclass(model)
        else ""
    )
    raise UnsupportedOperationError(
        f"memory_database() takes declarative bases, MetaData and mapped classes, not {model!r}{way}"
    )


def _mapper(model: Any) -> Mapper[Any] | None:
    return mapper_of(model) if isinstance(inspect(model, raiseerr=False), Mapper) else None


def _referred(mapper: Mapper[Any]) -> Iterable[Table]:
    """The tables of a class, and those that they refer to, from one to the next."""
    secondary = [each.secondary for each in mapper.relationships if isinstance(each.secondary, Table)]
    waiting = [*(each for each in mapper.tables if isinstance(each, Table)), *secondary]
    found: dict[Table, None] = {}
    while waiting:
        table = waiting.pop()
        if table not in found:
            found[table] = None
            waiting += [key.column.table for key in table.foreign_keys]
    return found


async def _template(metadata: MetaData, tables: list[Table]) -> Template:
    # What is added to a table after its template was made makes another.
    known: dict[object, Template] = metadata.info.setdefault(_TEMPLATES, {})
    key = tuple((table, len(table.columns), len(table.indexes), len(table.constraints)) for table in tables)
    if key not in known:
        known[key] = await _made(metadata, tables)
    return known[key]


async def _made(metadata: MetaData, tables: list[Table]) -> Template:
    file = _folder() / f"template{next(_NUMBERS)}.sqlite3"
    engine = create_engine(f"sqlite+aiosqlite:///{file}", poolclass=PoolOfALoop)
    standins.set_up(engine)
    standins.refuse_without(tables, engine)
    event.listen(engine, "connect", _prepare)
    try:
        async with Database(AsyncEngine(engine)) as database, database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all, tables=tables)
        return Template(file.read_bytes(), engine)
    except (DBAPIError, CompileError) as error:
        said = str(getattr(error, "orig", None) or error)
        statement = (getattr(error, "statement", None) or "the tables").strip()
        raise UnsupportedOperationError(
            f"memory_database() makes the tables on SQLite, which refuses, with {said!r},\n{statement}\n"
            "A CHECK, a default, a computed column or an index in words that only PostgreSQL knows has no "
            "stand-in. Give it other models, or a constraint or an index .ddl_if(dialect='postgresql'); what "
            "needs PostgreSQL is tested on one, by new_database()"
        ) from error
    finally:
        _remove(file)


def _folder() -> Path:
    """Where the files of this process are, until it ends."""
    return _folder_of(os.getpid())


@lru_cache(64)
def _folder_of(_process: int) -> Path:
    within = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="django_like_repos_", dir=within))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _prepare(connection: Any, _record: object) -> None:
    connection.run_async(lambda driver: driver._execute(_teach, driver._conn))


def _teach(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = OFF").close()
    standins.teach(connection)


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{file}{suffix}").unlink()
