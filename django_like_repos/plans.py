"""Plans: statements built once per shape of query, and used again with new values.

A plan is built from the shape alone; no value is in sight, so none can get into its SQL. It is immutable
once built, and shared by tasks and threads.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Engine

from django_like_repos.constructs.params import Asked, Params, keyed
from django_like_repos.mapping.options import criteria, key_of_foreign
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.passes import rewritten
from django_like_repos.query import Query, Returning
from django_like_repos.query.shapes import Shape
from django_like_repos.rows import asking
from django_like_repos.rows.summary import summary
from django_like_repos.statements.nested import NESTED
from django_like_repos.statements.select import select_rows
from django_like_repos.statements.write import delete_rows, lock_keys, update_rows
from django_like_repos.tree.reader import read
from django_like_repos.tree.tree import Tree

SELECT: Final = "select"
COUNT: Final = "count"
EXISTS: Final = "exists"
UPDATE: Final = "update"
DELETE: Final = "delete"
SUMMARY: Final = "summary"
KEYS: Final = "keys"
"""Of rows that lie in several tables, and so are written by several statements."""

_BUILD: Final[dict[str, Callable[[Tree, Returning | None], Any]]] = {
    SELECT: lambda tree, _: select_rows(rewritten(asking.rows(tree))),
    COUNT: lambda tree, _: select_rows(rewritten(asking.number(tree))),
    EXISTS: lambda tree, _: select_rows(rewritten(asking.any_row(tree))).limit(1),
    SUMMARY: lambda tree, _: select_rows(rewritten(summary(tree))),
    UPDATE: update_rows,
    DELETE: delete_rows,
    KEYS: lambda tree, _: lock_keys(tree),
}


class Plan(NamedTuple):
    """A statement ready for values."""

    statement: Any
    names: tuple[str, ...]
    """The names of its bind parameters, in the order of the query's params."""
    steady: bool = True
    """Whether nothing in it is said by Python code of the mapping, which may say something else each time."""
    asked: tuple[Asked, ...] = ()
    """The hybrids whose values it takes besides."""
    kept: bool = True
    """Whether it serves other executions too."""


class _Foreign:
    """The SQLAlchemy objects of a query, equal to others of the same cache key."""

    __slots__ = ("binds", "expressions", "key", "loaders")

    def __init__(self, query: Query) -> None:
        self.expressions = query.expressions
        self.loaders = query.loaders
        self.key, self.binds = key_of_foreign(query.model, self.expressions, self.loaders)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Foreign) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class Plans:
    """The plans of one engine: at most ``size`` of them, the least recently used going first."""

    def __init__(self, dialect: Dialect, size: int) -> None:
        self._uncached = partial(_plan, dialect)
        self._plan = lru_cache(maxsize=size)(self._uncached)

    def prepare(self, kind: str, query: Query) -> tuple[Any, dict[str, Any]]:
        """The statement of that kind for a query, and the query's values by the names of its params."""
        if query.settings.foreign:
            return self._prepare_foreign(kind, query)
        shape, params = query.taken_apart()
        plan = self._plan(kind, shape)
        if not plan.steady:
            return self._ask(plan, params, kind, shape)
        return plan.statement, dict(zip(plan.names, params))  # noqa: B905 - strict costs a tenth

    def prepare_write(self, kind: str, query: Query) -> tuple[Any, dict[str, Any]]:
        """The same for UPDATE and DELETE; of an UPDATE without its SET."""
        if query.foreign:
            return self._prepare_foreign(kind, query, query.returning)
        plan = self._plan(kind, query.shape, query.returning)
        return self._ask(plan, query.params, kind, query.shape, query.returning)

    def _prepare_foreign(
        self, kind: str, query: Query, returning: Returning | None = None
    ) -> tuple[Any, dict[str, Any]]:
        foreign = _Foreign(query)
        build = self._uncached if foreign.key is None else self._plan
        plan = build(kind, query.shape, returning, foreign)
        values = (*[bind.effective_value for bind in foreign.binds], *query.params)
        statement, params = self._ask(plan, values, kind, query.shape, returning, foreign)
        return _with_options(statement, kind, query.volatile), params

    def _ask(
        self,
        plan: Plan,
        values: tuple[Any, ...],
        kind: str,
        shape: Shape,
        returning: Returning | None = None,
        foreign: _Foreign | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """A plan's statement and its values, those of hybrids as they are now.

        A hybrid that says something else than when the plan was made, in another language say, has another.
        """
        found = [keyed(each.hybrid) for each in plan.asked]
        said = tuple([key for key, _ in found])
        if not plan.kept:
            plan = self._uncached(kind, shape, returning, foreign)
        elif said != tuple([each.key for each in plan.asked]):
            plan = self._plan(kind, shape, returning, foreign, said)
        params = dict(zip(plan.names, values, strict=True))
        for each, (_, binds) in zip(plan.asked, found, strict=True):
            params.update(zip(each.names, [bind.effective_value for bind in binds], strict=True))
        return plan.statement, params

    def clear(self) -> None:
        """Forgets every plan."""
        self._plan.cache_clear()

    def info(self) -> Any:
        """Hits, misses, size and the number of plans, as ``functools.lru_cache`` counts them."""
        return self._plan.cache_info()


def plans_of(bind: Engine | Connection) -> Plans:
    """The plans of the engine that a session uses."""
    engine = bind.engine
    plans = _ENGINES.get(engine)
    if plans is None:
        compiled: Any = engine._compiled_cache
        plans = _ENGINES.setdefault(
            engine, Plans(engine.dialect, compiled.capacity if compiled is not None else 0)
        )
    return plans


def build(kind: str, query: Query, dialect: Dialect | None = None, *, arrays: bool = True) -> Any:
    """A statement with its values in it, built anew: an ordinary SQLAlchemy statement.

    Without ``arrays`` lists are written out member by member, as a text needs them whose types nobody names.
    """
    params = Params(dialect, query.params, arrays=arrays)
    tree = read(query.shape, params, query.expressions, NESTED, foreign=query.foreign)
    statement = _BUILD[kind](tree, query.returning)
    statement = _with_options(statement, kind, (*query.loaders, *query.volatile))
    return statement.execution_options(**query.execution_options)


_ENGINES: Final[WeakKeyDictionary[Engine, Plans]] = WeakKeyDictionary()


def _forget() -> None:
    for plans in list(_ENGINES.values()):
        plans.clear()


forget_on_change(_forget)


def _plan(
    dialect: Dialect,
    kind: str,
    shape: Shape,
    returning: Returning | None = None,
    foreign: _Foreign | None = None,
    said: tuple[Any, ...] = (),
) -> Plan:
    """``said``, by hybrids, is there to tell plans apart: they are asked again."""
    params = Params(dialect)
    expressions = params.replace(foreign.expressions, foreign.binds) if foreign else []
    tree = read(shape, params, expressions, NESTED, foreign=foreign is not None)
    statement = _BUILD[kind](tree, returning)
    if foreign:
        statement = _with_options(statement, kind, foreign.loaders)
    steady = params.kept and not params.asked
    return Plan(statement, tuple(params.names), steady, params.asked, params.kept)


def _with_options(statement: Any, kind: str, options: tuple[Any, ...]) -> Any:
    fitting = options if kind == SELECT else criteria(options)
    return statement.options(*fitting) if fitting else statement
