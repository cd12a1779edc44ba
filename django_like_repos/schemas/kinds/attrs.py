"""Classes of attrs."""

from typing import Any

from django_like_repos.schemas.fields import Kind, SchemaField, called_fields, has_hook
from django_like_repos.schemas.written import Written, written_as_given


def _read(kind: Any) -> tuple[SchemaField, ...]:
    given = [each for each in kind.__attrs_attrs__ if each.init]
    converted = {each.name for each in given if each.converter is not None}
    return called_fields(kind, {each.name: each.alias for each in given}, converted)


def _written(kind: Any) -> Written:
    converted = [each.name for each in kind.__attrs_attrs__ if each.converter is not None]
    return written_as_given(kind, [(each.alias, each.name) for each in kind.__attrs_attrs__], converted)


ATTRS = Kind(
    "a class of attrs",
    lambda kind: "__attrs_attrs__" in vars(kind),
    _read,
    converts=has_hook("__attrs_post_init__"),
    written=_written,
)
