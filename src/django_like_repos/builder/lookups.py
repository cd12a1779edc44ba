"""Lookups: what ``__icontains`` and its kin take on the right side, and their SQL. And their registry.

A lookup of one's own is a subclass with a name and ``sql()``; ``read()`` is for those that take something
else than one value of the field's type.
"""

import operator
from collections.abc import Callable, Hashable, Iterable
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Tuple,
    all_,
    and_,
    any_,
    cast,
    func,
    or_,
    types,
)

from django_like_repos.builder.caching import cached
from django_like_repos.builder.expressions import is_expression
from django_like_repos.builder.mapping import names_of
from django_like_repos.builder.operands import HasQuery, Target, beyond, param_types_of
from django_like_repos.builder.paths import Path, parse
from django_like_repos.builder.values import Refused, coercion_of, native_class
from django_like_repos.errors import UnknownFieldError, UnknownLookupError
from django_like_repos.query import Clause, Query, grouped
from django_like_repos.query.conditions import AND, OR
from django_like_repos.query.shapes import (
    ALWAYS,
    LIST,
    LONG_LIST,
    NEVER,
    TRUE,
    VALUE,
    Atom,
    Pair,
    Subquery,
)

ESCAPE: Final = "/"
_LONG: Final = 1000


class Lookup:
    """One comparison of a path with a right side (``django.db.models.Lookup``)."""

    name: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()
    """Other names for the same lookup."""
    null_safe: ClassVar[bool] = False
    """Whether the SQL is true or false, never NULL, for a path that is NULL."""

    def read(self, target: Target, value: Any) -> Clause:
        """Takes the value out of the condition. Raises InvalidLookupValueError."""
        if value is None:
            return self.read_none(target)
        operand = target.operand(value)
        side = beyond(operand.params[0]) if operand.shape == VALUE else 0
        return self.read_beyond(target, side) if side else target.atom(operand)

    def read_none(self, target: Target) -> Clause:
        """What the lookup means for None: by default, an error."""
        target.refuse("no None: use isnull", None)

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

    __slots__ = ("native", "read")

    def __init__(self, path: Path, lookup: Lookup, written: str) -> None:
        super().__init__(path, lookup.name, written)
        self.read = lookup.read
        self.native: type[Any] | None = None
        """The class whose values need no reading at all."""
        if type(lookup).read is Lookup.read and len(path.fields) == 1:
            self.native = native_class(path.fields[0].type)


@cached(16384)
def target_of(model: type[Any], name: str) -> CheckedTarget:
    """What a keyword of ``filter()`` names. Raises UnknownFieldError, UnknownLookupError."""
    path, rest = parse(model, name)
    lookup = _REGISTRY.get(rest[0] if rest else "exact")
    if lookup is not None and len(rest) <= 1:
        return CheckedTarget(path, lookup, name)
    if path.relation and lookup is None:
        known = {*names_of(path.mapper), *_REGISTRY}
        raise UnknownFieldError(
            path.mapper.class_.__name__, name, rest[0], known & set(names_of(path.mapper))
        )
    unknown = next((part for part in rest if part not in _REGISTRY), rest[-1])
    raise UnknownLookupError(str(path), name, unknown, _REGISTRY)


class Comparison(Lookup):
    """A lookup that is one of SQL's comparison operators."""

    operator: ClassVar[Callable[[Any, Any], Any]]

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = type(self).operator(left, right)
        return condition


@register_lookup
class Exact(Comparison):
    name = "exact"
    also = ("eq",)
    operator = operator.eq

    def read_none(self, target: Target) -> Clause:
        return target.null(True)


@register_lookup
class NotEqual(Comparison):
    """SQL's ``!=``, which NULL fails as it fails ``=``; ``exclude()`` keeps rows that are NULL."""

    name = "ne"
    operator = operator.ne

    def read_none(self, target: Target) -> Clause:
        return target.null(False)

    def read_beyond(self, target: Target, side: int) -> Clause:
        return target.null(False)


