"""Which type an expression has: that of its parts, if they agree."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.documents import json_document
from django_like_repos.language.kinds import Traits, canonical
from django_like_repos.values.document import DOCUMENT, Document

BOOLEAN: Final = types.Boolean()
INTEGER: Final = types.Integer()
BIG: Final = types.BigInteger()
DOUBLE: Final[types.Double[Any]] = types.Double()
DECIMAL: Final = types.Numeric()
TEXT: Final = types.String()
DATE: Final = types.Date()
MOMENT: Final = types.DateTime()
AWARE: Final = types.DateTime(timezone=True)
TIME: Final = types.Time()
SPAN: Final = types.Interval()
NULL: Final = types.NullType()
"""Of what is NULL and nothing else, which goes with every type."""

_FAMILIES: Final[tuple[tuple[type[Any], str], ...]] = (
    (types.Boolean, "boolean"),
    (types.Integer, "integer"),
    (types.Float, "float"),
    (types.Numeric, "decimal"),
    (types.Enum, "text"),
    (types.String, "text"),
    (types.Interval, "interval"),
    (types.DateTime, "datetime"),
    (types.Date, "date"),
    (types.Time, "time"),
    (types.LargeBinary, "bytes"),
    (types.Uuid, "uuid"),
    (Document, "json"),
    (types.JSON, "json"),
    (types.ARRAY, "array"),
)

FAMILIES: Final = frozenset(name for _, name in _FAMILIES)


def family(type_: TypeEngine[Any] | None) -> str:
    """What kind of values a type has, in one word; ``""`` for NULL and for what is not known."""
    kind: Any = type_
    if not isinstance(kind, types.Interval):
        kind = getattr(type_, "impl_instance", type_)
    return next((name for each, name in _FAMILIES if isinstance(kind, each)), type(kind).__name__.lower())


def is_null(type_: TypeEngine[Any] | None) -> bool:
    """Whether a type is that of NULL."""
    return isinstance(type_, types.NullType)


def common(given: Iterable[Traits]) -> Traits:
    """What is known of an expression whose value is that of one of its parts."""
    parts = list(given)
    known = [part.type for part in parts if part.type is not None and not is_null(part.type)]
    aggregate, window = any(part.aggregate for part in parts), any(part.window for part in parts)
    unknown = next((part.why for part in parts if part.type is None), None)
    if unknown is not None:
        return Traits(None, aggregate, window, unknown)
    if not known:
        return Traits(NULL, aggregate, window)
    families = {family(type_) for type_ in known}
    if len(families) > 1:
        why = f"the expression contains mixed types ({', '.join(sorted(families))}): set output_field"
        return Traits(None, aggregate, window, why)
    return Traits(_widest(known), aggregate, window)


def combined(parts: Iterable[Traits], type_: TypeEngine[Any] | None, why: str = "") -> Traits:
    """What is known of an expression of several parts that has a type of its own."""
    listed = list(parts)
    return Traits(
        type_,
        any(part.aggregate for part in listed),
        any(part.window for part in listed),
        why,
    )


def arithmetic(operator: str, left: Traits, right: Traits) -> Traits:
    """What is known of an operator between two expressions."""
    both = (left, right)
    for part in both:
        if part.type is None:
            return combined(both, None, part.why)
    if is_null(left.type) or is_null(right.type):
        return combined(both, right.type if is_null(left.type) else left.type)
    kinds = (family(left.type), family(right.type))
    found = _COMBINATIONS.get((operator, *kinds)) or _COMBINATIONS.get((operator in _NUMERIC, *kinds))
    if found is None:
        return combined(
            both,
            None,
            f"the type of {kinds[0]} {operator} {kinds[1]} is not known: mixed types need an output_field",
        )
    return combined(both, found(left.type, right.type))


def _widest(known: list[Any]) -> TypeEngine[Any]:
    first: TypeEngine[Any] = known[0]
    if family(first) == "integer":
        return next((each for each in known if isinstance(each, types.BigInteger)), first)
    if family(first) == "text":
        # One of several texts may be longer than the first's length.
        return first if all(each is first for each in known) else TEXT
    if family(first) == "json":
        documents = (each for each in known if isinstance(each, Document))
        return first if are_alike(known) else next(documents, DOCUMENT)
    if family(first) == "decimal":
        return first if all(each is first for each in known) else DECIMAL
    return first


def are_alike(types_: Sequence[Any]) -> bool:
    """Whether JSON of these types is of one: PostgreSQL has two, and a document is in canonical form."""
    return len({None if isinstance(each, Document) else canonical(each) for each in types_}) < 2


def as_documents(values: Sequence[Any]) -> list[Any]:
    """SQL of values one of which is taken, with JSON of several types as documents all of it."""
    kinds = [each.type for each in values if family(each.type) == "json"]
    if are_alike(kinds):
        return list(values)
    return [json_document(each) if family(each.type) == "json" else each for each in values]


Chosen = Callable[[Any, Any], TypeEngine[Any]]


def _wider(left: Any, right: Any) -> TypeEngine[Any]:
    return _widest([left, right])


def _always(type_: TypeEngine[Any]) -> Chosen:
    return lambda left, right: type_


def _moved(left: Any, right: Any) -> TypeEngine[Any]:
    moment = right if family(left) == "interval" else left
    return MOMENT if family(moment) == "date" else moment


_NUMERIC: Final = ("+", "-", "*", "/", "%", "^")
_BITS: Final = ("&", "|", "#", "<<", ">>")
_COMBINATIONS: Final[dict[Any, Chosen]] = {
    **{(True, each, each): _wider for each in ("integer", "decimal", "float")},
    **{(operator, "integer", "integer"): _wider for operator in _BITS},
    ("^", "integer", "integer"): _always(DOUBLE),
    (True, "integer", "decimal"): _always(DECIMAL),
    (True, "decimal", "integer"): _always(DECIMAL),
    (True, "decimal", "decimal"): _always(DECIMAL),
    (True, "integer", "float"): _always(DOUBLE),
    (True, "float", "integer"): _always(DOUBLE),
    ("+", "text", "text"): _always(TEXT),
    **{("+", each, "interval"): _moved for each in ("date", "datetime", "time")},
    **{("+", "interval", each): _moved for each in ("date", "datetime", "time")},
    **{("-", each, "interval"): _moved for each in ("date", "datetime", "time")},
    **{("-", each, each): _always(SPAN) for each in ("date", "datetime", "time", "interval")},
    ("-", "date", "datetime"): _always(SPAN),
    ("-", "datetime", "date"): _always(SPAN),
    ("+", "interval", "interval"): _always(SPAN),
    **{("*", "interval", each): _always(SPAN) for each in ("integer", "float", "decimal")},
    **{("*", each, "interval"): _always(SPAN) for each in ("integer", "float", "decimal")},
    **{("/", "interval", each): _always(SPAN) for each in ("integer", "float", "decimal")},
}
