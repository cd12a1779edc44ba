"""The parts of a query, read: what it was put together of, and what each of them is called.

What follows of them together, such as which joins repeat its rows, is the tree's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

from sqlalchemy import BindParameter
from sqlalchemy.orm import Mapper

from django_like_repos.caching import fact
from django_like_repos.constructs.params import Params
from django_like_repos.joins.loads import Loaded, Masks
from django_like_repos.joins.tree import JoinTree, Node
from django_like_repos.language.keysets import Standing
from django_like_repos.language.sides import Column, Named, Predicate, Side
from django_like_repos.language.terms import Term
from django_like_repos.mapping.models import has_own_key, key_of
from django_like_repos.query import Names
from django_like_repos.query.shapes import Frame, Shape

OWNER: Final = "dlr_owner"
"""Before the number of a column of an owner's key: no name of an annotation."""
PLACE: Final = "dlr_place"
"""Before the number of a value that a row is ordered by."""

_NOTHING: Final[Mapping[str, Side]] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Parts:
    """What a query selects, from where, under which conditions, in what order: every alias is chosen."""

    shape: Shape
    mapper: Mapper[Any]
    params: Params
    joins: JoinTree
    foreign: bool
    """Whether SQLAlchemy expressions or loader options are part of the query."""
    columns: tuple[Named, ...] | None
    """What is read instead of models."""
    annotations: Mapping[str, Side]
    where: tuple[Predicate, ...]
    having: tuple[Predicate, ...]
    """Conditions on groups."""
    qualify: tuple[Predicate, ...]
    """Conditions on rows and the rows around them."""
    groups: tuple[Side, ...] | None
    """What makes a group, beside the model's key if ``of_models``; None where rows are in none."""
    of_models: bool
    """Whether each row of the model is a group."""
    order: tuple[Term, ...]
    keyset: tuple[Term, ...]
    """Those of them whose values come with each row."""
    distinct_on: tuple[Named, ...]
    loads: tuple[tuple[Loaded, ...], ...]
    """Per path of ``options()`` and ``select_related()``, its relations from the root on, or from what stands
    beside it."""
    masks: Masks
    limit: BindParameter[int] | None
    offset: BindParameter[int] | None
    owner_key: tuple[Column, ...]
    """What says whose rows they are, where they are loaded for owners."""
    owners_repeat: bool
    """Whether a row may be found several times for one owner, where each counts once."""
    locks: tuple[Node, ...]
    """Whose rows ``select_for_update()`` locks."""
    summary: tuple[tuple[str, Side], ...]
    outer_sides: tuple[Side, ...]
    """What it reads of the rows around it."""
    nests: bool
    """Whether it holds queries of its own."""
    brings_tables: bool
    """Whether an SQLAlchemy expression puts another table beside the model's."""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """A tree of all its fields, at a fraction of the cost of a frozen dataclass."""
        tree = object.__new__(cls)
        tree.__dict__.update(fields)
        return tree

    @property
    def names(self) -> Names:
        """What names mean at its end."""
        return self.shape.names

    @property
    def frame(self) -> Frame:
        return self.shape.frame

    @property
    def root(self) -> Node:
        return self.joins.root

    @property
    def sliced(self) -> bool:
        return self.limit is not None or self.offset is not None

    @property
    def grouped(self) -> bool:
        return self.groups is not None

    @fact
    def key(self) -> tuple[Column, ...]:
        """The primary key of the model."""
        return tuple([Column(self.root, (field,)) for field in key_of(self.mapper)])

    @fact
    def extras(self) -> Mapping[str, Side]:
        """The annotations that models carry, and what says whose they are."""
        if self.columns is not None:
            return _NOTHING
        if not self.annotations:
            return self.beside
        known = self.names.annotations
        carried = [name for name in self.annotations if name in known and known[name].selected]
        return {**{name: self.annotations[name] for name in carried}, **self.beside}

    @fact
    def beside(self) -> Mapping[str, Side]:
        """What stands beside models and values: whose they are, and where."""
        if not self.owner_key and not self.keyset:
            return _NOTHING
        taken = {column.key for column in self.mapper.columns}
        name = OWNER
        while any(each.startswith(name) for each in taken):
            name = f"{name}_"
        owners = {f"{name}{place}": column for place, column in enumerate(self.owner_key)}
        return {**owners, **self.place}

    @fact
    def place(self) -> Mapping[str, Side]:
        """Where a row stands in the order: the values of ``keyset``."""
        return {f"{PLACE}{number}": Standing(term) for number, term in enumerate(self.keyset)}

    @property
    def has_own_key(self) -> bool:
        """Whether the key of the model is that of its tables, so that a group by it has one row's columns."""
        return has_own_key(self.mapper)
