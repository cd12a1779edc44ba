"""Scopes: the real tables and columns of the nodes of a join tree, within one SELECT."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Join, Label, Select, Table, and_, inspect, tuple_
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.sql.util import ClauseAdapter

from django_like_repos.caching import cached
from django_like_repos.constructs.aliases import LONGEST, as_read
from django_like_repos.joins.reached import ReachedSelect
from django_like_repos.joins.tree import JoinTree, Node, Sayable
from django_like_repos.mapping.linked import linked_by
from django_like_repos.mapping.models import Field, key_of, own_column
from django_like_repos.mapping.python import completed, operates, speaks


class Scope:
    """Real entities for nodes, within one SELECT."""

    def __init__(
        self,
        tree: JoinTree,
        root: Any,
        *,
        written: bool = False,
        around: "Scope | None" = None,
        links: frozenset[Node] = frozenset(),
    ) -> None:
        """``links`` are nodes of which the table between is joined alone."""
        self.root = root
        self.params = tree.params
        self.around = around
        """The scope of the SELECT that this one is a subquery of, and speaks of."""
        self._labels: dict[Any, ColumnElement[Any]] = {}
        self._said: dict[Any, Any] = {}
        self._columns: dict[tuple[Node, Field], ColumnElement[Any]] = {}
        self._union = _union_of(root) if isinstance(root, type) else None
        self._written = written
        self.carried: Sequence[ColumnElement[Any]] = ()
        """The columns of what this SELECT selects from, or is joined with by keys."""
        self.given: Mapping[Hashable, ColumnElement[Any]] = {}
        """Those of them that stand for what is read, by what they stand for."""
        self._entities: dict[Node, Any] = {tree.root: root}
        self._read = read_inline(tree)
        self._links = links

    @property
    def entities(self) -> list[Any]:
        """The root and the aliases that were made so far."""
        return list(self._entities.values())

    def annotation(self, value: Sayable) -> Any:
        """What an annotation is in this SELECT, the same object each time: subqueries have aliases."""
        meant: Any = value
        if meant in self.given:
            return self.given[meant]
        return self.remembered(value, lambda: value.sql(self))

    def remembered(self, what: Any, say: Callable[[], Any]) -> Any:
        """What was said of something in this SELECT, said once."""
        if what not in self._said:
            self._said[what] = say()
        return self._said[what]

    def adapted(self, what: Any, expression: Any) -> Any:
        """An SQLAlchemy expression of the user's, speaking of what stands for the model in this SELECT."""
        entity: Any = inspect(self.root)
        if not entity.is_aliased_class:
            return expression
        return self.remembered(what, lambda: ClauseAdapter(entity.selectable).traverse(expression))

    def labelled(self, value: Sayable, name: str) -> ColumnElement[Any]:
        """An annotation among the columns of this SELECT."""
        # SQLAlchemy does not quote what only SQLite reserves.
        written = quoted_name(name, True) if name.lower() in _RESERVED else name
        label: ColumnElement[Any] = self.annotation(value).label(written)
        return self._labels.setdefault(value, label)

    def label_of(self, value: Any) -> ColumnElement[Any] | None:
        """The column that an annotation is, if it is one and its name is no other column's."""
        label = self._labels.get(value)
        if label is None:
            return None
        read = as_read(label.name)
        if (
            len(label.name.encode()) > LONGEST
            or any(each is not label and as_read(each.name) == read for each in self._labels.values())
            or any(read in map(as_read, _columns_of(entity)) for entity in self.entities)
        ):
            return None
        return label

    def told_apart(self, columns: Sequence[Any], *, beside: bool) -> list[Any]:
        """The columns of a SELECT that is a table, those under names of ours whose own would meet another's.

        ``beside`` says that the model's columns stand before them.
        """
        numbers = Counter(_columns_of(self.root) if beside else ())
        taken = {as_read(name) for name in numbers}
        apart: list[Any] = []
        for column in columns:
            name = getattr(column, "name", None)
            if name is not None:
                # Of those that are of one name SQLAlchemy numbers all but the first.
                read = as_read(f"{name}_{numbers[name]}" if numbers[name] else name)
                numbers[name] += 1
                apart.append(self._renamed(column, name) if read in taken else column)
                taken.add(read)
            else:
                apart.append(column)
        return apart

    def _renamed(self, column: Any, name: str) -> Any:
        bare = column.element if isinstance(column, Label) else column
        renamed = bare.label(self.params.aliases.label(name))
        self._labels.update({value: renamed for value, label in self._labels.items() if label is column})
        return renamed

    def entity(self, node: Node) -> Any:
        """The entity that a node is in this SELECT: the root, or an alias."""
        entity = self._entities.get(node)
        if entity is None:
            entity = self._entities[node] = self._alias(node)
        return entity

    def _alias(self, node: Node) -> Any:
        assert node.hop is not None
        hop, aliases = node.hop, self.params.aliases
        if node in self._links and hop.relation is not None:
            return aliases.table(hop.relation.secondary)
        if hop.inline:
            return getattr(self.entity(_whole(node)), hop.target.class_.__name__)
        if hop.table is not None:
            return aliases.table(hop.table)
        if node in self._read:
            return aliases.polymorphic(hop.target, with_subclasses(hop.target, self._read[node]))
        return aliases.entity(hop.target)

    def column(self, node: Node, fields: tuple[Field, ...]) -> ColumnElement[Any]:
        """The value of one field of a node; of several, as a row value."""
        if len(fields) == 1:
            return self._column(node, fields[0])
        return tuple_(*[self._column(node, field) for field in fields])

    def condition(self, node: Node) -> ColumnElement[bool]:
        """What holds between a node's row and its parent's."""
        if node.hop is not None and node.hop.backwards:
            return self._of_owner(node)
        relation = self._relation(node)
        if relation is None:
            return self._same_row(node)
        narrowing = [self._narrowing(node)] if node.condition else []
        if self._is_met_between(node):
            _, first, second = self._between(node)
            return and_(first, second, *narrowing)
        return and_(relation.expression, *narrowing) if narrowing else relation.expression

    def join(self, statement: Select[Any], nodes: Iterable[Node]) -> Select[Any]:
        """``statement`` with the nodes joined, parents first."""
        for node in nodes:
            if node.hop is not None and node.hop.inline:
                continue
            if node.hop is not None and node.hop.backwards:
                statement = self._join_back(statement, node)
                continue
            if node in self._links:
                statement = self._join_link(statement, node)
                continue
            relation = self._relation(node)
            if node.condition is not None or self._is_named_between(node):
                statement = self._join_apart(statement, node, relation)
            elif relation is not None:
                statement = statement.join(relation, isouter=node.outer)
            else:
                statement = statement.join(self.entity(node), self._same_row(node), isouter=node.outer)
        return statement

    def _of_owner(self, node: Node) -> ColumnElement[bool]:
        """What holds between a row and its owner's, or that of the table between the two."""
        assert node.hop is not None
        assert node.parent is not None
        prop: Any = node.hop.relation
        if node.hop.table is not None:
            return _adapted(prop.secondaryjoin, self.entity(node), self.entity(node.parent))
        owned = getattr(self.entity(node), node.hop.key).of_type(self.entity(node.parent))
        condition: ColumnElement[bool] = owned.expression
        return condition

    def _join_back(self, statement: Select[Any], node: Node) -> Select[Any]:
        """``statement`` with the owners of its rows."""
        assert node.hop is not None
        assert node.parent is not None
        prop: Any = node.hop.relation
        if node.hop.table is not None or prop.secondary is None:
            return statement.join(self.entity(node), self._of_owner(node))
        between, first, second = self._between(node)
        return statement.join(between, second).join(self.entity(node), first)

    def _join_link(self, statement: Select[Any], node: Node) -> Select[Any]:
        """``statement`` with the table between a node and its parent, and without the node's own."""
        assert node.hop is not None
        assert node.parent is not None
        relation: Any = node.hop.relation
        between = self.entity(node)
        condition = _adapted(relation.primaryjoin, between, self.entity(node.parent))
        return statement.join(between, condition, isouter=node.outer)

    def _narrowing(self, node: Node) -> ColumnElement[bool]:
        """What a ``FilteredRelation`` wants of the rows of a node."""
        assert node.condition is not None
        for origin, mine in zip(_up(node.origin or node), _up(node), strict=True):
            # The condition was read for another node of the same hop.
            self._entities.setdefault(origin, self._entities[mine] if mine.hop is None else self.entity(mine))
        condition: ColumnElement[bool] = node.condition.sql(self)
        return condition

    def _join_apart(self, statement: Select[Any], node: Node, relation: Any) -> Select[Any]:
        """``statement`` with a node that SQLAlchemy's own join of the relation does not fit."""
        narrowing = [self._narrowing(node)] if node.condition else []
        if node.hop is None or node.hop.relation is None or node.hop.relation.secondary is None:
            return statement.join(relation.and_(*narrowing), isouter=node.outer)
        # As in Django, the rows between are there also where the row at their end is not.
        between, first, second = self._between(node)
        statement = statement.join(between, first, isouter=node.outer)
        return statement.join(self.entity(node), and_(second, *narrowing), isouter=node.outer)

    def _is_named_between(self, node: Node) -> bool:
        """Whether the table between two others gets an alias of ours.

        SQLAlchemy's is another one each time, so that a subquery that is said twice would be two; its LEFT
        joins take the two tables as one, which has no other form.
        """
        if node.hop is None or node.hop.relation is None:
            return False
        plain = isinstance(node.hop.relation.secondary, Table) and not node.outer
        return plain or self._is_met_between(node)

    def _is_met_between(self, node: Node) -> bool:
        """Whether the alias that SQLAlchemy gives the table between two others could be a table's name."""
        secondary: Any = node.hop.relation.secondary if node.hop and node.hop.relation else None
        name = getattr(secondary, "name", None)
        return name is not None and self.params.aliases.is_met(name)

    def _between(self, node: Node) -> tuple[Any, ColumnElement[bool], ColumnElement[bool]]:
        """The table between the ends of a relation, and what holds of it and each, the owner's first."""
        assert node.parent is not None
        assert node.hop is not None
        prop: Any = node.hop.relation
        owner, related = (node, node.parent) if node.hop.backwards else (node.parent, node)
        between = self.params.aliases.table(prop.secondary)
        first = _adapted(prop.primaryjoin, between, self.entity(owner))
        return between, first, _adapted(prop.secondaryjoin, between, self.entity(related))

    def _relation(self, node: Node) -> "QueryableAttribute[Any] | None":
        """The relationship attribute that leads from a node's parent to its alias."""
        assert node.hop is not None
        assert node.parent is not None
        if node.hop.relation is None:
            return None
        attribute: QueryableAttribute[Any] = getattr(self.entity(node.parent), node.hop.key)
        return attribute.of_type(self.entity(node))

    def _same_row(self, node: Node) -> ColumnElement[bool]:
        """That a subclass's row is the parent's."""
        assert node.hop is not None
        assert node.parent is not None
        key = key_of(node.hop.parent)
        mine: Iterable[Any]
        if node.hop.table is not None:
            mine = self.entity(node).primary_key
        else:
            mine = [getattr(self.entity(node), field.key) for field in key]
        return and_(
            *[self._column(node.parent, field) == column for field, column in zip(key, mine, strict=True)]
        )

    def _column(self, node: Node, field: Field) -> ColumnElement[Any]:
        # The same object each time: what a hybrid says has bound values of its own.
        found = self._columns.get((node, field))
        if found is None:
            found = self.given.get((node, field))
        if found is None:
            found = self._columns[node, field] = self._made(node, field)
        return found

    def _made(self, node: Node, field: Field) -> ColumnElement[Any]:
        entity = self.entity(node)
        if node.hop is not None and node.hop.table is not None:
            # Of the class of what attributes give: of two, Python begins with the more particular one.
            own: ColumnElement[Any] = entity.corresponding_column(own_column(node.hop, field))
            return own._annotate({"proxy_key": field.key})
        if node in self._links and node.hop is not None:
            link: ColumnElement[Any] = entity.c[linked_by(node.hop)[field.key].key]
            return link._annotate({"proxy_key": field.key})
        if field.hybrid is not None and entity is not self.root:
            # An alias remembers what it said.
            vars(entity).pop(field.key, None)
        column: Any = getattr(entity, field.key, None)
        if column is None:
            # A subclass's column in the table of its base, for which the base has no attribute.
            selectable = inspect(entity).selectable
            column = selectable.corresponding_column(field.column)
        comparator = getattr(column, "comparator", None)
        # What the attribute would make of it at each operation.
        plain = isinstance(comparator, ColumnProperty.Comparator) and not operates(type(comparator))
        element = column.__clause_element__() if plain else column
        if field.hybrid is not None:
            column = completed(self.params.said_by(field.hybrid, column), field.type)
        elif speaks(element):
            self.params.speak()
        else:
            column = element
        if self._union is None or entity is not self.root:
            return cast(ColumnElement[Any], column)
        if self._written and field.column is not None:
            return field.column
        return cast(ColumnElement[Any], self._union.traverse(column.__clause_element__()))


