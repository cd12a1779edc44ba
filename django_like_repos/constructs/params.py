"""Bind parameters of one statement: where values will stand, in the order of the shape."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Dialect, bindparam, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractSingleRange
from sqlalchemy.sql import visitors

from django_like_repos.constructs.aliases import Aliases
from django_like_repos.mapping.models import Hybrid
from django_like_repos.query.shapes import LONG_LIST
from django_like_repos.values.document import Document
from django_like_repos.values.literals import Written, writable

PREFIX: Final = "dlr_"
"""Of every name, since one that is also a column's makes SQLAlchemy refuse UPDATE."""


class Asked(NamedTuple):
    """A hybrid in a plan, asked at each execution for the values of its params."""

    hybrid: Hybrid
    key: Any
    """SQLAlchemy's cache key of what it said; None if that cannot be told from another."""
    names: tuple[str, ...]
    """Of its params, in the order in which it has values."""


class Params:
    """Hands out the bind parameters of a statement.

    Without ``values`` they are named and empty, for a plan; with them each carries its value, for a
    statement that stands alone.
    """

    def __init__(
        self, dialect: Dialect | None, values: Sequence[Any] | None = None, *, arrays: bool = True
    ) -> None:
        self.dialect = dialect
        self._arrays = arrays
        self.aliases = Aliases()
        self.names: list[str] = []
        self._values = values
        self._asked: dict[Hybrid, Asked] = {}
        self._placed: set[str] = set()
        self.twins: dict[str, str] = {}
        """The names under which values of other names stand again."""
        self.kept = True
        """Whether the statement serves other executions: no Python code of the mapping left a value in it."""

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The hybrids in the statement."""
        return tuple(self._asked.values())

    @property
    def sqlite(self) -> bool:
        return self.dialect is not None and self.dialect.name == "sqlite"

    @property
    def _postgresql(self) -> bool:
        return self.dialect is not None and self.dialect.name == "postgresql"

    def bind(self, type_: types.TypeEngine[Any]) -> BindParameter[Any]:
        """One value."""
        type_ = self._written(type_)
        return self._next(Single() if self._postgresql and isinstance(type_, types.REAL) else type_)

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> BindParameter[Any]:
        """A list of values: one array where the database has them, else an expanding parameter."""
        element = self._array_element(type_)
        if element is not None:
            # Of one dimension: a member that is a list itself is no row of an array.
            return self._next(postgresql.ARRAY(element, dimensions=1))
        if operand != LONG_LIST or self.dialect is None:
            return self._next(self._written(type_), expanding=True)
        # SQLAlchemy's own literals for SQLite bypass what a TypeDecorator does to values.
        plain = self.sqlite and not isinstance(type_, types.TupleType)
        written = Written(type_) if plain else writable(type_, self.dialect)
        return self._next(written, expanding=True, literal_execute=True)

    def placed(self, said: Any) -> Any:
        """SQL for one more place of the statement: lists of rows that stand there already have other names.

        Until 2.0.55 SQLAlchemy takes such a list only once where params are told by their places alone.
        """
        rows = [] if self._postgresql else _lists_of_rows(said)
        again = [key for key in rows if key in self._placed]
        if again and self._values is None:
            names = {key: f"{PREFIX}t{len(self.twins) + number}" for number, key in enumerate(again)}
            self.twins.update((name, self.twins.get(key, key)) for key, name in names.items())
            said = _emptied(said, names)
        elif again:
            # Copies of parameters that have values have names of their own.
            said = visitors.cloned_traverse(said, {}, {})
        self._placed.update(_lists_of_rows(said) if again else rows)
        return said

    def replace(self, expressions: Sequence[Any], binds: Sequence[BindParameter[Any]]) -> list[Any]:
        """SQLAlchemy expressions with their own bound values made into params, in the order of ``binds``."""
        self.aliases.beside_expressions(expressions)
        if self._values is not None:
            return list(expressions)
        names = {bind.key: self._name() for bind in binds}
        return [_emptied(expression, names) for expression in expressions]

    def said_by(self, hybrid: Hybrid, said: Any) -> Any:
        """What a hybrid said of an alias, its values made into params for which it is asked each time."""
        if self._values is not None:
            return said
        # Without the annotations of the attribute, behind which the element as it was would come back.
        element: ColumnElement[Any] = said.comparator.__clause_element__()
        key = element._generate_cache_key()
        asked = self._asked.get(hybrid) or self._ask(hybrid)
        if key is None or asked.key is None or len(key.bindparams) != len(asked.names) or hybrid.compares:
            self.kept = False
            return said
        self._asked[hybrid] = asked
        names = dict(zip([bind.key for bind in key.bindparams], asked.names, strict=True))
        return _emptied(element, names) if names else said

    def _ask(self, hybrid: Hybrid) -> Asked:
        key, binds = keyed(hybrid)
        first = sum(len(each.names) for each in self.asked)
        return Asked(hybrid, key, tuple([f"{PREFIX}h{first + number}" for number in range(len(binds))]))

    def _name(self) -> str:
        # What an UPDATE sets stands beside a plan's params, and SQLAlchemy adds a number to its names as to
        # those of a list's members: until 2.0.55 one got the other's value where the two were the same.
        name = f"{PREFIX}{'' if self._values is None else 'v'}{len(self.names)}"
        self.names.append(name)
        return name

    def _next(self, type_: types.TypeEngine[Any], **options: Any) -> BindParameter[Any]:
        name = self._name()
        if self._values is None:
            return bindparam(name, type_=type_, **options)
        value = self._values[len(self.names) - 1]
        return bindparam(name, value, type_=type_, unique=True, **options)

    def _written(self, type_: types.TypeEngine[Any]) -> types.TypeEngine[Any]:
        """The type of a value, which a text without arrays writes out."""
        return type_ if self._arrays else writable(type_, self.dialect)

    def _array_element(self, type_: types.TypeEngine[Any]) -> types.TypeEngine[Any] | None:
        if not self._postgresql or not self._arrays:
            return None
        for kind, element in _ELEMENTS:
            if isinstance(type_, kind):
                return element(type_)
        return None


def keyed(hybrid: Hybrid) -> tuple[Any, Sequence[BindParameter[Any]]]:
    """What a hybrid says now: SQLAlchemy's cache key of it, and the bind parameters that hold its values."""
    key = hybrid.ask()._generate_cache_key()
    return (None, []) if key is None else (key.key, key.bindparams)


