"""Which type an expression has: that of its parts, if they agree."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.comparison import alike_values
from django_like_repos.constructs.dates import is_aware
from django_like_repos.constructs.documents import json_document
from django_like_repos.constructs.enums import as_words, enum_of
from django_like_repos.language.kinds import Traits, canonical, is_bare
from django_like_repos.mapping.types import impl_of
from django_like_repos.values.document import DOCUMENT, Document
from django_like_repos.values.reckoned import Reckoned

BOOLEAN: Final = types.Boolean()
INTEGER: Final = types.Integer()
BIG: Final = types.BigInteger()
DOUBLE: Final[types.Double[Any]] = types.Double()
DECIMAL: Final = Reckoned(exact=False)
DECIMALS: Final = Reckoned()
TEXT: Final = types.String()
DATE: Final = types.Date()
MOMENT: Final = types.DateTime()
AWARE: Final = types.DateTime(timezone=True)
TIME: Final = types.Time()
SPAN: Final = types.Interval()
NULL: Final = types.NullType()
"""Of what is NULL and nothing else, which goes with every type."""
UNKNOWN: Final = types.NullType()
"""Of what only the database, or a query around this one, knows the type of."""

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
        kind = impl_of(type_)
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
    return Traits(_beside(_widest(known), parts), aggregate, window)


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
        return combined(both, _beside(right.type if is_null(left.type) else left.type, both))
    kinds = (family(left.type), family(right.type))
    found = _COMBINATIONS.get((operator, *kinds)) or _COMBINATIONS.get((operator in _NUMERIC, *kinds))
    if found is None:
        return combined(
            both,
            None,
            f"the type of {kinds[0]} {operator} {kinds[1]} is not known: mixed types need an output_field",
        )
    return combined(both, found(left.type, right.type))


def _beside(type_: Any, parts: Sequence[Traits]) -> TypeEngine[Any]:
    """That type, but for decimals beside what may have more places than they."""
    known = all(part.type is not UNKNOWN for part in parts)
    chosen: TypeEngine[Any] = type_
    return chosen if known or family(type_) != "decimal" else DECIMALS


def _widest(known: list[Any]) -> TypeEngine[Any]:
    first: TypeEngine[Any] = known[0]
    if all(are_alike(first, each) for each in known):
        return DECIMALS if is_bare(first) else first
    if family(first) == "integer":
        return next((each for each in known if isinstance(each, types.BigInteger)), first)
    if family(first) == "text":
        # One of several texts may be longer than the first's length.
        enums = [enum_of(each) for each in known]
        classes = {each and each.enum_class for each in enums}
        members = (
            canonical(as_words(enums[0])) if enums[0] and len(classes) == 1 and None not in classes else None
        )
        return members or TEXT
    if family(first) == "json":
        documents = (each for each in known if isinstance(each, Document))
        return first if _is_one_json(known) else next(documents, DOCUMENT)
    if family(first) == "datetime":
        return next((each for each in known if is_aware(each)), first)
    return in_decimals(known) if family(first) == "decimal" else first


def in_common(kinds: Iterable[TypeEngine[Any]]) -> Traits:
    """What is known of a value of one of several queries, where numbers of all kinds go together."""
    known = [kind for kind in kinds if not is_null(kind)]
    families = {family(kind) for kind in known}
    if families == {"integer", "decimal"}:
        return Traits(in_decimals(known))
    if "float" in families and families <= {"integer", "decimal", "float"}:
        return Traits(DOUBLE)
    return common(map(Traits, known))


def in_decimals(known: Sequence[Any]) -> TypeEngine[Any]:
    """The type of what is one of several decimals or whole numbers."""
    scales = [scale_of(each) for each in known]
    return decimal_of(known, None if None in scales else max(each or 0 for each in scales))


def scale_of(type_: Any) -> int | None:
    """How many places the decimals or whole numbers of a type have at most, if that is known."""
    if family(type_) == "integer":
        return 0
    scale: int | None = impl_of(type_).scale
    return scale


def decimal_of(parts: Iterable[Any], scale: int | None) -> TypeEngine[Any]:
    """The type of decimals of so many places at most, which were computed of others."""
    exact = all(getattr(part, "exact", True) for part in parts)
    return canonical(Reckoned(scale)) or DECIMAL if exact else DECIMAL


def are_alike(left: TypeEngine[Any], right: TypeEngine[Any]) -> bool:
    """Whether two types are the same in all that decides what is stored and read."""
    if left is right or type(left) is not type(right):
        return left is right
    if getattr(left, "cache_ok", True):
        return canonical(left) is canonical(right)
    return repr(left) == repr(right)


def _is_one_json(types_: Sequence[Any]) -> bool:
    """Whether JSON of these types is of one: PostgreSQL has two, and a document is in canonical form."""
    return len({None if isinstance(each, Document) else canonical(each) for each in types_}) < 2


def _as_documents(values: Sequence[Any]) -> list[Any]:
    """SQL of values one of which is taken, with JSON of several types as documents all of it."""
    kinds = [each.type for each in values if family(each.type) == "json"]
    if _is_one_json(kinds):
        return list(values)
    return [json_document(each) if family(each.type) == "json" else each for each in values]


def of_one_type(values: Sequence[Any], wanted: TypeEngine[Any] | None) -> list[Any]:
    """SQL of values one of which is taken, of one type: of enums that of ``wanted``, or of the first."""
    return alike_values(_as_documents(values), wanted)


Chosen = Callable[[Any, Any], TypeEngine[Any]]


def _wider(left: Any, right: Any) -> TypeEngine[Any]:
    return _widest([left, right])


def _aligned(left: Any, right: Any) -> TypeEngine[Any]:
    return in_decimals((left, right))


def _multiplied(left: Any, right: Any) -> TypeEngine[Any]:
    scales = scale_of(left), scale_of(right)
    return decimal_of((left, right), None if None in scales else sum(each or 0 for each in scales))


def _always(type_: TypeEngine[Any]) -> Chosen:
    return lambda left, right: type_


def _moved(left: Any, right: Any) -> TypeEngine[Any]:
    moment = right if family(left) == "interval" else left
    return MOMENT if family(moment) == "date" else moment


_NUMERIC: Final = ("+", "-", "*", "/", "%", "^")
_BITS: Final = ("&", "|", "#", "<<", ">>")
_COMBINATIONS: Final[dict[Any, Chosen]] = {
    **{(True, each, each): _wider for each in ("integer", "float")},
    **{(operator, "integer", "integer"): _wider for operator in _BITS},
    ("^", "integer", "integer"): _always(DOUBLE),
    **{
        (operator, *kinds): chosen
        for kinds in (("integer", "decimal"), ("decimal", "integer"), ("decimal", "decimal"))
        for operators, chosen in (("+-%", _aligned), ("*", _multiplied), ("/^", _always(DECIMAL)))
        for operator in operators
    },
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
