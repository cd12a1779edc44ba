"""What `Database` registers on SQLite answers as PostgreSQL does: the same questions are put to both."""

import json
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from django_like_repos import Database
from django_like_repos.values import jsonb
from tests.examples import FEW
from tests.recording import RecordedSQL

# A question is about many rows at once.
few = settings(max_examples=max(FEW, settings().max_examples // 8))

Row = tuple[str | None, ...]


class Both:
    """The two databases, asked for the same rows of text: ``a``, ``b``, ``c``."""

    def __init__(self, sqlite: Database, postgresql: Database) -> None:
        self.sqlite = sqlite
        self.postgresql = postgresql

    async def agree(self, rows: list[Row], on_sqlite: str, on_postgresql: str) -> list[Any]:
        """Asserts that the two give the same for each row, and gives it."""
        found = await self.on_sqlite(rows, on_sqlite)
        wanted = await self.on_postgresql(rows, on_postgresql)
        differing = [each for each in zip(rows, found, wanted, strict=True) if each[1] != each[2]]
        assert differing == []
        return found

    async def on_sqlite(self, rows: list[Row], columns: str) -> list[Any]:
        values = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate("abc"))
        return await _ask(
            self.sqlite,
            rows,
            f"SELECT {columns} FROM (SELECT key, {values} FROM json_each(:rows)) ORDER BY key",
        )

    async def on_postgresql(self, rows: list[Row], columns: str) -> list[Any]:
        values = ", ".join(f"value ->> {place} AS {name}" for place, name in enumerate("abc"))
        each = "json_array_elements(CAST(:rows AS JSON)) WITH ORDINALITY AS t(value, key)"
        return await _ask(
            self.postgresql,
            rows,
            f"SELECT {columns} FROM (SELECT key, {values} FROM {each}) AS rows ORDER BY key",
        )


async def _ask(database: Database, rows: list[Row], statement: str) -> list[Any]:
    async with database.engine.connect() as connection:
        result = await connection.execute(text(statement), {"rows": json.dumps(rows)})
        return [tuple(row) for row in result]


@pytest.fixture(scope="session")
def both(sqlite_help_center: Database, postgresql_help_center: Database) -> Both:
    return Both(sqlite_help_center, postgresql_help_center)


# Dates

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]

# Zones before their clocks were set by law differ from one time zone database to another.
RECENT = datetime(1975, 1, 1)

moments = (
    st.datetimes(min_value=RECENT, max_value=datetime(2090, 1, 1))
    | st.dates(min_value=RECENT.date(), max_value=date(2090, 1, 1)).map(
        lambda day: datetime.combine(day, time(23, 59, 59, 999999))
    )
    | st.sampled_from(
        [datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(2021, 1, 3), datetime(2020, 12, 28)]
    )
)

FIELDS = {
    "year": "year",
    "iso_year": "isoyear",
    "quarter": "quarter",
    "month": "month",
    "week": "week",
    "day": "day",
    "week_day": "dow",
    "iso_week_day": "isodow",
    "hour": "hour",
    "minute": "minute",
    "second": "second",
}
OF_TIMES = ("hour", "minute", "second")


