"""What a statement asks of each of its tables: by which columns rows are found, joined and put in order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    Column,
    ColumnClause,
    ColumnElement,
    Join,
    Lateral,
    Over,
    Select,
    SelectBase,
    Subquery,
    Table,
)
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    CollectionAggregate,
    ExpressionClauseList,
    Grouping,
    Label,
    UnaryExpression,
    _label_reference,
)
from sqlalchemy.sql.selectable import AliasedReturnsRows

_RANGES: Final = frozenset({operators.lt, operators.le, operators.gt, operators.ge, operators.between_op})
_EQUAL: Final = frozenset({operators.eq, operators.in_op, operators.is_not_distinct_from})
_LIKE: Final = frozenset({operators.like_op, operators.ilike_op})
_TURNED: Final = frozenset({operators.asc_op, operators.desc_op})
_NULLS: Final = {operators.nulls_first_op: "FIRST", operators.nulls_last_op: "LAST"}

Term = Any
"""A column, or what is computed of one."""


class Ordered(NamedTuple):
    """What rows are put in order by."""

    term: Term
    down: bool = False
    nulls: str | None = None
    """``FIRST`` or ``LAST``, where that is said."""


class Source:
    """One table of one SELECT, by the name that it has there, and what is asked of it."""

    def __init__(self, table: Table, name: str) -> None:
        self.table = table
        self.name = name
        self.equal: list[Term] = []
        """Compared with what is the same for all of its rows, or one of a list."""
        self.joined: list[Term] = []
        """Compared with another row's."""
        self.ranged: list[Term] = []
        self.prefixes: list[Term] = []
        """Whose beginning is compared."""
        self.patterns: list[Term] = []
        """In which a text is looked for."""
        self.constants: list[ColumnElement[bool]] = []
        """Conditions without a value: that there is none, or some."""
        self.either: list[list[Term]] = []
        """What is compared on each side of an OR, every one of which chooses rows by its own."""
        self.order: list[Ordered] = []
        """What rows are put in order by, where that is this table's alone."""
        self.limited = False
        """Whether only the first rows of that order are wanted."""
        self.conditions: set[Column[Any]] = set()
        """The columns that conditions read."""
        self.links: set[Column[Any]] = set()
        """Those that joins read."""

    @property
    def chosen(self) -> bool:
        """Whether rows are chosen by what an index could find."""
        return bool(
            self.equal or self.ranged or self.either or self.prefixes or self.patterns or self.constants
        )


def sources_of(statement: Any, names: Any, params: Mapping[str, Any]) -> list[Source]:
    """The tables of a statement, those of its subqueries too.

    ``names`` are those that the compiler gave what has none of its own, ``params`` the values that it takes.
    """
    found: list[Source] = []
    seen: set[int] = set()
    parts: list[tuple[Any, _Scopes]] = [(statement, ())]
    while parts:
        part, around = parts.pop()
        within = around
        if isinstance(part, Select):
            if id(part) in seen:
                continue
            seen.add(id(part))
            within = ({}, *around)
            _Reader(names, params, within).read(part)
            found += within[0].values()
        elif isinstance(part, (Subquery, CTE)) and not isinstance(part, Lateral):
            # What it stands beside is not seen from within.
            within = around[1:]
        parts += [(each, within) for each in reversed([*part.get_children()])]
    return found


def base_of(column: Any) -> Column[Any] | None:
    """The table's column that a column of an alias is."""
    table = table_of(getattr(column, "table", None))
    return None if table is None else table.columns.get(column.key)


def table_of(origin: Any) -> Table | None:
    """The table that an alias stands for, if it is one."""
    while isinstance(origin, AliasedReturnsRows):
        origin = origin.element
    return origin if isinstance(origin, Table) else None


def columns_of(expression: Any) -> list[Any]:
    """The columns that an expression reads, each with the table or alias that it is of."""
    parts: Iterable[Any] = visitors.iterate(expression)
    return [part for part in parts if base_of(part) is not None]


