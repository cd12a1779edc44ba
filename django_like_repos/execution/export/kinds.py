"""What a column is in Arrow: decided from its type in the query, for each database."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Dialect, types
from sqlalchemy.dialects import postgresql, sqlite

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.types import impl_of

COMPUTED_DIGITS: Final = 38
COMPUTED_SCALE: Final = 20
"""Of decimals that nobody said the digits of."""
_LONGEST_DECIMAL: Final = 76

Arrow = Any
"""pyarrow, which is imported where it is needed."""


class Kind(NamedTuple):
    """What the values of a column become."""

    type: Any
    """Arrow's type."""
    way: str = "processed"
    """What is done to the driver's values, a name of ``arrays``; ``processed``: what SQLAlchemy does."""
    words: tuple[str, ...] = ()
    """Of an enum, what it may be."""
    item: "Kind | None" = None
    """Of an array, what is in it."""
    stored: "Mapping[Any, str] | None" = None
    """Of an enum, the words of what Python has."""


class Source(NamedTuple):
    """A column of a query."""

    name: str
    type: Any
    """SQLAlchemy's."""
    stored: bool
    """Whether it is a column of a table, and nothing that was computed."""


def kind_of(source: Source, dialect: Dialect, pa: Arrow, call: str) -> Kind:
    """What a column becomes. Raises UnsupportedOperationError for one that Arrow has no type for."""
    kind = _kind(source.type, source.stored, dialect, pa)
    if kind is None:
        said = "a type that nobody knows" if isinstance(source.type, types.NullType) else repr(source.type)
        raise UnsupportedOperationError(
            f"{call}(): the column {source.name!r} is of {said}, which Arrow has no type for: "
            f"Cast({source.name!r}, Text()) reads it as text, types={{{source.name!r}: …}} names a type that "
            "its values fit, values(…) leaves it out"
        )
    return kind


def kind_given(source: Source, type_: Any, pa: Arrow, call: str) -> Kind:
    """What a column becomes whose type is given. Raises UnsupportedOperationError for what is none."""
    if not isinstance(type_, pa.DataType):
        raise UnsupportedOperationError(
            f"{call}(): types has Arrow types, pyarrow.int64() say, not {type_!r}"
        )
    stored, is_text = impl_of(source.type), _is_text(type_)
    if isinstance(stored, types.JSON):
        return Kind(type_, "stored" if is_text else "documents")
    if isinstance(stored, types.Enum) and (is_text or pa.types.is_dictionary(type_)):
        return Kind(type_, "stored")
    return Kind(type_, "texts" if is_text else "processed")


def _is_text(type_: Arrow) -> bool:
    return str(type_) in ("string", "large_string", "string_view")


def _kind(type_: Any, stored: bool, dialect: Dialect, pa: Arrow) -> Kind | None:
    bare = type_ if isinstance(type_, types.Interval) else impl_of(type_)
    known = next((read for each, read in _KINDS if isinstance(bare, each)), None)
    found = None if known is None else known(bare, _Setting(pa, dialect, stored))
    if found is not None and bare is not type_ and not isinstance(bare, _OF_DATABASE):
        # Whatever its Python code makes of the values.
        found = found._replace(way="processed")
    return found


class _Setting(NamedTuple):
    pa: Arrow
    dialect: Dialect
    stored: bool

    @property
    def sqlite(self) -> bool:
        return self.dialect.name == "sqlite"


def _integer(type_: Any, setting: _Setting) -> Kind:
    pa = setting.pa
    if not setting.stored or setting.sqlite or isinstance(type_, (types.BigInteger, postgresql.OID)):
        # SQLite has integers of 64 bits alone, and what is computed may be more than what it is computed of;
        # an OID has no sign.
        return Kind(pa.int64(), "plain")
    return Kind(pa.int16() if isinstance(type_, types.SmallInteger) else pa.int32(), "plain")


def _float(type_: Any, setting: _Setting) -> Kind:
    pa = setting.pa
    single = isinstance(type_, types.REAL) or (type_.precision or 53) <= 24
    short = single and setting.stored and not setting.sqlite
    return Kind(pa.float32() if short else pa.float64(), "plain")


