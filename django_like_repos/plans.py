"""Plans: what an operation does, worked out once per shape of query, and used again with new values.

A plan is built from the shape alone; no value is in sight, so none can get into its SQL. It is immutable
once built, and shared by tasks and threads.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Engine, Table

from django_like_repos.caching import TooLargeError, remembering
from django_like_repos.constructs.params import Asked, Params, UnkeptError, prefix_beside
from django_like_repos.mapping.fetch_modes import kept_mark, own_mark
from django_like_repos.mapping.inheritance import is_deleted_at_once, tables_of
from django_like_repos.mapping.models import Hop, mapper_of
from django_like_repos.mapping.options import criteria, key_of_foreign
from django_like_repos.mapping.registry import forget_on_change
from django_like_repos.passes import rewritten
from django_like_repos.query import Query, Returning
from django_like_repos.query.shapes import Shape
from django_like_repos.query.writes import DIRECT
from django_like_repos.rows import asking
from django_like_repos.rows.rows import Rows
from django_like_repos.rows.summary import summary
from django_like_repos.schemas import ByPythonError
from django_like_repos.statements.bodies import body_of
from django_like_repos.statements.nested import NESTED
from django_like_repos.statements.select import select_rows
from django_like_repos.statements.write import (
    delete_rows,
    delete_rows_directly,
    lock_keys,
    update_rows,
    update_rows_directly,
)
from django_like_repos.tree.partial import partial_loads
from django_like_repos.tree.reader import read
from django_like_repos.tree.tree import Tree

SELECT: Final = "select"
COUNT: Final = "count"
EXISTS: Final = "exists"
SUMMARY: Final = "summary"
ORDERED: Final = "ordered"
"""The keys of the rows in their order: what a query finds, whatever is loaded with it."""
UPDATE: Final = "update"
UPDATE_BY_KEY: Final = "update by key"
"""Of rows that lie in several tables, or in another than the class stands for."""
DELETE: Final = "delete"
DELETE_OBJECTS: Final = "delete objects"
"""Of rows that SQLAlchemy loads, and deletes with what the mapping has cascade."""
UPDATE_DIRECTLY: Final = "update directly"
DELETE_DIRECTLY: Final = "delete directly"
"""The two with one condition on the target, where that says the same."""
BODY: Final = "body"
"""One text: the rows as JSON, where the database can write them."""
READING: Final = frozenset({SELECT, COUNT, EXISTS, SUMMARY})


_LARGEST: Final = 131_072
"""Characters, and parts, of all that a plan is known by."""


class Run(NamedTuple):
    """A statement whose rows are the result; an UPDATE gets its SET with every execution."""

    statement: Any
    known: dict[Any, Any] | None = None
    """What execution finds out about the statement, for the next time; None where there is none."""


class Lock(NamedTuple):
    """A SELECT of the keys of the rows that the actions after it are about."""

    statement: Any


class ReadBack(NamedTuple):
    """Rows of these keys as ``returning()`` wants them: the result."""


class SetByKey(NamedTuple):
    """What is set, written into each table that has some of it, by the keys."""


class DeleteByKey(NamedTuple):
    """The rows of these keys removed from tables, one after the other."""

    tables: tuple[Table, ...]


class DeleteObjects(NamedTuple):
    """The rows of these keys loaded, batch by batch, and deleted with what the mapping has cascade."""


Action = Run | Lock | ReadBack | SetByKey | DeleteByKey | DeleteObjects


class Plan(NamedTuple):
    """What one operation does, ready for values: a short list of actions, usually one."""

    actions: tuple[Action, ...]
    names: tuple[str, ...]
    """The names of its bind parameters, in the order of the query's params."""
    steady: bool = True
    """Whether it takes the query's params and nothing else: Python code of the mapping says no part of it."""
    asked: tuple[Asked, ...] = ()
    """The Python code whose values it takes besides."""
    twins: tuple[tuple[str, str], ...] = ()
    """The names of params that have the values of others."""
    kept: bool = True
    """Whether there is one; else a statement is made with its values each time."""
    partial: tuple[Hop, ...] = ()
    """The relations that it fills with some of their rows."""
    by_python: str = ""
    """Why the database cannot write the rows as JSON, where it cannot: then there are no actions."""

    @property
    def statement(self) -> Any:
        """That of the first action, which takes the params."""
        (first, *_) = self.actions
        assert isinstance(first, (Run, Lock))
        return first.statement

    def said(self, found: Sequence[tuple[Any, Any]]) -> bool:
        """Whether its Python code says what it said when the plan was made, but for values."""
        return all(key == each.key for each, (key, _) in zip(self.asked, found, strict=True))

    def with_options(self, options: tuple[Any, ...]) -> "Plan":
        """The same for one execution, with SQLAlchemy's options on its first statement."""
        if not options:
            return self
        (first, *others) = self.actions
        assert isinstance(first, (Run, Lock))
        statement = first.statement.options(*options)
        changed = Run(statement) if isinstance(first, Run) else Lock(statement)
        return self._replace(actions=(changed, *others))


