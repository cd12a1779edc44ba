"""Lookups and transforms of arrays, under Django's names: ``tags__contains``, ``tags__len``, ``tags__0``."""

import re
from typing import Any, ClassVar, Final

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Integer, any_, case, cast, func, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.contrib.postgres.expressions import ArrayOf, ArraySubquery
from django_like_repos.contrib.postgres.only import PostgresOnly, condition
from django_like_repos.errors import UnknownLookupError
from django_like_repos.language.kinds import is_expression, read_expression
from django_like_repos.language.lookups import Lookup, comparison, register_lookup
from django_like_repos.language.operands import Target
from django_like_repos.language.transforms import Transform, register_transform
from django_like_repos.mapping.paths import Path
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS, scopes_of_type
from django_like_repos.mapping.transform import ANY
from django_like_repos.mapping.types import impl_of
from django_like_repos.query import Clause, Value, is_queryset
from django_like_repos.values import comparison_type

_LAST_INDEX: Final = 2**31 - 2
_INDEX: Final = re.compile(r"[0-9]{1,10}")
_SLICE: Final = re.compile(r"([0-9]{1,10})_([0-9]{1,10})")
_ZERO: Final[Any] = literal_column("0")
_ONE: Final[Any] = literal_column("1")


class _OfArray(Lookup):
    """A comparison with an array; in a list some members may be expressions."""

    of_relations = False

    def read(self, target: Target, value: Any) -> Clause:
        if not isinstance(value, (list, tuple)) or not any(map(is_expression, value)):
            return super().read(target, value)
        type_: Any = target.types[0]
        item = impl_of(type_).item_type
        members = [each if is_expression(each) else Value(each, item) for each in value]
        return target.atom(read_expression(target.path.names, ArrayOf(*members, output_field=type_)))


class _Operator(_OfArray):
    operator: ClassVar[str]

    def param_types(self, path: Path) -> tuple[TypeEngine[Any], ...]:
        # What an array holds may be asked for by an array of fewer dimensions.
        array: Any = comparison_type(path.types[0])
        return (postgresql.ARRAY(array.item_type),)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return condition(f"the lookup {self.name!r} of arrays", left, self.operator, _alike(left, right))


@register_lookup(of=ARRAY)
class ArrayContains(_Operator):
    """Whether all elements of another array are in it."""

    name = "contains"
    operator = "@>"


@register_lookup(of=ARRAY)
class ArrayContainedBy(_Operator):
    """Whether all its elements are in another array."""

    name = "contained_by"
    operator = "<@"


@register_lookup(of=ARRAY)
class ArrayOverlap(_Operator):
    """Whether it has an element in common with another array, or with the rows of a queryset."""

    name = "overlap"
    operator = "&&"

    def read(self, target: Target, value: Any) -> Clause:
        return super().read(target, ArraySubquery(value) if is_queryset(value) else value)


@register_lookup(of=ARRAY)
class ArrayExact(_OfArray, comparison.Exact):
    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return super().sql(left, _alike(left, right))


@register_lookup(of=ARRAY)
class ArrayAny(Lookup):
    """Whether one of its elements equals a value: ``= ANY``. None is no such value."""

    name = "any"
    of_relations = False

    def read(self, target: Target, value: Any) -> Clause:
        return super().read(Target(target.path, target.lookup, target.written, _element(target.path)), value)

    def param_types(self, path: Path) -> tuple[TypeEngine[Any], ...]:
        return (comparison_type(_element(path)),)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return PostgresOnly("the lookup 'any' of arrays", right == any_(left))


@register_transform(of=ARRAY)
class ArrayLength(Transform):
    """How many elements it has, in its first dimension."""

    name = "len"
    result = Integer()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        length = func.coalesce(func.array_length(value, _ONE), _ZERO, type_=self.type)
        # An empty array has no length for PostgreSQL, and what is NULL has none indeed.
        return PostgresOnly("the transform 'len' of arrays", case((value.is_not(None), length)))


@register_transform(of=ARRAY)
class ArrayPart(Transform):
    """The element at an index, counted from 0, or those from one index to before another: ``tags__0_2``."""

    name = ANY

    def __init__(self, written: str, of: TypeEngine[Any], zone: str) -> None:
        super().__init__(written, of, zone)
        part = _SLICE.fullmatch(written)
        if part is not None:
            start, end = int(part[1]), int(part[2])
            self.subscript = f"[{start + 1}:{end}]"
        elif _INDEX.fullmatch(written):
            start = end = int(written)
            self.subscript = f"[{start + 1}]"
            self.type = _within(impl_of(of))
        else:
            raise _unknown(of, written)
        if max(start, end) > _LAST_INDEX:
            raise _unknown(of, written)

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        if isinstance(value, _Part) and ":" not in value.subscripts:
            # PostgreSQL takes indexes of arrays within arrays together only.
            (array,) = value.operands
            return _Part(array, value.subscripts + self.subscript, self.type)
        return _Part(value, self.subscript, self.type)


class _Part(PostgresOnly):
    _traverse_internals = [*PostgresOnly._traverse_internals, ("subscripts", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True

    def __init__(self, array: Any, subscripts: str, type_: TypeEngine[Any]) -> None:
        super().__init__("an index of an array", array, type_)
        self.subscripts = subscripts


@compiles(_Part)
def _say(part: _Part, compiler: SQLCompiler, **options: Any) -> str:
    if compiler.dialect.name == "sqlite":
        part.sqlite(compiler.dialect)
    (array,) = part.operands
    return f"({compiler.process(array, **options)}){part.subscripts}"


def _alike(left: ColumnElement[Any], right: Any) -> Any:
    """The right side, where it is computed, as an array of the left side's type."""
    return right if isinstance(right, BindParameter) else cast(right, comparison_type(left.type))


def _element(path: Path) -> TypeEngine[Any]:
    element: TypeEngine[Any] = impl_of(path.types[0]).item_type
    return element


def _within(array: Any) -> TypeEngine[Any]:
    """The type of what stands at an index."""
    if not array.dimensions or array.dimensions == 1:
        item: TypeEngine[Any] = array.item_type
        return item
    return postgresql.ARRAY(array.item_type, dimensions=array.dimensions - 1)


def _unknown(of: TypeEngine[Any], written: str) -> UnknownLookupError:
    scopes = [*scopes_of_type(of), None]
    known = {*LOOKUPS.known(scopes), *TRANSFORMS.known(scopes), "0", "0_1"} - {ANY}
    return UnknownLookupError("an array", written, written, known)
