"""TypedDicts."""

from typing import Any

import typing_extensions

from django_like_repos.schemas.fields import Kind, SchemaField, field_of, has_hook, hints_of
from django_like_repos.schemas.written import Written, written_as_given


def _read(kind: Any) -> tuple[SchemaField, ...]:
    required = kind.__required_keys__
    hints = typing_extensions.get_type_hints(kind, include_extras=True)
    hints = {**hints_of(kind), **hints}
    return tuple(
        [
            field_of(name, annotation, argument=name, required=name in required)
            for name, annotation in hints.items()
        ]
    )


def _written(kind: Any) -> Written:
    return written_as_given(kind, [(each.name, each.name) for each in _read(kind)])


TYPED_DICT = Kind(
    "a TypedDict",
    typing_extensions.is_typeddict,
    _read,
    way="dict",
    converts=has_hook(),
    written=_written,
)
