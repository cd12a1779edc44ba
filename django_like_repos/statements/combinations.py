"""``union()``, ``intersection()`` and ``difference()``: rows that are those of several queries."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    CompoundSelect,
    Select,
    except_,
    except_all,
    intersect,
    intersect_all,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import select_of
from django_like_repos.language.expressions.ordering import in_direction
from django_like_repos.language.sides import Column, Computed, Named
from django_like_repos.mapping.models import Field, columns_of, key_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.query.shapes import Order, Reference, Sort
from django_like_repos.statements.derived import check_equality
from django_like_repos.tree.reader import Assembly

Rows = Callable[[Assembly], Select[Any]]

_OPERATORS: Final[dict[Any, Any]] = {
    ("union", False): union,
    ("union", True): union_all,
    ("intersection", False): intersect,
    ("intersection", True): intersect_all,
    ("difference", False): except_,
    ("difference", True): except_all,
}


def combined_rows(assembly: Assembly, rows: Rows, wanted: tuple[Field, ...] = ()) -> Select[Any]:
    """The rows of a combination: models, values, or wanted fields of models; ``rows`` selects a member's."""
    frame = assembly.shape.frame
    assert frame.combined is not None
    subquery = assembly.params.aliases.derived(_compound(assembly, rows))
    columns = _columns(assembly, list(subquery.c))
    if frame.projection is not None:
        statement = select_of(*[each for name in frame.projection.fields for each in columns[name]])
    elif wanted:
        statement = select_of(*[each for field in wanted for each in columns[field.key]])
    else:
        entity: Any = aliased(assembly.model, subquery)
        mine = len(columns_of(assembly.mapper))
        extras = [each.label(name) for name, (each,) in list(columns.items())[mine:]]
        statement = select_of(entity, *extras)
    for order in assembly.shape.ordering:
        statement = statement.order_by(*_ordered(assembly, order, columns))
    return assembly.correlating(assembly.paged(statement))


def combined_columns(assembly: Assembly, rows: Rows) -> dict[str, list[Any]]:
    """The columns of the rows of a combination, by the names of its values, as a subquery has them."""
    derived = assembly.params.aliases.derived
    columns = _columns(assembly, list(derived(_compound(assembly, rows)).c))
    if not assembly.sliced:
        return columns
    statement = select_of(*[each for several in columns.values() for each in several])
    for order in assembly.shape.ordering:
        statement = statement.order_by(*_ordered(assembly, order, columns))
    return _columns(assembly, list(derived(assembly.paged(statement)).c))


def _compound(assembly: Assembly, rows: Rows) -> CompoundSelect[Any]:
    combined = assembly.shape.frame.combined
    assert combined is not None
    members = [_member(assembly, member, rows) for member in assembly.members]
    if not combined.all:
        for column in members[0].selected_columns:
            check_equality(column, f"{combined.operator}() is of")
    compound: CompoundSelect[Any] = _OPERATORS[combined.operator, combined.all](*members)
    return compound


def _member(assembly: Assembly, member: Assembly, rows: Rows) -> Any:
    if assembly.scope_around is not None:
        member = member.within(assembly.scope_around)
    if member.members:
        return select_of(*assembly.params.aliases.derived(rows(member)).c)
    if member.columns is None:
        root = member.tree.root
        columns: list[Named] = [Column(root, (field,)) for field in columns_of(member.mapper)]
        types = member.names.annotations
        columns += [Computed(name, side, types[name].type) for name, side in member.extras.items()]
        member.columns = columns
    if not member.sliced:
        member.ordering = []
        return rows(member)
    return select_of(*assembly.params.aliases.derived(rows(member)).c)


def _columns(assembly: Assembly, columns: list[Any]) -> dict[str, list[Any]]:
    """The columns of each name."""
    first = assembly.members[0]
    while first.members:
        first = first.members[0]
    outputs = outputs_of(first.shape)
    named: dict[str, list[Any]] = {}
    if first.shape.frame.projection is None:
        named = {field.key: [columns.pop(0)] for field in columns_of(first.mapper)}
    for name in outputs:
        named[name] = [columns.pop(0) for _ in field_path(first.shape.names, name).types]
    return named


def _primary(assembly: Assembly) -> list[str]:
    return [field.key for field in key_of(assembly.mapper)]


def _ordered(assembly: Assembly, order: Order | Sort, columns: dict[str, list[Any]]) -> list[Any]:
    descending = order.descending != assembly.shape.frame.backwards
    path = order.path if isinstance(order, Order) else getattr(order.value, "path", None)
    if path is None or (isinstance(order, Sort) and not isinstance(order.value, Reference)):
        raise UnsupportedOperationError("rows of several querysets are ordered by their columns only")
    keys = [path]
    if path == "pk" and "pk" not in columns and all(key in columns for key in _primary(assembly)):
        keys = _primary(assembly)
    elif path not in columns:
        found = field_path(assembly.names, path).shortest
        keys = [field.key for field in found.fields if not found.hops]
    if not keys or any(key not in columns for key in keys):
        raise UnsupportedOperationError(
            f"order_by({path!r}): rows of several querysets are ordered by their columns, "
            f"which are {', '.join(columns)}"
        )
    nulls = order.nulls if isinstance(order, Sort) else None
    if nulls is not None and assembly.shape.frame.backwards:
        nulls = "last" if nulls == "first" else "first"
    return [
        in_direction(column, descending=descending, nulls=nulls) for key in keys for column in columns[key]
    ]
