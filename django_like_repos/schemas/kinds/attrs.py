"""Classes of attrs."""

from typing import Any

from django_like_repos.schemas.fields import Kind, SchemaField, called_fields


def _read(kind: Any) -> tuple[SchemaField, ...]:
    return called_fields(kind, {each.name: each.alias for each in kind.__attrs_attrs__ if each.init})


ATTRS = Kind("a class of attrs", lambda kind: "__attrs_attrs__" in vars(kind), _read)
