"""Indexes, those that the models declare and those that a database has, and what they serve."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Dialect, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.schema import CreateIndex

_CAST: Final = re.compile(r"::\w+( varying)?(\[\])?")
_NOISE: Final = re.compile(r"[\s()\"]+")
_TURNED: Final = re.compile(r"( asc| desc)?( nulls (first|last))?$", re.IGNORECASE)


class Known(NamedTuple):
    """An index: its name, and what it is of, in order; each as ``plain()`` writes it."""

    name: str
    keys: tuple[str, ...]
    partial: bool = False
    method: str = "btree"
    declared: Index | None = None


def plain(expression: str) -> str:
    """What is indexed, as it is compared: databases write it with casts, brackets and quotes of their own."""
    return _NOISE.sub("", _CAST.sub("", _TURNED.sub("", expression))).lower()


def declared_on(table: Table, dialect: Dialect) -> list[Known]:
    """What the models declare on a table."""
    found = [_of_index(index, dialect) for index in table.indexes]
    found += [
        Known(str(each.name), tuple([plain(column.name) for column in each.columns]))
        for each in table.constraints
        if isinstance(each, (PrimaryKeyConstraint, UniqueConstraint))
    ]
    found += [Known(c.name, (plain(c.name),)) for c in table.columns if c.unique]
    return found


def _of_index(index: Index, dialect: Dialect) -> Known:
    compiler: Any = dialect.statement_compiler(dialect, None)
    keys = [
        plain(compiler.process(each, include_table=False, literal_binds=True)) for each in index.expressions
    ]
    options = index.dialect_options[dialect.name]
    return Known(
        str(index.name),
        tuple(keys),
        options.get("where") is not None,
        options.get("using") or "btree",
        index,
    )


def serving(known: Iterable[Known], equal: Sequence[str], then: Sequence[str]) -> Known | None:
    """The index that finds rows by all that is ``equal``, in the order of what is compared after it."""
    for index in known:
        if index.partial or index.method != "btree":
            continue
        first, rest = index.keys[: len(equal)], index.keys[len(equal) :]
        if {*first} == {*equal} and rest[: len(then)] == tuple(then):
            return index
    return None


def beginning_with(known: Iterable[Known], keys: Iterable[str]) -> Known | None:
    """An index that begins with one of these."""
    wanted = {*keys}
    return next((index for index in known if index.keys and index.keys[0] in wanted), None)


def made_by(index: Index, dialect: Dialect) -> str:
    """The statement that makes an index of the models."""
    return " ".join(str(CreateIndex(index).compile(dialect=dialect)).split())
