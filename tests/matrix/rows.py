"""The rows of the matrix: for each column the values on which lookups go wrong.

Row `i` holds the value `i` of every column, and begins anew where a column has fewer: so there are ties. Each
column has a NULL, each model has rows that are related to nothing, and boxes share values with specimens.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import cycle, islice
from typing import Any, Final
from uuid import UUID

from tests.matrix.schema import Color


class JSONNull:
    """JSON's null, which is a value; None is SQL's NULL."""


JSON_NULL: Final = JSONNull()

DATES = """
    2019-12-29 2019-12-30 2019-12-31 2020-01-01 2020-01-05 2020-02-29 2020-02-29 2020-12-31
    2021-01-03 2021-01-04 2024-02-29 2024-12-30 2000-02-29 1900-03-01 1970-01-01 1582-10-10
    2020-03-31 2020-04-01 2020-06-30 2020-09-30 2020-10-01 0001-01-02 9999-12-30
"""
NAIVE = """
    2019-12-29T23:59:59.999999 2019-12-30T00:00 2019-12-31T23:59:59 2020-01-01T00:00
    2020-01-01T00:00:00.000001 2020-02-29T00:00 2020-02-29T00:00 2020-02-29T12:30:15
    2020-12-31T23:59:59.500000 2021-01-03T05:00 2020-05-05T05:05:05 1969-12-31T23:59:59
    1900-03-01T00:00 2024-03-10T02:30 0001-01-01T00:00:01 9999-12-31T23:59:59
"""
# In New York some years begin and end later; one instant, said in three zones; the hour that New York skips
# and the one that it has twice.
AWARE = """
    2020-01-01T04:59:59.999999+00:00 2020-01-01T05:00+00:00 2020-01-01T00:00+00:00
    2021-01-01T02:00+00:00 2021-01-04T03:00+00:00 2020-03-31T23:30+00:00
    2020-02-29T12:30:15+00:00 2020-02-29T18:00:15+05:30 2020-02-29T04:30:15-08:00
    2024-03-10T06:59:59+00:00 2024-03-10T07:00+00:00
    2024-11-03T05:30+00:00 2024-11-03T06:30+00:00 2024-11-03T07:30+00:00
    2020-05-05T05:05:05+00:00 1969-12-31T23:59:59.500000+00:00 1901-06-15T12:00+00:00
"""
TIMES = """
    00:00 00:00:00.000001 05:05:05 12:00 12:30 12:30 12:30:15 12:30:15.500000 23:59:59 23:59:59.999999
