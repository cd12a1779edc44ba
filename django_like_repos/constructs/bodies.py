"""Values as JSON, in the texts in which pydantic writes them; and texts put together to objects and lists.

What only Python can write so is a ByPythonError: binary values, spans, types of the user's own.
"""

import json
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Double,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    select,
    types,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import Grouping

from django_like_repos.constructs.base import DIFFERENCES, Difference, Differing, text_literal
from django_like_repos.schemas import ByPythonError, Takes

UNSAID: Final = '"""'
"""What is written in the place of a value that only Python can write: no JSON has it, in texts or between."""
_NULL: Final = "null"
_EXACT: Final = ("1", "2", "3")
"""Values of ``extra_float_digits`` with which PostgreSQL writes floats so that they are read back."""
_MOST: Final = 50
"""Texts that are put together at a time: functions of PostgreSQL take no more than twice as many."""


class _Kind(NamedTuple):
    """What values of a type are as JSON."""

    name: str | tuple[Any, ...]
    """As ``schemas.Takes`` calls it."""
    word: str
    """In ``DIFFERENCES``."""
    details: Any = {}  # noqa: RUF012 - nobody changes it


def text_of(value: ColumnElement[Any], takes: Takes, dialect: Dialect | None) -> ColumnElement[Any]:
    """A value as JSON. Raises ByPythonError where the database would write another text than pydantic.

    ``takes`` is what may stand there as it is.
    """
    kind = _kind_of(value.type, dialect)
    if takes and not _passes(kind.name, takes):
        raise ByPythonError(f"{value.type!r} may become something else where {takes[-1]!r} is wanted")
    return Differing(kind.word, value, **kind.details)


def object_of(
    members: Sequence[tuple[str, ColumnElement[Any]]], *, array: bool, presence: ColumnElement[Any] | None
) -> ColumnElement[Any]:
    """Texts under their keys, as an ``array`` without; null where ``presence`` is NULL."""
    parts: list[Any] = []
    text = "[" if array else "{"
    for number, (key, said) in enumerate(members):
        comma = "," if number else ""
        parts += [
            _literal(f"{text}{comma}{'' if array else json.dumps(key, ensure_ascii=False) + ':'}"),
            said,
        ]
        text = ""
    parts.append(_literal(f"{text}{']' if array else '}'}"))
    whole = _joined([each for each in parts if each is not None])
    return whole if presence is None else case((presence.is_(None), text_literal(_NULL)), else_=whole)


def put_together(text: ColumnElement[Any], rank: ColumnElement[int] | None) -> ColumnElement[Any]:
    """The texts of rows with commas between them, in the order of a rank if there is one; NULL of none."""
    return Differing("texts_of_rows", text, *([] if rank is None else [rank]))


def within_brackets(texts: ColumnElement[Any], *, alone: bool = False) -> ColumnElement[Any]:
    """Texts with commas between them as a list; ``alone`` the one text that there is, or null."""
    if alone:
        return func.coalesce(texts, text_literal(_NULL))
    return _joined([text_literal("["), func.coalesce(texts, text_literal("")), text_literal("]")])


def _literal(text: str) -> ColumnElement[str] | None:
    return text_literal(text) if text else None


def _joined(parts: Sequence[Any]) -> ColumnElement[Any]:
    while len(parts) > _MOST:
        chunks = [parts[start : start + _MOST] for start in range(0, len(parts), _MOST)]
        parts = [Differing("joined_texts", *chunk) for chunk in chunks]
    return parts[0] if len(parts) == 1 else Differing("joined_texts", *parts)


def _passes(name: str | tuple[Any, ...], takes: Takes) -> bool:
    """Whether what takes a value leaves a kind as it is."""
    if name == "json":
        return takes in (("any",), ("dict",), ("list", "any"))
    if takes == ("any",):
        # Of what may be anything pydantic asks the value, and of floats it says more or less by its version.
        return name != "float"
    if takes == ("literal",):
        return name in ("bool", "int", "str")
    return takes == (name if isinstance(name, tuple) else (name,))


