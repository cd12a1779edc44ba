"""Groups, and rows that are chosen in a subquery first: by a window, or of groups with children."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Join, Select, Table, and_, func, inspect

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.loads import order_of_children
from django_like_repos.joins.scope import Scope, select_of
from django_like_repos.joins.tree import Node, Sayable
from django_like_repos.language.foreign import as_element
from django_like_repos.language.inference import NULL
from django_like_repos.language.sides import Column, Computed, Named, Side
from django_like_repos.mapping.models import Field, key_of, loads_by_joins
from django_like_repos.statements.keys import once, with_children
from django_like_repos.tree.reader import Assembly
from django_like_repos.values import has_equality


def is_derived(assembly: Assembly) -> bool:
    """Whether its rows can be told, or what they carry, only when all of them are there."""
    return bool(assembly.qualify or assembly.distinct_on) or (assembly.windows and _is_surrounded(assembly))


def _is_surrounded(assembly: Assembly) -> bool:
    """Whether there is anything beside the rows themselves that a window would see."""
    eager = loads_by_joins(assembly.mapper)
    return bool(assembly.multiplied or assembly.loaded or assembly.foreign or eager)


def has_own_key(assembly: Assembly) -> bool:
    """Whether the key of the model is that of its tables, so that a group by it has one row's columns."""
    mapper = assembly.mapper
    if not isinstance(mapper.selectable, Table) or mapper.polymorphic_on is not None:
        return False
    keys = {column for table in mapper.tables for column in table.primary_key}
    return bool(keys) and set(mapper.primary_key) <= keys


def said(scope: Scope, columns: Sequence[Named]) -> list[ColumnElement[Any]]:
    """The columns of a SELECT, annotations by their names."""
    return [
        scope.labelled(column.inner, column.name)
        if isinstance(column, Computed) and not column.transforms
        else column.sql(scope)
        for column in columns
    ]


def root_key(assembly: Assembly) -> list[Column]:
    """The primary key of the model."""
    return [Column(assembly.tree.root, (field,)) for field in key_of(assembly.mapper)]


def told_apart(assembly: Assembly) -> list[Side]:
    """What tells rows of models apart: their keys, and what is annotated on them."""
    return [*root_key(assembly), *assembly.extras.values()]


def body(assembly: Assembly, scope: Scope, statement: Select[Any], sides: Sequence[Side]) -> Select[Any]:
    """``statement`` of these sides with every join and condition, and its rows in groups if they are."""
    if not assembly.grouped:
        return once(assembly, scope, statement) if is_derived(assembly) else assembly.joined(scope, statement)
    statement = once(assembly, scope, statement)
    groups = [as_element(side.sql(scope)) for side in _groups(assembly, sides)]
    groups += _keys_of_tables(assembly, scope) if assembly.grouping is True else []
    for group in groups:
        check_equality(group, "groups are made by")
    statement = statement.group_by(*groups)
    for predicate in assembly.having:
        statement = statement.having(predicate.sql(scope))
    return assembly.correlating(statement)


