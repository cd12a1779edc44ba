"""Named tuples: ``typing.NamedTuple``, and those of ``collections``, whose fields have no types."""

from typing import Any

from django_like_repos.schemas.fields import Kind, SchemaField, field_of, has_hook, hints_of
from django_like_repos.schemas.written import Written, written_as_given


def _read(kind: Any) -> tuple[SchemaField, ...]:
    hints, defaults = hints_of(kind), kind._field_defaults
    return tuple(
        [
            field_of(name, hints.get(name, Any), argument=name, required=name not in defaults)
            for name in kind._fields
        ]
    )


def _written(kind: Any) -> Written:
    return written_as_given(kind, [(name, name) for name in kind._fields], array=True)


NAMED_TUPLE = Kind(
    "a named tuple",
    lambda kind: issubclass(kind, tuple) and hasattr(kind, "_fields") and hasattr(kind, "_field_defaults"),
    _read,
    way="tuple",
    converts=has_hook(),
    written=_written,
)
