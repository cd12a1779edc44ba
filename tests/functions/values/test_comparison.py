"""Functions that compare, and casts from every type to every type that it can be made of."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Enum,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Time,
    Uuid,
)
from sqlalchemy.exc import CompileError, DBAPIError

from django_like_repos import Count, Database, F, UnsupportedOperationError, Value
from django_like_repos.query.functions.comparison import Cast, Coalesce, Collate, Greatest, Least, NullIf
from django_like_repos.query.functions.text import Lower
from tests.functions.values.conftest import Agrees
from tests.functions.values.samples import MARK, Case, Mood, SampleRepository, apart, same
from tests.recording import RecordedSQL

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

AWARE = DateTime(timezone=True)
UTC_TIME = "timezone('UTC', samples.seen)"

CASES = {
    "Coalesce": same(Coalesce("size", "id"), "coalesce(samples.size, samples.id)", 7, -3, 3),
    "Coalesce of three": same(
        Coalesce("code", "name", Value("none")), "coalesce(samples.code, samples.name, ?)", "ab", "", "none"
    ),
    "Coalesce with NULL": same(
        Coalesce(Value(None), "size", Value(5)), "coalesce(NULL, samples.size, ?)", 7, -3, 5
    ),
    "Coalesce of a decimal": same(
        Coalesce("price", Value(Decimal("1.5"))),
        "coalesce(samples.price, ?)",
        Decimal("10.50"),
        Decimal("-0.05"),
        Decimal("1.5"),
    ),
    "Coalesce of a date": same(
        Coalesce("day", Value(date(2000, 1, 1))),
        "coalesce(samples.day, ?)",
        date(2024, 2, 29),
        date(1999, 12, 31),
        date(2000, 1, 1),
    ),
    "Coalesce of an enum and a text": same(
        Coalesce("mood", "code", Value("none")),
        "coalesce(CAST(samples.mood AS VARCHAR), samples.code, ?)",
        "calm",
        "cross",
        "none",
    ),
    "Coalesce of an enum": same(
        Coalesce("mood", "mood"), "coalesce(samples.mood, samples.mood)", Mood.calm, Mood.cross, None
    ),
    "NullIf": same(NullIf("size", Value(7)), "nullif(samples.size, ?)", None, -3, None),
    "NullIf of a text": same(NullIf("code", Value("")), "nullif(samples.code, ?)", "ab", None, None),
    "NullIf of NULL": same(NullIf("size", Value(None)), "nullif(samples.size, NULL)", 7, -3, None),
    "Greatest": apart(
        Greatest("size", "id"),
        "max(samples.size, samples.id)",
        "greatest(samples.size, samples.id)",
        7,
        2,
        None,
    ),
    "Least": apart(
        Least("size", "id", Value(1)),
        "min(samples.size, samples.id, ?)",
        "least(samples.size, samples.id, ?)",
        1,
        -3,
        None,
    ),
    "Greatest of dates": apart(
        Greatest("day", Value(date(2000, 1, 1))),
        "max(samples.day, ?)",
        "greatest(samples.day, ?)",
        date(2024, 2, 29),
        date(2000, 1, 1),
        None,
    ),
}

# Where one argument is NULL, SQLite answers NULL and PostgreSQL the best of the others, as in Django.
WITHOUT_NULL = {"Greatest": 3, "Least": 1, "Greatest of dates": date(2000, 1, 1)}


@pytest.mark.parametrize("name", CASES)
async def test_each_function(agrees: Agrees, backend: str, name: str) -> None:
    case = CASES[name]
    if backend == "postgresql" and name in WITHOUT_NULL:
        case = Case(case.expression, case.sqlite, case.postgresql, [*case.found[:2], WITHOUT_NULL[name]])
    await agrees(case)


COLLATIONS = {"sqlite": ("BINARY", '"BINARY"'), "postgresql": ("POSIX", '"POSIX"')}


async def test_a_collation(sample: SampleRepository, sql: RecordedSQL, backend: str) -> None:
    collation, quoted = COLLATIONS[backend]
    rows = sample.objects.filter(id__lt=3)
    found = await rows.order_by(Collate("name", collation)).values_list("id", flat=True)
    assert sql.last.endswith(f"ORDER BY samples.name COLLATE {quoted} ASC")
    assert found == [2, 1]
    assert await rows.filter(name=Collate(Value("Ёжик"), collation)).values_list("id", flat=True) == [1]


@pytest.mark.parametrize("name", ["", 'C"', "C; DROP TABLE samples", "a b", "C\n", ".C", "C.", None, 5])
def test_a_collation_that_is_no_name(name: Any) -> None:
    with pytest.raises(ValueError, match="Invalid collation name"):
        Collate("name", name)


@pytest.mark.parametrize("name", ["C", "en-x-icu", "de_DE.utf8", "nocase", "2nd"])
def test_a_collation_that_is_one(name: str) -> None:
    assert Collate("name", name).extra == {"collation": name}


def cast(column: str, type_: str) -> str:
    return f"CAST(samples.{column} AS {type_})"


PARTS_OF_UUIDS = ("1, 8", "9, 4", "13, 4", "17, 4", "21, 12")
CASTS = {
    "integer to text": same(Cast("size", String()), cast("size", "VARCHAR"), "7", "-3", None),
    "integer to a short text": apart(
        Cast("total", String(3)),
        "substr(CAST(samples.total AS VARCHAR), 1, 3)",
        cast("total", "VARCHAR(3)"),
        "109",
        "-1",
        None,
    ),
    "integer to bigint": same(Cast("size", BigInteger()), cast("size", "BIGINT"), 7, -3, None),
    "integer to float": apart(
        Cast("size", Double()), cast("size", "DOUBLE"), cast("size", "DOUBLE PRECISION"), 7.0, -3.0, None
    ),
    "integer to decimal": apart(
        Cast("size", Numeric(8, 2)),
        "dlr_round(CAST(samples.size AS NUMERIC(8, 2)), 2)",
        cast("size", "NUMERIC(8, 2)"),
        Decimal(7),
        Decimal(-3),
        None,
    ),
    "integer to boolean": same(Cast("size", Boolean()), "(samples.size != 0)", True, True, None),
    "integer to JSON": apart(
        Cast("size", JSON()),
        "json_quote(samples.size)",
        "CAST(to_jsonb(samples.size) AS JSON)",
        7,
        -3,
        None,
    ),
    "float to decimal": apart(
        Cast("weight", Numeric(8, 1)),
        "dlr_round(CAST(samples.weight AS NUMERIC(8, 1)), 1)",
        cast("weight", "NUMERIC(8, 1)"),
        Decimal("2.5"),
        Decimal("-0.5"),
        None,
    ),
    "float to text": same(Cast("weight", String()), "CAST(samples.weight AS VARCHAR)", "2.5", "-0.5", None),
    "decimal to fewer digits": apart(
        Cast("price", Numeric(8, 1)),
        "dlr_round(CAST(samples.price AS NUMERIC(8, 1)), 1)",
        cast("price", "NUMERIC(8, 1)"),
        Decimal("10.5"),
        Decimal("-0.1"),
        None,
    ),
    "decimal to any decimal": same(
        Cast("price", Numeric()), cast("price", "NUMERIC"), Decimal("10.5"), Decimal("-0.05"), None
    ),
    "boolean to integer": apart(
        Cast("ready", Integer()),
        cast("ready", "INTEGER"),
        "CAST(CAST(samples.ready AS INTEGER) AS INTEGER)",
        1,
        0,
        None,
    ),
    "boolean to bigint": apart(
        Cast("ready", BigInteger()),
        cast("ready", "BIGINT"),
        "CAST(CAST(samples.ready AS INTEGER) AS BIGINT)",
        1,
        0,
        None,
    ),
    "boolean to boolean": apart(
        Cast("ready", Boolean()), "samples.ready", cast("ready", "BOOLEAN"), True, False, None
    ),
    "boolean to JSON": apart(
        Cast("ready", JSON()),
        "CASE WHEN (samples.ready IS NULL) THEN NULL WHEN samples.ready THEN 'true' ELSE 'false' END",
        "CAST(to_jsonb(samples.ready) AS JSON)",
        True,
        False,
        None,
    ),
    "text to bytes": apart(
        Cast("code", LargeBinary()), cast("code", "BLOB"), cast("code", "BYTEA"), b"ab", b"", None
    ),
    "enum to text": same(Cast("mood", String()), cast("mood", "VARCHAR"), "calm", "cross", None),
    "UUID to text": apart(
        Cast("mark", String()),
        " || '-' || ".join(f"substr(samples.mark, {part})" for part in PARTS_OF_UUIDS),
        cast("mark", "VARCHAR"),
        str(MARK),
        None,
        None,
    ),
    "text to UUID": apart(
        Cast(Value(str(MARK).upper()), Uuid()),
        "replace(lower(?), '-', '')",
        "CAST(? AS UUID)",
        MARK,
        MARK,
        MARK,
    ),
    "date to text": same(Cast("day", String()), cast("day", "VARCHAR"), "2024-02-29", "1999-12-31", None),
    "date to datetime": apart(
        Cast("day", DateTime()),
        "dlr_as_datetime(samples.day)",
        cast("day", "TIMESTAMP WITHOUT TIME ZONE"),
        datetime(2024, 2, 29),
        datetime(1999, 12, 31),
        None,
    ),
    "date to aware datetime": apart(
        Cast("day", AWARE),
        "dlr_as_datetime(samples.day)",
        "timezone('UTC', CAST(samples.day AS TIMESTAMP WITHOUT TIME ZONE))",
        datetime(2024, 2, 29, tzinfo=UTC),
        datetime(1999, 12, 31, tzinfo=UTC),
        None,
    ),
    "datetime to date": apart(
        Cast("at", Date()), "date(samples.at)", cast("at", "DATE"), date(2024, 2, 29), date(1999, 1, 1), None
    ),
    "datetime to time": apart(
        Cast("at", Time()),
        "dlr_as_time(samples.at)",
        cast("at", "TIME WITHOUT TIME ZONE"),
        time(12, 30, 15, 250_000),
        time(0),
        None,
    ),
    "datetime to aware datetime": apart(
        Cast("at", AWARE),
        "samples.at",
        "CAST(timezone('UTC', samples.at) AS TIMESTAMP WITH TIME ZONE)",
        datetime(2024, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC),
        datetime(1999, 1, 1, tzinfo=UTC),
        None,
    ),
    "aware datetime to date": apart(
        Cast("seen", Date()),
        "date(samples.seen)",
        f"CAST({UTC_TIME} AS DATE)",
        date(2023, 12, 31),
        date(2024, 7, 1),
        None,
    ),
    "aware datetime to time": apart(
        Cast("seen", Time()),
        "dlr_as_time(samples.seen)",
        f"CAST({UTC_TIME} AS TIME WITHOUT TIME ZONE)",
        time(23, 59, 59, 500_000),
        time(0),
        None,
    ),
    "aware datetime to datetime": apart(
        Cast("seen", DateTime()),
        "samples.seen",
        f"CAST({UTC_TIME} AS TIMESTAMP WITHOUT TIME ZONE)",
        datetime(2023, 12, 31, 23, 59, 59, 500_000),
        datetime(2024, 7, 1),
        None,
    ),
    "time to time": apart(
        Cast("hour", Time()),
        "samples.hour",
        cast("hour", "TIME WITHOUT TIME ZONE"),
        time(23, 59, 59, 1),
        time(0),
        None,
    ),
    "NULL to anything": same(Cast(Value(None), Integer()), "CAST(NULL AS INTEGER)", None, None, None),
}


@pytest.mark.parametrize("case", CASTS.values(), ids=CASTS)
async def test_each_cast(agrees: Agrees, case: Case) -> None:
    await agrees(case)


async def test_json_is_text_as_the_database_keeps_it(sample: SampleRepository, backend: str) -> None:
    found = await sample.objects.filter(id=1).values_list(Cast("data", String()), flat=True)
    assert found == [{"sqlite": '{"a": [1, "\\u0451"]}', "postgresql": '{"a": [1, "ё"]}'}[backend]]


TEXTS = {
    "integer": (" 12", Integer(), 12),
    "float": ("1.5", Double(), 1.5),
    "decimal": ("1.25", Numeric(8, 1), Decimal("1.3")),
    "true": ("true", Boolean(), True),
    "yes": ("Yes", Boolean(), True),
    "1": ("1", Boolean(), True),
    "off": (" off ", Boolean(), False),
    "f": ("f", Boolean(), False),
    "0": ("0", Boolean(), False),
    "date": ("2024-02-29", Date(), date(2024, 2, 29)),
    "datetime": ("2024-02-29T12:30:15.25", DateTime(), datetime(2024, 2, 29, 12, 30, 15, 250_000)),
    "datetime of a date": ("2024-02-29", DateTime(), datetime(2024, 2, 29)),
    "moment": ("2024-02-29 12:30:00+02:00", AWARE, datetime(2024, 2, 29, 10, 30, tzinfo=UTC)),
    "time": ("12:30:15.000001", Time(), time(12, 30, 15, 1)),
    "JSON": ('{"a": [1, null]}', JSON(), {"a": [1, None]}),
    "JSON of a number": ("5", JSON(), 5),
    "short": ("Ёжики", String(2), "Ёж"),
    "enum": ("cross", Enum(Mood, name="mood"), Mood.cross),
    "small": ("7", SmallInteger(), 7),
}


@pytest.mark.parametrize(("text", "type_", "value"), TEXTS.values(), ids=TEXTS)
async def test_casts_of_text(sample: SampleRepository, text: str, type_: Any, value: Any) -> None:
    (found,) = await sample.objects.filter(id=1).values_list(Cast(Value(text), type_), flat=True)
    assert found == value
    assert type(found) is type(value)


UNREADABLE = {
    "boolean": ("maybe", Boolean()),
    "o": ("o", Boolean()),
    "nothing": ("", Boolean()),
}


@pytest.mark.parametrize(("text", "type_"), UNREADABLE.values(), ids=UNREADABLE)
async def test_a_text_that_is_neither_true_nor_false(sample: SampleRepository, text: str, type_: Any) -> None:
    with pytest.raises(DBAPIError):
        await sample.objects.filter(id=1).values_list(Cast(Value(text), type_), flat=True)


@pytest.mark.parametrize("type_", [Date(), DateTime(), Time()], ids=str)
@pytest.mark.parametrize("text", ["", "never", "12"])
async def test_a_text_that_is_no_date(sample: SampleRepository, backend: str, text: str, type_: Any) -> None:
    rows = sample.objects.filter(id=1).values_list(Cast(Lower(Value(text)), type_), flat=True)
    if backend == "postgresql":
        with pytest.raises(DBAPIError):
            await rows
    elif not (text == "12" and isinstance(type_, Date)):  # SQLite counts days of old.
        assert await rows == [None]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_no_intervals_on_sqlite(sample: SampleRepository) -> None:
    with pytest.raises(CompileError, match="SQLite has no intervals"):
        await sample.objects.values_list(Cast("size", Interval()))


async def test_equal_types_share_a_plan(sample: SampleRepository, samples_database: Database) -> None:
    rows = sample.objects.filter(id=2)

    async def rounded(scale: int) -> tuple[Any, int]:
        (found,) = await rows.values_list(Cast("price", Numeric(8, scale)), flat=True)
        return found, samples_database.plans.info().misses

    first, misses = await rounded(1)
    assert await rounded(1) == (first, misses)
    assert await rounded(2) == (Decimal("-0.05"), misses + 1)
    assert first == Decimal("-0.1")


async def test_casts_are_filtered_ordered_and_grouped_by(sample: SampleRepository) -> None:
    rows = sample.objects.annotate(x=Cast("size", String()))
    assert await rows.filter(x__startswith="-").values_list("id", flat=True) == [2]
    assert await rows.filter(id__lt=3).order_by("x").values_list("id", flat=True) in ([2, 1], [1, 2])
    assert await rows.filter(id__lt=2).values("x").annotate(n=Count("id")) == [{"x": "7", "n": 1}]


async def test_a_day_is_found_by_a_cast(sample: SampleRepository) -> None:
    rows = sample.objects.filter(day=Cast(F("at"), Date()))
    assert await rows.values_list("id", flat=True) == [1]


@pytest.mark.parametrize("kind", [Coalesce, Greatest, Least])
def test_too_few_arguments(kind: Any) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__} must take at least two expressions"):
        kind("size")


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (Coalesce("size", "name"), "mixed types (integer, text): set output_field"),
        (Greatest("size", "weight"), "mixed types (float, integer): set output_field"),
        (NullIf("size", Value("")), "mixed types (integer, text): set output_field"),
        (Collate("size", "C"), "argument 1 is of the type integer and should be text"),
        (Cast("size", None), "needs an output_field"),
        (Cast("size", 5), "output_field=5 is no SQLAlchemy type"),
    ],
    ids=str,
)
async def test_what_does_not_go_together(sample: SampleRepository, expression: Any, why: str) -> None:
    with pytest.raises(UnsupportedOperationError) as raised:
        sample.objects.annotate(x=expression)
    assert why in str(raised.value)
