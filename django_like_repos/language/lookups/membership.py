"""Lookups that ask whether a value is among others: ``in``, ``range``, and whether there is one at all."""

import operator
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Tuple,
    TupleType,
    all_,
    and_,
    any_,
    or_,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectBase

from django_like_repos.constructs.comparison import alike
from django_like_repos.constructs.enums import alike_chosen, alike_texts
from django_like_repos.constructs.long import AmongRows
from django_like_repos.language.inference import family
from django_like_repos.language.kinds import is_computed, read_expression, together
from django_like_repos.language.lookups.base import Lookup, register_lookup
from django_like_repos.language.operands import Mixed, Target, beyond
from django_like_repos.language.outer import check_outer
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.options import criteria
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.mapping.projection import outputs_of, reprojected
from django_like_repos.mapping.python import for_python
from django_like_repos.mapping.row_makers import width_of
from django_like_repos.query import Clause, OuterRef, Query, RawSQL, Subquery, is_queryset
from django_like_repos.query.shapes import (
    ALWAYS,
    LIST,
    LONG_LIST,
    NEVER,
    TRUE,
    VALUE,
    Members,
    Pair,
)
from django_like_repos.query.shapes import Subquery as Chosen
from django_like_repos.values import LARGEST_INTEGER, SMALLEST_INTEGER, Between, Beyond
from django_like_repos.values.document import Document
from django_like_repos.values.numbers import integer
from django_like_repos.values.plain import all_plain, never_plain, plain_check

_LONG: Final = 250
"""Longer lists do not go as separate parameters, of which a statement may have some 32,766 in all."""


@register_lookup
class Range(Lookup):
    """Both ends included; each end may be an expression."""

    name = "range"
    also = ("between",)
    form = "pair"

    def between(self, floor: int) -> Any:
        return Between(floor)

    def read(self, target: Target, value: Any) -> Clause:
        if isinstance(value, str) or not isinstance(value, (tuple, list)) or len(value) != 2:
            target.refuse("a pair of values (from, to)", value)
        low, high = (self._end(target, value, end, number) for number, end in enumerate(value))
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

    def _end(self, target: Target, value: Any, end: Any, number: int) -> Clause:
        if end is None:
            target.refuse("two values", value, "an open end is said by gte or lte")
        read = target.operand(end)
        if read.params and isinstance(read.params[0], Between):
            # From the next integer on, up to the one before.
            return read._replace(params=(integer(read.params[0].floor + (number == 0)),))
        return read

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        low, high = (for_python(left, end) for end in right)
        floor, ceiling = alike(left, low), alike(left, high)
        if floor[0] is left and ceiling[0] is left:
            within: ColumnElement[bool] = left.between(floor[1], ceiling[1])
            return within
        return and_(operator.ge(*floor), operator.le(*ceiling))


