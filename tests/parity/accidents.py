"""Django's query as an oracle: it knows which of its answers are accidents, and refuses to give those."""

# Django has no type annotations.
# mypy: disable-error-code="misc, no-any-return"

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, JSONField, Q
from django.db.models.expressions import Col, ExpressionList, NegatedExpression, Ref, Subquery
from django.db.models.lookups import In, IsNull, Lookup
from django.db.models.sql import Query
from django.db.models.sql.constants import INNER, LOUTER
from django.db.models.sql.where import AND, WhereNode


class NoOracleError(Exception):
    """The case proves nothing: Django's answer is an accident."""


class OracleQuery(Query):
    """Django's query, refusing four accidents.

    A negated to-many condition becomes a subquery. Whether it speaks of the related row that the same call
    has joined already, Django decides by asking whether the alias *within* the subquery has the name of an
    alias that the call uses. That is right where both are named after the table, and luck elsewhere.

    XOR never gives back the INNER joins that conditions within it asked for, though it may hold without them.

    A negated condition on what may be missing gets its `IS NOT NULL` by the kind of join at that moment, and
    a later condition can still make it a LEFT one.

    Groups by the value of a subquery fall apart, into groups of the rows that it was asked for, when the
    value is named once more.

    And it is made to keep what it promises of columns for all expressions: that a row without a value is not
    excluded for having one.
    """

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        if any(self._unguarded(self.where, negated=False)):
            raise NoOracleError(self.where)
        if self._groups_are_split():
            raise NoOracleError(self.group_by)
        return super().get_compiler(*args, **kwargs)

    def _groups_are_split(self) -> bool:
        # None and True are of groups that are named by nobody.
        group_by: Any = self.group_by
        named = group_by if isinstance(group_by, tuple | list) else ()
        by = {column.refs for column in named if isinstance(column, Ref)}
        return any(
            isinstance(annotation, Subquery) and name not in by and self.annotations.get(each) is annotation
            for name, annotation in self.annotation_select.items()
            for each in by
        )

    def _unguarded(self, node: Any, *, negated: bool) -> Iterator[Any]:
        negated ^= node.negated
        guards = [child for child in node.children if isinstance(child, IsNull)]
        guarded = {_alias(guard) for guard in guards if not guard.rhs}
        for child in node.children:
            if isinstance(child, WhereNode):
                yield from self._unguarded(child, negated=negated)
            elif negated and not (child in guards or _alias(child) in guarded or _is_of_annotation(child)):
                yield from (join for join in self.alias_map.values() if _is_left(join, _alias(child)))

    def build_filter(self, filter_expr: Any, *args: Any, **kwargs: Any) -> Any:
        built = super().build_filter(filter_expr, *args, **kwargs)
        if isinstance(filter_expr, tuple) and self._names_annotation(filter_expr[0]):
            for condition in built[0].children:
                condition.of_annotation = True
        if kwargs.get("current_negated") and not isinstance(filter_expr, Q):
            for condition in [*built[0].children]:
                for side in _unsure_sides(condition, isinstance(filter_expr, tuple)):
                    built[0].add(IsNull(side, False), AND)
        return built

    def _names_annotation(self, path: str) -> bool:
        parts = path.split("__")
        return any("__".join(parts[:end]) in self.annotations for end in range(1, len(parts) + 1))

    def _add_q(self, q_object: Any, *args: Any, **kwargs: Any) -> Any:
        inner = self._inner_where_rows_may_be_missing()
        added = super()._add_q(q_object, *args, **kwargs)
        if _has_xor(q_object) and self._inner_where_rows_may_be_missing() - inner:
            raise NoOracleError(q_object)
        return added

    def combine(self, rhs: Any, connector: Any) -> None:
        sides = (self, rhs)
        if connector == Q.XOR and any(side._inner_where_rows_may_be_missing() for side in sides):
            raise NoOracleError(connector)
        super().combine(rhs, connector)

    def _inner_where_rows_may_be_missing(self) -> set[str]:
        return {
            alias
            for alias, join in self.alias_map.items()
            if join.join_type == INNER and getattr(join, "nullable", False)
        }

    def split_exclude(self, filter_expr: Any, can_reuse: Any, names_with_path: Any) -> Any:
        path, value = filter_expr
        hops = [hop for _, path_infos in names_with_path for hop in path_infos]
        # A question for what is absent is asked of the row before it, by a LEFT JOIN.
        absent = value is None or (path.endswith("__isnull") and value is True)
        asked = hops[:-1] if absent else hops
        inner, joined = self._name_within(asked), self._joined(asked, can_reuse)
        if inner not in joined if inner in can_reuse else joined and not absent:
            raise NoOracleError(filter_expr)
        return super().split_exclude(filter_expr, can_reuse, names_with_path)

    def _name_within(self, hops: list[Any]) -> str:
        taken = [self.model._meta.db_table]
        for hop in hops:
            table = hop.to_opts.db_table
            taken.append(f"T{len(taken) + 1}" if table in taken else table)
        return taken[-1]

    def _joined(self, hops: list[Any], can_reuse: set[str]) -> set[str]:
        """The aliases in this query that the call at hand has for the last of the hops."""
        parents: set[Any] = {self.get_initial_alias()}
        for hop in hops:
            parents = {
                alias
                for alias, join in self.alias_map.items()
                if getattr(join, "parent_alias", None) in parents
                and join.join_field == hop.join_field
                and (alias in can_reuse or not hop.m2m)
            }
        return parents