def rows_of(assembly: Assembly, columns: Sequence[Side], *, ordered: bool = False) -> Select[Any]:
    """The columns of each row, where groups or windows decide which rows there are."""
    scope = assembly.scope()
    named = [column for column in columns if isinstance(column, Named)]
    # Names that no annotation can have, since what SQLAlchemy makes up one may.
    read = (
        said(scope, named)
        if len(named) == len(columns)
        else [column.sql(scope).label(f"__{number}") for number, column in enumerate(columns)]
    )
    in_order = ordered or assembly.sliced
    if not is_derived(assembly):
        statement = body(assembly, scope, select_of(*read).select_from(scope.root), columns)
        if assembly.shape.frame.distinct and assembly.columns is not None:
            statement = statement.distinct()
        return assembly.paged(assembly.ordered(scope, statement)) if in_order else statement
    wanted_of = [predicate.sql(scope) for predicate in assembly.qualify]
    wanted_of += [_is_first(assembly, scope)] if assembly.distinct_on else []
    conditions = [each.label(f"__if{number}") for number, each in enumerate(wanted_of)]
    terms = assembly.ordering if in_order else []
    told = assembly.told
    if any(node.to_many and node not in told for term in terms for node in term.nodes):
        raise UnsupportedOperationError(
            "windows and distinct() of fields cannot be ordered by a to-many path: annotate() its value first"
        )
    values = [term.value(scope).label(f"__by{number}") for number, term in enumerate(terms)]
    sides = [*columns, *[term.side for term in terms]]
    for predicate in assembly.qualify:
        sides += predicate.groups
    whole = select_of(*read, *values, *conditions).select_from(scope.root)
    derived = assembly.params.aliases.derived
    found: list[Any] = list(derived(body(assembly, scope, whole, sides)).c)
    width, wanted = len(columns), len(columns) + len(values)
    if assembly.shape.frame.distinct and assembly.columns is not None:
        # What DISTINCT rows are ordered by must be among their columns.
        found = list(derived(select_of(*found[:wanted]).where(*found[wanted:]).distinct()).c)
    rows = select_of(*found[:width]).where(*found[wanted:])
    if in_order:
        carried = dict(zip(terms, found[width:wanted], strict=True))
        rows = assembly.paged(assembly.ordered(scope, rows, carried))
    return rows


def models_of(assembly: Assembly) -> Select[Any]:
    """Models with what is annotated on them, chosen by their keys in a subquery, and their children."""
    key = root_key(assembly)
    terms = assembly.ordering
    extras = list(assembly.extras.items())
    sides = [*key, *[side for _, side in extras], *[term.side for term in terms]]
    found: list[Any] = list(assembly.params.aliases.derived(rows_of(assembly, sides, ordered=True)).c)
    scope = assembly.scope()
    annotations = found[len(key) : len(key) + len(extras)]
    labelled = [column.label(name) for column, (name, _) in zip(annotations, extras, strict=True)]
    same = [chosen == column.sql(scope) for chosen, column in zip(found, key, strict=False)]
    statement = select_of(scope.root, *labelled).join(found[0].table, and_(*same))
    statement = with_children(assembly, scope, statement)
    carried = dict(zip(terms, found[len(key) + len(extras) :], strict=True))
    return assembly.ordered(scope, statement, carried).order_by(*order_of_children(scope, assembly.loaded))


def summary_of(assembly: Assembly, rows: Callable[[list[Named]], Select[Any]]) -> Select[Any]:
    """The aggregates of the rows of a query that must be there first: it is sliced, distinct or grouped."""
    wanted = _Wanted(assembly.tree, assembly.model, [side for _, side in assembly.summary])
    for _, side in assembly.summary:
        side.sql(wanted)
    columns: list[Named] = [*(assembly.columns or root_key(assembly))]
    known = {column.identity for column in columns}
    columns += [column for column in wanted.columns if column.identity not in known]
    found = list(assembly.params.aliases.derived(rows(columns)).c)
    values = dict(zip([column.identity for column in columns], found, strict=True))
    scope = _Given(assembly.tree, assembly.model, values)
    summary = select_of(*[side.sql(scope).label(name) for name, side in assembly.summary])
    return summary.select_from(found[0].table)


class _Wanted(Scope):
    """Takes down what is read."""

    def __init__(self, tree: Any, root: Any, summary: list[Side]) -> None:
        super().__init__(tree, root)
        self._tree = tree
        self._summary = summary
        self.found: dict[Hashable, Named] = {}

    @property
    def columns(self) -> list[Named]:
        return list(self.found.values())

    def column(self, node: Node, fields: tuple[Field, ...]) -> ColumnElement[Any]:
        for field in fields:
            column = Column(node, (field,))
            self.found.setdefault(column.identity, column)
        return super().column(node, fields)

    def annotation(self, value: Any) -> Any:
        if value in self._summary:
            return value.sql(self)
        # What it reads is read where the rows are.
        said = value.sql(Scope(self._tree, self.root))
        column = Computed(f"value_{len(self.found)}", value, said.type)
        self.found.setdefault(column.identity, column)
        return said


