"""The words of indexes: what is indexed, and the statements that make them."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from hashlib import sha1
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Dialect, Integer, Numeric, Table, bindparam, literal, literal_column
from sqlalchemy.sql import visitors

from django_like_repos.advice.asked import base_of
from django_like_repos.mapping.types import impl_of

_LONGEST: Final = 63
"""Bytes of a name that PostgreSQL reads."""


class Key(NamedTuple):
    text: str
    term: Any

    @property
    def computed(self) -> bool:
        return base_of(self.term) is None

    @property
    def valued(self) -> bool:
        """Whether it is computed with a value that the statement is given apart."""
        return any(isinstance(part, BindParameter) for part in visitors.iterate(self.term))


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
        taken: Container[str] = (),
    ) -> str:
        """The statement; its name is none of those that are ``taken``."""
        preparer = self._dialect.identifier_preparer
        schema = self._schemas.get(table.schema, table.schema)
        owner = f"{preparer.quote_schema(schema)}." if schema else ""
        told = [more, *where, *[part for part in parts if " NULLS " in part]]
        name = _name_of(table, keys, told)
        if name in taken:
            name = _name_of(table, keys, [*told, *parts])
        name = preparer.quote(name)
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
        """A param of the plan with its value, a number of the type that the statement gives it."""
        if not isinstance(part, BindParameter) or part.key not in self._params:
            return None
        if part.expanding:
            return bindparam(None, self._params[part.key], part.type, expanding=True)
        value = literal(self._params[part.key], part.type)
        if self._sqlite or value.value is None or not isinstance(impl_of(part.type), (Integer, Numeric)):
            return value
        said = value.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True})
        type_ = part.type.compile(self._dialect).lower()
        return literal_column(f"'{said}'::{type_}", part.type)


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
