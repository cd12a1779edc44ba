"""Tables of Arrow as frames of pandas and polars."""

from typing import Any

from django_like_repos.execution.export.packages import arrow, package


def pandas_of(table: Any, call: str) -> Any:
    """A table as pandas has it: its columns stay Arrow's, so that NULL is no NaN and an integer no float."""
    pa, pandas = arrow(call), package("pandas", call, "pandas")

    def column(type_: Any) -> Any:
        # Enums become categories.
        return None if pa.types.is_dictionary(type_) else pandas.ArrowDtype(type_)

    return _with_texts(table, pa).to_pandas(types_mapper=column)


def polars_of(table: Any, call: str) -> Any:
    """A table as polars has it."""
    return package("polars", call, "polars").from_arrow(_with_texts(table, arrow(call)))


def _with_texts(table: Any, pa: Any) -> Any:
    """A table whose UUIDs, for which neither has a type, are text."""
    for place, field in enumerate(table.schema):
        if field.type == pa.uuid():
            texts = pa.chunked_array([_texts(each, pa) for each in table.column(place).chunks], pa.string())
            table = table.set_column(place, field.name, texts)
    return table


def _texts(uuids: Any, pa: Any) -> Any:
    return pa.array([None if each is None else str(each) for each in uuids.to_pylist()], type=pa.string())
