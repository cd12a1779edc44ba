"""Structs of msgspec."""

from typing import Any

from django_like_repos.schemas.fields import Kind, SchemaField, called_fields, has_hook
from django_like_repos.schemas.written import ByPythonError, Written, written_as_given


def _read(kind: Any) -> tuple[SchemaField, ...]:
    return called_fields(kind, {name: name for name in kind.__struct_fields__})


def _written(kind: Any) -> Written:
    config = kind.__struct_config__
    if config.tag is not None:
        raise ByPythonError(f"{kind.__name__} has a tag")
    keys = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return written_as_given(kind, keys, array=config.array_like)


STRUCT = Kind(
    "a Struct",
    lambda kind: hasattr(kind, "__struct_fields__") and hasattr(kind, "__struct_config__"),
    _read,
    converts=has_hook("__post_init__"),
    written=_written,
)
