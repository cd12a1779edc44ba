"""Violations of constraints in a bulk write, told: which, of which fields, of what values if it is known."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from django_like_repos.errors import ViolationError
from django_like_repos.execution.conflicts import violation_of
from django_like_repos.mapping.constraints import fields_about
from django_like_repos.mapping.models import mapper_of

_WORDS: Final[Mapping[str | None, str]] = {
    "unique": "another row has the same",
    "exclusion": "another row excludes",
    "foreign_key": "there is no such row, or others refer to it:",
    "not_null": "there is no value for",
    "check": "a condition does not hold of",
    None: "a constraint refused",
}


@contextmanager
def told(verb: str, model: type[Any]) -> Iterator[None]:
    """A block whose violations of constraints are ViolationErrors."""
    try:
        yield
    except ViolationError:
        raise
    except IntegrityError as error:
        raise _told(verb, model, error) from error


def _told(verb: str, model: type[Any], error: IntegrityError) -> ViolationError:
    mapper = mapper_of(model)
    found = violation_of(error)
    fields = fields_about(mapper.self_and_descendants, found.table, found.constraint, found.columns)
    columns = found.columns or tuple([mapper.column_attrs[key].columns[0].name for key in fields])
    # What PostgreSQL says of the values has the values in it.
    detail = None if error.hide_parameters else found.detail
    about = ", ".join(fields or columns) or found.constraint or "a row"
    named = f" ({found.constraint})" if found.constraint and (fields or columns) else ""
    why = f"{verb}() of {model.__name__}: {_WORDS[found.kind]} {about}{named}"
    return ViolationError(
        f"{why}: {detail}" if detail else why,
        error,
        kind=found.kind,
        table=found.table,
        constraint=found.constraint,
        fields=fields,
        columns=columns,
        values=detail,
    )
