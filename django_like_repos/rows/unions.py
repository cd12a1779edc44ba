"""``union()``, ``intersection()`` and ``difference()``: rows that are selected from those of others."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from django_like_repos.language.sides import Column, Computed, Named
from django_like_repos.mapping.models import Field, columns_of
from django_like_repos.mapping.projection import places_of
from django_like_repos.rows.rows import Carried, Compound, Derived, Output, Rows, all_joins
from django_like_repos.tree.tree import Tree

Asking = Callable[[Tree], Rows]


def rows_of_union(tree: Tree, rows: Asking, wanted: tuple[Field, ...] = ()) -> Rows:
    """The rows of a combination: models, values, or wanted fields of models; ``rows`` are a member's."""
    places = places_of(tree.shape)
    asked = _in_order(tree, rows)
    if tree.frame.projection is not None:
        names: tuple[str, ...] = tree.frame.projection.fields
    elif wanted:
        names = tuple([field.key for field in wanted])
    else:
        extras = [*enumerate(places)][len(columns_of(tree.mapper)) :]
        labelled = [Output(Carried(number), name) for number, (name, _) in extras]
        joins = all_joins(tree, filling=True)
        asked = asked._replace(models=True, outputs=tuple(labelled), joins=joins, loads=tree.loads)
        return _by_key(asked) if tree.foreign else asked
    numbers = [number for name in names for number, (each, _) in enumerate(places) if each == name]
    return asked._replace(outputs=tuple([Output(Carried(number)) for number in numbers]))


def _by_key(rows: Rows) -> Rows:
    """Models by their keys among the rows: SQLAlchemy's options speak of the model itself."""
    places = places_of(rows.tree.shape)
    key = tuple([(column, places.index((column.fields[0].key, 0))) for column in rows.tree.key])
    return rows._replace(source=None, keys=rows.source, root_keys=key)


def columns_of_union(tree: Tree, rows: Asking) -> Derived:
    """The rows of a combination with all their columns, in place of the rows of a query."""
    if not tree.sliced:
        return Derived(_compound(tree, rows))
    numbers = range(len(places_of(tree.shape)))
    return Derived(_in_order(tree, rows)._replace(outputs=tuple([Output(Carried(each)) for each in numbers])))


def given_by_union(tree: Tree) -> Mapping[Hashable, int]:
    """What columns of the rows of a combination stand for."""
    return {place: number for number, place in enumerate(places_of(tree.shape))}


def _in_order(tree: Tree, rows: Asking) -> Rows:
    """The rows of a combination, of which nothing is read yet."""
    return Rows(
        tree,
        (),
        source=Derived(_compound(tree, rows)),
        joins=all_joins(tree),
        order=tree.order,
        limit=tree.limit,
        offset=tree.offset,
        once=True,
        given=given_by_union(tree),
    )


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
