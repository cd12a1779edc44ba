"""Expressions over fields, as written by the user: ``F``, ``Value``, ``Func``, arithmetic between them.

Plain values. What they mean for a model, and their SQL, is floor 2's.
"""

from typing import Any, ClassVar

from django_like_repos.query.conditions import Q
from django_like_repos.query.data import Bounds, Sorted, read_sort


class Expression:
    """What stands for a value that the database computes. Arithmetic gives ``Combined``.

    ``&``, ``|``, ``^`` and ``~`` of conditions (``Exists``, a ``Case`` that is true or false) give a ``Q``;
    the operations on bits are ``bitand()`` and its kin.
    """

    __slots__ = ()

    def __add__(self, other: Any) -> "Combined":
        return Combined("+", self, other)

    def __radd__(self, other: Any) -> "Combined":
        return Combined("+", other, self)

    def __sub__(self, other: Any) -> "Combined":
        return Combined("-", self, other)

    def __rsub__(self, other: Any) -> "Combined":
        return Combined("-", other, self)

    def __mul__(self, other: Any) -> "Combined":
        return Combined("*", self, other)

    def __rmul__(self, other: Any) -> "Combined":
        return Combined("*", other, self)

    def __truediv__(self, other: Any) -> "Combined":
        return Combined("/", self, other)

    def __rtruediv__(self, other: Any) -> "Combined":
        return Combined("/", other, self)

    def __mod__(self, other: Any) -> "Combined":
        return Combined("%", self, other)

    def __rmod__(self, other: Any) -> "Combined":
        return Combined("%", other, self)

    def __pow__(self, other: Any) -> "Combined":
        return Combined("^", self, other)

    def __rpow__(self, other: Any) -> "Combined":
        return Combined("^", other, self)

    def __neg__(self) -> "Combined":
        return Combined("*", self, -1)

    def bitand(self, other: Any) -> "Combined":
        """The bits that both have."""
        return Combined("&", self, other)

    def bitor(self, other: Any) -> "Combined":
        """The bits that either has."""
        return Combined("|", self, other)

    def bitxor(self, other: Any) -> "Combined":
        """The bits that one has and the other has not."""
        return Combined("#", self, other)

    def bitleftshift(self, other: Any) -> "Combined":
        """The bits moved up by so many places."""
        return Combined("<<", self, other)

    def bitrightshift(self, other: Any) -> "Combined":
        """The bits moved down by so many places."""
        return Combined(">>", self, other)

    def __and__(self, other: Any) -> Q:
        joined: Q = Q(self) & other
        return joined

    def __rand__(self, other: Any) -> Q:
        left: Q = Q(other)
        return left & self

    def __or__(self, other: Any) -> Q:
        joined: Q = Q(self) | other
        return joined

    def __ror__(self, other: Any) -> Q:
        left: Q = Q(other)
        return left | self

    def __xor__(self, other: Any) -> Q:
        joined: Q = Q(self) ^ other
        return joined

    def __rxor__(self, other: Any) -> Q:
        left: Q = Q(other)
        return left ^ self

    def __invert__(self) -> Any:
        return ~Q(self)

    def asc(self, *, nulls_first: bool | None = None, nulls_last: bool | None = None) -> "OrderBy":
        """A term of an ordering, ascending."""
        return OrderBy(self, nulls_first=nulls_first, nulls_last=nulls_last)

    def desc(self, *, nulls_first: bool | None = None, nulls_last: bool | None = None) -> "OrderBy":
        """A term of an ordering, descending."""
        return OrderBy(self, descending=True, nulls_first=nulls_first, nulls_last=nulls_last)


