"""The one difference that is meant, said to Django: a to-many join that only filters multiplies nothing.

Django repeats a row once for every related row that a filter found, and counts, groups and sums the repeats.
A join that values, an annotation or an aggregate reads is meant to repeat, but not one that only `alias()`
reads, for a filter. So the condition is taken off the
rows and asked of them by an EXISTS that joins everything once more, and a join that nothing reads is gone.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc, no-any-return"

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

from django.db.models import Exists
from django.db.models.lookups import Exact, IsNull
from django.db.models.sql.where import AND, OR, WhereNode

from tests.parity.accidents import NoOracleError

_numbers = count()


def rows_once(query: Any) -> Any:
    """The query, or one that has no to-many join that only filters."""
    if not any(query.alias_refcount[root] for root in _root(query)) or _only_asks(query):
        return query
    kept = read_aliases(query)
    if not any(is_to_many(query, alias) for alias in _joined(query) - kept):
        return query
    where, *later = query.where.split_having_qualify(must_group_by=query.group_by is not None)
    asked = [condition for condition in later if condition is not None]
    if _aliases(query, _that_only_filter(asked)) - kept:
        raise NoOracleError(query.where)
    outer = query.clone()
    outer.where = WhereNode([Exists(_condition(query, where, kept)), *asked], AND)
    for alias in _joined(query) - kept:
        outer.alias_refcount[alias] = 0
    return outer


def read_aliases(query: Any) -> set[str]:
    """The joins that values, annotations and aggregates read, and those on the way to them."""
    _, *later = query.where.split_having_qualify(must_group_by=query.group_by is not None)
    groups = query.group_by if isinstance(query.group_by, tuple) else ()
    shown = [
        each for name, each in query.annotations.items() if name not in query.only_named or _is_of_many(each)
    ]
    read = [*query.select, *shown, *groups, *_that_read(filter(None, later))]
    # By such a column Django knows whose rows it prefetches.
    told = [alias for alias in _joined(query) if any(f'"{alias}".' in sql for sql, _ in query.extra.values())]
    return _with_parents(query, {*_root(query), *query.kept, *told, *_aliases(query, read)})


def orders_by_more(compiler: Any) -> bool:
    """Whether the ordering joins to-many relations that nothing else reads. Changes the compiler's query."""
    compiler.setup_query()
    ordering = _aliases(compiler.query, [expression for expression, _ in compiler.get_order_by()])
    more = _with_parents(compiler.query, ordering) - read_aliases(compiler.query)
    return any(is_to_many(compiler.query, alias) for alias in more)


def is_to_many(query: Any, alias: str) -> bool:
    join = query.alias_map[alias]
    return bool(join.parent_alias and join.join_field.one_to_many)


def key_of(query: Any, alias: str) -> Any:
    """The primary key of what an alias stands for."""
    join = query.alias_map[alias]
    return (join.join_field.related_model if join.parent_alias else query.model)._meta.pk.get_col(alias)


def _only_asks(query: Any) -> bool:
    """Whether it is within another query, and all that counts is whether it finds something."""
    more_than_one = query.low_mark or query.high_mark not in (None, 1)
    return query.subquery and not (query.aggregated or more_than_one or query.group_by is not None)


def _condition(query: Any, where: Any, kept: set[str]) -> Any:
    """The rows of all joins, under names of their own, that satisfy the condition and are the row at hand."""
    inner = query.clone()
    inner.plain = True
    inner.kept = frozenset()
    inner.where = where.clone() if where is not None else WhereNode()
    inner.select, inner.annotations, inner.group_by = (), {}, None
    inner.select_related = inner.distinct = inner.default_cols = False
    inner.distinct_fields = ()
    inner.clear_ordering(force=True)
    inner.clear_limits()
    inner.table_map = {table: [*aliases] for table, aliases in query.table_map.items()}
    number = next(_numbers)
    names = {alias: f"X{number}_{index}" for index, alias in enumerate(query.alias_map)}
    inner.change_aliases(names)
    for alias in kept:
        inner.external_aliases[alias] = alias not in query.table_map
        inner.where.add(_same(key_of(inner, names[alias]), key_of(query, alias)), AND)
    return inner


def _same(left: Any, right: Any) -> Any:
    return WhereNode(
        [Exact(left, right), WhereNode([IsNull(left, True), IsNull(right, True)], AND)],
        OR,
    )


def _root(query: Any) -> Iterable[str]:
    """The alias of the model's own table, where it has one yet; to ask Django for it would join it."""
    return list(query.alias_map)[:1]


def _joined(query: Any) -> set[str]:
    return {alias for alias in query.alias_map if query.alias_refcount[alias]}


def _aliases(query: Any, expressions: Iterable[Any]) -> set[str]:
    found = {column.alias for column in query._gen_cols(expressions, include_external=True)}
    return found & query.alias_map.keys()


def _with_parents(query: Any, aliases: set[str]) -> set[str]:
    parents = {query.alias_map[alias].parent_alias for alias in aliases} - {None}
    return aliases if parents <= aliases else _with_parents(query, aliases | parents)


def _leaves(conditions: Iterable[Any]) -> Iterator[Any]:
    for condition in conditions:
        if isinstance(condition, WhereNode):
            yield from _leaves(condition.children)
        else:
            yield condition


def _that_read(conditions: Iterable[Any]) -> list[Any]:
    """Conditions on groups and windows: their aggregates read as annotations do."""
    return [leaf for leaf in _leaves(conditions) if _is_of_many(leaf)]


def _is_of_many(expression: Any) -> bool:
    """Whether it is of several rows, as aggregates and windows are."""
    return bool(expression.contains_aggregate or expression.contains_over_clause)


def _that_only_filter(conditions: Iterable[Any]) -> list[Any]:
    read = {id(leaf) for leaf in _that_read(conditions)}
    return [leaf for leaf in chain(_leaves(conditions)) if id(leaf) not in read]