class _Foreign:
    """The SQLAlchemy objects of a query, equal to others of the same cache key."""

    __slots__ = ("binds", "expressions", "key", "loaders")

    def __init__(self, query: Query) -> None:
        self.expressions = query.expressions
        self.loaders = query.settings.loaders
        self.key, self.binds = key_of_foreign(query.model, self.expressions, self.loaders)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Foreign) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class Plans:
    """The plans of one engine: at most ``size`` of them, the least recently used going first."""

    def __init__(self, dialect: Dialect, size: int, *, bare: bool = True) -> None:
        """``bare``: nobody adds criteria of models to the statements."""
        self._new = partial(Plans, dialect, size, bare=False)
        self._others: Plans | None = None
        self._uncached = partial(_plan, dialect, bare)
        self._plan = remembering(size, self._uncached, largest=_LARGEST)
        self.inserts: dict[Any, Run | None] = {}
        """The INSERT of one object of a mapper; None where the database does not say its number."""

    def prepare(self, kind: str, query: Query) -> tuple[Plan, dict[str, Any]]:
        """The plan of that kind for a query, and the query's values by the names of its params."""
        settings = query.settings
        if settings.foreign:
            return self._prepare_foreign(kind, query)
        parts, params = query.taken_apart()
        try:
            plan = self._plan(kind, parts, settings.returning)
        except TooLargeError as large:
            plan = large.answer
        if not plan.steady:
            return self._ask(plan, params, kind, parts, settings.returning)
        return plan, dict(zip(plan.names, params))  # noqa: B905 - strict costs a tenth

    def _prepare_foreign(self, kind: str, query: Query) -> tuple[Plan, dict[str, Any]]:
        foreign, returning = _Foreign(query), query.returning
        build = self._uncached if foreign.key is None else self._planned
        plan = build(kind, query.shape, returning, foreign)
        values = (*[bind.effective_value for bind in foreign.binds], *query.params)
        plan, params = self._ask(plan, values, kind, query.shape, returning, foreign)
        return plan.with_options(_fitting(kind, query.shape, query.settings.volatile)), params

    def _planned(self, *key: Any) -> Plan:
        try:
            plan: Plan = self._plan(*key)
        except TooLargeError as large:
            plan = large.answer
        return plan

    def _ask(
        self,
        plan: Plan,
        values: tuple[Any, ...],
        kind: str,
        parts: tuple[Any, ...],
        returning: Returning | None,
        foreign: _Foreign | None = None,
    ) -> tuple[Plan, dict[str, Any]]:
        """A plan and its values, those of Python code as they are now.

        What says something else than when the plan was made, in another language say, has another plan.
        """
        key = kind, parts, returning, foreign
        found = [each.again() for each in plan.asked]
        said = tuple([key for key, _ in found])
        if None not in said and not plan.said(found):
            plan = self._planned(*key, said)
            found = [each.again() for each in plan.asked]
        if not plan.kept or not plan.said(found):
            return self._uncached(*key, values=values), {}
        params = dict(zip(plan.names, values, strict=True))
        for _, own in found:
            params.update(own)
        params.update([(twin, params[name]) for twin, name in plan.twins])
        return plan, params

    def clear(self) -> None:
        """Forgets every plan."""
        self._plan.cache_clear()
        self.inserts.clear()
        if self._others is not None:
            self._others.clear()

    @property
    def with_criteria(self) -> "Plans":
        """Those for sessions in which somebody may add criteria of models to what is executed."""
        if self._others is None:
            self._others = self._new()
        return self._others

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


def share_plans(engine: Engine, other: Engine) -> None:
    """Gives an engine the plans, and the compiled statements, of another one of its dialect."""
    engine._compiled_cache = other._compiled_cache
    _ENGINES[engine] = plans_of(other)


def build(
    kind: str, query: Query, dialect: Dialect | None = None, *, arrays: bool = True, bare: bool = False
) -> Any:
    """A statement with its values in it, built anew: an ordinary SQLAlchemy statement.

    Without ``arrays`` lists are written out member by member, as a text needs them whose types nobody names.
    """
    params = Params(dialect, query.params, arrays=arrays, bare=bare)
    tree = read(query.shape, params, query.expressions, NESTED, foreign=query.foreign)
    statement = _statement(kind, tree, query.returning)
    options = _fitting(kind, query.shape, (*query.settings.loaders, *query.settings.volatile))
    if _gives_models(kind, query.shape, None):
        options = (*options, *own_mark(query.frame.fetch_mode))
    statement = statement.options(*options) if options else statement
    return statement.execution_options(**query.execution_options)


