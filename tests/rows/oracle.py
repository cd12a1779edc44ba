"""What a chain should find, worked out in plain Python: every combination of related rows, one by one.

Knows `filter` with `&` and `|` of plain comparisons, declared joins, loads, orders and `values_list`: enough
to say which joined rows there are, and so which models, in which order, and with which children. What a
condition means apart from joins, and what negation means, is left to the parity tests.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy.orm import RelationshipProperty, class_mapper

from django_like_repos import Q
from tests.parity.rows import library_rows
from tests.rows.chains import ROOTS, WORDS, Chain

Row = dict[str, Any]
Joined = dict["Alias", Row | None]

TABLES: dict[str, list[Row]] = {table.name: rows for table, rows in library_rows()}


def _found(table: str, column: str, value: Any) -> list[Row]:
    return [row for row in TABLES[table] if value is not None and row[column] == value]


@cache
def _related(relation: RelationshipProperty[Any], key: int) -> list[Row]:
    """The rows that a relation leads to from the row of that key."""
    [row] = _found(str(relation.parent.local_table), "id", key)
    target = str(relation.target)
    ((local, remote), *_) = relation.synchronize_pairs
    if relation.secondary is None:
        here, there = relation.local_remote_pairs[0]
        return _found(target, there.name, row[here.name])
    links = _found(str(relation.secondary), remote.name, row[local.name])
    ((far, link_column), *_) = relation.secondary_synchronize_pairs or ()
    return [found for link in links for found in _found(target, far.name, link[link_column.name])]


class Alias:
    """One use of a table. `call` is the filter call that it was made for; declared ones have none."""

    def __init__(
        self, parent: "Alias | None", name: str, *, call: int | None, outer: bool, declared: bool
    ) -> None:
        self.parent = parent
        self.name = name
        self.call = call
        self.outer = outer
        self.declared = declared
        self.children: list[Alias] = []
        self.relation: RelationshipProperty[Any] | None = None
        if parent is not None:
            self.relation = parent.relations[name]
            parent.children.append(self)

    @property
    def relations(self) -> Any:
        return self.model.relationships

    model: Any

    def find(self, name: str, call: int | None) -> "Alias | None":
        """The alias to use for a relation of this one; `call` None: the most recent, whoever made it."""
        found = [child for child in self.children if child.name == name]
        mine = [
            child
            for child in found
            if child.declared or call is None or child.call == call or not self.relations[name].uselist
        ]
        return next((child for child in mine if child.declared), mine[-1] if mine else None)


class Reading:
    """A chain as its aliases, and the combinations of rows that they have."""

    def __init__(self, chain: Chain) -> None:
        self.aliases: list[Alias] = []
        self.root = Alias(None, "", call=None, outer=False, declared=True)
        self.root.model = class_mapper(ROOTS[chain.root])
        self._declare(chain)
        self.loads = [self._declared(path, outer=None) for name, path in chain.declared if name == "options"]
        calls = _Calls(chain.conditions).calls
        self.conditions = [self._condition(Q(*call), number) for number, call in enumerate(calls)]
        self.fields = [self._field(name, None) for name in chain.fields]
        self.ordering = [
            (*self._field(term.removeprefix("-"), None), term.startswith("-")) for term in chain.ordering
        ]

    def models(self, *, nulls_last: bool) -> list[int]:
        """The keys of the models in their order, each by its best row."""
        return [key for (key,) in self._ranked([self.root], nulls_last=nulls_last)]

    def children(self, load: int) -> dict[int, set[tuple[int, ...]]]:
        """By model, the chains of keys that a loaded path leads through."""
        chains: dict[int, set[tuple[int, ...]]] = {}
        for joined in self.found():
            root, *rows = [joined[alias] for alias in (self.root, *self.loads[load])]
            assert root is not None
            chains.setdefault(root["id"], set()).add(tuple(row["id"] for row in rows if row))
        return chains

    def values(self, *, distinct: bool, nulls_last: bool) -> list[tuple[Any, ...]]:
        """The rows of a `values_list` in their order: one for each model and row of what is read of many."""
        read = dict.fromkeys(alias for field in self.fields for alias in _many(field[0]))
        ranked = self._ranked([self.root, *read], nulls_last=nulls_last)
        rows = [tuple(value_of(field, joined) for field in self.fields) for joined in ranked.values()]
        return list(dict.fromkeys(rows)) if distinct else rows

    def _ranked(self, keys: list[Alias], *, nulls_last: bool) -> dict[tuple[Any, ...], Joined]:
        """The best combination of each key, best first."""
        best: dict[tuple[Any, ...], tuple[Any, Joined]] = {}
        for joined in self.found():
            key = tuple(value_of((alias, "id"), joined) for alias in keys)
            rank = [
                _rank(value_of((alias, name), joined), descending=descending, nulls_last=nulls_last)
                for alias, name, descending in self.ordering
            ]
            if key not in best or rank < best[key][0]:
                best[key] = rank, joined
        return {key: joined for key, (_, joined) in sorted(best.items(), key=lambda item: item[1][0])}

    def found(self) -> Iterator[Joined]:
        """Every combination that the conditions let through, model by model."""
        for row in TABLES[str(self.root.model.local_table)]:
            for joined in self._expanded({self.root: row}, 0):
                if all(_holds(condition, joined) is True for condition in self.conditions):
                    yield joined

    def _expanded(self, joined: Joined, position: int) -> Iterator[Joined]:
        if position == len(self.aliases):
            yield joined
            return
        alias = self.aliases[position]
        assert alias.parent is not None
        assert alias.relation is not None
        parent = joined[alias.parent]
        rows: list[Any] = _related(alias.relation, parent["id"]) if parent else []
        for row in rows or ([None] if alias.outer else []):
            yield from self._expanded({**joined, alias: row}, position + 1)

    def _declare(self, chain: Chain) -> None:
        kinds: dict[str, bool] = {}
        for name, path in chain.declared:
            if name != "options":
                kinds.pop(path, None)
                kinds[path] = name == "outerjoin"
        for path, outer in kinds.items():
            self._declared(path, outer=outer)
        for path, outer in kinds.items():
            self._declared(path, outer=outer)[-1].outer = outer

    def _declared(self, path: str, *, outer: bool | None) -> list[Alias]:
        """The aliases on a declared path; those that are new are of that kind, or of their parent's."""
        chain = [self.root]
        for name in path.split("__"):
            found = chain[-1].find(name, None)
            kind = chain[-1].outer if outer is None else outer
            chain.append(found or self._added(chain[-1], name, call=None, outer=kind, declared=True))
        return chain[1:]

    def _added(self, parent: Alias, name: str, **kind: Any) -> Alias:
        alias = Alias(parent, name, **kind)
        assert alias.relation is not None
        alias.model = alias.relation.mapper
        self.aliases.append(alias)
        return alias

    def _field(self, path: str, call: int | None) -> tuple[Alias, str]:
        *hops, name = path.split("__")
        alias = self.root
        for hop in hops:
            # LEFT throughout: a comparison with what is missing does not hold, whatever the join.
            alias = alias.find(hop, call) or self._added(alias, hop, call=call, outer=True, declared=False)
        return alias, "id" if name == "pk" else name

    def _condition(self, q: Q, call: int) -> tuple[str, list[Any]]:
        assert not q.negated
        return q.connector, [
            self._condition(child, call) if isinstance(child, Q) else self._atom(*child, call)
            for child in q.children
        ]

    def _atom(self, path: str, value: Any, call: int) -> tuple[str, tuple[Alias, str], Any]:
        lookup = "exact"
        if path.split("__")[-1] in (*LOOKUPS, "isnull"):
            path, _, lookup = path.rpartition("__")
        return lookup, self._field(path, call), value


