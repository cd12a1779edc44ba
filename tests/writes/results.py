"""Results as plain tuples, that type checkers let be compared with what is expected."""

from typing import Any

from sqlalchemy import Result


def tuples(result: Result[Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in result]