def _kind_of(type_: types.TypeEngine[Any], dialect: Dialect | None) -> _Kind:
    sqlite = dialect is not None and dialect.name == "sqlite"
    if dialect is None or dialect.name not in ("sqlite", "postgresql"):
        raise ByPythonError("the database is neither PostgreSQL nor SQLite")
    variants: Any = type_._variant_mapping
    type_ = variants.get(dialect.name, type_)
    if isinstance(type_, types.TypeDecorator) or not type(type_).__module__.startswith("sqlalchemy."):
        raise ByPythonError(f"{type_!r} has Python code of its own")
    for kind, read in _KINDS:
        if isinstance(type_, kind):
            found = read(type_, dialect, sqlite)
            if found is not None:
                return found
            break
    raise ByPythonError(f"values of {type_!r} are written by Python alone")


def _enum(type_: Any, _: Dialect, __: bool) -> _Kind | None:
    if type_.enum_class is None:
        return _Kind("str", "json_text_of_str")
    values = [(word, type_._object_lookup[word].value) for word in type_.enums]
    if any(value is not None and type(value) not in (str, int, bool) for _, value in values):
        return None
    said = tuple([(word, json.dumps(value, ensure_ascii=False)) for word, value in values])
    return _Kind(("enum", type_.enum_class), "json_text_of_enum", {"words": said})


def _uuid(type_: Any, dialect: Dialect, sqlite: bool) -> _Kind | None:
    native = type_.native_uuid and not sqlite
    return _Kind("uuid", "json_text_of_uuid") if type_.as_uuid and (native or sqlite) else None


def _float(type_: Any, _: Dialect, __: bool) -> _Kind | None:
    return None if type_.asdecimal else _Kind("float", "json_text_of_float")


def _decimal(type_: Any, _: Dialect, sqlite: bool) -> _Kind | None:
    if not type_.asdecimal:
        return _Kind("float", "json_text_of_float")
    scale = type_._effective_decimal_return_scale if sqlite else type_.scale
    return _Kind("decimal", "json_text_of_decimal", {"scale": -1 if scale is None else scale})


def _datetime(type_: Any, _: Dialect, __: bool) -> _Kind:
    return _Kind("datetime", "json_text_of_datetime", {"aware": bool(type_.timezone)})


def _document(_: Any, dialect: Any, __: bool) -> _Kind | None:
    custom = dialect._json_deserializer is not None
    return None if custom else _Kind("json", "json_text_of_json")


def _array(type_: Any, dialect: Dialect, sqlite: bool) -> _Kind | None:
    inner = _kind_of(type_.item_type, dialect).name
    if sqlite or inner not in ("int", "str", "bool", "uuid"):
        return None
    return _Kind(("list", inner), "json_text_of_array")


def _plain(name: str) -> Callable[..., _Kind]:
    kind = _Kind(name, f"json_text_of_{name}")
    return lambda *_: kind


_KINDS: Final[tuple[tuple[type[Any], Callable[..., _Kind | None]], ...]] = (
    (types.Enum, _enum),
    (types.Boolean, _plain("bool")),
    (types.Integer, _plain("int")),
    (types.Uuid, _uuid),
    (types.Float, _float),
    (types.Numeric, _decimal),
    (Date, _plain("date")),
    (DateTime, _datetime),
    (types.Time, lambda type_, *_: None if type_.timezone else _Kind("time", "json_text_of_time")),
    (types.JSON, _document),
    (types.String, _plain("str")),
    (ARRAY, _array),
)
"""Kinds of types, those of another kind first."""


def _or_null(text: Any) -> Any:
    return func.coalesce(text, text_literal(_NULL))


def _quoted(text: Any) -> Any:
    return _or_null(text_literal('"').concat(text).concat(text_literal('"')))


def _say_bool(value: Any) -> Any:
    return case(
        (value.is_(None), text_literal(_NULL)), (value, text_literal("true")), else_=text_literal("false")
    )


