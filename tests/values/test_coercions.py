"""Coercions by themselves: what reaches a driver is plain, and types that no table of the tests has."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import types
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from django_like_repos.values import (
    Beyond,
    Refused,
    coercion_of,
    comparison_type,
    has_equality,
    plain_check,
    shown,
)
from tests.values.kinds import KINDS, Five, Lookalike, Word
from tests.values.postgres_kinds import POSTGRES_KINDS
from tests.values.schema import Cents, Digits, Exhibit, Loud, Metal, Tenths, Treasure


class Letters(str):
    __slots__ = ()


class Bytes(bytes):
    __slots__ = ()


class Count(int):
    pass


class Money(Decimal):
    pass


PLAIN: list[tuple[TypeEngine[Any], Any, Any]] = [
    (types.String(), Letters("a"), "a"),
    (types.String(), Word.LOW, "low"),
    (types.Text(), Five.FIVE, "5"),
    (types.Enum("low", "high"), Letters("low"), "low"),
    (types.Integer(), Five.FIVE, 5),
    (types.Integer(), Count(5), 5),
    (types.Integer(), True, 1),
    (types.Integer(), Lookalike(5), 5),
    (types.BigInteger(), Money(5), 5),
    (types.Float(), Lookalike(0.5), 0.5),
    (types.Float(), Count(5), 5.0),
    (types.REAL(), Lookalike(0.5), 0.5),
    (types.Numeric(), Lookalike(0.5), Decimal("0.5")),
    (types.Numeric(), Money("0.5"), Decimal("0.5")),
    (types.Numeric(), Count(5), Decimal(5)),
    (types.LargeBinary(), Bytes(b"a"), b"a"),
    (types.JSON(), Letters("a"), "a"),
    (types.JSON(), Five.FIVE, 5),
    (types.JSON(), Lookalike(0.5), 0.5),
    (types.JSON(), (1, 2), [1, 2]),
]


@pytest.mark.parametrize(("type_", "value", "bound"), PLAIN)
def test_subclasses_reach_the_driver_as_plain(type_: TypeEngine[Any], value: Any, bound: Any) -> None:
    coerced = coercion_of(type_)(value)

    assert coerced == bound
    assert type(coerced) is type(bound)


def test_plain_text_and_integers_are_not_copied() -> None:
    text, number = "abc" * 100, 2**60

    assert coercion_of(types.Text())(text) is text
    assert coercion_of(types.BigInteger())(number) is number


@pytest.mark.parametrize("type_", [types.SmallInteger(), types.BigInteger(), types.NullType()])
def test_integers_that_no_column_holds_are_marked(type_: TypeEngine[Any]) -> None:
    coerce = coercion_of(type_)
    for number in (2**63, -(2**63) - 1, 10**5000):
        assert isinstance(coerce(number), Beyond)
        assert coerce(number) == number
        assert len(f"{coerce(number)!r} {coerce(number)}") < 100
    for number in (2**63 - 1, -(2**63)):
        assert type(coerce(number)) is int


@pytest.mark.parametrize("type_", [types.JSON(), Digits(), types.Numeric()])
def test_integers_of_other_types_have_no_bounds(type_: TypeEngine[Any]) -> None:
    assert coercion_of(type_)(2**100) == 2**100
    assert not isinstance(coercion_of(type_)(2**100), Beyond)


def test_documents_and_arrays_are_copied() -> None:
    document: dict[str, Any] = {"a": [1, {"b": ()}]}
    array = [[1], [2]]
    coerced = coercion_of(types.JSON())(document)
    coerced_array = coercion_of(types.ARRAY(types.Integer))(array)
    document["a"].append(2)
    document["b"] = 1
    array[0].append(5)

    assert coerced == {"a": [1, {"b": []}]}
    assert coerced_array == [[1], [2]]


def test_null_of_json() -> None:
    coerce = coercion_of(types.JSON())

    assert coerce(None) is None
    assert coerce(types.JSON.NULL) is types.JSON.NULL
    assert coerce([types.JSON.NULL, None]) == [None, None]


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", 2), ("Europe/Berlin", 3), ("America/New_York", 2), ("Pacific/Kiritimati", 3)],
)
def test_the_date_of_a_moment_is_that_of_the_zone(zone: str, day: int) -> None:
    moment = datetime(2026, 1, 2, 23, 30, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(-timedelta(hours=9)))

    for type_ in (types.Date(), postgresql.ARRAY(types.Date), postgresql.DATERANGE()):
        coerce = coercion_of(type_, zone)
        for given in (moment, elsewhere):
            if isinstance(type_, types.Date):
                assert coerce(given) == date(2026, 1, day)
            elif isinstance(type_, postgresql.ARRAY):
                assert coerce([given]) == [date(2026, 1, day)]
            else:
                assert coerce((given, None)).lower == date(2026, 1, day)
    assert coercion_of(types.Date(), zone)(datetime(2026, 1, 2, 23, 30)) == date(2026, 1, 2)


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
def test_a_moment_that_no_calendar_has_elsewhere(moment: datetime) -> None:
    west, east = timezone(-timedelta(hours=3)), timezone(timedelta(hours=3))
    aware = moment.replace(tzinfo=east if moment is datetime.min else west)

    for type_ in (types.DateTime(timezone=True), types.Date()):
        with pytest.raises(Refused, match="years 1 to 9999"):
            coercion_of(type_)(aware)
    assert (
        coercion_of(types.DateTime(timezone=True))(moment.replace(tzinfo=UTC)).replace(tzinfo=None) == moment
    )


class Point(types.UserDefinedType[Any]):
    cache_ok = True


@pytest.mark.parametrize("type_", [types.NullType(), Point(), postgresql.TSVECTOR(), types.PickleType()])
def test_types_that_only_their_driver_knows_take_anything_but_broken_text(type_: TypeEngine[Any]) -> None:
    coerce = coercion_of(type_)
    for value in (5, 5.5, "a", b"a", [1], {1}, object(), Metal.IRON):
        assert coerce(value) is value
    for wrong in ("a\0", "\ud800", None):
        with pytest.raises(Refused):
            coerce(wrong)
    assert comparison_type(type_) is type_


def test_tuples() -> None:
    coerce = coercion_of(types.TupleType(types.Integer(), types.Date()))

    assert coerce(("5", "2026-01-02")) == (5, date(2026, 1, 2))
    for wrong in ((5,), (5, "x"), (5, None), "5", 5, {5, 6}):
        with pytest.raises(Refused):
            coerce(wrong)


def test_hstore() -> None:
    coerce = coercion_of(postgresql.HSTORE())

    assert coerce({"a": 5, Word.LOW: None}) == {"a": "5", "low": None}
    for wrong in ({"a": b"x"}, {"a": "\0"}, {"\ud800": "a"}, {None: "a"}, [("a", "b")], "a"):
        with pytest.raises(Refused):
            coerce(wrong)


def test_domains_are_what_they_are_made_of() -> None:
    domain = postgresql.DOMAIN("positive", types.Integer(), check="VALUE > 0")

    assert coercion_of(domain)("-5") == -5
    assert isinstance(comparison_type(domain), types.BigInteger)
    assert has_equality(domain)
    assert not has_equality(postgresql.DOMAIN("papers", types.JSON()))


def test_variants() -> None:
    alike = types.BigInteger().with_variant(types.Integer(), "sqlite")
    documents = types.JSON().with_variant(postgresql.JSONB(), "postgresql")
    different = types.JSON().with_variant(postgresql.ARRAY(types.Integer), "postgresql")
    elsewhere = types.Integer().with_variant(types.String(), "mysql")

    assert coercion_of(alike)("5") == 5
    assert coercion_of(elsewhere)("5") == 5
    assert coercion_of(documents)((1,)) == [1]
    given = (1, "2")
    assert coercion_of(different)(given) is given
    with pytest.raises(Refused):
        coercion_of(different)("\0")


def test_bits_go_through_as_text_or_as_the_driver_has_them() -> None:
    coerce, own = coercion_of(postgresql.BIT(3)), object()

    assert coerce("101") == "101"
    assert coerce(own) is own
    for wrong in ("12", 5, None, 0.5):
        with pytest.raises(Refused):
            coerce(wrong)


class Stubborn(Enum):
    """An enum whose ``_missing_`` fails in its own way."""

    A = 1

    @classmethod
    def _missing_(cls, value: Any) -> Any:
        return value.no_such_attribute


class Lenient(Enum):
    A = "a"

    @classmethod
    def _missing_(cls, value: Any) -> Any:
        return cls.A if value == "alpha" else None


def test_enums_may_look_values_up_themselves() -> None:
    assert coercion_of(types.Enum(Lenient))("alpha") is Lenient.A
    for enum in (Lenient, Stubborn):
        with pytest.raises(Refused, match=f"one of {enum.__name__}: A"):
            coercion_of(types.Enum(enum))("omega")


def test_the_members_of_a_large_enum_are_not_all_named() -> None:
    make: Any = Enum
    large = make("Large", [f"MEMBER_{number}" for number in range(500)])
    with pytest.raises(Refused) as caught:
        coercion_of(types.Enum(large))("x")

    assert "MEMBER_19, …" in str(caught.value)
    assert len(str(caught.value)) < 500


COMPARED: list[tuple[TypeEngine[Any], type[TypeEngine[Any]]]] = [
    (types.SmallInteger(), types.BigInteger),
    (types.Integer(), types.BigInteger),
    (types.Numeric(4, 1), types.Numeric),
    (types.Float(), types.Float),
    (types.Float(24), types.REAL),
    (types.Float(53), types.Float),
    (postgresql.TIMESTAMP(precision=0), types.DateTime),
    (postgresql.TIME(precision=0), types.Time),
    (postgresql.INTERVAL(precision=0), types.Interval),
    (Loud(), types.String),
    (types.String(3), types.String),
]


@pytest.mark.parametrize(("type_", "wanted"), COMPARED, ids=[repr(type_) for type_, _ in COMPARED])
def test_what_limits_a_column_does_not_limit_what_it_is_compared_with(
    type_: TypeEngine[Any], wanted: type[TypeEngine[Any]]
) -> None:
    compared = comparison_type(type_)

    assert type(compared) is wanted
    assert getattr(compared, "precision", None) in (None, 53)
    assert getattr(compared, "timezone", False) == getattr(type_, "timezone", False)


def test_decorated_types_stay_and_what_they_wrap_is_widened() -> None:
    cents, tenths = Cents(), Tenths()
    compared, exact = comparison_type(cents), comparison_type(tenths)

    assert isinstance(compared, Cents)
    assert type(compared.impl_instance) is types.BigInteger
    assert type(cents.impl_instance) is types.Integer
    assert isinstance(exact, Tenths)
    assert repr(exact.impl_instance) == "Numeric()"
    assert repr(tenths.impl_instance) == "Numeric(precision=5, scale=1)"


def test_arrays_are_compared_without_the_lengths_of_their_elements() -> None:
    assert repr(comparison_type(types.ARRAY(types.String(3)))) == "ARRAY(VARCHAR())"
    assert repr(comparison_type(types.ARRAY(types.Numeric(4, 1)))) == "ARRAY(Numeric())"
    integers = types.ARRAY(types.SmallInteger)
    assert comparison_type(integers) is integers


@pytest.mark.parametrize("column", [*KINDS, *POSTGRES_KINDS])
def test_what_is_told_to_be_plain_is_what_its_coercion_gives(column: str) -> None:
    model, kinds = (Exhibit, KINDS) if column in KINDS else (Treasure, POSTGRES_KINDS)
    type_: TypeEngine[Any] = model.__mapper__.columns[column].type
    kind = kinds[column]
    for value in (kind.low, kind.high, *kind.spellings, *kind.refused):
        if plain_check(type_)(value):
            assert coercion_of(type_)(value) is value


COMPARABLE: list[tuple[TypeEngine[Any], bool]] = [
    (types.Integer(), True),
    (Cents(), True),
    (postgresql.JSONB(), True),
    (types.JSON().with_variant(postgresql.JSONB(), "postgresql"), True),
    (types.ARRAY(types.Integer), True),
    (types.JSON(), False),
    (postgresql.JSON(), False),
    (types.ARRAY(types.JSON), False),
]


@pytest.mark.parametrize(("type_", "comparable"), COMPARABLE)
def test_what_can_be_compared(type_: TypeEngine[Any], comparable: bool) -> None:
    assert has_equality(type_) is comparable


@pytest.mark.parametrize(
    "value",
    [10**5000, [10**5000], {"a": (10**5000,)}, "a" * 5000, UUID(int=1)],
    ids=["1", "2", "3", "4", "5"],
)
def test_every_value_can_be_shown(value: Any) -> None:
    assert 0 < len(shown(value)) < 100
