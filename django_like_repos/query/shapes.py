"""What remains of a call when its values are taken out: hashable, and all that decides the SQL.

A shape and the values taken out of it (the params) lie side by side in a ``Clause``; the order in which a
shape is read, left to right and outside in, is the order of its params. The tuples differ in length, in the
types they hold or by a tag, so that no two kinds of shape are ever equal.
"""

from collections.abc import Hashable
from typing import Any, Final, NamedTuple

from django_like_repos.query.bodies import Body
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

STAR: Final = "star"
"""The rows themselves, in ``Count("*")``."""

OPAQUE_AGGREGATE: Final = "opaque aggregate"
"""The same, computed of a group of rows."""

# Conditions that hold for no row, and for every row.
NEVER: Final = "never"
ALWAYS: Final = "always"


class Reference(NamedTuple):
    """A field of the same row, or an annotation: ``F("status__code")``."""

    path: str


class Outer(NamedTuple):
    """A field of a row around the subquery, so many levels up: ``OuterRef("pk")``."""

    path: str
    levels: int
    tag: str = "outer"


class Offered(NamedTuple):
    """A column of the row that is proposed beside the one that is there, by its attribute."""

    key: str
    tag: str = "offered"


class Typed(NamedTuple):
    """One param, of a Python type or of an SQLAlchemy type; of None's there is no param."""

    type: Any


UNTYPED: Final = Typed(type(None))
"""NULL, and nothing known of it."""


class Arithmetic(NamedTuple):
    """An operator between two operands."""

    operator: str
    left: Hashable
    right: Hashable
    kind: str = "arithmetic"


class Call(NamedTuple):
    """A function: ``options`` are what decides its SQL beside its arguments."""

    kind: type[Any]
    options: Hashable
    arguments: tuple[Hashable, ...]
    type: Any = None
    """The SQLAlchemy type that was asked for."""
    tag: str = "call"


class Aggregation(NamedTuple):
    """An aggregate."""

    call: Call
    distinct: bool
    filter: Hashable
    """A condition, or None."""
    order: "tuple[Sort, ...]"
    tag: str = "aggregation"


class Over(NamedTuple):
    """A function of the rows around a row."""

    function: Hashable
    partition: tuple[Hashable, ...]
    order: "tuple[Sort, ...]"
    frame: Hashable
    type: Any = None
    tag: str = "over"


class Choice(NamedTuple):
    """``Case``: conditions with their values, and the value where none holds."""

    cases: tuple[tuple[Hashable, Hashable], ...]
    default: Hashable
    type: Any = None
    tag: str = "choice"


class Truth(NamedTuple):
    """A condition as a value."""

    condition: Hashable
    tag: str = "truth"


class Looked(NamedTuple):
    """A condition on what is computed, as a value."""

    left: Hashable
    condition: Hashable
    names: Names
    """What names mean in the condition."""
    tag: str = "looked"


class Wrapped(NamedTuple):
    """An expression to which the user gave a type."""

    inner: Hashable
    type: Any
    tag: str = "wrapped"


class Part(NamedTuple):
    """A part of a text: from where, and how much if not all."""

    text: Hashable
    bounds: tuple[Hashable, ...]
    tag: str = "part"


class Raw(NamedTuple):
    """SQL of the user's own, and its params."""

    sql: str
    params: tuple[Hashable, ...]
    type: Any
    tag: str = "raw"


class Nested(NamedTuple):
    """A query asked for each row: its one value, or whether it has any row."""

    shape: "Shape"
    exists: bool
    type: Any = None
    tag: str = "nested"


class Sort(NamedTuple):
    """One term of an ordering that is computed; ``nulls`` is ``first``, ``last`` or None."""

    value: Hashable
    descending: bool
    nulls: str | None
    tag: str = "sort"


class Annotate(NamedTuple):
    """A call of ``annotate()`` or ``alias()``, for one name."""

    name: str
    value: Hashable
    grouped_by: "Projection | bool"
    """The values that make a group, if this is an aggregate; True for the model itself."""
    names: Names
    """What names mean from here on."""
    tag: str = "annotate"


class Filtered(NamedTuple):
    """A ``FilteredRelation`` under its name; the condition is about the names that lead through it."""

    name: str
    relation: str
    condition: Hashable
    names: Names | None = None
    """What names mean from here on."""
    tag: str = "filtered"


class Test(NamedTuple):
    """An expression that is true or false, as a condition."""

    value: Hashable
    tag: str = "test"


