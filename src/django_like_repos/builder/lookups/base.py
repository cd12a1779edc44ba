"""What a lookup is, and the registry in which names find them.

A lookup of one's own is a subclass with a name and ``sql()``; ``read()`` is for those that take something
else than one value of the field's type.
"""

from collections.abc import Hashable
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import ColumnElement, types

from django_like_repos.builder.caching import cached
from django_like_repos.builder.mapping import names_of
from django_like_repos.builder.operands import Target, beyond, param_types_of
from django_like_repos.builder.paths import SEPARATOR, Path, parse
from django_like_repos.builder.values import has_equality, is_text
from django_like_repos.errors import UnknownFieldError, UnknownLookupError, UnsupportedOperationError
from django_like_repos.query import Clause
from django_like_repos.query.shapes import NEVER, VALUE, Row


class Lookup:
    """One comparison of a path with a right side (``django.db.models.Lookup``)."""

    name: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()
    """Other names for the same lookup."""
    compares: ClassVar[bool] = True
    """Whether it compares values as their type does, so that the type must be one that can."""
    of_relations: ClassVar[bool] = True
    """Whether it may follow a relation, and is then about the key at its end."""
    null_safe: ClassVar[bool] = False
    """Whether the SQL is true or false, never NULL, for a path that is NULL."""

    def read(self, target: Target, value: Any) -> Clause:
        """Takes the value out of the condition. Raises InvalidLookupValueError."""
        if value is None:
            return self.read_none(target)
        operand = target.operand(value)
        side = beyond(operand.params) if operand.shape == VALUE or isinstance(operand.shape, Row) else 0
        return self.read_beyond(target, side) if side else target.atom(operand)

    def read_none(self, target: Target) -> Clause:
        """What the lookup means for None: by default, an error."""
        target.refuse("a value", None, "NULL is asked for by isnull")

    def read_beyond(self, target: Target, side: int) -> Clause:
        """What it means for an integer that no column can hold: too small (-1) or too large (1)."""
        return Clause(NEVER)

    def param_types(self, path: Path) -> tuple[types.TypeEngine[Any], ...]:
        """The types that its params are bound as, one a field."""
        return param_types_of(path)

    def tolerates(self, operand: Hashable) -> bool:
        """Whether it holds for a row that has nothing at the end of the path."""
        return False

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        """The condition. ``right`` is what the operand became, as a rule a bind parameter or a column."""
        raise NotImplementedError


SomeLookup = TypeVar("SomeLookup", bound=Lookup)

_REGISTRY: Final[dict[str, Lookup]] = {}


def register_lookup(lookup: type[SomeLookup]) -> type[SomeLookup]:
    """Makes a lookup known under its names, for all models. A class decorator."""
    registered = lookup()
    for name in (lookup.name, *lookup.also):
        _REGISTRY[name] = registered
    target_of.cache_clear()
    return lookup


def lookup_named(name: str) -> Lookup:
    """The registered lookup."""
    return _REGISTRY[name]


class CheckedTarget(Target):
    """A target whose path and lookup exist, with what reading a value needs at hand."""

    __slots__ = ("read", "takes_text")

    def __init__(self, path: Path, lookup: Lookup, written: str) -> None:
        super().__init__(path, lookup.name, written)
        self.read = lookup.read
        self.takes_text = (
            type(lookup).read is Lookup.read and len(path.fields) == 1 and is_text(path.fields[0].type)
        )
        """Whether plain text goes into the query as it is, with nothing to read."""


@cached(16384)
def target_of(model: type[Any], name: str) -> CheckedTarget:
    """What a keyword of ``filter()`` names.

    Raises UnknownFieldError, UnknownLookupError, and UnsupportedOperationError for a type without equality.
    """
    path, rest = parse(model, name)
    lookup = _REGISTRY.get(rest[0] if rest else "exact")
    if lookup is not None and len(rest) <= 1 and (lookup.of_relations or not path.relation):
        if lookup.compares and not all(has_equality(field.type) for field in path.fields):
            raise UnsupportedOperationError(
                f"{name!r}: {path} is json, which PostgreSQL cannot compare; use JSONB, or isnull for NULL"
            )
        return CheckedTarget(path, lookup, name)
    if path.relation and lookup is None:
        raise UnknownFieldError(path.mapper.class_.__name__, name, "".join(rest[:1]), names_of(path.mapper))
    raise UnknownLookupError(str(path), name, SEPARATOR.join(rest), _REGISTRY)
