"""Lookups and transforms of ranges, under Django's names: ``seats__contains``, ``days__startswith``."""

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, DateTime, Float, Integer, Numeric, cast
from sqlalchemy.dialects.postgresql import (
    DATEMULTIRANGE,
    DATERANGE,
    INT4MULTIRANGE,
    INT4RANGE,
    INT8MULTIRANGE,
    INT8RANGE,
    NUMMULTIRANGE,
    NUMRANGE,
    TSMULTIRANGE,
    TSRANGE,
    TSTZMULTIRANGE,
    TSTZRANGE,
    Range,
)
from sqlalchemy.dialects.postgresql.ranges import AbstractRange
from sqlalchemy.types import NullType, TypeEngine

from django_like_repos.constructs.dates import is_aware
from django_like_repos.contrib.postgres.only import condition, function
from django_like_repos.language.kinds import is_expression
from django_like_repos.language.lookups import Lookup, register_lookup, target_of
from django_like_repos.language.operands import Target
from django_like_repos.language.transforms import Transform, register_transform
from django_like_repos.mapping.paths import SEPARATOR, Path
from django_like_repos.mapping.types import impl_of
from django_like_repos.query import Clause
from django_like_repos.query.shapes import Typed
from django_like_repos.values import Refused, bits_of, coercion_of, comparison_type
from django_like_repos.values.literals import Written

_ENDS: Final[dict[type[Any], TypeEngine[Any]]] = {
    INT4RANGE: Integer(),
    INT8RANGE: BigInteger(),
    NUMRANGE: Numeric(),
    DATERANGE: Date(),
    TSRANGE: DateTime(),
    TSTZRANGE: DateTime(timezone=True),
}
"""Of what type the ends of a range are."""
_RANGES: Final[dict[type[Any], TypeEngine[Any]]] = {
    INT4MULTIRANGE: INT4RANGE(),
    INT8MULTIRANGE: INT8RANGE(),
    NUMMULTIRANGE: NUMRANGE(),
    DATEMULTIRANGE: DATERANGE(),
    TSMULTIRANGE: TSRANGE(),
    TSTZMULTIRANGE: TSTZRANGE(),
}
"""Of what type the ranges of a multirange are."""


class _OfRange(Lookup):
    """A comparison with a range; of a multirange, with a range or several."""

    operator: ClassVar[str]
    of_relations = False

    def read(self, target: Target, value: Any) -> Clause:
        single = _single(target.types[0])
        if single is None or not _is_range(value):
            return super().read(target, value)
        return target.atom(Clause(Typed(single), (target.coerce([value])[0],)))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return condition(f"the lookup {self.name!r} of ranges", left, self.operator, right)


@register_lookup(of=AbstractRange)
class RangeContains(_OfRange):
    """Whether another range, or a single value, is in it."""

    name = "contains"
    operator = "@>"

    def read(self, target: Target, value: Any) -> Clause:
        type_ = target.types[0]
        end = end_of(type_)
        if value is None or end is None or is_expression(value) or isinstance(value, (Range, tuple, list)):
            return super().read(target, value)
        try:
            # An element is what an end of the range may be.
            element = coercion_of(_single(type_) or type_)((value, None)).lower
        except Refused as refused:
            target.refuse(f"a range, or {refused}", value)
        return target.atom(Clause(Typed(end), (element,)))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        end = end_of(left.type)
        if end is not None and not isinstance(_type_of(right), (AbstractRange, NullType)):
            right = cast(right, end)
        return super().sql(left, right)


@register_lookup(of=AbstractRange)
class RangeContainedBy(_OfRange):
    """Whether all of it is in another range."""

    name = "contained_by"
    operator = "<@"


@register_lookup(of=AbstractRange)
class RangeOverlap(_OfRange):
    """Whether it has a value in common with another range."""

    name = "overlap"
    operator = "&&"


@register_lookup(of=AbstractRange)
class FullyLessThan(_OfRange):
    """Whether all of it comes before another range."""

    name = "fully_lt"
    operator = "<<"


@register_lookup(of=AbstractRange)
class FullyGreaterThan(_OfRange):
    """Whether all of it comes after another range."""

    name = "fully_gt"
    operator = ">>"


@register_lookup(of=AbstractRange)
class NotLessThan(_OfRange):
    """Whether nothing of it comes before another range."""

    name = "not_lt"
    operator = "&>"


@register_lookup(of=AbstractRange)
class NotGreaterThan(_OfRange):
    """Whether nothing of it comes after another range."""

    name = "not_gt"
    operator = "&<"


