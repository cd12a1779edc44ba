"""Models of a SELECT's rows, made by a loop of ours where nothing but columns is loaded, else by SQLAlchemy.

The statement is executed as the session would execute it, and the rows are read in one of the two ways, which
nobody can tell from what comes of them. What the loop does not know is left to SQLAlchemy: listeners, options
that say how rows are read, inheritance, relations that are loaded with a row. The loop itself: ``instances``.
"""

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from sqlalchemy import CursorResult, Result, Select
from sqlalchemy.orm import Mapper, RelationshipProperty, Session, SynonymProperty, loading
from sqlalchemy.orm.context import QueryContext, _ColumnEntity, _MapperEntity
from sqlalchemy.orm.instrumentation import ClassManager
from sqlalchemy.orm.state import InstanceState
from sqlalchemy.sql.base import CompileState
from sqlalchemy.util import immutabledict

from django_like_repos.caching import cached_by_class, fact
from django_like_repos.execution.collector import MANY, paused
from django_like_repos.execution.direct import sending
from django_like_repos.execution.direct.clearance import DIRECT, OF_SESSION, is_usual
from django_like_repos.execution.direct.learning import KEPT, place_of
from django_like_repos.execution.direct.routes import BY_SQLALCHEMY
from django_like_repos.execution.instances import Make, Owner, Places, maker_of
from django_like_repos.mapping.guard import Mark
from django_like_repos.plans import Run

_LOADER: Final = "django_like_repos.loader"
"""Where a compiled statement remembers how its rows are read."""

_LAZY: Final = ("select", True, "raise", "raise_on_sql", "write_only", "dynamic")
"""The ways of loading a relation that do nothing when a row is read."""

_CURSOR: Final[Any] = CursorResult

_LOAD_OPTIONS: Final = "_sa_orm_load_options"

_USUAL: Final[Any] = QueryContext.default_load_options

_OTHERWISE: Final = [
    name
    for name in vars(_USUAL)
    if name.startswith("_") and not name.endswith("_") and name not in ("_autoflush", "_yield_per")
]
"""The options of a load that say something of how rows are read, apart from how many at a time."""