def passes_of(query: Query, dialect: Dialect | None, *, bare: bool) -> list[str]:
    """The names of the passes that the rows of a query need, in the order in which they acted."""
    acted: list[str] = []
    params = Params(dialect, query.params, bare=bare)
    tree = read(query.shape, params, query.expressions, NESTED, foreign=query.foreign)
    rewritten(asking.rows(tree), acted)
    return acted


_ENGINES: Final[WeakKeyDictionary[Engine, Plans]] = WeakKeyDictionary()


def _forget() -> None:
    for plans in list(_ENGINES.values()):
        plans.clear()


forget_on_change(_forget)


def _plan(
    dialect: Dialect,
    bare: bool,
    kind: str,
    parts: tuple[Any, ...],
    returning: Returning | None = None,
    foreign: _Foreign | None = None,
    said: tuple[Any, ...] = (),
    values: tuple[Any, ...] | None = None,
) -> Plan:
    """``parts`` are a shape's. ``said``, by Python code, is there to tell plans apart: it is asked again."""
    shape = Shape(*parts)
    given = values[len(foreign.binds) :] if foreign and values is not None else values
    params = Params(dialect, given, prefix=prefix_beside(mapper_of(shape.names.model)), bare=bare)
    expressions = params.replace(foreign.expressions, foreign.binds) if foreign else []
    try:
        tree = read(shape, params, expressions, NESTED, foreign=foreign is not None)
        (first, *others) = _actions(kind, tree, returning, kept=values is None)
    except UnkeptError:
        return Plan((), (), steady=False, kept=False)
    except ByPythonError as error:
        return Plan((), (), by_python=str(error))
    asked, twins = params.asked, tuple(params.twins.items())
    if foreign and (options := _fitting(kind, shape, foreign.loaders)):
        first = first._replace(statement=first.statement.options(*options))
    if isinstance(first, Run) and _gives_models(kind, shape, returning):
        first.statement.mark(kept_mark(shape.frame.fetch_mode))
    actions, names = (first, *others), tuple(params.names)
    return Plan(actions, names, not asked and not twins, asked, twins, partial=partial_loads(tree))


def _actions(
    kind: str, tree: Tree, returning: Returning | None, *, kept: bool
) -> tuple[Run | Lock, *tuple[Action, ...]]:
    """``kept``: what execution finds out about a statement that gives rows is kept with it."""
    if kind == UPDATE_BY_KEY:
        return Lock(lock_keys(tree)), SetByKey(), ReadBack()
    if kind == DELETE_OBJECTS:
        return Lock(lock_keys(tree)), ReadBack(), DeleteObjects()
    if kind in _DELETES and not is_deleted_at_once(tree.mapper):
        return Lock(lock_keys(tree)), ReadBack(), DeleteByKey(tables_of(tree.mapper))
    return (Run(_statement(kind, tree, returning), {} if kept else None),)


def _statement(kind: str, tree: Tree, returning: Returning | None) -> Any:
    if kind in _WRITTEN:
        return _WRITTEN[kind](tree, returning)
    if kind == BODY:
        return body_of(tree)
    statement = select_rows(rewritten(_ASKED[kind](tree)))
    return statement.limit(1) if kind == EXISTS else statement


_DIRECTLY: Final = {UPDATE: UPDATE_DIRECTLY, DELETE: DELETE_DIRECTLY}
_DELETES: Final = (DELETE, DELETE_DIRECTLY)
_WRITTEN: Final[dict[str, Callable[[Tree, Returning | None], Any]]] = {
    UPDATE: update_rows,
    DELETE: delete_rows,
    UPDATE_DIRECTLY: update_rows_directly,
    DELETE_DIRECTLY: delete_rows_directly,
}


def in_form(kind: str, form: str | None) -> str:
    """A kind of plan in the form of ``writing()``: those that have no other are as they are."""
    return _DIRECTLY.get(kind, kind) if form == DIRECT else kind


_ASKED: Final[dict[str, Callable[[Tree], Rows]]] = {
    SELECT: asking.rows,
    COUNT: asking.number,
    EXISTS: asking.any_row,
    SUMMARY: summary,
    ORDERED: asking.value,
}


def _gives_models(kind: str, shape: Shape, returning: Returning | None) -> bool:
    """Whether the rows of a plan's first statement are models."""
    if kind == SELECT:
        return shape.frame.projection is None
    return kind in _WRITTEN and returning is not None and returning.model


def _fitting(kind: str, shape: Shape, options: tuple[Any, ...]) -> tuple[Any, ...]:
    """Those of SQLAlchemy's options that a statement of a kind takes: what loads is for models only."""
    return options if kind == SELECT and shape.frame.projection is None else criteria(options)
