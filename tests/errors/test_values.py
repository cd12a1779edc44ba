"""Wrong values: each raises on the line that wrote it, and says the condition and what would be right."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from django_like_repos import Exists, F, InvalidLookupValueError, Q, UnsupportedOperationError, Value
from django_like_repos.lookups import GreaterThan
from examples.help_center.models import PublicationStatus, Section
from tests.errors.chains import Wrong, cabinets, check, check_awaited, drawers, sections, specimens
from tests.errors.models import Cabinet, Colour, Drawer, Specimen

NAIVE = datetime(2026, 11, 22, 14, 30)
AWARE = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)

AN_INTEGER = ("an integer",)
TEXT = ("text",)
A_NUMBER = ("number",)

INTEGERS: list[Any] = [
    *("x", "", "5.0", "0x10", "1e3", "1" * 5000, b"5", [5], (5,), {}, {5}, object(), int, 1 + 2j),
    *(float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity"), NAIVE, timedelta(1), Colour.RED),
]
NUMBERS: list[Any] = ["x", "", [1], b"1", object(), NAIVE, Colour.RED, 1 + 2j, UUID(int=1)]

REFUSED: dict[str, tuple[list[Any], tuple[str, ...]]] = {
    "integer": (INTEGERS, AN_INTEGER),
    "small": (INTEGERS, AN_INTEGER),
    "big": (INTEGERS, AN_INTEGER),
    "cabinet_id": (INTEGERS, AN_INTEGER),
    "cabinet": (INTEGERS, AN_INTEGER),
    "pk": (INTEGERS, AN_INTEGER),
    "string": ([b"x", ["x"], ("x",), {"x"}, object(), NAIVE, Colour.RED, str], TEXT),
    "text": ([b"x", ["x"], object(), date(2026, 11, 22)], TEXT),
    "real": ([*NUMBERS, 10**400], A_NUMBER),
    "decimal": (NUMBERS, A_NUMBER),
    "boolean": (["x", "yes", "", 2, -1, 0.5, [], b"1", object(), NAIVE], ("True or False",)),
    "day": (
        ["x", "", "2026-13-01", "22.11.2026", "2026-11-22T10:00:00", 5, 5.5, [], time(1), b"x"],
        ("a date",),
    ),
    "moment": (["x", "", 5, [], time(1), timedelta(1), AWARE, AWARE.isoformat()], ("without a time zone",)),
    "instant": (["x", "", 5, [], time(1), NAIVE, NAIVE.isoformat(), NAIVE.date()], ("with a time zone",)),
    "clock": (["x", "", "25:00", 5, [], NAIVE, timedelta(1)], ("a time",)),
    "span": (["x", "1 month", "", 5, 5.5, [], time(1)], ("a timedelta",)),
    "blob": (["x", "", 5, [], [120], object()], ("bytes",)),
    "uuid": (["x", "", 5, [], b"0" * 16, "0" * 31], ("a UUID",)),
    "colour": (["x", "", "red", 5, [], b"r", object()], ("Colour", "RED", "BLUE")),
    "size": (["medium", "", "SMALL", 5, [], Colour.RED], ("large", "small")),
}
WRONG_VALUES = [(field, value) for field, (values, _) in REFUSED.items() for value in values]


def shown(field: str, value: object) -> str:
    return f"{field}-{str(value)[:20]}".encode("unicode_escape").decode()


@pytest.mark.parametrize(
    ("field", "value"), WRONG_VALUES, ids=[shown(field, value) for field, value in WRONG_VALUES]
)
async def test_every_type_says_what_it_takes(field: str, value: Any) -> None:
    wants = REFUSED[field][1]

    check(lambda: specimens.filter(**{field: value}), InvalidLookupValueError, (f"{field}=", *wants))
    check(
        lambda: specimens.exclude(Q((f"{field}__ne", value))),
        InvalidLookupValueError,
        (f"{field}__ne=", *wants),
    )
    check(lambda: specimens.filter(**{f"{field}__in": [value]}), InvalidLookupValueError, (field, *wants))
    if field not in ("pk", "cabinet"):
        check(
            lambda: specimens.filter(**{f"{field}__range": (value, value)}),
            InvalidLookupValueError,
            (field, *wants),
        )
        check(lambda: specimens.filter(**{f"{field}__gt": value}), InvalidLookupValueError, (field, *wants))
    await check_awaited(
        lambda: specimens.update({field: value}), InvalidLookupValueError, (f"{field}=", "update", *wants)
    )


NO_NONE = (InvalidLookupValueError, ("=None", "isnull"))
NO_LIST = (InvalidLookupValueError, ("a list of values",))
NO_PAIR = (InvalidLookupValueError, ("a pair of values",))
NO_FLAG = (InvalidLookupValueError, ("isnull", "True or False"))

VALUES: dict[str, Wrong] = {
    # None asks for NULL only where that is what the lookup means.
    "gt None": (lambda: specimens.filter(integer__gt=None), *NO_NONE),
    "gte None": (lambda: specimens.filter(integer__gte=None), *NO_NONE),
    "lt None": (lambda: specimens.filter(integer__lt=None), *NO_NONE),
    "lte None": (lambda: specimens.filter(integer__lte=None), *NO_NONE),
    "contains None": (lambda: specimens.filter(string__contains=None), *NO_NONE),
    "icontains None": (lambda: specimens.filter(string__icontains=None), *NO_NONE),
    "startswith None": (lambda: specimens.filter(string__startswith=None), *NO_NONE),
    "endswith None": (lambda: specimens.filter(string__endswith=None), *NO_NONE),
    "like None": (lambda: specimens.filter(string__like=None), *NO_NONE),
    "ilike None": (lambda: specimens.filter(string__ilike=None), *NO_NONE),
    "in None": (lambda: specimens.filter(integer__in=None), *NO_LIST),
    "range None": (lambda: specimens.filter(integer__range=None), *NO_PAIR),
    "range to None": (
        lambda: specimens.filter(integer__range=(1, None)),
        InvalidLookupValueError,
        ("gte or lte",),
    ),
    "range from None": (
        lambda: specimens.filter(integer__between=[None, 1]),
        InvalidLookupValueError,
        ("gte or lte",),
    ),
    # in
    "in text": (lambda: specimens.filter(string__in="abc"), *NO_LIST),
    "in bytes": (lambda: specimens.filter(blob__in=b"abc"), *NO_LIST),
    "in number": (lambda: specimens.filter(integer__in=5), *NO_LIST),
    "notin text": (lambda: specimens.filter(string__notin="abc"), *NO_LIST),
    "in class": (lambda: specimens.filter(integer__in=int), *NO_LIST),
    "in F": (lambda: specimens.filter(integer__in=F("id")), *NO_LIST),
    "in nested": (lambda: specimens.filter(integer__in=[[1, 2]]), InvalidLookupValueError, AN_INTEGER),
    "in with a queryset in it": (
        lambda: specimens.filter(integer__in=[specimens]),
        InvalidLookupValueError,
        ("queryset", "'in'"),
    ),
    "in two columns": (
        lambda: specimens.filter(integer__in=specimens.values_list("id", "integer")),
        InvalidLookupValueError,
        ("1 column", "values_list()"),
    ),
    "in another model": (
        lambda: specimens.filter(cabinet__in=specimens),
        InvalidLookupValueError,
        ("cabinet__in", "Cabinet", "Specimen"),
    ),
    "notin another model": (
        lambda: specimens.filter(cabinet__notin=sections.filter(id=1)),
        InvalidLookupValueError,
        ("Cabinet", "Section"),
    ),
    "exact queryset": (
        lambda: specimens.filter(cabinet=cabinets.filter(id=1)),
        InvalidLookupValueError,
        ("cabinet=", "'in'"),
    ),
    "exact queryset of an integer": (
        lambda: specimens.filter(integer=specimens),
        InvalidLookupValueError,
        ("'in'", "[:1]"),
    ),
    # range
    "range text": (lambda: specimens.filter(string__range="ab"), *NO_PAIR),
    "range number": (lambda: specimens.filter(integer__range=5), *NO_PAIR),
    "range of none": (lambda: specimens.filter(integer__range=()), *NO_PAIR),
    "range of one": (lambda: specimens.filter(integer__range=(1,)), *NO_PAIR),
    "range of three": (lambda: specimens.filter(integer__range=[1, 2, 3]), *NO_PAIR),
    "range without order": (lambda: specimens.filter(integer__range={1, 2}), *NO_PAIR),
    "range dict": (lambda: specimens.filter(integer__range={"from": 1, "to": 2}), *NO_PAIR),
    "range of wrong": (
        lambda: specimens.filter(integer__range=("a", "b")),
        InvalidLookupValueError,
        AN_INTEGER,
    ),
    # isnull
    "isnull 1": (lambda: specimens.filter(string__isnull=1), *NO_FLAG),
    "isnull 0": (lambda: specimens.filter(cabinet__isnull=0), *NO_FLAG),
    "isnull None": (lambda: specimens.filter(string__isnull=None), *NO_FLAG),
    "isnull text": (lambda: specimens.filter(string__isnull="true"), *NO_FLAG),
    "isnull nothing": (lambda: specimens.filter(string__isnull=""), *NO_FLAG),
    "isnull F": (lambda: specimens.filter(string__isnull=F("string")), *NO_FLAG),
    "isnull to many": (lambda: cabinets.filter(specimens__isnull=1), *NO_FLAG),
    # Text
    "icontains list": (lambda: specimens.filter(string__icontains=["x"]), InvalidLookupValueError, TEXT),
    "icontains bytes": (lambda: specimens.filter(string__icontains=b"x"), InvalidLookupValueError, TEXT),
    "startswith object": (
        lambda: specimens.filter(string__startswith=object()),
        InvalidLookupValueError,
        TEXT,
    ),
    "like list": (lambda: specimens.filter(string__like=[]), InvalidLookupValueError, TEXT),
    "icontains two columns": (
        lambda: drawers.filter(pk__icontains="x"),
        InvalidLookupValueError,
        ("pk__icontains", "one column"),
    ),
    # Text that no database takes, and that one would refuse long after.
    "NUL": (lambda: specimens.filter(string="a\0b"), InvalidLookupValueError, ("NUL",)),
    "NUL in a pattern": (
        lambda: specimens.filter(string__icontains="a\0b"),
        InvalidLookupValueError,
        ("NUL",),
    ),
    "NUL in a like": (lambda: specimens.filter(string__like="\0%"), InvalidLookupValueError, ("NUL",)),
    "NUL in a list": (lambda: specimens.filter(string__in=["a", "a\0b"]), InvalidLookupValueError, ("NUL",)),
    "NUL in a range": (lambda: specimens.filter(text__range=("a", "a\0")), InvalidLookupValueError, ("NUL",)),
    "NUL in an expression": (
        lambda: specimens.filter(string=F("text") + "a\0b"),
        InvalidLookupValueError,
        ("NUL",),
    ),
    "NUL in a value": (lambda: specimens.filter(string=Value("a\0b")), InvalidLookupValueError, ("NUL",)),
    "surrogate": (lambda: specimens.filter(string="\ud800"), InvalidLookupValueError, ("surrogate",)),
    "surrogate in a pattern": (
        lambda: specimens.filter(string__istartswith="x\udfff"),
        InvalidLookupValueError,
        ("surrogate",),
    ),
    "surrogate in a list": (
        lambda: specimens.filter(text__in=["\ud800"]),
        InvalidLookupValueError,
        ("surrogate",),
    ),
    "surrogate in an expression": (
        lambda: specimens.filter(string=Value("\ud800")),
        InvalidLookupValueError,
        ("surrogate",),
    ),
    # Instances
    "new instance": (
        lambda: specimens.filter(cabinet=Cabinet()),
        InvalidLookupValueError,
        ("flush", "Cabinet"),
    ),
    "new in a list": (lambda: specimens.filter(cabinet__in=[Cabinet()]), InvalidLookupValueError, ("flush",)),
    "another model": (
        lambda: specimens.filter(cabinet=Specimen(id=5)),
        InvalidLookupValueError,
        ("an instance of Cabinet",),
    ),
    "another model in a list": (
        lambda: specimens.filter(cabinet__in=[Section(id=5)]),
        InvalidLookupValueError,
        ("an instance of Cabinet",),
    ),
    "another model, to many": (
        lambda: cabinets.filter(specimens=Cabinet(id=5)),
        InvalidLookupValueError,
        ("an instance of Specimen",),
    ),
    "instance for a foreign key of another model": (
        lambda: specimens.filter(cabinet_id=Specimen(id=5, cabinet_id=3)),
        InvalidLookupValueError,
        ("cabinet_id=", "Cabinet"),
    ),
    "instance for a column": (
        lambda: specimens.filter(integer=Cabinet(id=5)),
        InvalidLookupValueError,
        ("instance",),
    ),
    "instance with the column": (
        lambda: specimens.filter(integer=Specimen(id=5, integer=3)),
        InvalidLookupValueError,
        ("instance",),
    ),
    "instance for text": (
        lambda: specimens.filter(string=Specimen(id=5, string="x")),
        InvalidLookupValueError,
        ("instance",),
    ),
    # Conditions
    "a condition for a number": (
        lambda: specimens.filter(pk=Q(integer=1)),
        InvalidLookupValueError,
        ("pk=Q(integer=", "a value and no condition"),
    ),
    "a condition for a text": (
        lambda: specimens.exclude(string=Exists(cabinets)),
        InvalidLookupValueError,
        ("string=", "a value and no condition"),
    ),
    "a condition in a list": (
        lambda: specimens.filter(cabinet__in=[1, GreaterThan(F("integer"), 1)]),
        InvalidLookupValueError,
        ("cabinet__in=", "a value and no condition"),
    ),
    "a condition at an end": (
        lambda: specimens.filter(integer__range=(Specimen.integer == 1, 3)),
        InvalidLookupValueError,
        ("integer__range=", "a value and no condition"),
    ),
    "a condition in a key": (
        lambda: drawers.filter(pk=(Q(row=1), F("column"))),
        InvalidLookupValueError,
        ("pk=", "a value and no condition"),
    ),
    # Composite keys
    "composite of one": (lambda: drawers.filter(pk=5), InvalidLookupValueError, ("(row, column)",)),
    "composite too short": (
        lambda: drawers.filter(pk=(1,)),
        InvalidLookupValueError,
        ("(row, column)", "of 1, where 2"),
    ),
    "composite too long": (
        lambda: drawers.filter(pk=(1, 2, 3)),
        InvalidLookupValueError,
        ("(row, column)", "of 3, where 2"),
    ),
    "composite of text": (lambda: drawers.filter(pk="12"), InvalidLookupValueError, ("(row, column)",)),
    "composite of wrong": (lambda: drawers.filter(pk=(1, "x")), InvalidLookupValueError, AN_INTEGER),
    "composite of None": (lambda: drawers.filter(pk=(1, None)), InvalidLookupValueError, AN_INTEGER),
    "composite list": (lambda: drawers.filter(pk__in=[1, 2]), InvalidLookupValueError, ("(row, column)",)),
    "composite instance": (lambda: drawers.filter(pk=Drawer(row=1)), InvalidLookupValueError, ("flush",)),
    "composite F": (lambda: drawers.filter(pk=F("row")), UnsupportedOperationError, ("2 columns",)),
    "F of a composite": (lambda: drawers.filter(row=F("pk")), UnsupportedOperationError, ("2 columns",)),
    # Expressions
    "Value of an object": (
        lambda: specimens.filter(integer=Value(object())),
        UnsupportedOperationError,
        ("type",),
    ),
    "Value of None": (lambda: specimens.filter(integer=Value(None)), UnsupportedOperationError, ("None",)),
    "F plus an object": (
        lambda: specimens.filter(integer=F("id") + object()),
        UnsupportedOperationError,
        ("type",),
    ),
    "F plus None": (lambda: specimens.filter(integer=F("id") + None), UnsupportedOperationError, ("None",)),
    "F plus a set": (lambda: specimens.filter(integer=F("id") + {1}), UnsupportedOperationError, ("{1}",)),
}


@pytest.mark.parametrize("wrong", VALUES.values(), ids=VALUES)
def test_values_of_conditions(wrong: Wrong) -> None:
    check(*wrong)


AWAITED: dict[str, Wrong] = {
    "relation of another model": (
        lambda: sections.update(status=Section(id=1)),
        InvalidLookupValueError,
        ("status=", "an instance of PublicationStatus"),
    ),
    "relation to a new one": (
        lambda: sections.update(status=PublicationStatus(code="x")),
        InvalidLookupValueError,
        ("flush", "PublicationStatus"),
    ),
    "instance with the column": (
        lambda: specimens.update(integer=Specimen(integer=3)),
        InvalidLookupValueError,
        ("instance",),
    ),
    "queryset": (lambda: sections.update(name=sections), InvalidLookupValueError, ("name=",)),
    "Q": (lambda: sections.update(name=Q(id=1)), InvalidLookupValueError, ("name=", "text", "boolean")),
    "NUL": (lambda: sections.update(name="a\0b"), InvalidLookupValueError, ("NUL",)),
    "surrogate": (lambda: sections.update(name="\ud800"), InvalidLookupValueError, ("surrogate",)),
    "too large for any column": (lambda: specimens.update(big=2**63), InvalidLookupValueError, ("big=",)),
    "too small for any column": (
        lambda: specimens.update(big=-(2**63) - 1),
        InvalidLookupValueError,
        ("big=",),
    ),
    "composite of one": (lambda: drawers.update(pk=5), InvalidLookupValueError, ("(row, column)",)),
    "composite of wrong": (lambda: drawers.update(pk=(5, "x")), InvalidLookupValueError, AN_INTEGER),
    "composite F": (lambda: drawers.update(pk=F("row")), UnsupportedOperationError, ("pk",)),
    "in_bulk text": (lambda: sections.in_bulk("12"), InvalidLookupValueError, ("a list of values",)),
    "in_bulk number": (lambda: sections.in_bulk(5), InvalidLookupValueError, ("a list of values",)),  # type: ignore[arg-type]
    "in_bulk of wrong": (lambda: sections.in_bulk(["x"]), InvalidLookupValueError, AN_INTEGER),
    "in_bulk of composite": (lambda: drawers.in_bulk([1]), InvalidLookupValueError, ("(row, column)",)),
    "get": (lambda: sections.get(id="x"), InvalidLookupValueError, ("id='x'", *AN_INTEGER)),
    "get_or_create": (
        lambda: sections.get_or_create(id="x"),
        InvalidLookupValueError,
        ("id='x'", *AN_INTEGER),
    ),
}


@pytest.mark.parametrize("wrong", AWAITED.values(), ids=AWAITED)
async def test_values_of_what_is_awaited(wrong: Wrong) -> None:
    await check_awaited(*wrong)


def test_long_values_are_shown_short() -> None:
    with pytest.raises(InvalidLookupValueError) as caught:
        specimens.filter(integer="9" * 4000 + "x")

    assert len(str(caught.value)) < 300


def test_a_value_whose_repr_fails() -> None:
    class Unprintable:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    check(lambda: specimens.filter(integer=Unprintable()), InvalidLookupValueError, ("Unprintable",))


OF_VALUES = {
    "numbers": ("pk", "small", "big", "cabinet", "real", "decimal"),
    "texts": ("string", "text", "colour", "size"),
    "moments": ("day", "moment", "instant"),
    "times": ("clock", "span"),
    "booleans": ("boolean",),
    "bytes": ("blob",),
    "UUIDs": ("uuid",),
}


@pytest.mark.parametrize(("kind", "fields"), OF_VALUES.items())
def test_querysets_of_values_of_another_kind(kind: str, fields: tuple[str, ...]) -> None:
    """Which PostgreSQL compares with nothing of the path."""
    for other, others in OF_VALUES.items():
        for field in fields:
            for chosen in others:
                lookup = {f"{field}__in": specimens.values_list(chosen)}
                if other == kind:
                    specimens.filter(**lookup)
                    continue
                for chain in (specimens.filter, specimens.exclude):
                    wants = (f"{field}__in=", f"takes a queryset of {kind} here", f"not of {other}")
                    check(lambda q=chain, d=lookup: q(**d), InvalidLookupValueError, wants)  # type: ignore[misc]
