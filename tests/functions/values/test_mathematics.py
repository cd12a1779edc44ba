"""The functions of numbers: their SQL, what they give and of which type, and what they refuse."""

import math
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Float, Integer, Numeric
from sqlalchemy.exc import DBAPIError

from django_like_repos import Count, F, UnsupportedOperationError, Value
from django_like_repos.query.functions.math import (
    Abs,
    ACos,
    ASin,
    ATan,
    ATan2,
    Ceil,
    Cos,
    Cot,
    Degrees,
    Exp,
    Floor,
    Ln,
    Log,
    Mod,
    Pi,
    Power,
    Radians,
    Random,
    Round,
    Sign,
    Sin,
    Sqrt,
    Tan,
)
from tests.functions.values.conftest import Agrees
from tests.functions.values.samples import Case, SampleRepository, apart, same
from tests.recording import RecordedSQL

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

INT = "CAST(? AS INTEGER)"
SIZE, WEIGHT, PRICE, TOTAL = "samples.size", "samples.weight", "samples.price", "samples.total"


def of_weight(kind: Any, function: Any) -> Case:
    name = kind.function.lower()
    return same(kind("weight"), f"{name}(samples.weight)", function(2.5), function(-0.5), None)


def exactly(name: str, column: str) -> str:
    return f"CAST({name}(CAST({column} AS NUMERIC)) AS BIGINT)"


def as_float(said: str) -> tuple[str, str]:
    return f"CAST({said} AS DOUBLE)", f"CAST({said} AS DOUBLE PRECISION)"