class _Greater(Comparison):
    def read_beyond(self, target: Target, side: int) -> Clause:
        return Clause(NEVER) if side > 0 else target.null(False)


class _Less(Comparison):
    def read_beyond(self, target: Target, side: int) -> Clause:
        return Clause(NEVER) if side < 0 else target.null(False)


@register_lookup
class GreaterThan(_Greater):
    name = "gt"
    operator = operator.gt


@register_lookup
class GreaterThanOrEqual(_Greater):
    name = "gte"
    also = ("ge",)
    operator = operator.ge


@register_lookup
class LessThan(_Less):
    name = "lt"
    operator = operator.lt


@register_lookup
class LessThanOrEqual(_Less):
    name = "lte"
    also = ("le",)
    operator = operator.le


@register_lookup
class Range(Lookup):
    """Both ends included; each end may be an expression."""

    name = "range"
    also = ("between",)

    def read(self, target: Target, value: Any) -> Clause:
        if isinstance(value, str) or not isinstance(value, (tuple, list)) or len(value) != 2:
            target.refuse("a pair of values (from, to)", value)
        low, high = (self._end(target, value, end) for end in value)
        if beyond(low.params[0] if low.shape == VALUE else 0) > 0:
            return Clause(NEVER)
        if beyond(high.params[0] if high.shape == VALUE else 0) < 0:
            return Clause(NEVER)
        operand = Clause(
            Pair(low.shape, high.shape),
            (*map(_within, low.params), *map(_within, high.params)),
            (*low.expressions, *high.expressions),
        )
        return target.atom(operand)

    def _end(self, target: Target, value: Any, end: Any) -> Clause:
        if end is None:
            target.refuse("a pair without None: use gte or lte for an open end", value)
        return target.operand(end)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        low, high = right
        return left.between(low, high)


@register_lookup
class In(Lookup):
    """A list of values or a queryset; None in the list is left out, as Django does."""

    name = "in"
    empty: ClassVar[str] = NEVER
    single: ClassVar[str] = "exact"
    connector: ClassVar[str] = OR

    def read(self, target: Target, value: Any) -> Clause:
        if isinstance(value, HasQuery):
            return self._read_query(target, value._query)
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            target.refuse("a list of values, or a queryset", value)
        computed: list[Any] = []
        plain: list[Any] = []
        for each in value:
            if each is not None:
                (computed if is_expression(each) else plain).append(each)
        coerced = [each for each in map(target.coerce, plain) if not beyond(each)]
        parts = [self._one(target, each) for each in computed]
        if coerced:
            parts.append(target.atom(Clause(LIST if len(coerced) <= _LONG else LONG_LIST, (coerced,))))
        if not parts:
            return Clause(self.empty)
        return parts[0] if len(parts) == 1 else grouped(self.connector, False, parts)

    def _one(self, target: Target, expression: Any) -> Clause:
        operand = target.operand(expression)
        atom = Atom(target.path.name, self.single, operand.shape)
        return Clause(atom, operand.params, operand.expressions)

    def _read_query(self, target: Target, query: Query) -> Clause:
        wanted = len(target.path.fields)
        found = len(query.projection.fields) if query.projection else wanted
        if found != wanted:
            target.refuse(f"a queryset of {wanted} column(s), not {found}: values_list() chooses them", query)
        if query.loaders:
            query = query.evolve(loaders=())
        if query.limit is None and query.offset is None:
            query = query.evolve(ordering=Clause(()))
        return target.atom(Clause(Subquery(query.shape), query.params, query.expressions))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        if _is_array(right):
            return left == any_(right)
        return left.in_(right)


@register_lookup
class NotIn(In):
    """SQL's ``NOT IN``: a path that is NULL is not found."""

    name = "notin"
    empty = ALWAYS
    single = "ne"
    connector = AND

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        if _is_array(right):
            return left != all_(right)
        return left.not_in(right)


