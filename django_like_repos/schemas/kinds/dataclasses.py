"""Dataclasses, pydantic's too."""

from dataclasses import fields, is_dataclass
from typing import Any

from django_like_repos.schemas.fields import Kind, SchemaField, called_fields, has_hook
from django_like_repos.schemas.written import Written, written_as_given


def _read(kind: type[Any]) -> tuple[SchemaField, ...]:
    return called_fields(kind, {each.name: each.name for each in fields(kind) if each.init})


def _written(kind: type[Any]) -> Written:
    return written_as_given(kind, [(each.name, each.name) for each in fields(kind)])


DATACLASS = Kind(
    "a dataclass",
    is_dataclass,
    _read,
    converts=has_hook("__post_init__", "__pydantic_validator__"),
    written=_written,
)
