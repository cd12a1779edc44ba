"""How the nodes of a join tree are joined in one SELECT, and what holds between their rows."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, inspect, join
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.sql.util import ClauseAdapter

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.mapping.models import equalities, key_of


def condition_of(scope: Scope, node: Node) -> ColumnElement[bool]:
    """What holds between a node's row and its parent's."""
    if node.hop is not None and node.hop.backwards:
        return _of_owner(scope, node)
    relation = _relation(scope, node)
    if relation is None:
        return _same_row(scope, node)
    narrowing = [_narrowing(scope, node)] if node.condition else []
    if _is_met_between(scope, node):
        _, first, second = _between(scope, node)
        return and_(first, second, *narrowing)
    return and_(relation.expression, *narrowing) if narrowing else relation.expression


def joined(scope: Scope, statement: Select[Any], nodes: Iterable[Node]) -> Select[Any]:
    """``statement`` with the nodes joined, parents first."""
    for node in nodes:
        if node.hop is not None and node.hop.inline:
            continue
        if node.hop is not None and node.hop.backwards:
            statement = _join_back(scope, statement, node)
            continue
        if node in scope.links:
            statement = _join_link(scope, statement, node)
            continue
        relation = _relation(scope, node)
        if node.condition is not None or _is_named_between(scope, node):
            statement = _join_apart(scope, statement, node, relation)
        elif relation is not None:
            statement = statement.join(relation, isouter=node.outer)
        else:
            statement = statement.join(scope.entity(node), _same_row(scope, node), isouter=node.outer)
    return statement


def begun(scope: Scope, node: Node) -> tuple[Any, list[tuple[Any, ColumnElement[bool]]], ColumnElement[bool]]:
    """What the rows of a to-many node are selected from, what is joined to that, and what holds between
    them and the parent's."""
    relation: Any = node.hop.relation if node.hop is not None else None
    if relation is None or relation.secondary is None:
        return scope.entity(node), [], condition_of(scope, node)
    assert node.parent is not None
    if node in scope.links:
        between = scope.entity(node)
        return between, [], _adapted(relation.primaryjoin, between, scope.entity(node.parent))
    between, first, second = _between(scope, node)
    return between, [(scope.entity(node), second)], first


def is_by_one_column(node: Node) -> bool:
    """Whether one column says which rows of a node, or of the table between, are a parent's."""
    relation = None if node.hop is None else node.hop.relation
    return relation is not None and len(equalities(relation.primaryjoin)) == 1


def within(scope: Scope, statement: Select[Any]) -> Select[Any]:
    """``statement`` as part of a subquery, speaking of what is around that too."""
    if scope.around is None:
        return statement
    entities = scope.entities
    around: Scope | None = scope.around
    while around is not None:
        entities += around.entities
        around = around.around
    return statement.correlate(*entities)


def _of_owner(scope: Scope, node: Node) -> ColumnElement[bool]:
    """What holds between a row and its owner's, or that of the table between the two."""
    assert node.hop is not None
    assert node.parent is not None
    prop: Any = node.hop.relation
    if node.hop.table is not None:
        return _adapted(prop.secondaryjoin, scope.entity(node), scope.entity(node.parent))
    owned = getattr(scope.entity(node), node.hop.key).of_type(scope.entity(node.parent))
    condition: ColumnElement[bool] = owned.expression
    return condition


def _join_back(scope: Scope, statement: Select[Any], node: Node) -> Select[Any]:
    """``statement`` with the owners of its rows."""
    assert node.hop is not None
    assert node.parent is not None
    prop: Any = node.hop.relation
    if node.hop.table is not None or prop.secondary is None:
        return statement.join(scope.entity(node), _of_owner(scope, node))
    between, first, second = _between(scope, node)
    return statement.join(between, second).join(scope.entity(node), first)


def _join_link(scope: Scope, statement: Select[Any], node: Node) -> Select[Any]:
    """``statement`` with the table between a node and its parent, and without the node's own."""
    assert node.hop is not None
    assert node.parent is not None
    relation: Any = node.hop.relation
    between = scope.entity(node)
    condition = _adapted(relation.primaryjoin, between, scope.entity(node.parent))
    return statement.join(between, condition, isouter=node.outer)


