"""PostgreSQL's types as text that SQLite stores: what goes in comes out as from PostgreSQL, by asyncpg.

One value has one text, so that what is equal there is equal here; ``order.py`` says what is less.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_interface, ip_network
from typing import Any, Final, TypeVar

from sqlalchemy import ARRAY, Dialect, Interval, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

Process = Callable[[Any], Any]
T = TypeVar("T")


class StandIn(TypeEngine[Any]):
    """A type of PostgreSQL's as SQLite stores it."""

    def bind_processor(self, dialect: Dialect) -> Any:
        store = self.storing(dialect)
        return lambda value: None if value is None else store(value)

    def literal_processor(self, dialect: Dialect) -> Any:
        store = self.storing(dialect)

        def say(value: Any) -> str:
            return "NULL" if value is None else "'" + str(store(value)).replace("'", "''") + "'"

        return say

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        load = self.loading(dialect)
        return lambda value: None if value is None else load(value)

    def storing(self, dialect: Dialect) -> Process:
        """What makes a text of a value."""
        raise NotImplementedError

    def loading(self, dialect: Dialect) -> Process:
        """What makes a value of its text."""
        raise NotImplementedError


class StoredArray(StandIn):
    """A list, of whatever dimensions, as a JSON array."""

    def __init__(
        self, item_type: TypeEngine[Any], as_tuple: bool = False, dimensions: int | None = None
    ) -> None:
        self.item_type = item_type
        self.as_tuple = as_tuple
        self.dimensions = dimensions

    def storing(self, dialect: Dialect) -> Process:
        item: Any = self.item_type.dialect_impl(dialect).bind_processor(dialect)
        places = _places(self.item_type)

        def plain(value: Any) -> Any:
            if places is not None and value is not None:
                return places.index(item(value))
            value = value if item is None or value is None else item(value)
            return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value

        return lambda value: _text(self._each(value, plain))

    def loading(self, dialect: Dialect) -> Process:
        kept = self.item_type.dialect_impl(dialect)
        item: Any = kept.result_processor(dialect, None)
        is_binary, places = isinstance(kept, types.LargeBinary), _places(self.item_type)

        def read(value: Any) -> Any:
            if places is not None and value is not None:
                return item(places[value])
            value = bytes.fromhex(value) if is_binary and value is not None else value
            return value if item is None or value is None else item(value)

        return lambda value: self._each(json.loads(value), read)

    def _each(self, value: Any, process: Process, depth: int = 1) -> Any:
        # A document may itself be a list.
        deeper = (
            depth < self.dimensions
            if self.dimensions is not None
            else not isinstance(self.item_type, types.JSON)
        )
        made = [
            self._each(each, process, depth + 1)
            if deeper and isinstance(each, (list, tuple))
            else process(each)
            for each in value
        ]
        return tuple(made) if self.as_tuple else made


def _places(item_type: TypeEngine[Any]) -> list[str] | None:
    """The words of an enum, in the order in which PostgreSQL has them; None of what is none."""
    return list(item_type.enums) if isinstance(item_type, types.Enum) else None


class StoredRange(StandIn):
    """A range as a JSON object, discrete ones as PostgreSQL has them, with the lower bound and without the
    upper one.
    """

    step: Any = None
    """From one value to the next, where there is a next."""

    def storing(self, dialect: Dialect) -> Process:
        return lambda value: _text(self.plain(value))

    def loading(self, dialect: Dialect) -> Process:
        return lambda value: self.read(json.loads(value, parse_float=Decimal))

    def plain(self, value: Any) -> Any:
        """What JSON has for a range."""
        lower, upper, bounds = value.lower, value.upper, value.bounds
        if self.step is not None:
            lower = lower + self.step if lower is not None and bounds[0] == "(" else lower
            upper = upper + self.step if upper is not None and bounds[1] == "]" else upper
            bounds = "[)"
        bounds = ("(" if lower is None else bounds[0]) + (")" if upper is None else bounds[1])
        if value.empty or (lower is not None and upper is not None and self._is_empty(lower, upper, bounds)):
            return {"empty": True}
        return {"lower": _plain(lower), "upper": _plain(upper), "bounds": bounds}

    def read(self, value: Mapping[str, Any]) -> Any:
        """The range that JSON has."""
        if value.get("empty"):
            return postgresql.Range(empty=True)
        lower, upper = (None if end is None else self.end(end) for end in (value["lower"], value["upper"]))
        return postgresql.Range(lower, upper, bounds=value["bounds"])

    def end(self, value: Any) -> Any:
        """One end of a range, of what JSON has."""
        return value

    def _is_empty(self, lower: Any, upper: Any, bounds: str) -> bool:
        return bool(lower >= upper if bounds != "[]" else lower > upper)


class _OfIntegers(StoredRange):
    step = 1


class _OfNumbers(StoredRange):
    def end(self, value: Any) -> Any:
        return Decimal(value)


class _OfDays(StoredRange):
    step = timedelta(days=1)

    def end(self, value: Any) -> Any:
        return date.fromisoformat(value)


