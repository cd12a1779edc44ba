"""Functions of dates, times and datetimes."""

from functools import partial
from typing import Any, Final

from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.dates import (
    KINDS,
    PARTS,
    PARTS_OF_SPANS,
    PARTS_OF_TIMES,
    date_of,
    date_part,
    is_aware,
    local_time,
    name_of_zone,
    now,
    time_of,
    truncated,
)
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import AWARE, DATE, INTEGER, TIME, family, is_null
from django_like_repos.language.kinds import Traits, canonical
from django_like_repos.language.meanings import TAKEN, means, options_of, type_of_first
from django_like_repos.query import Names
from django_like_repos.query.functions.dates import Extract, Now, TruncBase, TruncDate, TruncTime
from django_like_repos.query.shapes import Call

_EXTRACTED: Final = {
    "date": tuple(part for part in PARTS if part not in PARTS_OF_TIMES),
    "time": PARTS_OF_TIMES,
    "datetime": PARTS,
    "interval": PARTS_OF_SPANS,
}
_TRUNCATED: Final = {
    "date": (*(kind for kind in KINDS if kind not in PARTS_OF_TIMES), "date"),
    "time": (*PARTS_OF_TIMES, "time"),
    "datetime": (*KINDS, "date", "time"),
}
"""To what each can be truncated; the date and the time by the functions of that name only."""


def _extracted(names: Names, function: Any, arguments: list[Traits]) -> tuple[str, str]:
    """The part, and the zone in which an aware datetime is read."""
    if function.part not in PARTS:
        raise UnsupportedOperationError(f"{function!r}: the parts are {', '.join(PARTS)}")
    kind = _check(function, arguments[0].type, tuple(_EXTRACTED))
    if kind and function.part not in _EXTRACTED[kind]:
        raise UnsupportedOperationError(f"{function!r}: {_a(kind)} has no {function.part}")
    return function.part, _zone(names, function)


def _kinds_having(table: dict[str, tuple[str, ...]], options: Any) -> tuple[tuple[str, ...], ...]:
    """The kinds of values that have the part, or can be cut to it, that options name first."""
    return (tuple([kind for kind, parts in table.items() if options[0] in parts]),)


TAKEN[_extracted] = partial(_kinds_having, _EXTRACTED)


@means(Extract, gives=INTEGER, options=_extracted)
def _extract(call: Call, value: Any) -> Any:
    part, zone = options_of(call)
    return date_part(value, part, zone if is_aware(value.type) else None)


def _cut(names: Names, function: Any, arguments: list[Traits]) -> tuple[str, str]:
    """The kind, and the zone in which an aware datetime is read."""
    only = isinstance(function, (TruncDate, TruncTime))
    if function.kind not in KINDS and not only:
        raise UnsupportedOperationError(f"{function!r}: the kinds are {', '.join(KINDS)}")
    given = arguments[0].type
    kind = _check(function, given, tuple(_TRUNCATED))
    if kind and function.kind not in _TRUNCATED[kind]:
        raise UnsupportedOperationError(f"{function!r}: {_a(kind)} cannot be truncated to {function.kind}")
    wanted = canonical(function.output_field)
    if wanted is not None:
        _check_output(function, kind, given, wanted)
    return function.kind, _zone(names, function)


TAKEN[_cut] = partial(_kinds_having, _TRUNCATED)


def _check_output(function: Any, kind: str, given: TypeEngine[Any] | None, wanted: TypeEngine[Any]) -> None:
    result = family(wanted)
    if result not in _TRUNCATED:
        raise UnsupportedOperationError(
            f"{function!r}: output_field must be of {_one_of(tuple(_TRUNCATED))}, not {wanted!r}"
        )
    if kind in ("date", "time") and result != kind:
        raise UnsupportedOperationError(f"{function!r}: {_a(kind)} cannot be truncated to {_a(result)}")
    if kind == "datetime" and given is not None and is_aware(wanted) and not is_aware(given):
        raise UnsupportedOperationError(
            f"{function!r}: output_field has a time zone, and the datetime is without one"
        )


@means(TruncBase, gives=type_of_first, options=_cut)
def _trunc(call: Call, value: Any) -> Any:
    kind, zone = options_of(call)
    value = _into(value, zone, call.type)
    return truncated(value, kind, zone if is_aware(value.type) else None)


@means(TruncDate, gives=DATE, options=_cut)
def _trunc_date(call: Call, value: Any) -> Any:
    return date_of(value, options_of(call)[1] if is_aware(value.type) else None)


@means(TruncTime, gives=TIME, options=_cut)
def _trunc_time(call: Call, value: Any) -> Any:
    return time_of(value, options_of(call)[1] if is_aware(value.type) else None)


def _moment(names: Names, function: Any, arguments: list[Traits]) -> tuple[str, str]:
    wanted = canonical(function.output_field)
    if wanted is not None and family(wanted) not in _TRUNCATED:
        raise UnsupportedOperationError(
            f"{function!r}: output_field must be of {_one_of(tuple(_TRUNCATED))}, not {wanted!r}"
        )
    return "", names.zone


@means(Now, gives=AWARE, options=_moment)
def _now(call: Call) -> Any:
    return _into(now(), options_of(call)[1], call.type)


def _into(value: Any, zone: str, wanted: TypeEngine[Any] | None) -> Any:
    """The date, the time, or the naive datetime of a datetime, where that is wanted."""
    given, result = family(value.type), family(wanted)
    aware = zone if is_aware(value.type) else None
    if given == "datetime" and result == "date":
        return date_of(value, aware)
    if given == "datetime" and result == "time":
        return time_of(value, aware)
    if aware is not None and wanted is not None and not is_aware(wanted):
        return local_time(value, aware)
    return value


def _check(function: Any, type_: TypeEngine[Any] | None, kinds: tuple[str, ...]) -> str:
    """What kind of value it is of, nothing where that is not known yet."""
    if type_ is None or is_null(type_):
        return ""
    kind = family(type_)
    if kind not in kinds:
        raise UnsupportedOperationError(f"{function!r}: the expression must be {_one_of(kinds)}, not {kind}")
    if function.tzinfo is not None and not is_aware(type_):
        raise UnsupportedOperationError(
            f"{function!r}: tzinfo can only be used with a datetime that has a time zone"
        )
    return kind


def _zone(names: Names, function: Any) -> str:
    if function.tzinfo is None:
        return names.zone
    try:
        return name_of_zone(function.tzinfo)
    except ValueError as error:
        raise UnsupportedOperationError(f"{function!r}: {error}") from None


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "interval" else f"a {kind}"


def _one_of(kinds: tuple[str, ...]) -> str:
    return " or ".join([", ".join(map(_a, kinds[:-1])), _a(kinds[-1])])
