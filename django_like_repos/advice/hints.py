"""What is said of a plan: its dear steps with the calls they are due to, and the indexes that lack."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Dialect, Table

from django_like_repos.advice.asked import Source, base_of
from django_like_repos.advice.chain import Called
from django_like_repos.advice.ddl import Key, Writer, columns_in
from django_like_repos.advice.indexes import (
    Known,
    Turn,
    beginning_with,
    declared_on,
    made_by,
    plain,
    serving,
    turn_of,
)
from django_like_repos.advice.steps import Step
from django_like_repos.advice.values import Hint, Node

TINY: Final = 1_000
"""Rows of a table that are read as fast without an index as with one."""
DEAR: Final = 0.1
"""The part of the cost of a plan from which a step is told."""
MOST: Final = 0.25
"""The part of a table's rows from which they are read faster without an index."""
_CALLED: Final = re.compile(r"(\w+)\(")
_UNSTEADY: Final = re.compile(
    r"\b(random|now|clock_timestamp|statement_timestamp|gen_random_uuid)\(|\bCURRENT_", re.IGNORECASE
)
"""What gives another value each time, of which there is no index."""


class Facts(NamedTuple):
    """What the database says of a table."""

    rows: int
    planned: bool
    """Whether the number is the planner's, and not counted."""
    indexes: tuple[Known, ...]


