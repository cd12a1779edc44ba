"""The columns that a name stands for where rows are set: those of the row's own tables, which can be."""

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import Field, is_settable, mapper_of
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Names


@cached(8192)
def set_fields(names: Names, verb: str, name: str) -> tuple[Field, ...]:
    """The columns of a name that is set; of a relation, its foreign key.

    Raises UnknownFieldError, and UnsupportedOperationError for a path and for what the database computes.
    """
    model = names.model
    path = written_path(names, name)
    if path.transforms or not path.fields or path.shortest.hops or (path.hops and not path.relation):
        raise UnsupportedOperationError(
            f"{verb}() sets {model.__name__}'s own columns, and {name!r} is not one of them"
        )
    fields = path.shortest.fields
    tables = mapper_of(model).tables
    if is_settable(mapper_of(model), name):
        return fields
    if any(field.column is None or field.column.table not in tables for field in fields):
        listed = " or ".join(table.description for table in tables)
        raise UnsupportedOperationError(
            f"{verb}() cannot set {model.__name__}.{name}: it is no column of {listed}"
        )
    if any(getattr(field.column, "computed", None) is not None for field in fields):
        raise UnsupportedOperationError(
            f"{verb}() cannot set {model.__name__}.{name}: the database computes it"
        )
    return fields


forget_on_change(set_fields.cache_clear)