@register_lookup(of=AbstractRange)
class AdjacentTo(_OfRange):
    """Whether it ends where another range begins, or begins where that ends."""

    name = "adjacent_to"
    operator = "-|-"


@register_lookup(of=Integer)
@register_lookup(of=Numeric)
@register_lookup(of=Float)
@register_lookup(of=Date)
@register_lookup(of=DateTime)
class ContainedByRange(_OfRange):
    """Whether a single value is in a range."""

    name = "contained_by"
    operator = "<@"

    def read(self, target: Target, value: Any) -> Clause:
        within = Target(target.path, target.lookup, target.written, _range_of(target.path))
        return super().read(within, value)

    def param_types(self, path: Path) -> tuple[TypeEngine[Any], ...]:
        return (comparison_type(_range_of(path)),)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        end = end_of(_type_of(right))
        kind = impl_of(left.type)
        if end is not None and (isinstance(kind, Float) or bits_of(kind) != bits_of(end)):
            left = cast(left, end)
        return super().sql(left, right)


class _End(Transform):
    """An end of a range; NULL where it has none."""

    function: ClassVar[str]

    def __init__(self, written: str, of: TypeEngine[Any], zone: str) -> None:
        super().__init__(written, of, zone)
        self.type = end_of(of) or NullType()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        end: ColumnElement[Any] = function(_transform(self), self.function, value, type_=self.type)
        return end


@register_transform(of=AbstractRange)
class RangeStartsWith(_End):
    name = "startswith"
    function = "lower"


@register_transform(of=AbstractRange)
class RangeEndsWith(_End):
    name = "endswith"
    function = "upper"


class _EndIs(Lookup):
    """What an end equals. Text has lookups of these names, which would stand before the transforms."""

    compares = False
    of_relations = False

    def read(self, target: Target, value: Any) -> Clause:
        name = SEPARATOR.join((target.path.name, self.name, "exact"))
        end = target_of(target.path.names.bare, name)
        return end.read(end, value)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        raise AssertionError("it is read as the transform's exact")


@register_lookup(of=AbstractRange)
class StartIs(_EndIs):
    name = "startswith"


@register_lookup(of=AbstractRange)
class EndIs(_EndIs):
    name = "endswith"


class _Question(Transform):
    result = Boolean()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        answer: ColumnElement[Any] = function(_transform(self), self.name, value, type_=self.type)
        return answer


@register_transform(of=AbstractRange)
class IsEmpty(_Question):
    name = "isempty"


@register_transform(of=AbstractRange)
class LowerInclusive(_Question):
    """Whether the lower end is part of the range."""

    name = "lower_inc"


@register_transform(of=AbstractRange)
class LowerInfinite(_Question):
    """Whether it has no lower end."""

    name = "lower_inf"


@register_transform(of=AbstractRange)
class UpperInclusive(_Question):
    """Whether the upper end is part of the range."""

    name = "upper_inc"


@register_transform(of=AbstractRange)
class UpperInfinite(_Question):
    """Whether it has no upper end."""

    name = "upper_inf"


def end_of(type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
    """Of what type the ends of a range are; None for a type that is no range known here."""
    return _found(_ENDS, _single(type_) or type_)


def _single(type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
    """The type of the ranges of a multirange; None for what is none."""
    return _found(_RANGES, impl_of(type_))


def _found(known: dict[type[Any], TypeEngine[Any]], type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
    return next((known[each] for each in type(type_).__mro__ if each in known), None)


def _is_range(value: Any) -> bool:
    """Whether a value for a multirange is one range: a Range, or a pair of ends."""
    pair = isinstance(value, tuple) and len(value) == 2
    return isinstance(value, Range) or (
        pair and not any(isinstance(end, (tuple, list, Range)) for end in value)
    )


def _range_of(path: Path) -> TypeEngine[Any]:
    """The type of ranges of what a path leads to."""
    kind = impl_of(path.types[0])
    if isinstance(kind, Integer):
        return INT8RANGE() if isinstance(kind, BigInteger) else INT4RANGE()
    if isinstance(kind, DateTime):
        return TSTZRANGE() if is_aware(kind) else TSRANGE()
    return DATERANGE() if isinstance(kind, Date) else NUMRANGE()


def _type_of(value: Any) -> TypeEngine[Any]:
    """The type of an expression; of a value that is written into a text, that of the value."""
    kind: TypeEngine[Any] = value.type
    return kind.type_ if isinstance(kind, Written) else kind


def _transform(transform: Transform) -> str:
    return f"the transform {transform.name!r} of ranges"