class Calls(NamedTuple):
    """Calls that must all hold, each with its own related rows: one side of ``queryset | queryset``."""

    steps: tuple[Hashable, ...]
    names: Names
    """What names mean before them."""
    tag: str = "calls"


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
    """One term of an ordering by a path; without a path it is an SQLAlchemy expression."""

    path: str | None
    descending: bool


class Join(NamedTuple):
    """A path whose join the user declared with ``innerjoin()`` or ``outerjoin()``."""

    path: str
    outer: bool


class Combination(NamedTuple):
    """``union()`` and its kin: the shapes of whole queries."""

    operator: str
    all: bool
    members: "tuple[Shape, ...]"
    tag: str = "combination"


class Projection(NamedTuple):
    """Fields to read instead of models; ``position`` is how many steps came before the call."""

    fields: tuple[str, ...]
    position: int


class Owned(NamedTuple):
    """That the rows of owners are wanted, whose keys are the last param, a list; each with its owner's."""

    by: Hashable
    """How they are known for an owner's."""
    keys: Hashable
    """``LIST`` or ``LONG_LIST``; None where the statement has found the owners, without a param."""
    tag: str = "owned"


class Fields(NamedTuple):
    """What ``only()`` or ``defer()`` named: attributes of the model, and of what relations lead to."""

    places: tuple[tuple[str, ...], ...]
    """Per attribute the relations that lead to it, and its key."""
    deferred: bool
    """Whether these are left out; else all others are."""
    tag: str = "fields"


class Locked(NamedTuple):
    """That rows are locked as they are read: ``select_for_update()``."""

    nowait: bool = False
    skip_locked: bool = False
    of: tuple[str, ...] = ()
    """Whose rows: relation paths, and ``self``; those of the model alone if nothing is named."""
    no_key: bool = False
    tag: str = "locked"


class Keyset(NamedTuple):
    """That each row comes with the values that it is ordered by; which rows, the last params say."""

    nulls: tuple[bool, ...] | None = None
    """Of each value of the place beyond which the rows lie, whether it is NULL; the others are params. None
    for all rows."""
    inclusive: bool = False
    """Whether the row at that place is among them."""
    part: str = "all"
    """``all`` of them; ``alike``, those whose first value is NULL or not as that of the place is; ``others``,
    all the rest; ``at``, none of them, and the row at the place itself, whose last values there are."""
    tag: str = "keyset"


class Frame(NamedTuple):
    """What decides the SQL beside steps, order and slice; most chains leave it as it is."""

    joins: tuple[Join, ...] = ()
    loads: tuple[str, ...] = ()
    """Relation paths of ``options()``."""
    projection: Projection | None = None
    distinct: bool = False
    backwards: bool = False
    distinct_on: tuple[str, ...] = ()
    """Of rows that are alike in these fields only the first one counts."""
    combined: Combination | None = None
    """What the rows come from, if not from the model's table."""
    summary: tuple[tuple[str, Hashable, Names], ...] = ()
    """The aggregates of ``aggregate()``, by name, and what names mean in each."""
    owned: "Owned | None" = None
    """Whose rows are wanted, if they are loaded for the rows at the other end of a relation."""
    related: tuple[str, ...] = ()
    """Relation paths of ``select_related()``."""
    fields: Fields | None = None
    fetch_mode: str | None = None
    """What reading an attribute does that is not loaded, where ``fetch_mode()`` said."""
    locked: Locked | None = None
    keyset: Keyset | None = None
    """Beyond which place in their order the rows of ``cursor_page()`` lie."""
    body: Body | None = None
    """What the database writes rows as, where it is to write them."""

    def evolve(self, **changes: Any) -> "Frame":
        """``_replace()`` at a third of its cost."""
        parts = [*self]
        for name, value in changes.items():
            parts[_PLACES[name]] = value
        return tuple.__new__(Frame, parts)

    @property
    def unfilled(self) -> "Frame":
        """The same, saying nothing of what its models hold: it decides no rows."""
        if not self.related and self.fields is None and self.fetch_mode is None:
            return self
        return self._replace(related=(), fields=None, fetch_mode=None)


_PLACES: Final = {name: place for place, name in enumerate(Frame._fields)}


class Shape(NamedTuple):
    """A whole query without its values."""

    names: Names
    frame: Frame
    steps: tuple[Hashable, ...]
    ordering: tuple[Order, ...]
    limited: bool
    offset: bool