def _read_here(expression: Any) -> list[Any]:
    """The columns that an expression reads but for those that its subqueries do."""
    found: list[Any] = []
    parts = [expression]
    while parts:
        part = parts.pop()
        if base_of(part) is not None:
            found.append(part)
        elif not isinstance(part, SelectBase):
            parts += part.get_children()
    return found


def bases_of(columns: Iterable[Any]) -> set[Column[Any]]:
    """The tables' columns that columns are."""
    return {base for each in columns if (base := base_of(each)) is not None}


_Scopes = tuple[dict[str, Source], ...]
"""The tables of a SELECT by their names, then those of the SELECTs around it that it sees."""


class _Reader:
    """Reads one SELECT."""

    def __init__(self, names: Any, params: Mapping[str, Any], scopes: _Scopes) -> None:
        self._names = names
        self._params = params
        self._scopes = scopes
        self.sources = scopes[0]

    def read(self, select: Any) -> None:
        links: list[Any] = []
        mine: list[Source] = []
        for each in self._froms(select):
            mine += self._from(each, links)
        own = {source.name for source in mine}
        for condition in (select.whereclause, *links):
            for one in _each_of(condition):
                self._condition(one, own)
        self._order(select, mine)

    def _froms(self, select: Any) -> list[Any]:
        """What it reads rows of itself, without what it sees of the SELECTs around it."""
        froms = select.get_final_froms()
        around = {name for scope in self._scopes[1:] for name in scope}
        seen = [each for each in froms if isinstance(table_of(each), Table) and self._name(each) in around]
        if select._correlate:
            seen = [each for each in seen if each in select._correlate]
        elif select._correlate_except is not None:
            seen = [each for each in seen if each not in select._correlate_except]
        elif not select._auto_correlate:
            return [*froms]
        left = [each for each in froms if each not in seen]
        return left or [*froms]

    def _from(self, origin: Any, links: list[Any]) -> Iterator[Source]:
        if isinstance(origin, Join):
            yield from self._from(origin.left, links)
            yield from self._from(origin.right, links)
            links.append(origin.onclause)
            return
        table = table_of(origin)
        if table is not None:
            name = self._name(origin)
            yield self.sources.setdefault(name, Source(table, name))

    def _name(self, origin: Any) -> str:
        return str(self._names.get(("alias", origin.name), origin.name))

    def _source(self, origin: Any, table: Table) -> Source:
        """The table that a column is of: of this SELECT, or of the nearest around it."""
        name = self._name(origin)
        found = next((scope[name] for scope in self._scopes if name in scope), None)
        return self.sources.setdefault(name, Source(table, name)) if found is None else found

    def _of(self, expression: Any) -> dict[str, Source]:
        found: dict[str, Source] = {}
        for column in _read_here(expression):
            table = table_of(column.table)
            if table is not None:
                source = self._source(column.table, table)
                found[source.name] = source
        return found

    def _condition(self, condition: Any, own: set[str]) -> None:
        read = self._of(condition)
        for source in read.values():
            kind = source.links if len(read) > 1 else source.conditions
            kind |= bases_of([each for each in _read_here(condition) if source.name in self._of(each)])
        if _is_junction(condition, operators.or_):
            self._alternatives(condition, own)
        elif isinstance(condition, BinaryExpression):
            self._comparison(condition, own)
        else:
            self._constant(condition, condition, read)

    def _comparison(self, condition: Any, own: set[str]) -> None:
        operator, left, right = condition.operator, _bare(condition.left), _bare(condition.right)
        if operator in (operators.is_, operators.is_not):
            column = base_of(left)
            if column is not None and (column.nullable or operator is operators.is_):
                self._constant(condition, left, self._of(left))
            return
        for one, other in ((left, right), (right, left)):
            there = [*self._of(one).values()]
            if len(there) != 1 or there[0].name not in own or there[0].name in self._of(other):
                continue
            if not _is_of_one_row(one):
                continue
            (source,) = there
            if operator in _EQUAL:
                (source.joined if _is_of_rows(other) else source.equal).append(one)
            elif operator in _RANGES and not _is_of_rows(other):
                source.ranged.append(one)
            elif operator in _LIKE and one is left:
                self._pattern(source, one, right, operator is operators.like_op)

    def _alternatives(self, condition: Any, own: set[str]) -> None:
        found: list[tuple[Source, list[Term]]] = []
        for side in condition.clauses:
            inner = _Reader(self._names, self._params, ({},))
            for one in _each_of(side):
                if isinstance(one, BinaryExpression):
                    inner._comparison(one, own)
            sides = [
                (self.sources[name], [*source.equal, *source.ranged[:1]])
                for name, source in inner.sources.items()
                if name in self.sources and (source.equal or source.ranged)
            ]
            if len(sides) != 1:
                return
            found += sides
        if len({source.name for source, _ in found}) == 1:
            found[0][0].either += [terms for _, terms in found]

    def _pattern(self, source: Source, text: Any, pattern: Any, exact_case: bool) -> None:
        value = self._params.get(getattr(pattern, "key", ""), getattr(pattern, "effective_value", None))
        begins = exact_case and isinstance(value, str) and not value.startswith("%")
        (source.prefixes if begins else source.patterns).append(text)

    def _constant(self, condition: Any, inner: Any, read: dict[str, Source]) -> None:
        """A condition on a column alone, which may choose the rows of an index."""
        if isinstance(inner, UnaryExpression):
            inner = _bare(inner.element)
        if base_of(inner) is not None and len(read) == 1:
            (source,) = read.values()
            source.constants.append(condition)

    def _order(self, select: Any, mine: list[Source]) -> None:
        terms = [_turned(each) for each in select._order_by_clauses]
        read = [self._of(each.term) for each in terms]
        if not terms or any(len(each) != 1 for each in read):
            return
        groups = [_bare(each) for each in select._group_by_clauses]
        if not all(_is_of_one_row(term, groups) for term, _, _ in terms):
            return
        if len({name for each in read for name in each}) == 1:
            (source,) = read[0].values()
            if source in mine:
                source.order = terms
                source.limited = select._limit_clause is not None


