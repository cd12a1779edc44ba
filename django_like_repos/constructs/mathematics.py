"""Mathematics, where the databases differ: exact numbers, rounding, chance."""

from typing import Any

from sqlalchemy import ColumnElement, Double, Integer, Numeric, cast, func, literal_column

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing
from django_like_repos.constructs.decimals import are_decimals, is_decimal


def exact(function: str, *numbers: Any) -> ColumnElement[Any]:
    """A function that PostgreSQL has, or has without loss, of numerics only."""
    return Differing("exact", *numbers, function=function)


def rounded(number: Any, precision: Any, *, negative: bool) -> ColumnElement[Any]:
    """A number rounded, a half away from zero. ``negative`` says that the precision is known to be."""
    return Differing("rounded_to_tens" if negative else "rounded", number, precision)


def random_number() -> ColumnElement[float]:
    """A number from 0 up to 1, a new one each time."""
    return Differing("random_number")


def _numeric(number: Any) -> Any:
    return number if is_decimal(number.type) else cast(number, Numeric)


def _exact_on_sqlite(*numbers: Any, function: str) -> Any:
    ours = function == "mod" and are_decimals(*numbers)
    return func.dlr_mod(*numbers) if ours else getattr(func, function)(*numbers)


def _exact_on_postgresql(*numbers: Any, function: str) -> Any:
    return getattr(func, function)(*map(_numeric, numbers))


def _rounded_on_sqlite(number: Any, precision: Any) -> Any:
    return (func.dlr_round if is_decimal(number.type) else func.round)(number, precision)


def _rounded_on_postgresql(number: Any, precision: Any) -> Any:
    return func.round(_numeric(number), cast(precision, Integer))


def _random_on_sqlite() -> Any:
    # As many of the 64 bits of chance as a float holds.
    return literal_column("((random() & 9007199254740991) / 9007199254740992.0)", Double())


DIFFERENCES.update(
    {
        "exact": Difference(Numeric(), _exact_on_sqlite, _exact_on_postgresql),
        "rounded": Difference(Numeric(), _rounded_on_sqlite, _rounded_on_postgresql),
        # SQLite's own takes a negative precision for 0.
        "rounded_to_tens": Difference(Numeric(), func.dlr_round, _rounded_on_postgresql, "rounded"),
        "random_number": Difference(Double(), _random_on_sqlite, func.random),
    }
)
