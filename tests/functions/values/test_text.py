"""The functions of text: their SQL, what they give, and what they refuse."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.exc import DBAPIError

from django_like_repos import F, Max, UnsupportedOperationError, Value
from django_like_repos.query.functions.text import (
    MD5,
    SHA1,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    Chr,
    Concat,
    ConcatPair,
    Left,
    Length,
    Lower,
    LPad,
    LTrim,
    Ord,
    Repeat,
    Replace,
    Reverse,
    Right,
    RPad,
    RTrim,
    StrIndex,
    Substr,
    Trim,
    Upper,
)
from tests.functions.values.conftest import Agrees
from tests.functions.values.samples import Case, SampleRepository, apart, same
from tests.recording import RecordedSQL

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

INT = "CAST(? AS INTEGER)"


def sha(name: str) -> tuple[str, str]:
    return f"{name}(samples.name)", f"encode({name}(convert_to(samples.name, 'UTF8')), 'hex')"


def digest(name: str) -> tuple[str, str, None]:
    first, second = (
        hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest() for text in ("Ёжик", "  a'b%  ")
    )
    return first, second, None


CASES = {
    "Lower": same(Lower("name"), "lower(samples.name)", "ёжик", "  a'b%  ", None),
    "Upper": same(Upper("name"), "upper(samples.name)", "ЁЖИК", "  A'B%  ", None),
    "Trim": same(Trim("name"), "trim(samples.name)", "Ёжик", "a'b%", None),
    "LTrim": same(LTrim("name"), "ltrim(samples.name)", "Ёжик", "a'b%  ", None),
    "RTrim": same(RTrim("name"), "rtrim(samples.name)", "Ёжик", "  a'b%", None),
    "Length": same(Length("name"), "length(samples.name)", 4, 8, None),
    "Length of bytes": same(Length("photo"), "length(samples.photo)", 2, 0, None),
    "Reverse": same(Reverse("name"), "reverse(samples.name)", "кижЁ", "  %b'a  ", None),
    "MD5": same(MD5("name"), "md5(samples.name)", *digest("md5")),
    "SHA224": apart(SHA224("name"), *sha("sha224"), *digest("sha224")),
    "SHA256": apart(SHA256("name"), *sha("sha256"), *digest("sha256")),
    "SHA384": apart(SHA384("name"), *sha("sha384"), *digest("sha384")),
    "SHA512": apart(SHA512("name"), *sha("sha512"), *digest("sha512")),
    "Chr": apart(
        Chr(F("id") + 1070),
        "char(CAST(samples.id + ? AS INTEGER))",
        "chr(CAST(samples.id + ? AS INTEGER))",
        *"Яаб",
    ),
    "Chr of a column": apart(Chr("id"), "char(samples.id)", "chr(samples.id)", *"\x01\x02\x03"),
    "Left": apart(
        Left("name", 3), f"substr(samples.name, 1, {INT})", f"left(samples.name, {INT})", "Ёжи", "  a", None
    ),
    "Left of all": apart(
        Left("name", 99),
        f"substr(samples.name, 1, {INT})",
        f"left(samples.name, {INT})",
        "Ёжик",
        "  a'b%  ",
        None,
    ),
    "Right": apart(
        Right("name", 3),
        f"substr(samples.name, -{INT}, {INT})",
        f"right(samples.name, {INT})",
        "жик",
        "%  ",
        None,
    ),
    "Right of all": apart(
        Right("name", 99),
        f"substr(samples.name, -{INT}, {INT})",
        f"right(samples.name, {INT})",
        "Ёжик",
        "  a'b%  ",
        None,
    ),
    "Right of none": apart(
        Right("name", Value(0)),
        f"substr(samples.name, -{INT}, {INT})",
        f"right(samples.name, {INT})",
        "",
        "",
        None,
    ),
    "Substr": same(Substr("name", 3), f"substr(samples.name, {INT})", "ик", "a'b%  ", None),
    "Substr of a length": same(Substr("name", 2, 2), f"substr(samples.name, {INT}, {INT})", "жи", " a", None),
    "Substr beyond the end": same(Substr("name", 99, 5), f"substr(samples.name, {INT}, {INT})", "", "", None),
    "Substr from a field": same(
        Substr("name", F("id")), "substr(samples.name, samples.id)", "Ёжик", " a'b%  ", None
    ),
    "LPad": same(LPad("name", 6), f"lpad(samples.name, {INT}, ?)", "  Ёжик", "  a'b%", None),
    "LPad with more": same(
        LPad("name", 11, Value("12")), f"lpad(samples.name, {INT}, ?)", "1212121Ёжик", "121  a'b%  ", None
    ),
    "LPad with nothing": same(
        LPad("name", 6, Value("")), f"lpad(samples.name, {INT}, ?)", "Ёжик", "  a'b%", None
    ),
    "LPad to nothing": same(LPad("name", 0), f"lpad(samples.name, {INT}, ?)", "", "", None),
    "LPad to less than nothing": same(
        LPad("name", F("size")), "lpad(samples.name, samples.size, ?)", "   Ёжик", "", None
    ),
    "LPad with a field": same(
        LPad("name", 6, "code"), f"lpad(samples.name, {INT}, samples.code)", "abЁжик", "  a'b%", None
    ),
    "LPad to NULL": same(
        LPad("name", None), "lpad(samples.name, CAST(NULL AS INTEGER), ?)", None, None, None
    ),
    "RPad": same(RPad("name", 6), f"rpad(samples.name, {INT}, ?)", "Ёжик  ", "  a'b%", None),
    "RPad with more": same(
        RPad("name", 11, Value("12")), f"rpad(samples.name, {INT}, ?)", "Ёжик1212121", "  a'b%  121", None
    ),
    "Repeat": same(Repeat("name", 2), f"repeat(samples.name, {INT})", "ЁжикЁжик", "  a'b%    a'b%  ", None),
    "Repeat less than never": same(
        Repeat("code", F("size")), "repeat(samples.code, samples.size)", "ab" * 7, "", None
    ),
    "Repeat NULL times": same(
        Repeat("name", None), "repeat(samples.name, CAST(NULL AS INTEGER))", None, None, None
    ),
    "Replace": same(
        Replace("name", Value("и"), Value("ы")), "replace(samples.name, ?, ?)", "Ёжык", "  a'b%  ", None
    ),
    "Replace by nothing": same(
        Replace("name", Value(" ")), "replace(samples.name, ?, ?)", "Ёжик", "a'b%", None
    ),
    "Replace NULL": same(
        Replace("name", Value("и"), Value(None)), "replace(samples.name, ?, NULL)", None, None, None
    ),
    "StrIndex": apart(
        StrIndex("name", Value("и")), "instr(samples.name, ?)", "strpos(samples.name, ?)", 3, 0, None
    ),
    "StrIndex of nothing": apart(
        StrIndex("name", Value("")), "instr(samples.name, ?)", "strpos(samples.name, ?)", 1, 1, None
    ),
    "Ord": apart(Ord("name"), "unicode(samples.name)", "ascii(samples.name)", ord("Ё"), 32, None),
    "Concat": same(
        Concat("name", Value("-"), "code"),
        "coalesce(samples.name, '') || coalesce(?, '') || coalesce(samples.code, '')",
        "Ёжик-ab",
        "  a'b%  -",
        "-",
    ),
    "Concat in pairs": same(
        ConcatPair("name", ConcatPair("code", Value(None))),
        "coalesce(samples.name, '') || coalesce(coalesce(samples.code, '') || coalesce(NULL, ''), '')",
        "Ёжикab",
        "  a'b%  ",
        "",
    ),
    "Concat of numbers": same(
        Concat("name", "size", "total", output_field=String()),
        "coalesce(samples.name, '') || coalesce(CAST(samples.size AS VARCHAR), '') "
        "|| coalesce(CAST(samples.total AS VARCHAR), '')",
        "Ёжик71099511627776",
        "  a'b%  -3-1",
        "",
    ),
    "Concat of one other type": same(
        Concat("size", "id"),
        "coalesce(CAST(samples.size AS VARCHAR), '') || coalesce(CAST(samples.id AS VARCHAR), '')",
        "71",
        "-32",
        "3",
    ),
    "an enum": apart(
        Lower("mood"),
        "lower(CAST(samples.mood AS VARCHAR))",
        "lower(CAST(samples.mood AS VARCHAR))",
        "calm",
        "cross",
        None,
    ),
    "one in another": same(Length(Trim(Lower("name"))), "length(trim(lower(samples.name)))", 4, 4, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_each_function(agrees: Agrees, case: Case) -> None:
    await agrees(case)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_sha1(sample: SampleRepository) -> None:
    assert tuple(await sample.objects.values_list(SHA1("name"), flat=True)) == digest("sha1")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_sha1_is_that_of_pgcrypto(sample: SampleRepository, sql: RecordedSQL) -> None:
    with pytest.raises(DBAPIError, match="digest"):
        await sample.objects.values_list(SHA1("name"), flat=True)
    assert "encode(digest(samples.name, 'sha1'), 'hex')" in sql.last


async def test_the_code_of_nothing(sample: SampleRepository, backend: str) -> None:
    ((found,),) = await sample.objects.filter(id=2).values_list(Ord("code"))
    assert found == (None if backend == "sqlite" else 0)


@pytest.mark.parametrize(
    ("lookups", "found"),
    [
        ({"x": "ёжик"}, [1]),
        ({"x__in": ["ёжик", "  a'b%  "]}, [1, 2]),
        ({"x__contains": "'b%"}, [2]),
        ({"x__isnull": True}, [3]),
        ({"x": Lower(Value("ЁЖИК"))}, [1]),
        ({"x__gt": F("code")}, [1]),
    ],
)
async def test_a_function_is_filtered_by(
    sample: SampleRepository, lookups: dict[str, Any], found: list[int]
) -> None:
    rows = sample.objects.annotate(x=Lower("name"))
    if "x__gt" in lookups:
        rows = rows.filter(id=1)
    assert await rows.filter(**lookups).values_list("id", flat=True) == found


async def test_rows_are_grouped_by_a_function_with_params(sample: SampleRepository) -> None:
    rows = sample.objects.filter(id__lt=3).values(x=Length(Left("name", 3)))
    assert await rows.annotate(n=Max("id")).order_by("x") == [{"x": 3, "n": 2}]


async def test_one_plan_serves_every_value(sample: SampleRepository, sql: RecordedSQL) -> None:
    plans = [
        (await sample.objects.filter(id=1).values_list(Left("name", length), flat=True), sql.last)
        for length in (1, 2)
    ]
    assert [found for found, _ in plans] == [["Ё"], ["Ёж"]]
    assert plans[0][1] == plans[1][1]


@pytest.mark.parametrize(
    ("make", "error", "why"),
    [
        (lambda: Concat("name"), ValueError, "Concat must take at least two expressions"),
        (lambda: Left("name", 0), ValueError, "'length' must be greater than 0."),
        (lambda: Left("name", -1), ValueError, "'length' must be greater than 0."),
        (lambda: Right("name", 0), ValueError, "'length' must be greater than 0."),
        (lambda: Left("name", None), TypeError, "None is neither a whole number nor an expression"),
        (lambda: Left("name", "size"), TypeError, "'size' is neither a whole number nor an expression"),
        (lambda: Left("name", 1.5), TypeError, "1.5 is neither a whole number nor an expression"),
        (lambda: LPad("name", -1), ValueError, "'length' must be greater or equal to 0."),
        (lambda: RPad("name", -1), ValueError, "'length' must be greater or equal to 0."),
        (lambda: Repeat("name", -1), ValueError, "'number' must be greater or equal to 0."),
        (lambda: Substr("name", 0), ValueError, "'pos' must be greater than 0"),
        (lambda: Substr("name", 1, "size"), TypeError, "'size' is neither a whole number"),
        (lambda: Lower("name", "code"), TypeError, "Lower takes exactly 1 argument"),
        (lambda: StrIndex("name"), TypeError, "StrIndex takes exactly 2 arguments"),
    ],
)
def test_wrong_arguments(make: Any, error: type[Exception], why: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (Lower("size"), "Lower('size'): argument 1 is of the type integer and should be text"),
        (Length("size"), "argument 1 is of the type integer and should be text or bytes"),
        (Left("name", F("weight")), "argument 2 is of the type float and should be integer"),
        (Left("name", F("code")), "argument 2 is of the type text and should be integer"),
        (Replace("name", Value(1), Value("x")), "argument 2 is of the type integer and should be text"),
        (Chr("name"), "argument 1 is of the type text and should be integer"),
        (SHA256("photo"), "argument 1 is of the type bytes and should be text"),
        (Concat("name", "size"), "mixed types (integer, text): set output_field"),
    ],
    ids=str,
)
async def test_arguments_of_a_wrong_type(sample: SampleRepository, expression: Any, why: str) -> None:
    with pytest.raises(UnsupportedOperationError) as raised:
        sample.objects.annotate(x=expression)
    assert why in str(raised.value)


async def test_null_where_nothing_else_is(sample: SampleRepository) -> None:
    expressions = [Lower(Value(None)), Length(Value(None, String())), Left("name", Value(None, Integer()))]
    for expression in expressions:
        assert await sample.objects.filter(id=1).values_list(expression, flat=True) == [None]
