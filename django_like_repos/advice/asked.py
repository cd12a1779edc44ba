"""What a statement asks of each of its tables: by which columns rows are found, joined and put in order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Column, ColumnClause, ColumnElement, Join, Select, Table
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    CollectionAggregate,
    ExpressionClauseList,
    Grouping,
    Label,
    UnaryExpression,
)
from sqlalchemy.sql.selectable import AliasedReturnsRows

_RANGES: Final = frozenset({operators.lt, operators.le, operators.gt, operators.ge, operators.between_op})
_EQUAL: Final = frozenset({operators.eq, operators.in_op, operators.is_not_distinct_from})
_LIKE: Final = frozenset({operators.like_op, operators.ilike_op})
_TURNED: Final = frozenset({operators.asc_op, operators.desc_op})
_NULLS: Final = frozenset({operators.nulls_first_op, operators.nulls_last_op})

Term = Any
"""A column, or what is computed of one."""


class Source:
    """One table of a statement, by the name that it has there, and what is asked of it."""

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
        self.order: list[tuple[Term, bool]] = []
        """What rows are put in order by, and whether downwards, where that is this table's alone."""
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
    reader = _Reader(names, params)
    selects = {id(part): part for part in visitors.iterate(statement) if isinstance(part, Select)}
    for select in selects.values():
        reader.read(select)
    return list(reader.sources.values())


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


def bases_of(columns: Iterable[Any]) -> set[Column[Any]]:
    """The tables' columns that columns are."""
    return {base for each in columns if (base := base_of(each)) is not None}


class _Reader:
    """Reads SELECTs, one after the other."""

    def __init__(self, names: Any, params: Mapping[str, Any]) -> None:
        self._names = names
        self._params = params
        self.sources: dict[str, Source] = {}

    def read(self, select: Any) -> None:
        links: list[Any] = []
        mine: list[Source] = []
        for each in select.get_final_froms():
            mine += self._from(each, links)
        own = {source.name for source in mine}
        for condition in (select.whereclause, *links):
            for one in _each_of(condition):
                self._condition(one, own)
        self._order(select, mine)

    def _from(self, origin: Any, links: list[Any]) -> Iterator[Source]:
        if isinstance(origin, Join):
            yield from self._from(origin.left, links)
            yield from self._from(origin.right, links)
            links.append(origin.onclause)
            return
        table = table_of(origin)
        if table is not None:
            yield self._source(origin, table)

    def _source(self, origin: Any, table: Table) -> Source:
        name = str(self._names.get(("alias", origin.name), origin.name))
        return self.sources.setdefault(name, Source(table, name))

    def _of(self, expression: Any) -> dict[str, Source]:
        found: dict[str, Source] = {}
        for column in columns_of(expression):
            table = table_of(column.table)
            if table is not None:
                source = self._source(column.table, table)
                found[source.name] = source
        return found

    def _condition(self, condition: Any, own: set[str]) -> None:
        read = self._of(condition)
        for source in read.values():
            kind = source.links if len(read) > 1 else source.conditions
            kind |= bases_of([each for each in columns_of(condition) if source.name in self._of(each)])
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
            inner = _Reader(self._names, self._params)
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
        read = [self._of(term) for term, _ in terms]
        if not terms or any(len(each) != 1 for each in read):
            return
        names = {name for each in read for name in each}
        if len(names) == 1:
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


def _is_junction(condition: Any, operator: Any) -> bool:
    return isinstance(condition, (BooleanClauseList, ExpressionClauseList)) and condition.operator is operator


def _bare(expression: Any) -> Any:
    while isinstance(expression, (Grouping, Label)):
        expression = expression.element
    if isinstance(expression, CollectionAggregate):
        return _bare(expression.element)
    return expression


def _turned(term: Any) -> tuple[Any, bool]:
    """What is ordered by, and whether downwards."""
    term, down = _bare(term), False
    while isinstance(term, UnaryExpression) and term.modifier in _TURNED | _NULLS:
        down = down or term.modifier is operators.desc_op
        term = _bare(term.element)
    return term, down