def stored(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def parts_on_sqlite(names: Any = FIELDS) -> str:
    return ", ".join(f"dlr_date_part('{name}', a, b)" for name in names)


def parts_on_postgresql(moment: str, names: Any = FIELDS) -> str:
    numbers = [
        f"floor(EXTRACT({FIELDS[name]} FROM {moment})){' + 1' * (name == 'week_day')}" for name in names
    ]
    return ", ".join(f"CAST({number} AS INTEGER)" for number in numbers)


AWARE = "timezone(b, timezone('UTC', CAST(a AS TIMESTAMP)))"


@few
@given(rows=st.lists(st.tuples(moments, st.sampled_from(ZONES)), min_size=10, max_size=40))
@example(rows=[(datetime(1, 1, 1), "UTC"), (datetime(9999, 12, 31, 23), "Asia/Kolkata")])
async def test_parts_of_moments(both: Both, rows: list[tuple[datetime, str]]) -> None:
    texts: list[Row] = [(stored(moment), zone) for moment, zone in rows]
    await both.agree(texts, parts_on_sqlite(), parts_on_postgresql(AWARE))


async def test_parts_before_the_first_year(both: Both) -> None:
    rows: list[Row] = [("0001-01-01 00:00:00.000000", "America/New_York")]
    names = [name for name in FIELDS if name not in OF_TIMES]
    found = await both.agree(rows, parts_on_sqlite(names), parts_on_postgresql(AWARE, names))
    assert found[0][:2] == (-1, -1)


@few
@given(moments=st.lists(moments, min_size=10, max_size=40))
async def test_parts_of_datetimes_without_a_zone(both: Both, moments: list[datetime]) -> None:
    rows: list[Row] = [(stored(moment), None) for moment in moments]
    await both.agree(rows, parts_on_sqlite(), parts_on_postgresql("CAST(a AS TIMESTAMP)"))


@few
@given(days=st.lists(st.dates(), min_size=10, max_size=40))
async def test_parts_of_dates(both: Both, days: list[date]) -> None:
    names = [name for name in FIELDS if name not in OF_TIMES]
    rows: list[Row] = [(str(day), None) for day in days]
    await both.agree(rows, parts_on_sqlite(names), parts_on_postgresql("CAST(a AS DATE)", names))


@few
@given(times=st.lists(st.times(), min_size=10, max_size=40))
async def test_parts_of_times(both: Both, times: list[time]) -> None:
    rows: list[Row] = [(each.isoformat("microseconds"), None) for each in times]
    await both.agree(rows, parts_on_sqlite(OF_TIMES), parts_on_postgresql("CAST(a AS TIME)", OF_TIMES))


@few
@given(rows=st.lists(st.tuples(moments, st.sampled_from(ZONES)), min_size=10, max_size=40))
async def test_dates_and_times_of_moments(both: Both, rows: list[tuple[datetime, str]]) -> None:
    texts: list[Row] = [(stored(moment), zone) for moment, zone in rows if moment.year < 9999]
    await both.agree(
        texts,
        "dlr_date(a, b), dlr_time(a, b), dlr_date(a, NULL), dlr_time(a, NULL)",
        f"to_char({AWARE}, 'YYYY-MM-DD'), to_char({AWARE}, 'HH24:MI:SS.US'),"
        " to_char(CAST(a AS TIMESTAMP), 'YYYY-MM-DD'), to_char(CAST(a AS TIMESTAMP), 'HH24:MI:SS.US')",
    )


async def test_days_beyond_the_calendar_sort_last_and_first(both: Both) -> None:
    rows: list[Row] = [
        ("9999-12-31 23:00:00.000000", "Asia/Kolkata"),
        ("0001-01-01 00:00:00.000000", "America/New_York"),
    ]
    assert await both.on_sqlite(rows, "dlr_date(a, b)") == [("9999-12-31",), ("0001-01-01",)]


@pytest.mark.parametrize(
    ("value", "zone", "hour"),
    [
        ("2026-07-01 12:30:15", None, 12),
        ("2026-07-01T12:30:15.5", None, 12),
        ("2026-07-01 12:30:15", "Europe/Berlin", 14),
        ("2026-07-01T12:30:15Z", "Europe/Berlin", 14),
        ("2026-07-01 12:30:15.000001+05:00", "Europe/Berlin", 9),
        ("2026-07-01 12:30:15.000001+05:00", None, 12),
        ("12:30:15", None, 12),
        ("12:30:15.25", None, 12),
        ("12:30:15+05:00", None, 12),
    ],
)
async def test_texts_of_other_tools(both: Both, value: str, zone: str | None, hour: int) -> None:
    found = await both.on_sqlite([(value, zone)], "dlr_date_part('hour', a, b), dlr_time(a, b)")
    assert [(hours, clock[:8], len(clock)) for hours, clock in found] == [(hour, f"{hour:02}:30:15", 15)]


# Documents

numbers = st.sampled_from(
    ["0", "-0", "0.0", "-0.00", "1", "1.0", "1e0", "10E-1", "-1", "0.1", "0.10", "1e2", "100", "1.5E+1", "15"]
) | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30).map(
    lambda number: format(number, "e")
)
letters = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
names = st.sampled_from(["a", "b", "aa", "é", "0", "-1", ""])
scalars = (
    st.sampled_from(["null", "true", "false", '"a"', '"1"', '""', '"\\u00e9"', '"\\ud83d\\ude00"'])
    | numbers
    | letters.map(json.dumps)
)


def array(items: list[str]) -> str:
    return f"[{', '.join(items)}]"


def object_(pairs: list[tuple[str, str]]) -> str:
    return f"{{{','.join(f'{json.dumps(key)} : {value}' for key, value in pairs)}}}"


documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(array)
        | st.lists(st.tuples(names | letters, inner), max_size=4).map(object_)
    ),
    max_leaves=8,
)
pairs = st.lists(st.tuples(documents, documents), min_size=20, max_size=60)