def _decimal(type_: Any, setting: _Setting) -> Kind:
    pa = setting.pa
    if not type_.asdecimal:
        return Kind(pa.float64(), "processed")
    way = "processed" if setting.sqlite else "plain"
    if not setting.stored or type_.precision is None:
        return Kind(pa.decimal128(COMPUTED_DIGITS, COMPUTED_SCALE), way)
    precision, scale = type_.precision, type_.scale or 0
    if precision > _LONGEST_DECIMAL:
        return Kind(pa.decimal256(_LONGEST_DECIMAL, min(scale, _LONGEST_DECIMAL)), way)
    make = pa.decimal128 if precision <= COMPUTED_DIGITS else pa.decimal256
    return Kind(make(precision, scale), way)


def _enum(type_: Any, setting: _Setting) -> Kind:
    pa = setting.pa
    kind = pa.dictionary(pa.int32(), pa.string())
    return Kind(kind, "words", tuple(type_.enums), stored=type_._valid_lookup)


def _text(_: Any, setting: _Setting) -> Kind:
    return Kind(setting.pa.string(), "plain")


def _boolean(_: Any, setting: _Setting) -> Kind:
    return Kind(setting.pa.bool_(), "bits" if setting.sqlite else "plain")


def _moment(type_: Any, setting: _Setting) -> Kind:
    kind = setting.pa.timestamp("us", tz="UTC" if type_.timezone else None)
    return Kind(kind, _read_as_text(type_, sqlite.DATETIME, setting))


def _day(type_: Any, setting: _Setting) -> Kind:
    return Kind(setting.pa.date32(), _read_as_text(type_, sqlite.DATE, setting))


def _time(type_: Any, setting: _Setting) -> Kind | None:
    # Arrow has no times with an offset.
    return (
        None if type_.timezone else Kind(setting.pa.time64("us"), _read_as_text(type_, sqlite.TIME, setting))
    )


def _read_as_text(type_: Any, own: Any, setting: _Setting) -> str:
    """How moments come: as Python's, or as text, in the usual format or in one of the user's own."""
    if not setting.sqlite:
        return "plain"
    impl: Any = type_.dialect_impl(setting.dialect)
    usual = own()
    same = getattr(impl, "_storage_format", None) == usual._storage_format and impl._reg is usual._reg
    return "moments" if same else "processed"


def _span(type_: Any, setting: _Setting) -> Kind:
    return Kind(setting.pa.duration("us"), "processed")


def _uuid(_: Any, setting: _Setting) -> Kind:
    return Kind(setting.pa.uuid(), "uuids")


def _bytes(_: Any, setting: _Setting) -> Kind:
    return Kind(setting.pa.binary(), "plain")


def _document(_: Any, setting: _Setting) -> Kind:
    return Kind(setting.pa.string(), "stored")


def _array(type_: Any, setting: _Setting) -> Kind | None:
    item = _kind(type_.item_type, setting.stored, setting.dialect, setting.pa)
    if item is None or isinstance(impl_of(type_.item_type), types.JSON):
        return None
    for _ in range((type_.dimensions or 1) - 1):
        item = Kind(setting.pa.list_(item.type), "lists", item=item)
    return Kind(setting.pa.list_(item.type), "lists", item=item)


_KINDS: Final[Sequence[tuple[Any, Callable[[Any, _Setting], Kind | None]]]] = (
    (types.Boolean, _boolean),
    ((types.Integer, postgresql.OID), _integer),
    (types.Float, _float),
    (types.Numeric, _decimal),
    (types.Enum, _enum),
    ((types.String, postgresql.CITEXT), _text),
    ((types.Interval, postgresql.INTERVAL), _span),
    (types.DateTime, _moment),
    (types.Date, _day),
    (types.Time, _time),
    (types.LargeBinary, _bytes),
    (types.Uuid, _uuid),
    (types.JSON, _document),
    (types.ARRAY, _array),
)

_OF_DATABASE: Final = (types.JSON, types.Enum)
"""Types whose values leave as the database has them."""