class F(Expression):
    """The value of a field or an annotation, by its path: ``F("status__code")`` (``django.db.models.F``).

    ``F("name")[:3]`` and ``F("name")[0]`` are parts of a text, counted from 0.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, index: int | slice) -> "Sliced":
        return Sliced(self, index)

    # With __getitem__ alone, Python would go through it without an end.
    __iter__: Any = None
    __contains__: Any = None

    def __repr__(self) -> str:
        return f"F({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, F) and self.name == other.name

    def __hash__(self) -> int:
        return hash((F, self.name))


class Sliced(Expression):
    """A part of a text: ``F("name")[2:5]``. Raises ValueError for negative indexes, and steps."""

    __slots__ = ("expression", "length", "start")

    def __init__(self, expression: Expression, index: int | slice) -> None:
        self.expression = expression
        start, stop = (index, None) if not isinstance(index, slice) else (index.start or 0, index.stop)
        if isinstance(index, slice) and index.step is not None:
            raise ValueError("a slice of F() takes no step")
        if type(start) is not int or not (stop is None or type(stop) is int):
            raise TypeError("F() is indexed by whole numbers and slices")
        if start < 0 or (stop is not None and stop < 0):
            raise ValueError("a slice of F() takes no negative index")
        if isinstance(index, slice) and index.start and stop and stop < start:
            raise ValueError("a slice of F() ends where it starts or after")
        self.start = start
        self.length = 1 if not isinstance(index, slice) else None if stop is None else max(stop - start, 0)

    def __repr__(self) -> str:
        return f"{self.expression!r}[{self.start}:+{self.length}]"


class Value(Expression):
    """A plain value where an expression is wanted: ``Value(1) + F("rank")`` (``django.db.models.Value``).

    ``output_field`` is an SQLAlchemy type; without it the type is that of the Python value.
    """

    __slots__ = ("output_field", "value")

    def __init__(self, value: Any, output_field: Any = None) -> None:
        self.value = value
        self.output_field = output_field

    def __repr__(self) -> str:
        return f"Value({self.value!r})"


class JSONNull(Value):
    """The null of JSON, which is a value: ``update(data=JSONNull())`` (``django.db.models.JSONNull``)."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(None)

    def __repr__(self) -> str:
        return "JSONNull()"


