"""SQLAlchemy's own expressions: what they stand for, what they read, what they are computed of."""

from typing import Any, Final

from sqlalchemy import ColumnElement, FunctionElement, Over, Table, select
from sqlalchemy.orm import Mapper
from sqlalchemy.sql.selectable import SelectBase

_AGGREGATES: Final = frozenset(
    [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "variance",
        "var_pop",
        "var_samp",
        "array_agg",
        "string_agg",
        "json_agg",
        "jsonb_agg",
        "json_group_array",
        "json_group_object",
        "group_concat",
        "total",
        "bool_and",
        "bool_or",
        "every",
        "aggregate_strings",
    ]
)


def as_element(value: Any) -> ColumnElement[Any]:
    """An SQLAlchemy attribute as the expression that it stands for."""
    while not isinstance(value, ColumnElement) and hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    element: ColumnElement[Any] = value
    return element


def brings_tables(expression: ColumnElement[Any], mapper: Mapper[Any]) -> bool:
    """Whether an SQLAlchemy expression puts another table than the mapper's beside it in FROM."""
    own = {getattr(table, "fullname", table.description) for table in mapper.tables}
    froms = select(expression).get_final_froms()
    return any(not isinstance(each, Table) or each.fullname not in own for each in froms)


def calls(expression: Any) -> bool:
    """Whether an SQLAlchemy expression calls a function, of which nobody knows whether it makes rows."""
    if isinstance(expression, (Over, SelectBase)):
        return False
    return isinstance(expression, FunctionElement) or any(map(calls, expression.get_children()))


def is_aggregate(expression: Any) -> bool:
    """Whether an SQLAlchemy expression is computed of a group of rows, by the names of its functions."""
    if isinstance(expression, (Over, SelectBase)):
        return False
    if isinstance(expression, FunctionElement) and getattr(expression, "name", "").lower() in _AGGREGATES:
        return True
    return any(map(is_aggregate, expression.get_children()))
