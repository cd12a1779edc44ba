"""Violations of constraints, told: which, of which fields, of what values if it is known."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper

from django_like_repos.errors import ViolationError
from django_like_repos.execution.conflicts import violation_of
from django_like_repos.mapping.constraints import columns_about, fields_about
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
def told(verb: str, model: type[Any], of: str = "") -> Iterator[None]:
    """A block whose violations of constraints are ViolationErrors, of a model or what ``of`` says.

    What is pending in the session belongs before it: it is somebody else's.
    """
    try:
        yield
    except ViolationError:
        raise
    except IntegrityError as error:
        raise _told(f"{verb}() of {of or model.__name__}", mapper_of(model), error) from error


def _told(what: str, mapper: Mapper[Any], error: IntegrityError) -> ViolationError:
    found = violation_of(error)
    mappers = _mappers_of(mapper, found.table)
    fields = fields_about(mappers, found.table, found.constraint, found.columns)
    columns = columns_about(_tables_of(mapper, found.table), found.constraint, found.columns)
    # What PostgreSQL says of the values has the values in it.
    detail = None if error.hide_parameters else found.detail
    about = ", ".join(fields or columns) or found.constraint or "a row"
    named = f" ({found.constraint})" if found.constraint and (fields or columns) else ""
    others = "" if mapper in mappers or not found.table else f" of {found.table}"
    why = f"{what}: {_WORDS[found.kind]} {about}{others}{named}"
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


def _mappers_of(mapper: Mapper[Any], table: str | None) -> list[Mapper[Any]]:
    """The mappings that a violated constraint is of: the model's, or those of what was written with it."""
    own = [*mapper.self_and_descendants]
    if table is None or any(_is_named(each, table) for one in own for each in one.tables):
        return own
    return [each for each in mapper.registry.mappers if _is_named(each.local_table, table)]


def _is_named(table: Any, name: str) -> bool:
    return isinstance(table, Table) and table.name == name


def _tables_of(mapper: Mapper[Any], name: str | None) -> list[Table]:
    """The tables that a violated constraint is of; one between two others is of no mapping."""
    if name is None:
        return [each for each in mapper.tables if isinstance(each, Table)]
    return [each for each in mapper.registry.metadata.tables.values() if each.name == name]
