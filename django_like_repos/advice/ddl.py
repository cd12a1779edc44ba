"""The words of indexes: what is indexed, and the statements that make them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha1
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Dialect, Table, literal
from sqlalchemy.sql import visitors

from django_like_repos.advice.asked import base_of

_LONGEST: Final = 63
"""Bytes of a name that PostgreSQL reads."""


class Key(NamedTuple):
    text: str
    term: Any

    @property
    def computed(self) -> bool:
        return base_of(self.term) is None


class Writer:
    """Writes for one database."""

    def __init__(self, dialect: Dialect, schemas: Mapping[Any, Any], params: Mapping[str, Any]) -> None:
        """``schemas`` is what a ``schema_translate_map`` calls them, ``params`` are a plan's values."""
        self._dialect = dialect
        self._schemas = schemas
        self._params = params
        self._sqlite = dialect.name == "sqlite"

    def index(
        self,
        table: Table,
        keys: Sequence[Key],
        parts: Sequence[str],
        *,
        where: Sequence[str] = (),
        using: str = "",
        more: str = "",
    ) -> str:
        preparer = self._dialect.identifier_preparer
        schema = self._schemas.get(table.schema, table.schema)
        owner = f"{preparer.quote_schema(schema)}." if schema else ""
        name = preparer.quote(_name_of(table, keys, [more, *where]))
        before = f"{owner}{name} ON " if self._sqlite else f"{name} ON {owner}"
        method = f" USING {using}" if using else ""
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        return f"CREATE INDEX {before}{preparer.quote(table.name)}{method} ({', '.join(parts)}){condition}"

    def text(self, expression: Any) -> str:
        """What is indexed, without the name of its table."""
        compiler: Any = self._dialect.statement_compiler(self._dialect, None)
        say: Any = visitors.replacement_traverse
        valued = say(expression, {}, self._valued)
        said: str = compiler.process(valued, include_table=False, literal_binds=True)
        return said

    def _valued(self, part: Any, **_: Any) -> Any:
        """A param of the plan with its value."""
        if isinstance(part, BindParameter) and part.key in self._params:
            return literal(self._params[part.key], part.type)
        return None


def columns_in(term: Any) -> Iterator[Any]:
    for part in visitors.iterate(term):
        if base_of(part) is not None:
            yield part


def _name_of(table: Table, keys: Sequence[Key], more: Iterable[str]) -> str:
    """A name that the index may have, no longer than PostgreSQL reads."""
    columns = [getattr(each, "name", "") for key in keys for each in columns_in(key.term)]
    name = "_".join(["ix", table.name, *dict.fromkeys(columns)])
    told = "".join([key.text for key in keys if key.computed] + [each for each in more if each])
    digest = sha1(f"{name} {told}".encode(), usedforsecurity=False).hexdigest()[:6]
    if len(name.encode()) > _LONGEST:
        return f"{name.encode()[: _LONGEST - 7].decode(errors='ignore')}_{digest}"
    return f"{name[: _LONGEST - 7]}_{digest}" if told else name