class Adviser:
    """Looks at one plan."""

    def __init__(
        self,
        dialect: Dialect,
        sources: Sequence[Source],
        calls: Sequence[Called],
        facts: Mapping[Table, Facts],
        writer: Writer,
        python: Collection[str] = (),
    ) -> None:
        """``python`` are the names of the functions that the database calls Python for."""
        self._dialect = dialect
        self._writer = writer
        self._sources = sources
        self._calls = calls
        self._facts = facts
        self._sqlite = dialect.name == "sqlite"
        self._python = python
        self._met: set[Source] = set()
        self.nodes: list[Node] = []
        self.hints: dict[str, Hint] = {}
        self.remarks: dict[str, None] = {}

    def look_at(self, steps: Sequence[Step]) -> None:
        """Fills ``nodes``, ``hints`` and ``remarks`` with what is to be said of the steps."""
        looked_at: set[Source] = set()
        for step in steps:
            source = self._source(step)
            if source is not None and source.table in self._facts:
                if step.whole and self._facts[source.table].rows >= TINY:
                    looked_at.add(source)
                self._table(step, source)
            elif step.sorts:
                self._sort(step)
            elif self._is_dear(step) and step.alias is None:
                self._tell(step, None, (), "")
        if looked_at:
            self._others([each for each in self._sources if each not in looked_at])
        self.nodes.sort(key=lambda node: -(node.share or 0.0))

    def _others(self, sources: Iterable[Source]) -> None:
        """Hints of tables that are found from others, since nothing leads to their rows by what is asked."""
        for source in sources:
            facts = self._facts.get(source.table)
            if facts is not None and facts.rows >= TINY and (source.equal or source.ranged):
                self._lacking(source, source.equal, source.ranged[:1], self._due_to(source), told=False)

    def _source(self, step: Step) -> Source | None:
        if step.alias is None:
            return None
        named = [each for each in self._sources if step.table in (None, each.table.name)]
        found = [each for each in named if each.name == step.alias]
        if step.table is not None:
            # PostgreSQL counts on where SELECTs have tables of one name.
            counted = re.sub(r"_\d+$", "", step.alias)
            found = (
                found if len(found) == 1 else [each for each in named if each.name in (step.alias, counted)]
            )
            found = found or (named if len(named) == 1 else [])
        if not found:
            return None
        source = max(found, key=lambda each: (_told(each, step), each not in self._met))
        self._met.add(source)
        return source

    def _is_dear(self, step: Step) -> bool:
        if self._sqlite:
            return step.whole or "TEMP B-TREE" in step.kind
        return (step.share or 0.0) >= DEAR and (step.whole or (step.rows or 0) >= TINY)

    def _tell(self, step: Step, source: Source | None, calls: tuple[str, ...], why: str) -> None:
        table = None if source is None else source.table.name
        self.nodes.append(Node(step.kind, table, step.rows, step.share, calls, why))

    # A table that is read.

    def _table(self, step: Step, source: Source) -> None:
        rows, planned, _ = self._facts[source.table]
        if step.whole and rows < TINY:
            counted = "by the planner's count" if planned else "in all"
            self._remark(f"{source.table.name} has {rows:,} rows {counted}: too few for an index to matter")
        if not step.whole or rows < TINY:
            if self._is_dear(step) and rows >= TINY:
                self._tell(step, source, self._due_to(source), "")
            return
        self._tell(step, source, self._due_to(source), self._searched(step, source))

    def _due_to(self, source: Source, *, order: bool = False) -> tuple[str, ...]:
        """The calls that read what the conditions of a table read, or by which it is joined at least."""
        wanted = {base_of(each) for said in source.order for each in columns_in(said.term)} if order else None
        columns = source.conditions if wanted is None else wanted
        found = [call.text for call in self._calls if call.read & columns]
        if not found:
            found = [call.text for call in self._calls if (call.read | call.joined) & source.links]
        return tuple(dict.fromkeys(found))

    def _searched(self, step: Step, source: Source) -> str:
        """Why all rows of a table are read; adds the hint that would spare it."""
        if source.chosen:
            return self._chosen(step, source)
        if source.joined:
            return self._joined(source)
        if source.order and source.limited:
            return self._lacking(source, [], self._order_of(source), self._due_to(source, order=True))
        return "" if source.conditions or source.links else "all of its rows are asked for"

    def _chosen(self, step: Step, source: Source) -> str:
        rows = self._facts[source.table].rows
        if step.rows is not None and not source.limited and step.rows > rows * MOST:
            why = f"{step.rows / rows:.0%} of its rows are asked for, which no index finds faster"
            self._remark(f"{source.table.name}: {why}")
            return why
        then = self._order_of(source) if source.limited and not source.ranged else source.ranged[:1]
        for terms in source.either:
            self._lacking(source, terms, [], self._due_to(source))
        if source.either and not source.equal and not then:
            return "each side of OR is looked for by an index of its own, or none"
        if source.equal or then:
            return self._lacking(source, source.equal, then, self._due_to(source))
        if source.prefixes or source.patterns:
            return self._pattern(source)
        return self._lacking(source, [], [], self._due_to(source)) if source.constants else ""

    def _joined(self, source: Source) -> str:
        """The reason of a scan for a join, which is a foreign key without an index perhaps."""
        said: list[str] = []
        for term in source.joined:
            column = base_of(term)
            if column is None:
                continue
            foreign = bool(column.foreign_keys)
            why = self._lacking(source, [term], [], self._due_to(source), foreign=foreign, told=False)
            said += [why] if why else []
        return said[0] if said else ""

    # What puts rows in order.

    def _sort(self, step: Step) -> None:
        ordered = [each for each in self._sources if each.order and each.table in self._facts]
        source = ordered[0] if len(ordered) == 1 else None
        if source is None or self._facts[source.table].rows < TINY:
            if not self._sqlite and self._is_dear(step):
                self._tell(step, None, (), "")
            return
        calls = self._due_to(source, order=True)
        if not source.limited:
            if self._is_dear(step):
                self._tell(step, source, calls, "")
            return
        if self._is_dear(step) or (step.rows or 0) >= TINY:
            why = "" if source.ranged else self._lacking(source, source.equal, self._order_of(source), calls)
            self._tell(step, source, calls, why)

    def _order_of(self, source: Source) -> list[Any]:
        """The terms of its order but for the key that only makes it total."""
        terms = [*source.order]
        key = {*source.table.primary_key.columns}
        while len(terms) > 1 and base_of(terms[-1].term) in key:
            terms.pop()
        # Of SQLite's indexes the first key alone is read with NULLs on its other side.
        if self._sqlite and any(turn_of(each.down, each.nulls, self._dialect).odd for each in terms[1:]):
            return []
        return [each.term for each in terms]

    def _turns(self, source: Source) -> dict[str, Turn]:
        """The directions in which the first rows of an order are wanted."""
        if not source.limited:
            return {}
        turns = {
            self._writer.text(each.term): turn_of(each.down, each.nulls, self._dialect)
            for each in source.order
        }
        for each in source.equal:
            turns.pop(self._writer.text(each), None)
        if self._sqlite:
            return {text: Turn(turn.down) for text, turn in turns.items()}
        return turns

    # Indexes.

    def _lacking(
        self,
        source: Source,
        equal: Sequence[Any],
        then: Sequence[Any],
        calls: tuple[str, ...],
        *,
        foreign: bool = False,
        told: bool = True,
    ) -> str:
        """Says of an index whether it is there, if that is to be ``told``; adds the hint if not."""
        equal = equal or (() if then else _of_constants(source)[:1])
        said = [Key(self._writer.text(each), each) for each in (*equal, *then)]
        keys = list({key.text: key for key in said}.values())
        known = self._facts[source.table].indexes
        same = len({key.text for key in said[: len(equal)]})
        firsts = [plain(key.text) for key in keys[:same]]
        lasts = [plain(key.text) for key in keys[same:]]
        turns = self._turns(source)
        wanted = [turns[key.text] for key in keys[same:] if key.text in turns]
        why = self._unfound(source, keys)
        if why:
            return why
        if not keys:
            return ""
        there = serving(known, firsts, lasts, wanted)
        if there is None and not (then and source.limited):
            there = beginning_with(known, firsts or lasts[:1])
        if there is not None and not told:
            return ""
        if there is not None:
            self._remark(f"{source.table.name}: the planner leaves {there.name} aside")
            return f"the planner leaves {there.name} aside"
        names = ", ".join(key.text if key.computed else f"{source.table.name}.{key.text}" for key in keys)
        because = f"{_of(calls)}{self._size(source)}"
        if foreign:
            because = f"the foreign key {names} has no index: {because}"
        where = [] if foreign else [self._writer.text(each) for each in source.constants]
        mine = serving(declared_on(source.table, self._dialect), firsts, lasts, wanted)
        self._add(source, keys, where, because, mine)
        return f"no index on {names}"

    def _unfound(self, source: Source, keys: Sequence[Key]) -> str:
        """Why no index finds what is computed, if none does."""
        computed = [key for key in keys if key.computed]
        python = [key for key in computed if not {*_CALLED.findall(key.text)}.isdisjoint(self._python)]
        if self._sqlite and python:
            self._remark(f"{source.table.name}: SQLite has no index of what Python computes")
        elif self._sqlite and any(key.valued for key in computed):
            self._remark(
                f"{source.table.name}: SQLite finds by no index what is computed with a value of the query's"
            )
        elif not any(_UNSTEADY.search(key.text) for key in computed):
            return ""
        return "it compares what is computed of each row"

    def _add(
        self,
        source: Source,
        keys: Sequence[Key],
        where: Sequence[str],
        because: str,
        mine: Known | None,
    ) -> None:
        if mine is not None and mine.declared is not None:
            ddl = made_by(mine.declared, self._dialect)
            self._hint(Hint(ddl, f"the models declare {mine.name}, and the database has none: {because}"))
            return
        turns = self._turns(source)
        parts = [_part(key, turns.get(key.text, Turn())) for key in keys]
        taken = {index.name for index in self._facts[source.table].indexes}
        self._hint(
            Hint(
                self._writer.index(source.table, keys, parts, where=where, taken=taken),
                because,
                any(key.computed for key in keys),
            )
        )

    def _pattern(self, source: Source) -> str:
        calls, table = self._due_to(source), source.table
        begins = bool(source.prefixes)
        (term, *_) = source.prefixes or source.patterns
        key = Key(self._writer.text(term), term)
        if self._sqlite:
            self._remark(f"{table.name}: no index of SQLite's finds a part of a text; FTS5 does")
            return f"a part of {table.name}.{key.text} is looked for"
        methods = {index.method for index in self._facts[table].indexes if plain(key.text) in index.keys}
        if begins or "gin" not in methods:
            opclass = "text_pattern_ops" if begins else "gin_trgm_ops"
            ddl = self._writer.index(
                table, [key], [f"{key.text} {opclass}"], using="" if begins else "gin", more=opclass
            )
            needs = "" if begins else ", with the extension pg_trgm"
            self._hint(Hint(ddl, f"{_of(calls)}{self._size(source)}{needs}", possible=True))
        return f"{'the beginning' if begins else 'a part'} of {table.name}.{key.text} is looked for"

    def _size(self, source: Source) -> str:
        rows, planned, _ = self._facts[source.table]
        number = f"{rows:,}" if planned or rows < TINY else f"{TINY:,} or more"
        return f" looks through the {number} rows of {source.table.name}"

    def _hint(self, hint: Hint) -> None:
        self.hints.setdefault(hint.ddl, hint)

    def _remark(self, remark: str) -> None:
        self.remarks.setdefault(remark)


def _part(key: Key, turn: Turn) -> str:
    """A key of an index as its DDL says it."""
    said = f"({key.text})" if key.computed else key.text
    said += " DESC" if turn.down else ""
    return f"{said} NULLS {'LAST' if turn.down else 'FIRST'}" if turn.odd else said


def _of(calls: Sequence[str]) -> str:
    return ", ".join(calls) or "the statement"


def _of_constants(source: Source) -> list[Any]:
    """The columns of conditions without a value."""
    return [column for condition in source.constants for column in columns_in(condition)]


def _told(source: Source, step: Step) -> int:
    """How many of the columns that a table's conditions read a step's conditions name."""
    named = {*re.findall(r"\w+", step.conditions)}
    return sum(column.name in named for column in source.conditions)