# One of each kind, and what is nearly another.
KINDS = [
    *(
        "null",
        "true",
        "false",
        "0",
        "-0.0",
        "1",
        "1.0",
        "10e-1",
        "-1",
        "2",
        "10",
        "1e2",
        "100",
        "1.25",
        "-1.25",
    ),
    *('""', '"a"', '"ab"', '"b"', '"é"', '"1"', '"[]"'),
    *(
        "[]",
        "[null]",
        "[1]",
        "[1.0]",
        "[2]",
        "[[]]",
        "[[1]]",
        "[1, 2]",
        "[2, 1]",
        '["a"]',
        '["a", "b"]',
        "[{}]",
    ),
    *("{}", '{"a": 1}', '{"a": 1.0}', '{"a": 2}', '{"b": 1}', '{"aa": 0}', '{"b": 1, "aa": 1}'),
    *(
        '{"a": [1, 2]}',
        '{"a": {"b": 1}}',
        '{"a": {"b": 1, "c": 2}}',
        '[{"a": 1}, 1]',
        '["a", false]',
        '["a\\u0002", false]',
        '{"a": 1, "a": 2}',
    ),
]
EACH_WITH_EACH: list[Row] = [(one, other) for one in KINDS for other in KINDS]


async def check_pairs(both: Both, rows: list[Row]) -> None:
    await both.agree(
        rows,
        "dlr_json_contains(a, b) = 1, dlr_json_path(a, '[]') = dlr_json_path(b, '[]'),"
        " (dlr_json_order(a) > dlr_json_order(b)) - (dlr_json_order(a) < dlr_json_order(b))",
        "a::JSONB @> b::JSONB, a::JSONB = b::JSONB,"
        " (a::JSONB > b::JSONB)::INTEGER - (a::JSONB < b::JSONB)::INTEGER",
    )


async def test_each_kind_of_document_with_each(both: Both) -> None:
    await check_pairs(both, EACH_WITH_EACH)


@few
@given(rows=pairs)
async def test_documents(both: Both, rows: list[Row]) -> None:
    await check_pairs(both, rows)


async def test_the_order_of_documents(both: Both) -> None:
    """From the least to the greatest; the empty array is out of place, as it has been in PostgreSQL."""
    ascending = [
        "[]",
        "null",
        '"a"',
        '"b"',
        "-1",
        "2",
        "10",
        "false",
        "true",
        "[9]",
        "[1, 1]",
        "{}",
        '{"a": 0}',
    ]
    rows: list[Row] = [(each,) for each in ascending]
    ranks = await both.agree(
        rows,
        "row_number() OVER (ORDER BY dlr_json_order(a))",
        "row_number() OVER (ORDER BY a::JSONB)",
    )
    assert ranks == [(number,) for number in range(1, len(ascending) + 1)]


paths = st.lists(names | letters | st.sampled_from(["1", "2", "-2", "01", " 1", "+1", "1 ", "x"]), max_size=3)


@few
@given(rows=st.lists(st.tuples(documents, paths), min_size=20, max_size=60))
@example(
    rows=[(document, [step]) for document in KINDS for step in ("a", "0", "-1", "b", "5", "-5", "9" * 20)]
)
@example(rows=[(document, ["a", step]) for document in KINDS for step in ("a", "0", "-1", "b")])
@example(
    rows=[
        ("[0, 1]", [step]) for step in (" 1", "\t1", "+1", "01", "-01", "1 ", "1.0", "1e0", "", "\u0661", "-")
    ]
)
async def test_paths(both: Both, rows: list[tuple[str, list[str]]]) -> None:
    texts: list[Row] = [(document, json.dumps(path)) for document, path in rows]
    path = "ARRAY(SELECT jsonb_array_elements_text(b::JSONB))"
    await both.agree(texts, "dlr_json_text(a, b)", f"a::JSONB #>> {path}")
    found = await both.on_sqlite(texts, "dlr_json_path(a, b)")
    wanted = await both.on_postgresql(texts, f"CAST(a::JSONB #> {path} AS TEXT)")
    assert found == [(None if each is None else jsonb.canonical(jsonb.parsed(each)),) for (each,) in wanted]


@few
@given(documents=st.lists(documents, min_size=20, max_size=60))
async def test_a_canonical_text_is_the_document(both: Both, documents: list[str]) -> None:
    canonical = await both.on_sqlite([(each,) for each in documents], "dlr_json_path(a, '[]')")
    rows: list[Row] = [(*one, other) for one, other in zip(canonical, documents, strict=True)]
    assert await both.on_postgresql(rows, "a::JSONB = b::JSONB") == [(True,)] * len(rows)


@few
@given(rows=st.lists(st.tuples(documents, st.lists(names | letters, max_size=3)), min_size=20, max_size=60))
@example(rows=[(document, keys) for document in KINDS for keys in ([], ["a"], ["b", "a"], ["1"])])
async def test_keys(both: Both, rows: list[tuple[str, list[str]]]) -> None:
    texts: list[Row] = [(document, json.dumps(keys), (keys or ["a"])[0]) for document, keys in rows]
    keys = "ARRAY(SELECT jsonb_array_elements_text(b::JSONB))"
    await both.agree(
        texts,
        "dlr_json_has_keys(a, b) = 1, dlr_json_has_any_keys(a, b) = 1, dlr_json_has_key(a, c) = 1",
        f"jsonb_exists_all(a::JSONB, {keys}), jsonb_exists_any(a::JSONB, {keys}), jsonb_exists(a::JSONB, c)",
    )