@register_lookup
class In(Lookup):
    """A list of values, a queryset or a SELECT; None in the list is left out, as Django does."""

    name = "in"
    form = "list"
    empty: ClassVar[str] = NEVER
    negated: ClassVar[bool] = False

    def between(self, floor: int) -> Any:
        return Beyond(floor)

    def read(self, target: Target, value: Any) -> Clause:
        if type(value) is Subquery:
            return self._read_query(target, value.query)
        if is_queryset(value):
            return self._read_query(target, value._query)
        if isinstance(value, SelectBase):
            value = value.scalar_subquery()
        if isinstance(value, (ScalarSelect, RawSQL)):
            return target.atom(read_expression(target.path.names, value))
        return self._read_list(target, [value] if isinstance(value, OuterRef) else value)

    def _read_list(self, target: Target, value: Any) -> Clause:
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            target.refuse("a list of values, or a queryset", value)
        if type(value) in (list, tuple, set):
            check = plain_check(target.types[0]) if len(target.types) == 1 else never_plain
            members = [*value]
            if members and type(None) not in {*map(type, members)} and all_plain(check, members):
                # The usual ones of a column, with which nothing has to be done.
                return target.atom(Clause(list_shape(members), (members,)))
        computed: list[Any] = []
        plain: list[Any] = []
        for each in value:
            if each is not None:
                (computed if _is_computed(each) else plain).append(each)
        coerced = [each for each in map(target.coerce, plain) if not beyond(each)]
        rest = Clause(list_shape(coerced), (coerced,))
        if computed:
            return target.atom(_members(target, computed, rest if coerced else None))
        if not coerced:
            # A list of nothing but numbers that no column holds is like any list that matches nothing.
            return self.read_beyond(target, 0) if plain else Clause(self.empty)
        return target.atom(rest)

    def _read_query(self, target: Target, query: Query) -> Clause:
        wanted = len(target.path.types)
        if query.frame.projection is None:
            if target.path.relation and not _is_kin(query.model, target.path.mapper.class_):
                name = target.path.mapper.class_.__name__
                target.refuse(f"a queryset of {name}", query, "or of values, by values_list()")
            if len(target.path.types) == 1 and not target.path.relation:
                frame = reprojected(query.shape, (key_name(mapper_of(query.model)),)).frame._replace(
                    distinct=False
                )
                query = query.evolve(frame=frame)
        projection = query.frame.projection
        columns = outputs_of(query.shape)
        found = width_of(query.names, columns) if projection else wanted
        if found != wanted:
            target.refuse(f"a queryset of {wanted} column(s), not {found}: values_list() chooses them", query)
        if projection is not None:
            _check_families(target, query, columns)
        of_json = projection is not None and any(
            isinstance(type_, Document) for name in columns for type_ in field_path(query.names, name).types
        )
        if of_json and not any(isinstance(type_, (Document, JSON)) for type_ in target.path.types):
            target.refuse("a queryset of its own type and not of JSON", query)
        if criteria((*query.settings.loaders, *query.settings.volatile)):
            target.refuse("a queryset without with_loader_criteria()", query, "filter it instead")
        if query.limit is None and query.offset is None and not query.frame.distinct_on:
            query = query.evolve(ordering=Clause(()))
        check_outer(target.path.names, query.shape)
        return target.atom(Clause(Chosen(query.shape), query.params, query.expressions))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        if isinstance(right, Mixed):
            mine, *computed = alike_texts([left, *right.computed])
            found = self._among(mine, computed)
            both = and_ if self.negated else or_
            return found if right.rest is None else both(found, self.sql(left, right.rest))
        right = for_python(left, right)
        if _is_array(right):
            return left != all_(right) if self.negated else left == any_(right)
        if isinstance(right, FunctionElement):
            return left.bool_op("NOT IN" if self.negated else "IN")(right)
        if _is_written_rows(right):
            return AmongRows(left, right, negated=self.negated)
        return self._among(*_selected(left, right))

    def _among(self, left: Any, right: Any) -> ColumnElement[bool]:
        among: ColumnElement[bool] = left.not_in(right) if self.negated else left.in_(right)
        return among


@register_lookup
class NotIn(In):
    """SQL's ``NOT IN``: a path that is NULL is not found."""

    name = "notin"
    empty = ALWAYS
    negated = True

    def read_beyond(self, target: Target, side: int) -> Clause:
        return target.null(False)


@register_lookup
class IsNull(Lookup):
    name = "isnull"
    form = "flag"
    compares = False
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


def list_shape(values: Sequence[Any]) -> str:
    """The shape of a list that is a param."""
    return LIST if len(values) <= _LONG else LONG_LIST


def _members(target: Target, computed: list[Any], rest: Clause | None) -> Clause:
    read = [target.operand(each) for each in computed]
    every = read if rest is None else [*read, rest]
    return Clause(
        Members(tuple([each.shape for each in read]), rest.shape if rest else None),
        *together(every),
    )


_ALIKE: Final = {
    **dict.fromkeys(("integer", "decimal", "float"), "numbers"),
    **dict.fromkeys(("date", "datetime"), "moments"),
    **dict.fromkeys(("time", "interval"), "times"),
    "text": "texts",
    "boolean": "booleans",
    "uuid": "UUIDs",
    "bytes": "bytes",
}
"""What PostgreSQL compares with each other, of what it compares with nothing else."""


def _check_families(target: Target, query: Query, columns: Sequence[str]) -> None:
    """Raises InvalidLookupValueError for values that are never equal to those of the path."""
    given = [type_ for name in columns for type_ in field_path(query.names, name).types]
    for mine, other in zip(target.path.types, given, strict=True):
        if mine._variant_mapping or other._variant_mapping:
            continue
        wanted, found = _ALIKE.get(family(mine)), _ALIKE.get(family(other))
        if wanted and found and wanted != found:
            target.refuse(f"a queryset of {wanted}", query, f"not of {found}: values_list() chooses others")


def _is_array(right: Any) -> bool:
    return isinstance(right, BindParameter) and not right.expanding and isinstance(right.type, ARRAY)


def _is_written_rows(right: Any) -> bool:
    return isinstance(right, BindParameter) and right.literal_execute and isinstance(right.type, TupleType)


def _is_kin(model: type[Any], target: type[Any]) -> bool:
    """Whether rows of a model may be rows of the target, or of a base of it."""
    return issubclass(model, target) or issubclass(target, model)


def _is_computed(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(is_computed, value))
    return is_computed(value)


def _selected(left: Any, right: Any) -> tuple[Any, Any]:
    chosen = right.element if isinstance(right, ScalarSelect) else right
    return alike_chosen(left, chosen) if isinstance(chosen, SelectBase) else (left, chosen)


def _within(value: Any) -> Any:
    side = beyond(value)
    return value if not side else LARGEST_INTEGER if side > 0 else SMALLEST_INTEGER
