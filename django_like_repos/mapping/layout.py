"""What an INSERT of a model's rows consists of, worked out once for each mapping."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import Column, Table
from sqlalchemy.orm import Mapper, registry
from sqlalchemy.orm.instrumentation import ClassManager
from sqlalchemy.orm.state import InstanceState

from django_like_repos.caching import cached

ORPHANS: Final = "an object may be an orphan"


class Cell(NamedTuple):
    """A column of the table."""

    key: str | None
    """Its attribute; None where the mapping has none."""
    column: Column[Any]
    left: bool
    """Whether the database gives it a value where none is given."""
    settable: bool
    """Whether an INSERT may give it one."""
    required: bool
    keeps_none: bool
    """Whether None is a value of its type, JSON's null say, which SQL's NULL is not."""
    default: Any
    """Python's default, as SQLAlchemy has it."""

    @property
    def told(self) -> str:
        return self.key or self.column.name


class Layout(NamedTuple):
    """The table of a mapping, seen by an INSERT."""

    mapper: Mapper[Any]
    table: Table
    cells: tuple[Cell, ...]
    by_key: Mapping[str, Cell]
    keys: tuple[Cell, ...]
    """Of the primary key."""
    number: Cell | None
    """The one of the key that the database numbers."""
    version: Callable[[Any], Any] | None
    """What gives the first version."""
    why_flush: str
    """Why only a flush may insert; empty where others may."""
    why_flush_objects: str
    """The same where there are objects, which are to be as a flush leaves them."""


def layout_of(mapper: Mapper[Any]) -> Layout | None:
    """The layout of a mapping; None where its rows do not lie in one table."""
    table = mapper.local_table
    if not isinstance(table, Table) or [*mapper.tables] != [table] or mapper.persist_selectable is not table:
        return None
    return _layout(mapper)


@cached(4096)
def _layout(mapper: Mapper[Any]) -> Layout:
    table: Any = mapper.local_table
    cells = tuple([cell for column in table.columns if (cell := _cell(mapper, column)) is not None])
    by_key = {cell.key: cell for cell in cells if cell.key is not None}
    number = table._autoincrement_column
    return Layout(
        mapper,
        table,
        cells,
        by_key,
        tuple([cell for cell in cells if cell.column in mapper.primary_key]),
        next((cell for cell in cells if cell.column is number and cell.key is not None), None),
        _version_of(mapper),
        _why_flush(mapper, table),
        _why_flush_objects(mapper),
    )


def _cell(mapper: Mapper[Any], column: Column[Any]) -> Cell | None:
    prop = mapper._columntoproperty.get(column)
    key = None if prop is None else prop.key
    table: Any = column.table
    if key is None and column.default is None:
        return None
    computed = column.computed is not None
    left = bool(column.server_default is not None or computed or column is table._autoincrement_column)
    return Cell(
        key,
        column,
        left,
        not computed,
        not (column.nullable or left or column.default is not None or column is mapper.version_id_col),
        column.type.should_evaluate_none,
        column.default,
    )


def _version_of(mapper: Mapper[Any]) -> Callable[[Any], Any] | None:
    generator: Any = mapper.version_id_generator
    return generator if mapper.version_id_col is not None and callable(generator) else None


def _why_flush(mapper: Mapper[Any], table: Table) -> str:
    defaults: Any = getattr(mapper, "_insert_orm_defaults", {table: None})
    if defaults[table]:
        return "of defaults that the mapping has for attributes"
    if any(
        len(prop.columns) != 1 for prop in mapper.column_attrs if prop.columns[0] in table.columns.values()
    ):
        return "several columns are one attribute"
    if not table.implicit_returning or not table.primary_key:
        return "its table returns nothing, or has no key"
    return ""


def _table(mapper: Mapper[Any]) -> Any:
    return mapper.local_table


def _why_flush_objects(mapper: Mapper[Any]) -> str:
    if mapper._delete_orphans:
        return ORPHANS
    if mapper._readonly_props:
        return "the mapping computes attributes"
    if {*mapper.primary_key} != {*_table(mapper).primary_key.columns}:
        return "the mapping has a key of its own"
    if mapper.version_id_col is not None and _version_of(mapper) is None:
        return "the database makes versions"
    manager: Any = mapper.class_manager
    if type(manager) is not ClassManager or manager._state_constructor is not InstanceState:
        return "somebody else makes instances"
    return ""


_CONSTRUCTOR: Final = registry().constructor


def is_constructed(mapper: Mapper[Any]) -> bool:
    """Whether the constructor does more than to set attributes, or somebody listens to it."""
    manager, model = mapper.class_manager, cast("Any", mapper.class_)
    constructor: Any = manager.original_init
    # One listener is SQLAlchemy's own.
    return (
        len([*manager.dispatch.init]) > 1
        or mapper.polymorphic_on is not None
        or constructor is not _CONSTRUCTOR
        or model.__new__ is not object.__new__
        or model.__setattr__ is not object.__setattr__
    )


def is_straight(mapper: Mapper[Any]) -> bool:
    """Whether attributes are set to what they are given, with no Python code of the mapping in between."""
    attributes = [mapper.class_manager[prop.key] for prop in mapper.column_attrs]
    return not mapper.validators and not any(each.dispatch.set for each in attributes)