@pytest.mark.parametrize(
    ("document", "canonical"),
    [
        ('{"b": [1.0, 10e-1, 1], "a": "é"}', '{"a":"é","b":[1,1,1]}'),
        ('"\\u00e9\\ud83d\\ude00"', '"é😀"'),
        ('"\\ud83d"', '"\\ud83d"'),
        ("1e400", "1" + "0" * 400),
        ("-0.0", "0"),
        ("12345678901234567890.50", "12345678901234567890.5"),
        ("1.10e999999", "11e999999"),
        (" [ ] ", "[]"),
    ],
)
async def test_canonical_texts(both: Both, document: str, canonical: str) -> None:
    assert await both.on_sqlite([(document,)], "dlr_json_path(a, '[]')") == [(canonical,)]


async def test_numbers_that_sqlite_took_for_its_own(both: Both) -> None:
    """A column of the type JSON makes a number of a text that is one."""
    found = await both.on_sqlite(
        [("1",)], "dlr_json_path(CAST(a AS INTEGER), '[]'), dlr_json_path(1.5, '[]')"
    )
    assert found == [("1", "1.5")]


@pytest.mark.parametrize("document", ["{", "NaN", "[1,]", "x", "[" * 100_000 + "]" * 100_000])
async def test_what_is_no_document(both: Both, document: str) -> None:
    """It is as good as none: one such row must not spoil every query."""
    functions = (
        "dlr_json_path(a, '[]'), dlr_json_order(a), dlr_json_contains(a, '1'), dlr_json_has_key(a, 'b')"
    )
    assert await both.on_sqlite([(document,)], functions) == [(None, None, None, None)]


# Regular expressions


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        ("^Про", "Проза", True),
        ("^про", "Проза", False),
        ("(?i)^про", "Проза", True),
        ("о.а$", "Проза", True),
        ("^1.5$", "1.5", True),
        ("", "", True),
    ],
)
async def test_regular_expressions(both: Both, pattern: str, value: str, found: bool) -> None:
    assert await both.agree([(value, pattern)], "a REGEXP b = 1", "a ~ b") == [(found,)]


async def test_regular_expressions_whatever_the_case(both: Both) -> None:
    rows: list[Row] = [("ПРОЗА", "про"), ("Проза", "^ПРОЗА$"), ("Проза", "x")]
    found = await both.agree(rows, "dlr_iregexp(b, a) = 1", "a ~* b")
    assert found == [(True,), (True,), (False,)]


async def test_regular_expressions_on_what_is_no_text(both: Both) -> None:
    found = await both.on_sqlite([("a",)], "15 REGEXP '^1', 1.5 REGEXP '5$', CAST('é' AS BLOB) REGEXP '^é$'")
    assert found == [(1, 1, 1)]


@pytest.mark.parametrize(
    "call",
    [
        *("lower(NULL)", "upper(NULL)", "NULL REGEXP 'a'", "'a' REGEXP NULL", "dlr_iregexp('a', NULL)"),
        *("dlr_date_part('year', NULL, 'UTC')", "dlr_date(NULL, 'UTC')", "dlr_time(NULL, NULL)"),
        *("dlr_json_path(NULL, '[]')", "dlr_json_text(NULL, '[]')", "dlr_json_order(NULL)"),
        *("dlr_json_contains(NULL, '1')", "dlr_json_contains('1', NULL)"),
        *("dlr_json_has_key(NULL, 'a')", "dlr_json_has_key('{}', NULL)"),
        *(
            "dlr_json_has_keys(NULL, '[]')",
            "dlr_json_has_any_keys(NULL, '[]')",
            "dlr_json_has_keys('{}', NULL)",
        ),
        "dlr_json_has_any_keys('{}', NULL)",
    ],
)
async def test_null_gives_null(both: Both, call: str) -> None:
    assert await both.on_sqlite([("a",)], call) == [(None,)]


async def test_they_may_stand_in_an_index(fresh_database: Database, backend: str, sql: RecordedSQL) -> None:
    """SQLite takes only functions that are known to be deterministic."""
    if backend == "sqlite":
        async with fresh_database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (data JSON, at DATETIME)"))
            await connection.execute(text("""CREATE INDEX i ON t (dlr_json_path(data, '["a"]'))"""))
            await connection.execute(text("CREATE INDEX j ON t (dlr_date_part('year', at, NULL))"))
