"""A shape, read: a frozen value that holds everything an SQL statement of a query can need.

Nothing changes it; what a statement makes of it are ``Rows``, which passes rewrite.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django_like_repos.caching import fact
from django_like_repos.joins.tree import Node, lineage_of
from django_like_repos.language.equality import can_be_told_apart
from django_like_repos.language.row_keys import kinds_of, links_of
from django_like_repos.language.sides import Column, Named, Side
from django_like_repos.language.terms import is_single
from django_like_repos.mapping.eager import loads_by_joins
from django_like_repos.mapping.models import columns_of, key_of
from django_like_repos.tree.parts import Parts


@dataclass(frozen=True, eq=False)
class Tree(Parts):
    """A query read as a whole: its parts, and what follows of them for its rows."""

    members: "tuple[Tree, ...]"
    """The queries that this one is a union of, or the like."""
    walks: "tuple[Any, ...]"
    """The recursions whose rows it is joined with, each a ``Recursion`` with trees of its own."""

    @fact
    def fits_table(self) -> bool:
        """Whether its models can be told apart, and read, by the columns of a derived table."""
        # What is left out of the models has no place in a table of them.
        if self.masks:
            return False
        # An SQLAlchemy expression or loader option speaks of the table itself, which a derived table hides.
        mapper = self.mapper
        plain = mapper.inherits is None and mapper.polymorphic_on is None and not self.foreign
        whole = all(field.column is not None for field in columns_of(mapper))
        loaded = not any(prop.deferred for prop in mapper.column_attrs)
        return plain and whole and loaded and can_be_told_apart(mapper)

    @fact
    def windows(self) -> bool:
        """Whether rows carry, or are ordered by, what is computed of the rows around."""
        sides = [*(self.columns or ()), *self.extras.values(), *[term.side for term in self.order]]
        return any(side.window for side in sides)

    @fact
    def returns_sets(self) -> bool:
        """Whether what is read may make several rows of one, or none: SQLite has nothing that does."""
        if self.params.sqlite:
            return False
        sides: list[Side] = [*(self.columns or self.extras.values())]
        return any(side.returns_sets and not side.aggregate for side in sides)

    @fact
    def surrounded(self) -> bool:
        """Whether its rows can be told, or what they carry, only when all of them are there."""
        if self.qualify or self.distinct_on:
            return True
        if not self.windows:
            return False
        # A window sees the rows that joins, options and the mapping put beside the query's own.
        return bool(self.multiplied or self.frame.loads or self.foreign or self.joins_more)

    @fact
    def joins_more(self) -> bool:
        """Whether the mapping joins rows of its own to the models'."""
        return loads_by_joins(self.mapper)

    @fact
    def read(self) -> frozenset[Node]:
        """The nodes whose rows are part of the result, with those that lead to them."""
        if self.columns is not None:
            return self.told
        return self.told | self.loaded

    @fact
    def loaded(self) -> frozenset[Node]:
        """The nodes whose rows fill models, with those that lead to them."""
        return lineage_of(loaded.node for chain in self.loads for loaded in chain)

    @fact
    def told(self) -> frozenset[Node]:
        """The nodes whose rows make different rows of the result."""
        known = self.names.annotations
        sides: list[Side] = [*(self.columns or ()), *self.distinct_on, *[side for _, side in self.summary]]
        sides += [*self.owner_key, *[term.side for term in self.keyset]]
        # As in Django, what is annotated too, also where it is not among the values that are read.
        sides += [side for name, side in self.annotations.items() if name in known and known[name].selected]
        nodes = [node for side in sides for node in side.nodes]
        if self.groups is not None:
            sides = [*self.groups, *_aggregates_of(self), *[term.side for term in self.order]]
            nodes += [node for side in sides for node in side.nodes]
            nodes += [node for predicate in self.having for node in predicate.nodes]
        nodes += [node for predicate in self.qualify for node in predicate.nodes]
        if self.qualify or self.distinct_on or self.windows:
            # What is ordered by has to be there too, but makes no other row.
            nodes += [node for term in self.order if is_single(term) for node in term.side.nodes]
        return lineage_of(nodes)

    @fact
    def multiplied(self) -> bool:
        """Whether joins that are no part of the result would repeat its rows."""
        loose = any(node.to_many and node not in self.read for node in self.joins.nodes)
        return (
            loose or self.brings_tables or self.owners_repeat or any(term.multiplies for term in self.order)
        )

    @fact
    def repeated(self) -> bool:
        """Whether joins repeat the rows that are told apart."""
        loose = any(node.to_many and node not in self.told for node in self.joins.nodes)
        return loose or self.multiplied

    @fact
    def whole_key(self) -> tuple[Named, ...]:
        """What tells the model's rows apart: its key, and of a union of tables which of them a row is of."""
        return (*self.key, *kinds_of(self.joins.root, self.mapper))

    @fact
    def row_key(self) -> tuple[Named, ...]:
        """What tells rows apart: the model's key, and that of every to-many node that the result reads."""
        nodes = [node for node in self.joins.nodes if node.to_many and node in self.told]
        others = [side for node in nodes for side in self._key_of(node)]
        return (*self.whole_key, *others)

    def _key_of(self, node: Node) -> Iterator[Named]:
        """What tells the rows of a node apart."""
        hop = node.hop
        assert hop is not None
        if hop.backwards:
            yield from [Column(node, column.fields) for column in self.owner_key]
            return
        yield from links_of(node)
        yield from [Column(node, (field,)) for field in key_of(hop.target)]
        yield from kinds_of(node, hop.target)

    @fact
    def different(self) -> bool:
        """Whether ``distinct()`` makes fewer of its models, which a join that annotations read repeats."""
        wanted = self.frame.distinct and bool(self.extras) and not self.grouped
        return wanted and any(node.to_many for node in self.told)

    @fact
    def apart(self) -> tuple[Side, ...]:
        """What tells models apart: their keys, and what is annotated on them."""
        return (*self.whole_key, *self.extras.values())


def _aggregates_of(tree: Tree) -> list[Side]:
    summary = {name for name, _ in tree.summary}
    return [side for name, side in tree.annotations.items() if side.aggregate and name not in summary]
