"""Bind parameters of one statement: where values will stand, in the order of the shape."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Dialect, bindparam, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractSingleRange
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import visitors
from sqlalchemy.sql.cache_key import CacheKey

from django_like_repos.caching import cached_by_class
from django_like_repos.constructs.aliases import Aliases
from django_like_repos.mapping.models import Hybrid
from django_like_repos.mapping.python import elements_of, is_ours, speaks
from django_like_repos.query.shapes import LONG_LIST
from django_like_repos.values.document import Document
from django_like_repos.values.literals import Written, writable

PREFIX: Final = "dlr_"
"""What every name begins with, and more where a column's does: SQLAlchemy would refuse to UPDATE that one."""


@cached_by_class(4096)
def prefix_beside(mapper: Mapper[Any]) -> str:
    """What the names begin with in a statement that may set the columns of a mapper."""
    columns = [column.key for table in mapper.tables for column in table.columns]
    prefix = PREFIX
    while any(column.startswith(prefix) for column in columns):
        prefix += "_"
    return prefix


class UnkeptError(Exception):
    """A plan is being made of what only a statement with its values can say."""


class Asked(NamedTuple):
    """Python code in a plan, asked at each execution for the values of its params."""

    ask: Callable[[], Any]
    key: Any
    """SQLAlchemy's cache key of what it said."""
    names: Mapping[int, str]
    """Of its params, by the places of its values among all that are in what it said."""

    def again(self) -> tuple[Any, Mapping[str, Any]]:
        """SQLAlchemy's cache key of what it says now, None if there is none; and its params."""
        key = self.ask()._generate_cache_key()
        if key is None:
            return None, {}
        if key.key != self.key:
            return key.key, {}
        return key.key, {name: key.bindparams[place].effective_value for place, name in self.names.items()}