class Combined(Expression):
    """Arithmetic: ``F("rank") + 1`` (Django: ``CombinedExpression``). The sides may be plain values."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, operator: str, left: Any, right: Any) -> None:
        self.operator = operator
        self.left = left
        self.right = right

    def __repr__(self) -> str:
        return f"({self.left!r} {self.operator} {self.right!r})"


class ExpressionWrapper(Expression):
    """An expression, or a ``Q``, with a type given to it (``django.db.models.ExpressionWrapper``)."""

    __slots__ = ("expression", "output_field")

    def __init__(self, expression: Any, output_field: Any) -> None:
        self.expression = expression
        self.output_field = output_field

    def __repr__(self) -> str:
        return f"ExpressionWrapper({self.expression!r}, {self.output_field!r})"


class Func(Expression):
    """A function of the database (``django.db.models.Func``).

    A subclass says ``function``, and where that is not enough ``template`` (with ``%(function)s`` and
    ``%(expressions)s``) and ``arg_joiner``. Texts among ``expressions`` are paths, other plain values are
    values. ``output_field`` is an SQLAlchemy type; without it the type is that of the arguments. What else is
    given by keyword fills the template as it stands: never pass on what a stranger wrote.

    Raises TypeError where the number of expressions is not ``arity``.
    """

    function: ClassVar[str | None] = None
    template: ClassVar[str] = "%(function)s(%(expressions)s)"
    arg_joiner: ClassVar[str] = ", "
    arity: ClassVar[int | None] = None
    output_field: Any = None
    volatile: ClassVar[bool] = False
    """Whether it may give another value each time it is asked."""
    set_returning: ClassVar[bool | None] = None
    """Whether it makes rows of its own of each row, as ``generate_series()`` does; None where nobody said."""
    lookup_name: ClassVar[str | None] = None
    """The name by which ``register_transform()`` makes it known in paths."""

    def __init__(self, *expressions: Any, output_field: Any = None, **extra: Any) -> None:
        if self.arity is not None and len(expressions) != self.arity:
            plural = "argument" if self.arity == 1 else "arguments"
            raise TypeError(
                f"{type(self).__name__} takes exactly {self.arity} {plural} ({len(expressions)} given)"
            )
        self.expressions: tuple[Any, ...] = expressions
        self.extra: dict[str, Any] = extra
        if output_field is not None:
            self.output_field = output_field

    def __repr__(self) -> str:
        given = [*map(repr, self.expressions), *(f"{key}={value!r}" for key, value in self.extra.items())]
        return f"{type(self).__name__}({', '.join(given)})"


class Transform(Func):
    """A function of one value, which may be registered as part of a path (``django.db.models.Transform``)."""

    arity = 1


class RawSQL(Expression):
    """SQL as it stands, with ``%s`` for each of ``params`` (``django.db.models.expressions.RawSQL``).

    ``output_field`` is an SQLAlchemy type. Never put what a stranger wrote into ``sql``.
    """

    __slots__ = ("output_field", "params", "sql")

    def __init__(self, sql: str, params: Any = (), output_field: Any = None) -> None:
        self.sql = sql
        self.params = tuple(params)
        self.output_field = output_field

    def __repr__(self) -> str:
        return f"RawSQL({self.sql!r}, {self.params!r})"


class OrderBy(Expression):
    """A term of an ordering (``django.db.models.expressions.OrderBy``). Raises ValueError, TypeError."""

    __slots__ = ("descending", "expression", "nulls_first", "nulls_last")

    def __init__(
        self,
        expression: Any,
        descending: bool = False,
        nulls_first: bool | None = None,
        nulls_last: bool | None = None,
    ) -> None:
        if isinstance(expression, (str, int, float)) or expression is None:
            raise ValueError(f"OrderBy() takes an expression, not {expression!r}: F('name').asc()")
        if nulls_first and nulls_last:
            raise ValueError("nulls_first and nulls_last are mutually exclusive")
        if nulls_first is False or nulls_last is False:
            raise ValueError("nulls_first and nulls_last values must be True or None.")
        self.expression = expression
        self.descending = descending
        self.nulls_first = nulls_first
        self.nulls_last = nulls_last

    @staticmethod
    def from_sort(sort: Any) -> "tuple[str | OrderBy, ...]":
        """The terms for ``order_by()`` of plain data: ``["name", {"desc": "updated", "nulls": "last"}]``.

        A text is a name, ascending unless ``-`` stands before it; an object says ``asc`` or ``desc`` of one,
        and where ``nulls`` come, ``first`` or ``last``. Raises InvalidConditionError, which says where.
        """
        return tuple([term_of(read) for read in read_sort(sort, Bounds())])

    def asc(self, *, nulls_first: bool | None = None, nulls_last: bool | None = None) -> "OrderBy":
        raise TypeError("this is the term of an ordering already")

    def desc(self, *, nulls_first: bool | None = None, nulls_last: bool | None = None) -> "OrderBy":
        raise TypeError("this is the term of an ordering already")

    def reverse_ordering(self) -> "OrderBy":
        """The same the other way round."""
        return OrderBy(
            self.expression,
            descending=not self.descending,
            nulls_first=self.nulls_last,
            nulls_last=self.nulls_first,
        )

    def __repr__(self) -> str:
        nulls = ", nulls_first" if self.nulls_first else ", nulls_last" if self.nulls_last else ""
        return f"OrderBy({self.expression!r}, {'desc' if self.descending else 'asc'}{nulls})"


def term_of(said: Sorted) -> str | OrderBy:
    """The term of an order that was said in plain data."""
    if said.nulls is None:
        return f"-{said.name}" if said.descending else said.name
    return OrderBy(
        F(said.name),
        descending=said.descending,
        nulls_first=said.nulls == "first" or None,
        nulls_last=said.nulls == "last" or None,
    )
