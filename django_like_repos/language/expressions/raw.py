"""``RawSQL``: SQL of the user's own."""

from django_like_repos.constructs.raw import raw_sql
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import NULL, UNKNOWN
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    build_expression,
    canonical,
    read_expression,
    register_reader,
    register_shape,
    together,
)
from django_like_repos.language.sides import Side, Whole
from django_like_repos.query import Clause, Names, RawSQL
from django_like_repos.query.shapes import Raw


@register_reader(RawSQL)
def _read_raw(names: Names, value: RawSQL) -> Clause:
    if not isinstance(value.sql, str):
        raise UnsupportedOperationError(f"{value!r}: SQL is text")
    read = [read_expression(names, param) for param in value.params]
    plain = value.sql.replace("%%", "")
    if plain.count("%s") != len(read) or plain.count("%") != len(read):
        raise UnsupportedOperationError(
            f"{value!r}: there must be a %s in it for each of the params, and %% for a percent sign"
        )
    shape = Raw(value.sql, tuple([each.shape for each in read]), canonical(value.output_field))
    return Clause(shape, *together(read))


def _build_raw(builder: Builder, shape: Raw) -> Side:
    params = [build_expression(builder, param) for param in shape.params]
    side = Whole(lambda *values: raw_sql(shape.sql, values, shape.type or NULL), *params)
    side.returns_sets = "(" in shape.sql
    return side


register_shape(Raw, lambda names, shape: Traits(shape.type or UNKNOWN), _build_raw)
