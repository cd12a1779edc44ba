"""The type of decimals that a database computed: SQLAlchemy reads those without a scale to ten places."""

from decimal import Context, Decimal
from typing import Any, Final

from sqlalchemy import Dialect, types

_CONTEXT: Final = Context(prec=400)
_ONE: Final = Decimal(1)


class Reckoned(types.Numeric[Decimal]):
    """A decimal of so many places at most; of as many as there are, if nobody knows.

    SQLite computes with floats of some 17 digits. What no decimal says in full (a quotient, a root) is not
    ``exact``, and read to the 15 digits that every float has, as Django does.
    """

    def __init__(self, scale: int | None = None, exact: bool = True) -> None:
        super().__init__(scale=scale)
        self.exact = exact

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        if dialect.supports_native_decimal:
            return super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]
        return self._read

    def _read(self, value: Any) -> Decimal | None:
        if value is None:
            return None
        number = Decimal(f"{value:.15g}" if isinstance(value, float) and not self.exact else str(value))
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int):
            return number
        places = max(-exponent, 0) if self.scale is None else self.scale
        return number.quantize(_ONE.scaleb(-places), context=_CONTEXT)
