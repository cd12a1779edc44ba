"""Indexes, those that the models declare and those that a database has, and what they serve."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Dialect, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.schema import CreateIndex

_CAST: Final = re.compile(r"::\w+( varying)?(\[\])?")
_NOISE: Final = re.compile(r"[\s()\"]+")
_TURNED: Final = re.compile(r"( asc| desc)?( nulls (first|last))?$", re.IGNORECASE)


class Turn(NamedTuple):
    """In which direction a key of an index, or a term of an order, goes."""

    down: bool = False
    odd: bool = False
    """Whether NULLs stand on the other side than the database puts them by itself."""


class Known(NamedTuple):
    """An index: its name, and what it is of, in order; each as ``plain()`` writes it."""

    name: str
    keys: tuple[str, ...]
    turns: tuple[Turn, ...] = ()
    """Those of its keys, if any of them has one."""
    partial: bool = False
    method: str = "btree"
    declared: Index | None = None


def plain(expression: str) -> str:
    """What is indexed, as it is compared: databases write it with casts, brackets and quotes of their own."""
    return _NOISE.sub("", _CAST.sub("", _TURNED.sub("", expression))).lower()


def turn_of(down: bool, nulls: str | None, dialect: Dialect) -> Turn:
    """The direction that is said by ``DESC``, and by ``NULLS FIRST`` or ``LAST`` if either."""
    # PostgreSQL takes NULLs for more than any value, SQLite for less.
    first = down if dialect.name == "postgresql" else not down
    return Turn(down, nulls is not None and (nulls == "FIRST") is not first)


def turn_in(said: str, dialect: Dialect) -> Turn:
    """The direction that a key of an index is written with."""
    found = _TURNED.search(said.upper())
    down, nulls = (None, None) if found is None else found.group(1, 3)
    return turn_of(bool(down) and "DESC" in str(down), nulls, dialect)


def keys_in(ddl: str) -> list[str]:
    """What a statement makes an index of, where it ends with that: the texts between its last brackets."""
    found: list[str] = [""]
    depth = 0
    for letter in reversed(ddl.strip().removesuffix(")")):
        depth += {")": 1, "(": -1}.get(letter, 0)
        if depth < 0:
            break
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] = letter + found[-1]
    return [each.strip() for each in reversed(found)]


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
    keys = [compiler.process(each, include_table=False, literal_binds=True) for each in index.expressions]
    options = index.dialect_options[dialect.name]
    return Known(
        str(index.name),
        tuple(map(plain, keys)),
        tuple([turn_in(each, dialect) for each in keys]),
        options.get("where") is not None,
        options.get("using") or "btree",
        index,
    )


def serving(
    known: Iterable[Known], equal: Sequence[str], then: Sequence[str], turns: Sequence[Turn] = ()
) -> Known | None:
    """The index that finds rows by all that is ``equal``, in the order of what is compared after it.

    ``turns`` are the directions of that order, if it is one; an index is read backwards as well.
    """
    for index in known:
        if index.partial or index.method != "btree":
            continue
        first, rest = index.keys[: len(equal)], index.keys[len(equal) :]
        if {*first} == {*equal} and rest[: len(then)] == tuple(then) and _turned(index, len(equal), turns):
            return index
    return None


def _turned(index: Known, start: int, turns: Sequence[Turn]) -> bool:
    """Whether an index, read in one of its directions, goes as is wanted from one of its keys on."""
    mine = (index.turns or (Turn(),) * len(index.keys))[start:]
    pairs = [*zip(mine, turns, strict=False)]
    backwards = {has.down is not wanted.down for has, wanted in pairs}
    return len(backwards) < 2 and all(has.odd is wanted.odd for has, wanted in pairs)


def beginning_with(known: Iterable[Known], keys: Iterable[str]) -> Known | None:
    """An index that begins with one of these."""
    wanted = {*keys}
    return next((index for index in known if index.keys and index.keys[0] in wanted), None)


def made_by(index: Index, dialect: Dialect) -> str:
    """The statement that makes an index of the models."""
    return " ".join(str(CreateIndex(index).compile(dialect=dialect)).split())
