"""Structs of msgspec."""

from typing import Any

from django_like_repos.schemas.fields import Kind, SchemaField, called_fields, has_hook


def _read(kind: Any) -> tuple[SchemaField, ...]:
    return called_fields(kind, {name: name for name in kind.__struct_fields__})


STRUCT = Kind(
    "a Struct",
    lambda kind: hasattr(kind, "__struct_fields__") and hasattr(kind, "__struct_config__"),
    _read,
    converts=has_hook("__post_init__"),
)
