"""What remains of a call when its values are taken out: hashable, and all that decides the SQL.

A shape and the values taken out of it (the params) lie side by side in a ``Clause``; the order in which a
shape is read, left to right and outside in, is the order of its params. The tuples differ in length or in
the types they hold, so that no two kinds of shape are ever equal.
"""

from collections.abc import Hashable
from typing import Final, NamedTuple

from django_like_repos.query.names import Names

# Operands: what stands on the right of a lookup.
VALUE: Final = "value"
"""One param, typed as the field."""
NULL: Final = "null"
"""JSON's null."""
TRUE: Final = "true"
FALSE: Final = "false"
LIST: Final = "list"
"""One param that is a list."""
LONG_LIST: Final = "long list"
"""The same, longer than what a database takes as separate parameters."""
OPAQUE: Final = "opaque"
"""An SQLAlchemy expression; the clause holds it apart, in order."""

# Conditions that hold for no row, and for every row.
NEVER: Final = "never"
ALWAYS: Final = "always"


class Reference(NamedTuple):
    """A field of the same row: ``F("status__code")``."""

    path: str


class Typed(NamedTuple):
    """One param of a Python type of its own, inside arithmetic."""

    type: type


class Arithmetic(NamedTuple):
    """An operator between two operands."""

    operator: str
    left: Hashable
    right: Hashable
    kind: str = "arithmetic"


class Pair(NamedTuple):
    """Two operands: the ends of a range."""

    low: Hashable
    high: Hashable


class Members(NamedTuple):
    """The members of a list some of which are computed; ``rest`` are the others, if any."""

    computed: tuple[Hashable, ...]
    rest: Hashable


class Row(NamedTuple):
    """As many operands as the compared key has columns."""

    parts: tuple[Hashable, ...]


class Subquery(NamedTuple):
    """A whole query as the right side."""

    shape: "Shape"


class Atom(NamedTuple):
    """One lookup on one path; the path's transforms are part of its name."""

    path: str
    lookup: str
    operand: Hashable


class Group(NamedTuple):
    """Conditions under one connector."""

    connector: str
    negated: bool
    children: tuple[Hashable, ...]


class Order(NamedTuple):
    """One term of an ordering; without a path it is an SQLAlchemy expression."""

    path: str | None
    descending: bool


class Join(NamedTuple):
    """A path whose join the user declared with ``innerjoin()`` or ``outerjoin()``."""

    path: str
    outer: bool


class Projection(NamedTuple):
    """Fields to read instead of models; ``position`` is how many steps came before the call."""

    fields: tuple[str, ...]
    position: int


class Frame(NamedTuple):
    """What decides the SQL beside steps, order and slice; most chains leave it as it is."""

    joins: tuple[Join, ...] = ()
    loads: tuple[str, ...] = ()
    """Relation paths of ``options()``."""
    projection: Projection | None = None
    distinct: bool = False
    backwards: bool = False


class Shape(NamedTuple):
    """A whole query without its values."""

    names: Names
    frame: Frame
    steps: tuple[Hashable, ...]
    ordering: tuple[Order, ...]
    limited: bool
    offset: bool
