"""What the columns take and refuse that only PostgreSQL has."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from tests.values.kinds import IN_ITSELF, NO_JSON, Kind
from tests.values.schema import HAS_BITS, Metal

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)

NO_LIST: list[Any] = ["x", 5, {5}, {}, object(), b"x"]
WRONG_BOUNDS: Any = "[["
UNBOUND = Range(1, 5, bounds=WRONG_BOUNDS)
NO_RANGE: list[Any] = [
    "[1,5)",
    5,
    (1,),
    (1, 2, 3),
    {1, 2},
    object(),
    (5, 1),
    ("x", 5),
    UNBOUND,
]
NO_ADDRESS: list[Any] = [
    "x",
    "",
    "10.0.0",
    "10.0.0.1/33",
    "fe80::1%eth0",
    5,
    b"\x0a\x00\x00\x01",
    [],
    "\ud800",
]

POSTGRES_KINDS: dict[str, Kind] = {
    "integers": Kind(
        [1, None],
        [2],
        [(1, None), ["1", None], [1.0, None]],
        [*NO_LIST, ["x"], [5.5], [2**31], [-(2**31) - 1], [1, [2]], [[1], 2], IN_ITSELF],
        "",
    ),
    "shorts": Kind(["5", "a'b"], ["6"], [[5, "a'b"]], [*NO_LIST, ["\0"], ["\ud800"], [b"5"]], ""),
    "fixed_texts": Kind(["abc"], ["abd"], [("abc",)], [*NO_LIST, ["abcd"]], ""),
    "decimals": Kind([Decimal("1.3")], [Decimal("1.4")], [["1.3"], [1.3]], [*NO_LIST, ["x"], ["NaN"]], ""),
    "metals": Kind([Metal.IRON], [Metal.GOLD], [["fe"], ["IRON"]], [*NO_LIST, ["x"], [5]], ""),
    "moments": Kind(
        [BEGIN], [END], [["2026-01-01T03:00+03:00"]], [*NO_LIST, [datetime(2026, 1, 1)], ["2026-01-01"]], ""
    ),
    "grid": Kind(
        [[1, 2], [3, 4]],
        [[1, 2], [3, 5]],
        [((1, 2), ("3", 4.0))],
        [*NO_LIST, [[1, 2], [3]], [[1], 2], [[[1]], [2]]],
        "",
    ),
    "int4range": Kind(
        Range(1, 5),
        Range(2, 5),
        [(1, 5), [1, "5"], Range(1, 4, bounds="[]"), Range(0, 5, bounds="()")],
        [*NO_RANGE, (1, 2**31), (1.5, 2)],
        "",
    ),
    "int8range": Kind(Range(1, 2**40), Range(2, None), [(1, 2**40)], [*NO_RANGE, (1, 2**63)], ""),
    "numrange": Kind(
        Range(Decimal("1.5"), None),
        Range(Decimal(2), None),
        [("1.5", None), (1.5, None)],
        [*NO_RANGE, ("NaN", None)],
        "",
    ),
    "daterange": Kind(
        Range(date(2026, 1, 1), date(2026, 2, 1)),
        Range(date(2026, 1, 2), date(2026, 2, 1)),
        [("2026-01-01", "2026-2-1"), (datetime(2026, 1, 1), END)],
        [*NO_RANGE, ("x", None), (date(2026, 2, 1), date(2026, 1, 1))],
        "",
    ),
    "tsrange": Kind(
        Range(datetime(2026, 1, 1), datetime(2026, 2, 1)),
        Range(datetime(2026, 1, 1), None),
        [("2026-01-01", "2026-02-01T00:00"), (date(2026, 1, 1), date(2026, 2, 1))],
        [*NO_RANGE, (BEGIN, END)],
        "",
    ),
    "tstzrange": Kind(
        Range(BEGIN, END),
        Range(END, None),
        [
            (BEGIN, END),
            ("2026-01-01T00:00Z", "2026-02-01T00:00Z"),
            (BEGIN.astimezone(timezone(timedelta(hours=3))), END),
        ],
        [*NO_RANGE, (datetime(2026, 1, 1), datetime(2026, 2, 1)), (END, BEGIN)],
        "",
    ),
    "multirange": Kind(
        [Range(1, 5), Range(7, 9)],
        [Range(2, 5)],
        [[(1, 5), (7, 9)], ((7, 9), (1, 3), (3, 5))],
        ["{[1,5)}", 5, Range(1, 5), [5], (1, 5), [(5, 1)], [(1, 2**31)]],
        "",
    ),
    "inet": Kind(
        "10.0.0.1",
        "10.0.0.2",
        [ip_address("10.0.0.1"), "10.0.0.1/32", ip_interface("10.0.0.1/32")],
        NO_ADDRESS,
        "an address",
    ),
    "cidr": Kind(
        "10.0.0.0/8", "11.0.0.0/8", [ip_network("10.0.0.0/8")], [*NO_ADDRESS, "10.0.0.1/8"], "a network"
    ),
    "macaddr": Kind(
        "00:0a:02:03:04:05",
        "00:0a:02:03:04:06",
        ["00-0A-02-03-04-05", "000a.0203.0405", "000A02030405"],
        ["x", "", "00:0a:02:03:04", "00:0a:02:03:04:05:06", 5, b"x", []],
        "text such as '00:01:02:03:04:05'",
    ),
    "macaddr8": Kind(
        "00:0a:02:03:04:05:06:07",
        "00:0a:02:03:04:05:06:08",
        ["000A.0203.0405.0607"],
        ["x", "00:0a:02:03:04:05", 5],
        "text such as '00:01:02:03:04:05:06:07'",
    ),
    "interval": Kind(
        timedelta(days=1), timedelta(days=2), ["1 day", "P1D"], ["x", 5, "1 month"], "a timedelta"
    ),
    "seconds": Kind(
        datetime(2026, 1, 2, 3, 4, 5),
        datetime(2026, 1, 2, 3, 4, 6),
        ["2026-01-02T03:04:05"],
        [BEGIN, 5],
        "without a time zone",
    ),
    "time_zoned": Kind(
        time(1, 2, tzinfo=UTC),
        time(1, 3, tzinfo=UTC),
        ["01:02Z", "1:02 +00:00"],
        [time(1, 2), "01:02", 5],
        "with an offset",
    ),
    "fixed": Kind("ab", "ac", [], [b"ab", "\0"], "text"),
    "oid": Kind(5, 2**32 - 1, ["5", 5.0], ["x", 5.5, -1, 2**32, 2**70], "an integer"),
    "document": Kind({"a": [1, None]}, {"a": [2, None]}, [{"a": (1.0, None)}], NO_JSON, ""),
}
if HAS_BITS:
    POSTGRES_KINDS |= {
        "bits": Kind("101", "110", [], ["x", "12", 5], "text of 0 and 1"),
        "bits_varying": Kind("10", "11", [], ["x", 5], "text of 0 and 1"),
    }