def _lists_of_rows(said: Any) -> list[str]:
    binds = [part for part in visitors.iterate(said) if isinstance(part, BindParameter) and part.expanding]
    return list(dict.fromkeys(bind.key for bind in binds if isinstance(bind.type, types.TupleType)))


def _emptied(expression: Any, names: Mapping[str, str]) -> Any:
    """An SQLAlchemy expression with the bind parameters of these keys made into params of these names."""

    def empty(bind: BindParameter[Any]) -> None:
        if bind.key in names:
            bind.key = bind._orig_key = names[bind.key]
            # By this SQLAlchemy 2.1 numbers a bind in its cache key, whatever its name is: two plans with
            # their params in another order would share one compiled statement, and each other's values.
            bind._anon_map_key = None
            bind.value = bind.callable = None
            bind.unique = False
            bind.required = True

    # As ClauseElement.params() does it, which reaches also into what asks to be left alone by other
    # traversals, such as the criteria of any() and has().
    options = {"maintain_key": True, "detect_subquery_cols": True}
    return visitors.cloned_traverse(expression, options, {"bindparam": empty})


class Single(types.UserDefinedType[float]):
    """PostgreSQL's real for params: SQLAlchemy casts them to double, which equals no real such as 0.1."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: Any) -> str:
        return "REAL"


def _itself(type_: Any) -> types.TypeEngine[Any]:
    element: types.TypeEngine[Any] = type_
    return element


# What an array of it is made of: the type without length or precision, with which PostgreSQL would cut
# values off silently. What is not here goes through an expanding IN. Kinds of another kind come first.
_ELEMENTS: Final[tuple[tuple[type[Any], Callable[[Any], types.TypeEngine[Any]]], ...]] = (
    (types.Enum, _itself),
    (postgresql.CITEXT, _itself),
    (types.String, lambda _: types.String()),
    (types.Integer, lambda _: types.BigInteger()),
    (types.REAL, lambda _: Single()),
    (types.Float, lambda _: types.Double()),
    (types.Numeric, lambda _: types.Numeric()),
    (types.Boolean, _itself),
    (types.Uuid, _itself),
    (types.LargeBinary, lambda _: types.LargeBinary()),
    (types.Interval, lambda type_: types.Interval(native=type_.native)),
    (types.DateTime, lambda type_: types.DateTime(timezone=type_.timezone)),
    (types.Date, _itself),
    (types.Time, lambda type_: types.Time(timezone=type_.timezone)),
    (Document, lambda _: postgresql.JSONB()),
    (AbstractSingleRange, _itself),
    (postgresql.INET, _itself),
    (postgresql.CIDR, _itself),
    (postgresql.MACADDR, _itself),
    (postgresql.MACADDR8, _itself),
    (postgresql.BIT, _itself),
    (postgresql.OID, _itself),
)