class Params:
    """Hands out the bind parameters of a statement.

    Without ``values`` they are named and empty, for a plan; with them each carries its value, for a
    statement that stands alone.
    """

    def __init__(
        self,
        dialect: Dialect | None,
        values: Sequence[Any] | None = None,
        *,
        arrays: bool = True,
        prefix: str = PREFIX,
        bare: bool = False,
    ) -> None:
        """``prefix`` is what the names begin with; ``bare`` see below."""
        self.dialect = dialect
        self.bare = bare
        """Whether nobody adds criteria of models to the statement, so that what it need not read may go."""
        self._prefix = prefix
        self._arrays = arrays
        self.aliases = Aliases(kept=values is None)
        self.names: list[str] = []
        self._values = values
        self._asked: dict[Hashable, Asked] = {}
        self._placed: set[str] = set()
        self.twins: dict[str, str] = {}
        """The names under which values of other names stand again."""

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The Python code that is asked at each execution."""
        return tuple(self._asked.values())

    @property
    def sqlite(self) -> bool:
        return self.dialect is not None and self.dialect.name == "sqlite"

    @property
    def _postgresql(self) -> bool:
        return self.dialect is not None and self.dialect.name == "postgresql"

    def bind(self, type_: types.TypeEngine[Any]) -> BindParameter[Any]:
        """One value."""
        type_ = type_ if self._arrays else writable(type_, self.dialect)
        return self._next(Single() if isinstance(type_, types.REAL) and self._postgresql else type_)

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> BindParameter[Any]:
        """A list of values: one array where the database has them, else an expanding parameter."""
        element = self._array_element(type_)
        if element is not None:
            # Of one dimension: a member that is a list itself is no row of an array.
            return self._next(postgresql.ARRAY(element, dimensions=1))
        if operand != LONG_LIST or self.dialect is None:
            written = type_ if self._arrays else writable(type_, self.dialect)
            return self._next(written, expanding=True)
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
            names = {key: f"{self._prefix}t{len(self.twins) + number}" for number, key in enumerate(again)}
            self.twins.update((name, self.twins.get(key, key)) for key, name in names.items())
            said = emptied(said, names)
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
        return [emptied(expression, names) for expression in expressions]

    def speak(self) -> None:
        """Python code says something that no plan keeps. Raises UnkeptError where there are no values."""
        if self._values is None:
            raise UnkeptError

    def said_by(self, hybrid: Hybrid, said: Any) -> Any:
        """What a hybrid said of an alias, its values made into params for which it is asked each time."""
        if self._values is not None:
            return said
        if hybrid.compares:
            raise UnkeptError
        # Without the annotations of the attribute, behind which the element as it was would come back.
        element: ColumnElement[Any] = said.comparator.__clause_element__()
        asked = self._asked.get(hybrid) or self._ask(hybrid, hybrid.ask, _keyed(hybrid.ask()), ())
        binds = _keyed(element).bindparams
        if len(binds) != len(asked.names):
            raise UnkeptError
        return emptied(element, {binds[place].key: name for place, name in asked.names.items()})

    def said_of(self, code: Any, *parts: Any) -> Any:
        """What the ``sql()`` of a lookup or transform says of ``parts``, likewise if it is the user's own."""
        elements = elements_of(parts)
        if any(map(speaks, elements)):
            self.speak()
        said = code.sql(*parts)
        if self._values is not None or is_ours(type(code)):
            return said
        key = _keyed(said)
        given = {bind.key for element in elements for bind in _keyed(element).bindparams}
        asked = self._asked.get((type(code), key.key))
        asked = asked or self._ask((type(code), key.key), partial(code.sql, *parts), key, given)
        names = {key.bindparams[place].key: name for place, name in asked.names.items()}
        return emptied(said, names, elements)

    def _ask(self, of: Hashable, ask: Callable[[], Any], key: CacheKey, given: Collection[str]) -> Asked:
        first = sum(len(each.names) for each in self.asked)
        own = [place for place, bind in enumerate(key.bindparams) if bind.key not in given]
        names = {place: f"{self._prefix}h{first + number}" for number, place in enumerate(own)}
        asked = self._asked[of] = Asked(ask, key.key, names)
        return asked

    def _name(self) -> str:
        # What an UPDATE sets stands beside a plan's params, and SQLAlchemy adds a number to its names as to
        # those of a list's members: until 2.0.55 one got the other's value where the two were the same.
        name = f"{self._prefix}{'' if self._values is None else 'v'}{len(self.names)}"
        self.names.append(name)
        return name

    def _next(self, type_: types.TypeEngine[Any], **options: Any) -> BindParameter[Any]:
        name = self._name()
        if self._values is None:
            return bindparam(name, type_=type_, **options)
        value = self._values[len(self.names) - 1]
        return bindparam(name, value, type_=type_, unique=True, **options)

    def _array_element(self, type_: types.TypeEngine[Any]) -> types.TypeEngine[Any] | None:
        if not self._postgresql or not self._arrays:
            return None
        for kind, element in _ELEMENTS:
            if isinstance(type_, kind):
                return element(type_)
        return None


def _keyed(element: Any) -> CacheKey:
    """SQLAlchemy's cache key of an expression. Raises UnkeptError where there is none."""
    key: CacheKey | None = element._generate_cache_key()
    if key is None:
        raise UnkeptError
    return key


def _lists_of_rows(said: Any) -> list[str]:
    binds = [part for part in visitors.iterate(said) if isinstance(part, BindParameter) and part.expanding]
    return list(dict.fromkeys(bind.key for bind in binds if isinstance(bind.type, types.TupleType)))


def emptied(expression: Any, names: Mapping[str, str], stop_on: Sequence[Any] = ()) -> Any:
    """An SQLAlchemy expression with the bind parameters of these keys made into params of these names."""
    if not names:
        return expression

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
    options = {"maintain_key": True, "detect_subquery_cols": True, "stop_on": stop_on}
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
