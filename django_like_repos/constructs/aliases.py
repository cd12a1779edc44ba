"""Names of aliases and of derived tables: SQLAlchemy's own, but never that of a table in the statement.

SQLAlchemy calls the aliases of ``level`` ``level_1``, ``level_2`` and so on, and a derived table ``anon_1``,
also where a table of that name stands beside them: two rows under one name, so that a condition between the
two compares one of them with itself.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import MetaData, Subquery, func, inspect
from sqlalchemy.orm import Mapper, aliased, with_polymorphic
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import _anonymous_label

from django_like_repos.caching import cached

_NUMBERED: Final = re.compile(r"(.+)_\d+", re.DOTALL)
_LONGEST: Final = 40
"""Bytes of a table's name that an alias of ours begins with: all databases take what comes of it."""
_CUT: Final = 52
"""Bytes of a name with which SQLAlchemy or PostgreSQL would cut two numbered ones to the same."""


NUMBER: Final = "__number"
"""What the number of a row is called, where nothing else tells it from others."""
LONGEST: Final = 63
"""Bytes of a name that PostgreSQL reads."""


def as_read(name: str) -> bytes:
    """What names have in common that one database or the other takes for the same."""
    return name.lower().encode()[:LONGEST]


class Aliases:
    """Hands out the aliases of one statement.

    Those of a plan are ``kept`` for other plans, since an alias is dear to make. Not those of a statement
    that stands alone: within another one of the same aliases it would speak of the rows outside.
    """

    def __init__(self, *, kept: bool) -> None:
        self._kept = kept
        self._made: dict[Mapper[Any], int] = {}
        self._read: set[str] = set()
        """Names of what is read by its own name, in lower case as SQLite compares them."""
        self._known: set[frozenset[str]] = set()
        """Besides, names of what hybrids, relations and loader options may read."""
        self._given = 0
        self.labels: dict[str, str] = {}
        """What columns of derived tables are called, by the names of ours that they have there."""

    def beside(self, mapper: Mapper[Any]) -> None:
        """Has aliases avoid the names of a model's tables, and those of all tables beside them."""
        tables: Any = mapper.tables
        for table in tables:
            self._read.add(table.description.lower())
            self._known.add(_names_of_tables(table.metadata, len(table.metadata.tables)))

    def beside_expressions(self, expressions: Iterable[Any]) -> None:
        """Has aliases avoid what SQLAlchemy expressions of the user's read from."""
        parts: Iterable[Any] = [part for each in expressions for part in visitors.iterate(each)]
        named = [part for part in parts if getattr(part, "named_with_column", False)]
        self._read |= {str(part.name).lower() for part in named}

    def is_met(self, base: str) -> bool:
        """Whether a table has one of the names that SQLAlchemy makes of a base, or they would be cut."""
        if len(base.encode()) > _CUT:
            return True
        return any(base.lower() in _bases(names) for names in (*self._known, frozenset(self._read)))

    def entity(self, mapper: Mapper[Any]) -> Any:
        """An alias of a class. Flat, since one in several tables would be joined as a subquery otherwise."""
        if any(self.is_met(name) for name in _names_of(mapper)):
            return aliased(mapper, flat=True, name=self._free(mapper.local_table.description))
        if not self._kept:
            return aliased(mapper, flat=True)
        number = self._made[mapper] = self._made.get(mapper, 0) + 1
        return _kept_alias(mapper, number, len(mapper.columns))

    def polymorphic(self, mapper: Mapper[Any], classes: Sequence[Any]) -> Any:
        """An alias of a class that is read with the columns of some subclasses."""
        met = any(self.is_met(name) for each in (mapper, *map(inspect, classes)) for name in _names_of(each))
        name = self._free(mapper.local_table.description) if met else None
        return with_polymorphic(mapper, classes, flat=True, aliased=True, name=name)

    def table(self, table: Any) -> Any:
        """An alias of a table, or of whatever lies between two."""
        name = getattr(table, "name", None)
        if name is None:
            # Tables that are joined have no alias.
            return table.select().subquery(self._free("between"))
        return table.alias(self._free(name)) if self.is_met(name) else table.alias()

    def numbered(self, table: Any) -> Any:
        """The rows of a table, each with a number of its own."""
        return self.derived(table.select().add_columns(func.row_number().over().label(NUMBER)))

    def label(self, name: str) -> str:
        """A name of ours for a column that the user called by another."""
        label = f"__as{len(self.labels)}"
        self.labels[label] = name
        return label

    def derived(self, statement: Any, name: str | None = None) -> Subquery:
        """A SELECT as a table, by that name if no table has it."""
        derived: Subquery = statement.subquery(self._name_of_derived(name))
        return derived

    def asked_once(self, statement: Any, name: str | None = None) -> Any:
        """The same before the whole statement, so that it is asked once, however often it is looked at."""
        return statement.cte(self._name_of_derived(name))

    def recursive(self, statement: Any, base: str, *, recursive: bool = True) -> Any:
        """A SELECT before the whole statement, which may speak of itself; numbered as aliases are."""
        if self.is_met(base):
            return statement.cte(self._free(base), recursive=recursive)
        return statement.cte(_anonymous_label.safe_construct(id(statement), base), recursive=recursive)

    def _name_of_derived(self, name: str | None) -> str | None:
        if name is not None and name in self._read:
            name = None
        if name is None and self.is_met("anon"):
            name = self._free("rows")
        return name

    def _free(self, base: str) -> str:
        while True:
            self._given += 1
            name = f"{base.encode()[:_LONGEST].decode(errors='ignore')}__{self._given}"
            if not any(each.startswith(name.lower()) for each in self._read.union(*self._known)):
                return name


@cached(512)
def _kept_alias(mapper: Mapper[Any], _number: int, _columns: int) -> Any:
    """The alias that is a class's first, second … in a plan; another once the class has more columns."""
    return aliased(mapper, flat=True)


@cached(64)
def _names_of_tables(metadata: MetaData, _number: int) -> frozenset[str]:
    """In lower case; the number of tables tells when there are more."""
    return frozenset([table.name.lower() for table in metadata.tables.values()])


@cached(256)
def _bases(taken: frozenset[str]) -> frozenset[str]:
    """What is left of those names that end in a number."""
    return frozenset([found[1] for found in map(_NUMBERED.fullmatch, taken) if found])


def _names_of(mapper: Mapper[Any]) -> Iterable[str]:
    yield from (table.description for table in mapper.tables)
    name = getattr(mapper.selectable, "name", None)
    if name is not None:
        yield name