CASES = {
    "ATan": of_weight(ATan, math.atan),
    "Cos": of_weight(Cos, math.cos),
    "Cot": of_weight(Cot, lambda angle: 1 / math.tan(angle)),
    "Degrees": of_weight(Degrees, math.degrees),
    "Exp": of_weight(Exp, math.exp),
    "Radians": of_weight(Radians, math.radians),
    "Sin": of_weight(Sin, math.sin),
    "Tan": of_weight(Tan, math.tan),
    "Abs of a float": of_weight(Abs, abs),
    "Ceil of a float": of_weight(Ceil, lambda number: float(math.ceil(number)) + 0.0),
    "Floor of a float": of_weight(Floor, lambda number: float(math.floor(number))),
    "ACos": same(ACos(F("weight") * 0.2), "acos(samples.weight * ?)", math.acos(0.5), math.acos(-0.1), None),
    "ASin": same(ASin(F("weight") * 0.2), "asin(samples.weight * ?)", math.asin(0.5), math.asin(-0.1), None),
    "Ln": same(Ln(Abs("weight")), "ln(abs(samples.weight))", math.log(2.5), math.log(0.5), None),
    "Sqrt": same(Sqrt(Abs("weight")), "sqrt(abs(samples.weight))", math.sqrt(2.5), math.sqrt(0.5), None),
    "of a whole number": same(Cos("size"), "cos(samples.size)", math.cos(7), math.cos(-3), None),
    "ATan2": same(
        ATan2("size", "weight"),
        "atan2(samples.size, samples.weight)",
        math.atan2(7, 2.5),
        math.atan2(-3, -0.5),
        None,
    ),
    "of a decimal": same(
        Cos("price"),
        "CAST(cos(samples.price) AS NUMERIC)",
        Decimal(repr(math.cos(10.5))),
        Decimal(repr(math.cos(-0.05))),
        None,
    ),
    "Exp of a decimal": same(
        Exp("price"),
        "exp(samples.price)",
        Decimal(repr(math.exp(10.5))),
        Decimal(repr(math.exp(-0.05))),
        None,
    ),
    "Pi": same(Pi(), "pi()", math.pi, math.pi, math.pi),
    "Power": same(Power("weight", 2), "power(samples.weight, ?)", 6.25, 0.25, None),
    "Power of whole numbers": same(Power("size", 2), "power(samples.size, ?)", 49.0, 9.0, None),
    "Power of a decimal": same(
        Power("price", 2), "power(samples.price, ?)", Decimal("110.25"), Decimal("0.0025"), None
    ),
    "Power of a decimal and a float": same(
        Power("price", Value(2.0)),
        "CAST(power(samples.price, ?) AS NUMERIC)",
        Decimal("110.25"),
        Decimal("0.0025"),
        None,
    ),
    "Log": apart(
        Log(2, Abs("weight")),
        "CAST(log(?, abs(samples.weight)) AS DOUBLE)",
        "CAST(log(CAST(? AS NUMERIC), CAST(abs(samples.weight) AS NUMERIC)) AS DOUBLE PRECISION)",
        math.log2(2.5),
        -1.0,
        None,
    ),
    "Log of a decimal": apart(
        Log(Value(10), Abs("price")),
        "log(?, abs(samples.price))",
        "log(CAST(? AS NUMERIC), abs(samples.price))",
        Decimal(repr(math.log10(10.5))),
        Decimal(repr(math.log10(0.05))),
        None,
    ),
    "Mod": apart(
        Mod("size", 2),
        "CAST(mod(samples.size, ?) AS DOUBLE)",
        "CAST(mod(CAST(samples.size AS NUMERIC), CAST(? AS NUMERIC)) AS DOUBLE PRECISION)",
        1.0,
        -1.0,
        None,
    ),
    "Mod of a float": apart(
        Mod("weight", Value(-2.0)),
        "CAST(mod(samples.weight, ?) AS DOUBLE)",
        "CAST(mod(CAST(samples.weight AS NUMERIC), CAST(? AS NUMERIC)) AS DOUBLE PRECISION)",
        0.5,
        -0.5,
        None,
    ),
    "Mod of a decimal": apart(
        Mod("price", 3),
        "dlr_mod(samples.price, ?)",
        "mod(samples.price, CAST(? AS NUMERIC))",
        Decimal("1.50"),
        Decimal("-0.05"),
        None,
    ),
    "Abs": same(Abs("size"), "abs(samples.size)", 7, 3, None),
    "Abs of a decimal": same(Abs("price"), "abs(samples.price)", Decimal("10.50"), Decimal("0.05"), None),
    "Ceil": apart(
        Ceil("total"), "CAST(ceil(samples.total) AS BIGINT)", exactly("ceil", TOTAL), 2**40, -1, None
    ),
    "Ceil of a decimal": same(Ceil("price"), "ceil(samples.price)", Decimal(11), Decimal(0), None),
    "Floor": apart(
        Floor("total"), "CAST(floor(samples.total) AS BIGINT)", exactly("floor", TOTAL), 2**40, -1, None
    ),
    "Floor of a decimal": same(Floor("price"), "floor(samples.price)", Decimal(10), Decimal(-1), None),
    "Sign": same(Sign("size"), "CAST(sign(samples.size) AS BIGINT)", 1, -1, None),
    "Sign of a float": apart(Sign("weight"), *as_float("sign(samples.weight)"), 1.0, -1.0, None),
    "Sign of a decimal": same(Sign("price"), "sign(samples.price)", Decimal(1), Decimal(-1), None),
    "Round": apart(
        Round("price"),
        "dlr_round(samples.price, ?)",
        f"round(samples.price, {INT})",
        Decimal(11),
        Decimal(0),
        None,
    ),
    "Round to digits": apart(
        Round("price", 1),
        "dlr_round(samples.price, ?)",
        f"round(samples.price, {INT})",
        Decimal("10.5"),
        Decimal("-0.1"),
        None,
    ),
    "Round to tens": apart(
        Round("price", -1),
        "dlr_round(samples.price, ?)",
        f"round(samples.price, {INT})",
        Decimal(10),
        Decimal(0),
        None,
    ),
    "Round to hundreds": apart(
        Round(F("size") * 10, precision=Value(-2)),
        "CAST(dlr_round(samples.size * ?, ?) AS BIGINT)",
        f"CAST(round(CAST(samples.size * ? AS NUMERIC), {INT}) AS BIGINT)",
        100,
        0,
        None,
    ),
    "Round of a float": apart(
        Round("weight"),
        "CAST(round(samples.weight, ?) AS DOUBLE)",
        f"CAST(round(CAST(samples.weight AS NUMERIC), {INT}) AS DOUBLE PRECISION)",
        3.0,
        -1.0,
        None,
    ),
    "Round by a field": apart(
        Round("weight", F("id") - 1),
        "CAST(round(samples.weight, samples.id - ?) AS DOUBLE)",
        "CAST(round(CAST(samples.weight AS NUMERIC), CAST(samples.id - ? AS INTEGER)) AS DOUBLE PRECISION)",
        3.0,
        -0.5,
        None,
    ),
    "a type that was asked for": same(
        Ceil("weight", output_field=Integer()), "CAST(ceil(samples.weight) AS INTEGER)", 3, 0, None
    ),
    "a decimal that was asked for": apart(
        Sqrt(Abs("size"), output_field=Numeric(6, 2)),
        "dlr_round(CAST(sqrt(abs(samples.size)) AS NUMERIC(6, 2)), 2)",
        "CAST(sqrt(abs(samples.size)) AS NUMERIC(6, 2))",
        Decimal("2.65"),
        Decimal("1.73"),
        None,
    ),
    "a float that was asked for": same(
        Abs("size", output_field=Float()), "CAST(abs(samples.size) AS FLOAT)", 7.0, 3.0, None
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_each_function(agrees: Agrees, case: Case) -> None:
    await agrees(case)


async def test_chance(sample: SampleRepository, sql: RecordedSQL, backend: str) -> None:
    found = await sample.objects.annotate(x=Random()).values_list("x", flat=True)
    chance = {"sqlite": "((random() & 9007199254740991) / 9007199254740992.0)", "postgresql": "random()"}
    assert sql.last == f"SELECT {chance[backend]} AS x FROM samples ORDER BY samples.id ASC"
    assert all(type(each) is float and 0 <= each < 1 for each in found)
    assert len(set(found)) == 3


async def test_chance_groups_nothing(sample: SampleRepository, sql: RecordedSQL) -> None:
    assert len(await sample.objects.order_by().annotate(x=Random(), n=Count("id")).values_list("n")) == 3
    groups = sql.last.partition("GROUP BY")[2]
    assert groups
    assert "random" not in groups


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (Ln(Value(0.0)), None),
        (Sqrt(Value(-1.0)), None),
        (ACos(Value(2.0)), None),
        (Mod(Value(1), Value(0)), None),
        (Log(Value(1), Value(2.0)), "anything"),
    ],
    ids=str,
)
async def test_what_has_no_answer(
    sample: SampleRepository, backend: str, expression: Any, found: float | None
) -> None:
    rows = sample.objects.filter(id=1).annotate(x=expression).values_list("x", flat=True)
    if backend == "postgresql":
        with pytest.raises(DBAPIError):
            await rows
    elif found is None:
        assert await rows == [None]
    else:
        await rows