class Outputs(Scope):
    """The values of a combination, as columns of a subquery."""

    columns: dict[str, list[Any]] = {}  # noqa: RUF012 - replaced in each

    def output(self, name: str) -> Any:
        (column,) = self.columns[name]
        return column


class _Given(Scope):
    """What was read, as columns of a subquery."""

    def __init__(self, tree: Any, root: Any, values: dict[Hashable, Any]) -> None:
        super().__init__(tree, root)
        self._values = values

    def column(self, node: Node, fields: tuple[Field, ...]) -> ColumnElement[Any]:
        found: ColumnElement[Any] = self._values[Column(node, fields).identity]
        return found

    def annotation(self, value: Sayable) -> Any:
        inner: Any = value
        found = self._values.get(Computed("value", inner, None).identity)  # type: ignore[arg-type]
        return value.sql(self) if found is None else found


def check_equality(value: Any, what: str) -> None:
    """Raises UnsupportedOperationError for what PostgreSQL cannot tell apart."""
    if not has_equality(getattr(value, "type", NULL)):
        raise UnsupportedOperationError(
            f"{what} values that can be compared, and {value} is json, which PostgreSQL cannot; use JSONB"
        )


def _keys_of_tables(assembly: Assembly, scope: Scope) -> list[Any]:
    """The keys of the other tables of a row: what is in them goes with the row's."""
    mapper = assembly.mapper
    if len(mapper.tables) == 1 or not isinstance(mapper.selectable, (Table, Join)):
        return []
    columns = [column for table in mapper.tables for column in table.primary_key]
    others = [column for column in columns if column not in mapper.primary_key]
    if scope.root is assembly.model:
        return others
    root = inspect(scope.root).selectable
    return [root.corresponding_column(column) for column in others]


def _is_first(assembly: Assembly, scope: Scope) -> ColumnElement[bool]:
    """Whether a row is the first of those that are alike in the fields of ``distinct()``."""
    alike = [column.sql(scope) for column in assembly.distinct_on]
    for value in alike:
        check_equality(value, "distinct() takes")
    number = func.row_number().over(
        partition_by=alike,
        order_by=[term.sql(scope) for term in assembly.ordering]
        or [column.sql(scope) for column in root_key(assembly)],
    )
    first: ColumnElement[bool] = number == 1
    return first


def _groups(assembly: Assembly, sides: Sequence[Side]) -> list[Side]:
    return list(_once({}, _all_groups(assembly, sides)))


def _once(seen: dict[Hashable, None], sides: Iterator[Side]) -> Iterator[Side]:
    for side in sides:
        identity = side.identity if isinstance(side, Named) else side
        if identity not in seen:
            seen[identity] = None
            yield side


def _all_groups(assembly: Assembly, sides: Sequence[Side]) -> Iterator[Side]:
    explicit: list[Side] = assembly.grouping if isinstance(assembly.grouping, list) else []
    known = {single.identity for side in explicit if isinstance(side, Named) for single in side.singles}
    of_model = assembly.grouping is True and has_own_key(assembly)
    for side in explicit:
        # By its name, as in Django, and not by what it is computed of.
        whole = not side.aggregate and not side.window and side.groups
        yield from (side.singles if isinstance(side, Named) else [side]) if whole else side.groups
    if assembly.grouping is True:
        yield from root_key(assembly)
    having = [group for predicate in assembly.having for group in predicate.groups]
    ordering = [term.side for term in assembly.ordering]
    for side in (*sides, *ordering, *having):
        if isinstance(side, Named) and side.identity in known:
            continue
        for group in side.groups:
            # What the key of a row decides need not be named.
            if not (of_model and isinstance(group, Column) and group.node is assembly.tree.root):
                yield group