class Loader(NamedTuple):
    """How the rows of one compiled statement are read."""

    make: Make
    dispatch: Any
    """The events of the model."""
    load_path: Any
    marked: bool
    """Whether what new instances keep of the options is the options."""

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens to what is loaded."""
        return bool(self.dispatch.load or self.dispatch.refresh)


class Loading:
    """A SELECT of models, executed as ``session.execute()`` does it, but for its rows: nobody has read them.

    Ask for ``models``; where there is none, for ``result``.
    """

    def __init__(
        self, session: Session, run: Run, params: Mapping[str, Any], options: Mapping[str, Any]
    ) -> None:
        self._session = session
        self._number: int = loading._new_runid()
        self._run = run
        self._statement = statement = run.statement
        self._given = params, options
        self._options: Mapping[str, Any] = {}
        self._bind: dict[str, Any] = {}
        self._cursor: Any = None
        self._executed: Result[Any] | None = None
        self._found: sending.Found | None = None
        if not session.dispatch.loaded_as_persistent:
            self._found = sending.read(session, run, params, options)
        if self._found is not None:
            return
        if is_usual(type(session)) and not (
            session.dispatch.do_orm_execute
            or session.dispatch.loaded_as_persistent
            or getattr(session, "execution_options", None)
            or options.get(DIRECT) is False
            or session.info.get(OF_SESSION) is False
        ):
            self._execute(immutabledict(options))
        else:
            self._executed = session.execute(statement, params, execution_options=options)

    def _execute(self, options: immutabledict[str, Any]) -> None:
        kind: Any = CompileState._get_plugin_class_for_plugin(self._statement, "orm")
        # It flushes, too.
        _, self._options, *_ = kind.orm_pre_session_exec(
            self._session, self._statement, self._given[0], options, self._bind, False
        )
        connection = self._session.connection(self._bind)
        self._cursor = connection.execute(self._statement, self._given[0], execution_options=self._options)

    @fact
    def result(self) -> Result[Any]:
        """SQLAlchemy's result."""
        if self._executed is not None:
            return self._executed
        cursor = self._cursor if self._found is None else _Rows(self._found)
        kind: Any = CompileState._get_plugin_class_for_plugin(self._statement, "orm")
        result: Result[Any] = kind.orm_setup_cursor_result(
            self._session, self._statement, self._given[0], self._options, self._bind, cursor
        )
        return result

    @property
    def models(self) -> list[Any] | None:
        """For each row its model, or a tuple of the model and the values beside it, however often it comes.

        None where SQLAlchemy has to make them: ``result`` has them.
        """
        if self._found is not None:
            route, rows = self._found.route, self._found.rows
            return None if route.loader == BY_SQLALCHEMY else self._made(route.loader, rows)
        cursor = self._cursor
        if not self._is_usual():
            return None
        loader = self._loader()
        if loader is None:
            sending.learn(self._session, self._run, *self._given, cursor, BY_SQLALCHEMY)
            return None
        if loader.is_heard:
            return None
        sending.learn(self._session, self._run, *self._given, cursor, loader)
        return self._made(loader, cursor._raw_all_tuples() if TUPLES else cursor._raw_all_rows())

    def _is_usual(self) -> bool:
        """Whether SQLAlchemy has executed the statement as it nearly always does."""
        cursor = self._cursor
        return (
            type(cursor) is _CURSOR
            and cursor.context.cache_hit in KEPT
            and _is_read_usually(cursor.context.execution_options)
        )

    def _loader(self) -> Loader | None:
        """How the statement's rows are read; None where SQLAlchemy has to do that."""
        cursor = self._cursor
        known = cursor.context.compiled.compile_state.attributes
        if _LOADER not in known:
            known[_LOADER] = _loader_of(self._context, cursor, self._statement)
        loader: Loader | None = known[_LOADER]
        return loader

    def _made(self, loader: Loader, rows: Sequence[Any]) -> list[Any]:
        kept: tuple[Any, ...] = self._statement._with_options
        if not loader.marked:
            # Of other options, only a context can say what new instances keep.
            kept = self._context.propagated_loader_options
        held: Any = self._session.identity_map
        owner = Owner(held._dict, held._wr, self._session.hash_key, self._number, kept, loader.load_path)
        if len(rows) < MANY:
            return loader.make(rows, owner, self._leave)
        with paused():
            return loader.make(rows, owner, self._leave)

    @fact
    def _context(self) -> Any:
        """What SQLAlchemy's loaders ask of a load."""
        if self._found is None:
            compiled = self._cursor.context.compiled.compile_state
        else:
            compiled = self._found.route.compiled.compiled.compile_state
        options = self._options.get(_LOAD_OPTIONS, _USUAL)
        statement, params = self._statement, self._given[0]
        context: Any = QueryContext(
            compiled, statement, statement, params, self._session, options, self._options, self._bind
        )
        context.runid = self._number
        context.post_load_paths = {}
        context.partials = {}
        return context

    @fact
    def _own(self) -> Callable[[Any], Any]:
        columns = self._cursor if self._found is None else self._found.route.compiled.columns
        entity = self._context.compile_state._entities[0]
        own: Callable[[Any], Any] = entity.row_processor(self._context, columns)[0]
        return own

    def _leave(self, row: Any) -> Any:
        return self._own(row)


class _Rows:
    """What SQLAlchemy's loaders ask of a cursor's result, of rows that the driver gave."""

    def __init__(self, found: sending.Found) -> None:
        said = found.route.compiled
        self._raw_all_tuples = self._raw_all_rows = lambda: found.rows
        vars(self).update(vars(said.columns))
        self.context = SimpleNamespace(compiled=said.compiled, _is_server_side=False)

    def _soft_close(self, hard: bool = False) -> None: ...

    def close(self) -> None: ...