LOOKUPS = {
    "exact": lambda left, right: left == right,
    "gt": lambda left, right: left > right,
    "lt": lambda left, right: left < right,
    "in": lambda left, right: left in right,
}


def _holds(condition: Any, joined: Joined) -> bool | None:
    """In three-valued logic."""
    if len(condition) == 3:
        lookup, column, value = condition
        left = value_of(column, joined)
        if lookup == "isnull":
            return (left is None) == value
        return None if left is None else LOOKUPS[lookup](left, value)
    connector, children = condition
    answers = [_holds(child, joined) for child in children]
    decides = connector == "OR"
    return decides if decides in answers else None if None in answers else not decides


def _rank(value: Any, *, descending: bool, nulls_last: bool) -> tuple[int, Any]:
    """Where a number stands in an order: PostgreSQL takes NULL for the greatest value, SQLite for the least."""
    absent = value is None
    place, number = absent if nulls_last else -absent, value or 0
    return (-place, -number) if descending else (place, number)


def _many(alias: Alias) -> Iterator[Alias]:
    """The aliases of to-many relations that lead to this one, from the root on."""
    if alias.parent is not None:
        yield from _many(alias.parent)
        if alias.parent.relations[alias.name].uselist:
            yield alias


def value_of(column: tuple[Alias, str], joined: Joined) -> Any:
    alias, name = column
    row = joined[alias]
    return None if row is None else row[name]


class _Calls:
    """Hears what a chain says."""

    def __init__(self, conditions: tuple[str, ...]) -> None:
        self.calls: list[tuple[Q, ...]] = []
        eval("queryset" + "".join(conditions), {"queryset": self, **WORDS})

    def filter(self, *args: Q) -> "_Calls":
        self.calls.append(args)
        return self
