"""What each column takes and refuses: a table for the tests, and what the rows hold."""

from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from tests.values.schema import Grade, Metal, Swapped, Wood


class Kind(NamedTuple):
    low: Any
    high: Any
    spellings: list[Any]
    """Other ways to say ``low``."""
    refused: list[Any]
    says: str
    """What the error says of each that is refused."""
    ordered: bool = True
    """Whether ``high`` is the greater one on both databases."""


class Five(IntEnum):
    FIVE = 5


class Word(StrEnum):
    FIVE = "5"
    LOW = "low"


class Lookalike(float):
    """A float with a text of its own, as numpy's have."""

    def __repr__(self) -> str:
        return f"Lookalike({float(self)})"


class Number:
    """What is no number of Python's, but can be made one."""

    def __int__(self) -> int:
        return 5

    def __float__(self) -> float:
        return 5.0


NAN, INFINITY = float("nan"), float("inf")
EAST = timezone(timedelta(hours=3))
LONG = 10**5000
IN_ITSELF: list[Any] = []
IN_ITSELF.append(IN_ITSELF)
DEEP: dict[str, Any] = {}
for _ in range(100_000):
    DEEP = {"": DEEP}

NO_TEXT: list[Any] = [b"5", ["5"], ("5",), {"5"}, object(), date(2026, 1, 2), Metal.IRON, str, LONG]
NO_CHARACTERS: list[Any] = ["a\0", "\0", "\ud800", "\udfff a"]
NO_INTEGER: list[Any] = [
    *("x", "", "5.0", "0x5", "1" * 5000, b"5", [5], {}, object(), Number(), 5 + 0j, Metal.IRON),
    *(NAN, INFINITY, Decimal("NaN"), date(2026, 1, 2), UUID(int=5)),
]
NO_NUMBER: list[Any] = ["x", "", b"1", [1], object(), Number(), 1 + 0j, Metal.IRON, date(2026, 1, 2)]
NO_DECIMAL: list[Any] = [
    *NO_NUMBER,
    *(NAN, INFINITY, -INFINITY, "NaN", "inf", Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")),
    *("1e131072", Decimal("1e-16384"), Fraction(1, 3)),
]
NO_FLOAT: list[Any] = [*NO_NUMBER, NAN, "nan", Decimal("NaN"), LONG, "1e400", Decimal("-1e400")]
NO_SINGLE: list[Any] = [*NO_FLOAT, 1e39, "-1e39", 1e-60]
NO_SPAN: list[Any] = [
    *("x", "", " ", "1 month", "P1M", "P", "PT", "5 ", "1:2:3:4", "-", "1" * 400, 5, 5.5, [], time(1)),
    *(timedelta.max, timedelta.min),
]
NO_UUID: list[Any] = ["x", "", 5, 5.5, b"0" * 16, [], "0" * 31, "\ud800" * 32]
NO_JSON: list[Any] = [
    *({1, 2}, object(), b"x", Decimal(1), UUID(int=1), date(2026, 1, 2), 1j, Metal.IRON),
    *({"a": {"b": {1}}}, [[datetime(2026, 1, 2)]], {1: 2}, {None: 1}, [{("a",): 1}]),
    *(NAN, [INFINITY], {"a": -INFINITY}, LONG, {"a": LONG}),
    *("a\0", ["\0"], {"\0": 1}, "\ud800", {"a": ["\udfff"]}, {"\ud83d\ude00": 1}),
    *(IN_ITSELF, DEEP),
]

KINDS: dict[str, Kind] = {
    "string": Kind("5", "6", [5, Decimal(5), Five.FIVE, Word.FIVE], NO_TEXT + NO_CHARACTERS, "text"),
    "short": Kind("5", "6", [5, Word.FIVE], NO_TEXT + NO_CHARACTERS, "text"),
    "long": Kind("True", "b", [True], NO_TEXT + NO_CHARACTERS, "text"),
    "unicode": Kind(
        "00000000-0000-0000-0000-000000000001", "ж", [UUID(int=1)], NO_TEXT + NO_CHARACTERS, "text"
    ),
    "metal": Kind(
        Metal.IRON,
        Metal.GOLD,
        ["IRON", "fe"],
        ["iron", "", 5, [], {}, object(), Grade.POOR, b"fe", "\ud800"],
        "one of Metal: IRON, GOLD",
        ordered=False,
    ),
    "metal_value": Kind(
        Metal.IRON, Metal.GOLD, ["IRON", "fe"], ["Fe", 5, []], "one of Metal: IRON, GOLD", ordered=False
    ),
    "wood": Kind(
        Wood.ELM, Wood.OAK, ["ELM", "elm"], ["Elm", Metal.IRON, 5], "one of Wood: OAK, ELM", ordered=False
    ),
    "grade": Kind(
        Grade.GOOD, Grade.POOR, ["GOOD", 2], ["2", 3, Metal.IRON], "one of Grade: POOR, GOOD", ordered=False
    ),
    # What is stored comes before a name, and that before a value.
    "swapped": Kind(Swapped.A, Swapped.B, ["B"], ["C", 5], "one of Swapped: A, B", ordered=False),
    "word": Kind("low", "high", [Word.LOW], ["LOW", "", 5, Metal.IRON], "one of high, low", ordered=False),
    "integer": Kind(
        5, 6, ["5", " 5 ", "+5", 5.0, Decimal("5.00"), Fraction(5), Five.FIVE], NO_INTEGER, "an integer"
    ),
    "small": Kind(5, 6, ["5", 5.0, Five.FIVE], NO_INTEGER, "an integer"),
    "big": Kind(1, 2, ["1", True, Decimal("1e0")], NO_INTEGER, "an integer"),
    "varying": Kind(5, 6, ["5", 5.0], NO_INTEGER, "an integer"),
    "truth": Kind(
        False,
        True,
        [0, 0.0, Decimal(0), "false", "False", "F", "0"],
        ["no", "", 2, -1, 0.5, [], b"0", object()],
        "True or False",
    ),
    "exact": Kind(
        Decimal("0.1"),
        Decimal("0.2"),
        ["0.1", " 0.100 ", 0.1, Lookalike(0.1)],
        NO_DECIMAL,
        "a decimal number",
    ),
    "inexact": Kind(0.5, 0.75, ["0.5", Decimal("0.5"), Lookalike(0.5)], NO_DECIMAL, "a decimal number"),
    "double": Kind(
        0.1, 0.2, ["0.1", " 0.1 ", Decimal("0.1"), Lookalike(0.1), Fraction(1, 10)], NO_FLOAT, "a number"
    ),
    "single": Kind(0.1, 0.2, ["0.1", Decimal("0.1"), Lookalike(0.1)], NO_SINGLE, "a number"),
    "precise": Kind(0.1, 0.2, ["0.1", Decimal("0.1"), Lookalike(0.1)], NO_SINGLE, "a number"),
    "day": Kind(
        date(2026, 1, 2),
        date(2026, 1, 3),
        [
            *("2026-01-02", "2026-1-2", "20260102", "2026-W01-5"),
            *(datetime(2026, 1, 2, 23, 59), datetime(2026, 1, 2, 23, 59, tzinfo=UTC)),
            # What is the day before in another zone; the zone of these queries is UTC.
            datetime(2026, 1, 3, 2, tzinfo=EAST),
        ],
        ["x", "", "2026-13-01", "02.01.2026", "2026-01-02T10:00", 5, 5.5, [], time(1), b"x", "\ud800"],
        "a date",
    ),
    "naive": Kind(
        datetime(2026, 1, 2),
        datetime(2026, 1, 2, 0, 0, 0, 1),
        ["2026-01-02T00:00:00", "2026-01-02 00:00", "2026-1-2 0:0:0.0", "2026-01-02", date(2026, 1, 2)],
        [
            *("x", "", "2026-01-32", 5, 5.5, [], time(1), timedelta(1)),
            *(datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00Z", "2026-01-02 00:00+03:00"),
        ],
        "a datetime without a time zone",
    ),
    "aware": Kind(
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2026, 1, 2, 0, 0, 0, 1, tzinfo=UTC),
        [
            *(
                "2026-01-02T00:00:00Z",
                "2026-1-2 0:00 +0000",
                "2026-01-02T03:00+03:00",
                "2026-01-01T21:30-0230",
            ),
            datetime(2026, 1, 2, 3, tzinfo=EAST),
        ],
        [
            *("x", "", 5, 5.5, [], time(1), datetime(2026, 1, 2), date(2026, 1, 2)),
            *("2026-01-02T00:00:00", "2026-01-02"),
        ],
        "a datetime with a time zone",
    ),
    "hour": Kind(
        time(3, 4, 5),
        time(3, 4, 5, 1),
        ["03:04:05", "3:4:5", "030405", "03:04:05.000"],
        ["x", "", "25:00", "3", 5, [], datetime(2026, 1, 2), timedelta(1), time(3, 4, tzinfo=UTC), "03:04Z"],
        "a time without an offset",
    ),
    "span": Kind(
        timedelta(days=1, seconds=5, microseconds=100),
        timedelta(days=1, seconds=5, microseconds=101),
        [
            *("1 day, 0:00:05.000100", "1 day 00:00:05.0001", "1 00:00:05.0001", "24:00:05.0001"),
            *("P1DT5.0001S", "+P1DT0H0M5,0001S", "86405.0001", "1440:05.0001", "2 days -23:59:54.9999"),
        ],
        NO_SPAN,
        "a timedelta",
    ),
    "whole_span": Kind(
        -timedelta(days=2), timedelta(0), ["-2 days", "-P2D", "-2 0", "-48:00:00"], NO_SPAN, "a timedelta"
    ),
    "blob": Kind(
        b"a'\xff", b"b", [bytearray(b"a'\xff"), memoryview(b"a'\xff")], ["a", 5, 5.5, [97]], "bytes"
    ),
    "uuid": Kind(
        UUID(int=10),
        UUID(int=11),
        [
            *("00000000-0000-0000-0000-00000000000A", "0000000000000000000000000000000a"),
            *("{00000000-0000-0000-0000-00000000000a}", "urn:uuid:00000000-0000-0000-0000-00000000000a"),
        ],
        NO_UUID,
        "a UUID",
    ),
    "uuid_text": Kind(
        "00000000-0000-0000-0000-00000000000a",
        "00000000-0000-0000-0000-00000000000b",
        [UUID(int=10), "0000000000000000000000000000000A"],
        NO_UUID,
        "a UUID",
    ),
    "document": Kind(
        {"a": [1, None, "it's 5%", True], "b": {"c": 0.5}},
        {"a": [1, None, "it's 5%", True], "b": {"c": 0.75}},
        [
            OrderedDict(b=OrderedDict(c=Lookalike(0.5)), a=(1, None, "it's 5%", True)),
            {"a": [1.0, None, "it's 5%", True], "b": {"c": 0.5}},
        ],
        NO_JSON,
        "",
    ),
    "cents": Kind(
        Decimal("0.10"),
        Decimal("0.20"),
        [0.1],
        ["1", [], {}, object(), Decimal(10) ** 30, NAN],
        "what Cents binds",
    ),
    "tenths": Kind(Decimal("0.15"), Decimal("0.25"), ["0.15"], ["x", {}, object()], "what Tenths binds"),
    "digits": Kind(2**100, 2**101, [str(2**100)], ["x", [], 10**5000], "what Digits binds"),
    "loud": Kind("5", "6", [5, Word.FIVE], NO_TEXT + NO_CHARACTERS, "text"),
    "places": Kind(["a", "b"], ["b", "c"], [("a", "b"), "ab"], [5, [5], object(), ["a\0"], ["\ud800"]], ""),
}