TUPLES: Final = hasattr(CursorResult, "_raw_all_tuples")
"""Whether SQLAlchemy gives the rows of a cursor without making ``Row``\\ s of them."""


def _is_read_usually(said: Mapping[str, Any]) -> bool:
    """Whether no execution option says that rows are to be read in another way."""
    if said.get(DIRECT) is False or "prebuffer_rows" in said:
        return False
    options = said.get(_LOAD_OPTIONS, _USUAL)
    return options is _USUAL or all(getattr(options, name) == getattr(_USUAL, name) for name in _OTHERWISE)


def _loader_of(context: Any, cursor: Any, statement: Any) -> Loader | None:
    """How a compiled statement's rows are read; None where SQLAlchemy has to do that."""
    compiled = context.compile_state
    entity, *others = compiled._entities
    if not _is_plain_select(compiled):
        return None
    relations = entity.mapper.relationships
    if not all(_is_idle(relation, context, entity.path) for relation in relations):
        return None
    # SQLAlchemy prepares to read the rows, and keeps what it has found out about them.
    entity.row_processor(context, cursor)
    found = entity.path.get(compiled.attributes, ("getters", entity.mapper))
    if not all(_is_idle(prop, context, entity.path) for prop in found["todo"]):
        return None
    values = [other.row_processor(context, cursor)[0] for other in others]
    populators = found["cached_populators"]
    places = _places(entity.mapper, populators, values)
    if places is None:
        return None
    # Columns that are not read have something in the state that loads them: asked to put it into a stand-in.
    state = SimpleNamespace(callables={})
    for _, defer in populators["new"]:
        defer(state, {}, ())
    make = maker_of(entity.mapper, places, state.callables)
    marked = all(isinstance(option, Mark) for option in statement._with_options)
    return Loader(make, entity.mapper.class_manager.dispatch, entity.path, marked)


def _is_plain_select(compiled: Any) -> bool:
    """Whether a plain model is selected, and beside it nothing but columns."""
    entity, *others = compiled._entities
    return (
        isinstance(compiled.select_statement, Select)
        and not compiled.current_path.path
        and isinstance(entity, _MapperEntity)
        and _is_plain(entity.mapper)
        and all(isinstance(other, _ColumnEntity) for other in others)
    )


def _places(mapper: Mapper[Any], populators: Any, values: list[Any]) -> Places | None:
    """Where the parts of a row are; None where more is done with it than to take them."""
    if populators["existing"] or populators["eager"] or any(missing for _, missing in populators["expire"]):
        return None
    if any(name not in mapper.column_attrs for name, _ in populators["new"]):
        return None
    columns: dict[str, Any] = {name: place_of(getter) for name, getter in populators["quick"]}
    key: list[Any] = [columns.get(mapper.get_property_by_column(column).key) for column in mapper.primary_key]
    beside: list[Any] = [place_of(getter) for getter in values]
    if None in (*columns.values(), *key, *beside):
        return None
    return Places(tuple(columns.items()), tuple(key), tuple(beside))


def _is_idle(prop: Any, context: Any, path: Any) -> bool:
    """Whether nothing is done for a property that is no column when a row is read."""
    if isinstance(prop, RelationshipProperty):
        return prop.lazy in _LAZY and prop._get_context_loader(context, path) is None
    return isinstance(prop, SynonymProperty)


@cached_by_class(4096)
def _is_plain(mapper: Mapper[Any]) -> bool:
    """Whether the rows of a model are all of its own class, and nobody but SQLAlchemy makes its instances."""
    if mapper.polymorphic_on is not None or mapper.polymorphic_map:
        return False
    if mapper.inherits is not None or mapper.always_refresh:
        return False
    manager: Any = mapper.class_manager
    return type(manager) is ClassManager and manager._state_constructor is InstanceState
