"""SELECT of rows as passes have left them: nothing is decided here any more."""

from collections.abc import Sequence
from operator import is_
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Join,
    Label,
    Select,
    Subquery,
    Table,
    and_,
    cast,
    except_,
    except_all,
    inspect,
    intersect,
    intersect_all,
    literal_column,
    types,
    union,
    union_all,
)
from sqlalchemy.orm import aliased, with_polymorphic
from sqlalchemy.sql import visitors
from sqlalchemy.sql.operators import eq
from sqlalchemy.sql.selectable import SelectBase

from django_like_repos.constructs.comparison import alike_values
from django_like_repos.constructs.distinct import first_of_each
from django_like_repos.constructs.long import all_of
from django_like_repos.joins.joining import condition_of, joined
from django_like_repos.joins.loads import beside, loading, order_of_children
from django_like_repos.joins.scope import Scope, read_inline, select_of, with_subclasses
from django_like_repos.joins.tree import Node
from django_like_repos.language.casting import typed
from django_like_repos.language.equality import check_equality
from django_like_repos.language.foreign import as_element
from django_like_repos.language.inference import DOUBLE, are_alike, family, in_common
from django_like_repos.language.sides import Named
from django_like_repos.rows.rows import Compound, Derived, Rows
from django_like_repos.statements.locking import locking
from django_like_repos.tree.tree import Tree

_OPERATORS: Final[dict[tuple[str, bool], Any]] = {
    ("union", False): union,
    ("union", True): union_all,
    ("intersection", False): intersect,
    ("intersection", True): intersect_all,
    ("difference", False): except_,
    ("difference", True): except_all,
}


def select_rows(rows: Rows, around: Scope | None = None, *, table: bool = False) -> Select[Any]:
    """The SELECT of rows, as a subquery of what is ``around`` it if anything is, or as a ``table`` to be."""
    tree = rows.tree
    source = _derived(tree, rows.source, around)
    keys = _derived(tree, rows.keys, around)
    scope = Scope(tree.joins, _root(rows, source, around), around=around, links=rows.links)
    before = keys if source is None else source
    scope.carried = () if before is None else tuple(before.c)
    if rows.given:
        scope.given = {
            meant: scope.carried[each] if isinstance(each, int) else each.sql(scope)
            for meant, each in rows.given.items()
        }
    columns = scope.carried if rows.everything else [output.sql(scope) for output in rows.outputs]
    if table:
        columns = scope.told_apart(columns, beside=rows.models)
    elif labels := tree.params.aliases.labels:
        names = [labels.get(getattr(column, "name", "")) for column in columns]
        columns = [
            column.label(name) if name else column for column, name in zip(columns, names, strict=True)
        ]
    entities = [scope.entity(node) for node in beside(rows.loads)] if rows.loads else []
    statement = select_of(*((scope.root,) if rows.models else ()), *columns, *entities)
    if not rows.models:
        statement = statement.select_from(source if source is not None and not rows.joins else scope.root)
    if keys is not None:
        statement = statement.join(keys, _same(scope, rows.root_keys))
    statement = _joined(rows, scope, statement)
    if rows.where:
        statement = statement.where(all_of([predicate.sql(scope) for predicate in rows.where]))
    if rows.groups is not None:
        statement = _grouped(rows, scope, statement, columns)
    statement = _different(rows, scope, statement)
    order = [term.sql(scope) for term in rows.order]
    if rows.models and (rows.loads or tree.masks):
        order += order_of_children(scope, rows.loads)
        statement = statement.options(*loading(scope, tree.root, rows.loads, tree.masks))
    statement = statement.order_by(*order) if order else statement
    return _correlated(_paged(rows, locking(rows, scope, statement)), around)


def _root(rows: Rows, source: Subquery | None, around: Scope | None) -> Any:
    """What stands for the model: itself, or an alias where it may meet itself."""
    tree = rows.tree
    if source is not None and (rows.models or rows.joins):
        return aliased(tree.mapper.class_, source)
    if rows.models and tree.root in (read := read_inline(tree.joins)):
        return with_polymorphic(tree.mapper, with_subclasses(tree.mapper, read[tree.root]))
    # SQLAlchemy leads a class that is read from a union to it in subqueries too, if it is not an alias.
    of_union = tree.nests and not isinstance(tree.mapper.selectable, (Table, Join))
    if (around is not None or of_union) and not tree.foreign:
        return tree.params.aliases.entity(tree.mapper)
    return tree.mapper.class_


def _derived(tree: Tree, derived: Derived | None, around: Scope | None) -> Subquery | None:
    if derived is None:
        return None
    rows = derived.rows
    statement = (
        compound(rows, around) if isinstance(rows, Compound) else select_rows(rows, around, table=True)
    )
    make = tree.params.aliases.asked_once if derived.once else tree.params.aliases.derived
    return make(statement, derived.name)


