"""Mathematics, where the databases differ: exact numbers, rounding, chance."""

from typing import Any

from sqlalchemy import ColumnElement, Dialect, Double, Float, Integer, Numeric, cast, func, literal_column
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.base import Construct


def exact(function: str, *numbers: Any) -> ColumnElement[Any]:
    """A function that PostgreSQL has, or has without loss, of numerics only."""
    return _Exact(function, numbers)


def rounded(number: Any, precision: Any, *, negative: bool) -> ColumnElement[Any]:
    """A number rounded, a half away from zero. ``negative`` says that the precision is known to be."""
    return _Rounded(number, precision, "negative" if negative else "")


def random_number() -> ColumnElement[float]:
    """A number from 0 up to 1, a new one each time."""
    return _Random()


def _numeric(number: Any) -> Any:
    type_: TypeEngine[Any] = getattr(number.type, "impl_instance", number.type)
    exactly = isinstance(type_, Numeric) and not isinstance(type_, Float)
    return number if exactly else cast(number, Numeric)


class _Exact(Construct[Any]):
    _traverse_internals = [*Construct._traverse_internals, ("function", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True
    name = "exact"
    type = Numeric()

    def __init__(self, function: str, numbers: tuple[Any, ...]) -> None:
        super().__init__(*numbers)
        self.function = function

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = getattr(func, self.function)(*self.operands)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        said: ColumnElement[Any] = getattr(func, self.function)(*map(_numeric, self.operands))
        return said


class _Rounded(Construct[Any]):
    _traverse_internals = [*Construct._traverse_internals, ("sign", InternalTraversal.dp_string)]  # noqa: RUF012

    inherit_cache = True
    name = "rounded"
    type = Numeric()

    def __init__(self, number: Any, precision: Any, sign: str) -> None:
        super().__init__(number, precision)
        self.sign = sign

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        # Its own takes a negative precision for 0.
        said: ColumnElement[Any] = (func.dlr_round if self.sign else func.round)(*self.operands)
        return said

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        number, precision = self.operands
        said: ColumnElement[Any] = func.round(_numeric(number), cast(precision, Integer))
        return said


class _Random(Construct[float]):
    inherit_cache = True
    name = "random_number"
    type = Double()

    def sqlite(self, dialect: Dialect) -> ColumnElement[Any]:
        # As many of the 64 bits of chance as a float holds.
        return literal_column("((random() & 9007199254740991) / 9007199254740992.0)", Double())

    def postgresql(self, dialect: Dialect) -> ColumnElement[Any]:
        return func.random(type_=Double())