def _narrowing(scope: Scope, node: Node) -> ColumnElement[bool]:
    """What a ``FilteredRelation`` wants of the rows of a node."""
    assert node.condition is not None
    for origin, mine in zip(_up(node.origin or node), _up(node), strict=True):
        # The condition was read for another node of the same hop.
        scope.stand_for(origin, mine)
    condition: ColumnElement[bool] = node.condition.sql(scope)
    return condition


def _join_apart(scope: Scope, statement: Select[Any], node: Node, relation: Any) -> Select[Any]:
    """``statement`` with a node that SQLAlchemy's own join of the relation does not fit."""
    narrowing = [_narrowing(scope, node)] if node.condition else []
    if node.hop is None or node.hop.relation is None or node.hop.relation.secondary is None:
        return statement.join(relation.and_(*narrowing), isouter=node.outer)
    between, first, second = _between(scope, node)
    if node.outer and not narrowing:
        end: Any = inspect(scope.entity(node)).selectable
        return statement.join(join(between, end, second), first, isouter=True)
    # As in Django, the rows between are there also where the row at their end is not.
    statement = statement.join(between, first, isouter=node.outer)
    return statement.join(scope.entity(node), and_(second, *narrowing), isouter=node.outer)


def _is_named_between(scope: Scope, node: Node) -> bool:
    """Whether the table between two others gets an alias of ours.

    SQLAlchemy's is another one each time, so that a subquery that is said twice would be two; its LEFT
    joins take the two tables as one, which has no other form.
    """
    if node.hop is None or node.hop.relation is None:
        return False
    plain = isinstance(node.hop.relation.secondary, Table) and not node.outer
    return plain or scope.tells_links(node) or _is_met_between(scope, node)


def _is_met_between(scope: Scope, node: Node) -> bool:
    """Whether the alias that SQLAlchemy gives the table between two others could be a table's name."""
    secondary: Any = node.hop.relation.secondary if node.hop and node.hop.relation else None
    name = getattr(secondary, "name", None)
    return name is not None and scope.params.aliases.is_met(name)


def _between(scope: Scope, node: Node) -> tuple[Any, ColumnElement[bool], ColumnElement[bool]]:
    """The table between the ends of a relation, and what holds of it and each, the owner's first."""
    assert node.parent is not None
    assert node.hop is not None
    prop: Any = node.hop.relation
    owner, related = (node, node.parent) if node.hop.backwards else (node.parent, node)
    between = scope.between(node)
    first = _adapted(prop.primaryjoin, between, scope.entity(owner))
    return between, first, _adapted(prop.secondaryjoin, between, scope.entity(related))


def _relation(scope: Scope, node: Node) -> "QueryableAttribute[Any] | None":
    """The relationship attribute that leads from a node's parent to its alias."""
    assert node.hop is not None
    assert node.parent is not None
    if node.hop.relation is None:
        return None
    attribute: QueryableAttribute[Any] = getattr(scope.entity(node.parent), node.hop.key)
    return attribute.of_type(scope.entity(node))


def _same_row(scope: Scope, node: Node) -> ColumnElement[bool]:
    """That a subclass's row is the parent's."""
    assert node.hop is not None
    assert node.parent is not None
    key = key_of(node.hop.parent)
    mine: Iterable[Any]
    if node.source is not None:
        mine = [*scope.entity(node).c][: len(key)]
    elif node.hop.table is not None:
        mine = scope.entity(node).primary_key
    else:
        mine = [getattr(scope.entity(node), field.key) for field in key]
    return and_(
        *[scope.column(node.parent, (field,)) == column for field, column in zip(key, mine, strict=True)]
    )


def _up(node: Node) -> Iterator[Node]:
    """A node and all that leads to it, the root included."""
    each: Node | None = node
    while each is not None:
        yield each
        each = each.parent


def _adapted(condition: Any, between: Any, entity: Any) -> ColumnElement[bool]:
    """A condition of a relationship, with the aliases that stand for its tables."""
    adapted = ClauseAdapter(between).traverse(condition)
    selectable = inspect(entity).selectable
    again: Any = ClauseAdapter(selectable).traverse(adapted)
    found: ColumnElement[bool] = again
    return found
