"""What a chain should find, worked out in plain Python: every combination of related rows, one by one.

Reads `filter` with `&` and `|` of plain comparisons, declared joins, loads, orders and `values_list`: enough
to say which joined rows there are, and so which models, in which order, with which children. What negation
means is left to the parity tests.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from sqlalchemy.orm import Mapper, RelationshipProperty, class_mapper

from django_like_repos import Q
from tests.parity.rows import library_rows
from tests.rows.chains import MODEL_NAMED, WORDS, Chain

Row = dict[str, Any]
Joined = dict["Alias", Row | None]

TABLES: Final[dict[str, list[Row]]] = {table.name: rows for table, rows in library_rows()}

LOOKUPS: Final[dict[str, Callable[[Any, Any], bool | None]]] = {
    "exact": lambda left, right: None if left is None else left == right,
    "gt": lambda left, right: None if left is None else left > right,
    "lt": lambda left, right: None if left is None else left < right,
    "isnull": lambda left, right: (left is None) == right,
}


class Alias:
    """One use of a table: the root, or where a relation of another alias leads."""

    def __init__(
        self,
        mapper: Mapper[Any],
        relation: "RelationshipProperty[Any] | None" = None,
        parent: "Alias | None" = None,
        *,
        call: int | None = None,
        declared: bool = False,
        outer: bool = True,
    ) -> None:
        self.mapper = mapper
        self.relation = relation
        self.parent = parent
        self.call = call
        """The call of `filter` that it was made for."""
        self.declared = declared
        # A comparison with what is missing does not hold, so LEFT is right wherever nothing else was said.
        self.outer = outer
        self.children: list[Alias] = []

    @property
    def to_many(self) -> bool:
        return self.relation is not None and bool(self.relation.uselist)

    @property
    def lineage(self) -> list["Alias"]:
        """The aliases from the root to this one."""
        return [*(self.parent.lineage if self.parent else []), self]

    def child(self, name: str, call: int | None) -> "Alias | None":
        """What a relation leads to already, as far as a call may use it (None: whoever made it)."""
        found = [alias for alias in self.children if alias.relation is self.mapper.relationships[name]]
        usable = [
            alias
            for alias in found
            if alias.declared or call is None or alias.call == call or not alias.to_many
        ]
        return next((alias for alias in usable if alias.declared), usable[-1] if usable else None)


class Reading:
    """A chain as its aliases, and the combinations of rows that they have."""

    def __init__(self, chain: Chain, *, nulls_last: bool) -> None:
        """`nulls_last`: NULL is greater than every value, as on PostgreSQL; else smaller, as on SQLite."""
        self._nulls_last = nulls_last
        self._root = Alias(class_mapper(MODEL_NAMED[chain.root]))
        self._aliases: list[Alias] = []
        self._declare(chain)
        self._loads = {path: self._declared(path, outer=None) for path in chain.loads}
        self._conditions = [
            self._condition(condition, number)
            for number, condition in enumerate(_conditions_of(chain.conditions))
        ]
        self._distinct = chain.distinct
        self._fields = [self._field(name) for name in chain.fields]
        self._ordering = [
            (self._field(term.removeprefix("-")), term.startswith("-")) for term in chain.ordering
        ]

    def models(self) -> list[int]:
        """The keys of the models in their order, each by its best row."""
        return [key for (key,) in self._ranked([self._root])]

    def children(self, path: str) -> dict[int, set[tuple[int, ...]]]:
        """By model, the chains of keys that a loaded path leads through."""
        chains: dict[int, set[tuple[int, ...]]] = {}
        for joined in self._found():
            model, *rows = [joined[alias] for alias in (self._root, *self._loads[path])]
            assert model is not None
            chains.setdefault(model["id"], set()).add(tuple(row["id"] for row in rows if row))
        return chains

    def values(self) -> list[tuple[Any, ...]]:
        """The rows of `values_list` in their order: one for each model and row of what is read of many."""
        read = [alias for field in self._fields for alias in field[0].lineage if alias.to_many]
        ranked = self._ranked([self._root, *dict.fromkeys(read)])
        rows = [tuple(_value(field, joined) for field in self._fields) for joined in ranked.values()]
        return list(dict.fromkeys(rows)) if self._distinct else rows

    def _ranked(self, keys: list[Alias]) -> dict[tuple[Any, ...], Joined]:
        """The best combination that each key has, the best key first."""
        best: dict[tuple[Any, ...], tuple[list[Any], Joined]] = {}
        for joined in self._found():
            key = tuple(_value((alias, "id"), joined) for alias in keys)
            rank = [self._rank(_value(field, joined), descending) for field, descending in self._ordering]
            if key not in best or rank < best[key][0]:
                best[key] = rank, joined
        return {key: joined for key, (_, joined) in sorted(best.items(), key=lambda item: item[1][0])}

    def _rank(self, value: Any, descending: bool) -> tuple[int, Any]:
        """Where a number stands in an order."""
        absent = value is None
        place, number = absent if self._nulls_last else -absent, value or 0
        return (-place, -number) if descending else (place, number)

    def _found(self) -> Iterator[Joined]:
        """Every combination of rows for which the conditions hold."""
        for row in TABLES[str(self._root.mapper.local_table)]:
            for joined in self._joined({self._root: row}, self._aliases):
                if all(_holds(condition, joined) is True for condition in self._conditions):
                    yield joined

    def _joined(self, joined: Joined, aliases: list[Alias]) -> Iterator[Joined]:
        if not aliases:
            yield joined
            return
        alias, *others = aliases
        assert alias.parent is not None
        assert alias.relation is not None
        parent = joined[alias.parent]
        rows: list[Any] = [] if parent is None else _related(alias.relation, parent["id"])
        for row in rows or ([None] if alias.outer else []):
            yield from self._joined({**joined, alias: row}, others)

    def _declare(self, chain: Chain) -> None:
        kinds: dict[str, bool] = {}
        for name, path in chain.declared:
            if name != "options":
                kinds.pop(path, None)
                kinds[path] = name == "outerjoin"
        ends = {path: self._declared(path, outer=outer)[-1] for path, outer in kinds.items()}
        for path, alias in ends.items():
            alias.outer = kinds[path]

    def _declared(self, path: str, *, outer: bool | None) -> list[Alias]:
        """The aliases on a declared path, the new ones of that kind, or (None) of the kind before them."""
        aliases = [self._root]
        for name in path.split("__"):
            alias = aliases[-1]
            kind = (alias.outer and alias is not self._root) if outer is None else outer
            aliases.append(alias.child(name, None) or self._join(alias, name, declared=True, outer=kind))
        return aliases[1:]

    def _join(self, parent: Alias, name: str, **kind: Any) -> Alias:
        relation = parent.mapper.relationships[name]
        alias = Alias(relation.mapper, relation, parent, **kind)
        parent.children.append(alias)
        self._aliases.append(alias)
        return alias

    def _field(self, path: str, call: int | None = None) -> tuple[Alias, str]:
        *hops, name = path.split("__")
        alias = self._root
        for hop in hops:
            alias = alias.child(hop, call) or self._join(alias, hop, call=call)
        return alias, "id" if name == "pk" else name

    def _condition(self, condition: Any, call: int) -> Any:
        if isinstance(condition, Q):
            assert not condition.negated
            return condition.connector, [self._condition(child, call) for child in condition.children]
        name, value = condition
        path, _, lookup = name.rpartition("__")
        if lookup not in LOOKUPS:
            path, lookup = name, "exact"
        return LOOKUPS[lookup], self._field(path, call), value


@cache
def _related(relation: "RelationshipProperty[Any]", key: int) -> list[Row]:
    """The rows that a relation leads to from the row of that key."""
    [row] = _where(str(relation.parent.local_table), "id", key)
    target = str(relation.mapper.local_table)
    if relation.secondary is None:
        [(near, far)] = relation.local_remote_pairs or []
        return _where(target, far.name, row[near.name])
    [(near, link_to_near)] = relation.synchronize_pairs
    [(far, link_to_far)] = relation.secondary_synchronize_pairs or []
    links = _where(str(relation.secondary), link_to_near.name, row[near.name])
    return [found for link in links for found in _where(target, far.name, link[link_to_far.name])]


def _where(table: str, column: str, value: Any) -> list[Row]:
    return [row for row in TABLES[table] if value is not None and row[column] == value]


def _value(field: tuple[Alias, str], joined: Joined) -> Any:
    alias, name = field
    row = joined[alias]
    return None if row is None else row[name]


def _holds(condition: Any, joined: Joined) -> bool | None:
    """In the logic of three values."""
    if len(condition) == 3:
        lookup, field, value = condition
        held: bool | None = lookup(_value(field, joined), value)
        return held
    connector, children = condition
    answers = [_holds(child, joined) for child in children]
    decides = connector == Q.OR
    return decides if decides in answers else None if None in answers else not decides


def _conditions_of(calls: tuple[str, ...]) -> list[Q]:
    heard = _Heard()
    eval("queryset" + "".join(calls), {"queryset": heard, **WORDS})
    return heard.conditions


class _Heard:
    """Stands for a queryset, and keeps what it is told."""

    def __init__(self) -> None:
        self.conditions: list[Q] = []

    def filter(self, *conditions: Q) -> "_Heard":
        self.conditions.append(Q(*conditions))
        return self