@register_lookup
class IsNull(Lookup):
    name = "isnull"
    null_safe = True

    def read(self, target: Target, value: Any) -> Clause:
        if not isinstance(value, bool):
            target.refuse("True or False", value)
        return target.null(value)

    def tolerates(self, operand: Hashable) -> bool:
        return operand == TRUE

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        columns = list(left.clauses) if isinstance(left, Tuple) else [left]
        if right:
            return or_(*[column.is_(None) for column in columns])
        return and_(*[column.is_not(None) for column in columns])


class _Text(Lookup):
    """Compares the text of a field, whatever its type."""

    def read(self, target: Target, value: Any) -> Clause:
        if value is None:
            return self.read_none(target)
        if len(target.path.fields) != 1:
            target.refuse("a path to one column", value)
        if is_expression(value):
            return target.atom(target.operand(value))
        try:
            text = coercion_of(_TEXT)(value)
        except Refused as refused:
            target.refuse(str(refused), value)
        return target.atom(Clause(VALUE, (self.pattern(text),)))

    def param_types(self, path: Path) -> tuple[types.TypeEngine[Any], ...]:
        return (_TEXT,)

    def pattern(self, text: str) -> str:
        """The param for a text."""
        return text


@register_lookup
class IExact(_Text):
    name = "iexact"

    def read_none(self, target: Target) -> Clause:
        return target.null(True)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return func.lower(_as_text(left)) == func.lower(_as_text(right))


@register_lookup
class Like(_Text):
    """SQL's ``LIKE`` with a pattern of the user's own: ``%`` and ``_`` in it are wildcards."""

    name = "like"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return _as_text(left).like(right)


@register_lookup
class ILike(_Text):
    name = "ilike"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return _as_text(left).ilike(right)


class _Pattern(_Text):
    """``LIKE`` with a text that is found as it is: its wildcards are escaped."""

    template: ClassVar[str]
    folds_case: ClassVar[bool] = False

    def pattern(self, text: str) -> str:
        return self.template.format(_escaped(text))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        if not isinstance(right, BindParameter):
            right = self._computed(right)
        text = _as_text(left)
        return text.ilike(right, escape=ESCAPE) if self.folds_case else text.like(right, escape=ESCAPE)

    def _computed(self, right: ColumnElement[Any]) -> ColumnElement[Any]:
        text: ColumnElement[Any] = _as_text(right)
        for character in (ESCAPE, "%", "_"):
            text = func.replace(text, character, ESCAPE + character, type_=_TEXT)
        before, after = self.template.split("{}")
        if before:
            text = before + text
        return text + after if after else text


@register_lookup
class Contains(_Pattern):
    name = "contains"
    template = "%{}%"


@register_lookup
class IContains(_Pattern):
    name = "icontains"
    template = "%{}%"
    folds_case = True


@register_lookup
class StartsWith(_Pattern):
    name = "startswith"
    template = "{}%"


@register_lookup
class IStartsWith(_Pattern):
    name = "istartswith"
    template = "{}%"
    folds_case = True


@register_lookup
class EndsWith(_Pattern):
    name = "endswith"
    template = "%{}"


@register_lookup
class IEndsWith(_Pattern):
    name = "iendswith"
    template = "%{}"
    folds_case = True


_TEXT: Final = types.String()


def _escaped(text: str) -> str:
    for character in (ESCAPE, "%", "_"):
        text = text.replace(character, ESCAPE + character)
    return text


def _as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, types.String) and not isinstance(column.type, types.Enum):
        return column
    return cast(column, _TEXT)


def _is_array(right: Any) -> bool:
    return isinstance(right, BindParameter) and not right.expanding and isinstance(right.type, ARRAY)


def _within(value: Any) -> Any:
    side = beyond(value)
    return value if not side else (2**63 - 1 if side > 0 else -(2**63))
