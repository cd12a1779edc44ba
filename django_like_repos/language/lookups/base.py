"""What a lookup is, and what a keyword of ``filter()`` finds by its name.

A lookup of one's own is a subclass with a name and ``sql()``; ``read()`` is for those that take something
else than one value of the field's type.
"""

from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Literal, TypeVar, overload

from sqlalchemy import ColumnElement
from sqlalchemy.types import TypeEngine, to_instance

from django_like_repos.caching import cached
from django_like_repos.errors import UnknownLookupError, UnsupportedOperationError
from django_like_repos.language.operands import Target, beyond, param_types_of
from django_like_repos.mapping.paths import Path, lookup_path
from django_like_repos.mapping.registry import LOOKUPS, check_kind, forget_on_change, scope_of
from django_like_repos.mapping.transform import Of, Transform, as_transform
from django_like_repos.mapping.written import as_written
from django_like_repos.query import Clause, Expression, Names
from django_like_repos.query.shapes import NEVER, VALUE, Row
from django_like_repos.values import Refused, comparison_type, has_equality, never_plain, plain_check

Form = Literal["value", "pair", "list", "flag"]


class Lookup(Expression):
    """One comparison of a path with a right side (``django.db.models.Lookup``).

    With its two sides it is an expression, whether it holds: ``GreaterThan(F("pages"), F("rank"))``. The left
    side is an expression, the right side what the lookup takes as the value of a keyword.
    """

    name: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()
    """Other names for the same lookup."""
    takes: ClassVar[TypeEngine[Any] | None] = None
    """The type of the right side; None for the type of the field."""
    compares: ClassVar[bool] = True
    """Whether it compares values as their type does, so that the type must be one that can."""
    of_relations: ClassVar[bool] = True
    """Whether it may follow a relation, and is then about the key at its end."""
    form: ClassVar[Form] = "value"
    """How many values of its type it takes on the right side; ``flag`` is True or False."""
    null_safe: ClassVar[bool] = False
    """Whether the SQL is true or false, never NULL, for a path that is NULL."""

    lhs: Any = None
    rhs: Any = None

    def __init__(self, lhs: Any, rhs: Any) -> None:
        self.lhs = lhs
        self.rhs = rhs

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.lhs!r}, {self.rhs!r})"

    def read(self, target: Target, value: Any) -> Clause:
        """Takes the value out of the condition. Raises InvalidLookupValueError."""
        if value is None:
            return self.read_none(target)
        if target.path.composite is not None:
            return self.read_composite(target, value)
        return self._read(target, value)

    def read_composite(self, target: Target, value: Any) -> Clause:
        """What it means for a value of several columns that is one object."""
        return self._read(target, value)

    def _read(self, target: Target, value: Any) -> Clause:
        operand = target.operand(value)
        if operand.shape == VALUE:
            operand = operand._replace(params=(self._prepared(target, operand.params[0]),))
        plain = operand.shape == VALUE or (
            isinstance(operand.shape, Row) and set(operand.shape.parts) == {VALUE}
        )
        side = beyond(operand.params) if plain else 0
        return self.read_beyond(target, side) if side else target.atom(operand)

    def prepare(self, value: Any) -> Any:
        """What is bound for a value that was coerced: by default, the value. May raise ValueError."""
        return value

    def portable(self, value: Any) -> str | None:
        """What a value would have to be for every database to read it; None for one that each can read.

        ``filter()`` does not ask: it does not know the database, which may well be the one that can.
        """
        return None

    def read_none(self, target: Target) -> Clause:
        """What the lookup means for None: by default, an error."""
        target.refuse("a value", None, "NULL is asked for by isnull")

    def read_beyond(self, target: Target, side: int) -> Clause:
        """What it means for an integer that no column can hold: too small (-1) or too large (1)."""
        return Clause(NEVER)

    def between(self, floor: int) -> Any:
        """What a number between ``floor`` and the next is for integers; None where it is refused."""
        return None

    def param_types(self, path: Path) -> tuple[TypeEngine[Any], ...]:
        """The types that its params are bound as, one a field."""
        return param_types_of(path) if self.takes is None else (comparison_type(self.takes),)

    def tolerates(self, operand: Hashable) -> bool:
        """Whether it holds for a row that has nothing at the end of the path."""
        return False

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        """The condition. ``right`` is what the operand became, as a rule a bind parameter or a column."""
        raise NotImplementedError

    def _prepared(self, target: Target, value: Any) -> Any:
        try:
            return self.prepare(value)
        except (Refused, ValueError) as refused:
            target.refuse(str(refused), value)


