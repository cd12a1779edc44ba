"""Recursions in SQL: the keys that are come to, each once, with what is asked of how they are come to.

Every one of them ends. Where no row can be come to from two others, a row comes once unless it is a root,
and roots are not gone through again: a cycle that is come to has one of them. Keys alone are put together by
UNION, which goes through none twice. Else steps are counted up to the number of rows that are reached at all,
since the least number of steps to a row is less than that, and the least is taken.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, and_, func, literal_column, select, types, union_all

from django_like_repos.constructs.trees import place_in_path
from django_like_repos.passes import rewritten
from django_like_repos.query.trees import DEPTH, PATH
from django_like_repos.rows import asking
from django_like_repos.statements.select import select_rows
from django_like_repos.tree.walking import Recursion, Step, row_of

KEY: Final = "pk"
PLACE: Final = "place"
RANK: Final = "rank"
_NONE: Final[ColumnElement[int]] = literal_column("0", types.Integer())
_ONE: Final[ColumnElement[int]] = literal_column("1", types.Integer())


class Walked(NamedTuple):
    """What a recursion is in a statement."""

    roots: CTE
    keys: CTE
    """Their first columns are the key, the others have names."""


def walked(recursion: Recursion) -> Walked:
    """The tables of a recursion."""
    saying = _Saying(recursion)
    return Walked(saying.roots, saying.keys())


class _Saying:
    def __init__(self, recursion: Recursion) -> None:
        self._recursion = recursion
        self._params = recursion.roots.params
        self._width = len(recursion.roots.key)
        self.roots: CTE = self._table(
            select_rows(rewritten(asking.members(recursion.roots, ()))), "roots", recursive=False
        )

    def keys(self) -> CTE:
        """The keys that are come to."""
        walk = self._recursion.walk
        if walk.siblings is not None:
            return self._in_order()
        if not walk.counted and self._recursion.most is None:
            return self._reached()
        return self._forest() if self._recursion.single else self._least()

    def _table(self, statement: Any, name: str, *, recursive: bool = True) -> CTE:
        table: CTE = self._params.aliases.recursive(statement, name, recursive=recursive)
        return table

    def _root_keys(self) -> list[Any]:
        names = [KEY, *[f"{KEY}_{number}" for number in range(2, self._width + 1)]]
        return [column.label(name) for column, name in zip(self.roots.c, names, strict=True)]

    def _key(self, table: Any) -> list[Any]:
        return [*table.c][: self._width]

    def _edges(self, step: Step) -> tuple[Select[Any], list[Any], list[Any]]:
        """The rows of a step, and of each what is come from and what is come to."""
        statement = select_rows(rewritten(asking.edges(step.tree, (*step.before, *step.after))))
        columns = [*statement.inner_columns]
        return statement, columns[: self._width], columns[self._width :]

    def _stepping(self, table: CTE, carried: Sequence[Any], *conditions: Any, again: bool) -> list[Any]:
        """The recursive parts of a table: what is come to from its rows, with what these carry along.

        Unless ``again``, roots are not come to.
        """
        parts: list[Any] = []
        if len(self._recursion.steps) <= 1 or self._params.sqlite:
            for step in self._recursion.steps:
                statement, before, after = self._edges(step)
                parts.append(
                    statement.with_only_columns(*after, *carried, maintain_column_froms=True).where(
                        self._same(before, table), *conditions, *self._beyond_roots(after, again)
                    )
                )
            return parts
        # PostgreSQL lets a table speak of itself in one place only.
        edges = self._all_edges()
        before, after = [*edges.c][: self._width], [*edges.c][self._width :]
        joined = select(*after, *carried).select_from(table).join(edges, self._same(before, table))
        return [joined.where(*conditions, *self._beyond_roots(after, again))]

    def _all_edges(self, *conditions: Any) -> Any:
        statements = [self._edges(step)[0] for step in self._recursion.steps]
        return self._params.aliases.derived(union_all(*statements), "edges")

    def _same(self, columns: Sequence[Any], table: Any) -> ColumnElement[bool]:
        return and_(*[one == other for one, other in zip(columns, self._key(table), strict=True)])

    def _beyond_roots(self, columns: Sequence[Any], again: bool) -> list[Any]:
        return [] if again else [row_of(columns).not_in(select(*self.roots.c))]

    def _reached(self) -> CTE:
        """Every key once, and nothing but keys."""
        table = self._table(select(*self._root_keys()), "reached")
        return table.union(*self._stepping(table, (), again=True))

    def _forest(self) -> CTE:
        """The keys and how many steps lead to each, where only one way does."""
        table = self._table(select(*self._root_keys(), _NONE.label(DEPTH)), "tree")
        bound = self._bound(table)
        return table.union_all(*self._stepping(table, [table.c[DEPTH] + _ONE], *bound, again=False))

    def _bound(self, table: Any) -> list[Any]:
        most = self._recursion.most
        return [] if most is None else [table.c[DEPTH] < most]

    def _least(self) -> CTE:
        """The keys and how many steps lead to each at least."""
        table = self._table(select(*self._root_keys(), _NONE.label(DEPTH)), "steps")
        bound = self._bound(table)
        if self._recursion.walk.far:
            number = select(func.count()).select_from(self._reached()).scalar_subquery()
            bound.append(table.c[DEPTH] < number)
        steps = table.union(*self._stepping(table, [table.c[DEPTH] + _ONE], *bound, again=False))
        key = self._key(steps)
        least = select(*key, func.min(steps.c[DEPTH]).label(DEPTH)).group_by(*key)
        return self._table(least, "tree", recursive=False)

    def _in_order(self) -> CTE:
        """The same with the path to each: places in the order of siblings, one beneath the other."""
        single = self._recursion.single
        found = self._forest() if single else self._least()
        places = self._places(found)
        code = place_in_path(places.c[PLACE], sqlite=self._params.sqlite)
        first = select(*self._root_keys(), _NONE.label(DEPTH), code.label(PATH))
        first = first.select_from(self.roots).join(places, self._same([*self.roots.c], places))
        table = self._table(first, "ordered")
        carried = [table.c[DEPTH] + _ONE, table.c[PATH] + code]
        if not single:
            return table.union_all(self._by_one_way(table, found, places, carried))
        parts: list[Any] = []
        for step in self._recursion.steps:
            statement, before, after = self._edges(step)
            statement = statement.with_only_columns(*after, *carried, maintain_column_froms=True)
            conditions = self._same(before, table), self._same(after, places)
            parts.append(
                statement.where(*conditions, *self._bound(table), *self._beyond_roots(after, again=False))
            )
        return table.union_all(*parts)

    def _by_one_way(self, table: CTE, found: CTE, places: CTE, carried: Sequence[Any]) -> Any:
        """What is come to, by one of the ways that have the fewest steps: that from the least key."""
        edges = self._all_edges()
        before, after = [*edges.c][: self._width], [*edges.c][self._width :]
        upper, lower = found.alias(), found.alias()
        rank = func.row_number().over(partition_by=after, order_by=before).label(RANK)
        ranked = (
            select(*before, *after, rank)
            .select_from(edges)
            .join(upper, self._same(before, upper))
            .join(lower, self._same(after, lower))
            .where(upper.c[DEPTH] + _ONE == lower.c[DEPTH])
        )
        ways = self._table(ranked, "ways", recursive=False)
        before, after = [*ways.c][: self._width], [*ways.c][self._width : -1]
        return (
            select(*after, *carried)
            .select_from(table)
            .join(ways, self._same(before, table))
            .join(places, self._same(after, places))
            .where(ways.c[RANK] == _ONE)
        )

    def _places(self, found: CTE) -> CTE:
        """The keys and the place of each in the order of siblings, among all."""
        tree = self._recursion.siblings
        assert tree is not None
        statement = select_rows(rewritten(asking.places(tree)))
        key = [*statement.inner_columns][: self._width]
        statement = statement.where(row_of(key).in_(select(*self._key(found))))
        return self._table(statement, "places", recursive=False)
