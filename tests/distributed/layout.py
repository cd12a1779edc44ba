"""A statement as a distributed database sees it: tables by the columns that their rows are spread by."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

Layout = Mapping[str, str] | None
"""Of each table that is spread its column; others are everywhere. None: each by a column of its own."""


class Column(NamedTuple):
    """A column of a table in one place of a statement."""

    place: int
    alias: str
    table: str
    name: str


class Reading:
    """The tables of a statement, and which of their columns are the same."""

    def __init__(self, tree: Any, layout: Layout) -> None:
        self.tree = tree
        self.layout = layout
        self.scopes: list[Scope] = list(traverse_scope(tree))
        self._own = _written_table(tree)

    def spread(self) -> Iterator[tuple[int, str, str]]:
        """The tables that are spread, each with the place and the alias that it has there."""
        if self._own is not None and self.is_spread(self._own.name):
            yield 0, self._own.alias_or_name, self._own.name
        for scope in self.scopes:
            for alias, source in scope.sources.items():
                if isinstance(source, exp.Table) and self.is_spread(source.name):
                    yield id(scope), alias, source.name

    def is_spread(self, table: str) -> bool:
        return self.layout is None or table in self.layout

    def is_spreading(self, column: Column) -> bool:
        """Whether rows are spread by a column; of an unknown layout nobody can say so."""
        return (self.layout or {}).get(column.table) == column.name

    def found(self, column: exp.Column, scope: Scope | None) -> Column | None:
        """What a name means in a scope or around it: a column of a table, also by way of a derived table."""
        at: Any = scope
        while at is not None:
            source = at.sources.get(column.table)
            if isinstance(source, exp.Table):
                return Column(id(at), column.table, source.name, column.name)
            if isinstance(source, Scope):
                return self._projected(column.name, source)
            at = at.parent
        if self._own is not None and column.table in ("", self._own.alias_or_name):
            return Column(0, self._own.alias_or_name, self._own.name, column.name)
        return None

    def _projected(self, name: str, scope: Scope) -> Column | None:
        query: Any = scope.expression
        while isinstance(query, exp.SetOperation):
            query, scope = query.left, scope.set_operation_scopes[0]
        for projection in query.selects:
            inner = projection.unalias()
            if projection.alias_or_name == name and isinstance(inner, exp.Column):
                return self.found(inner, scope)
        return None

    def is_of_one_place(self) -> bool:
        """Whether every spread table is asked for one value of the column that it is spread by."""
        known: set[tuple[int, str]] = set()
        same: list[set[tuple[int, str]]] = []
        for scope, condition in self._conditions():
            for pair in _equalities(condition):
                columns = {(side.place, side.alias) for side in self._spreading(pair, scope)}
                if len(columns) == 2:
                    same.append(columns)
                elif any(isinstance(_bare(each), (exp.Parameter, exp.Literal)) for each in pair):
                    known |= columns
        while any(columns & known and not columns <= known for columns in same):
            known = known.union(*(columns for columns in same if columns & known))
        return all((place, alias) in known for place, alias, _ in self.spread())

    def is_joined_by(self, condition: Any, scope: Scope | None) -> bool:
        """Whether a condition says that two columns by which rows are spread are the same."""
        if condition is None:
            return False
        return any(len(self._spreading(pair, scope)) == 2 for pair in _equalities(condition))

    def _spreading(self, pair: Iterable[Any], scope: Scope | None) -> list[Column]:
        """Those sides of an equality that are columns by which rows are spread."""
        bare = [_bare(each) for each in pair]
        found = [self.found(each, scope) for each in bare if isinstance(each, exp.Column)]
        return [each for each in found if each is not None and self.is_spreading(each)]

    def _conditions(self) -> Iterator[tuple[Scope | None, Any]]:
        where = self.tree.args.get("where")
        if self._own is not None and where is not None:
            yield None, where.this
        for scope in self.scopes:
            if not isinstance(scope.expression, exp.Select):
                continue
            own = scope.expression.args.get("where")
            if own is not None:
                yield scope, own.this
            for join in scope.expression.args.get("joins") or ():
                if join.args.get("on") is not None:
                    yield scope, join.args["on"]


def _written_table(tree: Any) -> exp.Table | None:
    written = tree.this if isinstance(tree, (exp.Update, exp.Delete, exp.Insert)) else None
    written = written.this if isinstance(written, exp.Schema) else written
    return written if isinstance(written, exp.Table) else None


def _equalities(condition: Any) -> Iterator[tuple[Any, Any]]:
    """Those that hold whenever the condition does, row values column by column."""
    if isinstance(condition, exp.Paren):
        yield from _equalities(condition.this)
    elif isinstance(condition, exp.And):
        for part in condition.flatten():
            yield from _equalities(part)
    elif isinstance(condition, exp.EQ):
        left, right = condition.this, condition.expression
        if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
            yield from zip(left.expressions, right.expressions, strict=True)
        else:
            yield left, right


def _bare(part: Any) -> Any:
    """An expression without its casts and parentheses."""
    while isinstance(part, (exp.Cast, exp.Paren)):
        part = part.this
    return part
