"""``Proposed``: columns of the row that is proposed beside the one that is there."""

from typing import Any

from django_like_repos.constructs.proposed import proposed_row
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.kinds import Builder, Traits, register_reader, register_shape
from django_like_repos.language.sides import Side
from django_like_repos.mapping.models import field_of, mapper_of
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Clause, Names, Proposed
from django_like_repos.query.shapes import Offered


@register_reader(Proposed)
def _read_proposed(names: Names, value: Proposed) -> Clause:
    if not names.proposes:
        raise UnsupportedOperationError(
            f"{value!r} is of the row that a bulk write brings: it stands in where= and update_fields= of "
            "upsert()"
        )
    if not isinstance(value.name, str):
        raise UnsupportedOperationError(f"{value!r}: a field is named by text")
    own = written_path(names, value.name).shortest
    if own.hops or own.transforms or len(own.fields) != 1 or own.fields[0].column is None:
        raise UnsupportedOperationError(f"{value!r} is no column of {names.model.__name__}'s own")
    return Clause(Offered(own.fields[0].key))


class _Offered(Side):
    """A column of the proposed row."""

    def __init__(self, key: str) -> None:
        self._key = key

    def sql(self, scope: Scope) -> Any:
        return proposed_row(scope.root)[self._key]


def _traits(names: Names, shape: Offered) -> Traits:
    field = field_of(mapper_of(names.model), shape.key)
    assert field is not None
    return Traits(field.type)


def _build(_: Builder, shape: Offered) -> Side:
    return _Offered(shape.key)


register_shape(Offered, _traits, _build)
