"""FROM sources that rows of Python's are fed to a statement by.

``unnested()``: PostgreSQL's ``unnest()``, a parameter a column. ``listed()``: SQLite's ``VALUES``, a place a
cell. ``bound()``: ``VALUES`` of SQLAlchemy's own parameters, for whatever the others cannot carry.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    FromClause,
    Integer,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    text,
    types,
    values,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.ranges import AbstractSingleRange
from sqlalchemy.types import NullType, TypeEngine

CELLS: Final = "dlr_cells"
"""The parameter that stands for all cells of ``listed()``."""

_PLACE: Final = "dlr_place"


class FedColumn(NamedTuple):
    """A column of the rows that are fed."""

    name: str
    type: TypeEngine[Any]


class Source(NamedTuple):
    """What stands in FROM, and what is said of it."""

    clause: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    """By the names of the fed columns: what a statement sets, inserts or compares."""
    place: ColumnElement[int]
    """The place of a row among those of this statement, from 0."""


class _Sent(types.UserDefinedType[Any]):
    """What the driver takes as it is."""

    cache_ok = True


class Element(NamedTuple):
    """What the array of a column is made of."""

    type: TypeEngine[Any]
    written: bool
    """Whether the array is given as a text, and not as the driver takes one."""


def _given(name: str, *, written: bool) -> ColumnElement[Any]:
    given = bindparam(name, type_=_Sent())
    return cast(given, types.Text()) if written else given


def name_of(number: int) -> str:
    """The parameter of a column of ``unnested()``."""
    return f"dlr_fed_{number}"


def unnested(dialect: Dialect, columns: Sequence[FedColumn], elements: Sequence[Element]) -> Source:
    """``unnest(…) WITH ORDINALITY``. ``elements`` are what the arrays of the columns are made of."""
    impls = [each.type.dialect_impl(dialect) for each in columns]
    arrays = [
        cast(_given(name_of(number), written=written), postgresql.ARRAY(element))
        for number, (element, written) in enumerate(elements)
    ]
    parts = [column(f"v{number}", _plain(impl)) for number, impl in enumerate(impls)]
    clause = func.unnest(*arrays).table_valued(*parts, with_ordinality=_PLACE, name="fed").render_derived()
    found = [_said(impl, clause.c[f"v{number}"]) for number, impl in enumerate(impls)]
    said = {each.name: value for each, value in zip(columns, found, strict=True)}
    place: Any = column(_PLACE, BigInteger, _selectable=clause)
    return Source(clause, said, place - literal_column("1", BigInteger))


def listed(dialect: Dialect, columns: Sequence[FedColumn], count: int) -> Source:
    """``(VALUES (0, ?, …), (1, ?, …), …)``: of the cells SQLAlchemy knows the first, for all of them."""
    row = ", ?" * len(columns)
    rows = [f"(0, :{CELLS}{', ?' * (len(columns) - 1)})", *[f"({at}{row})" for at in range(1, count)]]
    impls = [each.type.dialect_impl(dialect) for each in columns]
    parts = [column(f"column{number}", _plain(impl)) for number, impl in enumerate(impls, 2)]
    text_of = text(f"VALUES {', '.join(rows)}").bindparams(bindparam(CELLS, None, type_=NullType()))
    clause = text_of.columns(column("column1", Integer), *parts).subquery("fed")
    found = [_said(impl, clause.c[f"column{number}"]) for number, impl in enumerate(impls, 2)]
    said = {each.name: value for each, value in zip(columns, found, strict=True)}
    return Source(clause, said, clause.c.column1)


def bound(columns: Sequence[FedColumn], rows: Sequence[Sequence[Any]]) -> Source:
    """``(VALUES ($1, …), …)`` with the values in it, each as its type binds it."""
    parts = [column(f"v{number}", each.type) for number, each in enumerate(columns)]
    cells = [
        (
            literal_column(str(at), Integer),
            *[bindparam(None, value, type_=each.type) for each, value in zip(columns, row, strict=True)],
        )
        for at, row in enumerate(rows)
    ]
    clause: Any = values(column(_PLACE, Integer), *parts, name="fed").data(cells)
    said = {each.name: cast(clause.c[f"v{at}"], each.type) for at, each in enumerate(columns)}
    return Source(clause, said, clause.c[_PLACE])


def element_of(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any] | None:
    """What an array of a type's values is made of on PostgreSQL; None where they cannot go in one.

    It is the type without length or precision, which would cut values off silently: the column does not.
    """
    impl: Any = type_._unwrapped_dialect_impl(dialect)
    if isinstance(impl, types.Enum):
        return impl if impl.native_enum else types.String()
    if isinstance(impl, types.Uuid) and not (impl.native_uuid and dialect.supports_native_uuid):
        return types.String()
    return next((element(impl) for kind, element in _ELEMENTS if isinstance(impl, kind)), None)


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of what is there, to which SQLAlchemy adds nothing."""
    return NullType() if _has_expressions(type_) else type_


def _said(type_: TypeEngine[Any], value: Any) -> ColumnElement[Any]:
    """A value as its type, the dialect's, has it bound in SQL."""
    if not type_._has_bind_expression:
        found: ColumnElement[Any] = value
        return found
    said = type_.bind_expression(value)
    assert said is not None
    return said


def _has_expressions(type_: TypeEngine[Any]) -> bool:
    return bool(type_._has_bind_expression or type_._has_column_expression)


def _itself(type_: Any) -> TypeEngine[Any]:
    element: TypeEngine[Any] = type_
    return element


_ELEMENTS: Final[tuple[tuple[type[Any], Callable[[Any], TypeEngine[Any]]], ...]] = (
    (postgresql.CITEXT, _itself),
    (types.String, lambda _: types.String()),
    (types.Integer, lambda _: types.BigInteger()),
    (types.Float, lambda _: types.Double()),
    (types.Numeric, lambda _: types.Numeric()),
    (types.Boolean, _itself),
    (types.Uuid, _itself),
    (types.LargeBinary, lambda _: types.LargeBinary()),
    (types.Interval, lambda _: postgresql.INTERVAL()),
    (postgresql.INTERVAL, lambda _: postgresql.INTERVAL()),
    (types.DateTime, lambda type_: types.DateTime(timezone=type_.timezone)),
    (types.Date, _itself),
    (types.Time, lambda type_: types.Time(timezone=type_.timezone)),
    (postgresql.JSONB, _itself),
    (types.JSON, _itself),
    (AbstractSingleRange, _itself),
    (postgresql.INET, _itself),
    (postgresql.CIDR, _itself),
    (postgresql.MACADDR, _itself),
    (postgresql.MACADDR8, _itself),
    (postgresql.OID, _itself),
)
"""Kinds of another kind come first; what is not here goes by another way."""