def _say_enum(value: Any, words: tuple[tuple[str, str], ...]) -> Any:
    text = cast(value, Text)
    known = [(text == text_literal(word), text_literal(said)) for word, said in words]
    return case((value.is_(None), text_literal(_NULL)), *known, else_=text_literal(UNSAID))


def _float_on_postgresql(value: Any) -> Any:
    number = cast(value, Double)
    text = cast(number, Text)
    zero: ColumnElement[Any] = literal_column("0")
    whole = and_(number == func.trunc(number), func.abs(number) < literal_column("1e15"))
    # Asked once a statement, as all that depends on no row.
    digits = func.current_setting(text_literal("extra_float_digits"))
    exact = select(digits.in_([text_literal(each) for each in _EXACT])).scalar_subquery()
    said = case((not_(exact), text_literal(UNSAID)), (whole, text.concat(text_literal(".0"))), else_=text)
    # Of infinity and of what is no number nothing is left.
    return case((number - number == zero, said), else_=text_literal(_NULL))


def _decimal_on_postgresql(value: Any, scale: int) -> Any:
    text = cast(value, Text)
    if 0 < scale <= _PLAIN:
        return _quoted(text)
    # As Python writes what the driver reads: with an exponent where a number is small, or ends in noughts
    # before its point, four by four as PostgreSQL keeps them.
    size = func.abs(value)
    none: ColumnElement[Any] = literal_column("0")
    whole = cast(size, Text)
    digits = func.ltrim(func.replace(whole, text_literal("."), text_literal("")), text_literal("0"))
    noughts = func.length(whole) - func.length(func.rtrim(whole, text_literal("0")))
    kept = func.length(whole) - noughts + noughts % literal_column("4")
    first = func.left(whole, kept)
    small = _scientific(value, digits, "E-", func.scale(value) - func.length(digits) + literal_column("1"))
    large = _scientific(value, first, "E+", func.length(whole) - literal_column("1"))
    places = func.scale(value)
    said = case(
        (and_(places == none, func.right(whole, literal_column("4")) == text_literal("0000")), large),
        (places <= literal_column(str(_PLAIN)), text),
        (value == none, text_literal("0E-").concat(cast(places, Text))),
        (size < literal_column(f"1e-{_PLAIN}"), small),
        else_=text,
    )
    return _quoted(said)


def _scientific(value: Any, digits: Any, sign: str, exponent: Any) -> Any:
    rest = func.substr(digits, literal_column("2"))
    return func.concat(
        case((value < literal_column("0"), text_literal("-")), else_=text_literal("")),
        func.left(digits, literal_column("1")),
        case((rest == text_literal(""), text_literal("")), else_=text_literal(".")),
        rest,
        text_literal(sign),
        cast(exponent, Text),
    )


_PLAIN: Final = 6
"""Places of a decimal that is written without an exponent, however small it is."""


def _finite(value: Any, said: Any, zone: str = "", *, clock: bool = False) -> Any:
    """What is said of a day or moment of Python's, or of PostgreSQL's infinity, which the driver reads so."""
    first, last = ("0001-01-01T00:00:00", "9999-12-31T23:59:59.999999") if clock else (_FIRST, _LAST)
    return case(
        (value.between(literal_column(f"'{first}'"), literal_column(f"'{last}'")), said),
        (value.is_(None), text_literal(_NULL)),
        (func.isfinite(value), text_literal(UNSAID)),
        (value > literal_column(f"'{last}'"), text_literal(f'"{last}{zone}"')),
        else_=text_literal(f'"{first}{zone}"'),
    )


_FIRST: Final = "0001-01-01"
_LAST: Final = "9999-12-31"


def _date_on_postgresql(value: Any) -> Any:
    return _finite(value, cast(func.to_json(value), Text))


