"""``Window``: functions of the rows around each row."""

from copy import copy
from typing import Any, Final

from django_like_repos.constructs.windows import frame_sql, window
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.casting import as_type, typed
from django_like_repos.language.expressions.ordering import build_sort, read_sort, sorted_by
from django_like_repos.language.inference import combined, family
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    build_expression,
    canonical,
    read_argument,
    read_expression,
    register_reader,
    register_shape,
    together,
    traits_of,
)
from django_like_repos.language.sides import Side
from django_like_repos.query import Aggregate, Clause, Names, Window
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.functions.windows import (
    CumeDist,
    DenseRank,
    Ntile,
    PercentRank,
    Rank,
    RowNumber,
)
from django_like_repos.query.shapes import Over

_NUMBERS: Final = ("integer", "decimal", "float")


@register_reader(Window)
def _read(names: Names, value: Window) -> Clause:
    if isinstance(value.expression, Aggregate) and value.expression.subquery:
        raise UnsupportedOperationError(
            f"{value!r}: with subquery=True it is a value of each row: an aggregate of that makes a window"
        )
    if isinstance(value.expression, Aggregate) and value.expression.default is not None:
        return _read_with_default(names, value, value.expression)
    function = read_argument(names, value.expression)
    partition = [read_argument(names, each) for each in value.partition_by]
    order = [read_sort(names, each) for each in value.order_by]
    terms: list[Any] = [each.shape for each in order]
    parts = [function.shape, *[each.shape for each in partition], *[term.value for term in terms]]
    if any(traits_of(names, each).window for each in parts):
        raise UnsupportedOperationError(f"{value!r}: a window cannot be of a window")
    if isinstance(value.expression, Aggregate) and (value.expression.distinct or value.expression.order_by):
        raise UnsupportedOperationError(
            f"{value!r}: in a window an aggregate takes no distinct and no order_by"
        )
    frame = value.frame
    if frame is not None:
        _check_frame(names, value, terms)
    shape = Over(
        function.shape,
        tuple([each.shape for each in partition]),
        tuple(terms),
        (frame.unit, frame.start, frame.end, frame.exclusion and frame.exclusion.value) if frame else None,
        canonical(value.output_field),
    )
    return Clause(shape, *together([function, *partition, *order]))


def _read_with_default(names: Names, value: Window, aggregate: Aggregate) -> Clause:
    """The default is for what the window has, not for what the aggregate is of."""
    bare = copy(aggregate)
    bare.default = None
    window = Window(bare, value.partition_by, value.order_by, value.frame, value.output_field)
    return read_expression(names, Coalesce(window, aggregate.default))


def _check_frame(names: Names, value: Window, order: list[Any]) -> None:
    frame: Any = value.frame
    if frame.unit != "RANGE" or not (frame.start or frame.end):
        return
    kinds = [family(traits_of(names, term.value).type) for term in order]
    if len(kinds) != 1 or kinds[0] not in _NUMBERS:
        raise UnsupportedOperationError(
            f"{value!r}: a ValueRange whose bounds are not 0 or None needs an order_by of one number"
        )


def _traits(names: Names, shape: Over) -> Traits:
    function = traits_of(names, shape.function)
    beside = [*shape.partition, *[term.value for term in shape.order]]
    known = combined([traits_of(names, each) for each in beside], shape.type or function.type, function.why)
    return known._replace(window=True, aggregate=known.aggregate or _of_aggregates(names, shape.function))


def _of_aggregates(names: Names, function: Any) -> bool:
    """Whether a window function is of aggregates: the aggregate that makes the window is not one itself."""
    call = getattr(function, "call", function)
    return any(traits_of(names, each).aggregate for each in call.arguments if not isinstance(each, str))


_COUNTING: Final = frozenset({RowNumber, Rank, DenseRank, PercentRank, CumeDist, Ntile})
"""What has a number for every row."""


class _Window(Side):
    window = True

    def __init__(self, builder: Builder, shape: Over) -> None:
        self._function = build_expression(builder, shape.function)
        self._partition = [build_expression(builder, each) for each in shape.partition]
        self._order = [build_sort(builder, each) for each in shape.order]
        frame: Any = shape.frame
        self._frame = frame_sql(*frame) if frame else None
        self._type = traits_of(builder.names, shape).type
        self._given = shape.type
        sides = [self._function, *self._partition, *[term.side for term in self._order]]
        self.nodes = tuple([node for side in sides for node in side.nodes])
        beside = [*self._partition, *[term.side for term in self._order]]
        self.aggregate = any(side.aggregate for side in beside) or _of_aggregates(
            builder.names, shape.function
        )
        self._beside = beside
        kind = getattr(shape.function, "kind", None)
        self._nullable = kind not in _COUNTING and self._function.nullable

    @property
    def nullable(self) -> bool:
        return self._nullable

    def sql(self, scope: Scope) -> Any:
        said = window(
            self._function.sql(scope),
            [each.sql(scope) for each in self._partition],
            [sorted_by(each, scope) for each in self._order],
            self._frame,
        )
        return typed(said, self._type) if self._given is None else as_type(said, self._type)

    @property
    def groups(self) -> list[Side]:
        # As in Django, of the function what it is of, since it is no value without its window.
        function = getattr(self._function, "parts", (self._function,))
        return [group for side in (*function, *self._beside) for group in side.groups]


register_shape(Over, _traits, _Window)