"""
DECIMALS = "0 1 -1 5 5.000 5.5 0.1 0.001 123456.789 999999999.999 -999999999.999"

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

VALUES: Final[dict[str, list[Any]]] = {
    "text": [
        *(
            "",
            " ",
            "a",
            "A",
            "abc",
            "Abc",
            "ABC",
            "aBcd",
            "bca",
            "ab\nc",
            "  abc",
            "100%",
            "100",
            "a_b",
            "axb",
        ),
        *("a\\b", "a/b", "it's", '"quoted"', "[x]", "a*b", "a.b", "^a$", "{}", "5", "5.0", "True", "None"),
        *("Привет", "ПРИВЕТ", "привет, мир", "é", "É", "e\u0301", "ß", "straße", "STRASSE", "ﬁ", "日本"),
        *("null", "2020-02-29", "1e3", "abc" * 100, "😀", None),
    ],
    "char": [
        *(
            "",
            "a",
            "A",
            "abc",
            "ABC",
            "abc ",
            "100%",
            "a_b",
            "axb",
            "é",
            "É",
            "Привет",
            "приветы",
            "5",
            "5.0",
        ),
        *("abcdefghijkl", "it's", None),
    ],
    "integer": [0, 1, -1, 5, 5, 10, 15, 51, 100, 2**31 - 1, -(2**31), None],
    "small": [0, 1, -1, 5, 5, 55, 2**15 - 1, -(2**15), None],
    "big": [0, 1, -1, 5, 5, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), None],
    "boolean": [True, False, None, False, True, False, None],
    "float": [0.0, 1.0, -1.0, 5.0, 5.0, 5.5, 0.1, 0.30000000000000004, 1e300, -1e-300, float("inf"), None],
    "decimal": [*map(Decimal, DECIMALS.split()), None],
    "date": [*map(date.fromisoformat, DATES.split()), None],
    "naive": [*map(datetime.fromisoformat, NAIVE.split()), None],
    "aware": [*map(datetime.fromisoformat, AWARE.split()), None],
    "time": [*map(time.fromisoformat, TIMES.split()), None],
    "duration": [
        *(0 * DAY, TICK, -TICK, 5_000_000 * TICK, 5_000_000 * TICK, DAY, timedelta(hours=24), -DAY),
        *(timedelta(minutes=5), timedelta(1, 18005, 5), 400 * DAY, timedelta(-400, 3600), 3000 * DAY, None),
    ],
    "uuid": [
        *(UUID(int=0), UUID(int=2**128 - 1), UUID(int=5), UUID(int=5)),
        *(UUID("12345678-1234-5678-1234-567812345678"), UUID("12345678-1234-5678-1234-567812345679")),
        *(UUID("abcdefab-cdef-abcd-efab-cdefabcdefab"), None),
    ],
    "binary": [
        *(b"", b"\0", b"a", b"abc", b"abc", b"ABC", b"\xff\xfe", b"a\0b", b"%", b"5", "Привет".encode()),
        None,
    ],
    "json": [
        *({}, [], "", 0, 1, 1.0, 5, -5, 1.5, 10**10, True, False, JSON_NULL, "abc", "ABC", "5", "a\"b'c"),
        *([1], [1, 2], [2, 1], [1, 2, 2], [[1]], [None], [{"a": 1}], ["a", "b"], [True], "null", "é"),
        *({"a": None}, {"a": 1}, {"a": 1.0}, {"a": True}, {"a": "1"}, {"a": "abc"}, {"a": "ABC"}, {"a": ""}),
        *({"a": [1, 2]}, {"a": []}, {"a": {}}, {"a": {"b": 1}}, {"a": {"b": None}}, {"a": {"b": {"c": "x"}}}),
        *({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"b": "a"}, {"a": 10}, {"a": 9}, {"a": -1}, {"a": 1.5}),
        *({"0": "zero"}, {"-1": "minus"}, {"a": {"0": "x"}}, {"a": [{"b": 1}, {"b": 2}]}, {"": 1}),
        *({"a b": 1}, {"a.b": 1}, {'a"b': 1}, {"a%b": "50%"}, {"exact": 1}, {"a": "2020-02-29"}, {"a": "5"}),
        *({"é": "É"}, None, {"a": 5}),
    ],
    "color": [Color.RED, Color.GREEN, Color.RED, None, Color.BLUE],
}

SPECIMENS: Final = max(map(len, VALUES.values()))
# No column begins anew as often as the boxes do, else the specimens of a box were all alike.
BOXES: Final = 13

Row = dict[str, Any]


def box_rows() -> list[Row]:
    """Every third or fifth of the values, so that some of a box's specimens agree with it."""
    some = {column: values[:: 5 if len(values) > 2 * BOXES else 3] for column, values in VALUES.items()}
    return _rows(BOXES, {column: [*values, None] for column, values in some.items()})


def specimen_rows() -> list[Row]:
    """Each belongs to a box in turn, and the last of a turn to none. The last box has none."""
    boxes = cycle([*range(1, BOXES), None])
    return [{**row, "box_id": box} for row, box in zip(_rows(SPECIMENS, VALUES), boxes, strict=False)]


def _rows(count: int, values: dict[str, list[Any]]) -> list[Row]:
    columns = {column: list(islice(cycle(each), count)) for column, each in values.items()}
    return [
        {"id": index + 1, **{column: each[index] for column, each in columns.items()}}
        for index in range(count)
    ]