def _datetime_on_postgresql(value: Any, *, aware: bool) -> Any:
    clock = func.timezone(text_literal("UTC"), value) if aware else value
    end = '"Z"' if aware else ""
    whole = func.date_trunc(text_literal("second"), clock) == clock
    format_ = case(
        (whole, text_literal(f'YYYY-MM-DD"T"HH24:MI:SS{end}')),
        else_=text_literal(f'YYYY-MM-DD"T"HH24:MI:SS.US{end}'),
    )
    return _finite(clock, _quoted(func.to_char(clock, format_)), "Z" if aware else "", clock=True)


def _time_on_postgresql(value: Any) -> Any:
    span = cast(value, types.Interval)
    whole = func.date_trunc(text_literal("second"), span) == span
    format_ = case((whole, text_literal("HH24:MI:SS")), else_=text_literal("HH24:MI:SS.US"))
    return _quoted(func.to_char(span, format_))


def _moment_on_sqlite(value: Any, *, aware: bool = False) -> Any:
    text = func.replace(
        func.replace(value, text_literal(" "), text_literal("T")), text_literal(".000000"), text_literal("")
    )
    return func.json_quote(text.concat(text_literal("Z")) if aware else text)


def _uuid_on_sqlite(value: Any) -> Any:
    text = func.lower(value)
    parts = [
        func.substr(text, literal_column(str(start)), literal_column(str(length)))
        for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    ]
    whole: Any = parts[0]
    for part in parts[1:]:
        whole = whole.concat(text_literal("-")).concat(part)
    return func.json_quote(whole)


def _document_on_sqlite(value: Any) -> Any:
    odd = func.instr(value, text_literal("NaN")) + func.instr(value, text_literal("Infinity"))
    # A number alone is one of SQLite's, in whose texts there are fewer places.
    return case(
        (func.typeof(value) == text_literal("real"), func.dlr_json_float(value)),
        (odd > literal_column("0"), func.dlr_json_document(value)),
        else_=_or_null(value),
    )


def _texts_on_sqlite(text: Any) -> Any:
    return func.group_concat(text, text_literal(","))


def _texts_on_postgresql(text: Any, *rank: Any) -> Any:
    comma = text_literal(",")
    return func.string_agg(text, aggregate_order_by(comma, *rank) if rank else comma)


def _joined_on_sqlite(*parts: Any) -> Any:
    # In parentheses, since SQLite takes no expression of more than a thousand levels.
    inner = [Grouping(each) if getattr(each, "word", "") == "joined_texts" else each for each in parts]
    return reduce(lambda left, right: left.concat(right), inner)


def _to_json(value: Any) -> Any:
    return _or_null(cast(func.to_json(value), Text))


DIFFERENCES.update(
    {
        "joined_texts": Difference(Text(), _joined_on_sqlite, func.concat),
        "texts_of_rows": Difference(Text(), _texts_on_sqlite, _texts_on_postgresql),
        # A value as JSON, named as pydantic's core does.
        "json_text_of_str": Difference(Text(), func.json_quote, _to_json),
        "json_text_of_int": Difference(Text(), func.json_quote, lambda value: _or_null(cast(value, Text))),
        "json_text_of_bool": Difference(Text(), _say_bool, lambda value: _or_null(cast(value, Text))),
        "json_text_of_float": Difference(Text(), func.dlr_json_float, _float_on_postgresql),
        "json_text_of_decimal": Difference(
            Text(),
            lambda value, scale: func.dlr_json_decimal(value, literal_column(str(scale))),
            _decimal_on_postgresql,
        ),
        "json_text_of_date": Difference(Text(), func.json_quote, _date_on_postgresql),
        "json_text_of_datetime": Difference(Text(), _moment_on_sqlite, _datetime_on_postgresql),
        "json_text_of_time": Difference(Text(), _moment_on_sqlite, _time_on_postgresql),
        "json_text_of_uuid": Difference(Text(), _uuid_on_sqlite, lambda value: _quoted(cast(value, Text))),
        "json_text_of_enum": Difference(Text(), _say_enum, _say_enum),
        "json_text_of_json": Difference(
            Text(), _document_on_sqlite, lambda value: _or_null(cast(value, Text))
        ),
        "json_text_of_array": Difference(Text(), func.json_quote, _to_json),
    }
)
