"""``raw()``: SQL of the user's own executed, and its rows made into models, or objects of a type."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NoReturn

from sqlalchemy import BindParameter, CursorResult, Dialect, bindparam, select, text, types
from sqlalchemy.exc import NoSuchColumnError, ResourceClosedError
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import CompileState

from django_like_repos.clauses.into import made_of_values, names_of
from django_like_repos.clauses.raw import CALL, without
from django_like_repos.clauses.schemas import checked_schema, name_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import reading
from django_like_repos.execution.cursors import OpenCursor
from django_like_repos.execution.making import made_of
from django_like_repos.execution.raw_values import held, type_of_column
from django_like_repos.execution.results import annotated
from django_like_repos.execution.shards import bind_of, is_sqlite, refuse_shards
from django_like_repos.execution.streams import Reader
from django_like_repos.mapping.fetch_modes import kept_mark
from django_like_repos.mapping.models import columns_of, key_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.query.into import Made
from django_like_repos.query.raw import RawQuery
from django_like_repos.schemas import Schema, wanted


class RawReader(Reader):
    """The rows of SQL of the user's own, ``size`` at a time, or all of them with None."""

    def __init__(self, query: Query, raw: RawQuery, size: int | None) -> None:
        super().__init__()
        self._query, self._raw, self._size = query, raw, size
        self._result: Any = None
        self._statement: Any = None
        self._params: Mapping[str, Any] = {}
        self._beside: list[tuple[str, int]] = []
        self._made: Made | None = None

    def begin(self, session: Session) -> tuple[list[Any], bool]:
        refuse_shards(session, f"{CALL}()")
        mapper = mapper_of(self._query.model)
        if self._raw.marked and is_sqlite(session, mapper):
            raise UnsupportedOperationError(
                f"{CALL}(): '?' is no parameter here: {CALL}('SELECT … WHERE id = :id', {{'id': 1}})"
            )
        # What is pending is older.
        session._autoflush()
        said = {} if self._size is None else {"stream_results": True, "max_row_buffer": self._size}
        dialect = bind_of(session, mapper).dialect
        self._statement, self._params = self._said(dialect), held(self._raw, dialect)
        try:
            result: Any = session.execute(
                self._statement,
                self._params,
                execution_options={**self._query.execution_options, **said},
                bind_arguments={"mapper": mapper},
            )
        except NoSuchColumnError:
            self._refuse_keyless()
        except (NotImplementedError, ResourceClosedError):
            # What SQLAlchemy says of a result without columns.
            _refuse_silent()
        self._result = getattr(result, "raw", result)
        if type(self._result) is not CursorResult or not self._result.returns_rows:
            _refuse_silent()
        if self._size is not None:
            self.cursor = OpenCursor(session, self._result)
        try:
            self._check_columns()
        except UnsupportedOperationError:
            self.close(session)
            raise
        return self.go_on(session)

    def next(self, session: Session) -> tuple[list[Any], bool]:
        rows = self._result.all() if self._size is None else self._result.fetchmany(self._size)
        last = self._size is None or len(rows) < self._size
        if self._made is not None:
            return made_of(self._made, rows, []), last
        return reading.finished(session, self._models(session, rows), self._query), last

    def _said(self, dialect: Dialect) -> Any:
        raw = self._raw
        empty = [name for name in raw.lists if not raw.params[name]]
        binds: list[BindParameter[Any]] = [
            bindparam(name, expanding=name in raw.lists) for name in raw.params if name not in empty
        ]
        said = text(without(raw.text, empty, bare=dialect.name == "sqlite")).bindparams(*binds)
        if raw.into is None:
            marks = kept_mark(self._query.frame.fetch_mode)
            return select(self._query.model).from_statement(said).options(*marks)
        return said.columns(**self._types(checked_schema(CALL, raw.into)))

    def _types(self, schema: Schema) -> dict[str, types.TypeEngine[Any]]:
        """The types of columns, as the fields of their names want them."""
        own = {field.column.name: field.type for field in self._columns() if field.column is not None}
        found: dict[str, types.TypeEngine[Any]] = {}
        for field in schema.fields:
            for name in names_of(field):
                type_ = type_of_column(wanted(field.annotation), own.get(name))
                if type_ is not None:
                    found[name] = type_
        return found

    def _key(self) -> list[str]:
        """The names of the columns of the primary key."""
        fields = key_of(mapper_of(self._query.model))
        return [field.column.name for field in fields if field.column is not None]

    def _columns(self) -> Sequence[Any]:
        return [*columns_of(mapper_of(self._query.model))]

    def _check_columns(self) -> None:
        """Raises UnsupportedOperationError where columns and what rows are made into do not fit."""
        names = [column[0] for column in self._result.cursor.description]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UnsupportedOperationError(
                f"{CALL}(): the SQL gives several columns {', '.join(twice)}: give them names, … AS name"
            )
        if self._raw.into is None:
            self._check_model(names)
            return
        schema = checked_schema(CALL, self._raw.into)
        self._made = made = made_of_values(CALL, schema, names)
        taken = {place for _, _, place in made.members}
        unknown = [name for place, name in enumerate(names) if place not in taken]
        if unknown:
            raise UnsupportedOperationError(
                f"{CALL}(): {name_of(schema.type)} has no field for the column {', '.join(unknown)}"
            )

    def _check_model(self, names: Sequence[str]) -> None:
        model = self._query.model
        columns = {field.column.name: field.key for field in self._columns() if field.column is not None}
        if any(name not in names for name in self._key()):
            self._refuse_keyless()
        missing = [name for name in columns if name not in names]
        if missing:
            raise UnsupportedOperationError(
                f"{CALL}(): the SQL gives no column {', '.join(missing)} of {model.__name__}: select it too, "
                "or make rows into a type of what there is, into=…"
            )
        self._beside = [(name, place) for place, name in enumerate(names) if name not in columns]
        for name, _ in self._beside:
            if hasattr(model, name) or not name.isidentifier():
                raise UnsupportedOperationError(
                    f"{CALL}(): the column {name!r} cannot be an attribute of {model.__name__}: give it "
                    "another name, … AS name"
                )

    def _refuse_keyless(self) -> NoReturn:
        key = ", ".join(self._key())
        raise UnsupportedOperationError(
            f"{CALL}(): {self._query.model.__name__} is known by its primary key, and the SQL gives no "
            f"{key}: select it too, or make rows into a type, into=…"
        ) from None

    def _models(self, session: Session, rows: Sequence[Any]) -> list[Any]:
        """The models of rows, one for each, with what stands beside their columns."""
        kind: Any = CompileState._get_plugin_class_for_plugin(self._statement, "orm")
        given = _Given(self._result, rows)
        read = kind.orm_setup_cursor_result(session, self._statement, self._params, {}, {}, given)
        models = [*read.scalars()]
        if any(model is None for model in models):
            key = ", ".join(self._key())
            raise UnsupportedOperationError(
                f"{CALL}(): a row has no {key}, and is no {self._query.model.__name__}: leave it out, … IS "
                "NOT NULL, or make rows into a type, into=…"
            )
        if self._beside:
            beside = [
                (model, *[row[place] for _, place in self._beside])
                for model, row in zip(models, rows, strict=True)
            ]
            annotated([name for name, _ in self._beside], beside)
        return models


class _Given:
    """What SQLAlchemy's loaders ask of a cursor's result, of rows that were read of it."""

    def __init__(self, cursor: Any, rows: Sequence[Any]) -> None:
        self._getter, self._tuple_getter, self.keys = cursor._getter, cursor._tuple_getter, cursor.keys
        self._raw_all_rows = self._raw_all_tuples = lambda: rows
        self.context = SimpleNamespace(compiled=cursor.context.compiled, _is_server_side=False)

    def _soft_close(self, hard: bool = False) -> None: ...

    def close(self) -> None: ...


def _refuse_silent() -> NoReturn:
    raise UnsupportedOperationError(
        f"{CALL}(): this SQL gives no rows: await session.execute(text(…)) is for what only writes"
    ) from None