def _each_of(condition: Any) -> Iterator[Any]:
    """The conditions that all must hold."""
    condition = _bare(condition)
    if condition is None:
        return
    if _is_junction(condition, operators.and_):
        for each in condition.clauses:
            yield from _each_of(each)
    else:
        yield condition


def _is_of_rows(expression: Any) -> bool:
    """Whether it has another value for another row, of a table or of what is derived from some."""
    parts: Iterable[Any] = visitors.iterate(expression)
    return any(isinstance(part, ColumnClause) and part.table is not None for part in parts)


def _is_of_one_row(expression: Any, groups: Iterable[Any] = ()) -> bool:
    """Whether it is a column or computed of one row: of no window, subquery, nor group of rows."""
    if base_of(expression) is not None:
        return True
    parts: Iterable[Any] = visitors.iterate(expression)
    if any(isinstance(part, (Over, SelectBase)) for part in parts):
        return False
    return not groups or any(expression.compare(each) for each in groups)


def _is_junction(condition: Any, operator: Any) -> bool:
    return isinstance(condition, (BooleanClauseList, ExpressionClauseList)) and condition.operator is operator


def _bare(expression: Any) -> Any:
    while isinstance(expression, (Grouping, Label, _label_reference)):
        expression = expression.element
    if isinstance(expression, CollectionAggregate):
        return _bare(expression.element)
    return expression


def _turned(term: Any) -> Ordered:
    term, down, nulls = _bare(term), False, None
    while isinstance(term, UnaryExpression) and term.modifier in _TURNED | _NULLS.keys():
        down = down or term.modifier is operators.desc_op
        nulls = nulls or _NULLS.get(term.modifier)
        term = _bare(term.element)
    return Ordered(term, down, nulls)
