"""Aggregates: one value of many rows."""

from typing import Any, ClassVar

from django_like_repos.query.expressions import F, Func


class Aggregate(Func):
    """A function of a group of rows (``django.db.models.Aggregate``).

    ``distinct`` counts equal values once; ``filter`` is a ``Q`` for the rows that count; ``default`` stands
    for the NULL of no rows; ``order_by`` is the order of the values where that matters. ``subquery`` has it
    computed by a subquery of its own, so that what else is joined multiplies nothing in it.

    Raises TypeError for what the aggregate does not take.
    """

    template = "%(function)s(%(distinct)s%(expressions)s)"
    allow_distinct: ClassVar[bool] = False
    allow_order_by: ClassVar[bool] = False
    empty_result_set_value: ClassVar[Any] = None
    allows_star: ClassVar[bool] = False

    def __init__(
        self,
        *expressions: Any,
        distinct: bool = False,
        filter: Any = None,
        default: Any = None,
        order_by: Any = None,
        output_field: Any = None,
        subquery: bool = False,
        **extra: Any,
    ) -> None:
        name = type(self).__name__
        if distinct and not self.allow_distinct:
            raise TypeError(f"{name} does not allow distinct.")
        if order_by is not None and not self.allow_order_by:
            raise TypeError(f"{name} does not allow order_by.")
        if default is not None and self.empty_result_set_value is not None:
            raise TypeError(f"{name} does not allow default.")
        super().__init__(*expressions, output_field=output_field, **extra)
        self.distinct = bool(distinct)
        self.filter = filter
        self.default = default
        self.subquery = bool(subquery)
        terms = () if order_by is None else order_by if isinstance(order_by, (tuple, list)) else (order_by,)
        self.order_by: tuple[Any, ...] = tuple(terms)

    @property
    def default_alias(self) -> str:
        """The name that it has in ``aggregate()`` and ``annotate()`` where none is given.

        Raises TypeError where it is of more than one path.
        """
        if len(self.expressions) == 1:
            (only,) = self.expressions
            path = only.name if isinstance(only, F) else only
            if isinstance(path, str):
                return f"{path}__{type(self).__name__.lower()}"
        raise TypeError("Complex expressions require an alias")

    def __repr__(self) -> str:
        given = [*map(repr, self.expressions)]
        given += [f"{key}={value!r}" for key, value in self.extra.items()]
        given += ["distinct=True"] if self.distinct else []
        given += [f"filter={self.filter!r}"] if self.filter is not None else []
        given += ["subquery=True"] if self.subquery else []
        return f"{type(self).__name__}({', '.join(given)})"


class Count(Aggregate):
    """How many rows have a value; ``"*"`` how many rows there are. 0 for no rows."""

    function = "COUNT"
    allow_distinct = True
    empty_result_set_value = 0
    allows_star = True

    def __init__(self, expression: Any, filter: Any = None, **extra: Any) -> None:
        star = isinstance(expression, str) and expression == "*"
        if star and filter is not None:
            raise ValueError("Star cannot be used with filter. Please specify a field.")
        if star and extra.get("distinct"):
            raise ValueError("Star cannot be used with distinct. Please specify a field.")
        super().__init__(expression, filter=filter, **extra)


class Sum(Aggregate):
    """The sum; of no rows None."""

    function = "SUM"
    arity = 1
    allow_distinct = True


class Avg(Aggregate):
    """The mean, a float, or a Decimal of Decimals; of no rows None."""

    function = "AVG"
    arity = 1
    allow_distinct = True


class Min(Aggregate):
    """The smallest value."""

    function = "MIN"
    arity = 1


class Max(Aggregate):
    """The largest value."""

    function = "MAX"
    arity = 1


class StdDev(Aggregate):
    """The standard deviation: of the population, or with ``sample=True`` of a sample."""

    def __init__(self, expression: Any, sample: bool = False, **extra: Any) -> None:
        super().__init__(expression, **extra)
        self.sample = bool(sample)


class Variance(Aggregate):
    """The variance: of the population, or with ``sample=True`` of a sample."""

    def __init__(self, expression: Any, sample: bool = False, **extra: Any) -> None:
        super().__init__(expression, **extra)
        self.sample = bool(sample)