def compound(rows: Compound, around: Scope | None) -> CompoundSelect[Any]:
    """The rows of several SELECTs."""
    members = _of_types_in_common([select_rows(member, around, table=True) for member in rows.members])
    if not rows.all:
        for column in members[0].selected_columns:
            check_equality(column, f"{rows.operator}() is of")
    combined: CompoundSelect[Any] = _OPERATORS[rows.operator, rows.all](*members)
    return combined


def _of_types_in_common(members: list[Select[Any]]) -> list[Select[Any]]:
    """SELECTs whose columns are of one type in each place, so that it is that of all rows."""
    places: list[Sequence[Any]] = []
    for columns in zip(*[member.selected_columns for member in members], strict=True):
        if all(are_alike(columns[0].type, column.type) for column in columns):
            places.append(columns)
            continue
        known = in_common(column.type for column in columns).type
        alike = alike_values(columns, known)
        if known is DOUBLE:
            # SQLite has a type for each value, and no floats in place of whole numbers.
            alike = [each if family(each.type) == "float" else cast(each, DOUBLE) for each in alike]
        said = zip(columns, alike, strict=True)
        places.append([typed(each, known).label(getattr(column, "name", None)) for column, each in said])
    chosen: list[Any] = []
    for member, columns in zip(members, zip(*places, strict=True), strict=True):
        kept = all(map(is_, columns, member.selected_columns))
        chosen.append(member if kept else member.with_only_columns(*columns))
    return chosen


def _same(scope: Scope, keys: Sequence[tuple[Named, int]]) -> ColumnElement[bool]:
    # Said so, since == would begin with whichever of the two is of the more particular class.
    return and_(*[scope.carried[place].operate(eq, column.sql(scope)) for column, place in keys])


def _of_keys(scope: Scope, node: Node, keys: Sequence[tuple[Named, int]]) -> ColumnElement[bool]:
    same = _same(scope, keys)
    # An owner's key is not that of the table between.
    between = node.hop is not None and node.hop.backwards and node.hop.table is not None
    return and_(same, condition_of(scope, node)) if between else same


def _joined(rows: Rows, scope: Scope, statement: Select[Any]) -> Select[Any]:
    for node, keys in rows.joins:
        if keys:
            statement = statement.join(scope.entity(node), _of_keys(scope, node, keys), isouter=node.outer)
        else:
            statement = joined(scope, statement, [node])
    return statement


def _grouped(rows: Rows, scope: Scope, statement: Select[Any], columns: Sequence[Any]) -> Select[Any]:
    groups = [as_element(side.sql(scope)) for side in rows.groups or ()]
    groups += _keys_of_tables(rows.tree, scope) if rows.tree.of_models else []
    for group in groups:
        check_equality(group, "groups are made by")
    if not rows.models:
        groups = [_placed(group, columns) for group in groups]
    return statement.group_by(*groups).having(*[predicate.sql(scope) for predicate in rows.having])


def _different(rows: Rows, scope: Scope, statement: Select[Any]) -> Select[Any]:
    if rows.distinct:
        return statement.distinct()
    if not rows.distinct_on:
        return statement
    alike = [column.sql(scope) for column in rows.distinct_on]
    for each in alike:
        check_equality(each, "distinct() takes")
    return first_of_each(statement, alike)


def _placed(group: ColumnElement[Any], columns: Sequence[Any]) -> ColumnElement[Any]:
    """The number of the column that a group is, if a subquery is part of it.

    What a user's own subquery joins may get another alias each time, and so be another value to PostgreSQL;
    a name could be that of a column of any table.
    """
    if any(isinstance(part, SelectBase) for part in visitors.iterate(group)):
        for number, column in enumerate(columns, 1):
            if (column.element if isinstance(column, Label) else column) is group:
                return literal_column(str(number), types.Integer())
    return group


def _keys_of_tables(tree: Tree, scope: Scope) -> list[Any]:
    """The keys of the other tables of a row: what is in them goes with the row's."""
    mapper = tree.mapper
    tables: Any = mapper.tables
    if len(tables) == 1 or not isinstance(mapper.selectable, (Table, Join)):
        return []
    others = [column for table in tables for column in table.primary_key if column not in mapper.primary_key]
    if scope.root is mapper.class_:
        return others
    root = inspect(scope.root).selectable
    return [root.corresponding_column(column) for column in others]


def _paged(rows: Rows, statement: Select[Any]) -> Select[Any]:
    if rows.limit is not None:
        statement = statement.limit(rows.limit)
    elif rows.offset is not None and rows.tree.params.sqlite:
        # SQLite has no OFFSET alone, and SQLAlchemy's own way round it does not print as text.
        statement = statement.limit(literal_column("-1", types.Integer()))
    return statement if rows.offset is None else statement.offset(rows.offset)


def _correlated(statement: Select[Any], around: Scope | None) -> Select[Any]:
    """``statement`` speaking of the rows around it."""
    entities: list[Any] = []
    while around is not None:
        entities += around.entities
        around = around.around
    return statement.correlate(*entities) if entities else statement
