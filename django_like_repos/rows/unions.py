"""``union()``, ``intersection()`` and ``difference()``: rows that are selected from those of others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.sides import Column, Computed, Constant, Named
from django_like_repos.language.terms import Term
from django_like_repos.mapping.models import Field, columns_of, key_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.query.shapes import Order, Reference, Sort
from django_like_repos.rows.rows import Carried, CarriedTerm, Compound, Derived, Output, Rows
from django_like_repos.tree.reader import turned
from django_like_repos.tree.tree import Tree

Asking = Callable[[Tree], Rows]


def rows_of_union(tree: Tree, rows: Asking, wanted: tuple[Field, ...] = ()) -> Rows:
    """The rows of a combination: models, values, or wanted fields of models; ``rows`` are a member's."""
    places = columns_by_name(tree)
    asked = Rows(
        tree,
        (),
        source=Derived(_compound(tree, rows)),
        order=tuple(_order(tree, places)),
        limit=tree.limit,
        offset=tree.offset,
        once=True,
    )
    if tree.frame.projection is not None:
        names: tuple[str, ...] = tree.frame.projection.fields
    elif wanted:
        names = tuple([field.key for field in wanted])
    else:
        extras = list(places.items())[len(columns_of(tree.mapper)) :]
        labelled = tuple([Output(Carried(place), name) for name, (place,) in extras])
        asked = asked._replace(models=True, outputs=labelled)
        return _by_key(asked, places) if tree.foreign else asked
    return asked._replace(outputs=tuple([Output(Carried(place)) for name in names for place in places[name]]))


def _by_key(rows: Rows, places: Mapping[str, Sequence[int]]) -> Rows:
    """Models by their keys among the rows: SQLAlchemy's options speak of the model itself."""
    key = tuple([(column, places[column.fields[0].key][0]) for column in rows.tree.key])
    return rows._replace(source=None, keys=rows.source, root_keys=key)


def columns_of_union(tree: Tree, rows: Asking) -> Derived:
    """The rows of a combination with all their columns, in place of the rows of a query."""
    union = Derived(_compound(tree, rows))
    if not tree.sliced:
        return union
    places = columns_by_name(tree)
    outputs = [Output(Carried(place)) for several in places.values() for place in several]
    order = tuple(_order(tree, places))
    paged = Rows(tree, tuple(outputs), source=union, order=order, limit=tree.limit, offset=tree.offset)
    return Derived(paged)


def columns_by_name(tree: Tree) -> dict[str, list[int]]:
    """The places of the columns of each name."""
    first = tree.members[0]
    while first.members:
        first = first.members[0]
    named: dict[str, list[int]] = {}
    place = 0
    if first.frame.projection is None:
        for field in columns_of(first.mapper):
            named[field.key] = [place]
            place += 1
    for name in outputs_of(first.shape):
        width = len(field_path(first.names, name).types)
        named[name] = [*range(place, place + width)]
        place += width
    return named


def _compound(tree: Tree, rows: Asking) -> Compound:
    combined = tree.frame.combined
    assert combined is not None
    members = tuple([_member(member, rows) for member in tree.members])
    return Compound(combined.operator, combined.all, members)


def _member(member: Tree, rows: Asking) -> Rows:
    if member.members:
        return _all_of(rows(member))
    if member.columns is None:
        columns: list[Named] = [Column(member.root, (field,)) for field in columns_of(member.mapper)]
        types = member.names.annotations
        columns += [Computed(name, side, types[name].type) for name, side in member.extras.items()]
        member = replace(member, columns=tuple(columns))
    if member.sliced:
        return _all_of(rows(member))
    return rows(replace(member, order=()))


def _all_of(rows: Rows) -> Rows:
    return Rows(rows.tree, (), source=Derived(rows), everything=True, once=True)


def _order(tree: Tree, places: dict[str, list[int]]) -> Iterator[Term]:
    for order in tree.shape.ordering:
        descending = order.descending != tree.frame.backwards
        nulls = order.nulls if isinstance(order, Sort) else None
        if tree.frame.backwards:
            nulls = turned(nulls)
        # Of a term of its own nothing is left but where it points.
        term = Term(Constant(None), descending=descending, nulls=nulls)
        yield from [CarriedTerm(term, place) for key in _keys(tree, order, places) for place in places[key]]


def _keys(tree: Tree, order: Order | Sort, places: dict[str, list[int]]) -> list[str]:
    """The names of the columns that a term orders by."""
    path = order.path if isinstance(order, Order) else getattr(order.value, "path", None)
    if path is None or (isinstance(order, Sort) and not isinstance(order.value, Reference)):
        raise UnsupportedOperationError("rows of several querysets are ordered by their columns only")
    keys = [path]
    primary = [field.key for field in key_of(tree.mapper)]
    if path == "pk" and "pk" not in places and all(key in places for key in primary):
        keys = primary
    elif path not in places:
        found = field_path(tree.names, path).shortest
        keys = [field.key for field in found.fields if not found.hops]
    if not keys or any(key not in places for key in keys):
        raise UnsupportedOperationError(
            f"order_by({path!r}): rows of several querysets are ordered by their columns, "
            f"which are {', '.join(places)}"
        )
    return keys