def _unsure_sides(condition: Any, named: bool) -> list[Any]:
    """What of a negated condition may be NULL, and Django adds nothing for, as it does for columns."""
    if isinstance(condition, IsNull | WhereNode) or getattr(condition, "rhs", condition) is None:
        return []
    if not isinstance(condition, Lookup):
        return (
            [condition]
            if hasattr(condition, "as_sql") and not isinstance(condition, NegatedExpression)
            else []
        )
    if isinstance(condition, In):
        # A NULL among the values leaves no row in Django, whose own tests call that a failure.
        if isinstance(condition.rhs, Query) and _may_be_null(condition.rhs):
            raise NoOracleError(condition)
        sides = []
    elif isinstance(condition.rhs, ExpressionList):
        sides = condition.rhs.get_source_expressions()
    else:
        sides = [condition.rhs] if hasattr(condition.rhs, "as_sql") else []
    # JSON's null is a value.
    sides = [
        side for side in sides if getattr(side, "_output_field_or_none", None).__class__ is not JSONField
    ]
    sides += [] if named and not _is_of_annotation(condition) else [condition.lhs]
    # An EXISTS, and what NOT is put before, is never NULL; nor would Django put parentheses round it.
    return [side for side in sides if not isinstance(side, Exists | NegatedExpression)]


def _has_xor(condition: Any) -> bool:
    if not isinstance(condition, Q):
        return False
    return condition.connector == Q.XOR or any(map(_has_xor, condition.children))


def _may_be_null(query: Query) -> bool:
    """Whether one of the values that a subquery gives may be NULL, as far as that can be told."""
    chosen = [*query.select, *(query.annotation_select.values() if query.annotation_select else [])]
    known = {guard.lhs for guard in query.where.children if isinstance(guard, IsNull) and not guard.rhs}
    return any(not isinstance(each, Col) or (each.target.null and each not in known) for each in chosen)


def _alias(condition: Any) -> Any:
    column = getattr(condition, "lhs", None)
    return column.alias if isinstance(column, Col) else None


def _is_left(join: Any, alias: Any) -> bool:
    return bool(join.table_alias == alias and join.join_type == LOUTER)


def _is_of_annotation(condition: Any) -> bool:
    return getattr(condition, "of_annotation", False)