SomeLookup = TypeVar("SomeLookup", bound=type[Lookup])


@overload
def register_lookup(lookup: SomeLookup, *, of: Of = None) -> SomeLookup: ...
@overload
def register_lookup(lookup: None = None, *, of: Of = None) -> Callable[[SomeLookup], SomeLookup]: ...
def register_lookup(lookup: Any = None, *, of: Of = None) -> Any:
    """Makes a lookup known under its names (``django.db.models.Field.register_lookup``).

    ``of`` says where: an SQLAlchemy type (``String``), one column (``Section.name``), the result of a
    transform (the class), or everywhere if it is left out. The most particular one counts. Also a class
    decorator: ``@register_lookup`` or ``@register_lookup(of=String)``. Raises QueryError for another ``of``.
    """
    if lookup is None:
        return lambda lookup: register_lookup(lookup, of=of)
    check_kind(lookup, Lookup)
    if lookup.takes is not None:
        lookup.takes = to_instance(lookup.takes)
    LOOKUPS.add(
        scope_of(as_transform(of), (TypeEngine, Transform)),
        (lookup.name, *lookup.also),
        lookup.__new__(lookup),
    )
    return lookup


class CheckedTarget(Target):
    """A target whose path and lookup exist, with what reading a value needs at hand."""

    __slots__ = ("is_plain", "read")

    def __init__(self, path: Path, lookup: Lookup, word: str, written: str) -> None:
        # One of several names may mean something else for this path.
        name = lookup.name if LOOKUPS.find(path.scopes, lookup.name) is lookup else word
        super().__init__(path, name, written, lookup.takes, lookup.between)
        self.read = lookup.read
        as_it_is = type(lookup).read is Lookup.read and type(lookup).prepare is Lookup.prepare
        single = as_it_is and len(self.types) == 1
        self.is_plain = plain_check(self.types[0]) if single else never_plain
        """Whether a value goes into the query as it is, with nothing to read."""


@cached(16384)
def target_of(names: Names, name: str) -> CheckedTarget:
    """What a keyword of ``filter()`` names.

    Raises UnknownFieldError, UnknownLookupError, UnsupportedOperationError for a type without equality, and
    NameNotAllowedError.
    """
    return as_written(names, name, lambda: target_at(*lookup_path(names, name), name))


def target_at(path: Path, word: str, name: str) -> CheckedTarget:
    """The same of a path and the name of a lookup; ``name`` is what was written."""
    lookup = lookup_of(path, word)
    if path.relation and not lookup.of_relations:
        raise UnknownLookupError(
            str(path), name, word, sorted(each for each in LOOKUPS.known([None]) if _fits(path, each))
        )
    if lookup.compares and not all(has_equality(type_) for type_ in path.types):
        raise UnsupportedOperationError(
            f"{name!r}: {path} is json, which PostgreSQL cannot compare; use JSONB, or isnull for NULL"
        )
    return CheckedTarget(path, lookup, word, name)


@cached(16384)
def lookup_of(path: Path, name: str) -> Lookup:
    """The lookup of that name for a path."""
    lookup: Lookup | None = LOOKUPS.find(path.scopes, name)
    assert lookup is not None, name
    return lookup


def _fits(path: Path, name: str) -> bool:
    return lookup_of(path, name).of_relations


forget_on_change(target_of.cache_clear)
forget_on_change(lookup_of.cache_clear)
