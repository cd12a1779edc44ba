"""Scopes: the real tables and columns of the nodes of a join tree, within one SELECT."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Join, Label, Select, Table, inspect, tuple_
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.sql.util import ClauseAdapter

from django_like_repos.caching import cached_by_class
from django_like_repos.constructs.aliases import LONGEST, as_read
from django_like_repos.constructs.aliases import NUMBER as NUMBER
from django_like_repos.joins.reached import ReachedSelect
from django_like_repos.joins.tree import JoinTree, Node, Sayable
from django_like_repos.mapping.linked import linked_by
from django_like_repos.mapping.models import Field, own_column
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
        self.links = links

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

    def share(self, other: "Scope", nodes: Iterable[Node]) -> None:
        """Has nodes be what they are in the scope around: this one speaks of the same rows of them."""
        self._entities.update({node: other.entity(node) for node in nodes})

    def entity(self, node: Node) -> Any:
        """The entity that a node is in this SELECT: the root, or an alias."""
        entity = self._entities.get(node)
        if entity is None:
            entity = self._entities[node] = self._alias(node)
        return entity

    def between(self, node: Node, *, numbered: bool = False) -> Any:
        """The table between a node and its parent in this SELECT, the rows ``numbered`` if nothing else tells
        them apart: that is asked for before anything else of it."""
        assert node.hop is not None
        between: Any = node.hop.relation.secondary if node.hop.relation else None
        make = self.params.aliases.numbered if numbered else self.params.aliases.table
        return self.remembered((node, NUMBER), lambda: make(between))

    def tells_links(self, node: Node) -> bool:
        """Whether the rows between a node and its parent have been asked for."""
        return (node, NUMBER) in self._said

    def _alias(self, node: Node) -> Any:
        assert node.hop is not None
        hop, aliases = node.hop, self.params.aliases
        if node.source is not None:
            return node.source.sql(self)
        if node in self.links and hop.relation is not None:
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

    def stand_for(self, other: Node, node: Node) -> None:
        """Has a node that was read elsewhere mean what this one is here."""
        self._entities.setdefault(other, self._entities[node] if node.hop is None else self.entity(node))

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
        if node in self.links and node.hop is not None:
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
            return cast("ColumnElement[Any]", column)
        if self._written and field.column is not None:
            return field.column
        return cast("ColumnElement[Any]", self._union.traverse(column.__clause_element__()))


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


def _columns_of(entity: Any) -> set[str]:
    """The names of the columns of an entity."""
    return {column.name for column in inspect(entity).selectable.columns}


_RESERVED: Final = frozenset({"nothing", "returning"})


@cached_by_class(256)
def _union_of(model: type[Any]) -> ClauseAdapter | None:
    """What leads to the columns of a class that is read from a union of tables.

    SQLAlchemy sees to that itself only where the class stands in SELECT.
    """
    selectable = inspect(model).selectable
    return None if isinstance(selectable, (Table, Join)) else ClauseAdapter(selectable)