async def test_the_cotangent_of_nothing(sample: SampleRepository) -> None:
    found = await sample.objects.filter(id=1).values_list(Cot(Value(0.0)), flat=True)
    assert found == [math.inf]


async def test_large_whole_numbers_keep_their_digits(sample: SampleRepository, backend: str) -> None:
    large = Value(2**53 + 1)
    ((ceil, floor, absolute),) = await sample.objects.filter(id=1).values_list(
        Ceil(large), Floor(large), Abs(large)
    )
    assert (ceil, floor, absolute) == (2**53 + 1,) * 3


@pytest.mark.parametrize(
    ("lookups", "found"),
    [
        ({"x": 7}, [1]),
        ({"x__gt": 2}, [1, 2]),
        ({"x__in": [3, 9]}, [2]),
        ({"x": Abs(F("size"))}, [1, 2]),
        ({"x__isnull": True}, [3]),
    ],
)
async def test_a_function_is_filtered_by(
    sample: SampleRepository, lookups: dict[str, Any], found: list[int]
) -> None:
    rows = sample.objects.annotate(x=Abs("size")).filter(**lookups)
    assert await rows.values_list("id", flat=True) == found


async def test_a_negative_precision_has_a_plan_of_its_own(sample: SampleRepository) -> None:
    rows = sample.objects.filter(id=1)
    found = [await rows.values_list(Round(F("size") * 10, each), flat=True) for each in (0, -1, -2, 1)]
    assert found == [[70], [70], [100], [70]]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Abs, "Abs takes exactly 1 argument"),
        (lambda: Power("size"), "Power takes exactly 2 arguments"),
        (lambda: Pi("size"), "Pi takes exactly 0 arguments"),
        (lambda: Random("size"), "Random takes exactly 0 arguments"),
        (lambda: Log("size"), "Log takes exactly 2 arguments"),
    ],
)
def test_wrong_arguments(make: Any, why: str) -> None:
    with pytest.raises(TypeError) as raised:
        make()
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (Abs("name"), "argument 1 is of the type text and should be integer or decimal or float"),
        (Sqrt("ready"), "argument 1 is of the type boolean"),
        (Ceil("day"), "argument 1 is of the type date"),
        (Power("size", F("name")), "argument 2 is of the type text"),
        (Round("price", F("weight")), "argument 2 is of the type float and should be integer"),
    ],
    ids=str,
)
async def test_arguments_of_a_wrong_type(sample: SampleRepository, expression: Any, why: str) -> None:
    with pytest.raises(UnsupportedOperationError) as raised:
        sample.objects.annotate(x=expression)
    assert why in str(raised.value)