class _OfMoments(StoredRange):
    def end(self, value: Any) -> Any:
        return datetime.fromisoformat(value)


class _Multirange(StandIn):
    """Ranges as a JSON array."""

    of: type[StoredRange]

    def storing(self, dialect: Dialect) -> Process:
        kind = self.of()
        return lambda value: _text(_joined(kind, value))

    def loading(self, dialect: Dialect) -> Process:
        kind = self.of()

        def read(value: str) -> Any:
            return postgresql.ranges.MultiRange(map(kind.read, json.loads(value, parse_float=Decimal)))

        return read


def _joined(kind: StoredRange, ranges: Any) -> list[Any]:
    """The ranges of a multirange as PostgreSQL has them: in order, and those that touch as one."""
    found = sorted((each for each in ranges if not each.isempty), key=_by_lower)
    joined: list[Any] = []
    for each in (kind.read(kind.plain(each)) for each in found):
        if joined and (joined[-1].overlaps(each) or joined[-1].adjacent_to(each)):
            joined[-1] = joined[-1].union(each)
        elif not each.isempty:
            joined.append(each)
    return [kind.plain(each) for each in joined]


def _by_lower(value: Any) -> tuple[Any, ...]:
    return (0,) if value.lower is None else (1, value.lower, value.bounds[0] == "(")


class StoredAddress(StandIn):
    """An address of a network, or of a host, as text."""

    def storing(self, dialect: Dialect) -> Process:
        def store(value: Any) -> str:
            found = ip_interface(str(value))
            return str(found.ip if found.network.prefixlen == found.max_prefixlen else found)

        return store

    def loading(self, dialect: Dialect) -> Process:
        def load(value: str) -> Any:
            found = ip_interface(value)
            return found if "/" in value else found.ip

        return load


class StoredNetwork(StandIn):
    """A network as text."""

    def storing(self, dialect: Dialect) -> Process:
        return lambda value: str(ip_network(str(value)))

    def loading(self, dialect: Dialect) -> Process:
        return ip_network


class StoredCard(StandIn):
    """The address of a network card as text."""

    def storing(self, dialect: Dialect) -> Process:
        return lambda value: str(value).lower()

    def loading(self, dialect: Dialect) -> Process:
        return str


class StoredMap(StandIn):
    """Texts by texts, as a JSON object."""

    def storing(self, dialect: Dialect) -> Process:
        return lambda value: json.dumps(dict(value), sort_keys=True)

    def loading(self, dialect: Dialect) -> Process:
        return json.loads


class StoredSpan(StandIn):
    """A span of time, as SQLAlchemy's Interval stores it."""

    def storing(self, dialect: Dialect) -> Process:
        stored: Any = Interval().dialect_impl(dialect).bind_processor(dialect)
        return stored  # type: ignore[no-any-return]

    def loading(self, dialect: Dialect) -> Process:
        loaded: Any = Interval().dialect_impl(dialect).result_processor(dialect, None)
        return loaded  # type: ignore[no-any-return]


def _text(value: Any) -> str:
    """JSON in which numbers of any precision are numbers, and one value has one text."""
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, tuple):
        return _text([*value])
    if isinstance(value, dict):
        return f"{{{','.join(f'{_text(key)}:{_text(each)}' for key, each in value.items())}}}"
    if isinstance(value, Decimal):
        said = format(value, "f")
        return said.rstrip("0").rstrip(".") if "." in said else said
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        value = value if value.tzinfo is None else value.astimezone(UTC)
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


_RANGES: Final[dict[type[TypeEngine[Any]], type[StandIn]]] = {
    postgresql.INT4RANGE: _OfIntegers,
    postgresql.INT8RANGE: _OfIntegers,
    postgresql.NUMRANGE: _OfNumbers,
    postgresql.DATERANGE: _OfDays,
    postgresql.TSRANGE: _OfMoments,
    postgresql.TSTZRANGE: _OfMoments,
}
_MULTIRANGES: Final[dict[type[TypeEngine[Any]], type[StoredRange]]] = {
    postgresql.INT4MULTIRANGE: _OfIntegers,
    postgresql.INT8MULTIRANGE: _OfIntegers,
    postgresql.NUMMULTIRANGE: _OfNumbers,
    postgresql.DATEMULTIRANGE: _OfDays,
    postgresql.TSMULTIRANGE: _OfMoments,
    postgresql.TSTZMULTIRANGE: _OfMoments,
}

STAND_INS: Final[Mapping[type[TypeEngine[Any]], type[StandIn]]] = {
    ARRAY: StoredArray,
    postgresql.HSTORE: StoredMap,
    postgresql.INET: StoredAddress,
    postgresql.CIDR: StoredNetwork,
    postgresql.MACADDR: StoredCard,
    postgresql.MACADDR8: StoredCard,
    postgresql.INTERVAL: StoredSpan,
    **_RANGES,
    **{
        kind: type(f"Stored{kind.__name__}", (_Multirange,), {"of": stored})
        for kind, stored in _MULTIRANGES.items()
    },
}
"""What stands in for a type, by its nearest class."""
