"""Functions that compare, and those that change a type."""

import re
from typing import Any, Final

from django_like_repos.query.expressions import Func

_COLLATION: Final = re.compile(r"[\w-]+(\.[\w-]+)*")


class Cast(Func):
    """A value as another type, ``output_field``, an SQLAlchemy type."""

    function = "CAST"

    def __init__(self, expression: Any, output_field: Any) -> None:
        super().__init__(expression, output_field=output_field)


class OfSeveral(Func):
    """A function of two values at least. Raises ValueError for fewer."""

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        if len(expressions) < 2:
            raise ValueError(f"{type(self).__name__} must take at least two expressions")
        super().__init__(*expressions, **extra)


class Coalesce(OfSeveral):
    """The first value that is not NULL. Raises ValueError for fewer than two."""

    function = "COALESCE"


class Collate(Func):
    """A text in another collation. Raises ValueError for what is no name of one."""

    function = "COLLATE"

    def __init__(self, expression: Any, collation: str) -> None:
        if not isinstance(collation, str) or not _COLLATION.fullmatch(collation):
            raise ValueError(f"Invalid collation name: {collation!r}.")
        super().__init__(expression, collation=collation)


class Greatest(OfSeveral):
    """The largest value; on PostgreSQL NULLs are passed over, on SQLite one NULL is the answer.

    Raises ValueError for fewer than two.
    """

    function = "GREATEST"


class Least(OfSeveral):
    """The smallest value, with NULLs as in ``Greatest``. Raises ValueError for fewer than two."""

    function = "LEAST"


class NullIf(Func):
    """The first value, or NULL where it equals the second."""

    function = "NULLIF"
    arity = 2
