"""A ``TypeDecorator`` takes what its own bind processing takes, and says so where the chain is written."""

from typing import Any

import pytest
from sqlalchemy import Dialect, Integer, LargeBinary, String, TypeDecorator, func, types
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

from django_like_repos import InvalidLookupValueError, QuerySet
from django_like_repos.values import Refused, coercion_of, comparison_type
from tests.values.schema import Exhibit


class OwnError(Exception):
    """Of no kind that anybody could know."""


class Picky(TypeDecorator[Any]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value == "wrong":
            raise OwnError("not this one")
        return "a\0" if value == "nul" else value


class OfOneDatabase(TypeDecorator[Any]):
    """Raises on any other."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if dialect.name != "sqlite":
            raise NotImplementedError(dialect.name)
        return value


class Lowered(TypeDecorator[Any]):
    """Bound within an expression."""

    impl = String
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> ColumnElement[Any]:
        return func.lower(bindparam)


class ByDialect(TypeDecorator[Any]):
    """What it wraps differs from database to database."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else String())


class Compared(TypeDecorator[Any]):
    """Wants numbers that it is compared with to be numbers."""

    impl = Integer
    cache_ok = True

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        raise TypeError("nobody asks")

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return int(value, 16)


def test_any_error_of_its_own_is_a_refusal() -> None:
    with pytest.raises(Refused, match=r"what Picky binds \(OwnError: not this one\)"):
        coercion_of(Picky())("wrong")


def test_what_it_binds_must_be_text_that_databases_store() -> None:
    for value in ("nul", "a\0", "\ud800"):
        with pytest.raises(Refused):
            coercion_of(Picky())(value)


def test_values_go_through_as_they_are() -> None:
    for value in ("a", 5, [1], object()):
        assert coercion_of(Picky())(value) is value


def test_one_that_only_one_database_can_bind_is_not_refused() -> None:
    assert coercion_of(OfOneDatabase())("a") == "a"


@pytest.mark.parametrize("type_", [Lowered(), ByDialect()])
def test_one_that_binds_in_a_way_that_cannot_be_tried(type_: TypeEngine[Any]) -> None:
    assert coercion_of(type_)(5) == 5
    assert comparison_type(type_) is type_
    with pytest.raises(Refused):
        coercion_of(type_)("\0")


def test_one_that_compares_in_its_own_way() -> None:
    assert coercion_of(Compared())("ff") == "ff"
    with pytest.raises(Refused, match="what Compared binds"):
        coercion_of(Compared())("xyz")
    with pytest.raises(Refused, match="64 bits"):
        coercion_of(Compared())("f" * 16)


def test_one_that_says_nothing_of_binding_takes_what_it_wraps() -> None:
    class Named(TypeDecorator[int]):
        impl = Integer
        cache_ok = True

    assert coercion_of(Named())("5") == 5
    assert isinstance(comparison_type(Named()), types.BigInteger)
    with pytest.raises(Refused, match="an integer"):
        coercion_of(Named())("x")


def test_the_error_names_the_lookup_and_the_type() -> None:
    with pytest.raises(InvalidLookupValueError) as caught:
        QuerySet(Exhibit).filter(tenths__in=["x"])

    assert "Exhibit: tenths__in=" in str(caught.value)
    assert "'in' takes what Tenths binds (InvalidOperation: " in str(caught.value)
    assert caught.value.__context__ is not None