def read_inline(tree: JoinTree) -> dict[Node, list[Mapper[Any]]]:
    """The nodes of models that are read with the columns of subclasses, and these."""
    found: dict[Node, list[Mapper[Any]]] = {}
    for node in tree.filling:
        if node.hop is not None and node.hop.inline:
            found.setdefault(_whole(node), []).append(node.hop.target)
    return found


def with_subclasses(mapper: Mapper[Any], below: Iterable[Mapper[Any]]) -> list[Any]:
    """The subclasses that are read with a class: those asked for, and those the mapping has read always."""
    always = [each for each in mapper.with_polymorphic_mappers if each is not mapper]
    return [each.class_ for each in dict.fromkeys((*always, *below))]


def _whole(node: Node) -> Node:
    """The node whose model a subclass is read with."""
    while node.hop is not None and node.hop.inline and node.parent is not None:
        node = node.parent
    return node


def select_of(*columns: Any) -> Select[Any]:
    """``select()`` of as many columns as there are, which its own types would count."""
    return ReachedSelect(*columns)


def _up(node: Node) -> Iterator[Node]:
    """A node and all that leads to it, the root included."""
    each: Node | None = node
    while each is not None:
        yield each
        each = each.parent


def _columns_of(entity: Any) -> set[str]:
    """The names of the columns of an entity."""
    return {column.name for column in inspect(entity).selectable.columns}


def _adapted(condition: Any, between: Any, entity: Any) -> ColumnElement[bool]:
    """A condition of a relationship, with the aliases that stand for its tables."""
    adapted = ClauseAdapter(between).traverse(condition)
    selectable = inspect(entity).selectable
    again: Any = ClauseAdapter(selectable).traverse(adapted)
    found: ColumnElement[bool] = again
    return found


_RESERVED: Final = frozenset({"nothing", "returning"})


@cached(256)
def _union_of(model: type[Any]) -> ClauseAdapter | None:
    """What leads to the columns of a class that is read from a union of tables.

    SQLAlchemy sees to that itself only where the class stands in SELECT.
    """
    selectable = inspect(model).selectable
    return None if isinstance(selectable, (Table, Join)) else ClauseAdapter(selectable)
